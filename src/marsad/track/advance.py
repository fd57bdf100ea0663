"""The kernel that takes all tracks through one frame: predict, gate, assign, update, begin, end."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from numba import njit

from marsad.track.assign import assign
from marsad.track.bearing import bearing_pairs, bearing_update, resolve_range
from marsad.track.birth import begin_at_launch, begin_at_position, begin_on_bearing
from marsad.track.convert import detection_probability
from marsad.track.fuse import begin_at_track, intersect
from marsad.track.gate import position_pairs
from marsad.track.launch import new_rockets
from marsad.track.rows import COASTED, CONFIRMED, TENTATIVE, predicted, sweep
from marsad.track.sites import is_telling, learn_sites, suspect_site
from marsad.track.tables import F64, I64, Tables
from marsad.track.types import Sites, Tracks
from marsad.track.update import existence_after, forget, position_update

ASSOCIATED, INITIATED, CLUTTER, FULL = 1, 2, 3, 7  # types.Disposition
BEARING, TRACK = 2, 3  # types.DetectionKind
SETTLED_S = 3.0  # before that, tracks begin everywhere, and no crowd of them means a launch site
SEEN_AT_LEAST = 0.5  # what was seen had some chance of it, whatever the sensor's table says
SEEN_IN_SHADOW = 0.1  # of the detection probability; what shows behind another body is mostly its echo


@njit(cache=True, error_model="numpy")
def pairs_of(
    new: Tracks, n: int, kind: int, origin: F64, z: F64, r: F64, gate: float
) -> tuple[int, I64, I64, F64, F64]:
    """Gated pairs of the first ``n`` tracks and the detections of any kind, as ``position_pairs`` gives them."""
    if kind == BEARING:
        return bearing_pairs(new.weight[:n], new.mean, new.covariance, origin, z, r, gate)
    if kind == TRACK:
        place, spread = z[:, :3].copy(), r[:, :3, :3].copy()
        return position_pairs(new.weight[:n], new.mean, new.covariance, place, spread, gate)
    return position_pairs(new.weight[:n], new.mean, new.covariance, z, r, gate)


@njit(cache=True, error_model="numpy")
def chances(new: Tracks, n: int, origin: F64, row: F64) -> F64:
    """Probability that the sensor detects each of the first ``n`` tracks."""
    pd = np.empty(n)
    mean = np.empty(3)
    for i in range(n):
        mean[:] = 0.0
        for k in range(new.weight.shape[1]):
            if new.weight[i, k] > 0.0:
                for a in range(3):
                    mean[a] += new.weight[i, k] * new.mean[i, k, a]
        pd[i] = detection_probability(mean[0], mean[1], mean[2], origin, row)
    if row[7] > 0.0:
        shade(new, n, origin, row[7], pd)
    return pd


@njit(cache=True, error_model="numpy")
def shade(new: Tracks, n: int, origin: F64, shadow_rad: float, pd: F64) -> None:
    """Lower the chance to see, in place, of tracks that stand behind a confirmed one as seen from the sensor."""
    azimuth, distance = np.empty(n), np.empty(n)
    for i in range(n):
        east = north = 0.0
        for k in range(new.weight.shape[1]):
            if new.weight[i, k] > 0.0:
                east += new.weight[i, k] * (new.mean[i, k, 0] - origin[0])
                north += new.weight[i, k] * (new.mean[i, k, 1] - origin[1])
        azimuth[i], distance[i] = math.atan2(east, north), math.hypot(east, north)
    for i in range(n):
        for j in range(n):
            if new.status[j] != TENTATIVE and distance[j] < distance[i]:
                off = (azimuth[i] - azimuth[j] + math.pi) % (2.0 * math.pi) - math.pi
                if abs(off) < shadow_rad:
                    pd[i] *= SEEN_IN_SHADOW
                    break


@njit(cache=True, error_model="numpy")
def update_rare(w: F64, x: F64, p: F64, kind: int, origin: F64, z: F64, r: F64) -> float:
    """Update one track by a bearing or by another sensor's track; give its squared Mahalanobis distance."""
    if kind == BEARING:
        return bearing_update(w, x, p, origin, z, r)
    return intersect(w, x, p, z, r)


@njit(cache=True, error_model="numpy")
def update_all(new: Tracks, n: int, detection: I64, kind: int, origin: F64, z: F64, r: F64, tables: Tables) -> None:
    """Update each of the first ``n`` tracks by its detection (-1: none), of any kind."""
    # out of the tuples once: handing a tuple of arrays to a function for each track costs as much as the function
    weight, mean, covariance, known, nis = new.weight, new.mean, new.covariance, new.range_known, new.nis
    family, sojourn_s = tables.family, tables.sojourn_s
    log_fit, scratch = np.empty(weight.shape[1]), np.empty((4, 7, 7))
    for i in range(n):
        j = detection[i]
        if j < 0:
            continue
        w, x, p = weight[i], mean[i], covariance[i]
        if kind >= BEARING:
            nis[i] = update_rare(w, x, p, kind, origin, z[j], r[j])
        else:
            nis[i] = position_update(w, x, p, z[j], r[j], log_fit, scratch)
        forget(w, known[i], family, sojourn_s)
        if known[i] == 0:
            known[i] = resolve_range(w, x, p, origin, tables)


@njit(cache=True, error_model="numpy")
def begin(
    new: Tracks,
    row: int,
    kind: int,
    origin: F64,
    z: F64,
    r: F64,
    share: float,
    rocket_x: F64,
    rocket_p: F64,
    tables: Tables,
) -> None:
    """Fill the slots of a new track from a detection of any kind."""
    w, x, p = new.weight[row], new.mean[row], new.covariance[row]
    new.range_known[row] = 0 if kind == BEARING else 1
    if kind == BEARING:
        begin_on_bearing(z[0], z[1], r, origin, tables, w, x, p)
    elif kind == TRACK:
        begin_at_track(z, r, tables, w, x, p)
    else:
        begin_at_position(z, r, tables, w, x, p)
        if share > 0.01:
            begin_at_launch(share, rocket_x, rocket_p, tables, w, x, p)
    for a in range(3):
        new.born_enu_m[row, a] = x[0, a]


@njit(cache=True, error_model="numpy")
def account(
    new: Tracks, n: int, detection: I64, ratio: F64, pd: F64, time_s: float, sensor: int, uid: I64, tables: Tables
) -> None:
    """What their detections (-1: none) mean for the first ``n`` tracks; ``ratio``: likelihood for existence."""
    status, existence, hits, misses = new.status, new.existence, new.hits, new.misses
    updated_s, last_detection, sensors = new.updated_s, new.last_detection, new.sensors
    for i in range(n):
        j = detection[i]
        if j < 0:
            existence[i] = existence_after(existence[i], 1.0 - pd[i])
            if pd[i] > 0.0:
                misses[i] += 1
                if status[i] == CONFIRMED:
                    status[i] = COASTED
            continue
        existence[i] = min(existence_after(existence[i], ratio[i]), tables.existence_max)
        hits[i] += 1
        misses[i] = 0
        updated_s[i], last_detection[i] = time_s, uid[j]
        sensors[i] |= 1 << (sensor % 63)
        least = tables.confirm_hits if new.site[i] < 0 else tables.confirm_hits_launched
        if status[i] != TENTATIVE or (existence[i] >= tables.confirm and hits[i] >= least):
            status[i] = CONFIRMED


@njit(cache=True, error_model="numpy")
def named(
    new: Tracks, row: int, existence: float, site: int, time_s: float, sensor: int, detection: int, tables: Tables
) -> None:
    """Fill what a new track has besides its slots."""
    new.uid[row], new.last_detection[row] = detection, detection
    new.born_s[row], new.updated_s[row] = time_s, time_s
    new.existence[row] = min(existence, tables.existence_max)
    least = tables.confirm_hits if site < 0 else tables.confirm_hits_launched
    new.status[row] = CONFIRMED if existence >= tables.confirm and least < 2 else TENTATIVE
    new.hits[row], new.misses[row] = 1, 0
    new.site[row] = site
    new.sensors[row] = 1 << (sensor % 63)
    new.nis[row] = -1.0


@njit(cache=True, error_model="numpy")
def hide_behind_known(count: int, track: I64, plot: I64, new: Tracks, taken: npt.NDArray[np.bool_], out: I64) -> None:
    """Let no track begin on a bearing to something known already, from which it cannot be told apart."""
    for k in range(count):
        if not taken[plot[k]] and new.status[track[k]] != TENTATIVE:
            taken[plot[k]] = True
            out[plot[k]] = CLUTTER


@njit(cache=True, error_model="numpy")
def gains(new: Tracks, count: int, track: I64, plot: I64, fit: F64, pd: F64, background: F64) -> F64:
    """Log odds of each pair against "not detected, and the detection is something else"."""
    gain = np.empty(count)
    for k in range(count):
        i = track[k]
        seen = new.existence[i] * max(pd[i], SEEN_AT_LEAST)
        gain[k] = math.log(seen) + fit[k] - math.log(background[plot[k]] * (1.0 - new.existence[i] * pd[i]))
    return gain


@njit(cache=True, error_model="numpy")
def advance(
    old: Tracks, dt: float, time_s: float, running_s: float, frame_s: float, kind: int, sensor: int, origin: F64,
    z: F64, r: F64, clutter: F64, uid: I64, tables: Tables, sites: Sites, used: int,
    disposition: I64, went_to: I64, nis: F64,
) -> tuple[Tracks, int, I64, I64, int]:  # fmt: skip
    """Take tracks through one frame; ``sites`` and the last three arrays are filled in place.

    ``z``, ``r``, ``clutter`` are detections (positions in ENU, bearings, or tracks), covariances, and densities of
    false detections.  Gives (arrays, tracks in them, identities of the ended, their reasons, sites in use).
    """
    n, m = old.uid.shape[0], z.shape[0]
    new = predicted(old, n + m, dt, tables)
    row = tables.sensor[sensor]
    birth = row[2] / row[1]
    rockets, rockets_site = np.zeros(m), np.full(m, -1, dtype=np.int64)
    rockets_x, rockets_p = np.empty((m, 7)), np.empty((m, 7, 7))
    if kind < BEARING:
        rockets = new_rockets(
            z, r, time_s, frame_s, max(row[0], SEEN_AT_LEAST), tables, sites, used, rockets_x, rockets_p, rockets_site
        )
    background = clutter * (1.0 + birth) + rockets
    pd = chances(new, n, origin, row)
    count, track, plot, fit, _ = pairs_of(new, n, kind, origin, z, r, tables.gate)
    chosen = assign(n, m, count, track, plot, gains(new, count, track, plot, fit, pd, background))
    detection, taken, ratio = np.full(n, -1, dtype=np.int64), np.zeros(m, dtype=np.bool_), np.ones(n)
    for i in range(n):
        k = chosen[i]
        if k >= 0:
            j, seen = plot[k], max(pd[i], SEEN_AT_LEAST)
            detection[i], taken[j] = j, True
            ratio[i] = 1.0 - seen + seen * math.exp(min(fit[k], 600.0)) / background[j]
    update_all(new, n, detection, kind, origin, z, r, tables)
    account(new, n, detection, ratio, pd, time_s, sensor, uid, tables)
    for i in range(n):
        j = detection[i]
        if j >= 0:
            disposition[j], went_to[j], nis[j] = ASSOCIATED, new.uid[i], new.nis[i]
            if is_telling(new.hits[i], new.site[i]):
                used = learn_sites(new, i, time_s, tables, sites, used)
    if kind == BEARING:
        hide_behind_known(count, track, plot, new, taken, disposition)
    ended_uid, ended_reason = np.empty(n, dtype=np.int64), np.empty(n, dtype=np.int64)
    rows, ended = sweep(new, n, time_s, tables, ended_uid, ended_reason)
    for j in range(m):
        if taken[j]:
            continue
        if rows >= tables.max_tracks:
            disposition[j] = FULL
            continue
        fresh = clutter[j] * birth + rockets[j]
        share = rockets[j] / fresh
        site = rockets_site[j] if share > 0.5 else -1
        begin(new, rows, kind, origin, z[j], r[j], share, rockets_x[j], rockets_p[j], tables)
        named(new, rows, fresh / (fresh + clutter[j]), site, time_s, sensor, uid[j], tables)
        disposition[j], went_to[j] = INITIATED, uid[j]
        rows += 1
        if site >= 0:
            sites.last_s[site] = max(sites.last_s[site], time_s - 1.0)
        elif kind < BEARING and running_s > SETTLED_S:
            used = suspect_site(new, rows, time_s, tables, sites, used)
    return new, rows, ended_uid[:ended], ended_reason[:ended], used
