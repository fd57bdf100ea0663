"""A zone that nobody watches is never worded as clear, and its loss stands in the banner; in both languages."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.browser

WORDS = {
    "en": ("Clear", "Not watched", "No danger known", "Nobody watches this zone", "a supervisor decides"),
    "ar": ("آمن", "غير مراقَبة", "لا خطر معروفًا", "لا أحد يراقب هذه المنطقة", "القرار للمشرف"),
}


def blind(mock: Any) -> None:
    mock.blind_at = 0.0


@pytest.mark.parametrize("lang", WORDS)
def test_no_zone_is_worded_as_clear_while_nobody_watches(console: Any, lang: str) -> None:
    clear, unwatched, no_danger, nobody, _ = WORDS[lang]
    c = console(
        5, 0, f"#lang={lang}&tab=zones&sel=zone:gate&theme={'dark' if lang == 'en' else 'light'}", prepare=blind,
        draws=True,
    )  # fmt: skip
    page = c.page
    page.locator("td.level-unwatched").first.wait_for()
    assert page.locator("td.level-clear").count() == 0
    assert set(page.locator("tbody td:nth-child(2)").all_inner_texts()) == {unwatched}
    assert page.locator(".protection.loss").inner_text().count(":") >= 1
    detail = page.locator(".detail").inner_text()
    assert nobody in detail
    assert clear not in detail.split()
    page.evaluate(f"location.hash = '#lang={lang}&mode=guard&zone=gate'")
    page.locator(".guard-zone.level-unwatched").wait_for()
    said = page.locator("main.guard").inner_text()
    assert unwatched in said
    assert no_danger not in said
    assert nobody in said
    assert c.errors == []


@pytest.mark.parametrize("lang", WORDS)
def test_an_alarm_whose_time_is_over_waits_for_a_person_in_words(console: Any, lang: str) -> None:
    decides = WORDS[lang][-1]
    c = console(60, 0, f"#lang={lang}", prepare=blind)
    c.page.get_by_text(decides).first.wait_for()
    assert c.errors == []


def test_what_is_lost_and_found_again_shows_at_once(console: Any) -> None:
    c = console(5, 1, "#lang=en&tab=zones", prepare=lambda mock: setattr(mock, "blind_at", 7.0))
    c.page.locator(".protection.loss").wait_for()
    assert "every zone" in c.page.locator(".protection.loss").inner_text()
    assert c.page.locator("td.level-unwatched").count() == 6
