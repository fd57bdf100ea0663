"""Nights that ask for more work than the product allows itself, about the launch of a rocket that is to be warned of.

Three kinds: a crowd of honest objects comes into view at once; a radar that nobody knows sends nothing but random
plots; a link keeps everything back for two seconds, in a crowd, and delivers it as one batch.

The load is added to the messages of an ordinary night, so that it is known what the rows alarm without it.  Nothing of
that may a load take away or delay.  Of the alarms that the plain rows give with it, only those count that they give
without it too: among so many plots every second pair of strangers may be a rocket's, and the zones that the chance
pairs of a crowd, or of a radar gone mad, would alarm if each of them were searched are no protection.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import count

import msgspec
import numpy as np

from marsad.simulation import ComposedNight, compose
from marsad.simulation.country import around
from marsad.simulation.scenario import FlyerOrder
from marsad.terms import Bearing, CooperativeReport, Message, Plot, Sensor, SensorReport
from monotone.alarms import Alarm

OVERLOADS = ("crowd", "plots", "batch")
_BEFORE_S, _AFTER_S = 5.0, 14.0
"""How long before the first launch it begins and after it ends: a radar needs five looks to tell what it sees, and a
rocket of the short class is up for 20 s."""
_NIGHT_S = 45.0
"""How long the night goes on after the first launch: what a load delays is told by then."""
_MOST_ROCKETS = 4
_OBJECTS = (60, 121)
_PLOTS_PER_S = 33.0
_HELD_S = (0.5, 2.5)
"""From when to when after the first launch all messages are kept back."""


def busy(seed: int) -> ComposedNight:
    """The first night of a place with few rockets (each costs as much again) and no sensor in trouble.

    Only a radar looks: what is put off there no camera makes up for.
    """
    for number in count(100):
        night = compose(seed, number)
        kinds = {sensor.kind for sensor in night.site.sensors}
        rockets = sum(not one.misfire for one in night.scenario.rocket)
        if kinds <= {"radar", "acoustic"} and 0 < rockets <= _MOST_ROCKETS and not night.scenario.fault:
            break
    until_s = min(night.scenario.duration_s, first_launch_s(night) + _NIGHT_S)
    return replace(night, scenario=msgspec.structs.replace(night.scenario, duration_s=until_s))


def with_load(night: ComposedNight, kind: str, messages: Sequence[Message]) -> tuple[Message, ...]:
    """The messages of such a night as they arrive under a load."""
    launch_s = first_launch_s(night)
    rng = np.random.default_rng([night.seed, night.number, 4])
    load = _random_plots(night, rng, launch_s) if kind == "plots" else _crowd(night, rng, launch_s)
    both = sorted((*messages, *load), key=lambda one: one.arrival_utc_ns)
    if kind != "batch":
        return tuple(both)
    begin_ns, end_ns = (round((launch_s + after_s) * 1e9) for after_s in _HELD_S)
    return tuple(
        msgspec.structs.replace(one, arrival_utc_ns=end_ns) if begin_ns < one.arrival_utc_ns < end_ns else one
        for one in both
    )


def also(alarms: Sequence[Alarm], others: Sequence[Alarm]) -> list[Alarm]:
    """The times at which both of two runs alarm a zone."""
    both = [
        replace(one, begin_s=max(one.begin_s, other.begin_s), end_s=min(one.end_s, other.end_s))
        for one in alarms
        for other in others
        if one.zone_id == other.zone_id
    ]
    return [one for one in both if one.begin_s < one.end_s]


def first_launch_s(night: ComposedNight) -> float:
    """When the first rocket of the night flies."""
    return min(one.launch_s for one in night.scenario.rocket if not one.misfire)


def _crowd(night: ComposedNight, rng: np.random.Generator, launch_s: float) -> list[Message]:
    """What the sensors report of slow honest objects, and what every second of these says of itself."""
    orders = [_object(rng, k, launch_s - _BEFORE_S) for k in range(int(rng.integers(*_OBJECTS)))]
    names = {order.id for order in orders}
    alone = msgspec.structs.replace(night.scenario, rocket=[], flyer=orders, storm=[], clutter=0.0)
    run = replace(night, scenario=alone).run()
    labels = run.truth.labels
    load: list[Message] = []
    for one in run.messages:
        if isinstance(one, CooperativeReport):
            load.append(one)
        elif isinstance(one, Plot | Bearing) and one.detection_id in labels and labels[one.detection_id][0] in names:
            load.append(msgspec.structs.replace(one, detection_id=f"{one.detection_id}-crowd"))
    return load


def _object(rng: np.random.Generator, k: int, begin_s: float) -> FlyerOrder:
    speed_ms, course_rad = float(rng.uniform(15.0, 60.0)), float(rng.uniform(0.0, 2.0 * math.pi))
    east_m, north_m = around(rng, 500.0, 10_000.0)
    way_m = speed_ms * (_BEFORE_S + _AFTER_S)
    return FlyerOrder(
        id=f"C{k + 1:03d}",
        kind="friendly_aircraft",
        start_s=begin_s,
        speed_ms=speed_ms,
        waypoints_m=[
            (east_m, north_m),
            (east_m + way_m * math.sin(course_rad), north_m + way_m * math.cos(course_rad)),
        ],
        height_m=float(rng.uniform(200.0, 1500.0)),
        transponder_id=f"C{k + 1:03d}" if k % 2 else "",
    )


def _random_plots(night: ComposedNight, rng: np.random.Generator, launch_s: float) -> list[Message]:
    """A radar unknown to the site introduces itself and sends plots of nothing."""
    begin_s = launch_s - _BEFORE_S
    stranger = Sensor(
        sensor_id="RD-X", kind="radar", position=night.site.origin, rate_hz=1.0, max_range_m=20_000.0, latency_s=0.1
    )
    load: list[Message] = [SensorReport(arrival_utc_ns=round(begin_s * 1e9), sensor=stranger)]
    for k in range(round(_PLOTS_PER_S * (_BEFORE_S + _AFTER_S))):
        time_ns = round((begin_s + 0.1 + k / _PLOTS_PER_S) * 1e9)
        load.append(
            Plot(
                arrival_utc_ns=time_ns + 100_000_000,
                time_utc_ns=time_ns,
                sensor_id="RD-X",
                detection_id=f"RD-X-{k}",
                range_m=float(rng.uniform(1000.0, 13_000.0)),
                azimuth_rad=float(rng.uniform(0.0, 2.0 * math.pi)),
                elevation_rad=float(rng.uniform(0.02, 0.42)),
                covariance=(100.0, 0.0, 0.0, 9e-6, 0.0, 9e-6),
            )
        )
    return load
