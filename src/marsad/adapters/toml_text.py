"""TOML as people write it: finding the line of a key, and writing structures out again."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import TypeVar

import msgspec

from marsad.adapters.errors import BadInputError
from marsad.adapters.json_fields import is_finite, read_text
from marsad.terms.text import unwritable

_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\]]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"^\s*(\"[^\"]*\"|'[^']*'|[A-Za-z0-9_-]+(?:\s*\.\s*[A-Za-z0-9_-]+)*)\s*=")
_SYNTAX_PLACE = re.compile(r"^(.*) \(at (?:line (\d+), column \d+|end of document)\)$", re.DOTALL)
_PATH_PART = re.compile(r"\[(\d+|\.\.\.)\]|\.?([^.\[\]]+)")
_LONGEST_INLINE = 100

Read = TypeVar("Read")
Place = tuple[str | int, ...]


def read_toml(path: Path, kind: type[Read]) -> tuple[Read, str]:
    """Read a TOML file into a msgspec structure; give it with the text.

    Raises
    ------
    BadInputError
        Names file, line, field and what was expected there.
    """
    text = read_text(path)
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = _SYNTAX_PLACE.match(str(error))
        line = int(found[2]) if found and found[2] else text.count("\n") + 1
        raise BadInputError(path, f"expected TOML: {found[1] if found else error}", line=line) from None
    require_usable(path, text, content)
    try:
        return msgspec.convert(content, kind), text
    except msgspec.ValidationError as error:
        raise _from_validation(path, text, content, str(error)) from None


def require_usable(path: Path, text: str, content: object, place: Place = ()) -> None:
    """Refuse what no field of ours wants, wherever it stands: nan, inf, and text that not every message can carry.

    Raises
    ------
    BadInputError
        Names file, line, field and what was found there.
    """
    if isinstance(content, dict):
        for key, value in content.items():
            _require_writable(path, text, (*place, key), key)
            require_usable(path, text, value, (*place, key))
    elif isinstance(content, list):
        for index, value in enumerate(content):
            require_usable(path, text, value, (*place, index))
    elif isinstance(content, str):
        _require_writable(path, text, place, content)
    elif isinstance(content, int | float) and not is_finite(content):
        raise bad_field(path, text, place, f"expected a finite number, found {content!r}")


def _require_writable(path: Path, text: str, place: Place, value: str) -> None:
    if found := unwritable(value):
        raise bad_field(
            path, text, place, f"expected text that every message can carry, found {found} in it; take it out"
        )


def bad_field(path: Path, text: str, place: Place, expected: str) -> BadInputError:
    """Make the error for the value at a place (keys and indices) of a TOML text."""
    dotted = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place).lstrip(".")
    return BadInputError(path, expected, line=line_of_key(text, place), field=dotted)


def line_of_key(text: str, place: Place) -> int | None:
    """Find the line, counted from 1, where a key stands, or failing that the table that should hold it."""
    wanted = tuple(part for part in place)
    table: Place = ()
    counts: dict[Place, int] = {}
    best: tuple[int, int] | None = None  # (length of the part of the place that is met, line)
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            table = _table(header, counts)
            here = table
        elif key := _KEY.match(line):
            here = (*table, *(part.strip().strip("\"'") for part in key[1].split(".")))
        else:
            continue
        if here == wanted[: len(here)] and (best is None or len(here) > best[0]):
            best = (len(here), number)
    return best[1] if best else 1 if text else None


def _table(header: re.Match[str], counts: dict[Place, int]) -> Place:
    """Give the place of a table header; entries of an array of tables are counted."""
    names = [part.strip().strip("\"'") for part in header[2].split(".")]
    place: Place = ()
    for index, name in enumerate(names):
        place = (*place, name)
        is_last = index == len(names) - 1
        if is_last and header[1] == "[[":
            counts[place] = counts.get(place, -1) + 1
        if place in counts:
            place = (*place, counts[place])
    return place


def _from_validation(path: Path, text: str, content: dict[str, object], message: str) -> BadInputError:
    """Turn msgspec's message ("Expected `float`, got `str` - at `$.zone[0].radius_m`") into ours."""
    what, _, where = message.partition(" - at `")
    place: Place = tuple(
        int(index) if index.isdigit() else index or name
        for index, name in _PATH_PART.findall(where.rstrip("`").removeprefix("$"))
    )
    if unknown := re.search(r"unknown field `([^`]*)`", what):
        return bad_field(
            path, text, (*place, unknown[1]), "expected only fields that the form has; this one it has not"
        )
    if missing := re.search(r"missing required field `([^`]*)`", what):
        error = bad_field(path, text, place, "expected this field, found nothing")
        return BadInputError(path, error.expected, line=error.line, field=f"{error.field}.{missing[1]}".lstrip("."))
    found = _value_at(content, place)
    shown = "" if found is None or "got" in what else f", found {found!r}"
    return bad_field(path, text, place, what[:1].lower() + what[1:].replace("`", "") + shown)


def _value_at(content: object, place: Place) -> object:
    """Give the plain value at a place, None for tables, lists and what is not there."""
    for part in place:
        if isinstance(content, dict):
            content = content.get(part)
        elif isinstance(content, list) and isinstance(part, int) and part < len(content):
            content = content[part]
        else:
            return None
    return None if isinstance(content, dict | list) else content


# --- writing ----------------------------------------------------------------------------------------


def toml_of(content: dict[str, object]) -> str:
    """Write plain data (tables, lists of tables, numbers, texts) as TOML; None is left out."""
    lines: list[str] = []
    _write_table(lines, (), content)
    return "\n".join(lines).strip() + "\n"


def _write_table(lines: list[str], name: tuple[str, ...], table: dict[str, object]) -> None:
    for key, value in table.items():
        if value is not None and not _is_table(value) and not _is_tables(value):
            lines.append(f"{_key(key)} = {_value(value)}")
    for key, value in table.items():
        inner = (*name, _key(key))
        if isinstance(value, dict):
            lines += ["", f"[{'.'.join(inner)}]"]
            _write_table(lines, inner, value)
        elif isinstance(value, list) and _is_tables(value):
            for entry in value:
                lines += ["", f"[[{'.'.join(inner)}]]"]
                _write_table(lines, inner, entry)


def _is_table(value: object) -> bool:
    return isinstance(value, dict)


def _is_tables(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(entry, dict) for entry in value)


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else json.dumps(key, ensure_ascii=False)


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, list | tuple):
        items = [_value(item) for item in value]
        if sum(map(len, items)) + 2 * len(items) <= _LONGEST_INLINE:
            return "[" + ", ".join(items) + "]"
        return "[\n" + "".join(f"  {line},\n" for line in _folded(items)) + "]"
    raise TypeError(f"TOML has no form for {type(value).__name__}")


def _folded(items: list[str]) -> list[str]:
    lines = [""]
    for item in items:
        if lines[-1] and len(lines[-1]) + len(item) > _LONGEST_INLINE:
            lines.append("")
        lines[-1] += (", " if lines[-1] else "") + item
    return lines
