"""How far a track flew from a launch's forecast path: which rocket is which."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from marsad.geo.frames import ecef_from_geodetic
from marsad.terms import ImpactForecast, TrackReport

MOST_APART_M = 300.0
"""A track whose median distance to a path is above this did not fly it."""


def apart_m(reports: Sequence[TrackReport], forecasts: Sequence[ImpactForecast]) -> float:
    """Median distance (m) of a track from the last forecast path at the same times; infinite without common times."""
    path = next((one.trajectory for one in reversed(forecasts) if len(one.trajectory) > 1), None)
    if path is None:
        return math.inf
    time_ns = np.array([node[0] for node in path], dtype=np.float64)
    place = np.array([ecef_from_geodetic(latitude, longitude, height) for _, latitude, longitude, height in path])
    away = []
    for one in reports:
        if one.range_known and time_ns[0] <= one.time_utc_ns <= time_ns[-1]:
            p = one.position
            at = [np.interp(one.time_utc_ns, time_ns, place[:, axis]) for axis in range(3)]
            away.append(math.dist(at, ecef_from_geodetic(p.latitude_rad, p.longitude_rad, p.height_m)))
    return float(np.median(away)) if away else math.inf
