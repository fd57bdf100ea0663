"""``marsad version``."""

from __future__ import annotations

import typer


def command() -> None:
    """Say which version this is."""
    from marsad import __version__

    typer.echo(f"marsad {__version__}")
