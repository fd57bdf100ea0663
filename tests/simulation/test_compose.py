"""Composed nights: the same for the same seed, of the kind asked for, and such as can be simulated and watched."""

from __future__ import annotations

import math
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from marsad import samples
from marsad.simulation import NIGHT_KINDS, ComposedNight, compose, make_country
from marsad.simulation.bodies import away_m
from marsad.simulation.country import generic_rockets
from marsad.simulation.line_ups import LINE_UPS
from marsad.simulation.night import check

SEED = 4711


@pytest.fixture(scope="module")
def nights() -> list[ComposedNight]:
    """Compose a hundred nights of one place."""
    return [compose(SEED, number) for number in range(100)]


def test_the_same_seed_gives_the_same_night_and_another_number_another(nights: list[ComposedNight]) -> None:
    again = compose(SEED, 0)
    assert again.scenario == nights[0].scenario
    assert again.site.sensors == nights[0].site.sensors
    assert nights[1].scenario != nights[0].scenario
    assert compose(SEED + 1, 0).scenario != nights[0].scenario


def test_a_run_is_the_same_for_the_same_seed(nights: list[ComposedNight]) -> None:
    night = min(nights, key=lambda one: one.scenario.duration_s)
    assert night.run().messages == night.run().messages


def test_every_place_is_another_and_level_where_people_are() -> None:
    places = [make_country(seed) for seed in range(6)]
    assert len({place.origin for place in places}) == len(places)
    for place in places:
        assert make_country(int(place.name.split()[1])).zones == place.zones
        heights = [zone.center.height_m for zone in place.zones[:1]]
        assert abs(heights[0] - place.origin.height_m) < 1.0
        kept = place.terrain.height_m
        assert (kept == kept.astype(np.float32)).all(), "a GeoTIFF keeps the very heights"
        farthest_m = max(math.hypot(*away_m(place.origin, zone.center)) for zone in place.zones)
        assert farthest_m < 5500.0


def test_all_kinds_come_and_trouble_in_three_of_ten(nights: list[ComposedNight]) -> None:
    kinds = Counter(night.kind for night in nights)
    assert set(kinds) == set(NIGHT_KINDS)
    assert 18 <= kinds["trouble"] <= 42, kinds  # 30 +- 2.6 sigma
    assert {night.scenario.name.split("_")[-1] for night in nights} == set(LINE_UPS)
    assert Counter(len(night.scenario.fault) for night in nights) == {0: 100 - kinds["trouble"], 1: kinds["trouble"]}


@pytest.mark.parametrize("kind", NIGHT_KINDS)
def test_a_kind_asked_for_is_what_comes(kind: str) -> None:
    for number in range(5):
        night = compose(SEED, number, kind)  # type: ignore[arg-type]
        assert night.kind == night.scenario.kind == kind
        assert bool(night.scenario.fault) == (kind == "trouble")
        launches: dict[str, list[float]] = {}
        for order in night.scenario.rocket:
            if not order.misfire:
                launches.setdefault(order.id.split("-")[0], []).append(order.launch_s)
        gaps_s = [b - a for times in launches.values() for a, b in pairwise(times)]
        if kind == "none":
            assert not launches
        if kind == "single":
            assert launches
            assert not gaps_s
        if kind in ("salvo", "dense"):
            # 0.3 s or less, or 0.5 s or more, and a rail fires up to some tenths of that late
            assert min(gaps_s) < 0.45 if kind == "dense" else min(gaps_s) > 0.3


def test_what_is_named_is_there_and_all_is_over_before_the_night_ends(nights: list[ComposedNight]) -> None:
    for night in nights:
        check(night.site, night.scenario)
        assert all(order.launch_s < night.scenario.duration_s - 15.0 for order in night.scenario.rocket)
    some_begin_before = [order for night in nights for order in night.scenario.flyer if order.start_s < 0]
    assert {order.kind for order in some_begin_before} == {"hostile_drone", "friendly_aircraft"}
    friends = [one for night in nights for one in night.scenario.flyer if one.kind == "friendly_aircraft"]
    assert {bool(one.transponder_id) for one in friends} == {True, False}, "some are silent"


def test_rockets_are_aimed_at_the_site_and_seen(nights: list[ComposedNight]) -> None:
    night = next(
        one
        for one in nights
        if one.kind == "single" and len(one.scenario.rocket) == 1 and "passing" not in one.scenario.description
        and "wide" not in one.scenario.description
    )  # fmt: skip
    run = night.run()
    (rocket,) = [body for body in run.truth.bodies if body.kind == "rocket"]
    assert rocket.impact is not None
    # aimed within 1.5 km (sigma) of the middle; a class's own spread is about 5 % of 16 km
    assert math.hypot(*away_m(night.site.origin, rocket.impact.place)) < 6000.0
    assert rocket.impact.time_s < night.scenario.duration_s


def test_the_generic_classes_are_those_of_the_sample_site() -> None:
    ours, plants = generic_rockets(), samples.gas_plant().rockets
    assert [(one.name, one.ideal_delta_v_ms, one.burn_s, one.propellant_fraction) for one in ours.classes] == [
        (one.name, one.ideal_delta_v_ms, one.burn_s, one.propellant_fraction) for one in plants.classes
    ]
    assert (ours.drag.mach == plants.drag.mach).all()
    assert (ours.drag.coefficient == plants.drag.coefficient).all()
