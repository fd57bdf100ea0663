"""From modes to what is said: launch estimate, impact forecast, risk of each zone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.special import ndtri

from marsad.flight.rocket import AZIMUTH, ELEVATION, state_at
from marsad.geo.frames import enu_from_geodetic, geodetic_from_ecef
from marsad.geo.zones import ZoneShapes, spread_mixture, zone_hits
from marsad.sensing.book import SensorBook
from marsad.terms import ClassWeight, Geodetic, ImpactForecast, LaunchEstimate, PointMode, ZoneRisk
from marsad.trajectory.events import Event, flying, world_with
from marsad.trajectory.ground import GroundPoint
from marsad.trajectory.modes import Mode, World, weights

_MERGE_CHI2 = 4.0
_IMPACT_MERGE_CHI2 = 1.0
_DUST = 0.02
_MOST_MERGED = 8
_SAMPLES = 512
_MANY_SAMPLES = 8192
_PATH_POINTS = 24
_LEAST_RISK = 1e-4


@dataclass(frozen=True)
class _Lump:
    """One mode of a mixture on the ground, in metres about an origin point, with its time (s)."""

    weight: float
    mean: Float[np.ndarray, "3"]
    covariance: Float[np.ndarray, "3 3"]


def normal_points(count: int = _SAMPLES) -> Float[np.ndarray, "sample 2"]:
    """Standard normal points, evenly laid (R2 sequence, M. Roberts 2018), the same in every run."""
    i = np.arange(1, count + 1)
    g = 1.32471795724474602596
    u = np.stack([(0.5 + i / g) % 1.0, (0.5 + i / (g * g)) % 1.0], axis=1)
    return np.asarray(ndtri(u))


def _lumps(
    points: Sequence[GroundPoint], covariances: Sequence[np.ndarray], w: np.ndarray, merge_chi2: float = _MERGE_CHI2
) -> tuple[GroundPoint, list[_Lump]]:
    """Mixture about the heaviest point, with modes that are one place merged into one (moments kept)."""
    origin = points[int(np.argmax(w))]
    lumps = []
    for point, covariance, weight in zip(points, covariances, w, strict=True):
        e, n, _ = enu_from_geodetic(
            point.latitude_rad,
            point.longitude_rad,
            point.height_m,
            origin.latitude_rad,
            origin.longitude_rad,
            origin.height_m,
        )
        lumps.append(_Lump(float(weight), np.array([e, n, point.time_s]), covariance))
    lumps.sort(key=lambda lump: -lump.weight)
    merged: list[_Lump] = []
    for lump in lumps:
        for i, other in enumerate(merged if merge_chi2 > 0.0 else ()):
            if _near(lump, other, merge_chi2):
                merged[i] = _merge(lump, other)
                break
        else:
            merged.append(lump)
    merged = _without_dust(merged)
    total = sum(lump.weight for lump in merged)
    merged = [_Lump(lump.weight / total, lump.mean, lump.covariance) for lump in merged]
    return origin, sorted(merged, key=lambda lump: -lump.weight)


def _without_dust(lumps: list[_Lump]) -> list[_Lump]:
    """The lightest left out as long as together they weigh next to nothing."""
    kept = sorted(lumps, key=lambda lump: -lump.weight)
    dropped = 0.0
    while len(kept) > 1 and dropped + kept[-1].weight < _DUST:
        dropped += kept.pop().weight
    return kept


def _near(a: _Lump, b: _Lump, merge_chi2: float) -> bool:
    d = a.mean[:2] - b.mean[:2]
    s = a.covariance[:2, :2] + b.covariance[:2, :2]
    det = s[0, 0] * s[1, 1] - s[0, 1] * s[0, 1]
    chi2 = (s[1, 1] * d[0] * d[0] - 2.0 * s[0, 1] * d[0] * d[1] + s[0, 0] * d[1] * d[1]) / max(det, 1e-12)
    return bool(chi2 < merge_chi2)


def _merge(a: _Lump, b: _Lump) -> _Lump:
    w = a.weight + b.weight
    mean = (a.weight * a.mean + b.weight * b.mean) / w
    da, db = a.mean - mean, b.mean - mean
    covariance = (a.weight * (a.covariance + np.outer(da, da)) + b.weight * (b.covariance + np.outer(db, db))) / w
    return _Lump(w, mean, covariance)


def _point_modes(
    origin: GroundPoint, lumps: Sequence[_Lump], book: SensorBook, floor_m2: float = 0.0
) -> tuple[PointMode, ...]:
    out = []
    for lump in lumps:
        # a place on the plane through the origin point, given back on the ellipsoid
        lat, lon, _ = _geodetic_of(origin, lump.mean[0], lump.mean[1])
        c = lump.covariance
        out.append(
            PointMode(
                weight=lump.weight,
                position=Geodetic(latitude_rad=lat, longitude_rad=lon, height_m=origin.height_m),
                covariance_en_m2=(float(c[0, 0]) + floor_m2, float(c[0, 1]), float(c[1, 1]) + floor_m2),
                time_utc_ns=book.utc_ns(float(lump.mean[2])),
                time_sigma_s=math.sqrt(max(float(c[2, 2]), 1e-8)),
            )
        )
    return tuple(out)


def _geodetic_of(origin: GroundPoint, east_m: float, north_m: float) -> tuple[float, float, float]:
    from marsad.geo.frames import geodetic_from_enu

    drop = -(east_m * east_m + north_m * north_m) / (2.0 * 6371e3)
    return geodetic_from_enu(east_m, north_m, drop, origin.latitude_rad, origin.longitude_rad, origin.height_m)


def launch_estimate(
    event: Event, world: World, book: SensorBook, now_utc_ns: int, reasons: tuple[str, ...]
) -> LaunchEstimate:
    """What is believed about where and when the rocket started."""
    modes = event.modes if event.status == "misfire" else (flying(event, world) or event.modes)
    w = weights(modes)
    origin, lumps = _lumps([m.launch for m in modes], [m.launch_covariance for m in modes], w)
    classes: dict[str, float] = {}
    hypotheses = world_with(event, world).hypotheses
    for m, weight in zip(modes, w, strict=True):
        name = hypotheses[m.hypothesis].name
        classes[name] = classes.get(name, 0.0) + float(weight)
    sensors = sorted({d.sensor_id for d in event.detections.values()})
    best = modes[0]
    return LaunchEstimate(
        event_id=event.event_id,
        launch_site_id=event.site_id,
        status=event.status,
        arrival_utc_ns=now_utc_ns,
        modes=_point_modes(origin, lumps, book),
        azimuth_rad=float(best.fit.p[AZIMUTH]) % (2.0 * math.pi),
        elevation_rad=float(best.fit.p[ELEVATION]),
        classes=tuple(ClassWeight(rocket_class=k, weight=v) for k, v in sorted(classes.items(), key=lambda kv: -kv[1])),
        sensor_ids=tuple(sensors),
        detection_count=len(event.detections),
        reasons=reasons,
    )


def impact_forecast(
    event: Event,
    modes: Sequence[Mode],
    world: World,
    book: SensorBook,
    now_utc_ns: int,
    zones: ZoneShapes,
    zone_origin: Geodetic,
    normal: Float[np.ndarray, "sample 2"],
) -> ImpactForecast:
    """Where and when the rocket lands, and the risk of each zone by sampling the mixture.

    ``modes``: the event's flying modes, poorly known ones already spread into several.
    """
    modes = [m for m in modes if m.impact.ok]
    if not modes:
        return ImpactForecast(
            event_id=event.event_id, outcome="no_ground_crossing", arrival_utc_ns=now_utc_ns, modes=()
        )
    w = weights(modes)
    origin, lumps = _lumps(
        [m.impact for m in modes],
        [m.impact_covariance for m in modes],
        w,
        _IMPACT_MERGE_CHI2 if len(modes) <= _MOST_MERGED else 0.0,
    )
    best = modes[0]
    e, n, _ = enu_from_geodetic(
        best.impact.latitude_rad,
        best.impact.longitude_rad,
        0.0,
        best.launch.latitude_rad,
        best.launch.longitude_rad,
        0.0,
    )
    floor_m2 = (world.error_floor_rel * math.hypot(e, n)) ** 2
    points = _point_modes(origin, lumps, book, floor_m2)
    return ImpactForecast(
        event_id=event.event_id,
        outcome="forecast",
        arrival_utc_ns=now_utc_ns,
        modes=points,
        zone_risks=zone_risks(points, zones, zone_origin, normal[: _MANY_SAMPLES // len(points)]),
        trajectory=path_of(best, book),
    )


def zone_risks(
    modes: Sequence[PointMode], zones: ZoneShapes, origin: Geodetic, normal: Float[np.ndarray, "sample 2"]
) -> tuple[ZoneRisk, ...]:
    """Probability of each zone and quantiles of the time, for zones with any."""
    mean = np.array(
        [
            enu_from_geodetic(
                m.position.latitude_rad,
                m.position.longitude_rad,
                m.position.height_m,
                origin.latitude_rad,
                origin.longitude_rad,
                origin.height_m,
            )[:2]
            for m in modes
        ]
    )
    covariance = np.array([m.covariance_en_m2 for m in modes])
    w = np.array([m.weight for m in modes])
    east, north, weight = spread_mixture(w, mean, covariance, normal)
    hits = zone_hits(east, north, zones)
    per_mode = (hits * weight).reshape(len(zones.zone_ids), len(modes), -1).sum(axis=2)
    out = []
    for z, zone_id in enumerate(zones.zone_ids):
        p = float(per_mode[z].sum())
        if p < _LEAST_RISK:
            continue
        q05, q50, q95 = _time_quantiles(per_mode[z], modes)
        out.append(
            ZoneRisk(
                zone_id=zone_id, probability=min(p, 1.0), time_q05_utc_ns=q05, time_q50_utc_ns=q50, time_q95_utc_ns=q95
            )
        )
    return tuple(out)


def _time_quantiles(share: Float[np.ndarray, " mode"], modes: Sequence[PointMode]) -> tuple[int, int, int]:
    """5, 50, 95 % of the impact time over the modes that hit: the widest of their intervals, the heaviest's middle."""
    hitting = [m for m, s in zip(modes, share, strict=True) if s >= 0.05 * share.max()]
    heaviest = modes[int(np.argmax(share))]
    early = min(m.time_utc_ns - round(1.645e9 * m.time_sigma_s) for m in hitting)
    late = max(m.time_utc_ns + round(1.645e9 * m.time_sigma_s) for m in hitting)
    return early, heaviest.time_utc_ns, late


def path_of(mode: Mode, book: SensorBook) -> tuple[tuple[int, float, float, float], ...]:
    """The mode's path from launch to ground, coarse, for maps."""
    end = mode.impact.time_s - mode.launch.time_s
    y = np.empty(6)
    out = []
    for i in range(_PATH_POINTS + 1):
        tau = end * i / _PATH_POINTS
        state_at(mode.flight, tau, y)
        lat, lon, h = geodetic_from_ecef(y[0], y[1], y[2])
        out.append((book.utc_ns(mode.launch.time_s + tau), lat, lon, h))
    return tuple(out)
