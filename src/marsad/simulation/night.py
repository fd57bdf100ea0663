"""A simulated night: truth and everything that a node would receive of it, from one generator."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec
import numpy as np

from marsad.geo.frames import enu_from_geodetic
from marsad.geo.zones import prepare_zones, zone_hits
from marsad.sensing.site import Site
from marsad.simulation import acoustics, bodies, cameras, radar, reports
from marsad.simulation.bodies import Body
from marsad.simulation.emit import Emitter, Label, Names, Sighting
from marsad.simulation.platforms import Platform, platforms
from marsad.simulation.scenario import Scenario
from marsad.terms import Bearing, Flash, Impulse, Message, Plot

CAMERAS = ("balloon", "drone", "camera")


@dataclass(frozen=True, repr=False)
class Truth:
    """What really happened: for scoring, never for the estimator.

    ``labels`` says which object and event stands behind a detection; clutter is missing there.
    """

    scenario: Scenario
    bodies: tuple[Body, ...]
    labels: dict[str, Label]
    faults: dict[str, dict[str, float]]
    zones_at_risk: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def __repr__(self) -> str:
        kinds = Counter(body.kind for body in self.bodies)
        said = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())) or "nothing in the air"
        return f"<Truth {self.scenario.name}: {said}>"


@dataclass(frozen=True, repr=False)
class Run:
    """A simulated recording with its truth; messages are in order of arrival, times count from the beginning."""

    name: str
    messages: tuple[Message, ...]
    truth: Truth

    def __repr__(self) -> str:
        duration_s = self.truth.scenario.duration_s
        return f"<Run {self.name}: {len(self.messages)} messages over {duration_s:g} s; {self.truth!r}>"


def simulate_night(site: Site, scenario: Scenario, rng: np.random.Generator, *, flown: Sequence[Body] = ()) -> Run:
    """Simulate a night over a site.

    Parameters
    ----------
    site
        Ground, sensors, rocket classes, zones and forecast.
    scenario
        What happens.
    rng
        The only source of chance: the same generator gives the same run, bit by bit.
    flown
        Bodies beside those of the scenario whose paths come from elsewhere: a logged flight, another simulator.

    Raises
    ------
    ValueError
        When the scenario names a sensor or rocket class that the site has not.
    """
    check(site, scenario)
    rng_weather, rng_bodies, rng_platforms, rng_seen, rng_said = rng.spawn(5)
    wind_ms, sound_factor = _weather(site, scenario, rng_weather)
    env = bodies.environment(site, *wind_ms)
    things: list[Body] = []
    for order, one in zip(scenario.rocket, rng_bodies.spawn(len(scenario.rocket)), strict=True):
        things += bodies.rockets(site, order, env, one)
    things += [bodies.flyer(site, order) for order in scenario.flyer]
    things += flown
    eyes = platforms(site, scenario, rng_platforms)
    own = [
        Body(eye.sensor.sensor_id, "own_drone", eye.path, begin_s=eye.path.begin_s)
        for eye in eyes
        if eye.sensor.kind == "drone" and eye.sensor.is_mobile
    ]
    found = reports.introductions(site, eyes)
    for eye, seen, said in zip(eyes, rng_seen.spawn(len(eyes)), rng_said.spawn(len(eyes)), strict=True):
        found += reports.poses(eye, scenario, said)
        found += reports.heartbeats(eye, scenario)
        found += _with_faults(eye, _sightings(site, scenario, eye, [*things, *own], seen, wind_ms, sound_factor), seen)
    for body, one in zip(things, rng_said.spawn(len(things)), strict=True):
        found += reports.cooperative(body, scenario, one)
    found = [one for one in found if one.message.arrival_utc_ns < scenario.duration_s * 1e9]
    found.sort(key=lambda one: one.message.arrival_utc_ns)  # stable: ties stay as they were made
    labels = {_id(one.message): one.label for one in found if one.label is not None}
    everything = (*things, *own)
    truth = Truth(scenario, everything, labels, _named_faults(scenario), _zones_at_risk(site, everything))
    return Run(scenario.name, tuple(one.message for one in found), truth)


def check(site: Site, scenario: Scenario) -> None:
    """Raise ``ValueError`` if the scenario names what the site has not."""
    sensor_ids = {sensor.sensor_id for sensor in site.sensors}
    for table in ("orbit", "sway", "fault"):
        for index, order in enumerate(getattr(scenario, table)):
            if order.sensor_id not in sensor_ids:
                known = ", ".join(sorted(sensor_ids)) or "none"
                raise ValueError(
                    f"{table}[{index}].sensor_id: expected a sensor of the site ({known}), found {order.sensor_id!r}"
                )
    classes = {one.name for one in site.rockets.classes}
    for index, rocket in enumerate(scenario.rocket):
        if rocket.rocket_class not in classes:
            known = ", ".join(sorted(classes))
            found = rocket.rocket_class
            raise ValueError(f"rocket[{index}].rocket_class: expected a class of the site ({known}), found {found!r}")
    ids = [order.id for order in scenario.rocket] + [order.id for order in scenario.flyer]
    for index, one in enumerate(ids):
        if one in ids[:index] or one in sensor_ids:
            raise ValueError(f"id: expected a name used once, found {one!r} again")


def _weather(site: Site, scenario: Scenario, rng: np.random.Generator) -> tuple[tuple[float, float], float]:
    """Draw the true wind around the forecast, and the error common to all speeds of sound."""
    east, north, sound = rng.standard_normal(3)
    weather = site.weather
    if weather is None:
        return (0.0, 0.0), 1.0
    sigma = weather.wind_sigma_ms if scenario.wind_error else 0.0
    factor = 1.0 + (weather.sound_speed_relative_sigma * sound if scenario.wind_error else 0.0)
    return (weather.wind_east_ms + sigma * east, weather.wind_north_ms + sigma * north), float(factor)


def _sightings(
    site: Site,
    scenario: Scenario,
    eye: Platform,
    things: list[Body],
    rng: np.random.Generator,
    wind_ms: tuple[float, float],
    sound_factor: float,
) -> list[Sighting]:
    """Give what one sensor delivers."""
    emitter = Emitter(eye, rng, Names(eye.sensor.sensor_id))
    noise = scenario.noise
    if eye.sensor.kind in CAMERAS:
        sigma_mrad = {"balloon": noise.balloon_mrad, "drone": noise.drone_mrad}.get(eye.sensor.kind, noise.camera_mrad)
        phase_s = float(rng.random()) / (eye.sensor.rate_hz or cameras.USUAL_RATE_HZ)
        return cameras.watch(cameras.Camera(emitter, site.terrain, scenario, sigma_mrad / 1000.0, phase_s), things)
    if eye.sensor.kind == "radar":
        return radar.watch(emitter, site.terrain, scenario, things)
    if eye.sensor.kind == "acoustic":
        return acoustics.watch(
            emitter,
            scenario,
            things,
            wind_ms=wind_ms,
            wind_ground_m=bodies.wind_ground_m(site),
            sound_speed_factor=sound_factor,
        )
    return []


def _with_faults(eye: Platform, found: list[Sighting], rng: np.random.Generator) -> list[Sighting]:
    """Let a frozen sensor say the same for ever, and deliver some detections twice (half of them under a new id)."""
    out: list[Sighting] = []
    held: Message | None = None
    for one in sorted(found, key=lambda sighting: sighting.message.arrival_utc_ns):
        message, label = one.message, one.label
        if eye.fault("frozen", message.arrival_utc_ns / 1e9):
            held = held or message
            message, label = _as_before(held, message), None
        out.append(Sighting(message, label))
        share = eye.magnitude("duplicates", message.arrival_utc_ns / 1e9)
        if share > 0 and rng.random() < share:
            later = message.arrival_utc_ns + round(float(rng.uniform(0.05, 1.0)) * 1e6) * 1000
            new_id = _id(message) if rng.random() < 0.5 else f"{_id(message)}-b"
            again = msgspec.structs.replace(message, arrival_utc_ns=later, detection_id=new_id)
            out.append(Sighting(again, label))
    return out


def _as_before(held: Message, now: Message) -> Message:
    """Give what was held, with the identity and the times of now."""
    assert isinstance(held, Flash | Bearing | Plot | Impulse)
    assert isinstance(now, Flash | Bearing | Plot | Impulse)
    times = {"detection_id": now.detection_id, "time_utc_ns": now.time_utc_ns, "arrival_utc_ns": now.arrival_utc_ns}
    if isinstance(held, Flash):
        return msgspec.structs.replace(held, **times, onset_utc_ns=now.time_utc_ns)
    return msgspec.structs.replace(held, **times)


def _id(message: Message) -> str:
    assert isinstance(message, Flash | Bearing | Plot | Impulse)
    return message.detection_id


def _named_faults(scenario: Scenario) -> dict[str, dict[str, float]]:
    """Give the faults that a watchful node should name; late and doubled delivery are the network's, not a sensor's."""
    named: dict[str, dict[str, float]] = {}
    for fault in scenario.fault:
        if fault.kind not in ("late", "duplicates"):
            value = fault.from_s if fault.kind in ("silent", "frozen", "lying") else fault.magnitude
            named.setdefault(fault.sensor_id, {})[fault.kind] = value
    return named


def _zones_at_risk(site: Site, things: tuple[Body, ...]) -> dict[str, tuple[str, ...]]:
    """Give the zones, with their buffers, in which each thing came down."""
    shapes, o = prepare_zones(site.zones, site.origin), site.origin
    at_risk = {}
    for body in things:
        if body.impact is None:
            continue
        place = body.impact.place
        east_m, north_m, _ = enu_from_geodetic(
            place.latitude_rad, place.longitude_rad, place.height_m, o.latitude_rad, o.longitude_rad, o.height_m
        )
        hit = zone_hits(np.array([east_m]), np.array([north_m]), shapes)[:, 0]
        at_risk[body.object_id] = tuple(zone.zone_id for zone, is_hit in zip(site.zones, hit, strict=True) if is_hit)
    return at_risk
