"""Kernels of gating: which detections may belong to which tracks, found through a grid over the ground.

The box that a track looks into covers its own uncertainty *and* that of the detections: a box of the state's
uncertainty alone drops true detections.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from marsad.track.convert import inverse3
from marsad.track.tables import F64, I64

LOG_2PI = math.log(2.0 * math.pi)


@njit(cache=True, error_model="numpy")
def grid_of(z: F64, cell: float) -> tuple[I64, I64, float, float, int, int]:
    """Sort positions into square cells: (start of each cell's list, list, west edge, south edge, columns, rows)."""
    n = z.shape[0]
    x0, y0, x1, y1 = z[0, 0], z[0, 1], z[0, 0], z[0, 1]
    for i in range(n):
        x0, x1 = min(x0, z[i, 0]), max(x1, z[i, 0])
        y0, y1 = min(y0, z[i, 1]), max(y1, z[i, 1])
    columns = int((x1 - x0) / cell) + 1
    rows = int((y1 - y0) / cell) + 1
    start = np.zeros(columns * rows + 1, dtype=np.int64)
    where = np.empty(n, dtype=np.int64)
    for i in range(n):
        where[i] = int((z[i, 1] - y0) / cell) * columns + int((z[i, 0] - x0) / cell)
        start[where[i] + 1] += 1
    for c in range(columns * rows):
        start[c + 1] += start[c]
    fill = start[:-1].copy()
    member = np.empty(n, dtype=np.int64)
    for i in range(n):
        member[fill[where[i]]] = i
        fill[where[i]] += 1
    return start, member, x0, y0, columns, rows


@njit(cache=True, error_model="numpy")
def cell_size(z: F64, reach: float) -> float:
    """Choose a cell that holds the reach of a typical gate and keeps the grid at a few cells per detection."""
    n = z.shape[0]
    x0, y0, x1, y1 = z[0, 0], z[0, 1], z[0, 0], z[0, 1]
    for i in range(n):
        x0, x1 = min(x0, z[i, 0]), max(x1, z[i, 0])
        y0, y1 = min(y0, z[i, 1]), max(y1, z[i, 1])
    # columns * rows <= (width / cell + 1) * (height / cell + 1), kept below about 8 n + 64
    area = math.sqrt((x1 - x0) * (y1 - y0) / (4.0 * n + 16.0))
    side = max(x1 - x0, y1 - y0) / (4.0 * n + 16.0)
    return max(reach, area, side, 1e-3)


@njit(cache=True, error_model="numpy")
def slot_fit(x: F64, p: F64, z: F64, r: F64, s: F64, inverse: F64) -> tuple[float, float]:
    """(squared Mahalanobis distance, log likelihood) of a position given one Gaussian; fills S and its inverse."""
    for a in range(3):
        for b in range(a + 1):
            s[a, b] = p[a, b] + r[a, b]
            s[b, a] = s[a, b]
    det = inverse3(s, inverse)
    d0, d1, d2 = z[0] - x[0], z[1] - x[1], z[2] - x[2]
    chi2 = (
        d0 * (inverse[0, 0] * d0 + 2.0 * inverse[0, 1] * d1 + 2.0 * inverse[0, 2] * d2)
        + d1 * (inverse[1, 1] * d1 + 2.0 * inverse[1, 2] * d2)
        + d2 * inverse[2, 2] * d2
    )
    return chi2, -0.5 * (chi2 + math.log(max(det, 1e-300)) + 3.0 * LOG_2PI)


@njit(cache=True, error_model="numpy")
def position_pairs(w: F64, x: F64, p: F64, z: F64, r: F64, gate: float) -> tuple[int, I64, I64, F64, F64]:
    """All (track, detection) within the gate of one of the track's slots: count, tracks, detections, fit, distance.

    The fit is the logarithm of the track's mixture likelihood (1/m³).
    """
    n, slots = w.shape
    m = z.shape[0]
    room = 4 * (n + m) + 64
    track, plot = np.empty(room, dtype=np.int64), np.empty(room, dtype=np.int64)
    fit, distance = np.empty(room), np.empty(room)
    count = 0
    if n == 0 or m == 0:
        return count, track, plot, fit, distance
    g = math.sqrt(gate)
    rx = ry = rz = 0.0
    for j in range(m):
        rx, ry, rz = max(rx, r[j, 0, 0]), max(ry, r[j, 1, 1]), max(rz, r[j, 2, 2])
    cell = cell_size(z, 2.0 * g * math.sqrt(max(rx, ry)))
    start, member, west, south, columns, rows = grid_of(z, cell)
    s, inverse = np.empty((3, 3)), np.empty((3, 3))
    for i in range(n):
        x0 = y0 = z0 = math.inf
        x1 = y1 = z1 = -math.inf
        for k in range(slots):
            if w[i, k] > 0.0:
                hx, hy = g * math.sqrt(p[i, k, 0, 0] + rx), g * math.sqrt(p[i, k, 1, 1] + ry)
                hz = g * math.sqrt(p[i, k, 2, 2] + rz)
                x0, x1 = min(x0, x[i, k, 0] - hx), max(x1, x[i, k, 0] + hx)
                y0, y1 = min(y0, x[i, k, 1] - hy), max(y1, x[i, k, 1] + hy)
                z0, z1 = min(z0, x[i, k, 2] - hz), max(z1, x[i, k, 2] + hz)
        if not (x1 >= west and y1 >= south and x0 <= west + columns * cell and y0 <= south + rows * cell):
            continue
        c0 = int(max(x0 - west, 0.0) / cell)
        c1 = int(min((x1 - west) / cell, columns - 1.0))
        r0 = int(max(y0 - south, 0.0) / cell)
        r1 = int(min((y1 - south) / cell, rows - 1.0))
        for row in range(r0, r1 + 1):
            for at in range(start[row * columns + c0], start[row * columns + c1 + 1]):
                j = member[at]
                if z[j, 0] < x0 or z[j, 0] > x1 or z[j, 1] < y0 or z[j, 1] > y1 or z[j, 2] < z0 or z[j, 2] > z1:
                    continue
                best = math.inf
                top = -math.inf
                total = 0.0
                for k in range(slots):
                    if w[i, k] > 0.0:
                        chi2, log_fit = slot_fit(x[i, k], p[i, k], z[j], r[j], s, inverse)
                        best = min(best, chi2)
                        log_fit += math.log(w[i, k])
                        if log_fit > top:
                            total = total * math.exp(top - log_fit) + 1.0
                            top = log_fit
                        else:
                            total += math.exp(log_fit - top)
                if best > gate:
                    continue
                if count == track.shape[0]:
                    more = np.empty(count, dtype=np.int64)
                    track, plot = np.concatenate((track, more)), np.concatenate((plot, more))
                    fit, distance = np.concatenate((fit, np.empty(count))), np.concatenate((distance, np.empty(count)))
                track[count], plot[count] = i, j
                fit[count], distance[count] = top + math.log(total), best
                count += 1
    return count, track, plot, fit, distance
