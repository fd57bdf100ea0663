"""Frames, the ellipsoid, terrain and lines of sight."""

from marsad.geo.earth import EARTH_ROTATION_RAD_S, WGS84_A_M, WGS84_E2, WGS84_F
from marsad.geo.frames import (
    ecef_from_geodetic,
    enu_axes,
    enu_from_geodetic,
    geodetic_from_ecef,
    geodetic_from_enu,
)
from marsad.geo.terrain import TerrainGrid, terrain_height, terrain_heights

__all__ = [
    "EARTH_ROTATION_RAD_S",
    "WGS84_A_M",
    "WGS84_E2",
    "WGS84_F",
    "TerrainGrid",
    "ecef_from_geodetic",
    "enu_axes",
    "enu_from_geodetic",
    "geodetic_from_ecef",
    "geodetic_from_enu",
    "terrain_height",
    "terrain_heights",
]
