"""The rules by which a zone's level changes; pure functions of one zone's picture and record.

Levels and their order: clear < watch < prepare < take_shelter.  ``remain`` and ``all_clear`` follow an alarm.  An alarm
is latched: nothing but the rules of ``leave_alarm`` ends it, and the silence of a sensor is none of them.  Time alone
ends no level either: that nothing more came says something only where somebody would have seen it.  Where nobody
watches, the level stays until a person ends it, or until the zone has been watched again for as long as people stay.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from marsad.sensing.site import WarningPolicy
from marsad.terms import WarningLevel, Zone, ZoneRisk, ZoneWatch
from marsad.terms.warnings import Hazard
from marsad.warn.plain import is_plain, names
from marsad.warn.state import Threat, WarnParams, ZoneRecord
from marsad.warn.threats import SECOND_NS, time_q99_utc_ns

ALARMED = ("take_shelter", "remain")
NOBODY_WATCHES = "nobody_watches"
WATCH_RULES = (NOBODY_WATCHES, "watched_again", "hold_time_over", "event_taken_back", "threat_gone")
"""The rules that rest on who watches: their decisions keep since when."""


@dataclass(frozen=True)
class Picture:
    """What all threats together mean for one zone now.

    ``probability`` is 1 − Π(1 − p) over what is still to come, ``fraction`` the largest part of a threshold that
    rockets or drones reach, each risk weighed by what makes it one; ``earliest`` the significant risk with the earliest
    5 % quantile.  ``deadline_utc_ns`` is when waiting for a better forecast ends (0: nothing to wait for).
    """

    threats: tuple[tuple[Threat, ZoneRisk], ...]
    probability: float
    probability_rocket: float
    probability_rocket_ripe: float
    probability_drone: float
    fraction: float
    manual: bool
    earliest: ZoneRisk | None
    danger_until_utc_ns: int
    stay_until_utc_ns: int
    deadline_utc_ns: int
    event_ids: tuple[str, ...]


@dataclass(frozen=True)
class Verdict:
    """The level a zone should have, and the rule that says so."""

    level: WarningLevel
    rule: str


def _union(risks: list[tuple[Threat, ZoneRisk]]) -> float:
    """Probability that at least one of independent threats comes true, 1 − Π(1 − p).

    Rockets, and drones, may be told by two stories of the same ones: the more dangerous of the two counts.
    """
    none: dict[tuple[str, bool], float] = {}
    for threat, risk in risks:
        story = threat.kind, is_plain(threat.event_id)
        none[story] = none.get(story, 1.0) * (1.0 - risk.probability)
    kinds = {kind for kind, _ in none}
    return 1.0 - math.prod(min(none.get((kind, plain), 1.0) for plain in (False, True)) for kind in sorted(kinds))


def look(threats: dict[str, Threat], zone: Zone, now_utc_ns: int, policy: WarningPolicy, params: WarnParams) -> Picture:
    """Put together what the threats mean for one zone."""
    pending = [
        (threat, threat.risk_in(zone.zone_id))
        for threat in threats.values()
        if threat.outcome == "pending" and zone.zone_id in threat.risks
    ]
    pending = [(t, r) for t, r in pending if now_utc_ns <= _danger_until(t, r, params)]
    rockets = [(t, r) for t, r in pending if t.kind == "rocket"]
    drones = [(t, r) for t, r in pending if t.kind == "drone"]
    fraction = max(
        _union(rockets) / policy.probability_on,
        _union(drones) / policy.probability_on_drone,
        1.0 if len(rockets) + len(drones) < len(pending) else 0.0,
    )
    counted = _significant(pending, fraction, policy, params)
    reserve_ns = round((zone.shelter_s + policy.notify_s + params.decision_margin_s) * SECOND_NS)
    unripe = [
        risk.time_q05_utc_ns - reserve_ns
        for threat, risk in counted
        if threat.kind == "rocket" and not _is_sharp(threat, policy)
    ]
    return Picture(
        threats=tuple(pending),
        probability=_union(pending),
        probability_rocket=_union(rockets),
        probability_rocket_ripe=_union([(t, r) for t, r in rockets if _is_sharp(t, policy)]),
        probability_drone=_union(drones),
        fraction=fraction,
        manual=any(t.kind == "manual" for t, _ in pending),
        earliest=min(
            (r for t, r in counted if t.kind != "manual"),
            key=lambda r: (r.time_q05_utc_ns, r.time_q50_utc_ns),
            default=None,
        ),
        danger_until_utc_ns=max((_danger_until(t, r, params) for t, r in counted), default=0),
        stay_until_utc_ns=max((_stay_until(t, r, policy, params) for t, r in counted), default=0),
        deadline_utc_ns=min(unripe, default=0),
        event_ids=names(tuple(t.event_id for t, _ in counted)),
    )


def _is_sharp(threat: Threat, policy: WarningPolicy) -> bool:
    """Whether the forecast is good enough not to wait for a better one."""
    return threat.semi_major_m <= policy.wait_semi_major_m


def _significant(
    pending: list[tuple[Threat, ZoneRisk]], fraction: float, policy: WarningPolicy, params: WarnParams
) -> list[tuple[Threat, ZoneRisk]]:
    """Give the threats whose times count: those not low, or all of them where only together they are not low."""
    single = [(t, r) for t, r in pending if r.probability >= params.low_fraction * _threshold(t, policy)]
    return single if single or fraction < params.low_fraction else pending


def wanted(
    picture: Picture, record: ZoneRecord, now_utc_ns: int, zone: Zone, policy: WarningPolicy, params: WarnParams
) -> Verdict:
    """Say which level the evidence alone asks for, whatever stands now."""
    if picture.manual:
        return Verdict("take_shelter", "manual_alarm")
    if picture.probability_rocket_ripe >= policy.probability_on:
        return Verdict("take_shelter", "rocket_probability")
    if picture.probability_rocket >= policy.probability_sure:
        return Verdict("take_shelter", "rocket_sure")
    time_is_up = picture.deadline_utc_ns > 0 and now_utc_ns >= picture.deadline_utc_ns
    if picture.probability_rocket >= policy.probability_on and time_is_up:
        return Verdict("take_shelter", "rocket_time_is_up")
    held = _held(picture, record, now_utc_ns, zone, params)
    if picture.probability_drone >= policy.probability_on_drone and not held:
        return Verdict("take_shelter", "drone_probability")
    if picture.probability_rocket >= policy.probability_on:
        return Verdict("prepare", "await_better_forecast")
    return _early(picture, now_utc_ns, zone, params, held)


def _early(picture: Picture, now_utc_ns: int, zone: Zone, params: WarnParams, held: bool) -> Verdict:
    """Levels below the alarm: nothing here sounds a siren."""
    if held:
        return Verdict("prepare", "held_by_operator")
    ahead_ns = round((zone.shelter_s + params.prepare_lead_s) * SECOND_NS)
    there_is_time = picture.earliest is not None and picture.earliest.time_q05_utc_ns - now_utc_ns > ahead_ns
    if picture.fraction >= params.prepare_fraction and there_is_time:
        return Verdict("prepare", "probability_rising")
    if picture.fraction >= params.low_fraction:
        return Verdict("watch", "threat_seen")
    return Verdict("clear", "no_threat")


def leave_alarm(
    record: ZoneRecord,
    picture: Picture,
    now_utc_ns: int,
    threats: dict[str, Threat],
    watch: WatchedZone,
    policy: WarningPolicy,
    params: WarnParams,
) -> Verdict | None:
    """Say by which rule a standing alarm may step down now, or None: it stands.

    Nothing leaves while what is still to come is above a tenth of a threshold.
    """
    if picture.fraction >= params.low_fraction:
        return None
    if record.ended_by:
        return Verdict("all_clear", "ordered_by_person")
    behind = [threats[e] for e in record.event_ids if e in threats]
    watched_enough = watch.has_been_watched(hold_s(watch.hazards, policy), now_utc_ns)
    if behind and all(t.outcome == "cancelled" for t in behind):
        if _is_cancelled_by_person(behind):
            return Verdict("all_clear", "cancelled_by_person")
        last_utc_ns = max(t.cancelled_utc_ns for t in behind)
        if now_utc_ns - last_utc_ns < params.retraction_delay_s * SECOND_NS:
            return None
        if watched_enough or watch.was_watched(last_utc_ns):
            return Verdict("all_clear", "event_taken_back")
    if now_utc_ns >= record.stay_until_utc_ns:
        return Verdict("all_clear", "hold_time_over") if watched_enough else Verdict("remain", watch.why_not_over)
    if record.level == "take_shelter" and now_utc_ns >= record.danger_until_utc_ns:
        return Verdict("remain", "impact_time_passed")
    return None


def leave_early(
    record: ZoneRecord,
    want: Verdict,
    now_utc_ns: int,
    threats: dict[str, Threat],
    watch: WatchedZone,
    params: WarnParams,
) -> Verdict | None:
    """Say by which rule a level below the alarm may step down now, or None: it stands as it is.

    Its end is told to the same people by the same words as an all-clear, so it asks for the same witness.
    """
    if record.ended_by:
        return Verdict(want.level, "ordered_by_person")
    leave_s = params.prepare_leave_s if record.level == "prepare" else params.watch_leave_s
    if not record.low_since_utc_ns or now_utc_ns - record.low_since_utc_ns < leave_s * SECOND_NS:
        return None
    behind = [threats[e] for e in record.event_ids if e in threats]
    if watch.has_been_watched(leave_s, now_utc_ns) or (behind and _is_cancelled_by_person(behind)):
        return Verdict(want.level, "threat_gone")
    return Verdict(record.level, watch.why_not_over)


@dataclass(frozen=True)
class WatchedZone:
    """What the watch over a zone means for the level that it has.

    ``since_utc_ns``: since when all that is behind the level is watched for, without a gap; None: it is not; 0: ever
    since, as far as an engine knows that was never told.
    """

    hazards: frozenset[Hazard]
    since_utc_ns: int | None

    def was_watched(self, from_utc_ns: int) -> bool:
        """Whether the zone has been watched from then until now."""
        return self.since_utc_ns is not None and self.since_utc_ns <= from_utc_ns

    def has_been_watched(self, for_s: float, now_utc_ns: int) -> bool:
        """Whether the zone has been watched for so long."""
        return self.was_watched(now_utc_ns - round(for_s * SECOND_NS))

    @property
    def why_not_over(self) -> str:
        """The rule by which a level stands though its time is over."""
        return NOBODY_WATCHES if self.since_utc_ns is None else "watched_again"


def watched(record: ZoneRecord, threats: dict[str, Threat], watch: dict[str, ZoneWatch] | None) -> WatchedZone:
    """Say whether all that is behind a zone's level would be seen if more of it came.

    What nobody named may be anything that the site can watch for; where it can watch for nothing, nobody watches.
    """
    hazards = {threats[e].hazard for e in record.event_ids if e in threats} | {record.hazard}
    if watch is None:
        return WatchedZone(frozenset(hazards), 0)
    zone = watch.get(record.zone_id)
    named = hazards - {"unknown"} or set(zone.possible if zone is not None else ())
    since = [zone.since_utc_ns.get(hazard) for hazard in named] if zone is not None else []
    known = [one for one in since if one is not None]
    return WatchedZone(frozenset(named), max(known) if known and len(known) == len(since) else None)


def hold_s(hazards: frozenset[Hazard], policy: WarningPolicy) -> float:
    """Give how long people stay after what is behind their alarm: so long a zone is to be watched before it ends."""
    rocket_s = 0.0 if hazards == {"drone"} else policy.rocket_hold_s
    return max(rocket_s, policy.drone_hold_s if "drone" in hazards else 0.0)


def _is_cancelled_by_person(behind: list[Threat]) -> bool:
    """Whether people took back what is behind a level, all else of it being taken back too."""
    return all(t.outcome == "cancelled" for t in behind) and any(t.cancelled_by.startswith("person") for t in behind)


def _threshold(threat: Threat, policy: WarningPolicy) -> float:
    return policy.probability_on_drone if threat.kind == "drone" else policy.probability_on


def _danger_until(threat: Threat, risk: ZoneRisk, params: WarnParams) -> int:
    """When a threat no longer counts as still to come.

    A rocket after the 99 % quantile of its impact; a drone that is seen over or near the zone not as long as it is
    told of, whatever time of reaching was forecast: it may circle.
    """
    last = time_q99_utc_ns(risk)
    if threat.kind == "drone":
        return max(last, threat.updated_utc_ns + round(params.drone_overhead_s * SECOND_NS))
    return last


def _stay_until(threat: Threat, risk: ZoneRisk, policy: WarningPolicy, params: WarnParams) -> int:
    """Earliest end of the stay in shelter: some time after the last impact, or after a drone was last a threat."""
    over = _danger_until(threat, risk, params)
    if threat.kind == "drone":
        return max(over + 30 * SECOND_NS, threat.updated_utc_ns + round(policy.drone_hold_s * SECOND_NS))
    if threat.kind == "manual":
        return over
    return over + round(max(policy.rocket_hold_s, 30.0) * SECOND_NS)


def _held(picture: Picture, record: ZoneRecord, now_utc_ns: int, zone: Zone, params: WarnParams) -> bool:
    """Whether a person's hold stands: only while at its end people still have the time to shelter, and a margin."""
    if now_utc_ns >= record.held_until_utc_ns or picture.earliest is None:
        return False
    needed_ns = round((zone.shelter_s + params.hold_margin_s) * SECOND_NS)
    return picture.earliest.time_q05_utc_ns - record.held_until_utc_ns >= needed_ns
