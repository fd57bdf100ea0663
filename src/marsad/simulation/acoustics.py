"""What microphone arrays hear: launches and impacts after the sound has come through wind and air, and nothing."""

from __future__ import annotations

import math

from marsad.sensing.measure import sound_speed_along
from marsad.simulation.bodies import Body, Moment
from marsad.simulation.emit import Emitter, Label, Sighting
from marsad.simulation.paths import axes_at, ecef, geodetic
from marsad.simulation.scenario import Scenario

USUAL_PD = 0.85
USUAL_RANGE_M = 10_000.0


def watch(
    emitter: Emitter,
    scenario: Scenario,
    bodies: list[Body],
    *,
    wind_ms: tuple[float, float],
    wind_ground_m: float,
    sound_speed_factor: float,
) -> list[Sighting]:
    """Give every bang of the night; ``sound_speed_factor`` is the error common to all speeds of sound."""
    found = []
    for body in bodies:
        for moment, event in ((body.launch, "launch"), (body.impact, "impact")):
            if moment is not None:
                found += _hear(
                    emitter, scenario, moment, (body.object_id, event), wind_ms, wind_ground_m, sound_speed_factor
                )
    found += _false_bangs(emitter, scenario)
    return [one for one in found if not emitter.platform.fault("silent", one.message.arrival_utc_ns / 1e9)]


def _hear(
    emitter: Emitter,
    scenario: Scenario,
    moment: Moment,
    label: Label,
    wind_ms: tuple[float, float],
    wind_ground_m: float,
    sound_speed_factor: float,
) -> list[Sighting]:
    sensor, rng = emitter.platform.sensor, emitter.rng
    array = geodetic(emitter.platform.eye(moment.time_s))
    east, north, up = axes_at(array) @ (ecef(moment.place) - ecef(array))
    distance_m, flat_m = math.sqrt(east * east + north * north + up * up), math.hypot(east, north)
    pd = USUAL_PD if sensor.detection_probability is None else sensor.detection_probability
    if distance_m > (sensor.max_range_m or USUAL_RANGE_M) or flat_m < 1.0 or rng.random() > pd:
        return []
    speed = sound_speed_factor * sound_speed_along(
        moment.place.height_m, array.height_m, -east / flat_m, -north / flat_m, wind_ms[0], wind_ms[1], wind_ground_m
    )
    heard_s = moment.time_s + distance_m / speed
    noise = scenario.noise
    azimuth_rad = math.atan2(east, north) % (2 * math.pi)
    bang = emitter.impulse(heard_s, azimuth_rad, math.radians(noise.acoustic_azimuth_deg), noise.acoustic_time_s)
    return [Sighting(bang, label)]


def _false_bangs(emitter: Emitter, scenario: Scenario) -> list[Sighting]:
    rng, noise = emitter.rng, scenario.noise
    rate = scenario.clutter * (emitter.platform.sensor.false_impulses_per_s or 0.0)
    count = int(rng.poisson(rate * scenario.duration_s))
    sigma = math.radians(noise.acoustic_azimuth_deg)
    return [
        Sighting(emitter.impulse(time_s, float(rng.uniform(0, 2 * math.pi)), sigma, noise.acoustic_time_s))
        for time_s in sorted((scenario.duration_s * rng.random(count)).tolist())
    ]
