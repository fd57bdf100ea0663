"""Vectorised forms of the kernels that work on many rows, for the NumPy path.

Same formulas, same arguments, results equal to rounding.  Sums run through ``einsum`` without optimisation, which keeps
them off threaded BLAS, so that the same input gives the same bytes.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from marsad.track import advance, assign, bearing, birth, gate, launch, motion, rows, update
from marsad.track.motion import BALLISTIC, CT, CV, GRAVITY_MS2, SCALE_HEIGHT_M
from marsad.track.tables import F64, I64, Tables
from marsad.track.types import Tracks


def plots_to_positions(plots: F64, covariance: F64, origin: F64, clutter: float, z: F64, r: F64, density: F64) -> None:
    """Form of ``convert.plots_to_positions``."""
    rho, az, el = plots.T
    sa, ca, se, ce = np.sin(az), np.cos(az), np.sin(el), np.cos(el)
    z[:] = origin + np.stack((rho * ce * sa, rho * ce * ca, rho * se), axis=1)
    j = np.zeros((len(plots), 3, 3))
    j[:, 0] = np.stack((ce * sa, rho * ce * ca, -rho * se * sa), axis=1)
    j[:, 1] = np.stack((ce * ca, -rho * ce * sa, -rho * se * ca), axis=1)
    j[:, 2, 0], j[:, 2, 2] = se, rho * ce
    c = np.broadcast_to(covariance, r.shape)
    bend = 0.5 * rho * rho * (c[:, 1, 1] ** 2 * ce * ce + c[:, 2, 2] ** 2)
    r[:] = np.einsum("nak,nkl,nbl->nab", j, c, j) + bend[:, None, None] * np.einsum(
        "na,nb->nab", j[:, :, 0], j[:, :, 0]
    )
    density[:] = clutter / (rho * rho * np.maximum(ce, 0.05))


def _mixed(w: F64, x: F64, p: F64, change: F64) -> tuple[F64, F64, F64]:
    """Mixing of the models of many tracks: track x model."""
    flow = change[None, :, :] * w[:, :, None]
    total = flow.sum(axis=1)
    share = np.where(total[:, None, :] > 0, flow / np.where(total > 0, total, 1.0)[:, None, :], 0.0)
    mean = np.einsum("tij,tia->tja", share, x)
    off = x[:, :, None, :] - mean[:, None, :, :]
    spread = np.einsum("tij,tiab->tjab", share, p) + np.einsum("tij,tija,tijb->tjab", share, off, off)
    return total, mean, spread


def _straight(dt: float) -> F64:
    f = np.eye(7)
    f[0, 3] = f[1, 4] = f[2, 5] = dt
    return f


def _turned(x: F64, dt: float) -> tuple[F64, F64]:
    """Form of ``motion.turn_move`` for many states."""
    w, vx, vy = x[:, 6], x[:, 3], x[:, 4]
    a = w * dt
    small = np.abs(a) < 1e-3
    safe = np.where(small, 1.0, w)
    sin_a, cos_a = np.where(small, a, np.sin(a)), np.where(small, 1.0 - 0.5 * a * a, np.cos(a))
    s = np.where(small, dt * (1.0 - a * a / 6.0), np.sin(a) / safe)
    c1 = np.where(small, 0.5 * dt * a, (1.0 - np.cos(a)) / safe)
    ds = np.where(small, -w * dt**3 / 3.0, (dt * np.cos(a) - s) / safe)
    dc1 = np.where(small, 0.5 * dt * dt, (dt * np.sin(a) - c1) / safe)
    out = x.copy()
    out[:, 0] += s * vx - c1 * vy
    out[:, 1] += c1 * vx + s * vy
    out[:, 2] += dt * x[:, 5]
    out[:, 3], out[:, 4] = cos_a * vx - sin_a * vy, sin_a * vx + cos_a * vy
    f = np.broadcast_to(_straight(dt), (len(x), 7, 7)).copy()
    f[:, 0, 3], f[:, 0, 4], f[:, 0, 6] = s, -c1, ds * vx - dc1 * vy
    f[:, 1, 3], f[:, 1, 4], f[:, 1, 6] = c1, s, dc1 * vx + ds * vy
    f[:, 3, 3], f[:, 3, 4], f[:, 3, 6] = cos_a, -sin_a, -dt * out[:, 4]
    f[:, 4, 3], f[:, 4, 4], f[:, 4, 6] = sin_a, cos_a, dt * out[:, 3]
    return out, f


def _slope(y: F64) -> F64:
    """Time derivative of ballistic states."""
    v = y[:, 3:6]
    speed = np.sqrt(np.einsum("ta,ta->t", v, v))
    c = np.exp(y[:, 6] - np.maximum(y[:, 2], 0.0) / SCALE_HEIGHT_M) * speed
    out = np.zeros_like(y)
    out[:, :3] = v
    out[:, 3:6] = -c[:, None] * v
    out[:, 5] -= GRAVITY_MS2
    return out


def _fallen(x: F64, dt: float) -> F64:
    """Form of ``motion.ballistic_move`` for many states."""
    steps = math.ceil(abs(dt))
    h = dt / steps if steps else 0.0
    for _ in range(steps):
        k1 = _slope(x)
        k2 = _slope(x + 0.5 * h * k1)
        k3 = _slope(x + 0.5 * h * k2)
        k4 = _slope(x + h * k3)
        x = x + h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
    return x


def _ballistic_jacobian(x: F64, dt: float) -> F64:
    """Form of ``motion.ballistic_jacobian`` for many states."""
    v = x[:, 3:6]
    speed = np.maximum(np.sqrt(np.einsum("ta,ta->t", v, v)), 1e-3)
    c = np.exp(x[:, 6] - np.maximum(x[:, 2], 0.0) / SCALE_HEIGHT_M) * speed
    d = c / speed**2
    vv = np.einsum("ta,tb->tab", v, v)
    eye = np.eye(3)
    a = -d[:, None, None] * vv - c[:, None, None] * eye
    a2 = (2.0 * c * d + d * c)[:, None, None] * vv + (c * c)[:, None, None] * eye
    a_s = -c[:, None] * v
    h = 0.5 * dt * dt
    f = np.broadcast_to(np.eye(7), (len(x), 7, 7)).copy()
    f[:, :3, 3:6] = dt * eye + h * a
    f[:, 3:6, 3:6] = eye + dt * a + h * a2
    f[:, :3, 6] = h * a_s
    f[:, 3:6, 6] = dt * a_s + h * np.einsum("tab,tb->ta", a, a_s)
    return f


def _predicted_slot(x: F64, p: F64, dt: float, m: int, tables: Tables) -> tuple[F64, F64]:
    """Form of ``motion.predict_slot`` for one slot of many tracks."""
    kind = int(tables.kind[m])
    if kind == CT:
        moved, f = _turned(x, dt)
    elif kind == BALLISTIC:
        f = _ballistic_jacobian(_fallen(x, 0.5 * dt), dt)
        moved = _fallen(x, dt)
    else:
        f = np.broadcast_to(_straight(dt), (len(x), 7, 7))
        moved = np.einsum("tab,tb->ta", f, x)
    spread = np.einsum("tab,tbc,tdc->tad", f, p, f)
    noise = np.zeros((7, 7))
    motion.add_noise.py_func(noise, dt, tables.noise[m])
    spread += noise
    if kind == CV:
        spread[:, 6, :] = spread[:, :, 6] = 0.0
        spread[:, 6, 6] = tables.start[m, 4]
        moved[:, 6] = tables.start[m, 3]
    return moved, spread


def predict_all(
    known: I64, w: F64, x: F64, p: F64, dt: float, tables: Tables, w_out: F64, x_out: F64, p_out: F64
) -> None:
    """Form of ``motion.predict_all``."""
    n, slots = w.shape
    models = len(tables.kind)
    used = w > 0
    x, p = np.where(used[:, :, None], x, 0.0), np.where(used[:, :, None, None], p, 0.0)
    w_out[:n], x_out[:n], p_out[:n] = w, x, p
    if dt == 0.0 or n == 0:
        return
    change = np.empty((models, models))
    motion.transition.py_func(dt, tables, change)
    is_known = known != 0
    if is_known.any():
        total, mean, spread = _mixed(w[is_known, :models], x[is_known, :models], p[is_known, :models], change)
        at = np.flatnonzero(is_known)
        w_out[at, :models], x_out[at, :models], p_out[at, :models] = total, mean, spread
        w_out[at, models:] = 0.0
    for s in range(slots):
        for which, m in ((is_known, s), (~is_known, 0)):
            at = np.flatnonzero(which & (w_out[:n, s] > 0))
            if len(at):
                x_out[at, s], p_out[at, s] = _predicted_slot(x_out[at, s], p_out[at, s], dt, m, tables)


def _fits(x: F64, p: F64, z: F64, r: F64) -> tuple[F64, F64, F64]:
    """(squared distance, log likelihood, inverse of S) of positions given Gaussians, row by row."""
    s = p[:, :3, :3] + r
    inverse = np.empty_like(s)
    c00 = s[:, 1, 1] * s[:, 2, 2] - s[:, 1, 2] ** 2
    c01 = s[:, 0, 2] * s[:, 1, 2] - s[:, 0, 1] * s[:, 2, 2]
    c02 = s[:, 0, 1] * s[:, 1, 2] - s[:, 0, 2] * s[:, 1, 1]
    det = s[:, 0, 0] * c00 + s[:, 0, 1] * c01 + s[:, 0, 2] * c02
    inverse[:, 0, 0], inverse[:, 0, 1], inverse[:, 0, 2] = c00 / det, c01 / det, c02 / det
    inverse[:, 1, 1] = (s[:, 0, 0] * s[:, 2, 2] - s[:, 0, 2] ** 2) / det
    inverse[:, 1, 2] = (s[:, 0, 1] * s[:, 0, 2] - s[:, 0, 0] * s[:, 1, 2]) / det
    inverse[:, 2, 2] = (s[:, 0, 0] * s[:, 1, 1] - s[:, 0, 1] ** 2) / det
    inverse[:, 1, 0], inverse[:, 2, 0], inverse[:, 2, 1] = inverse[:, 0, 1], inverse[:, 0, 2], inverse[:, 1, 2]
    d = z - x[:, :3]
    chi2 = np.einsum("ta,tab,tb->t", d, inverse, d)
    return chi2, -0.5 * (chi2 + np.log(np.maximum(det, 1e-300)) + 3.0 * gate.LOG_2PI), inverse


def _candidates(w: F64, x: F64, p: F64, z: F64, r: F64, reach: float) -> tuple[I64, I64]:
    """Pairs whose detection lies in the track's box, in the order of the tracks."""
    used = w > 0
    inside = np.ones((len(w), len(z)), dtype=bool)
    for a in range(3):
        half = reach * np.sqrt(np.where(used, p[: len(w), :, a, a], 0.0) + r[:, a, a].max())
        at = np.where(used, x[: len(w), :, a], 0.0)
        low = np.where(used, at - half, math.inf).min(axis=1)
        high = np.where(used, at + half, -math.inf).max(axis=1)
        inside &= (z[:, a] >= low[:, None]) & (z[:, a] <= high[:, None])
    track, plot = np.nonzero(inside)
    return track, plot


def position_pairs(w: F64, x: F64, p: F64, z: F64, r: F64, gate_chi2: float) -> tuple[int, I64, I64, F64, F64]:
    """Form of ``gate.position_pairs``."""
    nothing = np.zeros(0, dtype=np.int64)
    if len(w) == 0 or len(z) == 0:
        return 0, nothing, nothing, np.zeros(0), np.zeros(0)
    track, plot = _candidates(w, x, p, z, r, math.sqrt(gate_chi2))
    best = np.full(len(track), math.inf)
    logs = np.full((len(track), w.shape[1]), -math.inf)
    for k in range(w.shape[1]):
        at = np.flatnonzero(w[track, k] > 0)
        if len(at):
            i, j = track[at], plot[at]
            chi2, log_fit, _ = _fits(x[i, k], p[i, k], z[j], r[j])
            best[at] = np.minimum(best[at], chi2)
            logs[at, k] = log_fit + np.log(w[i, k])
    keep = best <= gate_chi2
    track, plot, best, logs = track[keep], plot[keep], best[keep], logs[keep]
    fit = np.logaddexp.reduce(logs, axis=1) if len(logs) else np.zeros(0)
    return len(track), track, plot, fit, best


def _update_positions(new: Tracks, i: I64, z: F64, r: F64) -> None:
    """Form of ``update.position_update`` for tracks ``i``, each with its own detection."""
    w, x, p = new.weight, new.mean, new.covariance
    logs = np.full((len(i), w.shape[1]), -math.inf)
    nis = np.zeros(len(i))
    for k in range(w.shape[1]):
        at = np.flatnonzero(w[i, k] > 0)
        if len(at):
            rows_ = i[at]
            chi2, logs[at, k], inverse = _fits(x[rows_, k], p[rows_, k], z[at], r[at])
            nis[at] += w[rows_, k] * chi2
            gain = np.einsum("tab,tbc->tac", p[rows_, k][:, :, :3], inverse)
            d = z[at] - x[rows_, k][:, :3]
            x[rows_, k] += np.einsum("tab,tb->ta", gain, d)
            less = p[rows_, k] - np.einsum("tab,tbc->tac", gain, p[rows_, k][:, :3, :])
            p[rows_, k] = 0.5 * (less + less.swapaxes(1, 2))  # rounding off symmetry grows from update to update
    top = logs.max(axis=1, keepdims=True)
    scaled = w[i] * np.exp(logs - top)
    w[i] = scaled / scaled.sum(axis=1, keepdims=True)
    new.nis[i] = nis


def chances(new: Tracks, n: int, origin: F64, row: F64) -> F64:
    """Form of ``advance.chances``."""
    w = new.weight[:n]
    d = np.where(w[:, :, None] > 0, w[:, :, None] * new.mean[:n, :, :3], 0.0).sum(axis=1) - origin
    rho = np.sqrt(np.einsum("ta,ta->t", d, d))
    elevation = np.arcsin(np.clip(d[:, 2] / np.maximum(rho, 1e-6), -1.0, 1.0))
    outside = (rho < row[3]) | (rho > row[4]) | (elevation < row[5]) | (elevation > row[6])
    pd = np.where(outside, 0.0, row[0])
    return np.where(_shaded(new.status[:n], d, row[7]), advance.SEEN_IN_SHADOW * pd, pd) if row[7] > 0.0 else pd


def _shaded(status: I64, d: F64, shadow_rad: float) -> npt.NDArray[np.bool_]:
    """Which tracks, at ``d`` from the sensor, stand behind a confirmed one."""
    azimuth, distance = np.arctan2(d[:, 0], d[:, 1]), np.hypot(d[:, 0], d[:, 1])
    off = (azimuth[:, None] - azimuth + math.pi) % (2.0 * math.pi) - math.pi
    hides = (status != rows.TENTATIVE) & (distance < distance[:, None]) & (np.abs(off) < shadow_rad)
    return np.asarray(hides.any(axis=1))


def gains(new: Tracks, count: int, track: I64, plot: I64, fit: F64, pd: F64, background: F64) -> F64:
    """Form of ``advance.gains``."""
    i, j = track[:count], plot[:count]
    existence = new.existence[i]
    seen = existence * np.maximum(pd[i], advance.SEEN_AT_LEAST)
    return np.log(seen) + fit[:count] - np.log(background[j] * (1.0 - existence * pd[i]))


def predicted(old: Tracks, room: int, dt: float, tables: Tables) -> Tracks:
    """Form of ``rows.predicted``."""
    n = len(old.uid)
    new = Tracks(*(np.zeros((room, *a.shape[1:]), dtype=a.dtype) for a in old))
    for name in Tracks._fields[:-3]:
        getattr(new, name)[:n] = getattr(old, name)
    new.existence[:n] *= math.exp(-max(dt, 0.0) / tables.survival_s)
    predict_all(old.range_known, old.weight, old.mean, old.covariance, dt, tables, new.weight, new.mean, new.covariance)
    return new


def solve(cost: F64, out: I64) -> None:
    """Form of ``assign.solve``."""
    from scipy.optimize import linear_sum_assignment  # half a second, for this path without compiled kernels only

    row, column = linear_sum_assignment(cost)
    out[row] = column


def begin_at_position(z: F64, r: F64, tables: Tables, w: F64, x: F64, p: F64) -> None:
    """Form of ``birth.begin_at_position``."""
    models = len(tables.kind)
    w[:] = 0.0
    w[:models] = tables.prior
    x[:models], p[:models] = 0.0, 0.0
    x[:models, :3], p[:models, :3, :3] = z, r
    x[:models, 5], x[:models, 6] = tables.start[:, 2], tables.start[:, 3]
    p[:models, 3, 3] = p[:models, 4, 4] = tables.start[:, 0] ** 2
    p[:models, 5, 5], p[:models, 6, 6] = tables.start[:, 1] ** 2, tables.start[:, 4]
    if z[2] - tables.ground_up_m < birth.LOW_M:
        for k in np.flatnonzero(tables.family == 1):
            birth.rise_after_launch.py_func(tables, x[k], p[k])


def normal_equations(
    theta: F64, start: F64, information: F64, jacobian: F64, x: F64, z: F64, r_inverse: F64, a: F64, b: F64
) -> None:
    """Form of ``launch.normal_equations``."""
    h = jacobian[:3]
    a[:] = information + np.einsum("ic,ij,jd->cd", h, r_inverse, h)
    b[:] = np.einsum("cd,d->c", information, start - theta) + np.einsum("ic,ij,j->c", h, r_inverse, z - x[:3])


def quadratic(a: F64, d: F64) -> float:
    """Form of ``launch.quadratic``."""
    return float(np.einsum("i,ij,j->", d, a, d))


def vectorised(twin: Callable[[Any], Callable[..., Any]]) -> dict[Any, Callable[..., Any]]:
    """Kernel to vectorised form; ``twin`` gives the plain form of any kernel when it is needed."""

    def update_all(new: Tracks, n: int, detection: I64, kind: int, origin: F64, z: F64, r: F64, tables: Tables) -> None:
        """Form of ``advance.update_all``."""
        i = np.flatnonzero(detection[:n] >= 0)
        if kind < advance.BEARING:
            _update_positions(new, i, z[detection[i]], r[detection[i]])
        for row in i.tolist():
            w, x, p, j = new.weight[row], new.mean[row], new.covariance[row], detection[row]
            if kind >= advance.BEARING:
                new.nis[row] = twin(advance.update_rare)(w, x, p, kind, origin, z[j], r[j])
            twin(update.forget)(w, new.range_known[row], tables.family, tables.sojourn_s)
            if new.range_known[row] == 0:
                new.range_known[row] = twin(bearing.resolve_range)(w, x, p, origin, tables)

    return {
        advance.update_all: update_all,
        advance.chances: chances,
        advance.gains: gains,
        rows.predicted: predicted,
        assign.solve: solve,
        birth.begin_at_position: begin_at_position,
        launch.normal_equations: normal_equations,
        launch.quadratic: quadratic,
        gate.position_pairs: position_pairs,
    }
