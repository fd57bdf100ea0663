"""One word for one thing: the console's Arabic words of decision are those of the glossary."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

KEYS = re.compile(r'"((?:level|affiliation)\.\w+|status\.(?:tentative|confirmed|coasted|misfire))":\s*"([^"]+)"')


def _glossary(root: Path) -> dict[str, str]:
    """Read the English terms, and the names in code beside them, with their Arabic words."""
    words = {}
    for line in (root / "docs" / "glossary.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 4 and not cells[0].startswith(("---", "English")):
            for name in cells[0].replace("`", "").split(", "):
                words[name] = cells[2]
    return words


def test_every_term_has_its_arabic_word(root: Path) -> None:
    words = _glossary(root)
    assert len(words) >= 60
    assert [term for term, word in words.items() if not re.search(r"[\u0600-\u06ff]", word)] == []


def test_the_console_says_what_the_glossary_says(root: Path) -> None:
    pack = root / "web" / "src" / "words" / "packs" / "ar.ts"
    if not pack.is_file():
        pytest.skip("no console sources here")
    words = _glossary(root)
    said = dict(KEYS.findall(pack.read_text(encoding="utf-8")))
    assert {"level.take_shelter", "affiliation.suspect", "status.coasted"} <= said.keys()
    wrong = {key: word for key, word in said.items() if words.get(key.split(".")[1]) != word}
    assert wrong == {}
