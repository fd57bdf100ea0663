"""Drills: always marked, ended by themselves, by a real alarm at once, and by silence of the real station."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marsad.warn.drill import CONTACT_S, MAKE_WAY_NOTE, DrillPlan, begin_drill, step_drill
from warn.warn_kit import T0, at, zones


def plan(**more: object) -> DrillPlan:
    fields: dict[str, object] = {
        "drill_id": "d1",
        "zone_ids": ("Z0", "Z1"),
        "begins_utc_ns": at(10),
        "duration_s": 60.0,
    }
    return DrillPlan(**(fields | more))


def play(one: DrillPlan, real_s: float = 1e9, silent_s: float = 1e9, until_s: float = 120) -> list:
    state = begin_drill(one, zones(), T0)
    said = []
    for k in range(int(until_s * 2)):
        now = at(k / 2)
        heard = now if k / 2 < silent_s else at(silent_s)
        state, words = step_drill(state, now, heard_utc_ns=heard, real_alarm=k / 2 >= real_s)
        said.extend(words)
    assert state.is_over
    assert all(w.exercise and w.issuer == "drill" for w in said)
    return said


def test_a_drill_goes_through_its_levels_and_ends_by_itself() -> None:
    said = [w for w in play(plan(prepare_s=10.0, remain_s=20.0)) if w.zone_id == "Z0"]
    assert [w.level for w in said] == ["prepare", "take_shelter", "remain", "all_clear"]
    assert [w.action for w in said] == ["alert", "update", "update", "all_clear"]
    assert said[-1].arrival_utc_ns == at(70)
    assert len({w.warning_id for w in said}) == 1


def test_a_real_alarm_ends_the_drill_in_the_same_step_and_without_an_all_clear() -> None:
    said = [w for w in play(plan(), real_s=30) if w.zone_id == "Z0"]
    assert said[-1].arrival_utc_ns == at(30)
    assert said[-1].note == MAKE_WAY_NOTE
    assert "all_clear" not in {w.level for w in said}


def test_a_real_alarm_before_the_drill_leaves_nothing_to_say() -> None:
    assert play(plan(), real_s=5) == []


def test_without_the_real_station_there_is_no_drill() -> None:
    said = [w for w in play(plan(), silent_s=20) if w.zone_id == "Z0"]
    assert said[-1].rule == "drill_out_of_contact"
    assert said[-1].arrival_utc_ns <= at(20 + CONTACT_S + 1)
    assert play(plan(), silent_s=0) == []


@pytest.mark.parametrize("wrong", [{"zone_ids": ()}, {"duration_s": 3601.0}, {"duration_s": 0.0}, {"remain_s": 60.0}])
def test_a_drill_that_would_not_end_is_none(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        plan(**wrong)


def test_a_zone_that_the_site_does_not_have_is_refused() -> None:
    with pytest.raises(ValueError, match="Z9"):
        begin_drill(plan(zone_ids=("Z9",)), zones(), T0)


@given(real_s=st.floats(0, 100), silent_s=st.floats(0, 100), prepare_s=st.floats(0, 29), remain_s=st.floats(0, 29))
def test_nothing_is_said_after_the_end_whatever_happens(
    real_s: float, silent_s: float, prepare_s: float, remain_s: float
) -> None:
    said = play(plan(prepare_s=prepare_s, remain_s=remain_s), real_s, silent_s)
    for zone_id in ("Z0", "Z1"):
        mine = [w for w in said if w.zone_id == zone_id]
        if mine:
            assert mine[0].action == "alert"
            assert mine[-1].level == "all_clear" or mine[-1].note == MAKE_WAY_NOTE
            assert all(w.level != "all_clear" for w in mine[:-1])
            assert mine[-1].arrival_utc_ns <= at(70.5)
