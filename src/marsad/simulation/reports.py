"""What is said rather than seen: poses, heartbeats, cooperative reports, sensors describing themselves, weather."""

from __future__ import annotations

import math

import msgspec
import numpy as np

from marsad.sensing.site import Site
from marsad.simulation.bodies import Body, wind_ground_m
from marsad.simulation.emit import Sighting, kept_angle, kept_place, stamp_ns
from marsad.simulation.paths import axes_at, geodetic
from marsad.simulation.platforms import Platform, reported_place, stated_place
from marsad.simulation.scenario import Scenario
from marsad.terms import CooperativeReport, Heartbeat, PoseReport, Sensor, SensorReport

REPORT_LATENCY_S = 0.1
"""Poses and heartbeats are short and come at once."""


def introductions(site: Site, platforms: list[Platform]) -> list[Sighting]:
    """Let every sensor describe itself, and give the forecast."""
    found = [Sighting(SensorReport(arrival_utc_ns=0, sensor=_described(platform))) for platform in platforms]
    if site.weather is not None:
        weather = msgspec.structs.replace(site.weather, arrival_utc_ns=0, profile_ground_m=wind_ground_m(site))
        found.append(Sighting(weather))
    return found


def _described(platform: Platform) -> Sensor:
    return msgspec.structs.replace(platform.sensor, position=kept_place(stated_place(platform)), arrival_utc_ns=0)


def poses(platform: Platform, scenario: Scenario, rng: np.random.Generator) -> list[Sighting]:
    """Give the reports of where a moving sensor is."""
    if not platform.sensor.is_mobile:
        return []
    prior = platform.sensor.bias_prior
    sigma_m = max(prior.east_m, prior.north_m, prior.up_m)
    found = []
    for time_s in np.arange(0.0, scenario.duration_s, scenario.pose_interval_s).tolist():
        if platform.fault("silent", time_s):
            break
        place = reported_place(platform, time_s, scenario.noise.pose_jitter_m * rng.standard_normal(3))
        found.append(
            Sighting(
                PoseReport(
                    sensor_id=platform.sensor.sensor_id,
                    time_utc_ns=stamp_ns(platform.stamp(time_s)),
                    arrival_utc_ns=stamp_ns(time_s + REPORT_LATENCY_S),
                    position=kept_place(place),
                    position_sigma_m=sigma_m,
                    boresight_azimuth_rad=_kept(platform.boresight_azimuth_rad),
                    boresight_elevation_rad=_kept(platform.boresight_elevation_rad),
                )
            )
        )
    return found


def _kept(angle_rad: float | None) -> float | None:
    return None if angle_rad is None else kept_angle(angle_rad)


def heartbeats(platform: Platform, scenario: Scenario) -> list[Sighting]:
    """Give the signs of life."""
    return [
        Sighting(
            Heartbeat(
                sensor_id=platform.sensor.sensor_id,
                time_utc_ns=stamp_ns(platform.stamp(time_s)),
                arrival_utc_ns=stamp_ns(time_s + REPORT_LATENCY_S),
            )
        )
        for time_s in np.arange(0.0, scenario.duration_s, scenario.heartbeat_interval_s).tolist()
        if not platform.fault("silent", time_s)
    ]


def cooperative(body: Body, scenario: Scenario, rng: np.random.Generator) -> list[Sighting]:
    """Give what an aircraft with a transponder says about itself."""
    if not body.transponder_id:
        return []
    sigma_m = scenario.noise.cooperative_m
    begin_s = max(body.begin_s, 0.0) + float(rng.random()) * body.report_interval_s
    found = []
    for time_s in np.arange(begin_s, min(body.path.end_s, scenario.duration_s), body.report_interval_s).tolist():
        position, velocity = body.path.at(time_s)
        axes = axes_at(geodetic(position))
        wrong = np.array(body.report_offset_m) + sigma_m / math.sqrt(2.0) * rng.standard_normal(3)
        east, north, up = axes @ velocity + 0.3 * rng.standard_normal(3)
        found.append(
            Sighting(
                CooperativeReport(
                    sensor_id="",
                    transponder_id=body.transponder_id,
                    time_utc_ns=stamp_ns(time_s),
                    arrival_utc_ns=stamp_ns(time_s + 0.1 + 0.8 * float(rng.random())),
                    position=kept_place(geodetic(position + wrong @ axes)),
                    velocity_enu_ms=(round(float(east), 2), round(float(north), 2), round(float(up), 2)),
                    position_sigma_m=sigma_m,
                )
            )
        )
    return found
