"""The site's sensors in a simulated night: where they really are, and how wrong each is."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from marsad.sensing.site import Site
from marsad.simulation import bodies
from marsad.simulation.paths import Path, Vector, axes_at, ecef, geodetic, standing
from marsad.simulation.scenario import FaultOrder, OrbitOrder, Scenario, SwayOrder
from marsad.terms import Geodetic, Sensor


@dataclass(frozen=True)
class Platform:
    """A sensor with its true path and its constant errors, drawn from its own prior, faults added."""

    sensor: Sensor
    path: Path
    boresight_azimuth_rad: float | None
    boresight_elevation_rad: float | None
    azimuth_bias_rad: float
    elevation_bias_rad: float
    range_bias_m: float
    clock_s: float
    position_error_enu_m: Vector
    faults: tuple[FaultOrder, ...] = ()

    def eye(self, time_s: float) -> Vector:
        """True position (ECEF)."""
        return self.path.at(time_s)[0]

    def fault(self, kind: str, time_s: float) -> FaultOrder | None:
        """Give the fault of a kind that is on at a time, if any."""
        return next((one for one in self.faults if one.kind == kind and time_s >= one.from_s), None)

    def magnitude(self, kind: str, time_s: float) -> float:
        """Give the size of a fault at a time, 0 if it is not on."""
        fault = self.fault(kind, time_s)
        return fault.magnitude if fault else 0.0

    def stamp(self, time_s: float) -> float:
        """Give the time that the sensor's own clock shows."""
        return time_s + self.clock_s + self.magnitude("clock", time_s)

    def aims_at(self, azimuth_rad: float, elevation_rad: float) -> bool:
        """Whether a direction lies in the field of view; without one everything does."""
        half_azimuth, half_elevation = self.sensor.fov_half_width_azimuth_rad, self.sensor.fov_half_width_elevation_rad
        if half_azimuth is not None and self.boresight_azimuth_rad is not None:
            off = (azimuth_rad - self.boresight_azimuth_rad + math.pi) % (2 * math.pi) - math.pi
            if abs(off) > half_azimuth:
                return False
        if half_elevation is not None and self.boresight_elevation_rad is not None:
            return abs(elevation_rad - self.boresight_elevation_rad) <= half_elevation
        return True


def platforms(site: Site, scenario: Scenario, rng: np.random.Generator) -> list[Platform]:
    """Put every sensor of the site where the scenario has it, each with generators of its own."""
    return [
        _platform(sensor, scenario, one) for sensor, one in zip(site.sensors, rng.spawn(len(site.sensors)), strict=True)
    ]


def _platform(sensor: Sensor, scenario: Scenario, rng: np.random.Generator) -> Platform:
    normal = rng.standard_normal(7)
    phases = rng.uniform(0.0, 2 * math.pi, 3)
    prior = sensor.bias_prior
    path, azimuth_deg, elevation_deg = _movement(sensor, scenario, phases)
    return Platform(
        sensor=sensor,
        path=path,
        boresight_azimuth_rad=None if azimuth_deg is None else math.radians(azimuth_deg) % (2 * math.pi),
        boresight_elevation_rad=None if elevation_deg is None else math.radians(elevation_deg),
        azimuth_bias_rad=prior.azimuth_rad * normal[0],
        elevation_bias_rad=prior.elevation_rad * normal[1],
        range_bias_m=prior.range_m * normal[2],
        clock_s=prior.clock_s * normal[3],
        position_error_enu_m=np.array([prior.east_m, prior.north_m, prior.up_m]) * normal[4:7],
        faults=tuple(one for one in scenario.fault if one.sensor_id == sensor.sensor_id),
    )


def _movement(
    sensor: Sensor, scenario: Scenario, phases: Float[np.ndarray, "3"]
) -> tuple[Path, float | None, float | None]:
    """Give path and boresight; a moving sensor without an order of its own gets the usual one of its kind."""
    if sensor.kind == "drone":
        orders = [one for one in scenario.orbit if one.sensor_id == sensor.sensor_id]
        order = orders[0] if orders else OrbitOrder(sensor_id=sensor.sensor_id)
        path = bodies.orbit(sensor, order, scenario.duration_s, float(phases[0]))
        return path, order.look_azimuth_deg, order.look_elevation_deg
    if sensor.kind == "balloon":
        sways = [one for one in scenario.sway if one.sensor_id == sensor.sensor_id]
        return (
            bodies.sway(
                sensor, sways[0] if sways else SwayOrder(sensor_id=sensor.sensor_id), scenario.duration_s, phases
            ),
            None,
            None,
        )
    return standing(sensor.position, 0.0, scenario.duration_s), None, None


def reported_place(platform: Platform, time_s: float, jitter_m: Vector) -> Geodetic:
    """Give the place that a platform says it has: the true one, its constant error, a little jitter, its fault."""
    true = platform.eye(time_s)
    wrong = platform.position_error_enu_m + jitter_m + np.array([platform.magnitude("pose", time_s), 0.0, 0.0])
    return geodetic(true + wrong @ axes_at(geodetic(true)))


def stated_place(platform: Platform) -> Geodetic:
    """Give the place in a sensor's own description: a moving one's mean place, a fixed one's as surveyed."""
    wrong = np.array([platform.magnitude("pose", 0.0), 0.0, 0.0])
    if not platform.sensor.is_mobile:
        wrong = wrong + platform.position_error_enu_m
    place = platform.sensor.position
    return geodetic(ecef(place) + wrong @ axes_at(place))
