"""Whole nights drawn from a seed, of the variety that a station may meet, so that anyone can repeat a figure.

Every seed is a place of its own; every number of a night there its line-up, launchers, salvos, misfires, drones,
friends, clutter and, in three of ten, one sensor in trouble.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import get_args

import msgspec
import numpy as np

from marsad.sensing.site import Site
from marsad.simulation import bodies
from marsad.simulation.country import around, make_country
from marsad.simulation.line_ups import LINE_UPS, line_up
from marsad.simulation.night import Run, simulate_night
from marsad.simulation.scenario import (
    FaultKind,
    FaultOrder,
    FlyerOrder,
    NightKind,
    RocketOrder,
    Scenario,
    StormOrder,
)

NIGHT_KINDS: tuple[NightKind, ...] = get_args(NightKind)
DENSE_S = 0.5
"""Rockets of one launcher closer than this make a dense salvo: the next is up before a radar of 1.5 Hz looks again."""
_LAST_ARRIVAL_S = 245.0
"""No drone arrives later, so that nights stay short enough for a hundred an hour."""
_MOST_DRAWS = 1000  # the rarest kind is one night in twelve: chance of none in so many below 1e-30
_PER_SALVO = (1, 1, 1, 2, 3, 4, 6, 8, 12, 16)
_TROUBLES: tuple[FaultKind, ...] = (
    "clock", "azimuth_bias", "noise", "silent", "frozen", "lying", "late", "duplicates",
)  # fmt: skip
_GAPS_S = (0.15, 0.3, 0.5, 0.8, 1.3, 2.5, 9.0)


@dataclass(frozen=True)
class _Volley:
    """Rockets of one launcher, before the ground is known that they fly over."""

    begin_s: float
    count: int
    gap_s: float
    rocket_class: str
    azimuth_deg: float
    elevation_deg: float
    scatter_deg: float
    wide: bool
    passing: bool
    """It stands anywhere about the site and aims anywhere, rather than at the site."""
    misfire_s: float | None
    """When a rocket of this launcher goes out on the rail, if one does."""


@dataclass(frozen=True)
class _Plan:
    """What is drawn first, and decides the kind of the night."""

    letters: str
    volleys: tuple[_Volley, ...]
    trouble: FaultKind | None

    @property
    def kind(self) -> NightKind:
        """The first that fits."""
        if self.trouble is not None:
            return "trouble"
        if not self.volleys:
            return "none"
        gaps_s = [volley.gap_s for volley in self.volleys if volley.count > 1]
        return "single" if not gaps_s else "dense" if min(gaps_s) < DENSE_S else "salvo"


@dataclass(frozen=True, repr=False)
class ComposedNight:
    """A night and the site that it is over; ``run`` gives its recording, the same for the same seed and number."""

    seed: int
    number: int
    kind: NightKind
    site: Site
    scenario: Scenario

    def __repr__(self) -> str:
        return f"<ComposedNight {self.scenario.name}: {self.scenario.description}>"

    def run(self) -> Run:
        """Simulate it; a second to some seconds."""
        return simulate_night(self.site, self.scenario, np.random.default_rng([self.seed, self.number, 3]))


def compose(seed: int, number: int = 0, kind: NightKind | None = None, *, country: Site | None = None) -> ComposedNight:
    """Compose one night.

    Parameters
    ----------
    seed
        Of the place and of all its nights; not negative.
    number
        Which night of the place; not negative.
    kind
        The kind wanted; None: whatever comes.
    country
        Where, in place of ``make_country(seed)``: a site of its own sensors loses them for those of the line-up.
    """
    ground = _country(seed) if country is None else country
    for draw in range(_MOST_DRAWS):
        rng = np.random.default_rng([seed, number, 2, draw])
        plan = _plan(rng)
        if kind in (None, plan.kind):
            return _night(seed, number, plan, ground, rng)
    raise AssertionError(f"no night of the kind {kind!r} in {_MOST_DRAWS} draws")


@lru_cache(maxsize=8)
def _country(seed: int) -> Site:
    """Keep the last places: a harness asks for many nights over few of them."""
    return make_country(seed)


# --- what is drawn first ----------------------------------------------------------------------------


def _plan(rng: np.random.Generator) -> _Plan:
    letters, begin_s, volleys = str(rng.choice(LINE_UPS)), float(rng.uniform(12.0, 25.0)), []
    for _ in range(int(rng.choice([0, 1, 1, 1, 2, 3]))):
        volleys.append(_volley(rng, begin_s))
        begin_s += float(rng.choice([0.2, 1.5, 6.0, 25.0]))
    return _Plan(letters, tuple(volleys), _trouble(rng) if rng.random() < 0.3 else None)


def _volley(rng: np.random.Generator, begin_s: float) -> _Volley:
    turned = float(rng.uniform(-30.0, 30.0)) if rng.random() < 0.5 else float(rng.uniform(0.0, 360.0))
    misfire_s = begin_s + float(rng.uniform(-8.0, 25.0)) if rng.random() < 0.2 else None
    return _Volley(
        begin_s=begin_s,
        count=int(rng.choice(_PER_SALVO)),
        gap_s=float(rng.choice(_GAPS_S)),
        rocket_class=str(rng.choice(["short", "medium"])),
        azimuth_deg=turned,
        elevation_deg=float(rng.uniform(38.0, 52.0)),
        scatter_deg=float(rng.choice([0.3, 0.8, 2.5])),
        wide=bool(rng.random() < 0.2),
        passing=bool(rng.random() < 0.15),
        misfire_s=misfire_s,
    )


def _trouble(rng: np.random.Generator) -> FaultKind:
    return _TROUBLES[int(rng.integers(len(_TROUBLES)))]


# --- the night over its ground ----------------------------------------------------------------------


def _night(seed: int, number: int, plan: _Plan, country: Site, rng: np.random.Generator) -> ComposedNight:
    """Fill a plan in: sensors on the ground, launchers that reach it, and all that flies beside them."""
    # the threat's direction is the place's, not the night's: drones are sent where rockets came from before
    threat_deg = float(np.random.default_rng([seed, 1]).uniform(0.0, 360.0))
    sensors, orbits = line_up(country, plan.letters, threat_deg, rng)
    site = replace(country, sensors=sensors)
    rockets, said, ends_s = _rockets(site, plan, threat_deg, rng)
    flyers, drones_end_s = _drones(site, rng)
    said += [f"drone {one.speed_ms:.0f} m/s" for one in flyers]
    ends_s += drones_end_s
    duration_s = max([float(rng.uniform(60.0, 110.0)), *(end_s + 15.0 for end_s in ends_s)])
    flyers += _friends(rng)
    storms = _storms(rng)
    said += [f"storm {one.count}" for one in storms]
    faults = [] if plan.trouble is None else [_fault(site, plan.trouble, rng)]
    said += [f"trouble {one.kind} {one.sensor_id}" for one in faults]
    scenario = Scenario(
        name=f"n{seed:05d}_{number:03d}_{plan.letters}",
        description="composed night: " + ", ".join(said or ["nothing"]),
        kind=plan.kind,
        duration_s=round(duration_s, 1),
        rocket=rockets,
        flyer=flyers,
        orbit=orbits,
        fault=faults,
        storm=storms,
        # a sensor's stated rate is its usual one; nights are quieter, as said, or far worse
        clutter=float(rng.choice([0.2, 1.0, 1.0, 3.0, 10.0])),
    )
    return ComposedNight(seed, number, plan.kind, site, scenario)


def _rockets(
    site: Site, plan: _Plan, threat_deg: float, rng: np.random.Generator
) -> tuple[list[RocketOrder], list[str], list[float]]:
    """Give the orders of all volleys, what they are in words, and when each volley is down."""
    orders: list[RocketOrder] = []
    said, ends_s = [], []
    for index, volley in enumerate(plan.volleys):
        first, flight_s = _first(site, volley, f"R{index + 1}", threat_deg, rng)
        orders += _salvo(volley, first, rng)
        longest_s = flight_s * (2.5 if volley.wide else 1.2)  # none of 2000 flew longer than so much of the nominal
        ends_s.append(volley.begin_s + (volley.count - 1) * volley.gap_s * 1.1 + longest_s)
        wide = " wide" if volley.wide else ""
        said.append(f"{volley.count} {volley.rocket_class}{wide} {volley.gap_s:g} s apart")
        if volley.passing:
            said.append("passing")
        if volley.misfire_s is not None:
            begun_s = max(volley.misfire_s, 1.0)
            orders.append(msgspec.structs.replace(first, id=f"M{index + 1}", launch_s=begun_s, misfire=True))
            said.append("misfire")
    return orders, said, ends_s


def _first(
    site: Site, volley: _Volley, name: str, threat_deg: float, rng: np.random.Generator
) -> tuple[RocketOrder, float]:
    """Place a launcher so that a rocket without any spread comes down where it is aimed; give its order and flight."""
    azimuth_deg = (threat_deg + 180.0 + volley.azimuth_deg) % 360.0
    order = RocketOrder(
        id=name, rocket_class=volley.rocket_class, launch_s=volley.begin_s, east_m=0.0, north_m=0.0,
        azimuth_deg=azimuth_deg, elevation_deg=volley.elevation_deg, spread="none",
    )  # fmt: skip
    env = bodies.environment(site, *_forecast(site))
    (trial,) = bodies.rockets(site, order, env, np.random.default_rng(0))  # nothing of it is drawn without a spread
    assert trial.launch is not None
    assert trial.impact is not None
    east_m, north_m = bodies.away_m(trial.launch.place, trial.impact.place)
    aim_east_m, aim_north_m = rng.normal(0.0, 1500.0, 2).tolist()  # about the site, not only into its zones
    if volley.passing:
        launch_m = around(rng, 3500.0, 8500.0)
    else:
        launch_m = (aim_east_m - east_m, aim_north_m - north_m)
    placed = msgspec.structs.replace(
        order, east_m=round(launch_m[0], 1), north_m=round(launch_m[1], 1), spread="wide" if volley.wide else "class"
    )
    return placed, trial.impact.time_s - trial.launch.time_s


def _forecast(site: Site) -> tuple[float, float]:
    return (0.0, 0.0) if site.weather is None else (site.weather.wind_east_ms, site.weather.wind_north_ms)


def _salvo(volley: _Volley, first: RocketOrder, rng: np.random.Generator) -> list[RocketOrder]:
    """Fire the rails of one launcher one after the other: never quite evenly, never quite into one direction."""
    orders = []
    for k in range(volley.count):
        late_s = 0.1 * volley.gap_s * abs(float(rng.standard_normal())) if k else 0.0
        off = rng.standard_normal(4)
        rail_m = 1.5 if k else 0.0  # rails of one launcher stand side by side
        orders.append(
            msgspec.structs.replace(
                first,
                id=f"{first.id}-{k + 1}" if volley.count > 1 else first.id,
                launch_s=round(volley.begin_s + k * volley.gap_s + late_s, 4),
                east_m=first.east_m + round(rail_m * float(off[0]), 2),
                north_m=first.north_m + round(rail_m * float(off[1]), 2),
                azimuth_deg=first.azimuth_deg + volley.scatter_deg * float(off[2]),
                elevation_deg=min(max(first.elevation_deg + 0.6 * volley.scatter_deg * float(off[3]), 30.0), 65.0),
            )
        )
    return orders


def _drones(site: Site, rng: np.random.Generator) -> tuple[list[FlyerOrder], list[float]]:
    """Send hostile drones, some on their way since before the night began; give them and when each has arrived."""
    orders, ends_s = [], []
    for k in range(int(rng.choice([0, 0, 1, 1, 2, 3]))):
        speed_ms, zone = float(rng.uniform(18.0, 58.0)), site.zones[int(rng.integers(len(site.zones)))]
        aim_m = bodies.away_m(site.origin, zone.center)
        far_m, near_m = around(rng, 4000.0, 14_000.0), around(rng, 2500.0, 4500.0)
        between_m = (0.5 * (far_m[0] + near_m[0]), 0.5 * (far_m[1] + near_m[1]))
        start_s = float(rng.uniform(-60.0, 30.0))
        orders.append(
            FlyerOrder(
                id=f"U{k + 1}", kind="hostile_drone", start_s=start_s, speed_ms=speed_ms,
                waypoints_m=[far_m, between_m, aim_m], height_m=float(rng.uniform(60.0, 350.0)), follows_terrain=True,
                ends_in_impact=True,
            )
        )  # fmt: skip
        way_m = math.dist(far_m, between_m) + math.dist(between_m, aim_m)
        ends_s.append(start_s + way_m / speed_ms)
    kept = [k for k, end_s in enumerate(ends_s) if end_s < _LAST_ARRIVAL_S]
    return [orders[k] for k in kept], [ends_s[k] for k in kept]


def _friends(rng: np.random.Generator) -> list[FlyerOrder]:
    """Let aircraft cross: airliners and jets high and fast, some of them silent; helicopters low, slow and near."""
    orders = []
    for k in range(int(rng.choice([0, 1, 2, 4, 6]))):
        slow = bool(rng.random() < 0.35)
        silent = not slow and bool(rng.random() < 0.15)
        begin_m, end_m = around(rng, 9000.0, 19_000.0), around(rng, 9000.0, 19_000.0)
        orders.append(
            FlyerOrder(
                id=f"A{k + 1}", kind="friendly_aircraft", start_s=float(rng.uniform(-120.0, 40.0)),
                speed_ms=float(rng.uniform(35.0, 75.0) if slow else rng.uniform(80.0, 230.0)),
                waypoints_m=[begin_m, around(rng, 1500.0 if slow else 0.0, 5000.0), end_m],
                height_m=float(rng.uniform(250.0, 900.0) if slow else rng.uniform(900.0, 6000.0)),
                transponder_id="" if silent else f"F{k + 1:02d}",
            )
        )  # fmt: skip
    return orders


def _storms(rng: np.random.Generator) -> list[StormOrder]:
    """Let it lighten, one night in five."""
    if rng.random() >= 0.2:
        return []
    return [StormOrder(from_s=float(rng.uniform(10.0, 30.0)), duration_s=30.0, count=int(rng.integers(15, 140)))]


def _fault(site: Site, kind: FaultKind, rng: np.random.Generator) -> FaultOrder:
    """Give one sensor its trouble, of a size that matters: well above its stated errors."""
    fit = [one for one in site.sensors if kind != "azimuth_bias" or one.kind != "acoustic"]  # theirs is 7 mrad already
    sensor, sign = fit[int(rng.integers(len(fit)))], float(rng.choice([-1.0, 1.0]))
    later_s = float(rng.uniform(10.0, 50.0)) if kind in ("silent", "frozen", "lying") else 0.0
    sizes = {
        "clock": sign * float(rng.uniform(0.3, 3.0)),
        "azimuth_bias": sign * float(rng.uniform(6.0, 30.0)),
        "noise": float(rng.uniform(3.0, 10.0)),
        "late": float(rng.uniform(1.0, 5.0)),
        "duplicates": float(rng.uniform(0.1, 0.5)),
    }
    return FaultOrder(sensor_id=sensor.sensor_id, kind=kind, magnitude=sizes.get(kind, 0.0), from_s=later_s)
