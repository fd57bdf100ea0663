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
from jaxtyping import Float

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
from marsad.trajectory.observations import DIRECTION, PLOT, Observations

FaultKind = Literal["clock", "azimuth_bias", "elevation_bias", "range_bias", "pose", "lying"]

_FREED: tuple[tuple[FaultKind, tuple[int, ...], float], ...] = (
    ("azimuth_bias", (BIAS_AZIMUTH,), 0.3),
    ("elevation_bias", (BIAS_ELEVATION,), 0.15),
    ("clock", (BIAS_CLOCK,), 4.0),
    ("range_bias", (BIAS_RANGE,), 3000.0),
    ("pose", (BIAS_EAST, BIAS_NORTH, BIAS_UP), 500.0),
)
"""What is let free in turn: the errors concerned and the standard deviation they may then have."""

_NUMBER_OF: dict[int, tuple[tuple[int, int], ...]] = {
    BIAS_AZIMUTH: ((DIRECTION, 0), (PLOT, 1)),
    BIAS_ELEVATION: ((DIRECTION, 1), (PLOT, 2)),
    BIAS_RANGE: ((PLOT, 0),),
}
"""Which number of which rows an error belongs to."""
_WIDE = {BIAS_AZIMUTH: 0.3, BIAS_ELEVATION: 0.15, BIAS_RANGE: 3000.0}
"""How far it may be off where it wanders, or means nothing."""
_PARTS = (3, 8)
"""In how many parts of its time a wandering sensor's errors are taken to be constant."""

_UNITS = {"clock": "s", "azimuth_bias": "rad", "elevation_bias": "rad", "range_bias": "m", "pose": "m", "lying": ""}
_WHY = "with this error, and no other sensor's, all sensors see one launch"
_WHY_LYING = "its errors wander; but for them, and for no other sensor's, all sensors see one launch"
_STRONG_PULL = 5.0
_SUSPICIOUS_CHI2 = 22.0
_LEAST_INFORMED = 1e-3
_MARGIN = 10.0
_LEAST_GAIN = 5.0
_FITTING_SIGMAS = 3.0
_FAR_SIGMAS = 10.0
_AGREEING_SIGMAS = 3.0
"""Two launches suggest the same error within so many standard deviations of their difference: 997 of 1,000 do."""
_LEAST_ROWS = 3
_LEAST_ROWS_ERRATIC = 8
_LEAST_SENSORS = 3
_NUMBERS = np.array([2, 1, 3, 2, 1])
"""How many numbers a row of each kind has."""


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
    """A sensor's error that explains the misfit: which columns, the fit with it, whether all rows fit with it, and how
    good that is.
    """

    sensor: int
    kind: FaultKind
    columns: tuple[int, ...]
    fit: Fit
    is_fitting: bool
    gain: float


def is_suspected(mode: Mode, biases: SensorBiases, obs: Observations) -> bool:
    """Whether one launch seen by three sensors or more speaks against the prior of one error of one of them.

    Rao's score test, from the fit as it stands: with the error b of prior mean m and standard deviation s, and P its
    variance after the fit, freeing it from its prior would lower the cost by (b − m)² / (s² − P), which is χ² with
    one degree of freedom where nothing is wrong.  A misfit that the fit has spread over the errors of several sensors
    shows in it undiminished, other than in how far any of them is from its prior.
    """
    used = np.unique(obs.sensor)
    if used.size < 3:
        return False
    columns = mode.fit.column[used]
    sigma = biases.sigma[used]
    free = (columns >= 0) & (sigma > 0)
    variance = np.diag(mode.fit.covariance)[columns[free]]
    pull = (mode.fit.bias[used] - biases.mean[used])[free] ** 2
    rest = np.maximum(sigma[free] ** 2 - variance, _LEAST_INFORMED * sigma[free] ** 2)
    return bool(np.max(pull / rest, initial=0.0) > _SUSPICIOUS_CHI2)


def blame(
    world: World,
    mode: Mode,
    obs: Observations,
    reference: Reference,
    biases: SensorBiases,
    cost: float = math.inf,
    other: Mode | None = None,
    may_be_erratic: bool = False,
) -> Finding | None:
    """The one error of one sensor with which all rows fit, if no other sensor's error does nearly as well.

    ``mode`` is where the fits start (``other``: where the last ones may start too), ``cost`` what the
    rows cost without any such error.  An error that is let free pays for its freedom.  Errors that stay are tried
    before errors that wander, and these before a number that means nothing, if it
    ``may_be_erratic``.
    """
    found: dict[int, list[Finding]] = {}
    for k in sensors_of(obs):
        findings = [
            _freed(world, mode, k, kind, columns, wide, obs, reference, biases)
            for kind, columns, wide in _FREED
            if all(biases.sigma[k, c] > 0 for c in columns)
        ]
        found[k] = [finding for finding in findings if finding is not None]
    if not any(found.values()) or _is_explained(found):
        return _convicted(found, obs, biases, cost)
    for k in found:
        wandering = [_wandering(world, mode, k, parts, obs, reference, biases) for parts in _PARTS]
        found[k] += [finding for finding in wandering if finding is not None]
    convicted = _convicted(found, obs, biases, cost)
    if convicted is not None or not may_be_erratic or _is_explained(found):
        return convicted
    starts = (mode,) if other is None else (mode, other)
    return _alone(
        [
            finding
            for k in found
            for column in _NUMBER_OF
            for start in starts
            if biases.sigma[k, column] > 0 and np.count_nonzero(obs.sensor == k) >= _LEAST_ROWS_ERRATIC
            if (finding := _blind(world, start, k, column, obs, reference, biases)) is not None
        ],
        obs,
    )


def _alone(findings: list[Finding], obs: Observations) -> Finding | None:
    """The finding with which all rows fit, where none about any other sensor comes near."""
    best = min(findings, key=lambda f: f.fit.cost, default=None)
    if best is None or not best.is_fitting or len({f.sensor for f in findings}) < _LEAST_SENSORS:
        return None
    return None if any(f.sensor != best.sensor and _fits(f.fit, obs, _FAR_SIGMAS) for f in findings) else best


def _is_explained(found: dict[int, list[Finding]]) -> bool:
    """Whether all rows fit with the best finding."""
    return max((f for findings in found.values() for f in findings), key=lambda f: f.gain).is_fitting


def _convicted(found: dict[int, list[Finding]], obs: Observations, biases: SensorBiases, cost: float) -> Finding | None:
    """The best finding, if all rows fit with it and the best against every other sensor is clearly worse."""
    ranked = sorted((max(f, key=lambda g: g.gain) for f in found.values() if f), key=lambda f: -f.gain)
    if len(ranked) < _LEAST_SENSORS or cost + ranked[0].gain < _LEAST_GAIN or ranked[0].gain - ranked[1].gain < _MARGIN:
        return None
    if np.count_nonzero(obs.sensor == ranked[0].sensor) < _LEAST_ROWS:
        return None
    return ranked[0] if is_fault(ranked[0], biases) and ranked[0].is_fitting else None


def _fits(result: Fit, obs: Observations, sigmas: float = _FITTING_SIGMAS) -> bool:
    """Whether the rows cost no more than χ² of as many numbers may."""
    numbers = int(_NUMBERS[obs.kind].sum())
    return bool(result.cost < numbers + sigmas * math.sqrt(2.0 * numbers))


def _freed(
    world: World,
    mode: Mode,
    k: int,
    kind: FaultKind,
    columns: tuple[int, ...],
    wide: float,
    obs: Observations,
    reference: Reference,
    biases: SensorBiases,
) -> Finding | None:
    """Fit all rows with some errors of one sensor let free."""
    sigma = biases.sigma.copy()
    sigma[k, list(columns)] = wide
    result = _fit(world, mode, obs, reference, biases.mean, sigma)
    price = sum(2.0 * math.log(wide / float(biases.sigma[k, c])) for c in columns)
    return Finding(k, kind, columns, result, _fits(result, obs), -result.cost - price) if result.ok else None


def _wandering(
    world: World, mode: Mode, k: int, parts: int, obs: Observations, reference: Reference, biases: SensorBiases
) -> Finding | None:
    """Fit all rows with errors of one sensor let free anew in each part of its time, as if it were several sensors."""
    mine = obs.sensor == k
    if np.count_nonzero(mine) < 2 * parts:
        return None
    first, last = float(obs.time_s[mine].min()), float(obs.time_s[mine].max())
    part = np.minimum((obs.time_s[mine] - first) * parts / max(last - first, 1e-9), parts - 1).astype(np.int64)
    count = biases.sigma.shape[0]
    sensor = obs.sensor.copy()
    sensor[mine] = np.where(part == 0, k, count - 1 + part)
    mean = np.vstack([biases.mean, np.repeat(biases.mean[k : k + 1], parts - 1, axis=0)])
    sigma = np.vstack([biases.sigma, np.repeat(biases.sigma[k : k + 1], parts - 1, axis=0)])
    price, columns = 0.0, []
    for column, wide in _WIDE.items():
        if biases.sigma[k, column] > 0:
            sigma[[k, *range(count, count + parts - 1)], column] = wide
            price += parts * 2.0 * math.log(wide / float(biases.sigma[k, column]))
            columns.append(column)
    result = _fit(world, mode, obs._replace(sensor=sensor), reference, mean, sigma)
    return Finding(k, "lying", tuple(columns), result, _fits(result, obs), -result.cost - price) if result.ok else None


def _blind(
    world: World, mode: Mode, k: int, column: int, obs: Observations, reference: Reference, biases: SensorBiases
) -> Finding | None:
    """Fit all rows but one number of one sensor's, as if each time it had another error."""
    mine = obs.sensor == k
    whitener, price = obs.whitener.copy(), 0.0
    for kind, number in _NUMBER_OF[column]:
        rows = np.flatnonzero(mine & (obs.kind == kind))
        price += float((1.0 + 2.0 * np.log(_WIDE[column] * whitener[rows, number, number])).sum())
        whitener[rows, number, :] = 0.0
        whitener[rows, :, number] = 0.0
        whitener[rows, number, number] = 1.0 / _WIDE[column]
    result = _fit(world, mode, obs._replace(whitener=whitener), reference, biases.mean, biases.sigma)
    return Finding(k, "lying", (column,), result, _fits(result, obs), -result.cost - price) if result.ok else None


def _fit(
    world: World,
    mode: Mode,
    obs: Observations,
    reference: Reference,
    bias_mean: Float[np.ndarray, "sensor 7"],
    bias_sigma: Float[np.ndarray, "sensor 7"],
) -> Fit:
    h = world.hypotheses[mode.hypothesis]
    prior = prior_of(world, h, reference, mode.fit.p[TIME], mode.fit.p[AZIMUTH], bias_mean, bias_sigma)
    return fit(mode.fit.p, mode.fit.sound, bias_mean.copy(), h.motor, reference, world.env, obs, prior, 30, 0.05)


def is_fault(finding: Finding, biases: SensorBiases) -> bool:
    """Whether the error found is far beyond the sensor's own prior; one that wanders has paid for itself."""
    if finding.kind == "lying":
        return True
    off = [
        abs(finding.fit.bias[finding.sensor, c] - biases.mean[finding.sensor, c])
        / max(biases.sigma[finding.sensor, c], 1e-9)
        for c in finding.columns
    ]
    return bool(max(off) > _STRONG_PULL)


def note(
    faults: FaultBook, finding: Finding, biases: SensorBiases, book: SensorBook, now_utc_ns: int
) -> SensorFault | None:
    """Keep what was found, and name the sensor if it was not named for this before."""
    k = finding.sensor
    for c in () if finding.kind == "lying" else finding.columns:
        column = finding.fit.column[k, c]
        spread = math.sqrt(finding.fit.covariance[column, column]) if column >= 0 else 0.0
        faults.known[(k, c)] = (float(finding.fit.bias[k, c]), max(2.0 * spread, float(biases.sigma[k, c])))
    if (k, finding.kind) in faults.named:
        return None
    faults.named.add((k, finding.kind))
    values = [float(finding.fit.bias[k, c]) for c in finding.columns]
    magnitude = 0.0 if finding.kind == "lying" else values[0] if len(values) == 1 else math.hypot(*values)
    return SensorFault(
        sensor_id=book.sensors[k].sensor_id,
        kind=finding.kind,
        arrival_utc_ns=now_utc_ns,
        magnitude=magnitude,
        unit=_UNITS[finding.kind],
        reasons=(_WHY_LYING if finding.kind == "lying" else _WHY,),
    )


@dataclass(frozen=True)
class Suspicion:
    """An error that some launches suggest: of which sensor, what kind, its values with their standard deviations."""

    sensor: int
    kind: FaultKind
    values: tuple[float, ...]
    sigmas: tuple[float, ...]
    event_ids: frozenset[str]

    def agrees(self, other: Suspicion) -> bool:
        """Whether other launches suggest the same."""
        return (
            (self.sensor, self.kind) == (other.sensor, other.kind)
            and not self.event_ids & other.event_ids
            and all(
                abs(a - b) < _AGREEING_SIGMAS * math.hypot(s, t)
                for a, b, s, t in zip(self.values, other.values, self.sigmas, other.sigmas, strict=True)
            )
        )


def suspicion(finding: Finding, event_ids: frozenset[str]) -> Suspicion:
    """What a finding suggests; of a sensor that wanders, only that it does."""
    k = finding.sensor
    columns = () if finding.kind == "lying" else finding.columns
    numbers = [finding.fit.column[k, c] for c in columns]
    return Suspicion(
        k,
        finding.kind,
        tuple(float(finding.fit.bias[k, c]) for c in columns),
        tuple(math.sqrt(finding.fit.covariance[n, n]) if n >= 0 else 0.0 for n in numbers),
        event_ids,
    )


def joined(first: Observations, second: Observations) -> Observations:
    """Rows of two launches together."""
    return Observations(*(np.concatenate([a, b]) for a, b in zip(first, second, strict=True)))


def sensors_of(obs: Observations) -> list[int]:
    """Which sensors the rows come from."""
    return [int(k) for k in np.unique(obs.sensor)]
