"""Paper: every zone in both languages, the messages' own words, and a card of two pages."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from lxml import html
from typer.testing import CliRunner

from marsad.adapters.cap_texts import LANGUAGES
from marsad.adapters.instruction_sheet import instruction_sheet, operators_card
from marsad.cli import build
from marsad.samples import scenario_path
from station_kit import small_site


def test_a_sheet_says_what_the_messages_will_say_in_both_languages() -> None:
    zone = small_site().zones[0]
    page = html.fromstring(instruction_sheet([zone]))
    sections = {s.get("lang"): s for s in page.findall(".//section")}
    assert {lang: s.get("dir") for lang, s in sections.items()} == {"ar": "rtl", "en": "ltr"}
    for lang, section in sections.items():
        text = section.text_content()
        for level in ("prepare", "take_shelter", "remain", "all_clear"):
            assert LANGUAGES[lang].instructions[level] in text
        assert {"ar": "١٥ ثانية", "en": "15 seconds"}[lang] in text
    assert zone.name_ar in sections["ar"].text_content()


def test_names_are_escaped() -> None:
    assert "Tank farm &amp; pumps" in instruction_sheet([small_site().zones[1]])


def test_the_operators_card_has_one_page_a_language_with_the_same_steps() -> None:
    page = html.fromstring(operators_card(small_site()))
    ar, en = page.findall(".//section")
    assert [len(o) for o in ar.findall(".//ol")] == [len(o) for o in en.findall(".//ol")]
    assert "marsad explain" in en.text_content()
    assert "NO PICTURE" in en.text_content()


def test_the_command_writes_both_and_prints_two_pages(tmp_path: Path) -> None:
    site = scenario_path("salvo-at-dusk").parent / "site.toml"
    wanted = ["sheets", str(site), "--out", str(tmp_path)]
    has_browser = any(map(shutil.which, ("chromium", "chromium-browser", "google-chrome")))
    told = CliRunner().invoke(build(), [*wanted, "--pdf"] if has_browser else wanted)
    assert told.exit_code == 0, told.output
    assert (tmp_path / "instruction-sheets.html").exists()
    if not has_browser:
        pytest.skip("no Chromium on this machine: apt-get install chromium")
    content = (tmp_path / "operators-card.pdf").read_bytes()
    assert len(re.findall(rb"/Type\s*/Page[^s]", content)) == 2


def test_a_zone_that_the_site_does_not_have_is_refused(tmp_path: Path) -> None:
    site = scenario_path("salvo-at-dusk").parent / "site.toml"
    told = CliRunner().invoke(build(), ["sheets", str(site), "--out", str(tmp_path), "--zones", "Z99"])
    assert told.exit_code != 0
