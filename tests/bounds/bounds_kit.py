"""A flat place with sensors round a launch, turned and placed at will."""

from __future__ import annotations

import math

import numpy as np

from marsad.bounds import LaunchBound, expected_arrivals, launch_bound, true_launch
from marsad.flight import environment_of
from marsad.flight.classes import DragTable, RocketClass, RocketTable
from marsad.geo.frames import geodetic_from_enu
from marsad.geo.terrain import TerrainGrid
from marsad.sensing.book import SensorBook
from marsad.terms import BiasPrior, Geodetic, Sensor, WeatherReport

SHORT = RocketClass("short", 470.0, 0.8, 0.35, 4e-4, 2.0, 0.04, 0.1, 0.1, source="generic")
DRAG = DragTable(np.array([0.0, 0.8, 1.1, 3.0]), np.array([0.42, 0.43, 0.75, 0.5]))
ROCKETS = RocketTable((SHORT,), DRAG)
CALM = WeatherReport(arrival_utc_ns=0, wind_east_ms=0.0, wind_north_ms=0.0, wind_sigma_ms=2.0, profile_ground_m=0.0)
EO_BIAS = BiasPrior(azimuth_rad=5e-4, elevation_rad=5e-4, clock_s=0.01, east_m=1.0, north_m=1.0, up_m=1.0)
RADAR_BIAS = BiasPrior(azimuth_rad=1e-3, elevation_rad=1e-3, range_m=5.0, clock_s=0.01)
ACOUSTIC_BIAS = BiasPrior(azimuth_rad=7e-3, clock_s=0.003)

# kind, distance and bearing from the launch, height above ground, and the rest of the sensor
LINE_UP = {
    "balloon": ("balloon", 7000.0, 0.1, 400.0, EO_BIAS, 0.12, 20.0, 0.95, {"post_burnout_s": 0.0}),
    "drone": ("drone", 4500.0, -0.6, 900.0, EO_BIAS, 0.35, 15.0, 0.9, {"post_burnout_s": 4.0}),
    "radar": ("radar", 7700.0, 0.0, 10.0, RADAR_BIAS, 0.3, 1.5, 0.9, {"min_elevation_rad": 0.026, "max_range_m": 12e3}),
    "acoustic": ("acoustic", 5000.0, 0.3, 2.0, ACOUSTIC_BIAS, 0.25, None, 0.85, {"max_range_m": 10e3}),
    "acoustic2": ("acoustic", 5500.0, -0.4, 2.0, ACOUSTIC_BIAS, 0.25, None, 0.85, {"max_range_m": 10e3}),
}


def flat_terrain(latitude_rad: float, longitude_rad: float) -> TerrainGrid:
    """A plain at 200 m, wide enough for a flight."""
    return TerrainGrid(latitude_rad - 0.01, longitude_rad - 0.02, 0.01, 0.02, np.full((3, 3), 200.0))


def bound_at(
    names: tuple[str, ...],
    *,
    latitude_rad: float = 0.5,
    longitude_rad: float = 0.3,
    turn_rad: float = 0.0,
    latency_s: float = 0.0,
) -> LaunchBound:
    """Bound of a launch towards ``turn_rad``, with the whole line-up turned about the launch point likewise."""
    terrain = flat_terrain(latitude_rad, longitude_rad)
    book = SensorBook(0)
    for name in names:
        kind, distance, bearing, up, bias, latency, rate, probability, rest = LINE_UP[name]
        a = bearing + turn_rad
        lat, lon, _ = geodetic_from_enu(
            distance * math.sin(a), distance * math.cos(a), 200.0 + up, latitude_rad, longitude_rad, 0.0
        )
        book.register(
            Sensor(
                sensor_id=name,
                kind=kind,
                position=Geodetic(latitude_rad=lat, longitude_rad=lon, height_m=200.0 + up),
                bias_prior=bias,
                latency_s=latency + latency_s,
                rate_hz=rate,
                detection_probability=probability,
                **rest,
            )
        )
    launch = true_launch(SHORT, latitude_rad, longitude_rad, 0.0, turn_rad, 0.75)
    arrivals = expected_arrivals(environment_of(terrain, DRAG), launch, book)
    return launch_bound(ROCKETS, terrain, CALM, launch, arrivals, book.bias_sigma())
