"""``marsad explain``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def command(
    alarm: Annotated[str, typer.Argument(help="Id of the alarm, as console, CAP messages and replay show it.")],
    journal: Annotated[Path, typer.Option(help="Journal of the station.")],
    lang: Annotated[str, typer.Option(help="Language: en or ar.")] = "en",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object: decisions, numbers, deliveries.")] = False,
) -> None:
    """Tell why an alarm was given, what it rested on, how it ended and who was told.

    The numbers are computed again from the journal and compared with the hash that each decision kept.
    Exit code 0: told.  2: no such alarm, or no journal.
    """
    from marsad.adapters.errors import BadInputError
    from marsad.station.explaining import read_story, story_json, tell_story
    from marsad.warn.words import LANGUAGES

    if lang not in LANGUAGES:
        raise BadInputError("--lang", f"one of {', '.join(LANGUAGES)} expected, found {lang!r}")
    story = read_story(journal, alarm)
    print(story_json(story).decode() if as_json else tell_story(story, lang))
