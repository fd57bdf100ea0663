"""No level ends by time alone where nobody watches: a person ends it, or sensors that have seen nothing long enough."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from marsad.terms import Watch, ZoneWatch
from marsad.terms.warnings import UNWATCHED, Hazard
from marsad.warn import AllClearOrder, CancelAlarm, ManualAlarm, carry_over, explain, standing
from marsad.warn.words import LANGUAGES
from warn.warn_kit import POLICY, Run, at, drone, impact, launch, risk

ROCKETS: Mapping[Hazard, float] = {"rocket": 0.0}
BOTH: Mapping[Hazard, float] = {"rocket": 0.0, "drone": 0.0}
NOBODY: Mapping[Hazard, float] = {}


def watch(now_s: float, since: Mapping[Hazard, float], possible: tuple[Hazard, ...] = ("rocket", "drone")) -> Watch:
    """The same watch over all zones; times in seconds."""
    at_utc_ns = {hazard: at(since_s) for hazard, since_s in since.items()}
    zones = tuple(ZoneWatch(zone_id=f"Z{k}", since_utc_ns=at_utc_ns, possible=possible) for k in range(3))
    return Watch(arrival_utc_ns=at(now_s), zones=zones)


def alarmed(since: Mapping[Hazard, float] = BOTH, event: str = "rocket") -> Run:
    """An alarm of one zone at 3 s: a rocket that comes down at 23 s, or a drone that comes at 43 s."""
    run = Run()
    run.step(0, watch=watch(0, since))
    if event == "rocket":
        run.step(3, impacts=(impact("R1", 3, risk("Z0", 0.9, 23)),))
    else:
        run.step(3, corridors=(drone("T1", risk("Z0", 0.9, 43)),))
    assert run.level() == "take_shelter"
    return run


@pytest.mark.parametrize("event", ["rocket", "drone"])
def test_an_alarm_that_is_watched_ends_by_time_as_ever(event: str) -> None:
    unasked, run = Run(), alarmed(event=event)
    if event == "rocket":
        unasked.step(3, impacts=(impact("R1", 3, risk("Z0", 0.9, 23)),))
    else:
        unasked.step(3, corridors=(drone("T1", risk("Z0", 0.9, 43)),))
    told = [(w.level, w.arrival_utc_ns, w.rule) for w in run.wait(3.5, 500)]
    assert told == [(w.level, w.arrival_utc_ns, w.rule) for w in unasked.wait(3.5, 500)]
    assert told[-1][0] == "all_clear"


@pytest.mark.parametrize("event", ["rocket", "drone"])
def test_no_alarm_ends_by_time_alone_while_nobody_watches(event: str) -> None:
    run = alarmed(event=event)
    run.step(5, watch=watch(5, NOBODY))
    said = run.wait(5.5, 3000, by_s=5)
    assert {w.level for w in said} == {"remain"}
    last = said[-1]
    assert (last.rule, last.note, last.action) == ("nobody_watches", UNWATCHED, "update")
    assert last.expires_utc_ns > at(2995)
    assert sum(w.rule == "nobody_watches" for w in said) <= 6, "people in shelters need not hear it every minute"


def test_a_sensor_that_sees_no_drones_does_not_end_a_drones_alarm() -> None:
    run = alarmed(event="drone")
    run.step(5, watch=watch(5, ROCKETS))
    run.wait(5.5, 600, by_s=5)
    assert run.level() == "remain"
    assert run.said[-1].note == UNWATCHED


def test_what_watches_for_rockets_ends_a_rockets_alarm_where_drones_are_not_watched() -> None:
    run = alarmed(ROCKETS)
    run.wait(3.5, 200)
    assert run.level() == "all_clear"


def test_a_watch_that_comes_back_ends_the_alarm_when_it_has_watched_for_as_long_as_people_stay() -> None:
    run = alarmed()
    run.step(5, watch=watch(5, NOBODY))
    run.wait(5.5, 400, by_s=5)
    back = run.step(400.5, watch=watch(400.5, {"rocket": 400.5, "drone": 400.5}))
    assert [(w.level, w.rule, w.note) for w in back] == [("remain", "watched_again", "")]
    assert run.wait(401, 400 + POLICY.rocket_hold_s) == []
    ended = run.wait(401 + POLICY.rocket_hold_s, 402 + POLICY.rocket_hold_s)
    assert [(w.level, w.rule, w.action) for w in ended] == [("all_clear", "hold_time_over", "all_clear")]


def test_a_gap_in_the_watch_begins_the_time_anew() -> None:
    run = alarmed()
    run.wait(3.5, 110)
    run.step(110.5, watch=watch(110.5, NOBODY))
    run.step(112, watch=watch(112, {"rocket": 112, "drone": 112}))
    run.wait(112.5, 112 + POLICY.rocket_hold_s - 0.5)
    assert run.level() == "remain"
    run.wait(112 + POLICY.rocket_hold_s, 113 + POLICY.rocket_hold_s)
    assert run.level() == "all_clear"


def test_a_person_ends_what_nobody_watches() -> None:
    run = alarmed()
    run.step(5, watch=watch(5, NOBODY))
    run.wait(5.5, 400, by_s=5)
    said = run.step(400.5, orders=(AllClearOrder(order_id="o", zone_ids=("Z0",), operator_ids=("sara",)),))
    assert [(w.level, w.rule, w.issuer, w.note) for w in said] == [("all_clear", "ordered_by_person", "person", "")]


def test_an_event_is_not_taken_back_by_sensors_that_are_gone() -> None:
    """What sensors that see no more take back may be nothing but their silence; people may take it back."""
    run = alarmed()
    run.step(5, watch=watch(5, NOBODY))
    run.step(6, launches=(launch("R1", 6, "cancelled"),))
    run.wait(6.5, 300, by_s=5)
    assert run.level() == "remain"
    run.step(301, orders=(CancelAlarm(order_id="o", zone_ids=("Z0",), operator_ids=("sara",)),))
    run.wait(301.5, 303)
    assert run.level() == "remain", "taken back already, and not by a person: an all-clear is the person's way"
    seen = alarmed()
    seen.step(6, launches=(launch("R1", 6, "cancelled"),))
    seen.wait(6.5, 8)
    assert seen.level() == "all_clear"


def test_an_alarm_by_a_person_ends_by_time_only_where_all_is_watched_that_can_be() -> None:
    order = ManualAlarm(order_id="m", zone_ids=("Z0",), operator_ids=("sara",))
    for since, ends in ((BOTH, True), (ROCKETS, False), (NOBODY, False)):
        run = Run()
        run.step(0, watch=watch(0, since))
        run.step(1, orders=(order,))
        run.wait(1795, 1810)
        assert (run.level() == "all_clear") is ends, since


def test_early_warning_ends_in_the_same_words_as_an_alarm_and_by_the_same_rule() -> None:
    run = Run()
    run.step(0, watch=watch(0, BOTH))
    run.step(3, impacts=(impact("R1", 3, risk("Z0", 0.05, 150)),))
    assert run.level() == "prepare"
    run.step(5, watch=watch(5, NOBODY))
    run.wait(6, 900, by_s=5)
    assert run.level() == "prepare"
    assert run.said[-1].note == UNWATCHED
    said = run.step(901, orders=(AllClearOrder(order_id="o", zone_ids=("Z0",), operator_ids=("sara",)),))
    assert [(w.level, w.rule) for w in said] == [("clear", "ordered_by_person")]


def test_early_warning_that_is_watched_again_ends_after_its_quiet_time() -> None:
    run = Run()
    run.step(0, watch=watch(0, BOTH))
    run.step(3, impacts=(impact("R1", 3, risk("Z0", 0.05, 150)),))
    run.step(5, watch=watch(5, NOBODY))
    run.wait(6, 400, by_s=5)
    run.step(401, watch=watch(401, {"rocket": 401, "drone": 401}))
    run.wait(401.5, 460)
    assert run.level() == "prepare"
    run.wait(460.5, 462)
    assert run.level() == "clear"


def test_after_a_restart_nobody_watches_until_sensors_speak() -> None:
    run = alarmed()
    run.wait(3.5, 10)
    run.state = carry_over(standing(run.state), run.zones, POLICY, at(60))
    run.wait(60, 400, by_s=5)
    assert run.level() == "remain"
    assert run.said[-1].note == UNWATCHED
    run.step(400.5, watch=watch(400.5, {"rocket": 400.5, "drone": 400.5}))
    run.wait(401, 401 + POLICY.rocket_hold_s)
    assert run.level() == "all_clear"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_record_says_since_when_the_zone_was_watched(language: str) -> None:
    run = alarmed()
    said = run.wait(3.5, 200)
    text = explain(said[-1], "Z", run.state.decisions[0].inputs if run.state.decisions else None, language)
    assert LANGUAGES[language].rules["hold_time_over"] in text
    run = alarmed()
    run.step(5, watch=watch(5, NOBODY))
    for k in range(400):
        said = run.step(6 + k)
        if said and said[0].note == UNWATCHED:
            assert LANGUAGES[language].unwatched in explain(said[0], "Z", run.state.decisions[0].inputs, language)
            return
    pytest.fail("never said that nobody watches")
