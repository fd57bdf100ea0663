from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marsad.geo.earth import WGS84_A_M
from marsad.geo.sight import ground_seen
from marsad.geo.terrain import TerrainGrid

STEP = math.radians(0.001)


def terrain(heights: np.ndarray) -> TerrainGrid:
    return TerrainGrid(0.0, 0.0, STEP, STEP, heights)


def seen_from(grid: TerrainGrid, row: int, column: int, height_m: float, **limits: float) -> np.ndarray:
    rows, columns = grid.height_m.shape
    return ground_seen(
        grid,
        row * STEP,
        column * STEP,
        height_m,
        latitudes_rad=np.arange(rows) * STEP,
        longitudes_rad=np.arange(columns) * STEP,
        **limits,
    )


def test_flat_ground_is_seen_to_the_horizon_and_not_beyond() -> None:
    grid = terrain(np.zeros((3, 400)))
    seen = seen_from(grid, 1, 0, 20.0, target_agl_m=0.0)[1]
    horizon_m = math.sqrt(2 * WGS84_A_M * 20.0)
    distance_m = np.arange(400) * STEP * WGS84_A_M
    assert seen[distance_m < horizon_m - 300.0].all()
    assert not seen[distance_m > horizon_m + 300.0].any()


def test_a_wall_hides_what_lies_behind_it_and_a_higher_target_shows_again() -> None:
    heights = np.zeros((41, 41))
    heights[:, 20] = 100.0
    grid = terrain(heights)
    near, far = (slice(10, 31), slice(0, 20)), (slice(10, 31), slice(22, 41))
    seen = seen_from(grid, 20, 5, 50.0)
    assert seen[near].all()
    assert not seen[far].any()
    assert seen_from(grid, 20, 5, 50.0, target_agl_m=400.0)[far].all()


def test_the_sensors_own_limits_hold() -> None:
    grid = terrain(np.zeros((5, 60)))
    distance_m = np.arange(60) * STEP * WGS84_A_M
    seen = seen_from(grid, 2, 0, 30.0, max_range_m=3000.0)[2]
    assert (seen == (distance_m <= 3000.0)).all()
    seen = seen_from(grid, 2, 0, 30.0, target_agl_m=330.0, min_elevation_rad=0.1)[2]
    assert seen[(distance_m > 300.0) & (distance_m < 2900.0)].all()
    assert not seen[distance_m > 3100.0].any()


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), height=st.floats(5.0, 300.0), more=st.floats(1.0, 200.0))
def test_a_taller_target_is_seen_wherever_a_lower_one_is(seed: int, height: float, more: float) -> None:
    grid = terrain(np.random.default_rng(seed).uniform(0.0, 80.0, (15, 15)))
    ground = grid.height_m[7, 7]
    low = seen_from(grid, 7, 7, ground + height)
    taller = seen_from(grid, 7, 7, ground + height, target_agl_m=2.0 + more)
    assert (taller | ~low).all()


@pytest.mark.parametrize("column", [0, 30, 59])
def test_line_of_sight_is_mutual(column: int) -> None:
    rng = np.random.default_rng(column)
    grid = terrain(rng.uniform(0.0, 60.0, (3, 60)))
    here, there = grid.height_m[1, column] + 2.0, grid.height_m[1] + 2.0
    seen = seen_from(grid, 1, column, here, target_agl_m=2.0)[1]
    back = [seen_from(grid, 1, k, there[k], target_agl_m=2.0)[1][column] for k in range(60)]
    assert np.mean(seen == np.array(back)) > 0.95
