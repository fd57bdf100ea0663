"""Which sensors live: by the age of their last word against how often they said they would speak; and their clocks."""

from __future__ import annotations

import statistics
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal

from marsad.sensing.zone_watch import lost_after_s
from marsad.terms import Message, PersonOrder, PoseReport, Sensor, SensorReport, Tick, WeatherReport
from marsad.terms.places import Geodetic

Status = Literal["live", "late", "lost"]
LATE_AFTER = 0.5
"""A sensor is late from this part of the time on after which it is lost."""
OFFSETS_KEPT = 50
OFFSETS_NEEDED = 5


@dataclass
class SensorHealth:
    """What is known of one sensor right now."""

    sensor: Sensor
    last_seen_utc_ns: int = 0
    interval_s: float | None = None
    position: Geodetic | None = None
    position_sigma_m: float = 0.0
    boresight_azimuth_rad: float | None = None
    boresight_elevation_rad: float | None = None
    offsets_s: deque[float] = field(default_factory=lambda: deque(maxlen=OFFSETS_KEPT))

    def status(self, now_utc_ns: int) -> Status:
        """Say whether it lives."""
        if not self.last_seen_utc_ns:
            return "lost"
        age_s = (now_utc_ns - self.last_seen_utc_ns) / 1e9
        lost_s = lost_after_s(self.interval_s)
        if age_s > lost_s:
            return "lost"
        return "late" if age_s > LATE_AFTER * lost_s else "live"

    def clock_offset_s(self) -> float | None:
        """Give the sensor's clock minus ours (where ours is wrong, minus its peers'); ``None`` while too few came."""
        return statistics.median(self.offsets_s) if len(self.offsets_s) >= OFFSETS_NEEDED else None


class Health:
    """The sensors of the station, those of the site file and those that registered.

    ``station_off_s`` is the station's own clock minus its sensors', where it is known to be the wrong one.
    """

    def __init__(self, sensors: Iterable[Sensor]) -> None:
        self.station_off_s = 0.0
        self.sensors: dict[str, SensorHealth] = {s.sensor_id: SensorHealth(s) for s in sensors}

    def hear(self, messages: Iterable[Message], interval_s: Callable[[str], float | None]) -> set[str]:
        """Take note of who spoke; give those whose place or description changed."""
        changed = set()
        for message in messages:
            if isinstance(message, SensorReport):
                name = message.sensor.sensor_id
                known = self.sensors.setdefault(name, SensorHealth(message.sensor))
                known.sensor = message.sensor
                known.interval_s = interval_s(name)
                known.last_seen_utc_ns = message.arrival_utc_ns
                changed.add(name)
            elif not isinstance(message, Tick | WeatherReport | PersonOrder) and message.sensor_id in self.sensors:
                known = self.sensors[message.sensor_id]
                known.last_seen_utc_ns = message.arrival_utc_ns
                delay_s = (message.time_utc_ns - message.arrival_utc_ns) / 1e9 + known.sensor.latency_s
                known.offsets_s.append(delay_s + self.station_off_s)
                if isinstance(message, PoseReport):
                    known.position, known.position_sigma_m = message.position, message.position_sigma_m
                    known.boresight_azimuth_rad = message.boresight_azimuth_rad
                    known.boresight_elevation_rad = message.boresight_elevation_rad
                    changed.add(message.sensor_id)
        return changed

    def station_is_off(self, off_s: float) -> None:
        """Take in that the station's own clock is off: sensors' clocks are measured against their common one anew."""
        if off_s == self.station_off_s:
            return
        self.station_off_s = off_s
        for known in self.sensors.values():
            known.offsets_s.clear()

    def count(self, now_utc_ns: int) -> tuple[int, int]:
        """Count the sensors that live (late ones among them) and those that are lost."""
        lost = sum(known.status(now_utc_ns) == "lost" for known in self.sensors.values())
        return len(self.sensors) - lost, lost
