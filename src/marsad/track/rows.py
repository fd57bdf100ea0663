"""Kernels that keep the rows of the tracks: making room, predicting into it, ending tracks and closing the gaps."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from marsad.track.motion import predict_all
from marsad.track.tables import I64, Tables
from marsad.track.types import Tracks

TENTATIVE, CONFIRMED, COASTED = 0, 1, 2  # types.Status
END_CLUTTER, END_LOST, END_IMPACT, END_STALE = 1, 2, 3, 4  # types.EndReason


@njit(cache=True, error_model="numpy")
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


@njit(cache=True, error_model="numpy")
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


@njit(cache=True, error_model="numpy")
def end_reasons(new: Tracks, rows: int, time_s: float, tables: Tables) -> I64:
    """Why each track should end now, or 0."""
    # out of the tuples once: handing a tuple of arrays to a function for each track costs more than its work
    status, existence, updated_s = new.status, new.existence, new.updated_s
    known, weight, mean = new.range_known, new.weight, new.mean
    family, models = tables.family, tables.kind.shape[0]
    why = np.zeros(rows, dtype=np.int64)
    for i in range(rows):
        silent = time_s - updated_s[i]
        if status[i] == TENTATIVE:
            if existence[i] < tables.delete or silent > tables.tentative_max_s:
                why[i] = END_CLUTTER
        elif existence[i] < tables.keep:
            why[i] = END_LOST
        elif silent > tables.coast_max_s:
            why[i] = END_STALE
        if why[i] or not known[i]:
            continue
        rocket, best = 0.0, 0
        for k in range(models):
            rocket += weight[i, k] if family[k] == 1 else 0.0
            if weight[i, k] > weight[i, best]:
                best = k
        if rocket > 0.5 and mean[i, best, 2] < tables.ground_up_m and mean[i, best, 5] < 0.0:
            why[i] = END_IMPACT if status[i] != TENTATIVE else END_CLUTTER
    return why


@njit(cache=True, error_model="numpy")
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


@njit(cache=True, error_model="numpy")
def sweep(new: Tracks, rows: int, time_s: float, tables: Tables, uid: I64, reason: I64) -> tuple[int, int]:
    """End what should end, closing the gaps: (tracks left, tracks ended); fills identities and reasons of the ended."""
    kept = ended = 0
    why = end_reasons(new, rows, time_s, tables)
    for i in range(rows):
        if why[i]:
            uid[ended], reason[ended] = new.uid[i], why[i]
            ended += 1
        else:
            if kept != i:
                move_row(new, i, kept)
            kept += 1
    return kept, ended
