"""The blind zone: what no warning can reach, held against flights of their own and against geometry."""

from __future__ import annotations

import math
from dataclasses import replace

import msgspec
import numpy as np
import pytest

from marsad import samples
from marsad.geo.frames import enu_from_geodetic
from marsad.plan.blind import BlindParams, BlindZone, blind_zones, flat_flights, outlines
from marsad.simulation import bodies
from marsad.simulation.scenario import RocketOrder

SITE = samples.gas_plant()
PARAMS = BlindParams()


def metres(line: np.ndarray) -> np.ndarray:
    """Turn a line of latitude and longitude into metres about the site's origin."""
    o = SITE.origin
    return np.array(
        [enu_from_geodetic(lat, lon, o.height_m, o.latitude_rad, o.longitude_rad, o.height_m)[:2] for lat, lon in line]
    )


def test_what_a_zone_needs_is_the_sum_of_its_parts() -> None:
    for zone, blind in zip(SITE.zones, blind_zones(SITE, PARAMS), strict=True):
        assert blind.zone_id == zone.zone_id
        assert blind.needed_s == pytest.approx(5.0 + 1.0 + SITE.policy.notify_s + zone.shelter_s)


def test_the_distance_is_where_a_simulated_rocket_takes_just_as_long_as_is_needed() -> None:
    """The simulation flies over the site's real ground with its own start; a few per cent lie between the two."""
    env = bodies.environment(SITE, 0.0, 0.0)
    for blind in blind_zones(SITE, PARAMS):
        order = RocketOrder(
            id="R", rocket_class=blind.rocket_class, launch_s=0.0, east_m=0.0, north_m=0.0, azimuth_deg=90.0,
            elevation_deg=math.degrees(blind.elevation_rad), spread="none",
        )  # fmt: skip
        (flown,) = bodies.rockets(SITE, order, env, np.random.default_rng(0))
        assert flown.impact is not None
        assert flown.impact.time_s == pytest.approx(blind.needed_s, rel=0.06)
        away = np.linalg.norm(flown.path.position_m[-1] - flown.path.position_m[0])
        assert away == pytest.approx(blind.distance_m, rel=0.06)


def test_nothing_that_is_reckoned_with_lands_in_time_from_further_off() -> None:
    flights = flat_flights(SITE, PARAMS)
    for blind in blind_zones(SITE, PARAMS):
        for one in flights:
            in_time = one.range_m[one.time_s <= blind.needed_s]
            assert in_time.size == 0 or in_time.max() <= blind.distance_m + 1.0


def test_more_shelter_time_never_makes_the_blind_zone_smaller() -> None:
    zones = tuple(msgspec.structs.replace(SITE.zones[0], zone_id=f"Z{s}", shelter_s=float(s)) for s in range(0, 70, 5))
    distances = [b.distance_m for b in blind_zones(replace(SITE, zones=zones), PARAMS)]
    assert distances == sorted(distances)
    assert distances[0] == 0.0, "in 8 s nothing that is reckoned with has landed"
    assert distances[-1] == pytest.approx(max(f.range_m.max() for f in flat_flights(SITE, PARAMS)))


def test_the_outlines_run_at_the_distance_from_the_zones_edge() -> None:
    lone = next(zone for zone in SITE.zones if zone.radius_m is not None)
    site = replace(SITE, zones=(lone,))
    (blind,) = blind_zones(site, PARAMS)
    drawn = outlines(site, (blind,))
    (ring,) = drawn.some
    assert np.array_equal(ring, drawn.every[0]), "with one zone some are all"
    assert np.array_equal(ring[0], ring[-1])
    o = SITE.origin
    middle = enu_from_geodetic(
        lone.center.latitude_rad, lone.center.longitude_rad, o.height_m, o.latitude_rad, o.longitude_rad, o.height_m
    )[:2]
    away = np.hypot(*(metres(ring) - middle).T)
    assert lone.radius_m is not None
    np.testing.assert_allclose(away, lone.radius_m + blind.distance_m, rtol=2e-3)


def test_a_launch_blind_for_every_zone_is_nearer_than_one_blind_for_some() -> None:
    drawn = outlines(SITE, blind_zones(SITE, PARAMS))
    outer, inner = metres(drawn.some[0]), metres(drawn.every[0])
    assert np.hypot(*inner.T).max() < np.hypot(*outer.T).min()


def test_two_zones_far_apart_have_two_outlines_and_no_common_one() -> None:
    far = msgspec.structs.replace(
        SITE.zones[3], zone_id="far", center=bodies.place_at(SITE, 60_000.0, 0.0), shelter_s=10.0
    )
    site = replace(SITE, zones=(SITE.zones[3], far))
    drawn = outlines(site, blind_zones(site, PARAMS))
    assert (len(drawn.some), len(drawn.every)) == (2, 0)


def test_no_zone_is_blind_where_every_flight_leaves_time() -> None:
    quick = BlindZone(zone_id="x", needed_s=1.0, distance_m=0.0)
    drawn = outlines(replace(SITE, zones=SITE.zones[:1]), (quick,))
    assert drawn.some == drawn.every == ()
