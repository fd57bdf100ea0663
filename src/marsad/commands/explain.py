"""``marsad explain``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def command(
    alarm: Annotated[
        str, typer.Argument(help="Id of the alarm, as console, CAP messages and replay show it; or a zone (--zone).")
    ],
    journal: Annotated[Path, typer.Option(help="Journal of the station.")],
    lang: Annotated[str, typer.Option(help="Language: en or ar.")] = "en",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object: decisions, numbers, deliveries.")] = False,
    zone: Annotated[
        bool, typer.Option("--zone", help="Tell why a zone was not alarmed, in the last half hour.")
    ] = False,
) -> None:
    """Tell why an alarm was given, what it rested on, how it ended and who was told.

    The numbers are computed again from the journal and compared with the hash that each decision kept.
    With --zone: what each threat meant for a zone at most, beside its thresholds.
    Exit code 0: told.  2: no such alarm or zone, or no journal.
    """
    from marsad.adapters.errors import BadInputError
    from marsad.station.explaining import read_story, story_json, tell_story
    from marsad.station.why_not import read_zone_story, tell_why_not
    from marsad.warn.words import LANGUAGES

    if lang not in LANGUAGES:
        raise BadInputError("--lang", f"one of {', '.join(LANGUAGES)} expected, found {lang!r}")
    if zone:
        print(tell_why_not(read_zone_story(journal, alarm), lang))
        return
    story = read_story(journal, alarm)
    print(story_json(story).decode() if as_json else tell_story(story, lang))
