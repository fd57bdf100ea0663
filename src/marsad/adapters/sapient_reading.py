"""SAPIENT messages as the vocabulary; ``sapient`` holds both directions together.

Angles may come in degrees or radians, ranges in metres or kilometres, azimuths from true north only, positions as
WGS-84 latitude and longitude with ellipsoidal heights only.
"""

from __future__ import annotations

import math
from typing import Any, Literal

from sapient_msg.bsi_flex_335_v2_0 import location_pb2, range_bearing_pb2, status_report_pb2

from marsad.adapters.sapient_form import SapientError, time_of
from marsad.adapters.sapient_nodes import Node
from marsad.terms import (
    Bearing,
    BearingKind,
    CooperativeReport,
    Flash,
    Geodetic,
    Heartbeat,
    Impulse,
    Message,
    OutOfRangeError,
    Plot,
    PoseReport,
    SensorTrackReport,
    WeatherReport,
    require_in_range,
)
from marsad.terms.limits import require_sigma

StatusReport = status_report_pb2.StatusReport
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
_SOURCES: dict[str, Literal["adsb", "remote_id", "own_fleet"]] = {
    "adsb": "adsb",
    "remote_id": "remote_id",
    "own_fleet": "own_fleet",
}


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


def _angle_sigma(value: float, scale: float, default: float) -> float:
    """Give a stated standard deviation in radians, or the default; one that may be squared."""
    return require_sigma("azimuth_error or elevation_error", value * scale, is_angle=True) if value > 0 else default


def _range_sigma(value: float, scale: float) -> float:
    return require_sigma("range_error", value * scale, is_angle=False) if value > 0 else DEFAULT_RANGE_SIGMA_M


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
    azimuth_sigma = _angle_sigma(b.azimuth_error, angle, default)
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
    elevation_sigma = _angle_sigma(b.elevation_error, angle, default)
    common["elevation_rad"] = b.elevation * angle
    if b.HasField("range"):
        range_sigma = _range_sigma(b.range_error, length)
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
        return CooperativeReport(
            sensor_id=node.sensor_id,
            time_utc_ns=time_utc_ns,
            arrival_utc_ns=arrival_utc_ns,
            transponder_id=report.id,
            position=position,
            velocity_enu_ms=velocity,
            position_sigma_m=sigma_m or DEFAULT_POSITION_SIGMA_M,
            source=_SOURCES.get(infos.get("cooperative_source", ""), "unspecified"),
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
    place, rate = report.location, report.enu_velocity
    fallback = sigma_m or DEFAULT_POSITION_SIGMA_M
    sigmas = [e if e > 0 else fallback for e in (place.x_error, place.y_error, place.z_error)]
    sigmas += [e if e > 0 else 10.0 for e in (rate.east_rate_error, rate.north_rate_error, rate.up_rate_error)]
    # a product, as a power of what is too large raises instead of giving infinity, which is refused with its reason
    return tuple(sigmas[i] * sigmas[i] if i == j else 0.0 for i in range(6) for j in range(i, 6))


def _decode_status(report: Any, node: Node, time_utc_ns: int, arrival_utc_ns: int) -> tuple[Message, ...]:
    """Read a status report: a pose (of a mobile node), a sign of life, the weather."""
    weather = [s.status_value for s in report.status if s.status_type == StatusReport.STATUS_TYPE_WEATHER]
    if node.kind == "weather":
        return tuple(_decode_weather(text, arrival_utc_ns) for text in weather[-1:])  # one report has one weather
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
    """Read a checked detection or status report of a registered node; what it gives holds only numbers in range.

    Raises
    ------
    SapientError
        The report cannot be used; the reasons name the field and what is expected there.
    """
    content = message.WhichOneof("content")
    try:
        read = _decode(message, node, content, arrival_utc_ns)
        for one in read:
            require_in_range(one)
    except SapientError:
        raise
    except OutOfRangeError as error:
        raise SapientError(error.reason, error.field) from error
    except ValueError as error:
        raise SapientError(str(error), str(content)) from error
    return read


def _decode(message: Any, node: Node, content: str | None, arrival_utc_ns: int) -> tuple[Message, ...]:
    time_utc_ns = time_of(message)
    if content == "status_report":
        return _decode_status(message.status_report, node, time_utc_ns, arrival_utc_ns)
    if content != "detection_report":
        raise SapientError(f"a {content} message is not taken from a sensor", str(content))
    report = message.detection_report
    infos = _infos(report)
    time_utc_ns = _integer(infos, "measured_utc_ns", time_utc_ns)
    detection_id = infos.get("detection_id", report.report_id)
    reader = _decode_angles if report.WhichOneof("location_oneof") == "range_bearing" else _decode_place
    return (reader(report, node, time_utc_ns, detection_id, arrival_utc_ns),)
