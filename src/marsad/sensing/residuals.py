"""What plots say about where they were measured from: a robust fit of biases, clocks and places.

One sensor (radar or camera) sees references whose places are reported: own drones by their poses, aircraft by their
cooperative reports.  With stamp = true time + clock offset, the plot i of reference k obeys

    z_i = h(p_k(t_i − τ + τ_k) − δ_k) + b + noise

where p_k is the reported way of the reference, h the geometry (range, azimuth, elevation), b the sensor's bias, τ its
clock offset, τ_k and δ_k the reference's own clock and place error.  All have priors; the fit is Gauss-Newton with
hard redescending weights (P. J. Huber, Robust Statistics, 1981, section 4.8), every plot given to its nearest
reference or to none.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int
from numba import njit

from marsad.sensing.scatter import Look

OUTLIER_CHI2 = 16.0
SENSOR_PARAMETERS = 4
REFERENCE_PARAMETERS = 4


@dataclass(frozen=True)
class Reference:
    """Reported way of one body: times and places in site ENU; ``jitter_m`` is the noise of a single report."""

    key: str
    time_s: Float[np.ndarray, " sample"]
    position_m: Float[np.ndarray, "sample 3"]
    jitter_m: float


@dataclass(frozen=True)
class Looks:
    """Measurements of one sensor: stamps, (range, azimuth, elevation), their variances, and where it stood.

    ``to_local`` turns site axes into the axes at the sensor.  A camera has infinite range variance.
    """

    time_s: Float[np.ndarray, " look"]
    measured: Float[np.ndarray, "look 3"]
    variance: Float[np.ndarray, "look 3"]
    sensor_m: Float[np.ndarray, "look 3"]
    to_local: Float[np.ndarray, "3 3"]


@dataclass(frozen=True)
class Fit:
    """Result of one fit.

    ``theta`` holds (range m, azimuth rad, elevation rad, clock s) of the sensor, then (east m, north m, up m,
    clock s) of each reference; ``cost`` is the robust sum of squares with the prior's part; ``owner`` the reference
    of each look or -1.
    """

    theta: Float[np.ndarray, " parameter"]
    covariance: Float[np.ndarray, "parameter parameter"]
    cost: float
    owner: Int[np.ndarray, " look"]


def place_at(reference: Reference, time_s: Float[np.ndarray, " look"]) -> Float[np.ndarray, "look 3"]:
    """Reported place at the times, linear between reports; NaN where no report is near enough in time."""
    known = reference.time_s
    after = np.clip(np.searchsorted(known, time_s), 1, known.size - 1)
    before = after - 1
    span = known[after] - known[before]
    share = (time_s - known[before]) / np.maximum(span, 1e-6)
    place = reference.position_m[before] + share[:, None] * (reference.position_m[after] - reference.position_m[before])
    outside = (time_s < known[0] - 0.5) | (time_s > known[-1] + 0.5) | (span > 6.0)
    place[outside] = np.nan
    return place


def geometry(
    relative_m: Float[np.ndarray, "look 3"],
) -> tuple[Float[np.ndarray, "look 3"], Float[np.ndarray, "look 3 3"]]:
    """Range, azimuth and elevation of places relative to the sensor (its own axes), and their derivatives."""
    x, y, z = relative_m[:, 0], relative_m[:, 1], relative_m[:, 2]
    ground2 = np.maximum(x * x + y * y, 1.0)
    ground = np.sqrt(ground2)
    r2 = ground2 + z * z
    r = np.sqrt(r2)
    value = np.stack([r, np.arctan2(x, y), np.arctan2(z, ground)], axis=1)
    slope = np.zeros((x.size, 3, 3))
    slope[:, 0] = relative_m / r[:, None]
    slope[:, 1, 0], slope[:, 1, 1] = y / ground2, -x / ground2
    slope[:, 2, 0], slope[:, 2, 1], slope[:, 2, 2] = -x * z / (r2 * ground), -y * z / (r2 * ground), ground / r2
    return value, slope


@dataclass(frozen=True)
class _Prediction:
    residual: Float[np.ndarray, "reference look 3"]
    variance: Float[np.ndarray, "reference look 3"]
    slope: Float[np.ndarray, "reference look 3 3"]
    rate: Float[np.ndarray, "reference look 3"]
    distance2: Float[np.ndarray, "reference look"]


def _predict(looks: Looks, references: tuple[Reference, ...], theta: Float[np.ndarray, " parameter"]) -> _Prediction:
    """Residuals of every look to every reference under the parameters; infinite distance where none is known."""
    shape = (len(references), looks.time_s.size)
    residual, variance = np.zeros((*shape, 3)), np.ones((*shape, 3))
    slope, rate, distance2 = np.zeros((*shape, 3, 3)), np.zeros((*shape, 3)), np.full(shape, np.inf)
    row = np.ascontiguousarray
    measured, noise, stand, axes = row(looks.measured), row(looks.variance), row(looks.sensor_m), row(looks.to_local)
    for k, reference in enumerate(references):
        delta = theta[SENSOR_PARAMETERS + REFERENCE_PARAMETERS * k :][:REFERENCE_PARAMETERS].copy()
        at_s = looks.time_s - theta[3] + delta[3]
        way_s, way_m = row(reference.time_s), row(reference.position_m)
        given = (at_s, way_s, way_m, reference.jitter_m, delta, theta[:3].copy(), measured, noise, stand, axes)
        _compare(*given, residual[k], variance[k], slope[k], rate[k], distance2[k])
    return _Prediction(residual, variance, slope, rate, distance2)


@njit(cache=True)
def _reported(time_s: float, way_s: np.ndarray, way_m: np.ndarray, place: np.ndarray) -> bool:
    """Fill the place reported at a time, as ``place_at`` has it; False where no report is near enough in time."""
    if time_s < way_s[0] - 0.5 or time_s > way_s[-1] + 0.5:
        return False
    after: int = min(max(np.searchsorted(way_s, time_s), 1), way_s.size - 1)  # type: ignore[assignment]
    span = way_s[after] - way_s[after - 1]
    share = (time_s - way_s[after - 1]) / max(span, 1e-6)
    for a in range(3):
        place[a] = way_m[after - 1, a] + share * (way_m[after, a] - way_m[after - 1, a])
    return bool(span <= 6.0)


@njit(cache=True)
def _compare(
    at_s: np.ndarray, way_s: np.ndarray, way_m: np.ndarray, jitter_m: float, delta: np.ndarray, bias: np.ndarray,
    measured: np.ndarray, noise: np.ndarray, stand_m: np.ndarray, axes: np.ndarray,
    residual: np.ndarray, variance: np.ndarray, slope: np.ndarray, rate: np.ndarray, distance2: np.ndarray,
) -> None:  # fmt: skip
    """Compare looks with one reference: the last five are filled where its place is known (see ``geometry``)."""
    place, moved, local = np.empty(3), np.empty(3), np.empty(3)
    g = np.zeros((3, 3))
    for i in range(at_s.size):
        if not _reported(at_s[i], way_s, way_m, place):
            continue
        is_moved = _reported(at_s[i] + 0.2, way_s, way_m, moved)
        for a in range(3):
            local[a] = 0.0
            for b in range(3):
                local[a] += axes[a, b] * (place[b] - delta[b] - stand_m[i, b])
        x, y, z = local[0], local[1], local[2]
        ground2 = max(x * x + y * y, 1.0)
        ground = math.sqrt(ground2)
        r2 = ground2 + z * z
        r = math.sqrt(r2)
        g[0, 0], g[0, 1], g[0, 2] = x / r, y / r, z / r
        g[1, 0], g[1, 1] = y / ground2, -x / ground2
        g[2, 0], g[2, 1], g[2, 2] = -x * z / (r2 * ground), -y * z / (r2 * ground), ground / r2
        residual[i, 0] = measured[i, 0] - r - bias[0]
        residual[i, 1] = (measured[i, 1] - math.atan2(x, y) - bias[1] + math.pi) % (2.0 * math.pi) - math.pi
        residual[i, 2] = measured[i, 2] - math.atan2(z, ground) - bias[2]
        distance2[i] = 0.0
        for a in range(3):
            spread = speed = 0.0
            for b in range(3):
                slope[i, a, b] = g[a, 0] * axes[0, b] + g[a, 1] * axes[1, b] + g[a, 2] * axes[2, b]
                spread += slope[i, a, b] * slope[i, a, b]
                speed += slope[i, a, b] * ((moved[b] - place[b]) / 0.2 if is_moved else 0.0)
            rate[i, a] = speed
            variance[i, a] = noise[i, a] + jitter_m * jitter_m * spread
            distance2[i] += residual[i, a] * residual[i, a] / variance[i, a]


def fit(
    looks: Looks,
    references: tuple[Reference, ...],
    prior_sigma: Float[np.ndarray, " parameter"],
    start: Float[np.ndarray, " parameter"] | None = None,
    iterations: int = 5,
) -> Fit:
    """Fit biases, clocks and places; ``prior_sigma`` are standard deviations about zero (none may be zero)."""
    theta = np.zeros(prior_sigma.size) if start is None else start.copy()
    precision = 1.0 / prior_sigma**2
    owner = np.full(looks.time_s.size, -1)
    information = np.diag(precision)
    for _ in range(iterations):
        predicted = _predict(looks, references, theta)
        owner = _owners(predicted.distance2)
        information, gradient = np.diag(precision), -precision * theta
        for k in range(len(references)):
            rows = np.flatnonzero(owner == k)
            if rows.size:
                _add(information, gradient, predicted, k, rows)
        theta = theta + np.linalg.solve(information, gradient)
    predicted = _predict(looks, references, theta)
    return Fit(
        theta=theta,
        covariance=np.linalg.inv(information),
        cost=robust_cost(predicted.distance2) + float(precision @ (theta * theta)),
        owner=_owners(predicted.distance2),
    )


def _add(
    information: Float[np.ndarray, "parameter parameter"],
    gradient: Float[np.ndarray, " parameter"],
    predicted: _Prediction,
    k: int,
    rows: Int[np.ndarray, " row"],
) -> None:
    """Add the normal equations of one reference's looks (in place)."""
    jacobian = np.zeros((rows.size, 3, SENSOR_PARAMETERS + REFERENCE_PARAMETERS))
    jacobian[:, :, :3] = np.eye(3)
    jacobian[:, :, 3] = -predicted.rate[k, rows]
    jacobian[:, :, 4:7] = -predicted.slope[k, rows]
    jacobian[:, :, 7] = predicted.rate[k, rows]
    weighted = jacobian / predicted.variance[k, rows][:, :, None]
    first = SENSOR_PARAMETERS + REFERENCE_PARAMETERS * k
    where = np.concatenate([np.arange(SENSOR_PARAMETERS), np.arange(first, first + REFERENCE_PARAMETERS)])
    information[np.ix_(where, where)] += np.einsum("lip,liq->pq", weighted, jacobian)
    gradient[where] += np.einsum("lip,li->p", weighted, predicted.residual[k, rows])


def _owners(distance2: Float[np.ndarray, "reference look"]) -> Int[np.ndarray, " look"]:
    nearest = np.argmin(distance2, axis=0)
    return np.where(distance2.min(axis=0) < OUTLIER_CHI2, nearest, -1)


def robust_cost(distance2: Float[np.ndarray, "reference look"]) -> float:
    """Sum over looks of the squared distance to the nearest reference, each at most the outlier's."""
    return float(np.minimum(distance2.min(axis=0), OUTLIER_CHI2).sum())


def costs_along(
    looks: Looks,
    references: tuple[Reference, ...],
    parameter: int,
    values: Float[np.ndarray, " value"],
) -> Float[np.ndarray, " value"]:
    """Robust cost with one parameter set to each of the values and all others zero: where a fit may start."""
    theta = np.zeros(SENSOR_PARAMETERS + REFERENCE_PARAMETERS * len(references))
    thin = slice(None, None, max(looks.time_s.size // 40, 1))
    looks = Looks(looks.time_s[thin], looks.measured[thin], looks.variance[thin], looks.sensor_m[thin], looks.to_local)
    out = np.empty(values.size)
    for i, value in enumerate(values):
        theta[parameter] = value
        out[i] = robust_cost(_predict(looks, references, theta).distance2)
    return out


def displacements(
    looks: Looks, reference: Reference, within_m: float
) -> tuple[Float[np.ndarray, "near 3"], Bool[np.ndarray, " look"]]:
    """Offsets (range m, azimuth rad, elevation rad) of the looks that lie within a distance of the reference."""
    place = place_at(reference, looks.time_s)
    relative = (place - looks.sensor_m) @ looks.to_local.T
    known = np.isfinite(relative).all(axis=1)
    value, _ = geometry(np.where(known[:, None], relative, 1e3))
    offset = looks.measured - value
    offset[:, 1] = (offset[:, 1] + np.pi) % (2.0 * np.pi) - np.pi
    lateral = value[:, 0] * np.hypot(offset[:, 1], offset[:, 2])
    near = known & (np.hypot(np.where(np.isfinite(looks.variance[:, 0]), offset[:, 0], 0.0), lateral) < within_m)
    return offset[near], near


def looks_at(looks: Looks, reference: Reference, within_m: float) -> list[Look]:
    """The looks within a distance of a reference, less its reported way, by the noise of both."""
    offset, near = displacements(looks, reference, within_m)
    _, slope = geometry((place_at(reference, looks.time_s)[near] - looks.sensor_m[near]) @ looks.to_local.T)
    spread = reference.jitter_m**2 * np.einsum("lij,lij->li", slope @ looks.to_local, slope @ looks.to_local)
    residual = offset / np.sqrt(looks.variance[near] + spread)
    return [Look(float(t), r) for t, r in zip(looks.time_s[near], residual, strict=True)]
