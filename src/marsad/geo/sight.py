"""Lines of sight over terrain: which ground a sensor sees."""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Bool, Float
from numba import njit

from marsad.geo.earth import WGS84_A_M
from marsad.geo.terrain import TerrainGrid, terrain_height

REFRACTION_RADIUS_FACTOR = 1.0
"""Factor on the Earth's radius; 4/3 stands for radio in standard air, 1 for light without refraction (cautious)."""


@njit(cache=True, nogil=True)  # for a map in a second or more: what is urgent in the same process goes on
def _seen(
    height_m: np.ndarray,
    grid: tuple[float, float, float, float],
    eye: tuple[float, float, float],
    latitudes_rad: np.ndarray,
    longitudes_rad: np.ndarray,
    target_agl_m: float,
    max_range_m: float,
    min_elevation_rad: float,
    radius_m: float,
    step_m: float,
) -> np.ndarray:
    """Walk from the eye to every target; a target is seen if no ground between stands above the line to it."""
    south, west, step_lat, step_lon = grid
    lat0, lon0, h0 = eye
    cos0 = math.cos(lat0)
    seen = np.zeros((latitudes_rad.size, longitudes_rad.size), dtype=np.bool_)
    for i in range(latitudes_rad.size):
        dy = (latitudes_rad[i] - lat0) * WGS84_A_M
        for j in range(longitudes_rad.size):
            dx = (longitudes_rad[j] - lon0) * WGS84_A_M * cos0
            distance = math.sqrt(dx * dx + dy * dy)
            if distance > max_range_m:
                continue
            ground = terrain_height(height_m, south, west, step_lat, step_lon, latitudes_rad[i], longitudes_rad[j])
            top = ground + target_agl_m - distance * distance / (2.0 * radius_m)
            if distance < step_m:
                seen[i, j] = h0 >= ground
                continue
            slope = (top - h0) / distance
            if slope < math.tan(min_elevation_rad):
                continue
            steps = int(distance / step_m)
            visible = True
            for k in range(1, steps):
                part = k / steps
                d = part * distance
                lat = lat0 + part * (latitudes_rad[i] - lat0)
                lon = lon0 + part * (longitudes_rad[j] - lon0)
                blocking = terrain_height(height_m, south, west, step_lat, step_lon, lat, lon)
                if blocking - d * d / (2.0 * radius_m) > h0 + slope * d:
                    visible = False
                    break
            seen[i, j] = visible
    return seen


def ground_seen(
    terrain: TerrainGrid,
    latitude_rad: float,
    longitude_rad: float,
    height_m: float,
    *,
    latitudes_rad: Float[np.ndarray, " row"],
    longitudes_rad: Float[np.ndarray, " column"],
    target_agl_m: float = 2.0,
    max_range_m: float = math.inf,
    min_elevation_rad: float = -math.pi / 2,
) -> Bool[np.ndarray, "row column"]:
    """Say which points over the ground can be seen from a place.

    Every line is walked on its own (no sweep's approximations), with the drop of the Earth's curve; the local plane
    is good to a few metres over the tens of kilometres in question.

    Parameters
    ----------
    terrain
        The ground; beyond its edge the edge's height goes on.
    latitude_rad, longitude_rad, height_m
        The eye, height above the ellipsoid.
    latitudes_rad, longitudes_rad
        Rows and columns of the points.
    target_agl_m
        How high above its ground a point lies.
    max_range_m, min_elevation_rad
        The sensor's own limits.
    """
    cells_m = min(terrain.step_lat_rad, terrain.step_lon_rad * math.cos(latitude_rad)) * WGS84_A_M
    return np.asarray(
        _seen(
            terrain.height_m,
            (terrain.south_rad, terrain.west_rad, terrain.step_lat_rad, terrain.step_lon_rad),
            (latitude_rad, longitude_rad, height_m),
            np.ascontiguousarray(latitudes_rad),
            np.ascontiguousarray(longitudes_rad),
            target_agl_m,
            min(max_range_m, 1e9),
            max(min_elevation_rad, -1.5),
            WGS84_A_M * REFRACTION_RADIUS_FACTOR,
            max(cells_m, 20.0),
        )
    )
