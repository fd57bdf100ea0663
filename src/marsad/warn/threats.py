"""Evidence into threats: what each rocket, drone or order means for the zones, and which incident it belongs to."""

from __future__ import annotations

import math
from datetime import UTC, datetime

from msgspec.structs import replace

from marsad.terms import CorridorForecast, ImpactForecast, LaunchEstimate, ZoneRisk
from marsad.terms.warnings import Hazard
from marsad.warn.evidence import CancelAlarm, Evidence, ManualAlarm
from marsad.warn.plain import plain_name
from marsad.warn.state import Incident, Memory, Threat, WarnParams, WarnState

SECOND_NS = 1_000_000_000
CHI2_95_2DOF = 5.991464547107979  # 95 % quantile of χ² with two degrees of freedom, −2 ln 0.05


def semi_major_95_m(forecast: ImpactForecast, weight_at_least: float) -> float:
    """95 % semi-major axis in metres: that of the widest mode of at least the given weight, or of the heaviest.

    Modes far apart do not make the axis long: each is a place that may be hit, and its own axis says how well a
    better forecast could still tell its zones apart.
    """
    widest = 0.0
    for k, mode in enumerate(forecast.modes):
        if k == 0 or mode.weight >= weight_at_least:
            ee, en, nn = mode.covariance_en_m2
            largest = 0.5 * (ee + nn) + math.hypot(0.5 * (ee - nn), en)
            widest = max(widest, math.sqrt(CHI2_95_2DOF * largest))
    return widest


def time_q99_utc_ns(risk: ZoneRisk) -> int:
    """99 % quantile of the impact time, from the median and the 95 % quantile as of a normal, and one second more."""
    spread = max(risk.time_q95_utc_ns - risk.time_q50_utc_ns, 0)
    return risk.time_q50_utc_ns + (spread * 1414) // 1000 + SECOND_NS  # z(0.99)/z(0.95) = 1.414


def absorb(state: WarnState, evidence: Evidence, params: WarnParams) -> tuple[Memory, set[str]]:
    """Bring the threats up to date; returns the memory and the zones that the changes touch."""
    memory = state.memory
    now = max(evidence.now_utc_ns, memory.now_utc_ns)
    work = _Work(memory, now, params)
    for launch in evidence.launches:
        work.launch(launch)
    for impact in evidence.impacts:
        work.impact(impact, state.policy.probability_on)
    for corridor in evidence.corridors:
        work.corridor(corridor)
    for track_id in evidence.cleared_track_ids:
        work.cancel(track_id, "track_is_no_threat")
    for order in evidence.orders:
        if isinstance(order, ManualAlarm):
            work.manual(order, [z for z in order.zone_ids if z in state.zones])
        elif isinstance(order, CancelAlarm):
            work.take_back(order)
    return work.done(), work.touched


def incident_name(event_id: str, began_utc_ns: int) -> str:
    """Name an incident by its first event and by when it began: every run of a station counts its events anew.

    Without the time the alarms of two nights would share one chain of messages, one explanation and one file.
    """
    return f"incident-{clock_of(began_utc_ns)}-{event_id}"


def clock_of(time_utc_ns: int) -> str:
    """Give a time to the second as it stands in names, 20260321T150226."""
    return f"{datetime.fromtimestamp(time_utc_ns // SECOND_NS, tz=UTC):%Y%m%dT%H%M%S}"


class _Work:
    """One step's changes on copies of the memory's tables; not kept."""

    def __init__(self, memory: Memory, now_utc_ns: int, params: WarnParams) -> None:
        self.memory = memory
        self.now = now_utc_ns
        self.params = params
        self.threats = dict(memory.threats)
        self.incidents = dict(memory.incidents)
        self.doubted = dict(memory.doubted)
        self.touched: set[str] = set()

    def launch(self, launch: LaunchEstimate) -> None:
        """Take a launch's status: what is not confirmed counts by its probability; a misfire is taken back."""
        if launch.status in ("misfire", "cancelled"):
            self.doubted.pop(launch.event_id, None)
            self.cancel(launch.event_id, f"launch_{launch.status}")
            return
        exists = launch.existence_probability if launch.status == "tentative" else 1.0
        self.doubted.pop(launch.event_id, None)
        if exists < 1.0:
            self.doubted[launch.event_id] = exists
        threat = self.threats.get(launch.event_id)
        if threat is not None and threat.exists != exists:
            self._put(replace(threat, exists=exists))

    def impact(self, forecast: ImpactForecast, weight_at_least: float) -> None:
        """Take a rocket's impact forecast."""
        event_id = forecast.event_id
        if forecast.outcome == "cancelled":
            self.cancel(event_id, "forecast_cancelled")
            return
        known = self.threats.get(event_id)
        if forecast.outcome == "passed":
            if known is not None and known.outcome == "pending":
                self._put(replace(known, outcome="passed", updated_utc_ns=self.now))
            return
        if known is not None and known.cancelled_by.startswith("person"):
            return
        risks = {} if forecast.outcome == "no_ground_crossing" else {r.zone_id: r for r in forecast.zone_risks}
        self._put(
            Threat(
                event_id=event_id,
                incident_id=known.incident_id if known else self._incident_for(event_id, "rocket"),
                hazard="rocket",
                kind="rocket",
                updated_utc_ns=self.now,
                semi_major_m=semi_major_95_m(forecast, weight_at_least),
                exists=self.doubted.get(event_id, 1.0),
                risks=risks,
            )
        )

    def corridor(self, forecast: CorridorForecast) -> None:
        """Take a drone's corridor."""
        known = self.threats.get(forecast.track_id)
        if known is not None and known.cancelled_by.startswith("person"):
            return
        self._put(
            Threat(
                event_id=forecast.track_id,
                incident_id=known.incident_id if known else self._incident_for(forecast.track_id, "drone"),
                hazard="drone",
                kind="drone",
                updated_utc_ns=self.now,
                exists=forecast.existence_probability,
                threat=forecast.threat_probability,
                risks={risk.zone_id: risk for risk in forecast.zone_risks},
            )
        )

    def manual(self, order: ManualAlarm, zone_ids: list[str]) -> None:
        """Take a person's alarm: certain, at once, until it is ended or runs out."""
        event_id = f"manual-{order.order_id}"
        if event_id in self.threats:
            return
        until = self.now + round(self.params.manual_alarm_s * SECOND_NS)
        risks = {
            zone_id: ZoneRisk(
                zone_id=zone_id, probability=1.0, time_q05_utc_ns=self.now, time_q50_utc_ns=until, time_q95_utc_ns=until
            )
            for zone_id in zone_ids
        }
        incident_id = self._incident_for(event_id, order.hazard)
        self._put(
            Threat(
                event_id=event_id,
                incident_id=incident_id,
                hazard=order.hazard,
                kind="manual",
                updated_utc_ns=self.now,
                risks=risks,
            )
        )

    def take_back(self, order: CancelAlarm) -> None:
        """Take back every threat behind the alarms of the named zones."""
        for zone_id in order.zone_ids:
            record = self.memory.zones.get(zone_id)
            for event_id in record.event_ids if record is not None else ():
                for name in (event_id, plain_name(event_id)):  # a record names what both stories tell of only once
                    self.cancel(name, f"person:{order.order_id}")

    def cancel(self, event_id: str, by: str) -> None:
        """Take a threat back."""
        threat = self.threats.get(event_id)
        if threat is None or threat.outcome == "cancelled":
            return
        self._put(replace(threat, outcome="cancelled", cancelled_utc_ns=self.now, cancelled_by=by))

    def done(self) -> Memory:
        """Give the new memory."""
        return replace(
            self.memory,
            now_utc_ns=self.now,
            threats=self.threats,
            incidents=self.incidents,
            doubted=self.doubted,
        )

    def _put(self, threat: Threat) -> None:
        before = self.threats.get(threat.event_id)
        if before is not None:
            self.touched.update(before.risks)
        self.touched.update(threat.risks)
        self.threats[threat.event_id] = threat

    def _incident_for(self, event_id: str, kind: Hazard) -> str:
        """Join the incident of the same hazard that is still fresh, or open one."""
        gap = round(self.params.salvo_gap_s * SECOND_NS)
        for incident in reversed(self.incidents.values()):
            if incident.hazard == kind and self.now - incident.last_launch_utc_ns <= gap:
                self.incidents[incident.incident_id] = replace(incident, last_launch_utc_ns=self.now)
                return incident.incident_id
        opened = Incident(incident_id=incident_name(event_id, self.now), hazard=kind, last_launch_utc_ns=self.now)
        self.incidents[opened.incident_id] = opened
        return opened.incident_id
