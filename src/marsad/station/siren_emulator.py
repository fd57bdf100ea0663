"""A siren as a process, for trying a station out: it answers like a real one and prints what would be heard."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from marsad.adapters.errors import BadInputError
from marsad.adapters.keys import Kind
from marsad.adapters.siren import SirenReceiver
from marsad.station.address import is_loopback

WAKE_S = 0.2


@dataclass(frozen=True)
class SirenOptions:
    """What ``marsad siren`` was asked."""

    name: str
    key: bytes
    kind: Kind = "actual"
    host: str = "127.0.0.1"
    port: int = 8481
    memory: Path | None = None
    as_json: bool = False
    insecure_bind: bool = False


def _seen(path: Path | None) -> int:
    if path is None or not path.exists():
        return 0
    try:
        return int(path.read_text(encoding="ascii"))
    except ValueError as error:
        raise BadInputError(path, f"a counter expected ({error})") from error


def run(options: SirenOptions, tell: Callable[[str], None], stopped: Callable[[], bool]) -> None:
    """Be a siren until ``stopped`` says so; ``tell`` gets a line whenever the sound changes."""
    if not options.insecure_bind and not is_loopback(options.host):
        raise BadInputError(
            "--host", f"a loopback address expected, found {options.host!r}; --insecure-bind lifts this"
        )
    receiver = SirenReceiver(options.name, options.key, options.kind, _seen(options.memory))
    with socket.socket(socket.AF_INET6 if ":" in options.host else socket.AF_INET, socket.SOCK_DGRAM) as link:
        try:
            link.bind((options.host, options.port))
        except OSError as error:
            raise BadInputError(f"{options.host}:{options.port}", f"a free port expected ({error.strerror})") from error
        link.settimeout(WAKE_S)
        tell(_line(options, "listening", port=link.getsockname()[1], kind=options.kind))
        sound, seen = "silence", receiver.seen
        while not stopped():
            _serve(link, receiver)
            if options.memory is not None and receiver.seen != seen:
                seen = receiver.seen
                options.memory.write_text(str(seen), encoding="ascii")
            if (now := receiver.sound(_ms())) != sound:
                sound = now
                tell(_line(options, sound, level=receiver.state(_ms())[0], rejected=receiver.rejected))


def _serve(link: socket.socket, receiver: SirenReceiver) -> None:
    try:
        datagram, sender = link.recvfrom(512)
    except TimeoutError:
        return
    answer = receiver.receive(datagram, _ms())
    if answer is not None:
        link.sendto(answer, sender)


def _ms() -> int:
    return time.monotonic_ns() // 1_000_000


def _line(options: SirenOptions, event: str, **about: Any) -> str:
    if options.as_json:
        return json.dumps({"siren": options.name, "event": event} | about)
    return f"{options.name}: {event}  " + "  ".join(f"{k} {v}" for k, v in about.items())
