"""Where a fit may start: along a line of sight to the ground, or back along a radar track."""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Float
from numba import njit

from marsad.flight.rocket import AZIMUTH, ELEVATION, PARAMETERS, TIME, Environment, Reference
from marsad.geo.frames import ellipsoid_normal, enu_axes, enu_from_geodetic, geodetic_from_ecef
from marsad.geo.terrain import terrain_height
from marsad.sensing.book import direction

_RAY_STEP_M = 40.0
_RAY_LENGTH_M = 45e3
_APART_M = 250.0
_GRAZING_M = 150.0
_MOST_POINTS = 6
_AZIMUTHS = 8
_ELEVATIONS_RAD = (0.65, 1.0)


@njit(cache=True)
def ray_to_ground(
    x: float, y: float, z: float, dx: float, dy: float, dz: float, env: Environment, nearest_m: float, length_m: float
) -> float:
    """Range (m) at which a ray from an ECEF point first goes under the ground after ``nearest_m``, or −1."""
    r = nearest_m
    while r < length_m:
        px, py, pz = x + r * dx, y + r * dy, z + r * dz
        s, c, sl, cl, h = ellipsoid_normal(px, py, pz)
        ground = terrain_height(
            env.ground_m,
            env.south_rad,
            env.west_rad,
            env.step_lat_rad,
            env.step_lon_rad,
            math.atan2(s, c),
            math.atan2(sl, cl),
        )
        if h < ground:
            return r
        r += _RAY_STEP_M
    return -1.0


def sight_points(
    place_m: Float[np.ndarray, "3"],
    axes: Float[np.ndarray, "3 3"],
    azimuth_rad: float,
    elevation_rad: float,
    elevation_sigma_rad: float,
    env: Environment,
) -> list[tuple[float, float]]:
    """(latitude, longitude) of the places where a line of sight may meet the ground, the likeliest first.

    Near a ridge a small error of elevation decides between the ridge and what lies behind it: the line is also
    followed three standard deviations higher and lower.  A line that never comes down counts at 10 km.
    """
    points: list[tuple[float, float]] = []
    ranges: list[float] = []
    for sigmas in (0.0, 1.5, -1.5, 3.0, -3.0):
        d = axes.T @ np.array(direction(azimuth_rad, elevation_rad + sigmas * elevation_sigma_rad))
        r = ray_to_ground(place_m[0], place_m[1], place_m[2], d[0], d[1], d[2], env, 200.0, _RAY_LENGTH_M)
        if r < 0:
            if points:
                continue
            r = 10e3
        if any(abs(r - other) < max(_APART_M, 0.06 * other) for other in ranges):
            continue
        ranges.append(r)
        points.append(_below(place_m + r * d))
    d = axes.T @ np.array(direction(azimuth_rad, elevation_rad))
    for r in _grazing_ranges(place_m, d, ranges[0], env):
        if all(abs(r - other) >= max(_APART_M, 0.06 * other) for other in ranges):
            ranges.append(r)
            points.append(_below(place_m + r * d))
    return points[:_MOST_POINTS]


def _below(point_m: Float[np.ndarray, "3"]) -> tuple[float, float]:
    lat, lon, _ = geodetic_from_ecef(point_m[0], point_m[1], point_m[2])
    return lat, lon


def _grazing_ranges(
    place_m: Float[np.ndarray, "3"], unit: Float[np.ndarray, "3"], end_m: float, env: Environment
) -> list[float]:
    """Ranges before ``end_m`` at which a line passes low over a rise: something just launched there may be on it."""
    ranges = np.linspace(0.1 * end_m, 0.95 * end_m, 60)
    clearance = []
    for r in ranges:
        x, y, z = place_m + r * unit
        lat, lon, height = geodetic_from_ecef(x, y, z)
        clearance.append(
            height
            - terrain_height(env.ground_m, env.south_rad, env.west_rad, env.step_lat_rad, env.step_lon_rad, lat, lon)
        )
    c = np.array(clearance)
    low = (c[1:-1] < c[:-2]) & (c[1:-1] <= c[2:]) & (c[1:-1] < _GRAZING_M)
    return [float(r) for r in ranges[1:-1][low]]


def camera_starts(
    launch_rad: list[tuple[float, float]], time_s: float, reference: Reference
) -> list[Float[np.ndarray, "13"]]:
    """Starts from possible launch points, all around the compass: nothing is assumed about where the rocket goes."""
    starts = []
    for number, (lat, lon) in enumerate(launch_rad):
        e, n, _ = enu_from_geodetic(lat, lon, 0.0, reference.latitude_rad, reference.longitude_rad, 0.0)
        headings = _AZIMUTHS if number == 0 else _AZIMUTHS // 2
        for i in range(headings):
            for elevation in _ELEVATIONS_RAD:
                starts.append(_start(e, n, time_s, 2.0 * math.pi * i / headings, elevation))
    return starts


def radar_starts(
    first_m: Float[np.ndarray, "3"], first_s: float, velocity_ms: Float[np.ndarray, "3"], reference: Reference
) -> list[Float[np.ndarray, "13"]]:
    """Starts back along a radar track: its first place and mean velocity (ECEF), several seconds of unseen flight."""
    lat, lon, height = geodetic_from_ecef(first_m[0], first_m[1], first_m[2])
    v = enu_axes(lat, lon) @ velocity_ms
    flat = math.hypot(v[0], v[1])
    heading = math.atan2(v[0], v[1])
    out = []
    for back_s in (1.0, 2.5, 5.0, 12.0):
        for turn in (0.0, 0.7, -0.7, math.pi):
            reach = min(max(flat, 100.0), 500.0) * back_s
            a = heading + turn
            e, n, _ = enu_from_geodetic(lat, lon, 0.0, reference.latitude_rad, reference.longitude_rad, 0.0)
            out.append(_start(e - reach * math.sin(a), n - reach * math.cos(a), first_s - back_s, a, 0.8))
    del height
    return out


def _start(
    east_m: float, north_m: float, time_s: float, azimuth_rad: float, elevation_rad: float
) -> Float[np.ndarray, "13"]:
    p = np.zeros(PARAMETERS)
    p[0], p[1], p[TIME], p[AZIMUTH], p[ELEVATION] = east_m, north_m, time_s, azimuth_rad, elevation_rad
    return p
