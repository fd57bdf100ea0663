"""Kernels for bearings: fit and update of a track by azimuth and elevation, and when its range counts as known.

An infinite elevation variance says that only the azimuth was measured; then the elevation plays no part.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from marsad.track.gate import LOG_2PI
from marsad.track.motion import blend
from marsad.track.tables import F64, I64, Tables
from marsad.track.update import reweigh

RANGE_KNOWN = 0.15  # relative standard deviation below which a range counts as known
TURN = 2.0 * math.pi


@njit(cache=True, error_model="numpy")
def predicted_bearing(x: F64, origin: F64, h: F64) -> tuple[float, float]:
    """Azimuth and elevation of a state from the sensor; fills their derivatives by position (2 x 3)."""
    dx, dy, dz = x[0] - origin[0], x[1] - origin[1], x[2] - origin[2]
    flat2 = max(dx * dx + dy * dy, 1.0)
    flat = math.sqrt(flat2)
    rho2 = flat2 + dz * dz
    h[0, 0], h[0, 1], h[0, 2] = dy / flat2, -dx / flat2, 0.0
    h[1, 0], h[1, 1], h[1, 2] = -dx * dz / (flat * rho2), -dy * dz / (flat * rho2), flat / rho2
    return math.atan2(dx, dy), math.atan2(dz, flat)


@njit(cache=True, error_model="numpy")
def bearing_fit(x: F64, p: F64, origin: F64, z: F64, r: F64, h: F64, v: F64, inverse: F64) -> tuple[float, float]:
    """(squared Mahalanobis distance, log likelihood) of a bearing; fills H, the innovation and the inverse of S."""
    azimuth, elevation = predicted_bearing(x, origin, h)
    v[0] = (z[0] - azimuth + math.pi) % TURN - math.pi
    s00 = s01 = s11 = 0.0
    for a in range(3):
        for b in range(3):
            s00 += h[0, a] * p[a, b] * h[0, b]
            s01 += h[0, a] * p[a, b] * h[1, b]
            s11 += h[1, a] * p[a, b] * h[1, b]
    s00 += r[0, 0]
    inverse[:] = 0.0
    if not math.isfinite(r[1, 1]):
        v[1] = 0.0
        inverse[0, 0] = 1.0 / s00
        chi2 = v[0] * v[0] / s00
        return chi2, -0.5 * (chi2 + math.log(s00) + LOG_2PI)
    v[1] = z[1] - elevation
    s01 += r[0, 1]
    s11 += r[1, 1]
    det = s00 * s11 - s01 * s01
    inverse[0, 0], inverse[1, 1] = s11 / det, s00 / det
    inverse[0, 1] = inverse[1, 0] = -s01 / det
    chi2 = v[0] * (inverse[0, 0] * v[0] + 2.0 * inverse[0, 1] * v[1]) + v[1] * inverse[1, 1] * v[1]
    return chi2, -0.5 * (chi2 + math.log(det) + 2.0 * LOG_2PI)


@njit(cache=True, error_model="numpy")
def bearing_pairs(w: F64, x: F64, p: F64, origin: F64, z: F64, r: F64, gate: float) -> tuple[int, I64, I64, F64, F64]:
    """All (track, bearing) within the gate of one of the track's slots, as ``gate.position_pairs`` gives them."""
    n, slots = w.shape
    m = z.shape[0]
    track, plot = np.empty(n * m, dtype=np.int64), np.empty(n * m, dtype=np.int64)
    fit, distance = np.empty(n * m), np.empty(n * m)
    h, v, inverse = np.empty((2, 3)), np.empty(2), np.empty((2, 2))
    count = 0
    for i in range(n):
        for j in range(m):
            best, top, total = math.inf, -math.inf, 0.0
            for k in range(slots):
                if w[i, k] > 0.0:
                    chi2, log_fit = bearing_fit(x[i, k], p[i, k], origin, z[j], r[j], h, v, inverse)
                    best = min(best, chi2)
                    log_fit += math.log(w[i, k])
                    if log_fit > top:
                        total = total * math.exp(top - log_fit) + 1.0
                        top = log_fit
                    else:
                        total += math.exp(log_fit - top)
            if best <= gate:
                track[count], plot[count], fit[count], distance[count] = i, j, top + math.log(total), best
                count += 1
    return count, track, plot, fit, distance


@njit(cache=True, error_model="numpy")
def bearing_update(w: F64, x: F64, p: F64, origin: F64, z: F64, r: F64) -> float:
    """Update all slots of one track in place by a bearing; give the mixture's squared Mahalanobis distance."""
    h, v, inverse = np.empty((2, 3)), np.empty(2), np.empty((2, 2))
    log_fit, ph, gain = np.empty(w.shape[0]), np.empty((7, 2)), np.empty((7, 2))
    nis = 0.0
    for k in range(w.shape[0]):
        if w[k] <= 0.0:
            continue
        chi2, log_fit[k] = bearing_fit(x[k], p[k], origin, z, r, h, v, inverse)
        nis += w[k] * chi2
        for a in range(7):
            for c in range(2):
                ph[a, c] = p[k, a, 0] * h[c, 0] + p[k, a, 1] * h[c, 1] + p[k, a, 2] * h[c, 2]
        for a in range(7):
            for c in range(2):
                gain[a, c] = ph[a, 0] * inverse[0, c] + ph[a, 1] * inverse[1, c]
            x[k, a] += gain[a, 0] * v[0] + gain[a, 1] * v[1]
        for a in range(7):
            for b in range(a + 1):
                p[k, a, b] -= gain[a, 0] * ph[b, 0] + gain[a, 1] * ph[b, 1]
                p[k, b, a] = p[k, a, b]
    reweigh(w, log_fit)
    return nis


@njit(cache=True, error_model="numpy")
def resolve_range(w: F64, x: F64, p: F64, origin: F64, tables: Tables) -> int:
    """Give 1 and turn range intervals into motion models once the range is known well enough, else 0."""
    mean, covariance = np.empty(7), np.empty((7, 7))
    blend(w, x, p, mean, covariance)
    d = mean[:3] - origin
    rho2 = d[0] * d[0] + d[1] * d[1] + d[2] * d[2]
    along = 0.0
    for a in range(3):
        for b in range(3):
            along += d[a] * covariance[a, b] * d[b]
    if along > (RANGE_KNOWN * rho2) ** 2:
        return 0
    w[:] = 0.0
    for k in range(tables.kind.shape[0]):
        w[k] = tables.prior[k]
        x[k] = mean
        p[k] = covariance
        for a in range(7):
            p[k, a, 6] = 0.0
            p[k, 6, a] = 0.0
        x[k, 6] = tables.start[k, 3]
        p[k, 6, 6] = tables.start[k, 4]
    return 1
