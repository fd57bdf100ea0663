"""Held height and speed: what counts as level and as one speed, and how blocks of looks add up."""

from __future__ import annotations

import numpy as np
import pytest

from marsad.identify.steady import BLOCK_S, FADING, MOST, Look, Steadiness


def _flown(
    seconds: float,
    climb_ms: float = 0.0,
    swing_ms: float = 0.0,
    sigma_ms: float = 2.0,
    rising_ms: float = 0.0,
    shown: Steadiness | None = None,
    seed: int = 1,
) -> Steadiness:
    """Looks at a track that climbs over (rising) ground and whose speed swings about 36 m/s every 20 s."""
    rng, steady = np.random.default_rng(seed), shown or Steadiness()
    begin_s = steady.kept[-1].time_s + 1.0 if steady.kept else 0.0
    for since_s in np.arange(0.0, seconds):
        steady.add(
            Look(
                time_s=float(begin_s + since_s),
                height_m=float(150.0 + (climb_ms - rising_ms) * since_s + rng.normal(0.0, 3.0)),
                climb_ms=float(climb_ms + rng.normal(0.0, 0.5)),
                climb_sigma_ms=0.7,
                speed_ms=float(36.0 + swing_ms * np.sin(since_s * 0.314) + rng.normal(0.0, 0.5)),
                speed_sigma_ms=sigma_ms,
            )
        )
    return steady


def test_level_flight_at_one_speed_speaks_for_an_autopilot_the_more_the_longer_it_is_seen() -> None:
    shown = [_flown(s).log_ratio for s in (2.0, 12.0, 24.0, 44.0)]
    assert shown[0] == 0.0
    assert shown == sorted(shown)
    assert 3.0 < shown[-1] <= 2.0 * MOST


@pytest.mark.parametrize(("climb_ms", "swing_ms"), [(2.5, 0.0), (-5.0, 6.0), (0.0, 8.0)])
def test_who_climbs_or_flies_slower_and_faster_by_turns_is_likelier_crewed(climb_ms: float, swing_ms: float) -> None:
    assert _flown(44.0, climb_ms, swing_ms).log_ratio < 1.0 < _flown(44.0).log_ratio - 2.0


def test_a_slow_descent_towards_a_target_is_hardly_held_against_it() -> None:
    assert _flown(44.0, climb_ms=-2.0).log_ratio > _flown(44.0, climb_ms=2.0).log_ratio + 1.0


def test_what_may_be_the_sensors_noise_says_little() -> None:
    assert abs(_flown(44.0, swing_ms=4.0, sigma_ms=20.0).running) < abs(_flown(44.0).running)


def test_over_rising_ground_a_level_flight_is_level_all_the_same() -> None:
    assert _flown(44.0, rising_ms=3.0).log_ratio == pytest.approx(_flown(44.0).log_ratio, abs=1.0)


def test_blocks_add_up_and_fade_and_a_dive_does_not_undo_a_steady_approach() -> None:
    steady = _flown(2 * BLOCK_S)
    first = steady.before
    assert steady.log_ratio > first > 3.0
    dived = _flown(12.0, climb_ms=-7.0, swing_ms=6.0, shown=steady.copy())
    assert dived.log_ratio > 0.5 * FADING * first
    assert len(_flown(600.0).kept) <= BLOCK_S + 1


def test_a_copy_goes_its_own_way() -> None:
    steady = _flown(10.0)
    other, count = steady.copy(), len(steady.kept)
    _flown(1.0, shown=other)
    assert (len(steady.kept), len(other.kept)) == (count, count + 1)
