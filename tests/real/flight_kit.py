"""A site about a launch pad: balloon, two drones and a radar of the usual accuracies watch a logged flight.

The table of docs/real-data.md: ``PYTHONPATH=tests python -m real.flight_kit FOLDER/data/rocket_flights``.
"""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from marsad.adapters.feed import feed
from marsad.flight.classes import DragTable, RocketClass, RocketTable
from marsad.geo.frames import ecef_from_geodetic, enu_axes, enu_from_geodetic, geodetic_from_enu
from marsad.geo.terrain import TerrainGrid
from marsad.sensing.site import Site
from marsad.simulation.bodies import Body, Moment
from marsad.simulation.night import simulate_night
from marsad.simulation.paths import Path as FlownPath
from marsad.simulation.scenario import OrbitOrder, Scenario
from marsad.terms import BiasPrior, Geodetic, Sensor, WeatherReport, Zone
from real.rocket_logs import LOGS, Log

GROUND_M = 160.0
LAUNCH_S = 3.0

SOUNDING = RocketClass(
    "student sounding rocket", 340.0, 4.0, 0.22, 5e-4, 10.0, 0.15, 0.20, 0.30,
    source="loose figures of 3 km class student rockets: motors of 3 to 5 s, 25 to 45 kg, 15 cm",
)  # fmt: skip
DRAG = DragTable(np.array([0.0, 0.5, 0.8, 0.95, 1.05, 1.5]), np.array([0.5, 0.48, 0.5, 0.6, 0.75, 0.7]))
ROCKETS = RocketTable(
    (SOUNDING,),
    DRAG,
    launch_elevation_mean_rad=math.radians(84.0),
    launch_elevation_sigma_rad=math.radians(4.0),
    misalignment_sigma_rad=0.02,
)
EO_BIAS = BiasPrior(azimuth_rad=5e-4, elevation_rad=5e-4, clock_s=0.01, east_m=2.0, north_m=2.0, up_m=3.0)


@dataclass(frozen=True)
class Found:
    """What the pipeline said of a launch ``elapsed_s`` after it."""

    elapsed_s: float
    error_m: float
    sigma_m: float
    nees_half: float
    time_error_s: float


def site_about(log: Log, turn_rad: float) -> Site:
    """Sensors 3.5 to 5 km from the pad, the whole line-up turned about it."""
    lat, lon = math.radians(log.latitude_deg), math.radians(log.longitude_deg)
    step = 2e-3
    terrain = TerrainGrid(lat - 10 * step, lon - 10 * step, step, step, np.full((21, 21), GROUND_M))

    def at(distance_m: float, bearing_rad: float, above_m: float) -> Geodetic:
        a = bearing_rad + turn_rad
        p = geodetic_from_enu(distance_m * math.sin(a), distance_m * math.cos(a), 0.0, lat, lon, GROUND_M)
        return Geodetic(latitude_rad=p[0], longitude_rad=p[1], height_m=GROUND_M + above_m)

    view = {"fov_half_width_azimuth_rad": 0.4363, "fov_half_width_elevation_rad": 0.3142}
    drone = {"latency_s": 0.35, "rate_hz": 15.0, "detection_probability": 0.9, "post_burnout_s": 4.0, **view}
    balloon = {"latency_s": 0.12, "rate_hz": 20.0, "detection_probability": 0.95, "post_burnout_s": 0.0}
    radar = {
        "latency_s": 0.3, "rate_hz": 1.5, "detection_probability": 0.9, "min_elevation_rad": 0.026,
        "max_range_m": 12e3, "false_plots_per_scan": 0.3,
    }  # fmt: skip
    radar_bias = BiasPrior(azimuth_rad=1e-3, elevation_rad=1e-3, range_m=5.0, clock_s=0.01)
    mobile = {"is_mobile": True, "bias_prior": EO_BIAS, "false_flashes_per_s": 0.01}
    sensors = (
        Sensor(sensor_id="EO-B1", kind="balloon", position=at(4000.0, 0.2, 400.0), **balloon, **mobile),
        Sensor(sensor_id="EO-D1", kind="drone", position=at(3500.0, 1.4, 900.0), **drone, **mobile),
        Sensor(sensor_id="EO-D2", kind="drone", position=at(3500.0, -0.9, 900.0), **drone, **mobile),
        Sensor(sensor_id="RD-1", kind="radar", position=at(5000.0, 0.0, 10.0), bias_prior=radar_bias, **radar),
    )
    center = at(5000.0, 0.0, 0.0)
    return Site(
        name=log.name,
        origin=center,
        zones=(Zone(zone_id="Z", name="camp", center=center, shelter_s=15.0, radius_m=300.0),),
        terrain=terrain,
        rockets=ROCKETS,
        sensors=sensors,
        weather=WeatherReport(
            arrival_utc_ns=0, wind_east_ms=0.0, wind_north_ms=0.0, wind_sigma_ms=5.0, profile_ground_m=GROUND_M
        ),
    )


def body_of(log: Log) -> Body:
    """The logged ascent as a body; it ends at apogee and has no impact."""
    lat, lon = math.radians(log.latitude_deg), math.radians(log.longitude_deg)
    enu = np.stack([log.east_m, log.north_m, log.height_m + 1.0], axis=1)
    position = np.array(ecef_from_geodetic(lat, lon, GROUND_M)) + enu @ enu_axes(lat, lon)
    path = FlownPath(LAUNCH_S + log.time_s, position, np.gradient(position, log.time_s, axis=0))
    pad = Geodetic(latitude_rad=lat, longitude_rad=lon, height_m=GROUND_M + 1.0)
    return Body(
        "R", "rocket", path, SOUNDING.name, "class_unknown", {}, Moment(LAUNCH_S, pad), LAUNCH_S + log.burnout_s,
        begin_s=LAUNCH_S,
    )  # fmt: skip


def watch(log: Log, seed: int, moments_s: tuple[float, ...] = (3.0, 6.0, 10.0)) -> tuple[list[Found], int]:
    """Run one logged flight through simulated sensors and the pipeline; give what was said, and how many events."""
    rng = np.random.default_rng(seed)
    site = site_about(log, rng.uniform(0, 2 * math.pi))
    body = body_of(log)
    assert body.launch is not None
    pad = body.launch.place
    looks = []
    for sensor in site.sensors:
        if sensor.kind == "drone":
            p = sensor.position
            e, n, _ = enu_from_geodetic(pad.latitude_rad, pad.longitude_rad, 0.0, p.latitude_rad, p.longitude_rad, 0.0)
            looks.append(
                OrbitOrder(
                    sensor_id=sensor.sensor_id,
                    look_azimuth_deg=math.degrees(math.atan2(e, n)),
                    look_elevation_deg=2.0,
                )
            )
    scenario = Scenario(name=log.name, duration_s=LAUNCH_S + max(moments_s) + 0.1, orbit=looks, wind_error=False)
    run = simulate_night(site, scenario, rng, flown=(body,))
    told = [one for step in feed(site, run.messages) for one in step.outputs.launches if one.modes]
    events = {one.event_id for one in told}
    told = [one for one in told if one.event_id == told[0].event_id]
    found = []
    for elapsed in moments_s:
        before = [one for one in told if one.arrival_utc_ns * 1e-9 <= LAUNCH_S + elapsed]
        if not before:
            continue
        mode = before[-1].modes[0]
        place = mode.position
        d = np.array(
            enu_from_geodetic(
                place.latitude_rad, place.longitude_rad, pad.height_m, pad.latitude_rad, pad.longitude_rad, pad.height_m
            )[:2]
        )
        a, b, c = mode.covariance_en_m2
        cov = np.array([[a, b], [b, c]])
        found.append(
            Found(
                elapsed,
                float(np.hypot(*d)),
                math.sqrt(a + c),
                float(d @ np.linalg.solve(cov, d)) / 2,
                mode.time_utc_ns * 1e-9 - LAUNCH_S,
            )
        )
    return found, len(events)


def main(folder: Path) -> None:
    """Print the table of docs/real-data.md."""
    for name, read in LOGS.items():
        log = read(folder)
        runs = [watch(log, seed) for seed in range(3)]
        for elapsed in (3.0, 6.0, 10.0):
            rows = [row for found, _ in runs for row in found if row.elapsed_s == elapsed]
            errors = ", ".join(f"{row.error_m:.1f}" for row in rows)
            times = ", ".join(f"{row.time_error_s:+.2f}" for row in rows)
            print(f"| {name} | {elapsed:.0f} | {errors} | {np.mean([r.sigma_m for r in rows]):.1f} | {times} |")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
