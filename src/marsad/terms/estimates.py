"""What is believed about a launch: where from, where to, when; always as a mixture of modes with covariance."""

from __future__ import annotations

from typing import Literal

import msgspec

from marsad.terms.places import Geodetic

LaunchStatus = Literal["tentative", "confirmed", "misfire", "cancelled"]
ImpactOutcome = Literal["forecast", "passed", "no_ground_crossing", "cancelled"]


class PointMode(msgspec.Struct, frozen=True, kw_only=True):
    """One mode of a mixture over ground points: Gaussian in east and north about ``position``.

    ``covariance_en_m2`` = (EE, EN, NN).
    """

    weight: float
    position: Geodetic
    covariance_en_m2: tuple[float, float, float]
    time_utc_ns: int
    time_sigma_s: float


class ClassWeight(msgspec.Struct, frozen=True, kw_only=True):
    """How much of the evidence goes to one rocket class."""

    rocket_class: str
    weight: float


class LaunchEstimate(msgspec.Struct, frozen=True, kw_only=True):
    """Where and when one rocket was launched; ``modes`` from heaviest to lightest, weights summing to one.

    ``launch_site_id`` is shared by launches from one point; ``site`` is where that point is by all of them together
    (weight 1, the time of the latest launch), None while this launch is the only one.  ``reasons`` says in short what
    speaks for it.  ``existence_probability`` is that anything was launched at all; a confirmed launch is taken for one.
    """

    event_id: str
    launch_site_id: str
    status: LaunchStatus
    arrival_utc_ns: int
    modes: tuple[PointMode, ...]
    azimuth_rad: float = 0.0
    elevation_rad: float = 0.0
    classes: tuple[ClassWeight, ...] = ()
    sensor_ids: tuple[str, ...] = ()
    detection_count: int = 0
    reasons: tuple[str, ...] = ()
    site: PointMode | None = None
    existence_probability: float = 1.0


class ZoneRisk(msgspec.Struct, frozen=True, kw_only=True):
    """Probability that the thing lands in (or reaches) a zone with its buffer, and when, as quantiles."""

    zone_id: str
    probability: float
    time_q05_utc_ns: int
    time_q50_utc_ns: int
    time_q95_utc_ns: int


class ImpactForecast(msgspec.Struct, frozen=True, kw_only=True):
    """Where and when one rocket lands: a mixture on the terrain, and what that means for each zone."""

    event_id: str
    outcome: ImpactOutcome
    arrival_utc_ns: int
    modes: tuple[PointMode, ...]
    zone_risks: tuple[ZoneRisk, ...] = ()
    trajectory: tuple[tuple[int, float, float, float], ...] = ()
    """Heaviest mode's path: (time_utc_ns, latitude_rad, longitude_rad, height_m), coarse, for maps."""


class SensorFault(msgspec.Struct, frozen=True, kw_only=True):
    """A sensor whose residuals say that something is wrong with it.

    ``station_clock`` is said of the station itself, under the name ``clock``: ``magnitude`` is its clock minus its
    sensors', in seconds.
    """

    sensor_id: str
    kind: Literal[
        "clock",
        "azimuth_bias",
        "elevation_bias",
        "range_bias",
        "pose",
        "frozen",
        "silent",
        "lying",
        "noise",
        "station_clock",
    ]
    arrival_utc_ns: int
    magnitude: float = 0.0
    unit: str = ""
    reasons: tuple[str, ...] = ()
    cleared: bool = False
