"""Is a zone watched?  Which of its sensors live, and from which sides they would see a danger come to it.

A zone is looked at from eight sides.  A rocket is seen from a side by whatever sees its launch or its fall there: a
camera or a microphone array the launch some kilometres out, a radar the body on its last kilometre.  A drone is seen by
a radar (or a tracker) that sees a low flyer near the zone's edge; a camera's silence says nothing of drones, since it
reports only what it recognises and knows no range (``air.intake.sensor_model``), and microphone arrays hear bangs only.
Receivers of transponders see nothing that hides.

The measure is what the site's own sensors see when all of them live: a zone is watched for a danger while those that
live and are well see it from at least half of those sides.  So a narrow camera is enough where the site has nothing
else, and is not where it was one of many.  That a sensor is called noisy, biased or lying changes nothing here: such a
one still sees.  One that is silent or frozen does not.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from jaxtyping import Bool, Float, Int

from marsad.geo.earth import WGS84_A_M
from marsad.geo.frames import geodetic_from_ecef
from marsad.geo.sight import points_seen
from marsad.geo.terrain import TerrainGrid, terrain_heights
from marsad.sensing.book import SensorBook
from marsad.sensing.health import Vital
from marsad.terms import Sensor, Watch, Zone, ZoneWatch
from marsad.terms.warnings import Hazard

HAZARDS: tuple[Hazard, ...] = ("rocket", "drone")
LOST_AFTER = 3.0
"""A sensor is lost when nothing was heard of it for so many of its own intervals (death is noticed within three)."""
LOST_AT_LEAST_S = 2.0
"""But never sooner: networks and timers have a second now and then."""
DEFAULT_INTERVAL_S = 5.0
"""Interval of a sensor that has not shown its own yet."""

_SIDES = 8
_ENOUGH = 0.5  # of the sides that the site's sensors could see: more seen than not
_FALL_M = 1000.0  # an unguided rocket falls at 45° or steeper (McCoy 1999, ch. 9): so far out it is so high or higher
_LAUNCH_M = (3000.0, 6000.0)  # how far out rockets leave: "a few kilometres" (ARCHITECTURE.md); one of both is enough
_PLUME_AGL_M = 200.0  # a rocket that burns for one to two seconds is so high while it does
_LOW_M, _LOW_AGL_M = (
    1500.0,
    150.0,
)  # a drone that comes: so far out, as high as the map tells radars' coverage
_USUAL_RANGE_M = {"radar": 20_000.0, "tracker": 20_000.0, "acoustic": 5_000.0}  # where a sensor states none
_FARTHEST_FLASH_M = 40_000.0  # how far a camera tells a launch's flash (the simulator's bound, in clear air)
_CONE_RAD = 1.2  # a radar's beam seldom reaches higher (air.coverage)
_CAMERAS = ("balloon", "drone", "camera")
_MOVED_M, _TURNED_RAD = 150.0, 0.1  # what moved or turned less sees the same, as far as eight sides can tell
_LOOK_EVERY_NS = 1_000_000_000  # moving sensors are looked after once a second


def lost_after_s(interval_s: float | None) -> float:
    """Give how long a sensor may be silent before it is lost, from the interval at which it speaks."""
    return max(LOST_AFTER * (interval_s or DEFAULT_INTERVAL_S), LOST_AT_LEAST_S)


@dataclass(frozen=True)
class _Points:
    """Places about the zones: latitude and longitude (rad), height above the ellipsoid (m)."""

    latitude_rad: Float[np.ndarray, "zone side"]
    longitude_rad: Float[np.ndarray, "zone side"]
    height_m: Float[np.ndarray, "zone side"]


@dataclass(frozen=True)
class _Eye:
    """A sensor where it stands (ECEF m) and looks (azimuth, elevation rad)."""

    sensor: Sensor
    place_m: tuple[float, float, float]
    boresight_rad: tuple[float, float] | None


@dataclass(frozen=True)
class _View:
    """From which sides of each zone one sensor sees a danger come; in the order of ``HAZARDS``."""

    eye: _Eye
    seen: Bool[np.ndarray, "hazard zone side"]


@dataclass
class WatchState:
    """What is remembered of the watch; donated to ``step``.  What was heard until ``from_utc_ns`` does not count."""

    zones: tuple[Zone, ...]
    terrain: TerrainGrid
    fall: _Points
    launch: tuple[_Points, ...]
    low: _Points
    since_utc_ns: Int[np.ndarray, "hazard zone"]
    views: dict[str, _View] = field(default_factory=dict)
    heard_utc_ns: dict[str, int] = field(default_factory=dict)
    live: frozenset[str] = frozenset()
    told: Watch | None = None
    from_utc_ns: int = 0
    looked_utc_ns: int = -_LOOK_EVERY_NS


def init(zones: Sequence[Zone], terrain: TerrainGrid) -> WatchState:
    """Make the state of a watch that has heard nobody yet."""
    return WatchState(
        zones=tuple(zones),
        terrain=terrain,
        fall=_about(zones, terrain, _FALL_M, _FALL_M),
        launch=tuple(_about(zones, terrain, out_m, _PLUME_AGL_M) for out_m in _LAUNCH_M),
        low=_about(zones, terrain, _LOW_M, _LOW_AGL_M),
        since_utc_ns=np.zeros((len(HAZARDS), len(zones)), dtype=np.int64),
    )


def begin_anew(state: WatchState, now_utc_ns: int) -> None:
    """Let nobody watch until sensors speak: what was heard until now was heard by an earlier run."""
    state.from_utc_ns = now_utc_ns
    state.heard_utc_ns.clear()
    state.live, state.told = frozenset(), None
    state.since_utc_ns[:] = 0


def step(
    state: WatchState, book: SensorBook, vitals: Mapping[str, Vital], blind: frozenset[str], now_utc_ns: int
) -> Watch | None:
    """Say who is watched over, if that changed; the first word comes at once.

    Parameters
    ----------
    state
        From ``init``; donated.
    book
        The sensors: when each was heard last, and where the moving ones are.
    vitals
        What each sensor's messages say of it, by sensor id; gives the interval at which it speaks.
    blind
        Sensors that are called silent or frozen: they do not watch.
    now_utc_ns
        The time.
    """
    live, broken = _living(state, book, vitals, blind, now_utc_ns)
    is_new = _look_after(state, book, now_utc_ns)
    if live == state.live and not broken and not is_new and state.told is not None:
        return None
    state.live = live
    could = _sides(state, list(state.views))
    watched = _is_enough(_sides(state, live), could)
    unbroken = _is_enough(_sides(state, live - broken), could) if broken else watched
    goes_on = (state.since_utc_ns > 0) & unbroken
    state.since_utc_ns = np.where(watched, np.where(goes_on, state.since_utc_ns, now_utc_ns), 0)
    watch = Watch(arrival_utc_ns=now_utc_ns, zones=_zones(state, could))
    if state.told is not None and state.told.zones == watch.zones:
        return None
    state.told = watch
    return watch


def _zones(state: WatchState, could: Int[np.ndarray, "hazard zone"]) -> tuple[ZoneWatch, ...]:
    since = state.since_utc_ns
    return tuple(
        ZoneWatch(
            zone_id=zone.zone_id,
            since_utc_ns={hazard: int(since[h, z]) for h, hazard in enumerate(HAZARDS) if since[h, z]},
            possible=tuple(hazard for h, hazard in enumerate(HAZARDS) if could[h, z]),
        )
        for z, zone in enumerate(state.zones)
    )


def _living(
    state: WatchState, book: SensorBook, vitals: Mapping[str, Vital], blind: frozenset[str], now_utc_ns: int
) -> tuple[frozenset[str], frozenset[str]]:
    """Give the sensors that live and are well, and those among them that had been lost in between."""
    live, broken = set(), set()
    for k, sensor in enumerate(book.sensors):
        name = sensor.sensor_id
        heard = book.last_heard_utc_ns[k]
        if heard <= state.from_utc_ns or name in blind:
            state.heard_utc_ns.pop(name, None)
            continue
        vital = vitals.get(name)
        bound_ns = round(lost_after_s(vital.beat_interval_s if vital is not None else None) * 1e9)
        if heard - state.heard_utc_ns.get(name, 0) > bound_ns:
            broken.add(name)
        state.heard_utc_ns[name] = heard
        if now_utc_ns - heard <= bound_ns:
            live.add(name)
    return frozenset(live), frozenset(broken & live)


def _look_after(state: WatchState, book: SensorBook, now_utc_ns: int) -> bool:
    """Work out anew what those sensors see that are new, others or elsewhere; say whether there were any."""
    is_due = now_utc_ns - state.looked_utc_ns >= _LOOK_EVERY_NS
    if is_due:
        state.looked_utc_ns = now_utc_ns
    is_new = False
    for k, sensor in enumerate(book.sensors):
        known = state.views.get(sensor.sensor_id)
        if known is not None and known.eye.sensor is sensor and not (is_due and sensor.is_mobile):
            continue
        eye = _eye(book, k)
        if known is None or _is_other(known.eye, eye):
            state.views[sensor.sensor_id] = _View(eye, _seen(state, eye))
            is_new = True
        elif known.eye.sensor is not sensor:
            # described once more as it was: noted, or it would be compared again with every step
            state.views[sensor.sensor_id] = _View(replace(known.eye, sensor=sensor), known.seen)
    return is_new


def _eye(book: SensorBook, k: int) -> _Eye:
    trail = book.trails[k]
    last_s = trail.time_s[-1] if trail.time_s else 0.0
    return _Eye(book.sensors[k], book.place(k, last_s)[0], trail.boresight_rad)


def _is_other(before: _Eye, now: _Eye) -> bool:
    if before.sensor != now.sensor or math.dist(before.place_m, now.place_m) > _MOVED_M:
        return True
    if before.boresight_rad is None or now.boresight_rad is None:
        return before.boresight_rad != now.boresight_rad
    return any(abs(_turn(a - b)) > _TURNED_RAD for a, b in zip(before.boresight_rad, now.boresight_rad, strict=True))


def _turn(angle_rad: float) -> float:
    return (angle_rad + math.pi) % (2.0 * math.pi) - math.pi


def _sides(state: WatchState, sensor_ids: Sequence[str] | frozenset[str]) -> Int[np.ndarray, "hazard zone"]:
    """Count the sides from which at least one of the sensors sees a danger come."""
    seen = np.zeros((len(HAZARDS), len(state.zones), _SIDES), dtype=bool)
    for name in sensor_ids:
        seen |= state.views[name].seen
    return np.asarray(seen.sum(axis=2))


def _is_enough(
    seen: Int[np.ndarray, "hazard zone"], could: Int[np.ndarray, "hazard zone"]
) -> Bool[np.ndarray, "hazard zone"]:
    return np.asarray((could > 0) & (seen >= _ENOUGH * could))


def _about(zones: Sequence[Zone], terrain: TerrainGrid, out_m: float, above_m: float) -> _Points:
    """Lay a place on every side of every zone, so far out from its edge and so high above the ground there."""
    azimuth = 2.0 * np.pi * np.arange(_SIDES) / _SIDES
    away_m = np.array([_radius_m(zone) + out_m for zone in zones]).reshape(-1, 1)
    middle = np.array([(z.center.latitude_rad, z.center.longitude_rad) for z in zones]).reshape(-1, 2)
    latitude = middle[:, :1] + away_m * np.cos(azimuth) / WGS84_A_M
    longitude = middle[:, 1:] + away_m * np.sin(azimuth) / (WGS84_A_M * np.cos(middle[:, :1]))
    return _Points(latitude, longitude, terrain_heights(terrain, latitude, longitude) + above_m)


def _radius_m(zone: Zone) -> float:
    """Radius of the circle about the zone's middle that holds it, in metres."""
    if zone.radius_m is not None:
        return zone.radius_m
    squeeze = math.cos(zone.center.latitude_rad)
    return max(
        WGS84_A_M * math.hypot(lat - zone.center.latitude_rad, _turn(lon - zone.center.longitude_rad) * squeeze)
        for lat, lon in zone.polygon_rad
    )


def _seen(state: WatchState, eye: _Eye) -> Bool[np.ndarray, "hazard zone side"]:
    """Say from which sides of each zone one sensor sees each danger come, were it alive."""
    kind = eye.sensor.kind
    rocket = drone = np.zeros((len(state.zones), _SIDES), dtype=bool)
    if kind == "radar":
        rocket = _sees(state.terrain, eye, state.fall)
    elif kind in _CAMERAS or kind == "acoustic":
        rocket = np.logical_or.reduce([_sees(state.terrain, eye, points) for points in state.launch])
    if kind in ("radar", "tracker"):
        drone = _sees(state.terrain, eye, state.low)
    return np.stack([rocket, drone])


def _sees(terrain: TerrainGrid, eye: _Eye, points: _Points) -> Bool[np.ndarray, "zone side"]:
    """Say which places a sensor sees: within its range, its field of view and its elevations, no ground between."""
    sensor = eye.sensor
    latitude, longitude, height = geodetic_from_ecef(*eye.place_m)
    height = max(height, terrain.height_at(latitude, longitude) + 2.0)
    north_m = WGS84_A_M * (points.latitude_rad - latitude)
    turn = (points.longitude_rad - longitude + np.pi) % (2.0 * np.pi) - np.pi
    east_m = WGS84_A_M * math.cos(latitude) * turn
    flat_m = np.maximum(np.hypot(east_m, north_m), 1.0)
    reach_m = sensor.max_range_m or _USUAL_RANGE_M.get(sensor.kind, _FARTHEST_FLASH_M)
    seen = np.asarray(np.hypot(flat_m, points.height_m - height) <= reach_m)
    if sensor.kind == "acoustic":
        return seen  # sound goes round hills
    elevation = np.arctan2(points.height_m - height - flat_m**2 / (2.0 * WGS84_A_M), flat_m)
    seen &= _in_view(eye, np.arctan2(east_m, north_m), elevation)
    at = np.nonzero(seen)
    if at[0].size:
        seen[at] = points_seen(
            terrain,
            (latitude, longitude, height),
            points.latitude_rad[at],
            points.longitude_rad[at],
            points.height_m[at],
        )
    return seen


def _in_view(
    eye: _Eye, azimuth_rad: Float[np.ndarray, "zone side"], elevation_rad: Float[np.ndarray, "zone side"]
) -> Bool[np.ndarray, "zone side"]:
    """Say which directions a radar's beam or a camera's field holds; a camera without a boresight looks all round."""
    sensor = eye.sensor
    seen = np.ones(azimuth_rad.shape, dtype=bool)
    if sensor.kind == "radar":
        least = sensor.min_elevation_rad if sensor.min_elevation_rad is not None else 0.0
        return np.asarray((elevation_rad >= least) & (elevation_rad <= _CONE_RAD))
    if eye.boresight_rad is None:
        return seen
    for half, off in (
        (sensor.fov_half_width_azimuth_rad, azimuth_rad - eye.boresight_rad[0]),
        (sensor.fov_half_width_elevation_rad, elevation_rad - eye.boresight_rad[1]),
    ):
        if half is not None:
            seen &= np.abs((off + np.pi) % (2.0 * np.pi) - np.pi) <= half
    return seen
