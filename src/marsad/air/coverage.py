"""Would a sensor see a body at that place?  Range, horizon, the cone above a radar, and the terrain between."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from jaxtyping import Float

from marsad import track
from marsad.air.state import AirState
from marsad.geo import terrain_heights
from marsad.geo.site_frame import angles, axes_at, enu_of, geodetic_of
from marsad.sensing import health
from marsad.terms import Sensor

_SAMPLES = 12
_CLEARANCE_M = 25.0
_MARGIN_RAD = 0.012
_STEEPEST_RAD = 1.2  # a radar's beam seldom reaches higher; what it has followed there says that this one's does
_FOLLOWED_HITS = 5


def is_watched(
    state: AirState, place_m: Float[np.ndarray, "3"], reach: float = 0.9, radars: Collection[str] | None = None
) -> bool:
    """Say whether a live, trusted radar (one of ``radars``) would see a body at a place within a part of its range.

    ``place_m`` is in site coordinates.
    """
    for sensor_id in state.scans if radars is None else radars:
        sensor = state.registration.sensors.get(sensor_id)
        is_accused = any(key.startswith(f"{sensor_id}/") for key in state.registration.accused)
        trusted = not (state.params.hears_findings and is_accused)
        if sensor is None or not trusted or not health.is_alive(state.registration.health, sensor_id):
            continue
        if _sees(state, sensor, place_m, reach):
            return True
    return False


def note_steepest(state: AirState, position_m: Float[np.ndarray, "track 3"]) -> None:
    """Note how high above itself each radar follows the tracks, which stand at these places in site coordinates."""
    tracks = state.tracking.tracks
    followed = (tracks.status == int(track.Status.CONFIRMED)) & (tracks.hits >= _FOLLOWED_HITS)
    for sensor_id in state.scans:
        sensor = state.registration.sensors.get(sensor_id)
        if sensor is None:
            continue
        relative = position_m - enu_of(state.frame, sensor.position)
        elevation = np.arctan2(relative[:, 2], np.hypot(relative[:, 0], relative[:, 1]))
        steepest = state.steepest_rad.get(sensor_id, _STEEPEST_RAD)
        for row in np.flatnonzero(followed & (elevation > steepest)):
            _, seen_by = state.detections.get(int(tracks.last_detection[row]), ("", ""))
            if seen_by == sensor_id:
                steepest = max(steepest, float(elevation[row]))
        state.steepest_rad[sensor_id] = steepest


def _sees(state: AirState, sensor: Sensor, place_m: Float[np.ndarray, "3"], reach: float) -> bool:
    stand = enu_of(state.frame, sensor.position)
    relative = place_m - stand
    distance = float(np.linalg.norm(relative))
    if not 300.0 < distance < reach * (sensor.max_range_m or 20_000.0):
        return False
    _, elevation = angles(axes_at(state.frame, sensor.position).T @ relative)
    least = sensor.min_elevation_rad if sensor.min_elevation_rad is not None else 0.0
    steepest = state.steepest_rad.get(sensor.sensor_id, _STEEPEST_RAD)
    return least + _MARGIN_RAD < elevation < steepest and _is_line_clear(state, stand, relative)


def _is_line_clear(state: AirState, stand_m: Float[np.ndarray, "3"], relative_m: Float[np.ndarray, "3"]) -> bool:
    share = (np.arange(_SAMPLES) + 0.5) / _SAMPLES
    points = [geodetic_of(state.frame, stand_m + s * relative_m) for s in share]
    ground = terrain_heights(
        state.site.terrain,
        np.array([p.latitude_rad for p in points]),
        np.array([p.longitude_rad for p in points]),
    )
    height = np.array([p.height_m for p in points])
    return bool((height > ground + _CLEARANCE_M * np.minimum(share * 4.0, 1.0)).all())
