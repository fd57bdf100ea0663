"""Kernels of prediction: constant velocity, coordinated turn, ballistic with drag; and mixing of models.

States have seven numbers (``types.STATE_SIZE``).  Sources: Bar-Shalom, Li, Kirubarajan, "Estimation with Applications
to Tracking and Navigation" (2001), sections 6.2 (constant velocity), 11.7 (coordinated turn), 11.6 (interacting
multiple models); ballistic: point mass, a = -k rho(h)/rho0 |v| v - g, k = rho0 Cd A / (2 m).
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from marsad.track.tables import F64, Tables

GRAVITY_MS2 = 9.80665  # standard gravity, CGPM 1901
SCALE_HEIGHT_M = 8500.0  # R T / g of an isothermal atmosphere at 290 K
CV, CT, BALLISTIC = 0, 1, 2  # types.MotionKind


@njit(cache=True, error_model="numpy")
def drag_rate(z: float, speed: float, ln_k: float) -> float:
    """Deceleration by drag over speed (1/s)."""
    return math.exp(ln_k - max(z, 0.0) / SCALE_HEIGHT_M) * speed


@njit(cache=True, error_model="numpy")
def _acceleration(z: float, vx: float, vy: float, vz: float, ln_k: float) -> tuple[float, float, float]:
    c = drag_rate(z, math.sqrt(vx * vx + vy * vy + vz * vz), ln_k)
    return -c * vx, -c * vy, -c * vz - GRAVITY_MS2


@njit(cache=True, error_model="numpy")
def ballistic_move(x: F64, dt: float) -> None:
    """Move a ballistic state in place by ``dt`` (s, either sign): classical Runge-Kutta, steps of at most a second."""
    steps = int(math.ceil(abs(dt)))
    if steps == 0:
        return
    h = dt / steps
    for _ in range(steps):
        z, vx, vy, vz, k = x[2], x[3], x[4], x[5], x[6]
        ax1, ay1, az1 = _acceleration(z, vx, vy, vz, k)
        bx, by, bz = vx + 0.5 * h * ax1, vy + 0.5 * h * ay1, vz + 0.5 * h * az1
        ax2, ay2, az2 = _acceleration(z + 0.5 * h * vz, bx, by, bz, k)
        cx, cy, cz = vx + 0.5 * h * ax2, vy + 0.5 * h * ay2, vz + 0.5 * h * az2
        ax3, ay3, az3 = _acceleration(z + 0.5 * h * bz, cx, cy, cz, k)
        dx, dy, dz = vx + h * ax3, vy + h * ay3, vz + h * az3
        ax4, ay4, az4 = _acceleration(z + h * cz, dx, dy, dz, k)
        x[0] += h / 6.0 * (vx + 2.0 * bx + 2.0 * cx + dx)
        x[1] += h / 6.0 * (vy + 2.0 * by + 2.0 * cy + dy)
        x[2] += h / 6.0 * (vz + 2.0 * bz + 2.0 * cz + dz)
        x[3] += h / 6.0 * (ax1 + 2.0 * ax2 + 2.0 * ax3 + ax4)
        x[4] += h / 6.0 * (ay1 + 2.0 * ay2 + 2.0 * ay3 + ay4)
        x[5] += h / 6.0 * (az1 + 2.0 * az2 + 2.0 * az3 + az4)


@njit(cache=True, error_model="numpy")
def ballistic_jacobian(x: F64, dt: float, f: F64) -> None:
    """Fill ``f`` with the transition matrix around ``x`` (the middle of the step), second order in ``dt``."""
    vx, vy, vz = x[3], x[4], x[5]
    speed = max(math.sqrt(vx * vx + vy * vy + vz * vz), 1e-3)
    c = drag_rate(x[2], speed, x[6])
    d = c / (speed * speed)
    v = (vx, vy, vz)
    h = 0.5 * dt * dt
    for i in range(3):
        a_s = -c * v[i]
        av_s = 0.0
        for j in range(3):
            a = -d * v[i] * v[j] - (c if i == j else 0.0)
            # (A A) of A = -c I - d v v': c^2 I + (2 c d + d^2 |v|^2) v v'
            a2 = (2.0 * c * d + d * c) * v[i] * v[j] + (c * c if i == j else 0.0)
            av_s += a * (-c * v[j])
            f[i, j + 3] = (dt if i == j else 0.0) + h * a
            f[i + 3, j + 3] = (1.0 if i == j else 0.0) + dt * a + h * a2
        f[i, 6] = h * a_s
        f[i + 3, 6] = dt * a_s + h * av_s


@njit(cache=True, error_model="numpy")
def turn_move(x: F64, dt: float, f: F64) -> None:
    """Move a turning state in place and fill ``f`` with its transition matrix (turn rate positive to the left)."""
    w = x[6]
    vx, vy = x[3], x[4]
    a = w * dt
    if abs(a) < 1e-3:
        s, c1 = dt * (1.0 - a * a / 6.0), 0.5 * dt * a
        ds, dc1 = -w * dt**3 / 3.0, 0.5 * dt * dt
        sin_a, cos_a = a, 1.0 - 0.5 * a * a
    else:
        sin_a, cos_a = math.sin(a), math.cos(a)
        s, c1 = sin_a / w, (1.0 - cos_a) / w
        ds, dc1 = (dt * cos_a - s) / w, (dt * sin_a - c1) / w
    x[0] += s * vx - c1 * vy
    x[1] += c1 * vx + s * vy
    x[2] += dt * x[5]
    x[3] = cos_a * vx - sin_a * vy
    x[4] = sin_a * vx + cos_a * vy
    f[0, 3], f[0, 4], f[0, 5], f[0, 6] = s, -c1, 0.0, ds * vx - dc1 * vy
    f[1, 3], f[1, 4], f[1, 5], f[1, 6] = c1, s, 0.0, dc1 * vx + ds * vy
    f[2, 3], f[2, 4], f[2, 5], f[2, 6] = 0.0, 0.0, dt, 0.0
    f[3, 3], f[3, 4], f[3, 5], f[3, 6] = cos_a, -sin_a, 0.0, -dt * x[4]
    f[4, 3], f[4, 4], f[4, 5], f[4, 6] = sin_a, cos_a, 0.0, dt * x[3]
    f[5, 3], f[5, 4], f[5, 5], f[5, 6] = 0.0, 0.0, 1.0, 0.0


@njit(cache=True, error_model="numpy")
def spread_through(p: F64, f: F64, half: F64) -> None:
    """P becomes F P F' in place, for an F that is the identity except columns 3 to 6 of rows 0 to 5."""
    for r in range(7):
        for i in range(3):
            half[r, i] = p[r, i] + f[i, 3] * p[r, 3] + f[i, 4] * p[r, 4] + f[i, 5] * p[r, 5] + f[i, 6] * p[r, 6]
        for i in range(3, 6):
            half[r, i] = f[i, 3] * p[r, 3] + f[i, 4] * p[r, 4] + f[i, 5] * p[r, 5] + f[i, 6] * p[r, 6]
        half[r, 6] = p[r, 6]
    for c in range(7):
        h3, h4, h5, h6 = half[3, c], half[4, c], half[5, c], half[6, c]
        for i in range(min(c + 1, 3)):
            p[i, c] = half[i, c] + f[i, 3] * h3 + f[i, 4] * h4 + f[i, 5] * h5 + f[i, 6] * h6
        for i in range(3, min(c + 1, 6)):
            p[i, c] = f[i, 3] * h3 + f[i, 4] * h4 + f[i, 5] * h5 + f[i, 6] * h6
    p[6, 6] = half[6, 6]
    for c in range(7):
        for i in range(c):
            p[c, i] = p[i, c]


@njit(cache=True, error_model="numpy")
def straight_spread(p: F64, dt: float) -> None:
    """P becomes F P F' in place for constant velocity."""
    for i in range(3):
        for j in range(i, 3):
            p[i, j] += dt * (p[i, j + 3] + p[i + 3, j]) + dt * dt * p[i + 3, j + 3]
            p[j, i] = p[i, j]
    for i in range(3):
        for j in range(3, 7):
            p[i, j] += dt * p[i + 3, j]
            p[j, i] = p[i, j]


@njit(cache=True, error_model="numpy")
def add_noise(p: F64, dt: float, noise: F64) -> None:
    """Add what white acceleration of the given spectral densities does in ``dt``."""
    for i in range(3):
        q = noise[0] if i < 2 else noise[1]
        p[i, i] += q * dt**3 / 3.0
        p[i, i + 3] += 0.5 * q * dt * dt
        p[i + 3, i] += 0.5 * q * dt * dt
        p[i + 3, i + 3] += q * dt
    p[6, 6] += noise[2] * dt


@njit(cache=True, error_model="numpy")
def predict_slot(x: F64, p: F64, dt: float, kind: int, noise: F64, start: F64, f: F64, half: F64, mid: F64) -> None:
    """Predict one Gaussian in place by a model of ``Tables``; ``f``, ``half`` (7 x 7) and ``mid`` (7) are scratch."""
    if kind == CT:
        turn_move(x, dt, f)
        spread_through(p, f, half)
    elif kind == BALLISTIC:
        for i in range(7):
            mid[i] = x[i]
        ballistic_move(mid, 0.5 * dt)
        ballistic_move(x, dt)
        ballistic_jacobian(mid, dt, f)
        spread_through(p, f, half)
    else:
        for i in range(3):
            x[i] += dt * x[i + 3]
        straight_spread(p, dt)
    add_noise(p, dt, noise)
    if kind == CV:
        for i in range(6):
            p[i, 6] = 0.0
            p[6, i] = 0.0
        x[6] = start[3]
        p[6, 6] = start[4]


@njit(cache=True, error_model="numpy")
def transition(dt: float, tables: Tables, out: F64) -> None:
    """Fill the matrix of model changes in ``dt``: who leaves goes to the family's others, by their priors."""
    n = tables.kind.shape[0]
    for i in range(n):
        stay = math.exp(-abs(dt) / tables.sojourn_s[i])
        others = 0.0
        for j in range(n):
            if j != i and tables.family[j] == tables.family[i]:
                others += tables.prior[j]
        for j in range(n):
            if j == i:
                out[i, j] = stay if others > 0.0 else 1.0
            elif tables.family[j] == tables.family[i]:
                out[i, j] = (1.0 - stay) * tables.prior[j] / others
            else:
                out[i, j] = 0.0


@njit(cache=True, error_model="numpy")
def blend(share: F64, x: F64, p: F64, mean: F64, covariance: F64) -> None:
    """Fill mean and covariance of a mixture of Gaussians with weights ``share``."""
    mean[:] = 0.0
    covariance[:] = 0.0
    for i in range(share.shape[0]):
        if share[i] > 0.0:
            for a in range(7):
                mean[a] += share[i] * x[i, a]
    for i in range(share.shape[0]):
        if share[i] > 0.0:
            for a in range(7):
                da = x[i, a] - mean[a]
                for b in range(a + 1):
                    covariance[a, b] += share[i] * (p[i, a, b] + da * (x[i, b] - mean[b]))
    for a in range(7):
        for b in range(a):
            covariance[b, a] = covariance[a, b]


@njit(cache=True, error_model="numpy")
def mix(w: F64, x: F64, p: F64, change: F64, share: F64, w_out: F64, x_out: F64, p_out: F64) -> None:
    """Mixing step of the interacting multiple model over the slots that are models; ``share`` (model) is scratch."""
    n = change.shape[0]
    for j in range(n):
        total = 0.0
        for i in range(n):
            share[i] = change[i, j] * w[i]
            total += share[i]
        w_out[j] = total
        if total <= 0.0:
            continue
        for i in range(n):
            share[i] /= total
        blend(share, x, p, x_out[j], p_out[j])


@njit(cache=True, error_model="numpy")
def predict_all(
    known: F64, w: F64, x: F64, p: F64, dt: float, tables: Tables, w_out: F64, x_out: F64, p_out: F64
) -> None:
    """Mix and predict every track from (w, x, p) into (w_out, x_out, p_out)."""
    n, slots = w.shape
    models = tables.kind.shape[0]
    f, half, mid = np.zeros((7, 7)), np.empty((7, 7)), np.empty(7)
    change, share = np.empty((models, models)), np.empty(models)
    kind, noise, start = tables.kind, tables.noise, tables.start
    transition(dt, tables, change)
    for i in range(n):
        if known[i] and dt != 0.0:
            mix(w[i], x[i], p[i], change, share, w_out[i], x_out[i], p_out[i])
            for s in range(models, slots):
                w_out[i, s] = 0.0
        else:
            for s in range(slots):
                w_out[i, s] = w[i, s]
                if w[i, s] > 0.0:
                    x_out[i, s] = x[i, s]
                    p_out[i, s] = p[i, s]
        if dt == 0.0:
            continue
        for s in range(slots):
            if w_out[i, s] > 0.0:
                m = s if known[i] else 0
                predict_slot(x_out[i, s], p_out[i, s], dt, kind[m], noise[m], start[m], f, half, mid)
