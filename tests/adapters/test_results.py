"""The result form: which rows an output becomes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from marsad.adapters.results import ResultRows, track_kind
from marsad.pipeline import Outputs
from marsad.terms import (
    Geodetic,
    ImpactForecast,
    LaunchEstimate,
    PointMode,
    RejectedInput,
    SensorFault,
    TrackReport,
    ZoneWarning,
)

S = 1_000_000_000
HERE = Geodetic.from_degrees(30.0, 20.0, 250.0)


def mode(weight: float = 1.0, latitude_deg: float = 30.0) -> PointMode:
    place = Geodetic.from_degrees(latitude_deg, 20.0)
    return PointMode(
        weight=weight, position=place, covariance_en_m2=(100.0, 5.0, 200.0), time_utc_ns=20 * S, time_sigma_s=0.5
    )


def launch(status: str, *modes: PointMode) -> LaunchEstimate:
    return LaunchEstimate(event_id="E1", launch_site_id="L1", status=status, arrival_utc_ns=21 * S, modes=modes)  # type: ignore[arg-type]


def impact(outcome: str, *modes: PointMode) -> ImpactForecast:
    return ImpactForecast(event_id="E1", outcome=outcome, arrival_utc_ns=21 * S, modes=modes)  # type: ignore[arg-type]


def warning(level: str, action: str = "alert", **more: Any) -> ZoneWarning:
    return ZoneWarning(
        warning_id="W1", incident_id="I1", zone_id="Z01", level=level, action=action, hazard="rocket",  # type: ignore[arg-type]
        arrival_utc_ns=21 * S, expires_utc_ns=111 * S, probability=0.4, event_ids=("E1",), **more,
    )  # fmt: skip


def track(t: float, **more: Any) -> TrackReport:
    given = {"status": "confirmed", "object_kind": "drone", "affiliation": "unknown"} | more
    return TrackReport(
        track_id="T1", time_utc_ns=round(t * S), position=HERE, velocity_enu_ms=(0.0, 0.0, 0.0),
        covariance_enu=(1.0,) * 21, existence_probability=0.9, **given,
    )  # fmt: skip


def test_a_launch_with_two_modes_keeps_both_and_puts_the_heaviest_on_top() -> None:
    rows = ResultRows("c")
    rows.add(Outputs(launches=(launch("confirmed", mode(0.7, 30.5), mode(0.3)),)), 21.25)
    (row,) = rows.launches
    assert (row["event_id"], row["t_issued"], row["t_launch"], row["lat_deg"]) == ("E1", 21.25, 20.0, 30.5)
    assert row["cov_en"] == [100.0, 5.0, 200.0]
    assert [m["weight"] for m in row["modes"]] == [0.7, 0.3]  # type: ignore[attr-defined]


def test_a_tentative_launch_is_told_as_such_with_its_forecast() -> None:
    rows = ResultRows("c")
    rows.add(Outputs(launches=(launch("tentative", mode()),), impacts=(impact("forecast", mode()),)), 21.0)
    assert [row["status"] for row in rows.launches] == ["tentative"]
    assert len(rows.impacts) == 1


def test_a_tentative_launch_that_comes_to_nothing_is_taken_back() -> None:
    rows = ResultRows("c")
    rows.add(Outputs(launches=(launch("tentative", mode()),), impacts=(impact("forecast", mode()),)), 21.0)
    rows.add(Outputs(launches=(launch("cancelled", mode()),), impacts=(impact("cancelled"),)), 22.5)
    assert rows.launches[-1]["cancelled"]
    assert rows.launches[-1]["t_issued"] == 22.5
    assert rows.impacts[-1]["cancelled"]


def test_a_misfire_keeps_its_launch_and_takes_its_forecast_back() -> None:
    rows = ResultRows("c")
    rows.add(Outputs(launches=(launch("confirmed", mode()),), impacts=(impact("forecast", mode()),)), 21.0)
    rows.add(Outputs(launches=(launch("misfire", mode()),), impacts=(impact("cancelled"),)), 22.0)
    assert not any("cancelled" in row for row in rows.launches)
    assert rows.impacts[-1] == {"event_id": "E1", "t_issued": 22.0, "cancelled": True}


def test_a_confirmed_launch_can_be_taken_back() -> None:
    rows = ResultRows("c")
    rows.add(Outputs(launches=(launch("confirmed", mode()),)), 21.0)
    rows.add(Outputs(launches=(launch("cancelled"),)), 22.0)
    assert rows.launches[-1] == {"event_id": "E1", "t_issued": 22.0, "cancelled": True}


@pytest.mark.parametrize(("level", "said"), [("take_shelter", "shelter"), ("watch", "watch"), ("prepare", "watch")])
def test_levels(level: str, said: str) -> None:
    rows = ResultRows("c")
    rows.add(Outputs(warnings=(warning(level),)), 21.0)
    (row,) = rows.warnings
    assert (row["level"], row["t_expire"], row["event_id"]) == (said, 111.0, "E1")


@pytest.mark.parametrize(("level", "action"), [("clear", "cancel"), ("all_clear", "all_clear")])
def test_an_alarm_ends_by_cancel_or_all_clear(level: str, action: str) -> None:
    rows = ResultRows("c")
    rows.add(Outputs(warnings=(warning("take_shelter"),)), 21.0)
    rows.add(Outputs(warnings=(warning(level, action),)), 30.0)
    assert rows.warnings[-1]["cancel"] is True
    assert rows.warnings[-1]["level"] == "shelter"


def test_an_alarm_that_steps_down_no_longer_stands() -> None:
    rows = ResultRows("c")
    rows.add(Outputs(warnings=(warning("take_shelter"), warning("prepare", "update"))), 21.0)
    assert [(row["level"], row.get("cancel", False)) for row in rows.warnings] == [
        ("shelter", False), ("shelter", True), ("watch", False),
    ]  # fmt: skip


def test_an_exercise_is_no_warning() -> None:
    rows = ResultRows("c")
    rows.add(Outputs(warnings=(warning("take_shelter", exercise=True),)), 21.0)
    assert rows.warnings == []


@pytest.mark.parametrize(
    ("object_kind", "affiliation", "kind"),
    [
        ("rocket", "hostile", "rocket"),
        ("drone", "hostile", "hostile_drone"),
        ("drone", "suspect", "suspect"),
        ("aircraft", "friend", "friendly_aircraft"),
        ("helicopter", "assumed_friend", "friendly_aircraft"),
        ("own_drone", "friend", "own_drone"),
        ("balloon", "friend", "own_drone"),
        ("aircraft", "neutral", "neutral"),
        ("bird", "unknown", "neutral"),
        ("unknown", "unknown", "unknown"),
    ],
)
def test_track_kinds(object_kind: str, affiliation: str, kind: str) -> None:
    assert track_kind(track(0.0, object_kind=object_kind, affiliation=affiliation)) == kind


def test_a_track_that_is_reclassified_goes_on_in_a_new_row_and_the_old_one_stays() -> None:
    rows = ResultRows("c")
    for t in (1.0, 2.0, 3.0):
        rows.add(Outputs(tracks=(track(t, affiliation="suspect" if t > 2 else "unknown"),)), t)
    assert [(row["track_id"], row["kind"], [s[0] for s in row["samples"]]) for row in rows.tracks] == [  # type: ignore[attr-defined]
        ("T1", "unknown", [1.0, 2.0]), ("T1", "suspect", [2.0, 3.0]),
    ]  # fmt: skip


def test_what_is_no_confirmed_measured_place_is_no_sample() -> None:
    rows = ResultRows("c")
    rows.add(
        Outputs(tracks=(track(1.0, status="tentative"), track(2.0, status="coasted"), track(3.0, range_known=False))),
        3.0,
    )
    assert rows.tracks == []


def test_samples_go_forward_and_are_spaced() -> None:
    rows = ResultRows("c")
    rows.add(Outputs(tracks=tuple(track(t) for t in (1.0, 1.05, 0.9, 1.3))), 2.0)
    assert [sample[0] for sample in rows.tracks[0]["samples"]] == [1.0, 1.3]  # type: ignore[attr-defined]


def test_a_fault_is_named_once() -> None:
    rows = ResultRows("c")
    fault = SensorFault(sensor_id="RD-1", kind="clock", arrival_utc_ns=S, magnitude=2.0, unit="s")
    rows.add(Outputs(faults=(fault, fault)), 1.0)
    rows.add(Outputs(faults=(SensorFault(sensor_id="RD-1", kind="clock", arrival_utc_ns=S, cleared=True),)), 5.0)
    assert [(row["kind"], row["t_issued"], row.get("cleared", False)) for row in rows.faults] == [
        ("clock", 1.0, False), ("clock", 5.0, True),
    ]  # fmt: skip


def test_the_file_is_json_with_all_parts_and_the_rejected_inputs() -> None:
    rows = ResultRows("c")
    rows.add(Outputs(launches=(launch("confirmed", mode()),)), 21.0)
    rows.add_rejected([RejectedInput(arrival_utc_ns=S, source="RD-1", reason="range_m is nan", field="range_m")])
    content = json.loads(rows.encoded(lines=7))
    assert list(content) == ["case", "launches", "impacts", "warnings", "tracks", "faults", "input"]
    assert content["input"]["lines"] == 7
    assert content["input"]["rejected"] == [
        {"t_arrival": 1.0, "source": "RD-1", "field": "range_m", "reason": "range_m is nan"}
    ]
