"""At the door: a number means something, or the message that holds it is refused with the reason."""

from __future__ import annotations

import math
from typing import Any

import msgspec
import pytest

from marsad.terms import (
    Bearing,
    BiasPrior,
    CooperativeReport,
    Flash,
    Geodetic,
    Impulse,
    OutOfRangeError,
    Plot,
    PoseReport,
    Sensor,
    SensorReport,
    SensorTrackReport,
    Tick,
    WeatherReport,
    require_in_range,
)

NOW = 1_800_000_000_000_000_000
PLACE = Geodetic.from_degrees(30.0, 20.0, 250.0)
STAMPS: dict[str, Any] = {"sensor_id": "S", "time_utc_ns": NOW, "arrival_utc_ns": NOW}
ANGLES: dict[str, Any] = {"detection_id": "d", "azimuth_rad": 0.4, "elevation_rad": 0.1}
DIAGONAL = tuple(100.0 if i == j else 0.0 for i in range(6) for j in range(i, 6))

PLOT = Plot(**STAMPS, **ANGLES, range_m=5e3, covariance=(400.0, 0.0, 0.0, 4e-5, 0.0, 4e-5))
FLASH = Flash(**STAMPS, **ANGLES, covariance_rad2=(1e-6, 0.0, 1e-6), onset_utc_ns=NOW, onset_sigma_s=0.02)
BEARING = Bearing(**STAMPS, **ANGLES, kind="plume", covariance_rad2=(1e-6, 0.0, 1e-6))
IMPULSE = Impulse(**STAMPS, detection_id="d", azimuth_rad=0.4, azimuth_sigma_rad=0.03, time_sigma_s=0.01)
CLAIM = CooperativeReport(**STAMPS, transponder_id="X", position=PLACE, velocity_enu_ms=(90.0, 0.0, 0.0))
TRACK = SensorTrackReport(
    **STAMPS, detection_id="d", position=PLACE, velocity_enu_ms=(9.0, 0.0, 0.0), covariance_enu=DIAGONAL
)
POSE = PoseReport(**STAMPS, position=PLACE, position_sigma_m=2.0)
WEATHER = WeatherReport(arrival_utc_ns=NOW, wind_east_ms=3.0, wind_north_ms=-4.0, wind_sigma_ms=2.0)
SENSOR = SensorReport(
    arrival_utc_ns=NOW,
    sensor=Sensor(sensor_id="S", kind="radar", position=PLACE, bias_prior=BiasPrior(azimuth_rad=1e-3), rate_hz=1.5),
)
EVERY = (PLOT, FLASH, BEARING, IMPULSE, CLAIM, TRACK, POSE, WEATHER, SENSOR, Tick(arrival_utc_ns=NOW))


def changed(message: Any, **fields: Any) -> Any:
    """Give the message with other numbers, past what its own type would refuse."""
    copy = msgspec.structs.replace(message)
    for name, value in fields.items():
        msgspec.structs.force_setattr(copy, name, value)
    return copy


def of_sensor(**fields: Any) -> SensorReport:
    return msgspec.structs.replace(SENSOR, sensor=changed(SENSOR.sensor, **fields))


@pytest.mark.parametrize("message", EVERY, ids=lambda m: type(m).__name__)
def test_what_sensors_send_is_in_range(message: Any) -> None:
    require_in_range(message)


def _numbers() -> list[tuple[Any, str]]:
    """Every field of every message that is a number, so that none is forgotten when one is added."""
    return [
        (message, name)
        for message in EVERY[:-2]
        for name in message.__struct_fields__
        if isinstance(getattr(message, name), float) or name == "profile_ground_m"
    ]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1e200, -1e200])
@pytest.mark.parametrize(("message", "name"), _numbers(), ids=lambda v: v if isinstance(v, str) else type(v).__name__)
def test_no_number_is_absurd_or_none(message: Any, name: str, value: float) -> None:
    with pytest.raises(OutOfRangeError) as refused:
        require_in_range(changed(message, **{name: value}))
    assert refused.value.field == name
    assert name in refused.value.reason


@pytest.mark.parametrize("name", BiasPrior.__struct_fields__)
@pytest.mark.parametrize("value", [math.nan, -1e-9, 1e200])
def test_no_bias_is_absurd(name: str, value: float) -> None:
    with pytest.raises(OutOfRangeError, match=name):
        require_in_range(of_sensor(bias_prior=changed(BiasPrior(), **{name: value})))


@pytest.mark.parametrize("name", [n for n in Sensor.__struct_fields__ if n.endswith(("_s", "_m", "_rad", "_hz"))])
def test_no_sensor_describes_itself_by_absurd_numbers(name: str) -> None:
    with pytest.raises(OutOfRangeError, match=name):
        require_in_range(of_sensor(**{name: 1e200}))


@pytest.mark.parametrize(
    "message",
    [
        changed(PLOT, covariance=(1e200, 0.0, 0.0, 4e-5, 0.0, 4e-5)),
        changed(PLOT, covariance=(400.0, 0.0, 0.0, 4.0, 0.0, 4e-5)),
        changed(PLOT, covariance=(400.0, 0.0, 0.0, 4e-5, 0.0, 1e-300)),
        changed(PLOT, covariance=(400.0, 0.0, 0.0, 0.0, 0.0, 4e-5)),
        changed(PLOT, covariance=(400.0, 0.0, 0.0, -4e-5, 0.0, 4e-5)),
        changed(PLOT, covariance=(400.0, 0.0, 0.0, 4e-5, 4e-5, 4e-5)),
        changed(PLOT, covariance=(400.0, math.nan, 0.0, 4e-5, 0.0, 4e-5)),
        changed(PLOT, covariance=(400.0, 0.0, 0.0, math.inf, 0.0, 4e-5)),
        changed(FLASH, covariance_rad2=(1e-6, 0.0, 10.0)),
        changed(BEARING, covariance_rad2=(1e-6, 1e-6, 1e-6)),
        changed(TRACK, covariance_enu=DIAGONAL[:20]),
        changed(TRACK, covariance_enu=(-1.0, *DIAGONAL[1:])),
        changed(TRACK, covariance_enu=(100.0, 99.0, 99.0, 0.0, 0.0, 0.0, 100.0, -99.0, *DIAGONAL[8:])),
        changed(CLAIM, velocity_enu_ms=(0.0, math.nan, 0.0)),
        changed(CLAIM, position_sigma_m=1e6),
        changed(POSE, position=changed(PLACE, height_m=1e200)),
        changed(PLOT, time_utc_ns=10**19),
        changed(FLASH, onset_utc_ns=-(10**400)),
        changed(PLOT, detection_id=""),
        changed(PLOT, detection_id="x" * 129),
        changed(PLOT, detection_id="a\0b"),
        changed(CLAIM, transponder_id="\ud800"),
        of_sensor(sensor_id="RD\n1"),
        of_sensor(detection_probability=1.5),
    ],
    ids=range(24),
)
def test_what_means_nothing_is_refused(message: Any) -> None:
    with pytest.raises(OutOfRangeError) as refused:
        require_in_range(message)
    assert len(refused.value.reason) < 300


def test_what_is_correlated_but_definite_is_taken() -> None:
    r = 0.999 * math.sqrt(400.0 * 4e-5)
    require_in_range(changed(PLOT, covariance=(400.0, r, 0.0, 4e-5, 0.0, 4e-5)))


def test_names_of_any_script_are_taken() -> None:
    require_in_range(of_sensor(sensor_id="رادار ١"))
