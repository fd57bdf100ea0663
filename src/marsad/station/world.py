"""The one seam through which clock, randomness, disk and network reach the station.

``RealWorld`` is the machine; ``SimulatedWorld`` is memory and a clock that moves when it is told to, so that the
whole station can be run through lost, late, doubled and false input, and through the death of its disk.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import os
import secrets
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np

from marsad.adapters.errors import BadInputError
from marsad.station.journal import Journal, MemoryJournal, SqliteJournal
from marsad.station.keeper import Timekeeper
from marsad.station.late import Late, LateFile, NoLate
from marsad.station.worker import InlineWorker, ThreadWorker, Worker

T = TypeVar("T")
READ_LIMIT_BYTES = 512 * 1024


class Writer(Protocol):
    """The sending end of a connection (``asyncio.StreamWriter`` is one)."""

    def write(self, data: bytes, /) -> None:
        """Queue bytes."""

    async def drain(self) -> None:
        """Wait until the other side has taken enough of them."""

    def close(self) -> None:
        """End the connection."""


Handler = Callable[[asyncio.StreamReader, Writer], Awaitable[None]]


class Listener(Protocol):
    """A port that is listened to."""

    @property
    def port(self) -> int:
        """Give the port."""

    async def close(self) -> None:
        """Stop listening."""


class World(Protocol):
    """Everything that is not computed."""

    @property
    def speed(self) -> float:
        """Give how many seconds of the station pass in one second."""

    def utc_ns(self) -> int:
        """Give the station's time; it never runs backwards."""

    def clock_off_s(self) -> float:
        """Give by how much the machine's clock was set since the station began; its own time does not follow."""

    async def sleep(self, seconds: float) -> None:
        """Wait, in seconds of the station."""

    def token(self) -> str:
        """Give 32 hexadecimal digits that no one can guess."""

    def open_journal(self, path: Path) -> Journal:
        """Open a journal to write."""

    def open_late(self, path: Path) -> Late:
        """Open what keeps on disk what a journal has not taken yet."""

    def write_file(self, path: Path, content: bytes) -> None:
        """Put a file in place, whole or not at all, synced."""

    async def listen(self, host: str, port: int, handler: Handler) -> Listener:
        """Listen for connections."""

    def worker(self, name: str) -> Worker:
        """Give a thread of its own to whoever must not wait for others."""

    async def compute(self, work: Callable[[], T]) -> T:
        """Run the core's work in the core's own thread."""

    async def beside(self, work: Callable[[], T]) -> T:
        """Run work that may take long and comes seldom, in a thread that is made for it."""

    async def close(self) -> None:
        """End what was started; what does not end is let go."""


class _SocketListener:
    def __init__(self, server: asyncio.Server) -> None:
        self._server = server

    @property
    def port(self) -> int:
        """Give the port."""
        return int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """Stop listening."""
        self._server.close()


class RealWorld:
    """The machine's clock, entropy, disk and network."""

    def __init__(self, keeper: Timekeeper | None = None) -> None:
        self._keeper = keeper or Timekeeper()
        self._workers: list[ThreadWorker] = []
        self._core = self.worker("core")

    @property
    def speed(self) -> float:
        """Give how many seconds of the station pass in one second."""
        return self._keeper.speed

    def utc_ns(self) -> int:
        """Give the station's time."""
        return self._keeper.utc_ns()

    def clock_off_s(self) -> float:
        """Give by how much the machine's clock was set."""
        return self._keeper.clock_off_s()

    async def sleep(self, seconds: float) -> None:
        """Wait, in seconds of the station."""
        await asyncio.sleep(seconds / self.speed)

    def token(self) -> str:
        """Give 32 hexadecimal digits from the system's entropy."""
        return secrets.token_hex(16)

    def open_journal(self, path: Path) -> Journal:
        """Open an SQLite journal."""
        return SqliteJournal(path)

    def open_late(self, path: Path) -> Late:
        """Open the file beside a journal."""
        return LateFile(path)

    def write_file(self, path: Path, content: bytes) -> None:
        """Write beside, sync, rename, sync the folder."""
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".writing-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(name).chmod(0o644)
            Path(name).rename(path)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    async def listen(self, host: str, port: int, handler: Handler) -> Listener:
        """Listen on a TCP port.

        Raises
        ------
        BadInputError
            Someone else has it.
        """
        try:
            return _SocketListener(await asyncio.start_server(handler, host, port, limit=READ_LIMIT_BYTES))
        except OSError as error:
            why = error.strerror or error
            raise BadInputError(
                f"{host}:{port}", f"a free port for the sensors expected; choose another with --sapient-port ({why})"
            ) from error

    def worker(self, name: str) -> Worker:
        """Start a thread with the first work that it is given."""
        made = ThreadWorker(name)
        self._workers = [worker for worker in self._workers if not worker.has_ended]
        self._workers.append(made)
        return made

    @property
    def stuck(self) -> tuple[str, ...]:
        """Name the threads that still do something, of which nobody waits for the end any more."""
        return tuple(worker.name for worker in self._workers if worker.is_busy)

    async def compute(self, work: Callable[[], T]) -> T:
        """Run the core's work in its thread, one piece at a time."""
        return await asyncio.wrap_future(self._core.submit(work))

    async def beside(self, work: Callable[[], T]) -> T:
        """Run work in a thread of its own."""
        once = self.worker("beside")
        try:
            return await asyncio.wrap_future(once.submit(work))
        finally:
            once.close()

    async def close(self) -> None:
        """Let the threads end."""
        for worker in self._workers:
            worker.close()


# --- the simulated world ------------------------------------------------------------------------------


class PipeWriter:
    """The sending end of a connection in memory; what is written is read at the other end at once."""

    def __init__(self, other_end: asyncio.StreamReader) -> None:
        self._other_end = other_end
        self.is_closed = False

    def write(self, data: bytes, /) -> None:
        """Hand over bytes."""
        if not self.is_closed:
            self._other_end.feed_data(data)

    async def drain(self) -> None:
        """Let the other side run."""
        await asyncio.sleep(0)

    def close(self) -> None:
        """End the connection in this direction."""
        if not self.is_closed:
            self.is_closed = True
            self._other_end.feed_eof()


class _SimulatedListener:
    def __init__(self, world: SimulatedWorld, port: int) -> None:
        self._world = world
        self.port = port

    async def close(self) -> None:
        """Stop listening."""
        self._world.handlers.pop(self.port, None)


class SimulatedWorld:
    """A world in memory: its clock stands still until ``advance``; its randomness comes from a seed."""

    def __init__(self, seed: int, start_utc_ns: int = 1_800_000_000_000_000_000) -> None:
        self._random = np.random.default_rng(seed)
        self._now_ns = start_utc_ns
        self._sleepers: list[tuple[int, int, asyncio.Future[None]]] = []
        self._order = itertools.count()
        self._tasks: set[asyncio.Task[None]] = set()
        self.handlers: dict[int, Handler] = {}
        self.journals: dict[Path, MemoryJournal] = {}
        self.files: dict[Path, bytes] = {}
        self.speed = 1.0
        self.clock_set_s = 0.0

    def utc_ns(self) -> int:
        """Give the simulated time."""
        return self._now_ns

    def clock_off_s(self) -> float:
        """Give what a test says that the clock was set by."""
        return self.clock_set_s

    async def sleep(self, seconds: float) -> None:
        """Wait until the clock has been moved that far."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._now_ns + round(seconds * 1e9), next(self._order), future))
        await future

    async def settle(self) -> None:
        """Let everything run that can without the clock moving."""
        for _ in range(50):
            await asyncio.sleep(0)

    async def advance(self, seconds: float) -> None:
        """Move the clock, waking each sleeper at its own time."""
        until = self._now_ns + round(seconds * 1e9)
        await self.settle()
        while self._sleepers and self._sleepers[0][0] <= until:
            wake_ns, _, future = heapq.heappop(self._sleepers)
            self._now_ns = max(self._now_ns, wake_ns)
            if not future.done():
                future.set_result(None)
                await self.settle()
        self._now_ns = until
        await self.settle()

    def token(self) -> str:
        """Give 32 hexadecimal digits from the seed."""
        return self._random.bytes(16).hex()

    def open_journal(self, path: Path) -> Journal:
        """Open a journal in memory; it is still there for the next boot."""
        return self.journals.setdefault(path, MemoryJournal())

    def open_late(self, path: Path) -> Late:  # noqa: ARG002  memory does not outlive what it waits for
        """Keep nothing."""
        return NoLate()

    def write_file(self, path: Path, content: bytes) -> None:
        """Keep a file in memory."""
        self.files[path] = content

    async def listen(self, host: str, port: int, handler: Handler) -> Listener:  # noqa: ARG002  there is one host only
        """Listen on a port of this world."""
        chosen = port or 40000 + len(self.handlers)
        self.handlers[chosen] = handler
        return _SimulatedListener(self, chosen)

    def connect(self, port: int) -> tuple[asyncio.StreamReader, PipeWriter]:
        """Connect to a port of this world; give the caller's two ends."""
        here, there = asyncio.StreamReader(limit=READ_LIMIT_BYTES), asyncio.StreamReader(limit=READ_LIMIT_BYTES)
        handler: Callable[..., Any] = self.handlers[port]
        task = asyncio.ensure_future(handler(there, PipeWriter(here)))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return here, PipeWriter(there)

    def worker(self, name: str) -> Worker:  # noqa: ARG002  all are the same
        """Give one that does its work at once, so that the order of everything is fixed."""
        return InlineWorker()

    async def compute(self, work: Callable[[], T]) -> T:
        """Run the work here and now."""
        return work()

    async def beside(self, work: Callable[[], T]) -> T:
        """Run the work here and now."""
        return work()

    async def close(self) -> None:
        """End the connections that still stand."""
        for task in list(self._tasks):
            task.cancel()
