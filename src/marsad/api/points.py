"""Launch and impact points: distributions over the ground, which show their spread and never pose as one place."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, NoReturn

import numpy as np

from marsad.geo.frames import geodetic_from_enu
from marsad.terms import Geodetic, PointMode

CHI2_95_2 = 5.991464547107979
"""95 % point of chi² with two degrees of freedom."""


def semi_axes_m(covariance_en_m2: tuple[float, float, float], chi2: float = CHI2_95_2) -> tuple[float, float, float]:
    """Semi-major and semi-minor axis (m) of an ellipse, and the azimuth of the major one (rad)."""
    a, b, c = covariance_en_m2
    middle, half = 0.5 * (a + c), math.hypot(0.5 * (a - c), b)
    azimuth = 0.5 * math.atan2(2.0 * b, c - a)
    return math.sqrt(chi2 * (middle + half)), math.sqrt(chi2 * max(middle - half, 0.0)), azimuth % math.pi


def circular_error_probable_m(covariance_en_m2: tuple[float, float, float]) -> float:
    """Radius (m) about the mean that holds half of the probability.

    From P(R <= r) = (1 / 2π s1 s2) ∫ (1 - exp(-k r²)) / 2k dθ, k(θ) = cos²θ / 2 s1² + sin²θ / 2 s2²
    (R. S. Hoyt, "Probability functions for the modulus and angle of the normal complex variate", 1947).
    """
    s1, s2, _ = semi_axes_m(covariance_en_m2, 1.0)
    if s2 < 1e-3 * s1:
        return 0.6744897501960817 * s1  # one dimension: the median of |N(0, s1)|
    angle = (np.arange(720) + 0.5) * (2 * math.pi / 720)
    k = np.cos(angle) ** 2 / (2 * s1**2) + np.sin(angle) ** 2 / (2 * s2**2)
    low, high = 0.0, 3.0 * s1
    for _ in range(60):
        r = 0.5 * (low + high)
        inside = float(np.mean((1.0 - np.exp(-k * r * r)) / (2.0 * k))) / (s1 * s2)
        low, high = (r, high) if inside < 0.5 else (low, r)
    return 0.5 * (low + high)


def ellipse_ring(mode: PointMode, chi2: float = CHI2_95_2, corners: int = 48) -> list[Geodetic]:
    """Corners of a mode's ellipse on the ground."""
    major, minor, azimuth = semi_axes_m(mode.covariance_en_m2, chi2)
    place, ring = mode.position, []
    for k in range(corners):
        u, v = major * math.cos(2 * math.pi * k / corners), minor * math.sin(2 * math.pi * k / corners)
        east = u * math.sin(azimuth) + v * math.cos(azimuth)
        north = u * math.cos(azimuth) - v * math.sin(azimuth)
        latitude, longitude, _ = geodetic_from_enu(
            east, north, 0.0, place.latitude_rad, place.longitude_rad, place.height_m
        )
        ring.append(Geodetic(latitude_rad=latitude, longitude_rad=longitude, height_m=place.height_m))
    return ring


@dataclass(frozen=True)
class Clock:
    """Turns the times of messages into something to show.

    ``begins_utc_ns`` is the UTC of their time 0, None where the recording does not say; ``origin_ns`` is the time from
    which seconds are counted.
    """

    begins_utc_ns: int | None = None
    origin_ns: int = 0

    def seconds(self, time_ns: int) -> float:
        """Seconds since the beginning of the recording."""
        return (time_ns - self.origin_ns) / 1e9

    def utc(self, time_ns: int) -> datetime | None:
        """Give the time in UTC, to the microsecond, or None where the beginning is not known."""
        if self.begins_utc_ns is None:
            return None
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=(self.begins_utc_ns + time_ns) // 1000)

    def show(self, time_ns: int) -> str:
        """Give the time in words: of day in UTC, or since the beginning."""
        utc = self.utc(time_ns)
        return f"t = {self.seconds(time_ns):.1f} s" if utc is None else f"{utc:%H:%M:%S}.{utc.microsecond // 100_000}Z"


@dataclass(frozen=True, repr=False)
class GroundPoint:
    """Where and when something was launched or lands: one mode, or several possibilities with weights."""

    kind: Literal["launch", "impact"]
    event_id: str
    modes: tuple[PointMode, ...]
    clock: Clock

    @property
    def position(self) -> Geodetic:
        """Middle of the heaviest mode."""
        return self.modes[0].position

    @property
    def covariance_en_m2(self) -> tuple[float, float, float]:
        """Covariance (EE, EN, NN) of the heaviest mode."""
        return self.modes[0].covariance_en_m2

    @property
    def cep_m(self) -> float:
        """Radius about the heaviest mode's middle that holds half of its probability."""
        return circular_error_probable_m(self.covariance_en_m2)

    @property
    def time_s(self) -> float:
        """Seconds since the beginning of the recording."""
        return self.clock.seconds(self.modes[0].time_utc_ns)

    @property
    def time_sigma_s(self) -> float:
        """Standard deviation of the time."""
        return self.modes[0].time_sigma_s

    def __repr__(self) -> str:
        mode, place = self.modes[0], self.modes[0].position
        north = f"{abs(place.latitude_deg):.4f}°{'N' if place.latitude_deg >= 0 else 'S'}"
        east = f"{abs(place.longitude_deg):.4f}°{'E' if place.longitude_deg >= 0 else 'W'}"
        when = f"{self.clock.show(mode.time_utc_ns)} ± {mode.time_sigma_s:.1f} s"
        others = f", {mode.weight:.0%} likely of {len(self.modes)} possibilities" if len(self.modes) > 1 else ""
        return f"<{self.kind} point of {self.event_id}: {north} {east}, CEP {self.cep_m:.0f} m, {when}{others}>"

    def __getitem__(self, key: object) -> NoReturn:
        raise TypeError(
            f"a {self.kind} point is a distribution, not a pair of numbers: ask its .position for the most likely "
            "place, .covariance_en_m2 for its spread, or .modes for all possibilities"
        )

    @property
    def __geo_interface__(self) -> dict[str, Any]:
        """95 % ellipses of all modes as a GeoJSON MultiPolygon."""
        rings = []
        for mode in self.modes:
            ring = [[place.longitude_deg, place.latitude_deg] for place in ellipse_ring(mode)]
            rings.append([[*ring, ring[0]]])
        return {"type": "MultiPolygon", "coordinates": rings}
