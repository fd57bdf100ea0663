"""Constants of the Earth and its normal gravity (NGA.STND.0036_1.0.0_WGS84, 2014)."""

from __future__ import annotations

import math

from numba import njit

WGS84_A_M = 6378137.0  # semi-major axis, table 3.1
WGS84_F = 1.0 / 298.257223563  # flattening, table 3.1
WGS84_B_M = WGS84_A_M * (1.0 - WGS84_F)
WGS84_E2 = WGS84_F * (2.0 - WGS84_F)
WGS84_EP2 = WGS84_E2 / (1.0 - WGS84_E2)
EARTH_ROTATION_RAD_S = 7.292115e-5  # table 3.1
NORMAL_GRAVITY_EQUATOR_MS2 = 9.7803253359  # table 3.6
SOMIGLIANA_K = 0.00193185265241  # table 3.6
GRAVITY_M = 0.00344978650684  # ω²a²b/GM, table 3.6


@njit(cache=True)
def normal_gravity_ms2(sin_latitude: float, height_m: float) -> float:
    """Magnitude of normal gravity, centrifugal part included: Somigliana's formula with its series in height.

    Source: NGA.STND.0036, equations 4-1 and 4-3.  Error below 1e-6 m/s² under 20 km.
    """
    s2 = sin_latitude * sin_latitude
    surface = NORMAL_GRAVITY_EQUATOR_MS2 * (1.0 + SOMIGLIANA_K * s2) / math.sqrt(1.0 - WGS84_E2 * s2)
    r = height_m / WGS84_A_M
    return surface * (1.0 - 2.0 * (1.0 + WGS84_F + GRAVITY_M - 2.0 * WGS84_F * s2) * r + 3.0 * r * r)
