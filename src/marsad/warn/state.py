"""What the warning engine remembers; all of it can be written down and read back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import msgspec

from marsad.sensing.site import WarningPolicy
from marsad.terms import WarningLevel, Zone, ZoneRisk, ZoneWatch
from marsad.terms.warnings import Hazard


@dataclass(frozen=True)
class WarnParams:
    """Settings of the engine that are the same at every site; reasons in docs/decisions.md.

    A threshold "low" is ``low_fraction`` of the site's alarm threshold; "prepare" begins at ``prepare_fraction``.
    ``decision_margin_s`` is what an alarm that awaited a better forecast must leave beyond the zone's time to shelter
    and the notice: for the next forecast, the next step and the first who moves.  ``retraction_delay_s`` allows for an
    event that takes the place of a cancelled one.  A standing level is not told again within ``update_s``; where only
    drones are behind it and none comes earlier than told, not within ``update_drone_s``: their times and probabilities
    waver.  A person's hold of ``hold_s`` stands only where at its end the time to shelter and ``hold_margin_s`` are
    left.  A level that stands only because nobody watches is told to last ``unwatched_expiry_s``: it may be hours until
    a person decides, and people in shelters need not hear every minute that it stands.
    """

    low_fraction: float = 0.1
    prepare_fraction: float = 1.0 / 3.0
    prepare_lead_s: float = 30.0
    decision_margin_s: float = 5.0
    watch_leave_s: float = 30.0
    prepare_leave_s: float = 60.0
    retraction_delay_s: float = 1.0
    salvo_gap_s: float = 120.0
    expiry_slack_s: float = 45.0
    update_s: float = 5.0
    update_drone_s: float = 15.0
    sweep_s: float = 0.25
    manual_alarm_s: float = 1800.0
    hold_s: float = 30.0
    hold_margin_s: float = 5.0
    drone_overhead_s: float = 30.0
    unwatched_expiry_s: float = 600.0


class Threat(msgspec.Struct, frozen=True, kw_only=True):
    """One rocket, drone or order that may bring an impact, as last told.

    ``semi_major_m`` is the 95 % semi-major axis of the impact forecast (0 where that is not the question);
    ``exists`` is the probability that there is anything at all, by which a rocket's risks are weighed; a drone's come
    weighed with it and with ``threat``, the probability that it comes to attack.
    """

    event_id: str
    incident_id: str
    hazard: Hazard
    kind: Literal["rocket", "drone", "manual"]
    updated_utc_ns: int
    semi_major_m: float = 0.0
    exists: float = 1.0
    threat: float = 1.0
    outcome: Literal["pending", "passed", "cancelled"] = "pending"
    cancelled_utc_ns: int = 0
    cancelled_by: str = ""
    risks: dict[str, ZoneRisk] = {}

    def risk_in(self, zone_id: str) -> ZoneRisk:
        """What it means for a zone, all factors multiplied."""
        risk = self.risks[zone_id]
        if self.kind != "rocket" or self.exists == 1.0:
            return risk
        return msgspec.structs.replace(risk, probability=self.exists * risk.probability)


class ZoneRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The alarm state of one zone.

    ``danger_until_utc_ns`` is the 99 % quantile of the last impact reckoned with since the alarm began,
    ``stay_until_utc_ns`` when people may leave shelter; ``shown_utc_ns`` are the impact times told last (5, 50, 95 %);
    ``ended_by`` names the order that ended the stay; ``correction`` is one not told yet; ``corrected`` is the hazard
    that a person named and the events that it was named for: a new event is named by itself again; ``unwatched`` says
    that the last word to the zone was that nobody watches it.
    """

    zone_id: str
    level: WarningLevel = "clear"
    since_utc_ns: int = 0
    warning_id: str = ""
    incident_id: str = ""
    hazard: Hazard = "unknown"
    event_ids: tuple[str, ...] = ()
    probability: float = 0.0
    shown_utc_ns: tuple[int, int, int] | None = None
    danger_until_utc_ns: int = 0
    stay_until_utc_ns: int = 0
    low_since_utc_ns: int = 0
    told_utc_ns: int = 0
    expires_utc_ns: int = 0
    held_until_utc_ns: int = 0
    deadline_utc_ns: int = 0
    ended_by: str = ""
    correction: str = ""
    corrected: tuple[Hazard, tuple[str, ...]] | None = None
    unwatched: bool = False


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    """Launches (or drones) close in time: one alarm per zone."""

    incident_id: str
    hazard: Hazard
    last_launch_utc_ns: int


class Memory(msgspec.Struct, frozen=True, kw_only=True):
    """All that changes; zones not named in ``zones`` are clear.

    ``watch`` is the watch as last told, by zone; None if the engine was never told of it.  A zone that it does not name
    is watched by nobody.
    """

    now_utc_ns: int = 0
    swept_utc_ns: int = 0
    threats: dict[str, Threat] = {}
    zones: dict[str, ZoneRecord] = {}
    incidents: dict[str, Incident] = {}
    alarm_counts: dict[str, int] = {}
    doubted: dict[str, float] = {}
    """Launches not confirmed yet, with the probability that they are any."""
    watch: dict[str, ZoneWatch] | None = None


class ThreatNumbers(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one threat meant for a zone when a decision was taken.

    ``probability`` is the product of three: that it ``exists``, that it comes to attack (``threat``), that it reaches
    the zone.  The first two are None, and so not in the record nor in its hash, where they are certain.
    """

    event_id: str
    kind: str
    probability: float
    q05_utc_ns: int
    q50_utc_ns: int
    q95_utc_ns: int
    semi_major_m: float
    outcome: str
    exists: float | None = None
    threat: float | None = None

    @property
    def reaches(self) -> float:
        """Probability that it reaches the zone, if it exists and comes to attack."""
        weight = (1.0 if self.exists is None else self.exists) * (1.0 if self.threat is None else self.threat)
        return min(self.probability / weight, 1.0) if weight > 0.0 else 0.0


class DecisionInputs(msgspec.Struct, frozen=True, kw_only=True):
    """The numbers that one decision rested on; their canonical JSON is what ``inputs_hash`` is made of.

    ``watched_since_utc_ns`` stands only where the watch decided: since when the zone is watched for what is behind
    its alarm, None for not at all.
    """

    now_utc_ns: int
    zone_id: str
    level_before: str
    threats: tuple[ThreatNumbers, ...]
    probability: float
    probability_on: float
    probability_on_drone: float
    probability_sure: float
    wait_semi_major_m: float
    shelter_s: float
    notify_s: float
    danger_until_utc_ns: int
    stay_until_utc_ns: int
    order_id: str = ""
    watched_since_utc_ns: int | msgspec.UnsetType | None = msgspec.UNSET


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """A decision with its numbers, for the record and for telling it in words."""

    warning_id: str
    level: WarningLevel
    rule: str
    inputs_hash: str
    inputs: DecisionInputs


@dataclass(frozen=True)
class WarnState:
    """Zones and policy, the memory, and the decisions of the last step (diagnostics)."""

    zones: dict[str, Zone]
    policy: WarningPolicy
    memory: Memory
    decisions: tuple[Decision, ...] = ()


def save(state: WarnState) -> bytes:
    """Write the memory down as JSON; tables keep their order, on which the last bit of a sum depends."""
    return msgspec.json.encode(state.memory)


def restore(saved: bytes, zones: tuple[Zone, ...], policy: WarningPolicy) -> WarnState:
    """Go on from a memory written by ``save``; alarms of zones that no longer exist are dropped with their records."""
    memory = msgspec.json.decode(saved, type=Memory)
    known = {zone.zone_id: zone for zone in zones}
    kept = {zone_id: record for zone_id, record in memory.zones.items() if zone_id in known}
    return WarnState(zones=known, policy=policy, memory=msgspec.structs.replace(memory, zones=kept))
