"""``marsad siren``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def command(
    name: Annotated[str, typer.Argument(help="Name of the siren, as the station calls it.")],
    key: Annotated[Path, typer.Option(help="The siren's key file, made by 'marsad keys siren'.")],
    port: Annotated[int, typer.Option(min=0, max=65535, help="UDP port (0: any free one).")] = 8481,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    exercise: Annotated[bool, typer.Option("--exercise", help="Be a siren of the drill ground.")] = False,
    memory: Annotated[Path | None, typer.Option(help="File that keeps the counter over a restart.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
    insecure_bind: Annotated[
        bool, typer.Option("--insecure-bind", help="Allow an address that other machines can reach.")
    ] = False,
) -> None:
    """Emulate a siren: take the station's orders, acknowledge them, print what would be heard.

    It behaves as the receiver in firmware/siren does.  Ctrl-C ends it.
    """
    import signal
    import threading

    from marsad.adapters.keys import read_siren_key
    from marsad.station.siren_emulator import SirenOptions, run

    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    options = SirenOptions(
        name=name,
        key=read_siren_key(key),
        kind="exercise" if exercise else "actual",
        host=host,
        port=port,
        memory=memory,
        as_json=as_json,
        insecure_bind=insecure_bind,
    )
    run(options, lambda line: print(line, flush=True), stop.is_set)
