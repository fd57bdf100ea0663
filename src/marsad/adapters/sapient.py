"""SAPIENT (BSI Flex 335 v2.0) messages to and from the vocabulary; the mapping in full: docs/sapient.md.

Angles may come in degrees or radians, ranges in metres or kilometres, azimuths from true north only, positions as
WGS-84 latitude and longitude with ellipsoidal heights only.  What we write ourselves is in radians and metres, so
that no digit is lost, and carries what the standard has no field for as ``object_info``.
"""

from __future__ import annotations

import math
from typing import Any

import msgspec
from sapient_msg.bsi_flex_335_v2_0 import location_pb2, range_bearing_pb2, status_report_pb2

from marsad.adapters.sapient_form import (
    MAX_FRAME_BYTES,
    SapientError,
    SapientMessage,
    check,
    frame,
    frame_length,
    is_ulid,
    is_uuid,
    node_id_of,
    parse,
    set_time,
    time_of,
    ulid_of,
)
from marsad.adapters.sapient_nodes import (
    Node,
    decode_registration,
    encode_sensor,
    encode_weather_node,
    name_of,
    with_sensor,
)
from marsad.terms import (
    Bearing,
    BearingKind,
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

__all__ = [
    "MAX_FRAME_BYTES",
    "NOWHERE",
    "Node",
    "SapientError",
    "check",
    "decode",
    "decode_registration",
    "encode",
    "encode_sensor",
    "encode_weather_node",
    "error_message",
    "frame",
    "frame_length",
    "is_uuid",
    "journal_ack",
    "journalled_frames",
    "name_of",
    "node_id_of",
    "parse",
    "registration_ack",
    "time_of",
    "with_sensor",
]

StatusReport = status_report_pb2.StatusReport
WEATHER_NODE = "weather"
NOWHERE = Geodetic(latitude_rad=0.0, longitude_rad=0.0)
"""Place of a receiver whose place does not matter: what it passes on says where it is."""
_RADIANS = {
    range_bearing_pb2.RANGE_BEARING_COORDINATE_SYSTEM_DEGREES_M: (math.pi / 180.0, 1.0),
    range_bearing_pb2.RANGE_BEARING_COORDINATE_SYSTEM_RADIANS_M: (1.0, 1.0),
    range_bearing_pb2.RANGE_BEARING_COORDINATE_SYSTEM_DEGREES_KM: (math.pi / 180.0, 1000.0),
    range_bearing_pb2.RANGE_BEARING_COORDINATE_SYSTEM_RADIANS_KM: (1.0, 1000.0),
}
_LATITUDE_RADIANS = {
    location_pb2.LOCATION_COORDINATE_SYSTEM_LAT_LNG_DEG_M: math.pi / 180.0,
    location_pb2.LOCATION_COORDINATE_SYSTEM_LAT_LNG_RAD_M: 1.0,
}
# Standard deviations taken when a detection states none: cautious, so that a silent sensor never seems a good one.
DEFAULT_ANGLE_SIGMA_RAD = {"radar": 0.01, "acoustic": 0.05}
DEFAULT_CAMERA_SIGMA_RAD = 0.002
DEFAULT_RANGE_SIGMA_M = 50.0
DEFAULT_ONSET_SIGMA_S = 0.1
DEFAULT_IMPULSE_SIGMA_S = 0.05
DEFAULT_POSITION_SIGMA_M = 30.0
_FLASH_WORDS = ("flash", "launch")
_BEARING_WORDS: tuple[tuple[BearingKind, tuple[str, ...]], ...] = (
    ("plume", ("plume", "rocket motor", "exhaust")),
    ("hot", ("hot",)),
)
_CLASS_OF = {"plume": "Plume", "hot": "Hot body", "object": "Air vehicle"}
_SOURCES = ("adsb", "remote_id", "own_fleet", "unspecified")


# --- writing ------------------------------------------------------------------------------------------


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
    l = report.location  # noqa: E741
    l.x_error, l.y_error, l.z_error = (math.sqrt(max(v, 0.0)) for v in diagonal)
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


# --- reading ------------------------------------------------------------------------------------------


def _infos(report: Any) -> dict[str, str]:
    return {item.type: item.value for item in (*report.object_info, *report.track_info)}


def _number(infos: dict[str, str], name: str, default: float) -> float:
    if name not in infos:
        return default
    try:
        return float(infos[name])
    except ValueError as error:
        raise SapientError(f"object_info {name} must be a number, found {infos[name][:40]!r}", name) from error


def _integer(infos: dict[str, str], name: str, default: int) -> int:
    if name not in infos:
        return default
    try:
        return int(infos[name])
    except ValueError as error:
        raise SapientError(f"object_info {name} must be a whole number, found {infos[name][:40]!r}", name) from error


def _covariance(infos: dict[str, str], count: int) -> Any:
    """Give the stated covariance as a tuple of so many numbers, ``None`` if none is stated."""
    if "covariance" not in infos:
        return None
    try:
        values = tuple(map(float, infos["covariance"].split()))
    except ValueError as error:
        raise SapientError("object_info covariance must be numbers parted by spaces", "covariance") from error
    if len(values) != count:
        raise SapientError(f"object_info covariance must hold {count} numbers, found {len(values)}", "covariance")
    return values


def _scales(location: Any, place: str) -> tuple[float, float]:
    if location.datum != range_bearing_pb2.RANGE_BEARING_DATUM_TRUE:
        raise SapientError(
            f"{place}.datum must be TRUE (azimuth from true north); other norths are not converted", place
        )
    if location.coordinate_system not in _RADIANS:
        raise SapientError(f"{place}.coordinate_system must be degrees or radians with metres or kilometres", place)
    return _RADIANS[location.coordinate_system]


def _error_of(value: float, scale: float, default: float) -> float:
    return value * scale if value > 0 else default


def _geodetic(location: Any, place: str) -> tuple[Geodetic, float]:
    """Give a location's point and the standard deviation it states (0: none)."""
    if location.datum != location_pb2.LOCATION_DATUM_WGS84_E:
        raise SapientError(
            f"{place}.datum must be WGS84_E: heights above the ellipsoid; the geoid is not converted", place
        )
    if location.coordinate_system not in _LATITUDE_RADIANS:
        raise SapientError(f"{place}.coordinate_system must be LAT_LNG_DEG_M or LAT_LNG_RAD_M", place)
    if not location.HasField("z"):
        raise SapientError(f"{place}.z is missing: a height above the ellipsoid is needed", f"{place}.z")
    scale = _LATITUDE_RADIANS[location.coordinate_system]
    try:
        point = Geodetic(latitude_rad=location.y * scale, longitude_rad=location.x * scale, height_m=location.z)
    except ValueError as error:
        raise SapientError(f"{place}: {error}", place) from error
    return point, max(location.x_error, location.y_error, location.z_error, 0.0)


def _words(report: Any) -> str:
    return " ".join([c.type for c in report.classification] + [b.type for b in report.behaviour]).lower()


def _decode_angles(report: Any, node: Node, time_utc_ns: int, detection_id: str, arrival_utc_ns: int) -> Message:
    """Read a detection that is a direction, with or without a range."""
    b = report.range_bearing
    angle, length = _scales(b, "range_bearing")
    if not b.HasField("azimuth"):
        raise SapientError("range_bearing.azimuth is missing", "range_bearing.azimuth")
    infos = _infos(report)
    default = DEFAULT_ANGLE_SIGMA_RAD.get(node.kind, DEFAULT_CAMERA_SIGMA_RAD)
    azimuth_sigma = _error_of(b.azimuth_error, angle, default)
    common: dict[str, Any] = {
        "sensor_id": node.sensor_id,
        "time_utc_ns": time_utc_ns,
        "arrival_utc_ns": arrival_utc_ns,
        "detection_id": detection_id,
        "azimuth_rad": b.azimuth * angle,
    }
    if node.kind == "acoustic":
        sigma_s = _number(infos, "time_sigma_s", DEFAULT_IMPULSE_SIGMA_S)
        return Impulse(azimuth_sigma_rad=azimuth_sigma, time_sigma_s=sigma_s, **common)
    if not b.HasField("elevation"):
        raise SapientError("range_bearing.elevation is missing", "range_bearing.elevation")
    elevation_sigma = _error_of(b.elevation_error, angle, default)
    common["elevation_rad"] = b.elevation * angle
    if b.HasField("range"):
        range_sigma = _error_of(b.range_error, length, DEFAULT_RANGE_SIGMA_M)
        stated = _covariance(infos, 6)
        plain = (range_sigma**2, 0.0, 0.0, azimuth_sigma**2, 0.0, elevation_sigma**2)
        return Plot(range_m=b.range * length, covariance=stated or plain, **common)
    covariance = _covariance(infos, 3) or (azimuth_sigma**2, 0.0, elevation_sigma**2)
    return _decode_seen(report, infos, covariance, common)


def _decode_seen(
    report: Any, infos: dict[str, str], covariance: tuple[float, float, float], common: dict[str, Any]
) -> Message:
    """Tell a flash from a bearing by what the report calls itself."""
    words = _words(report)
    if "onset_utc_ns" in infos or any(word in words for word in _FLASH_WORDS):
        return Flash(
            covariance_rad2=covariance,
            onset_utc_ns=_integer(infos, "onset_utc_ns", common["time_utc_ns"]),
            onset_sigma_s=_number(infos, "onset_sigma_s", DEFAULT_ONSET_SIGMA_S),
            **common,
        )
    kind: BearingKind = "object"
    for name, signs in _BEARING_WORDS:
        if any(sign in words for sign in signs):
            kind = name
            break
    return Bearing(kind=kind, covariance_rad2=covariance, **common)


def _decode_place(report: Any, node: Node, time_utc_ns: int, detection_id: str, arrival_utc_ns: int) -> Message:
    """Read a detection that is a position: a cooperative report or a sensor's own track."""
    position, sigma_m = _geodetic(report.location, "location")
    velocity: tuple[float, float, float] | None = None
    if report.HasField("enu_velocity"):
        v = report.enu_velocity
        velocity = (v.east_rate, v.north_rate, v.up_rate)
    infos = _infos(report)
    if node.kind == "cooperative":
        if not report.id:
            raise SapientError("detection_report.id is missing: a cooperative report names who reports", "id")
        source = infos.get("cooperative_source", "unspecified")
        return CooperativeReport(
            sensor_id=node.sensor_id,
            time_utc_ns=time_utc_ns,
            arrival_utc_ns=arrival_utc_ns,
            transponder_id=report.id,
            position=position,
            velocity_enu_ms=velocity,
            position_sigma_m=sigma_m or DEFAULT_POSITION_SIGMA_M,
            source=source if source in _SOURCES else "unspecified",  # type: ignore[arg-type]  # checked right here
        )
    if velocity is None:
        raise SapientError("detection_report.enu_velocity is missing: a track has one", "enu_velocity")
    return SensorTrackReport(
        sensor_id=node.sensor_id,
        time_utc_ns=time_utc_ns,
        arrival_utc_ns=arrival_utc_ns,
        detection_id=detection_id,
        position=position,
        velocity_enu_ms=velocity,
        covariance_enu=_covariance(infos, 21) or _track_covariance(report, sigma_m),
    )


def _track_covariance(report: Any, sigma_m: float) -> tuple[float, ...]:
    """Give the upper triangle of the diagonal covariance that a track's stated errors amount to."""
    l, v = report.location, report.enu_velocity  # noqa: E741
    fallback = sigma_m or DEFAULT_POSITION_SIGMA_M
    sigmas = [e if e > 0 else fallback for e in (l.x_error, l.y_error, l.z_error)]
    sigmas += [e if e > 0 else 10.0 for e in (v.east_rate_error, v.north_rate_error, v.up_rate_error)]
    return tuple(sigmas[i] ** 2 if i == j else 0.0 for i in range(6) for j in range(i, 6))


def _decode_status(report: Any, node: Node, time_utc_ns: int, arrival_utc_ns: int) -> tuple[Message, ...]:
    """Read a status report: a pose (of a mobile node), a sign of life, the weather."""
    weather = [s.status_value for s in report.status if s.status_type == StatusReport.STATUS_TYPE_WEATHER]
    if node.kind == "weather":
        return tuple(_decode_weather(text, arrival_utc_ns) for text in weather)
    stamps: dict[str, Any] = {
        "sensor_id": node.sensor_id,
        "time_utc_ns": time_utc_ns,
        "arrival_utc_ns": arrival_utc_ns,
    }
    if not (report.HasField("node_location") and node.is_mobile):
        return (Heartbeat(**stamps),)
    position, sigma_m = _geodetic(report.node_location, "status_report.node_location")
    azimuth = elevation = None
    if report.HasField("field_of_view") and report.field_of_view.HasField("range_bearing"):
        cone = report.field_of_view.range_bearing
        angle, _ = _scales(cone, "status_report.field_of_view.range_bearing")
        azimuth = cone.azimuth * angle if cone.HasField("azimuth") else None
        elevation = cone.elevation * angle if cone.HasField("elevation") else None
    pose = PoseReport(
        position=position,
        position_sigma_m=sigma_m,
        boresight_azimuth_rad=azimuth,
        boresight_elevation_rad=elevation,
        **stamps,
    )
    return (pose,) if node.separate_heartbeats else (pose, Heartbeat(**stamps))


def _decode_weather(text: str, arrival_utc_ns: int) -> WeatherReport:
    names = set(WeatherReport.__struct_fields__) - {"arrival_utc_ns"}
    values: dict[str, float] = {}
    for part in text.split():
        name, _, value = part.partition("=")
        if name in names:
            values[name] = _number({name: value}, name, 0.0)
    missing = {"wind_east_ms", "wind_north_ms", "wind_sigma_ms"} - values.keys()
    if missing or not all(map(math.isfinite, values.values())):
        raise SapientError(
            "status_value of type WEATHER must read wind_east_ms=… wind_north_ms=… wind_sigma_ms=…", "status_value"
        )
    return WeatherReport(arrival_utc_ns=arrival_utc_ns, **values)


def decode(message: Any, node: Node, *, arrival_utc_ns: int) -> tuple[Message, ...]:
    """Read a checked detection or status report of a registered node.

    Raises
    ------
    SapientError
        The report cannot be used; the reasons name the field and what is expected there.
    """
    time_utc_ns = time_of(message)
    content = message.WhichOneof("content")
    if content == "status_report":
        return _finite(_decode_status(message.status_report, node, time_utc_ns, arrival_utc_ns))
    if content != "detection_report":
        raise SapientError(f"a {content} message is not taken from a sensor", str(content))
    report = message.detection_report
    infos = _infos(report)
    time_utc_ns = _integer(infos, "measured_utc_ns", time_utc_ns)
    detection_id = infos.get("detection_id", report.report_id)[:128]
    reader = _decode_angles if report.WhichOneof("location_oneof") == "range_bearing" else _decode_place
    try:
        return _finite((reader(report, node, time_utc_ns, detection_id, arrival_utc_ns),))
    except SapientError:
        raise
    except ValueError as error:
        raise SapientError(str(error), "detection_report") from error


def _finite(messages: tuple[Message, ...]) -> tuple[Message, ...]:
    """Refuse what a journal could not give back: numbers that are not finite."""
    for message in messages:
        _require_finite(msgspec.to_builtins(message), "")
    return messages


def _require_finite(value: object, place: str) -> None:
    if isinstance(value, dict):
        for name, inner in value.items():
            _require_finite(inner, name)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            _require_finite(inner, place)
    elif isinstance(value, float) and not math.isfinite(value):
        raise SapientError(f"{place} must be finite, found {value!r}", place)
