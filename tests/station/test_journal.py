from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from marsad.adapters.errors import BadInputError
from marsad.station.journal import Entry, JournalError, SqliteJournal, open_for_reading
from marsad.station.snapshot import decode_site, encode_site
from station_kit import START_NS, small_site


def entry(number: int, kind: str = "message") -> Entry:
    payload = f"payload {number}".encode()
    return Entry(kind, number // 3, START_NS + number, f"s{number}", payload, bytes([number]))  # type: ignore[arg-type]


def test_what_is_appended_is_read_back_in_order_also_by_a_later_opener(tmp_path: Path) -> None:
    path = tmp_path / "j"
    journal = SqliteJournal(path)
    journal.append([entry(i) for i in range(7)])
    journal.append([])
    journal.append([entry(7, "decision")])
    assert [row.seq for row in journal.read()] == list(range(1, 9))
    journal.close()
    again = SqliteJournal(path)
    again.append([entry(8)])
    rows = list(again.read(("message",), from_seq=3))
    assert [row.source for row in rows] == ["s2", "s3", "s4", "s5", "s6", "s8"]
    assert rows[0].payload == b"payload 2"
    assert [r.seq for r in again.read(from_ns=START_NS + 2, to_ns=START_NS + 4)] == [3, 4]
    again.close()
    with open_for_reading(path) as reader:
        assert reader.first_broken_link() is None


def test_the_disk_is_synced_on_every_commit(tmp_path: Path) -> None:
    journal = SqliteJournal(tmp_path / "j")
    assert journal._connection.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL
    assert journal._connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    journal.close()


APPEND = """
import os, sys
from pathlib import Path
from marsad.station.journal import Entry, SqliteJournal
journal = SqliteJournal(Path(sys.argv[1]))
for number in range(5):
    journal.append([Entry("message", number, number, "s", b"x" * 300)] * 3)
    os.write(1, b"acknowledged\\n")
"""


def test_no_acknowledgement_leaves_before_the_disk_has_the_entries(tmp_path: Path) -> None:
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("strace is not here: apt-get install strace")
    trace = tmp_path / "trace"
    calls = "trace=fdatasync,fsync,write,pwrite64"
    command = [strace, "-f", "-y", "-e", calls, "-o", str(trace), sys.executable, "-c", APPEND, str(tmp_path / "j")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    if "ptrace" in done.stderr:
        pytest.skip(f"strace may not look into processes here: {done.stderr.strip()[:100]}")
    assert done.stdout.count("acknowledged") == 5
    written = synced = True
    acknowledged = 0
    for line in trace.read_text().splitlines():
        if "pwrite64" in line and "/j-wal" in line:
            written, synced = True, False
        elif "sync(" in line and "/j-wal" in line:
            assert line.rstrip().endswith("= 0")
            synced = True
        elif "acknowledged" in line:
            acknowledged += 1
            assert written, "nothing was written for this acknowledgement"
            assert synced, "the log was written and not synced before this acknowledgement"
            written = False
    assert acknowledged == 5


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE entries SET payload = 'other' WHERE seq = 3",
        "UPDATE entries SET utc_ns = utc_ns + 1 WHERE seq = 3",
        "UPDATE entries SET raw = x'00ff' WHERE seq = 3",
        "DELETE FROM entries WHERE seq = 3",
    ],
)
def test_a_change_shows(tmp_path: Path, change: str) -> None:
    journal = SqliteJournal(tmp_path / "j")
    journal.append([entry(i) for i in range(6)])
    journal.close()
    with sqlite3.connect(tmp_path / "j") as connection:
        connection.execute(change)
    connection.close()
    with open_for_reading(tmp_path / "j") as reader:
        assert reader.first_broken_link() in (3, 4)


def test_a_second_writer_is_refused(tmp_path: Path) -> None:
    journal = SqliteJournal(tmp_path / "j")
    with pytest.raises(BadInputError, match="another station"):
        SqliteJournal(tmp_path / "j")
    journal.close()
    SqliteJournal(tmp_path / "j").close()


def test_a_failed_append_leaves_nothing_and_the_next_one_works(tmp_path: Path) -> None:
    journal = SqliteJournal(tmp_path / "j")
    journal.append([entry(0)])
    trigger = "BEFORE INSERT ON entries WHEN NEW.source = 's2' BEGIN SELECT RAISE(ABORT, 'disk full'); END"
    journal._connection.execute(f"CREATE TRIGGER full {trigger}")
    with pytest.raises(JournalError, match="disk full"):
        journal.append([entry(1), entry(2)])
    assert journal.last_seq() == 1
    journal._connection.execute("DROP TRIGGER full")
    journal.append([entry(1), entry(2)])
    assert [row.source for row in journal.read()] == ["s0", "s1", "s2"]
    journal.close()
    with open_for_reading(tmp_path / "j") as reader:
        assert reader.first_broken_link() is None


def test_what_is_no_journal_is_named(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("not a database, but long enough to be looked at" * 100)
    for name in ("text", "missing"):
        with pytest.raises(BadInputError, match="journal"):
            open_for_reading(tmp_path / name)
    with pytest.raises(BadInputError, match="no journal"):
        SqliteJournal(tmp_path / "text")
    other = sqlite3.connect(tmp_path / "other")
    other.execute("CREATE TABLE header (name TEXT PRIMARY KEY, value TEXT)")
    other.execute("INSERT INTO header VALUES ('format', '999')")
    other.commit()
    other.close()
    with pytest.raises(BadInputError, match="format 1 expected, found 999"):
        open_for_reading(tmp_path / "other")


def test_a_site_survives_the_journal_to_the_last_bit() -> None:
    site = decode_site(encode_site(small_site()))
    assert encode_site(site) == encode_site(decode_site(encode_site(site)))
    assert (site.terrain.height_m == small_site().terrain.height_m).all()
    assert site.zones == small_site().zones
