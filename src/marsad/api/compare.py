"""An incident held against the truth of a simulated night: misses, errors, honesty of covariances, false alarms."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from scipy.optimize import linear_sum_assignment

from marsad.api.picture import CUTOFF_M, pictures
from marsad.api.points import GroundPoint
from marsad.api.table import Table
from marsad.assess import identity_switches, mean_gospa, siap
from marsad.geo.frames import enu_from_geodetic
from marsad.simulation.bodies import Body, Moment
from marsad.simulation.night import Truth

if TYPE_CHECKING:
    from marsad.api.incident import Incident, LaunchHistory

GATE_M = 3000.0
GATE_S = 4.0
SECONDS_AS_METRES = 500.0


@dataclass(frozen=True, repr=False)
class Comparison:
    """How well a night was watched.

    ``rockets``: one row per true rocket; NEES of two dimensions, 2 on average where covariances are true.
    ``zones``: one row per zone and thing that came down in it; ``warned_s`` before the impact.
    ``gospa_m``: mean over the seconds (c = 400 m, p = 2); ``completeness`` and ``spuriousness`` of the air picture as
    SIAP has them; ``identity_switches``: how often a thing came to be another track.
    """

    rockets: Table
    zones: Table
    missed_launches: int
    false_launches: int
    zones_missed: int
    zones_warned_wrongly: int
    false_alarms_per_hour: float
    gospa_m: float
    completeness: float
    spuriousness: float
    identity_switches: int

    def __repr__(self) -> str:
        return (
            f"<Comparison: {len(self.rockets)} rockets, {self.missed_launches} missed, "
            f"{self.false_launches} false launches; {len(self.zones)} zones at risk, "
            f"{self.zones_missed} not warned, {self.zones_warned_wrongly} warned wrongly "
            f"({self.false_alarms_per_hour:.2g} per hour); air picture: GOSPA {self.gospa_m:.0f} m, "
            f"{self.completeness:.0%} complete, {self.spuriousness:.0%} spurious, {self.identity_switches} switches>"
        )

    def _repr_html_(self) -> str:
        from html import escape

        return f"<p>{escape(repr(self))}</p>{self.rockets._repr_html_()}{self.zones._repr_html_()}"


def compare(incident: Incident, truth: Truth) -> Comparison:
    """Match launches to true rockets by distance and time, and alarms to what came down where."""
    fired = [body for body in truth.bodies if body.kind in ("rocket", "misfire")]
    standing = [one for one in incident.launches.values() if one.status in ("confirmed", "misfire")]
    pairs = _pairs(fired, standing)
    rockets = [body for body in fired if body.kind == "rocket"]
    wrong, missed, zone_rows = _zones(incident, truth)
    tracks, truths = pictures(incident, truth.bodies)
    measured = siap(tracks, truths, CUTOFF_M)
    hours = max(incident.duration_s, 1.0) / 3600.0
    return Comparison(
        rockets=_rocket_table(rockets, pairs),
        zones=zone_rows,
        missed_launches=sum(body.object_id not in pairs for body in rockets),
        false_launches=len(standing) - len(pairs),
        zones_missed=missed,
        zones_warned_wrongly=wrong,
        false_alarms_per_hour=wrong / hours,
        gospa_m=float(mean_gospa(tracks, truths, CUTOFF_M)[0]),
        completeness=measured.completeness,
        spuriousness=measured.spuriousness,
        identity_switches=identity_switches(tracks, truths, CUTOFF_M),
    )


def _pairs(fired: list[Body], standing: list[LaunchHistory]) -> dict[str, LaunchHistory]:
    """Assign launches to what was fired, least (distance + 500 m/s · |Δt|) in sum, within 3 km and 4 s."""
    if not fired or not standing:
        return {}
    cost = np.full((len(fired), len(standing)), 1e9)
    for i, body in enumerate(fired):
        assert body.launch is not None
        for j, one in enumerate(standing):
            point = one.launch_point
            distance_m = math.hypot(*_offset_m(point, body.launch))
            late_s = abs(point.time_s - body.launch.time_s)
            if distance_m < GATE_M and late_s < GATE_S:
                cost[i, j] = distance_m + SECONDS_AS_METRES * late_s
    rows, columns = linear_sum_assignment(cost)
    return {fired[i].object_id: standing[j] for i, j in zip(rows, columns, strict=True) if cost[i, j] < 1e9}


def _offset_m(point: GroundPoint, moment: Moment) -> tuple[float, float]:
    """Estimate less truth, east and north."""
    p, t = point.position, moment.place
    east, north, _ = enu_from_geodetic(
        p.latitude_rad, p.longitude_rad, t.height_m, t.latitude_rad, t.longitude_rad, t.height_m
    )
    return float(east), float(north)


def _nees(point: GroundPoint, moment: Moment) -> float:
    a, b, c = point.covariance_en_m2
    e, n = _offset_m(point, moment)
    return (c * e * e - 2 * b * e * n + a * n * n) / (a * c - b * b)


def _rocket_table(rockets: list[Body], pairs: dict[str, LaunchHistory]) -> Table:
    schema = {
        "object_id": pa.string(), "event_id": pa.string(), "first_said_s": pa.float64(), "launch_error_m": pa.float64(),
        "launch_nees": pa.float64(), "impact_error_m": pa.float64(), "impact_nees": pa.float64(),
        "impact_time_error_s": pa.float64(),
    }  # fmt: skip
    rows: list[list[object]] = []
    for body in rockets:
        one = pairs.get(body.object_id)
        if one is None or body.launch is None or body.impact is None:
            rows.append([body.object_id, *([None] * 7)])
            continue
        first_s = next(e.arrival_utc_ns for e in one.estimates if e.status == "confirmed") / 1e9 - body.launch.time_s
        row = [body.object_id, one.event_id, first_s, math.hypot(*_offset_m(one.launch_point, body.launch))]
        row.append(_nees(one.launch_point, body.launch))
        if any(forecast.modes for forecast in one.forecasts):
            hit = one.impact_point
            row += [math.hypot(*_offset_m(hit, body.impact)), _nees(hit, body.impact), hit.time_s - body.impact.time_s]
        else:
            row += [None] * 3
        rows.append(row)
    return Table({name: [row[k] for row in rows] for k, name in enumerate(schema)}, schema)


def _zones(incident: Incident, truth: Truth) -> tuple[int, int, Table]:
    """Give alarms without a cause, zones at risk without an alarm, and a table of the zones at risk."""
    alarms = [(r["zone_id"], r["first_alarm_s"], r["end_s"] or math.inf) for r in incident.warnings.rows()]
    struck = [
        (zone_id, body)
        for body in truth.bodies
        for zone_id in truth.zones_at_risk.get(body.object_id, ())
        if body.kind in ("rocket", "hostile_drone")
    ]
    rows: list[list[object]] = []
    missed = 0
    for zone_id, body in struck:
        assert body.impact is not None
        at = body.impact.time_s
        begun = [begin for zone, begin, end in alarms if zone == zone_id and begin < at and end >= at - 0.5]
        missed += not begun
        rows.append([zone_id, body.object_id, at, at - max(min(begun), body.begin_s) if begun else None])
    wrong = 0
    for zone_id, begin, end in alarms:
        causes = [body for zone, body in struck if zone == zone_id]
        wrong += not any(begin < body.path.end_s and end > body.begin_s for body in causes)
    schema = {"zone_id": pa.string(), "object_id": pa.string(), "impact_s": pa.float64(), "warned_s": pa.float64()}
    return wrong, missed, Table({name: [row[k] for row in rows] for k, name in enumerate(schema)}, schema)
