"""Taking up the watch where the run before left it: no alarm is taken back or told twice because a process died."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import msgspec

from marsad.pipeline import Outputs
from marsad.station.journal import Journal, Readable, Row
from marsad.station.runner import MEMORY_MESSAGES, MEMORY_NS, Runner, decode_message
from marsad.terms import Message, SensorReport, WeatherReport, ZoneWarning

STALE_NS = 600_000_000_000
"""After a longer silence the state before says nothing of now."""
INCIDENT_NS = 1_800_000_000_000
"""How far back the beginning of a standing alarm is looked for."""
BEFORE_INCIDENT_NS = 60_000_000_000
ENDED_LEVELS = ("clear", "all_clear")


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What a new run takes over; 0 and empty for a fresh start."""

    next_batch: int = 1
    site_digest: str = ""
    resume_from: int = 0
    described: tuple[int, ...] = ()


@dataclass(frozen=True)
class Resumption:
    """The outputs of the time before, in order, and the warnings among them that no one was told of."""

    outputs: tuple[Outputs, ...] = ()
    untold: tuple[ZoneWarning, ...] = ()
    messages: int = 0


def plan_resumption(journal: Journal, now_utc_ns: int) -> Plan:
    """Look at the end of a journal and say what to take over from it."""
    last = journal.last_seq()
    if not last:
        return Plan()
    newest = deque(journal.read(from_seq=last), maxlen=1)[0]
    site = deque(journal.read(("site",)), maxlen=1)
    plan = Plan(next_batch=newest.batch + 1, site_digest=site[0].source if site else "")
    if not 0 <= now_utc_ns - newest.utc_ns <= STALE_NS:
        return plan
    since = min(now_utc_ns - MEMORY_NS, _standing_since(journal, now_utc_ns) - BEFORE_INCIDENT_NS)
    wanted: deque[int] = deque((r.seq for r in journal.read(("message",), from_ns=since)), maxlen=2 * MEMORY_MESSAGES)
    if not wanted:
        return plan
    first = next(journal.read(("message",), from_seq=wanted[0]))
    # a batch is never cut: begin with the one after if the bound fell inside it
    begin = first.seq if len(wanted) < 2 * MEMORY_MESSAGES else _next_batch(journal, first)
    return msgspec.structs.replace(plan, resume_from=begin, described=_described(journal, begin, now_utc_ns))


def _next_batch(journal: Journal, row: Row) -> int:
    for later in journal.read(("message",), from_seq=row.seq):
        if later.batch != row.batch:
            return later.seq
    return row.seq


def _standing_since(journal: Journal, now_utc_ns: int) -> int:
    """Give when the oldest alarm that still stands began, or now."""
    began: dict[str, int] = {}
    for row in journal.read(("decision",), from_ns=now_utc_ns - INCIDENT_NS):
        if row.source == "warning":
            warning = msgspec.json.decode(row.payload, type=ZoneWarning)
            if warning.level in ENDED_LEVELS or warning.action == "cancel":
                began.pop(warning.zone_id, None)
            else:
                began.setdefault(warning.zone_id, row.utc_ns)
    return min(began.values(), default=now_utc_ns)


def _described(journal: Journal, before_seq: int, now_utc_ns: int) -> tuple[int, ...]:
    """Find the last word of every sensor on itself, and of the weather, before a row; at most a day old."""
    found: dict[str, int] = {}
    for row in journal.read(("message",), from_ns=now_utc_ns - 86_400_000_000_000):
        if row.seq >= before_seq:
            break
        if b'"type":"sensor"' in row.payload or b'"type":"weather"' in row.payload:
            message = decode_message(row.payload)
            if isinstance(message, SensorReport):
                found[message.sensor.sensor_id] = row.seq
            elif isinstance(message, WeatherReport):
                found[""] = row.seq
    return tuple(sorted(found.values()))


def batches(rows: Iterator[Row] | Sequence[Row]) -> Iterator[tuple[int, tuple[Message, ...]]]:
    """Group message rows into the batches that the core took in."""
    for batch, members in groupby(rows, key=lambda row: row.batch):
        yield batch, tuple(decode_message(row.payload) for row in members)


def resume(journal: Readable, plan: Plan, runner: Runner, before_seq: int = 0) -> Resumption:
    """Feed a new runner what the plan says, up to a row (0: all), and find the warnings that no one was told of."""
    if not plan.resume_from:
        return Resumption()
    outputs: list[Outputs] = []
    described = [next(journal.read(("message",), from_seq=seq)) for seq in plan.described]
    if described:
        outputs.append(runner.step(tuple(decode_message(row.payload) for row in described)).outputs)
    rows = [
        row
        for row in journal.read(("message", "decision"), from_seq=plan.resume_from)
        if not before_seq or row.seq < before_seq
    ]
    for _, messages in batches([row for row in rows if row.kind == "message"]):
        outputs.append(runner.step(messages).outputs)
    said = [row for row in rows if row.kind == "decision" and row.source == "warning"]
    told = [msgspec.json.decode(row.payload, type=ZoneWarning) for row in said]
    count = len(described) + sum(row.kind == "message" for row in rows)
    untold = _untold(told, [warning for o in outputs for warning in o.warnings])
    return Resumption(outputs=tuple(outputs), untold=untold, messages=count)


def _untold(told: Sequence[ZoneWarning], resumed: Sequence[ZoneWarning]) -> tuple[ZoneWarning, ...]:
    """Find where the resumed watch has come to say another thing of a zone than its people were last told."""
    last_told = {w.zone_id: w for w in told}
    last_resumed = {w.zone_id: w for w in resumed}
    return tuple(
        warning
        for zone_id, warning in last_resumed.items()
        if zone_id not in last_told
        or (warning.level != last_told[zone_id].level and warning.arrival_utc_ns > last_told[zone_id].arrival_utc_ns)
    )
