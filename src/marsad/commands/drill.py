"""``marsad drill``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def command(
    site: Annotated[Path, typer.Argument(help="Site file (.toml), or the plain folder of three JSON files.")],
    channels: Annotated[Path, typer.Option(help="Channels of the drill; its keys are exercise keys.")],
    zones: Annotated[str, typer.Option(help="Zones, separated by commas.")],
    actual: Annotated[str, typer.Option(help="Console of the real station.")] = "http://127.0.0.1:8470",
    minutes: Annotated[float, typer.Option(help="How long it lasts, at most 60.")] = 5.0,
    prepare_s: Annotated[float, typer.Option(help="Seconds of 'be ready' before 'take shelter'.")] = 0.0,
    remain_s: Annotated[float, typer.Option(help="Seconds of 'stay in shelter' before the all-clear.")] = 30.0,
    hazard: Annotated[str, typer.Option(help="rocket or drone.")] = "rocket",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Run a drill: in a process of its own, with keys and channels of its own, marked as an exercise in every message.

    It ends by itself, at Ctrl-C, when the real station alarms (within a second, "DRILL ENDED – REAL ALARM") and when
    the real station is not heard for 3 seconds.  Exit code 0: it ran to its end.  1: it made way or was cut short.
    """
    import asyncio
    import uuid

    import msgspec

    from marsad.adapters.errors import BadInputError
    from marsad.adapters.sites import read_site
    from marsad.station.drill_lines import Said
    from marsad.station.drilling import require_exercise, run_drill
    from marsad.station.outlets.setup import read_channels
    from marsad.station.precedence import give_way
    from marsad.station.serving import stop_on_signals
    from marsad.station.world import RealWorld
    from marsad.warn.drill import DrillPlan, begin_drill

    if hazard not in ("rocket", "drone"):
        raise BadInputError("--hazard", f"rocket or drone expected, found {hazard!r}")

    said = Said(as_json=as_json)

    async def main() -> str:
        world = RealWorld()
        ground = read_site(site)
        outlets = read_channels(channels, ground.zones, world.utc_ns)
        require_exercise(outlets)
        wanted = tuple(part.strip() for part in zones.split(",") if part.strip())
        try:
            plan = DrillPlan(
                drill_id=uuid.uuid4().hex[:8],
                zone_ids=wanted,
                begins_utc_ns=world.utc_ns(),
                duration_s=60.0 * minutes,
                hazard="drone" if hazard == "drone" else "rocket",
                prepare_s=prepare_s,
                remain_s=remain_s,
            )
            begin_drill(plan, ground.zones, world.utc_ns())
        except ValueError as error:
            raise BadInputError("marsad drill", str(error)) from error
        people = sum(zone.population for zone in ground.zones if zone.zone_id in wanted)
        said.begins(len(wanted), people, len(outlets.channels))
        if not yes:
            typer.confirm("Begin the drill?", abort=True)
        stop = asyncio.Event()
        stop_on_signals(stop.set)

        plan = msgspec.structs.replace(plan, begins_utc_ns=world.utc_ns())
        return await run_drill(world, ground, plan, outlets, actual.rstrip("/"), said.tell, stop, said.delivered)

    give_way()
    ended = asyncio.run(main())
    said.ended(ended)
    raise typer.Exit(0 if ended == "over" else 1)
