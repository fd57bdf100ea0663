"""Golden values of the standard atmosphere."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marsad.flight.atmosphere import EARTH_RADIUS_GEOPOTENTIAL_M, air, wind_factor

# geopotential height m, temperature K, density kg/m³, speed of sound m/s: ISO 2533:1975, table 1
TABLE = [
    (0.0, 288.150, 1.22500, 340.294),
    (1000.0, 281.650, 1.11164, 336.434),
    (5000.0, 255.650, 0.736116, 320.529),
    (11000.0, 216.650, 0.363918, 295.069),
    (15000.0, 216.650, 0.193674, 295.069),
    (20000.0, 216.650, 0.0880349, 295.069),
    (25000.0, 221.650, 0.0394658, 298.455),
    (32000.0, 228.650, 0.0132250, 303.131),
]


def geometric_m(geopotential_m: float) -> float:
    return EARTH_RADIUS_GEOPOTENTIAL_M * geopotential_m / (EARTH_RADIUS_GEOPOTENTIAL_M - geopotential_m)


@pytest.mark.parametrize("height_m, temperature_k, density, sound_ms", TABLE)
def test_air_is_that_of_the_standard(height_m: float, temperature_k: float, density: float, sound_ms: float) -> None:
    found_density, _, found_sound, _ = air(geometric_m(height_m))
    assert found_density == pytest.approx(density, rel=2e-5)
    assert found_sound == pytest.approx(sound_ms, rel=5e-6)
    assert found_sound**2 / (1.4 * 287.05287) == pytest.approx(temperature_k, rel=1e-5)


@given(height_m=st.floats(-400.0, 45_000.0).filter(lambda h: all(abs(h - geometric_m(row[0])) > 1.0 for row in TABLE)))
def test_slopes_of_the_air_are_its_derivatives(height_m: float) -> None:
    step = 0.5
    low, high, here = air(height_m - step), air(height_m + step), air(height_m)
    assert here[1] == pytest.approx((math.log(high[0]) - math.log(low[0])) / (2 * step), rel=1e-5)
    assert here[3] == pytest.approx((math.log(high[2]) - math.log(low[2])) / (2 * step), rel=1e-4, abs=1e-12)


@given(above_m=st.floats(1.0, 10_000.0))
def test_wind_grows_by_its_profile(above_m: float) -> None:
    factor, slope = wind_factor(210.0 + above_m, 210.0)
    assert factor == pytest.approx((1 + above_m / 100) ** 0.15)
    step = 0.1
    rise = wind_factor(210.0 + above_m + step, 210.0)[0] - wind_factor(210.0 + above_m - step, 210.0)[0]
    assert slope == pytest.approx(rise / (2 * step), rel=1e-4)


def test_below_its_ground_the_wind_is_that_at_reference_height() -> None:
    assert wind_factor(100.0, 210.0) == (1.0, 0.0)
