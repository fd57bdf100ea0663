"""Registrations of SAPIENT nodes: who a sensor is, and what it says of itself.

What the standard has no field for (biases, latency, rates) travels as capabilities of category ``marsad`` under the
name of the vocabulary's field; a node without them gets the cautious numbers of ``CAUTIOUS``.
"""

from __future__ import annotations

import math
from typing import Any, Literal

import msgspec
from sapient_msg.bsi_flex_335_v2_0 import location_pb2, range_bearing_pb2, registration_pb2

from marsad.adapters.sapient_form import SapientError, SapientMessage, node_id_of, set_time
from marsad.sensing.stated import within_site
from marsad.terms import BiasPrior, Geodetic, OutOfRangeError, Sensor, SensorKind, SensorReport, require_in_range

ICD_VERSION = "BSI Flex 335 v2.0"
CATEGORY = "marsad"
NodeKind = Literal["balloon", "drone", "camera", "radar", "acoustic", "cooperative", "tracker", "weather"]

Registration = registration_pb2.Registration
_TYPE_OF_KIND: dict[str, int] = {
    "balloon": Registration.NODE_TYPE_CAMERA,
    "drone": Registration.NODE_TYPE_CAMERA,
    "camera": Registration.NODE_TYPE_CAMERA,
    "radar": Registration.NODE_TYPE_RADAR,
    "acoustic": Registration.NODE_TYPE_ACOUSTIC,
    "cooperative": Registration.NODE_TYPE_PASSIVE_RF,
    "tracker": Registration.NODE_TYPE_FUSION_NODE,
    "weather": Registration.NODE_TYPE_OTHER,
}
_KIND_OF_TYPE: dict[int, NodeKind] = {
    Registration.NODE_TYPE_RADAR: "radar",
    Registration.NODE_TYPE_LIDAR: "radar",
    Registration.NODE_TYPE_CAMERA: "camera",
    Registration.NODE_TYPE_ACOUSTIC: "acoustic",
    Registration.NODE_TYPE_PASSIVE_RF: "cooperative",
    Registration.NODE_TYPE_FUSION_NODE: "tracker",
}
_EFFECTORS = {
    Registration.NODE_TYPE_KINETIC: "kinetic",
    Registration.NODE_TYPE_JAMMER: "jammer",
    Registration.NODE_TYPE_CYBER: "cyber",
    Registration.NODE_TYPE_LDEW: "laser weapon",
    Registration.NODE_TYPE_RFDEW: "radio-frequency weapon",
}
_SECONDS = {
    registration_pb2.Registration.TIME_UNITS_NANOSECONDS: 1e-9,
    registration_pb2.Registration.TIME_UNITS_MICROSECONDS: 1e-6,
    registration_pb2.Registration.TIME_UNITS_MILLISECONDS: 1e-3,
    registration_pb2.Registration.TIME_UNITS_SECONDS: 1.0,
    registration_pb2.Registration.TIME_UNITS_MINUTES: 60.0,
    registration_pb2.Registration.TIME_UNITS_HOURS: 3600.0,
    registration_pb2.Registration.TIME_UNITS_DAYS: 86400.0,
}
# A node that says nothing of its constant errors: those of a sensor set up in haste (compass of a phone, a receiver
# of satellite navigation without corrections, a clock kept by NTP over a bad line).
CAUTIOUS: dict[str, BiasPrior] = {
    "camera": BiasPrior(azimuth_rad=0.01, elevation_rad=0.005, clock_s=0.05, east_m=5.0, north_m=5.0, up_m=8.0),
    "radar": BiasPrior(azimuth_rad=0.01, elevation_rad=0.01, range_m=30.0, clock_s=0.05),
    "acoustic": BiasPrior(azimuth_rad=0.03, clock_s=0.05),
}
_NUMBERS = (
    "latency_s",
    "rate_hz",
    "detection_probability",
    "min_elevation_rad",
    "max_range_m",
    "fov_half_width_azimuth_rad",
    "fov_half_width_elevation_rad",
    "post_burnout_s",
    "false_flashes_per_s",
    "false_plots_per_scan",
    "false_impulses_per_s",
)


class Node(msgspec.Struct, frozen=True, kw_only=True):
    """A registered node: its name among the sensors, and how its messages are to be read.

    ``sensor`` is missing for a weather node, and until the place of a node that did not say it is known.
    """

    node_id: str
    sensor_id: str
    kind: NodeKind
    is_mobile: bool = False
    status_interval_s: float = 5.0
    separate_heartbeats: bool = False
    journal_acks: bool = False
    sensor: Sensor | None = None
    described: dict[str, float] = {}
    overruled: tuple[str, ...] = ()
    """What the node says of itself and the site file says otherwise: the file's is used."""


def _unit(name: str) -> str:
    for suffix, unit in (("_rad", "rad"), ("_m", "m"), ("_s", "s"), ("_hz", "Hz")):
        if name.endswith(suffix):
            return unit
    return ""


def _capability(registration: Any, name: str, value: str) -> None:
    c = registration.capabilities.add()
    c.category, c.type, c.value, c.units = CATEGORY, name, value, _unit(name)


def _mode(registration: Any, kind: str, latency_s: float) -> None:
    mode = registration.mode_definition.add()
    mode.mode_name, mode.mode_type = "default", Registration.MODE_TYPE_DEFAULT
    mode.settle_time.units, mode.settle_time.value = Registration.TIME_UNITS_SECONDS, 0.0
    mode.maximum_latency.units, mode.maximum_latency.value = Registration.TIME_UNITS_SECONDS, latency_s
    mode.tracking_type = Registration.TRACKING_TYPE_TRACK if kind == "tracker" else Registration.TRACKING_TYPE_NONE
    where = mode.detection_definition.add().location_type
    if kind in ("cooperative", "tracker", "weather"):
        where.location_units = location_pb2.LOCATION_COORDINATE_SYSTEM_LAT_LNG_RAD_M
        where.location_datum = location_pb2.LOCATION_DATUM_WGS84_E
    else:
        where.range_bearing_units = range_bearing_pb2.RANGE_BEARING_COORDINATE_SYSTEM_RADIANS_M
        where.range_bearing_datum = range_bearing_pb2.RANGE_BEARING_DATUM_TRUE
    error = mode.detection_definition[0].geometric_error
    error.type, error.units, error.variation_type = "Standard Deviation", "radians, metres", "per detection"
    region = mode.task.region_definition
    region.region_type.append(Registration.REGION_TYPE_AREA_OF_INTEREST)
    area = region.region_area.add()
    area.location_units = location_pb2.LOCATION_COORDINATE_SYSTEM_LAT_LNG_RAD_M
    area.location_datum = location_pb2.LOCATION_DATUM_WGS84_E


def _registration(sensor_id: str, kind: str, time_utc_ns: int, status_interval_s: float, latency_s: float) -> Any:
    message = SapientMessage()
    set_time(message, time_utc_ns)
    message.node_id = node_id_of(sensor_id)
    r = message.registration
    definition = r.node_definition.add()
    definition.node_type = _TYPE_OF_KIND[kind]
    definition.node_sub_type.append(kind)
    r.icd_version, r.name, r.short_name = ICD_VERSION, sensor_id, sensor_id
    interval = r.status_definition.status_interval
    interval.units, interval.value = Registration.TIME_UNITS_SECONDS, status_interval_s
    c = r.config_data.add()
    c.manufacturer, c.model = "marsad", kind
    _mode(r, kind, latency_s)
    return message


def encode_sensor(
    sensor: Sensor, *, time_utc_ns: int, status_interval_s: float = 2.0, journal_acks: bool = False
) -> Any:
    """Make the registration of a sensor; everything the vocabulary knows of it is carried."""
    message = _registration(sensor.sensor_id, sensor.kind, time_utc_ns, status_interval_s, sensor.latency_s)
    r = message.registration
    if sensor.is_mobile:
        r.node_definition.add().node_type = Registration.NODE_TYPE_MOBILE_NODE
    for name in ("latitude_rad", "longitude_rad", "height_m"):
        _capability(r, f"position.{name}", repr(getattr(sensor.position, name)))
    for name in BiasPrior.__struct_fields__:
        _capability(r, f"bias_prior.{name}", repr(getattr(sensor.bias_prior, name)))
    for name in _NUMBERS:
        if getattr(sensor, name) is not None:
            _capability(r, name, repr(getattr(sensor, name)))
    _capability(r, "separate_heartbeats", "1")
    if journal_acks:
        _capability(r, "journal_acks", "1")
    return message


def encode_weather_node(
    sensor_id: str, *, time_utc_ns: int, status_interval_s: float = 60.0, journal_acks: bool = False
) -> Any:
    """Make the registration of a node that only tells the weather."""
    message = _registration(sensor_id, "weather", time_utc_ns, status_interval_s, 0.0)
    r = message.registration
    _capability(r, "journal_acks" if journal_acks else "weather", "1")
    return message


def _numbers(registration: Any) -> dict[str, float]:
    """Give the capabilities of our category as numbers."""
    found: dict[str, float] = {}
    for c in registration.capabilities:
        if c.category != CATEGORY:
            continue
        try:
            number = float(c.value)
        except ValueError as error:
            raise SapientError(
                f"registration.capabilities: {c.type} must be a number, found {c.value[:40]!r}"
            ) from error
        if not math.isfinite(number):
            raise SapientError(f"registration.capabilities: {c.type} must be finite, found {c.value[:40]!r}")
        found[c.type] = number
    return found


def _kind(registration: Any) -> NodeKind:
    for definition in registration.node_definition:
        if definition.node_type in _EFFECTORS:
            what = _EFFECTORS[definition.node_type]
            raise SapientError(
                f"node_type {what}: Marsad takes detections; it neither registers nor commands effectors"
            )
        sub_types = [s.lower() for s in definition.node_sub_type]
        for kind, node_type in _TYPE_OF_KIND.items():
            if kind in sub_types and node_type == definition.node_type:
                return kind  # type: ignore[return-value]  # the keys are NodeKind's words
        if definition.node_type in _KIND_OF_TYPE:
            return _KIND_OF_TYPE[definition.node_type]
    raise SapientError(
        "registration.node_definition: a node_type of RADAR, LIDAR, CAMERA, ACOUSTIC, PASSIVE_RF or FUSION_NODE is "
        "expected (or OTHER with the sub-type weather)"
    )


def decode_registration(message: Any, *, arrival_utc_ns: int, known: Sensor | None = None, name: str = "") -> Node:
    """Read a registration.

    Parameters
    ----------
    message
        A checked SAPIENT message that holds a registration.
    arrival_utc_ns
        When it reached the node.
    known
        What the site file says of this sensor, used for what the registration leaves out.
    name
        The sensor's name, if not the one that the registration gives.

    Raises
    ------
    SapientError
        The node is of no kind that Marsad takes, or a capability cannot be read.
    """
    r = message.registration
    kind = _kind(r)
    numbers = _numbers(r)
    interval = r.status_definition.status_interval
    interval_s = float(interval.value) * _SECONDS.get(interval.units, 1.0)
    if not (math.isfinite(interval_s) and interval_s > 0):
        raise SapientError("registration.status_definition.status_interval must be a positive duration")
    if known is not None and _family(kind) != _family(known.kind):
        raise SapientError(
            f"the site file says that {known.sensor_id} is a {known.kind}, not a {kind}", "node_definition"
        )
    node = Node(
        node_id=message.node_id,
        sensor_id=name or name_of(message),
        kind=kind if known is None else known.kind,
        is_mobile=any(d.node_type == Registration.NODE_TYPE_MOBILE_NODE for d in r.node_definition),
        status_interval_s=interval_s,
        separate_heartbeats=bool(numbers.get("separate_heartbeats")),
        journal_acks=bool(numbers.get("journal_acks")),
        described=numbers,
    )
    if kind == "weather":
        return node
    return with_sensor(node, _position(numbers, known), arrival_utc_ns, known)


def name_of(message: Any) -> str:
    """Give the name a registration asks for: its short name, else its name, else its UUID."""
    return str(message.registration.short_name or message.registration.name or message.node_id)[:64]


def _position(numbers: dict[str, float], known: Sensor | None) -> Geodetic | None:
    if {"position.latitude_rad", "position.longitude_rad"} <= numbers.keys():
        try:
            return Geodetic(
                latitude_rad=numbers["position.latitude_rad"],
                longitude_rad=numbers["position.longitude_rad"],
                height_m=numbers.get("position.height_m", 0.0),
            )
        except ValueError as error:
            raise SapientError(f"registration.capabilities: {error}") from error
    return None if known is None else known.position


def with_sensor(node: Node, position: Geodetic | None, arrival_utc_ns: int, known: Sensor | None = None) -> Node:
    """Give the node with its sensor, if its place is known; what the site file says of it (``known``) stays.

    Raises
    ------
    SapientError
        The node describes itself by numbers that no sensor can have.
    """
    if position is None or node.kind == "weather":
        return node
    biases = {
        name: node.described[f"bias_prior.{name}"]
        for name in BiasPrior.__struct_fields__
        if f"bias_prior.{name}" in node.described
    }
    kind: SensorKind = node.kind
    unsaid = CAUTIOUS.get(_family(kind), BiasPrior()) if known is None else known.bias_prior
    sensor = Sensor(
        sensor_id=node.sensor_id,
        kind=kind,
        position=position,
        arrival_utc_ns=arrival_utc_ns,
        is_mobile=node.is_mobile,
        bias_prior=BiasPrior(**biases) if biases else unsaid,
        **{name: node.described[name] for name in _NUMBERS if name in node.described},
    )
    try:
        require_in_range(SensorReport(arrival_utc_ns=arrival_utc_ns, sensor=sensor))
    except OutOfRangeError as error:
        raise SapientError(f"registration.capabilities: {error.reason}", error.field) from error
    if known is None:
        return msgspec.structs.replace(node, sensor=sensor)
    sensor, overruled = within_site(known, sensor)
    return msgspec.structs.replace(node, sensor=sensor, is_mobile=sensor.is_mobile, overruled=overruled)


def _family(kind: str) -> str:
    """Name what kinds have in common: those that see directions only are all cameras."""
    return "camera" if kind in ("balloon", "drone") else kind
