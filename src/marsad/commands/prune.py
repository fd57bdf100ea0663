"""``marsad prune``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def command(
    journal: Annotated[Path, typer.Argument(help="Journal of a station that does not run now.")],
    keep_days: Annotated[float, typer.Option(min=1.0, help="Days for which everything is kept.")],
    around_alarms_s: Annotated[
        float, typer.Option(min=60.0, max=86_400.0, help="What came so near to an alarm is kept for ever.")
    ] = 600.0,
    shrink: Annotated[bool, typer.Option("--shrink", help="Give the space back to the disk as well.")] = False,
) -> None:
    """Let old detections of a journal go by a rule; decisions, alarms with what led to them, and people's acts stay.

    The chain of the journal still holds: each gap says what went, by which rule, and an entry owns to it.
    """
    import time

    from marsad.sensing.site import RecordRule
    from marsad.station.journal import SqliteJournal, open_for_reading

    with open_for_reading(journal):  # it is one, before anything is made
        pass
    rule = RecordRule(keep_days=keep_days, around_alarms_s=around_alarms_s)
    file = SqliteJournal(journal)
    try:
        rows, at_end = 0, False
        while not at_end:
            done = file.prune(rule, time.time_ns())
            rows, at_end = rows + done.rows, done.at_end
        if shrink:
            file.shrink()
    finally:
        file.close()
    print(f"{journal}: {rows} rows older than {keep_days:g} days were let go; {journal.stat().st_size / 1e6:.1f} MB")
