"""Where a slow object may go: probability and time of reaching each zone, without an impact point.

A drone follows waypoints that nobody knows.  Its ways ahead are a fixed set of quasi-random paths: start and velocity
drawn from the track's covariance, a course that wanders a little, and turns at times of an exponential law.  A zone is
reached when a path first enters it with its buffer (first passage); the probability is the weight of the paths that do,
the times are quantiles over them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.special import ndtri

from marsad.geo.zones import ZoneShapes, zone_hits

_TURNS = 2


@dataclass(frozen=True)
class CorridorParams:
    """Numbers of the motion hypotheses; measured in docs/decisions.md.

    ``turn_mean_s`` is the mean time between turns at waypoints, ``turn_sigma_rad`` the spread of one turn;
    ``wander_rad`` the spread of the course held between them.  Paths end after ``horizon_s``, and at each zone that
    they enter with probability ``ends_at_zone``: who comes to attack does not fly over everything.
    """

    paths: int = 128
    horizon_s: float = 900.0
    step_m: float = 120.0
    turn_mean_s: float = 260.0
    turn_sigma_rad: float = 0.6
    wander_rad: float = 0.03
    speed_sigma_rel: float = 0.05
    min_speed_ms: float = 3.0
    ends_at_zone: float = 0.5


@dataclass(frozen=True)
class Reach:
    """First passages of one object into each zone; ``time_s`` are quantiles from now, NaN where no path goes.

    ``axis_time_s``, ``axis_m`` and ``axis_half_width_m`` describe the corridor: median way and the half-width that
    holds 80 % of the paths across it.
    """

    probability: Float[np.ndarray, " zone"]
    time_s: Float[np.ndarray, "zone 3"]
    neighbour: Bool[np.ndarray, " zone"]
    axis_time_s: Float[np.ndarray, " point"]
    axis_m: Float[np.ndarray, "point 2"]
    axis_half_width_m: Float[np.ndarray, " point"]


@lru_cache(maxsize=8)
def _draws(paths: int) -> Float[np.ndarray, "path draw"]:
    """Kronecker points k·α mod 1 with α from the root of x^(d+1) = x + 1; the same at every call.

    Source: M. Roberts, "The unreasonable effectiveness of quasirandom sequences" (2018), the R_d sequence.
    """
    dimensions = 6 + 2 * _TURNS
    root = 2.0
    for _ in range(40):
        root = (1.0 + root) ** (1.0 / (dimensions + 1))
    steps = root ** -np.arange(1.0, dimensions + 1.0)
    points = (0.5 + np.arange(1.0, paths + 1.0)[:, None] * steps) % 1.0
    return np.clip(points, 1e-6, 1.0 - 1e-6)


def paths_ahead(
    position_en_m: Float[np.ndarray, "2"],
    velocity_en_ms: Float[np.ndarray, "2"],
    covariance: Float[np.ndarray, "4 4"],
    params: CorridorParams,
) -> tuple[Float[np.ndarray, " step"], Float[np.ndarray, "path step 2"]]:
    """Lay out the quasi-random ways ahead.

    Parameters
    ----------
    position_en_m, velocity_en_ms
        East and north, metres and metres a second.
    covariance
        Of (east, north, velocity east, velocity north).

    Returns
    -------
    time_s, path_m
        Times from now of the steps, and east and north of every path at them.
    """
    u = _draws(params.paths)
    # drawn along and across the course, so that turning the map turns the answer
    course_rad = np.arctan2(velocity_en_ms[0], velocity_en_ms[1])
    along = np.array([[np.sin(course_rad), np.cos(course_rad)], [np.cos(course_rad), -np.sin(course_rad)]])
    turned = np.kron(np.eye(2), along)
    factor = turned.T @ np.linalg.cholesky(turned @ covariance @ turned.T + 1e-9 * np.eye(4))
    start = ndtri(u[:, :4]) @ factor.T
    position = position_en_m + start[:, :2]
    velocity = velocity_en_ms + start[:, 2:]
    speed = np.hypot(velocity[:, 0], velocity[:, 1]) * np.exp(params.speed_sigma_rel * ndtri(u[:, 4]))
    course = np.arctan2(velocity[:, 0], velocity[:, 1]) + params.wander_rad * ndtri(u[:, 5])
    mean_speed = max(float(np.hypot(*velocity_en_ms)), params.min_speed_ms)
    step_s = max(params.step_m / mean_speed, 0.5)
    count = int(np.ceil(params.horizon_s / step_s))
    time = step_s * np.arange(count + 1)
    path = np.empty((u.shape[0], count + 1, 2))
    path[...] = position[:, None, :]
    begin_s = np.zeros(u.shape[0])
    for k in range(_TURNS + 1):
        is_last = k == _TURNS
        end_s = np.full(u.shape[0], np.inf) if is_last else begin_s - params.turn_mean_s * np.log1p(-u[:, 6 + 2 * k])
        flown_s = np.clip(time[None, :] - begin_s[:, None], 0.0, (end_s - begin_s)[:, None])
        path[:, :, 0] += (speed * np.sin(course))[:, None] * flown_s
        path[:, :, 1] += (speed * np.cos(course))[:, None] * flown_s
        if not is_last:
            course = course + params.turn_sigma_rad * ndtri(u[:, 7 + 2 * k])
            begin_s = end_s
    return time, path


def first_passage(
    time_s: Float[np.ndarray, " step"], path_m: Float[np.ndarray, "path step 2"], shapes: ZoneShapes
) -> Float[np.ndarray, "zone path"]:
    """Time from now at which each path first lies in each zone; infinite where it never does."""
    paths, steps, _ = path_m.shape
    hits = zone_hits(
        np.ascontiguousarray(path_m[:, :, 0]).ravel(), np.ascontiguousarray(path_m[:, :, 1]).ravel(), shapes
    )
    inside = hits.reshape(-1, paths, steps)
    first = np.argmax(inside, axis=2)
    return np.where(inside.any(axis=2), time_s[first], np.inf)


def reach(
    position_en_m: Float[np.ndarray, "2"],
    velocity_en_ms: Float[np.ndarray, "2"],
    covariance: Float[np.ndarray, "4 4"],
    shapes: ZoneShapes,
    near_shapes: ZoneShapes,
    params: CorridorParams,
) -> Reach:
    """Forecast one object's first passages into the zones.

    ``near_shapes`` are the same zones with a wider buffer: a zone that only those reach is a neighbour.
    """
    time, path = paths_ahead(position_en_m, velocity_en_ms, covariance, params)
    entry = first_passage(time, path, shapes)
    reached = np.isfinite(entry)
    quantiles = _quantiles(np.sort(entry, axis=1), reached.sum(axis=1), np.array([0.05, 0.5, 0.95]))
    near = np.isfinite(first_passage(time, path, near_shapes)).mean(axis=1)
    probability = _still_flying(entry, params.ends_at_zone).mean(axis=1)
    axis_time, axis, width = _axis(time, path)
    return Reach(
        probability=probability,
        time_s=quantiles,
        neighbour=(near >= 0.2) & (probability < 0.05),
        axis_time_s=axis_time,
        axis_m=axis,
        axis_half_width_m=width,
    )


def _quantiles(
    ordered: Float[np.ndarray, "zone path"], counts: Int[np.ndarray, " zone"], shares: Float[np.ndarray, " share"]
) -> Float[np.ndarray, "zone share"]:
    """Quantiles of the first ``counts`` of each row in order, linear between neighbours; NaN where there are none."""
    place = shares * np.maximum(counts - 1, 0)[:, None]
    below = place.astype(np.int64)
    above = np.minimum(below + 1, np.maximum(counts - 1, 0)[:, None])
    low, high = np.take_along_axis(ordered, below, axis=1), np.take_along_axis(ordered, above, axis=1)
    found = np.full(place.shape, np.nan)
    some = counts > 0
    found[some] = low[some] + (high[some] - low[some]) * (place - below)[some]
    return found


def _still_flying(entry_s: Float[np.ndarray, "zone path"], ends_at_zone: float) -> Float[np.ndarray, "zone path"]:
    """Probability that each path is still flown when it enters each zone; zero where it never does."""
    rank = np.argsort(np.argsort(entry_s, axis=0, kind="stable"), axis=0, kind="stable")
    return np.where(np.isfinite(entry_s), (1.0 - ends_at_zone) ** rank, 0.0)


def _axis(
    time_s: Float[np.ndarray, " step"], path_m: Float[np.ndarray, "path step 2"]
) -> tuple[Float[np.ndarray, " point"], Float[np.ndarray, "point 2"], Float[np.ndarray, " point"]]:
    """Median way of the first five minutes at some ten points, and half of the 80 % spread across it."""
    last = int(np.searchsorted(time_s, 300.0, side="right")) - 1
    index = np.unique(np.linspace(0, max(last, 1), 11).astype(np.int64))
    middle = np.median(path_m[:, index], axis=0)
    along = np.gradient(middle, axis=0)
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-9)
    across = (path_m[:, index] - middle)[:, :, 0] * -along[:, 1] + (path_m[:, index] - middle)[:, :, 1] * along[:, 0]
    low, high = np.quantile(across, (0.1, 0.9), axis=0)
    return time_s[index], middle, 0.5 * (high - low)
