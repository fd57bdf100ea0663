"""Which single error explains what a sensor and its references disagree on?

Each explanation frees one error from its prior (a clock, a bias, the place of one reference) and fits again.  It
counts by how much it lowers the robust sum of squares under the plain fit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from marsad.sensing.health import FaultKind
from marsad.sensing.residuals import (
    OUTLIER_CHI2,
    REFERENCE_PARAMETERS,
    SENSOR_PARAMETERS,
    Fit,
    Looks,
    Reference,
    costs_along,
    displacements,
    fit,
    place_at,
)

_CLOCKS_S = np.concatenate([np.arange(-6.0, -0.2, 0.4), [-0.15, 0.15], np.arange(0.4, 6.1, 0.4)])
_WIDE_CLOCK_S = 5.0
_WIDE_ANGLE_RAD = 0.2
_WIDE_RANGE_M = 1000.0
_WIDE_PLACE_M = 500.0


@dataclass(frozen=True)
class Explanation:
    """One error that explains the disagreement: of the sensor (``reference`` -1) or of a reference."""

    kind: FaultKind
    reference: int
    magnitude: float
    sigmas: float
    gain: float
    looks: int
    words: str
    fit: Fit


def is_suspicious(plain: Fit, looks: Looks, references: tuple[Reference, ...]) -> bool:
    """Say whether the plain fit leaves more than noise: looks at references that miss, or too large a spread.

    Cheap, so that healthy sensors cost little.
    """
    is_radar = bool(np.isfinite(looks.variance[0, 0]))
    dimension = 3.0 if is_radar else 2.0
    held = int((plain.owner >= 0).sum())
    missed = looks.time_s.size - held
    inlier_cost = plain.cost - OUTLIER_CHI2 * missed
    if held >= 5 and inlier_cost > held * dimension + 4.0 * np.sqrt(2.0 * dimension * held):
        return True
    if not is_radar:
        return False  # a camera sees much that nobody reports
    near = np.zeros(looks.time_s.size, dtype=bool)
    for reference in references:
        near |= displacements(looks, reference, 900.0)[1]
    return int((near & (plain.owner < 0)).sum()) >= 5


def explain(
    looks: Looks,
    references: tuple[Reference, ...],
    prior_sigma: Float[np.ndarray, " parameter"],
    plain: Fit,
    accuse_cost: float,
    margin_cost: float,
) -> Explanation | None:
    """Find the explanation that stands out, or none.

    It must lower the cost by ``accuse_cost``, and by ``margin_cost`` more than the best explanation that blames
    another party.
    """
    found = _sensor_explanations(looks, references, prior_sigma, plain)
    for k in range(len(references)):
        found += _reference_explanations(looks, references, k, prior_sigma, plain)
    found.sort(key=lambda e: -e.gain)
    if not found or found[0].gain < accuse_cost:
        return None
    rival = next((e for e in found if e.reference != found[0].reference), None)
    if rival is not None and found[0].gain - rival.gain < margin_cost:
        return None
    return found[0] if np.isfinite(looks.variance[0, 0]) or _is_shared(found[0]) else None


def _is_shared(found: Explanation) -> bool:
    """Say whether two references bear the explanation out: without range a single passer-by may mimic a bias."""
    counts = np.bincount(found.fit.owner[found.fit.owner >= 0])
    return bool((counts >= 6).sum() >= 2 and counts.sum() >= 0.8 * found.fit.owner.size)


def _sensor_explanations(
    looks: Looks, references: tuple[Reference, ...], prior: Float[np.ndarray, " parameter"], plain: Fit
) -> list[Explanation]:
    kinds: list[tuple[int, FaultKind, float, str]] = [
        (3, "clock", _WIDE_CLOCK_S, "its clock is {:+.2f} s off"),
        (1, "azimuth_bias", _WIDE_ANGLE_RAD, "its azimuths are {:+.4f} rad off"),
        (2, "elevation_bias", _WIDE_ANGLE_RAD, "its elevations are {:+.4f} rad off"),
    ]
    if np.isfinite(looks.variance[0, 0]):
        kinds.append((0, "range_bias", _WIDE_RANGE_M, "its ranges are {:+.0f} m off"))
    out = []
    for parameter, kind, wide, words in kinds:
        starts = _CLOCKS_S if parameter == 3 else _bias_starts(looks, references, parameter)
        if starts.size:
            out.append(_freed(looks, references, prior, plain, parameter, wide, starts, kind, -1, words))
    return out


def _reference_explanations(
    looks: Looks, references: tuple[Reference, ...], k: int, prior: Float[np.ndarray, " parameter"], plain: Fit
) -> list[Explanation]:
    first = SENSOR_PARAMETERS + REFERENCE_PARAMETERS * k
    out = [
        _freed(
            looks,
            references,
            prior,
            plain,
            first + 3,
            _WIDE_CLOCK_S,
            _CLOCKS_S,
            "clock",
            k,
            "its clock is {:+.2f} s off",
        )
    ]
    start = _place_start(looks, references[k])
    if start is not None:
        out.append(_freed_place(looks, references, prior, plain, k, start))
    return out


def _freed(
    looks: Looks,
    references: tuple[Reference, ...],
    prior: Float[np.ndarray, " parameter"],
    plain: Fit,
    parameter: int,
    wide: float,
    starts: Float[np.ndarray, " start"],
    kind: FaultKind,
    reference: int,
    words: str,
) -> Explanation:
    """Fit with one parameter's prior widened, from the best of the starts."""
    sigma = prior.copy()
    sigma[parameter] = wide
    theta = np.zeros(prior.size)
    theta[parameter] = starts[int(np.argmin(costs_along(looks, references, parameter, starts)))]
    freed = fit(looks, references, sigma, theta)
    value, spread = float(freed.theta[parameter]), float(np.sqrt(freed.covariance[parameter, parameter]))
    return Explanation(
        kind=kind,
        reference=reference,
        magnitude=value,
        sigmas=abs(value) / float(np.hypot(spread, prior[parameter])),
        gain=plain.cost - freed.cost,
        looks=int((freed.owner >= 0).sum()),
        words=words.format(value),
        fit=freed,
    )


def _freed_place(
    looks: Looks,
    references: tuple[Reference, ...],
    prior: Float[np.ndarray, " parameter"],
    plain: Fit,
    k: int,
    start: Float[np.ndarray, "3"],
) -> Explanation:
    first = SENSOR_PARAMETERS + REFERENCE_PARAMETERS * k
    sigma, theta = prior.copy(), np.zeros(prior.size)
    sigma[first : first + 3] = _WIDE_PLACE_M
    theta[first : first + 3] = start
    freed = fit(looks, references, sigma, theta)
    offset = freed.theta[first : first + 3]
    block = freed.covariance[first : first + 3, first : first + 3] + np.diag(prior[first : first + 3] ** 2)
    length = float(np.linalg.norm(offset))
    return Explanation(
        kind="pose",
        reference=k,
        magnitude=length,
        sigmas=float(np.sqrt(offset @ np.linalg.solve(block, offset))),
        gain=plain.cost - freed.cost,
        looks=int((freed.owner >= 0).sum()),
        words=f"it is {length:.0f} m from where it says",
        fit=freed,
    )


def _bias_starts(looks: Looks, references: tuple[Reference, ...], parameter: int) -> Float[np.ndarray, " start"]:
    """Densest offsets of one coordinate among looks near a reference in the others."""
    scale = np.array([60.0, 0.02, 0.02])
    offsets = [displacements(looks, reference, 1500.0)[0] for reference in references]
    offset = np.concatenate(offsets) if offsets else np.zeros((0, 3))
    others = [c for c in range(3) if c != parameter and (c != 0 or np.isfinite(looks.variance[0, 0]))]
    near = (np.abs(offset[:, others]) < 2.0 * scale[others]).all(axis=1)
    value = offset[near, parameter]
    if value.size < 3:
        return np.zeros(0)
    width = {0: 30.0, 1: 0.01, 2: 0.01}[parameter]
    count = (np.abs(value[:, None] - value[None, :]) < width).sum(axis=1)
    best = value[int(np.argmax(count))]
    return np.array([float(np.median(value[np.abs(value - best) < width]))])


def _place_start(looks: Looks, reference: Reference) -> Float[np.ndarray, "3"] | None:
    """Densest displacement of the looks from the reference's reported place (reported minus seen)."""
    if not np.isfinite(looks.variance[0, 0]):
        return None
    _, near = displacements(looks, reference, 1500.0)
    if near.sum() < 4:
        return None
    r, azimuth, elevation = looks.measured[near].T
    local = np.stack(
        [r * np.cos(elevation) * np.sin(azimuth), r * np.cos(elevation) * np.cos(azimuth), r * np.sin(elevation)],
        axis=1,
    )
    seen = local @ looks.to_local + looks.sensor_m[near]
    offset = place_at(reference, looks.time_s[near]) - seen
    apart = np.linalg.norm(offset[:, None, :2] - offset[None, :, :2], axis=2)
    best = int(np.argmax((apart < 80.0).sum(axis=1)))
    return np.median(offset[apart[best] < 80.0], axis=0)
