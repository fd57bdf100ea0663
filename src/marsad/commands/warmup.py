"""``marsad warmup``."""

from __future__ import annotations

import typer


def command() -> None:
    """Compile the numerical kernels and keep them, so that nothing waits for it later."""
    from marsad.adapters.warm import warm_up

    typer.echo("compiling the numerical kernels (a minute or two the first time)")
    for name, seconds in warm_up():
        typer.echo(f"  {name:<20} {seconds:6.1f} s")
    typer.echo("done: they are kept and load at once from now on")
