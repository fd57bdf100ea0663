"""Among many launches an error of a sensor is believed only when other launches suggest the very same."""

from __future__ import annotations

import pytest

from marsad.trajectory.faults import Suspicion


def suspicion(
    value: float = -1.05, sigma: float = 0.02, *events: str, sensor: int = 0, kind: str = "clock"
) -> Suspicion:
    return Suspicion(sensor, kind, (value,), (sigma,), frozenset(events or ("L0001",)))


def test_others_that_suggest_the_same_bear_it_out() -> None:
    assert suspicion().agrees(suspicion(-1.08, 0.02, "L0002"))


@pytest.mark.parametrize(
    "other",
    [
        suspicion(-1.05, 0.02, "L0001", "L0007"),
        suspicion(-0.90, 0.02, "L0002"),
        suspicion(-1.05, 0.02, "L0002", sensor=1),
        suspicion(-1.05, 0.02, "L0002", kind="azimuth_bias"),
    ],
)
def test_the_same_launch_another_value_sensor_or_kind_does_not(other: Suspicion) -> None:
    assert not suspicion().agrees(other)
