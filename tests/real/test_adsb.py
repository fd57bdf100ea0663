"""Recorded aircraft through a simulated radar, zones under their paths: nobody is alarmed, false claims are flagged."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from adsb_kit import Flight, flights, window_scene
from air_kit import Seen, watch

FILES = (
    ("surveys/mecsek_mountains", 0.5),
    ("surveys/ign_lot_et_garonne", 0.4),
    ("calibration/ajaccio", 0.3),
    ("gliders/sisteron", 0.6),
    ("tv_relay/vasaloppet", 0.5),
    ("ambulances/rega_sg", 0.5),
)
FALSE_CLAIMS = ("displaced", "late", "early", "frozen", "high", "mirrored", "leaping", "twice", "ghost")
WINDOW_S = 90.0


@cache
def _flight(shared: Path, name: str) -> tuple[Flight, float]:
    """Longest flight of a file, and the lowest height in it as the ground."""
    found = list(flights(shared / "data" / "adsb" / f"{name}.json.gz"))
    assert found, name
    return max(found, key=lambda one: one.time_s[-1] - one.time_s[0]), min(float(one.height_m.min()) for one in found)


def _seen(shared: Path, name: str, share: float, claim: str) -> Seen:
    flight, ground_m = _flight(shared, name)
    middle = int(share * (flight.time_s.size - 1))
    return watch(window_scene(flight, middle, ground_m, claim, WINDOW_S, seed=3))


def _is_named(seen: Seen, words: str) -> bool:
    return any(words in one.reason for one in seen.dispositions)


@pytest.mark.slow
@pytest.mark.parametrize("claim", ["none", "true"])
@pytest.mark.parametrize(("name", "share"), FILES)
def test_a_recorded_aircraft_alarms_no_zone_under_its_path(shared: Path, name: str, share: float, claim: str) -> None:
    seen = _seen(shared, name, share, claim)
    assert seen.tracks, "the radar must have seen it"
    assert seen.alarms() == {}
    assert {report.affiliation for report in seen.tracks} <= {"unknown", "neutral"}
    assert not _is_named(seen, "contradicted")
    if claim == "true":
        late = [report for report in seen.tracks if report.time_utc_ns > 30e9 and report.status == "confirmed"]
        assert np.mean([report.affiliation == "neutral" for report in late]) > 0.75  # a circling glider is doubted


@pytest.mark.slow
@pytest.mark.parametrize("claim", FALSE_CLAIMS)
@pytest.mark.parametrize(("name", "share"), FILES[:3])
def test_a_spoofed_or_broken_claim_is_flagged_and_alarms_nobody(
    shared: Path, name: str, share: float, claim: str
) -> None:
    seen = _seen(shared, name, share, claim)
    assert seen.alarms() == {}
    assert _is_named(seen, "contradicted")
    assert "neutral" not in {report.affiliation for report in seen.tracks if report.time_utc_ns > 40e9}
