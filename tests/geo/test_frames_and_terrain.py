"""Frames against pymap3d and PROJ, gravity against published values, terrain and small algebra against NumPy."""

from __future__ import annotations

import math

import numpy as np
import pymap3d
import pyproj
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marsad.geo.earth import normal_gravity_ms2
from marsad.geo.frames import (
    ecef_from_geodetic,
    ellipsoid_normal,
    enu_axes,
    enu_from_geodetic,
    geodetic_from_ecef,
    geodetic_from_enu,
)
from marsad.geo.linear import cholesky, invert_cholesky, log_determinant, solve_cholesky
from marsad.geo.terrain import TerrainGrid, terrain_heights

latitudes = st.floats(-1.57, 1.57)
longitudes = st.floats(-math.pi, math.pi)
heights = st.floats(-500.0, 60e3)
PROJ = pyproj.Transformer.from_crs(4979, 4978, always_xy=True)


@settings(max_examples=80, deadline=None)
@given(lat=latitudes, lon=longitudes, h=heights)
def test_earth_fixed_places_agree_with_proj_and_come_back(lat: float, lon: float, h: float) -> None:
    place = ecef_from_geodetic(lat, lon, h)
    assert place == pytest.approx(PROJ.transform(math.degrees(lon), math.degrees(lat), h), abs=1e-6)
    back = geodetic_from_ecef(*place)
    assert back[0] == pytest.approx(lat, abs=1e-11)
    assert math.remainder(back[1] - lon, 2 * math.pi) == pytest.approx(0.0, abs=1e-9)
    assert back[2] == pytest.approx(h, abs=1e-5)


@settings(max_examples=60, deadline=None)
@given(
    lat=latitudes, lon=longitudes, h=st.floats(-400.0, 9e3), dlat=st.floats(-0.01, 0.01), dlon=st.floats(-0.01, 0.01)
)
def test_local_coordinates_agree_with_pymap3d_and_come_back(
    lat: float, lon: float, h: float, dlat: float, dlon: float
) -> None:
    lat2 = min(max(lat + dlat, -1.57), 1.57)
    enu = enu_from_geodetic(lat2, lon + dlon, h + 100.0, lat, lon, h)
    assert enu == pytest.approx(pymap3d.geodetic2enu(lat2, lon + dlon, h + 100.0, lat, lon, h, deg=False), abs=1e-5)
    back = geodetic_from_enu(*enu, lat, lon, h)
    assert ecef_from_geodetic(*back) == pytest.approx(ecef_from_geodetic(lat2, lon + dlon, h + 100.0), abs=1e-4)


def test_axes_are_right_handed_and_up_is_the_normal() -> None:
    axes = enu_axes(0.6, 0.9)
    assert axes @ axes.T == pytest.approx(np.eye(3))
    assert np.linalg.det(axes) == pytest.approx(1.0)
    s, c, sl, cl, h = ellipsoid_normal(*ecef_from_geodetic(0.6, 0.9, 1234.0))
    assert axes[2] == pytest.approx([c * cl, c * sl, s])
    assert h == pytest.approx(1234.0, abs=1e-6)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_the_poles_are_places_too(sign: float) -> None:
    lat, _, h = geodetic_from_ecef(0.0, 0.0, sign * (6356752.314245 + 80.0))
    assert lat == pytest.approx(sign * math.pi / 2)
    assert h == pytest.approx(80.0, abs=1e-3)


def test_gravity_is_that_of_the_standard() -> None:
    """Normal gravity of WGS 84 at equator and pole (NGA.STND.0036, table 3.6), and falling by 3.086e-6 a metre."""
    assert normal_gravity_ms2(0.0, 0.0) == pytest.approx(9.7803253359, abs=1e-10)
    assert normal_gravity_ms2(1.0, 0.0) == pytest.approx(9.8321849379, abs=1e-9)
    fall = (normal_gravity_ms2(math.sin(0.7), 0.0) - normal_gravity_ms2(math.sin(0.7), 1000.0)) / 1000.0
    assert fall == pytest.approx(3.085e-6, rel=2e-3)


@pytest.fixture(scope="module")
def grid() -> TerrainGrid:
    rng = np.random.default_rng(1)
    return TerrainGrid(0.5, 0.3, 1e-4, 2e-4, rng.uniform(0.0, 100.0, (5, 7)))


def test_terrain_is_exact_at_nodes_even_on_planes_and_held_at_the_edge(grid: TerrainGrid) -> None:
    for i in range(5):
        for j in range(7):
            assert grid.height_at(0.5 + i * 1e-4, 0.3 + j * 2e-4) == pytest.approx(grid.height_m[i, j], abs=1e-6)
    rows, columns = np.meshgrid(np.arange(5), np.arange(7), indexing="ij")
    plane = TerrainGrid(0.5, 0.3, 1e-4, 2e-4, 10.0 + 3.0 * rows - 2.0 * columns)
    assert plane.height_at(0.5 + 1.3e-4, 0.3 + 5e-4) == pytest.approx(10.0 + 3.0 * 1.3 - 2.0 * 2.5)
    assert grid.height_at(0.4, 0.2) == grid.height_m[0, 0]
    assert grid.height_at(0.6, 0.4) == pytest.approx(grid.height_m[-1, -1])
    assert grid.covers(0.5001, 0.3001)
    assert not grid.covers(0.4999, 0.3001)


def test_many_heights_at_once_are_those_of_one_at_a_time(grid: TerrainGrid) -> None:
    rng = np.random.default_rng(2)
    lat, lon = 0.5 + rng.uniform(-1e-4, 6e-4, 50), 0.3 + rng.uniform(-2e-4, 16e-4, 50)
    one_by_one = [grid.height_at(float(a), float(b)) for a, b in zip(lat, lon, strict=True)]
    assert terrain_heights(grid, lat, lon) == pytest.approx(np.array(one_by_one))


def test_a_grid_may_lie_across_the_meridian_of_180_degrees() -> None:
    heights = np.arange(12.0).reshape(3, 4)
    step = math.radians(0.01)
    here = TerrainGrid(0.2, 1.0, step, step, heights)
    there = TerrainGrid(0.2, math.pi - 1.5 * step, step, step, heights)
    lat = 0.2 + step * np.array([0.3, 1.9, 1.0, 0.0])
    east = step * np.array([0.2, 1.4, 1.6, 2.9])
    across = (there.west_rad + east + math.pi) % (2.0 * math.pi) - math.pi
    assert (across < 0.0).sum() == 2
    assert terrain_heights(there, lat, across) == pytest.approx(terrain_heights(here, lat, 1.0 + east), abs=1e-9)
    for one_lat, one_east, one_across in zip(lat, east, across, strict=True):
        found = there.height_at(float(one_lat), float(one_across))
        assert found == pytest.approx(here.height_at(float(one_lat), float(1.0 + one_east)), abs=1e-9)
        assert there.covers(float(one_lat), float(one_across))
    assert not there.covers(0.2 + step, -math.pi + 5.0 * step)


def test_a_grid_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 2 x 2"):
        TerrainGrid(0.0, 0.0, 1e-4, 1e-4, np.zeros((1, 5)))
    with pytest.raises(ValueError, match="finite"):
        TerrainGrid(0.0, 0.0, 1e-4, 1e-4, np.full((2, 2), np.nan))
    with pytest.raises(ValueError, match="positive"):
        TerrainGrid(0.0, 0.0, -1e-4, 1e-4, np.zeros((2, 2)))


@settings(max_examples=20, deadline=None)
@given(n=st.integers(1, 8), seed=st.integers(0, 10_000))
def test_small_algebra_agrees_with_numpy(n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    root = rng.standard_normal((n, n + 2))
    a = root @ root.T + 0.01 * np.eye(n)
    lower = np.zeros((n, n))
    assert cholesky(a, lower)
    assert lower == pytest.approx(np.linalg.cholesky(a))
    b = rng.standard_normal(n)
    assert a @ solve_cholesky(lower, b) == pytest.approx(b, abs=1e-8)
    inverse = invert_cholesky(lower)
    assert (inverse == inverse.T).all()
    assert inverse @ a == pytest.approx(np.eye(n), abs=1e-8)
    assert log_determinant(lower) == pytest.approx(np.linalg.slogdet(a)[1])


def test_what_is_not_positive_definite_is_told() -> None:
    lower = np.zeros((2, 2))
    assert not cholesky(np.array([[1.0, 2.0], [2.0, 1.0]]), lower)
    assert not cholesky(np.array([[np.nan, 0.0], [0.0, 1.0]]), lower)
