"""Straight paths from bearings, against paths that are known."""

from __future__ import annotations

import math

import numpy as np
import pytest

from marsad.geo import ecef_from_geodetic, enu_axes
from marsad.trajectory.straight import Sights, fit_straight, plane_start, ranges_m

STATIONS = [(0.80, 0.30, 150.0), (0.806, 0.293, 140.0), (0.797, 0.312, 160.0)]
VELOCITY_ENU = np.array([-14e3, -6e3, -8e3])
START = np.array(ecef_from_geodetic(0.795, 0.325, 90e3))
SLOWING_MS2 = 900.0
SIGMA_RAD = 3e-4


def sights(
    rng: np.random.Generator, stations: int = 2, clock_s: float = 0.0, count: int = 60
) -> tuple[Sights, np.ndarray]:
    """Noisy bearings to a slowing body, the second station's clock being late; and its true velocity (ECEF)."""
    place = np.array([ecef_from_geodetic(*s) for s in STATIONS[:stations]])
    axes = np.array([enu_axes(*s[:2]) for s in STATIONS[:stations]])
    velocity = VELOCITY_ENU @ enu_axes(0.795, 0.325)
    along = velocity / np.linalg.norm(velocity)
    station, time, azimuth, elevation = [], [], [], []
    for k in range(stations):
        for t in np.linspace(-1.5, 1.5, count):
            d = axes[k] @ (START + velocity * t - 0.5 * SLOWING_MS2 * t * t * along - place[k])
            e = math.atan2(d[2], math.hypot(d[0], d[1])) + SIGMA_RAD * rng.standard_normal()
            azimuth.append(math.atan2(d[0], d[1]) + SIGMA_RAD / math.cos(e) * rng.standard_normal())
            elevation.append(e)
            station.append(k)
            time.append(t + (clock_s if k == 1 else 0.0))
    return Sights(np.array(station), np.array(time), np.array(azimuth), np.array(elevation), place, axes), velocity


def test_a_path_is_found_with_a_true_covariance() -> None:
    """Normalised squared errors of position and velocity over many noises: mean 6, within the band of 60 draws."""
    errors = []
    for seed in range(60):
        seen, velocity = sights(np.random.default_rng(seed))
        path = fit_straight(seen, SIGMA_RAD)
        assert path is not None
        d = np.concatenate([path.position_at(0.0) - START, path.velocity_ms - velocity])
        # the path's epoch is the mean time, zero here
        errors.append(d @ np.linalg.solve(path.covariance[:6, :6], d))
    assert 4.8 < np.mean(errors) < 7.3


def test_a_late_clock_is_found() -> None:
    seen, velocity = sights(np.random.default_rng(3), stations=3, clock_s=0.8)
    path = fit_straight(seen, SIGMA_RAD, clock_sigma_s=2.0)
    assert path is not None
    assert path.clock_s[0] == 0.0
    assert path.clock_s[1] == pytest.approx(0.8, abs=0.01)
    assert path.clock_s[2] == pytest.approx(0.0, abs=0.01)
    slower = velocity * (1.0 - SLOWING_MS2 * path.epoch_s / np.linalg.norm(velocity))
    assert np.linalg.norm(path.velocity_ms - slower) < 60.0
    assert path.slowing_ms2 == pytest.approx(SLOWING_MS2, abs=60.0)


def test_a_clock_held_right_that_is_not_shows_in_the_misses() -> None:
    seen, _ = sights(np.random.default_rng(3), clock_s=0.8)
    path = fit_straight(seen, SIGMA_RAD)
    assert path is None or path.angle_rms_rad > 10 * SIGMA_RAD


def test_one_station_alone_finds_nothing() -> None:
    seen, _ = sights(np.random.default_rng(0), stations=1)
    assert fit_straight(seen) is None


def test_the_line_lies_in_front_of_every_station() -> None:
    seen, _ = sights(np.random.default_rng(0))
    start = plane_start(seen)
    assert start is not None
    assert ranges_m(seen, start).min() > 50e3
