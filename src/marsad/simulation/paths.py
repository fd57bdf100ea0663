"""Paths of simulated things, and what can be seen of them over terrain."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from marsad.geo.frames import ecef_from_geodetic, enu_axes, geodetic_from_ecef
from marsad.geo.terrain import TerrainGrid
from marsad.simulation.lines import line_is_clear
from marsad.terms import Geodetic

Vector = Float[np.ndarray, "3"]


@dataclass(frozen=True)
class Path:
    """Positions and velocities (ECEF) at increasing times, cubic Hermite between."""

    time_s: Float[np.ndarray, " node"]
    position_m: Float[np.ndarray, "node 3"]
    velocity_ms: Float[np.ndarray, "node 3"]

    @property
    def begin_s(self) -> float:
        """First moment."""
        return float(self.time_s[0])

    @property
    def end_s(self) -> float:
        """Last moment."""
        return float(self.time_s[-1])

    def covers(self, time_s: float) -> bool:
        """Whether the thing is there at a time."""
        return self.begin_s <= time_s <= self.end_s

    def at(self, time_s: float) -> tuple[Vector, Vector]:
        """Position and velocity (ECEF) at a time; beyond the ends those at the end."""
        i = int(np.clip(np.searchsorted(self.time_s, time_s, side="right") - 1, 0, self.time_s.size - 2))
        h = self.time_s[i + 1] - self.time_s[i]
        u = min(max((time_s - self.time_s[i]) / h, 0.0), 1.0)
        p0, p1, v0, v1 = self.position_m[i], self.position_m[i + 1], self.velocity_ms[i], self.velocity_ms[i + 1]
        position = (
            (2 * u**3 - 3 * u**2 + 1) * p0
            + (u**3 - 2 * u**2 + u) * h * v0
            + (3 * u**2 - 2 * u**3) * p1
            + (u**3 - u**2) * h * v1
        )
        velocity = (6 * u**2 - 6 * u) / h * (p0 - p1) + (3 * u**2 - 4 * u + 1) * v0 + (3 * u**2 - 2 * u) * v1
        return position, velocity


def standing(place: Geodetic, begin_s: float, end_s: float) -> Path:
    """Make the path of something that stays where it is."""
    position = np.array([ecef(place)] * 2)
    return Path(np.array([begin_s, max(end_s, begin_s + 1e-3)]), position, np.zeros((2, 3)))


def ecef(place: Geodetic) -> Vector:
    """Earth-fixed position of a place."""
    return np.array(ecef_from_geodetic(place.latitude_rad, place.longitude_rad, place.height_m))


def geodetic(position_m: Vector) -> Geodetic:
    """Place of an Earth-fixed position."""
    latitude, longitude, height = geodetic_from_ecef(float(position_m[0]), float(position_m[1]), float(position_m[2]))
    return Geodetic(latitude_rad=latitude, longitude_rad=longitude, height_m=height)


def axes_at(place: Geodetic) -> Float[np.ndarray, "3 3"]:
    """Rows: east, north and up at a place, in ECEF."""
    return np.asarray(enu_axes(place.latitude_rad, place.longitude_rad))


@dataclass(frozen=True)
class Look:
    """Direction and distance from a sensor to something, in the ENU frame at the sensor."""

    range_m: float
    azimuth_rad: float
    elevation_rad: float


def look(eye_m: Vector, target_m: Vector) -> Look:
    """Look from one Earth-fixed position to another."""
    east, north, up = axes_at(geodetic(eye_m)) @ (target_m - eye_m)
    flat = math.hypot(east, north)
    return Look(math.hypot(flat, up), math.atan2(east, north) % (2 * math.pi), math.atan2(up, flat))


def sees(terrain: TerrainGrid, eye_m: Vector, target_m: Vector) -> bool:
    """Whether no ground stands between two Earth-fixed positions."""
    return bool(
        line_is_clear(
            eye_m,
            target_m,
            terrain.height_m,
            terrain.south_rad,
            terrain.west_rad,
            terrain.step_lat_rad,
            terrain.step_lon_rad,
        )
    )
