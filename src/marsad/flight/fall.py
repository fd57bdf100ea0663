"""The flight of a body without a motor from a given state: what comes down after burnout, fragments, test spheres."""

from __future__ import annotations

import numpy as np
from numba import njit

from marsad.flight.rocket import PARAMETERS, Environment, Motor, _rk4


@njit(cache=True)
def fall(
    state: np.ndarray, area_over_mass_m2_kg: float, env: Environment, duration_s: float, step_s: float
) -> np.ndarray:
    """Fly an inert body through gravity, Coriolis, drag and wind, whatever ground there is.

    Parameters
    ----------
    state : (6,) Earth-fixed position (m) and velocity (m/s) to begin with.
    area_over_mass_m2_kg : reference area of the drag table over the body's mass.
    duration_s, step_s : how long, and in what steps of the classical Runge-Kutta method.

    Returns
    -------
    (step, 7) : seconds, position and velocity at every step, the beginning included.
    """
    steps = int(np.ceil(duration_s / step_s - 1e-9))
    out = np.empty((steps + 1, 7))
    p, motor = np.zeros(PARAMETERS), Motor(0.0, 1.0, 0.0, area_over_mass_m2_kg, 0.0)
    y, sens = state.copy(), np.zeros((6, PARAMETERS))
    work_y, work_s = np.empty((3, 6)), np.empty((3, 6, PARAMETERS))
    acc, a_r, a_v, b = np.empty(3), np.empty((3, 3)), np.empty((3, 3)), np.zeros((3, PARAMETERS))
    out[0, 0] = 0.0
    out[0, 1:] = y
    tau = 0.0
    for i in range(steps):
        h = min(step_s, duration_s - tau)
        _rk4(y, sens, tau, h, False, p, motor, env, False, work_y, work_s, acc, a_r, a_v, b)
        tau += h
        out[i + 1, 0] = tau
        out[i + 1, 1:] = y
    return out
