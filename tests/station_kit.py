"""A small site, a pipeline that decides by rule of thumb, and a sensor on a socket, for the tests of the station."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from marsad.adapters import sapient
from marsad.flight.classes import DragTable, RocketClass, RocketTable
from marsad.geo.terrain import TerrainGrid
from marsad.pipeline import Outputs
from marsad.sensing.site import Site
from marsad.station.runner import Pipeline
from marsad.terms import (
    Flash,
    Geodetic,
    ImpactForecast,
    LaunchEstimate,
    Message,
    Plot,
    PointMode,
    Sensor,
    Tick,
    TrackReport,
    Zone,
    ZoneRisk,
    ZoneWarning,
)

START_NS = 1_800_000_000_000_000_000
SECOND_NS = 1_000_000_000
ORIGIN = Geodetic.from_degrees(30.0, 20.0, 200.0)
RADAR = Sensor(sensor_id="RD-1", kind="radar", position=ORIGIN, max_range_m=20_000.0, min_elevation_rad=0.02)
CAMERA = Sensor(sensor_id="EO-1", kind="camera", position=Geodetic.from_degrees(30.01, 20.01, 260.0))


def small_site() -> Site:
    """A round and a polygonal zone on a hill."""
    lat, lon = np.meshgrid(np.arange(61) - 30.0, np.arange(61) - 30.0, indexing="ij")
    heights = 200.0 + 120.0 * np.exp(-((lat - 8.0) ** 2 + (lon - 4.0) ** 2) / 30.0)
    step = np.radians(0.005)
    terrain = TerrainGrid(np.radians(29.85), np.radians(19.85), step, step, heights)
    corners = tuple(
        (np.radians(30.02 + a), np.radians(20.02 + b)) for a, b in ((0, 0), (0, 0.01), (0.01, 0.01), (0.01, 0))
    )
    zones = (
        Zone(
            zone_id="camp", name="Camp", name_ar="المخيم", center=ORIGIN, radius_m=400.0, shelter_s=15.0, population=80
        ),
        Zone(
            zone_id="tanks",
            name="Tank farm & pumps",
            center=Geodetic.from_degrees(30.025, 20.025),
            polygon_rad=tuple((float(a), float(b)) for a, b in corners),
            shelter_s=10.0,
        ),
    )
    rockets = RocketTable(
        (RocketClass("small", 500.0, 2.0, 0.3, 1e-3, 3.0, 0.03, 0.05, 0.05),),
        DragTable(np.array([0.0, 2.0]), np.array([0.3, 0.4])),
    )
    return Site(name="Hill", origin=ORIGIN, zones=zones, terrain=terrain, rockets=rockets, sensors=(RADAR, CAMERA))


def flash(number: int, arrival_utc_ns: int = START_NS, sensor_id: str = "EO-1") -> Flash:
    """A flash as the camera sends it."""
    return Flash(
        sensor_id=sensor_id,
        time_utc_ns=arrival_utc_ns - 100_000_000,
        arrival_utc_ns=arrival_utc_ns,
        detection_id=f"flash-{number}",
        azimuth_rad=1.0 + 1e-3 * number,
        elevation_rad=0.01,
        covariance_rad2=(1e-6, 0.0, 1e-6),
        onset_utc_ns=arrival_utc_ns - 120_000_000,
        onset_sigma_s=0.02,
    )


def plot(number: int, arrival_utc_ns: int = START_NS, sensor_id: str = "RD-1") -> Plot:
    """A plot as the radar sends it."""
    return Plot(
        sensor_id=sensor_id,
        time_utc_ns=arrival_utc_ns - 200_000_000,
        arrival_utc_ns=arrival_utc_ns,
        detection_id=f"plot-{number}",
        range_m=5000.0 + number,
        azimuth_rad=0.5,
        elevation_rad=0.1,
        covariance=(400.0, 0.0, 0.0, 3.6e-5, 0.0, 3.6e-5),
    )


@dataclass
class ThumbState:
    """What the rule of thumb remembers: a digest of all it has taken in, and counts."""

    site: Site
    digest: bytes = b""
    taken: int = 0
    alarmed: dict[str, str] = field(default_factory=dict)


def thumb_step(state: ThumbState, batch: Sequence[Message]) -> tuple[ThumbState, Outputs]:
    """A flash alarms the first zone, an eighth message after clears it; every plot is a track."""
    launches, impacts, warnings, tracks = [], [], [], []
    for message in batch:
        state.taken += not isinstance(message, Tick)
        if getattr(message, "detection_id", "") == "bug":
            raise ZeroDivisionError("the stage has a bug")
        state.digest = hashlib.sha256(state.digest + repr(message).encode()).digest()
        if isinstance(message, Plot):
            tracks.append(_track(message))
        elif isinstance(message, Flash):
            mode = _mode(message.arrival_utc_ns)
            event = f"L{message.detection_id}"
            launches.append(
                LaunchEstimate(
                    event_id=event,
                    launch_site_id="S1",
                    status="confirmed",
                    arrival_utc_ns=message.arrival_utc_ns,
                    modes=(mode,),
                    reasons=(state.digest.hex()[:8],),
                )
            )
            impacts.append(_impact(event, message.arrival_utc_ns, mode, state.site.zones[0].zone_id))
            warnings.append(_warning(event, state.site.zones[0].zone_id, message.arrival_utc_ns, "take_shelter"))
            state.alarmed[event] = state.site.zones[0].zone_id
    if state.alarmed and state.taken % 8 == 0:
        for event, zone_id in state.alarmed.items():
            warnings.append(_warning(event, zone_id, batch[-1].arrival_utc_ns, "all_clear"))
        state.alarmed = {}
    return state, Outputs(
        launches=tuple(launches), impacts=tuple(impacts), warnings=tuple(warnings), tracks=tuple(tracks)
    )


THUMB = Pipeline(init=ThumbState, step=thumb_step)


def _mode(now: int) -> PointMode:
    place = Geodetic.from_degrees(30.05, 20.05, 210.0)
    return PointMode(
        weight=1.0,
        position=place,
        covariance_en_m2=(900.0, 100.0, 2500.0),
        time_utc_ns=now + 20 * SECOND_NS,
        time_sigma_s=0.5,
    )


def _impact(event: str, now: int, mode: PointMode, zone_id: str) -> ImpactForecast:
    risk = ZoneRisk(
        zone_id=zone_id,
        probability=0.4,
        time_q05_utc_ns=now + 18 * SECOND_NS,
        time_q50_utc_ns=now + 20 * SECOND_NS,
        time_q95_utc_ns=now + 22 * SECOND_NS,
    )
    path = ((now, mode.position.latitude_rad, mode.position.longitude_rad, 210.0),)
    return ImpactForecast(
        event_id=event, outcome="forecast", arrival_utc_ns=now, modes=(mode,), zone_risks=(risk,), trajectory=path
    )


def _warning(event: str, zone_id: str, now: int, level: Any) -> ZoneWarning:
    alarm = level == "take_shelter"
    return ZoneWarning(
        warning_id=f"W {event}.{zone_id}",
        incident_id=f"I-{event}",
        zone_id=zone_id,
        level=level,
        action="alert" if alarm else "all_clear",
        hazard="rocket",
        arrival_utc_ns=now,
        expires_utc_ns=now + 600 * SECOND_NS,
        probability=0.4 if alarm else 0.0,
        impact_q05_utc_ns=now + 18 * SECOND_NS if alarm else None,
        impact_q50_utc_ns=now + 20 * SECOND_NS if alarm else None,
        impact_q95_utc_ns=now + 22 * SECOND_NS if alarm else None,
        event_ids=(event,),
        rule="thumb",
    )


def _track(message: Plot) -> TrackReport:
    return TrackReport(
        track_id=f"T{message.sensor_id}",
        time_utc_ns=message.time_utc_ns,
        status="confirmed",
        position=Geodetic.from_degrees(30.02, 20.02, 900.0),
        velocity_enu_ms=(10.0, 5.0, 0.0),
        covariance_enu=tuple(float(i + 1) for i in range(21)),
        existence_probability=0.99,
        sensor_ids=(message.sensor_id,),
        first_seen_utc_ns=START_NS,
    )


class SocketSensor:
    """A SAPIENT sensor on a stream: what it sends, and what it is told."""

    def __init__(self, reader: asyncio.StreamReader, writer: Any) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, message: Any) -> None:
        self.writer.write(sapient.frame(message))
        await self.writer.drain()

    async def hear(self, timeout_s: float = 5.0) -> Any:
        async def read() -> Any:
            length = sapient.frame_length(await self.reader.readexactly(4))
            return sapient.parse(await self.reader.readexactly(length))

        return await asyncio.wait_for(read(), timeout_s)

    async def register(self, sensor: Sensor, *, journal_acks: bool = False) -> Any:
        await self.send(sapient.encode_sensor(sensor, time_utc_ns=START_NS, journal_acks=journal_acks))
        return await self.hear()

    async def close(self) -> None:
        self.writer.close()
        with contextlib.suppress(Exception):
            await self.writer.wait_closed()


async def connect(port: int) -> SocketSensor:
    """Connect a sensor over loopback."""
    return SocketSensor(*await asyncio.open_connection("127.0.0.1", port))
