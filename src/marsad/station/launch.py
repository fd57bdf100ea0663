"""Starting a station from the command line."""

from __future__ import annotations

import logging
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from marsad.adapters import cap_signature
from marsad.adapters.errors import BadInputError
from marsad.adapters.keys import Identity
from marsad.adapters.language_packs import LanguagePack
from marsad.adapters.sites import read_site
from marsad.station.access import read_people
from marsad.station.channels import Channel
from marsad.station.drill_process import DrillGround
from marsad.station.outlets.setup import kind_of, read_channels
from marsad.station.outlets.speech import SpeechChannel
from marsad.station.precedence import take_precedence
from marsad.station.runner import default_pipeline
from marsad.station.service import Settings, Station
from marsad.station.serving import LONGEST_END_S, end_within, leave, run, running, stop_on_signals
from marsad.station.world import RealWorld
from marsad.terms import Zone

log = logging.getLogger("marsad.station")


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
    channels: Path | None = None
    people: Path | None = None
    drill_channels: Path | None = None


def _beside(site: Path, suffix: str) -> Path:
    """Name a file beside the site's."""
    site = site.resolve()
    return site.parent / f"{site.stem}.{suffix}"


def settings_of(options: ServeOptions) -> Settings:
    """Give the station's settings, with the places that were not named."""
    part = "exercise." if options.exercise else ""  # a drill writes no file of the real thing
    return Settings(
        journal=options.journal or _beside(options.site, f"{part}journal"),
        cap_folder=options.cap_folder or _beside(options.site, f"{part}cap"),
        host=options.host,
        sapient_port=options.sapient_port,
        exercise=options.exercise,
        sender=options.sender,
    )


def serve(options: ServeOptions) -> None:
    """Run a station until it is interrupted."""
    logging.basicConfig(level=logging.INFO, format="marsad: %(message)s")
    take_precedence()
    world = RealWorld()
    run(lambda: _serve(options, world))
    leave(world.stuck)


def _as(identity: Identity, settings: Settings, options: ServeOptions) -> Settings:
    """Speak as the keys say: a station with the keys of drills can only run drills, and the other way round."""
    if (identity.kind == "exercise") != settings.exercise:
        wanted = "with --exercise" if identity.kind == "exercise" else "without --exercise"
        raise BadInputError(options.channels or "", f"these are {identity.kind} keys: start the station {wanted}")
    return replace(settings, sender=identity.sender)


def _speak_beforehand(speaker: SpeechChannel, zones: tuple[Zone, ...], *, exercise: bool) -> None:
    """Make the announcements before they are needed; without a voice the channel will show as dead."""
    try:
        made = speaker.prepare(zones, exercise=exercise)
    except (OSError, subprocess.SubprocessError) as error:
        log.warning("channel %s: no announcements could be made (%s)", speaker.channel_id, error)
    else:
        log.info("channel %s: %d announcements made", speaker.channel_id, made)


def _drill_ground(options: ServeOptions) -> DrillGround:
    """Look at the drill's channels before they are needed; the drill's process alone reads their keys."""
    assert options.drill_channels is not None
    if options.exercise:
        raise BadInputError("--drill-channels", "a station of exercises runs no drills beside itself")
    if kind_of(options.drill_channels) != "exercise":
        raise BadInputError(
            "--drill-channels", "a drill speaks with exercise keys only: marsad keys make FOLDER --exercise"
        )
    return DrillGround(options.site.resolve(), options.drill_channels.resolve())


async def _serve(options: ServeOptions, world: RealWorld) -> None:
    site = read_site(options.site)
    settings = settings_of(options)
    outlets = read_channels(options.channels, site.zones, world.utc_ns) if options.channels else None
    channels: tuple[Channel, ...] = ()
    sign: Callable[[bytes], bytes] | None = None
    packs: tuple[LanguagePack, ...] = ()
    if outlets is not None:
        settings = _as(outlets.identity, settings, options)
        channels, packs = outlets.channels, outlets.packs
        sign = partial(cap_signature.sign, identity=outlets.identity)
        for speaker in outlets.speakers:
            _speak_beforehand(speaker, site.zones, exercise=settings.exercise)
    access = read_people(options.people, frozenset(zone.zone_id for zone in site.zones)) if options.people else None
    ground = _drill_ground(options) if options.drill_channels else None
    station = Station(world, site, default_pipeline(), settings, channels, sign, packs, access, drill_ground=ground)
    async with running(station, options.host, options.port, loopback_only=not options.insecure_bind) as live:
        stop_on_signals(live.stop.set)
        host = f"[{options.host}]" if ":" in options.host else options.host
        print(f"console  http://{host}:{live.http_port}/", flush=True)
        print(f"sensors  {host}:{station.feed.port}  (SAPIENT, BSI Flex 335 v2.0)", flush=True)
        print(f"journal  {settings.journal}", flush=True)
        print(f"alarms   {settings.cap_folder}  (CAP 1.2)", flush=True)
        print("Ctrl-C ends the watch.", flush=True)
        await live.stop.wait()
        end_within(LONGEST_END_S)
    if station.drills is not None and station.drills.is_running:
        leave(["the drill, which ends by itself, with its all-clear"])  # else asyncio would kill it
    print("ended; the journal is closed", flush=True)
