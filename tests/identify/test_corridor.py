"""Corridors: first passage into zones, its times, and what turning the picture does to it (nothing)."""

from __future__ import annotations

import math

import numpy as np
import pytest

from marsad import identify
from marsad.geo.zones import ZoneShapes, prepare_zones
from marsad.terms import Geodetic, Zone

ORIGIN = Geodetic.from_degrees(30.0, 20.0, 200.0)
PARAMS = identify.CorridorParams()


def _zone(name: str, east_m: float, north_m: float, radius_m: float = 400.0) -> Zone:
    return Zone(
        zone_id=name,
        name=name,
        center=Geodetic.from_degrees(
            30.0 + math.degrees(north_m / 6356000.0),
            20.0 + math.degrees(east_m / 6378000.0 / math.cos(math.radians(30.0))),
        ),
        shelter_s=12.0,
        radius_m=radius_m,
    )


def _shapes(*zones: Zone) -> tuple[ZoneShapes, ZoneShapes]:
    return prepare_zones(zones, ORIGIN, 250.0), prepare_zones(zones, ORIGIN, 1250.0)


def _covariance(position_sigma: float = 25.0, velocity_sigma: float = 3.0) -> np.ndarray:
    return np.diag([position_sigma, position_sigma, velocity_sigma, velocity_sigma]) ** 2


def test_a_drone_heading_straight_for_a_zone_reaches_it_at_the_time_of_its_speed() -> None:
    shapes, near = _shapes(_zone("ahead", 0.0, 0.0), _zone("behind", 0.0, 9000.0))
    found = identify.reach(np.array([0.0, 4000.0]), np.array([0.0, -35.0]), _covariance(), shapes, near, PARAMS)
    assert found.probability[0] > 0.6
    assert found.probability[1] < 0.02
    low, middle, high = found.time_s[0]
    assert low < middle < high
    assert middle == pytest.approx((4000.0 - 650.0) / 35.0, rel=0.1)


def test_a_zone_passed_at_some_distance_is_a_neighbour() -> None:
    shapes, near = _shapes(_zone("beside", 1500.0, 0.0))
    found = identify.reach(np.array([0.0, 1500.0]), np.array([0.0, -35.0]), _covariance(5.0, 0.5), shapes, near, PARAMS)
    assert found.probability[0] < 0.2
    beside, _ = _shapes(_zone("beside", 1800.0, 0.0))
    far = identify.reach(np.array([0.0, 1000.0]), np.array([0.0, -35.0]), _covariance(5.0, 0.5), beside, near, PARAMS)
    assert far.neighbour[0] or far.probability[0] >= 0.05


@pytest.mark.parametrize("turn", [0.7, 2.0, 3.9])
def test_turning_everything_turns_the_answer(turn: float) -> None:
    spin = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    place, velocity, target = np.array([500.0, 5000.0]), np.array([-2.0, -30.0]), np.array([200.0, 300.0])
    plain = identify.reach(place, velocity, _covariance(), *_shapes(_zone("z", *target)), PARAMS)
    turned = identify.reach(
        spin @ place, spin @ velocity, _covariance(), *_shapes(_zone("z", *(spin @ target))), PARAMS
    )
    assert turned.probability[0] == pytest.approx(plain.probability[0], abs=0.02)
    assert turned.time_s[0, 1] == pytest.approx(plain.time_s[0, 1], rel=0.1)


def test_the_same_question_gets_the_same_answer_to_the_bit() -> None:
    shapes, near = _shapes(_zone("z", 0.0, 0.0))
    ask = (np.array([1000.0, 4000.0]), np.array([-5.0, -30.0]), _covariance(), shapes, near, PARAMS)
    first, second = identify.reach(*ask), identify.reach(*ask)
    assert first.probability.tobytes() == second.probability.tobytes()
    assert first.axis_m.tobytes() == second.axis_m.tobytes()


def test_the_axis_starts_at_the_object_and_widens() -> None:
    shapes, near = _shapes(_zone("z", 0.0, 0.0))
    found = identify.reach(np.array([0.0, 4000.0]), np.array([0.0, -35.0]), _covariance(), shapes, near, PARAMS)
    assert np.hypot(*(found.axis_m[0] - [0.0, 4000.0])) < 30.0
    assert found.axis_half_width_m[-1] > found.axis_half_width_m[0]
