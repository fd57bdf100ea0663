"""Two stories of the same rockets: zones are in as much danger as the more dangerous says."""

from __future__ import annotations

import pytest

from marsad.warn import CancelAlarm, plain_name, plainly, told_plainly
from marsad.warn.plain import is_plain, names
from warn.warn_kit import Run, drone, impact, launch, risk


def told(run: Run, now_s: float, corrected: float, plain: float) -> None:
    """Both stories of a rocket that comes down at 20 s, with its probability for a zone in each."""
    said = (impact("R1", now_s, risk("Z0", corrected, 20)), plainly(impact("R1", now_s, risk("Z0", plain, 20))))
    run.step(now_s, impacts=said)


@pytest.mark.parametrize(("corrected", "plain"), [(0.9, 0.0), (0.0, 0.9)])
def test_a_zone_is_alarmed_by_either_story(corrected: float, plain: float) -> None:
    run = Run()
    told(run, 0, corrected, plain)
    assert run.level() == "take_shelter"


def test_one_rocket_told_twice_is_not_two() -> None:
    run = Run()
    told(run, 0, 0.06, 0.06)  # two rockets of so much would be 0.116, above the threshold of 0.1
    assert run.level() in ("watch", "prepare")


def test_a_drone_is_alarmed_by_either_story_and_is_not_two() -> None:
    run = Run()
    run.step(0, corridors=(drone("T1", risk("Z0", 0.03, 40)), drone(plain_name("T1"), risk("Z0", 0.03, 40))))
    assert run.level() in ("watch", "prepare")  # two drones of so much would be 0.059, above the threshold of 0.05
    run.step(1, corridors=(drone(plain_name("T1"), risk("Z0", 0.3, 40)),))
    assert run.level() == "take_shelter"


def test_a_finding_that_moves_a_drone_away_takes_no_alarm_back() -> None:
    run = Run()
    run.step(0, corridors=(drone("T1", risk("Z0", 0.5, 60)),))
    run.state = told_plainly(run.state, "drone")
    run.step(1, corridors=(drone("T1"),))
    run.wait(1.5, 30)
    assert run.level() == "take_shelter"


def test_a_person_takes_back_both_stories() -> None:
    run = Run()
    told(run, 0, 0.9, 0.9)
    run.step(1, orders=(CancelAlarm(order_id="P1", zone_ids=("Z0",), operator_ids=("P",)),))
    run.wait(1.5, 5)
    assert run.level() not in ("take_shelter", "remain")


def test_what_belongs_to_neither_story_counts_in_both() -> None:
    run = Run()
    told(run, 0, 0.0, 0.02)
    run.step(0.5, corridors=(drone("T1", risk("Z0", 0.04, 40)),))
    (record,) = (run.state.memory.zones["Z0"],)
    assert set(record.event_ids) == {"R1-plain", "T1"}


def test_a_finding_that_takes_a_launch_back_takes_no_alarm_back() -> None:
    run = Run()
    run.step(0, impacts=(impact("R1", 0, risk("Z0", 0.9, 20)),))
    assert run.level() == "take_shelter"
    run.state = told_plainly(run.state)
    run.step(1, launches=(launch("R1", 1, "cancelled"),))
    run.wait(1.5, 60)
    assert run.level() in ("take_shelter", "remain")
    run.step(61, launches=(plainly(launch("R1", 61, "cancelled")),))
    run.wait(61.5, 200)
    assert run.level() in ("all_clear", "clear")


def test_a_launch_that_was_unconfirmed_is_so_in_both_stories() -> None:
    run = Run()
    run.step(0, launches=(launch("R1", 0, "tentative"),), impacts=(impact("R1", 0, risk("Z0", 0.9, 20)),))
    before = run.state.memory.threats["R1"]
    run.state = told_plainly(run.state)
    after = run.state.memory.threats["R1-plain"]
    assert (after.risks, after.outcome, after.exists) == (before.risks, before.outcome, before.exists)


def test_an_event_of_both_stories_is_named_once() -> None:
    assert names(("L1", "L1-plain", "L2-plain", "T3")) == ("L1", "L2-plain", "T3")
    assert [is_plain(name) for name in ("L1", "L1-plain", "L1-plain~20260321T150226")] == [False, True, True]
