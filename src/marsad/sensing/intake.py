"""What comes in is looked at once: who sent it, whether it was here before, whether it can be used."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from marsad.sensing.book import SensorBook
from marsad.terms import (
    Bearing,
    CooperativeReport,
    Detection,
    Disposition,
    Flash,
    Heartbeat,
    Impulse,
    Message,
    PersonOrder,
    Plot,
    PoseReport,
    RejectedInput,
    SensorReport,
    SensorTrackReport,
    Tick,
    WeatherReport,
)

_REMEMBERED = 20_000
_EARLIEST_NS = 60_000_000_000
"""A stamp more than this before or after its arrival is no measurement of now."""


@dataclass
class Intake:
    """Memory of what came in: the last detections by content, to know a doubled one."""

    seen: set[tuple[object, ...]] = field(default_factory=set)
    order: deque[tuple[object, ...]] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))


@dataclass
class Sorted:
    """One batch, sorted: detections that are new, everything else by kind, and what was not used.

    ``usable`` holds all that may be used, in order of arrival.
    """

    detections: list[Detection] = field(default_factory=list)
    cooperative: list[CooperativeReport] = field(default_factory=list)
    poses: list[PoseReport] = field(default_factory=list)
    sensor_tracks: list[SensorTrackReport] = field(default_factory=list)
    weather: list[WeatherReport] = field(default_factory=list)
    heartbeats: list[Heartbeat] = field(default_factory=list)
    sensors: list[SensorReport] = field(default_factory=list)
    orders: list[PersonOrder] = field(default_factory=list)
    dispositions: list[Disposition] = field(default_factory=list)
    rejected: list[RejectedInput] = field(default_factory=list)
    usable: list[Message] = field(default_factory=list)
    now_utc_ns: int = 0

    def for_air(self) -> tuple[Message, ...]:
        """Everything that concerns the air picture and the sensors' health."""
        return (
            *self.sensors,
            *self.heartbeats,
            *self.poses,
            *self.cooperative,
            *self.sensor_tracks,
            *self.detections,
        )


def content(detection: Detection) -> tuple[object, ...]:
    """What makes a detection itself, whatever id it was sent under."""
    if isinstance(detection, Plot):
        return (
            "plot",
            detection.sensor_id,
            detection.time_utc_ns,
            detection.range_m,
            detection.azimuth_rad,
            detection.elevation_rad,
        )
    if isinstance(detection, Flash):
        return ("flash", detection.sensor_id, detection.time_utc_ns, detection.azimuth_rad, detection.elevation_rad)
    if isinstance(detection, Bearing):
        return (
            detection.kind,
            detection.sensor_id,
            detection.time_utc_ns,
            detection.azimuth_rad,
            detection.elevation_rad,
        )
    return ("impulse", detection.sensor_id, detection.time_utc_ns, detection.azimuth_rad)


def sort_batch(intake: Intake, book: SensorBook, batch: tuple[Message, ...]) -> Sorted:
    """Sort a batch, registering sensors and poses in the book on the way."""
    out = Sorted()
    for message in batch:
        out.now_utc_ns = max(out.now_utc_ns, message.arrival_utc_ns)
        if isinstance(message, Tick):
            continue
        if isinstance(message, PersonOrder):
            out.orders.append(message)
            continue
        if isinstance(message, SensorReport):
            book.register(message.sensor)
            out.sensors.append(message)
        elif isinstance(message, WeatherReport):
            out.weather.append(message)
        elif isinstance(message, CooperativeReport):
            out.cooperative.append(message)
        elif message.sensor_id not in book.index:
            out.rejected.append(_reject(message, "sensor_id", f"sensor {message.sensor_id!r} has not described itself"))
            continue
        else:
            book.heard(message.sensor_id, message.arrival_utc_ns)
            if not _take_own(intake, book, message, out):
                continue
        out.usable.append(message)
    return out


def _take_own(
    intake: Intake, book: SensorBook, message: Heartbeat | PoseReport | SensorTrackReport | Detection, out: Sorted
) -> bool:
    """Sort what a known sensor says of itself and of what it sees; whether it is of use."""
    if isinstance(message, Heartbeat):
        out.heartbeats.append(message)
    elif isinstance(message, PoseReport):
        book.pose(message)
        out.poses.append(message)
    elif isinstance(message, SensorTrackReport):
        out.sensor_tracks.append(message)
    else:
        return _take_detection(intake, message, out)
    return True


def _take_detection(intake: Intake, detection: Flash | Bearing | Plot | Impulse, out: Sorted) -> bool:
    if abs(detection.arrival_utc_ns - detection.time_utc_ns) > _EARLIEST_NS:
        out.rejected.append(_reject(detection, "time_utc_ns", "the stamp is more than 60 s away from the arrival"))
        out.dispositions.append(_said(detection, "rejected", "stamp more than 60 s away from arrival"))
        return False
    key = content(detection)
    if key in intake.seen:
        out.dispositions.append(_said(detection, "duplicate", "the same measurement arrived before"))
        return False
    if len(intake.order) == intake.order.maxlen:
        intake.seen.discard(intake.order[0])
    intake.order.append(key)
    intake.seen.add(key)
    out.detections.append(detection)
    return True


def _reject(message: Message, name: str, reason: str) -> RejectedInput:
    source = getattr(message, "sensor_id", "") or getattr(message, "transponder_id", "")
    return RejectedInput(arrival_utc_ns=message.arrival_utc_ns, source=source, reason=reason, field=name)


def _said(detection: Flash | Bearing | Plot | Impulse, kind: str, reason: str) -> Disposition:
    return Disposition(
        detection_id=detection.detection_id,
        sensor_id=detection.sensor_id,
        kind="duplicate" if kind == "duplicate" else "rejected",
        reason=reason,
    )
