"""Launch sites: sameness by distance in errors, pooling that is never surer than it may be."""

from __future__ import annotations

import math

import numpy as np
import pytest

from marsad.geo.frames import geodetic_from_enu
from marsad.trajectory.sites import (
    LAUNCHER_SIZE_M,
    SiteBook,
    SitedLaunch,
    forget,
    pool,
    settle,
    site_estimate,
)

LAT, LON = math.radians(30.0), math.radians(20.0)


def launch(name: str, east_m: float, north_m: float, own_m: float = 10.0, common_m: float = 5.0) -> SitedLaunch:
    lat, lon, _ = geodetic_from_enu(east_m, north_m, 0.0, LAT, LON, 200.0)
    return SitedLaunch(name, lat, lon, 200.0, 0, 0.1, own_m**2 * np.eye(2), common_m**2 * np.eye(2))


def test_two_launches_within_their_errors_share_a_site_and_a_third_far_off_does_not() -> None:
    book = SiteBook()
    assert settle(book, launch("A", 0.0, 0.0)) == "S001"
    assert settle(book, launch("B", 30.0, 20.0)) == "S001"
    assert settle(book, launch("C", 400.0, 0.0)) == "S002"
    assert site_estimate(book, "S002") is None
    assert site_estimate(book, "S001") is not None


def test_the_gate_is_99_percent_of_two_normal_numbers_with_the_launcher_added() -> None:
    # variance of each axis: 2 launches of 10² + 5², the size of the launcher for both
    edge_m = math.sqrt(9.2 * (2 * 125.0 + 2 * LAUNCHER_SIZE_M**2))
    for factor, same in ((0.98, True), (1.02, False)):
        book = SiteBook()
        settle(book, launch("A", 0.0, 0.0))
        assert (settle(book, launch("B", factor * edge_m, 0.0)) == "S001") is same


def test_a_launch_leaves_a_site_when_it_becomes_known_to_be_elsewhere_and_joins_when_it_proves_near() -> None:
    book = SiteBook()
    settle(book, launch("A", 0.0, 0.0))
    assert settle(book, launch("B", 300.0, 0.0, own_m=150.0)) == "S001"
    assert settle(book, launch("B", 300.0, 0.0, own_m=10.0)) == "S002"
    assert site_estimate(book, "S001") is None
    assert settle(book, launch("B", 20.0, 0.0, own_m=10.0)) == "S001"
    assert set(book.sites) == {"S001"}


def test_what_is_hardly_known_joins_no_site() -> None:
    book = SiteBook()
    settle(book, launch("A", 0.0, 0.0))
    assert settle(book, launch("B", 0.0, 0.0, own_m=2000.0)) == "S002"


def test_a_launch_taken_back_leaves_no_trace() -> None:
    book = SiteBook()
    settle(book, launch("A", 0.0, 0.0))
    settle(book, launch("B", 5.0, 5.0))
    forget(book, "B")
    assert site_estimate(book, "S001") is None
    forget(book, "A")
    assert not book.sites
    assert not book.home


def test_independent_errors_average_out_and_common_ones_do_not() -> None:
    alone = pool([launch("0", 0.0, 0.0)])
    many = pool([launch(str(i), 0.0, 0.0) for i in range(16)])
    assert alone.independent_m2[0, 0] == pytest.approx(10.0**2 + LAUNCHER_SIZE_M**2)
    assert many.independent_m2[0, 0] == pytest.approx(alone.independent_m2[0, 0] / 16)
    assert many.common_m2[0, 0] == pytest.approx(5.0**2)


def test_the_pooled_covariance_is_true_when_all_common_errors_are_one() -> None:
    """Worst case: the common part is the same draw in every launch; NEES/2 must not exceed 1 but by chance."""
    rng = np.random.default_rng(4)
    nees = []
    for _ in range(400):
        shift = rng.normal(0.0, 40.0, 2)
        launches = [
            launch(str(i), *(shift + rng.normal(0.0, math.hypot(own, LAUNCHER_SIZE_M), 2)), own_m=own, common_m=40.0)
            for i, own in enumerate((5.0, 20.0, 60.0))
        ]
        book = SiteBook()
        for one in launches:
            settle(book, one)
        site = site_estimate(book, book.home["0"])
        if site is None or len(book.sites) > 1:
            continue
        north = (site.position.latitude_rad - LAT) * 6.357e6
        east = (site.position.longitude_rad - LON) * 6.378e6 * math.cos(LAT)
        a, b, c = site.covariance_en_m2
        nees.append(0.5 * np.array([east, north]) @ np.linalg.solve([[a, b], [b, c]], [east, north]))
    assert len(nees) > 350
    # NEES/2 of two dimensions has mean 1, variance 1: within three standard deviations of the mean
    assert abs(np.mean(nees) - 1.0) < 3.0 / math.sqrt(len(nees))
