"""Launches over line-ups, places and seeds, half of them flown by RocketPy: the covariances must be true.

The benchmark of the same name runs a thousand; these are its first sixty.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def lines() -> list[dict[str, object]]:
    sys.path.insert(0, str(BENCHMARKS))
    try:
        import bench_launch_impact as bench

        launches = list(bench.run(60, 2, bench.FLIGHTS, 11, set()))
        assert len(launches) == 60
        assert all(one["rows"] for one in launches), "a launch without any estimate"
        return bench.summary(launches)
    finally:
        sys.path.remove(str(BENCHMARKS))


@pytest.mark.slow
def test_normalised_errors_are_those_of_a_true_covariance(lines: list[dict[str, object]]) -> None:
    """NEES/2 has mean 1 and variance 1: over some thirty launches four standard deviations are ± 0.73."""
    assert len(lines) == 12
    for line in lines:
        assert 0.27 < line["nees_half"] < 1.73, line


@pytest.mark.slow
def test_the_region_of_95_percent_holds_the_truth(lines: list[dict[str, object]]) -> None:
    for line in lines:
        assert line["inside_95"] >= 0.85, line


@pytest.mark.slow
def test_errors_come_near_the_bound_where_the_model_is_right(lines: list[dict[str, object]]) -> None:
    for line in lines:
        if line["truth"] == "own physics":
            assert line["rmse_over_bound"] < 1.4, line
