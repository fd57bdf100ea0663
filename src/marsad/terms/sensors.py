"""Sensors: what a site has to look and listen with, and how wrong each may be."""

from __future__ import annotations

from typing import Literal

import msgspec

from marsad.terms.places import Geodetic

SensorKind = Literal["balloon", "drone", "camera", "radar", "acoustic", "cooperative", "tracker"]
"""balloon, drone, camera: EO/IR bearings; tracker: delivers tracks only."""


class BiasPrior(msgspec.Struct, frozen=True, kw_only=True):
    """Standard deviations of a sensor's constant unknown errors; zero means "has none"."""

    azimuth_rad: float = 0.0
    elevation_rad: float = 0.0
    range_m: float = 0.0
    clock_s: float = 0.0
    east_m: float = 0.0
    north_m: float = 0.0
    up_m: float = 0.0


class Sensor(msgspec.Struct, frozen=True, kw_only=True):
    """A sensor as it describes itself (or as the site file does).

    ``position`` is where it stands, for a mobile sensor its mean place until a pose arrives.
    ``roam_m`` is how far a mobile one may be from there.  Fields that the kind does not have are ``None``.
    """

    sensor_id: str
    kind: SensorKind
    position: Geodetic
    arrival_utc_ns: int = 0
    is_mobile: bool = False
    bias_prior: BiasPrior = BiasPrior()
    latency_s: float = 0.0
    rate_hz: float | None = None
    detection_probability: float | None = None
    min_elevation_rad: float | None = None
    max_range_m: float | None = None
    fov_half_width_azimuth_rad: float | None = None
    fov_half_width_elevation_rad: float | None = None
    post_burnout_s: float | None = None
    false_flashes_per_s: float | None = None
    false_plots_per_scan: float | None = None
    false_impulses_per_s: float | None = None
    roam_m: float | None = None
