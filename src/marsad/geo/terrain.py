"""Ground heights on a regular latitude-longitude grid."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numba import njit


@dataclass(frozen=True)
class TerrainGrid:
    """Heights above the WGS-84 ellipsoid; rows south to north, columns west to east, bilinear between nodes.

    Outside the grid the nearest edge counts.  ``height_sigma_m`` is the error of a height.  A grid may lie across the
    meridian of 180 degrees.
    """

    south_rad: float
    west_rad: float
    step_lat_rad: float
    step_lon_rad: float
    height_m: Float[np.ndarray, "row column"]
    height_sigma_m: float = 1.5

    def __post_init__(self) -> None:
        if self.height_m.ndim != 2 or min(self.height_m.shape) < 2:
            raise ValueError(f"terrain needs at least 2 x 2 heights, got shape {self.height_m.shape}")
        if not np.isfinite(self.height_m).all():
            raise ValueError("terrain heights must be finite (fill voids first)")
        if not (self.step_lat_rad > 0 and self.step_lon_rad > 0):
            raise ValueError("terrain steps must be positive: rows go south to north, columns west to east")

    def height_at(self, latitude_rad: float, longitude_rad: float) -> float:
        """Ground height in metres at a point."""
        return float(
            terrain_height(
                self.height_m,
                self.south_rad,
                self.west_rad,
                self.step_lat_rad,
                self.step_lon_rad,
                latitude_rad,
                longitude_rad,
            )
        )

    def covers(self, latitude_rad: float, longitude_rad: float) -> bool:
        """Whether the point lies inside the grid."""
        rows, columns = self.height_m.shape
        row = (latitude_rad - self.south_rad) / self.step_lat_rad
        column = terrain_column(longitude_rad, self.west_rad, self.step_lon_rad, columns)
        return 0 <= row <= rows - 1 and 0 <= column <= columns - 1


@njit(cache=True)
def terrain_column(longitude_rad: float, west_rad: float, step_lon_rad: float, columns: int) -> float:
    """Column (a fraction) of a longitude, counted from the middle of the grid the shorter way round the Earth."""
    middle = 0.5 * (columns - 1) * step_lon_rad
    turns = math.floor((longitude_rad - west_rad - middle) / (2.0 * math.pi) + 0.5)
    return (longitude_rad - west_rad - turns * 2.0 * math.pi) / step_lon_rad


@njit(cache=True)
def terrain_height(
    height_m: np.ndarray,
    south_rad: float,
    west_rad: float,
    step_lat_rad: float,
    step_lon_rad: float,
    latitude_rad: float,
    longitude_rad: float,
) -> float:
    """Bilinear ground height in metres; outside the grid the nearest edge counts."""
    rows, columns = height_m.shape
    r = min(max((latitude_rad - south_rad) / step_lat_rad, 0.0), rows - 1.0)
    c = min(max(terrain_column(longitude_rad, west_rad, step_lon_rad, columns), 0.0), columns - 1.0)
    i = min(int(math.floor(r)), rows - 2)
    j = min(int(math.floor(c)), columns - 2)
    u, v = r - i, c - j
    return (
        height_m[i, j] * (1 - u) * (1 - v)
        + height_m[i, j + 1] * (1 - u) * v
        + height_m[i + 1, j] * u * (1 - v)
        + height_m[i + 1, j + 1] * u * v
    )


def terrain_heights(
    grid: TerrainGrid, latitude_rad: Float[np.ndarray, "..."], longitude_rad: Float[np.ndarray, "..."]
) -> Float[np.ndarray, "..."]:
    """Bilinear ground heights in metres of many points at once (same shape as the inputs)."""
    rows, columns = grid.height_m.shape
    r = np.clip((np.asarray(latitude_rad) - grid.south_rad) / grid.step_lat_rad, 0.0, rows - 1.0)
    middle = grid.west_rad + 0.5 * (columns - 1) * grid.step_lon_rad
    east = (np.asarray(longitude_rad) - middle + np.pi) % (2.0 * np.pi) - np.pi + middle - grid.west_rad
    c = np.clip(east / grid.step_lon_rad, 0.0, columns - 1.0)
    i = np.minimum(r.astype(np.int64), rows - 2)
    j = np.minimum(c.astype(np.int64), columns - 2)
    u, v = r - i, c - j
    h = grid.height_m
    return np.asarray(
        h[i, j] * (1 - u) * (1 - v) + h[i, j + 1] * (1 - u) * v + h[i + 1, j] * u * (1 - v) + h[i + 1, j + 1] * u * v
    )
