"""Sensors that are not there: plays messages to a station by SAPIENT over TCP, each when its time has come.

Every sensor has a connection of its own, registers, and keeps each frame until the station says that it stands in
the journal; when the station goes away it connects again and sends what was not acknowledged once more.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import Counter, deque
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from marsad.adapters import sapient
from marsad.station.keeper import Keeper
from marsad.terms import (
    CooperativeReport,
    Flash,
    Heartbeat,
    Message,
    PersonOrder,
    Sensor,
    SensorReport,
    Tick,
    WeatherReport,
)

log = logging.getLogger("marsad.emulator")

COOPERATIVE_NODE = "cooperative"
WEATHER_NODE = "weather"
RETRY_S = (0.05, 0.1, 0.2, 0.5, 1.0)
GIVE_UP_AFTER = 60
UNSAFE_FRAMES = 50_000
HEARTBEAT_S = 2.0
BEHIND_S = 0.3
"""How far (station time) the station may be behind with what was sent before its clock is held up: less than the delay
of a healthy link, so that nothing that arrives looks late."""
AHEAD_S = 0.05
"""How far its clock may run past a message that is due: what a sleep is late by on an idle machine, at speed 1."""
NEVER_HELD_NS = 2**62
"""A time (UTC ns) that no night reaches."""
PATIENCE_S = 10.0
"""How long (machine time) the station may take to act on a message before the night goes on without: longer than any
batch takes on a machine at work, kernels that are compiled apart."""
LOOK_S = 0.005
"""How often (machine time) it is looked at how far all have come."""


def shifted(message: Message, shift_ns: int) -> Message:
    """Give a message with all its times moved."""
    moved: dict[str, Any] = {"arrival_utc_ns": message.arrival_utc_ns + shift_ns}
    if not isinstance(message, SensorReport | WeatherReport | PersonOrder | Tick):
        moved["time_utc_ns"] = message.time_utc_ns + shift_ns
    if isinstance(message, Flash):
        moved["onset_utc_ns"] = message.onset_utc_ns + shift_ns
    return msgspec.structs.replace(message, **moved)


def node_of(message: Message) -> str:
    """Name the node that a message comes from."""
    if isinstance(message, SensorReport):
        return message.sensor.sensor_id
    if isinstance(message, WeatherReport):
        return WEATHER_NODE
    if isinstance(message, Tick | PersonOrder):
        return ""
    if isinstance(message, CooperativeReport) and not message.sensor_id:
        return COOPERATIVE_NODE
    return message.sensor_id


class EmulatedNode:
    """One sensor's connection: registers, sends, listens, comes back."""

    def __init__(self, name: str, sensor: Sensor | None, host: str, port: int, keeper: Keeper) -> None:
        self._name = name
        self._sensor = sensor
        self._host, self._port = host, port
        self._keeper = keeper
        self._waiting: deque[tuple[int, bytes]] = deque(maxlen=UNSAFE_FRAMES)
        self._unsafe: deque[tuple[int, bytes]] = deque(maxlen=UNSAFE_FRAMES)
        self._safe = 0
        self._ended = False
        self._wake = asyncio.Event()
        self.counts: Counter[str] = Counter()

    def _registration(self) -> bytes:
        now = self._keeper.utc_ns()
        if self._name == WEATHER_NODE:
            return sapient.frame(sapient.encode_weather_node(WEATHER_NODE, time_utc_ns=now, journal_acks=True))
        sensor = self._sensor or Sensor(sensor_id=self._name, kind="cooperative", position=sapient.NOWHERE)
        registration = sapient.encode_sensor(sensor, time_utc_ns=now, status_interval_s=HEARTBEAT_S, journal_acks=True)
        return sapient.frame(registration)

    def send(self, message: Message) -> None:
        """Queue a message."""
        frame = sapient.frame(sapient.encode(message, receiver_id=COOPERATIVE_NODE))
        self._waiting.append((message.arrival_utc_ns, frame))
        self._wake.set()

    @property
    def oldest_utc_ns(self) -> int | None:
        """When the oldest message was due that the station has not acted on yet."""
        return next((due for waiting in (self._unsafe, self._waiting) for due, _ in waiting), None)

    @property
    def is_settled(self) -> bool:
        """Say whether the station has taken in and acted on all that was sent."""
        return not self._waiting and not self._unsafe

    def end(self) -> None:
        """Let the connection end once everything is safe."""
        self._ended = True
        self._wake.set()

    async def run(self) -> None:
        """Stay connected until all is sent and safe, or the station is gone for good."""
        failures = 0
        while failures < GIVE_UP_AFTER:
            try:
                reader, writer = await asyncio.open_connection(self._host, self._port)
            except OSError:
                failures += 1
                await asyncio.sleep(RETRY_S[min(failures, len(RETRY_S)) - 1])
                continue
            try:
                if await self._talk(reader, writer):
                    return
            except (ConnectionError, asyncio.IncompleteReadError, OSError):
                failures += 1
                self.counts["reconnections"] += 1
            finally:
                writer.close()
                with contextlib.suppress(OSError):
                    await writer.wait_closed()
            await asyncio.sleep(RETRY_S[min(max(failures, 1), len(RETRY_S)) - 1])
        log.warning("%s: the station at %s:%d is gone", self._name, self._host, self._port)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Serve one connection; say whether everything was sent and is safe."""
        self._waiting.extendleft(reversed(self._unsafe))
        self._unsafe.clear()
        self._safe = -1  # the registration is the first frame of the connection
        writer.write(self._registration())
        hearing = asyncio.ensure_future(self._hear(reader))
        try:
            while True:
                while self._waiting:
                    due = self._waiting.popleft()
                    self._unsafe.append(due)
                    writer.write(due[1])
                    self.counts["sent"] += 1
                    await writer.drain()
                if hearing.done():
                    hearing.result()
                    raise ConnectionResetError
                if self._ended and not self._unsafe:
                    return True
                self._wake.clear()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(
                        0.25
                    ):  # which, unlike wait_for before 3.12, never swallows a cancellation
                        await self._wake.wait()
        finally:
            hearing.cancel()
            await asyncio.gather(hearing, return_exceptions=True)

    async def _hear(self, reader: asyncio.StreamReader) -> None:
        while True:
            length = sapient.frame_length(await reader.readexactly(4))
            message = sapient.parse(await reader.readexactly(length))
            content = message.WhichOneof("content")
            safe = sapient.journalled_frames(message)
            if safe is not None:
                for _ in range(safe - 1 - max(self._safe, 0)):
                    if self._unsafe:
                        self._unsafe.popleft()
                self._safe = safe - 1
                self._wake.set()
            elif content == "registration_ack":
                self.counts["registered" if message.registration_ack.acceptance else "refused"] += 1
            elif content == "error":
                self.counts["errors"] += 1
                log.warning("%s: the station says: %s", self._name, "; ".join(message.error.error_message))


class Emulators:
    """All sensors of a recording, played against a station's clock."""

    def __init__(self, sensors: Iterable[Sensor], host: str, port: int, keeper: Keeper) -> None:
        self._sensors = {s.sensor_id: s for s in sensors}
        self._host, self._port = host, port
        self._keeper = keeper
        self._nodes: dict[str, EmulatedNode] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._next_utc_ns: int | None = None

    def _node(self, name: str) -> EmulatedNode:
        if name not in self._nodes:
            node = EmulatedNode(name, self._sensors.get(name), self._host, self._port, self._keeper)
            self._nodes[name] = node
            self._tasks.append(asyncio.ensure_future(node.run()))
        return self._nodes[name]

    async def play(self, messages: Sequence[Message], start_utc_ns: int) -> Counter[str]:
        """Send every message when its time of arrival has come, until the station has acted on all of them.

        ``start_utc_ns`` is the recording's time zero.
        """
        for message in messages:
            if isinstance(message, SensorReport):
                self._sensors[message.sensor.sensor_id] = message.sensor
        pacing = asyncio.ensure_future(self._pace())
        try:
            for message in messages:
                name = node_of(message)
                if not name:
                    continue
                node = self._node(name)
                await self._until(start_utc_ns + message.arrival_utc_ns)
                if not isinstance(message, SensorReport):
                    node.send(shifted(message, start_utc_ns))
            self._next_utc_ns = None
            await self.settle()
        finally:
            pacing.cancel()
            await asyncio.gather(pacing, return_exceptions=True)
            self._keeper.may_reach(NEVER_HELD_NS)
        return self.counts()

    async def _until(self, due_utc_ns: int) -> None:
        """Sleep until the clock shows a time; it may be held up on the way."""
        self._next_utc_ns = due_utc_ns
        while (wait_s := (due_utc_ns - self._keeper.utc_ns()) / 1e9 / self._keeper.speed) > 0.001:
            await asyncio.sleep(wait_s)

    async def _pace(self) -> None:
        """Say again and again how far all have come: what is due is sent, and what was sent is acted on."""
        since: dict[str, tuple[int, float]] = {}
        while True:
            oldest = self._oldest(since)
            limits = [] if oldest is None else [oldest + round(BEHIND_S * 1e9)]
            limits += [] if self._next_utc_ns is None else [self._next_utc_ns + round(AHEAD_S * 1e9)]
            if limits:
                self._keeper.may_reach(min(limits))
            await asyncio.sleep(LOOK_S)

    def _oldest(self, since: dict[str, tuple[int, float]]) -> int | None:
        """When the oldest message was due that the station has not acted on; who gets no answer is not waited for.

        ``since`` remembers of each node its oldest message, and when (on the machine's clock) it became so.
        """
        now_s, found = time.monotonic(), []
        for name, node in self._nodes.items():
            due = node.oldest_utc_ns
            if due is None:
                since.pop(name, None)
                continue
            if name not in since or since[name][0] != due:
                since[name] = (due, now_s)
            waited_s = now_s - since[name][1]
            if waited_s < PATIENCE_S:
                found.append(due)
            elif waited_s < PATIENCE_S + 2.0 * LOOK_S:
                log.warning("%s: no answer for %.0f s; the night goes on", name, waited_s)
        return min(found, default=None)

    async def settle(self) -> None:
        """Wait until the station has acted on all that was sent (or is gone)."""
        while any(not node.is_settled for node in self._nodes.values()):
            if all(task.done() for task in self._tasks):
                return
            await asyncio.sleep(0.05)

    async def stay(self) -> None:
        """Go on living: a heartbeat of every sensor from time to time, until cancelled."""
        while True:
            now = self._keeper.utc_ns()
            for name, node in self._nodes.items():
                if name != WEATHER_NODE:  # the weather is told when it changes
                    node.send(Heartbeat(sensor_id=name, time_utc_ns=now, arrival_utc_ns=now))
            await asyncio.sleep(max(HEARTBEAT_S / self._keeper.speed, 0.1))

    def counts(self) -> Counter[str]:
        """Count what was sent, registered, refused, complained of."""
        total: Counter[str] = Counter()
        for node in self._nodes.values():
            total += node.counts
        return total

    async def close(self) -> Counter[str]:
        """Wait until everything sent is safe in the station's journal, and leave."""
        for node in self._nodes.values():
            node.end()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=20.0)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        return self.counts()
