"""The scorer of nights: every count on a night small enough to count by hand."""

from __future__ import annotations

import dataclasses
import math

import pytest

from marsad.assess.nights import (
    AlarmWord,
    Limit,
    Moment,
    NightScore,
    Thing,
    Told,
    Word,
    alarm_spans,
    could_be_known,
    score_night,
    table,
    total,
)
from marsad.terms import Geodetic

NORTH_KM_RAD = 1000.0 / 6_378_137.0


def place(north_km: float) -> Geodetic:
    return Geodetic(latitude_rad=north_km * NORTH_KM_RAD, longitude_rad=0.0)


LIMITS = (Limit(2.0, 3, 4e6, 4000.0, 4e6), Limit(8.0, 40, 1e4, 250.0, 9e4))
ROCKET = Thing(
    "R", "rocket", 20.0, Moment(20.0, place(8.0)), Moment(50.0, place(0.0)), ("Z1",), LIMITS, is_warnable=True
)
MISFIRE = Thing("M", "misfire", 30.0, Moment(30.0, place(8.0)))
DRONE = Thing("U", "hostile_drone", -5.0, None, Moment(80.0, place(1.0)), ("Z2",), is_warnable=True, seen_s=40.0)
RIGHT = Word(25.0, Moment(20.2, place(8.1)))
HIT = Word(25.0, Moment(50.0, place(0.6)))
ALARM = AlarmWord("Z1", 26.0, 110.0)


def told(
    launches: dict[str, list[Word]] | None = None, alarms: tuple[AlarmWord, ...] = (), accused: tuple[str, ...] = ()
) -> Told:
    return Told(launches or {}, {event: [HIT] for event in launches or {}}, alarms, frozenset(accused))


def test_a_night_told_right_has_nothing_wrong() -> None:
    score = score_night([ROCKET], frozenset(), told({"a": [RIGHT]}, (ALARM,)))
    assert (score.rockets, score.missed, score.made_up, score.taken_back_late) == (1, 0, 0, 0)
    assert (score.zones, score.zones_missed, score.zones_wrong) == (1, 0, 0)
    # 100 m off where the bound is 100 m; 600 m off where it is 300 m
    assert score.launch_ratios == pytest.approx((1.0,), rel=0.02)
    assert score.impact_ratios == pytest.approx((4.0,), rel=0.02)


def test_silence_misses_what_could_be_known() -> None:
    score = score_night([ROCKET, DRONE], frozenset({"RD-1"}), told())
    assert (score.missed, score.zones, score.zones_missed, score.faulty, score.named) == (1, 2, 2, 1, 0)
    unseen = dataclasses.replace(ROCKET, limits=None, is_warnable=False)
    score = score_night([unseen], frozenset(), told())
    assert (score.missed, score.without_bound, score.zones_missed) == (0, 1, 0)


def test_known_is_what_the_bound_lets_be_told_a_second_before() -> None:
    assert could_be_known(ROCKET)
    late = dataclasses.replace(ROCKET, limits=(Limit(29.5, 40, 1e4, 250.0, 9e4),))
    few = dataclasses.replace(ROCKET, limits=(Limit(8.0, 3, 1e4, 250.0, 9e4),))
    wide = dataclasses.replace(ROCKET, limits=(Limit(8.0, 40, 1e6, 3100.0, 9e4),))
    assert not any(could_be_known(one) for one in (late, few, wide))


@pytest.mark.parametrize("off", [Moment(20.0, place(11.2)), Moment(24.5, place(8.0))])
def test_a_launch_elsewhere_or_at_another_time_is_made_up(off: Moment) -> None:
    score = score_night([ROCKET], frozenset(), told({"a": [Word(25.0, off)]}))
    assert (score.missed, score.made_up) == (1, 1)


def test_of_two_told_launches_the_nearer_is_the_rockets() -> None:
    score = score_night([ROCKET], frozenset(), told({"far": [Word(25.0, Moment(22.0, place(8.5)))], "near": [RIGHT]}))
    assert (score.missed, score.made_up) == (0, 1)
    assert score.launch_ratios == pytest.approx((1.0,), rel=0.02)


def test_a_true_launch_taken_back_is_missed_and_late_after_three_seconds() -> None:
    early = told({"a": [RIGHT, Word(27.9, None)]})
    late = told({"a": [RIGHT, Word(28.1, None)]})
    assert [score_night([ROCKET], frozenset(), one).missed for one in (early, late)] == [1, 1]
    assert [score_night([ROCKET], frozenset(), one).taken_back_late for one in (early, late)] == [0, 1]


def test_a_misfire_may_be_told_and_taken_back() -> None:
    words = [Word(31.0, Moment(30.0, place(8.0))), Word(60.0, None)]
    score = score_night([MISFIRE], frozenset(), told({"a": words}))
    assert (score.rockets, score.missed, score.made_up, score.taken_back_late) == (0, 0, 0, 0)


def test_alarms_run_on_bridge_a_moment_and_end_when_ended() -> None:
    words = [
        AlarmWord("Z1", 10.0, 40.0), AlarmWord("Z1", 30.0, 60.0), AlarmWord("Z1", 50.0, None),
        AlarmWord("Z1", 50.5, 80.0), AlarmWord("Z1", 90.0, 95.0), AlarmWord("Z2", 5.0, None),
    ]  # fmt: skip
    assert alarm_spans(words) == {"Z1": [(10.0, 80.0), (90.0, 95.0)], "Z2": []}


@pytest.mark.parametrize(("begin_s", "end_s", "missed"), [(49.9, 60.0, 0), (50.1, 60.0, 1), (26.0, 49.4, 1)])
def test_an_alarm_counts_if_it_stands_at_impact(begin_s: float, end_s: float, missed: int) -> None:
    score = score_night([ROCKET], frozenset(), told({"a": [RIGHT]}, (AlarmWord("Z1", begin_s, end_s),)))
    assert score.zones_missed == missed


def test_wrong_is_an_alarm_that_nothing_is_on_its_way_to() -> None:
    alarms = (ALARM, AlarmWord("Z1", 10.0, 15.0), AlarmWord("Z3", 30.0, 60.0))
    assert score_night([ROCKET], frozenset(), told({"a": [RIGHT]}, alarms)).zones_wrong == 2


def test_the_lead_over_a_drone_is_against_its_fifth_detection() -> None:
    score = score_night([DRONE], frozenset(), told(alarms=(AlarmWord("Z2", 60.0, 300.0),)))
    assert score.drone_leads == (0.5,)


def test_sensors_are_accused_rightly_or_not_and_nights_add_up() -> None:
    one = score_night([ROCKET], frozenset({"AC-1"}), told({"a": [RIGHT]}, (ALARM,), ("AC-1", "RD-1")))
    assert (one.accused, one.named, one.faulty) == (1, 1, 1)
    both = total([one, one])
    assert (both.nights, both.rockets, both.accused, len(both.launch_ratios)) == (2, 2, 2, 2)
    lines = table({"single": [one], "none": [NightScore()]}).splitlines()
    assert [line.split()[:2] for line in lines[1:]] == [["single", "1"], ["none", "1"], ["all", "2"]]
    assert math.isfinite(float(lines[1].split()[-1]))
