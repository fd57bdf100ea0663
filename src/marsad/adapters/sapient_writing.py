"""The vocabulary as SAPIENT messages, and what a station answers; ``sapient`` holds both directions together.

Written in radians and metres, so that no digit is lost; what the standard has no field for goes as ``object_info``.
"""

from __future__ import annotations

import math
from typing import Any

from sapient_msg.bsi_flex_335_v2_0 import location_pb2, range_bearing_pb2, status_report_pb2

from marsad.adapters.sapient_form import SapientMessage, is_ulid, node_id_of, set_time, ulid_of
from marsad.adapters.sapient_nodes import encode_sensor
from marsad.terms import (
    Bearing,
    CooperativeReport,
    Flash,
    Geodetic,
    Heartbeat,
    Impulse,
    Message,
    Plot,
    PoseReport,
    SensorReport,
    SensorTrackReport,
    WeatherReport,
)

StatusReport = status_report_pb2.StatusReport
WEATHER_NODE = "weather"
_CLASS_OF = {"plume": "Plume", "hot": "Hot body", "object": "Air vehicle"}


def _message(sensor_id: str, time_utc_ns: int, sent_utc_ns: int | None) -> Any:
    message = SapientMessage()
    set_time(message, time_utc_ns if sent_utc_ns is None else sent_utc_ns)
    message.node_id = node_id_of(sensor_id)
    return message


def _info(report: Any, name: str, value: str) -> None:
    item = report.object_info.add()
    item.type, item.value = name, value


def _floats(values: tuple[float, ...]) -> str:
    return " ".join(map(repr, values))


def _report(sensor_id: str, time_utc_ns: int, sent_utc_ns: int | None, detection_id: str, kind: str) -> tuple[Any, Any]:
    """Start a detection report; the measurement's own time travels beside the message's when they differ."""
    message = _message(sensor_id, time_utc_ns, sent_utc_ns)
    report = message.detection_report
    named = is_ulid(detection_id)
    report.report_id = detection_id if named else ulid_of(time_utc_ns, sensor_id, detection_id)
    report.object_id = report.report_id
    if not named and detection_id:
        _info(report, "detection_id", detection_id)
    if sent_utc_ns is not None and sent_utc_ns != time_utc_ns:
        _info(report, "measured_utc_ns", str(time_utc_ns))
    c = report.classification.add()
    c.type, c.confidence = kind, 1.0
    return message, report


def _bearing(report: Any, azimuth_rad: float, sigma_rad: float) -> Any:
    b = report.range_bearing
    b.azimuth, b.azimuth_error = azimuth_rad, sigma_rad
    b.coordinate_system = range_bearing_pb2.RANGE_BEARING_COORDINATE_SYSTEM_RADIANS_M
    b.datum = range_bearing_pb2.RANGE_BEARING_DATUM_TRUE
    return b


def _direction(report: Any, m: Flash | Bearing) -> None:
    b = _bearing(report, m.azimuth_rad, math.sqrt(m.covariance_rad2[0]))
    b.elevation, b.elevation_error = m.elevation_rad, math.sqrt(m.covariance_rad2[2])
    _info(report, "covariance", _floats(m.covariance_rad2))


def _place(location: Any, position: Geodetic, sigma_m: float) -> None:
    location.x, location.y, location.z = position.longitude_rad, position.latitude_rad, position.height_m
    location.x_error = location.y_error = location.z_error = sigma_m
    location.coordinate_system = location_pb2.LOCATION_COORDINATE_SYSTEM_LAT_LNG_RAD_M
    location.datum = location_pb2.LOCATION_DATUM_WGS84_E


def _velocity(report: Any, velocity_enu_ms: tuple[float, float, float]) -> None:
    v = report.enu_velocity
    v.east_rate, v.north_rate, v.up_rate = velocity_enu_ms


def _status(sensor_id: str, time_utc_ns: int, sent_utc_ns: int | None, what: str) -> tuple[Any, Any]:
    message = _message(sensor_id, time_utc_ns, sent_utc_ns)
    report = message.status_report
    report.report_id = ulid_of(time_utc_ns, sensor_id, what)
    report.system, report.info, report.mode = StatusReport.SYSTEM_OK, StatusReport.INFO_UNCHANGED, "default"
    return message, report


def _encode_pose(m: PoseReport, sent: int | None) -> Any:
    message, report = _status(m.sensor_id, m.time_utc_ns, sent, "pose")
    report.info = StatusReport.INFO_NEW
    _place(report.node_location, m.position, m.position_sigma_m)
    if m.boresight_azimuth_rad is not None or m.boresight_elevation_rad is not None:
        cone = report.field_of_view.range_bearing
        cone.coordinate_system = range_bearing_pb2.RANGE_BEARING_COORDINATE_SYSTEM_RADIANS_M
        cone.datum = range_bearing_pb2.RANGE_BEARING_DATUM_TRUE
        if m.boresight_azimuth_rad is not None:
            cone.azimuth = m.boresight_azimuth_rad
        if m.boresight_elevation_rad is not None:
            cone.elevation = m.boresight_elevation_rad
    return message


def _encode_plot(m: Plot, sent: int | None) -> Any:
    message, report = _report(m.sensor_id, m.time_utc_ns, sent, m.detection_id, "Plot")
    b = _bearing(report, m.azimuth_rad, math.sqrt(m.covariance[3]))
    b.elevation, b.elevation_error = m.elevation_rad, math.sqrt(m.covariance[5])
    b.range, b.range_error = m.range_m, math.sqrt(m.covariance[0])
    _info(report, "covariance", _floats(m.covariance))
    return message


def _encode_seen(m: Flash | Bearing, sent: int | None) -> Any:
    kind = "Flash" if isinstance(m, Flash) else _CLASS_OF[m.kind]
    message, report = _report(m.sensor_id, m.time_utc_ns, sent, m.detection_id, kind)
    _direction(report, m)
    if isinstance(m, Flash):
        _info(report, "onset_utc_ns", str(m.onset_utc_ns))
        _info(report, "onset_sigma_s", repr(m.onset_sigma_s))
    return message


def _encode_impulse(m: Impulse, sent: int | None) -> Any:
    message, report = _report(m.sensor_id, m.time_utc_ns, sent, m.detection_id, "Impulse")
    _bearing(report, m.azimuth_rad, m.azimuth_sigma_rad)
    _info(report, "time_sigma_s", repr(m.time_sigma_s))
    return message


def _encode_cooperative(m: CooperativeReport, sent: int | None, receiver_id: str) -> Any:
    sensor_id = m.sensor_id or receiver_id
    message, report = _report(sensor_id, m.time_utc_ns, sent, "", "Air vehicle")
    report.report_id = ulid_of(m.time_utc_ns, sensor_id, m.transponder_id)
    report.object_id = ulid_of(0, m.transponder_id)
    report.id = m.transponder_id
    _place(report.location, m.position, m.position_sigma_m)
    if m.velocity_enu_ms is not None:
        _velocity(report, m.velocity_enu_ms)
    _info(report, "cooperative_source", m.source)
    return message


def _encode_track(m: SensorTrackReport, sent: int | None) -> Any:
    message, report = _report(m.sensor_id, m.time_utc_ns, sent, m.detection_id, "Track")
    _place(report.location, m.position, 0.0)
    diagonal = [m.covariance_enu[i] for i in (0, 6, 11)] if len(m.covariance_enu) == 21 else [0.0, 0.0, 0.0]
    place = report.location
    place.x_error, place.y_error, place.z_error = (math.sqrt(max(v, 0.0)) for v in diagonal)
    _velocity(report, m.velocity_enu_ms)
    _info(report, "covariance", _floats(m.covariance_enu))
    return message


def _encode_weather(m: WeatherReport, sent: int | None) -> Any:
    message, report = _status(WEATHER_NODE, m.arrival_utc_ns, sent, "weather")
    report.info = StatusReport.INFO_NEW
    s = report.status.add()
    s.status_type, s.status_level = StatusReport.STATUS_TYPE_WEATHER, StatusReport.STATUS_LEVEL_INFORMATION_STATUS
    names = [n for n in WeatherReport.__struct_fields__ if n != "arrival_utc_ns" and getattr(m, n) is not None]
    s.status_value = " ".join(f"{name}={getattr(m, name)!r}" for name in names)
    return message


def encode(message: Message, *, sent_utc_ns: int | None = None, receiver_id: str = "cooperative") -> Any:
    """Make the SAPIENT message of a record of the vocabulary.

    Parameters
    ----------
    message
        Anything but a ``Tick``, which is never sent.
    sent_utc_ns
        Time of the message; all messages of one scan should share one.  ``None``: the time of the measurement.
    receiver_id
        Node that passes on cooperative reports which name no receiver.
    """
    match message:
        case Flash() | Bearing():
            return _encode_seen(message, sent_utc_ns)
        case Plot():
            return _encode_plot(message, sent_utc_ns)
        case Impulse():
            return _encode_impulse(message, sent_utc_ns)
        case PoseReport():
            return _encode_pose(message, sent_utc_ns)
        case Heartbeat():
            return _status(message.sensor_id, message.time_utc_ns, sent_utc_ns, "heartbeat")[0]
        case CooperativeReport():
            return _encode_cooperative(message, sent_utc_ns, receiver_id)
        case SensorTrackReport():
            return _encode_track(message, sent_utc_ns)
        case WeatherReport():
            return _encode_weather(message, sent_utc_ns)
        case SensorReport():
            return encode_sensor(message.sensor, time_utc_ns=message.arrival_utc_ns)
    raise TypeError(f"a {type(message).__name__} is never sent")


def registration_ack(
    station_id: str, node_id: str, time_utc_ns: int, *, accepted: bool, reasons: list[str] | None = None
) -> Any:
    """Make the answer to a registration."""
    message = SapientMessage()
    set_time(message, time_utc_ns)
    message.node_id = station_id
    if node_id:
        message.destination_id = node_id
    message.registration_ack.acceptance = accepted
    message.registration_ack.ack_response_reason.extend(reasons or [])
    return message


def error_message(station_id: str, node_id: str, time_utc_ns: int, packet: bytes, reasons: list[str]) -> Any:
    """Make the error that answers a packet, with every reason; the packet is returned up to its first 4 KiB."""
    message = SapientMessage()
    set_time(message, time_utc_ns)
    message.node_id = station_id
    if node_id:
        message.destination_id = node_id
    message.error.packet = packet[:4096]
    message.error.error_message.extend(reasons)
    return message


def journal_ack(station_id: str, node_id: str, time_utc_ns: int, frames: int) -> Any:
    """Say how many of a node's frames since it connected stand in the journal, synced (for nodes that asked)."""
    message, report = _status("station", time_utc_ns, None, f"{node_id} {frames}")
    message.node_id, message.destination_id = station_id, node_id
    s = report.status.add()
    s.status_type, s.status_level = StatusReport.STATUS_TYPE_OTHER, StatusReport.STATUS_LEVEL_INFORMATION_STATUS
    s.status_value = f"journalled_frames={frames}"
    return message


def journalled_frames(message: Any) -> int | None:
    """Read a journal acknowledgement; ``None`` if the message is none."""
    if message.WhichOneof("content") != "status_report":
        return None
    for s in message.status_report.status:
        if s.status_value.startswith("journalled_frames="):
            return int(s.status_value.partition("=")[2])
    return None
