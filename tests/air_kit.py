"""A small scene for tests of the air picture: flat ground, a radar, zones, and whatever is flown through it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from marsad import air
from marsad.flight.classes import DragTable, RocketClass, RocketTable
from marsad.geo.site_frame import angles, axes_at, enu_of, geodetic_of, site_frame
from marsad.geo.terrain import TerrainGrid
from marsad.sensing.site import Site
from marsad.terms import (
    BiasPrior,
    CooperativeReport,
    CorridorForecast,
    Disposition,
    Geodetic,
    Heartbeat,
    Message,
    Plot,
    PoseReport,
    Sensor,
    SensorFault,
    TrackReport,
    Zone,
)

GROUND_M = 200.0
Way = Callable[[float], np.ndarray]
"""Place (site ENU metres) of a body at a time in seconds."""


def make_site(
    latitude_deg: float = 30.0,
    longitude_deg: float = 20.0,
    zones_at_m: Sequence[tuple[float, float, float]] = ((0.0, 0.0, 500.0), (1500.0, 800.0, 300.0)),
    friends: tuple[str, ...] = (),
    drone: bool = False,
) -> Site:
    """A site on flat ground with circular zones (east, north, radius) and one radar at its origin."""
    origin = Geodetic.from_degrees(latitude_deg, longitude_deg, GROUND_M)
    frame = site_frame(origin)
    step = math.radians(0.01)
    terrain = TerrainGrid(
        south_rad=origin.latitude_rad - 40 * step,
        west_rad=origin.longitude_rad - 40 * step,
        step_lat_rad=step,
        step_lon_rad=step,
        height_m=np.full((81, 81), GROUND_M),
    )
    rocket = RocketClass("generic", 380.0, 0.8, 0.3, 2e-4, 2.0, 0.04, 0.1, 0.1)
    drag = DragTable(np.array([0.0, 3.0]), np.array([0.4, 0.4]))
    zones = tuple(
        Zone(
            zone_id=f"Z{k + 1}",
            name=f"zone {k + 1}",
            center=geodetic_of(frame, np.array([east, north, 0.0])),
            shelter_s=12.0,
            radius_m=radius,
        )
        for k, (east, north, radius) in enumerate(zones_at_m)
    )
    sensors = [radar(origin)]
    if drone:
        sensors += [own_drone("EO-D1", origin), own_drone("EO-D2", origin)]
    return Site(
        name="test ground",
        origin=origin,
        zones=zones,
        terrain=terrain,
        rockets=RocketTable((rocket,), drag),
        sensors=tuple(sensors),
        friendly_transponder_ids=friends,
    )


def radar(place: Geodetic) -> Sensor:
    """A radar of the kind of the practice cases."""
    return Sensor(
        sensor_id="RD-1",
        kind="radar",
        position=Geodetic(latitude_rad=place.latitude_rad, longitude_rad=place.longitude_rad, height_m=GROUND_M + 20.0),
        bias_prior=BiasPrior(range_m=5.0, azimuth_rad=0.001, elevation_rad=0.001, clock_s=0.01),
        latency_s=0.3,
        rate_hz=1.5,
        detection_probability=0.9,
        min_elevation_rad=0.015,
        max_range_m=20_000.0,
        false_plots_per_scan=0.3,
    )


def own_drone(name: str, place: Geodetic) -> Sensor:
    """A patrol drone with a camera."""
    return Sensor(
        sensor_id=name, kind="drone", position=place, is_mobile=True, bias_prior=BiasPrior(clock_s=0.01, east_m=2.0)
    )


def straight(
    east_m: float, north_m: float, height_m: float, east_ms: float, north_ms: float, up_ms: float = 0.0
) -> Way:
    """A straight way from a place (height above ground) with a velocity."""

    def way(time_s: float) -> np.ndarray:
        return np.array([east_m + east_ms * time_s, north_m + north_ms * time_s, height_m + up_ms * time_s])

    return way


def circle(east_m: float, north_m: float, height_m: float, radius_m: float, speed_ms: float) -> Way:
    """A circle flown clockwise at a constant speed."""

    def way(time_s: float) -> np.ndarray:
        angle = speed_ms * time_s / radius_m
        return np.array([east_m + radius_m * math.sin(angle), north_m + radius_m * math.cos(angle), height_m])

    return way


@dataclass
class Body:
    """Something in the air: its true way, from when to when it is there, and what it says of itself.

    ``claim_way`` is what its transponder reports (None: silent); ``pose_of`` the own sensor that it is.  What is not
    ``in_sight`` of the radar is there in its reports only.
    """

    name: str
    way: Way
    claim_way: Way | None = None
    source: str = "unspecified"
    pose_of: str | None = None
    from_s: float = 0.0
    until_s: float = 1e9
    in_sight: bool = True


@dataclass
class Scene:
    """A site and what flies; ``messages`` makes the recording, the same for the same seed."""

    site: Site
    bodies: list[Body]
    duration_s: float
    seed: int = 1
    clutter_per_scan: float = 0.3
    radar_clock_s: float = 0.0
    radar_bias: tuple[float, float, float] = (0.0, 0.0, 0.0)
    labels: dict[str, str] = field(default_factory=dict)

    def messages(self) -> list[Message]:
        """All messages in order of arrival."""
        rng = np.random.default_rng(self.seed)
        out: list[Message] = self._plots(rng)
        for body in self.bodies:
            out += self._reports(body, rng)
        for sensor in self.site.sensors:
            clock = self.radar_clock_s if sensor.kind == "radar" else 0.0
            out += [
                Heartbeat(sensor_id=sensor.sensor_id, time_utc_ns=_ns(t + clock), arrival_utc_ns=_ns(t + 0.1))
                for t in np.arange(0.0, self.duration_s, 2.0)
            ]
        return sorted(out, key=lambda message: message.arrival_utc_ns)

    def _plots(self, rng: np.random.Generator) -> list[Message]:
        sensor = self.site.sensors[0]
        frame = site_frame(self.site.origin)
        stand, turn = enu_of(frame, sensor.position), axes_at(frame, sensor.position).T
        out: list[Message] = []
        for scan in np.arange(0.3, self.duration_s, 2.0 / 3.0):
            for body in self.bodies:
                t = scan + rng.uniform(-0.15, 0.15)
                if not body.in_sight or not body.from_s <= t <= body.until_s or rng.random() > 0.9:
                    continue
                relative = turn @ (body.way(t) - stand)
                distance, (azimuth, elevation) = float(np.linalg.norm(relative)), angles(relative)
                if elevation > 0.015 and distance < 20_000.0:
                    out.append(self._plot(t, distance, azimuth, elevation, body.name, rng))
            for _ in range(rng.poisson(self.clutter_per_scan)):
                out.append(
                    self._plot(
                        scan, rng.uniform(500, 20_000), rng.uniform(0, 2 * math.pi), rng.uniform(0.02, 0.5), "", rng
                    )
                )
        return out

    def _plot(
        self, t: float, distance: float, azimuth: float, elevation: float, label: str, rng: np.random.Generator
    ) -> Plot:
        name = f"p{len(self.labels):06d}"
        self.labels[name] = label
        bias = self.radar_bias
        return Plot(
            sensor_id="RD-1",
            detection_id=name,
            time_utc_ns=_ns(t + self.radar_clock_s),
            arrival_utc_ns=_ns(t + 0.3 + abs(rng.normal(0, 0.05))),
            range_m=max(distance + rng.normal(0, 20) + bias[0], 10.0),
            azimuth_rad=(azimuth + rng.normal(0, 0.006) + bias[1]) % (2 * math.pi),
            elevation_rad=elevation + rng.normal(0, 0.006) + bias[2],
            covariance=(400.0, 0.0, 0.0, 3.6e-5, 0.0, 3.6e-5),
        )

    def _reports(self, body: Body, rng: np.random.Generator) -> list[Message]:
        frame = site_frame(self.site.origin)
        out: list[Message] = []
        until = min(self.duration_s, body.until_s)
        if body.pose_of is not None:
            for t in np.arange(body.from_s, until, 0.5):
                place = geodetic_of(frame, body.way(t) + rng.normal(0, 0.15, 3))
                out.append(
                    PoseReport(
                        sensor_id=body.pose_of,
                        time_utc_ns=_ns(t),
                        arrival_utc_ns=_ns(t + 0.1),
                        position=place,
                        position_sigma_m=2.0,
                    )
                )
        if body.claim_way is not None:
            for t in np.arange(body.from_s + rng.uniform(0, 1), until, 1.0):
                velocity = (body.claim_way(t + 0.1) - body.claim_way(t - 0.1)) / 0.2
                out.append(
                    CooperativeReport(
                        sensor_id="",
                        transponder_id=body.name,
                        time_utc_ns=_ns(t),
                        arrival_utc_ns=_ns(t + rng.uniform(0.4, 0.8)),
                        position=geodetic_of(frame, body.claim_way(t) + rng.normal(0, 10, 3)),
                        velocity_enu_ms=(float(velocity[0]), float(velocity[1]), float(velocity[2])),
                        position_sigma_m=10.0,
                        source=body.source,  # type: ignore[arg-type]  # the tests name sources that exist
                    )
                )
        return out


def _ns(seconds: float) -> int:
    return round(seconds * 1e9)


@dataclass
class Seen:
    """Everything that the air picture said during a run."""

    tracks: list[TrackReport] = field(default_factory=list)
    corridors: list[tuple[float, CorridorForecast]] = field(default_factory=list)
    dispositions: list[Disposition] = field(default_factory=list)
    faults: list[SensorFault] = field(default_factory=list)
    state: air.AirState | None = None

    def near(self, way: Way, within_m: float = 250.0, after_s: float = 0.0) -> list[TrackReport]:
        """Reports of tracks near a body, in order of time."""
        assert self.state is not None
        found = []
        for report in self.tracks:
            t = report.time_utc_ns * 1e-9
            gap = float(np.linalg.norm(enu_of(self.state.frame, report.position) - way(t)))
            if report.status != "ended" and t >= after_s and gap < within_m:
                found.append(report)
        return found

    def alarms(self, threshold: float = 0.15) -> dict[str, float]:
        """First time at which each zone's probability of a drone reaches the threshold, in seconds."""
        first: dict[str, float] = {}
        for t, corridor in self.corridors:
            for risk in corridor.zone_risks:
                if risk.probability >= threshold:
                    first.setdefault(risk.zone_id, t)
        return first


def watch(scene: Scene) -> Seen:
    """Run the air picture over a scene, message by message."""
    state, seen = air.init(scene.site), Seen()
    for message in scene.messages():
        state, out = air.step(state, message.arrival_utc_ns, (message,))
        seen.tracks += out.tracks
        seen.corridors += [(message.arrival_utc_ns * 1e-9, one) for one in out.corridors]
        seen.dispositions += out.dispositions
        seen.faults += out.faults
    seen.state = state
    return seen
