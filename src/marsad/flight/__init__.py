"""How things move: rockets, and the air they move in."""

from __future__ import annotations

from marsad.flight.atmosphere import air, wind_factor
from marsad.flight.classes import DragTable, RocketClass, RocketTable
from marsad.flight.fall import fall
from marsad.flight.rocket import Environment, Flight, Motor, Reference, fly, ground_crossing, sensitivity_at, state_at
from marsad.geo.terrain import TerrainGrid

__all__ = [
    "DragTable",
    "Environment",
    "Flight",
    "Motor",
    "Reference",
    "RocketClass",
    "RocketTable",
    "air",
    "environment_of",
    "fall",
    "fly",
    "ground_crossing",
    "motor_of",
    "sensitivity_at",
    "state_at",
    "wind_factor",
]


def motor_of(rocket_class: RocketClass) -> Motor:
    """The numbers of a class as the flight kernel takes them."""
    return Motor(
        float(rocket_class.ideal_delta_v_ms),
        float(rocket_class.burn_s),
        float(rocket_class.propellant_fraction),
        float(rocket_class.area_over_launch_mass_m2_kg),
        float(rocket_class.rail_m),
    )


def environment_of(
    terrain: TerrainGrid,
    drag: DragTable,
    wind_east_ms: float = 0.0,
    wind_north_ms: float = 0.0,
    wind_ground_m: float = 0.0,
) -> Environment:
    """Ground, drag table and forecast wind (to east and north, at its reference height) as the kernel takes them."""
    return Environment(
        drag.mach,
        drag.coefficient,
        terrain.height_m,
        terrain.south_rad,
        terrain.west_rad,
        terrain.step_lat_rad,
        terrain.step_lon_rad,
        float(wind_east_ms),
        float(wind_north_ms),
        float(wind_ground_m),
    )
