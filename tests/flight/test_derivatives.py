"""The derivatives of a flown path against differences of flights with parameters a little to either side."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from flight.flight_kit import MEDIUM, REFERENCE, SHORT, hilly
from marsad.flight import Motor, fly, ground_crossing, sensitivity_at, state_at
from marsad.flight.rocket import PARAMETERS, TIME, find_node
from marsad.trajectory.ground import impact_ground

STEPS = np.array([1.0, 1.0, 1.0, 1e-4, 1e-4, 5e-3, 5e-3, 5e-3, 0.1, 0.1, 0.5, 1e-4, 1e-4])
"""Wide enough that the integration's own error, some millimetres that change with the nodes, does not count."""

NAMES = (
    "east", "north", "time", "azimuth", "elevation", "ln delta-v", "ln burn", "ln drag", "wind east", "wind north",
    "ground error", "turn sideways", "turn upwards",
)  # fmt: skip

launches = st.tuples(
    st.sampled_from([SHORT, MEDIUM]),
    st.floats(-3.0, 3.0),
    st.floats(0.5, 1.3),
    st.floats(-0.3, 0.3),
    st.floats(-0.4, 0.4),
    st.floats(-0.4, 0.4),
    st.floats(-0.004, 0.004),
)


def parameters(
    azimuth: float, elevation: float, ln_dv: float, ln_burn: float, ln_drag: float, turn: float
) -> np.ndarray:
    return np.array([50.0, -80.0, 0.0, azimuth, elevation, ln_dv, ln_burn, ln_drag, 1.0, -0.5, 0.7, turn, -turn / 2])


def place(p: np.ndarray, motor: Motor, tau: float) -> np.ndarray:
    y = np.empty(6)
    state_at(fly(p, motor, REFERENCE, hilly(), False), tau, y)
    return y[:3].copy()


@settings(max_examples=25, deadline=None)
@given(launch=launches, when=st.floats(0.0, 1.0))
@example(launch=(SHORT, 0.0, 0.9375, 0.0, 0.0, 0.0, 0.0), when=1.0)
def test_positions_change_with_every_parameter_as_told(launch: tuple[Motor, *tuple[float, ...]], when: float) -> None:
    motor, *numbers = launch
    p = parameters(*numbers)
    flight = fly(p, motor, REFERENCE, hilly(), True)
    crossing = ground_crossing(flight, hilly(), np.empty(6))
    tau = 0.15 + when * (crossing - 0.7)  # off the rail by then
    told = np.empty((3, PARAMETERS))
    sensitivity_at(flight, find_node(flight, tau), tau, told)
    by_speed = float(np.linalg.norm(told[:, 5]))
    for q in range(PARAMETERS):
        if q == TIME:
            continue
        d = np.zeros(PARAMETERS)
        d[q] = STEPS[q]
        here = place(p, motor, tau)
        after, before = (place(p + d, motor, tau) - here) / STEPS[q], (here - place(p - d, motor, tau)) / STEPS[q]
        # a change of burn time moves the steps of the burn, whose error (1e-4 of the speed) is no derivative
        relative = 1e-2 if NAMES[q] == "ground error" else 5e-3  # two kinks: going up and coming down
        slack = relative * np.linalg.norm(after) + (1e-3 * by_speed if NAMES[q] == "ln burn" else 0.0) + 0.002
        # the path has a kink where it crosses the height at which the wind's profile begins: there one side counts
        off = min(float(np.linalg.norm(told[:, q] - found)) for found in ((after + before) / 2, after, before))
        assert off <= slack, NAMES[q]


@pytest.mark.parametrize("motor", [SHORT, MEDIUM], ids=["short", "medium"])
def test_the_impact_changes_with_every_parameter_as_told(motor: Motor) -> None:
    env = hilly()
    p = parameters(0.7, 0.8, 0.05, -0.1, 0.1, 0.002)
    flight = fly(p, motor, REFERENCE, env, True)
    told = impact_ground(p, flight, env)
    assert told.ok

    def impact(q: np.ndarray) -> np.ndarray:
        g = impact_ground(q, fly(q, motor, REFERENCE, env, True), env)
        m = 6371e3
        return np.array([g.longitude_rad * m * np.cos(told.latitude_rad), g.latitude_rad * m, g.time_s])

    for q in range(PARAMETERS):
        d = np.zeros(PARAMETERS)
        d[q] = STEPS[q]
        found = (impact(p + d) - impact(p - d)) / (2 * STEPS[q])
        assert np.abs(told.jacobian[:2, q] - found[:2]).max() <= 0.015 * np.linalg.norm(found[:2]) + 0.02, NAMES[q]
        # seconds: near the ground the rocket sinks by some 200 m/s
        assert abs(told.jacobian[2, q] - found[2]) <= 0.01 * np.linalg.norm(found[:2]) / 200.0 + 0.01 * abs(found[2]), (
            NAMES[q]
        )
