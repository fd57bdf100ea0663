"""Whether ground stands between two points: the one kernel of the simulation that is worth compiling."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from marsad.geo.earth import WGS84_A_M
from marsad.geo.frames import geodetic_from_ecef
from marsad.geo.terrain import terrain_height

_GRAZE_M = 0.5
"""How far below the ground a line may dip and still count as clear: grass, and the grid's own roughness."""
_ENDS_M = 30.0
"""At both ends the line is not asked: a sensor's mast and a launcher stand on the ground."""


@njit(cache=True)
def line_is_clear(
    eye_m: np.ndarray,
    target_m: np.ndarray,
    height_m: np.ndarray,
    south_rad: float,
    west_rad: float,
    step_lat_rad: float,
    step_lon_rad: float,
) -> bool:
    """Walk the straight line between two ECEF positions and compare it with the ground every grid cell or so."""
    dx, dy, dz = target_m[0] - eye_m[0], target_m[1] - eye_m[1], target_m[2] - eye_m[2]
    length = math.sqrt(dx * dx + dy * dy + dz * dz)
    if length <= 2.0 * _ENDS_M:
        return True
    step_m = max(20.0, 0.7 * step_lat_rad * WGS84_A_M)
    steps = int(length / step_m) + 1
    for k in range(steps + 1):
        d = min(max(k * length / steps, _ENDS_M), length - _ENDS_M)
        part = d / length
        latitude, longitude, height = geodetic_from_ecef(
            eye_m[0] + part * dx, eye_m[1] + part * dy, eye_m[2] + part * dz
        )
        ground = terrain_height(height_m, south_rad, west_rad, step_lat_rad, step_lon_rad, latitude, longitude)
        if height < ground - _GRAZE_M:
            return False
    return True
