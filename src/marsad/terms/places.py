"""Places: a geodetic point, a protected zone, a corridor in which friendly aircraft are expected."""

from __future__ import annotations

import math

import msgspec


class Geodetic(msgspec.Struct, frozen=True, kw_only=True):
    """A point on or above the WGS-84 ellipsoid: radians, and metres of ellipsoidal height."""

    latitude_rad: float
    longitude_rad: float
    height_m: float = 0.0

    def __post_init__(self) -> None:
        if not (abs(self.latitude_rad) <= math.pi / 2 and abs(self.longitude_rad) <= 2 * math.pi):
            raise ValueError(
                f"position out of range: latitude {self.latitude_rad!r} rad, longitude {self.longitude_rad!r} rad"
            )
        if not math.isfinite(self.height_m):
            raise ValueError(f"height must be finite, got {self.height_m!r} m")

    @classmethod
    def from_degrees(cls, latitude_deg: float, longitude_deg: float, height_m: float = 0.0) -> Geodetic:
        """Make a point from degrees (for adapters)."""
        return cls(
            latitude_rad=math.radians(latitude_deg), longitude_rad=math.radians(longitude_deg), height_m=height_m
        )

    @property
    def latitude_deg(self) -> float:
        """Latitude in degrees."""
        return math.degrees(self.latitude_rad)

    @property
    def longitude_deg(self) -> float:
        """Longitude in degrees."""
        return math.degrees(self.longitude_rad)


class Zone(msgspec.Struct, frozen=True, kw_only=True):
    """A protected zone: a circle (``radius_m`` about ``center``) or a polygon of (latitude, longitude) in radians.

    ``buffer_m`` widens it on all sides when impact probability is computed (fragments, at-risk margin).
    ``shelter_s`` is how long people there need to reach shelter.  ``probability_on`` and ``probability_on_drone`` are
    the zone's own alarm thresholds; None: the site's.
    """

    zone_id: str
    name: str
    center: Geodetic
    shelter_s: float
    radius_m: float | None = None
    polygon_rad: tuple[tuple[float, float], ...] = ()
    buffer_m: float = 0.0
    name_ar: str = ""
    population: int = 0
    probability_on: float | None = None
    probability_on_drone: float | None = None

    def __post_init__(self) -> None:
        if (self.radius_m is None) == (len(self.polygon_rad) < 3):
            raise ValueError(f"zone {self.zone_id!r}: give either radius_m or a polygon of at least three corners")
        if not self.shelter_s >= 0 or not self.buffer_m >= 0:
            raise ValueError(f"zone {self.zone_id!r}: shelter_s and buffer_m must not be negative")
        for threshold in (self.probability_on, self.probability_on_drone):
            if threshold is not None and not 0 < threshold <= 1:
                raise ValueError(f"zone {self.zone_id!r}: a threshold must be above 0 and at most 1")


class Corridor(msgspec.Struct, frozen=True, kw_only=True):
    """A flight-plan corridor of the site file: a centre line, half-width, a band of heights, and whose it is."""

    corridor_id: str
    center_line_rad: tuple[tuple[float, float], ...]
    half_width_m: float
    min_height_m: float
    max_height_m: float
    owner: str = ""
