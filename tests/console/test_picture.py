"""What the console shows at given seconds of the scripted night, in both languages."""

from __future__ import annotations

import json
import re
from typing import Any

import mock_night as night
import pytest

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    "lang, hazard, zone, what_to_do, interval",
    [
        ("en", "Rocket · Take shelter", "Tank farm", "Take shelter now", r"\d+–\d+ s"),
        ("ar", "صاروخ · إلى الملجأ فورًا", "مزرعة الخزانات", "انبطح واحمِ رأسك", r"[٠-٩]+–[٠-٩]+ ث"),
    ],
)
def test_the_alarm_says_what_where_how_long_and_what_to_do(
    console: Any, lang: str, hazard: str, zone: str, what_to_do: str, interval: str
) -> None:
    c = console(20, 0, f"#lang={lang}", draws=lang == "en")
    c.page.get_by_role("heading", level=2, name=hazard).wait_for()
    said = c.banner()
    assert zone in said
    assert what_to_do in said
    assert re.search(interval, said)
    assert "siren-1" in said
    assert c.page.locator("html").get_attribute("dir") == ("rtl" if lang == "ar" else "ltr")
    if lang == "en":
        c.page.locator("html[data-map]").wait_for()
    assert c.errors == []


def test_arabic_may_have_latin_digits_and_shows_both_calendars(console: Any) -> None:
    c = console(20, 0, "#lang=ar&digits=latn")
    c.page.get_by_text(re.compile(r"\d+–\d+ ث")).first.wait_for()
    clock = c.page.locator(".clock").inner_text()
    assert "14 مارس 2026" in clock
    assert "25 رمضان 1447" in clock


def test_an_early_launch_shows_every_possibility_with_weight_and_error_in_metres(console: Any) -> None:
    c = console(11, 0, "#lang=en&sel=launch:E1", draws=True)
    detail = c.page.get_by_role("region", name="Details")
    detail.get_by_role("region", name="Launch Possibility 2").wait_for()
    text = detail.inner_text()
    assert "62 %" in text
    assert "38 %" in text
    assert re.search(r"CEP [\d.,]+ (m|km)", text)
    assert "38R" in text
    assert "Two launch places are possible" in c.banner()


def test_the_countdown_only_falls_and_stays_after_zero(console: Any) -> None:
    c = console(14, 0)
    c.mock.jump(14, 6)
    zone = c.page.locator("section.alarm li", has_text="Tank farm").locator(".countdown")
    # the mock's clock was set anew: begin when the page has taken that in
    zone.get_by_text(re.compile(r"^[23]\d–\d+ s$")).or_(
        zone.filter(has_text=re.compile(r"^[23]\d–\d+ s$"))
    ).first.wait_for()
    low, high = 1e9, 1e9
    seen = set()
    for _ in range(200):
        said = zone.inner_text()
        if found := re.fullmatch(r"(\d+)–(\d+) s", said):
            assert int(found[1]) <= low, said
            assert int(found[2]) <= high, said
            low, high = int(found[1]), int(found[2])
            seen.add("interval")
        elif re.fullmatch(r"Impact expected \+\d+ s", said):
            seen.add("after")
            break
        elif said == "Impact expected":
            seen.add("expected")
        c.page.wait_for_timeout(60)
    assert {"interval", "after"} <= seen


def test_the_all_clear_is_said(console: Any) -> None:
    c = console(80, 0)
    c.page.get_by_role("heading", level=2, name="Rocket · All-clear").wait_for()
    assert "Touch no remains" in c.banner()


def test_no_picture_lies_across_the_map_when_nothing_is_heard(console: Any) -> None:
    c = console(0, draws=True)
    shown = c.page.locator(".no-picture")
    c.page.locator("html[data-map]").wait_for(timeout=60_000)
    c.page.wait_for_timeout(1500)
    assert shown.count() == 0
    c.mock.silent = True
    shown.wait_for(timeout=60_000)
    assert "NO PICTURE" in shown.inner_text()
    box, whole = shown.bounding_box(), c.page.locator(".map-box").bounding_box()
    assert box["width"] >= whole["width"] - 2
    c.mock.silent = False
    shown.wait_for(state="detached")


def test_a_dead_sensor_names_the_zones_that_lose_their_watch(console: Any) -> None:
    c = console(55, 0)
    notice = c.page.get_by_role("region", name="Protection lost")
    notice.wait_for()
    assert "acoustic-2 lost" in notice.inner_text()
    assert re.search(r"North gate: (watched by \d of \d|no sensor)", notice.inner_text())


def test_a_drone_has_a_corridor_and_neighbours_not_an_impact_point(console: Any) -> None:
    c = console(110, 0, "#lang=en&sel=track:T017", draws=True)
    detail = c.page.get_by_role("region", name="Details")
    detail.get_by_text("Drone corridor").wait_for()
    text = detail.inner_text()
    assert "North gate" in text
    assert "53°" in text
    assert "Drone · Take shelter" in c.banner()


def test_table_and_map_select_together(console: Any) -> None:
    lat, lon = night.place(-3300, -2600)
    c = console(2, 1, f"#lang=en&tab=tracks&map={lat},{lon},14", draws=True)
    c.page.locator("html[data-map]").wait_for(timeout=60_000)
    box = c.page.locator(".map-box").bounding_box()
    village = c.page.get_by_role("region", name="Details").get_by_text("Al-Nahr village")
    for _ in range(20):  # the zones may be drawn after the tracks
        c.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        c.page.wait_for_timeout(1500)
        if village.count():
            break
    village.wait_for()
    chosen = c.page.locator('tr[aria-selected="true"]')
    assert "Al-Nahr village" in chosen.inner_text()
    assert "sel=zone:village" in c.fragment()
    c.page.get_by_role("row", name=re.compile("Tank farm")).click()
    c.page.get_by_role("region", name="Details").get_by_text("Tank farm").wait_for()
    assert "sel=zone:tank-farm" in c.fragment()


def test_rejected_input_and_dead_channels_are_seen(console: Any) -> None:
    c = console(30, 0, "#lang=en&tab=rejects")
    c.page.get_by_text("range is negative").wait_for()
    assert "tak did not get through" in c.banner()


def test_a_dead_channel_is_told_and_heard_while_nothing_else_happens(console: Any) -> None:
    c = console(2, 0, prepare=lambda mock: mock.dies_at.update(tak=2.5), draws=True)
    c.page.keyboard.press("1")  # the first touch, from which on a browser lets a page sound
    c.page.locator("html[data-map]").wait_for()
    assert c.page.get_by_role("alert", name="Channel dead").count() == 0
    c.mock.jump(3, 0)
    c.page.get_by_role("alert", name="Channel dead").get_by_role("button", name="tak").click()
    c.page.get_by_role("dialog", name="Channels").wait_for()
    c.page.locator('html[data-sounded*="trouble"]').wait_for()


@pytest.mark.parametrize(
    "lang, title, words",
    [("en", "Trouble in the station", "the record cannot be written"), ("ar", "خلل في المحطة", "تعذّر تدوين السجل")],
)
def test_a_record_that_cannot_be_written_is_told_and_heard(console: Any, lang: str, title: str, words: str) -> None:

    def filling_up(mock: Any) -> None:
        mock.dies_at["tak"], mock.disk_full_at = 1e9, 2.5

    c = console(2, 0, f"#lang={lang}", prepare=filling_up)
    c.page.keyboard.press("1")
    assert c.page.get_by_role("alert", name=title).count() == 0
    c.mock.jump(3, 0)
    told = c.page.get_by_role("alert", name=title)
    told.get_by_text(words).wait_for()
    assert "disk is full" in told.inner_text()
    c.page.locator('html[data-sounded*="trouble"]').wait_for()


def test_nothing_is_asked_of_the_outside_and_the_page_keeps_a_strict_policy(console: Any) -> None:
    c = console(20, 1, draws=True)
    c.page.locator("html[data-map]").wait_for()
    c.page.wait_for_timeout(2000)
    assert c.outside == []
    assert c.errors == []
    inline = c.page.evaluate("[...document.scripts].filter((s) => !s.src).length")
    assert inline == 0


def test_the_selection_is_exported(console: Any, tmp_path: Any) -> None:
    c = console(20, 0, "#lang=en&sel=launch:E2")
    c.page.get_by_role("region", name="Details").wait_for()
    with c.page.expect_download() as waiting:
        c.page.keyboard.press("e")
    waiting.value.save_as(tmp_path / "out.geojson")
    made = json.loads((tmp_path / "out.geojson").read_text(encoding="utf-8"))
    assert {f["geometry"]["type"] for f in made["features"]} == {"Point", "Polygon"}
    assert {f["properties"]["what"] for f in made["features"]} == {"launch", "impact"}


@pytest.mark.parametrize(
    "lang, said, parts", [("en", "nearer than 5.0 km (107 mm)", "shelter 25 = 33 s"), ("ar", "٥٫٠ كم", "= ٣٣ ث")]
)
def test_the_blind_zone_is_told_with_what_it_is_reckoned_from(console: Any, lang: str, said: str, parts: str) -> None:
    c = console(2, 0, f"#lang={lang}&sel=zone:camp-2&tab=zones", draws=True)
    c.page.locator("html[data-map]").wait_for()
    detail = c.page.locator(".detail")
    detail.get_by_text(re.compile("Blind zone|النطاق الأعمى")).wait_for()
    text = re.sub("[\u2068\u2069\u200e\u200f]", "", detail.inner_text())
    assert said in text
    assert parts in text
    c.page.locator(".legend summary").click()
    assert c.page.locator(".legend .swatch.blind").is_visible()
    assert c.errors == []
