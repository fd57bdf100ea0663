"""A further language for messages to people: one TOML file of templates, read and approved by people beforehand.

A pack without the name of who approved it is refused: nothing is told to people in words that no speaker has read.
``packs/`` holds drafts to begin from.
"""

from __future__ import annotations

import string
import tomllib
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path

import msgspec

from marsad.adapters.cap_texts import ENGLISH, Texts
from marsad.adapters.errors import BadInputError
from marsad.adapters.toml_text import require_usable


class PackFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The file as people write it."""

    language: str
    approved_by: str
    approved_on: str
    events: dict[str, str]
    headlines: dict[str, str]
    descriptions: dict[str, str]
    instructions: dict[str, str]
    cancelled: str
    cancel_headline: str
    exercise: str
    drill_ended: str
    correction: str = "{headline}"
    corrections: dict[str, str] = {}
    direction: str = "ltr"
    zones: dict[str, str] = {}


@dataclass(frozen=True)
class LanguagePack:
    """A language with its words and its names of zones."""

    language: str
    texts: Texts
    zone_names: dict[str, str] = field(default_factory=dict)


def draft(language: str) -> str:
    """Give the text of a shipped draft."""
    return (resources.files("marsad.adapters") / "packs" / f"{language}.toml").read_text(encoding="utf-8")


def read_pack(path: Path) -> LanguagePack:
    """Read a pack and hold it against the English templates: every key, every place for a number.

    Raises
    ------
    BadInputError
        It is not approved, or something is missing; the message names it.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        content = tomllib.loads(text)
        told = msgspec.convert(content, PackFile)
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise BadInputError(path, f"a language pack expected ({error})") from error
    require_usable(path, text, content)
    if not told.approved_by.strip() or not told.approved_on.strip():
        raise BadInputError(path, "who approved these words, and when, expected", field="approved_by, approved_on")
    texts = Texts(
        events=told.events,
        headlines=told.headlines,
        descriptions=told.descriptions,
        instructions=told.instructions,
        cancelled=told.cancelled,
        cancel_headline=told.cancel_headline,
        exercise=told.exercise,
        drill_ended=told.drill_ended,
        correction=told.correction,
        corrections=told.corrections,
    )
    for name in ("events", "headlines", "descriptions", "instructions"):
        mine, english = getattr(texts, name), getattr(ENGLISH, name)
        if set(mine) != set(english):
            odd = sorted(set(mine) ^ set(english))[0]
            raise BadInputError(path, f"the keys {', '.join(english)} expected, {odd!r} does not fit", field=name)
        for key, text in mine.items():
            _same_places(path, f"{name}.{key}", text, english[key])
    for key in texts.corrections.keys() - ENGLISH.corrections.keys():
        raise BadInputError(
            path, f"the keys {', '.join(ENGLISH.corrections)} expected, found {key!r}", field="corrections"
        )
    for name in ("cancel_headline", "exercise", "drill_ended", "cancelled", "correction"):
        _same_places(path, name, getattr(texts, name), getattr(ENGLISH, name))
    return LanguagePack(told.language, texts, told.zones)


def _same_places(path: Path, name: str, text: str, english: str) -> None:
    if not text.strip() or _places(text) != _places(english):
        wanted = ", ".join(f"{{{place}}}" for place in sorted(_places(english))) or "text without places"
        raise BadInputError(path, f"{wanted} expected, found {text!r}", field=name)


def _places(template: str) -> set[str]:
    try:
        return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}
    except ValueError:
        return {"?"}
