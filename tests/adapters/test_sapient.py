from __future__ import annotations

import math
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sapient_msg.bsi_flex_335_v2_0 import location_pb2, range_bearing_pb2, registration_pb2

from marsad.adapters import sapient
from marsad.adapters.sapient_form import SapientMessage, is_ulid, ulid_of
from marsad.terms import (
    Bearing,
    BiasPrior,
    CooperativeReport,
    Flash,
    Geodetic,
    Heartbeat,
    Impulse,
    Message,
    Plot,
    PoseReport,
    Sensor,
    SensorTrackReport,
    WeatherReport,
)

T0 = 1_800_000_000_123_456_789
PLACE = Geodetic.from_degrees(30.0, 20.0, 211.5)
NODES = {
    kind: Sensor(sensor_id=f"{kind}-1", kind=kind, position=PLACE, is_mobile=kind == "drone")
    for kind in ("balloon", "drone", "camera", "radar", "acoustic", "cooperative", "tracker")
}

# within what a number may be at the door (marsad.terms.limits)
speeds = st.floats(-3_000.0, 3_000.0)
winds = st.floats(-100.0, 100.0)
azimuths = st.floats(-7.0, 7.0)
elevations = st.floats(-1.6, 1.6)
positive = st.floats(1e-3, 0.19)
times = st.integers(10**18, 4 * 10**18)
places = st.builds(
    Geodetic,
    latitude_rad=st.floats(-math.pi / 2, math.pi / 2),
    longitude_rad=st.floats(-math.pi, math.pi),
    height_m=st.floats(-500.0, 30_000.0),
)
names = st.text(min_size=1, max_size=20).filter(lambda s: s.strip() and s.isprintable())


def stamps(kind: str) -> dict[str, Any]:
    return {"sensor_id": st.just(f"{kind}-1"), "time_utc_ns": times, "arrival_utc_ns": times}


@st.composite
def covariance2(draw: Any) -> tuple[float, float, float]:
    a, c, r = draw(positive), draw(positive), draw(st.floats(-0.9, 0.9))
    return (a, r * math.sqrt(a * c), c)


@st.composite
def covariance3(draw: Any) -> tuple[float, ...]:
    a, b, c = draw(positive), draw(positive), draw(positive)
    r = draw(st.floats(-0.4, 0.4))
    return (a, r * math.sqrt(a * b), 0.0, b, 0.0, c)


@st.composite
def covariance6(draw: Any) -> tuple[float, ...]:
    sigmas = [draw(st.floats(1e-2, 1e3)) for _ in range(6)]
    r = draw(st.floats(-0.15, 0.15))
    return tuple(sigmas[i] * sigmas[j] * (1.0 if i == j else r) for i in range(6) for j in range(i, 6))


MESSAGES = st.one_of(
    st.builds(
        Flash,
        **stamps("balloon"),
        detection_id=names,
        azimuth_rad=azimuths,
        elevation_rad=elevations,
        covariance_rad2=covariance2(),
        onset_utc_ns=times,
        onset_sigma_s=positive,
    ),
    st.builds(
        Bearing,
        **stamps("drone"),
        detection_id=names,
        kind=st.sampled_from(["plume", "hot", "object"]),
        azimuth_rad=azimuths,
        elevation_rad=elevations,
        covariance_rad2=covariance2(),
    ),
    st.builds(
        Plot,
        **stamps("radar"),
        detection_id=names,
        range_m=positive,
        azimuth_rad=azimuths,
        elevation_rad=elevations,
        covariance=covariance3(),
    ),
    st.builds(
        Impulse,
        **stamps("acoustic"),
        detection_id=names,
        azimuth_rad=azimuths,
        azimuth_sigma_rad=positive,
        time_sigma_s=positive,
    ),
    st.builds(
        PoseReport,
        **stamps("drone"),
        position=places,
        position_sigma_m=st.floats(0.0, 100.0),
        boresight_azimuth_rad=st.none() | azimuths,
        boresight_elevation_rad=st.none() | elevations,
    ),
    st.builds(Heartbeat, **stamps("radar")),
    st.builds(
        CooperativeReport,
        **stamps("cooperative"),
        transponder_id=names,
        position=places,
        velocity_enu_ms=st.none() | st.tuples(speeds, speeds, speeds),
        position_sigma_m=positive,
        source=st.sampled_from(["adsb", "remote_id", "own_fleet", "unspecified"]),
    ),
    st.builds(
        SensorTrackReport,
        **stamps("tracker"),
        detection_id=names,
        position=places,
        velocity_enu_ms=st.tuples(speeds, speeds, speeds),
        covariance_enu=covariance6(),
    ),
    st.builds(
        WeatherReport,
        arrival_utc_ns=times,
        wind_east_ms=winds,
        wind_north_ms=winds,
        wind_sigma_ms=positive,
        profile_ground_m=st.none() | st.floats(-400.0, 5_000.0),
        sound_speed_relative_sigma=positive,
    ),
)


def node_for(message: Message) -> sapient.Node:
    if isinstance(message, WeatherReport):
        registration = sapient.encode_weather_node("weather", time_utc_ns=T0)
    else:
        registration = sapient.encode_sensor(NODES[message.sensor_id[:-2]], time_utc_ns=T0)
    sapient.check(registration)
    return sapient.decode_registration(registration, arrival_utc_ns=T0)


@settings(max_examples=300, deadline=None)
@given(message=MESSAGES, sent=st.none() | times)
def test_what_is_written_is_read_back_equal(message: Message, sent: int | None) -> None:
    written = sapient.encode(message, sent_utc_ns=sent)
    sapient.check(written)
    received = sapient.parse(sapient.frame(written)[4:])
    if sent is not None and isinstance(message, PoseReport | Heartbeat):
        message = msgspec.structs.replace(message, time_utc_ns=sent)  # a status report has no time but the message's
    assert sapient.decode(received, node_for(message), arrival_utc_ns=message.arrival_utc_ns) == (message,)


@settings(max_examples=60, deadline=None)
@given(
    sensor=st.builds(
        Sensor,
        sensor_id=st.text("ABCDEF-0123456789", min_size=1, max_size=20),
        kind=st.sampled_from(sorted(NODES)),
        position=places,
        is_mobile=st.booleans(),
        bias_prior=st.builds(BiasPrior, azimuth_rad=positive, clock_s=positive, up_m=positive),
        latency_s=positive,
        rate_hz=st.none() | positive,
        detection_probability=st.none() | st.floats(0.0, 1.0),
        max_range_m=st.none() | st.floats(1.0, 1e5),
        fov_half_width_azimuth_rad=st.none() | positive,
    )
)
def test_a_registration_carries_all_that_is_known_of_a_sensor(sensor: Sensor) -> None:
    registration = sapient.encode_sensor(sensor, time_utc_ns=T0, status_interval_s=2.0)
    sapient.check(registration)
    node = sapient.decode_registration(registration, arrival_utc_ns=T0)
    assert node.sensor == msgspec.structs.replace(sensor, arrival_utc_ns=T0)
    assert node.status_interval_s == 2.0
    assert node.node_id == sapient.node_id_of(sensor.sensor_id)


def foreign_detection(**location: Any) -> Any:
    """A detection as a sensor sends it that knows nothing of ours."""
    message = SapientMessage()
    message.timestamp.seconds = 1_800_000_000
    message.node_id = "a3c1f3de-6b3f-4e5c-9b6e-0c1d2e3f4a5b"
    report = message.detection_report
    report.report_id = report.object_id = ulid_of(T0, "x")
    b = report.range_bearing
    b.coordinate_system = range_bearing_pb2.RANGE_BEARING_COORDINATE_SYSTEM_DEGREES_KM
    b.datum = range_bearing_pb2.RANGE_BEARING_DATUM_TRUE
    for name, value in location.items():
        setattr(b, name, value)
    return message


def foreign_registration(*node_types: int, sub_type: str = "") -> Any:
    message = sapient.encode_sensor(NODES["radar"], time_utc_ns=T0)
    r = message.registration
    del r.node_definition[:], r.capabilities[:]
    for node_type in node_types:
        definition = r.node_definition.add()
        definition.node_type = node_type
        if sub_type:
            definition.node_sub_type.append(sub_type)
    c = r.capabilities.add()
    c.category, c.type, c.value = "Radar", "Transmit power", "50"
    return message


def foreign_node(*node_types: int, kind: str = "radar") -> sapient.Node:
    known = NODES[kind]
    return sapient.decode_registration(foreign_registration(*node_types), arrival_utc_ns=T0, known=known)


def test_degrees_and_kilometres_are_understood() -> None:
    node = foreign_node(registration_pb2.Registration.NODE_TYPE_RADAR)
    message = foreign_detection(azimuth=90.0, elevation=10.0, range=4.2, azimuth_error=0.5, range_error=0.02)
    sapient.check(message)
    (read,) = sapient.decode(message, node, arrival_utc_ns=T0)
    assert isinstance(read, Plot)
    assert read.range_m == pytest.approx(4200.0)
    assert read.azimuth_rad == pytest.approx(math.pi / 2)
    assert read.covariance[0] == pytest.approx(20.0**2)
    assert read.covariance[3] == pytest.approx(math.radians(0.5) ** 2)
    assert read.covariance[5] == pytest.approx(0.01**2)  # the elevation's error was not stated


@pytest.mark.parametrize(
    ("classification", "expected"),
    [("Muzzle Flash", Flash), ("Rocket launch", Flash), ("Plume", Bearing), ("UAV", Bearing), (None, Bearing)],
)
def test_a_foreign_camera_is_understood(classification: str | None, expected: type) -> None:
    node = foreign_node(registration_pb2.Registration.NODE_TYPE_CAMERA, kind="camera")
    message = foreign_detection(azimuth=10.0, elevation=1.0)
    if classification is not None:
        message.detection_report.classification.add().type = classification
    (read,) = sapient.decode(message, node, arrival_utc_ns=T0)
    assert type(read) is expected
    if isinstance(read, Bearing):
        assert read.kind == ("plume" if classification == "Plume" else "object")


def test_a_foreign_mobile_node_tells_its_pose_and_that_it_lives() -> None:
    node = foreign_node(
        registration_pb2.Registration.NODE_TYPE_CAMERA,
        registration_pb2.Registration.NODE_TYPE_MOBILE_NODE,
        kind="drone",
    )
    message = sapient.encode(PoseReport(sensor_id="x", time_utc_ns=T0, arrival_utc_ns=T0, position=PLACE))
    kinds = [type(read) for read in sapient.decode(message, node, arrival_utc_ns=T0)]
    assert kinds == [PoseReport, Heartbeat]


def _magnetic(message: Any) -> None:
    message.detection_report.range_bearing.datum = range_bearing_pb2.RANGE_BEARING_DATUM_MAGNETIC


def _without_azimuth(message: Any) -> None:
    message.detection_report.range_bearing.ClearField("azimuth")


def _without_elevation(message: Any) -> None:
    message.detection_report.range_bearing.ClearField("elevation")


def _not_finite(message: Any) -> None:
    message.detection_report.range_bearing.azimuth = math.nan


def _negative_range(message: Any) -> None:
    message.detection_report.range_bearing.range = -4.0


def _bad_covariance(message: Any) -> None:
    item = message.detection_report.object_info.add()
    item.type, item.value = "covariance", "1 2 3"


def _in_utm(message: Any) -> None:
    message.detection_report.location.coordinate_system = location_pb2.LOCATION_COORDINATE_SYSTEM_UTM_M
    message.detection_report.location.datum = location_pb2.LOCATION_DATUM_WGS84_E


@pytest.mark.parametrize(
    ("spoil", "named"),
    [
        (_magnetic, "TRUE"),
        (_without_azimuth, "azimuth"),
        (_without_elevation, "elevation"),
        (_not_finite, "finite"),
        (_negative_range, "range_m must be positive"),
        (_bad_covariance, "must hold 6 numbers"),
        (_in_utm, "LAT_LNG"),
    ],
)
def test_what_cannot_be_used_is_refused_with_the_reason(spoil: Any, named: str) -> None:
    node = foreign_node(registration_pb2.Registration.NODE_TYPE_RADAR)
    message = foreign_detection(azimuth=90.0, elevation=10.0, range=4.2)
    spoil(message)
    with pytest.raises(sapient.SapientError, match=named):
        sapient.decode(message, node, arrival_utc_ns=T0)


@pytest.mark.parametrize(
    ("field", "value"),
    [("node_id", "radar-1"), ("report_id", "not a ulid"), ("object_id", "8ZZZZZZZZZZZZZZZZZZZZZZZZZ")],
)
def test_identifiers_must_have_their_form(field: str, value: str) -> None:
    message = foreign_detection(azimuth=90.0, elevation=10.0, range=4.2)
    setattr(message if field == "node_id" else message.detection_report, field, value)
    with pytest.raises(sapient.SapientError, match=field):
        sapient.check(message)


def test_every_missing_mandatory_field_is_named() -> None:
    message = SapientMessage()
    message.status_report.report_id = ulid_of(T0, "x")
    with pytest.raises(sapient.SapientError) as caught:
        sapient.check(message)
    said = " ".join(caught.value.reasons)
    for name in ("timestamp", "node_id", "status_report.mode", "status_report.system", "status_report.info"):
        assert name in said


@pytest.mark.parametrize("node_type", ["KINETIC", "JAMMER", "LDEW", "RFDEW", "CYBER"])
def test_effectors_are_refused(node_type: str) -> None:
    number = getattr(registration_pb2.Registration, f"NODE_TYPE_{node_type}")
    registration = foreign_registration(registration_pb2.Registration.NODE_TYPE_RADAR, number)
    del registration.registration.node_definition[0]
    with pytest.raises(sapient.SapientError, match="effectors"):
        sapient.decode_registration(registration, arrival_utc_ns=T0)


@settings(max_examples=200, deadline=None)
@given(payload=st.binary(max_size=300))
def test_garbage_is_refused_and_nothing_else_happens(payload: bytes) -> None:
    with pytest.raises(sapient.SapientError):
        sapient.check(sapient.parse(payload))


@given(time=st.integers(0, 2**62), name=st.text(max_size=10))
def test_made_identifiers_are_ulids_that_sort_by_time(time: int, name: str) -> None:
    assert is_ulid(ulid_of(time, name))
    assert ulid_of(time, name) < ulid_of(time + 10_000_000, name)
    assert ulid_of(time, name) == ulid_of(time, name)
