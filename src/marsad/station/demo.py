"""A night at a fictional gas plant: a station, and beside it a process of emulated sensors that speak SAPIENT to it.

What takes long to load is loaded while the sensors connect already: their port listens first, and what they send waits
with the time of its arrival.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import subprocess
import sys
import tempfile
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

import msgspec

from marsad.adapters.errors import BadInputError
from marsad.adapters.warm import telling
from marsad.station.emulating import Done, Go
from marsad.station.feed import Feed
from marsad.station.keeper import SharedTimekeeper
from marsad.station.world import RealWorld

if TYPE_CHECKING:
    from marsad.station.core import Processed
    from marsad.station.demo_channels import DemoChannels
    from marsad.station.service import Settings, Station
    from marsad.station.serving import Running
    from marsad.station.wire import Json

HOST = "127.0.0.1"
CALM_LEVELS = ("clear", "all_clear")
AFTERMATH_S = 240.0
"""How long after the last message (station time) the all-clear is waited for."""
LEAD_S = 0.2


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
        from marsad.station.tell import Teller

        self._as_json = as_json
        self.teller = Teller()
        self.when_unread: Callable[[], None] = lambda: None

    def hear(self, processed: Processed, now_utc_ns: int) -> None:
        """Print what a batch brought."""
        for text, event in self.teller.events(processed.outputs, now_utc_ns):
            self.say(text, event)

    def say(self, text: str, event: Json) -> None:
        """Print one event; when nobody reads any more (``| head``), end."""
        try:
            print(msgspec.json.encode(event).decode() if self._as_json else text, flush=True)
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            self.when_unread()

    def note(self, now_utc_ns: int, name: str, text: str, **more: object) -> None:
        """Print an event of the demonstration itself."""
        from marsad.station.lines import clock

        event: Json = {"event": name, "utc_ms": now_utc_ns // 1_000_000, "text": text, **more}
        self.say(f"{clock(now_utc_ns)}  {name:<10} {text}", event)


class Sensors:
    """The process of the emulated sensors."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._is_ending = False
        assert process.stdin is not None
        assert process.stdout is not None
        self._in: IO[str] = process.stdin
        self._out: IO[str] = process.stdout

    async def hear(self) -> str:
        """Wait for the next line that they say.

        Raises
        ------
        BadInputError
            They have ended instead.
        """
        line = await asyncio.to_thread(self._out.readline)
        if not line and self._is_ending:
            raise KeyboardInterrupt
        if not line:
            code = self._process.wait()
            raise BadInputError("emulated sensors", f"their process should go on, and ended with exit code {code}")
        return line

    def end(self) -> None:
        """Ask the process to end, so that nobody waits for its next line."""
        self._is_ending = True
        self._process.terminate()

    def say(self, line: str) -> None:
        """Tell them something."""
        self._in.write(line + "\n")
        self._in.flush()


@contextmanager
def sensors() -> Iterator[Sensors]:
    """Start the sensors' process; it ends with the block."""
    process = subprocess.Popen(
        [sys.executable, "-m", "marsad.station.emulating"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ctrl-C is for the station; it ends its sensors
    )
    try:
        yield Sensors(process)
    finally:
        process.terminate()
        try:
            process.wait(3.0)
        except subprocess.TimeoutExpired:
            process.kill()
        with contextlib.suppress(OSError):
            process.communicate()


def _open_browser(address: str) -> None:
    """Open the console where there is a desktop to open it on."""
    if sys.platform in ("darwin", "win32") or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        with contextlib.suppress(webbrowser.Error):
            webbrowser.open(address)


def _station(world: RealWorld, settings: Settings, feed: Feed, ways: DemoChannels) -> Station:
    """Load what takes long, and make the station."""
    from marsad import samples
    from marsad.station.demo_channels import signer
    from marsad.station.night import is_kept, night
    from marsad.station.runner import default_pipeline
    from marsad.station.service import Station
    from marsad.station.snapshot import decode_site

    site = decode_site(night().site) if is_kept() else samples.gas_plant()
    outlets = ways.outlets(site.zones, world)
    return Station(
        world,
        site,
        default_pipeline(),
        settings,
        outlets.channels,
        signer(outlets),
        feed=feed,
        drill_ground=ways.ground,
    )


def _load(folder: Path) -> DemoChannels:
    """Load what the station will need and prepare its channels, while the sensors' process gets ready."""
    import marsad.pipeline
    import marsad.station.serving  # noqa: F401
    from marsad.station.demo_channels import prepare

    return prepare(folder)


async def demo(options: DemoOptions, emulated: Sensors) -> None:
    """Run the demonstration."""
    logging.basicConfig(level=logging.WARNING, format="marsad: %(message)s")
    folder = Path(tempfile.mkdtemp(prefix="marsad-demo-"))
    loading = asyncio.ensure_future(asyncio.to_thread(_load, folder))
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, emulated.end)  # until the station is up
    with telling("marsad: simulating the night, once; `marsad warmup` does it beforehand"):
        ready = await emulated.hear()
    clock = folder / "clock"
    keeper = SharedTimekeeper(clock, options.speed, start_utc_ns=int(ready.split()[1]))
    world = RealWorld(keeper)
    feed = Feed(world)
    await feed.start(HOST, 0)
    now = keeper.utc_ns()
    go = Go(
        host=HOST,
        port=feed.port,
        speed=keeper.speed,
        clock=str(clock),
        begins_utc_ns=now + round(LEAD_S * keeper.speed * 1e9),
    )
    emulated.say(msgspec.json.encode(go).decode())
    ways = await loading
    emulated.say(msgspec.json.encode(ways.sirens).decode())
    try:
        await _watch(options, emulated, world, feed, folder, ways)
    finally:
        emulated.end()


async def _watch(
    options: DemoOptions, emulated: Sensors, world: RealWorld, feed: Feed, folder: Path, ways: DemoChannels
) -> None:
    """Run the station until the night is over or someone ends it."""
    from marsad.station.service import Settings
    from marsad.station.serving import running, stop_on_signals

    settings = Settings(journal=folder / "night.journal", cap_folder=folder / "cap", sapient_port=0, sender="demo")
    station = _station(world, settings, feed, ways)
    printer = _Printer(as_json=options.as_json)
    station.listen(printer.hear)
    async with running(station, HOST, options.port) as live:
        stop_on_signals(live.stop.set)
        printer.when_unread = live.stop.set
        address = f"http://{HOST}:{live.http_port}/"
        printer.note(world.utc_ns(), "console", address, address=address, journal=str(settings.journal))
        if options.browser:
            await world.beside(lambda: _open_browser(address))
        playing = asyncio.ensure_future(_night(live, emulated, world, printer))
        stopping = asyncio.ensure_future(live.stop.wait())
        await asyncio.wait({playing, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if playing.done():
            playing.result()
            _sum_up(printer, world, settings)
            if not options.once:
                printer.note(world.utc_ns(), "end", "the console stays; Ctrl-C ends it")
                await stopping
        for task in (playing, stopping):
            task.cancel()
        await asyncio.gather(playing, stopping, return_exceptions=True)


async def _night(live: Running, emulated: Sensors, world: RealWorld, printer: _Printer) -> None:
    """Wait until all is sent and every zone has its all-clear."""
    sent = msgspec.json.decode(await emulated.hear(), type=Done).counts
    printer.note(world.utc_ns(), "sensors", f"all is taken in: {sent.get('sent', 0)} messages", counts=sent)
    until = world.utc_ns() + round(AFTERMATH_S * 1e9)
    while world.utc_ns() < until:
        if all(zone["level"] in CALM_LEVELS for zone in live.station.picture.snapshot()["zones"]):
            return
        await asyncio.sleep(0.1)


def _sum_up(printer: _Printer, world: RealWorld, settings: Settings) -> None:
    counts = printer.teller.counts
    files = len(list(settings.cap_folder.glob("*.xml"))) if settings.cap_folder else 0
    text = f"the night is over: {counts['launch']} launches, {counts['warning']} warnings, {files} CAP files; "
    text += f"replay it with: marsad replay {settings.journal}"
    printer.note(world.utc_ns(), "end", text, counts=counts, cap_files=files, journal=str(settings.journal))
