"""Testing channels and running a drill at the console: by keyboard, in both languages, in a colour of its own."""

from __future__ import annotations

import re
from typing import Any

import pytest

pytestmark = pytest.mark.browser


def test_a_channel_is_tested_by_keyboard_and_its_result_is_shown(console: Any) -> None:
    c = console(2, 0)
    c.page.keyboard.press("d")
    window = c.page.get_by_role("dialog", name="Channels, drill")
    siren = window.get_by_role("listitem").filter(has_text="siren-1")
    assert "not tested yet" in siren.inner_text()
    c.page.get_by_role("button", name="Test siren-1").focus()
    c.page.keyboard.press("Enter")
    siren.get_by_text(re.compile(r"18:00:02 · got through in 0\.04 s")).wait_for()
    assert "acknowledged in 40 ms" in siren.inner_text()
    c.page.keyboard.press("Escape")
    window.wait_for(state="detached")
    assert c.errors == []


def test_a_channel_that_does_not_get_through_says_so_in_arabic(console: Any) -> None:
    c = console(2, 0, "#lang=ar")
    c.page.keyboard.press("d")
    dead = c.page.get_by_role("dialog").get_by_role("listitem").filter(has_text="tak")
    dead.get_by_role("button").click()
    dead.get_by_text(re.compile("لم تصل")).wait_for()


def test_a_drill_is_begun_and_ended_by_keyboard(console: Any) -> None:
    c = console(2, 0)
    page = c.page
    page.keyboard.press("d")
    window = page.get_by_role("dialog")
    begin = window.get_by_role("button", name="Begin the drill")
    assert begin.is_disabled()
    window.get_by_role("checkbox", name="Field hospital").focus()
    page.keyboard.press("Space")
    window.get_by_text("Zones told of the drill: 1. People there: 130.").wait_for()
    begin.focus()
    page.keyboard.press("Enter")
    window.wait_for(state="detached")
    strip = page.get_by_role("region", name="Drill", exact=True)
    strip.wait_for()
    said = strip.inner_text()
    assert "EXERCISE" in said
    assert "Field hospital" in said
    assert re.search(r"ends in \d", said)
    assert "Take shelter" not in c.banner(), "a drill is no alarm"
    colour = "(e) => getComputedStyle(e).backgroundColor"
    assert strip.evaluate(colour) not in page.locator("section.alarm").evaluate(colour)
    strip.get_by_role("button", name="End the drill").press("Enter")
    page.get_by_text("The drill was ended.").wait_for()
    assert c.mock.drill["phase"] == "stopped"


def test_a_real_alarm_is_above_the_drill_that_made_way_for_it(console: Any) -> None:
    c = console(20, 0, "#lang=ar")
    now = c.page.locator("time.hour").get_attribute("datetime")
    c.mock.drill = {
        "drill_id": "D", "zone_ids": ["gate"], "hazard": "rocket", "began_utc_ms": 1, "ends_utc_ms": 1_773_511_219_000,
        "by": "هدى", "phase": "pre_empted", "level": "take_shelter", "told": 1, "failed": 0, "detail": "",
    }  # fmt: skip
    strip = c.page.get_by_role("region", name="التمرين", exact=True)
    strip.get_by_text("انتهى التمرين – إنذار حقيقي").wait_for()
    alarm, below = c.page.locator("section.alarm").bounding_box(), strip.bounding_box()
    assert alarm["y"] < below["y"], now
    assert strip.get_by_role("button").count() == 0


def test_a_station_without_a_drill_ground_says_how_to_give_it_one(console: Any) -> None:
    c = console(2, 0, prepare=lambda mock: setattr(mock, "can_drill", False))
    c.page.keyboard.press("d")
    window = c.page.get_by_role("dialog")
    window.get_by_text("marsad serve --drill-channels").wait_for()
    assert window.get_by_role("button", name="Begin the drill").count() == 0


def test_where_there_are_accounts_it_takes_one_to_test_or_drill(console: Any) -> None:
    c = console(2, 0, prepare=lambda mock: mock.people.update(huda="correct horse battery"))
    c.page.keyboard.press("d")
    c.page.get_by_role("button", name="Test siren-1").click()
    account = c.page.get_by_role("dialog", name="Orders").get_by_label("Account")
    account.wait_for()
    c.page.wait_for_timeout(500)
    assert account.is_visible()  # the end of the window before it has not closed this one
    assert c.mock.tests == {}
