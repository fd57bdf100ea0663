"""Starting a station from the command line."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from marsad.adapters.sites import read_site
from marsad.station.runner import default_pipeline
from marsad.station.service import Settings, Station
from marsad.station.serving import run, running, stop_on_signals
from marsad.station.world import RealWorld


@dataclass(frozen=True)
class ServeOptions:
    """What ``marsad serve`` was asked."""

    site: Path
    port: int
    sapient_port: int
    host: str = "127.0.0.1"
    journal: Path | None = None
    cap_folder: Path | None = None
    sender: str = "marsad"
    exercise: bool = False
    insecure_bind: bool = False


def _beside(site: Path, suffix: str) -> Path:
    """Name a file beside the site's."""
    site = site.resolve()
    return site.parent / f"{site.stem}.{suffix}"


def settings_of(options: ServeOptions) -> Settings:
    """Give the station's settings, with the places that were not named."""
    return Settings(
        journal=options.journal or _beside(options.site, "journal"),
        cap_folder=options.cap_folder or _beside(options.site, "cap"),
        host=options.host,
        sapient_port=options.sapient_port,
        exercise=options.exercise,
        sender=options.sender,
    )


def serve(options: ServeOptions) -> None:
    """Run a station until it is interrupted."""
    logging.basicConfig(level=logging.INFO, format="marsad: %(message)s")
    run(lambda: _serve(options))


async def _serve(options: ServeOptions) -> None:
    site = read_site(options.site)
    settings = settings_of(options)
    station = Station(RealWorld(), site, default_pipeline(), settings)
    async with running(station, options.host, options.port, loopback_only=not options.insecure_bind) as live:
        stop_on_signals(live.stop.set)
        host = f"[{options.host}]" if ":" in options.host else options.host
        print(f"console  http://{host}:{live.http_port}/", flush=True)
        print(f"sensors  {host}:{station.feed.port}  (SAPIENT, BSI Flex 335 v2.0)", flush=True)
        print(f"journal  {settings.journal}", flush=True)
        print(f"alarms   {settings.cap_folder}  (CAP 1.2)", flush=True)
        print("Ctrl-C ends the watch.", flush=True)
        await live.stop.wait()
    print("ended; the journal is closed", flush=True)
