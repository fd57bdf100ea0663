"""A dozen practice recordings, of another generator: nothing missed, nothing false, faults named."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from marsad.adapters.feed import feed
from marsad.adapters.recording import read_recording
from marsad.adapters.results import ResultRows
from marsad.adapters.sites import read_site

CASES = (
    "04_short_radar", "05_short_radar_balloon", "07_short_all", "13_same_launcher_60s", "15_two_sites",
    "16_two_sites_radar_only", "20_misfire", "22_flash_storm", "24_radar_clock_plus2s", "27_radar_dies",
    "29_duplicates",
    "34_flies_away",
)  # fmt: skip
HEAVY = ("14_salvo12_6s", "33_quiet")
FAULTS = {"24_radar_clock_plus2s": "clock", "27_radar_dies": "silent"}
EARTH_M = 6.371e6


@pytest.fixture(scope="module")
def cases(shared: Path) -> Path:
    folder = shared / "cases"
    if not (folder / "truth").is_dir():
        pytest.skip("no practice cases in the folder of outside material")
    return folder


def processed(cases: Path, name: str) -> dict[str, Any]:
    """The result as ``marsad process --deterministic`` writes it."""
    site = read_site(cases / "common")
    recording = read_recording(cases / "cases" / f"{name}.jsonl", (s.sensor_id for s in site.sensors))
    rows = ResultRows(recording.name)
    for step in feed(site, recording.messages):
        rows.add(step.outputs, step.issued_s)
    result: dict[str, Any] = json.loads(rows.encoded())
    return result


def check(result: dict[str, Any], truth: dict[str, Any]) -> None:
    standing = {r["event_id"]: r for r in result["launches"] if not r.get("cancelled")}
    last = {r["event_id"]: r for r in result["launches"]}
    events = {name: row for name, row in standing.items() if not last[name].get("cancelled")}
    expected = [o for o in truth["objects"] if o["kind"] in ("rocket", "misfire")]
    assert len(events) == len(expected), "a launch is missed or false"
    free = dict(events)
    for one in expected:
        near = {name: apart_m(row, one["launch"]) for name, row in free.items()}
        name = min(near, key=lambda n: near[n] + 500.0 * abs(free[n]["t_launch"] - one["launch"]["t"]))
        assert near[name] < 3000.0
        assert abs(free[name]["t_launch"] - one["launch"]["t"]) < 4.0
        impacts = [r for r in result["impacts"] if r["event_id"] == name]
        if one["kind"] == "misfire":
            assert free[name]["status"] == "misfire"
            assert not impacts or impacts[-1].get("cancelled")
        else:
            assert free[name]["status"] == "confirmed"
            assert impacts
            assert not impacts[-1].get("cancelled")
        del free[name]
    named = {f["sensor_id"] for f in result["faults"]}
    assert named == set(truth.get("faults") or {})


def apart_m(row: dict[str, Any], truth: dict[str, Any]) -> float:
    north = math.radians(row["lat_deg"] - truth["lat_deg"]) * EARTH_M
    east = math.radians(row["lon_deg"] - truth["lon_deg"]) * EARTH_M * math.cos(math.radians(truth["lat_deg"]))
    return math.hypot(north, east)


@pytest.mark.parametrize("name", CASES)
def test_nothing_is_missed_or_false_and_faults_are_named(cases: Path, name: str) -> None:
    truth = json.loads((cases / "truth" / f"{name}.json").read_text())
    result = processed(cases, name)
    check(result, truth)
    assert {f["kind"] for f in result["faults"]} == ({FAULTS[name]} if name in FAULTS else set())


@pytest.mark.slow
@pytest.mark.parametrize("name", HEAVY)
def test_a_salvo_and_a_quiet_night_too(cases: Path, name: str) -> None:
    check(processed(cases, name), json.loads((cases / "truth" / f"{name}.json").read_text()))
