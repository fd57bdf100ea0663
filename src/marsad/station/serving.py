"""A station as a process: its ports, its signals, its clean end."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import uvicorn

from marsad.adapters.errors import BadInputError
from marsad.station.service import END_S, Station
from marsad.station.web import build_app

DEFAULT_HTTP_PORT = 8470
STUCK = 70
"""Exit code of a process that had to be ended (``EX_SOFTWARE`` of BSD's sysexits.h)."""
SIGNALS = (signal.SIGINT, signal.SIGTERM)


def bind(host: str, port: int) -> socket.socket:
    """Take a TCP port.

    Raises
    ------
    BadInputError
        Someone else has it, or the address is none of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    taken = socket.socket(family, socket.SOCK_STREAM)
    try:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind((host, port))
        taken.listen(128)
    except OSError as error:
        taken.close()
        why = error.strerror or error
        raise BadInputError(f"{host}:{port}", f"a free port expected; choose another with --port ({why})") from error
    return taken


@dataclass
class Running:
    """A station with its web server; ``stop`` asks both to end."""

    station: Station
    http_port: int
    stop: asyncio.Event


WEB_END_S = 1.0
"""How long requests that are being answered may hold the end up."""
LONGEST_END_S = 4.8
"""How long the end of a process may take, from the signal; then it is ended whatever it does.  The journal's lock falls
with it, and what the journal had not taken stands beside it."""


@asynccontextmanager
async def running(station: Station, host: str, http_port: int, *, loopback_only: bool = True) -> AsyncIterator[Running]:
    """Run a station and its web server for as long as the block lasts."""
    listening = bind(host, http_port)
    config = uvicorn.Config(
        build_app(station, loopback_only=loopback_only),
        log_level="warning",
        access_log=False,
        lifespan="off",
        ws="websockets-sansio",
        ws_max_size=64 * 1024,
        timeout_graceful_shutdown=round(WEB_END_S),
        server_header=False,
    )
    server = uvicorn.Server(config)
    try:
        await station.start()
    except BaseException:
        listening.close()
        raise
    serving = asyncio.ensure_future(server.serve(sockets=[listening]))
    try:
        while not server.started and not serving.done():
            await asyncio.sleep(0.005)
        yield Running(station, int(listening.getsockname()[1]), asyncio.Event())
    finally:
        station.hub.end()
        server.should_exit = True
        with contextlib.suppress(KeyboardInterrupt, asyncio.CancelledError, TimeoutError):
            await asyncio.wait_for(serving, WEB_END_S + 0.3)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(station.close(), END_S + 0.5)
        listening.close()


def stop_on_signals(stop: Callable[[], None]) -> None:
    """Let Ctrl-C and a polite kill end the process cleanly (instead of the web server's own handlers)."""
    loop = asyncio.get_running_loop()
    for number in SIGNALS:
        loop.add_signal_handler(number, stop)


def end_within(seconds: float) -> None:
    """End the process after so long, whatever it does then: in a read, a computation, a lock that never comes."""

    def end() -> None:
        print("marsad: something was stuck; ended without it", file=sys.stderr, flush=True)
        os._exit(STUCK)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()


def leave(stuck: Sequence[str]) -> None:
    """End the process at once where threads still do something: the interpreter's own end would wait on them."""
    if stuck:
        print(f"marsad: ended without {', '.join(stuck)}", file=sys.stderr)
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


def run(main: Callable[[], object]) -> None:
    """Run an asynchronous program; an interrupt before it could listen for one ends it as cleanly."""
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main())  # type: ignore[arg-type]  # main makes a coroutine
