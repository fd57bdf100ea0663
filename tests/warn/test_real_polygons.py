"""A whole country's warning zones: real polygons, official shelter times, Arabic names."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from marsad.geo.zones import prepare_zones, zone_probabilities
from marsad.sensing.site import WarningPolicy
from marsad.terms import Geodetic, ImpactForecast, PointMode, Zone, ZoneRisk
from marsad.warn import Evidence, explain, init, step

SECOND_NS = 1_000_000_000
T0 = 1_700_000_000 * SECOND_NS
TEL_AVIV = Geodetic.from_degrees(32.07, 34.80)


@pytest.fixture(scope="module")
def country(shared: Path) -> tuple[Zone, ...]:
    folder = shared / "data/alert_zones"
    polygons = json.loads((folder / "polygons.json").read_text(encoding="utf-8"))
    cities = {str(c["id"]): c for c in json.loads((folder / "cities.json").read_text(encoding="utf-8"))}
    return tuple(
        Zone(
            zone_id=key,
            name=city["name_en"],
            name_ar=city["name_ar"],
            center=Geodetic.from_degrees(city["lat"], city["lng"]),
            shelter_s=float(city["countdown"]),
            polygon_rad=tuple((math.radians(a), math.radians(o)) for a, o in ring),
            buffer_m=250.0,
        )
        for key, ring in polygons.items()
        for city in [cities.get(key) or nearest(ring, cities)]
    )


def nearest(ring: list[list[float]], cities: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The zone whose entry lies nearest, for the few polygons that have none of their own."""
    a, o = np.mean(ring, axis=0)
    return min(cities.values(), key=lambda c: (c["lat"] - a) ** 2 + (0.85 * (c["lng"] - o)) ** 2)


def quasi_normal(count: int) -> np.ndarray:
    k = np.arange(count)
    radius = np.sqrt(-2.0 * np.log1p(-(k + 0.5) / count))
    angle = 2 * np.pi * ((k * 0.6180339887498949) % 1.0)
    return np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])


def forecast_over(zones: tuple[Zone, ...], probabilities: np.ndarray, event: str, axis_m: float) -> ImpactForecast:
    at = T0 + 80 * SECOND_NS
    risks = tuple(
        ZoneRisk(
            zone_id=zone.zone_id,
            probability=float(p),
            time_q05_utc_ns=at - SECOND_NS,
            time_q50_utc_ns=at,
            time_q95_utc_ns=at + SECOND_NS,
        )
        for zone, p in zip(zones, probabilities, strict=True)
        if p > 1e-3
    )
    sigma = axis_m / math.sqrt(5.991)
    mode = PointMode(
        weight=1.0,
        position=TEL_AVIV,
        covariance_en_m2=(sigma**2, 0.0, sigma**2),
        time_utc_ns=at,
        time_sigma_s=0.6,
    )
    return ImpactForecast(event_id=event, outcome="forecast", arrival_utc_ns=T0, modes=(mode,), zone_risks=risks)


def test_the_zones_alarmed_are_those_that_the_forecast_reaches(country: tuple[Zone, ...]) -> None:
    assert len(country) == 1420
    assert all(zone.name_ar for zone in country)
    assert {zone.shelter_s for zone in country} >= {0.0, 15.0, 30.0, 45.0, 60.0, 90.0}
    shapes = prepare_zones(country, TEL_AVIV)
    points = quasi_normal(2000)
    weight, mean = np.ones(1), np.zeros((1, 2))
    for k, axis_m in enumerate((500.0, 550.0, 590.0, 3000.0, 20_000.0)):
        state = init(country, WarningPolicy(wait_semi_major_m=math.inf, probability_on=0.02))
        sigma = axis_m / math.sqrt(5.991)
        p = zone_probabilities(weight, mean, np.array([[sigma**2, 0.0, sigma**2]]), points, shapes)
        state, said = step(state, Evidence(now_utc_ns=T0, impacts=(forecast_over(country, p, f"R{k}", axis_m),)))
        alarmed = {w.zone_id for w in said if w.level == "take_shelter"}
        assert alarmed == {z.zone_id for z, q in zip(country, p, strict=True) if q >= 0.02}
        assert alarmed or axis_m > 3000


def test_a_salvo_over_the_whole_country_is_one_alarm_a_zone(country: tuple[Zone, ...]) -> None:
    state = init(country, WarningPolicy())
    everywhere = np.full(len(country), 0.9)
    for k in range(5):
        state, said = step(
            state,
            Evidence(
                now_utc_ns=T0 + k * SECOND_NS // 10, impacts=(forecast_over(country, everywhere, f"R{k}", 400.0),)
            ),
        )
        assert len(said) == (len(country) if k == 0 else 0), "one alarm a zone, not one a rocket"


def test_the_alarm_is_told_with_the_zones_arabic_name(country: tuple[Zone, ...]) -> None:
    zone = country[0]
    probabilities = np.zeros(len(country))
    probabilities[0] = 0.5
    state, said = step(
        init(country, WarningPolicy()),
        Evidence(now_utc_ns=T0, impacts=(forecast_over(country, probabilities, "R", 400.0),)),
    )
    text = explain(said[0], zone.name_ar, state.decisions[0].inputs, "ar")
    assert zone.name_ar in text
    assert "احتموا" in text
