"""Detections and tracks from and to Stone Soup (optional extra ``stonesoup``).

So that its users can try this tracker on their detections, and its metrics on these tracks.  Stone Soup measures
bearings counter-clockwise from east; here azimuths run clockwise from north.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from marsad import track


def _peer() -> Any:
    """Give Stone Soup's types, or say what to install."""
    try:
        from stonesoup.models.measurement.nonlinear import CartesianToElevationBearingRange
        from stonesoup.types.angle import Bearing, Elevation
        from stonesoup.types.array import CovarianceMatrix, StateVector
        from stonesoup.types.detection import Detection
        from stonesoup.types.state import GaussianState
        from stonesoup.types.track import Track
    except ImportError as missing:
        raise ImportError("this needs Stone Soup: pip install 'marsad[stonesoup]'") from missing
    return {
        "model": CartesianToElevationBearingRange,
        "bearing": Bearing,
        "elevation": Elevation,
        "covariance": CovarianceMatrix,
        "vector": StateVector,
        "detection": Detection,
        "state": GaussianState,
        "track": Track,
    }


def plots_from(
    detections: Iterable[Any], start: datetime.datetime, *, sensor: int = 0, first_id: int = 0
) -> track.Frame:
    """Make a frame of Stone Soup detections of one time, measured as elevation, bearing and range.

    ``start`` is the time that counts as zero.  The detections' measurement model gives the noise and the place of the
    sensor.  A detection of another model is refused with a ``ValueError`` that names it.
    """
    found = list(detections)
    if not found:
        raise ValueError("a frame of no detections has no time: make it with marsad.track.plots")
    if len({d.timestamp for d in found}) != 1:
        raise ValueError("all detections of a frame must have one timestamp")
    rows, spreads = [], []
    for one in found:
        model = one.measurement_model
        if type(model).__name__ != "CartesianToElevationBearingRange":
            raise ValueError(f"cannot read detections of {type(model).__name__}, only CartesianToElevationBearingRange")
        elevation, bearing, distance = (float(v) for v in one.state_vector[:, 0])
        rows.append((distance, 0.5 * math.pi - bearing, elevation))
        # order elevation, bearing, range becomes range, azimuth, elevation; the azimuth turns the other way
        turn = np.array([[0.0, 0.0, 1.0], [0.0, -1.0, 0.0], [1.0, 0.0, 0.0]])
        spreads.append(turn @ np.asarray(model.noise_covar, dtype=np.float64) @ turn.T)
    place = np.asarray(found[0].measurement_model.translation_offset, dtype=np.float64).reshape(-1)
    return track.plots(
        (found[0].timestamp - start).total_seconds(),
        rows,
        covariance=np.array(spreads),
        sensor=sensor,
        position_enu_m=(float(place[0]), float(place[1]), float(place[2])),
        detection_id=np.arange(first_id, first_id + len(rows)),
    )


def detections_to(frame: track.Frame, start: datetime.datetime) -> list[Any]:
    """Make Stone Soup detections of a frame of plots; states are (x, vx, y, vy, z, vz) there."""
    if frame.kind is not track.DetectionKind.PLOT:
        raise ValueError(f"only frames of plots become Stone Soup detections, not {frame.kind.name}")
    peer = _peer()
    turn = np.array([[0.0, 0.0, 1.0], [0.0, -1.0, 0.0], [1.0, 0.0, 0.0]])
    out = []
    for row, (distance, azimuth, elevation) in enumerate(frame.measurement.tolist()):
        spread = frame.covariance[row if len(frame.covariance) > 1 else 0]
        model = peer["model"](
            ndim_state=6,
            mapping=(0, 2, 4),
            noise_covar=peer["covariance"](turn.T @ spread @ turn),
            translation_offset=np.array(frame.position_enu_m)[:, None],
        )
        vector = peer["vector"]([peer["elevation"](elevation), peer["bearing"](0.5 * math.pi - azimuth), distance])
        when = start + datetime.timedelta(seconds=frame.time_s)
        out.append(peer["detection"](vector, timestamp=when, measurement_model=model))
    return out


def tracks_to(states: Sequence[track.State], params: track.Params, start: datetime.datetime) -> list[Any]:
    """Make Stone Soup tracks of the confirmed tracks in a sequence of states, one state a time.

    Their states are Gaussian over (x, vx, y, vy, z, vz); their ``id`` is the track's own.
    """
    peer = _peer()
    order = np.array([0, 3, 1, 4, 2, 5])
    found: dict[int, Any] = {}
    for state in states:
        said = track.estimate(state.tracks, params)
        when = start + datetime.timedelta(seconds=state.time_s)
        for row in np.flatnonzero(state.tracks.status >= track.Status.CONFIRMED).tolist():
            mean = np.concatenate((said.position_enu_m[row], said.velocity_enu_ms[row]))[order]
            spread = said.covariance[row][np.ix_(order, order)]
            uid = int(state.tracks.uid[row])
            one = found.setdefault(uid, peer["track"](id=str(uid)))
            one.append(peer["state"](peer["vector"](mean), peer["covariance"](spread), timestamp=when))
    return list(found.values())


def tracks_from(
    tracks: Iterable[Any], when: datetime.datetime, start: datetime.datetime, *, sensor: int = 0
) -> track.Frame:
    """Make a frame of the states that Stone Soup tracks over (x, vx, y, vy, z, vz) have at a time."""
    order = np.array([0, 2, 4, 1, 3, 5])
    rows, spreads = [], []
    for one in tracks:
        for state in one.states:
            if state.timestamp == when:
                rows.append(np.asarray(state.mean, dtype=np.float64).reshape(-1)[order])
                spreads.append(np.asarray(state.covar, dtype=np.float64)[np.ix_(order, order)])
    time_s = (when - start).total_seconds()
    spread = np.array(spreads).reshape(-1, 6, 6) if spreads else np.eye(6)[None]
    return track.sensor_tracks(time_s, np.array(rows).reshape(-1, 6), covariance=spread, sensor=sensor)
