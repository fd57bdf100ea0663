"""A sensor's true noise from how its looks scatter about any smooth path."""

from __future__ import annotations

import numpy as np
import pytest
from jaxtyping import Float

from marsad.sensing.scatter import LEAST_LOOKS, Look, Scatter, breakdown, one_a_frame, scatter

FRAME_S = 0.05
COUNTS = (LEAST_LOOKS, 16, 24)


def _looks(residual: Float[np.ndarray, "look number"]) -> list[Look]:
    return [Look(FRAME_S * i, row) for i, row in enumerate(residual)]


def _measured(residual: Float[np.ndarray, "look number"]) -> Scatter:
    found = scatter(_looks(residual), FRAME_S)
    assert found is not None
    return found


@pytest.mark.parametrize("numbers", [2, 3])
def test_noise_as_stated_is_never_called_more(numbers: int) -> None:
    rng = np.random.default_rng(1)
    for count in COUNTS:
        assert not any(_measured(rng.standard_normal((count, numbers))).is_surely_more for _ in range(1500))


@pytest.mark.parametrize("numbers", [2, 3])
@pytest.mark.parametrize("off", [30.0, 1e6])
def test_strangers_up_to_the_breakdown_point_are_not_noise(numbers: int, off: float) -> None:
    rng = np.random.default_rng(2)
    for count in COUNTS:
        for _ in range(500):
            residual = rng.standard_normal((count, numbers))
            strangers = 1 + 3 * np.arange(breakdown(count))  # no two in one triple: they spoil the most
            residual[strangers] += off * rng.standard_normal((strangers.size, numbers))
            assert not _measured(residual).is_surely_more
    assert [breakdown(count) for count in (8, *COUNTS)] == [1, 2, 3, 5]


def test_strangers_beyond_the_breakdown_point_can_be_taken_for_noise() -> None:
    residual = np.random.default_rng(2).standard_normal((24, 3))
    residual[1::3] += 1e6 * np.random.default_rng(3).standard_normal((8, 3))
    assert _measured(residual).is_surely_more


def test_one_stray_plot_in_eight_does_not_make_a_radar_noisy() -> None:
    rng = np.random.default_rng(6)
    residual = rng.standard_normal((24, 3))
    residual[3::8] += 500.0
    assert not _measured(residual).is_surely_more
    assert scatter(_looks(residual[:8]), FRAME_S) is None


@pytest.mark.parametrize("numbers", [2, 3])
@pytest.mark.parametrize("ratio", [8.0, 40.0])
def test_more_noise_is_measured(numbers: int, ratio: float) -> None:
    rng = np.random.default_rng(2)
    found = [_measured(ratio * rng.standard_normal((24, numbers))) for _ in range(200)]
    assert sum(one.is_surely_more for one in found) > 0.98 * len(found)
    assert not any(one.is_as_stated for one in found)
    assert np.median([one.ratio for one in found]) == pytest.approx(ratio, rel=0.1)


def test_a_sensor_that_is_well_again_is_seen_to_be() -> None:
    rng = np.random.default_rng(7)
    assert sum(_measured(rng.standard_normal((24, 3))).is_as_stated for _ in range(200)) > 190


def test_a_constant_error_and_a_drift_are_not_noise() -> None:
    rng = np.random.default_rng(3)
    drift = 50.0 + 8.0 * np.arange(24.0)[:, None] + rng.standard_normal((24, 2))
    assert _measured(drift).is_as_stated


def test_few_looks_and_looks_with_long_gaps_say_nothing() -> None:
    wild = 100.0 * np.random.default_rng(5).standard_normal((24, 2))
    assert scatter(_looks(wild[: LEAST_LOOKS - 1]), FRAME_S) is None
    assert scatter([Look(10.0 * look.time_s, look.residual) for look in _looks(wild)], FRAME_S) is None


def test_of_each_frame_the_nearest_look_counts() -> None:
    near, far = np.array([0.5, 0.5]), np.array([30.0, 0.0])
    looks = [Look(FRAME_S * i, near) for i in range(12)] + [Look(FRAME_S * i + 0.001, far) for i in (3, 7)]
    kept = one_a_frame(looks, 0.4 * FRAME_S)
    assert [look.time_s for look in kept] == [FRAME_S * i for i in range(12)]
    assert all(look.residual is near for look in kept)
    assert [look.time_s for look in one_a_frame(looks, 0.4 * FRAME_S, 4)] == [FRAME_S * i for i in range(8, 12)]


def test_frames_that_hold_several_bodies_say_nothing() -> None:
    near, far = np.array([0.5, 0.5]), np.array([30.0, 0.0])
    looks = [Look(FRAME_S * i, near) for i in range(12)] + [Look(FRAME_S * i + 0.001, far) for i in range(0, 12, 3)]
    assert one_a_frame(looks, 0.4 * FRAME_S) == []
