"""The sensors' port: SAPIENT frames from TCP connections into one bounded queue, answers back out.

A full queue makes the readers wait (the sensor's TCP feels it); nothing is dropped in silence.  A frame that stops
half-way, is too long, or comes from a connection that never registers ends that connection, and only that.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import Any

from marsad.adapters import sapient
from marsad.station.frames import Frame, Reply
from marsad.station.world import Listener, World, Writer

MAX_CONNECTIONS = 256
QUEUE_FRAMES = 8192
QUEUE_REPLIES = 512
FRAME_TIMEOUT_S = 10.0
"""How long the rest of a frame may take once it began."""
IDLE_TIMEOUT_S = 300.0
"""How long a connection may say nothing."""
REST_TIMEOUT_S = 86_400.0
"""How long one may whose nodes speak only when they have news, such as the weather's."""
SEND_TIMEOUT_S = 10.0
CLOSE_TIMEOUT_S = 0.7
"""How long connections may take to end with the station; their frames that were not taken in were not acknowledged."""
SKIP_BYTES = 4 * 1024 * 1024
"""An oversized frame up to this length is read over; a longer one is taken for bytes of no SAPIENT sender."""
CHUNK_BYTES = 64 * 1024


class TimeoutPassedError(Exception):
    """The other side took too long."""


async def within(world: World, seconds: float, work: Awaitable[Any]) -> Any:
    """Await work for so many seconds.

    The seconds are those of the world's own wall, not hurried by its speed.

    Raises
    ------
    TimeoutPassedError
        It took longer.
    """
    task: asyncio.Future[Any] = asyncio.ensure_future(work)
    sleeper: asyncio.Future[Any] = asyncio.ensure_future(world.sleep(seconds * world.speed))
    try:
        await asyncio.wait({task, sleeper}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise TimeoutPassedError
        return task.result()
    finally:
        await _end(task)
        await _end(sleeper)


async def _end(task: asyncio.Future[Any]) -> None:
    """Cancel a task that still runs, and wait for its end."""
    if not task.done():
        task.cancel()
        await asyncio.wait({task})


@dataclass
class _Link:
    """One open connection."""

    writer: Writer
    replies: asyncio.Queue[bytes | None] = field(default_factory=lambda: asyncio.Queue(QUEUE_REPLIES + 1))
    is_ending: bool = False
    may_rest: bool = False
    heard_ns: int = 0
    frame_since_ns: int = 0
    """When the frame that is being read began, 0 between frames."""


class Feed:
    """Listens for sensors; frames are taken from ``next_batch``, answers go out by ``send``."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._queue: asyncio.Queue[Frame] = asyncio.Queue(QUEUE_FRAMES)
        self._links: dict[int, _Link] = {}
        self._number = 0
        self._listener: Listener | None = None
        self._last_arrival_ns = 0
        self._serving: set[asyncio.Task[Any]] = set()
        self.counts: Counter[str] = Counter()

    @property
    def port(self) -> int:
        """Give the port that is listened to, 0 if none is."""
        return self._listener.port if self._listener else 0

    @property
    def connections(self) -> int:
        """Count the open connections."""
        return len(self._links)

    async def start(self, host: str, port: int) -> None:
        """Begin to listen, unless that was done before."""
        if self._listener is not None:
            return
        self._listener = await self._world.listen(host, port, self._serve)

    async def next_batch(self, most: int, wait_s: float) -> list[Frame]:
        """Give the frames that wait, at least one unless ``wait_s`` seconds pass without any."""
        if self._queue.empty():
            with contextlib.suppress(TimeoutPassedError):
                return [await within(self._world, wait_s, self._queue.get()), *self._drain(most - 1)]
        return self._drain(most)

    def _drain(self, most: int) -> list[Frame]:
        frames: list[Frame] = []
        while len(frames) < most and not self._queue.empty():
            frames.append(self._queue.get_nowait())
        return frames

    def send(self, reply: Reply) -> None:
        """Queue an answer; a sensor that does not read its answers loses them, and it is counted."""
        link = self._links.get(reply.connection)
        if link is None or link.is_ending:
            return
        if reply.may_rest is not None:
            link.may_rest = reply.may_rest
        if reply.message is None:
            link.is_ending = True
            link.replies.put_nowait(None)
        elif link.replies.qsize() >= QUEUE_REPLIES:
            self.counts["answers_not_read"] += 1
        else:
            link.replies.put_nowait(sapient.frame(reply.message))

    def _arrival(self) -> int:
        """Stamp an arrival: the clock, never before the last stamp."""
        self._last_arrival_ns = max(self._last_arrival_ns, self._world.utc_ns())
        return self._last_arrival_ns

    async def _serve(self, reader: asyncio.StreamReader, writer: Writer) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._serving.add(task)
            task.add_done_callback(self._serving.discard)
        with contextlib.suppress(asyncio.CancelledError):  # only ``close`` cancels, and then the process ends
            await self._connection(reader, writer)

    async def _connection(self, reader: asyncio.StreamReader, writer: Writer) -> None:
        """Serve one connection from its beginning to its end."""
        if len(self._links) >= MAX_CONNECTIONS:
            self.counts["connections_refused"] += 1
            writer.close()
            return
        self._number += 1
        number, link = self._number, _Link(writer)
        link.heard_ns = self._world.utc_ns()
        self._links[number] = link
        self.counts["connections"] += 1
        sender = asyncio.ensure_future(self._send_all(link))
        reading = asyncio.ensure_future(self._read_all(number, link, reader))
        watching = asyncio.ensure_future(self._watch(link))
        try:
            await asyncio.wait({reading, watching}, return_when=asyncio.FIRST_COMPLETED)
            if not reading.done():
                await self._trouble(number, watching.result())
        finally:
            await _end(reading)
            await _end(watching)
            await self._queue.put(Frame(number, self._arrival(), None))
            # what came before the end is answered first
            with contextlib.suppress(TimeoutPassedError):
                await within(self._world, SEND_TIMEOUT_S, sender)
            self._links.pop(number, None)
            with contextlib.suppress(ConnectionError, OSError):
                writer.close()

    async def _watch(self, link: _Link) -> str:
        """Wait until the connection has been silent, or inside one frame, for too long; say which."""
        speed = self._world.speed
        while True:
            await self._world.sleep(1.0 * speed)
            now = self._world.utc_ns()
            if link.frame_since_ns and now - link.frame_since_ns > FRAME_TIMEOUT_S * speed * 1e9:
                return f"a frame stopped half-way for {FRAME_TIMEOUT_S:.0f} s"
            idle_s = REST_TIMEOUT_S if link.may_rest else IDLE_TIMEOUT_S
            if now - link.heard_ns > idle_s * speed * 1e9:
                return f"nothing came for {idle_s:.0f} s"

    async def _read_all(self, number: int, link: _Link, reader: asyncio.StreamReader) -> None:
        """Read frames until the connection ends or can be trusted no more."""
        try:
            goes_on = True
            while goes_on:
                link.heard_ns, link.frame_since_ns = self._world.utc_ns(), 0
                first = await reader.read(1)
                if not first:
                    return
                link.frame_since_ns = self._world.utc_ns()
                goes_on = await self._read_frame(number, link, first, reader)
        except asyncio.IncompleteReadError as error:
            await self._trouble(number, f"the connection ended inside a frame, after {len(error.partial)} bytes")
        except (ConnectionError, OSError):
            self.counts["connections_broken"] += 1

    async def _read_frame(self, number: int, link: _Link, first: bytes, reader: asyncio.StreamReader) -> bool:
        """Read one frame; say whether the next bytes are the beginning of another."""
        header = first + await reader.readexactly(3)
        length = sapient.frame_length(header)
        if length > SKIP_BYTES:
            await self._trouble(number, f"a frame of {length} bytes was announced: this is no SAPIENT stream")
            return False
        if length > sapient.MAX_FRAME_BYTES:
            left = length
            while left:
                left -= len(await reader.readexactly(min(left, CHUNK_BYTES)))
            most = sapient.MAX_FRAME_BYTES
            await self._trouble(number, f"a frame of {length} bytes is longer than {most}; it was passed over")
            return True
        payload = await reader.readexactly(length)
        link.frame_since_ns = 0  # what waits from here on is the station, not the sensor
        await self._queue.put(Frame(number, self._arrival(), payload))
        return True

    async def _trouble(self, number: int, what: str) -> None:
        self.counts["framing_troubles"] += 1
        await self._queue.put(Frame(number, self._arrival(), None, trouble=what))

    async def _send_all(self, link: _Link) -> None:
        """Write answers as they come; give a sensor up that takes none."""
        try:
            while (answer := await link.replies.get()) is not None:
                link.writer.write(answer)
                await within(self._world, SEND_TIMEOUT_S, link.writer.drain())
        except TimeoutPassedError:
            self.counts["connections_stuck"] += 1
            link.writer.close()
        except (ConnectionError, OSError):
            pass  # the reader sees the end of the connection too and cleans up

    async def close(self) -> None:
        """Stop listening and end every connection, after what it has sent was taken in (``next_batch`` goes on)."""
        if self._listener is not None:
            await self._listener.close()
        for link in list(self._links.values()):
            with contextlib.suppress(ConnectionError, OSError):
                link.writer.close()
        if self._serving:
            _, left = await asyncio.wait(set(self._serving), timeout=CLOSE_TIMEOUT_S)
            for task in left:
                task.cancel()
            if left:
                await asyncio.wait(left, timeout=0.1)
