"""Real ascents under simulated sensors: launch point and time by the product's own pipeline.

The truth is a real motion, with its real thrust curve, wind and wobble; only the sensors are simulated.  A descent
under a parachute is no impact forecast, so only the launch is judged.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from real.flight_kit import watch
from real.rocket_logs import LOGS, Log


@pytest.fixture(scope="module", params=list(LOGS))
def log(request: pytest.FixtureRequest, shared: Path) -> Log:
    return LOGS[request.param](shared / "data" / "rocket_flights")


APOGEE_M = {"juno3": (24.2, 3150.0), "camoes": (23.8, 3016.0), "genesis": (24.2, 2917.0)}
"""Seconds and metres of the logs' highest barometer heights while they still rose."""


def test_the_path_is_that_of_the_log(log: Log) -> None:
    time_s, height_m = APOGEE_M[log.name]
    assert log.time_s[-1] == pytest.approx(time_s, abs=1.0)
    assert log.height_m[-1] == pytest.approx(height_m, rel=0.02)
    assert 270.0 < np.gradient(log.height_m, log.time_s).max() < 310.0
    assert (log.height_m[:3] < 5.0).all()


def test_launch_point_and_time_are_found(log: Log) -> None:
    """Within 12 m and 0.4 s from 3 s on (0.6 to 6.2 m, at most 0.25 s, with 3 m claimed, when this was written)."""
    found, _ = watch(log, seed=0)
    assert [row.elapsed_s for row in found] == [3.0, 6.0, 10.0]
    for row in found:
        assert row.error_m < 12.0
        assert row.sigma_m < 8.0
        assert row.nees_half < 6.9  # 1 in 1,000
        assert abs(row.time_error_s) < 0.4
