"""``marsad serve``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def command(
    site: Annotated[Path, typer.Argument(help="Site file (.toml), or the plain folder of three JSON files.")],
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port of the console and its API (0: any free one).")
    ] = 8470,
    sapient_port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port where sensors connect with SAPIENT (0: any).")
    ] = 8471,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    journal: Annotated[Path | None, typer.Option(help="Journal file. Default: SITE.journal beside the site.")] = None,
    cap: Annotated[
        Path | None, typer.Option(help="Folder for CAP 1.2 files. Default: SITE.cap beside the site.")
    ] = None,
    channels: Annotated[
        Path | None, typer.Option(help="File that names sirens, web hooks, MQTT, TAK and loudspeakers (.toml).")
    ] = None,
    people: Annotated[Path | None, typer.Option(help="File of accounts (.toml), made by 'marsad people add'.")] = None,
    drill_channels: Annotated[
        Path | None, typer.Option(help="Channels of drills (.toml, exercise keys), to begin drills at the console.")
    ] = None,
    sender: Annotated[str, typer.Option(help="Sender of CAP messages.")] = "marsad",
    exercise: Annotated[bool, typer.Option("--exercise", help="Mark everything that is said as an exercise.")] = False,
    insecure_bind: Annotated[
        bool, typer.Option("--insecure-bind", help="Allow an address that other machines can reach.")
    ] = False,
) -> None:
    """Run a station: sensors in by SAPIENT, console and API out, alarms as CAP files, all of it in a journal."""
    from marsad.station.address import require_loopback

    require_loopback(host, insecure_bind=insecure_bind)  # before anything is loaded that takes time
    from marsad.station.launch import ServeOptions, serve

    serve(
        ServeOptions(
            site=site,
            port=port,
            sapient_port=sapient_port,
            host=host,
            journal=journal,
            cap_folder=cap,
            sender=sender,
            exercise=exercise,
            insecure_bind=insecure_bind,
            channels=channels,
            people=people,
            drill_channels=drill_channels,
        )
    )
