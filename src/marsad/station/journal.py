"""The journal: what arrived, what was decided, what was said; synced to the disk before anything acts on it.

One SQLite file in WAL mode with ``synchronous=FULL``: a commit returns after the log is on the disk, so what was
acknowledged survives the death of the process and of the power.  Rows are written a batch at a time (one sync a
batch).  Each row carries a SHA-256 over itself and the row before, so that a change or a gap shows.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Literal, Protocol

import msgspec

from marsad.adapters.errors import BadInputError
from marsad.sensing.site import RecordRule
from marsad.station import pruning

FORMAT = 1
BUSY_S = 0.5
"""How long one try to write waits for another program's lock, in the writer's own thread; then it is tried again."""
CLOSE_S = 0.3
"""How long the end waits for a write that is stuck, and for a reader that keeps the log from being folded in."""
EntryKind = Literal[
    "site",
    "boot",
    "message",
    "rejected",
    "decision",
    "standing",
    "delivery",
    "note",
    "failure",
    "stream",
    "close",
    "pruning",
]
"""site: the site as it was; boot: versions and settings; message: what the core takes in; rejected: what it could
not; decision: what it decided; standing: the alarms that stand, for the next run; delivery: what became of a message
to people; note: an operator's act; failure: a stage restarted; stream: what the console was told; close: a clean
end; pruning: old rows let go by rule (``pruned`` rows stand in their place)."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS header (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS entries (
  seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, batch INTEGER NOT NULL, utc_ns INTEGER NOT NULL,
  source TEXT NOT NULL, payload BLOB NOT NULL, raw BLOB NOT NULL, chain BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS entries_by_time ON entries (kind, utc_ns);
"""
_READ = "SELECT seq, kind, batch, utc_ns, source, CAST(payload AS BLOB), CAST(raw AS BLOB) FROM entries"


class Entry(msgspec.Struct, frozen=True):
    """One row to write; ``raw`` is the frame as it came, ``batch`` groups what one step of the core took in."""

    kind: EntryKind
    batch: int
    utc_ns: int
    source: str
    payload: bytes
    raw: bytes = b""


class Row(msgspec.Struct, frozen=True):
    """One row as it stands in the journal."""

    seq: int
    kind: str
    batch: int
    utc_ns: int
    source: str
    payload: bytes
    raw: bytes


class JournalError(Exception):
    """The journal cannot be written: the disk is full or broken."""


class Pruned(msgspec.Struct, frozen=True):
    """How many rows went in one go, and whether nothing more is old enough."""

    rows: int = 0
    at_end: bool = True


class Readable(Protocol):
    """Where rows come from."""

    def read(self, kinds: Sequence[str] = (), *, from_seq: int = 0, from_ns: int = 0, to_ns: int = 0) -> Iterator[Row]:
        """Give rows in order of writing, of these kinds (all), from a row on, between two times (0: open)."""


class Journal(Readable, Protocol):
    """Where entries go; ``append`` returns only when they are safe."""

    def append(self, entries: Sequence[Entry]) -> None:
        """Write entries in order, synced, or raise ``JournalError`` and write none."""

    def last_seq(self) -> int:
        """Give the number of the last row, 0 if there is none."""

    def prune(self, rule: RecordRule, now_utc_ns: int) -> Pruned:
        """Let the next old rows go by a rule."""

    def close(self) -> None:
        """End writing."""


def link(previous: bytes, seq: int, entry: Entry | Row) -> bytes:
    """Give the chain value of a row from that of the row before (empty for the first)."""
    head = f"{seq}\0{entry.kind}\0{entry.batch}\0{entry.utc_ns}\0{entry.source}\0{len(entry.payload)}\0".encode()
    return hashlib.sha256(previous + head + entry.payload + entry.raw).digest()


def _query(kinds: Sequence[str], from_seq: int, from_ns: int, to_ns: int) -> tuple[str, list[object]]:
    where, values = ["seq >= ?"], [from_seq]
    arguments: list[object] = list(values)
    if kinds:
        where.append(f"kind IN ({','.join('?' * len(kinds))})")
        arguments.extend(kinds)
    if from_ns:
        where.append("utc_ns >= ?")
        arguments.append(from_ns)
    if to_ns:
        where.append("utc_ns < ?")
        arguments.append(to_ns)
    return f"{_READ} WHERE {' AND '.join(where)} ORDER BY seq", arguments


def _rows(connection: sqlite3.Connection, query: str, arguments: list[object]) -> Iterator[Row]:
    for found in connection.execute(query, arguments):
        yield Row(*found)


class SqliteJournal:
    """A journal in an SQLite file; one writer at a time, held by a lock beside the file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BadInputError(path, f"a journal cannot be made here ({error.strerror})") from error
        self._lock_file = self._take_lock(path)
        self._guard = threading.Lock()
        try:
            self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            self._prepare()
        except sqlite3.DatabaseError as error:
            self._lock_file.close()
            raise BadInputError(path, f"this is no journal that can be continued ({error})") from error

    @staticmethod
    def _take_lock(path: Path) -> IO[str]:
        try:
            lock_file = path.with_name(path.name + ".lock").open("w")
        except OSError as error:
            raise BadInputError(path, f"a journal cannot be made here ({error.strerror})") from error
        try:
            fcntl.flock(lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock_file.close()
            raise BadInputError(path, "another station writes this journal; give it a journal of its own") from error
        return lock_file

    def _prepare(self) -> None:
        c = self._connection
        c.execute("PRAGMA journal_mode=WAL")
        c.execute("PRAGMA synchronous=FULL")
        c.executescript(_SCHEMA)
        c.execute("INSERT OR IGNORE INTO header VALUES ('format', ?)", (str(FORMAT),))
        _require_format(c, self._path)
        last = c.execute("SELECT seq, chain FROM entries ORDER BY seq DESC LIMIT 1").fetchone()
        self._seq, self._chain = (int(last[0]), bytes(last[1])) if last else (0, b"")
        c.execute(f"PRAGMA busy_timeout={round(1000 * BUSY_S)}")

    def append(self, entries: Sequence[Entry]) -> None:
        """Write entries in order and sync them; on failure none is written."""
        if not entries:
            return
        with self._guard:
            seq, chain = self._seq, self._chain
            values = []
            for e in entries:
                seq += 1
                chain = link(chain, seq, e)
                values.append((seq, e.kind, e.batch, e.utc_ns, e.source, e.payload, e.raw, chain))
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                self._connection.executemany("INSERT INTO entries VALUES (?,?,?,?,?,?,?,?)", values)
                self._connection.execute("COMMIT")
            except sqlite3.Error as error:
                self._roll_back()
                raise JournalError(f"{self._path}: {error}") from error
            self._seq, self._chain = seq, chain

    def _roll_back(self) -> None:
        with contextlib.suppress(sqlite3.Error):  # a connection that was closed meanwhile has nothing to roll back
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")

    def prune(self, rule: RecordRule, now_utc_ns: int) -> Pruned:
        """Let the next old rows go in one transaction, and enter that at the end of the chain."""
        c = self._connection
        with self._guard:
            try:
                c.execute("BEGIN IMMEDIATE")
                chunk = pruning.look(c, rule, now_utc_ns)
                seq, chain = self._seq, self._chain
                if chunk.looked_to:
                    payloads = pruning.payloads_of(c, chunk, self._seq + 1)
                    pruning.carry_out(c, chunk, payloads)
                    if chunk.gaps:
                        seq, chain = self._own_to(pruning.entry_of(chunk, rule, payloads))
                c.execute("COMMIT")
            except sqlite3.Error as error:
                self._roll_back()
                raise JournalError(f"{self._path}: {error}") from error
            self._seq, self._chain = seq, chain
        return Pruned(chunk.rows, chunk.at_end)

    def _own_to(self, payload: bytes) -> tuple[int, bytes]:
        """Enter at the end that rows went, at the time and in the batch of the last row, which orders what follows."""
        batch, utc_ns = self._connection.execute(
            "SELECT batch, utc_ns FROM entries WHERE seq = ?", (self._seq,)
        ).fetchone()
        entry, seq = Entry("pruning", batch, utc_ns, "", payload), self._seq + 1
        chain = link(self._chain, seq, entry)
        row = (seq, entry.kind, batch, utc_ns, "", payload, b"", chain)
        self._connection.execute("INSERT INTO entries VALUES (?,?,?,?,?,?,?,?)", row)
        return seq, chain

    def shrink(self) -> None:
        """Give the space of what went back to the disk; takes as much again while it runs."""
        with self._guard:
            self._connection.execute("VACUUM")

    def read(self, kinds: Sequence[str] = (), *, from_seq: int = 0, from_ns: int = 0, to_ns: int = 0) -> Iterator[Row]:
        """Give rows in order, read over a connection of its own (any thread, while writing goes on)."""
        with open_for_reading(self._path) as reader:
            yield from reader.read(kinds, from_seq=from_seq, from_ns=from_ns, to_ns=to_ns)

    def last_seq(self) -> int:
        """Give the number of the last row."""
        return self._seq

    def close(self) -> None:
        """Fold the log into the file and let go of it; a stuck write is waited for a bounded time."""
        if not self._guard.acquire(timeout=BUSY_S + CLOSE_S):
            return  # the end of the process frees the lock; before it no other station may write here
        try:
            with contextlib.suppress(sqlite3.Error):  # else the log stays beside the file, for the next opener
                self._connection.execute(f"PRAGMA busy_timeout={round(1000 * CLOSE_S)}")
                self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._connection.close()
            self._lock_file.close()
        finally:
            self._guard.release()


def _require_format(connection: sqlite3.Connection, path: Path) -> None:
    found = connection.execute("SELECT value FROM header WHERE name = 'format'").fetchone()
    if found is None or found[0] != str(FORMAT):
        said = "none" if found is None else found[0]
        raise BadInputError(path, f"journal of format {FORMAT} expected, found {said}", field="header.format")


class JournalReader:
    """A journal opened to read, also while a station writes it."""

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise BadInputError(path, "a journal is expected, there is no such file")
        self._connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)
        try:
            _require_format(self._connection, path)
        except sqlite3.DatabaseError as error:
            self._connection.close()
            raise BadInputError(path, f"a journal is expected, this is none ({error})") from error
        except BadInputError:
            self._connection.close()
            raise

    def __enter__(self) -> JournalReader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def read(self, kinds: Sequence[str] = (), *, from_seq: int = 0, from_ns: int = 0, to_ns: int = 0) -> Iterator[Row]:
        """Give rows in order of writing."""
        return _rows(self._connection, *_query(kinds, from_seq, from_ns, to_ns))

    def last_utc_ns(self, kinds: Sequence[str]) -> int:
        """Give the latest time of rows of these kinds, 0 if there is none."""
        marks = ",".join("?" * len(kinds))
        found = self._connection.execute(f"SELECT MAX(utc_ns) FROM entries WHERE kind IN ({marks})", kinds).fetchone()
        return int(found[0] or 0)

    def histogram(self, kind: str, from_ns: int, to_ns: int, bins: int) -> list[int]:
        """Count rows of a kind in equal spans of time."""
        width = max((to_ns - from_ns) // bins, 1)
        counts = [0] * bins
        found = self._connection.execute(
            "SELECT (utc_ns - ?) / ?, COUNT(*) FROM entries WHERE kind = ? AND utc_ns >= ? AND utc_ns < ? GROUP BY 1",
            (from_ns, width, kind, from_ns, to_ns),
        )
        for position, count in found:
            counts[min(int(position), bins - 1)] += int(count)
        return counts

    def first_broken_link(self) -> int | None:
        """Give the first row whose chain value does not fit the rows before it, ``None`` if all do."""
        chain, expected = b"", 1
        found = self._connection.execute(_READ.replace(" FROM", ", chain FROM") + " ORDER BY seq")
        gaps = pruning.Followed()
        for *fields, stored in found:
            row = Row(*fields)
            if row.kind == "pruned":
                if not gaps.gap(row.seq, row.payload, chain, expected, stored):
                    return row.seq
                chain, expected = stored, row.seq + 1
                continue
            chain = link(chain, row.seq, row)
            if row.seq != expected or chain != stored:
                return row.seq
            if row.kind == "pruning" and (unowned := gaps.entry(row.seq, row.payload)) is not None:
                return unowned
            expected += 1
        return gaps.unowned()

    def prunings(self) -> list[pruning.Pruning]:
        """Give what was let go, each time."""
        return [msgspec.json.decode(row.payload, type=pruning.Pruning) for row in self.read(("pruning",))]

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()


def open_for_reading(path: Path) -> JournalReader:
    """Open a journal to read.

    Raises
    ------
    BadInputError
        There is no such file, or it is no journal of this format.
    """
    return JournalReader(path)


class MemoryJournal:
    """A journal in memory for simulations: ``crash`` gives what the disk would hold after the power failed."""

    def __init__(self, entries: Sequence[Row] = ()) -> None:
        self.rows: list[Row] = list(entries)
        self.syncs = 0
        self.fails = False

    def append(self, entries: Sequence[Entry]) -> None:
        """Keep the entries, or fail as told."""
        if self.fails:
            raise JournalError("no space left on the simulated disk")
        for e in entries:
            row = Row(len(self.rows) + 1, e.kind, e.batch, e.utc_ns, e.source, e.payload, e.raw)
            self.rows.append(row)
        self.syncs += bool(entries)

    def read(self, kinds: Sequence[str] = (), *, from_seq: int = 0, from_ns: int = 0, to_ns: int = 0) -> Iterator[Row]:
        """Give rows in order."""
        for row in list(self.rows):
            late_enough = row.seq >= from_seq and row.utc_ns >= from_ns
            if late_enough and (not to_ns or row.utc_ns < to_ns) and (not kinds or row.kind in kinds):
                yield row

    def last_seq(self) -> int:
        """Give the number of the last row."""
        return len(self.rows)

    def prune(self, rule: RecordRule, now_utc_ns: int) -> Pruned:  # noqa: ARG002  memory is let go of as a whole
        """Keep all."""
        return Pruned()

    def close(self) -> None:
        """Do nothing: memory needs no closing."""

    def crash(self) -> MemoryJournal:
        """Give the journal that a next boot finds: every append was synced, so all of it."""
        return MemoryJournal(self.rows)
