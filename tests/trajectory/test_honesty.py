"""Covariances and modes that tell the truth: two ways when two are possible, no shrinking without news."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from marsad.terms import ImpactForecast, Message, Plot
from trajectory.nights import (
    LAUNCH_S,
    ROCKET,
    impacts,
    is_detection,
    launches,
    night,
    offset_m,
    sigma_m,
    site_with,
    told,
)


def share_toward(forecast: ImpactForecast, launch: object, toward_en: np.ndarray) -> float:
    """Weight of the impact modes on the side of the launch point that ``toward_en`` points to."""
    return sum(m.weight for m in forecast.modes if offset_m(m.position, launch) @ toward_en > 0.0)  # type: ignore[arg-type]


def test_one_bearing_sensor_keeps_toward_and_away_side_by_side() -> None:
    """Three seconds after a launch seen by the balloon alone, each way has 10 % or more in most nights."""
    site = site_with("balloon")
    both = 0
    for seed in range(6):
        run = night(site, ROCKET, seed=seed, duration_s=LAUNCH_S + 3.0)
        (body,) = (b for b in run.truth.bodies if b.object_id == "R")
        assert body.launch is not None
        steps = told(site, run.messages)
        last = [i for i in impacts(steps) if i.outcome == "forecast"][-1]
        toward = share_toward(last, body.launch.place, offset_m(site.origin, body.launch.place))
        assert sum(m.weight for m in last.modes) == pytest.approx(1.0)
        both += 0.1 <= toward <= 0.9
    assert both >= 4


def test_two_sensors_that_triangulate_settle_the_way() -> None:
    site = site_with("balloon", "radar")
    run = night(site, ROCKET, duration_s=LAUNCH_S + 6.0)
    (body,) = (b for b in run.truth.bodies if b.object_id == "R")
    assert body.launch is not None
    last = [i for i in impacts(told(site, run.messages)) if i.outcome == "forecast"][-1]
    assert share_toward(last, body.launch.place, offset_m(site.origin, body.launch.place)) > 0.99


def late_and_mixed(messages: tuple[Message, ...], rng: np.random.Generator) -> list[Message]:
    """Every detection up to five seconds later than it came."""
    moved = [
        msgspec.structs.replace(m, arrival_utc_ns=m.arrival_utc_ns + int(rng.uniform(0.0, 5e9)))
        if is_detection(m)
        else m
        for m in messages
    ]
    return sorted(moved, key=lambda m: m.arrival_utc_ns)


def test_late_detections_out_of_order_end_in_the_same_estimate() -> None:
    site = site_with("balloon", "drone", "radar")
    run = night(site, ROCKET, duration_s=20.0)
    kept = [m for m in run.messages if not is_detection(m) or m.time_utc_ns < 14e9]
    (early,) = launches(told(site, kept)).values()
    mixed = late_and_mixed(tuple(kept), np.random.default_rng(3))
    assert [m for m in mixed if is_detection(m)] != [m for m in kept if is_detection(m)]
    confirmed = [e for e in launches(told(site, mixed)).values() if e[-1].status == "confirmed"]
    (late,) = confirmed
    for estimate in (early[-1], late[-1]):
        assert len(estimate.modes) == 1
    apart = np.abs(offset_m(late[-1].modes[0].position, early[-1].modes[0].position)).max()
    assert apart < 0.5 * sigma_m(early[-1].modes[0].covariance_en_m2)
    assert sigma_m(late[-1].modes[0].covariance_en_m2) == pytest.approx(
        sigma_m(early[-1].modes[0].covariance_en_m2), rel=0.15
    )


def test_a_radar_that_dies_leaves_a_covariance_that_does_not_shrink() -> None:
    site = site_with("radar")
    run = night(site, ROCKET, duration_s=22.0)
    dies_ns = int((LAUNCH_S + 8.0) * 1e9)
    cut = [m for m in run.messages if not (isinstance(m, Plot) and m.time_utc_ns > dies_ns)]
    alive = [i for i in impacts(told(site, run.messages)) if i.outcome == "forecast"]
    dead = [i for i in impacts(told(site, cut)) if i.outcome == "forecast"]
    before = [i for i in dead if i.arrival_utc_ns <= dies_ns + 1_500_000_000]
    assert len(before) >= 3
    floor_m = sigma_m(before[-1].modes[0].covariance_en_m2)
    for later in dead[len(before) :]:
        assert sigma_m(later.modes[0].covariance_en_m2) >= 0.99 * floor_m
    assert sigma_m(dead[-1].modes[0].covariance_en_m2) > 1.5 * sigma_m(alive[-1].modes[0].covariance_en_m2)
