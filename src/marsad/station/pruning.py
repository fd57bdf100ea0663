"""Letting go of old detections by a stated rule, without breaking the journal's chain.

What was decided, told and done by people, and who stood where, is kept for ever; so is all that came around an alarm.
Other messages, and what the console was told, may go after some days.  Each run of rows that goes leaves one row in its
place (``pruned``) with its place, its times and the chain's values before and after; what went in one go is entered at
the journal's end (``pruning``) with the digest of those rows.  So the chain can still be followed from the first row to
the last, and a gap that no entry owns to is a broken chain.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec

from marsad.sensing.site import RecordRule
from marsad.terms import ZoneWarning

DAY_NS = 86_400_000_000_000
CHUNK_ROWS = 2_000
"""So many rows are looked at in one transaction: some ten milliseconds in which nothing else is written."""
MAY_GO = ("message", "stream", "rejected", "standing")
KEPT_SOURCES = ("personorder", "sensorreport", "weatherreport")
"""Messages that stay: people's acts, and what sensors and the weather said of themselves."""
ALARMED = ("take_shelter", "remain", "all_clear")


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """What stands in the place of a run of rows that went."""

    from_seq: int
    to_seq: int
    from_utc_ns: int
    to_utc_ns: int
    chain_before: str
    chain_after: str
    pruning_seq: int


class Pruning(msgspec.Struct, frozen=True, kw_only=True):
    """What went in one go, by which rule; ``digest`` is the SHA-256 of the gaps' payloads in order."""

    keep_days: float
    around_alarms_s: float
    rows: int
    until_utc_ns: int
    digest: str


@dataclass(frozen=True)
class Looked:
    """One row as the rule sees it."""

    seq: int
    kind: str
    utc_ns: int
    source: str
    chain: bytes


@dataclass(frozen=True)
class Chunk:
    """What one go would do: the gaps, and up to which row was looked; ``at_end``: nothing more is old enough."""

    gaps: tuple[tuple[Looked, ...], ...] = ()
    looked_to: int = 0
    at_end: bool = True

    @property
    def rows(self) -> int:
        """Count the rows that go."""
        return sum(len(gap) for gap in self.gaps)


def look(connection: sqlite3.Connection, rule: RecordRule, now_utc_ns: int) -> Chunk:
    """Look at the next rows that were not looked at before, and say which of them may go."""
    if rule.keep_days <= 0.0:
        return Chunk()
    cutoff = now_utc_ns - round(rule.keep_days * DAY_NS)
    found = connection.execute("SELECT value FROM header WHERE name = 'pruned_to'").fetchone()
    begin = int(found[0]) if found else 0
    rows = [
        Looked(*row)
        for row in connection.execute(
            "SELECT seq, kind, utc_ns, source, chain FROM entries WHERE seq > ? ORDER BY seq LIMIT ?",
            (begin, CHUNK_ROWS),
        )
    ]
    young = next((k for k, row in enumerate(rows) if row.utc_ns >= cutoff), len(rows))
    old = rows[:young]
    if not old:
        return Chunk()
    gaps = _gaps(old, _alarms(connection, old, round(rule.around_alarms_s * 1e9)))
    return Chunk(gaps, old[-1].seq, young < len(rows) or len(rows) < CHUNK_ROWS)


def _alarms(connection: sqlite3.Connection, rows: Sequence[Looked], around_ns: int) -> list[tuple[int, int]]:
    """Give the times around alarms that touch these rows."""
    first, last = min(row.utc_ns for row in rows), max(row.utc_ns for row in rows)
    warnings = connection.execute(
        "SELECT utc_ns, CAST(payload AS BLOB) FROM entries"
        " WHERE kind = 'decision' AND source = 'warning' AND utc_ns BETWEEN ? AND ?",
        (first - around_ns, last + around_ns),
    )
    return [
        (utc_ns - around_ns, utc_ns + around_ns)
        for utc_ns, payload in warnings
        if msgspec.json.decode(payload, type=ZoneWarning).level in ALARMED
    ]


def _gaps(rows: Sequence[Looked], alarms: Sequence[tuple[int, int]]) -> tuple[tuple[Looked, ...], ...]:
    """Join neighbours that may go; a single row would leave as many behind."""
    gaps: list[list[Looked]] = []
    previous = -1
    for row in rows:
        near = any(begin <= row.utc_ns <= end for begin, end in alarms)
        if row.kind not in MAY_GO or row.source in KEPT_SOURCES or near:
            continue
        if gaps and row.seq == previous + 1:
            gaps[-1].append(row)
        else:
            gaps.append([row])
        previous = row.seq
    return tuple(tuple(gap) for gap in gaps if len(gap) > 1)


def entry_of(chunk: Chunk, rule: RecordRule, payloads: Iterable[bytes]) -> bytes:
    """Give the entry at the journal's end that owns to a chunk."""
    total = hashlib.sha256(b"\0".join(payloads))
    return msgspec.json.encode(
        Pruning(
            keep_days=rule.keep_days,
            around_alarms_s=rule.around_alarms_s,
            rows=chunk.rows,
            until_utc_ns=max(row.utc_ns for gap in chunk.gaps for row in gap),
            digest=total.hexdigest(),
        )
    )


def payloads_of(connection: sqlite3.Connection, chunk: Chunk, pruning_seq: int) -> list[bytes]:
    """Give what will stand in the place of each gap."""
    return [
        msgspec.json.encode(
            Gap(
                from_seq=gap[0].seq,
                to_seq=gap[-1].seq,
                from_utc_ns=gap[0].utc_ns,
                to_utc_ns=gap[-1].utc_ns,
                chain_before=_chain_before(connection, gap[0].seq).hex(),
                chain_after=gap[-1].chain.hex(),
                pruning_seq=pruning_seq,
            )
        )
        for gap in chunk.gaps
    ]


def _chain_before(connection: sqlite3.Connection, seq: int) -> bytes:
    found = connection.execute("SELECT chain FROM entries WHERE seq = ?", (seq - 1,)).fetchone()
    return bytes(found[0]) if found else b""


def carry_out(connection: sqlite3.Connection, chunk: Chunk, payloads: Sequence[bytes]) -> None:
    """Put the gaps in place of the rows and note how far was looked; inside the caller's transaction."""
    connection.execute("INSERT OR REPLACE INTO header VALUES ('pruned_to', ?)", (str(chunk.looked_to),))
    for gap, payload in zip(chunk.gaps, payloads, strict=True):
        connection.execute("DELETE FROM entries WHERE seq >= ? AND seq < ?", (gap[0].seq, gap[-1].seq))
        connection.execute(
            "UPDATE entries SET kind = 'pruned', source = '', payload = ?, raw = ? WHERE seq = ?",
            (payload, b"", gap[-1].seq),
        )


class Followed:
    """Follows the gaps of a journal while its chain is followed."""

    def __init__(self) -> None:
        self._open: dict[int, list[tuple[int, bytes]]] = {}

    def gap(self, seq: int, payload: bytes, chain: bytes, expected: int, stored: bytes) -> bool:
        """Say whether a gap fits where it stands."""
        try:
            gap = msgspec.json.decode(payload, type=Gap)
        except msgspec.MsgspecError:
            return False
        self._open.setdefault(gap.pruning_seq, []).append((seq, payload))
        fits = gap.chain_before == chain.hex() and gap.chain_after == stored.hex()
        return fits and gap.from_seq == expected and gap.to_seq == seq and gap.pruning_seq > seq

    def entry(self, seq: int, payload: bytes) -> int | None:
        """Give the first gap that an entry does not own to as it stands, ``None`` if it does."""
        gaps = self._open.pop(seq, [])
        digest = hashlib.sha256(b"\0".join(payload for _, payload in gaps)).hexdigest()
        owned = msgspec.json.decode(payload, type=Pruning).digest == digest
        return None if owned else (gaps[0][0] if gaps else seq)

    def unowned(self) -> int | None:
        """Give the first gap that no entry owns to."""
        return min((gaps[0][0] for gaps in self._open.values()), default=None)
