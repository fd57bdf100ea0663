"""Text that every way out can hold: what is refused, and what stands in its place."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from marsad.terms import Geodetic, Zone
from marsad.terms.text import MOST_NAME, name_fault, one_level, unwritable, writable, writable_record

BAD = {
    "Tank\x0bfarm": ("U+000B (a control character)", "Tank farm"),
    "bell\x07": ("U+0007 (a control character)", "bell\ufffd"),
    "Tank \ud800": ("U+D800 (half of a surrogate pair)", "Tank \ufffd"),
    "Flare \ufffe metering": ("U+FFFE (no character)", "Flare \ufffd metering"),
    "far \U0001fffe": ("U+1FFFE (no character)", "far \ufffd"),
    "a\u202eb": ("U+202E (it turns the text's direction round)", "a\ufffdb"),
    "a\u2067b": ("U+2067 (it turns the text's direction round)", "a\ufffdb"),
}
ANY_TEXT = st.text(st.characters(exclude_categories=()))  # surrogates too


@pytest.mark.parametrize("text", BAD)
def test_what_no_message_can_carry_is_named_and_substituted(text: str) -> None:
    named, written = BAD[text]
    assert unwritable(text) == named
    assert f"found {named} in it; take it out" in name_fault(text)
    assert writable(text) == written


@pytest.mark.parametrize(
    "text", ["Process plant", "وحدة المعالجة", "پەناگە\u200cی باکوور", "Tor \u200f3", "🛢 tanks & pumps"]
)
def test_names_in_their_own_scripts_are_left_as_they_are(text: str) -> None:
    assert (unwritable(text), name_fault(text), writable(text)) == ("", "", text)


def test_a_name_is_one_line_of_bounded_length() -> None:
    assert "tab or line end" in name_fault("two\nlines")
    assert "nothing to be read" in name_fault(" ")
    assert f"at most {MOST_NAME} characters, found 201" in name_fault("x" * 201)
    assert name_fault("x" * 200) == ""


@given(text=ANY_TEXT)
def test_whatever_it_was_every_form_holds_it_afterwards(text: str) -> None:
    good = writable(text)
    assert unwritable(good) == ""
    assert writable(good) == good
    element = etree.Element("a", b=good)
    element.text = good
    etree.fromstring(etree.tostring(element, encoding="UTF-8"))
    assert json.loads(msgspec.json.encode(good)) == good


@given(text=ANY_TEXT)
def test_one_level_of_a_path_is_one_level_and_fits(text: str) -> None:
    level = one_level(text)
    assert not set(level) & set("/\\+#\x00")
    assert len(level.encode()) <= 200


def test_two_ids_never_share_a_level() -> None:
    ids = ["A/1", "A-1", "A%2F1", "A+1", "A#1", "x" * 300, "x" * 301, "../../etc"]
    assert len({one_level(zone_id) for zone_id in ids}) == len(ids)


def test_all_texts_of_a_record_are_written() -> None:
    where = Geodetic.from_degrees(30.0, 20.0)
    zone = Zone(zone_id="Z\x00", name="Tank\x0bfarm", center=where, radius_m=1.0, shelter_s=1.0)
    good = writable_record(zone)
    assert (good.zone_id, good.name) == ("Z\ufffd", "Tank farm")
    assert writable_record(good) is good
