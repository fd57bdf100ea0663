"""Which ground points lie in which protected zones: circles and polygons, each widened by its buffer.

Everything is two-dimensional, in east and north metres on the tangent plane at one origin.  A point belongs to a zone
if it lies inside the shape or no farther than the buffer from its edge.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int
from numba import njit

from marsad.geo.frames import enu_from_geodetic
from marsad.terms import Geodetic, Zone


@dataclass(frozen=True)
class ZoneShapes:
    """The shapes of many zones as arrays, in metres east and north of an origin.

    ``box_m`` is (west, east, south, north) of each zone with its buffer.  ``radius_m`` is the circle's radius with
    the buffer, or negative for a polygon, whose corners are rows ``first_corner[z]`` to ``first_corner[z + 1]``.
    """

    zone_ids: tuple[str, ...]
    box_m: Float[np.ndarray, "zone 4"]
    center_m: Float[np.ndarray, "zone 2"]
    radius_m: Float[np.ndarray, " zone"]
    buffer_m: Float[np.ndarray, " zone"]
    first_corner: Int[np.ndarray, " zone_and_end"]
    corner_m: Float[np.ndarray, "corner 2"]


def prepare_zones(zones: Sequence[Zone], origin: Geodetic, buffer_m: float | None = None) -> ZoneShapes:
    """Lay the zones out as arrays, once for a site.

    ``buffer_m``, where given, stands for every zone's own buffer.  Corners are projected onto the tangent plane at
    the zone's own height (``center.height_m``); 200 km from the origin lengths there are short by 0.05 %.
    """
    box = np.empty((len(zones), 4))
    center = np.empty((len(zones), 2))
    radius = np.full(len(zones), -1.0)
    buffers = np.array([zone.buffer_m if buffer_m is None else buffer_m for zone in zones], dtype=np.float64)
    first = np.zeros(len(zones) + 1, dtype=np.int64)
    corners: list[tuple[float, float]] = []
    for k, zone in enumerate(zones):
        height = zone.center.height_m
        center[k] = _plane(zone.center.latitude_rad, zone.center.longitude_rad, height, origin)
        if zone.radius_m is not None:
            radius[k] = zone.radius_m + buffers[k]
            west_south, east_north = center[k] - radius[k], center[k] + radius[k]
        else:
            ring = [_plane(latitude, longitude, height, origin) for latitude, longitude in _open_ring(zone.polygon_rad)]
            corners.extend(ring)
            west_south = np.min(ring, axis=0) - buffers[k]
            east_north = np.max(ring, axis=0) + buffers[k]
        box[k] = west_south[0], east_north[0], west_south[1], east_north[1]
        first[k + 1] = len(corners)
    return ZoneShapes(
        zone_ids=tuple(zone.zone_id for zone in zones),
        box_m=box,
        center_m=center,
        radius_m=radius,
        buffer_m=buffers,
        first_corner=first,
        corner_m=np.array(corners, dtype=np.float64).reshape(-1, 2),
    )


def zone_hits(
    east_m: Float[np.ndarray, " sample"], north_m: Float[np.ndarray, " sample"], shapes: ZoneShapes
) -> Bool[np.ndarray, "zone sample"]:
    """Say for every zone and point whether the point lies in the zone with its buffer."""
    return np.asarray(
        _hits(
            east_m,
            north_m,
            shapes.box_m,
            shapes.center_m,
            shapes.radius_m,
            shapes.buffer_m,
            shapes.first_corner,
            shapes.corner_m,
        )
    )


def zone_hit_fractions(
    east_m: Float[np.ndarray, " sample"],
    north_m: Float[np.ndarray, " sample"],
    weights: Float[np.ndarray, " sample"],
    zone_shapes: ZoneShapes,
) -> Float[np.ndarray, " zone"]:
    """Probability of each zone as the weight of the points that lie in it; weights should sum to one.

    Sums run in the order of the points, so the same points give the same bits.
    """
    return np.asarray(_weigh(zone_hits(east_m, north_m, zone_shapes), weights))


def zone_time_quantiles(
    hits: Bool[np.ndarray, "zone sample"],
    weights: Float[np.ndarray, " sample"],
    time_s: Float[np.ndarray, " sample"],
    levels: Sequence[float] = (0.05, 0.5, 0.95),
) -> Float[np.ndarray, "zone level"]:
    """Weighted quantiles of the points' times within each zone (NaN where no point lies in the zone).

    The quantile is the first time at which the summed weight reaches the level (no interpolation).
    """
    order = np.argsort(time_s, kind="stable")
    out = np.full((hits.shape[0], len(levels)), np.nan)
    sorted_time, sorted_weight = time_s[order], weights[order]
    for zone in np.flatnonzero(hits.any(axis=1)):
        inside = hits[zone, order]
        summed = np.cumsum(sorted_weight[inside])
        times = sorted_time[inside]
        for k, level in enumerate(levels):
            out[zone, k] = times[min(int(np.searchsorted(summed, level * summed[-1])), times.size - 1)]
    return out


def zone_probabilities(
    mode_weight: Float[np.ndarray, " mode"],
    mode_mean_m: Float[np.ndarray, "mode 2"],
    mode_covariance_m2: Float[np.ndarray, "mode 3"],
    standard_normal: Float[np.ndarray, "sample 2"],
    zone_shapes: ZoneShapes,
) -> Float[np.ndarray, " zone"]:
    """Probability of each zone under a Gaussian mixture on the plane.

    Parameters
    ----------
    mode_weight, mode_mean_m, mode_covariance_m2
        The mixture: weights, (east, north) means in metres, (EE, EN, NN) covariances in m².
    standard_normal
        Fixed quasi-random points of the standard normal distribution in the plane; every mode uses all of them, so
        the result is deterministic and smooth in the mixture's numbers.
    zone_shapes
        From ``prepare_zones``, with the same origin as the means.
    """
    east, north, weights = spread_mixture(mode_weight, mode_mean_m, mode_covariance_m2, standard_normal)
    return zone_hit_fractions(east, north, weights, zone_shapes)


def spread_mixture(
    mode_weight: Float[np.ndarray, " mode"],
    mode_mean_m: Float[np.ndarray, "mode 2"],
    mode_covariance_m2: Float[np.ndarray, "mode 3"],
    standard_normal: Float[np.ndarray, "sample 2"],
) -> tuple[Float[np.ndarray, " point"], Float[np.ndarray, " point"], Float[np.ndarray, " point"]]:
    """Lay standard normal points over every mode by its Cholesky factor; returns east, north, weight of all points."""
    ee, en, nn = mode_covariance_m2[:, 0], mode_covariance_m2[:, 1], mode_covariance_m2[:, 2]
    l00 = np.sqrt(ee)
    l10 = np.where(l00 > 0, en / np.where(l00 > 0, l00, 1.0), 0.0)
    l11 = np.sqrt(np.maximum(nn - l10 * l10, 0.0))
    u, v = standard_normal[:, 0], standard_normal[:, 1]
    east = mode_mean_m[:, :1] + l00[:, None] * u
    north = mode_mean_m[:, 1:] + l10[:, None] * u + l11[:, None] * v
    weights = np.repeat(mode_weight / u.size, u.size)
    return east.ravel(), north.ravel(), weights


def _plane(latitude_rad: float, longitude_rad: float, height_m: float, origin: Geodetic) -> tuple[float, float]:
    east, north, _ = enu_from_geodetic(
        latitude_rad, longitude_rad, height_m, origin.latitude_rad, origin.longitude_rad, origin.height_m
    )
    return east, north


def _open_ring(ring: tuple[tuple[float, float], ...]) -> tuple[tuple[float, float], ...]:
    return ring[:-1] if len(ring) > 3 and ring[0] == ring[-1] else ring


@njit(cache=True)
def _in_polygon(x: float, y: float, corner_m: np.ndarray, begin: int, end: int, buffer_m: float) -> bool:
    """Even-odd rule, then the distance to every edge (W. R. Franklin's crossing test)."""
    inside = False
    reach2 = buffer_m * buffer_m
    near = False
    j = end - 1
    for i in range(begin, end):
        xi, yi = corner_m[i, 0], corner_m[i, 1]
        xj, yj = corner_m[j, 0], corner_m[j, 1]
        if (yi > y) != (yj > y) and x < (xj - xi) * (y - yi) / (yj - yi) + xi:
            inside = not inside
        if not near and reach2 > 0.0:
            dx, dy = xj - xi, yj - yi
            length2 = dx * dx + dy * dy
            t = 0.0
            if length2 > 0.0:
                t = min(max(((x - xi) * dx + (y - yi) * dy) / length2, 0.0), 1.0)
            ex, ey = x - xi - t * dx, y - yi - t * dy
            near = ex * ex + ey * ey <= reach2
        j = i
    return inside or near


@njit(cache=True)
def _hits(
    east_m: np.ndarray,
    north_m: np.ndarray,
    box_m: np.ndarray,
    center_m: np.ndarray,
    radius_m: np.ndarray,
    buffer_m: np.ndarray,
    first_corner: np.ndarray,
    corner_m: np.ndarray,
) -> np.ndarray:
    zones, samples = box_m.shape[0], east_m.shape[0]
    out = np.zeros((zones, samples), dtype=np.bool_)
    if samples == 0:
        return out
    west, east, south, north = math.inf, -math.inf, math.inf, -math.inf
    for s in range(samples):
        west, east = min(west, east_m[s]), max(east, east_m[s])
        south, north = min(south, north_m[s]), max(north, north_m[s])
    for z in range(zones):
        if box_m[z, 0] > east or box_m[z, 1] < west or box_m[z, 2] > north or box_m[z, 3] < south:
            continue
        for s in range(samples):
            x, y = east_m[s], north_m[s]
            if x < box_m[z, 0] or x > box_m[z, 1] or y < box_m[z, 2] or y > box_m[z, 3]:
                continue
            if radius_m[z] >= 0.0:
                dx, dy = x - center_m[z, 0], y - center_m[z, 1]
                out[z, s] = dx * dx + dy * dy <= radius_m[z] * radius_m[z]
            else:
                out[z, s] = _in_polygon(x, y, corner_m, first_corner[z], first_corner[z + 1], buffer_m[z])
    return out


@njit(cache=True)
def _weigh(hits: np.ndarray, weights: np.ndarray) -> np.ndarray:
    out = np.zeros(hits.shape[0])
    for z in range(hits.shape[0]):
        total = 0.0
        for s in range(hits.shape[1]):
            if hits[z, s]:
                total += weights[s]
        out[z] = min(total, 1.0)
    return out
