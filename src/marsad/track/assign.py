"""Kernels of association: independent clusters of tracks and detections, each assigned at least cost.

A cluster is a connected part of the graph of gated pairs.  Within it the assignment is exact: shortest augmenting
paths (R. Jonker, A. Volgenant, Computing 38 (1987), p. 325), every track having its own "not detected" column.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from marsad.track.tables import F64, I64


@njit(cache=True, error_model="numpy")
def _root(parent: I64, i: int) -> int:
    while parent[i] != i:
        parent[i] = parent[parent[i]]
        i = parent[i]
    return i


@njit(cache=True, error_model="numpy")
def clusters(n: int, m: int, count: int, track: I64, plot: I64) -> tuple[int, I64, I64]:
    """Number the clusters of tracks and detections joined by pairs: (how many, of tracks, of detections)."""
    parent = np.arange(n + m)
    for k in range(count):
        a, b = _root(parent, track[k]), _root(parent, n + plot[k])
        if a != b:
            parent[max(a, b)] = min(a, b)
    label = np.full(n + m, -1, dtype=np.int64)
    found = 0
    for i in range(n + m):
        root = _root(parent, i)
        if label[root] < 0:
            label[root] = found
            found += 1
        label[i] = label[root]
    return found, label[:n], label[n:]


@njit(cache=True, error_model="numpy")
def solve(cost: F64, out: I64) -> None:
    """Assign each row one column at least total cost (rows <= columns); shortest augmenting paths with potentials."""
    n, m = cost.shape
    u, v = np.zeros(n + 1), np.zeros(m + 1)
    row_of = np.full(m + 1, n, dtype=np.int64)
    way = np.empty(m + 1, dtype=np.int64)
    low = np.empty(m + 1)
    used = np.empty(m + 1, dtype=np.bool_)
    for i in range(n):
        row_of[m] = i
        j0 = m
        for j in range(m + 1):
            low[j] = math.inf
            used[j] = False
        while True:
            used[j0] = True
            i0 = row_of[j0]
            delta = math.inf
            j1 = -1
            for j in range(m):
                if not used[j]:
                    reduced = cost[i0, j] - u[i0] - v[j]
                    if reduced < low[j]:
                        low[j] = reduced
                        way[j] = j0
                    if low[j] < delta:
                        delta = low[j]
                        j1 = j
            for j in range(m + 1):
                if used[j]:
                    u[row_of[j]] += delta
                    v[j] -= delta
                else:
                    low[j] -= delta
            j0 = j1
            if row_of[j0] == n:
                break
        while j0 != m:
            row_of[j0] = row_of[way[j0]]
            j0 = way[j0]
    for j in range(m):
        if row_of[j] < n:
            out[row_of[j]] = j


@njit(cache=True, error_model="numpy")
def assign(n: int, m: int, count: int, track: I64, plot: I64, gain: F64) -> I64:
    """Give each of ``n`` tracks the pair (index into the pairs) it is assigned, or -1.

    ``gain`` is the log odds of "this detection is the track's" against "the track was not detected and the detection
    is something else"; the sum over the assignment is greatest, and no pair of negative gain is taken.
    """
    chosen = np.full(n, -1, dtype=np.int64)
    found, of_track, _ = clusters(n, m, count, track, plot)
    size = np.zeros(found + 1, dtype=np.int64)
    for k in range(count):
        size[of_track[track[k]] + 1] += 1
    for c in range(found):
        size[c + 1] += size[c]
    fill = size[:-1].copy()
    order = np.empty(count, dtype=np.int64)
    for k in range(count):
        c = of_track[track[k]]
        order[fill[c]] = k
        fill[c] += 1
    row, column = np.full(n, -1, dtype=np.int64), np.full(m, -1, dtype=np.int64)
    for c in range(found):
        pairs = order[size[c] : size[c + 1]]
        if pairs.shape[0] == 1:
            if gain[pairs[0]] > 0.0:
                chosen[track[pairs[0]]] = pairs[0]
        elif pairs.shape[0] > 1:
            _assign_cluster(pairs, track, plot, gain, row, column, chosen)
    return chosen


@njit(cache=True, error_model="numpy")
def _assign_cluster(pairs: I64, track: I64, plot: I64, gain: F64, row: I64, column: I64, chosen: I64) -> None:
    rows = columns = 0
    for k in pairs:
        if row[track[k]] < 0:
            row[track[k]] = rows
            rows += 1
        if column[plot[k]] < 0:
            column[plot[k]] = columns
            columns += 1
    cost = np.full((rows, columns + rows), 1e9)
    pair_at = np.full((rows, columns), -1, dtype=np.int64)
    for i in range(rows):
        cost[i, columns + i] = 0.0
    for k in pairs:
        cost[row[track[k]], column[plot[k]]] = -gain[k]
        pair_at[row[track[k]], column[plot[k]]] = k
    out = np.empty(rows, dtype=np.int64)
    solve(cost, out)
    for k in pairs:
        j = out[row[track[k]]]
        if j == column[plot[k]] and gain[k] > 0.0:
            chosen[track[k]] = pair_at[row[track[k]], j]
