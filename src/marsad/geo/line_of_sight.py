"""Whether ground stands between two points."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from marsad.geo.frames import ecef_from_geodetic, ellipsoid_normal
from marsad.geo.terrain import TerrainGrid, terrain_height

_STEP_M = 40.0
_NEAR_EYE_M = 60.0
"""Ground this close to the eye does not block: a sensor stands on something."""

_NEAR_TARGET_M = 60.0
"""Nor does ground this close to the target: a rocket on its rail stands on the ground it is seen against."""


@njit(cache=True)
def is_clear(
    height_m: np.ndarray,
    grid: tuple[float, float, float, float],
    eye: tuple[float, float, float],
    target: tuple[float, float, float],
) -> bool:
    """Whether the straight line between two Earth-fixed points (m) stays above the ground all the way.

    ``grid``: south, west, latitude step, longitude step of the heights (radians).  No refraction.
    """
    south, west, step_lat, step_lon = grid
    dx, dy, dz = target[0] - eye[0], target[1] - eye[1], target[2] - eye[2]
    distance = math.sqrt(dx * dx + dy * dy + dz * dz)
    r = _NEAR_EYE_M
    while r < distance - _NEAR_TARGET_M:
        u = r / distance
        s, c, sl, cl, h = ellipsoid_normal(eye[0] + u * dx, eye[1] + u * dy, eye[2] + u * dz)
        ground = terrain_height(height_m, south, west, step_lat, step_lon, math.atan2(s, c), math.atan2(sl, cl))
        if h < ground:
            return False
        r += _STEP_M
    return True


def sees(terrain: TerrainGrid, eye_rad_m: tuple[float, float, float], target_rad_m: tuple[float, float, float]) -> bool:
    """Whether a point sees another, both (latitude rad, longitude rad, ellipsoidal height m)."""
    grid = (terrain.south_rad, terrain.west_rad, terrain.step_lat_rad, terrain.step_lon_rad)
    return bool(is_clear(terrain.height_m, grid, ecef_from_geodetic(*eye_rad_m), ecef_from_geodetic(*target_rad_m)))
