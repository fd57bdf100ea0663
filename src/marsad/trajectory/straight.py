"""A straight, evenly slowing path from bearings of several stations: for what crosses fast and high.

Start by the planes that each station's bearings span; then least squares over the lines of sight, with the
stations' clocks as unknowns held by a prior.
Source: J. Borovička, "The comparison of two methods of determining meteor trajectories from photographs",
Bull. Astron. Inst. Czech. 41 (1990) 391 (lines of sight against planes); Z. Ceplecha, ibid. 38 (1987) 222 (planes).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from marsad.geo.linear import cholesky, invert_cholesky, solve_cholesky
from marsad.sensing.book import direction
from marsad.sensing.measure import look, wrap_angle

PATH = 7
"""Columns of the path: position (3), velocity (3), slowing along it; the stations' clocks follow."""

_ITERATIONS = 40
_PARALLEL = 0.01


@dataclass(frozen=True)
class Sights:
    """Bearings: ``station`` (row) indexes ``place_m`` (station, 3; ECEF) and ``axes`` (station, 3, 3; ENU).

    ``azimuth_rad`` from true north clockwise, ``elevation_rad`` above the horizontal, both at the station.
    """

    station: Int[np.ndarray, " row"]
    time_s: Float[np.ndarray, " row"]
    azimuth_rad: Float[np.ndarray, " row"]
    elevation_rad: Float[np.ndarray, " row"]
    place_m: Float[np.ndarray, "station 3"]
    axes: Float[np.ndarray, "station 3 3"]


@dataclass(frozen=True)
class StraightPath:
    """Position (ECEF m) at ``epoch_s``, velocity there (m/s), slowing (m/s²), clocks (station; s, the first is zero).

    ``covariance`` over these columns (the first clock left out); ``angle_rms_rad``: root mean square of the misses,
    each the angle between a bearing and the path.
    """

    epoch_s: float
    position_m: Float[np.ndarray, "3"]
    velocity_ms: Float[np.ndarray, "3"]
    slowing_ms2: float
    clock_s: Float[np.ndarray, " station"]
    covariance: Float[np.ndarray, "n n"]
    angle_rms_rad: float

    def position_at(self, time_s: float) -> Float[np.ndarray, "3"]:
        """Place (ECEF m) at a time on the first station's clock."""
        t = time_s - self.epoch_s
        along = self.velocity_ms / np.sqrt((self.velocity_ms**2).sum())
        return self.position_m + self.velocity_ms * t - 0.5 * self.slowing_ms2 * t * t * along


@dataclass(frozen=True)
class PlaneStart:
    """First guess at the mean time: position (ECEF m), velocity (m/s), and how late each station's clock seems."""

    position_m: Float[np.ndarray, "3"]
    velocity_ms: Float[np.ndarray, "3"]
    clock_s: Float[np.ndarray, " station"]


def plane_start(sights: Sights) -> PlaneStart | None:
    """Guess by the planes of the two stations that cross best; None if none cross."""
    lines = _lines(sights)
    stations = [s for s in range(sights.place_m.shape[0]) if (sights.station == s).sum() >= 3]
    normals = {s: _normal(lines[sights.station == s]) for s in stations}
    best, a, b = 0.0, -1, -1
    for i, one in enumerate(stations):
        for other in stations[i + 1 :]:
            apart = _length(np.cross(normals[one], normals[other]))
            if apart > best:
                best, a, b = apart, one, other
    if best < _PARALLEL:
        return None
    along = np.cross(normals[a], normals[b]) / best
    mid = 0.5 * (sights.place_m[a] + sights.place_m[b])
    planes = np.array([normals[a], normals[b], along])
    anchor = np.linalg.solve(planes, [normals[a] @ sights.place_m[a], normals[b] @ sights.place_m[b], along @ mid])
    at = np.array(
        [_nearest(anchor, along, sights.place_m[k], line) for k, line in zip(sights.station, lines, strict=True)]
    )
    # each station's own clock tells the speed; where it puts the body at the mean time tells how late that clock is
    epoch = float(sights.time_s.mean())
    speeds, places = np.zeros(len(stations)), np.zeros(len(stations))
    for i, k in enumerate(stations):
        own = sights.station == k
        t = sights.time_s[own] - epoch
        spread = t - t.mean()
        speeds[i] = (spread * at[own]).sum() / (spread * spread).sum()
        places[i] = at[own].mean() - speeds[i] * t.mean()
    speed = float(np.median(speeds))
    clock = np.zeros(sights.place_m.shape[0])
    clock[stations] = (places[0] - places) / speed
    return PlaneStart(anchor + along * places[0], along * speed, clock - clock[0])


def fit_straight(
    sights: Sights, angle_sigma_rad: float = 3e-4, clock_sigma_s: float = 0.0, slowing_sigma_ms2: float = 1e4
) -> StraightPath | None:
    """Fit a path; None when the stations do not see it from apart enough.

    Parameters
    ----------
    sights
        Bearings of two or more stations; the first station's clock is the one believed.
    angle_sigma_rad
        Standard deviation of one bearing, across and upwards.
    clock_sigma_s
        How far the other stations' clocks may be from the first's; zero holds them equal.
    slowing_sigma_ms2
        How strongly it may slow (or the reverse) at most.
    """
    start = plane_start(sights)
    if start is None:
        return None
    stations = sights.place_m.shape[0]
    clocks = stations - 1 if clock_sigma_s > 0 else 0
    x = np.concatenate([start.position_m, start.velocity_ms, [0.0], start.clock_s[1:] if clocks else []])
    clock_weight = 1.0 / clock_sigma_s**2 if clocks else 0.0
    prior = np.concatenate([np.zeros(6), [1.0 / slowing_sigma_ms2**2], np.full(clocks, clock_weight)])
    scale = np.concatenate([np.full(7, 1e3), np.full(clocks, max(clock_sigma_s, 1e-3))])
    epoch = float(sights.time_s.mean())
    lower = np.zeros((x.size, x.size))
    misses, slopes = _misses(sights, x, epoch)
    cost = _cost(misses, x, prior, angle_sigma_rad)
    damping = 1e-3
    for _ in range(_ITERATIONS):
        h = np.diag(prior) + np.einsum("rmi,rmj->ij", slopes, slopes) / angle_sigma_rad**2
        g = np.einsum("rmi,rm->i", slopes, misses) / angle_sigma_rad**2 - prior * x
        h = h * scale[:, None] * scale[None, :]
        if not cholesky(h + np.diag(np.diag(h) * damping), lower):
            return None
        step = solve_cholesky(lower, g * scale)
        tried, tried_slopes = _misses(sights, x + step * scale, epoch)
        new_cost = _cost(tried, x + step * scale, prior, angle_sigma_rad)
        if new_cost > cost:
            damping *= 10.0
            continue
        fell, cost = cost - new_cost, new_cost
        x, misses, slopes, damping = x + step * scale, tried, tried_slopes, damping * 0.1
        if fell < 1e-6:
            break
    if not cholesky(h, lower):
        return None
    covariance = invert_cholesky(lower) * scale[:, None] * scale[None, :]
    clock = np.concatenate([[0.0], x[PATH:]]) if clocks else np.zeros(stations)
    rms = math.sqrt(float((misses**2).sum(1).mean()))
    return StraightPath(epoch, x[:3].copy(), x[3:6].copy(), float(x[6]), clock, covariance, rms)


def _cost(
    misses: Float[np.ndarray, "row 2"], x: Float[np.ndarray, " n"], prior: Float[np.ndarray, " n"], sigma_rad: float
) -> float:
    return float((misses**2).sum() / sigma_rad**2 + (prior * x * x).sum())


def _length(v: Float[np.ndarray, "3"]) -> float:
    return math.sqrt(float((v * v).sum()))


def _misses(
    sights: Sights, x: Float[np.ndarray, " n"], epoch_s: float
) -> tuple[Float[np.ndarray, "row 2"], Float[np.ndarray, "row 2 n"]]:
    """Angles by which bearings miss the path (across, upwards), and the path's angles' derivatives."""
    n = x.size
    misses, slopes = np.zeros((sights.station.size, 2)), np.zeros((sights.station.size, 2, n))
    speed = math.sqrt(float((x[3:6] ** 2).sum()))
    along = x[3:6] / speed
    jacobian = np.empty((3, 3))
    turning = (np.eye(3) - np.outer(along, along)) / speed
    for row, k in enumerate(sights.station):
        clock = x[PATH + k - 1] if k > 0 and n > PATH else 0.0
        t = float(sights.time_s[row]) - clock - epoch_s
        place = x[:3] + x[3:6] * t - 0.5 * x[6] * t * t * along
        d = sights.axes[k] @ (place - sights.place_m[k])
        _, azimuth, elevation = look(d[0], d[1], d[2], jacobian)
        c = math.cos(elevation)
        misses[row] = (
            wrap_angle(float(sights.azimuth_rad[row]) - azimuth) * c,
            float(sights.elevation_rad[row]) - elevation,
        )
        by_place = (jacobian[1:] * np.array([[c], [1.0]])) @ sights.axes[k]
        slopes[row, :, :3] = by_place
        slopes[row, :, 3:6] = by_place @ (np.eye(3) * t - 0.5 * x[6] * t * t * turning)
        slopes[row, :, 6] = by_place @ (-0.5 * t * t * along)
        if k > 0 and n > PATH:
            slopes[row, :, PATH + k - 1] = -(by_place @ (x[3:6] - x[6] * t * along))
    return misses, slopes


def ranges_m(sights: Sights, start: PlaneStart) -> Float[np.ndarray, " row"]:
    """How far along each bearing the line of a start lies (m); behind the station it is negative.

    Bearings whose convention was misread rarely meet in front of all stations.
    """
    lines = _lines(sights)
    along = start.velocity_ms / _length(start.velocity_ms)
    out = np.zeros(sights.station.size)
    for row, k in enumerate(sights.station):
        place, line = sights.place_m[k], lines[row]
        at = start.position_m + along * _nearest(start.position_m, along, place, line)
        out[row] = (at - place) @ line
    return out


def _lines(sights: Sights) -> Float[np.ndarray, "row 3"]:
    """Unit vectors (ECEF) of all bearings."""
    return np.array(
        [
            sights.axes[k].T @ np.array(direction(float(a), float(e)))
            for k, a, e in zip(sights.station, sights.azimuth_rad, sights.elevation_rad, strict=True)
        ]
    )


def _normal(lines: Float[np.ndarray, "row 3"]) -> Float[np.ndarray, "3"]:
    """Normal of the plane through a station's bearings: the direction in which they spread least."""
    _, vectors = np.linalg.eigh(lines.T @ lines)
    return np.asarray(vectors[:, 0])


def _nearest(
    anchor: Float[np.ndarray, "3"],
    along: Float[np.ndarray, "3"],
    place: Float[np.ndarray, "3"],
    line: Float[np.ndarray, "3"],
) -> float:
    """Where along a line a line of sight passes nearest to it."""
    gap = place - anchor
    c = float(along @ line)
    return float((along @ gap - c * (line @ gap)) / (1.0 - c * c))
