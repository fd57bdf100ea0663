"""One frame: from a picture and a frame to what the kernels take, and back to the next picture."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from marsad.track.tables import F64, Tables
from marsad.track.types import STATE_SIZE, DetectionKind, Frame, Outcome, Picture, Sites, Tracks

SITES_KEPT = 32
SITE_ROW: dict[str, tuple[tuple[int, ...], type]] = {
    "position_enu_m": ((3,), np.float64),
    "information": ((3, 3), np.float64),
    "moments": ((9,), np.float64),
    "first_s": ((), np.float64),
    "last_s": ((), np.float64),
    "recalled": ((), np.int64),
}
_ROOM: tuple[np.ndarray, ...] = tuple(np.zeros((SITES_KEPT, *shape), dtype=kind) for shape, kind in SITE_ROW.values())


class Kernels(NamedTuple):
    """The two kernels of a frame, compiled or plain."""

    plots_to_positions: Callable[..., None]
    advance: Callable[..., Any]


def no_tracks(slots: int) -> Tracks:
    """Arrays without a track."""
    whole, real = np.zeros(0, dtype=np.int64), np.zeros(0)
    return Tracks(
        uid=whole,
        last_detection=whole,
        status=whole,
        existence=real,
        born_s=real,
        born_enu_m=np.zeros((0, 3)),
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


def _with_room(sites: Sites) -> Sites:
    """Copy sites into arrays of full size, which a kernel may fill."""
    used = len(sites.last_s)
    room = Sites(*(empty.copy() for empty in _ROOM))
    if used:
        for copy, original in zip(room, sites, strict=True):
            copy[:used] = original
    return room


def _detections(frame: Frame, origin: F64, tables: Tables, kernels: Kernels) -> tuple[F64, F64, F64]:
    """Measurements, covariances and densities of false detections as the kernels take them."""
    n, columns = frame.measurement.shape
    density = float(tables.sensor[frame.sensor, 1])
    if frame.kind is DetectionKind.PLOT:
        z, r, clutter = np.empty((n, 3)), np.empty((n, 3, 3)), np.empty(n)
        spread = np.ascontiguousarray(frame.covariance)
        kernels.plots_to_positions(np.ascontiguousarray(frame.measurement), spread, origin, density, z, r, clutter)
        return z, r, clutter
    # laid out row by row, as the kernels are compiled for: any other layout would compile them all anew, a minute in
    # the middle of the watch
    given = frame.covariance
    spread = np.array(given if len(given) == n else np.broadcast_to(given, (n, columns, columns)), order="C")
    return np.array(frame.measurement, order="C"), spread, np.full(n, density)


def arguments(picture: Picture, frame: Frame, tables: Tables, kernels: Kernels) -> tuple[Any, ...]:
    """What the kernel that takes a picture through a frame is called with (see ``advance.advance``)."""
    n = len(frame.measurement)
    origin = np.array(frame.position_enu_m, dtype=np.float64)
    z, r, clutter = _detections(frame, origin, tables, kernels)
    since = frame.time_s - float(picture.looked_s[frame.sensor])
    return (
        picture.tracks,
        frame.time_s - picture.time_s if math.isfinite(picture.time_s) else 0.0,
        frame.time_s,
        frame.time_s - picture.started_s if math.isfinite(picture.started_s) else 0.0,
        since if math.isfinite(since) else 1.0,
        int(frame.kind),
        frame.sensor,
        origin,
        z,
        r,
        clutter,
        np.array(frame.detection_id, dtype=np.int64),
        tables,
        _with_room(picture.sites),
        len(picture.sites.last_s),
        np.zeros(n, dtype=np.int64),
        np.full(n, -1, dtype=np.int64),
        np.full(n, -1.0),
    )


def advance(picture: Picture, frame: Frame, tables: Tables, kernels: Kernels) -> tuple[Picture, Outcome]:
    """Take the picture through one frame, later than it or of the same time."""
    given = arguments(picture, frame, tables, kernels)
    sites, (disposition, went_to, nis) = given[13], given[-3:]
    tracks, rows, gone, why, used = kernels.advance(*given)
    looked = picture.looked_s.copy()
    looked[frame.sensor] = frame.time_s
    after = Picture(
        time_s=frame.time_s,
        tracks=Tracks(*(a[:rows] for a in tracks)),
        sites=Sites(*(a[:used] for a in sites)),
        looked_s=looked,
        started_s=picture.started_s if math.isfinite(picture.started_s) else frame.time_s,
    )
    return after, Outcome(frame.detection_id, disposition, went_to, nis, gone, why, frame.time_s)
