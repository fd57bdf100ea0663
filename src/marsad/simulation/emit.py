"""Turning measurements into messages, at the precision that recordings keep: memory and file then hold the same."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from marsad.simulation.platforms import Platform
from marsad.terms import Bearing, BearingKind, Flash, Geodetic, Impulse, Message, Plot

Label = tuple[str, str]
"""Object and event (launch, flight, impact, own) behind a detection."""


@dataclass(frozen=True)
class Sighting:
    """One message on its way to the node; ``label`` says what is behind it, None for clutter."""

    message: Message
    label: Label | None = None


def stamp_ns(time_s: float) -> int:
    """Give a time to the microsecond."""
    return round(time_s * 1e6) * 1000


def kept_angle(angle_rad: float) -> float:
    """Give an angle to the nanoradian."""
    return round(float(angle_rad), 9)


def kept_place(place: Geodetic) -> Geodetic:
    """Give a place to a millimetre."""
    latitude_deg, longitude_deg = round(place.latitude_deg, 8), round(place.longitude_deg, 8)
    return Geodetic.from_degrees(latitude_deg, longitude_deg, round(place.height_m, 3))


def arrival_s(platform: Platform, time_s: float, rng: np.random.Generator) -> float:
    """Give the time of arrival: the usual latency, a tail to it, and what a fault adds."""
    late = platform.magnitude("late", time_s)
    usual = platform.sensor.latency_s * (0.9 + rng.exponential(0.2))
    return time_s + usual + (late * rng.random() if late > 0 else 0.0)


class Names:
    """Hands out detection identifiers, one after the other."""

    def __init__(self, prefix: str) -> None:
        self._numbers = self._count(prefix)

    @staticmethod
    def _count(prefix: str) -> Iterator[str]:
        number = 0
        while True:
            number += 1
            yield f"{prefix}-{number:05d}"

    def next(self) -> str:
        """Give the next identifier."""
        return next(self._numbers)


@dataclass(frozen=True)
class Emitter:
    """Makes one sensor's messages: adds its noise, its constant errors, its clock, its latency and its faults."""

    platform: Platform
    rng: np.random.Generator
    names: Names

    def _noise(self, time_s: float) -> float:
        """Draw an error in units of the stated sigma; a sensor noisier than it says has larger ones."""
        return (self.platform.magnitude("noise", time_s) or 1.0) * float(self.rng.standard_normal())

    def _angles(self, time_s: float, azimuth_rad: float, elevation_rad: float, sigma_rad: float) -> tuple[float, float]:
        p = self.platform
        if p.fault("lying", time_s):
            azimuth_rad, elevation_rad = self.rng.uniform(0.0, 2 * math.pi), self.rng.uniform(-0.05, 0.6)
        wrong_azimuth = p.azimuth_bias_rad + p.magnitude("azimuth_bias", time_s) / 1000.0
        wrong_elevation = p.elevation_bias_rad + p.magnitude("elevation_bias", time_s) / 1000.0
        azimuth = azimuth_rad + wrong_azimuth + sigma_rad * self._noise(time_s)
        elevation = elevation_rad + wrong_elevation + sigma_rad * self._noise(time_s)
        return kept_angle(azimuth % (2 * math.pi)), kept_angle(elevation)

    def flash(
        self, time_s: float, onset_s: float, direction: tuple[float, float], sigma_rad: float, onset_sigma_s: float
    ) -> Flash:
        """Make a flash seen in the frame at ``time_s`` that began at ``onset_s``."""
        azimuth, elevation = self._angles(time_s, *direction, sigma_rad)
        onset = self.platform.stamp(onset_s) + onset_sigma_s * self._noise(time_s)
        return Flash(
            sensor_id=self.platform.sensor.sensor_id,
            detection_id=self.names.next(),
            time_utc_ns=stamp_ns(self.platform.stamp(time_s)),
            arrival_utc_ns=stamp_ns(arrival_s(self.platform, time_s, self.rng)),
            azimuth_rad=azimuth,
            elevation_rad=elevation,
            covariance_rad2=(sigma_rad**2, 0.0, sigma_rad**2),
            onset_utc_ns=stamp_ns(onset),
            onset_sigma_s=onset_sigma_s,
        )

    def bearing(self, kind: BearingKind, time_s: float, direction: tuple[float, float], sigma_rad: float) -> Bearing:
        """Make a direction seen in the frame at ``time_s``."""
        azimuth, elevation = self._angles(time_s, *direction, sigma_rad)
        return Bearing(
            sensor_id=self.platform.sensor.sensor_id,
            detection_id=self.names.next(),
            kind=kind,
            time_utc_ns=stamp_ns(self.platform.stamp(time_s)),
            arrival_utc_ns=stamp_ns(arrival_s(self.platform, time_s, self.rng)),
            azimuth_rad=azimuth,
            elevation_rad=elevation,
            covariance_rad2=(sigma_rad**2, 0.0, sigma_rad**2),
        )

    def plot(self, time_s: float, place: tuple[float, float, float], sigma_m: float, sigma_rad: float) -> Plot:
        """Make a radar plot of (range, azimuth, elevation)."""
        p = self.platform
        azimuth, elevation = self._angles(time_s, place[1], place[2], sigma_rad)
        wrong_m = p.range_bias_m + p.magnitude("range_bias", time_s)
        range_m = max(place[0] + wrong_m + sigma_m * self._noise(time_s), 1.0)
        a2 = sigma_rad**2
        return Plot(
            sensor_id=p.sensor.sensor_id,
            detection_id=self.names.next(),
            time_utc_ns=stamp_ns(p.stamp(time_s)),
            arrival_utc_ns=stamp_ns(arrival_s(p, time_s, self.rng)),
            range_m=round(float(range_m), 3),
            azimuth_rad=azimuth,
            elevation_rad=elevation,
            covariance=(sigma_m**2, 0.0, 0.0, a2, 0.0, a2),
        )

    def impulse(self, time_s: float, azimuth_rad: float, sigma_rad: float, sigma_s: float) -> Impulse:
        """Make a bang heard at ``time_s``."""
        azimuth, _ = self._angles(time_s, azimuth_rad, 0.0, sigma_rad)
        heard_s = time_s + sigma_s * self._noise(time_s)
        return Impulse(
            sensor_id=self.platform.sensor.sensor_id,
            detection_id=self.names.next(),
            time_utc_ns=stamp_ns(self.platform.stamp(heard_s)),
            arrival_utc_ns=stamp_ns(arrival_s(self.platform, time_s, self.rng)),
            azimuth_rad=azimuth,
            azimuth_sigma_rad=sigma_rad,
            time_sigma_s=sigma_s,
        )
