"""Making frames of detections from what a researcher has: lists of plots, positions, bearings, tracks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from marsad.track.types import DetectionKind, Frame

COLUMNS = {DetectionKind.PLOT: 3, DetectionKind.POSITION: 3, DetectionKind.BEARING: 2, DetectionKind.TRACK: 6}


def frame(
    kind: DetectionKind,
    time_s: float,
    measurement: npt.ArrayLike,
    *,
    sigma: Sequence[float] | None = None,
    covariance: npt.ArrayLike | None = None,
    sensor: int = 0,
    position_enu_m: tuple[float, float, float] = (0.0, 0.0, 0.0),
    detection_id: npt.ArrayLike | None = None,
) -> Frame:
    """Make a frame of any kind; ``plots``, ``positions``, ``bearings`` and ``sensor_tracks`` are its short forms.

    Give either ``sigma`` (standard deviations per column, the same for all) or ``covariance`` (one matrix, or one per
    detection).  Without ``detection_id`` the detections are numbered from the time (in microseconds) and the sensor.
    """
    columns = COLUMNS[kind]
    rows = np.asarray(measurement, dtype=np.float64).reshape(-1, columns)
    if (sigma is None) == (covariance is None):
        raise ValueError("a frame needs either sigma or covariance")
    if sigma is not None:
        if len(sigma) != columns:
            raise ValueError(f"sigma needs {columns} numbers for {kind.name}, got {len(sigma)}")
        spread = np.diag(np.square(np.asarray(sigma, dtype=np.float64)))[None]
    else:
        spread = np.asarray(covariance, dtype=np.float64).reshape(-1, columns, columns)
    if len(spread) not in (1, len(rows)):
        raise ValueError(f"covariance needs 1 or {len(rows)} matrices, got {len(spread)}")
    if detection_id is None:
        first = (round(time_s * 1e6) * 64 + sensor % 64) * 4096
        numbers = np.arange(first, first + len(rows), dtype=np.int64)
    else:
        numbers = np.asarray(detection_id, dtype=np.int64).reshape(-1)
        if len(numbers) != len(rows):
            raise ValueError(f"detection_id needs {len(rows)} numbers, got {len(numbers)}")
    return Frame(float(time_s), kind, rows, spread, numbers, sensor, position_enu_m)


def plots(
    time_s: float,
    measurement: npt.ArrayLike,
    *,
    sigma: Sequence[float] | None = None,
    covariance: npt.ArrayLike | None = None,
    sensor: int = 0,
    position_enu_m: tuple[float, float, float] = (0.0, 0.0, 0.0),
    detection_id: npt.ArrayLike | None = None,
) -> Frame:
    """Radar plots: range (m), azimuth clockwise from north and elevation (rad) seen from ``position_enu_m``."""
    return frame(
        DetectionKind.PLOT,
        time_s,
        measurement,
        sigma=sigma,
        covariance=covariance,
        sensor=sensor,
        position_enu_m=position_enu_m,
        detection_id=detection_id,
    )


def positions(
    time_s: float,
    measurement: npt.ArrayLike,
    *,
    sigma: Sequence[float] | None = None,
    covariance: npt.ArrayLike | None = None,
    sensor: int = 0,
    detection_id: npt.ArrayLike | None = None,
) -> Frame:
    """Positions: east, north, up (m); an unknown height is one of large variance."""
    return frame(
        DetectionKind.POSITION,
        time_s,
        measurement,
        sigma=sigma,
        covariance=covariance,
        sensor=sensor,
        detection_id=detection_id,
    )


def bearings(
    time_s: float,
    measurement: npt.ArrayLike,
    *,
    sigma: Sequence[float] | None = None,
    covariance: npt.ArrayLike | None = None,
    sensor: int = 0,
    position_enu_m: tuple[float, float, float] = (0.0, 0.0, 0.0),
    detection_id: npt.ArrayLike | None = None,
) -> Frame:
    """Bearings: azimuth clockwise from north and elevation (rad) from ``position_enu_m``.

    An infinite elevation variance says that only the azimuth was measured.
    """
    return frame(
        DetectionKind.BEARING,
        time_s,
        measurement,
        sigma=sigma,
        covariance=covariance,
        sensor=sensor,
        position_enu_m=position_enu_m,
        detection_id=detection_id,
    )


def sensor_tracks(
    time_s: float,
    measurement: npt.ArrayLike,
    *,
    sigma: Sequence[float] | None = None,
    covariance: npt.ArrayLike | None = None,
    sensor: int = 0,
    detection_id: npt.ArrayLike | None = None,
) -> Frame:
    """Tracks of a sensor that delivers only tracks: east, north, up (m) and their rates (m/s)."""
    return frame(
        DetectionKind.TRACK,
        time_s,
        measurement,
        sigma=sigma,
        covariance=covariance,
        sensor=sensor,
        detection_id=detection_id,
    )
