"""The plain site folder of the JSON-lines form: ``zones.json``, ``terrain.json``, ``classes.json``."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from marsad.adapters.errors import BadInputError
from marsad.adapters.json_fields import JsonNode, load_json, type_name
from marsad.flight.classes import DragTable, RocketClass, RocketTable
from marsad.geo.terrain import TerrainGrid
from marsad.sensing.site import Site
from marsad.terms import Geodetic, Zone
from marsad.terms.text import MOST_ID

PROFILE_GROUND_M = 210.0
"""Ellipsoidal height from which h_agl of the wind profile counts in this form."""


def read_common_site(folder: Path) -> Site:
    """Read the folder into a ``Site``; anything wrong raises ``BadInputError``."""
    rockets, height_sigma_m = read_classes(folder / "classes.json")
    terrain = read_terrain(folder / "terrain.json", height_sigma_m)
    root = _root(folder / "zones.json")
    place = root.node("site")
    latitude_deg = place.number("lat_deg", least=-90, most=90)
    longitude_deg = place.number("lon_deg", least=-180, most=360)
    origin = Geodetic.from_degrees(latitude_deg, longitude_deg)
    ground_m = terrain.height_at(origin.latitude_rad, origin.longitude_rad)
    return Site(
        name=place.name("name", folder.resolve().parent.name),
        origin=Geodetic.from_degrees(latitude_deg, longitude_deg, ground_m),
        zones=_zones(root, terrain),
        terrain=terrain,
        rockets=rockets,
    )


def read_terrain(path: Path, height_sigma_m: float = 1.5) -> TerrainGrid:
    """Read the grid of ground heights (decimetres, rows south to north)."""
    root = _root(path)
    rows = root.content.get("h_dm")
    if not isinstance(rows, list) or len(rows) < 2 or not isinstance(rows[0], list):
        raise root.bad("h_dm", f"expected at least two rows of heights, found {type_name(rows)}")
    for index, row in enumerate(rows):
        if not isinstance(row, list) or len(row) != len(rows[0]) or not set(map(type, row)) <= {int, float}:
            raise root.bad("h_dm", f"expected rows of {len(rows[0])} numbers, row {index} is not one")
    try:
        return TerrainGrid(
            south_rad=math.radians(root.number("lat0_deg", least=-90, most=90)),
            west_rad=math.radians(root.number("lon0_deg", least=-180, most=360)),
            step_lat_rad=math.radians(root.number("dlat_deg")),
            step_lon_rad=math.radians(root.number("dlon_deg")),
            height_m=np.array(rows, dtype=np.float64) / 10.0,
            height_sigma_m=height_sigma_m,
        )
    except ValueError as error:
        raise BadInputError(path, f"expected a grid of ground heights: {error}") from None


def read_classes(path: Path) -> tuple[RocketTable, float]:
    """Read the rocket classes; give them with the terrain's height error in metres."""
    root = _root(path)
    wide = root.node("wide_prior")
    mean_deg, sigma_deg = root.numbers("launch_elevation_prior_deg", 2)
    classes = root.node("classes")
    if not classes.content:
        raise root.bad("classes", "expected at least one rocket class, found none")
    table = RocketTable(
        classes=tuple(_rocket_class(name, classes.node(name)) for name in classes.content),
        drag=_drag(root.node("drag_coefficient")),
        wide_ln_sigma_delta_v=wide.number("ln_sigma_dv", least=1e-6),
        wide_ln_sigma_burn=wide.number("ln_sigma_burn", least=1e-6),
        wide_ln_sigma_drag=wide.number("ln_sigma_drag", least=1e-6),
        launch_elevation_mean_rad=math.radians(mean_deg),
        launch_elevation_sigma_rad=math.radians(sigma_deg),
        misalignment_sigma_rad=root.number("thrust_misalignment_sigma_rad", least=0),
        model_error_floor_rel=root.number("model_error_floor_rel", 0.001, least=0),
        source=root.string("note", ""),
    )
    return table, root.number("dem_height_error_sigma_m", 1.5, least=0)


def _root(path: Path) -> JsonNode:
    content, text = load_json(path)
    return JsonNode(path, text, content)


def _zones(root: JsonNode, terrain: TerrainGrid) -> tuple[Zone, ...]:
    margin_m = root.number("at_risk_margin_m", 0.0, least=0)
    zones: dict[str, Zone] = {}
    for node in root.nodes("zones"):
        zone_id = node.name("zone_id", most=MOST_ID)
        if zone_id in zones:
            raise node.bad("zone_id", f"expected a name used once, found {zone_id!r} again")
        latitude_deg = node.number("lat_deg", least=-90, most=90)
        longitude_deg = node.number("lon_deg", least=-180, most=360)
        ground_m = terrain.height_at(math.radians(latitude_deg), math.radians(longitude_deg))
        zones[zone_id] = Zone(
            zone_id=zone_id,
            name=node.name("name", zone_id),
            center=Geodetic.from_degrees(latitude_deg, longitude_deg, node.number("h_m", ground_m)),
            shelter_s=node.number("shelter_s", least=0),
            radius_m=node.number("radius_m", least=0),
            buffer_m=margin_m,
            name_ar=node.name("name_ar", ""),
        )
    return tuple(zones.values())


def _rocket_class(name: str, node: JsonNode) -> RocketClass:
    try:
        return RocketClass(
            name=name,
            ideal_delta_v_ms=node.number("ideal_delta_v_ms"),
            burn_s=node.number("burn_s"),
            propellant_fraction=node.number("propellant_fraction"),
            area_over_launch_mass_m2_kg=node.number("area_over_launch_mass_m2_kg"),
            rail_m=node.number("rail_m"),
            ln_sigma_delta_v=node.number("ln_sigma_dv"),
            ln_sigma_burn=node.number("ln_sigma_burn"),
            ln_sigma_drag=node.number("ln_sigma_drag"),
            source=node.string("source", ""),
        )
    except ValueError as error:
        raise node.bad(None, f"expected a rocket class: {error}") from None


def _drag(node: JsonNode) -> DragTable:
    mach, coefficient = node.numbers("mach"), node.numbers("cd")
    if len(mach) != len(coefficient):
        raise node.bad("cd", f"expected as many as in mach ({len(mach)}), found {len(coefficient)}")
    try:
        return DragTable(mach=np.array(mach), coefficient=np.array(coefficient))
    except ValueError as error:
        raise node.bad(None, f"expected a drag table: {error}") from None
