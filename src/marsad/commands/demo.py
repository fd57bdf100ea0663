"""``marsad demo``."""

from __future__ import annotations

from typing import Annotated

import typer


def command(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the console (0: any free one).")] = 8470,
    speed: Annotated[
        float, typer.Option(min=0.1, max=100.0, help="Hurry: so many seconds of the night a second.")
    ] = 1.0,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Do not open the console's address.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")] = False,
    once: Annotated[bool, typer.Option("--once", help="End when the night is over.")] = False,
) -> None:
    """Show a night at a fictional gas plant: a station, emulated sensors, the console in the browser."""
    import asyncio
    from contextlib import suppress

    from marsad.station.demo import DemoOptions, demo, sensors

    options = DemoOptions(port=port, speed=speed, browser=not no_browser, as_json=as_json, once=once)
    with suppress(KeyboardInterrupt), sensors() as emulated:
        asyncio.run(demo(options, emulated))
