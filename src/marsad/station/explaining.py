"""Why an alarm was given, from a journal alone: the warning engine run again over the forecasts that it was told."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from marsad.adapters.errors import BadInputError
from marsad.sensing.site import Site
from marsad.station.channels import Delivery
from marsad.station.journal import JournalReader, Row, open_for_reading
from marsad.station.lines import clock
from marsad.station.resume import plan_of
from marsad.station.snapshot import decode_site
from marsad.terms import CorridorForecast, ImpactForecast, LaunchEstimate, PersonOrder, TrackEnd, Watch, ZoneWarning
from marsad.terms.warnings import UNWATCHED
from marsad.warn import (
    Decision,
    DecisionInputs,
    Evidence,
    Order,
    WarnState,
    carry_over,
    explain,
    init,
    order_of,
    step,
)

KNOWN_SHOWN = 12
ORDER_SOURCE = "personorder"
"""Source of a journalled order: the message's type, in small letters."""


@dataclass
class Story:
    """All that the journal holds of one alarm, in order."""

    warnings: list[ZoneWarning] = field(default_factory=list)
    inputs: list[DecisionInputs | None] = field(default_factory=list)
    ends: list[tuple[TrackEnd, int]] = field(default_factory=list)
    """How tracks behind the alarm ended, and when [ns UTC]."""
    deliveries: list[Delivery] = field(default_factory=list)
    zone_names: dict[str, str] = field(default_factory=dict)


class _Again:
    """The warning engine over a journal's batches."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._state: WarnState = init(site.zones, site.policy)
        self._batch = 0
        self._now = 0
        self._timed = False
        self._launches: list[LaunchEstimate] = []
        self._impacts: list[ImpactForecast] = []
        self._corridors: list[CorridorForecast] = []
        self._orders: list[Order] = []
        self._ends: list[TrackEnd] = []
        self._watch: Watch | None = None

    def carry_over(self, saved: bytes, batch: int, now_utc_ns: int) -> None:
        """Begin with the alarms of an earlier run; what the new run knows stands in its first batch."""
        self._state = carry_over(saved, self._site.zones, self._site.policy, now_utc_ns)
        self._batch, self._now, self._timed = batch, now_utc_ns, True

    def take(self, row: Row) -> tuple[Decision, ...]:
        """Take one row; give the decisions of a batch that it completes."""
        said: tuple[Decision, ...] = ()
        if row.batch != self._batch:
            said = self.finish()
            self._batch, self._timed = row.batch, False
        if row.kind == "message":
            self._timed = True
            self._now = max(self._now, row.utc_ns)
            if row.source == ORDER_SOURCE:
                self._orders.append(order_of(msgspec.json.decode(row.payload, type=PersonOrder)))
            return said
        if row.kind == "decision" and not self._timed:
            self._now = max(self._now, row.utc_ns)  # its messages were let go
        if row.source == "launch":
            self._launches.append(msgspec.json.decode(row.payload, type=LaunchEstimate))
        elif row.source == "impact":
            self._impacts.append(msgspec.json.decode(row.payload, type=ImpactForecast))
        elif row.source == "corridor":
            self._corridors.append(msgspec.json.decode(row.payload, type=CorridorForecast))
        elif row.source == "ended":
            self._ends.append(msgspec.json.decode(row.payload, type=TrackEnd))
        elif row.source == "watch":
            self._watch = msgspec.json.decode(row.payload, type=Watch)
        return said

    def finish(self) -> tuple[Decision, ...]:
        """Let the engine take in the batch that is complete."""
        if not self._now:
            return ()
        evidence = Evidence(
            now_utc_ns=self._now,
            launches=tuple(self._launches),
            impacts=tuple(self._impacts),
            corridors=tuple(self._corridors),
            lost_track_ids=tuple(end.track_id for end in self._ends if end.why == "lost"),
            cleared_track_ids=tuple(end.track_id for end in self._ends if end.why == "cleared"),
            orders=tuple(self._orders),
            watch=self._watch,
        )
        self._launches, self._impacts, self._corridors, self._orders, self._ends = [], [], [], [], []
        self._watch = None
        self._state, _ = step(self._state, evidence)
        return self._state.decisions


def _warnings_of(reader: JournalReader, asked: str) -> list[tuple[Row, ZoneWarning]]:
    """Find an alarm by its id, or by an end of it that only one alarm has (``L0001.Z03``)."""
    found: dict[str, list[tuple[Row, ZoneWarning]]] = {}
    known: dict[str, None] = {}
    for row in reader.read(("decision",)):
        if row.source == "warning":
            warning = msgspec.json.decode(row.payload, type=ZoneWarning)
            known[warning.warning_id] = None
            if f"-{warning.warning_id}".endswith((f"-{asked}", f".{asked}")):
                found.setdefault(warning.warning_id, []).append((row, warning))
    if asked in found:
        return found[asked]
    if len(found) == 1:
        return next(iter(found.values()))
    some = ", ".join(list(found or known)[-KNOWN_SHOWN:]) or "none at all"
    which = f"one alarm expected, {len(found)} end so" if found else "the id of an alarm in the journal expected"
    raise BadInputError(asked, f"{which}; the last it holds: {some}")


def _again(reader: JournalReader, site: Site, first: Row, last: Row) -> Iterator[Decision]:
    """Run the engine again from the boot before the alarm to its end; every boot takes up what the one before held."""
    boot = first.seq
    for row in reader.read(("boot",)):
        if row.seq <= first.seq:
            boot = row.seq
    engine = _Again(site)
    for row in reader.read(("boot",), from_seq=boot):
        if row.seq > last.seq:
            break
        engine = _Again(site)
        plan = plan_of(msgspec.json.decode(row.payload))
        note = next(reader.read(("standing",), from_seq=plan.standing), None) if plan.standing else None
        if note is not None and note.seq == plan.standing:  # else it was let go, with an alarm of no concern here
            engine.carry_over(zlib.decompress(note.payload), row.batch, plan.boot_utc_ns)
        elif plan.resume_from:
            for earlier in reader.read(("message", "decision"), from_seq=plan.resume_from):
                if earlier.seq >= row.seq:
                    break
                engine.take(earlier)
            engine.finish()
        for later in reader.read(("message", "decision", "boot"), from_seq=row.seq + 1):
            if later.seq > last.seq or later.kind == "boot":
                break
            yield from engine.take(later)
        yield from engine.finish()


def _ends_of(reader: JournalReader, first: Row, last: Row, event_ids: set[str]) -> list[tuple[TrackEnd, int]]:
    """Find how the tracks behind an alarm ended, from its first word to its last."""
    found = []
    for row in reader.read(("decision",), from_seq=first.seq, to_ns=last.utc_ns + 1):
        if row.source == "ended":
            end = msgspec.json.decode(row.payload, type=TrackEnd)
            if end.track_id in event_ids:
                found.append((end, row.utc_ns))
    return found


def read_story(path: Path, warning_id: str) -> Story:
    """Collect what a journal holds of an alarm, with the numbers of its decisions computed again.

    Raises
    ------
    BadInputError
        No journal, or not one such alarm in it; the message names those there are.
    """
    with open_for_reading(path) as reader:
        found = _warnings_of(reader, warning_id)
        site: Site | None = None
        for row in reader.read(("site",)):
            if row.seq <= found[0][0].seq or site is None:
                site = decode_site(row.payload)
        if site is None:
            raise BadInputError(path, "the journal should hold its site")
        numbers = {d.inputs_hash: d.inputs for d in _again(reader, site, found[0][0], found[-1][0])}
        story = Story(
            warnings=[warning for _, warning in found],
            inputs=[numbers.get(warning.inputs_hash) for _, warning in found],
            ends=_ends_of(reader, found[0][0], found[-1][0], {e for _, warning in found for e in warning.event_ids}),
        )
        for row in reader.read(("delivery",), from_seq=found[0][0].seq):
            delivery = msgspec.json.decode(row.payload, type=Delivery)
            if delivery.warning_id == found[0][1].warning_id:
                story.deliveries.append(delivery)
        zone = next((z for z in site.zones if z.zone_id == found[0][1].zone_id), None)
    if zone is not None:
        story.zone_names = {"en": zone.name, "ar": zone.name_ar or zone.name}
    return story


_WORDS = {
    "en": {
        "told": "Told: {channel}: {count} of {total} messages delivered, the slowest in {slowest:.2f} s.",
        "failed": "Not told: {channel}: {detail}",
        "lost": "Track {track} was not seen any more from {at} UTC, which ends no alarm.",
        "cleared": "Track {track} turned out to be no threat at {at} UTC.",
        "updates": "{count} updates in between changed times or probability only.",
    },
    "ar": {
        "told": "أُبلغت القناة {channel}: وصلت {count} من {total} رسائل، أبطؤها في {slowest:.2f} ث.",
        "failed": "لم تُبلَّغ القناة {channel}: {detail}",
        "lost": "لم يعد المسار {track} مرصودًا منذ {at} بالتوقيت العالمي، وهذا لا ينهي أي إنذار.",
        "cleared": "تبيّن عند {at} بالتوقيت العالمي أن المسار {track} ليس تهديدًا.",
        "updates": "بين ذلك تحديثات ({count}) غيّرت الأوقات أو الاحتمال فقط.",
    },
}


def tell_story(story: Story, language: str) -> str:
    """Tell an alarm from its first word to its last: each change of level or watch in full, and who was told."""
    blocks: list[str] = []
    says, updates = ("", False), 0
    for warning, inputs in zip(story.warnings, story.inputs, strict=True):
        new = (warning.level, warning.note == UNWATCHED)
        if new == says:
            updates += 1
            continue
        if updates:
            blocks.append(_WORDS[language]["updates"].format(count=updates))
        says, updates = new, 0
        name = story.zone_names.get(language, warning.zone_id)
        blocks.append(explain(warning, f"{name} ({warning.zone_id})", inputs, language))
    if updates:
        blocks.append(_WORDS[language]["updates"].format(count=updates))
    if story.ends:
        said = [_WORDS[language][end.why].format(track=end.track_id, at=clock(at)) for end, at in story.ends]
        blocks.append("\n".join(said))
    blocks.extend(_told(story.deliveries, language))
    return "\n\n".join(blocks)


def _told(deliveries: list[Delivery], language: str) -> list[str]:
    lines = []
    for channel in sorted({d.channel_id for d in deliveries}):
        mine = [d for d in deliveries if d.channel_id == channel]
        good = [d for d in mine if d.delivered]
        slowest = max((d.handed_over_s for d in good), default=0.0)
        words = _WORDS[language]
        lines.append(words["told"].format(channel=channel, count=len(good), total=len(mine), slowest=slowest))
        for detail in sorted({d.detail for d in mine if not d.delivered}):
            lines.append(words["failed"].format(channel=channel, detail=detail))
    return ["\n".join(lines)] if lines else []


def story_json(story: Story) -> bytes:
    """Give the same as one JSON object: decisions with their numbers, and deliveries."""
    return msgspec.json.encode(
        {
            "decisions": [
                {"warning": warning, "inputs": inputs, "verified": inputs is not None}
                for warning, inputs in zip(story.warnings, story.inputs, strict=True)
            ],
            "ends": [{"track_id": end.track_id, "why": end.why, "utc_ns": at} for end, at in story.ends],
            "deliveries": story.deliveries,
        }
    )
