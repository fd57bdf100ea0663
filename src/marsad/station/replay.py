"""The journal, run again: the same messages in the same batches through the same core give the same decisions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import msgspec

from marsad.adapters.errors import BadInputError
from marsad.pipeline import Outputs
from marsad.sensing.site import Site
from marsad.station.exercise import as_exercise
from marsad.station.journal import Readable, Row
from marsad.station.pruning import Gap
from marsad.station.resume import plan_of, resume
from marsad.station.runner import Decision, Pipeline, Runner, decisions, decode_message
from marsad.station.snapshot import code_digest, decode_site


class Decided(msgspec.Struct, frozen=True):
    """One decision: in which batch, of what kind, and its bytes."""

    batch: int
    kind: str
    payload: bytes

    def line(self) -> str:
        """Give the decision as one JSON object."""
        return f'{{"batch":{self.batch},"decision":"{self.kind}",{self.payload[1:].decode()}'


@dataclass
class Replay:
    """What a replay gave and what the journal holds; they should be equal."""

    replayed: list[Decided] = field(default_factory=list)
    recorded: list[Decided] = field(default_factory=list)
    messages: int = 0
    boots: int = 0
    let_go: int = 0
    """Runs that cannot be run again, as some of their messages were let go by rule."""
    other_code: bool = False
    """Whether a run was made by other code than this."""
    unfinished: set[int] = field(default_factory=set)
    """Batches that the station died in, after it had stored them and before it had stored what it decided."""

    def difference(self) -> str | None:
        """Say where the two part, ``None`` if they do not."""
        replayed = [d for d in self.replayed if d.batch not in self.unfinished]
        recorded = [d for d in self.recorded if d.batch not in self.unfinished]
        for mine, theirs in zip(replayed, recorded, strict=False):
            if mine != theirs:
                return f"batch {theirs.batch}: recorded {theirs.line()[:300]}, replayed {mine.line()[:300]}"
        if len(replayed) != len(recorded):
            return f"{len(recorded)} decisions recorded, {len(replayed)} replayed"
        return None


class _Run:
    """The replay of a journal, row by row."""

    def __init__(self, journal: Readable, pipeline: Pipeline, result: Replay) -> None:
        self._journal = journal
        self._pipeline = pipeline
        self._result = result
        self._site: Site | None = None
        self._runner: Runner | None = None
        self._pending: list[Row] = []
        self._is_whole = True
        self._gaps = [msgspec.json.decode(row.payload, type=Gap) for row in journal.read(("pruned",))]
        self._boots = [row.seq for row in journal.read(("boot",))]

    def take(self, row: Row) -> Iterator[tuple[int, Outputs]]:
        """Take one row; give the outputs of a batch that it completes."""
        if self._pending and (row.kind != "message" or row.batch != self._pending[0].batch):
            yield self.finish()
        if row.kind == "site":
            self._site = decode_site(row.payload)
        elif row.kind == "boot":
            self._is_whole = self._whole(row)
            self._result.let_go += not self._is_whole
            if self._is_whole:
                yield row.batch, self._boot(row)
        elif not self._is_whole:
            return
        elif row.kind == "message":
            self._pending.append(row)
        elif row.kind == "decision":
            self._result.recorded.append(Decided(row.batch, row.source, row.payload))

    def _whole(self, row: Row) -> bool:
        """Say whether all is there that the run of a boot took in."""
        plan = plan_of(msgspec.json.decode(row.payload))
        begin = min(seq for seq in (plan.resume_from, plan.standing, row.seq) if seq)
        end = min((seq for seq in self._boots if seq > row.seq), default=0)
        return not any(gap.to_seq >= begin and (not end or gap.from_seq < end) for gap in self._gaps)

    def _boot(self, row: Row) -> Outputs:
        if self._site is None:
            raise BadInputError(f"journal row {row.seq}", "the site should stand before the first boot")
        header = msgspec.json.decode(row.payload)
        plan = plan_of(header)
        exercise = header["settings"].get("exercise", False)
        self._runner = Runner(as_exercise(self._pipeline) if exercise else self._pipeline, self._site)
        self._result.boots += 1
        self._result.other_code |= header.get("code") != code_digest()
        resumed = resume(self._journal, plan, self._runner, before_seq=row.seq)
        return resumed.decided

    def finish(self) -> tuple[int, Outputs]:
        """Run the batch that is complete."""
        rows, self._pending = self._pending, []
        if self._runner is None:
            raise BadInputError(f"journal row {rows[0].seq}", "a boot should stand before the first message")
        self._result.messages += len(rows)
        outputs = self._runner.step(tuple(decode_message(r.payload) for r in rows)).outputs
        return rows[0].batch, outputs

    @property
    def pending(self) -> bool:
        """Say whether a batch waits to be run."""
        return bool(self._pending)


def _last_batches(journal: Readable) -> set[int]:
    """Find the last batch before each boot that no clean end stands before, and the last of all."""
    found: set[int] = set()
    last_batch: int | None = None
    clean = True
    for row in journal.read(("message", "boot", "close")):
        if row.kind == "boot" and not clean and last_batch is not None:
            found.add(last_batch)
        clean = row.kind == "close"
        if row.kind == "message":
            last_batch = row.batch
    if not clean and last_batch is not None:
        found.add(last_batch)
    return found


def replay(
    journal: Readable, pipeline: Pipeline, on_decision: Callable[[int, str, Decision], None] | None = None
) -> Replay:
    """Run a journal again and give the comparison; ``on_decision`` hears (batch, kind, decision) as they come."""
    result = Replay()

    def tell(batch: int, outputs: Outputs) -> None:
        for kind, decision in decisions(outputs):
            result.replayed.append(Decided(batch, kind, msgspec.json.encode(decision)))
            if on_decision is not None:
                on_decision(batch, kind, decision)

    run = _Run(journal, pipeline, result)
    for row in journal.read(("site", "boot", "message", "decision")):
        for batch, outputs in run.take(row):
            tell(batch, outputs)
    if run.pending:
        tell(*run.finish())
    result.unfinished = _last_batches(journal) - {d.batch for d in result.recorded}
    return result
