"""Reading JSON that people or machines wrote: every miss names the file, the line, the field and the mend."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path

from marsad.adapters.errors import BadInputError
from marsad.terms.text import MOST_NAME, name_fault, unwritable

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+|\n')
_TYPE_NAMES = {
    dict: "an object",
    list: "a list",
    str: "a text",
    bool: "true or false",
    int: "a number",
    float: "a number",
}


def type_name(value: object) -> str:
    """Say what a parsed JSON value is, in words."""
    return "null" if value is None else _TYPE_NAMES.get(type(value), type(value).__name__)


def line_of(text: str, path: tuple[str | int, ...]) -> int | None:
    """Find the line, counted from 1, on which the value at a path (keys and indices) of a JSON text begins."""
    stack: list[str | int] = []
    line, awaiting_key, last = 1, False, ""
    for token in _TOKEN.findall(text):
        if token == "\n":
            line += 1
        elif token in "{[":
            if tuple(stack) == path:
                return line
            stack.append("" if token == "{" else 0)
            awaiting_key = token == "{"
        elif token in "}]":
            stack.pop()
        elif token == ",":
            if stack and isinstance(stack[-1], int):
                stack[-1] += 1
                awaiting_key = False
            else:
                awaiting_key = True
        elif token == ":":
            stack[-1] = json.loads(last)
            awaiting_key = False
        elif not awaiting_key and tuple(stack) == path:
            return line
        last = token
    return None


def load_json(path: Path) -> tuple[dict[str, object], str]:
    """Read a JSON file that must hold an object; give it with its text."""
    text = read_text(path)
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        raise BadInputError(path, f"expected JSON: {error.msg}", line=error.lineno) from None
    if not isinstance(content, dict):
        raise BadInputError(path, f"expected a JSON object, found {type_name(content)}", line=1)
    return content, text


def is_finite(value: float) -> bool:
    """Say whether a parsed number is one that a float can hold."""
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer of hundreds of digits
        return False


def read_text(path: Path) -> str:
    """Read a text file in UTF-8, or say in one line why not."""
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise BadInputError(
            path, f"expected text in UTF-8, found byte 0x{error.object[error.start]:02x}", line=line
        ) from None
    except OSError as error:
        raise BadInputError(path, f"cannot be read: {error.strerror}") from None


class JsonNode:
    """An object inside a JSON file, which knows its place; getters raise ``BadInputError`` naming it.

    Parameters
    ----------
    file, text
        Where the object was read from.
    content
        The parsed object.
    place
        Keys and indices from the top of the file to the object.
    """

    def __init__(self, file: Path, text: str, content: dict[str, object], place: tuple[str | int, ...] = ()) -> None:
        self.file, self.text, self.content, self.place = file, text, content, place

    def bad(self, key: str | None, expected: str) -> BadInputError:
        """Make the error for one of the object's fields."""
        place = self.place if key is None else (*self.place, key)
        line = line_of(self.text, place) or line_of(self.text, self.place)
        dotted = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place).lstrip(".")
        return BadInputError(self.file, expected, line=line, field=dotted)

    def number(
        self, key: str, default: float | None = None, *, least: float = -math.inf, most: float = math.inf
    ) -> float:
        """Give a finite number within bounds."""
        value = self.content.get(key, default)
        if value is None or isinstance(value, bool) or not isinstance(value, int | float):
            found = type_name(value) if key in self.content else "nothing"
            raise self.bad(key, f"expected a number, found {found}")
        if not (is_finite(value) and least <= value <= most):
            raise self.bad(key, f"expected a number{_bounds(least, most)}, found {value!r}")
        return float(value)

    def string(self, key: str, default: str | None = None) -> str:
        """Give a text."""
        value = self.content.get(key, default)
        if not isinstance(value, str):
            raise self.bad(key, f"expected a text, found {type_name(value) if key in self.content else 'nothing'}")
        if found := unwritable(value):
            raise self.bad(key, f"expected text that every message can carry, found {found} in it; take it out")
        return value

    def name(self, key: str, default: str | None = None, *, most: int = MOST_NAME) -> str:
        """Give a name or an id, which messages carry and people read; an empty one only where it is the default."""
        value = self.string(key, default)
        if value != default and (fault := name_fault(value, most)):
            raise self.bad(key, fault)
        return value

    def numbers(self, key: str, count: int | None = None) -> list[float]:
        """Give a list of finite numbers, of a certain length where one is named."""
        value = self.content.get(key)
        want = "a list of numbers" if count is None else f"a list of {count} numbers"
        if not isinstance(value, list) or (count is not None and len(value) != count):
            found = f"a list of {len(value)}" if isinstance(value, list) else type_name(value)
            raise self.bad(key, f"expected {want}, found {found if key in self.content else 'nothing'}")
        for index, item in enumerate(value):
            if isinstance(item, bool) or not isinstance(item, int | float) or not is_finite(item):
                raise self.bad(key, f"expected {want}, found {item!r} at position {index}")
        return [float(item) for item in value]

    def node(self, key: str) -> JsonNode:
        """Give an object inside this one."""
        value = self.content.get(key)
        if not isinstance(value, dict):
            raise self.bad(key, f"expected an object, found {type_name(value) if key in self.content else 'nothing'}")
        return JsonNode(self.file, self.text, value, (*self.place, key))

    def nodes(self, key: str) -> list[JsonNode]:
        """Give the objects of a list inside this one."""
        value = self.content.get(key)
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            found = type_name(value) if not isinstance(value, list) else "a list with something else in it"
            raise self.bad(key, f"expected a list of objects, found {found if key in self.content else 'nothing'}")
        return [JsonNode(self.file, self.text, item, (*self.place, key, index)) for index, item in enumerate(value)]


def _bounds(least: float, most: float) -> str:
    if math.isfinite(least) and math.isfinite(most):
        return f" from {least:g} to {most:g}"
    return f" of at least {least:g}" if math.isfinite(least) else f" of at most {most:g}" if math.isfinite(most) else ""
