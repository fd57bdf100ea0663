"""The kernel that takes all tracks through one frame of positions: predict, gate, assign, update, begin, end."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from marsad.track.assign import assign
from marsad.track.birth import begin_at_launch, begin_at_position
from marsad.track.convert import detection_probability
from marsad.track.gate import position_pairs
from marsad.track.launch import learn, new_rockets, trace_back
from marsad.track.motion import blend, predict_all
from marsad.track.tables import F64, I64, Tables
from marsad.track.types import Sites, Tracks
from marsad.track.update import existence_after, forget, position_update

TENTATIVE, CONFIRMED, COASTED = 0, 1, 2  # types.Status
ASSOCIATED, INITIATED, FULL = 1, 2, 7  # types.Disposition
SITE_WEIGHT = 0.5
END_CLUTTER, END_LOST, END_IMPACT, END_STALE = 1, 2, 3, 4  # types.EndReason


@njit(cache=True)
def room_for(rows: int, slots: int) -> Tracks:
    """Arrays for so many tracks, not filled."""
    return Tracks(
        np.empty(rows, dtype=np.int64),
        np.empty(rows, dtype=np.int64),
        np.empty(rows),
        np.empty(rows),
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
        new.uid[i], new.status[i], new.existence[i] = old.uid[i], old.status[i], old.existence[i]
        new.born_s[i], new.updated_s[i] = old.born_s[i], old.updated_s[i]
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
    new.uid[b], new.status[b], new.existence[b] = new.uid[a], new.status[a], new.existence[a]
    new.born_s[b], new.updated_s[b] = new.born_s[a], new.updated_s[a]
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


@njit(cache=True)
def learn_sites(new: Tracks, i: int, time_s: float, tables: Tables, sites: Sites, used: int) -> int:
    """Trace a rocket seen a few times back to the ground and let the sites learn from it; give the rows in use."""
    hits = new.hits[i]
    if hits != 2 and hits != 4 and hits != 8:
        return used
    best = -1
    for k in range(tables.kind.shape[0]):
        if tables.kind[k] == 2 and new.weight[i, k] > SITE_WEIGHT:
            best = k
    if best < 0:
        return used
    at, spread = np.empty(7), np.empty((7, 7))
    back = trace_back(new.mean[i, best], new.covariance[i, best], tables.ground_up_m, 20.0, at, spread)
    if back < 0.0 or time_s - back < new.born_s[i] - 4.0:
        return used
    row, used = learn(at, spread, time_s - back, hits == 4, tables.launch[8] ** 2, sites, used)
    if new.site[i] < 0:
        new.site[i] = row
    return used


@njit(cache=True)
def advance_positions(
    old: Tracks, dt: float, time_s: float, frame_s: float, sensor: int, origin: F64,
    z: F64, r: F64, clutter: F64, uid: I64, tables: Tables, sites: Sites, used: int,
    disposition: I64, went_to: I64, nis: F64,
) -> tuple[Tracks, int, I64, I64, int]:  # fmt: skip
    """Take tracks through one frame of positions; ``sites`` is changed in place.

    Gives (arrays, tracks in them, identities of the ended, their reasons, sites in use).
    """
    n, m = old.uid.shape[0], z.shape[0]
    new = predicted(old, n + m, dt, tables)
    row = tables.sensor[sensor]
    birth = row[2] / row[1]
    rockets_x, rockets_p, rockets_site = np.empty((m, 7)), np.empty((m, 7, 7)), np.empty(m, dtype=np.int64)
    rockets = new_rockets(
        z, r, time_s, frame_s, max(row[0], 0.5), tables, sites, used, rockets_x, rockets_p, rockets_site
    )
    mean, covariance = np.empty(7), np.empty((7, 7))
    pd = np.empty(n)
    for i in range(n):
        blend(new.weight[i], new.mean[i], new.covariance[i], mean, covariance)
        pd[i] = detection_probability(mean[0], mean[1], mean[2], origin, row)
    count, track, plot, fit, _ = position_pairs(new.weight[:n], new.mean, new.covariance, z, r, tables.gate)
    gain = np.empty(count)
    for k in range(count):
        i, j = track[k], plot[k]
        seen = max(pd[i], 0.5)
        other = math.log(clutter[j] * (1.0 + birth) + rockets[j])
        gain[k] = math.log(new.existence[i] * seen) + fit[k] - other - math.log(1.0 - new.existence[i] * pd[i])
    chosen = assign(n, m, count, track, plot, gain)
    taken = np.zeros(m, dtype=np.bool_)
    log_fit, s, inverse, k_gain = np.empty(tables.slots), np.empty((3, 3)), np.empty((3, 3)), np.empty((7, 3))
    for i in range(n):
        k = chosen[i]
        if k < 0:
            new.existence[i] = existence_after(new.existence[i], 1.0 - pd[i])
            if pd[i] > 0.0:
                new.misses[i] += 1
                if new.status[i] == CONFIRMED:
                    new.status[i] = COASTED
            continue
        j = plot[k]
        taken[j] = True
        seen = max(pd[i], 0.5)
        ratio = 1.0 - seen + seen * math.exp(min(fit[k], 600.0)) / (clutter[j] * (1.0 + birth) + rockets[j])
        new.existence[i] = min(existence_after(new.existence[i], ratio), tables.existence_max)
        new.nis[i] = position_update(
            new.weight[i], new.mean[i], new.covariance[i], z[j], r[j], log_fit, s, inverse, k_gain
        )
        forget(new.weight[i], new.range_known[i], tables)
        new.hits[i] += 1
        new.misses[i] = 0
        new.updated_s[i] = time_s
        new.sensors[i] |= 1 << (sensor % 63)
        if new.existence[i] >= tables.confirm or new.status[i] != TENTATIVE:
            new.status[i] = CONFIRMED
        disposition[j], went_to[j], nis[j] = ASSOCIATED, new.uid[i], new.nis[i]
        used = learn_sites(new, i, time_s, tables, sites, used)
    ended_uid, ended_reason = np.empty(n, dtype=np.int64), np.empty(n, dtype=np.int64)
    rows, ended = sweep(new, n, time_s, tables, ended_uid, ended_reason)
    for j in range(m):
        if taken[j]:
            continue
        if rows >= tables.max_tracks:
            disposition[j] = FULL
            continue
        fresh = clutter[j] * birth + rockets[j]
        begin_at_position(z[j], r[j], tables, new.weight[rows], new.mean[rows], new.covariance[rows])
        share = rockets[j] / fresh
        if share > 0.01:
            begin_at_launch(
                share, rockets_x[j], rockets_p[j], tables, new.weight[rows], new.mean[rows], new.covariance[rows]
            )
        new.uid[rows], new.born_s[rows], new.updated_s[rows] = uid[j], time_s, time_s
        new.existence[rows] = min(fresh / (fresh + clutter[j]), tables.existence_max)
        new.status[rows] = CONFIRMED if new.existence[rows] >= tables.confirm else TENTATIVE
        new.hits[rows], new.misses[rows], new.range_known[rows] = 1, 0, 1
        new.site[rows] = rockets_site[j] if share > 0.5 else -1
        new.sensors[rows] = 1 << (sensor % 63)
        new.nis[rows] = -1.0
        disposition[j], went_to[j] = INITIATED, uid[j]
        if new.site[rows] >= 0:
            sites.last_s[new.site[rows]] = max(sites.last_s[new.site[rows]], time_s - 1.0)
        rows += 1
    return new, rows, ended_uid[:ended], ended_reason[:ended], used
