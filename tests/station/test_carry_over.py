"""Alarms over a restart that cannot run the messages again: too many, too old, other code, a clock that went back."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from marsad import warn
from marsad.station.core import StationCore
from marsad.station.explaining import read_story
from marsad.station.journal import Entry, MemoryJournal, SqliteJournal, open_for_reading
from marsad.station.replay import replay
from marsad.terms import SensorFault, ZoneWarning
from rockets_kit import ZONE, Rockets, S
from station_kit import START_NS, small_site


def core_on(journal: Any, rockets: Rockets, boot_id: str = "b", **settings: Any) -> StationCore:
    return StationCore(small_site(), rockets.pipeline(), journal, station_id="s", boot_id=boot_id, settings=settings)


def run(core: StationCore, seconds: Sequence[int]) -> list[ZoneWarning]:
    return [w for s in seconds for w in core.process([], START_NS + s * S).outputs.warnings]


def alarmed(rockets: Rockets | None = None, until_s: int = 6) -> MemoryJournal:
    """A journal that ends, without a clean end, with the zone in shelter."""
    journal = MemoryJournal()
    core = core_on(journal, rockets or Rockets(3))
    core.boot(START_NS)
    assert run(core, range(until_s))[-1].level == "take_shelter"
    return journal.crash()


@pytest.fixture
def busy(monkeypatch: pytest.MonkeyPatch) -> None:
    """More came than can be run again."""
    monkeypatch.setattr("marsad.station.resume.AGAIN_MESSAGES", 2)


@pytest.mark.usefixtures("busy")
def test_an_alarm_outlives_a_restart_under_load_and_ends_by_its_rule() -> None:
    journal = alarmed()
    again = core_on(journal, Rockets(3), "second")
    resumption, untold = again.boot(START_NS + 8 * S)
    assert untold == ()
    assert [w.level for w in resumption.outputs[0].warnings] == ["take_shelter"]
    said = run(again, range(8, 300))
    assert [w.level for w in said if w.level != "take_shelter"] == ["remain", "all_clear"]
    assert {w.warning_id for w in said} == {resumption.outputs[0].warnings[0].warning_id}, "one chain"
    assert (said[-1].arrival_utc_ns - START_NS) // S >= 8 + 90, "the new run has watched before it says so"


@pytest.mark.parametrize("gap_s", [900, 3600, -5, -7200])
def test_an_alarm_outlives_a_long_silence_and_a_clock_that_was_set_back(gap_s: int) -> None:
    journal = alarmed()
    again = core_on(journal, Rockets(6 + gap_s + 20), "second")
    resumption, _ = again.boot(START_NS + (6 + gap_s) * S)
    assert [w.level for w in resumption.outputs[0].warnings] == ["take_shelter"]
    said = run(again, range(6 + gap_s, 6 + gap_s + 300))
    assert [w.level for w in said if w.level in ("remain", "all_clear")][-1] == "all_clear"
    ended_s = (said[-1].arrival_utc_ns - START_NS) / S - 6 - gap_s
    assert 90 <= ended_s <= 150, "reckoned in the new run's time, and after the rocket that came in it"


@pytest.mark.usefixtures("busy")
def test_an_alarm_does_not_end_in_a_run_to_which_no_sensor_speaks() -> None:
    again = core_on(alarmed(), Rockets(3, is_deaf=True), "second")
    again.boot(START_NS + 8 * S)
    said = run(again, range(8, 900))
    assert {w.level for w in said} == {"remain"}
    assert said[-1].rule == "nobody_watches"


def test_an_alarm_of_the_day_before_yesterday_is_history() -> None:
    resumption, untold = core_on(alarmed(), Rockets()).boot(START_NS + 100_000 * S)
    assert (resumption.outputs, untold) == ((), ())


@pytest.mark.usefixtures("busy")
def test_a_new_rocket_is_not_taken_for_one_that_a_person_took_back() -> None:
    journal = MemoryJournal()
    core = core_on(journal, Rockets(3))
    core.boot(START_NS)
    run(core, range(5))
    runner: Any = core._runner
    engine, known = runner._state
    order = warn.CancelAlarm(order_id="o1", zone_ids=(ZONE,), operator_ids=("huda", "amal"))
    engine, warnings = warn.step(engine, warn.Evidence(now_utc_ns=START_NS + 5 * S, orders=(order,)))
    runner._state = engine, known
    assert [w.action for w in warnings] == ["cancel"]
    journal.append([core._note(START_NS + 5 * S)])
    again = core_on(journal.crash(), Rockets(20), "second")
    again.boot(START_NS + 8 * S)
    assert [w.level for w in run(again, range(8, 22))][-1:] == ["take_shelter"], "its name is L0001 again"


@pytest.mark.usefixtures("busy")
def test_what_was_an_exercise_is_nothing_to_the_real_station() -> None:
    journal = MemoryJournal()
    core = core_on(journal, Rockets(3), exercise=True)
    core.boot(START_NS)
    run(core, range(6))
    for boot, exercise in (("second", False), ("third", False)):
        again = core_on(journal.crash(), Rockets(), boot, exercise=exercise)
        resumption, untold = again.boot(START_NS + 8 * S)
        assert (resumption.outputs, untold) == ((), ())
        assert run(again, range(8, 10)) == []
        journal = again._record.journal  # type: ignore[assignment]  # a MemoryJournal, as it was given


def test_a_stage_that_fails_takes_no_alarm_with_it() -> None:
    rockets = Rockets(3, fails_s=160)
    core = core_on(MemoryJournal(), rockets)
    core.boot(START_NS)
    long_held = [w for s in range(2, 6) for w in core.process([], START_NS + s * S).outputs.warnings]
    assert long_held[-1].level == "take_shelter"
    runner: Any = core._runner
    engine, known = runner._state
    order = warn.ManualAlarm(order_id="o", zone_ids=(ZONE,), operator_ids=("amal",), hazard="rocket")
    engine, _ = warn.step(engine, warn.Evidence(now_utc_ns=START_NS + 6 * S, orders=(order,)))
    runner._state = engine, known
    for second in range(7, 170):
        processed = core.process([], START_NS + second * S)
        assert not [w for w in processed.outputs.warnings if w.level in ("clear", "all_clear")]
        if second == 160:
            assert processed.failure
    assert runner._state[0].memory.zones[ZONE].level in ("take_shelter", "remain")


@pytest.mark.usefixtures("busy")
def test_the_record_over_such_a_restart_replays_and_is_explained(tmp_path: Path) -> None:
    path = tmp_path / "night.journal"
    rockets = Rockets(3, 12)
    for boot, seconds in (("first", range(8)), ("second", range(10, 250))):
        journal = SqliteJournal(path)
        core = core_on(journal, rockets, boot)
        core.boot(START_NS + seconds[0] * S)
        said = run(core, seconds)
        if boot == "second":
            core.close(START_NS + 250 * S)
        else:
            journal.close()
    assert said[-1].level == "all_clear"

    with open_for_reading(path) as reader:
        assert replay(reader, rockets.pipeline()).difference() is None
    story = read_story(path, f"L0001.{ZONE}")
    assert all(inputs is not None for inputs in story.inputs), "every decision was computed again to its hash"
    assert len(story.warnings) == len([w for w in story.warnings if w.warning_id == said[-1].warning_id])


def test_a_note_costs_little_and_is_made_only_while_something_stands() -> None:
    journal = MemoryJournal()
    core = core_on(journal, Rockets(3))
    core.boot(START_NS)
    run(core, range(600))
    notes = list(journal.read(("standing",)))
    assert notes[0].payload == b""
    assert notes[-1].payload == b""
    assert max(len(row.payload) for row in notes) < 2_000
    assert len(notes) <= 2 + 600 // 10


@pytest.mark.parametrize("behind_s", [0, 70])
def test_a_clock_that_was_behind_and_is_set_right_ends_no_alarm_by_its_step(behind_s: int) -> None:
    """The step looks like a time in which the station was dead; only the run before knew better."""
    journal = alarmed(Rockets(3))
    wrong = SensorFault(
        sensor_id="clock",
        kind="station_clock",
        arrival_utc_ns=START_NS,
        magnitude=-float(behind_s),
        cleared=not behind_s,
    )
    journal.append([Entry("decision", 1, START_NS + 6 * S, "fault", msgspec.json.encode(wrong))])
    again = core_on(journal.crash(), Rockets(3), "second")
    begin_s = 8 + 70
    again.boot(START_NS + begin_s * S)
    said = run(again, range(begin_s, begin_s + 300))
    ended_s = next((w.arrival_utc_ns - START_NS) / S for w in said if w.level == "all_clear")
    assert (ended_s >= begin_s + 90) is bool(behind_s)
