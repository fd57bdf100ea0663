"""A drill as a plan: what its zones are told when, that it ends by itself, and that a real alarm ends it at once.

Pure: time and what is known of the real thing come in.  Every warning made here is an exercise.
"""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec.structs import replace

from marsad.terms import WarningAction, WarningLevel, Zone, ZoneWarning
from marsad.terms.warnings import Hazard

SECOND_NS = 1_000_000_000
LONGEST_S = 3600.0
CONTACT_S = 3.0
"""Without a word from the real station for so long a drill ends: it could not know of a real alarm."""
MAKE_WAY_NOTE = "drill_ended_real_alarm"
Phase = Literal["waiting", "preparing", "sheltering", "remaining", "over", "pre_empted", "out_of_contact"]


class DrillPlan(msgspec.Struct, frozen=True, kw_only=True):
    """A drill; ``prepare_s`` before and ``remain_s`` within ``duration_s`` may be 0."""

    drill_id: str
    zone_ids: tuple[str, ...]
    begins_utc_ns: int
    duration_s: float
    hazard: Hazard = "rocket"
    prepare_s: float = 0.0
    remain_s: float = 0.0

    def __post_init__(self) -> None:
        if not self.zone_ids:
            raise ValueError("a drill needs at least one zone")
        if not 0 < self.duration_s <= LONGEST_S:
            raise ValueError(f"a drill lasts at most {LONGEST_S:.0f} s, so that it ends by itself")
        if not (self.prepare_s >= 0 and self.remain_s >= 0 and self.prepare_s + self.remain_s < self.duration_s):
            raise ValueError("prepare and remain must fit into the drill's duration")

    @property
    def ends_utc_ns(self) -> int:
        """When it ends by itself."""
        return self.begins_utc_ns + round(self.duration_s * SECOND_NS)


class DrillState(msgspec.Struct, frozen=True, kw_only=True):
    """Where a drill stands."""

    plan: DrillPlan
    phase: Phase = "waiting"
    contact_utc_ns: int = 0

    @property
    def is_over(self) -> bool:
        """Whether nothing more will be said."""
        return self.phase in ("over", "pre_empted", "out_of_contact")


def begin_drill(plan: DrillPlan, zones: tuple[Zone, ...], now_utc_ns: int) -> DrillState:
    """Make the state of a drill that has said nothing yet.

    Raises
    ------
    ValueError
        A zone that the site does not have.
    """
    strange = sorted(set(plan.zone_ids) - {zone.zone_id for zone in zones})
    if strange:
        raise ValueError(f"the site has no zone {strange[0]!r}")
    return DrillState(plan=plan, contact_utc_ns=now_utc_ns)


def step_drill(
    state: DrillState, now_utc_ns: int, *, heard_utc_ns: int, real_alarm: bool
) -> tuple[DrillState, tuple[ZoneWarning, ...]]:
    """Let time pass and say what is to be said.

    ``heard_utc_ns`` is when the real station was last heard, ``real_alarm`` whether any zone is really alarmed.
    """
    if state.is_over:
        return state, ()
    state = replace(state, contact_utc_ns=max(state.contact_utc_ns, heard_utc_ns))
    phase = _phase(state, now_utc_ns, real_alarm)
    if phase == state.phase:
        return state, ()
    said = _say(state.plan, state.phase, phase, now_utc_ns)
    return replace(state, phase=phase), said


def _phase(state: DrillState, now: int, real_alarm: bool) -> Phase:
    plan = state.plan
    if real_alarm:
        return "pre_empted"
    if now - state.contact_utc_ns > CONTACT_S * SECOND_NS:
        return "out_of_contact"
    since_s = (now - plan.begins_utc_ns) / SECOND_NS
    if since_s < 0:
        return "waiting"
    if since_s >= plan.duration_s:
        return "over"
    if since_s < plan.prepare_s:
        return "preparing"
    return "remaining" if since_s >= plan.duration_s - plan.remain_s and plan.remain_s > 0 else "sheltering"


_WORDS: dict[str, tuple[WarningLevel, str]] = {
    "preparing": ("prepare", "drill_prepare"),
    "sheltering": ("take_shelter", "drill_shelter"),
    "remaining": ("remain", "drill_remain"),
    "over": ("all_clear", "drill_over"),
    "out_of_contact": ("all_clear", "drill_out_of_contact"),
}


def _say(plan: DrillPlan, before: Phase, phase: Phase, now: int) -> tuple[ZoneWarning, ...]:
    if before == "waiting" and phase in ("over", "pre_empted", "out_of_contact"):
        return ()  # nothing was said that would have to be ended
    if phase == "pre_empted":
        level: WarningLevel = "take_shelter"  # never an all-clear: people are to follow the real alarm
        rule, note = "drill_pre_empted", MAKE_WAY_NOTE
    else:
        (level, rule), note = _WORDS[phase], ""
    action: WarningAction = "alert" if before == "waiting" else "all_clear" if level == "all_clear" else "update"
    ends = now + 60 * SECOND_NS if phase in ("over", "pre_empted", "out_of_contact") else plan.ends_utc_ns
    return tuple(
        ZoneWarning(
            warning_id=f"drill-{plan.drill_id}.{zone_id}",
            incident_id=f"drill-{plan.drill_id}",
            zone_id=zone_id,
            level=level,
            action=action,
            hazard=plan.hazard,
            arrival_utc_ns=now,
            expires_utc_ns=ends,
            probability=0.0,
            event_ids=(),
            issuer="drill",
            rule=rule,
            exercise=True,
            note=note,
        )
        for zone_id in plan.zone_ids
    )
