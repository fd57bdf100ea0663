"""Decisions in words: every rule has words in both languages, and the numbers are the decision's own."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import msgspec
import pytest

from marsad.warn import explain
from marsad.warn.words import LANGUAGES, RULES
from warn.warn_kit import Run, drone, impact, launch, risk


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_rule_that_the_engine_knows_has_words(language: str, root: Path) -> None:
    source = "".join((root / "src/marsad/warn" / name).read_text() for name in ("rules.py", "engine.py"))
    named = set(re.findall(r'Verdict\([^()]*?"[a-z_]+", "([a-z_]+)"', source))
    named |= {"threat_gone", "latched", "watched_again"}
    named |= set(re.findall(r'^NOBODY_WATCHES = "(\w+)"', source, re.MULTILINE))
    named |= set(re.findall(r'^CORRECTED = "(\w+)"', (root / "src/marsad/warn/tell.py").read_text(), re.MULTILINE))
    silent = {"no_threat", "all_clear_over"}
    assert named - silent == set(RULES)
    assert set(LANGUAGES[language].rules) == set(RULES)
    for field in fields(LANGUAGES[language]):
        assert getattr(LANGUAGES[language], field.name)


def test_the_words_hold_the_numbers_of_the_decision() -> None:
    run = Run()
    run.step(3, impacts=(impact("R1", 3, risk("Z0", 0.34, 25, sigma_s=1.0), semi_major_m=420),))
    text = explain(run.said[0], "Plant", run.state.decisions[0].inputs, "en")
    assert "“take shelter”" in text
    assert "34 %" in text
    assert "threshold (10 %)" in text
    assert "420 m" in text
    assert "above 600 m" in text
    assert "the first 20 s after" in text
    assert "need 12 s" in text
    assert "R1 (34 %)" in text
    assert "have the hash" in text


def test_arabic_has_the_same_numbers_and_no_english_sentence() -> None:
    run = Run()
    run.step(3, impacts=(impact("R1", 3, risk("Z0", 0.34, 25, sigma_s=1.0), semi_major_m=420),))
    text = explain(run.said[0], "المعمل", run.state.decisions[0].inputs, "ar")
    for part in ("احتموا", "34 %", "420 م", "12 ث", "R1"):
        assert part in text
    assert set(re.findall(r"[a-zA-Z]{3,}", text)) <= {"rocket_probability", "rocket", "probability"}


def test_changed_numbers_are_not_passed_off_as_the_decisions_own() -> None:
    run = Run()
    run.step(3, impacts=(impact("R1", 3, risk("Z0", 0.34, 25)),))
    forged = msgspec.structs.replace(run.state.decisions[0].inputs, shelter_s=1.0)
    text = explain(run.said[0], "Plant", forged, "en")
    assert "could not be computed again" in text
    assert "need 1 s" not in text


def test_an_end_without_numbers_is_told_too() -> None:
    run = Run()
    run.step(3, impacts=(impact("R1", 3, risk("Z0", 0.34, 25)),))
    said = run.wait(3, 200)
    for language in LANGUAGES:
        text = explain(said[-1], "Z", None, language)
        assert LANGUAGES[language].rules["hold_time_over"].split("{")[0][:15] in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_drones_alarm_is_told_by_its_three_factors(language: str) -> None:
    run = Run()
    told = drone("D1", risk("Z0", 0.18, 300))
    run.step(0, corridors=(msgspec.structs.replace(told, existence_probability=0.9, threat_probability=0.4),))
    text = explain(run.said[0], "Plant", run.state.decisions[0].inputs, language)
    line = next(line for line in text.splitlines() if line.startswith("D1"))
    assert re.findall(r"\d+ %", line) == ["90 %", "40 %", "50 %"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_unconfirmed_launch_is_told_as_one(language: str) -> None:
    run = Run()
    doubted = launch("R1", 3, "tentative", exists=0.4)
    run.step(3, launches=(doubted,), impacts=(impact("R1", 3, risk("Z0", 0.5, 25)),))
    text = explain(run.said[0], "Plant", run.state.decisions[0].inputs, language)
    line = next(line for line in text.splitlines() if line.startswith("R1"))
    assert re.findall(r"\d+ %", line) == ["40 %", "50 %"]


def test_the_factors_of_what_is_certain_are_not_recorded_so_that_older_hashes_hold() -> None:
    run = Run()
    run.step(3, impacts=(impact("R1", 3, risk("Z0", 0.34, 25)),))
    assert b"exists" not in msgspec.json.encode(run.state.decisions[0].inputs)
