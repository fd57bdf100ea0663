"""Kernels that keep the rows of the tracks: making room, predicting into it, ending tracks and closing the gaps."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from marsad.track.motion import predict_all
from marsad.track.tables import F64, I64, Tables
from marsad.track.types import Tracks

TENTATIVE, CONFIRMED, COASTED = 0, 1, 2  # types.Status
END_CLUTTER, END_LOST, END_IMPACT, END_STALE = 1, 2, 3, 4  # types.EndReason


@njit(cache=True)
def room_for(rows: int, slots: int) -> Tracks:
    """Arrays for so many tracks, not filled."""
    return Tracks(
        np.empty(rows, dtype=np.int64),
        np.empty(rows, dtype=np.int64),
        np.empty(rows, dtype=np.int64),
        np.empty(rows),
        np.empty(rows),
        np.empty((rows, 3)),
        np.empty(rows),
        np.empty(rows, dtype=np.int64),
        np.empty(rows, dtype=np.int64),
        np.empty(rows, dtype=np.int64),
        np.empty(rows, dtype=np.int64),
        np.empty(rows, dtype=np.int64),
        np.empty(rows),
        np.zeros((rows, slots)),
        np.empty((rows, slots, 7)),
        np.empty((rows, slots, 7, 7)),
    )


@njit(cache=True)
def rocket_weight(w: F64, known: int, tables: Tables) -> float:
    """Weight of the rocket models of one track."""
    total = 0.0
    if known:
        for k in range(tables.kind.shape[0]):
            if tables.family[k] == 1:
                total += w[k]
    return total


@njit(cache=True)
def predicted(old: Tracks, rows: int, dt: float, tables: Tables) -> Tracks:
    """Copy tracks into arrays with room for ``rows``, predicted by ``dt``."""
    n = old.uid.shape[0]
    new = room_for(rows, tables.slots)
    for i in range(n):
        new.uid[i], new.last_detection[i] = old.uid[i], old.last_detection[i]
        new.status[i], new.existence[i] = old.status[i], old.existence[i]
        new.born_s[i], new.updated_s[i] = old.born_s[i], old.updated_s[i]
        new.born_enu_m[i] = old.born_enu_m[i]
        new.hits[i], new.misses[i], new.range_known[i] = old.hits[i], old.misses[i], old.range_known[i]
        new.site[i], new.sensors[i], new.nis[i] = old.site[i], old.sensors[i], old.nis[i]
        new.existence[i] *= math.exp(-max(dt, 0.0) / tables.survival_s)
    predict_all(old.range_known, old.weight, old.mean, old.covariance, dt, tables, new.weight, new.mean, new.covariance)
    return new


@njit(cache=True)
def end_reason(new: Tracks, i: int, time_s: float, tables: Tables) -> int:
    """Why track ``i`` should end now, or 0."""
    silent = time_s - new.updated_s[i]
    if new.status[i] == TENTATIVE:
        if new.existence[i] < tables.delete or silent > tables.tentative_max_s:
            return END_CLUTTER
    else:
        if new.existence[i] < tables.keep:
            return END_LOST
        if silent > tables.coast_max_s:
            return END_STALE
    if rocket_weight(new.weight[i], new.range_known[i], tables) > 0.5:
        best = 0
        for k in range(tables.kind.shape[0]):
            if new.weight[i, k] > new.weight[i, best]:
                best = k
        if new.mean[i, best, 2] < tables.ground_up_m and new.mean[i, best, 5] < 0.0:
            return END_IMPACT if new.status[i] != TENTATIVE else END_CLUTTER
    return 0


@njit(cache=True)
def move_row(new: Tracks, a: int, b: int) -> None:
    """Copy track ``a`` over track ``b``."""
    new.uid[b], new.last_detection[b] = new.uid[a], new.last_detection[a]
    new.status[b], new.existence[b] = new.status[a], new.existence[a]
    new.born_s[b], new.updated_s[b] = new.born_s[a], new.updated_s[a]
    new.born_enu_m[b] = new.born_enu_m[a]
    new.hits[b], new.misses[b], new.range_known[b] = new.hits[a], new.misses[a], new.range_known[a]
    new.site[b], new.sensors[b], new.nis[b] = new.site[a], new.sensors[a], new.nis[a]
    for k in range(new.weight.shape[1]):
        new.weight[b, k] = new.weight[a, k]
        if new.weight[a, k] > 0.0:
            new.mean[b, k] = new.mean[a, k]
            new.covariance[b, k] = new.covariance[a, k]


@njit(cache=True)
def sweep(new: Tracks, rows: int, time_s: float, tables: Tables, uid: I64, reason: I64) -> tuple[int, int]:
    """End what should end, closing the gaps: (tracks left, tracks ended); fills identities and reasons of the ended."""
    kept = ended = 0
    for i in range(rows):
        why = end_reason(new, i, time_s, tables)
        if why:
            uid[ended], reason[ended] = new.uid[i], why
            ended += 1
        else:
            if kept != i:
                move_row(new, i, kept)
            kept += 1
    return kept, ended
