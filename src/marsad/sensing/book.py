"""The book of sensors: who they are, where they were when they measured, and rows for the fits."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float

from marsad.geo.frames import ecef_from_geodetic, enu_axes, geodetic_from_ecef
from marsad.sensing.stated import within_site
from marsad.terms import PoseReport, Sensor

BIAS_AZIMUTH, BIAS_ELEVATION, BIAS_RANGE, BIAS_CLOCK, BIAS_EAST, BIAS_NORTH, BIAS_UP = range(7)
"""Columns of a sensor's errors: radians, radians, m, s, m, m, m."""

_POSES_KEPT = 240
_FIT_POSES = 4
_LONGEST_EXTRAPOLATION_S = 3.0


@dataclass
class PoseTrail:
    """The last poses of one moving sensor: stamps (s) and Earth-fixed places (m)."""

    time_s: deque[float] = field(default_factory=lambda: deque(maxlen=_POSES_KEPT))
    place_m: deque[tuple[float, float, float]] = field(default_factory=lambda: deque(maxlen=_POSES_KEPT))
    boresight_rad: tuple[float, float] | None = None

    def add(self, time_s: float, place_m: tuple[float, float, float]) -> None:
        """Take in a pose; one that is older than the last is put in its place."""
        if not self.time_s or time_s > self.time_s[-1]:
            self.time_s.append(time_s)
            self.place_m.append(place_m)
            return
        merged = sorted({**dict(zip(self.time_s, self.place_m, strict=True)), time_s: place_m}.items())[-_POSES_KEPT:]
        self.time_s = deque((t for t, _ in merged), maxlen=_POSES_KEPT)
        self.place_m = deque((place for _, place in merged), maxlen=_POSES_KEPT)

    def place_at(self, time_s: float) -> tuple[float, float, float] | None:
        """Place at a stamp: between poses linear, after the last one by a line through the latest few."""
        n = len(self.time_s)
        if n == 0:
            return None
        if n == 1 or time_s <= self.time_s[0]:
            return self.place_m[0]
        if time_s <= self.time_s[-1]:
            i = n - 1
            while self.time_s[i - 1] > time_s:
                i -= 1
            t0, t1 = self.time_s[i - 1], self.time_s[i]
            u = (time_s - t0) / (t1 - t0)
            a, b = self.place_m[i - 1], self.place_m[i]
            return (a[0] + u * (b[0] - a[0]), a[1] + u * (b[1] - a[1]), a[2] + u * (b[2] - a[2]))
        k = min(_FIT_POSES, n)
        # written out: for four poses numpy's calls cost ten times the sums
        t = [self.time_s[i] for i in range(n - k, n)]
        x = [self.place_m[i] for i in range(n - k, n)]
        middle = sum(t) / k
        off = [one - middle for one in t]
        spread = sum(one * one for one in off)
        ahead = min(time_s, self.time_s[-1] + _LONGEST_EXTRAPOLATION_S) - middle

        def at(axis: int) -> float:
            mean = sum(place[axis] for place in x) / k
            slope = sum(o * (place[axis] - mean) for o, place in zip(off, x, strict=True)) / spread
            return mean + slope * ahead

        return at(0), at(1), at(2)


@dataclass
class SensorBook:
    """All sensors a node knows, by index of first appearance, on a local time axis (seconds since ``epoch_utc_ns``).

    ``of_site``: its sensors as the site file has them.
    """

    epoch_utc_ns: int
    sensors: list[Sensor] = field(default_factory=list)
    index: dict[str, int] = field(default_factory=dict)
    trails: list[PoseTrail] = field(default_factory=list)
    last_heard_utc_ns: list[int] = field(default_factory=list)
    of_site: dict[str, Sensor] = field(default_factory=dict)
    prior_sigma: Float[np.ndarray, "sensor 7"] | None = None
    """What ``bias_sigma`` has worked out for the sensors as they are described now."""

    def seconds(self, time_utc_ns: int) -> float:
        """Time on the local axis."""
        return (time_utc_ns - self.epoch_utc_ns) * 1e-9

    def utc_ns(self, time_s: float) -> int:
        """The inverse of ``seconds``."""
        return self.epoch_utc_ns + round(time_s * 1e9)

    def register(self, sensor: Sensor, *, by_site: bool = False) -> int:
        """Take in a sensor's description; a later one replaces an earlier one of the same id.

        Of a sensor that the site file named (``by_site``) it adds only what the file leaves open.
        """
        self.prior_sigma = None
        if by_site:
            self.of_site[sensor.sensor_id] = sensor
        elif (known := self.of_site.get(sensor.sensor_id)) is not None:
            sensor, _ = within_site(known, sensor)
        k = self.index.get(sensor.sensor_id)
        if k is None:
            k = len(self.sensors)
            self.index[sensor.sensor_id] = k
            self.sensors.append(sensor)
            self.trails.append(PoseTrail())
            self.last_heard_utc_ns.append(sensor.arrival_utc_ns)
        else:
            self.sensors[k] = sensor
        return k

    def heard(self, sensor_id: str, arrival_utc_ns: int) -> None:
        """Note that a known sensor has spoken, whatever it said."""
        k = self.index[sensor_id]
        self.last_heard_utc_ns[k] = max(self.last_heard_utc_ns[k], arrival_utc_ns)

    def pose(self, report: PoseReport) -> None:
        """Take in a pose of a known sensor."""
        trail = self.trails[self.index[report.sensor_id]]
        place = report.position
        x, y, z = ecef_from_geodetic(place.latitude_rad, place.longitude_rad, place.height_m)
        trail.add(self.seconds(report.time_utc_ns), (x, y, z))
        if report.boresight_azimuth_rad is not None and report.boresight_elevation_rad is not None:
            trail.boresight_rad = (report.boresight_azimuth_rad, report.boresight_elevation_rad)

    def place(
        self, k: int, time_s: float
    ) -> tuple[tuple[float, float, float], Float[np.ndarray, "3 3"], tuple[float, float, float]]:
        """Where sensor ``k`` was at a stamp: (ECEF m, its ENU axes, (latitude, longitude rad, height m))."""
        place = self.trails[k].place_at(time_s) if self.sensors[k].is_mobile else None
        if place is None:
            p = self.sensors[k].position
            place = ecef_from_geodetic(p.latitude_rad, p.longitude_rad, p.height_m)
        lat, lon, h = geodetic_from_ecef(*place)
        return place, enu_axes(lat, lon), (lat, lon, h)

    def bias_sigma(self) -> Float[np.ndarray, "sensor 7"]:
        """Prior standard deviations of every sensor's errors: azimuth, elevation, range, clock, east, north, up."""
        if self.prior_sigma is None:
            self.prior_sigma = np.zeros((len(self.sensors), 7))
            for k, sensor in enumerate(self.sensors):
                b = sensor.bias_prior
                self.prior_sigma[k] = (
                    b.azimuth_rad, b.elevation_rad, b.range_m, b.clock_s, b.east_m, b.north_m, b.up_m
                )  # fmt: skip
        return self.prior_sigma.copy()


@dataclass(frozen=True)
class SensorBiases:
    """What is known of every sensor's errors: azimuth, elevation, range, clock, east, north, up; by index."""

    mean: Float[np.ndarray, "sensor 7"]
    sigma: Float[np.ndarray, "sensor 7"]

    @staticmethod
    def prior(book: SensorBook) -> SensorBiases:
        """Nothing but the priors."""
        return SensorBiases(np.zeros((len(book.sensors), 7)), book.bias_sigma())


def direction(azimuth_rad: float, elevation_rad: float) -> tuple[float, float, float]:
    """Unit vector east, north, up of a direction."""
    c = math.cos(elevation_rad)
    return c * math.sin(azimuth_rad), c * math.cos(azimuth_rad), math.sin(elevation_rad)
