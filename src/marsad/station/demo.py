"""A night at a fictional gas plant: a station, and beside it a process of emulated sensors that speak SAPIENT to it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import subprocess
import sys
import tempfile
import time
import webbrowser
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from marsad.adapters.errors import BadInputError
from marsad.adapters.warm import telling
from marsad.station.core import Processed
from marsad.station.emulating import Done, Go
from marsad.station.keeper import Timekeeper
from marsad.station.lines import clock
from marsad.station.night import begins_utc_ns
from marsad.station.runner import default_pipeline
from marsad.station.service import Settings, Station
from marsad.station.serving import Running, running, stop_on_signals
from marsad.station.tell import Teller
from marsad.station.wire import Json, ms
from marsad.station.world import RealWorld

HOST = "127.0.0.1"
CALM_LEVELS = ("clear", "all_clear")
AFTERMATH_S = 240.0
"""How long after the last message (station time) the all-clear is waited for."""
LEAD_S = 0.3


@dataclass(frozen=True)
class DemoOptions:
    """What ``marsad demo`` was asked."""

    port: int = 8470
    speed: float = 1.0
    browser: bool = True
    as_json: bool = False
    once: bool = False


class _Printer:
    """Prints what happens, as lines or as JSON."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self.teller = Teller()

    def hear(self, processed: Processed, now_utc_ns: int) -> None:
        """Print what a batch brought."""
        for text, event in self.teller.events(processed.outputs, now_utc_ns):
            self.say(text, event)

    def say(self, text: str, event: Json) -> None:
        """Print one event."""
        print(msgspec.json.encode(event).decode() if self._as_json else text, flush=True)

    def note(self, now_utc_ns: int, name: str, text: str, **more: object) -> None:
        """Print an event of the demonstration itself."""
        self.say(
            f"{clock(now_utc_ns)}  {name:<10} {text}", {"event": name, "utc_ms": ms(now_utc_ns), "text": text, **more}
        )


@asynccontextmanager
async def _emulators() -> AsyncIterator[asyncio.subprocess.Process]:
    """Start the sensors' process; it is ended with the block."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "marsad.station.emulating", stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        start_new_session=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(process.wait(), 3.0)
        if process.returncode is None:
            process.kill()
            await process.wait()


def _open_browser(address: str) -> None:
    """Open the console where there is a desktop to open it on."""
    if sys.platform in ("darwin", "win32") or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        with contextlib.suppress(webbrowser.Error):
            webbrowser.open(address)


async def _night(live: Running, process: asyncio.subprocess.Process, keeper: Timekeeper, printer: _Printer) -> None:
    """Let the night begin and wait until it is over."""
    station = live.station
    assert process.stdin is not None
    assert process.stdout is not None
    with telling("marsad: simulating the night, once; `marsad warmup` does it beforehand"):
        if (await process.stdout.readline()).strip() != b"ready":
            raise BadInputError("emulated sensors", "their process should say that it is ready, and has ended")
    now = keeper.utc_ns()
    go = Go(
        host=HOST,
        port=station.feed.port,
        speed=keeper.speed,
        clock_utc_ns=now,
        wall_utc_ns=time.time_ns(),
        begins_utc_ns=now + round(LEAD_S * keeper.speed * 1e9),
    )
    process.stdin.write(msgspec.json.encode(go) + b"\n")
    await process.stdin.drain()
    printer.note(now, "sensors", "the emulated sensors connect")
    line = await process.stdout.readline()
    if not line:
        raise BadInputError("emulated sensors", f"their process should end well, and ended with {await process.wait()}")
    sent = msgspec.json.decode(line, type=Done).counts
    printer.note(keeper.utc_ns(), "sensors", f"all is sent: {sent.get('sent', 0)} messages", counts=sent)
    await _calm(station, keeper)


async def _calm(station: Station, keeper: Timekeeper) -> None:
    """Wait for the all-clear of every zone."""
    until = keeper.utc_ns() + round(AFTERMATH_S * 1e9)
    while keeper.utc_ns() < until:
        if all(zone["level"] in CALM_LEVELS for zone in station.picture.snapshot()["zones"]):
            return
        await asyncio.sleep(0.1)


async def demo(options: DemoOptions) -> None:
    """Run the demonstration."""
    logging.basicConfig(level=logging.WARNING, format="marsad: %(message)s")
    from marsad import samples
    from marsad.station.night import SCENARIO

    printer = _Printer(as_json=options.as_json)
    folder = Path(tempfile.mkdtemp(prefix="marsad-demo-"))
    async with _emulators() as process:
        keeper = Timekeeper(options.speed, start_utc_ns=begins_utc_ns(samples.scenario(SCENARIO).begins_utc))
        settings = Settings(journal=folder / "night.journal", cap_folder=folder / "cap", sapient_port=0, sender="demo")
        station = Station(RealWorld(keeper), samples.gas_plant(), default_pipeline(), settings)
        station.listen(printer.hear)
        async with running(station, HOST, options.port) as live:
            address = f"http://{HOST}:{live.http_port}/"
            printer.note(keeper.utc_ns(), "console", address, address=address, journal=str(settings.journal))
            stop_on_signals(live.stop.set)
            if options.browser:
                await station.world.beside(lambda: _open_browser(address))
            playing = asyncio.ensure_future(_night(live, process, keeper, printer))
            stopping = asyncio.ensure_future(live.stop.wait())
            await asyncio.wait({playing, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if playing.done():
                playing.result()
                _sum_up(printer, keeper, settings)
                if not options.once:
                    printer.note(keeper.utc_ns(), "end", "the console stays; Ctrl-C ends it")
                    await stopping
            for task in (playing, stopping):
                task.cancel()
            await asyncio.gather(playing, stopping, return_exceptions=True)


def _sum_up(printer: _Printer, keeper: Timekeeper, settings: Settings) -> None:
    counts = printer.teller.counts
    files = len(list(settings.cap_folder.glob("*.xml"))) if settings.cap_folder else 0
    text = f"the night is over: {counts['launch']} launches, {counts['warning']} warnings, {files} CAP files; "
    text += f"replay it with: marsad replay {settings.journal}"
    printer.note(keeper.utc_ns(), "end", text, counts=counts, cap_files=files, journal=str(settings.journal))
