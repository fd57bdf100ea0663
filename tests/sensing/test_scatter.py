"""A sensor's true noise from how its looks scatter about any smooth path."""

from __future__ import annotations

import numpy as np
import pytest
from jaxtyping import Float

from marsad.sensing.scatter import Look, noise_ratio, one_a_frame

FRAME_S = 0.05


def _looks(residual: Float[np.ndarray, "look number"]) -> list[Look]:
    return [Look(FRAME_S * i, row) for i, row in enumerate(residual)]


@pytest.mark.parametrize("numbers", [2, 3])
def test_noise_as_stated_is_never_called_more(numbers: int) -> None:
    rng = np.random.default_rng(1)
    for count in (8, 12, 24):
        for _ in range(1500):
            assert noise_ratio(_looks(rng.standard_normal((count, numbers))), FRAME_S) is None


@pytest.mark.parametrize("numbers", [2, 3])
@pytest.mark.parametrize("ratio", [6.0, 40.0])
def test_more_noise_is_measured(numbers: int, ratio: float) -> None:
    rng = np.random.default_rng(2)
    found = [noise_ratio(_looks(ratio * rng.standard_normal((24, numbers))), FRAME_S) for _ in range(200)]
    known = [value for value in found if value is not None]
    assert len(known) > 0.99 * len(found)
    assert np.median(known) == pytest.approx(ratio, rel=0.1)


def test_a_constant_error_and_a_drift_are_not_noise() -> None:
    rng = np.random.default_rng(3)
    drift = 50.0 + 8.0 * np.arange(24.0)[:, None] + rng.standard_normal((24, 2))
    assert noise_ratio(_looks(drift), FRAME_S) is None


def test_strangers_among_the_looks_are_not_noise() -> None:
    residual = np.random.default_rng(4).standard_normal((24, 2))
    residual[[4, 13]] += 500.0
    assert noise_ratio(_looks(residual), FRAME_S) is None


def test_few_looks_and_looks_with_long_gaps_say_nothing() -> None:
    wild = 100.0 * np.random.default_rng(5).standard_normal((24, 2))
    assert noise_ratio(_looks(wild[:7]), FRAME_S) is None
    assert noise_ratio([Look(10.0 * look.time_s, look.residual) for look in _looks(wild)], FRAME_S) is None


def test_of_each_frame_the_nearest_look_counts() -> None:
    near, far = np.array([0.5, 0.5]), np.array([30.0, 0.0])
    looks = [Look(0.001, near), Look(0.0, far), Look(FRAME_S, far), Look(FRAME_S + 0.002, near), Look(0.1, far)]
    assert [look.time_s for look in one_a_frame(looks, 0.4 * FRAME_S)] == [0.001, FRAME_S + 0.002, 0.1]
