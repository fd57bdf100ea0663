"""Are the corridor's probabilities true?  Random waypoint flights, most of them ending in a zone."""

from __future__ import annotations

import math

import numpy as np

from air_kit import make_site
from marsad import identify
from marsad.geo.zones import prepare_zones, zone_hits

ZONES = 10


def _flight(rng: np.random.Generator, end: np.ndarray) -> np.ndarray:
    """Places every 60 m of a way of four legs of 3 to 9 km that ends at a place."""
    points, azimuth = [end], rng.uniform(0.0, 2.0 * math.pi)
    for _ in range(4):
        points.append(points[-1] + rng.uniform(3000.0, 9000.0) * np.array([math.sin(azimuth), math.cos(azimuth)]))
        azimuth += rng.normal(0.0, 0.4)
    corners = np.array(points[::-1])
    length = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(corners, axis=0), axis=1))])
    along = np.arange(0.0, length[-1], 60.0)
    return np.stack([np.interp(along, length, corners[:, axis]) for axis in range(2)], axis=1)


def _forecasts(flights: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Forecast probabilities, whether the zone was entered, whether the flight ended in it (flights × zones)."""
    rng, params = np.random.default_rng(5), identify.CorridorParams()
    said, entered, ended = [], [], []
    while len(said) < flights:
        zones = [(rng.uniform(-4e3, 4e3), rng.uniform(-4e3, 4e3), rng.uniform(250.0, 700.0)) for _ in range(ZONES)]
        site = make_site(zones_at_m=zones)
        shapes = prepare_zones(site.zones, site.origin, 250.0)
        aims_at_zone = rng.random() < 0.67
        end = np.array(zones[rng.integers(ZONES)][:2]) if aims_at_zone else rng.uniform(-9e3, 9e3, 2)
        way = _flight(rng, end)
        distance = np.linalg.norm(way, axis=1)
        seen_at = np.flatnonzero((distance < 9e3) & (distance > 2.5e3))
        seen_at = seen_at[(seen_at > 0) & (seen_at < len(way) - 1)]
        if not seen_at.size:
            continue
        now = int(rng.choice(seen_at))
        velocity = (way[now + 1] - way[now - 1]) / np.linalg.norm(way[now + 1] - way[now - 1]) * rng.uniform(18.0, 45.0)
        covariance = np.diag([25.0, 25.0, 3.0, 3.0]) ** 2
        state = rng.multivariate_normal([*way[now], *velocity], covariance)
        said.append(identify.reach(state[:2], state[2:], covariance, shapes, shapes, params).probability)
        inside = zone_hits(np.ascontiguousarray(way[now:, 0]), np.ascontiguousarray(way[now:, 1]), shapes)
        entered.append(inside.any(axis=1))
        ended.append(inside[:, -1])
    return np.array(said), np.array(entered), np.array(ended)


def _calibration_error(said: np.ndarray, came: np.ndarray) -> float:
    """Expected calibration error over ten bins of probability."""
    total = 0.0
    for low in np.arange(0.0, 1.0, 0.1):
        held = (said >= low) & (said < low + 0.1 + 1e-9 * (low > 0.85))
        if held.any():
            total += abs(said[held].mean() - came[held].mean()) * held.mean()
    return total


def test_the_probabilities_are_those_of_an_attack_and_never_above_those_of_a_passage() -> None:
    said, entered, ended = _forecasts(250)
    assert _calibration_error(said, ended) < 0.04
    for low, high in ((0.05, 0.2), (0.2, 0.5), (0.5, 1.01)):
        held = (said >= low) & (said < high)
        spread = math.sqrt(0.25 / held.sum())
        assert entered[held].mean() > said[held].mean() - 2.0 * spread
    assert ended[said < 0.02].mean() < 0.03
