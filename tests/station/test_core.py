from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from marsad.adapters import sapient
from marsad.pipeline import Outputs
from marsad.station.core import StationCore
from marsad.station.frames import Frame
from marsad.station.journal import MemoryJournal
from marsad.station.runner import Pipeline
from marsad.terms import Message, Tick
from station_kit import CAMERA, RADAR, START_NS, THUMB, flash, plot, small_site

STATION_ID = "7d1c6f0e-3f6b-4b7e-9c43-5c8e6d9b2a10"


def core_on(journal: MemoryJournal, pipeline: Pipeline = THUMB, boot_id: str = "boot") -> StationCore:
    return StationCore(small_site(), pipeline, journal, station_id=STATION_ID, boot_id=boot_id, settings={})


def framed(message: Any, arrival_utc_ns: int, connection: int = 1) -> Frame:
    return Frame(connection, arrival_utc_ns, sapient.frame(message)[4:])


def registered(core: StationCore, *, journal_acks: bool = False) -> None:
    frames = [
        framed(sapient.encode_sensor(sensor, time_utc_ns=START_NS, journal_acks=journal_acks), START_NS)
        for sensor in (RADAR, CAMERA)
    ]
    core.process(frames, START_NS)


def sent(message: Message) -> Frame:
    return framed(sapient.encode(message), message.arrival_utc_ns)


def test_a_batch_is_in_the_journal_before_the_pipeline_sees_it() -> None:
    journal = MemoryJournal()
    seen: list[tuple[int, int]] = []

    def step(state: None, batch: Sequence[Message]) -> tuple[None, Outputs]:
        stored = [row.payload for row in journal.read(("message",))]
        assert all(msgspec.json.encode(message) in stored for message in batch)
        seen.append((len(batch), journal.syncs))
        return state, Outputs()

    core = core_on(journal, Pipeline(init=lambda site: None, step=step))
    core.boot(START_NS)
    registered(core)
    core.process([sent(plot(i, START_NS + i)) for i in range(5)], START_NS + 5)
    assert [count for count, _ in seen] == [2, 5]
    assert seen[1][1] == seen[0][1] + 1  # one sync for the whole batch


def test_an_answer_waits_until_the_decision_is_in_the_journal() -> None:
    journal = MemoryJournal()
    core = core_on(journal)
    core.boot(START_NS)
    registered(core, journal_acks=True)
    processed = core.process([sent(flash(1)), sent(plot(2))], START_NS)
    assert len(processed.outputs.warnings) == 1
    assert [row.source for row in journal.read(("decision",))] == ["launch", "impact", "warning"]
    assert [sapient.journalled_frames(reply.message) for reply in processed.replies] == [4]


def test_without_a_disk_warnings_go_on_and_acknowledgements_stop() -> None:
    journal = MemoryJournal()
    core = core_on(journal)
    core.boot(START_NS)
    registered(core, journal_acks=True)
    journal.fails = True
    processed = core.process([sent(flash(1))], START_NS)
    assert processed.outputs.warnings
    assert not processed.replies
    assert "no space" in core.trouble
    rows_before = journal.last_seq()
    journal.fails = False
    processed = core.process([sent(plot(2, START_NS + 1))], START_NS + 1)
    assert [sapient.journalled_frames(reply.message) for reply in processed.replies] == [4]
    assert core.trouble == ""
    kinds = [row.kind for row in journal.read(from_seq=rows_before + 1)]
    assert kinds.count("message") == 2
    assert kinds.count("decision") == 3


def test_a_bug_in_a_stage_does_not_end_the_watch() -> None:
    core = core_on(MemoryJournal())
    core.boot(START_NS)
    registered(core)
    core.process([sent(flash(1))], START_NS)
    spoiled = msgspec.structs.replace(plot(2), detection_id="bug")
    processed = core.process([sent(spoiled)], START_NS)
    assert "ZeroDivisionError" in processed.failure
    processed = core.process([sent(flash(3))], START_NS)
    assert processed.failure == ""
    assert processed.outputs.warnings


def test_bad_input_is_answered_counted_and_journalled_with_the_reason() -> None:
    journal = MemoryJournal()
    core = core_on(journal)
    core.boot(START_NS)
    processed = core.process([Frame(1, START_NS, b"\xff\xfe garbage"), sent(plot(1))], START_NS)
    assert len(processed.rejected) == 2
    rows = [msgspec.json.decode(row.payload) for row in journal.read(("rejected",))]
    assert "no SAPIENT message" in rows[0]["reason"]
    assert rows[0]["raw"] == b"\xff\xfe garbage".hex()
    assert "not registered" in rows[1]["reason"]
    errors = [reply.message.error.error_message for reply in processed.replies]
    assert len(errors) == 2
    assert not processed.messages


def test_arrivals_never_run_backwards() -> None:
    core = core_on(MemoryJournal())
    core.boot(START_NS)
    registered(core)
    core.process([sent(plot(1, START_NS + 1000))], START_NS + 2000)
    processed = core.process([sent(plot(2, START_NS + 1500)), sent(plot(3, START_NS + 1400))], START_NS + 1600)
    assert [m.arrival_utc_ns for m in processed.messages] == [START_NS + 2000] * 2
    processed = core.process([], START_NS)
    assert processed.messages == (Tick(arrival_utc_ns=START_NS + 2000),)


def test_a_new_run_takes_up_the_state_and_tells_no_alarm_twice() -> None:
    journal = MemoryJournal()
    core = core_on(journal)
    core.boot(START_NS)
    registered(core)
    core.process([sent(flash(1))], START_NS)
    again = core_on(journal.crash(), boot_id="second")
    resumption, untold = again.boot(START_NS + 3_000_000_000)
    assert untold == ()
    assert [w.level for o in resumption.outputs for w in o.warnings] == ["take_shelter"]
    registered(again)
    for i in range(3):
        processed = again.process([sent(plot(i, START_NS + i))], START_NS + i)
    assert [w.level for w in processed.outputs.warnings] == ["all_clear"]  # the eighth message, counted over both runs


def test_a_warning_that_died_with_the_process_is_told_by_the_next() -> None:
    journal = MemoryJournal()
    core = core_on(journal)
    core.boot(START_NS)
    registered(core)
    core.process([sent(flash(1))], START_NS)
    died = MemoryJournal([row for row in journal.rows if row.kind != "decision"])
    again = core_on(died, boot_id="second")
    _, untold = again.boot(START_NS + 3_000_000_000)
    assert [w.level for w in untold] == ["take_shelter"]
    assert [row.source for row in died.read(("decision",))] == ["warning"]


@pytest.mark.parametrize("gap_s", [3_600, -5])
def test_an_old_journal_is_not_taken_for_now(gap_s: int) -> None:
    journal = MemoryJournal()
    core = core_on(journal)
    core.boot(START_NS)
    registered(core)
    core.process([sent(flash(1))], START_NS)
    resumption, untold = core_on(journal.crash()).boot(START_NS + gap_s * 1_000_000_000)
    assert resumption.messages == 0
    assert untold == ()


def test_entries_that_memory_cannot_hold_end_the_acknowledgements(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("marsad.station.record.BACKLOG_ENTRIES", 3)
    journal = MemoryJournal()
    core = core_on(journal)
    core.boot(START_NS)
    registered(core, journal_acks=True)
    journal.fails = True
    for i in range(5):
        core.process([sent(plot(i, START_NS + i))], START_NS + i)
    journal.fails = False
    processed = core.process([sent(plot(9, START_NS + 9))], START_NS + 9)
    assert core.lost_entries == 2
    assert not processed.replies
