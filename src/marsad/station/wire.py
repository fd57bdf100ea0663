"""The vocabulary as the console hears it (docs/console-protocol.md): degrees, milliseconds, plain JSON objects."""

from __future__ import annotations

import math
from typing import Any

from marsad.sensing.site import Site, WarningPolicy
from marsad.station.health import SensorHealth
from marsad.terms import (
    Corridor,
    CorridorForecast,
    Geodetic,
    ImpactForecast,
    LaunchEstimate,
    Overload,
    PointMode,
    RejectedInput,
    SensorFault,
    TrackReport,
    Zone,
    ZoneRisk,
    ZoneWarning,
    ZoneWatch,
)

Json = dict[str, Any]


def ms(time_utc_ns: int) -> int:
    """Give milliseconds since 1970."""
    return time_utc_ns // 1_000_000


def _ms_or_none(time_utc_ns: int | None) -> int | None:
    return None if time_utc_ns is None else ms(time_utc_ns)


def _degrees(value: float | None) -> float | None:
    return None if value is None else math.degrees(value)


def _azimuth(value: float | None) -> float | None:
    return None if value is None else math.degrees(value) % 360.0


def point(position: Geodetic) -> Json:
    """Give a place."""
    return {"lat": position.latitude_deg, "lon": position.longitude_deg, "h": position.height_m}


def _without_none(fields: Json) -> Json:
    return {name: value for name, value in fields.items() if value is not None}


def zone(z: Zone) -> Json:
    """Give a zone as it was drawn."""
    outline: Json = {"radius_m": z.radius_m}
    if z.radius_m is None:
        outline = {"polygon": [[math.degrees(lat), math.degrees(lon)] for lat, lon in z.polygon_rad]}
    return {
        "zone_id": z.zone_id,
        "name": z.name,
        "name_ar": z.name_ar,
        "lat": z.center.latitude_deg,
        "lon": z.center.longitude_deg,
        **outline,
        "shelter_s": z.shelter_s,
        "buffer_m": z.buffer_m,
        "population": z.population,
    }


def corridor_of_site(c: Corridor) -> Json:
    """Give a corridor in which friendly aircraft are expected."""
    return {
        "corridor_id": c.corridor_id,
        "center_line": [[math.degrees(lat), math.degrees(lon)] for lat, lon in c.center_line_rad],
        "half_width_m": c.half_width_m,
        "min_height_m": c.min_height_m,
        "max_height_m": c.max_height_m,
        "owner": c.owner,
    }


def policy(p: WarningPolicy) -> Json:
    """Give the numbers of the warning rule."""
    return {name: getattr(p, name) for name in p.__dataclass_fields__}


def site(s: Site, sensors: list[Json], *, exercise: bool, can_drill: bool = False) -> Json:
    """Give all that the console needs to know beforehand."""
    rows, columns = s.terrain.height_m.shape
    return {
        "name": s.name,
        "name_ar": s.name_ar,
        "origin": point(s.origin),
        "zones": [zone(z) for z in s.zones],
        "sensors": sensors,
        "corridors": [corridor_of_site(c) for c in s.corridors],
        "terrain": {
            "south": math.degrees(s.terrain.south_rad),
            "west": math.degrees(s.terrain.west_rad),
            "step_lat": math.degrees(s.terrain.step_lat_rad),
            "step_lon": math.degrees(s.terrain.step_lon_rad),
            "rows": rows,
            "columns": columns,
            "unit_m": 0.1,
        },
        "policy": policy(s.policy),
        "exercise": exercise,
        "can_drill": can_drill,
    }


def sensor(known: SensorHealth, now_utc_ns: int) -> Json:
    """Give a sensor with its health."""
    s = known.sensor
    where = known.position or s.position
    azimuth, elevation = s.fov_half_width_azimuth_rad, s.fov_half_width_elevation_rad
    bias = s.bias_prior
    sigma = known.position_sigma_m or math.sqrt((bias.east_m**2 + bias.north_m**2) / 2)
    return _without_none(
        {
            "sensor_id": s.sensor_id,
            "kind": s.kind,
            **point(where),
            "mobile": s.is_mobile,
            "boresight_az": _azimuth(known.boresight_azimuth_rad),
            "boresight_el": _degrees(known.boresight_elevation_rad),
            "fov_az": None if azimuth is None else math.degrees(2 * azimuth),
            "fov_el": None if elevation is None else math.degrees(2 * elevation),
            "max_range_m": s.max_range_m,
            "status": known.status(now_utc_ns),
            "last_seen_utc_ms": ms(known.last_seen_utc_ns),
            "clock_offset_s": known.clock_offset_s(),
            "position_sigma_m": sigma,
        }
    )


def track(t: TrackReport) -> Json:
    """Give a track."""
    c = t.covariance_enu
    return _without_none(
        {
            "track_id": t.track_id,
            "t_utc_ms": ms(t.time_utc_ns),
            "status": t.status,
            **point(t.position),
            "vel": list(t.velocity_enu_ms),
            "cov_en": [c[0], c[1], c[6]],
            "existence": t.existence_probability,
            "kind": t.object_kind,
            "affiliation": t.affiliation,
            "confidence": t.confidence,
            "reasons": list(t.reasons),
            "range_known": t.range_known,
            "transponder_id": t.transponder_id,
            "event_id": t.event_id,
            "sensors": list(t.sensor_ids),
            "first_seen_utc_ms": ms(t.first_seen_utc_ns),
        }
    )


def mode(m: PointMode) -> Json:
    """Give one mode of a mixture."""
    return {
        "weight": m.weight,
        **point(m.position),
        "cov_en": list(m.covariance_en_m2),
        "t_utc_ms": ms(m.time_utc_ns),
        "t_sigma_s": m.time_sigma_s,
    }


def launch(e: LaunchEstimate) -> Json:
    """Give a launch estimate."""
    return {
        "event_id": e.event_id,
        "launch_site_id": e.launch_site_id,
        "status": e.status,
        "modes": [mode(m) for m in e.modes],
        "azimuth": math.degrees(e.azimuth_rad) % 360.0,
        "elevation": math.degrees(e.elevation_rad),
        "classes": [{"name": c.rocket_class, "weight": c.weight} for c in e.classes],
        "sensors": list(e.sensor_ids),
        "detections": e.detection_count,
        "reasons": list(e.reasons),
        "updated_utc_ms": ms(e.arrival_utc_ns),
    }


def risk(r: ZoneRisk) -> Json:
    """Give what a threat means for one zone."""
    return {
        "zone_id": r.zone_id,
        "probability": r.probability,
        "t05_utc_ms": ms(r.time_q05_utc_ns),
        "t50_utc_ms": ms(r.time_q50_utc_ns),
        "t95_utc_ms": ms(r.time_q95_utc_ns),
    }


def impact(f: ImpactForecast) -> Json:
    """Give an impact forecast."""
    return {
        "event_id": f.event_id,
        "outcome": f.outcome,
        "modes": [mode(m) for m in f.modes],
        "zone_risks": [risk(r) for r in f.zone_risks],
        "trajectory": [[ms(t), math.degrees(lat), math.degrees(lon), h] for t, lat, lon, h in f.trajectory],
        "updated_utc_ms": ms(f.arrival_utc_ns),
    }


def corridor(c: CorridorForecast) -> Json:
    """Give where a slow object may go."""
    first = c.first_seen
    return _without_none(
        {
            "track_id": c.track_id,
            "zone_risks": [risk(r) for r in c.zone_risks],
            "neighbours": list(c.neighbour_zone_ids),
            "came_from_az": _azimuth(c.came_from_azimuth_rad),
            "came_from_sigma": _degrees(c.came_from_sigma_rad),
            "first_seen": None if first is None else {"lat": first.latitude_deg, "lon": first.longitude_deg},
            "axis": [[ms(t), math.degrees(lat), math.degrees(lon), width] for t, lat, lon, width in c.axis],
        }
    )


def warning(w: ZoneWarning, acknowledged_by: str | None = None) -> Json:
    """Give a warning as it was decided."""
    return _without_none(
        {
            "warning_id": w.warning_id,
            "incident_id": w.incident_id,
            "zone_id": w.zone_id,
            "level": w.level,
            "action": w.action,
            "hazard": w.hazard,
            "issued_utc_ms": ms(w.arrival_utc_ns),
            "expires_utc_ms": ms(w.expires_utc_ns),
            "probability": w.probability,
            "t05_utc_ms": _ms_or_none(w.impact_q05_utc_ns),
            "t50_utc_ms": _ms_or_none(w.impact_q50_utc_ns),
            "t95_utc_ms": _ms_or_none(w.impact_q95_utc_ns),
            "event_ids": list(w.event_ids),
            "issuer": w.issuer,
            "rule": w.rule,
            "exercise": w.exercise,
            "note": w.note,
            "acknowledged_by": acknowledged_by,
        }
    )


def watch(z: ZoneWatch) -> Json:
    """Give who is watched over: the dangers that are watched for in a zone, and those that could be."""
    return {"zone_id": z.zone_id, "watched": sorted(z.since_utc_ns), "watchable": sorted(z.possible)}


def loss(cause: str, zone_ids: list[str], detail: str, since_utc_ns: int, *, cleared: bool) -> Json:
    """Give a loss of protection: its cause, the zones that it takes protection from (none: all), since when."""
    return {
        "cause": cause,
        "zone_ids": zone_ids,
        "detail": detail,
        "since_utc_ms": ms(since_utc_ns),
        "cleared": cleared,
    }


def zone_state(zone_id: str, w: ZoneWarning | None, since_utc_ns: int) -> Json:
    """Give the state of a zone: what its last warning says, or clear; whether it is watched is ``watch``."""
    if w is None or w.level == "clear":
        return {
            "zone_id": zone_id,
            "level": "clear",
            "since_utc_ms": ms(since_utc_ns),
            "probability": 0.0,
            "event_ids": [],
        }
    return _without_none(
        {
            "zone_id": zone_id,
            "level": w.level,
            "since_utc_ms": ms(since_utc_ns),
            "hazard": w.hazard,
            "probability": w.probability,
            "t05_utc_ms": _ms_or_none(w.impact_q05_utc_ns),
            "t50_utc_ms": _ms_or_none(w.impact_q50_utc_ns),
            "t95_utc_ms": _ms_or_none(w.impact_q95_utc_ns),
            "warning_id": w.warning_id,
            "event_ids": list(w.event_ids),
            "note": w.note or None,
        }
    )


def overload(o: Overload) -> Json:
    """How much is put off, and since when."""
    return {"put_off": o.put_off, "given_up": o.given_up, "since_utc_ms": ms(o.since_utc_ns)}


def fault(f: SensorFault, since_utc_ns: int) -> Json:
    """Give what is wrong with a sensor."""
    return {
        "sensor_id": f.sensor_id,
        "kind": f.kind,
        "magnitude": f.magnitude,
        "unit": f.unit,
        "since_utc_ms": ms(since_utc_ns),
        "reasons": list(f.reasons),
        "cleared": f.cleared,
    }


def reject(r: RejectedInput) -> Json:
    """Give an input that could not be used."""
    return {"utc_ms": ms(r.arrival_utc_ns), "source": r.source, "field": r.field, "reason": r.reason}
