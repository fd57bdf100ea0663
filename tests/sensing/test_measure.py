"""Directions, ranges and sound: against an outside authority and against differences."""

from __future__ import annotations

import math

import numpy as np
import pymap3d
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marsad.sensing.measure import look, sound_speed_along, wrap_angle

metres = st.floats(-20e3, 20e3).filter(lambda v: abs(v) > 50.0)


@settings(max_examples=60, deadline=None)
@given(east=metres, north=metres, up=st.floats(-500.0, 9e3).filter(lambda v: abs(v) > 0.1))
def test_looks_agree_with_pymap3d_and_their_derivatives_with_differences(east: float, north: float, up: float) -> None:
    jacobian = np.empty((3, 3))
    r, az, el = look(east, north, up, jacobian)
    az_deg, el_deg, distance = pymap3d.enu2aer(east, north, up)
    assert r == pytest.approx(distance, rel=1e-12)
    assert math.remainder(az - math.radians(az_deg), 2 * math.pi) == pytest.approx(0.0, abs=1e-12)
    assert el == pytest.approx(math.radians(el_deg), abs=1e-12)
    scratch = np.empty((3, 3))
    for i in range(3):
        d = np.zeros(3)
        d[i] = 0.05
        more = np.array(look(*(np.array([east, north, up]) + d), scratch))
        less = np.array(look(*(np.array([east, north, up]) - d), scratch))
        change = more - less
        change[1] = math.remainder(change[1], 2 * math.pi)
        assert jacobian[:, i] == pytest.approx(change / 0.1, rel=1e-4, abs=1e-9)


def test_straight_up_is_no_singularity() -> None:
    jacobian = np.empty((3, 3))
    _, _, el = look(0.0, 0.0, 100.0, jacobian)
    assert el == pytest.approx(math.pi / 2, abs=1e-4)
    assert np.isfinite(jacobian).all()


@given(angle=st.floats(-50.0, 50.0))
def test_a_wrapped_angle_is_the_same_direction_within_half_a_turn(angle: float) -> None:
    wrapped = wrap_angle(angle)
    assert -math.pi - 1e-12 <= wrapped <= math.pi + 1e-12
    assert math.cos(wrapped - angle) == pytest.approx(1.0)


def test_sound_goes_at_the_standard_atmospheres_speed_and_faster_with_the_wind() -> None:
    """340.29 m/s at sea level (ICAO 7488); wind at its reference height of 100 m adds itself."""
    assert sound_speed_along(0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0) == pytest.approx(340.29, abs=0.01)
    calm = sound_speed_along(100.0, 100.0, 0.0, 1.0, 0.0, 0.0, 0.0)
    with_wind = sound_speed_along(100.0, 100.0, 0.0, 1.0, 3.0, 5.0, 0.0)
    against = sound_speed_along(100.0, 100.0, 0.0, -1.0, 3.0, 5.0, 0.0)
    assert with_wind - calm == pytest.approx(against * -1 + calm)
    # w(h) = w_ref (1 + h/100 m)^0.15
    assert with_wind - calm == pytest.approx(5.0 * 2.0**0.15, rel=1e-9)
