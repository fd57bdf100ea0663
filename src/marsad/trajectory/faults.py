"""Sensors that a launch shows to be wrong: one error that explains what otherwise does not fit.

Two ways: an error of a sensor is pulled far beyond its prior by the fit of one launch; or the detections of one
sensor make a launch of their own beside the one that the others see, and become part of it when one error of that
sensor is let free.  An accusation needs others that agree: with two sensors alone nobody can say which is wrong.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from marsad.flight.rocket import AZIMUTH, TIME, Reference
from marsad.sensing.book import (
    BIAS_AZIMUTH,
    BIAS_CLOCK,
    BIAS_EAST,
    BIAS_ELEVATION,
    BIAS_NORTH,
    BIAS_RANGE,
    BIAS_UP,
    SensorBiases,
    SensorBook,
)
from marsad.terms import SensorFault
from marsad.trajectory.fit import Fit, fit
from marsad.trajectory.modes import Mode, World, prior_of
from marsad.trajectory.observations import Observations

FaultKind = Literal["clock", "azimuth_bias", "elevation_bias", "range_bias", "pose"]

_FREED: tuple[tuple[FaultKind, tuple[int, ...], float], ...] = (
    ("azimuth_bias", (BIAS_AZIMUTH,), 0.3),
    ("elevation_bias", (BIAS_ELEVATION,), 0.15),
    ("clock", (BIAS_CLOCK,), 4.0),
    ("range_bias", (BIAS_RANGE,), 3000.0),
    ("pose", (BIAS_EAST, BIAS_NORTH, BIAS_UP), 500.0),
)
"""What is let free in turn: the errors concerned and the standard deviation they may then have."""

_UNITS = {"clock": "s", "azimuth_bias": "rad", "elevation_bias": "rad", "range_bias": "m", "pose": "m"}
_STRONG_PULL = 5.0
_LEADING_PULL = 0.6
_LEAST_GAIN = 25.0
_MARGIN = 8.0
_LEAST_ROWS = 4


@dataclass
class FaultBook:
    """Errors of sensors found from launches: mean and standard deviation by (sensor, column); faults already named."""

    known: dict[tuple[int, int], tuple[float, float]] = field(default_factory=dict)
    named: set[tuple[int, str]] = field(default_factory=set)

    def apply(self, biases: SensorBiases) -> SensorBiases:
        """The biases with what was found in place of the priors."""
        if not self.known:
            return biases
        mean, sigma = biases.mean.copy(), biases.sigma.copy()
        for (k, column), (value, spread) in self.known.items():
            mean[k, column], sigma[k, column] = value, spread
        return SensorBiases(mean, sigma)


@dataclass(frozen=True)
class Finding:
    """A sensor's error that explains the misfit: which columns, how much, and what it gained in cost."""

    sensor: int
    kind: FaultKind
    columns: tuple[int, ...]
    fit: Fit
    gain: float


def pulled(mode: Mode, biases: SensorBiases, obs: Observations) -> int | None:
    """The sensor whose errors one launch pulls far beyond their prior, if one stands out; else None."""
    used = np.unique(obs.sensor)
    if used.size < 3:
        return None
    pulls = np.zeros(biases.sigma.shape[0])
    for k in used:
        sigma = biases.sigma[k]
        has = sigma > 0
        if has.any():
            pulls[k] = float(np.max(np.abs(mode.fit.bias[k, has] - biases.mean[k, has]) / sigma[has]))
    order = np.argsort(-pulls)
    first, second = int(order[0]), int(order[1])
    if pulls[first] < _STRONG_PULL or pulls[second] > _LEADING_PULL * pulls[first]:
        return None
    return first


def explain(
    world: World, mode: Mode, sensor: int, obs: Observations, reference: Reference, biases: SensorBiases
) -> Finding | None:
    """The one error of a sensor that explains a launch's misfit best, if it does so much better than the others."""
    found: list[Finding] = []
    h = world.hypotheses[mode.hypothesis]
    before = mode.fit.cost
    for kind, columns, wide in _FREED:
        if not all(biases.sigma[sensor, c] > 0 for c in columns) and kind != "clock":
            continue
        sigma = biases.sigma.copy()
        sigma[sensor, list(columns)] = wide
        prior = prior_of(world, h, reference, mode.fit.p[TIME], mode.fit.p[AZIMUTH], biases.mean, sigma)
        bias = biases.mean.copy()
        bias[: mode.fit.bias.shape[0]] = mode.fit.bias
        bias[sensor] = biases.mean[sensor]
        result = fit(mode.fit.p, mode.fit.sound, bias, h.motor, reference, world.env, obs, prior, 30, 0.02)
        if not result.ok:
            continue
        price = sum(2.0 * math.log(wide / max(biases.sigma[sensor, c], 1e-9)) for c in columns)
        found.append(Finding(sensor, kind, columns, result, before - result.cost - min(price, 20.0)))
    if not found:
        return None
    found.sort(key=lambda f: -f.gain)
    return found[0] if found[0].gain > _LEAST_GAIN else None


def is_fault(finding: Finding, biases: SensorBiases) -> bool:
    """Whether the error found is far beyond the sensor's own prior."""
    off = [
        abs(finding.fit.bias[finding.sensor, c] - biases.mean[finding.sensor, c])
        / max(biases.sigma[finding.sensor, c], 1e-9)
        for c in finding.columns
    ]
    return max(off) > _STRONG_PULL


def note(
    faults: FaultBook, finding: Finding, biases: SensorBiases, book: SensorBook, now_utc_ns: int
) -> SensorFault | None:
    """Keep what was found, and name the sensor if it was not named for this before."""
    k = finding.sensor
    for c in finding.columns:
        column = finding.fit.column[k, c]
        spread = math.sqrt(finding.fit.covariance[column, column]) if column >= 0 else 0.0
        faults.known[(k, c)] = (float(finding.fit.bias[k, c]), max(2.0 * spread, float(biases.sigma[k, c])))
    if (k, finding.kind) in faults.named:
        return None
    faults.named.add((k, finding.kind))
    values = [float(finding.fit.bias[k, c]) for c in finding.columns]
    magnitude = values[0] if len(values) == 1 else math.hypot(*values)
    return SensorFault(
        sensor_id=book.sensors[k].sensor_id,
        kind=finding.kind,
        arrival_utc_ns=now_utc_ns,
        magnitude=magnitude,
        unit=_UNITS[finding.kind],
        reasons=(
            f"with this error its detections fit the launch that the others see (cost falls by {finding.gain:.0f})",
        ),
    )


def joined(first: Observations, second: Observations) -> Observations:
    """Rows of two launches together."""
    return Observations(*(np.concatenate([a, b]) for a, b in zip(first, second, strict=True)))


def sensors_of(obs: Observations) -> list[int]:
    """Which sensors the rows come from."""
    return [int(k) for k in np.unique(obs.sensor)]


def reconcile(
    world: World,
    keep: Mode,
    keep_obs: Observations,
    give_obs: Observations,
    reference: Reference,
    biases: SensorBiases,
    trusted: Sequence[int],
) -> Finding | None:
    """The one error of the one strange sensor in ``give_obs`` with which its rows belong to the launch ``keep``.

    ``trusted`` are the sensors behind ``keep``: at least two of them, or nobody is accused.
    """
    suspects = [k for k in sensors_of(give_obs) if k not in trusted]
    if len(suspects) != 1 or len(trusted) < 2:
        return None
    k = suspects[0]
    give_obs = Observations(*(column[give_obs.sensor == k] for column in give_obs))
    if give_obs.kind.size < _LEAST_ROWS:
        return None
    obs = joined(keep_obs, give_obs)
    h = world.hypotheses[keep.hypothesis]
    found: list[Finding] = []
    for kind, columns, wide in _FREED:
        if not all(biases.sigma[k, c] > 0 for c in columns) and kind != "clock":
            continue
        sigma = biases.sigma.copy()
        sigma[k, list(columns)] = wide
        prior = prior_of(world, h, reference, keep.fit.p[TIME], keep.fit.p[AZIMUTH], biases.mean, sigma)
        bias = biases.mean.copy()
        bias[: keep.fit.bias.shape[0]] = keep.fit.bias
        bias[k] = biases.mean[k]
        result = fit(keep.fit.p, keep.fit.sound, bias, h.motor, reference, world.env, obs, prior, 40, 0.02)
        if result.ok:
            found.append(Finding(k, kind, columns, result, keep.fit.cost - result.cost))
    if not found:
        return None
    found.sort(key=lambda f: f.fit.cost)
    best = found[0]
    allowed = keep.fit.cost + 1.8 * give_obs.kind.size * 2 + _MARGIN
    return best if best.fit.cost < allowed and is_fault(best, biases) else None
