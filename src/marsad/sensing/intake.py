"""What comes in is looked at once: who sent it, whether it was here before, whether it can be used.

One message that cannot be used is rejected with its reason and loses no other of its batch.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import msgspec

from marsad.sensing.book import SensorBook
from marsad.sensing.stated import why_not_there
from marsad.sensing.station_clock import OwnStamped, StationClock
from marsad.terms import (
    Bearing,
    CooperativeReport,
    Detection,
    Disposition,
    Flash,
    Heartbeat,
    Impulse,
    Message,
    OutOfRangeError,
    PersonOrder,
    Plot,
    PoseReport,
    RejectedInput,
    SensorFault,
    SensorReport,
    SensorTrackReport,
    Tick,
    WeatherReport,
    require_in_range,
)

_REMEMBERED = 20_000
_EARLIEST_NS = 60_000_000_000
"""A stamp more than this before or after its arrival is no measurement of now."""


@dataclass
class Intake:
    """Memory of what came in: the last detections by content, to know a doubled one, and the station's own clock."""

    clock: StationClock = field(default_factory=StationClock)
    seen: set[tuple[object, ...]] = field(default_factory=set)
    order: deque[tuple[object, ...]] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))


@dataclass
class Sorted:
    """One batch, sorted: detections that are new, everything else by kind, and what was not used.

    ``usable`` holds all that may be used, in order of arrival.  All stamps are on the station's clock.
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
    faults: list[SensorFault] = field(default_factory=list)
    usable: list[Message] = field(default_factory=list)
    is_clock_moved: bool = False
    """Whether the station came to think otherwise of its own clock."""
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
        try:
            require_in_range(message)
        except OutOfRangeError as error:
            _refuse(message, error.field, error.reason, out)
            continue
        usable = _take(intake, book, message, out)
        if usable is not None:
            out.usable.append(usable)
    return out


def _take(intake: Intake, book: SensorBook, message: Message, out: Sorted) -> Message | None:
    """Sort one message; gives it as it may be used, with its times on the station's clock, or None."""
    if isinstance(message, SensorReport):
        k = book.register(message.sensor)
        described = msgspec.structs.replace(message, sensor=book.sensors[k])
        out.sensors.append(described)
        return described
    if isinstance(message, WeatherReport):
        out.weather.append(message)
        return message
    if isinstance(message, Tick | PersonOrder):
        return None
    is_known = message.sensor_id in book.index
    if is_known and not isinstance(message, CooperativeReport):
        _hear_clock(intake.clock, message, book, out)
    timed = intake.clock.corrected(message)
    if isinstance(timed, CooperativeReport):
        if not _is_timely(timed, out):
            return None
        out.cooperative.append(timed)
        return timed
    if not is_known:
        _refuse(timed, "sensor_id", f"sensor {timed.sensor_id!r} has not described itself", out)
        return None
    book.heard(timed.sensor_id, timed.arrival_utc_ns)
    return timed if _take_own(intake, book, timed, out) else None


def _hear_clock(clock: StationClock, message: OwnStamped, book: SensorBook, out: Sorted) -> None:
    since_s = clock.since_s
    said = clock.hear(message, book.of_site)
    out.is_clock_moved |= clock.since_s != since_s
    if said is not None:
        out.faults.append(said)


def _take_own(
    intake: Intake, book: SensorBook, message: Heartbeat | PoseReport | SensorTrackReport | Detection, out: Sorted
) -> bool:
    """Sort what a known sensor says of itself and of what it sees; whether it is of use."""
    if isinstance(message, Heartbeat):
        out.heartbeats.append(message)  # whatever its stamp: it says that the sensor lives, and how its clock goes
        return True
    if not _is_timely(message, out):
        return False
    if isinstance(message, PoseReport):
        known = book.of_site.get(message.sensor_id)
        why = why_not_there(known, message) if known is not None else ""
        if why:
            _refuse(message, "position", why, out)
            return False
        book.pose(message)
        out.poses.append(message)
    elif isinstance(message, SensorTrackReport):
        out.sensor_tracks.append(message)
    else:
        return _take_detection(intake, message, out)
    return True


def _is_timely(message: PoseReport | SensorTrackReport | CooperativeReport | Detection, out: Sorted) -> bool:
    """Whether a message is about now; one that is not is refused, as a stamp from tomorrow would outlive the night."""
    if abs(message.arrival_utc_ns - message.time_utc_ns) > _EARLIEST_NS:
        _refuse(message, "time_utc_ns", "the stamp is more than 60 s away from the arrival", out)
        return False
    if isinstance(message, Flash) and abs(message.onset_utc_ns - message.time_utc_ns) > _EARLIEST_NS:
        _refuse(message, "onset_utc_ns", "the onset is more than 60 s away from the stamp", out)
        return False
    return True


def _take_detection(intake: Intake, detection: Flash | Bearing | Plot | Impulse, out: Sorted) -> bool:
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


def _refuse(message: Message, name: str, reason: str, out: Sorted) -> None:
    """Count a message as rejected, and a detection as one that came to nothing."""
    out.rejected.append(_reject(message, name, reason))
    if isinstance(message, Flash | Bearing | Plot | Impulse) and name != "sensor_id":
        out.dispositions.append(_said(message, "rejected", reason))


def _reject(message: Message, name: str, reason: str) -> RejectedInput:
    source = getattr(message, "sensor_id", "") or getattr(message, "transponder_id", "")
    if isinstance(message, SensorReport):
        source = message.sensor.sensor_id
    return RejectedInput(arrival_utc_ns=message.arrival_utc_ns, source=source, reason=reason, field=name)


def _said(detection: Flash | Bearing | Plot | Impulse, kind: str, reason: str) -> Disposition:
    return Disposition(
        detection_id=detection.detection_id,
        sensor_id=detection.sensor_id,
        kind="duplicate" if kind == "duplicate" else "rejected",
        reason=reason,
    )
