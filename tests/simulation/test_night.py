"""The simulator: physics seen right, errors of the stated size, faults that do what they say, nothing by chance."""

from __future__ import annotations

import dataclasses
import math
from collections import Counter

import msgspec
import numpy as np
import pytest

from marsad import samples
from marsad.flight.atmosphere import air
from marsad.geo.frames import enu_from_geodetic
from marsad.sensing.site import Site
from marsad.simulation import Run, Scenario, simulate_night
from marsad.simulation.bodies import Body
from marsad.simulation.paths import ecef, geodetic, look, sees
from marsad.simulation.scenario import FaultOrder, FlyerOrder, OrbitOrder, RocketOrder, StormOrder
from marsad.terms import (
    Bearing,
    BiasPrior,
    CooperativeReport,
    Flash,
    Geodetic,
    Heartbeat,
    Impulse,
    Message,
    Plot,
    PoseReport,
    SensorReport,
)

ROCKET = RocketOrder(
    id="R", rocket_class="short", launch_s=10.0, east_m=5600.0, north_m=5350.0, azimuth_deg=226.0, elevation_deg=50.0
)
DRONE = FlyerOrder(
    id="A", kind="hostile_drone", speed_ms=30.0, waypoints_m=[(4000.0, 1500.0), (2000.0, 1200.0), (900.0, 400.0)],
    height_m=150.0, follows_terrain=True, ends_in_impact=True,
)  # fmt: skip
HELI = FlyerOrder(
    id="H", kind="friendly_aircraft", speed_ms=50.0, waypoints_m=[(-5000.0, 2000.0), (3000.0, 3000.0)], height_m=500.0,
    transponder_id="F1",
)  # fmt: skip


@pytest.fixture(scope="module")
def site() -> Site:
    return samples.gas_plant()


@pytest.fixture(scope="module")
def true_site(site: Site) -> Site:
    """Give the site with sensors that have no constant errors, all seeing and without clutter."""
    sensors = tuple(
        msgspec.structs.replace(
            sensor, bias_prior=BiasPrior(), detection_probability=1.0, false_flashes_per_s=0.0,
            false_plots_per_scan=0.0, false_impulses_per_s=0.0,
        )
        for sensor in site.sensors
    )  # fmt: skip
    return dataclasses.replace(site, sensors=sensors)


def run(site: Site, seed: int = 1, **scenario: object) -> Run:
    given = {"name": "test", "duration_s": 90.0, "wind_error": False} | scenario
    return simulate_night(site, Scenario(**given), np.random.default_rng(seed))  # type: ignore[arg-type]


def detections(night: Run, object_id: str | None, kind: type, sensor_id: str = "") -> list[Message]:
    found = []
    for message in night.messages:
        if isinstance(message, kind) and sensor_id in ("", message.sensor_id):  # type: ignore[attr-defined]
            label = night.truth.labels.get(message.detection_id)  # type: ignore[attr-defined]
            if (label[0] if label else None) == object_id:
                found.append(message)
    return found


def body(night: Run, object_id: str) -> Body:
    (found,) = [one for one in night.truth.bodies if one.object_id == object_id]
    return found


def test_the_same_seed_gives_the_same_night_and_another_seed_another(site: Site) -> None:
    orders = {"rocket": [ROCKET], "flyer": [DRONE, HELI]}
    assert run(site, 5, **orders).messages == run(site, 5, **orders).messages
    assert run(site, 5, **orders).messages != run(site, 6, **orders).messages


def test_messages_come_in_order_of_arrival_within_the_night_with_unique_names(site: Site) -> None:
    night = run(site, rocket=[ROCKET], flyer=[DRONE, HELI])
    arrivals = [message.arrival_utc_ns for message in night.messages]
    assert arrivals == sorted(arrivals)
    assert 0 <= arrivals[0] <= arrivals[-1] < 90e9
    names = [m.detection_id for m in night.messages if isinstance(m, Flash | Bearing | Plot | Impulse)]
    assert len(set(names)) == len(names)
    assert set(night.truth.labels) <= set(names)


def test_every_kind_of_sensor_speaks(site: Site) -> None:
    night = run(site, rocket=[ROCKET], flyer=[DRONE, HELI])
    kinds = Counter(type(message).__name__ for message in night.messages)
    for name in (
        "SensorReport",
        "WeatherReport",
        "PoseReport",
        "Heartbeat",
        "Flash",
        "Bearing",
        "Plot",
        "Impulse",
        "CooperativeReport",
    ):
        assert kinds[name] > 0, name
    bearings = Counter(m.kind for m in night.messages if isinstance(m, Bearing))
    assert set(bearings) == {"plume", "hot", "object"}
    assert {m.sensor_id for m in night.messages if isinstance(m, Heartbeat)} == {s.sensor_id for s in site.sensors}


def test_radar_plots_lie_where_the_rocket_is_within_the_stated_noise(true_site: Site) -> None:
    night = run(true_site, rocket=[ROCKET])
    rocket, radar = body(night, "R"), next(s for s in true_site.sensors if s.kind == "radar")
    normal = []
    plots = detections(night, "R", Plot)
    assert len(plots) > 40
    for plot in plots:
        assert isinstance(plot, Plot)
        true = look(ecef(radar.position), rocket.path.at(plot.time_utc_ns / 1e9)[0])
        normal += [
            (plot.range_m - true.range_m) / math.sqrt(plot.covariance[0]),
            math.remainder(plot.azimuth_rad - true.azimuth_rad, 2 * math.pi) / math.sqrt(plot.covariance[3]),
            (plot.elevation_rad - true.elevation_rad) / math.sqrt(plot.covariance[5]),
        ]
    # 95 % of a chi-square over n degrees lies within 3 sqrt(2 n) of n, amply
    assert abs(np.sum(np.square(normal)) - len(normal)) < 3 * math.sqrt(2 * len(normal))
    assert abs(np.mean(normal)) < 3 / math.sqrt(len(normal))


def test_bearings_from_moving_cameras_lie_where_the_rocket_is(true_site: Site) -> None:
    night = run(true_site, rocket=[ROCKET])
    rocket = body(night, "R")
    normal = []
    for sensor_id in ("EO-D1", "EO-D2"):
        drone = body(night, sensor_id)
        for seen in detections(night, "R", Bearing, sensor_id):
            assert isinstance(seen, Bearing)
            time_s = seen.time_utc_ns / 1e9
            if seen.kind == "plume" and time_s > rocket.burnout_s + 0.1:
                continue  # the glow of the impact
            true = look(drone.path.at(time_s)[0], rocket.path.at(time_s)[0])
            sigma = math.sqrt(seen.covariance_rad2[0])
            normal += [
                math.remainder(seen.azimuth_rad - true.azimuth_rad, 2 * math.pi) / sigma,
                (seen.elevation_rad - true.elevation_rad) / sigma,
            ]
    assert len(normal) > 100
    assert abs(np.sum(np.square(normal)) - len(normal)) < 3 * math.sqrt(2 * len(normal))


def test_constant_errors_have_the_size_that_the_sensor_states(site: Site) -> None:
    radar = next(s for s in site.sensors if s.kind == "radar")
    means = []
    for seed in range(30):
        night = run(dataclasses.replace(site, sensors=(radar,)), seed, flyer=[HELI], duration_s=60.0)
        helicopter = body(night, "H")
        errors = [
            plot.range_m - look(ecef(radar.position), helicopter.path.at(plot.time_utc_ns / 1e9)[0]).range_m
            for plot in detections(night, "H", Plot)
            if isinstance(plot, Plot)
        ]
        means.append(np.mean(errors))
    noise = 20.0 / math.sqrt(60 * 1.5 * 0.9)
    assert np.std(means) == pytest.approx(math.hypot(radar.bias_prior.range_m, noise), rel=0.4)


def test_sound_arrives_after_it_has_come_through_wind_and_air(true_site: Site) -> None:
    assert true_site.weather is not None
    weather = msgspec.structs.replace(true_site.weather, wind_east_ms=-6.0, wind_north_ms=-6.0)
    night = run(dataclasses.replace(true_site, weather=weather), rocket=[ROCKET])
    launch = body(night, "R").launch
    assert launch is not None
    heard = detections(night, "R", Impulse)
    assert len(heard) == 6  # three arrays, launch and impact
    first = {
        m.sensor_id: m for m in heard if isinstance(m, Impulse) and night.truth.labels[m.detection_id][1] == "launch"
    }
    for array in (s for s in true_site.sensors if s.kind == "acoustic"):
        bang = first[array.sensor_id]
        distance = float(np.linalg.norm(ecef(launch.place) - ecef(array.position)))
        still = distance / air(0.5 * (launch.place.height_m + array.position.height_m))[2]
        e, n, _ = enu_from_geodetic(
            array.position.latitude_rad, array.position.longitude_rad, array.position.height_m,
            launch.place.latitude_rad, launch.place.longitude_rad, launch.place.height_m,
        )  # fmt: skip
        along = -6.0 * (e + n) / math.hypot(e, n)
        delay = bang.time_utc_ns / 1e9 - launch.time_s
        assert abs(delay - still) > 0.3
        # the wind at some tens of metres is a little more than at the foot of its profile
        assert delay == pytest.approx(still / (1 + 1.03 * along / 341.0), abs=0.05)


def test_ground_hides_what_is_behind_it(true_site: Site) -> None:
    grid = true_site.terrain
    wall = grid.height_m.copy()
    rows, columns = wall.shape
    row, column = np.mgrid[0:rows, 0:columns]
    wall[(np.abs((row - rows // 2) + (column - columns // 2) - 60) < 3)] += 3000.0
    walled = dataclasses.replace(true_site, terrain=dataclasses.replace(grid, height_m=wall))
    seen = detections(run(true_site, rocket=[ROCKET], duration_s=12.0), "R", Bearing)
    hidden = detections(run(walled, rocket=[ROCKET], duration_s=12.0), "R", Bearing)
    assert len(seen) > 30
    assert hidden == []


def test_a_line_of_sight_is_clear_above_flat_ground_and_not_through_a_hill(true_site: Site) -> None:
    flat = dataclasses.replace(true_site.terrain, height_m=np.full_like(true_site.terrain.height_m, 100.0))
    a, b = Geodetic.from_degrees(31.5, 42.45, 130.0), Geodetic.from_degrees(31.5, 42.55, 130.0)
    assert sees(flat, ecef(a), ecef(b))
    hill = flat.height_m.copy()
    hill[:, 198:203] = 140.0
    assert not sees(dataclasses.replace(flat, height_m=hill), ecef(a), ecef(b))
    # the Earth's own curve hides a target on the ground 60 km away from an eye 30 m up
    low, far = Geodetic.from_degrees(31.5, 42.2, 130.0), Geodetic.from_degrees(31.5, 42.85, 101.0)
    assert not sees(flat, ecef(low), ecef(far))


def test_cameras_see_only_what_they_look_at(true_site: Site) -> None:
    night = run(true_site, rocket=[ROCKET])
    turned = Scenario(
        name="t", duration_s=30.0, rocket=[ROCKET], orbit=[OrbitOrder(sensor_id="EO-D1", look_azimuth_deg=250.0)]
    )
    away = simulate_night(true_site, turned, np.random.default_rng(1))
    assert detections(away, "R", Bearing, "EO-D1") == []
    assert len(detections(night, "R", Bearing)) > 0


def test_a_misfire_has_flash_and_bang_but_no_flight(true_site: Site) -> None:
    night = run(true_site, rocket=[msgspec.structs.replace(ROCKET, misfire=True)])
    misfire = body(night, "R")
    assert (misfire.kind, misfire.impact) == ("misfire", None)
    assert len(detections(night, "R", Flash)) >= 1
    assert len(detections(night, "R", Impulse)) == 3
    assert detections(night, "R", Plot) == []
    plumes = detections(night, "R", Bearing)
    assert plumes
    assert all(isinstance(m, Bearing) and m.time_utc_ns / 1e9 < 10.5 for m in plumes)


def test_a_salvo_counts_and_spreads(site: Site) -> None:
    salvo = msgspec.structs.replace(ROCKET, count=6, interval_s=0.5, azimuth_sigma_deg=1.0)
    night = run(site, rocket=[salvo])
    launches = [one.launch for one in night.truth.bodies if one.kind == "rocket"]
    assert [round(m.time_s, 3) for m in launches if m] == [10.0, 10.5, 11.0, 11.5, 12.0, 12.5]
    impacts = [one.impact for one in night.truth.bodies if one.impact]
    assert len({round(m.place.latitude_deg, 4) for m in impacts}) == 6
    assert len({one.parameters["ln_dv"] for one in night.truth.bodies if one.kind == "rocket"}) == 6


def test_without_spread_a_rocket_is_the_table_of_its_class(site: Site) -> None:
    night = run(site, rocket=[msgspec.structs.replace(ROCKET, spread="none")])
    assert {body(night, "R").parameters[key] for key in ("ln_dv", "ln_burn", "ln_drag", "dem_error_m")} == {0.0}
    assert body(night, "R").prior == "class_known"
    assert body(run(site, rocket=[msgspec.structs.replace(ROCKET, spread="wide")]), "R").prior == "class_unknown"


def test_a_drone_follows_the_ground_and_comes_down_at_its_last_waypoint(site: Site) -> None:
    drone = body(run(site, flyer=[DRONE]), "A")
    assert drone.impact is not None
    east, north, _ = enu_from_geodetic(
        drone.impact.place.latitude_rad, drone.impact.place.longitude_rad, drone.impact.place.height_m,
        site.origin.latitude_rad, site.origin.longitude_rad, site.origin.height_m,
    )  # fmt: skip
    assert (east, north) == pytest.approx((900.0, 400.0), abs=2.0)
    for time_s in np.arange(0.0, drone.path.end_s - 9.0, 2.0):
        position, velocity = drone.path.at(float(time_s))
        place = geodetic(position)
        above = place.height_m - site.terrain.height_at(place.latitude_rad, place.longitude_rad)
        assert 15.0 <= above < 230.0
        assert np.linalg.norm(velocity) == pytest.approx(30.0, abs=8.0)


def test_zones_at_risk_are_those_with_the_impact_in_their_buffer(site: Site) -> None:
    truth = run(site, flyer=[DRONE]).truth
    assert "Z02" in truth.zones_at_risk["A"]
    assert "Z09" not in truth.zones_at_risk["A"]


def test_cooperative_reports_say_where_the_aircraft_is_or_is_not(site: Site) -> None:
    for offset, expected in (((0.0, 0.0, 0.0), 0.0), ((3000.0, 0.0, 0.0), 3000.0)):
        night = run(site, flyer=[msgspec.structs.replace(HELI, report_offset_m=offset)])
        reports = [m for m in night.messages if isinstance(m, CooperativeReport)]
        assert len(reports) > 80
        off = [np.linalg.norm(ecef(m.position) - body(night, "H").path.at(m.time_utc_ns / 1e9)[0]) for m in reports]
        assert np.mean(off) == pytest.approx(expected, abs=40.0)
    silent = run(site, flyer=[msgspec.structs.replace(HELI, transponder_id="")])
    assert not any(isinstance(m, CooperativeReport) for m in silent.messages)


def test_clutter_comes_at_the_stated_rate(site: Site) -> None:
    night = run(site, duration_s=600.0)
    flashes = detections(night, None, Flash)
    assert len(flashes) == pytest.approx(3 * 6, abs=13)
    assert len(detections(night, None, Plot)) == pytest.approx(900 * 0.3, abs=60)
    storm = run(site, storm=[StormOrder(from_s=20.0, duration_s=10.0, count=50)])
    assert len(detections(storm, None, Flash)) >= 150


def with_fault(site: Site, kind: str, magnitude: float = 0.0, from_s: float = 0.0, sensor_id: str = "RD-1") -> Run:
    return run(
        site, flyer=[HELI], fault=[FaultOrder(sensor_id=sensor_id, kind=kind, magnitude=magnitude, from_s=from_s)]
    )  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "magnitude", "field"), [("range_bias", 300.0, 0), ("azimuth_bias", 40.0, 1), ("elevation_bias", 40.0, 2)]
)
def test_biases(true_site: Site, kind: str, magnitude: float, field: int) -> None:
    night = with_fault(true_site, kind, magnitude, from_s=40.0)
    radar, helicopter = next(s for s in true_site.sensors if s.kind == "radar"), body(night, "H")
    off: dict[bool, list[float]] = {False: [], True: []}
    for plot in detections(night, "H", Plot):
        assert isinstance(plot, Plot)
        true = look(ecef(radar.position), helicopter.path.at(plot.time_utc_ns / 1e9)[0])
        errors = (
            plot.range_m - true.range_m,
            1e3 * math.remainder(plot.azimuth_rad - true.azimuth_rad, 2 * math.pi),
            1e3 * (plot.elevation_rad - true.elevation_rad),
        )
        off[plot.time_utc_ns / 1e9 > 40.0].append(errors[field])
    assert np.mean(off[False]) == pytest.approx(0.0, abs=8.0)
    assert np.mean(off[True]) == pytest.approx(magnitude, abs=8.0)
    assert night.truth.faults == {"RD-1": {kind: magnitude}}


def test_a_wrong_clock_shifts_stamps_and_not_arrivals(true_site: Site) -> None:
    night, right = with_fault(true_site, "clock", 2.0), run(true_site, flyer=[HELI])
    for wrong_plot, plot in zip(detections(night, "H", Plot), detections(right, "H", Plot), strict=True):
        assert isinstance(wrong_plot, Plot)
        assert isinstance(plot, Plot)
        assert wrong_plot.arrival_utc_ns == plot.arrival_utc_ns
        assert wrong_plot.time_utc_ns - plot.time_utc_ns == 2_000_000_000


def test_a_silent_sensor_says_nothing_more_not_even_that_it_lives(true_site: Site) -> None:
    night = with_fault(true_site, "silent", from_s=30.0)
    last = max(m.arrival_utc_ns for m in night.messages if getattr(m, "sensor_id", "") == "RD-1")
    assert 28e9 < last < 32e9


def test_a_frozen_sensor_repeats_itself(true_site: Site) -> None:
    night = with_fault(true_site, "frozen", from_s=30.0)
    ranges = {m.range_m for m in night.messages if isinstance(m, Plot) and m.arrival_utc_ns > 30e9}
    assert len(ranges) == 1
    stamps = [m.time_utc_ns for m in night.messages if isinstance(m, Plot) and m.arrival_utc_ns > 30e9]
    assert len(set(stamps)) == len(stamps)


def test_a_lying_sensor_points_anywhere(true_site: Site) -> None:
    night = with_fault(true_site, "lying")
    azimuths = [m.azimuth_rad for m in night.messages if isinstance(m, Plot)]
    assert np.std(azimuths) > 1.0


def test_a_noisy_sensor_is_so_many_times_worse_than_it_says(true_site: Site) -> None:
    night = with_fault(true_site, "noise", 6.0, from_s=40.0)
    radar, helicopter = next(s for s in true_site.sensors if s.kind == "radar"), body(night, "H")
    off: dict[bool, list[float]] = {False: [], True: []}
    for plot in detections(night, "H", Plot):
        assert isinstance(plot, Plot)
        true = look(ecef(radar.position), helicopter.path.at(plot.time_utc_ns / 1e9)[0])
        off[plot.time_utc_ns / 1e9 > 40.0].append((plot.range_m - true.range_m) / math.sqrt(plot.covariance[0]))
    # 50 plots and more of each: four standard errors of a standard deviation
    assert np.std(off[False]) == pytest.approx(1.0, rel=0.4)
    assert np.std(off[True]) == pytest.approx(6.0, rel=0.4)
    assert night.truth.faults == {"RD-1": {"noise": 6.0}}


def test_clutter_may_be_more_than_sensors_state(site: Site) -> None:
    quiet, usual, wild = (len(run(site, duration_s=60.0, clutter=factor).messages) for factor in (0.0, 1.0, 10.0))
    assert quiet < usual < wild


def test_a_flyer_may_be_on_its_way_before_the_night_begins(true_site: Site) -> None:
    early = run(true_site, duration_s=10.0, flyer=[msgspec.structs.replace(HELI, start_s=-60.0)])
    first = detections(early, "H", Plot)[0]
    assert first.arrival_utc_ns < 3e9
    # 3 km nearer than it began
    assert np.linalg.norm(body(early, "H").path.at(0.0)[0] - body(early, "H").path.at(-60.0)[0]) > 2500.0


def test_doubled_detections_come_again_with_the_same_content(true_site: Site) -> None:
    night = with_fault(true_site, "duplicates", 0.4)
    plots = [m for m in night.messages if isinstance(m, Plot)]
    groups = Counter((m.time_utc_ns, m.range_m, m.azimuth_rad) for m in plots)
    doubled = sum(count == 2 for count in groups.values()) / len(groups)
    assert doubled == pytest.approx(0.4, abs=0.12)
    renamed = [m for m in plots if m.detection_id.endswith("-b")]
    assert 0.3 < len(renamed) / (doubled * len(groups)) < 0.7
    assert night.truth.faults == {}


def test_late_detections_come_out_of_order(true_site: Site) -> None:
    stamps = [m.time_utc_ns for m in with_fault(true_site, "late", 5.0).messages if isinstance(m, Plot)]
    assert stamps != sorted(stamps)
    assert set(stamps) != set()


def test_a_wrong_place_is_reported(true_site: Site) -> None:
    night = with_fault(true_site, "pose", 150.0, sensor_id="EO-D1")
    drone = body(night, "EO-D1")
    off = [
        np.linalg.norm(ecef(m.position) - drone.path.at(m.time_utc_ns / 1e9)[0])
        for m in night.messages
        if isinstance(m, PoseReport) and m.sensor_id == "EO-D1"
    ]
    assert np.mean(off) == pytest.approx(150.0, abs=1.0)
    fixed = with_fault(true_site, "pose", 150.0)
    (radar,) = [m.sensor for m in fixed.messages if isinstance(m, SensorReport) and m.sensor.sensor_id == "RD-1"]
    true = next(s for s in true_site.sensors if s.sensor_id == "RD-1")
    assert np.linalg.norm(ecef(radar.position) - ecef(true.position)) == pytest.approx(150.0, abs=0.01)


@pytest.mark.parametrize(
    ("scenario", "expected"),
    [
        (
            {"rocket": [msgspec.structs.replace(ROCKET, rocket_class="huge")]},
            r"rocket\[0\].rocket_class: .*found 'huge'",
        ),
        ({"fault": [FaultOrder(sensor_id="X", kind="silent")]}, r"fault\[0\].sensor_id: .*found 'X'"),
        ({"flyer": [HELI, HELI]}, "used once"),
    ],
)
def test_a_scenario_that_does_not_fit_the_site_is_refused(
    site: Site, scenario: dict[str, object], expected: str
) -> None:
    with pytest.raises(ValueError, match=expected):
        run(site, **scenario)
