"""Points in zones: against closed forms, against each other, and on real polygons."""

from __future__ import annotations

import json
import math
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marsad.geo.zones import prepare_zones, zone_hit_fractions, zone_hits, zone_probabilities, zone_time_quantiles
from marsad.terms import Geodetic, Zone

ORIGIN = Geodetic.from_degrees(33.0, 44.0, 30.0)
METRE_LAT = 1.0 / 6_358_000.0


def square(side_m: float, buffer_m: float = 0.0) -> Zone:
    half = side_m / 2 * METRE_LAT
    east = half / math.cos(ORIGIN.latitude_rad) * 6_358_000.0 / 6_384_500.0
    a, o = ORIGIN.latitude_rad, ORIGIN.longitude_rad
    ring = (
        (a - half, o - east),
        (a - half, o + east),
        (a + half, o + east),
        (a + half, o - east),
        (a - half, o - east),
    )
    return Zone(zone_id="square", name="s", center=ORIGIN, shelter_s=10, polygon_rad=ring, buffer_m=buffer_m)


def circle(radius_m: float, buffer_m: float = 0.0) -> Zone:
    return Zone(zone_id="circle", name="c", center=ORIGIN, shelter_s=10, radius_m=radius_m, buffer_m=buffer_m)


def quasi_normal(count: int) -> np.ndarray:
    k = np.arange(count)
    radius = np.sqrt(-2.0 * np.log1p(-(k + 0.5) / count))
    angle = 2 * np.pi * ((k * 0.6180339887498949) % 1.0)
    return np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])


def test_circle_under_a_centred_gaussian_has_rayleigh_probability() -> None:
    shapes = prepare_zones([circle(300.0, 200.0)], ORIGIN)
    sigma = 400.0
    found = zone_probabilities(
        np.array([1.0]), np.zeros((1, 2)), np.array([[sigma**2, 0.0, sigma**2]]), quasi_normal(4000), shapes
    )
    assert found[0] == pytest.approx(1 - math.exp(-(500.0**2) / (2 * sigma**2)), abs=1e-3)


def test_square_under_a_gaussian_has_the_product_of_two_error_functions() -> None:
    shapes = prepare_zones([square(800.0)], ORIGIN)
    found = zone_probabilities(
        np.array([1.0]), np.zeros((1, 2)), np.array([[300.0**2, 0.0, 500.0**2]]), quasi_normal(20000), shapes
    )
    expected = math.erf(400 / 300 / math.sqrt(2)) * math.erf(400 / 500 / math.sqrt(2))
    assert found[0] == pytest.approx(expected, abs=4e-3)


def test_correlated_covariance_is_kept() -> None:
    far = Geodetic.from_degrees(33.0, 44.0, 30.0)
    shapes = prepare_zones([circle(200.0)], far)
    cov = np.array([[500.0**2, 0.95 * 500.0 * 500.0, 500.0**2]])
    along = zone_probabilities(np.array([1.0]), np.array([[400.0, 400.0]]), cov, quasi_normal(4000), shapes)
    across = zone_probabilities(np.array([1.0]), np.array([[400.0, -400.0]]), cov, quasi_normal(4000), shapes)
    assert along[0] > 0.1 > across[0]


def test_buffer_is_a_distance_to_the_edge_also_at_a_corner() -> None:
    shapes = prepare_zones([square(1000.0, buffer_m=100.0)], ORIGIN)
    points = np.array([[0.0, 0.0], [590.0, 0.0], [610.0, 0.0], [570.0, 570.0], [572.0, 572.0], [565.0, 565.0]])
    assert zone_hits(points[:, 0], points[:, 1], shapes)[0].tolist() == [True, True, False, True, False, True]


def test_mixture_is_the_weighted_sum_of_its_modes() -> None:
    shapes = prepare_zones([circle(300.0)], ORIGIN)
    means, covs = np.array([[0.0, 0.0], [50_000.0, 0.0]]), np.array([[1.0, 0.0, 1.0], [1.0, 0.0, 1.0]])
    found = zone_probabilities(np.array([0.3, 0.7]), means, covs, quasi_normal(500), shapes)
    assert found[0] == pytest.approx(0.3)


@given(seed=st.integers(0, 2**32 - 1), buffer_m=st.floats(0, 400))
def test_a_larger_buffer_never_loses_a_point(seed: int, buffer_m: float) -> None:
    rng = np.random.default_rng(seed)
    east, north = rng.normal(0, 800, (2, 200))
    zones = [square(700.0), circle(350.0)]
    small = zone_hits(east, north, prepare_zones(zones, ORIGIN, buffer_m=0.0))
    large = zone_hits(east, north, prepare_zones(zones, ORIGIN, buffer_m=buffer_m))
    assert (large | ~small).all()


def test_time_quantiles_are_those_of_the_points_inside() -> None:
    hits = np.array([[True, False, True, True], [False, False, False, False]])
    times = zone_time_quantiles(hits, np.full(4, 0.25), np.array([3.0, 0.0, 1.0, 2.0]), levels=(0.05, 0.5, 0.95))
    assert times[0].tolist() == [1.0, 2.0, 3.0]
    assert np.isnan(times[1]).all()


def real_zones(shared: Path) -> list[Zone]:
    polygons = json.loads((shared / "data/alert_zones/polygons.json").read_text(encoding="utf-8"))
    return [
        Zone(
            zone_id=key,
            name=key,
            center=Geodetic.from_degrees(*np.mean(ring, axis=0).tolist()),
            shelter_s=30.0,
            polygon_rad=tuple((math.radians(a), math.radians(o)) for a, o in ring),
            buffer_m=250.0,
        )
        for key, ring in polygons.items()
    ]


def test_a_real_polygon_holds_its_own_inner_points(shared: Path) -> None:
    zones = real_zones(shared)
    shapes = prepare_zones(zones, Geodetic.from_degrees(31.8, 35.0))
    assert shapes.box_m.shape[0] == 1420
    first, last = shapes.first_corner[10], shapes.first_corner[11]
    ring = shapes.corner_m[first:last]
    hits = zone_hits(ring[:, 0].copy(), ring[:, 1].copy(), shapes)
    assert hits[10].all(), "the corners lie within the buffer"
    assert hits.sum(axis=1).astype(bool).sum() < 60, "only neighbours share them"


def test_two_thousand_points_over_1420_real_polygons_take_far_less_than_a_second(shared: Path) -> None:
    shapes = prepare_zones(real_zones(shared), Geodetic.from_degrees(32.07, 34.8))
    rng = np.random.default_rng(1)
    east, north = rng.normal(0, 2000, (2, 2000))
    weights = np.full(2000, 1 / 2000)
    first = zone_hit_fractions(east, north, weights, shapes)
    begin = time.perf_counter()
    again = zone_hit_fractions(east, north, weights, shapes)
    took = time.perf_counter() - begin
    assert took < 0.5, f"{took * 1e3:.1f} ms"
    assert (first == again).all()
    assert 0.5 < first.sum() < 5
