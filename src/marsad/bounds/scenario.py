"""Bounds of the launches that a scenario orders, before anything is simulated: from its sensors' schedules alone."""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec
import numpy as np

from marsad.bounds.cramer_rao import ELAPSED_S, launch_bound
from marsad.bounds.launch import TrueLaunch, true_launch
from marsad.bounds.records import LaunchBound
from marsad.bounds.schedule import Accuracy, expected_arrivals
from marsad.flight import environment_of
from marsad.sensing.book import SensorBook
from marsad.sensing.site import Site
from marsad.simulation.bodies import place_at, wind_ground_m
from marsad.simulation.night import check
from marsad.simulation.paths import geodetic
from marsad.simulation.platforms import Platform, platforms
from marsad.simulation.scenario import NoiseOrder, RocketOrder, Scenario
from marsad.terms import PoseReport

_POSE_STEP_S = 0.5
_WATCHED_S = 110.0
"""How long after launch moving sensors are followed: a book keeps 240 poses."""


def scenario_bounds(site: Site, scenario: Scenario, elapsed_s: Sequence[float] = ELAPSED_S) -> dict[str, LaunchBound]:
    """Bound of every rocket that a scenario orders, by its name, at the nominal numbers of its class.

    Parameters
    ----------
    site, scenario
        Sensors, ground, forecast and classes; what is launched, and how the moving sensors move.
    elapsed_s
        Moments after launch.

    Raises
    ------
    ValueError
        When the scenario names a sensor or rocket class that the site has not.

    Notes
    -----
    Misfires have no bound.  Orbits begin at a phase of their own, always the same; faults are not reckoned with.
    """
    check(site, scenario)
    weather = site.weather
    if weather is not None:
        weather = msgspec.structs.replace(weather, profile_ground_m=wind_ground_m(site))
    wind = (0.0, 0.0, 0.0) if weather is None else (weather.wind_east_ms, weather.wind_north_ms, wind_ground_m(site))
    env = environment_of(site.terrain, site.rockets.drag, *wind)
    eyes = platforms(site, scenario, np.random.default_rng(0))
    out = {}
    for order in scenario.rocket:
        if order.misfire:
            continue
        for k in range(order.count):
            launch = _launch(site, order, order.launch_s + k * order.interval_s)
            book = _book(eyes, float(launch.parameters[2]))
            arrivals = expected_arrivals(env, launch, book, _accuracies(eyes, scenario.noise))
            name = order.id if order.count == 1 else f"{order.id}-{k + 1}"
            out[name] = launch_bound(
                site.rockets, site.terrain, weather, launch, arrivals, book.bias_sigma(), elapsed_s
            )
    return out


def _launch(site: Site, order: RocketOrder, time_s: float) -> TrueLaunch:
    (chosen,) = [one for one in site.rockets.classes if one.name == order.rocket_class]
    place = place_at(site, order.east_m, order.north_m)
    azimuth, elevation = math.radians(order.azimuth_deg), math.radians(order.elevation_deg)
    return true_launch(chosen, place.latitude_rad, place.longitude_rad, time_s, azimuth, elevation)


def _book(eyes: Sequence[Platform], launch_s: float) -> SensorBook:
    """All sensors of a scenario, the moving ones along their true paths about a launch."""
    book = SensorBook(0)
    for eye in eyes:
        book.register(eye.sensor)
        if not eye.sensor.is_mobile:
            continue
        for time_s in np.arange(launch_s - 1.0, launch_s + _WATCHED_S, _POSE_STEP_S):
            ns = round(float(time_s) * 1e9)
            book.pose(
                PoseReport(
                    sensor_id=eye.sensor.sensor_id,
                    time_utc_ns=ns,
                    arrival_utc_ns=ns,
                    position=geodetic(eye.eye(float(time_s))),
                    boresight_azimuth_rad=eye.boresight_azimuth_rad,
                    boresight_elevation_rad=eye.boresight_elevation_rad,
                )
            )
    return book


def _accuracies(eyes: Sequence[Platform], noise: NoiseOrder) -> dict[str, Accuracy]:
    by_kind = {
        "balloon": Accuracy(noise.balloon_mrad / 1e3, time_s=noise.onset_s),
        "drone": Accuracy(noise.drone_mrad / 1e3, time_s=noise.onset_s),
        "camera": Accuracy(noise.camera_mrad / 1e3, time_s=noise.onset_s),
        "radar": Accuracy(noise.radar_angle_mrad / 1e3, range_m=noise.radar_range_m),
        "acoustic": Accuracy(math.radians(noise.acoustic_azimuth_deg), time_s=noise.acoustic_time_s),
    }
    return {eye.sensor.sensor_id: by_kind[eye.sensor.kind] for eye in eyes if eye.sensor.kind in by_kind}
