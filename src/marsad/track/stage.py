"""The stage itself: ``init`` and ``step``."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from marsad.track.accept import checked, refusal
from marsad.track.lag import Line, follow, insert, key
from marsad.track.oneframe import advance, no_sites, no_tracks
from marsad.track.tables import Tables, tables_of
from marsad.track.types import (
    Batch,
    Disposition,
    Ended,
    Frame,
    Info,
    Outcome,
    Params,
    Picture,
    State,
)
from marsad.track.warm import compiled_kernels, plain_kernels, ready


@lru_cache(maxsize=64)
def _tables(params: Params) -> Tables:
    return tables_of(params)


def init(params: Params) -> State:
    """Make the state of a tracker that has seen nothing yet."""
    looked_s = np.full(len(params.sensors), -math.inf)
    return State(Picture(-math.inf, no_tracks(_tables(params).slots), no_sites(), looked_s, -math.inf), ())


def _info(outcomes: list[Outcome], refiltered_from_s: float | None, is_compiled: bool) -> Info:
    whole, real = np.zeros(0, dtype=np.int64), np.zeros(0)
    if not outcomes:
        return Info(whole, whole, whole, real, Ended(whole, whole, real), refiltered_from_s, is_compiled)
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
        is_compiled=is_compiled,
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
    is_compiled = ready() if params.compiled is None else params.compiled
    kernels = compiled_kernels() if is_compiled else plain_kernels()
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
    if math.isfinite(state.time_s):
        earned = params.again_per_s * (now_s - state.time_s)
        line.again_left = min(state.again_left + earned, params.again_most)
    if in_time:
        first = min(in_time, key=key)
        newest = checkpoints[-1].frames[-1] if checkpoints and checkpoints[-1].frames else None
        past: list[Frame] = []
        if newest is not None and key(first) <= key(newest):
            past = line.back_for(first.time_s)
            line.refiltered_from_s = first.time_s if line.refiltered_from_s is None else line.refiltered_from_s
            line.refiltered_from_s = min(first.time_s, line.refiltered_from_s)
        ordered, doubled = insert(past, in_time)
        follow(
            line,
            ordered,
            lambda p, f: advance(p, f, tables, kernels),
            params.lag_s,
            2.0 * params.lag_s / params.checkpoints,
        )
        refused.extend(refusal(first, ids, Disposition.REJECTED_DOUBLED) for ids in doubled if len(ids))
    return State(line.picture, tuple(line.checkpoints), line.again_left), _info(
        line.outcomes + refused, line.refiltered_from_s, is_compiled
    )
