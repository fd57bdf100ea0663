"""What a site may have to watch with: line-ups of sensors, each placed anew."""

from __future__ import annotations

import math
from dataclasses import dataclass

import msgspec
import numpy as np

from marsad.sensing.site import Site
from marsad.simulation.bodies import place_at
from marsad.simulation.scenario import OrbitOrder
from marsad.terms import BiasPrior, Geodetic, Sensor

LINE_UPS = ("b1", "b12", "r", "rb", "b1r", "b12r", "b12ra", "ra", "ba", "12r", "b12a")
"""A letter a sensor: b the balloon, 1 and 2 drones, r the radar, a three acoustic arrays.

From one balloon with one drone to everything; what cannot tell a launch by itself at all (microphones alone) is left
out.
"""


@dataclass(frozen=True)
class _Post:
    """Where a sensor is put: its distance from the middle, how far from there it may be, its height above ground."""

    sensor: Sensor
    distance_m: float
    scatter_m: float
    above_m: float
    bearing_deg: float = 0.0
    """Seen from the middle, against the threat's direction."""


_SOMEWHERE = Geodetic(latitude_rad=0.0, longitude_rad=0.0, height_m=0.0)
_BALLOON = Sensor(
    sensor_id="EO-B1", kind="balloon", position=_SOMEWHERE, is_mobile=True, latency_s=0.12, rate_hz=20.0,
    detection_probability=0.95, post_burnout_s=0.0, false_flashes_per_s=0.01,
    bias_prior=BiasPrior(
        azimuth_rad=0.0005, elevation_rad=0.0005, clock_s=0.01, east_m=1.0, north_m=1.0, up_m=1.0
    ),
)  # fmt: skip
_DRONE = Sensor(
    sensor_id="EO-D1", kind="drone", position=_SOMEWHERE, is_mobile=True, latency_s=0.35, rate_hz=15.0,
    detection_probability=0.9, post_burnout_s=4.0, false_flashes_per_s=0.01,
    fov_half_width_azimuth_rad=math.radians(25.0), fov_half_width_elevation_rad=math.radians(18.0),
    bias_prior=BiasPrior(
        azimuth_rad=0.0005, elevation_rad=0.0005, clock_s=0.01, east_m=2.0, north_m=2.0, up_m=3.0
    ),
)  # fmt: skip
_RADAR = Sensor(
    sensor_id="RD-1", kind="radar", position=_SOMEWHERE, latency_s=0.3, rate_hz=1.5, detection_probability=0.9,
    min_elevation_rad=math.radians(1.0), max_range_m=20_000.0, false_plots_per_scan=0.3,
    bias_prior=BiasPrior(azimuth_rad=0.001, elevation_rad=0.001, range_m=5.0, clock_s=0.01),
)  # fmt: skip
_ARRAY = Sensor(
    sensor_id="AC-1", kind="acoustic", position=_SOMEWHERE, latency_s=0.25, detection_probability=0.85,
    max_range_m=10_000.0, false_impulses_per_s=0.01, bias_prior=BiasPrior(azimuth_rad=0.007, clock_s=0.003),
)  # fmt: skip
"""The numbers of the sample site's sensors: of the size that makers state for such devices."""


def _named(sensor: Sensor, name: str) -> Sensor:
    return msgspec.structs.replace(sensor, sensor_id=name)


_POSTS: dict[str, tuple[_Post, ...]] = {
    "b": (_Post(_BALLOON, 0.0, 700.0, 400.0),),
    "1": (_Post(_DRONE, 3500.0, 900.0, 880.0, 0.0),),
    "2": (_Post(_named(_DRONE, "EO-D2"), 3800.0, 900.0, 880.0, 80.0),),
    "r": (_Post(_RADAR, 0.0, 600.0, 14.0),),
    "a": tuple(_Post(_named(_ARRAY, f"AC-{k + 1}"), 1800.0, 600.0, 3.0, 120.0 * k) for k in range(3)),
}


def line_up(
    site: Site, letters: str, threat_deg: float, rng: np.random.Generator
) -> tuple[tuple[Sensor, ...], list[OrbitOrder]]:
    """Place the sensors of a line-up about a site, and let its drones look where rockets mostly come from.

    Parameters
    ----------
    site
        Whose origin and ground they stand on.
    letters
        One of ``LINE_UPS``.
    threat_deg
        The direction, clockwise from north, from which most rockets come to this site.
    rng
        Where each stands exactly, and how its drone circles.
    """
    sensors, orbits = [], []
    for letter in letters:
        for post in _POSTS[letter]:
            bearing = math.radians(threat_deg + post.bearing_deg)
            east_m = post.distance_m * math.sin(bearing) + float(rng.uniform(-post.scatter_m, post.scatter_m))
            north_m = post.distance_m * math.cos(bearing) + float(rng.uniform(-post.scatter_m, post.scatter_m))
            place = place_at(site, east_m, north_m, post.above_m)
            sensors.append(msgspec.structs.replace(post.sensor, position=place))
            if post.sensor.kind == "drone":
                orbits.append(_orbit(post, threat_deg, east_m, north_m, rng))
    return tuple(sensors), orbits


def _orbit(post: _Post, threat_deg: float, east_m: float, north_m: float, rng: np.random.Generator) -> OrbitOrder:
    """Let a drone look at the middle of where launchers of the shorter class would stand, 8 km out."""
    threat = math.radians(threat_deg)
    away = (8000.0 * math.sin(threat) - east_m, 8000.0 * math.cos(threat) - north_m)
    return OrbitOrder(
        sensor_id=post.sensor.sensor_id,
        look_azimuth_deg=round(math.degrees(math.atan2(*away)) % 360.0, 2),
        look_elevation_deg=0.0,
        clockwise=bool(rng.random() < 0.5),
    )
