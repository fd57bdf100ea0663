"""What cameras on balloons, drones and masts see: flashes, burning and hot bodies, slow air vehicles, and nothing."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from marsad.geo.terrain import TerrainGrid
from marsad.simulation.bodies import Body
from marsad.simulation.emit import Emitter, Label, Sighting
from marsad.simulation.paths import Look, Vector, ecef, look, sees
from marsad.simulation.scenario import Scenario

USUAL_RATE_HZ = 15.0
USUAL_PD = 0.9
HOT_PD_FACTOR = 0.7
OBJECT_PERIOD_S = 1.0
FARTHEST_FLASH_M = 40_000.0
_AFTERGLOW = 2  # an impact or a false flash is often followed by a frame or two


@dataclass(frozen=True)
class Camera:
    """One camera and what it looks at."""

    emitter: Emitter
    terrain: TerrainGrid
    scenario: Scenario
    sigma_rad: float
    phase_s: float

    @property
    def period_s(self) -> float:
        """Seconds between frames."""
        return 1.0 / (self.emitter.platform.sensor.rate_hz or USUAL_RATE_HZ)

    @property
    def pd(self) -> float:
        """Probability of detection in one frame."""
        pd = self.emitter.platform.sensor.detection_probability
        return USUAL_PD if pd is None else pd

    def frames(self, begin_s: float, end_s: float) -> Iterator[float]:
        """Times of the frames in [begin, end)."""
        first = math.ceil((begin_s - self.phase_s) / self.period_s)
        for k in range(max(first, 0), math.ceil((end_s - self.phase_s) / self.period_s)):
            yield self.phase_s + k * self.period_s

    def view(self, time_s: float, target_m: Vector, most_m: float) -> Look | None:
        """Look at something; None if it is out of view, too far or behind the ground."""
        platform = self.emitter.platform
        eye = platform.eye(time_s)
        seen = look(eye, target_m)
        limit_m = min(most_m, platform.sensor.max_range_m or math.inf)
        if seen.range_m > limit_m or not platform.aims_at(seen.azimuth_rad, seen.elevation_rad):
            return None
        return seen if sees(self.terrain, eye, target_m) else None

    def silent(self, time_s: float) -> bool:
        """Whether the camera delivers nothing any more."""
        return self.emitter.platform.fault("silent", time_s) is not None


def watch(camera: Camera, bodies: list[Body]) -> list[Sighting]:
    """Give everything that one camera delivers in the night."""
    found: list[Sighting] = []
    for body in bodies:
        if body.kind in ("rocket", "misfire"):
            found += _launch(camera, body)
            found += _flight(camera, body)
        elif body.kind != "own_drone":
            found += _object(camera, body)
        if body.impact is not None:
            found += _flash_at(
                camera, body.impact.time_s, ecef(body.impact.place), (body.object_id, "impact"), _AFTERGLOW
            )
    found += _false_flashes(camera)
    for storm in camera.scenario.storm:
        times = storm.from_s + storm.duration_s * camera.emitter.rng.random(storm.count)
        for time_s in sorted(times.tolist()):
            found += _false_flash(camera, time_s)
    return [one for one in found if not camera.silent(one.message.arrival_utc_ns / 1e9)]


def _launch(camera: Camera, body: Body) -> list[Sighting]:
    assert body.launch is not None
    return _flash_at(camera, body.launch.time_s, None, (body.object_id, "launch"), 0, body)


def _flash_at(
    camera: Camera, onset_s: float, target_m: Vector | None, label: Label, afterglow: int, body: Body | None = None
) -> list[Sighting]:
    """See a flash in the first frame after its onset, with a frame or two of glow where nothing burns on."""
    emitter, found = camera.emitter, []
    for index, time_s in enumerate(camera.frames(onset_s, onset_s + (1 + afterglow) * camera.period_s)):
        target = body.path.at(time_s)[0] if body is not None else target_m
        assert target is not None
        seen = camera.view(time_s, target, FARTHEST_FLASH_M)
        if seen is None or emitter.rng.random() > (camera.pd if index == 0 else 0.5):
            if index == 0:
                break
            continue
        direction = (seen.azimuth_rad, seen.elevation_rad)
        if index == 0:
            onset_sigma_s = camera.scenario.noise.onset_s
            found.append(Sighting(emitter.flash(time_s, onset_s, direction, camera.sigma_rad, onset_sigma_s), label))
        else:
            found.append(Sighting(emitter.bearing("plume", time_s, direction, camera.sigma_rad), label))
    return found


def _flight(camera: Camera, body: Body) -> list[Sighting]:
    """See a burning motor in every frame, then the hot body for as long as the camera keeps it."""
    assert body.launch is not None
    emitter, found = camera.emitter, []
    label = (body.object_id, "flight")
    for time_s in camera.frames(body.launch.time_s + camera.period_s, body.burnout_s):
        seen = camera.view(time_s, body.path.at(time_s)[0], FARTHEST_FLASH_M)
        if seen is not None and emitter.rng.random() < camera.pd:
            direction = (seen.azimuth_rad, seen.elevation_rad)
            found.append(Sighting(emitter.bearing("plume", time_s, direction, camera.sigma_rad), label))
    if body.kind == "misfire":
        return found
    for time_s in camera.frames(body.burnout_s, body.burnout_s + (emitter.platform.sensor.post_burnout_s or 0.0)):
        if not body.path.covers(time_s):
            break
        seen = camera.view(time_s, body.path.at(time_s)[0], camera.scenario.hot_range_m)
        if seen is not None and emitter.rng.random() < camera.pd * HOT_PD_FACTOR:
            direction = (seen.azimuth_rad, seen.elevation_rad)
            found.append(Sighting(emitter.bearing("hot", time_s, direction, camera.sigma_rad), label))
    return found


def _object(camera: Camera, body: Body) -> list[Sighting]:
    """See a slow air vehicle about once a second."""
    emitter, found = camera.emitter, []
    phase = emitter.rng.random() * OBJECT_PERIOD_S
    begin_s, end_s = max(body.begin_s, 0.0), min(body.path.end_s, camera.scenario.duration_s)
    for time_s in np.arange(begin_s + phase, end_s, OBJECT_PERIOD_S).tolist():
        seen = camera.view(time_s, body.path.at(time_s)[0], camera.scenario.object_range_m)
        if seen is not None and emitter.rng.random() < camera.pd:
            direction = (seen.azimuth_rad, seen.elevation_rad)
            found.append(
                Sighting(emitter.bearing("object", time_s, direction, camera.sigma_rad), (body.object_id, "flight"))
            )
    return found


def _false_flashes(camera: Camera) -> list[Sighting]:
    rng, rate = camera.emitter.rng, camera.emitter.platform.sensor.false_flashes_per_s or 0.0
    count = int(rng.poisson(camera.scenario.clutter * rate * camera.scenario.duration_s))
    found: list[Sighting] = []
    for time_s in sorted((camera.scenario.duration_s * rng.random(count)).tolist()):
        found += _false_flash(camera, time_s)
    return found


def _false_flash(camera: Camera, time_s: float) -> list[Sighting]:
    """Give a flash of nothing, somewhere on the ground in view, and perhaps a glow after it."""
    emitter, platform = camera.emitter, camera.emitter.platform
    sensor, rng = platform.sensor, camera.emitter.rng
    middle_azimuth = platform.boresight_azimuth_rad or 0.0
    half_azimuth = sensor.fov_half_width_azimuth_rad or math.pi
    middle_elevation = platform.boresight_elevation_rad or 0.0
    half_elevation = sensor.fov_half_width_elevation_rad or 0.15
    azimuth = middle_azimuth + half_azimuth * rng.uniform(-1, 1)
    low, high = middle_elevation - half_elevation, min(middle_elevation + half_elevation, 0.02)
    elevation = rng.uniform(low, max(high, low + 0.01))
    found = [
        Sighting(
            emitter.flash(
                time_s,
                time_s - 0.5 * camera.period_s,
                (azimuth, elevation),
                camera.sigma_rad,
                camera.scenario.noise.onset_s,
            )
        )
    ]
    for k in range(int(rng.integers(0, _AFTERGLOW + 1))):
        later = time_s + (k + 1) * camera.period_s
        found.append(Sighting(emitter.bearing("plume", later, (azimuth, elevation), camera.sigma_rad)))
    return found
