"""The blind zone: from how near a rocket may land before people can be in shelter, however well it is seen.

What a zone needs is the sum of detection, decision, telling its people, and its shelter time.  What it may get is the
flight time of the site's rockets, flown over level ground without wind, as flat as the site's table reckons with.
Where the second is less than the first there is no warning time: only walls help there.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
from jaxtyping import Float

from marsad.flight import Environment, Reference, fly, ground_crossing, motor_of, rocket
from marsad.flight.classes import RocketClass
from marsad.geo.contour import contours
from marsad.geo.frames import geodetic_from_enu
from marsad.geo.zones import ZoneShapes, prepare_zones, zone_hits
from marsad.sensing.site import Site

GRID = 240
"""Points on a side of the grid on which the outline is drawn."""
FLAT_REACH_RAD = 1.0
"""Half the side of the level ground that is flown over; more than any flight needs."""


@dataclass(frozen=True)
class BlindParams:
    """What is reckoned with.

    ``detection_s``: from launch until launch and impact are known as well as the sensors allow, which holds from 5 s on
    (docs/scores.md).  ``decision_s``: until the rule's next step.  ``elevation_sigmas``: how far below the mean launch
    elevation of the site's table a rocket may be fired.
    """

    detection_s: float = 5.0
    decision_s: float = 1.0
    elevation_sigmas: float = 3.0
    elevation_step_rad: float = math.radians(1.0)
    least_elevation_rad: float = math.radians(5.0)


class BlindZone(msgspec.Struct, frozen=True, kw_only=True):
    """How near is too near for one zone.

    ``distance_m`` is counted from the zone's edge, 0 where every flight that is reckoned with leaves time; then there
    is no ``rocket_class``.
    """

    zone_id: str
    needed_s: float
    distance_m: float
    rocket_class: str = ""
    elevation_rad: float = 0.0


@dataclass(frozen=True)
class FlatFlights:
    """Flights of one class from the flattest up to the mean elevation, in the order of elevation."""

    rocket_class: str
    elevation_rad: Float[np.ndarray, " flight"]
    range_m: Float[np.ndarray, " flight"]
    time_s: Float[np.ndarray, " flight"]


def flat_flights(site: Site, params: BlindParams) -> tuple[FlatFlights, ...]:
    """Fly every class of the site at elevations up to the mean, over level ground at the origin's height."""
    table = site.rockets
    mean, spread = table.launch_elevation_mean_rad, table.launch_elevation_sigma_rad
    flattest = max(mean - params.elevation_sigmas * spread, params.least_elevation_rad)
    count = max(math.ceil((mean - flattest) / params.elevation_step_rad) + 1, 2)
    elevations = np.linspace(flattest, mean, count)
    origin = site.origin
    level = Environment(
        table.drag.mach,
        table.drag.coefficient,
        np.full((2, 2), origin.height_m),
        origin.latitude_rad - FLAT_REACH_RAD / 2,
        origin.longitude_rad - FLAT_REACH_RAD / 2,
        FLAT_REACH_RAD,
        FLAT_REACH_RAD,
        0.0,
        0.0,
        origin.height_m,
    )
    reference = Reference(origin.latitude_rad, origin.longitude_rad)
    return tuple(_flown(one, elevations, level, reference) for one in table.classes)


def _flown(
    one: RocketClass, elevations: Float[np.ndarray, " flight"], level: Environment, reference: Reference
) -> FlatFlights:
    motor, hit, p = motor_of(one), np.zeros(6), np.zeros(rocket.PARAMETERS)
    ranges, times = [], []
    for elevation in elevations:
        p[rocket.ELEVATION] = elevation
        flight = fly(p, motor, reference, level, False)
        time_s = ground_crossing(flight, level, hit)
        if time_s > 0:
            times.append(time_s)
            ranges.append(float(np.linalg.norm(hit[:3] - flight.state[0, :3])))
    return FlatFlights(one.name, elevations[: len(times)].copy(), np.array(ranges), np.array(times))


def blind_zones(site: Site, params: BlindParams) -> tuple[BlindZone, ...]:
    """Say for every zone from how near the fastest rocket that is reckoned with leaves no time."""
    flown = flat_flights(site, params)
    found: dict[float, BlindZone] = {}
    told = []
    for zone in site.zones:
        needed_s = params.detection_s + params.decision_s + site.policy.notify_s + zone.shelter_s
        if needed_s not in found:
            found[needed_s] = _furthest(flown, needed_s)
        told.append(msgspec.structs.replace(found[needed_s], zone_id=zone.zone_id))
    return tuple(told)


def _furthest(flown: Sequence[FlatFlights], needed_s: float) -> BlindZone:
    """Find the furthest launch that lands within a time."""
    best = BlindZone(zone_id="", needed_s=needed_s, distance_m=0.0)
    for one in flown:
        if not one.time_s.size or one.time_s[0] > needed_s:
            continue
        last = float(np.interp(needed_s, one.time_s, one.elevation_rad))
        reached = float(np.interp(last, one.elevation_rad, one.range_m))
        within = one.elevation_rad <= last
        k = int(np.argmax(one.range_m[within]))
        distance_m, elevation = float(one.range_m[k]), float(one.elevation_rad[k])
        if reached > distance_m:
            distance_m, elevation = reached, last
        if distance_m > best.distance_m:
            best = BlindZone(
                zone_id="",
                needed_s=needed_s,
                distance_m=distance_m,
                rocket_class=one.rocket_class,
                elevation_rad=elevation,
            )
    return best


@dataclass(frozen=True)
class Outlines:
    """Lines of latitude and longitude (rad), each closed.

    ``some``: a launch inside may leave at least one zone no time; ``every``: it may leave no zone any.
    """

    some: tuple[Float[np.ndarray, "_ 2"], ...]
    every: tuple[Float[np.ndarray, "_ 2"], ...]


def outlines(site: Site, blind: Sequence[BlindZone]) -> Outlines:
    """Draw where launches leave some of the zones, and all of them, no time; empty where there is no such place."""
    chosen = [(zone, b.distance_m) for zone, b in zip(site.zones, blind, strict=True) if b.distance_m > 0]
    if not chosen:
        return Outlines((), ())
    shapes = prepare_zones([zone for zone, _ in chosen], site.origin, buffer_m=0.0)
    reach_m = np.array([distance for _, distance in chosen])
    margin = 1.05 * reach_m[:, None] + 10.0
    west, south = (shapes.box_m[:, [0, 2]] - margin).min(axis=0)
    east, north = (shapes.box_m[:, [1, 3]] + margin).max(axis=0)
    x, y = np.linspace(west, east, GRID), np.linspace(south, north, GRID)
    some, every = _beyond(x, y, shapes, reach_m)
    if len(chosen) < len(site.zones):
        every = np.full_like(every, 1.0)
    return Outlines(_lines(site, some, x, y), _lines(site, every, x, y))


def _lines(
    site: Site,
    field: Float[np.ndarray, "row column"],
    x: Float[np.ndarray, " column"],
    y: Float[np.ndarray, " row"],
) -> tuple[Float[np.ndarray, "_ 2"], ...]:
    o = site.origin
    return tuple(
        np.array([geodetic_from_enu(e, n, 0.0, o.latitude_rad, o.longitude_rad, o.height_m)[:2] for e, n in line])
        for line in contours(field, x, y, 0.0)
    )


def _beyond(
    x: Float[np.ndarray, " column"],
    y: Float[np.ndarray, " row"],
    shapes: ZoneShapes,
    reach_m: Float[np.ndarray, " zone"],
) -> tuple[Float[np.ndarray, "row column"], Float[np.ndarray, "row column"]]:
    """Give by how much each point lies outside the nearest and the furthest zone's distance (m, negative: inside)."""
    far_m = 2.0 * float(reach_m.max()) + 1000.0
    nearest, furthest = np.full((y.size, x.size), far_m), np.full((y.size, x.size), -far_m)
    step = max(x[1] - x[0], y[1] - y[0])
    for k, distance_m in enumerate(reach_m):
        around = distance_m + 2.0 * step  # what is further from this zone does not decide where a line runs
        west, east, south, north = shapes.box_m[k]
        columns = slice(*np.searchsorted(x, (west - around, east + around)))
        rows = slice(*np.searchsorted(y, (south - around, north + around)))
        e, n = np.meshgrid(x[columns], y[rows])
        outside = np.full_like(nearest, far_m)
        outside[rows, columns] = _distance_m(e.ravel(), n.ravel(), shapes, k).reshape(e.shape) - distance_m
        np.minimum(nearest, outside, out=nearest)
        np.maximum(furthest, outside, out=furthest)
    return nearest, furthest


def _distance_m(
    east_m: Float[np.ndarray, " point"], north_m: Float[np.ndarray, " point"], shapes: ZoneShapes, zone: int
) -> Float[np.ndarray, " point"]:
    """Give the distance of points from a zone (m), 0 inside it."""
    if shapes.radius_m[zone] >= 0:
        away = np.hypot(east_m - shapes.center_m[zone, 0], north_m - shapes.center_m[zone, 1])
        return np.maximum(away - shapes.radius_m[zone], 0.0)
    corners = shapes.corner_m[shapes.first_corner[zone] : shapes.first_corner[zone + 1]]
    nearest = np.full(east_m.shape, np.inf)
    for a, b in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        along = b - a
        length2 = float(along @ along) or 1.0
        share = np.clip(((east_m - a[0]) * along[0] + (north_m - a[1]) * along[1]) / length2, 0.0, 1.0)
        nearest = np.minimum(nearest, np.hypot(east_m - a[0] - share * along[0], north_m - a[1] - share * along[1]))
    only = ZoneShapes(
        zone_ids=(shapes.zone_ids[zone],),
        box_m=shapes.box_m[zone : zone + 1],
        center_m=shapes.center_m[zone : zone + 1],
        radius_m=shapes.radius_m[zone : zone + 1],
        buffer_m=shapes.buffer_m[zone : zone + 1],
        first_corner=np.array([0, len(corners)], dtype=np.int64),
        corner_m=corners,
    )
    nearest[zone_hits(east_m, north_m, only)[0]] = 0.0
    return nearest
