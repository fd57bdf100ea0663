"""What is a launch and what is not; how many there are; when a forecast is taken back."""

from __future__ import annotations

import msgspec
import pytest

from marsad.simulation.scenario import StormOrder
from marsad.terms import Bearing, Flash, Message, Plot
from trajectory.nights import LAUNCH_S, ROCKET, impacts, launches, night, offset_m, site_with, told


def test_a_misfire_is_told_as_one_and_leaves_no_forecast_standing() -> None:
    site = site_with("balloon", "drone", "acoustic")
    run = night(site, msgspec.structs.replace(ROCKET, misfire=True), duration_s=9.0)
    steps = told(site, run.messages)
    (event,) = launches(steps).values()
    assert event[-1].status == "misfire"
    assert event[-1].arrival_utc_ns < (LAUNCH_S + 6.0) * 1e9
    (body,) = (b for b in run.truth.bodies if b.object_id == "R")
    assert body.launch is not None
    assert abs(offset_m(event[-1].modes[0].position, body.launch.place)).max() < 60.0
    told_impacts = impacts(steps)
    first_s = event[0].arrival_utc_ns * 1e-9
    standing = [i for i in told_impacts if i.outcome == "forecast"]
    if standing:
        assert told_impacts[-1].outcome == "cancelled"
        assert told_impacts[-1].arrival_utc_ns * 1e-9 - standing[0].arrival_utc_ns * 1e-9 <= 3.0
    assert all(i.arrival_utc_ns * 1e-9 <= first_s + 3.0 for i in told_impacts)


@pytest.fixture(scope="module")
def burning() -> tuple[list[Message], list[Flash | Bearing]]:
    """Give a balloon's night without its sightings of a launch, and those sightings: flash first, then plumes."""
    site = site_with("balloon")
    run = night(site, ROCKET, duration_s=8.0)
    seen = [m for m in run.messages if isinstance(m, Flash | Bearing) and m.detection_id in run.truth.labels]
    assert isinstance(seen[0], Flash)
    assert sum(isinstance(m, Bearing) for m in seen) >= 12
    strangers = {m.detection_id for m in run.messages if isinstance(m, Flash | Bearing)}
    return [m for m in run.messages if getattr(m, "detection_id", None) not in strangers], seen


@pytest.mark.parametrize(("plumes", "expected"), [(0, 0), (2, 0), (12, 1)])
def test_a_flash_with_its_afterglow_is_no_launch(
    burning: tuple[list[Message], list[Flash | Bearing]], plumes: int, expected: int
) -> None:
    rest, seen = burning
    chosen = sorted([*rest, *seen[: 1 + plumes]], key=lambda m: m.arrival_utc_ns)
    assert len(launches(told(site_with("balloon"), chosen))) == expected


@pytest.mark.parametrize(("is_moving", "expected"), [(True, 1), (False, 0)])
def test_a_few_sightings_of_two_cameras_are_a_launch_if_what_they_see_moves(is_moving: bool, expected: int) -> None:
    site = site_with("balloon", "drone")
    run = night(site, ROCKET, duration_s=8.0)
    by_camera: dict[str, list[Bearing]] = {}
    for m in run.messages:
        if isinstance(m, Bearing) and m.kind == "plume" and m.detection_id in run.truth.labels:
            by_camera.setdefault(m.sensor_id, []).append(m)
    assert len(by_camera) >= 2
    chosen: list[Message] = []
    for seen in by_camera.values():
        early, late = (min(seen, key=lambda m: abs(m.time_utc_ns * 1e-9 - LAUNCH_S - s)) for s in (0.2, 0.5))
        still = msgspec.structs.replace(late, azimuth_rad=early.azimuth_rad, elevation_rad=early.elevation_rad)
        chosen += [early, late if is_moving else still]
    # frames nearer to one another than a chain's 0.45 s, and no camera with enough of them to make a launch alone
    assert len(chosen) <= 3 * len(by_camera)
    seen_ids = {m.detection_id for m in run.messages if isinstance(m, Flash | Bearing)}
    rest = [m for m in run.messages if getattr(m, "detection_id", None) not in seen_ids and not isinstance(m, Plot)]
    steps = told(site, sorted([*rest, *chosen], key=lambda m: m.arrival_utc_ns))
    assert len(launches(steps)) == expected


def test_a_storm_of_flashes_makes_no_launch() -> None:
    site = site_with("balloon", "drone")
    run = night(site, duration_s=9.0, storm=(StormOrder(from_s=1.0, duration_s=6.0, count=150),))
    assert sum(isinstance(m, Flash) for m in run.messages) > 100
    steps = told(site, run.messages)
    assert not launches(steps)
    assert not [i for i in impacts(steps) if i.outcome == "forecast"]


def test_a_salvo_of_twelve_in_six_seconds_is_twelve_launches_of_one_site() -> None:
    site = site_with("balloon", "drone", "radar")
    orders = msgspec.structs.replace(ROCKET, count=12, interval_s=0.5, azimuth_sigma_deg=1.0, elevation_sigma_deg=1.0)
    run = night(site, orders, duration_s=13.0)
    events = {name: e for name, e in launches(told(site, run.messages)).items() if e[-1].status == "confirmed"}
    assert len(events) == 12
    times = sorted(e[-1].modes[0].time_utc_ns * 1e-9 for e in events.values())
    assert times == pytest.approx([LAUNCH_S + 0.5 * k for k in range(12)], abs=0.2)
    assert len({e[-1].launch_site_id for e in events.values()}) == 1


def test_two_launches_from_one_point_are_two_of_one_site_whose_place_is_pooled() -> None:
    site = site_with("balloon", "radar")
    first = msgspec.structs.replace(ROCKET, elevation_deg=52.0)
    second = msgspec.structs.replace(ROCKET, id="S", launch_s=62.0)
    elsewhere = msgspec.structs.replace(ROCKET, id="T", launch_s=64.0, east_m=4400.0, north_m=6500.0, azimuth_deg=214.0)
    run = night(site, first, second, elsewhere, duration_s=74.0)
    events = [e for e in launches(told(site, run.messages)).values() if e[-1].status == "confirmed"]
    assert len(events) == 3
    one, two, three = sorted(events, key=lambda e: e[-1].modes[0].time_utc_ns)
    if abs(offset_m(two[-1].modes[0].position, one[-1].modes[0].position)).max() > 500.0:
        two, three = three, two
    assert one[-1].launch_site_id == two[-1].launch_site_id
    assert three[-1].launch_site_id != one[-1].launch_site_id
    assert three[-1].site is None
    site_place = two[-1].site
    assert site_place is not None
    (body,) = (b for b in run.truth.bodies if b.object_id == "R")
    assert body.launch is not None
    e, n = offset_m(site_place.position, body.launch.place)
    ee, _, nn = site_place.covariance_en_m2
    assert e * e / ee + n * n / nn < 14.0
