"""What may come in: bad detections are refused with the reason, never raised on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from marsad.track.tables import I64
from marsad.track.types import Disposition, Frame, Outcome


def refusal(frame: Frame, ids: I64, why: Disposition) -> Outcome:
    """The outcome of detections that were not taken in."""
    n, none = len(ids), np.zeros(0, dtype=np.int64)
    return Outcome(
        detection_id=ids,
        disposition=np.full(n, why, dtype=np.int64),
        track_uid=np.full(n, -1, dtype=np.int64),
        nis=np.full(n, -1.0),
        ended_uid=none,
        ended_reason=none,
        time_s=frame.time_s,
    )


def _without(frame: Frame, bad: npt.NDArray[np.bool_]) -> Frame:
    covariance = frame.covariance if len(frame.covariance) == 1 else frame.covariance[~bad]
    return replace(
        frame, measurement=frame.measurement[~bad], covariance=covariance, detection_id=frame.detection_id[~bad]
    )


def _faults(frame: Frame) -> list[tuple[npt.NDArray[np.bool_], Disposition]]:
    """Masks of what is wrong with single detections of a frame."""
    found = []
    lost = ~np.isfinite(frame.measurement).all(axis=1)
    if lost.any():
        found.append((lost, Disposition.REJECTED_NOT_FINITE))
    variance = np.diagonal(frame.covariance, axis1=1, axis2=2)
    wrong = np.isnan(frame.covariance).any(axis=(1, 2)) | ~(variance > 0).all(axis=1)
    if wrong.any():
        found.append((np.broadcast_to(wrong, lost.shape) & ~lost, Disposition.REJECTED_COVARIANCE))
    return found


def checked(batch: Sequence[Frame], sensors: int) -> tuple[list[Frame], list[Outcome]]:
    """Part what may be tracked from what may not: (frames, outcomes of the refused)."""
    frames, refused = [], []
    for frame in batch:
        if not 0 <= frame.sensor < sensors:
            refused.append(refusal(frame, frame.detection_id, Disposition.REJECTED_UNKNOWN_SENSOR))
            continue
        if not np.isfinite(frame.time_s):
            refused.append(refusal(frame, frame.detection_id, Disposition.REJECTED_NOT_FINITE))
            continue
        ids = frame.detection_id
        for bad, why in _faults(frame):
            refused.append(refusal(frame, ids[bad], why))
            frame = _without(frame, np.isin(frame.detection_id, ids[bad]))
        if len(frame.detection_id) > 1 and not (frame.detection_id[1:] > frame.detection_id[:-1]).all():
            once, first = np.unique(frame.detection_id, return_index=True)
            if len(once) < len(frame.detection_id):
                twice = np.ones(len(frame.detection_id), dtype=bool)
                twice[first] = False
                refused.append(refusal(frame, frame.detection_id[twice], Disposition.REJECTED_DOUBLED))
            covariance = frame.covariance if len(frame.covariance) == 1 else frame.covariance[first]
            frame = replace(frame, measurement=frame.measurement[first], covariance=covariance, detection_id=once)
        frames.append(frame)
    return frames, refused
