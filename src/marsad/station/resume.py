"""Taking up the watch where the run before left it: no alarm is taken back or told twice because a process died.

There are two ways.  If the run before ended just now, on the same code, and few enough messages came since its oldest
alarm began, those messages are run again and give the same state.  Else the alarms that stood are carried over from
the journal's last note of them, and only the last minutes are run again, for the tracks.
"""

from __future__ import annotations

import zlib
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any

import msgspec

from marsad.pipeline import Outputs
from marsad.station.journal import Journal, Readable, Row
from marsad.station.runner import MEMORY_NS, Runner, decode_message
from marsad.station.snapshot import code_digest
from marsad.terms import Message, SensorReport, WeatherReport, ZoneWarning

STALE_NS = 600_000_000_000
"""After a longer silence the tracks and launches before say nothing of now."""
CARRIED_NS = 86_400_000_000_000
"""Alarms older than this are history."""
AGAIN_MESSAGES = 5_000
"""As many messages are run again in some five seconds, in which nobody is warned."""
INCIDENT_NS = 1_800_000_000_000
"""How far back the beginning of a standing alarm is looked for."""
BEFORE_INCIDENT_NS = 60_000_000_000
ENDED_LEVELS = ("clear", "all_clear")
ALARMED_LEVELS = ("take_shelter", "remain")


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What a new run takes over; 0 and empty for a fresh start.

    ``standing`` is the row of the alarms that are carried over; 0 where the messages bring them again.
    """

    next_batch: int = 1
    site_digest: str = ""
    resume_from: int = 0
    described: tuple[int, ...] = ()
    standing: int = 0
    boot_utc_ns: int = 0


@dataclass(frozen=True)
class Resumption:
    """The outputs of the time before, in order, and what nobody was told of or knows yet.

    ``decided`` are the decisions of the new run itself: warnings that are due, and the launches, impacts and drones
    that they rest on where those have got new names.
    """

    outputs: tuple[Outputs, ...] = ()
    decided: Outputs = field(default_factory=Outputs)
    messages: int = 0

    @property
    def untold(self) -> tuple[ZoneWarning, ...]:
        """Give the warnings that no one was told of."""
        return self.decided.warnings


def plan_resumption(journal: Journal, now_utc_ns: int, *, exercise: bool = False) -> Plan:
    """Look at the end of a journal and say what to take over from it."""
    last = journal.last_seq()
    if not last:
        return Plan(boot_utc_ns=now_utc_ns)
    newest = deque(journal.read(from_seq=last), maxlen=1)[0]
    site = deque(journal.read(("site",)), maxlen=1)
    plan = Plan(next_batch=newest.batch + 1, site_digest=site[0].source if site else "", boot_utc_ns=now_utc_ns)
    boot = deque(journal.read(("boot",)), maxlen=1)
    header = msgspec.json.decode(boot[0].payload) if boot else {}
    if header.get("settings", {}).get("exercise", False) != exercise:
        return plan  # what was an exercise is nothing to the real station, nor the other way round
    silent_ns = now_utc_ns - newest.utc_ns
    if 0 <= silent_ns <= STALE_NS and header.get("code") == code_digest():
        since = min(now_utc_ns - MEMORY_NS, _standing_since(journal, now_utc_ns) - BEFORE_INCIDENT_NS)
        wanted = [row.seq for row in _first(journal, since, AGAIN_MESSAGES + 1)]
        if 0 < len(wanted) <= AGAIN_MESSAGES:
            return _with_messages(plan, journal, wanted, now_utc_ns)
    if silent_ns <= CARRIED_NS:
        plan = msgspec.structs.replace(plan, standing=_standing(journal, boot[0].seq if boot else 0))
    if 0 <= silent_ns <= STALE_NS:
        recent = deque(
            (row.seq for row in journal.read(("message",), from_ns=now_utc_ns - MEMORY_NS)), maxlen=AGAIN_MESSAGES
        )
        return _with_messages(plan, journal, list(recent), now_utc_ns)
    return plan


def lesser_plans(journal: Journal, plan: Plan) -> Iterator[Plan]:
    """Give a plan, then others that ask less of the journal: the alarms that stood without messages, then nothing."""
    yield plan
    if plan.resume_from:
        standing = plan.standing or _standing(journal, max((row.seq for row in journal.read(("boot",))), default=0))
        if standing:
            yield msgspec.structs.replace(plan, resume_from=0, described=(), standing=standing)
    yield msgspec.structs.replace(plan, resume_from=0, described=(), standing=0)


def plan_of(header: dict[str, Any]) -> Plan:
    """Give the plan of a run from the header that it wrote."""
    return Plan(
        resume_from=header["resume_from"],
        described=tuple(header["described"]),
        standing=header.get("standing", 0),
        boot_utc_ns=header.get("boot_utc_ns", 0),
    )


def _first(journal: Journal, from_ns: int, count: int) -> Iterator[Row]:
    """Give the first rows of messages from a time on."""
    for number, row in enumerate(journal.read(("message",), from_ns=from_ns)):
        if number >= count:
            return
        yield row


def _with_messages(plan: Plan, journal: Journal, wanted: list[int], now_utc_ns: int) -> Plan:
    if not wanted:
        return plan
    first = next(journal.read(("message",), from_seq=wanted[0]))
    # a batch is never cut: begin with the one after if the bound fell inside it
    begin = first.seq if len(wanted) < AGAIN_MESSAGES else _next_batch(journal, first)
    return msgspec.structs.replace(plan, resume_from=begin, described=_described(journal, begin, now_utc_ns))


def _standing(journal: Journal, from_seq: int) -> int:
    """Find the run's last note of what stood; 0 if nothing did."""
    notes = deque(journal.read(("standing",), from_seq=from_seq), maxlen=1)
    return notes[0].seq if notes and notes[0].payload else 0


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
    if not plan.resume_from and not plan.standing:
        return Resumption()
    outputs: list[Outputs] = []
    described = [next(journal.read(("message",), from_seq=seq)) for seq in plan.described]
    if described:
        outputs.append(runner.step(tuple(decode_message(row.payload) for row in described)).outputs)
    rows = [
        row
        for row in journal.read(("message", "decision"), from_seq=plan.resume_from or plan.standing)
        if not before_seq or row.seq < before_seq
    ]
    messages = [row for row in rows if row.kind == "message" and plan.resume_from]
    for _, batch in batches(messages):
        outputs.append(runner.step(batch).outputs)
    told = _told(rows)
    count = len(described) + len(messages)
    if not plan.standing:
        decided = Outputs(warnings=_untold(told, [warning for o in outputs for warning in o.warnings]))
        return Resumption(outputs=tuple(outputs), decided=decided, messages=count)
    before, decided = _carry(journal, plan, runner, outputs, before_seq)
    return Resumption(outputs=(*before, decided), decided=decided, messages=count)


def _carry(
    journal: Readable, plan: Plan, runner: Runner, outputs: Sequence[Outputs], before_seq: int
) -> tuple[list[Outputs], Outputs]:
    """Go on with the alarms that stood; give the outputs before (what zones were told in them) and what is new."""
    note = next(journal.read(("standing",), from_seq=plan.standing))
    decided = runner.carry_over(zlib.decompress(note.payload), plan.boot_utc_ns, outputs)
    silent = [replace(one, warnings=()) for one in outputs]  # a fresh engine's words, which nobody is told
    rows = journal.read(("decision",), from_ns=max(note.utc_ns - CARRIED_NS, 1))
    last = {w.zone_id: w for w in _told([row for row in rows if not before_seq or row.seq < before_seq])}
    stood = tuple(
        w
        for w in last.values()
        if w.level in ALARMED_LEVELS or (w.level not in ENDED_LEVELS and w.expires_utc_ns >= plan.boot_utc_ns)
    )
    return [Outputs(warnings=stood), *silent], decided


def _told(rows: Sequence[Row]) -> list[ZoneWarning]:
    said = [row for row in rows if row.kind == "decision" and row.source == "warning"]
    return [msgspec.json.decode(row.payload, type=ZoneWarning) for row in said]


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
