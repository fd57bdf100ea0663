"""Old detections go by rule; the chain holds, alarms keep what led to them, and a restart is as before."""

from __future__ import annotations

import dataclasses
import sqlite3
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from marsad.adapters.errors import BadInputError
from marsad.cli import build
from marsad.sensing.site import RecordRule
from marsad.station import pruning
from marsad.station.core import StationCore
from marsad.station.explaining import read_story
from marsad.station.journal import JournalError, SqliteJournal, open_for_reading
from marsad.station.replay import replay
from marsad.station.resume import plan_resumption
from marsad.terms import PersonOrder
from rockets_kit import ZONE, Rockets, S
from station_kit import START_NS, small_site

DAY_S = 86_400
RULE = RecordRule(keep_days=2.0, around_alarms_s=60.0)
NOW_NS = START_NS + 10 * DAY_S * S


def core_on(path: Path, boot_id: str = "b", rockets: Rockets | None = None) -> StationCore:
    pipeline = (rockets or Rockets(100)).pipeline()
    return StationCore(small_site(), pipeline, SqliteJournal(path), station_id="s", boot_id=boot_id, settings={})


@pytest.fixture
def nights(tmp_path: Path) -> Path:
    """A journal of a night with an alarm ten days ago, and of a quiet minute just now."""
    path = tmp_path / "nights.journal"
    core = core_on(path)
    core.boot(START_NS)
    order = PersonOrder(
        arrival_utc_ns=0, order_id="o", what="correct", zone_ids=(ZONE,), operator_ids=("amal",), correction="late"
    )
    for second in range(1000):
        orders = (order,) if second == 500 else ()
        core.process([], START_NS + second * S, orders)
        if second % 10 == 0:
            core.streamed("delta", b"x" * 200, START_NS + second * S)
    core.close(START_NS + 1000 * S)
    core = core_on(path, "second", Rockets())
    core.boot(NOW_NS)
    for second in range(60):
        core.process([], NOW_NS + second * S)
    core.close(NOW_NS + 60 * S)
    return path


def pruned(path: Path, rule: RecordRule = RULE) -> int:
    journal = SqliteJournal(path)
    rows, at_end = 0, False
    while not at_end:
        done = journal.prune(rule, NOW_NS + 61 * S)
        rows, at_end = rows + done.rows, done.at_end
    journal.close()
    return rows


def kinds(path: Path) -> dict[str, int]:
    with sqlite3.connect(path) as c:
        return dict(c.execute("SELECT kind, COUNT(*) FROM entries GROUP BY kind"))


def broken(path: Path) -> int | None:
    with open_for_reading(path) as reader:
        return reader.first_broken_link()


@pytest.mark.parametrize("chunk", [7, 100, 2000])
def test_what_went_is_owned_to_and_the_chain_holds(nights: Path, chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pruning, "CHUNK_ROWS", chunk)
    before = kinds(nights)
    rows = pruned(nights)
    after = kinds(nights)
    assert rows > 400
    assert broken(nights) is None
    for kind in ("site", "boot", "decision", "close"):
        assert after[kind] == before[kind]
    with open_for_reading(nights) as reader:
        assert sum(one.rows for one in reader.prunings()) == rows
        assert {row.source for row in reader.read(("message",), to_ns=START_NS + 30 * S)} <= {"tick"}
        near = [row.utc_ns for row in reader.read(("message",)) if row.utc_ns < NOW_NS]
        seqs = [row.seq for row in reader.read()]
    assert sum(after.values()) == sum(before.values()) - rows + after["pruned"] + after["pruning"]
    assert seqs == sorted(seqs)
    around = (START_NS + (100 - 60) * S, START_NS + 270 * S)
    assert set(range(*around, S)) <= set(near), "all that came around the alarm is there"
    assert START_NS + 500 * S in near, "a person's act stays"
    assert len([t for t in near if t > around[1] + 30 * S]) < 60
    assert pruned(nights) == 0, "once is enough"


def test_a_restart_after_it_takes_up_the_same(nights: Path) -> None:
    def plan() -> object:
        journal = SqliteJournal(nights)
        try:
            found = plan_resumption(journal, NOW_NS + 62 * S)
            return found.next_batch, found.resume_from, found.described, found.standing
        finally:
            journal.close()

    before = plan()
    assert before[1], "messages are run again"  # type: ignore[index]  # the tuple above
    pruned(nights)
    assert plan() == before


def test_the_alarm_of_then_is_still_explained_and_the_run_of_today_replayed(nights: Path) -> None:
    pruned(nights)
    story = read_story(nights, f"L0001.{ZONE}")
    assert story.warnings[-1].level == "all_clear"
    assert all(inputs is not None for inputs in story.inputs), "every decision was computed again to its hash"
    with open_for_reading(nights) as reader:
        result = replay(reader, Rockets().pipeline())
    assert result.difference() is None
    assert (result.boots, result.let_go) == (1, 1)
    told = CliRunner().invoke(build(), ["replay", str(nights)])
    assert "were let go by rule, so 1 run(s) cannot be run again" in told.stderr


def forget_the_entry(c: sqlite3.Connection) -> None:
    c.execute("UPDATE entries SET payload = replace(payload, '\"rows\":', '\"rows\":1') WHERE kind = 'pruning'")


def another_digest(c: sqlite3.Connection) -> None:
    c.execute(
        "UPDATE entries SET payload = replace(payload, '\"pruning_seq\":', '\"pruning_seq\":1') WHERE kind = 'pruned'"
    )


def widen(c: sqlite3.Connection) -> None:
    """Take a decision behind a gap with it, as who wants to hide one would."""
    seq, payload = c.execute("SELECT seq, payload FROM entries WHERE kind = 'pruned' ORDER BY seq LIMIT 1").fetchone()
    nxt, chain = c.execute("SELECT seq, chain FROM entries WHERE seq > ? ORDER BY seq LIMIT 1", (seq,)).fetchone()
    gap = msgspec.json.decode(payload, type=pruning.Gap)
    wider = msgspec.structs.replace(gap, to_seq=nxt, chain_after=bytes(chain).hex())
    c.execute("DELETE FROM entries WHERE seq = ?", (seq,))
    c.execute("UPDATE entries SET kind = 'pruned', payload = ? WHERE seq = ?", (msgspec.json.encode(wider), nxt))


def drop_a_gap(c: sqlite3.Connection) -> None:
    c.execute("DELETE FROM entries WHERE seq = (SELECT MIN(seq) FROM entries WHERE kind = 'pruned')")


@pytest.mark.parametrize("forge", [forget_the_entry, another_digest, widen, drop_a_gap])
def test_a_forged_gap_shows(nights: Path, forge: Callable[[sqlite3.Connection], None]) -> None:
    pruned(nights)
    with sqlite3.connect(nights) as c:
        forge(c)
    assert broken(nights) is not None


def test_a_failure_in_the_middle_changes_nothing(nights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_for_reading(nights) as reader:
        before = list(reader.read())
    journal = SqliteJournal(nights)

    def half(connection: sqlite3.Connection, chunk: pruning.Chunk, payloads: object) -> None:
        connection.execute("DELETE FROM entries WHERE seq = ?", (chunk.gaps[0][0].seq,))
        raise sqlite3.OperationalError("disk I/O error")

    with monkeypatch.context() as patched:
        patched.setattr(pruning, "carry_out", half)
        with pytest.raises(JournalError, match="disk I/O error"):
            journal.prune(RULE, NOW_NS)
    journal.close()
    with open_for_reading(nights) as reader:
        assert list(reader.read()) == before
    assert broken(nights) is None
    assert pruned(nights) > 400, "and the next time it goes on"


def test_the_station_prunes_only_while_nothing_stands(tmp_path: Path) -> None:
    site = dataclasses.replace(small_site(), record=RULE)
    path = tmp_path / "long.journal"
    core = StationCore(
        site, Rockets(3 * DAY_S).pipeline(), SqliteJournal(path), station_id="s", boot_id="b", settings={}
    )
    core.boot(START_NS)
    for second in (*range(100), *range(3 * DAY_S - 1, 3 * DAY_S + 5)):
        core.process([], START_NS + second * S)
    assert core.prune(START_NS + (3 * DAY_S + 5) * S).result().rows == 0
    for second in range(3 * DAY_S + 5, 3 * DAY_S + 600):
        core.process([], START_NS + second * S)
    assert core.prune(START_NS + (3 * DAY_S + 600) * S).result().rows == 101, (
        "the ticks, and the first note of what stands"
    )
    core.process([], START_NS + (3 * DAY_S + 601) * S)
    core.close(START_NS + (3 * DAY_S + 602) * S)
    assert broken(path) is None
    assert small_site().record.keep_days == 0.0, "off unless a site asks for it"


def test_the_command(nights: Path, tmp_path: Path) -> None:
    size = nights.stat().st_size
    done = CliRunner().invoke(build(), ["prune", str(nights), "--keep-days", "2", "--shrink"])
    assert done.exit_code == 0, done.output
    assert "rows older than 2 days were let go" in done.output
    assert nights.stat().st_size < size
    assert broken(nights) is None
    assert CliRunner().invoke(build(), ["prune", str(nights), "--keep-days", "0.5"]).exit_code == 2
    with pytest.raises(BadInputError, match="no such file"):
        CliRunner().invoke(build(), ["prune", str(tmp_path / "none"), "--keep-days", "2"], catch_exceptions=False)
    running = SqliteJournal(nights)
    with pytest.raises(BadInputError, match="another station writes"):
        CliRunner().invoke(build(), ["prune", str(nights), "--keep-days", "2"], catch_exceptions=False)
    running.close()
