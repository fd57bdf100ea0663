"""Nights full of drones, with a sensor in trouble and with claims that are false, unlisted or stolen.

What each trouble and each claim is good for: to move the picture off what is there, to have a healthy radar called
wrong, or to have a hostile drone taken for a friend.
"""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import count

import msgspec
import numpy as np

from marsad.geo.frames import geodetic_from_ecef
from marsad.geo.site_frame import axes_at, enu_of, geodetic_of, site_frame
from marsad.simulation import ComposedNight, Run, compose
from marsad.simulation.bodies import Body, away_m
from marsad.simulation.country import LISTED, around
from marsad.simulation.scenario import FaultKind, FaultOrder, FlyerOrder
from marsad.terms import CooperativeReport, Geodetic, Message, Sensor

TROUBLES: tuple[tuple[FaultKind, float], ...] = (
    ("azimuth_bias", 25.0), ("clock", 1.5), ("frozen", 0.0), ("noise", 6.0), ("pose", 250.0), ("azimuth_bias", -12.0),
    ("clock", -0.6), ("range_bias", 150.0),
)  # fmt: skip
CLAIMS = ("none", "true", "turned", "friend", "sensor")
"""What the hostile drones, or who helps them, say: nothing; where they are; places turned about the radar, by 30 mrad,
so that it seems wrong; of a listed friend's own track that it is another's; their own places in a sensor's name."""
_LONG_S = 60.0
_TURN_RAD = 0.03


def full_of_drones(seed: int, number: int) -> ComposedNight:
    """Five drones come from all sides, two listed friends and a stranger fly among them; a sensor is in trouble."""
    for base in count(200):
        night = compose(seed, base)
        if any(sensor.kind == "radar" for sensor in night.site.sensors):
            break
    rng = np.random.default_rng([seed, number, 5])
    sensors = [one.sensor_id for one in night.site.sensors if one.kind != "acoustic"]
    kind, size = TROUBLES[number % len(TROUBLES)]
    ailing = "RD-1" if number % 2 == 0 or kind == "range_bias" else sensors[int(rng.integers(len(sensors)))]
    scenario = msgspec.structs.replace(
        night.scenario,
        description=f"drones, trouble {kind} {ailing}, claims {CLAIMS[number % len(CLAIMS)]}",
        duration_s=_LONG_S,
        rocket=[],
        storm=[],
        flyer=[*(_drone(night, rng, k) for k in range(5)), *(_friend(rng, k) for k in range(3))],
        fault=[FaultOrder(sensor_id=ailing, kind=kind, magnitude=size, from_s=20.0 if kind == "frozen" else 0.0)],
    )
    return replace(night, number=number, scenario=scenario)


def with_claims(night: ComposedNight, run: Run, number: int) -> tuple[Message, ...]:
    """The messages of such a night, with what is claimed in it."""
    kind = CLAIMS[number % len(CLAIMS)]
    bodies = run.truth.bodies
    hostile = [body for body in bodies if body.kind == "hostile_drone"]
    found: list[Message] = []
    if kind in ("true", "sensor"):
        named = [one.sensor_id for one in night.site.sensors]
        for k, body in enumerate(hostile):
            name = named[k % len(named)] if kind == "sensor" else f"RID-{body.object_id}"
            found += [_claim(name, time_s, place) for time_s, place in _way(body)]
    elif kind == "turned":
        radar = next(one for one in night.site.sensors if one.kind == "radar")
        for body in bodies:
            if body.kind in ("hostile_drone", "friendly_aircraft"):
                found += [_claim(f"RID-{body.object_id}", t, _turned(night, radar, at)) for t, at in _way(body)]
    elif kind == "friend":
        for body in bodies:
            if body.kind == "friendly_aircraft" and body.transponder_id in LISTED:
                found += [_claim(f"RID-{body.object_id}", time_s, place) for time_s, place in _way(body)]
    return tuple(sorted((*run.messages, *found), key=lambda one: one.arrival_utc_ns))


def _drone(night: ComposedNight, rng: np.random.Generator, k: int) -> FlyerOrder:
    zones = night.site.zones
    aim_m = away_m(night.site.origin, zones[int(rng.integers(len(zones)))].center)
    speed_ms = float(rng.uniform(25.0, 50.0))
    azimuth_rad, away = float(rng.uniform(0.0, 2.0 * math.pi)), speed_ms * float(rng.uniform(30.0, 50.0))
    far_m = (aim_m[0] + away * math.sin(azimuth_rad), aim_m[1] + away * math.cos(azimuth_rad))
    return FlyerOrder(
        id=f"U{k + 1}", kind="hostile_drone", start_s=float(rng.uniform(-10.0, 20.0)), speed_ms=speed_ms,
        waypoints_m=[far_m, aim_m], height_m=float(rng.uniform(80.0, 350.0)), follows_terrain=True, ends_in_impact=True,
    )  # fmt: skip


def _friend(rng: np.random.Generator, k: int) -> FlyerOrder:
    """Two listed, low, slow and near as a helicopter; a stranger that says where it is."""
    return FlyerOrder(
        id=f"A{k + 1}", kind="friendly_aircraft", start_s=-20.0, speed_ms=float(rng.uniform(35.0, 60.0)),
        waypoints_m=[around(rng, 4000.0, 8000.0), around(rng, 500.0, 2500.0), around(rng, 4000.0, 8000.0)],
        height_m=float(rng.uniform(200.0, 500.0)), transponder_id=LISTED[k] if k < 2 else "F99",
    )  # fmt: skip


def _way(body: Body) -> list[tuple[float, Geodetic]]:
    """Where a body is, once a second."""
    times_s = np.arange(max(body.path.begin_s, 0.0), min(body.path.end_s, _LONG_S)).tolist()
    found = []
    for time_s in times_s:
        latitude, longitude, height_m = geodetic_from_ecef(*body.path.at(time_s)[0])
        found.append((time_s, Geodetic(latitude_rad=latitude, longitude_rad=longitude, height_m=height_m)))
    return found


def _turned(night: ComposedNight, radar: Sensor, place: Geodetic) -> Geodetic:
    """A place turned about the radar."""
    frame = site_frame(night.site.origin)
    stand_m, axes = enu_of(frame, radar.position), axes_at(frame, radar.position)
    east, north, up = axes.T @ (enu_of(frame, place) - stand_m)
    azimuth_rad = math.atan2(east, north) + _TURN_RAD
    away_m = math.hypot(east, north)
    turned = axes @ np.array([away_m * math.sin(azimuth_rad), away_m * math.cos(azimuth_rad), up])
    return geodetic_of(frame, stand_m + turned)


def _claim(name: str, time_s: float, place: Geodetic) -> CooperativeReport:
    return CooperativeReport(
        arrival_utc_ns=round((time_s + 0.2) * 1e9),
        time_utc_ns=round(time_s * 1e9),
        sensor_id="",
        transponder_id=name,
        position=place,
        position_sigma_m=5.0,
        source="remote_id",
    )
