"""Frames at the sensors' port: each by itself, and each sensor's name held by the connection that lives."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from marsad.adapters import sapient
from marsad.station.frames import Frame
from marsad.station.intake import MOST_ASKING, Intake, Taken
from marsad.terms import BiasPrior, CooperativeReport, Geodetic, Heartbeat, Plot, Sensor, SensorReport
from station_kit import CAMERA, RADAR, START_NS, flash, plot, small_site

S = 1_000_000_000
FAR = Geodetic.from_degrees(30.45, 20.0, 200.0)


def intake() -> Intake:
    return Intake(small_site(), "7d1c6f0e-3f6b-4b7e-9c43-5c8e6d9b2a10")


def frame(message: Any, connection: int = 1, at_s: float = 0.0) -> Frame:
    return Frame(connection, START_NS + round(at_s * S), sapient.frame(message)[4:])


def registration(sensor: Sensor = RADAR, connection: int = 1, at_s: float = 0.0, **options: Any) -> Frame:
    message = sapient.encode_sensor(sensor, time_utc_ns=START_NS, status_interval_s=2.0, **options)
    return frame(message, connection, at_s)


def beat(connection: int, at_s: float) -> Frame:
    return frame(
        sapient.encode(Heartbeat(sensor_id="RD-1", time_utc_ns=START_NS, arrival_utc_ns=START_NS)), connection, at_s
    )


def accepted(taken: Taken) -> list[bool]:
    acks = [r.message for r in taken.replies if r.message is not None]
    return [m.registration_ack.acceptance for m in acks if m.WhichOneof("content") == "registration_ack"]


# --- one bad frame --------------------------------------------------------------------------------------


@pytest.mark.parametrize("error", ["azimuth_error", "elevation_error", "range_error"])
@pytest.mark.parametrize("value", [1e200, 1e308, float("inf"), 40.0 * 57.0 * 1e6, 1e-200])
def test_an_absurd_error_is_refused_with_the_reason_and_the_others_of_its_batch_are_read(
    error: str, value: float
) -> None:
    absurd = sapient.encode(plot(1))
    absurd.detection_report.object_info.clear()
    setattr(absurd.detection_report.range_bearing, error, value)
    taken = intake().take(
        [registration(), frame(sapient.encode(plot(0))), frame(absurd), frame(sapient.encode(plot(2)))]
    )
    assert len(taken.messages) == 3
    (refused,) = taken.rejected
    assert refused.source == "RD-1"
    assert "must be from" in refused.reason
    assert refused.raw


def test_a_reader_that_fails_in_a_way_nobody_thought_of_loses_that_frame_only(monkeypatch: pytest.MonkeyPatch) -> None:
    decode = sapient.decode

    def broken(message: Any, node: Any, **options: Any) -> Any:
        if message.detection_report.object_info and "plot-1" in str(message):
            raise OverflowError("nobody thought of this")
        return decode(message, node, **options)

    monkeypatch.setattr(sapient, "decode", broken)
    one = intake()
    taken = one.take([registration(), *(frame(sapient.encode(plot(k))) for k in range(3))])
    assert [getattr(m, "detection_id", "") for m in taken.messages] == ["", "plot-0", "plot-2"]
    assert "nobody thought of this" in taken.rejected[0].reason
    assert one.counts["rejected"] == 1


def test_a_claim_uncertain_by_a_thousand_kilometres_is_refused() -> None:
    receiver = Sensor(sensor_id="rx", kind="cooperative", position=sapient.NOWHERE)
    claim = CooperativeReport(
        sensor_id="rx", time_utc_ns=START_NS, arrival_utc_ns=START_NS, transponder_id="X", position=FAR,
        position_sigma_m=1e6,
    )  # fmt: skip
    taken = intake().take([registration(receiver), frame(sapient.encode(claim))])
    assert [type(m) for m in taken.messages] == [SensorReport]
    assert "position_sigma_m" in taken.rejected[0].reason


# --- whose name it is -----------------------------------------------------------------------------------


def asked(one: Intake, frame: Frame) -> bool:
    """Whether a registration is accepted, at once or when the answer is due."""
    (answer,) = accepted(one.take([frame])) or accepted(one.take([], frame.arrival_utc_ns + S))
    return answer


def test_a_second_connection_does_not_get_the_name_of_a_sensor_that_lives() -> None:
    one = intake()
    one.take([registration(), beat(1, 3.0)])
    impostor = msgspec.structs.replace(RADAR, position=FAR)
    asking = one.take([registration(impostor, 2, 5.0), frame(sapient.encode(plot(1)), 2, 5.1)])
    assert not asking.messages
    assert "not registered" in asking.rejected[0].reason
    taken = one.take([frame(sapient.encode(plot(2)), 1, 6.0)])
    assert accepted(taken) == [False]
    assert [type(m) for m in taken.messages] == [Plot]
    assert taken.refused == ["RD-1"]
    assert "another connection that lives" in taken.rejected[0].reason


def test_a_sensor_whose_connection_ended_gets_in_again_at_once() -> None:
    one = intake()
    one.take([registration(), Frame(1, START_NS, None)])
    assert accepted(one.take([registration(RADAR, 2)])) == [True]
    assert one.take([frame(sapient.encode(plot(1)), 2)]).messages


def test_the_end_of_a_line_may_be_heard_behind_the_first_word_of_the_next() -> None:
    one = intake()
    one.take([registration(journal_acks=True)])
    asking = one.take([registration(RADAR, 2, 1.0, journal_acks=True)])
    assert one.keep(asking.frames, START_NS) == []  # what is not decided is not acknowledged
    taken = one.take([Frame(1, START_NS + S + 1000, None)], START_NS + S + 2000)
    assert accepted(taken) == [True]
    assert [m.arrival_utc_ns for m in taken.messages] == [START_NS + S + 2000]
    assert [sapient.journalled_frames(r.message) for r in one.keep(taken.frames, START_NS)] == [1]


def test_those_who_wait_for_an_answer_have_a_bound() -> None:
    one = intake()
    one.take([registration()])
    taken = one.take([registration(RADAR, k, 1.0) for k in range(2, 2 + MOST_ASKING + 5)])
    assert accepted(taken) == [False] * 5


def test_a_line_that_died_without_a_word_holds_its_sensor_up_for_three_beats() -> None:
    one = intake()
    one.take([registration(), beat(1, 2.0)])
    assert not asked(one, registration(RADAR, 2, 6.9))
    assert asked(one, registration(RADAR, 2, 8.1))
    # the old one, should it come to life again, has to ask
    assert not one.take([frame(sapient.encode(plot(1)), 1, 8.2)]).messages
    assert not asked(one, registration(RADAR, 1, 8.3))


def test_what_is_wrong_on_a_line_shows_that_it_lives() -> None:
    one = intake()
    one.take([registration()])
    lame = sapient.encode(plot(1))
    lame.detection_report.ClearField("report_id")
    one.take([frame(lame, 1, 7.0)])
    assert not asked(one, registration(RADAR, 2, 8.0))


def test_one_that_means_to_report_once_a_year_holds_its_name_no_longer_than_a_connection() -> None:
    one = intake()
    rare = sapient.encode_sensor(RADAR, time_utc_ns=START_NS, status_interval_s=3e7)
    one.take([frame(rare)])
    assert not asked(one, registration(RADAR, 2, 298.0))
    assert asked(one, registration(RADAR, 2, 301.0))


def test_a_sensor_may_describe_itself_again_on_its_own_connection() -> None:
    one = intake()
    assert accepted(one.take([registration(), registration()])) == [True, True]


def test_another_kind_does_not_get_the_name() -> None:
    one = intake()
    weather = sapient.encode_weather_node("RD-1", time_utc_ns=START_NS)
    camera = msgspec.structs.replace(CAMERA, sensor_id="RD-1")
    assert accepted(one.take([frame(weather), registration(camera)])) == [False, False]
    assert accepted(one.take([registration()])) == [True]


def test_place_and_errors_stay_the_site_files_and_the_sensor_is_told() -> None:
    moved = msgspec.structs.replace(RADAR, position=FAR, is_mobile=True)
    taken = intake().take([registration(moved)])
    (said,) = taken.messages
    assert isinstance(said, SensorReport)
    assert said.sensor.position == RADAR.position
    assert not said.sensor.is_mobile
    assert {r.field for r in taken.rejected} == {"registration"}
    (ack,) = [r.message.registration_ack for r in taken.replies]
    assert ack.acceptance is True
    assert "the file's place is used" in ack.ack_response_reason[0]


@pytest.mark.parametrize("bias", [BiasPrior(azimuth_rad=3.0), BiasPrior(range_m=1e5), BiasPrior(clock_s=1e9)])
def test_nobody_is_wrong_by_more_than_a_sensor_can_be(bias: BiasPrior) -> None:
    stranger = Sensor(sensor_id="new", kind="radar", position=FAR, bias_prior=bias)
    assert accepted(intake().take([registration(stranger)])) == [False]


# --- acknowledgements -----------------------------------------------------------------------------------


def test_frames_are_acknowledged_when_they_are_kept_and_never_past_one_that_was_not() -> None:
    one = intake()
    first = one.take([registration(journal_acks=True), frame(sapient.encode(plot(1)))])
    assert [sapient.journalled_frames(r.message) for r in one.keep(first.frames, START_NS)] == [2]
    one.take([frame(sapient.encode(plot(2)))])  # and what became of this batch, nobody knows
    third = one.take([frame(sapient.encode(flash(3)))])
    assert one.keep(third.frames, START_NS) == []
