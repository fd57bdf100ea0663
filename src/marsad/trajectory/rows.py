"""From detections to rows of the fit."""

from __future__ import annotations

import numpy as np

from marsad.geo.linear import cholesky
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
        whitener[0] = _whitener(np.array([[rr, ra, re], [ra, aa, ae], [re, ae, ee]]))
    elif isinstance(detection, Impulse):
        kind[0] = IMPULSE
        value[0, :2] = time_s, detection.azimuth_rad
        whitener[0, 0, 0] = 1.0 / detection.time_sigma_s
        whitener[0, 1, 1] = 1.0 / detection.azimuth_sigma_rad
    else:
        aa, ae, ee = detection.covariance_rad2
        value[0, :2] = detection.azimuth_rad, detection.elevation_rad
        whitener[0, :2, :2] = _whitener(np.array([[aa, ae], [ae, ee]]))
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


def _whitener(covariance: np.ndarray) -> np.ndarray:
    """Lower triangular W with Wᵀ W = covariance⁻¹ and W covariance Wᵀ = 1."""
    n = covariance.shape[0]
    lower = np.zeros((n, n))
    if not cholesky(covariance, lower):
        raise ValueError("covariance is not positive definite")
    inverse = np.zeros((n, n))
    for i in range(n):
        inverse[i, i] = 1.0 / lower[i, i]
        for j in range(i):
            inverse[i, j] = -(lower[i, j:i] @ inverse[j:i, j]) / lower[i, i]
    return inverse
