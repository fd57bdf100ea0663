"""The JSON-lines recording: what it reads, what it rejects and counts, what it refuses in one line."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marsad.adapters.errors import BadInputError
from marsad.adapters.recording import Recording, parse_recording, read_recording
from marsad.adapters.recording_line import nanoseconds
from marsad.terms import (
    Bearing,
    CooperativeReport,
    Flash,
    Heartbeat,
    Impulse,
    Plot,
    PoseReport,
    SensorReport,
    WeatherReport,
)

SENSOR: dict[str, object] = {
    "type": "sensor", "id": "RD-1", "kind": "radar", "t_arrival": 0.0, "mobile": False, "lat_deg": 30.0,
    "lon_deg": 20.0, "h_m": 240.0, "bias_prior_sigma": {"br": 5.0, "baz": 0.001, "tau": 0.01},
    "latency_typ_s": 0.3, "rate_hz": 1.5,
}  # fmt: skip
CAMERA = {**SENSOR, "id": "EO-1", "kind": "balloon", "mobile": True, "bias_prior_sigma": {}}
PLOT: dict[str, object] = {
    "type": "detection", "id": "d1", "sensor_id": "RD-1", "mode": "plot", "t_stamp": 0.5, "t_arrival": 1.0,
    "range_m": 4000.0, "az_rad": 1.0, "el_rad": 0.1, "cov": [400.0, 0.0, 0.0, 3.6e-05, 0.0, 3.6e-05],
}  # fmt: skip
FLASH: dict[str, object] = {
    "type": "detection", "id": "d2", "sensor_id": "EO-1", "mode": "flash", "t_stamp": 0.5, "t_arrival": 1.0,
    "az_rad": 1.0, "el_rad": 0.1, "cov": [1e-6, 0.0, 1e-6], "onset_t": 0.49, "onset_sigma_s": 0.02,
}  # fmt: skip


def read(*lines: dict[str, object] | str) -> Recording:
    return parse_recording([line if isinstance(line, str) else json.dumps(line) for line in lines], Path("night.jsonl"))


def test_every_line_type_becomes_its_message() -> None:
    recording = read(
        SENSOR,
        CAMERA,
        {"type": "met", "t_arrival": 0.0, "wind_e_ms": 3.0, "wind_n_ms": -4.0, "sigma_ms": 2.0},
        {"type": "pose", "sensor_id": "EO-1", "t_stamp": 0.0, "t_arrival": 0.1, "lat_deg": 30.1, "lon_deg": 20.1,
         "h_m": 600.0, "sigma_m": 1.0, "boresight_az_rad": 1.0, "boresight_el_rad": 0.0},
        {"type": "heartbeat", "sensor_id": "RD-1", "t_stamp": 0.0, "t_arrival": 0.2},
        {"type": "coop", "transponder_id": "F01", "t_stamp": 0.2, "t_arrival": 0.3, "lat_deg": 30.0, "lon_deg": 20.2,
         "h_m": 1000.0, "vel_enu_ms": [1.0, 2.0, 3.0], "sigma_m": 10.0},
        {**PLOT, "t_arrival": 0.4},
        {**FLASH, "t_arrival": 0.5},
        {**FLASH, "id": "d3", "mode": "plume", "t_arrival": 0.6},
        {"type": "detection", "id": "d4", "sensor_id": "EO-1", "mode": "impulse", "t_stamp": 0.1, "t_arrival": 0.7,
         "az_rad": 1.0, "az_sigma_rad": 0.02, "t_sigma_s": 0.01},
    )  # fmt: skip
    kinds = [
        SensorReport,
        SensorReport,
        WeatherReport,
        PoseReport,
        Heartbeat,
        CooperativeReport,
        Plot,
        Flash,
        Bearing,
        Impulse,
    ]
    assert [type(message) for message in recording.messages] == kinds
    radar, _, met, pose, _, coop, plot, flash, plume, _ = recording.messages
    assert isinstance(radar, SensorReport)
    assert radar.sensor.bias_prior.range_m == 5.0
    assert radar.sensor.bias_prior.elevation_rad == 0.0
    assert radar.sensor.max_range_m is None
    assert isinstance(met, WeatherReport)
    assert (met.wind_east_ms, met.wind_north_ms, met.profile_ground_m) == (3.0, -4.0, 210.0)
    assert isinstance(pose, PoseReport)
    assert pose.position.latitude_deg == pytest.approx(30.1)
    assert isinstance(coop, CooperativeReport)
    assert coop.velocity_enu_ms == (1.0, 2.0, 3.0)
    assert isinstance(plot, Plot)
    assert (plot.time_utc_ns, plot.arrival_utc_ns) == (500_000_000, 400_000_000)
    assert isinstance(flash, Flash)
    assert flash.onset_utc_ns == 490_000_000
    assert isinstance(plume, Bearing)
    assert plume.kind == "plume"
    assert not recording.rejected
    assert recording.ignored_fields == {"detection/plume.onset_t": 1, "detection/plume.onset_sigma_s": 1}


def test_wind_given_at_a_height_is_brought_to_the_foot_of_the_profile() -> None:
    met = read(
        {
            "type": "met",
            "t_arrival": 0.0,
            "wind_e_ms": 3.0,
            "wind_n_ms": 0.0,
            "sigma_ms": 2.0,
            "ref_height_agl_m": 900.0,
        }
    ).messages[0]
    assert isinstance(met, WeatherReport)
    assert met.wind_east_ms * (1 + 900 / 100) ** 0.15 == pytest.approx(3.0)


def test_lines_are_put_in_order_of_arrival_and_one_instant_keeps_the_order_of_the_file() -> None:
    late = {**PLOT, "id": "late", "t_arrival": 2.0}
    recording = read(SENSOR, late, {**PLOT, "id": "a"}, {**PLOT, "id": "b"})
    assert [m.detection_id for m in recording.messages if isinstance(m, Plot)] == ["a", "b", "late"]


@pytest.mark.parametrize(
    ("change", "field", "word"),
    [
        ({"range_m": -5.0}, "", "range_m"),
        ({"range_m": math.nan}, "range_m", "nan"),
        ({"az_rad": math.inf}, "az_rad", "inf"),
        ({"az_rad": None}, "az_rad", "null"),
        ({"t_stamp": None}, "t_stamp", "null"),
        ({"t_stamp": 1e12}, "t_stamp", "beyond"),
        ({"range_m": 10**400}, "range_m", "range_m"),
        ({"cov": [400.0, 0.0, 0.0, 0.0, 0.0, 0.0]}, "", "positive definite"),
        ({"cov": [400.0, 0.0, 0.0, math.nan, 0.0, 3.6e-5]}, "cov", "nan"),
        ({"cov": [1e200, 0.0, 0.0, 3.6e-5, 0.0, 3.6e-5]}, "covariance: standard deviation 1", "must be from"),
        ({"cov": [400.0, 0.0, 0.0, 9.0, 0.0, 3.6e-5]}, "covariance: standard deviation 2", "must be from"),
        ({"range_m": 1e9}, "range_m", "must be from"),
        ({"sensor_id": "RD-9"}, "sensor_id", "unknown sensor"),
    ],
)
def test_what_a_sensor_should_not_have_sent_is_rejected_with_its_reason(
    change: dict[str, object], field: str, word: str
) -> None:
    recording = read(SENSOR, {**PLOT, **change}, {**PLOT, "id": "good", "t_arrival": 3.0})
    assert [m.detection_id for m in recording.messages if isinstance(m, Plot)] == ["good"]
    (rejected,) = recording.rejected
    assert rejected.field == field
    assert word in rejected.reason
    assert rejected.arrival_utc_ns == nanoseconds(1.0)
    assert '"d1"' in rejected.raw
    assert not recording.ignored_fields


@pytest.mark.parametrize(
    ("mode", "change"),
    [
        ("flash", {"cov": [1e-6, 2e-6, 1e-6]}),
        ("flash", {"onset_sigma_s": 0.0}),
        ("plume", {"el_rad": math.nan}),
        ("impulse", {"az_sigma_rad": -1.0, "t_sigma_s": 0.1}),
    ],
)
def test_bad_bearings_are_rejected(mode: str, change: dict[str, object]) -> None:
    assert len(read(CAMERA, {**FLASH, "mode": mode, **change}).rejected) == 1


def test_bad_positions_are_rejected() -> None:
    pose = {
        "type": "pose",
        "sensor_id": "RD-1",
        "t_stamp": 0.0,
        "t_arrival": 0.1,
        "lat_deg": 95.0,
        "lon_deg": 20.0,
        "h_m": 0.0,
    }
    coop = {**pose, "type": "coop", "transponder_id": "F01", "lat_deg": 30.0, "sigma_m": -1.0}
    assert [r.source for r in read(SENSOR, pose, coop).rejected] == ["RD-1", "RD-1"]


def test_unknown_fields_and_types_are_ignored_and_counted() -> None:
    recording = read(
        SENSOR,
        {**PLOT, "colour": "red"},
        {**PLOT, "id": "d2", "colour": "red"},
        {"type": "song"},
        {**PLOT, "mode": "smell"},
        {**SENSOR, "id": "X", "kind": "dog"},
    )
    assert recording.ignored_fields == {"detection/plot.colour": 2}
    assert recording.ignored_types == {"song": 1, "detection/smell": 1, "sensor/dog": 1}
    assert len(recording.messages) == 3


@pytest.mark.parametrize(
    ("line", "field", "expected"),
    [
        ("this is not JSON", "", "expected one JSON object"),
        ("[1, 2]", "", "found a list"),
        ('{"type": "detection", "id": "d1"', "", "expected one JSON object"),
        ({"id": "d1"}, "type", "found nothing"),
        ({**PLOT, "type": 7}, "type", "found a number"),
        ({k: v for k, v in PLOT.items() if k != "mode"}, "mode", "found nothing"),
        ({k: v for k, v in PLOT.items() if k != "t_arrival"}, "t_arrival", "found nothing"),
        ({**PLOT, "t_arrival": "soon"}, "t_arrival", "found 'soon'"),
        ({**PLOT, "t_arrival": math.nan}, "t_arrival", "found nan"),
        ({k: v for k, v in PLOT.items() if k != "az_rad"}, "az_rad", "expected a number, found nothing"),
        ({**PLOT, "az_rad": "north"}, "az_rad", "expected a number, found a text"),
        ({**PLOT, "cov": [1.0, 0.0, 1.0]}, "cov", "expected a list of 6 numbers, found a list of 3"),
        ({**PLOT, "cov": [1.0, 0.0, "x", 1.0, 0.0, 1.0]}, "cov", "found a text in it"),
        ({**SENSOR, "bias_prior_sigma": 3}, "bias_prior_sigma", "expected an object"),
        ({**SENSOR, "bias_prior_sigma": {"br": "x"}}, "bias_prior_sigma.br", "expected a number"),
        ({**SENSOR, "mobile": 1}, "mobile", "expected true or false"),
    ],
)
def test_a_broken_file_is_refused_in_one_line(line: dict[str, object] | str, field: str, expected: str) -> None:
    with pytest.raises(BadInputError) as caught:
        read(SENSOR, "", line)
    message = str(caught.value)
    assert message.startswith("night.jsonl, line 3")
    assert caught.value.field == field
    assert expected in message
    assert "\n" not in message


def test_files_that_cannot_be_read_are_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="cannot be read"):
        read_recording(tmp_path / "none.jsonl")
    (tmp_path / "latin.jsonl").write_bytes(b'{"type": "song"}\n{"type": "\xe9"}\n')
    with pytest.raises(BadInputError, match=r"line 2.*UTF-8"):
        read_recording(tmp_path / "latin.jsonl")
    (tmp_path / "empty.jsonl").write_text("\n")
    with pytest.raises(BadInputError, match="empty"):
        read_recording(tmp_path / "empty.jsonl")


def test_practice_recordings_are_read_to_the_last_line(shared: Path) -> None:
    for path in sorted((shared / "cases" / "cases").glob("*.jsonl")):
        recording = read_recording(path)
        assert recording.lines == len(recording.messages) == len(path.read_text().splitlines())
        arrivals = [message.arrival_utc_ns for message in recording.messages]
        assert arrivals == sorted(arrivals)
        assert not recording.ignored_types
        assert not recording.ignored_fields


ANYTHING = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.lists(st.floats(), max_size=7),
    st.dictionaries(st.sampled_from(["br", "baz", "x"]), st.one_of(st.none(), st.floats(), st.text(max_size=2))),
)  # fmt: skip
POSE: dict[str, object] = {
    "type": "pose", "sensor_id": "RD-1", "t_stamp": 0.0, "t_arrival": 0.1, "lat_deg": 30.1, "lon_deg": 20.1, "h_m": 6.0,
    "sigma_m": 1.0, "boresight_az_rad": 1.0,
}  # fmt: skip
COOP: dict[str, object] = {**POSE, "type": "coop", "transponder_id": "F", "vel_enu_ms": [1.0, 2.0, 3.0]}
MET: dict[str, object] = {"type": "met", "t_arrival": 0.0, "wind_e_ms": 1.0, "wind_n_ms": 1.0, "sigma_ms": 1.0}


def read_or_refusal(lines: list[str]) -> Recording | str:
    """Read lines, or give what is said against them."""
    try:
        return parse_recording(lines, Path("night.jsonl"))
    except BadInputError as error:
        return str(error)


@given(base=st.sampled_from([SENSOR, PLOT, FLASH, POSE, COOP, MET]), data=st.data(), value=ANYTHING)
def test_whatever_stands_in_a_field_is_read_counted_or_refused_in_one_line(
    base: dict[str, object], data: st.DataObject, value: object
) -> None:
    key = data.draw(st.sampled_from(sorted(base)))
    found = read_or_refusal([json.dumps(line) for line in (SENSOR, CAMERA, {**base, key: value})])
    if isinstance(found, str):
        assert found.startswith("night.jsonl, line 3")
        assert "\n" not in found
    else:
        assert len(found.messages) + len(found.rejected) + found.ignored_types.total() == 3


@given(text=st.text(max_size=40))
def test_whatever_stands_in_a_line_is_read_or_refused_in_one_line(text: str) -> None:
    found = read_or_refusal(text.split("\n"))
    assert not isinstance(found, str) or "\n" not in found
