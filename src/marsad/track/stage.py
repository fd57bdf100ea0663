"""The stage itself: ``init`` and ``step``."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from marsad.track.accept import checked, refusal
from marsad.track.advance import advance_positions
from marsad.track.convert import plots_to_positions
from marsad.track.lag import Line, follow, insert, key, restart_index
from marsad.track.tables import Tables, tables_of
from marsad.track.types import (
    STATE_SIZE,
    Batch,
    Disposition,
    Ended,
    Frame,
    Info,
    Outcome,
    Params,
    Picture,
    Sites,
    State,
    Tracks,
)

SITES_KEPT = 32
SITE_ROW: dict[str, tuple[tuple[int, ...], type]] = {
    "position_enu_m": ((3,), np.float64),
    "information": ((3, 3), np.float64),
    "moments": ((9,), np.float64),
    "first_s": ((), np.float64),
    "last_s": ((), np.float64),
    "recalled": ((), np.int64),
}


@lru_cache(maxsize=64)
def _tables(params: Params) -> Tables:
    return tables_of(params)


def no_tracks(slots: int) -> Tracks:
    """Arrays without a track."""
    whole, real = np.zeros(0, dtype=np.int64), np.zeros(0)
    return Tracks(
        uid=whole,
        status=whole,
        existence=real,
        born_s=real,
        updated_s=real,
        hits=whole,
        misses=whole,
        range_known=whole,
        site=whole,
        sensors=whole,
        nis=real,
        weight=np.zeros((0, slots)),
        mean=np.zeros((0, slots, STATE_SIZE)),
        covariance=np.zeros((0, slots, STATE_SIZE, STATE_SIZE)),
    )


def no_sites() -> Sites:
    """Arrays without a launch site."""
    return Sites(**{name: np.zeros((0, *shape), dtype=kind) for name, (shape, kind) in SITE_ROW.items()})


def init(params: Params) -> State:
    """Make the state of a tracker that has seen nothing yet."""
    looked_s = np.full(len(params.sensors), -math.inf)
    return State(Picture(-math.inf, no_tracks(_tables(params).slots), no_sites(), looked_s), ())


def _with_room(sites: Sites) -> Sites:
    """Copy sites into arrays of full size, which a kernel may fill."""
    used = len(sites.last_s)
    room = Sites(**{name: np.zeros((SITES_KEPT, *shape), dtype=kind) for name, (shape, kind) in SITE_ROW.items()})
    for copy, original in zip(room, sites, strict=True):
        copy[:used] = original
    return room


def advance(picture: Picture, frame: Frame, tables: Tables) -> tuple[Picture, Outcome]:
    """Take the picture through one frame, later than it or of the same time."""
    n = len(frame.measurement)
    origin = np.array(frame.position_enu_m)
    z, r, clutter = np.empty((n, 3)), np.empty((n, 3, 3)), np.empty(n)
    plots_to_positions(frame.measurement, frame.covariance, origin, tables.sensor[frame.sensor, 1], z, r, clutter)
    sites = _with_room(picture.sites)
    dt = frame.time_s - picture.time_s if math.isfinite(picture.time_s) else 0.0
    since = frame.time_s - picture.looked_s[frame.sensor]
    disposition, went_to, nis = np.zeros(n, dtype=np.int64), np.full(n, -1, dtype=np.int64), np.full(n, -1.0)
    tracks, rows, gone, why, used = advance_positions(
        picture.tracks,
        dt,
        frame.time_s,
        since if math.isfinite(since) else 1.0,
        frame.sensor,
        origin,
        z,
        r,
        clutter,
        frame.detection_id,
        tables,
        sites,
        len(picture.sites.last_s),
        disposition,
        went_to,
        nis,
    )
    looked = picture.looked_s.copy()
    looked[frame.sensor] = frame.time_s
    after = Picture(frame.time_s, Tracks(*(a[:rows] for a in tracks)), Sites(*(a[:used] for a in sites)), looked)
    return after, Outcome(frame.detection_id, disposition, went_to, nis, gone, why, frame.time_s)


def _info(outcomes: list[Outcome], refiltered_from_s: float | None) -> Info:
    whole, real = np.zeros(0, dtype=np.int64), np.zeros(0)
    if not outcomes:
        return Info(whole, whole, whole, real, Ended(whole, whole, real), refiltered_from_s, True)
    return Info(
        detection_id=np.concatenate([o.detection_id for o in outcomes]),
        disposition=np.concatenate([o.disposition for o in outcomes]),
        track_uid=np.concatenate([o.track_uid for o in outcomes]),
        nis=np.concatenate([o.nis for o in outcomes]),
        ended=Ended(
            np.concatenate([o.ended_uid for o in outcomes]),
            np.concatenate([o.ended_reason for o in outcomes]),
            np.concatenate([np.full(len(o.ended_uid), o.time_s) for o in outcomes]),
        ),
        refiltered_from_s=refiltered_from_s,
        is_compiled=True,
    )


def step(state: State, batch: Batch, params: Params) -> tuple[State, Info]:
    """Take in frames of detections and say what became of each.

    Parameters
    ----------
    state
        What ``init`` or the last ``step`` gave; it is not changed.
    batch
        Frames in order of arrival; their own times may be out of order by up to ``params.lag_s``.
    params
        The settings, the same as for ``init``.

    Returns
    -------
    state
        The new state: ``state.tracks`` are all tracks at ``state.time_s`` (structure of arrays; shapes at ``Tracks``).
    info
        A disposition for every detection of the batch, and the tracks that ended.
    """
    tables = _tables(params)
    frames, refused = checked(batch, len(params.sensors))
    now_s = state.time_s
    in_time = []
    for frame in frames:
        if frame.time_s >= now_s - params.lag_s:
            in_time.append(frame)
            now_s = max(now_s, frame.time_s)
        else:
            refused.append(refusal(frame, frame.detection_id, Disposition.REJECTED_TOO_LATE))
    checkpoints = list(state.checkpoints)
    known_until_s = max(state.time_s, checkpoints[-1].known_until_s) if checkpoints else -math.inf
    line = Line(checkpoints, state.picture, known_until_s, [])
    if in_time:
        first = min(in_time, key=key)
        newest = checkpoints[-1].frames[-1] if checkpoints and checkpoints[-1].frames else None
        past: list[Frame] = []
        if newest is not None and key(first) <= key(newest):
            past = line.back_to(restart_index(checkpoints, first.time_s))
        ordered, doubled = insert(past, in_time)
        follow(line, ordered, lambda p, f: advance(p, f, tables), params.lag_s, 2.0 * params.lag_s / params.checkpoints)
        refused.extend(refusal(first, ids, Disposition.REJECTED_DOUBLED) for ids in doubled if len(ids))
    return State(line.picture, tuple(line.checkpoints)), _info(line.outcomes + refused, line.refiltered_from_s)
