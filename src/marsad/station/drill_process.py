"""A drill begun at the console: the station starts it as a process of its own, hears its lines, and asks it to end.

The station holds no key of the drill and sends nothing of it; the process reads its own channels file with its own
exercise keys, listens to the station's stream as any console does, and makes way for a real alarm by itself.  If the
station dies the drill hears it no more and ends with an all-clear.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from marsad.station.wire import Json, ms

END_WITHIN_S = 8.0
"""How long a drill may take to tell its all-clear before it is let go."""
LONGEST_MIN = 60.0
STANDS_IN_THE_WAY = ("take_shelter", "remain")
GOING_ON = ("starting", "running", "stopping")


class DrillRefusedError(Exception):
    """No drill can begin now; the message says why."""


@dataclass(frozen=True)
class DrillGround:
    """With what a drill is run: the site's file, and the channels file whose keys are exercise keys."""

    site: Path
    channels: Path


class DrillOrder(msgspec.Struct, frozen=True, kw_only=True):
    """What a person asks for."""

    zone_ids: tuple[str, ...]
    minutes: float
    hazard: str = "rocket"
    prepare_s: float = 0.0
    remain_s: float = 30.0

    def words(self, ground: DrillGround, address: str) -> list[str]:
        """Give the command that runs it."""
        told = {
            "--channels": str(ground.channels),
            "--zones": ",".join(self.zone_ids),
            "--actual": address,
            "--minutes": f"{self.minutes:g}",
            "--prepare-s": f"{self.prepare_s:g}",
            "--remain-s": f"{self.remain_s:g}",
            "--hazard": self.hazard,
        }
        options = [part for pair in told.items() for part in pair]
        return [sys.executable, "-m", "marsad.cli", "drill", str(ground.site), *options, "--yes", "--json"]


class Drills:
    """The drill of a station: at most one at a time.

    ``show`` is given the drill as the console sees it whenever it changes, ``keep`` what the journal keeps.
    """

    def __init__(
        self,
        ground: DrillGround,
        clock: Callable[[], int],
        speed: float,
        show: Callable[[Json], None],
        keep: Callable[[str, Json], None],
    ) -> None:
        self._ground, self._clock, self._speed = ground, clock, speed
        self._show, self._keep = show, keep
        self._process: asyncio.subprocess.Process | None = None
        self._hearing: asyncio.Task[None] | None = None
        self._is_over = asyncio.Event()
        self._count = 0
        self.state: Json = {}

    @property
    def is_running(self) -> bool:
        """Whether a drill goes on."""
        return self._hearing is not None and not self._hearing.done()

    async def begin(self, order: DrillOrder, by: str, address: str, levels: Sequence[str]) -> Json:
        """Start a drill; ``levels`` are those of the zones now.

        Raises
        ------
        DrillRefusedError
            One goes on already, or a zone is really alarmed.
        """
        if any(level in STANDS_IN_THE_WAY for level in levels):
            raise DrillRefusedError("a zone is really alarmed: no drill now")
        if self.is_running:
            raise DrillRefusedError("a drill goes on already")
        now = self._clock()
        self._count += 1
        self.state = {
            "drill_id": f"drill-{ms(now)}-{self._count}",
            "zone_ids": list(order.zone_ids),
            "hazard": order.hazard,
            "began_utc_ms": ms(now),
            "ends_utc_ms": ms(now + round(60e9 * order.minutes * self._speed)),
            "by": by,
            "phase": "starting",
            "level": "",
            "told": 0,
            "failed": 0,
            "detail": "",
        }
        self._is_over = asyncio.Event()
        self._process = await asyncio.create_subprocess_exec(
            *order.words(self._ground, address),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for the station, which ends its drill
        )
        self._keep("drill_began", {**self.state})
        self._show({**self.state})
        self._hearing = asyncio.ensure_future(self._hear(self._process))
        return {**self.state}

    async def _hear(self, process: asyncio.subprocess.Process) -> None:
        """Follow the drill's lines to its end."""
        assert process.stdout is not None
        assert process.stderr is not None
        complaint = asyncio.ensure_future(process.stderr.read())
        async for line in process.stdout:
            with contextlib.suppress(msgspec.DecodeError):
                self._take(msgspec.json.decode(line))
        await process.wait()
        said = (await complaint).decode(errors="replace").strip().splitlines()
        if self._is_over.is_set():
            return
        if self.state["phase"] == "stopping" and not self.state["level"]:
            self.state["phase"] = "stopped"  # before anyone was told of it
        elif self.state["phase"] in GOING_ON:
            self.state["phase"] = "failed"
            self.state["detail"] = said[-1][:300] if said else f"it ended with exit code {process.returncode}"
        self._end()

    def _end(self) -> None:
        """Keep and show how it ended, once."""
        self._is_over.set()
        self._keep("drill_ended", {**self.state})
        self._show({**self.state})

    def _take(self, event: dict[str, Any]) -> None:
        """Take in one line of the drill."""
        what = event.get("event")
        if what == "told":
            self.state["level"] = str(event.get("level", ""))
            if self.state["phase"] == "starting":
                self.state["phase"] = "running"
        elif what == "delivery":
            self.state["told" if event.get("delivered") else "failed"] += 1
            if not event.get("delivered"):
                self.state["detail"] = f"{event.get('channel_id')}: {event.get('detail')}"[:300]
        elif what == "ended":
            phase = str(event.get("phase"))
            stopped = phase == "over" and self.state["phase"] == "stopping"
            self.state["phase"] = "stopped" if stopped else phase
            self.state["ends_utc_ms"] = ms(self._clock())
            self._end()  # all is told; its process only has to leave
            return
        self._show({**self.state})

    def stop(self, by: str) -> bool:
        """Ask the drill to tell its all-clear and end; say whether one goes on."""
        if not self.is_running or self._process is None or self.state["phase"] not in GOING_ON:
            return False
        self._keep("drill_stopped", {"drill_id": self.state["drill_id"], "by": by})
        self.state["phase"] = "stopping"
        self._show({**self.state})
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGINT)
        return True

    async def close(self) -> None:
        """End the drill with the station."""
        self.stop("station")
        if self._hearing is None or self._process is None:
            return
        over = asyncio.ensure_future(self._is_over.wait())
        await asyncio.wait({self._hearing, over}, timeout=END_WITHIN_S, return_when=asyncio.FIRST_COMPLETED)
        over.cancel()
        if not self._hearing.done():
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await asyncio.wait({self._hearing}, timeout=1.0)
