"""The batch fit: its rows' derivatives against differences, and information that only grows."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flight.flight_kit import REFERENCE, SHORT, hilly
from marsad.flight import fly
from marsad.flight.rocket import PARAMETERS
from marsad.geo.frames import ecef_from_geodetic, enu_axes
from marsad.trajectory.fit import Fit, Prior, _predict_row, fit
from marsad.trajectory.observations import BURNOUT, DIRECTION, IMPULSE, NUISANCES, ONSET, PLOT, Observations

STEP_P = np.array([1.0, 1.0, 1e-3, 1e-4, 1e-4, 5e-3, 5e-3, 5e-3, 0.1, 0.1, 0.1, 1e-4, 1e-4, 1e-4])
STEP_B = np.array([1e-4, 1e-4, 1.0, 1e-3, 1.0, 1.0, 1.0])
NATURAL_P = np.array([10.0, 10.0, 0.1, 0.02, 0.02, 0.05, 0.1, 0.1, 2.0, 2.0, 1.5, 2e-3, 2e-3, 5e-3])
NATURAL_B = np.array([5e-4, 5e-4, 5.0, 0.01, 1.0, 1.0, 1.0])
"""How far each is usually from its prior."""
LENGTH = {DIRECTION: 2, ONSET: 1, PLOT: 3, IMPULSE: 2, BURNOUT: 1}
ENV = hilly()


def observations(kinds: list[int], times_s: list[float], sigma: float = 1e-3) -> Observations:
    """Rows of one sensor about a kilometre south-east of the reference, on the ground; values are filled in later."""
    n = len(kinds)
    lat, lon = REFERENCE.latitude_rad - 3e-4, REFERENCE.longitude_rad + 4e-4
    whitener = np.zeros((n, 3, 3))
    for row, kind in enumerate(kinds):
        scale = np.array([20.0, sigma * 5, sigma * 5]) if kind == PLOT else np.full(3, sigma)
        if kind in (ONSET, BURNOUT, IMPULSE):
            scale[0] = 0.01
        whitener[row] = np.diag(1.0 / scale)
    return Observations(
        np.array(kinds), np.zeros(n, np.int64), np.array(times_s), np.zeros((n, 3)), whitener,
        np.tile(ecef_from_geodetic(lat, lon, 205.0), (n, 1)), np.tile(enu_axes(lat, lon), (n, 1, 1)), np.full(n, 205.0),
    )  # fmt: skip


def predicted(
    obs: Observations, row: int, p: np.ndarray, sound: float, bias: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    value, j_p, j_b = np.zeros(3), np.zeros((3, PARAMETERS + 1)), np.zeros((3, NUISANCES))
    y, s, toward, a = np.empty(6), np.empty((3, PARAMETERS)), np.empty((3, 3)), np.empty((3, 3))
    flight = fly(p, SHORT, REFERENCE, ENV, True)
    m = _predict_row(row, p, sound, bias, flight, ENV, obs, value, j_p, j_b, y, s, toward, a)
    return value[:m].copy(), j_p[:m].copy(), j_b[:m].copy()


def launch(azimuth: float, elevation: float, ln_dv: float, turn: float) -> np.ndarray:
    return np.array([30.0, -40.0, 0.2, azimuth, elevation, ln_dv, 0.05, -0.1, 1.0, -0.5, 0.7, turn, -turn / 2])


@settings(max_examples=12, deadline=None)
@given(
    kind=st.sampled_from([DIRECTION, ONSET, PLOT, IMPULSE, BURNOUT]),
    azimuth=st.floats(-3.0, 3.0),
    elevation=st.floats(0.6, 1.2),
    ln_dv=st.floats(-0.2, 0.2),
    turn=st.floats(-0.003, 0.003),
    time_s=st.floats(2.0, 15.0),
)
def test_rows_change_with_every_parameter_and_sensor_error_as_told(
    kind: int, azimuth: float, elevation: float, ln_dv: float, turn: float, time_s: float
) -> None:
    p, sound = launch(azimuth, elevation, ln_dv, turn), 0.003
    bias = np.array([[1e-3, -2e-3, 5.0, 0.02, 2.0, -1.0, 3.0]])
    obs = observations([kind], [time_s])
    _, j_p, j_b = predicted(obs, 0, p, sound, bias)
    weight = np.diag(obs.whitener[0])[: LENGTH[kind]]

    def difference(q: int, step: float, of: str) -> np.ndarray:
        ends = []
        for sign in (1.0, -1.0):
            p2, sound2, bias2 = p.copy(), sound, bias.copy()
            if of == "p" and q < PARAMETERS:
                p2[q] += sign * step
            elif of == "p":
                sound2 += sign * step
            else:
                bias2[0, q] += sign * step
            ends.append(predicted(obs, 0, p2, sound2, bias2)[0])
        d = ends[0] - ends[1]
        for i in range(d.size):
            if (kind, i) in ((DIRECTION, 0), (PLOT, 1), (IMPULSE, 1)):
                d[i] = math.remainder(d[i], 2 * math.pi)
        return np.asarray(d / (2 * step))

    def check(told: np.ndarray, found: np.ndarray, natural: float, name: str) -> None:
        # one per cent, and two hundredths of a measurement's sigma for a change as large as the parameter's own
        off, size = np.linalg.norm(weight * (told - found)), np.linalg.norm(weight * found)
        assert off <= 0.01 * size + 0.02 / natural, (kind, name, told, found)

    for q in range(PARAMETERS + 1):
        check(j_p[:, q], difference(q, STEP_P[q], "p"), NATURAL_P[q], f"parameter {q}")
    for q in range(NUISANCES):
        check(j_b[:, q], difference(q, STEP_B[q], "b"), NATURAL_B[q], f"sensor error {q}")


def fitted(obs: Observations, p: np.ndarray) -> Fit:
    """The fit as it stands at ``p``, without a step: one and the same linearisation for any number of rows."""
    sigma = np.array([20e3, 20e3, 200.0, 3.0, 0.25, 0.05, 0.1, 0.1, 2.0, 2.0, 1.5, 2e-3, 2e-3])
    bias_sigma = np.array([[5e-4, 5e-4, 5.0, 0.01, 1.0, 1.0, 1.0]])
    prior = Prior(launch(0.7, 0.9, 0.0, 0.0), sigma, np.zeros((1, 7)), bias_sigma, 0.005)
    return fit(p, 0.0, np.zeros((1, 7)), SHORT, REFERENCE, ENV, obs, prior, 1, 1e-9)


@settings(max_examples=10, deadline=None)
@given(
    kinds=st.lists(st.sampled_from([DIRECTION, ONSET, PLOT, IMPULSE, BURNOUT]), min_size=2, max_size=9),
    azimuth=st.floats(-3.0, 3.0),
)
def test_one_more_row_never_makes_the_covariance_grow(kinds: list[int], azimuth: float) -> None:
    p = launch(azimuth, 0.9, 0.0, 0.0)
    obs = observations(kinds, [0.6 + 0.9 * k for k in range(len(kinds))])
    for row in range(len(kinds)):
        value, _, _ = predicted(obs, row, p, 0.0, np.zeros((1, 7)))
        obs.value[row, : value.size] = value
    less = fitted(Observations(*(a[:-1] for a in obs)), p)
    more = fitted(obs, p)
    assert less.ok
    assert more.ok
    scale = np.sqrt(np.diag(less.covariance)[: PARAMETERS + 1])
    n = PARAMETERS + 1
    shrunk = (less.covariance[:n, :n] - more.covariance[:n, :n]) / np.outer(scale, scale)
    eigenvalues = np.linalg.eigvalsh(0.5 * (shrunk + shrunk.T))
    assert eigenvalues.min() > -1e-7
    assert eigenvalues.max() > 0.0


def test_a_stranger_among_the_rows_is_told_and_hardly_moves_the_fit() -> None:
    p = launch(0.7, 0.9, 0.0, 0.0)
    obs = observations([DIRECTION] * 20 + [PLOT] * 6, [0.5 + 0.1 * k for k in range(20)] + [3.0 + k for k in range(6)])
    for row in range(26):
        value, _, _ = predicted(obs, row, p, 0.0, np.zeros((1, 7)))
        obs.value[row, : value.size] = value
    obs.value[11, 0] += 0.2  # two hundred sigmas
    sigma = np.array([20e3, 20e3, 200.0, 3.0, 0.25, 0.05, 0.1, 0.1, 2.0, 2.0, 1.5, 2e-3, 2e-3])
    prior = Prior(p.copy(), sigma, np.zeros((1, 7)), np.array([[5e-4, 5e-4, 5.0, 0.01, 1.0, 1.0, 1.0]]), 0.005)
    result = fit(p + np.array([60.0, -60.0, 0.1, 0.05, 0.02, *[0.0] * 8]), 0.0, np.zeros((1, 7)), SHORT, REFERENCE, ENV,
                 obs, prior, 30, 1e-4)  # fmt: skip
    assert result.ok
    assert int(np.argmax(result.chi2)) == 11
    assert result.chi2[11] > 1000.0
    assert np.delete(result.chi2, 11).max() < 10.0
    sigmas = np.sqrt(np.diag(result.covariance)[:5])
    assert (np.abs(result.p[:5] - p[:5]) < 2.0 * sigmas).all()


def test_azimuth_wraps_where_north_is_crossed() -> None:
    p = launch(0.7, 0.9, 0.0, 0.0)
    obs = observations([DIRECTION], [2.0])
    value, _, _ = predicted(obs, 0, p, 0.0, np.zeros((1, 7)))
    obs.value[0, :2] = value[0] + 2 * math.pi, value[1]
    assert fitted(obs, p).chi2[0] == pytest.approx(0.0, abs=1e-9)
