"""The things that fly in a simulated night: rockets, drones, aircraft, birds, and the site's own platforms."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from jaxtyping import Float

from marsad.flight import rocket
from marsad.flight.classes import RocketClass
from marsad.geo.frames import enu_from_geodetic, geodetic_from_enu
from marsad.geo.terrain import TerrainGrid
from marsad.sensing.site import Site
from marsad.simulation.paths import Path, axes_at, ecef, geodetic, standing
from marsad.simulation.scenario import FlyerOrder, OrbitOrder, RocketOrder, SwayOrder
from marsad.terms import Geodetic, Sensor

BodyKind = Literal["rocket", "misfire", "hostile_drone", "friendly_aircraft", "bird", "own_drone"]

MISFIRE_BURN_S = 0.3
"""How long a motor that goes out on the rail is seen."""
_STEP_S = 0.5
_CORNER_S = 8.0
_DIVE_S = 8.0
_LEAST_CLEARANCE_M = 15.0


@dataclass(frozen=True)
class Moment:
    """Something at a time and a place."""

    time_s: float
    place: Geodetic


@dataclass(frozen=True)
class Body:
    """One thing with its path; what does not apply to its kind is None or empty."""

    object_id: str
    kind: BodyKind
    path: Path
    rocket_class: str = ""
    prior: str = ""
    parameters: dict[str, float] = field(default_factory=dict)
    launch: Moment | None = None
    burnout_s: float = -math.inf
    impact: Moment | None = None
    transponder_id: str = ""
    report_interval_s: float = 1.0
    report_offset_m: tuple[float, float, float] = (0.0, 0.0, 0.0)
    begin_s: float = 0.0


def environment(site: Site, wind_east_ms: float, wind_north_ms: float) -> rocket.Environment:
    """Give what a flight passes through: the site's drag table and ground, and the true wind."""
    grid, drag = site.terrain, site.rockets.drag
    return rocket.Environment(
        mach=drag.mach,
        cd=drag.coefficient,
        ground_m=grid.height_m,
        south_rad=grid.south_rad,
        west_rad=grid.west_rad,
        step_lat_rad=grid.step_lat_rad,
        step_lon_rad=grid.step_lon_rad,
        wind_east_ms=wind_east_ms,
        wind_north_ms=wind_north_ms,
        wind_ground_m=wind_ground_m(site),
    )


def wind_ground_m(site: Site) -> float:
    """Give the height from which the wind's profile counts."""
    stated = site.weather.profile_ground_m if site.weather else None
    return site.origin.height_m if stated is None else stated


def place_at(site: Site, east_m: float, north_m: float, above_m: float = 0.0) -> Geodetic:
    """Give the point so far east and north of the site's origin, so high above the ground there."""
    o = site.origin
    latitude, longitude, _ = geodetic_from_enu(east_m, north_m, 0.0, o.latitude_rad, o.longitude_rad, o.height_m)
    ground_m = site.terrain.height_at(latitude, longitude)
    return Geodetic(latitude_rad=latitude, longitude_rad=longitude, height_m=ground_m + above_m)


def away_m(origin: Geodetic, place: Geodetic) -> tuple[float, float]:
    """Give how far east and north of an origin a place lies, in the tangent plane there."""
    east_m, north_m, _ = enu_from_geodetic(
        place.latitude_rad, place.longitude_rad, place.height_m,
        origin.latitude_rad, origin.longitude_rad, origin.height_m,
    )  # fmt: skip
    return float(east_m), float(north_m)


# --- rockets ----------------------------------------------------------------------------------------


def rockets(site: Site, order: RocketOrder, env: rocket.Environment, rng: np.random.Generator) -> list[Body]:
    """Fly all rockets of one order."""
    (chosen,) = [one for one in site.rockets.classes if one.name == order.rocket_class]
    ids = [order.id] if order.count == 1 else [f"{order.id}-{k + 1}" for k in range(order.count)]
    return [
        _rocket(site, order, chosen, env, name, order.launch_s + k * order.interval_s, rng)
        for k, name in enumerate(ids)
    ]


def _rocket(
    site: Site,
    order: RocketOrder,
    chosen: RocketClass,
    env: rocket.Environment,
    object_id: str,
    launch_s: float,
    rng: np.random.Generator,
) -> Body:
    table = site.rockets
    normal = rng.standard_normal(8)
    if order.spread == "wide":
        spread = (table.wide_ln_sigma_delta_v, table.wide_ln_sigma_burn, table.wide_ln_sigma_drag)
    else:
        spread = (chosen.ln_sigma_delta_v, chosen.ln_sigma_burn, chosen.ln_sigma_drag)
    scale = 0.0 if order.spread == "none" else 1.0
    p = np.zeros(rocket.PARAMETERS)
    p[rocket.AZIMUTH] = math.radians(order.azimuth_deg + order.azimuth_sigma_deg * normal[0])
    p[rocket.ELEVATION] = math.radians(order.elevation_deg + order.elevation_sigma_deg * normal[1])
    p[rocket.LN_DELTA_V], p[rocket.LN_BURN], p[rocket.LN_DRAG] = scale * normal[2:5] * np.array(spread)
    p[rocket.GROUND_ERROR] = scale * normal[5] * site.terrain.height_sigma_m
    p[rocket.TURN_SIDE], p[rocket.TURN_UP] = scale * normal[6:8] * table.misalignment_sigma_rad
    ground = place_at(site, order.east_m, order.north_m)
    reference = rocket.Reference(ground.latitude_rad, ground.longitude_rad)
    motor = rocket.Motor(
        chosen.ideal_delta_v_ms,
        chosen.burn_s,
        chosen.propellant_fraction,
        chosen.area_over_launch_mass_m2_kg,
        chosen.rail_m,
    )
    parameters = {
        "azimuth_rad": float(p[rocket.AZIMUTH]) % (2 * math.pi),
        "elevation_rad": float(p[rocket.ELEVATION]),
        "ln_dv": float(p[rocket.LN_DELTA_V]),
        "ln_burn": float(p[rocket.LN_BURN]),
        "ln_drag": float(p[rocket.LN_DRAG]),
        "wind_e_ms": env.wind_east_ms,
        "wind_n_ms": env.wind_north_ms,
        "dem_error_m": float(p[rocket.GROUND_ERROR]),
        "misalignment_side_rad": float(p[rocket.TURN_SIDE]),
        "misalignment_up_rad": float(p[rocket.TURN_UP]),
    }
    prior = "class_unknown" if order.spread == "wide" else "class_known"
    if order.misfire:
        place = Geodetic(
            latitude_rad=ground.latitude_rad,
            longitude_rad=ground.longitude_rad,
            height_m=ground.height_m + rocket.MUZZLE_HEIGHT_M + float(p[rocket.GROUND_ERROR]),
        )
        return Body(
            object_id,
            "misfire",
            standing(place, launch_s, launch_s + MISFIRE_BURN_S),
            chosen.name,
            prior,
            parameters,
            Moment(launch_s, place),
            launch_s + MISFIRE_BURN_S,
            begin_s=launch_s,
        )
    flight = rocket.fly(p, motor, reference, env, False)
    hit = np.zeros(6)
    tof_s = rocket.ground_crossing(flight, env, hit)
    if tof_s < 0:
        raise ValueError(f"rocket {object_id}: it does not come down within the longest flight")
    nodes = int(np.searchsorted(flight.tau_s[: flight.nodes], tof_s))
    time_s = launch_s + np.append(flight.tau_s[:nodes], tof_s)
    state = np.vstack([flight.state[:nodes], hit])
    return Body(
        object_id,
        "rocket",
        Path(time_s, state[:, :3].copy(), state[:, 3:].copy()),
        chosen.name,
        prior,
        parameters,
        Moment(launch_s, geodetic(state[0, :3])),
        launch_s + min(flight.burnout_s, tof_s),
        Moment(launch_s + tof_s, geodetic(hit[:3])),
        begin_s=launch_s,
    )


# --- slow things ------------------------------------------------------------------------------------


def flyer(site: Site, order: FlyerOrder) -> Body:
    """Fly from waypoint to waypoint, corners rounded over some seconds; at a height, or following the ground."""
    flat = _rounded(np.array(order.waypoints_m, dtype=np.float64), order.speed_ms)
    time_s = order.start_s + _STEP_S * np.arange(flat.shape[0])
    places = [place_at(site, float(e), float(n)) for e, n in flat]
    ground = np.array([place.height_m for place in places])
    if order.follows_terrain:
        height = np.maximum(_smooth(ground, _CORNER_S) + order.height_m, ground + _LEAST_CLEARANCE_M)
    else:
        height = np.maximum(np.full(ground.shape, site.origin.height_m + order.height_m), ground + _LEAST_CLEARANCE_M)
    if order.ends_in_impact:
        height = ground + (height - ground) * np.clip((time_s[-1] - time_s) / _DIVE_S, 0.0, 1.0)
    position = np.array(
        [
            ecef(Geodetic(latitude_rad=p.latitude_rad, longitude_rad=p.longitude_rad, height_m=h))
            for p, h in zip(places, height, strict=True)
        ]
    )
    path = Path(time_s, position, np.gradient(position, time_s, axis=0))
    return Body(
        order.id,
        order.kind,
        path,
        impact=Moment(path.end_s, geodetic(position[-1])) if order.ends_in_impact else None,
        transponder_id=order.transponder_id,
        report_interval_s=order.report_interval_s,
        report_offset_m=order.report_offset_m,
        begin_s=order.start_s,
    )


def _rounded(corners_m: Float[np.ndarray, "corner 2"], speed_ms: float) -> Float[np.ndarray, "node 2"]:
    """Walk a line of corners at a speed, every half second, and round the corners; the ends stay where they are."""
    lengths = np.hypot(*np.diff(corners_m, axis=0).T)
    along = np.concatenate([[0.0], np.cumsum(lengths)])
    count = max(int(math.ceil(along[-1] / (speed_ms * _STEP_S))), 2)
    s = np.linspace(0.0, along[-1], count + 1)
    return np.stack([_smooth(np.interp(s, along, corners_m[:, axis]), _CORNER_S) for axis in (0, 1)], axis=1)


def _smooth(values: Float[np.ndarray, " node"], seconds: float) -> Float[np.ndarray, " node"]:
    """Average twice over so many seconds, the ends kept (mirrored through themselves)."""
    half = max(int(seconds / _STEP_S / 4), 1)
    half = min(half, (values.size - 1) // 2)
    for _ in range(2):
        before = 2 * values[0] - values[half:0:-1]
        after = 2 * values[-1] - values[-2 : -half - 2 : -1]
        padded = np.concatenate([before, values, after])
        values = np.convolve(padded, np.full(2 * half + 1, 1.0 / (2 * half + 1)), mode="valid")
    return values


def orbit(sensor: Sensor, order: OrbitOrder, duration_s: float, phase_rad: float) -> Path:
    """Circle about a sensor's mean place."""
    time_s = _STEP_S * np.arange(int(duration_s / _STEP_S) + 2)
    turn = (1.0 if order.clockwise else -1.0) * order.speed_ms / order.radius_m
    angle = phase_rad + turn * time_s
    offset = order.radius_m * np.stack([np.sin(angle), np.cos(angle), np.zeros_like(angle)], axis=1)
    speed = order.radius_m * turn * np.stack([np.cos(angle), -np.sin(angle), np.zeros_like(angle)], axis=1)
    return _about(sensor.position, time_s, offset, speed)


def sway(sensor: Sensor, order: SwayOrder, duration_s: float, phases_rad: Float[np.ndarray, "3"]) -> Path:
    """Swing about a sensor's mean place, east and north with different periods, and a little up and down."""
    time_s = _STEP_S * np.arange(int(duration_s / _STEP_S) + 2)
    rates = 2 * math.pi / (order.period_s * np.array([1.0, 1.31, 0.77]))
    reach = order.radius_m * np.array([1.0, 0.8, 0.15])
    angle = phases_rad + time_s[:, None] * rates
    return _about(sensor.position, time_s, reach * np.sin(angle), reach * rates * np.cos(angle))


def _about(
    center: Geodetic,
    time_s: Float[np.ndarray, " node"],
    offset_m: Float[np.ndarray, "node 3"],
    speed_ms: Float[np.ndarray, "node 3"],
) -> Path:
    axes = axes_at(center)
    return Path(time_s, ecef(center) + offset_m @ axes, speed_ms @ axes)


def clearance_m(terrain: TerrainGrid, place: Geodetic) -> float:
    """Height of a place above its ground."""
    return place.height_m - terrain.height_at(place.latitude_rad, place.longitude_rad)
