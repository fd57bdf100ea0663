"""Text that every way out to people can hold: what is refused at the door, and what stands in its place on the way out.

An alarm goes out as XML (CAP, TAK), JSON, MQTT topics, speech and paper at once, so what one of them cannot hold none
is given.  Unwritable are: control characters other than tab and line ends, and what is no character at all (XML 1.0,
5th edition, production 2 ``Char``); halves of surrogate pairs, which UTF-8 has no form for (RFC 3629 §3);
noncharacters (Unicode 15, §23.7); and the marks that turn the order of all text behind them round until they are
closed (Unicode Standard Annex 9, explicit formatting), for a name must not turn "take shelter now" round.  The marks
of direction without such reach (U+200E, U+200F, U+061C) and the joiners that Arabic and Kurdish need are text.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import TypeVar

import msgspec

Record = TypeVar("Record", bound=msgspec.Struct)
_NONCHARACTERS = "".join(f"\\U{plane:04x}fffe\\U{plane:04x}ffff" for plane in range(1, 17))
_UNWRITABLE = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
    + _NONCHARACTERS
    + "]"
)
_LINE_ENDS = re.compile("[\t\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_BETWEEN_LEVELS = re.compile(r"[/\\+#%\x00-\x1f\x7f]")
REPLACEMENT = "\ufffd"
"""Stands for each character that no message can carry (Unicode's own REPLACEMENT CHARACTER)."""
MOST_NAME = 200
"""Characters in a name: it is read aloud and stands in a headline, for which CAP 1.2 §3.2.2 recommends 160."""
MOST_ID = 100
"""Characters in an id: it stands in names of files, which hold 255 bytes, beside the sender's and the incident's."""


def unwritable(text: str) -> str:
    """Name the first character of a text that no message can carry, as ``U+000B (a control character)``; else empty."""
    found = _UNWRITABLE.search(text)
    return "" if found is None else _named(found[0])


def _named(character: str) -> str:
    kind = {"Cc": "a control character", "Cs": "half of a surrogate pair", "Cf": "it turns the text's direction round"}
    return f"U+{ord(character):04X} ({kind.get(unicodedata.category(character), 'no character')})"


def name_fault(text: str, most: int = MOST_NAME) -> str:
    """Say what keeps a text from being a name or an id, with the mend; empty if nothing does.

    A name stands on one line, holds something to be seen, nothing unwritable, and at most ``most`` characters.
    """
    found = unwritable(text)
    if not found and (ends := _LINE_ENDS.search(text)):
        found = f"U+{ord(ends[0]):04X} (a tab or line end)"
    if found:
        return f"expected a name that every message can carry, found {found} in it; take it out"
    if not text.strip():
        return "expected a name, found nothing to be read"
    if len(text) > most:
        return f"expected a name of at most {most} characters, found {len(text)}; shorten it"
    return ""


def writable(text: str) -> str:
    """Give a text with U+FFFD in place of each character that no message can carry; a lone line control is a space."""
    if text.isprintable():  # nearly always: nothing to look for, and neither surrogates nor controls are printable
        return text
    return _UNWRITABLE.sub(lambda found: " " if _LINE_ENDS.match(found[0]) else REPLACEMENT, text)


def writable_record(record: Record) -> Record:
    """Give a record with every text in it, and every text in a list of them, writable; itself if all are."""
    mended: dict[str, object] = {}
    for name in record.__struct_fields__:
        value = getattr(record, name)
        if isinstance(value, str):
            good: object = writable(value)
        elif isinstance(value, tuple):
            good = tuple(writable(one) if isinstance(one, str) else one for one in value)
        else:
            continue
        if good != value:
            mended[name] = good
    return msgspec.structs.replace(record, **mended) if mended else record


def one_level(text: str, most_bytes: int = 200) -> str:
    """Give a text as the name of one file or of one level of an MQTT topic, another one for every other text.

    Slashes, ``+``, ``#``, ``%`` and control characters are written as in addresses (RFC 3986 §2.1); what is longer
    than ``most_bytes`` in UTF-8 (a name of a file holds 255) ends in part of its SHA-256 instead.
    """
    level = _BETWEEN_LEVELS.sub(lambda found: f"%{ord(found[0]):02X}", writable(text))
    content = level.encode()
    if len(content) <= most_bytes:
        return level
    mark = hashlib.sha256(content).hexdigest()[:16]
    return f"{content[: most_bytes - 17].decode(errors='ignore')}-{mark}"
