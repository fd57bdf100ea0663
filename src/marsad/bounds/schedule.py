"""What a line-up of sensors is expected to deliver of a launch: rows at their schedule, weighted by probability.

Frames and scans run at their rates with half a period's phase after launch; a camera sees the motor's plume until
burnout and a hot body for a while after it; whatever terrain, field of view, range or least elevation hide is left out.
Expected information weighs each row by its probability of detection.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from marsad.bounds.arrivals import Arrivals, gather
from marsad.bounds.launch import TrueLaunch
from marsad.flight import motor_of
from marsad.flight.rocket import TIME, Environment, Flight, fly, ground_crossing, state_at
from marsad.geo.frames import geodetic_from_ecef
from marsad.geo.line_of_sight import is_clear
from marsad.sensing.book import SensorBook
from marsad.sensing.measure import look, sound_speed_along, wrap_angle
from marsad.trajectory.observations import DIRECTION, IMPULSE, ONSET, PLOT, Observations

CAMERAS = ("balloon", "drone", "camera")

HOT_RANGE_M = 6000.0
"""How far a camera keeps a body that is hot from its flight."""

HOT_FACTOR = 0.7
"""Probability of detecting the hot body after burnout, relative to the plume."""


@dataclass(frozen=True)
class Accuracy:
    """One standard deviation of a sensor's single measurements; what a kind does not measure is not used."""

    angle_rad: float
    range_m: float = 20.0
    time_s: float = 0.02


TYPICAL_ACCURACY: Mapping[str, Accuracy] = {
    "balloon": Accuracy(0.001),
    "drone": Accuracy(0.0007),
    "camera": Accuracy(0.001),
    "radar": Accuracy(0.006, range_m=20.0),
    "acoustic": Accuracy(math.radians(1.5), time_s=0.008),
}
"""Generic figures of a staring camera, a drone's camera, a small counter-battery radar and a microphone array."""

_DEFAULT_RATE_HZ = {"balloon": 20.0, "drone": 15.0, "camera": 20.0, "radar": 1.5}
_DEFAULT_PROBABILITY = 0.9


def expected_arrivals(
    env: Environment,
    launch: TrueLaunch,
    book: SensorBook,
    accuracies: Mapping[str, Accuracy] | None = None,
    boresights_rad: Mapping[str, tuple[float, float]] | None = None,
) -> Arrivals:
    """Rows that a line-up is expected to deliver of one launch.

    Parameters
    ----------
    env
        Ground, drag and forecast wind (``marsad.flight.environment_of``).
    launch
        The rocket.
    book
        The sensors with their poses; a moving one stands where its last pose left it once they end.
    accuracies
        By sensor id; where it is missing, ``TYPICAL_ACCURACY`` of its kind.
    boresights_rad
        By sensor id, (azimuth, elevation) a camera with a field of view looks at; else that of its last pose.
    """
    flight = fly(launch.parameters, motor_of(launch.rocket_class), launch.reference, env, False)
    y = np.empty(6)
    end = ground_crossing(flight, env, y)
    until = float(flight.tau_s[flight.nodes - 1]) if end < 0.0 else end
    pieces: list[tuple[float, float, Observations]] = []
    for k, sensor in enumerate(book.sensors):
        if sensor.kind not in TYPICAL_ACCURACY:
            continue
        accuracy = (accuracies or {}).get(sensor.sensor_id, TYPICAL_ACCURACY[sensor.kind])
        scene = _Scene(env, flight, launch, book, k, accuracy)
        if sensor.kind == "acoustic":
            pieces.extend(_impulses(scene))
        elif sensor.kind == "radar":
            pieces.extend(_plots(scene, until))
        else:
            given = (boresights_rad or {}).get(sensor.sensor_id, book.trails[k].boresight_rad)
            pieces.extend(_frames(scene, until, given))
    return gather(pieces)


@dataclass(frozen=True)
class _Scene:
    """One sensor and the flight that it watches."""

    env: Environment
    flight: Flight
    launch: TrueLaunch
    book: SensorBook
    k: int
    accuracy: Accuracy

    @property
    def t0(self) -> float:
        return float(self.launch.parameters[TIME])

    def seen(self, tau: float) -> _Look:
        """The rocket as the sensor sees it ``tau`` seconds after launch."""
        y = np.empty(6)
        state_at(self.flight, max(tau, 0.0), y)
        origin, axes, geodetic = self.book.place(self.k, self.t0 + tau)
        d = axes @ (y[:3] - np.array(origin))
        rng, az, el = look(d[0], d[1], d[2], np.empty((3, 3)))
        grid = (self.env.south_rad, self.env.west_rad, self.env.step_lat_rad, self.env.step_lon_rad)
        target = (float(y[0]), float(y[1]), float(y[2]))
        clear = bool(is_clear(self.env.ground_m, grid, origin, target))
        return _Look(rng, az, el, clear, np.array(origin), axes, geodetic[2], target)

    def row(
        self, kinds: Sequence[int], tau: float, sight: _Look, sigmas: Sequence[tuple[float, float, float]]
    ) -> Observations:
        """Rows with zero values (they are filled from the truth later) and given standard deviations."""
        n = len(kinds)
        whitener = np.zeros((n, 3, 3))
        for i, sigma in enumerate(sigmas):
            for j in range(3):
                whitener[i, j, j] = 1.0 / sigma[j]
        return Observations(
            np.array(kinds, dtype=np.int64),
            np.full(n, self.k, np.int64),
            np.full(n, self.t0 + tau),
            np.zeros((n, 3)),
            whitener,
            np.tile(sight.origin_m, (n, 1)),
            np.tile(sight.axes, (n, 1, 1)),
            np.full(n, sight.height_m),
        )


@dataclass(frozen=True)
class _Look:
    range_m: float
    azimuth_rad: float
    elevation_rad: float
    clear: bool
    origin_m: Float[np.ndarray, "3"]
    axes: Float[np.ndarray, "3 3"]
    height_m: float
    target_m: tuple[float, float, float]


def _ticks(rate_hz: float, until_s: float) -> Iterator[float]:
    k = 0
    while (k + 0.5) / rate_hz < until_s:
        yield (k + 0.5) / rate_hz
        k += 1


def _frames(
    scene: _Scene, until_s: float, boresight_rad: tuple[float, float] | None
) -> Iterator[tuple[float, float, Observations]]:
    """A flash at launch, the plume while the motor burns, the hot body after it."""
    sensor, accuracy = scene.book.sensors[scene.k], scene.accuracy
    probability = sensor.detection_probability or _DEFAULT_PROBABILITY
    latency = sensor.latency_s
    angle = (accuracy.angle_rad, accuracy.angle_rad, 1.0)

    def usable(sight: _Look) -> bool:
        if not sight.clear or (sensor.max_range_m is not None and sight.range_m > sensor.max_range_m):
            return False
        return _in_view(sight, sensor.fov_half_width_azimuth_rad, sensor.fov_half_width_elevation_rad, boresight_rad)

    at_launch = scene.seen(0.0)
    if usable(at_launch):
        rows = scene.row((DIRECTION, ONSET), 0.0, at_launch, (angle, (accuracy.time_s, 1.0, 1.0)))
        yield scene.t0 + latency, probability, rows
    burnout = scene.flight.burnout_s
    for tau in _ticks(sensor.rate_hz or _DEFAULT_RATE_HZ[sensor.kind], until_s):
        if tau > burnout + (sensor.post_burnout_s or 0.0):
            break
        sight = scene.seen(tau)
        hot = tau > burnout
        if usable(sight) and not (hot and sight.range_m > HOT_RANGE_M):
            share = probability * (HOT_FACTOR if hot else 1.0)
            yield scene.t0 + tau + latency, share, scene.row((DIRECTION,), tau, sight, (angle,))


def _in_view(
    sight: _Look, half_azimuth: float | None, half_elevation: float | None, boresight_rad: tuple[float, float] | None
) -> bool:
    if boresight_rad is None:
        return True
    turn = abs(wrap_angle(sight.azimuth_rad - boresight_rad[0]))
    rise = abs(sight.elevation_rad - boresight_rad[1])
    return (half_azimuth is None or turn <= half_azimuth) and (half_elevation is None or rise <= half_elevation)


def _plots(scene: _Scene, until_s: float) -> Iterator[tuple[float, float, Observations]]:
    sensor, accuracy = scene.book.sensors[scene.k], scene.accuracy
    sigma = (accuracy.range_m, accuracy.angle_rad, accuracy.angle_rad)
    for tau in _ticks(sensor.rate_hz or _DEFAULT_RATE_HZ["radar"], until_s):
        sight = scene.seen(tau)
        low = sensor.min_elevation_rad is not None and sight.elevation_rad < sensor.min_elevation_rad
        far = sensor.max_range_m is not None and sight.range_m > sensor.max_range_m
        if sight.clear and not low and not far:
            probability = sensor.detection_probability or _DEFAULT_PROBABILITY
            rows = scene.row((PLOT,), tau, sight, (sigma,))
            yield scene.t0 + tau + sensor.latency_s, probability, rows


def _impulses(scene: _Scene) -> Iterator[tuple[float, float, Observations]]:
    """The bang of the launch, heard after its way through the air; terrain does not silence it."""
    sensor, accuracy = scene.book.sensors[scene.k], scene.accuracy
    sight = scene.seen(0.0)
    if sensor.max_range_m is not None and sight.range_m > sensor.max_range_m:
        return
    east, north = scene.launch.parameters[8:10]
    _, _, height = geodetic_from_ecef(*sight.target_m)
    flat = math.cos(sight.elevation_rad)
    speed = sound_speed_along(
        height,
        sight.height_m,
        -math.sin(sight.azimuth_rad) * flat,
        -math.cos(sight.azimuth_rad) * flat,
        scene.env.wind_east_ms + east,
        scene.env.wind_north_ms + north,
        scene.env.wind_ground_m,
    )
    delay = sight.range_m / speed
    rows = scene.row((IMPULSE,), delay, sight, ((accuracy.time_s, accuracy.angle_rad, 1.0),))
    yield scene.t0 + delay + sensor.latency_s, sensor.detection_probability or _DEFAULT_PROBABILITY, rows
