"""``marsad replay``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def command(
    journal: Annotated[Path, typer.Argument(help="Journal of a station.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line, as decided.")] = False,
    recorded: Annotated[
        bool, typer.Option("--recorded", help="Print what the journal holds instead of what the replay decides.")
    ] = False,
) -> None:
    """Run a journal's messages through the pipeline again and say whether the decisions are the same.

    Exit code 0: the same, byte for byte.  1: they differ.  2: this is no journal.
    """
    from marsad.station.retell import retell

    raise typer.Exit(retell(journal, as_json=as_json, recorded=recorded))
