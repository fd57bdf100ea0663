"""The station's core without sockets: frames in, journal, pipeline, decisions out.  It waits for nothing.

The order is the promise: what a batch holds is in the journal, synced, before the pipeline sees it; what the
pipeline decided is in the journal before anyone is told; frames are acknowledged after both.  If the journal
cannot be written, or not within ``record.PATIENCE_S``, warnings go on from memory, acknowledgements stop, the fault
is shown, and the record follows in its order.
"""

from __future__ import annotations

import logging
import platform
import traceback
import zlib
from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
import numpy as np

import marsad
from marsad.pipeline import Outputs
from marsad.sensing.site import Site
from marsad.station.frames import Frame, Reply
from marsad.station.intake import Intake
from marsad.station.journal import Entry, Journal, JournalError, Pruned
from marsad.station.record import BOOT_PATIENCE_S, Record
from marsad.station.resume import Plan, Resumption, lesser_plans, plan_resumption, resume
from marsad.station.runner import Pipeline, Runner, decisions, encode_message
from marsad.station.snapshot import code_digest, decode_site, digest, encode_site
from marsad.terms import Message, PersonOrder, RejectedInput, Tick, ZoneWarning

log = logging.getLogger("marsad.station")

NOTE_NS = 10_000_000_000
"""How often what stands is noted for the next run while it changes in nothing but its times."""
CLOSE_PATIENCE_S = 0.5
"""How long the last entries of a run may take; then the process ends, and what waits stands beside the journal."""


@dataclass(frozen=True)
class Processed:
    """What one batch led to."""

    messages: tuple[Message, ...] = ()
    rejected: tuple[RejectedInput, ...] = ()
    replies: tuple[Reply, ...] = ()
    outputs: Outputs = field(default_factory=Outputs)
    failure: str = ""
    recorded: Future[bool] | None = None
    """Done when all of it is safe; False if some of it was lost."""


class StationCore:
    """Takes in frames, keeps the record, runs the pipeline."""

    def __init__(
        self,
        site: Site,
        pipeline: Pipeline,
        journal: Journal | Record,
        *,
        station_id: str,
        boot_id: str,
        settings: dict[str, Any],
    ) -> None:
        snapshot = encode_site(site)
        self.site = decode_site(snapshot)  # the very numbers that a replay reads from the journal
        self.boot_id = boot_id
        self.intake = Intake(self.site, station_id)
        self._snapshot = encode_site(self.site)
        self._settings = settings
        self._record = journal if isinstance(journal, Record) else Record(journal)
        self._pipeline = pipeline
        self._runner = Runner(pipeline, self.site)
        self._batch = 0
        self._last_utc_ns = 0
        self._stands = False
        self._noted_utc_ns = 0

    @property
    def trouble(self) -> str:
        """Say what keeps the journal from being written, empty if nothing does."""
        return self._record.trouble

    @property
    def lost_entries(self) -> int:
        """Count what the backlog could not hold while the journal could not be written."""
        return self._record.lost

    @property
    def waiting_entries(self) -> int:
        """Count what waits in memory for the journal."""
        return self._record.waiting

    def boot(self, now_utc_ns: int) -> tuple[Resumption, tuple[ZoneWarning, ...]]:
        """Write the header of this run, and take up the state of the run before if it ended just now.

        Returns the resumption and those warnings of the time before that no one was told of: the process died
        between their evidence and their decision.
        """
        if late := self._record.recover():
            log.warning("%d entries of the run before had not reached the journal; they do now", late)
        plan, resumption, troubles = self._take_up(now_utc_ns)
        self._batch = plan.next_batch
        name = digest(self._snapshot)
        entries = []
        if plan.site_digest != name:
            entries.append(Entry("site", self._batch, now_utc_ns, name, self._snapshot))
        entries.append(Entry("boot", self._batch, now_utc_ns, self.boot_id, self._header(name, plan)))
        entries += [Entry("failure", self._batch, now_utc_ns, "resume", trouble.encode()) for trouble in troubles]
        self._record.write(entries, BOOT_PATIENCE_S)
        self._record.write([*self._decided(resumption.decided, now_utc_ns), self._note(now_utc_ns)], BOOT_PATIENCE_S)
        return resumption, resumption.untold

    def _take_up(self, now_utc_ns: int) -> tuple[Plan, Resumption, list[str]]:
        """Take up the run before by the best plan that works: what is recorded never keeps a station from its watch."""
        journal, troubles = self._record.journal, list[str]()
        try:
            plan = plan_resumption(journal, now_utc_ns, exercise=bool(self._settings.get("exercise", False)))
        except Exception as error:  # noqa: BLE001  whatever stands there, the watch begins
            troubles.append(_said("the run before cannot be read", error))
            plan = Plan(next_batch=_batch_after(journal), boot_utc_ns=now_utc_ns)
        for lesser in lesser_plans(journal, plan):
            try:
                return lesser, resume(journal, lesser, self._runner), troubles
            except Exception as error:  # noqa: BLE001  then by a plan that asks less of what stands there
                troubles.append(_said("the run before cannot be taken up as planned", error))
                self._runner = Runner(self._pipeline, self.site)
        raise AssertionError("the last plan takes up nothing, which cannot fail")

    def _header(self, site_digest: str, plan: Plan) -> bytes:
        return msgspec.json.encode(
            {
                "boot_id": self.boot_id,
                "marsad": marsad.__version__,
                "code": code_digest(),
                "python": platform.python_version(),
                "numpy": np.__version__,
                "machine": platform.machine(),
                "settings": self._settings,
                "site": site_digest,
                "site_name": self.site.name,
                "resume_from": plan.resume_from,
                "described": plan.described,
                "standing": plan.standing,
                "boot_utc_ns": plan.boot_utc_ns,
            }
        )

    def process(self, frames: list[Frame], now_utc_ns: int, orders: Sequence[PersonOrder] = ()) -> Processed:
        """Take in frames in order of arrival and people's orders; without any, let time pass."""
        taken = self.intake.take([self._in_order(frame) for frame in frames])
        now_utc_ns = self._last_utc_ns = max(self._last_utc_ns, now_utc_ns)
        messages = [*taken.messages, *(msgspec.structs.replace(order, arrival_utc_ns=now_utc_ns) for order in orders)]
        if not messages and not taken.rejected and not taken.replies:
            messages = [Tick(arrival_utc_ns=now_utc_ns)]
        self._batch += 1
        raws = iter(taken.raw)
        entries = [
            Entry("message", self._batch, m.arrival_utc_ns, _source(m), encode_message(m), next(raws, b""))
            for m in messages
        ]
        entries += [self._rejected(r) for r in taken.rejected]
        safe = self._record.write(entries)
        step = self._runner.step(messages) if messages else None
        outputs, failure = (step.outputs, step.failure) if step else (Outputs(), "")
        after = self._decided(outputs, now_utc_ns) + self._standing(outputs, now_utc_ns)
        after += [self._rejected(r) for r in outputs.rejected]
        if failure:
            after.append(Entry("failure", self._batch, now_utc_ns, "pipeline", failure.encode()))
        if after:
            safe = self._record.write(after) and safe
        return Processed(
            messages=tuple(messages),
            rejected=(*taken.rejected, *outputs.rejected),
            replies=tuple(self._permitted(taken.replies, safe)),
            outputs=outputs,
            failure=failure,
            recorded=self._record.mark(),
        )

    def _in_order(self, frame: Frame) -> Frame:
        """Give the frame with an arrival that is not before the last one: arrivals order everything."""
        self._last_utc_ns = max(self._last_utc_ns, frame.arrival_utc_ns)
        if frame.arrival_utc_ns == self._last_utc_ns:
            return frame
        return replace(frame, arrival_utc_ns=self._last_utc_ns)

    def _standing(self, outputs: Outputs, now_utc_ns: int) -> list[Entry]:
        """Note the alarms that stand when they change, and every ``NOTE_NS`` as long as any does."""
        due = self._stands and now_utc_ns - self._noted_utc_ns >= NOTE_NS
        if not outputs.warnings and not due:
            return []
        stood = self._stands
        note = self._note(now_utc_ns)
        return [note] if stood or self._stands else []

    def _note(self, now_utc_ns: int) -> Entry:
        saved = self._runner.standing()
        self._stands, self._noted_utc_ns = bool(saved), now_utc_ns
        return Entry("standing", self._batch, now_utc_ns, "", zlib.compress(saved, 1) if saved else b"")

    def _decided(self, outputs: Outputs, now_utc_ns: int) -> list[Entry]:
        return [
            Entry("decision", self._batch, now_utc_ns, name, msgspec.json.encode(decision))
            for name, decision in decisions(outputs)
        ]

    def _rejected(self, rejected: RejectedInput) -> Entry:
        return Entry("rejected", self._batch, rejected.arrival_utc_ns, rejected.source, msgspec.json.encode(rejected))

    def _permitted(self, replies: list[Reply], safe: bool) -> Iterable[Reply]:
        """Hold back the acknowledgements of what is not safe, for good once entries were lost."""
        for reply in replies:
            is_ack = reply.message is not None and reply.message.WhichOneof("content") == "status_report"
            if not is_ack or (safe and not self._record.lost):
                yield reply

    def prune(self, now_utc_ns: int) -> Future[Pruned]:
        """Let the next old rows go by the site's rule, while nobody is told anything and all is written."""
        return self._record.aside(lambda: self._prune(now_utc_ns))

    def _prune(self, now_utc_ns: int) -> Pruned:
        if self._stands or self._record.waiting:
            return Pruned()
        try:
            return self._record.journal.prune(self.site.record, now_utc_ns)
        except JournalError:
            return Pruned()  # the next write says what is wrong with the disk

    # What follows is called beside the core's thread, and waits for no disk: it must not hold up what comes in.

    def note(self, kind: str, payload: dict[str, Any], now_utc_ns: int) -> Future[bool]:
        """Journal an act of an operator; give what will say that it is safe."""
        self._record.write([Entry("note", self._batch, now_utc_ns, kind, msgspec.json.encode(payload))], 0.0)
        return self._record.mark()

    def delivered(self, channel_id: str, payload: bytes, now_utc_ns: int) -> None:
        """Journal what became of a message to people."""
        self._record.write([Entry("delivery", self._batch, now_utc_ns, channel_id, payload)], 0.0)

    def streamed(self, kind: str, payload: bytes, now_utc_ns: int) -> None:
        """Journal what the console was told."""
        self._record.write([Entry("stream", self._batch, now_utc_ns, kind, payload)], 0.0)

    def close(self, now_utc_ns: int) -> None:
        """Write the end of this run and close the journal; what it does not take now stands beside it."""
        self._record.write([Entry("close", self._batch, now_utc_ns, self.boot_id, b"")], CLOSE_PATIENCE_S)
        self.let_go()

    def let_go(self) -> None:
        """Close the journal without the end of the run: a computation is stuck, and the next run takes it up."""
        self._record.close(CLOSE_PATIENCE_S)


def _said(what: str, error: Exception) -> str:
    """Say on the log and give for the journal that something failed at the start."""
    log.error("%s (%s: %s); the station starts without it", what, type(error).__name__, error)
    return f"{what}\n{''.join(traceback.format_exception(error)[-4:])}"


def _batch_after(journal: Journal) -> int:
    """Give the number of the next batch of a journal that cannot be read as it should be."""
    try:
        return 1 + max((row.batch for row in journal.read(from_seq=journal.last_seq())), default=0)
    except Exception:  # noqa: BLE001  a number that is free is better, any is good enough
        return 1


def _source(message: Message) -> str:
    """Name whom a message comes from."""
    return getattr(message, "sensor_id", "") or type(message).__name__.lower()
