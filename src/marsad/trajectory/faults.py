"""Sensors that a launch shows to be wrong: one error that explains what otherwise does not fit.

Two ways: an error of a sensor is pulled far beyond its prior by the fit of one launch; or the detections of one
sensor make a launch of their own beside the one that the others see, and become part of it when one error of that
sensor is let free.  An accusation needs others that agree: with two sensors alone nobody can say which is wrong.
"""

from __future__ import annotations

import math
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
_NOTABLE_PULL = 3.5
_MARGIN = 15.0


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
    """A sensor's error that explains the misfit: which columns, the fit with it, and how good that is."""

    sensor: int
    kind: FaultKind
    columns: tuple[int, ...]
    fit: Fit
    gain: float


def is_pulled(mode: Mode, biases: SensorBiases, obs: Observations) -> bool:
    """Whether one launch seen by three sensors or more pulls an error of one of them far from its prior."""
    used = np.unique(obs.sensor)
    if used.size < 3:
        return False
    sigma, mean, bias = biases.sigma[used], biases.mean[used], mode.fit.bias[used]
    return bool(np.max(np.abs(bias - mean) / np.where(sigma > 0, sigma, np.inf)) > _NOTABLE_PULL)


def blame(
    world: World,
    mode: Mode,
    obs: Observations,
    reference: Reference,
    biases: SensorBiases,
    allowed_cost: float = math.inf,
) -> Finding | None:
    """The one error of one sensor that explains all rows together, if no other sensor's error does nearly as well.

    ``mode`` is where the fits start.  An error that is let free pays for its freedom; ``allowed_cost`` is what the
    rows may cost with it.
    """
    best: dict[int, Finding] = {}
    for k in sensors_of(obs):
        for kind, columns, wide in _FREED:
            if not all(biases.sigma[k, c] > 0 for c in columns):
                continue
            result = _freed(world, mode, k, columns, wide, obs, reference, biases)
            if not result.ok:
                continue
            price = sum(2.0 * math.log(wide / float(biases.sigma[k, c])) for c in columns)
            finding = Finding(k, kind, columns, result, -result.cost - price)
            if k not in best or finding.gain > best[k].gain:
                best[k] = finding
    ranked = sorted(best.values(), key=lambda f: -f.gain)
    if len(ranked) < 3 or ranked[0].fit.cost > allowed_cost or ranked[0].gain - ranked[1].gain < _MARGIN:
        return None
    return ranked[0] if is_fault(ranked[0], biases) else None


def _freed(
    world: World,
    mode: Mode,
    k: int,
    columns: tuple[int, ...],
    wide: float,
    obs: Observations,
    reference: Reference,
    biases: SensorBiases,
) -> Fit:
    """Fit all rows with some errors of one sensor let free."""
    h = world.hypotheses[mode.hypothesis]
    sigma = biases.sigma.copy()
    sigma[k, list(columns)] = wide
    prior = prior_of(world, h, reference, mode.fit.p[TIME], mode.fit.p[AZIMUTH], biases.mean, sigma)
    return fit(mode.fit.p, mode.fit.sound, biases.mean.copy(), h.motor, reference, world.env, obs, prior, 30, 0.05)


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
        reasons=("with this error, and no other sensor's, all sensors see one launch",),
    )


def joined(first: Observations, second: Observations) -> Observations:
    """Rows of two launches together."""
    return Observations(*(np.concatenate([a, b]) for a, b in zip(first, second, strict=True)))


def sensors_of(obs: Observations) -> list[int]:
    """Which sensors the rows come from."""
    return [int(k) for k in np.unique(obs.sensor)]
