"""What each kind of sensor measures of a point: directions, ranges, and bangs that travel through the air.

Scalar kernels, called from the fits; every one returns values and derivatives.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from marsad.flight.atmosphere import air, wind_factor


@njit(cache=True)
def wrap_angle(angle_rad: float) -> float:
    """Angle in (−π, π]."""
    return angle_rad - 2.0 * math.pi * math.floor((angle_rad + math.pi) / (2.0 * math.pi))


@njit(cache=True)
def look(east_m: float, north_m: float, up_m: float, jacobian: np.ndarray) -> tuple[float, float, float]:
    """Range (m), azimuth and elevation (rad) of an offset in the sensor's ENU frame.

    ``jacobian`` (3, 3) is filled with the derivatives of (range, azimuth, elevation) by (east, north, up).
    """
    flat2 = max(east_m * east_m + north_m * north_m, 1e-6)
    flat = math.sqrt(flat2)
    r2 = flat2 + up_m * up_m
    r = math.sqrt(r2)
    jacobian[0, 0], jacobian[0, 1], jacobian[0, 2] = east_m / r, north_m / r, up_m / r
    jacobian[1, 0], jacobian[1, 1], jacobian[1, 2] = north_m / flat2, -east_m / flat2, 0.0
    jacobian[2, 0] = -east_m * up_m / (r2 * flat)
    jacobian[2, 1] = -north_m * up_m / (r2 * flat)
    jacobian[2, 2] = flat / r2
    return r, math.atan2(east_m, north_m), math.atan2(up_m, flat)


@njit(cache=True)
def sound_speed_along(
    from_height_m: float,
    to_height_m: float,
    along_east: float,
    along_north: float,
    wind_east_ms: float,
    wind_north_ms: float,
    wind_ground_m: float,
) -> float:
    """Mean speed (m/s) of sound along a straight way near the ground, carried by the wind.

    ``along_*``: unit vector of the way sound goes.  ISA sound speed and wind at the mean height of the two ends.
    Source: A. D. Pierce, *Acoustics* (2019), section 8.1 (c + w·n).
    """
    height = 0.5 * (from_height_m + to_height_m)
    _, _, c, _ = air(height)
    factor, _ = wind_factor(height, wind_ground_m)
    return c + factor * (wind_east_ms * along_east + wind_north_ms * along_north)
