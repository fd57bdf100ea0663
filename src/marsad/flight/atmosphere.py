"""The International Standard Atmosphere up to 47 km, and the wind profile.

Source: ISO 2533:1975 / U.S. Standard Atmosphere 1976, tables of layers and constants.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from numba import njit

EARTH_RADIUS_GEOPOTENTIAL_M = 6356766.0  # ISO 2533, nominal Earth radius
STANDARD_GRAVITY_MS2 = 9.80665  # ISO 2533
GAS_CONSTANT_J_KG_K = 287.05287  # ISO 2533
HEAT_RATIO = 1.4  # ISO 2533
SEA_LEVEL_TEMPERATURE_K = 288.15
SEA_LEVEL_DENSITY_KG_M3 = 1.225
TROPOSPHERE_LAPSE_K_M = -0.0065
TROPOPAUSE_M = 11000.0
STRATOSPHERE_M = 20000.0
STRATOSPHERE_LAPSE_K_M = 0.001
UPPER_STRATOSPHERE_M = 32000.0
UPPER_STRATOSPHERE_LAPSE_K_M = 0.0028

WIND_PROFILE_SCALE_M = 100.0
WIND_PROFILE_POWER = 0.15
"""Generic power law of the forecast profile, w(h) = w_ref · (1 + h_agl / 100 m)^0.15."""

_T1 = SEA_LEVEL_TEMPERATURE_K + TROPOSPHERE_LAPSE_K_M * TROPOPAUSE_M
_T3 = _T1 + STRATOSPHERE_LAPSE_K_M * (UPPER_STRATOSPHERE_M - STRATOSPHERE_M)
_EXPONENT_0 = -STANDARD_GRAVITY_MS2 / (GAS_CONSTANT_J_KG_K * TROPOSPHERE_LAPSE_K_M) - 1.0
_RHO_1 = SEA_LEVEL_DENSITY_KG_M3 * (_T1 / SEA_LEVEL_TEMPERATURE_K) ** _EXPONENT_0
_RHO_2 = _RHO_1 * math.exp(-STANDARD_GRAVITY_MS2 * (STRATOSPHERE_M - TROPOPAUSE_M) / (GAS_CONSTANT_J_KG_K * _T1))
_EXPONENT_2 = -STANDARD_GRAVITY_MS2 / (GAS_CONSTANT_J_KG_K * STRATOSPHERE_LAPSE_K_M) - 1.0
_RHO_3 = _RHO_2 * (_T3 / _T1) ** _EXPONENT_2
_EXPONENT_3 = -STANDARD_GRAVITY_MS2 / (GAS_CONSTANT_J_KG_K * UPPER_STRATOSPHERE_LAPSE_K_M) - 1.0


@njit(cache=True)
def air(height_m: float) -> tuple[float, float, float, float]:
    """Density (kg/m³), d ln density / d height (1/m), speed of sound (m/s), d ln sound speed / d height (1/m).

    ``height_m`` is geometric; it is turned into geopotential height.
    """
    ratio = EARTH_RADIUS_GEOPOTENTIAL_M / (EARTH_RADIUS_GEOPOTENTIAL_M + height_m)
    h = height_m * ratio
    if h <= TROPOPAUSE_M:
        t = SEA_LEVEL_TEMPERATURE_K + TROPOSPHERE_LAPSE_K_M * h
        density = SEA_LEVEL_DENSITY_KG_M3 * (t / SEA_LEVEL_TEMPERATURE_K) ** _EXPONENT_0
        slope = _EXPONENT_0 * TROPOSPHERE_LAPSE_K_M / t
        t_slope = TROPOSPHERE_LAPSE_K_M / t
    elif h <= STRATOSPHERE_M:
        t = _T1
        slope = -STANDARD_GRAVITY_MS2 / (GAS_CONSTANT_J_KG_K * t)
        density = _RHO_1 * math.exp(slope * (h - TROPOPAUSE_M))
        t_slope = 0.0
    elif h <= UPPER_STRATOSPHERE_M:
        t = _T1 + STRATOSPHERE_LAPSE_K_M * (h - STRATOSPHERE_M)
        density = _RHO_2 * (t / _T1) ** _EXPONENT_2
        slope = _EXPONENT_2 * STRATOSPHERE_LAPSE_K_M / t
        t_slope = STRATOSPHERE_LAPSE_K_M / t
    else:
        t = _T3 + UPPER_STRATOSPHERE_LAPSE_K_M * (h - UPPER_STRATOSPHERE_M)
        density = _RHO_3 * (t / _T3) ** _EXPONENT_3
        slope = _EXPONENT_3 * UPPER_STRATOSPHERE_LAPSE_K_M / t
        t_slope = UPPER_STRATOSPHERE_LAPSE_K_M / t
    stretch = ratio * ratio
    return density, slope * stretch, math.sqrt(HEAT_RATIO * GAS_CONSTANT_J_KG_K * t), 0.5 * t_slope * stretch


class Wind(NamedTuple):
    """Wind at the reference height (towards east and north, m/s) and the ellipsoidal height its profile counts from."""

    east_ms: float
    north_ms: float
    ground_m: float


@njit(cache=True)
def wind_factor(height_m: float, ground_m: float) -> tuple[float, float]:
    """(w(h) / w_ref, its derivative by height in 1/m); constant below ``ground_m``."""
    above = height_m - ground_m
    if above <= 0.0:
        return 1.0, 0.0
    base = 1.0 + above / WIND_PROFILE_SCALE_M
    factor = base**WIND_PROFILE_POWER
    return factor, factor * WIND_PROFILE_POWER / (base * WIND_PROFILE_SCALE_M)
