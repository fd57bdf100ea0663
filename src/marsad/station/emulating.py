"""The emulators as a process of their own: ``python -m marsad.station.emulating``.

It loads a night, says ``ready`` and when that night began on standard output, waits for one line on standard input
that says where the station is and where its clock is kept, plays the night, says when all is taken in, and sends
heartbeats until standard input ends.  Further lines name sirens that it is to be.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
from pathlib import Path
from typing import Literal

import msgspec

from marsad.station.emulator import Emulators
from marsad.station.keeper import SharedTimekeeper
from marsad.terms import Message


class Go(msgspec.Struct, frozen=True, kw_only=True):
    """Where to connect to, what clock the station goes by, when the night begins on it."""

    host: str
    port: int
    speed: float
    clock: str
    """The file of the clock that the station shares."""
    begins_utc_ns: int


class EmulatedSiren(msgspec.Struct, frozen=True, kw_only=True):
    """One siren to be; its key in hexadecimal."""

    name: str
    kind: Literal["actual", "exercise"]
    key: str
    port: int


class Sirens(msgspec.Struct, frozen=True, kw_only=True):
    """Sirens to be until standard input ends."""

    sirens: tuple[EmulatedSiren, ...]


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """What the emulators did."""

    counts: dict[str, int]


async def play(messages: tuple[Message, ...], go: Go) -> None:
    """Play a night to a station, say when all is sent, and stay alive until standard input ends."""
    keeper = SharedTimekeeper(Path(go.clock), go.speed)
    emulators = Emulators((), go.host, go.port, keeper)
    ended = threading.Event()
    listening = asyncio.ensure_future(asyncio.to_thread(_be_sirens, ended))
    counts = await emulators.play(messages, go.begins_utc_ns)
    print(msgspec.json.encode(Done(counts=dict(counts))).decode(), flush=True)
    staying = asyncio.ensure_future(emulators.stay())
    await listening
    staying.cancel()
    await emulators.close()


def _be_sirens(ended: threading.Event) -> None:
    """Be the sirens that the lines of standard input name, until it ends."""
    from marsad.station.siren_emulator import SirenOptions, run

    threads = []
    for line in sys.stdin:
        for one in msgspec.json.decode(line, type=Sirens).sirens:
            options = SirenOptions(name=one.name, key=bytes.fromhex(one.key), kind=one.kind, port=one.port)
            threads.append(threading.Thread(target=run, args=(options, lambda _: None, ended.is_set), daemon=True))
            threads[-1].start()
    ended.set()
    for thread in threads:
        thread.join(1.0)


def main() -> None:
    """Run the process."""
    logging.basicConfig(level=logging.WARNING, format="marsad: sensor %(message)s")
    from marsad.station.night import night

    tonight = night()
    print(f"ready {tonight.begins_utc_ns}", flush=True)
    line = sys.stdin.readline()
    if line.strip():  # else the station is gone
        asyncio.run(play(tonight.messages, msgspec.json.decode(line, type=Go)))


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(0)
