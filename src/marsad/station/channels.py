"""The ways out to people: each channel takes a message and gives a receipt; what became of it is shown and kept.

A channel may be slow or dead without holding up another: each has its own queue, its own thread for alarms and one for
probes and tests, and a total deadline a message.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

import msgspec

from marsad.adapters import cap
from marsad.adapters.channel_test import ChannelTest, encode_cap
from marsad.adapters.language_packs import LanguagePack
from marsad.station.feed import TimeoutPassedError
from marsad.station.hand import Hand
from marsad.station.wire import Json, ms
from marsad.station.world import World
from marsad.terms import Geodetic, Zone, ZoneWarning
from marsad.terms.text import MOST_NAME, one_level, writable, writable_record

log = logging.getLogger("marsad.station")

QUEUE_MESSAGES = 1000
DEADLINE_S = 5.0
"""How long a channel may take over one message in all, where it names no bound of its own (``deadline_s``)."""
CLOSE_S = 1.5
"""How long the end of a station waits for what channels hold; what did not get through is handed over by the next."""
LATE_S = 5.0
"""A channel with a message in hand for longer is late."""
CHAINS_KEPT = 2000
PROBE_S = 10.0


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """What a channel is to deliver: the decision, its zone, and the CAP message in which it is told."""

    cap: cap.CapMessage
    xml: bytes

    @property
    def warning(self) -> ZoneWarning:
        """Give the decision behind the message."""
        return self.cap.warning

    @property
    def zone(self) -> Zone:
        """Give the zone that is told."""
        return self.cap.zone


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """What a channel says became of a message."""

    delivered: bool
    detail: str = ""


NOT_TESTED = Receipt(delivered=False, detail="it has an alarm in hand and was not tested")


class Channel(Protocol):
    """A way out.  ``deliver`` may block: it is called in a thread of its own, one message at a time.

    It may have a ``deadline_s``: what takes longer has failed and is left, and the next message gets another thread.
    """

    channel_id: str
    kind: str

    def deliver(self, message: Message) -> Receipt:
        """Hand over a message; failing is a receipt that says so, or any ``Exception``."""


def deadline_of(channel: Channel) -> float:
    """Give how long a channel may take over one message, in seconds of the wall."""
    return float(getattr(channel, "deadline_s", DEADLINE_S))


@runtime_checkable
class Probing(Protocol):
    """A channel that can be asked whether it lives; asked every ``PROBE_S`` while it has nothing to deliver."""

    def probe(self) -> Receipt:
        """Try the way out without telling anyone anything."""


@runtime_checkable
class CanBeTested(Protocol):
    """A channel that a person can test: something arrives at the other end, marked as a test, an alarm to no one."""

    def test(self, test: ChannelTest) -> Receipt:
        """Hand over a test."""


@runtime_checkable
class Restoring(Protocol):
    """A channel that must know what stands when the station comes up."""

    def restore(self, standing: Sequence[ZoneWarning]) -> None:
        """Take in the alarms that stand."""


class CapDirectory:
    """Writes each message as a CAP 1.2 file into a folder, whole or not at all."""

    kind = "cap"

    def __init__(self, folder: Path, write: Callable[[Path, bytes], None], channel_id: str = "cap") -> None:
        self.channel_id = channel_id
        self._folder = folder
        self._write = write

    def deliver(self, message: Message) -> Receipt:
        """Write the file."""
        path = self._folder / f"{one_level(message.cap.identifier)}.xml"
        self._write(path, message.xml)
        return Receipt(delivered=True, detail=path.name)

    def test(self, test: ChannelTest) -> Receipt:
        """Write the test's file."""
        path = self._folder / f"{one_level(test.identifier)}.xml"
        self._write(path, test.xml)
        return Receipt(delivered=True, detail=path.name)


class Chains:
    """The chains of CAP messages: one a warning, each message naming all before it, so that no chain ever forks."""

    def __init__(
        self,
        sender: str,
        sender_name: str,
        sign: Callable[[bytes], bytes] | None = None,
        packs: Sequence[LanguagePack] = (),
    ) -> None:
        self._sign, self._packs = sign, tuple(packs)
        self._sender = cap.safe_identifier(sender)
        self._sender_name = writable(sender_name)
        self._chains: OrderedDict[str, tuple[cap.Reference, ...]] = OrderedDict()

    def restore(self, warning_id: str, reference: cap.Reference) -> None:
        """Take in a message that a run before has sent."""
        chain = self._chains.setdefault(warning_id, ())
        if reference not in chain:
            self._chains[warning_id] = (*chain, reference)

    def extend(self, warning: ZoneWarning, zone: Zone, sent_utc_ns: int) -> Message:
        """Make the next message of a warning's chain."""
        return self._made(warning, zone, sent_utc_ns, self._chains.get(warning.warning_id, ()))

    def again(self, warning: ZoneWarning, zone: Zone, reference: cap.Reference) -> Message:
        """Make a message of the chain once more, for a channel that did not get it."""
        chain = self._chains.get(warning.warning_id, ())
        place = chain.index(reference) if reference in chain else len(chain)
        message = self._made(warning, zone, warning.arrival_utc_ns, chain[:place])
        self._chains[warning.warning_id] = chain if reference in chain else (*chain, message.cap.reference())
        return message

    def _made(self, warning: ZoneWarning, zone: Zone, sent_utc_ns: int, earlier: tuple[cap.Reference, ...]) -> Message:
        """Make a message of what can be written of a warning: no text in it may keep people from being told.

        What a journal or another source holds may have texts that no message can carry: they are substituted.  If a
        message cannot be made or signed all the same, a bare one is, which names the zone by its id.
        """
        warning, zone = writable_record(warning), _readable(zone)
        message_type: cap.MessageType = "Alert" if not earlier else "Update"
        if warning.action == "cancel" and earlier:
            message_type = "Cancel"
        head = cap.CapMessage(
            warning=warning,
            zone=zone,
            sender=self._sender,
            sender_name=self._sender_name,
            identifier=cap.safe_identifier(f"{self._sender}.{warning.warning_id}.{len(earlier) + 1}"),
            sent_utc_ns=sent_utc_ns,
            message_type=message_type,
            references=earlier,
        )
        try:
            xml = cap.encode(head, self._packs)
        except Exception:
            log.exception("zone %s: its message is made without names and notes", zone.zone_id)
            head = msgspec.structs.replace(head, warning=_bare(warning), zone=_nameless(zone))
            xml = cap.encode(head)
        message = Message(cap=head, xml=self._signed(xml))
        self._chains[warning.warning_id] = (*earlier, head.reference())
        while len(self._chains) > CHAINS_KEPT:
            self._chains.popitem(last=False)
        return message

    def _signed(self, xml: bytes) -> bytes:
        """Sign, or give the message unsigned: sirens and loudspeakers need no signature of it."""
        if self._sign is None:
            return xml
        try:
            return self._sign(xml)
        except Exception:
            log.exception("a message goes out without its signature: receivers of CAP will not trust it")
            return xml

    def test(self, test_id: str, place: Geodetic, sent_utc_ns: int) -> ChannelTest:
        """Make the test of a channel; it belongs to no chain."""
        bare = ChannelTest(
            test_id=test_id, sender=self._sender, sender_name=self._sender_name, sent_utc_ns=sent_utc_ns, place=place
        )
        xml = encode_cap(bare)
        return msgspec.structs.replace(bare, xml=self._sign(xml) if self._sign else xml)


def _readable(zone: Zone) -> Zone:
    """Give a zone whose names every message can carry; one that is too long to be read aloud is cut."""
    zone = writable_record(zone)
    cut = {
        name: f"{value[: MOST_NAME - 1]}…"
        for name in ("name", "name_ar")
        if len(value := getattr(zone, name)) > MOST_NAME
    }
    return msgspec.structs.replace(zone, **cut) if cut else zone


def _bare(warning: ZoneWarning) -> ZoneWarning:
    return msgspec.structs.replace(warning, note="", issuer="", rule="", inputs_hash="")


def _nameless(zone: Zone) -> Zone:
    plain = zone.zone_id.encode("ascii", "replace").decode()
    return msgspec.structs.replace(zone, zone_id=plain, name=plain, name_ar="")


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """What the journal keeps of a delivery."""

    channel_id: str
    warning_id: str
    zone_id: str
    message_type: str
    reference: cap.Reference
    delivered: bool
    detail: str
    handed_over_s: float


@dataclass(frozen=True)
class _Handed:
    """A message in a channel's queue, and what will hold what became of it."""

    message: Message
    outcome: Future[Delivery]


@dataclass
class _Line:
    """One channel with its queue, its threads and its record."""

    channel: Channel
    alarms: Hand
    trials: Hand
    asking: asyncio.Task[Receipt] | None = None
    """The probe that goes on; whoever asks meanwhile hears what it finds."""
    queue: asyncio.Queue[_Handed | None] = field(default_factory=lambda: asyncio.Queue(QUEUE_MESSAGES + 1))
    sent: int = 0
    failed: int = 0
    last_ok_utc_ns: int = 0
    in_hand_since_ns: int = 0
    last_failed: bool = False
    detail: str = ""
    tested: Json = field(default_factory=dict)
    """When a person last tested it and what came of it, as the console shows it."""

    def status(self, now_utc_ns: int) -> Literal["ok", "late", "dead"]:
        """Say whether messages get through."""
        if self.last_failed:
            return "dead"
        waited_ns = now_utc_ns - self.in_hand_since_ns if self.in_hand_since_ns else 0
        return "late" if waited_ns > LATE_S * 1e9 else "ok"


def _line(world: World, channel: Channel) -> _Line:
    name = channel.channel_id
    return _Line(channel, Hand(world, name), Hand(world, f"{name} trials"))


class Dispatch:
    """Hands every message to every channel and tells what became of it."""

    def __init__(self, world: World, channels: Sequence[Channel], on_delivery: Callable[[Delivery], None]) -> None:
        self._world = world
        self._lines = [_line(world, channel) for channel in channels]
        self._on_delivery = on_delivery
        self._workers: list[asyncio.Task[None]] = []
        self._probers: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Start one worker a channel."""
        self._workers = [asyncio.ensure_future(self._work(line)) for line in self._lines]
        probed = [line for line in self._lines if isinstance(line.channel, Probing)]
        self._probers = [asyncio.ensure_future(self._probe(line)) for line in probed]

    def restore(self, standing: Sequence[ZoneWarning]) -> None:
        """Tell the channels that want to know it what stands."""
        for line in self._lines:
            if isinstance(line.channel, Restoring):
                try:
                    line.channel.restore(standing)
                except Exception:
                    log.exception("channel %s: it does not know what stands", line.channel.channel_id)

    @property
    def channel_ids(self) -> tuple[str, ...]:
        """Name the channels."""
        return tuple(line.channel.channel_id for line in self._lines)

    def send(self, messages: Iterable[Message], only: Sequence[str] | None = None) -> list[Future[Delivery]]:
        """Queue messages for all channels (or some); what a full queue cannot take has failed and is told so.

        Gives what will hold what became of each message in each channel.
        """
        outcomes: list[Future[Delivery]] = []
        for message in messages:
            for line in self._lines:
                if only is not None and line.channel.channel_id not in only:
                    continue
                outcomes.append(outcome := Future[Delivery]())
                if line.queue.qsize() >= QUEUE_MESSAGES:
                    full = Receipt(delivered=False, detail="the channel's queue is full")
                    outcome.set_result(self._tell(line, message, full, 0))
                else:
                    line.queue.put_nowait(_Handed(message, outcome))
        return outcomes

    def fail(self, warning: ZoneWarning, zone: Zone, why: str) -> list[Future[Delivery]]:
        """Tell of every channel that a warning did not go out, for no message of it could be made."""
        warning, zone = writable_record(warning), writable_record(zone)
        none = cap.Reference(sender="", identifier="", sent=cap.cap_time(warning.arrival_utc_ns))
        failed = Receipt(delivered=False, detail=why)
        outcomes = []
        for line in self._lines:
            outcomes.append(outcome := Future[Delivery]())
            outcome.set_result(self._note_delivery(line, warning, zone, "Alert", none, failed, 0))
        return outcomes

    async def _work(self, line: _Line) -> None:
        while (handed := await line.queue.get()) is not None:
            began = line.in_hand_since_ns = self._world.utc_ns()
            try:
                receipt = await self._within(line, line.alarms, partial(line.channel.deliver, handed.message))
            finally:
                line.in_hand_since_ns = 0
            delivery = self._tell(line, handed.message, receipt, began)
            if handed.outcome.set_running_or_notify_cancel():
                handed.outcome.set_result(delivery)

    async def _within(self, line: _Line, hand: Hand, work: Callable[[], Receipt]) -> Receipt:
        """Let a channel do something within its deadline; whatever it does, there is a receipt."""
        deadline_s = deadline_of(line.channel)
        try:
            receipt = await hand.do(work, deadline_s)
        except TimeoutPassedError:
            return Receipt(delivered=False, detail=f"not ended within {deadline_s:g} s, and left")
        except Exception as error:  # noqa: BLE001  whatever a channel does, the others and the watch go on
            return Receipt(delivered=False, detail=writable(f"{type(error).__name__}: {error}"[:300]))
        if not isinstance(receipt, Receipt):
            return Receipt(delivered=False, detail=f"a receipt expected, {type(receipt).__name__} given")
        return msgspec.structs.replace(receipt, detail=writable(receipt.detail[:300]))

    def _find(self, channel_id: str) -> _Line | None:
        return next((line for line in self._lines if line.channel.channel_id == channel_id), None)

    async def probe(self, channel_id: str) -> Receipt | None:
        """Try a channel now; ``None`` if there is no such channel or it cannot be tried."""
        line = self._find(channel_id)
        return None if line is None else await self._ask(line)

    async def test(self, channel_id: str, test: ChannelTest) -> Receipt | None:
        """Test a channel now, beside its queue; ``None`` if there is no such channel or it knows no tests.

        While it has an alarm in hand it is not tested.
        """
        line = self._find(channel_id)
        if line is None or not isinstance(line.channel, CanBeTested):
            return None
        if line.in_hand_since_ns or not line.queue.empty():
            return NOT_TESTED
        receipt = await self._within(line, line.trials, partial(line.channel.test, test))
        self._note(line, receipt)
        now = self._world.utc_ns()
        line.tested = {
            "tested_utc_ms": ms(now),
            "test_delivered": receipt.delivered,
            "test_detail": receipt.detail,
            "test_took_s": round((now - test.sent_utc_ns) / 1e9, 3),
        }
        return receipt

    async def _ask(self, line: _Line) -> Receipt | None:
        channel = line.channel
        if not isinstance(channel, Probing):
            return None
        if line.asking is None or line.asking.done():
            line.asking = asyncio.ensure_future(self._within(line, line.trials, channel.probe))
        receipt = await asyncio.shield(line.asking)
        self._note(line, receipt)
        return receipt

    async def _probe(self, line: _Line) -> None:
        """Ask a channel with nothing to do whether it lives: a dead one shows before it is needed."""
        while True:
            if not line.in_hand_since_ns and line.queue.empty():
                await self._ask(line)
            await self._world.sleep(PROBE_S * self._world.speed)

    def _note(self, line: _Line, receipt: Receipt) -> None:
        line.last_failed, line.detail = not receipt.delivered, receipt.detail
        if receipt.delivered:
            line.last_ok_utc_ns = self._world.utc_ns()

    def _tell(self, line: _Line, message: Message, receipt: Receipt, began_utc_ns: int) -> Delivery:
        return self._note_delivery(
            line,
            message.warning,
            message.zone,
            message.cap.message_type,
            message.cap.reference(),
            receipt,
            began_utc_ns,
        )

    def _note_delivery(
        self,
        line: _Line,
        warning: ZoneWarning,
        zone: Zone,
        message_type: str,
        reference: cap.Reference,
        receipt: Receipt,
        began_utc_ns: int,
    ) -> Delivery:
        now = self._world.utc_ns()
        line.sent += receipt.delivered
        line.failed += not receipt.delivered
        self._note(line, receipt)
        delivery = Delivery(
            channel_id=line.channel.channel_id,
            warning_id=warning.warning_id,
            zone_id=zone.zone_id,
            message_type=message_type,
            reference=reference,
            delivered=receipt.delivered,
            detail=receipt.detail,
            handed_over_s=(now - (began_utc_ns or now)) / 1e9,
        )
        try:
            self._on_delivery(delivery)
        except Exception:
            log.exception("what became of a message could not be noted; the channel goes on")
        return delivery

    def states(self, now_utc_ns: int) -> list[Json]:
        """Give the channels as the console shows them."""
        return [
            {
                "channel_id": line.channel.channel_id,
                "kind": line.channel.kind,
                "status": line.status(now_utc_ns),
                "last_ok_utc_ms": ms(line.last_ok_utc_ns),
                "sent": line.sent,
                "failed": line.failed,
                "detail": line.detail,
            }
            | line.tested
            for line in self._lines
        ]

    async def close(self, timeout_s: float = CLOSE_S) -> None:
        """Let every channel finish what it holds, at most so long."""
        for prober in self._probers:
            prober.cancel()
        await asyncio.gather(*self._probers, return_exceptions=True)
        for line in self._lines:
            line.queue.put_nowait(None)
        if self._workers:
            _, late = await asyncio.wait(self._workers, timeout=timeout_s)
            for worker in late:
                worker.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await worker
        for line in self._lines:
            if line.asking is not None:
                line.asking.cancel()
            line.alarms.close()
            line.trials.close()
