"""Kernels for sensors that deliver only tracks: covariance intersection.

What such a track shares with ours (noise of common targets, common sensors) is unknown.  Covariance intersection
never claims more than both could know: P^-1 = a P1^-1 + (1 - a) P2^-1, which is a Kalman update of P1 / a by a
measurement of covariance P2 / (1 - a).
Source: S. Julier, J. Uhlmann, Proc. American Control Conference (1997), p. 2369.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from marsad.track.gate import LOG_2PI
from marsad.track.launch import cholesky, solve_cholesky
from marsad.track.tables import F64, Tables
from marsad.track.update import reweigh

SHARES = 9  # the weight a is sought on the grid 0.1, 0.2, ... 0.9


@njit(cache=True, error_model="numpy")
def _fused(x: F64, p: F64, z: F64, r: F64, a: float, x_out: F64, p_out: F64) -> None:
    """Covariance intersection with weight ``a`` for our track."""
    s, b = np.empty((6, 6)), np.empty(6)
    for i in range(6):
        for j in range(6):
            s[i, j] = p[i, j] / a + r[i, j] / (1.0 - a)
    cholesky(s, 6)
    gain = np.empty((7, 6))
    for i in range(7):
        for j in range(6):
            b[j] = p[i, j] / a
        solve_cholesky(s, 6, b)
        gain[i] = b
    for i in range(7):
        x_out[i] = x[i]
        for j in range(6):
            x_out[i] += gain[i, j] * (z[j] - x[j])
        for j in range(7):
            p_out[i, j] = p[i, j] / a
            for k in range(6):
                p_out[i, j] -= gain[i, k] * p[k, j] / a
    for i in range(7):
        for j in range(i):
            p_out[i, j] = 0.5 * (p_out[i, j] + p_out[j, i])
            p_out[j, i] = p_out[i, j]


@njit(cache=True, error_model="numpy")
def intersect(w: F64, x: F64, p: F64, z: F64, r: F64) -> float:
    """Fuse a delivered track (position and velocity) into all slots in place; give its squared distance."""
    log_fit, s, d = np.empty(w.shape[0]), np.empty((6, 6)), np.empty(6)
    x_try, p_try, x_best, p_best = np.empty(7), np.empty((7, 7)), np.empty(7), np.empty((7, 7))
    nis = 0.0
    for k in range(w.shape[0]):
        if w[k] <= 0.0:
            continue
        s[:] = p[k, :6, :6] + r
        log_det = cholesky(s, 6)
        d[:] = z - x[k, :6]
        solved = d.copy()
        solve_cholesky(s, 6, solved)
        chi2 = 0.0
        for i in range(6):
            chi2 += d[i] * solved[i]
        nis += w[k] * chi2
        log_fit[k] = -0.5 * (chi2 + log_det + 6.0 * LOG_2PI)
        least = math.inf
        for step in range(1, SHARES + 1):
            _fused(x[k], p[k], z, r, step / (SHARES + 1.0), x_try, p_try)
            s[:] = p_try[:6, :6]
            size = cholesky(s, 6)
            if -math.inf < size < least:
                least = size
                x_best[:], p_best[:] = x_try, p_try
        if least < math.inf:
            x[k], p[k] = x_best, p_best
    reweigh(w, log_fit)
    return nis


@njit(cache=True, error_model="numpy")
def begin_at_track(z: F64, r: F64, tables: Tables, w: F64, x: F64, p: F64) -> None:
    """Fill the slots of a track that begins with a delivered one."""
    w[:] = 0.0
    for k in range(tables.kind.shape[0]):
        w[k] = tables.prior[k]
        p[k] = 0.0
        x[k, :6] = z
        p[k, :6, :6] = r
        x[k, 6] = tables.start[k, 3]
        p[k, 6, 6] = tables.start[k, 4]
