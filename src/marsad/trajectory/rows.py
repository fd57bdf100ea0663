"""From detections to rows of the fit."""

from __future__ import annotations

import math

import numpy as np

from marsad.sensing.book import SensorBook
from marsad.terms import Bearing, Flash, Impulse, Plot
from marsad.trajectory.observations import DIRECTION, IMPULSE, ONSET, PLOT, Observations


def rows_of(detection: Flash | Bearing | Plot | Impulse, book: SensorBook) -> Observations:
    """Rows of one detection: two for a flash (direction, onset), one for the others."""
    k = book.index[detection.sensor_id]
    time_s = book.seconds(detection.time_utc_ns)
    place, axes, geodetic = book.place(k, time_s)
    n = 2 if isinstance(detection, Flash) else 1
    kind = np.full(n, DIRECTION, np.int64)
    value = np.zeros((n, 3))
    whitener = np.zeros((n, 3, 3))
    if isinstance(detection, Plot):
        kind[0] = PLOT
        value[0] = detection.range_m, detection.azimuth_rad, detection.elevation_rad
        rr, ra, re, aa, ae, ee = detection.covariance
        whitener[0] = _whitener3(rr, ra, re, aa, ae, ee)
    elif isinstance(detection, Impulse):
        kind[0] = IMPULSE
        value[0, :2] = time_s, detection.azimuth_rad
        whitener[0, 0, 0] = 1.0 / detection.time_sigma_s
        whitener[0, 1, 1] = 1.0 / detection.azimuth_sigma_rad
    else:
        aa, ae, ee = detection.covariance_rad2
        value[0, :2] = detection.azimuth_rad, detection.elevation_rad
        whitener[0, :2, :2] = _whitener2(aa, ae, ee)
        if isinstance(detection, Flash):
            kind[1] = ONSET
            value[1, 0] = book.seconds(detection.onset_utc_ns)
            whitener[1, 0, 0] = 1.0 / detection.onset_sigma_s
    return Observations(
        kind,
        np.full(n, k, np.int64),
        np.full(n, time_s),
        value,
        whitener,
        np.array([place] * n),
        np.array([axes] * n),
        np.full(n, geodetic[2]),
    )


def _whitener2(aa: float, ab: float, bb: float) -> tuple[tuple[float, float], tuple[float, float]]:
    """Lower triangular W with Wᵀ W = covariance⁻¹, of a 2 x 2 covariance (upper triangle): the inverse of its root."""
    first = 1.0 / _root(aa)
    l10 = ab * first
    second = 1.0 / _root(bb - l10 * l10)
    return (first, 0.0), (-l10 * first * second, second)


def _whitener3(
    aa: float, ab: float, ac: float, bb: float, bc: float, cc: float
) -> tuple[tuple[float, float, float], tuple[float, float, float], tuple[float, float, float]]:
    """The same of a 3 x 3 covariance."""
    (first, _), (w10, second) = _whitener2(aa, ab, bb)
    l20 = ac * first
    l21 = (bc - l20 * ab * first) * second
    third = 1.0 / _root(cc - l20 * l20 - l21 * l21)
    return (first, 0.0, 0.0), (w10, second, 0.0), (-(l20 * first + l21 * w10) * third, -l21 * second * third, third)


def _root(square: float) -> float:
    if not square > 0.0:
        raise ValueError("covariance is not positive definite")
    return math.sqrt(square)
