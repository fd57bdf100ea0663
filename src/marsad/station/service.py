"""The running station: sensors' frames through the core to the console and the channels, as fast as they come.

All that waits is here; what decides is in ``core`` and below.  Every loop ends when ``close`` asks.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
import zlib
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

import marsad
from marsad.adapters.language_packs import LanguagePack
from marsad.sensing.site import Site
from marsad.station.access import Access
from marsad.station.channels import CLOSE_S, CapDirectory, Chains, Channel, Delivery, Dispatch, Receipt
from marsad.station.core import Processed, StationCore
from marsad.station.drill_process import DrillGround, Drills
from marsad.station.exercise import as_exercise
from marsad.station.feed import Feed
from marsad.station.health import Health
from marsad.station.hub import Hub
from marsad.station.journal import Journal
from marsad.station.picture import Picture, merge
from marsad.station.record import Record
from marsad.station.runner import Pipeline
from marsad.station.unhanded import Unhanded, unhanded
from marsad.station.wire import Json, ms
from marsad.station.world import World
from marsad.terms import PersonOrder, ZoneWarning
from marsad.terms.text import writable_record

log = logging.getLogger("marsad.station")

BATCH_FRAMES = 512
TICK_S = 0.25
"""When nothing arrives for so long (station time), time alone is taken in."""
LEAST_WAIT_S = 0.02
SLOW_BATCH_S = 4.0
FLUSH_S = 0.2
"""Tracks are told at most five times a second."""
BEAT_S = 1.0
RECORD_S = 1.0
RECORDED_WITHIN_S = 3.0
"""How long the answer to an order waits for its record; then it says that people are told and the record waits."""
TOLD_WITHIN_S = 1.0
"""How long the answer to an order waits to hear from the channels; most have answered or failed within a second."""
LAST_BATCH_S = 1.0
"""How long the end of a station waits for the batch in hand, which may hold an alarm."""
END_S = 3.0
"""The end of a station takes no longer, whatever is stuck: with the web server's (1 s) it is over in 5 s, half of what
``docker stop`` allows before it kills."""
CLOSING_S = 1.2
"""Of that is kept for the journal's own end."""
SNAPSHOT_S = 60.0
PRUNE_S = 60.0
MOST_CHUNKS = 30
"""In a minute so many times 2,000 rows may go: more than come."""
CHAINS_BACK_NS = 86_400_000_000_000
CLOCK_OFF_S = 1.0
"""More than the time between sensors and station may be off before what they measure no longer fits together."""
FAILURE_SHOWN_NS = 60_000_000_000


@dataclass(frozen=True)
class Settings:
    """What a person may set when a station is started."""

    journal: Path
    cap_folder: Path | None = None
    host: str = "127.0.0.1"
    sapient_port: int = 8471
    exercise: bool = False
    sender: str = "marsad"


Listener = Callable[[Processed, int], None]


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a person's order by the time it is answered.

    ``recorded``: its row and its warnings are in the journal.  ``failure``: it was taken in and nothing came of it.
    ``untold``: zones and channels that could not be told, with the reason; ``waiting``: channels that have not ended.
    """

    recorded: bool = False
    failure: str = ""
    untold: tuple[Json, ...] = ()
    waiting: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Ordered:
    """An order on its way, and where its answer is waited for."""

    order: PersonOrder
    answer: asyncio.Future[Told]


class Station:
    """One station from start to close."""

    def __init__(
        self,
        world: World,
        site: Site,
        pipeline: Pipeline,
        settings: Settings,
        channels: Sequence[Channel] = (),
        sign: Callable[[bytes], bytes] | None = None,
        packs: Sequence[LanguagePack] = (),
        access: Access | None = None,
        feed: Feed | None = None,
        drill_ground: DrillGround | None = None,
    ) -> None:
        self.world = world
        self.settings = settings
        self.boot_id = world.token()
        self.station_id = _uuid_of(self.boot_id)
        self.journal: Journal = world.open_journal(settings.journal)
        record = Record(
            self.journal, world.worker("record"), world.open_late(settings.journal), world.worker("record-late")
        )
        shown = {"speed": world.speed, "exercise": settings.exercise, "sender": settings.sender}
        pipeline = as_exercise(pipeline) if settings.exercise else pipeline
        self.core = StationCore(
            site, pipeline, record, station_id=self.station_id, boot_id=self.boot_id, settings=shown
        )
        self.site = self.core.site
        self.health = Health(self.site.sensors)
        self.picture = Picture(self.site, self.health, world.utc_ns())
        self.hub = Hub(self.boot_id, marsad.__version__, world.speed)
        self.feed = feed or Feed(world)  # one that listens already while all else was loaded, or a new one
        self._zones = {zone.zone_id: zone for zone in self.site.zones}
        self._chains = Chains(settings.sender, self.site.name, sign, packs)
        out = list(channels)
        if settings.cap_folder is not None:
            out.append(CapDirectory(settings.cap_folder, world.write_file))
        self.dispatch = Dispatch(world, out, self._delivered)
        self._listeners: list[Listener] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._writing: set[asyncio.Task[Any]] = set()
        self._stopping = self._is_last = self._has_batch = False
        self._is_behind = False
        self._unrecorded: Json = {}
        self._failed_utc_ns = 0
        self.access = access
        self._orders: list[_Ordered] = []
        self.drills: Drills | None = None
        if drill_ground is not None:
            self.drills = Drills(drill_ground, world.utc_ns, world.speed, self._show_drill, self._keep_note)

    def listen(self, listener: Listener) -> None:
        """Let a function hear of every batch, in the loop's thread, with the time."""
        self._listeners.append(listener)

    # --- start and end ---

    async def start(self) -> None:
        """Take up the watch: journal, what stood before, the sensors' port."""
        to_tell = await self.world.compute(self._boot)
        self.dispatch.start()
        for late in to_tell:
            self._tell(late.warning, self.world.utc_ns(), late)
        await self.feed.start(self.settings.host, self.settings.sapient_port)
        loops = (self._take_in, self._show, self._beat, self._record, self._prune)
        self._tasks = [asyncio.ensure_future(self._going_on(loop)) for loop in loops]

    async def _going_on(self, loop: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Keep a loop going: a bug in what is shown or printed must not end the watch, and is shown itself."""
        while True:
            try:
                await loop()
            except Exception:
                log.exception("a loop of the station failed; it goes on")
                self._failed_utc_ns = self.world.utc_ns()
                await self.world.sleep(LEAST_WAIT_S * self.world.speed)
            else:
                return

    def _boot(self) -> list[Unhanded]:
        """Take up the run before; give what is to be told now: what it had not decided, or not handed to a channel."""
        now = self.world.utc_ns()
        self._restore_chains(now)
        resumption, untold = self.core.boot(now)
        for outputs in resumption.outputs:
            self.picture.apply(outputs, now)
        self.dispatch.restore(standing(w for outputs in resumption.outputs for w in outputs.warnings))
        late = self._late(now, {warning.zone_id for warning in untold})
        if untold:
            log.warning("%d warnings of the run before had not been told; they are told now", len(untold))
        return [*late, *(Unhanded(warning, self.dispatch.channel_ids) for warning in untold)]

    def _late(self, now: int, told_now: set[str]) -> list[Unhanded]:
        """Find what the run before had decided for the channels that it did not get to."""
        found = []
        for late in self._unhanded(now):
            zone_id = late.warning.zone_id
            if zone_id not in self._zones or zone_id in told_now:
                continue
            if late.warning.exercise == self.settings.exercise:
                log.warning(
                    "%s had not gone out by %s; it does now", late.warning.warning_id, ", ".join(late.channel_ids)
                )
                found.append(late)
        return found

    def _unhanded(self, now: int) -> list[Unhanded]:
        try:
            return unhanded(self.journal, self.dispatch.channel_ids, now)
        except Exception:
            log.exception("what the run before had still to tell cannot be read; the watch begins without it")
            return []

    def _restore_chains(self, now: int) -> None:
        try:
            for row in self.journal.read(("delivery",), from_ns=max(now - CHAINS_BACK_NS, 1)):
                delivery = msgspec.json.decode(row.payload, type=Delivery)
                if delivery.reference.identifier:
                    self._chains.restore(delivery.warning_id, delivery.reference)
        except Exception:
            log.exception("what the run before has sent cannot be read; messages about the same alarms begin anew")

    async def close(self) -> None:
        """Finish what is in hand, tell the journal, let go of everything."""
        if self._stopping:
            return
        self._stopping = True
        loop = asyncio.get_running_loop()
        ends = loop.time() + END_S

        def left_s(kept_s: float = CLOSING_S) -> float:
            return max(ends - loop.time() - kept_s, 0.1)

        drills = [asyncio.ensure_future(self.drills.close())] if self.drills is not None else []
        await self.feed.close()
        self._is_last = True
        if self._has_batch:  # it is decided, and what it holds for people is handed to the channels
            await _ended(self._tasks[:1], min(LAST_BATCH_S, left_s()))
        await _ended(self._tasks, 0.0)
        _refuse(self._orders, "the station is ending")
        await self.dispatch.close(min(CLOSE_S, left_s()))
        await _ended(drills, left_s())
        self.hub.end()
        await _ended([*self._writing], left_s())
        self._record_now()
        last = asyncio.ensure_future(self.world.compute(lambda: self.core.close(self.world.utc_ns())))
        if not await _ended([last], left_s(0.0)):
            log.error("a computation is stuck; the journal is closed without it, and the next run takes it up")
            await self.world.beside(self.core.let_go)
        await self.world.close()

    # --- what comes in ---

    async def _take_in(self) -> None:
        while not self._is_last:
            wait_s = max(TICK_S / self.world.speed, LEAST_WAIT_S)
            frames = await self.feed.next_batch(BATCH_FRAMES, wait_s)
            now = self.world.utc_ns()
            self._has_batch = True
            ordered, self._orders = tuple(self._orders), []
            slow = asyncio.get_running_loop().call_later(SLOW_BATCH_S, self._tell_slow)
            try:
                orders = tuple(one.order for one in ordered)
                processed = await self.world.compute(partial(self.core.process, frames, now, orders))
            except BaseException as error:
                _refuse(ordered, f"it is not known whether it was carried out ({type(error).__name__})")
                raise
            finally:
                slow.cancel()
            handed = await self._warn(processed.outputs.warnings, now)
            for one in ordered:
                self._go(self._answer(one, processed, handed))
            self._act(processed, now)
            self._has_batch = False

    async def _answer(self, ordered: _Ordered, processed: Processed, handed: Sequence[Future[Delivery]]) -> None:
        """Tell who ordered what came of it, when it is safe and the channels have answered, or after a bound."""
        safe = [asyncio.wrap_future(processed.recorded)] if processed.recorded is not None else []
        of_order = [asyncio.wrap_future(one) for one in handed]
        if of_order:
            await asyncio.wait(of_order, timeout=TOLD_WITHIN_S)
        if safe:
            await asyncio.wait(safe, timeout=RECORDED_WITHIN_S)
        done = [one.result() for one in of_order if one.done()]
        told = Told(
            recorded=all(one.done() and one.result() for one in safe),
            failure="a stage failed on it and was restarted" if processed.failure else "",
            untold=tuple(
                {"zone_id": d.zone_id, "channel_id": d.channel_id, "detail": d.detail}
                for d in done
                if not d.delivered and d.zone_id in ordered.order.zone_ids
            ),
            waiting=self._waiting(done, len(of_order)),
        )
        if not ordered.answer.done():
            ordered.answer.set_result(told)

    def _tell_slow(self) -> None:
        log.warning(
            "one batch has taken %.0f s: kernels are being compiled, once (`marsad warmup` does it beforehand), "
            "or this machine has too much to do; what arrives waits and is not lost",
            SLOW_BATCH_S,
        )

    def _act(self, processed: Processed, now: int) -> None:
        """Answer the sensors and show the console what came of a batch: what is urgent at once."""
        for reply in processed.replies:
            self.feed.send(reply)
        moved = self.health.hear(processed.messages, self.core.intake.status_interval_s)
        self.picture.move(moved, now)
        self.picture.reject(r for r in processed.rejected if r not in processed.outputs.rejected)
        urgent = self.picture.apply(processed.outputs, now)
        if processed.failure:
            log.error("a stage failed and was restarted:\n%s", processed.failure)
            self._failed_utc_ns = now
            urgent = True
        self._show_troubles(now)
        if urgent:
            self._flush(now)
        for listener in self._listeners:
            listener(processed, now)

    def _waiting(self, done: Sequence[Delivery], of: int) -> tuple[str, ...]:
        """Name the channels that have not said of every message what became of it."""
        names = self.dispatch.channel_ids
        answers = Counter(delivery.channel_id for delivery in done)
        return tuple(name for name in names if answers[name] < of // len(names))

    async def _warn(self, warnings: Sequence[ZoneWarning], now: int) -> list[Future[Delivery]]:
        """Hand warnings to the channels, one by one: each has begun before the next is made."""
        handed: list[Future[Delivery]] = []
        for warning in warnings:
            handed += self._tell(warning, now)
            await asyncio.sleep(0)
        return handed

    def _tell(self, warning: ZoneWarning, now: int, late: Unhanded | None = None) -> list[Future[Delivery]]:
        """Make the message of a warning and hand it to the channels; one that fails fails alone, and is told so."""
        zone = self._zones.get(warning.zone_id)
        if zone is None:
            return []
        try:
            if late is None or late.reference is None:
                message = self._chains.extend(warning, zone, now)
            else:
                message = self._chains.again(warning, zone, late.reference)
            return self.dispatch.send([message], None if late is None else late.channel_ids)
        except Exception as error:
            log.exception("zone %s: no message could be made of its warning", zone.zone_id)
            self._failed_utc_ns = now
            return self.dispatch.fail(warning, zone, f"no message could be made: {type(error).__name__}: {error}")

    def _delivered(self, delivery: Delivery) -> None:
        if not delivery.delivered:
            log.error("channel %s: %s", delivery.channel_id, delivery.detail)
        now = self.world.utc_ns()
        self.core.delivered(delivery.channel_id, msgspec.json.encode(delivery), now)
        for state in self.dispatch.states(now):  # before the next message is begun, so that a failure shows at once
            self.picture.channel(state)

    def _go(self, work: Coroutine[Any, Any, Any]) -> None:
        """Let something go on beside the loops; the close waits for it."""
        task: asyncio.Task[Any] = asyncio.ensure_future(work)
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    # --- what goes out ---

    def _show_troubles(self, now: int) -> None:
        trouble = self.core.trouble
        self.picture.trouble("journal", "recording_degraded", trouble, now)
        if bool(trouble) != self._is_behind:
            self._is_behind = bool(trouble)
            if trouble:
                log.error("%s; alarms go out from memory, nothing is acknowledged", trouble)
            else:
                log.warning("the record has caught up; %d entries were lost", self.core.lost_entries)
        failed = self._failed_utc_ns and now - self._failed_utc_ns < FAILURE_SHOWN_NS
        self.picture.trouble("pipeline", "restarted", "a stage failed and was restarted" if failed else "", now)
        off_s = self.world.clock_off_s()
        stepped = f"the machine's clock was set by {off_s:.0f} s; start the station anew when no alarm stands"
        self.picture.trouble("clock", "clock_stepped", stepped if abs(off_s) >= CLOCK_OFF_S else "", now)

    def _flush(self, now: int) -> None:
        delta = self.picture.delta()
        if delta is not None:
            self.hub.publish("delta", delta, now)
            merge(self._unrecorded, delta)

    async def _show(self) -> None:
        """Tell the console what changed, five times a second."""
        while True:
            await self.world.sleep(FLUSH_S * self.world.speed)
            now = self.world.utc_ns()
            self.picture.pass_time(now)
            for state in self.dispatch.states(now):
                self.picture.channel(state)
            self._flush(now)

    async def _beat(self) -> None:
        while True:
            self.hub.publish("tick", {}, self.world.utc_ns())
            await self.world.sleep(BEAT_S * self.world.speed)

    async def _record(self) -> None:
        """Keep what the console was told, once a second, and all that stands once a minute."""
        since_s = SNAPSHOT_S
        while True:
            if since_s >= SNAPSHOT_S:
                since_s = 0.0
                self._keep("snapshot", self.picture.snapshot())
            await self.world.sleep(RECORD_S * max(self.world.speed / 10.0, 1.0))
            since_s += RECORD_S * max(self.world.speed / 10.0, 1.0)
            self._record_now()

    async def _prune(self) -> None:
        """Let old rows go by the site's rule, a little at a time."""
        while self.site.record.keep_days:
            for _ in range(MOST_CHUNKS):
                if (await asyncio.wrap_future(self.core.prune(self.world.utc_ns()))).at_end:
                    break
                await self.world.sleep(LEAST_WAIT_S * self.world.speed)
            await self.world.sleep(PRUNE_S * self.world.speed)
        await asyncio.Event().wait()

    def _record_now(self) -> None:
        if self._unrecorded:
            delta, self._unrecorded = self._unrecorded, {}
            self._keep("delta", delta)

    def _keep(self, kind: str, body: Json) -> None:
        now = self.world.utc_ns()
        head: Json = {"type": kind, "seq": self.hub.seq, "now_utc_ms": ms(now)}
        payload = zlib.compress(msgspec.json.encode(head | body), 6)
        self.core.streamed(kind, payload, now)

    # --- what operators do ---

    async def acknowledge(self, warning_id: str, operator: str) -> bool:
        """Note that an operator has seen an alarm; say whether there is such an alarm."""
        now = self.world.utc_ns()
        if self.picture.warning(warning_id) is None:
            return False
        payload = {"warning_id": warning_id, "operator": operator}
        await self._safe(self.core.note("acknowledge", payload, now))
        self.picture.acknowledge(warning_id, operator)
        self._flush(now)
        return True

    @staticmethod
    async def _safe(recorded: Future[bool]) -> None:
        """Wait until an act is in the journal; longer than an order's answer it does not wait either."""
        await asyncio.wait([asyncio.wrap_future(recorded)], timeout=RECORDED_WITHIN_S)

    async def annotate(self, target_id: str, operator: str, text: str) -> None:
        """Add an operator's note to something."""
        now = self.world.utc_ns()
        note = {"target_id": target_id, "operator": operator, "text": text, "utc_ms": ms(now)}
        await self._safe(self.core.note("annotate", note, now))
        self.picture.annotate(note)
        self._flush(now)

    async def order(self, order: PersonOrder) -> Told:
        """Let an order that was checked go the way of every message: journal, core, channels; within ``TICK_S``.

        Gives what came of it once its row and its warnings are in the journal, or after a bound that they are not.
        """
        ordered = _Ordered(writable_record(order), asyncio.get_running_loop().create_future())
        if self._stopping:
            return Told(failure="the station is ending")
        self._orders.append(ordered)
        return await asyncio.shield(ordered.answer)

    async def test_channel(self, channel_id: str, by: str) -> Receipt | None:
        """Test a channel; ``None`` if there is none of that name that can be tested."""
        now = self.world.utc_ns()
        test = self._chains.test(f"test-{ms(now)}", self.site.origin, now)
        receipt = await self.dispatch.test(channel_id, test)
        if receipt is not None:
            told = {"channel_id": channel_id, "by": by, "delivered": receipt.delivered, "detail": receipt.detail}
            self._keep_note("channel_test", told)
        return receipt

    def _show_drill(self, state: Json) -> None:
        self.picture.drill(state)
        self._flush(self.world.utc_ns())

    def _keep_note(self, kind: str, payload: Json) -> None:
        self.core.note(kind, payload, self.world.utc_ns())

    async def note(self, kind: str, payload: Json) -> None:
        """Keep an act of a person in the journal."""
        await self._safe(self.core.note(kind, payload, self.world.utc_ns()))

    def report(self) -> Json:
        """Say how the station does."""
        now = self.world.utc_ns()
        live, lost = self.health.count(now)
        return {
            "alive": True,
            "version": marsad.__version__,
            "boot_id": self.boot_id,
            "seq": self.hub.seq,
            "now_utc_ms": ms(now),
            "speed": self.world.speed,
            "sapient_port": self.feed.port,
            "journal": {
                "entries": self.journal.last_seq(),
                "ok": not self.core.trouble,
                "trouble": self.core.trouble,
                "waiting": self.core.waiting_entries,
                "lost": self.core.lost_entries,
            },
            "sensors_live": live,
            "sensors_lost": lost,
            "consoles": self.hub.subscribers,
            "connections": self.feed.connections,
            "counts": dict(self.core.intake.counts + self.feed.counts),
        }


async def _ended(tasks: Sequence[asyncio.Future[Any]], within_s: float) -> bool:
    """Let tasks end within a time, then cancel them; say whether all had ended."""
    if not tasks:
        return True
    _, late = await asyncio.wait(tasks, timeout=max(within_s, 0.0))
    for task in late:
        task.cancel()
    if late:
        await asyncio.wait(late, timeout=0.1)
    return not late


def _refuse(ordered: Sequence[_Ordered], why: str) -> None:
    """Answer orders that did not reach the core's end: nobody may believe that they were carried out."""
    for one in ordered:
        if not one.answer.done():
            one.answer.set_result(Told(failure=why))


def standing(warnings: Iterable[ZoneWarning]) -> list[ZoneWarning]:
    """Give the last word to each zone of warnings in their order, where it is not an end."""
    last = {warning.zone_id: warning for warning in warnings}
    return [w for w in last.values() if w.level not in ("clear", "all_clear")]


def _uuid_of(token: str) -> str:
    """Give a token of 32 hexadecimal digits as a version 4 UUID."""
    return str(uuid.UUID(hex=token, version=4))
