"""What a number that arrives can mean: the least and the most of every field of every message, each with its reason.

This is the door: the readers of SAPIENT and of recordings hold each message against it and answer the sender with the
reason, and the pipeline does so once more, for what comes another way.  A number beyond its range is no measurement
of anything here; squared or inverted it would end a fit, or make a row that fits every object there is.  The records
themselves stay wider, so that a journal that an earlier version wrote can still be read.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from marsad.terms.inputs import (
    Bearing,
    CooperativeReport,
    Flash,
    Heartbeat,
    Impulse,
    Message,
    Plot,
    PoseReport,
    SensorReport,
    SensorTrackReport,
    WeatherReport,
)
from marsad.terms.sensors import BiasPrior, Sensor

LONGEST_ID = 128
"""Characters of a name from the wire: a UUID has 36, a ULID 26; names become rows, topics and XML."""


class OutOfRangeError(ValueError):
    """A message that means nothing here; ``field`` names the culprit."""

    def __init__(self, field: str, reason: str) -> None:
        self.field, self.reason = field, reason
        super().__init__(reason)


class Range(NamedTuple):
    """The least and the most that a number may be."""

    least: float
    most: float
    unit: str = ""


_TIME_NS = Range(-9.2e18, 9.2e18, "ns")  # what 64 bits hold: the years 1678 to 2261
_AZIMUTH = Range(-4.0 * math.pi, 4.0 * math.pi, "rad")  # a mount may count two turns through
_ELEVATION = Range(-math.pi, math.pi, "rad")  # a mount may go over the zenith
_ANGLE_SIGMA = Range(1e-8, math.pi / math.sqrt(3.0), "rad")  # finest astrometry; uniform over the circle: knows nothing
_DISTANCE_M = Range(1e-3, 1e6, "m")  # beyond 1,000 km lies the horizon of everything that flies in air
_DISTANCE_SIGMA_M = Range(1e-4, 1e4, "m")  # light moves 0.1 mm in 0.3 ps; 10 km is the whole reach of a short radar
_PLACE_SIGMA_M = Range(0.0, 1e4, "m")  # as for distances; 0: none stated
_CLAIM_SIGMA_M = Range(0.0, 18_520.0, "m")  # the coarsest that ADS-B (NACp 1) and Remote ID state: 10 nautical miles
_HEIGHT_M = Range(-1_000.0, 100_000.0, "m")  # from below the Dead Sea to where air ends
_TIME_SIGMA_S = Range(1e-9, 60.0, "s")  # the grain of the stamps; a minute off is no measurement of now
_CLOCK_S = Range(0.0, 60.0, "s")
_SPEED_MS = Range(-8_000.0, 8_000.0, "m/s")  # orbital: nothing in air is faster
_SPEED_SIGMA_MS = Range(1e-6, 8_000.0, "m/s")
_TRACK_SIGMA_M = Range(1e-4, 1e5, "m")  # a passive tracker may know its distance no better than its horizon
_BIAS_ANGLE = Range(0.0, math.pi / math.sqrt(3.0), "rad")
_BIAS_M = Range(0.0, 1e4, "m")
_RATE = Range(0.0, 1e5, "a second")  # the fastest event cameras give some 10,000 pictures a second
_SHARE = Range(0.0, 1.0)

_FIELDS: dict[type, dict[str, Range]] = {
    PoseReport: {
        "position_sigma_m": _PLACE_SIGMA_M,
        "boresight_azimuth_rad": _AZIMUTH,
        "boresight_elevation_rad": _ELEVATION,
    },
    Heartbeat: {},
    Flash: {
        "azimuth_rad": _AZIMUTH,
        "elevation_rad": _ELEVATION,
        "onset_utc_ns": _TIME_NS,
        "onset_sigma_s": _TIME_SIGMA_S,
    },
    Bearing: {"azimuth_rad": _AZIMUTH, "elevation_rad": _ELEVATION},
    Plot: {"range_m": _DISTANCE_M, "azimuth_rad": _AZIMUTH, "elevation_rad": _ELEVATION},
    Impulse: {"azimuth_rad": _AZIMUTH, "azimuth_sigma_rad": _ANGLE_SIGMA, "time_sigma_s": _TIME_SIGMA_S},
    CooperativeReport: {"velocity_enu_ms": _SPEED_MS, "position_sigma_m": _CLAIM_SIGMA_M},
    SensorTrackReport: {"velocity_enu_ms": _SPEED_MS},
    WeatherReport: {
        "wind_east_ms": Range(-150.0, 150.0, "m/s"),  # the strongest gust on record is 113 m/s (WMO, 1996)
        "wind_north_ms": Range(-150.0, 150.0, "m/s"),
        "wind_sigma_ms": Range(0.0, 100.0, "m/s"),
        "profile_ground_m": _HEIGHT_M,
        "sound_speed_relative_sigma": Range(0.0, 0.2),  # the speed of sound changes by 20 % from -50 to +60 degrees
    },
    BiasPrior: {
        "azimuth_rad": _BIAS_ANGLE,
        "elevation_rad": _BIAS_ANGLE,
        "range_m": _BIAS_M,
        "clock_s": _CLOCK_S,
        "east_m": _BIAS_M,
        "north_m": _BIAS_M,
        "up_m": _BIAS_M,
    },
    Sensor: {
        "latency_s": _CLOCK_S,
        "rate_hz": _RATE,
        "detection_probability": _SHARE,
        "min_elevation_rad": _ELEVATION,
        "max_range_m": Range(1.0, 1e7, "m"),
        "fov_half_width_azimuth_rad": _AZIMUTH,
        "fov_half_width_elevation_rad": _ELEVATION,
        "post_burnout_s": Range(0.0, 3_600.0, "s"),
        "false_flashes_per_s": _RATE,
        "false_plots_per_scan": _RATE,
        "false_impulses_per_s": _RATE,
        "roam_m": Range(0.0, 1e6, "m"),
    },
}
_COVARIANCES: dict[type, tuple[str, tuple[Range, ...]]] = {
    Flash: ("covariance_rad2", (_ANGLE_SIGMA, _ANGLE_SIGMA)),
    Bearing: ("covariance_rad2", (_ANGLE_SIGMA, _ANGLE_SIGMA)),
    Plot: ("covariance", (_DISTANCE_SIGMA_M, _ANGLE_SIGMA, _ANGLE_SIGMA)),
    SensorTrackReport: ("covariance_enu", (*(_TRACK_SIGMA_M,) * 3, *(_SPEED_SIGMA_MS,) * 3)),
}
_NAMES: dict[type, tuple[str, ...]] = {
    Flash: ("detection_id",),
    Bearing: ("detection_id",),
    Plot: ("detection_id",),
    Impulse: ("detection_id",),
    SensorTrackReport: ("detection_id",),
    CooperativeReport: ("transponder_id",),
    Sensor: ("sensor_id",),
}
_LEAST_PIVOT = 1e-10
"""Of a correlation matrix: below it, its inverse holds more rounding (16 digits) than numbers."""


def require_in_range(message: Message) -> None:
    """Refuse a message that can mean nothing: numbers beyond their ranges, covariances that are none, unfit names.

    Raises
    ------
    OutOfRangeError
        Naming the first such field, what it holds, and what is expected there.
    """
    _require_number("arrival_utc_ns", message.arrival_utc_ns, _TIME_NS)
    if isinstance(message, SensorReport):
        _require_fields(message.sensor, "")
        _require_fields(message.sensor.bias_prior, "bias_prior.")
        _require_number("position.height_m", message.sensor.position.height_m, _HEIGHT_M)
        return
    if type(message) not in _FIELDS:
        return  # a person's order is checked where people are; a tick holds nothing else
    _require_fields(message, "")
    if isinstance(message, WeatherReport):
        return
    _require_number("time_utc_ns", getattr(message, "time_utc_ns", 0), _TIME_NS)
    if isinstance(message, PoseReport | CooperativeReport | SensorTrackReport):
        _require_number("position.height_m", message.position.height_m, _HEIGHT_M)
    if type(message) in _COVARIANCES:
        name, ranges = _COVARIANCES[type(message)]
        _require_covariance(name, getattr(message, name), ranges)


def require_sigma(name: str, value: float, *, is_angle: bool) -> float:
    """Give a standard deviation back that may be squared, an angle's (rad) or a distance's (m).

    Raises
    ------
    OutOfRangeError
        It is beyond what any sensor can mean.
    """
    _require_number(name, value, _ANGLE_SIGMA if is_angle else _DISTANCE_SIGMA_M)
    return value


def _require_fields(record: object, place: str) -> None:
    for name in _NAMES.get(type(record), ()):
        _require_name(name, getattr(record, name))
    for name, bounds in _FIELDS[type(record)].items():
        for value in _numbers(getattr(record, name)):
            _require_number(place + name, value, bounds)


def _numbers(value: float | tuple[float, ...] | None) -> Iterator[float]:
    if isinstance(value, tuple):
        yield from value
    elif value is not None:
        yield value


def _require_number(name: str, value: float, bounds: Range) -> None:
    if not bounds.least <= value <= bounds.most:  # not a number fails both
        unit = f" {bounds.unit}" if bounds.unit else ""
        raise OutOfRangeError(
            name, f"{name} must be from {bounds.least:.6g} to {bounds.most:.6g}{unit}, found {_short(value)}"
        )


def _short(value: float) -> str:
    try:
        return f"{value:.6g}"
    except OverflowError:  # a whole number of hundreds of digits
        return "a number that no float holds"


def _require_name(name: str, value: str) -> None:
    if not 0 < len(value) <= LONGEST_ID:
        raise OutOfRangeError(name, f"{name} must have from 1 to {LONGEST_ID} characters, found {len(value)}")
    if not value.isprintable():
        raise OutOfRangeError(name, f"{name} must be of printable characters, found {value[:40]!r}")


def _require_covariance(name: str, upper: Sequence[float], ranges: tuple[Range, ...]) -> None:
    """Refuse an upper triangle (row by row) whose deviations are out of range or that is not positive definite."""
    size = len(ranges)
    if len(upper) != size * (size + 1) // 2:
        raise OutOfRangeError(name, f"{name} must hold {size * (size + 1) // 2} numbers, found {len(upper)}")
    starts = [i * size - i * (i - 1) // 2 for i in range(size)]
    sigmas = []
    for i, bounds in enumerate(ranges):
        variance = upper[starts[i]]
        sigmas.append(math.sqrt(variance) if variance > 0 else 0.0)
        _require_number(f"{name}: standard deviation {i + 1}", sigmas[i], bounds)
    # Cholesky factor of the correlation matrix, so that units do not matter
    factor: list[list[float]] = []
    for j in range(size):
        row: list[float] = []
        for i in range(j):
            correlation = upper[starts[i] + j - i] / (sigmas[i] * sigmas[j])
            row.append((correlation - sum(a * b for a, b in zip(factor[i], row, strict=False))) / factor[i][i])
        pivot = 1.0 - sum(a * a for a in row)
        if not pivot > _LEAST_PIVOT:
            raise OutOfRangeError(name, f"{name} must be positive definite, found correlations that are not")
        factor.append([*row, math.sqrt(pivot)])
