"""A bang located from far arrays: bearings and arrival times, the sound's way through the air known only on average.

Near a site the fits know wind and temperature (``marsad.trajectory.fit``); over hundreds of kilometres sound goes by
ducts in the air above, and only its celerity (distance over time) is known, to some ten percent, path by path.
Source: R. Modrak, S. Arrowsmith, D. Anderson, "A Bayesian framework for infrasound location", Geophys. J. Int. 181
(2010) 399 (bearings and celerities); celerities: table 1 there.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from jaxtyping import Float

from marsad.geo.linear import cholesky, invert_cholesky, solve_cholesky
from marsad.sensing.measure import wrap_angle

MEAN_RADIUS_M = 6371008.8  # IUGG mean radius; the sphere's error of 0.3 % is far below the celerity's
CELERITY_MS = 290.0
CELERITY_SIGMA_MS = 25.0
AZIMUTH_SIGMA_RAD = math.radians(4.0)
"""Wind across the way turns the bearing by some degrees."""

UNUSED_CHI2 = 9.0
"""What leaving a report out costs: one that fits worse than this belongs to something else."""

_ITERATIONS = 25


@dataclass(frozen=True)
class Report:
    """One arrival at one array: place (rad), time (s) and direction it came from (rad, clockwise from north)."""

    array: str
    latitude_rad: float
    longitude_rad: float
    time_s: float
    azimuth_rad: float


@dataclass(frozen=True)
class Bang:
    """Where and when (covariance over east m, north m, time s), which reports told of it, and how well they agree."""

    latitude_rad: float
    longitude_rad: float
    time_s: float
    covariance: Float[np.ndarray, "3 3"]
    used: tuple[int, ...]
    chi2: float


def distance_and_azimuth(lat1: float, lon1: float, lat2: float, lon2: float) -> tuple[float, float]:
    """Great-circle distance (m) and the azimuth (rad) at the first point of the way to the second."""
    dl = lon2 - lon1
    east = math.cos(lat2) * math.sin(dl)
    north = math.cos(lat1) * math.sin(lat2) - math.sin(lat1) * math.cos(lat2) * math.cos(dl)
    along = math.sin(lat1) * math.sin(lat2) + math.cos(lat1) * math.cos(lat2) * math.cos(dl)
    return MEAN_RADIUS_M * math.atan2(math.hypot(east, north), along), math.atan2(east, north)


def locate_bang(reports: Sequence[Report], least_arrays: int = 3) -> Bang | None:
    """Find the bang that most reports agree on, at most one of each array; None if too few arrays agree on any.

    Every choice of reports is fitted, so this is for the tens of reports of an hour, not for thousands.
    """
    by_array: dict[str, list[int]] = {}
    for index, report in enumerate(reports):
        by_array.setdefault(report.array, []).append(index)
    best: Bang | None = None
    best_cost = math.inf
    for choice in product(*([None, *own] for own in by_array.values())):
        used = tuple(i for i in choice if i is not None)
        if len(used) < least_arrays:
            continue
        found = _fit([reports[i] for i in used], used)
        if found is None:
            continue
        cost = found.chi2 + UNUSED_CHI2 * (len(by_array) - len(used))
        if cost < best_cost:
            best, best_cost = found, cost
    if best is None or best.chi2 > UNUSED_CHI2 * len(best.used) / 2:
        return None
    return best


def _fit(reports: Sequence[Report], used: tuple[int, ...]) -> Bang | None:
    """Gauss-Newton from the middle of the arrays."""
    lat = sum(r.latitude_rad for r in reports) / len(reports)
    lon = sum(r.longitude_rad for r in reports) / len(reports)
    x = np.array([lat, lon, min(r.time_s for r in reports) - 900.0])
    scale = np.array([0.01, 0.01, 100.0])
    h, lower, chi2 = np.zeros((3, 3)), np.zeros((3, 3)), math.inf
    for _ in range(_ITERATIONS):
        r0 = _residuals(reports, x)
        chi2 = float((r0 * r0).sum())
        j = np.zeros((r0.size, 3))
        for q in range(3):
            d = np.zeros(3)
            d[q] = 1e-3 * scale[q]
            j[:, q] = (_residuals(reports, x + d) - _residuals(reports, x - d)) / 2e-3
        h = j.T @ j + 1e-9 * np.eye(3)
        if not cholesky(h, lower):
            return None
        step = -solve_cholesky(lower, j.T @ r0)
        limit = max(1.0, float(np.abs(step[:2]).max()) / 5.0)
        x = x + step / limit * scale
        if not abs(x[0]) < 1.55:
            return None
        if np.abs(step).max() < 1e-6:
            break
    units = scale * np.array([MEAN_RADIUS_M, MEAN_RADIUS_M * math.cos(x[0]), 1.0])
    covariance = invert_cholesky(lower) * units[:, None] * units[None, :]
    order = [1, 0, 2]
    return Bang(float(x[0]), float(x[1]), float(x[2]), covariance[np.ix_(order, order)], used, chi2)


def _residuals(reports: Sequence[Report], x: Float[np.ndarray, "3"]) -> Float[np.ndarray, " n"]:
    """Normalised misses: bearing and arrival time of each report."""
    out = []
    for r in reports:
        distance, azimuth = distance_and_azimuth(r.latitude_rad, r.longitude_rad, float(x[0]), float(x[1]))
        delay = distance / CELERITY_MS
        out.append(wrap_angle(r.azimuth_rad - azimuth) / AZIMUTH_SIGMA_RAD)
        out.append((r.time_s - float(x[2]) - delay) / (delay * CELERITY_SIGMA_MS / CELERITY_MS))
    return np.array(out)
