"""What a warning threshold costs and saves at a site: attacks simulated once, decided again under every threshold.

Each attack is one rocket of a class of the site, aimed evenly at the zones and the ground around them, seen by the
site's own sensors and estimated by the same pipeline as in a real night.  What was forecast is kept, and the warning
engine alone runs again over it for every threshold, so that thresholds are compared on the same attacks.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import msgspec
import numpy as np

from marsad import pipeline, warn
from marsad.geo.frames import enu_from_geodetic
from marsad.sensing.site import Site, WarningPolicy
from marsad.simulation import bodies
from marsad.simulation.night import simulate_night
from marsad.simulation.scenario import RocketOrder, Scenario
from marsad.terms import ImpactForecast, LaunchEstimate, Message

SECOND_NS = 1_000_000_000
BATCH_NS = 100_000_000
LAUNCH_S = 10.0
AFTER_IMPACT_S = 5.0
LONGEST_S = 240.0
TICK_NS = SECOND_NS
TRIES = 20


@dataclass(frozen=True)
class Threat:
    """What is reckoned with: classes of rockets, from which directions, aimed how far around the zones.

    ``from_azimuth_deg`` is a sector, clockwise, seen from the site.
    """

    classes: tuple[str, ...] = ()
    from_azimuth_deg: tuple[float, float] = (0.0, 360.0)
    around_m: float = 1500.0
    elevation_deg: tuple[float, float] = (40.0, 60.0)


@dataclass(frozen=True)
class Attack:
    """One simulated rocket with all that was forecast of it, by time."""

    zones_hit: tuple[str, ...]
    impact_utc_ns: int
    launch_utc_ns: int
    told: tuple[tuple[int, tuple[LaunchEstimate, ...], tuple[ImpactForecast, ...]], ...]


class Consequence(msgspec.Struct, frozen=True, kw_only=True):
    """What one threshold does, per rocket and per year.

    late: alarmed before the impact, but with less time than people there need; missed: not at all;
    precautionary: a zone alarmed for a real rocket that did not hit it.
    """

    probability_on: float
    rockets: int
    zones_hit: int
    in_time: int
    late: int
    missed: int
    precautionary: int
    alarms_per_rocket: float
    people_minutes_per_rocket: float
    alarms_per_year: float
    precautionary_per_year: float
    missed_per_year: float
    late_per_year: float
    people_minutes_per_year: float
    lead_median_s: float | None


def simulate_attacks(
    site: Site, base: Scenario, threat: Threat, count: int, rng: np.random.Generator
) -> Iterator[Attack]:
    """Simulate single rockets and what the pipeline says of each.

    ``base`` gives how the site watches (orbits, sway, noise, ranges); its own rockets, flyers, faults and storms are
    left out.
    """
    quiet = msgspec.structs.replace(base, rocket=[], flyer=[], fault=[], storm=[])
    for one in rng.spawn(count):
        yield _attack(site, quiet, threat, one)


def _attack(site: Site, quiet: Scenario, threat: Threat, rng: np.random.Generator) -> Attack:
    for _ in range(TRIES):
        order, tof_s = _aimed(site, threat, rng)
        if order is not None:
            break
    else:
        raise ValueError("no rocket of the site's classes comes down within the longest flight")
    duration_s = min(LAUNCH_S + 1.3 * tof_s + AFTER_IMPACT_S, LONGEST_S)
    night = msgspec.structs.replace(quiet, rocket=[order], duration_s=duration_s)
    run = simulate_night(site, night, rng)
    (body,) = [b for b in run.truth.bodies if b.kind == "rocket"]
    assert body.impact is not None
    return Attack(
        zones_hit=run.truth.zones_at_risk[body.object_id],
        impact_utc_ns=round(body.impact.time_s * SECOND_NS),
        launch_utc_ns=round(LAUNCH_S * SECOND_NS),
        told=tuple(_told(site, run.messages)),
    )


def _aimed(site: Site, threat: Threat, rng: np.random.Generator) -> tuple[RocketOrder | None, float]:
    """Draw class, direction and target, and find the launch point from which the nominal rocket meets the target."""
    classes = threat.classes or tuple(one.name for one in site.rockets.classes)
    first, last = threat.from_azimuth_deg
    come_from_deg = first + rng.random() * ((last - first) % 360.0 or 360.0)
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
    target = np.array([east_m + radius_m * math.cos(angle), north_m + radius_m * math.sin(angle)])
    order = RocketOrder(
        id="R",
        rocket_class=classes[int(rng.integers(len(classes)))],
        launch_s=LAUNCH_S,
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
    return moved, nominal.impact.time_s - LAUNCH_S


def _told(
    site: Site, messages: Sequence[Message]
) -> Iterator[tuple[int, tuple[LaunchEstimate, ...], tuple[ImpactForecast, ...]]]:
    """Run the pipeline in batches of a tenth of a second and keep what it forecast."""
    state = pipeline.init(site)
    for batch in _batches(messages):
        state, out = pipeline.step(state, batch)
        if out.launches or out.impacts:
            yield batch[-1].arrival_utc_ns, out.launches, out.impacts


def _batches(messages: Sequence[Message]) -> Iterator[list[Message]]:
    batch: list[Message] = []
    for message in messages:
        if batch and message.arrival_utc_ns - batch[0].arrival_utc_ns > BATCH_NS:
            yield batch
            batch = []
        batch.append(message)
    if batch:
        yield batch


def decide(site: Site, attack: Attack, policy: WarningPolicy) -> dict[str, tuple[int, int]]:
    """Run the warning engine over an attack; give for each alarmed zone when its alarm began and ended."""
    state = warn.init(site.zones, policy)
    began: dict[str, int] = {}
    ended: dict[str, int] = {}
    now = 0

    def hear(evidence: warn.Evidence) -> None:
        nonlocal state
        state, said = warn.step(state, evidence)
        for warning in said:
            if warning.level == "take_shelter":
                began.setdefault(warning.zone_id, warning.arrival_utc_ns)
                ended.pop(warning.zone_id, None)
            elif warning.level == "all_clear" and warning.zone_id in began:
                ended[warning.zone_id] = warning.arrival_utc_ns

    for time_utc_ns, launches, impacts in attack.told:
        while now + TICK_NS < time_utc_ns and state.memory.zones:
            now += TICK_NS
            hear(warn.Evidence(now_utc_ns=now))
        now = time_utc_ns
        hear(warn.Evidence(now_utc_ns=now, launches=launches, impacts=impacts))
    for _ in range(3600):
        if not set(began) - set(ended):
            break
        now += TICK_NS
        hear(warn.Evidence(now_utc_ns=now))
    return {zone_id: (began[zone_id], ended.get(zone_id, now)) for zone_id in began}


def consequence(site: Site, attacks: Sequence[Attack], probability_on: float, rockets_per_year: float) -> Consequence:
    """Sum up what a threshold does over the attacks.

    Zones without a stated population count as one person, so that people-minutes are then zone-minutes.
    """
    policy = replace(site.policy, probability_on=probability_on)
    zones = {zone.zone_id: zone for zone in site.zones}
    hit = in_time = late = precautionary = alarms = 0
    people_minutes = 0.0
    leads = []
    for attack in attacks:
        alarmed = decide(site, attack, policy)
        alarms += len(alarmed)
        precautionary += len(set(alarmed) - set(attack.zones_hit))
        for zone_id, (begin, end) in alarmed.items():
            people_minutes += max(zones[zone_id].population, 1) * (end - begin) / (60 * SECOND_NS)
        for zone_id in attack.zones_hit:
            hit += 1
            lead_s = (attack.impact_utc_ns - alarmed[zone_id][0]) / SECOND_NS if zone_id in alarmed else -1.0
            if lead_s >= 0:
                leads.append(lead_s)
                in_time += lead_s >= zones[zone_id].shelter_s
                late += lead_s < zones[zone_id].shelter_s
    per_year = rockets_per_year / len(attacks)
    return Consequence(
        probability_on=probability_on,
        rockets=len(attacks),
        zones_hit=hit,
        in_time=in_time,
        late=late,
        missed=hit - in_time - late,
        precautionary=precautionary,
        alarms_per_rocket=alarms / len(attacks),
        people_minutes_per_rocket=people_minutes / len(attacks),
        alarms_per_year=alarms * per_year,
        precautionary_per_year=precautionary * per_year,
        missed_per_year=(hit - in_time - late) * per_year,
        late_per_year=late * per_year,
        people_minutes_per_year=people_minutes * per_year,
        lead_median_s=float(np.median(leads)) if leads else None,
    )
