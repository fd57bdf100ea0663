"""What must hold of any bound, wherever the site and whatever the sensors."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bounds.bounds_kit import LINE_UP, bound_at
from marsad.bounds import LaunchBound, PriorBound, semi_major_m, semi_minor_m


def matrix(c: tuple[float, float, float]) -> np.ndarray:
    return np.array([[c[0], c[1]], [c[1], c[2]]])


def not_above(better: PriorBound, worse: PriorBound) -> None:
    """Hold that the first bound's covariances are nowhere above the second's."""
    at = {round(row.elapsed_s, 6): row for row in better.rows}
    for row in worse.rows:
        other = at[round(row.elapsed_s, 6)]
        for name in ("launch_cov_en", "impact_cov_en"):
            larger, smaller = matrix(getattr(row, name)), matrix(getattr(other, name))
            assert np.linalg.eigvalsh(larger - smaller).min() >= -1e-6 * np.trace(larger)
    for limit, lead in worse.lead_s.items():
        if lead is not None:
            assert better.lead_s[limit] is not None
            assert better.lead_s[limit] >= lead - 1e-6


sensor_sets = st.sets(st.sampled_from(sorted(LINE_UP)), min_size=1)


@settings(max_examples=15, deadline=None)
@given(fewer=sensor_sets, added=sensor_sets)
def test_more_sensors_never_make_the_bound_worse(fewer: set[str], added: set[str]) -> None:
    some, all_of_them = bound_at(tuple(sorted(fewer))), bound_at(tuple(sorted(fewer | added)))
    not_above(all_of_them.class_known, some.class_known)
    not_above(all_of_them.class_unknown, some.class_unknown)


def test_knowing_the_class_never_makes_the_bound_worse() -> None:
    bound = bound_at(("balloon", "radar"))
    not_above(bound.class_known, bound.class_unknown)


def test_the_bound_only_shrinks_with_time() -> None:
    bound = bound_at(tuple(LINE_UP))
    for before, after in zip(bound.class_known.rows, bound.class_known.rows[1:], strict=False):
        assert after.n >= before.n
        assert np.linalg.eigvalsh(matrix(before.impact_cov_en) - matrix(after.impact_cov_en)).min() >= -1e-3


def axes(bound: LaunchBound) -> np.ndarray:
    covariances = [c for row in bound.class_known.rows for c in (row.launch_cov_en, row.impact_cov_en)]
    return np.array([[semi_major_m(c), semi_minor_m(c)] for c in covariances])


@settings(max_examples=8, deadline=None)
@given(longitude_rad=st.floats(-3.0, 3.0))
def test_turning_the_earth_under_it_changes_nothing(longitude_rad: float) -> None:
    here, there = bound_at(("balloon", "radar")), bound_at(("balloon", "radar"), longitude_rad=longitude_rad)
    np.testing.assert_allclose(axes(there), axes(here), rtol=1e-4)


@settings(max_examples=8, deadline=None)
@given(turn_rad=st.floats(-math.pi, math.pi))
def test_turning_the_whole_geometry_changes_only_what_the_earth_s_rotation_does(turn_rad: float) -> None:
    here, there = bound_at(("balloon", "radar")), bound_at(("balloon", "radar"), turn_rad=turn_rad)
    # the last row is at the impact itself, where one scan more or less makes a tenth
    np.testing.assert_allclose(axes(there)[:-2], axes(here)[:-2], rtol=0.02)


def test_latency_costs_lead_one_to_one() -> None:
    prompt, late = bound_at(("radar",)), bound_at(("radar",), latency_s=2.0)
    assert prompt.class_known.lead_s["500"] is not None
    assert late.class_known.lead_s["500"] == pytest.approx(prompt.class_known.lead_s["500"] - 2.0, abs=1e-6)


def test_without_any_sensor_there_is_no_row_and_no_lead() -> None:
    bound = bound_at(())
    assert bound.first_detection_arrival_s is None
    assert bound.class_known.rows == ()
    assert set(bound.class_known.lead_s.values()) == {None}


def test_a_second_drone_s_view_brings_the_launch_within_metres() -> None:
    """One camera knows the launch along its line of sight only from the terrain; parallax mends that."""
    alone, both = bound_at(("balloon",)), bound_at(("balloon", "drone"))
    assert semi_major_m(alone.class_known.rows[1].launch_cov_en) > 100.0
    assert semi_major_m(both.class_known.rows[1].launch_cov_en) < 50.0
