"""The batch fit: launch parameters and the sensors' errors from all measurements of one launch.

Maximum a posteriori by Gauss-Newton with Levenberg-Marquardt damping, derivatives from the variational equations
of the flight, and bounded influence of measurements that the rest does not believe.
Source: J. Nocedal, S. Wright, *Numerical Optimization* (2006), chapter 10; P. Huber, E. Ronchetti,
*Robust Statistics* (2009), chapter 4 (weights by residual).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from marsad.flight.atmosphere import wind_factor
from marsad.flight.rocket import (
    AZIMUTH,
    ELEVATION,
    LN_BURN,
    PARAMETERS,
    TIME,
    WIND_EAST,
    WIND_NORTH,
    Environment,
    Flight,
    Motor,
    Reference,
    fly,
    sensitivity_at,
    state_at,
)
from marsad.geo.frames import ellipsoid_normal
from marsad.geo.linear import cholesky, invert_cholesky, log_determinant, solve_cholesky
from marsad.sensing.book import BIAS_AZIMUTH, BIAS_CLOCK, BIAS_EAST, BIAS_ELEVATION, BIAS_RANGE
from marsad.sensing.measure import look, sound_speed_along, wrap_angle
from marsad.trajectory.observations import (
    BURNOUT,
    DIRECTION,
    IMPULSE,
    NUISANCES,
    ONSET,
    PLOT,
    Observations,
)

SOUND = PARAMETERS
"""Column of the relative error common to all speeds of sound."""

_BELIEVED_CHI2 = np.array([14.0, 18.0, 21.0])
"""Squared normalised residual up to which a row of 1, 2, 3 numbers counts fully (1 in 5,000 of good ones is beyond)."""

_MARGIN_S = 0.1
_ELEVATION_LIMITS = (0.03, 1.565)
_LN_LIMIT = 2.5


class Prior(NamedTuple):
    """What is held to be true before any measurement: launch parameters (13), sensors' errors (sensor, 7)."""

    mean: np.ndarray
    sigma: np.ndarray
    bias_mean: np.ndarray
    bias_sigma: np.ndarray
    sound_sigma: float


class Fit(NamedTuple):
    """Result of a fit.

    ``p`` (13), ``sound``, ``bias`` (sensor, 7): estimates.  ``covariance`` (n, n) over the columns in use: the 13
    parameters, the speed of sound, then the errors of ``column`` (sensor, 7) (−1: not estimated).
    ``cost``: sum of squared normalised residuals and prior terms.  ``log_volume``: ln det of the covariance in
    units of the prior's standard deviations.  ``chi2`` (row): each row's squared normalised residual.
    """

    p: np.ndarray
    sound: float
    bias: np.ndarray
    covariance: np.ndarray
    column: np.ndarray
    cost: float
    log_volume: float
    chi2: np.ndarray
    flight: Flight
    iterations: int
    ok: bool


@njit(cache=True)
def _predict_row(
    row: int,
    p: np.ndarray,
    sound: float,
    bias: np.ndarray,
    flight: Flight,
    env: Environment,
    obs: Observations,
    value: np.ndarray,
    j_p: np.ndarray,
    j_b: np.ndarray,
    y: np.ndarray,
    s: np.ndarray,
    toward: np.ndarray,
    a: np.ndarray,
) -> int:
    """Predict one row.

    Fills ``value`` (3), its derivatives by parameters and sound (3, 14) and by the sensor's errors (3, 7); returns
    how many numbers the row has.
    """
    kind = obs.kind[row]
    k = obs.sensor[row]
    b = bias[k]
    j_p[:] = 0.0
    j_b[:] = 0.0
    if kind == ONSET:
        value[0] = p[TIME] + b[BIAS_CLOCK]
        j_p[0, TIME] = 1.0
        j_b[0, BIAS_CLOCK] = 1.0
        return 1
    if kind == BURNOUT:
        value[0] = p[TIME] + flight.burnout_s + b[BIAS_CLOCK]
        j_p[0, TIME] = 1.0
        j_p[0, LN_BURN] = flight.burnout_s
        j_b[0, BIAS_CLOCK] = 1.0
        return 1
    axes = obs.axes[row]
    tau = 0.0 if kind == IMPULSE else obs.time_s[row] - b[BIAS_CLOCK] - p[TIME]
    last = flight.tau_s[flight.nodes - 1]
    clipped = min(max(tau, 0.0), last)
    node = state_at(flight, clipped, y)
    sensitivity_at(flight, node, clipped, s)
    moving = 1.0 if tau > 0.0 and tau < last else 0.0
    for i in range(3):
        a[0, i] = (
            y[0] - obs.origin[row, 0]
            if i == 0
            else (y[1] - obs.origin[row, 1] if i == 1 else y[2] - obs.origin[row, 2])
        )
    d0 = axes[0, 0] * a[0, 0] + axes[0, 1] * a[0, 1] + axes[0, 2] * a[0, 2] - b[BIAS_EAST]
    d1 = axes[1, 0] * a[0, 0] + axes[1, 1] * a[0, 1] + axes[1, 2] * a[0, 2] - b[BIAS_EAST + 1]
    d2 = axes[2, 0] * a[0, 0] + axes[2, 1] * a[0, 1] + axes[2, 2] * a[0, 2] - b[BIAS_EAST + 2]
    rng, az, el = look(d0, d1, d2, toward)
    # a = toward @ axes: derivatives of (range, azimuth, elevation) by the ECEF position
    for i in range(3):
        for j in range(3):
            a[i, j] = toward[i, 0] * axes[0, j] + toward[i, 1] * axes[1, j] + toward[i, 2] * axes[2, j]
    if kind == IMPULSE:
        along_e, along_n = -d0 / rng, -d1 / rng
        we, wn = env.wind_east_ms + p[WIND_EAST], env.wind_north_ms + p[WIND_NORTH]
        _, _, _, _, h_source = ellipsoid_normal(y[0], y[1], y[2])
        c = sound_speed_along(h_source, obs.height_m[row], along_e, along_n, we, wn, env.wind_ground_m) * (1.0 + sound)
        factor, _ = wind_factor(0.5 * (h_source + obs.height_m[row]), env.wind_ground_m)
        delay = rng / c
        value[0] = p[TIME] + delay + b[BIAS_CLOCK]
        value[1] = az + b[BIAS_AZIMUTH]
        for q in range(PARAMETERS):
            j_p[0, q] = (a[0, 0] * s[0, q] + a[0, 1] * s[1, q] + a[0, 2] * s[2, q]) / c
            j_p[1, q] = a[1, 0] * s[0, q] + a[1, 1] * s[1, q] + a[1, 2] * s[2, q]
        j_p[0, TIME] = 1.0
        j_p[0, WIND_EAST] -= delay / c * factor * along_e
        j_p[0, WIND_NORTH] -= delay / c * factor * along_n
        j_p[0, SOUND] = -delay / (1.0 + sound)
        j_b[0, BIAS_CLOCK] = 1.0
        j_b[1, BIAS_AZIMUTH] = 1.0
        for i in range(3):
            j_b[0, BIAS_EAST + i] = -toward[0, i] / c
            j_b[1, BIAS_EAST + i] = -toward[1, i]
        return 2
    first = 0 if kind == PLOT else 1
    for m in range(first, 3):
        o = m - first
        for q in range(PARAMETERS):
            j_p[o, q] = a[m, 0] * s[0, q] + a[m, 1] * s[1, q] + a[m, 2] * s[2, q]
        rate = moving * (a[m, 0] * y[3] + a[m, 1] * y[4] + a[m, 2] * y[5])
        j_p[o, TIME] = -rate
        j_b[o, BIAS_CLOCK] = -rate
        for i in range(3):
            j_b[o, BIAS_EAST + i] = -toward[m, i]
    if kind == PLOT:
        value[0], value[1], value[2] = rng + b[BIAS_RANGE], az + b[BIAS_AZIMUTH], el + b[BIAS_ELEVATION]
        j_b[0, BIAS_RANGE] = 1.0
        j_b[1, BIAS_AZIMUTH] = 1.0
        j_b[2, BIAS_ELEVATION] = 1.0
        return 3
    value[0], value[1] = az + b[BIAS_AZIMUTH], el + b[BIAS_ELEVATION]
    j_b[0, BIAS_AZIMUTH] = 1.0
    j_b[1, BIAS_ELEVATION] = 1.0
    return 2


@njit(cache=True)
def is_angle(kind: int, m: int) -> bool:
    """Whether number ``m`` of a row of this kind is an angle that wraps (an azimuth)."""
    return (kind == DIRECTION and m == 0) or (kind == PLOT and m == 1) or (kind == IMPULSE and m == 1)


@njit(cache=True)
def _assemble(  # noqa: C901 - a kernel of plain loops, compiled as a whole
    p: np.ndarray,
    sound: float,
    bias: np.ndarray,
    flight: Flight,
    env: Environment,
    obs: Observations,
    prior: Prior,
    column: np.ndarray,
    h: np.ndarray,
    g: np.ndarray,
    chi2: np.ndarray,
) -> float:
    """Fill information ``h`` and gradient ``g`` (so that the step is h⁻¹ g); returns the cost."""
    h[:] = 0.0
    g[:] = 0.0
    cost = 0.0
    value, j_p, j_b = np.empty(3), np.empty((3, PARAMETERS + 1)), np.empty((3, NUISANCES))
    y, s, toward, a = np.empty(6), np.empty((3, PARAMETERS)), np.empty((3, 3)), np.empty((3, 3))
    index = np.empty(PARAMETERS + 1 + NUISANCES, np.int64)
    jw = np.empty((3, PARAMETERS + 1 + NUISANCES))
    rw = np.empty(3)
    r = np.empty(3)
    for row in range(obs.kind.size):
        m = _predict_row(row, p, sound, bias, flight, env, obs, value, j_p, j_b, y, s, toward, a)
        k = obs.sensor[row]
        for i in range(m):
            r[i] = obs.value[row, i] - value[i]
            if is_angle(obs.kind[row], i):
                r[i] = wrap_angle(r[i])
        used = 0
        for q in range(PARAMETERS + 1):
            index[used] = q
            used += 1
        for q in range(NUISANCES):
            if column[k, q] >= 0:
                index[used] = column[k, q]
                used += 1
        d2 = 0.0
        for i in range(m):
            total = 0.0
            for j in range(i + 1):
                total += obs.whitener[row, i, j] * r[j]
            rw[i] = total
            d2 += total * total
        chi2[row] = d2
        limit = _BELIEVED_CHI2[m - 1]
        weight = 1.0
        if d2 > limit:
            weight = limit / d2
            cost += limit * (1.0 + math.log(d2 / limit))
        else:
            cost += d2
        for i in range(m):
            c = 0
            for q in range(PARAMETERS + 1):
                total = 0.0
                for j in range(i + 1):
                    total += obs.whitener[row, i, j] * j_p[j, q]
                jw[i, c] = total
                c += 1
            for q in range(NUISANCES):
                if column[k, q] >= 0:
                    total = 0.0
                    for j in range(i + 1):
                        total += obs.whitener[row, i, j] * j_b[j, q]
                    jw[i, c] = total
                    c += 1
        for i in range(m):
            for u in range(used):
                ju = weight * jw[i, u]
                if ju == 0.0:
                    continue
                g[index[u]] += ju * rw[i]
                for v in range(u + 1):
                    h[index[u], index[v]] += ju * jw[i, v]
    n = h.shape[0]
    for q in range(PARAMETERS):
        difference = prior.mean[q] - p[q]
        if q == AZIMUTH:
            difference = wrap_angle(difference)
        w = 1.0 / (prior.sigma[q] * prior.sigma[q])
        h[q, q] += w
        g[q] += w * difference
        cost += w * difference * difference
    w = 1.0 / (prior.sound_sigma * prior.sound_sigma)
    h[SOUND, SOUND] += w
    g[SOUND] -= w * sound
    cost += w * sound * sound
    for k in range(column.shape[0]):
        for q in range(NUISANCES):
            c = column[k, q]
            if c >= 0:
                w = 1.0 / (prior.bias_sigma[k, q] * prior.bias_sigma[k, q])
                difference = prior.bias_mean[k, q] - bias[k, q]
                h[c, c] += w
                g[c] += w * difference
                cost += w * difference * difference
    for i in range(n):
        for j in range(i):
            h[j, i] = h[i, j]
    return cost


@njit(cache=True)
def _columns(obs: Observations, prior: Prior) -> tuple[np.ndarray, int]:
    """Column of every sensor error that is estimated (sensor, 7), −1 for the others; and the number of columns."""
    sensors = prior.bias_sigma.shape[0]
    column = np.full((sensors, NUISANCES), -1, np.int64)
    seen = np.zeros(sensors, np.bool_)
    for row in range(obs.kind.size):
        seen[obs.sensor[row]] = True
    n = PARAMETERS + 1
    for k in range(column.shape[0]):
        if seen[k]:
            for q in range(NUISANCES):
                if prior.bias_sigma[k, q] > 0.0:
                    column[k, q] = n
                    n += 1
    return column, n


@njit(cache=True)
def _needed_s(latest_s: float, p: np.ndarray, bias: np.ndarray) -> float:
    """Seconds of flight that the rows ask for, whatever the sensors' clocks are off."""
    slowest = 0.0
    for k in range(bias.shape[0]):
        slowest = min(slowest, bias[k, BIAS_CLOCK])
    return max(latest_s - slowest - p[TIME], 0.5) + _MARGIN_S


@njit(cache=True)
def fit(  # noqa: C901 - a kernel of plain loops, compiled as a whole
    p: np.ndarray,
    sound: float,
    bias: np.ndarray,
    motor: Motor,
    reference: Reference,
    env: Environment,
    obs: Observations,
    prior: Prior,
    iterations: int,
    tolerance: float,
) -> Fit:
    """Fit the launch parameters from a start ``p`` (13), ``sound``, ``bias`` (sensor, 7).

    Stops when the cost is expected to fall by less than ``tolerance``, or after ``iterations`` flights.
    """
    column, n = _columns(obs, prior)
    scale = np.empty(n)
    for q in range(PARAMETERS):
        scale[q] = prior.sigma[q]
    scale[SOUND] = prior.sound_sigma
    for k in range(column.shape[0]):
        for q in range(NUISANCES):
            if column[k, q] >= 0:
                scale[column[k, q]] = prior.bias_sigma[k, q]
    latest = 0.0
    for row in range(obs.kind.size):
        if obs.kind[row] == DIRECTION or obs.kind[row] == PLOT:
            latest = max(latest, obs.time_s[row]) if latest != 0.0 else obs.time_s[row]
    p, bias = p.copy(), bias.copy()
    h, g, chi2 = np.empty((n, n)), np.empty(n), np.empty(obs.kind.size)
    flight = fly(p, motor, reference, env, True, _needed_s(latest, p, bias))
    cost = _assemble(p, sound, bias, flight, env, obs, prior, column, h, g, chi2)
    lower = np.zeros((n, n))
    scaled = np.empty((n, n))
    damping = 1e-4
    done = 1
    ok = True
    h_new, g_new, chi2_new = np.empty((n, n)), np.empty(n), np.empty(obs.kind.size)
    rhs = np.empty(n)
    while done < iterations:
        for i in range(n):
            rhs[i] = g[i] * scale[i]
            for j in range(n):
                scaled[i, j] = h[i, j] * scale[i] * scale[j]
        for i in range(n):
            scaled[i, i] *= 1.0 + damping
        if not cholesky(scaled, lower):
            damping = max(damping, 1e-6) * 100.0
            if damping > 1e8:
                ok = False
                break
            continue
        step = solve_cholesky(lower, rhs)
        gain = 0.0
        for i in range(n):
            gain += step[i] * rhs[i]
        if gain < tolerance:
            break
        p_new, bias_new = p.copy(), bias.copy()
        for q in range(PARAMETERS):
            p_new[q] += step[q] * scale[q]
        turn = step[AZIMUTH] * scale[AZIMUTH]
        if abs(turn) > 0.7:
            p_new[AZIMUTH] = p[AZIMUTH] + math.copysign(0.7, turn)
        p_new[ELEVATION] = min(max(p_new[ELEVATION], _ELEVATION_LIMITS[0]), _ELEVATION_LIMITS[1])
        for q in (5, 6, 7):
            p_new[q] = min(max(p_new[q], p[q] - 0.7), p[q] + 0.7)
            p_new[q] = min(max(p_new[q], -_LN_LIMIT), _LN_LIMIT)
        sound_new = sound + step[SOUND] * scale[SOUND]
        for k in range(column.shape[0]):
            for q in range(NUISANCES):
                c = column[k, q]
                if c >= 0:
                    bias_new[k, q] += step[c] * scale[c]
        flight_new = fly(p_new, motor, reference, env, True, _needed_s(latest, p_new, bias_new))
        cost_new = _assemble(p_new, sound_new, bias_new, flight_new, env, obs, prior, column, h_new, g_new, chi2_new)
        done += 1
        if cost_new <= cost:
            fell = cost - cost_new
            p, sound, bias, flight, cost = p_new, sound_new, bias_new, flight_new, cost_new
            h, h_new = h_new, h
            g, g_new = g_new, g
            chi2, chi2_new = chi2_new, chi2
            damping = max(damping * 0.1, 1e-9)
            if fell < tolerance:
                break
        else:
            damping *= 20.0
            if damping > 1e9:
                break
    for i in range(n):
        for j in range(n):
            scaled[i, j] = h[i, j] * scale[i] * scale[j]
    if not cholesky(scaled, lower):
        ok = False
        for i in range(n):
            scaled[i, i] += 1e-6
        if not cholesky(scaled, lower):
            for i in range(n):
                for j in range(n):
                    lower[i, j] = 1.0 if i == j else 0.0
    covariance = invert_cholesky(lower)
    for i in range(n):
        for j in range(n):
            covariance[i, j] *= scale[i] * scale[j]
    return Fit(p, sound, bias, covariance, column, cost, -log_determinant(lower), chi2, flight, done, ok)


@njit(cache=True)
def predict(  # noqa: C901 - a kernel of plain loops, compiled as a whole
    row: int,
    estimate: Fit,
    env: Environment,
    obs: Observations,
    value: np.ndarray,
    innovation: np.ndarray,
    bias_sigma: np.ndarray,
) -> tuple[int, float, float]:
    """Predicted ``value`` (3) and innovation covariance (3, 3), R included, of a row; returns length, chi², ln det.

    A sensor not yet in the fit brings its errors with their prior ``bias_sigma`` (sensor, 7).
    """
    j_p, j_b = np.empty((3, PARAMETERS + 1)), np.empty((3, NUISANCES))
    y, s, toward, a = np.empty(6), np.empty((3, PARAMETERS)), np.empty((3, 3)), np.empty((3, 3))
    m = _predict_row(
        row, estimate.p, estimate.sound, estimate.bias, estimate.flight, env, obs, value, j_p, j_b, y, s, toward, a
    )
    k = obs.sensor[row]
    n = estimate.covariance.shape[0]
    j = np.zeros((m, n))
    innovation[:] = 0.0
    for i in range(m):
        for q in range(PARAMETERS + 1):
            j[i, q] = j_p[i, q]
        for q in range(NUISANCES):
            c = estimate.column[k, q]
            if c >= 0:
                j[i, c] = j_b[i, q]
            else:
                v = bias_sigma[k, q]
                for o in range(m):
                    innovation[i, o] += v * v * j_b[i, q] * j_b[o, q]
    for i in range(m):
        row_i = np.zeros(n)
        for c in range(n):
            total = 0.0
            for d in range(n):
                if j[i, d] != 0.0:
                    total += j[i, d] * estimate.covariance[d, c]
            row_i[c] = total
        for o in range(m):
            total = 0.0
            for c in range(n):
                total += row_i[c] * j[o, c]
            innovation[i, o] += total
    # R from the whitener: R = (Wᵀ W)⁻¹ = W⁻¹ W⁻ᵀ
    w = obs.whitener[row]
    inverse = np.zeros((3, 3))
    for i in range(m):
        inverse[i, i] = 1.0 / w[i, i]
        for o in range(i):
            total = 0.0
            for c in range(o, i):
                total -= w[i, c] * inverse[c, o]
            inverse[i, o] = total / w[i, i]
    for i in range(m):
        for o in range(m):
            total = 0.0
            for c in range(m):
                total += inverse[i, c] * inverse[o, c]
            innovation[i, o] += total
    r = np.zeros(m)
    for i in range(m):
        r[i] = obs.value[row, i] - value[i]
        if is_angle(obs.kind[row], i):
            r[i] = wrap_angle(r[i])
    lower = np.zeros((m, m))
    if not cholesky(innovation[:m, :m], lower):
        return m, 1e12, 0.0
    x = solve_cholesky(lower, r)
    chi2 = 0.0
    for i in range(m):
        chi2 += r[i] * x[i]
    return m, chi2, log_determinant(lower)


@njit(cache=True)
def fits(
    p: np.ndarray, sound: float, bias: np.ndarray, covariance: np.ndarray, column: np.ndarray,
    tau_s: np.ndarray, states: np.ndarray, sensitivity: np.ndarray, nodes: int, burnout_s: float,
    mach: np.ndarray, cd: np.ndarray, ground_m: np.ndarray, south_rad: float, west_rad: float, step_lat_rad: float,
    step_lon_rad: float, wind_east_ms: float, wind_north_ms: float, wind_ground_m: float,
    kind: np.ndarray, sensor: np.ndarray, time_s: np.ndarray, value: np.ndarray, whitener: np.ndarray,
    origin: np.ndarray, axes: np.ndarray, height_m: np.ndarray, bias_sigma: np.ndarray,
) -> tuple[float, float]:  # fmt: skip
    """(chi², ln det of the innovation) of all rows of a detection under one fit; see ``predict``.

    Everything comes as plain arrays and numbers: handing the named tuples over costs ten times the work itself.
    """
    flight = Flight(tau_s, states, sensitivity, nodes, burnout_s, -1)
    env = Environment(
        mach, cd, ground_m, south_rad, west_rad, step_lat_rad, step_lon_rad, wind_east_ms, wind_north_ms, wind_ground_m
    )
    obs = Observations(kind, sensor, time_s, value, whitener, origin, axes, height_m)
    estimate = Fit(p, sound, bias, covariance, column, 0.0, 0.0, p, flight, 0, True)
    predicted, innovation = np.empty(3), np.empty((3, 3))
    chi2 = log_det = 0.0
    for row in range(kind.size):
        _, c, d = predict(row, estimate, env, obs, predicted, innovation, bias_sigma)
        chi2 += c
        log_det += d
    return chi2, log_det
