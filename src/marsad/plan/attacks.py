"""Simulated attacks on a site, and what the station's own pipeline would forecast of each.

One attack is one rocket of a class of the site, or one drone, aimed evenly at the zones and the ground around them and
seen by the site's own sensors.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec
import numpy as np
from jaxtyping import Float

from marsad import pipeline, warn
from marsad.geo.frames import enu_from_geodetic
from marsad.sensing.site import Site
from marsad.simulation import bodies
from marsad.simulation.night import simulate_night
from marsad.simulation.scenario import FlyerOrder, RocketOrder, Scenario
from marsad.terms import Message

SECOND_NS = 1_000_000_000
BATCH_NS = 100_000_000
BEGIN_S = 10.0
AFTER_IMPACT_S = 5.0
LONGEST_S = 240.0
TRIES = 20
AttackKind = Literal["rocket", "drone"]


@dataclass(frozen=True)
class Threat:
    """What is reckoned with: from which directions, aimed how far around the zones, and what flies.

    ``from_azimuth_deg`` is a sector, clockwise, seen from the site.  ``classes`` are names of the site's rocket
    classes (none: all).  A drone comes from ``drone_from_m`` away at a speed and height drawn evenly, and turns once
    on its way: it first flies to a point up to ``drone_aside_m`` beside its line.  One that begins where the radars
    look counts as launched there, and is alarmed a minute later than one that comes over the edge of their view.
    """

    classes: tuple[str, ...] = ()
    from_azimuth_deg: tuple[float, float] = (0.0, 360.0)
    around_m: float = 1500.0
    elevation_deg: tuple[float, float] = (40.0, 60.0)
    drone_from_m: float = 8000.0
    drone_aside_m: float = 1500.0
    drone_speed_ms: tuple[float, float] = (25.0, 55.0)
    drone_height_m: tuple[float, float] = (80.0, 250.0)


@dataclass(frozen=True)
class Attack:
    """One simulated rocket or drone with all that was forecast of it, by time."""

    kind: AttackKind
    zones_hit: tuple[str, ...]
    impact_utc_ns: int
    told: tuple[warn.Evidence, ...]


def simulate_attacks(
    site: Site, base: Scenario, threat: Threat, count: int, rng: np.random.Generator, kind: AttackKind = "rocket"
) -> Iterator[Attack]:
    """Simulate single rockets or drones and what the pipeline says of each.

    ``base`` gives how the site watches (orbits, sway, noise, ranges); its own rockets, flyers, faults and storms are
    left out.
    """
    quiet = msgspec.structs.replace(base, rocket=[], flyer=[], fault=[], storm=[])
    for one in rng.spawn(count):
        yield _rocket(site, quiet, threat, one) if kind == "rocket" else _drone(site, quiet, threat, one)


def _rocket(site: Site, quiet: Scenario, threat: Threat, rng: np.random.Generator) -> Attack:
    for _ in range(TRIES):
        order, tof_s = _aimed(site, threat, rng)
        if order is not None:
            break
    else:
        raise ValueError("no rocket of the site's classes comes down within the longest flight")
    duration_s = min(BEGIN_S + 1.3 * tof_s + AFTER_IMPACT_S, LONGEST_S)
    return _seen(site, msgspec.structs.replace(quiet, rocket=[order], duration_s=duration_s), "rocket", rng)


def _drone(site: Site, quiet: Scenario, threat: Threat, rng: np.random.Generator) -> Attack:
    target = _target(site, threat, rng)
    toward = math.radians(_come_from_deg(threat, rng) + 180.0)
    along = np.array([math.sin(toward), math.cos(toward)])
    aside = np.array([along[1], -along[0]]) * rng.uniform(-1.0, 1.0) * threat.drone_aside_m
    turn = target - along * rng.uniform(0.2, 0.7) * threat.drone_from_m + aside
    points = [target - along * threat.drone_from_m, turn, target]
    order = FlyerOrder(
        id="D",
        kind="hostile_drone",
        start_s=BEGIN_S,
        speed_ms=float(rng.uniform(*threat.drone_speed_ms)),
        waypoints_m=[(float(east_m), float(north_m)) for east_m, north_m in points],
        height_m=float(rng.uniform(*threat.drone_height_m)),
        follows_terrain=True,
        ends_in_impact=True,
    )
    way_m = sum(math.dist(a, b) for a, b in zip(order.waypoints_m, order.waypoints_m[1:], strict=False))
    duration_s = BEGIN_S + way_m / order.speed_ms + AFTER_IMPACT_S
    return _seen(site, msgspec.structs.replace(quiet, flyer=[order], duration_s=duration_s), "drone", rng)


def _seen(site: Site, night: Scenario, kind: AttackKind, rng: np.random.Generator) -> Attack:
    run = simulate_night(site, night, rng)
    (body,) = [b for b in run.truth.bodies if b.object_id in ("R", "D")]
    assert body.impact is not None
    return Attack(
        kind=kind,
        zones_hit=run.truth.zones_at_risk[body.object_id],
        impact_utc_ns=round(body.impact.time_s * SECOND_NS),
        told=tuple(_told(site, run.messages)),
    )


def _aimed(site: Site, threat: Threat, rng: np.random.Generator) -> tuple[RocketOrder | None, float]:
    """Draw class, direction and target, and find the launch point from which the nominal rocket meets the target."""
    classes = threat.classes or tuple(one.name for one in site.rockets.classes)
    come_from_deg, target = _come_from_deg(threat, rng), _target(site, threat, rng)
    order = RocketOrder(
        id="R",
        rocket_class=classes[int(rng.integers(len(classes)))],
        launch_s=BEGIN_S,
        east_m=0.0,
        north_m=0.0,
        azimuth_deg=(come_from_deg + 180.0) % 360.0,
        elevation_deg=float(rng.uniform(*threat.elevation_deg)),
    )
    weather = site.weather
    wind = (weather.wind_east_ms, weather.wind_north_ms) if weather else (0.0, 0.0)
    env = bodies.environment(site, *wind)
    try:
        (nominal,) = bodies.rockets(site, msgspec.structs.replace(order, spread="none"), env, rng)
    except ValueError:
        return None, 0.0
    if nominal.impact is None:
        return None, 0.0
    fell = nominal.impact.place
    fell_east_m, fell_north_m, _ = enu_from_geodetic(
        fell.latitude_rad,
        fell.longitude_rad,
        fell.height_m,
        site.origin.latitude_rad,
        site.origin.longitude_rad,
        site.origin.height_m,
    )
    moved = msgspec.structs.replace(
        order, east_m=float(target[0] - fell_east_m), north_m=float(target[1] - fell_north_m)
    )
    return moved, nominal.impact.time_s - BEGIN_S


def _come_from_deg(threat: Threat, rng: np.random.Generator) -> float:
    first, last = threat.from_azimuth_deg
    return first + rng.random() * ((last - first) % 360.0 or 360.0)


def _target(site: Site, threat: Threat, rng: np.random.Generator) -> Float[np.ndarray, "2"]:
    """Draw a point in the circle about a zone's middle: metres east and north of the site's origin."""
    zone = site.zones[int(rng.integers(len(site.zones)))]
    east_m, north_m, _ = enu_from_geodetic(
        zone.center.latitude_rad,
        zone.center.longitude_rad,
        zone.center.height_m,
        site.origin.latitude_rad,
        site.origin.longitude_rad,
        site.origin.height_m,
    )
    radius_m, angle = threat.around_m * math.sqrt(rng.random()), 2 * math.pi * rng.random()
    return np.array([east_m + radius_m * math.cos(angle), north_m + radius_m * math.sin(angle)])


def _told(site: Site, messages: Sequence[Message]) -> Iterator[warn.Evidence]:
    """Run the pipeline in batches of a tenth of a second and keep what it told the warning rule."""
    state = pipeline.init(site)
    for batch in _batches(messages):
        state, out = pipeline.step(state, batch)
        evidence = warn.Evidence(
            now_utc_ns=batch[-1].arrival_utc_ns,
            launches=out.launches,
            impacts=out.impacts,
            corridors=out.corridors,
            cleared_track_ids=out.cleared_track_ids,
        )
        if not evidence.is_empty:
            yield evidence


def _batches(messages: Sequence[Message]) -> Iterator[list[Message]]:
    batch: list[Message] = []
    for message in messages:
        if batch and message.arrival_utc_ns - batch[0].arrival_utc_ns > BATCH_NS:
            yield batch
            batch = []
        batch.append(message)
    if batch:
        yield batch
