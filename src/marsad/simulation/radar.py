"""What a rotating radar plots: whatever is in the air above its mask, the site's own drones too, and nothing."""

from __future__ import annotations

import math

import numpy as np

from marsad.geo.terrain import TerrainGrid
from marsad.simulation.bodies import Body
from marsad.simulation.emit import Emitter, Sighting
from marsad.simulation.paths import Look, look, sees
from marsad.simulation.scenario import Scenario

USUAL_RATE_HZ = 1.0
USUAL_PD = 0.9
USUAL_RANGE_M = 20_000.0
NEAREST_M = 150.0
HIGHEST_RAD = math.radians(70.0)


def watch(emitter: Emitter, terrain: TerrainGrid, scenario: Scenario, bodies: list[Body]) -> list[Sighting]:
    """Give every plot of the night, turn by turn."""
    sensor = emitter.platform.sensor
    period_s = 1.0 / (sensor.rate_hz or USUAL_RATE_HZ)
    turns = int(scenario.duration_s / period_s)
    phase_s = float(emitter.rng.random()) * period_s
    found: list[Sighting] = []
    for turn in range(turns):
        begin_s = phase_s + turn * period_s
        if emitter.platform.fault("silent", begin_s):
            break
        for body in bodies:
            if body.kind != "misfire" and body.path.begin_s < begin_s + period_s and body.path.end_s > begin_s:
                found += _plot(emitter, terrain, scenario, body, begin_s, period_s)
        found += _false_plots(emitter, scenario, begin_s, period_s)
    return found


def _plot(
    emitter: Emitter, terrain: TerrainGrid, scenario: Scenario, body: Body, begin_s: float, period_s: float
) -> list[Sighting]:
    """Plot a body when the beam passes its azimuth in one turn."""
    sensor = emitter.platform.sensor
    time_s = begin_s + 0.5 * period_s
    for _ in range(2):  # the beam meets it where it is when the beam is there
        seen = _look(emitter, body, time_s)
        time_s = begin_s + seen.azimuth_rad / (2 * math.pi) * period_s
    if not body.path.covers(time_s):
        return []
    seen = _look(emitter, body, time_s)
    lowest = sensor.min_elevation_rad if sensor.min_elevation_rad is not None else 0.0
    if not (
        NEAREST_M <= seen.range_m <= (sensor.max_range_m or USUAL_RANGE_M)
        and lowest <= seen.elevation_rad <= HIGHEST_RAD
    ):
        return []
    pd = USUAL_PD if sensor.detection_probability is None else sensor.detection_probability
    if emitter.rng.random() > pd or not sees(terrain, emitter.platform.eye(time_s), body.path.at(time_s)[0]):
        return []
    noise = scenario.noise
    place = (seen.range_m, seen.azimuth_rad, seen.elevation_rad)
    plot = emitter.plot(time_s, place, noise.radar_range_m, noise.radar_angle_mrad / 1000.0)
    return [Sighting(plot, (body.object_id, "own" if body.kind == "own_drone" else "flight"))]


def _look(emitter: Emitter, body: Body, time_s: float) -> Look:
    return look(emitter.platform.eye(time_s), body.path.at(time_s)[0])


def _false_plots(emitter: Emitter, scenario: Scenario, begin_s: float, period_s: float) -> list[Sighting]:
    sensor, rng, noise = emitter.platform.sensor, emitter.rng, scenario.noise
    count = int(rng.poisson(scenario.clutter * (sensor.false_plots_per_scan or 0.0)))
    lowest = sensor.min_elevation_rad if sensor.min_elevation_rad is not None else 0.0
    found = []
    for share in np.sort(rng.random(count)).tolist():
        place = (
            float(rng.uniform(NEAREST_M, sensor.max_range_m or USUAL_RANGE_M)),
            2 * math.pi * share,
            float(rng.uniform(lowest, lowest + 0.35)),
        )
        time_s = begin_s + share * period_s
        found.append(Sighting(emitter.plot(time_s, place, noise.radar_range_m, noise.radar_angle_mrad / 1000.0)))
    return found
