"""Held height and speed: what counts as level and as one speed, and from when on."""

from __future__ import annotations

import numpy as np
import pytest

from marsad.identify.steady import Look, Looks


def _flown(
    seconds: float,
    climb_ms: float = 0.0,
    swing_ms: float = 0.0,
    sigma_ms: float = 2.0,
    every_s: float = 1.0,
    seed: int = 1,
) -> Looks:
    """Looks at a track that climbs over flat ground and whose speed swings about 36 m/s every 20 s."""
    rng, looks = np.random.default_rng(seed), Looks()
    for time_s in np.arange(0.0, seconds + 0.1, every_s):
        look = Look(
            time_s=float(time_s),
            height_m=float(150.0 + climb_ms * time_s + rng.normal(0.0, 3.0)),
            climb_ms=float(climb_ms + rng.normal(0.0, 0.5)),
            speed_ms=float(36.0 + swing_ms * np.sin(time_s * 0.314) + rng.normal(0.0, 0.5)),
            speed_sigma_ms=sigma_ms,
        )
        looks.add(look, 60.0)
    return looks


def test_a_level_flight_at_one_speed_counts_once_it_was_seen_for_long_enough() -> None:
    assert _flown(60.0).holds(60.0, 1.0, 1.8)
    assert not _flown(58.0).holds(60.0, 1.0, 1.8)
    assert _flown(58.0).holds(40.0, 1.0, 1.8)


@pytest.mark.parametrize("climb_ms", [-1.5, 1.5, 4.0])
def test_who_sinks_or_climbs_holds_no_height(climb_ms: float) -> None:
    assert not _flown(90.0, climb_ms=climb_ms).holds(60.0, 1.0, 1.8)


def test_who_flies_slower_and_faster_by_turns_holds_no_speed() -> None:
    assert not _flown(90.0, swing_ms=4.0).holds(60.0, 1.0, 1.8)
    assert _flown(90.0, swing_ms=4.0, sigma_ms=9.0).holds(60.0, 1.0, 1.8), "as much may be the sensor's noise"


def test_over_rising_ground_a_level_flight_is_level_all_the_same() -> None:
    looks = _flown(60.0)
    risen = Looks()
    for look in looks.kept:
        risen.add(Look(look.time_s, look.height_m - 3.0 * look.time_s, look.climb_ms, 36.0, 2.0), 60.0)
    assert risen.holds(60.0, 1.0, 1.8)


def test_a_slow_radar_needs_five_looks_and_memory_is_bounded() -> None:
    assert not _flown(8.0, every_s=4.0).holds(8.0, 1.0, 1.8)
    assert _flown(16.0, every_s=4.0).holds(8.0, 1.0, 1.8)
    assert len(_flown(600.0).kept) <= 63


def test_a_copy_goes_its_own_way() -> None:
    looks = _flown(10.0)
    other, count = looks.copy(), len(looks.kept)
    other.add(Look(11.0, 150.0, 0.0, 36.0, 2.0), 60.0)
    assert (len(looks.kept), len(other.kept)) == (count, count + 1)
