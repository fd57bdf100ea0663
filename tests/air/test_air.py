"""The air picture end to end: who is suspect, who is a friend, what is said of claims that do not hold."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from air_kit import Body, Scene, Way, circle, make_site, straight, watch
from marsad import air
from marsad.geo.site_frame import enu_of, geodetic_of, site_frame
from marsad.terms import CooperativeReport, Sensor, SensorTrackReport

DRONE = straight(1500.0, 5200.0, 150.0, -10.0, -34.0)
JET = straight(-9000.0, 3000.0, 1500.0, 150.0, -20.0)


def _turned(way: Way, angle: float) -> Way:
    c, s = math.cos(angle), math.sin(angle)
    return lambda t: np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]]) @ way(t)


def _flown_by_hand(way: Way) -> Way:
    """The same way with a crew's speed and height: some 4 m/s faster and slower, and 20 m up and down, by turns."""

    def flown(time_s: float) -> np.ndarray:
        place = way(time_s + 4.0 / 0.25 * math.sin(0.25 * time_s) / max(np.linalg.norm(way(1.0) - way(0.0)), 1.0))
        return np.asarray(place + np.array([0.0, 0.0, 20.0 * math.sin(0.2 * time_s)]))

    return flown


def _from(begin_s: float, way: Way) -> Way:
    """The same way, begun later: the radar has looked for a while when the body comes over the edge of its view."""
    return lambda t: way(t - begin_s)


@pytest.mark.parametrize("angle", [0.0, 2.1, 4.4])
@pytest.mark.parametrize("place", [(30.0, 20.0), (-41.0, 174.0)])
def test_a_low_slow_silent_object_on_its_way_to_a_zone_is_warned_of_at_once(
    angle: float, place: tuple[float, float]
) -> None:
    way = _turned(_from(15.0, DRONE), angle)
    seen = watch(Scene(make_site(*place), [Body("drone", way, from_s=15.0)], 55.0, seed=3))
    assert seen.alarms()["Z1"] < 15.0 + 16.0  # it takes some looks to see that it holds its height and its speed
    last = seen.near(way, after_s=33.0)
    assert last
    assert {report.affiliation for report in last} == {"suspect"}
    assert {report.object_kind for report in last} == {"drone"}
    newest = seen.corridors[-1][1]
    assert newest.axis
    assert newest.came_from_azimuth_rad is not None


def test_silent_and_cooperative_aircraft_raise_no_suspicion_and_no_alarm() -> None:
    silent, friend = JET, straight(9000.0, -2000.0, 900.0, -75.0, 15.0)
    low = straight(4000.0, -9000.0, 300.0, -30.0, 72.0)
    site = make_site(friends=("F02",))
    bodies = [Body("silent", silent), Body("F01", friend, friend), Body("F02", low, low)]
    seen = watch(Scene(site, bodies, 90.0, seed=5))
    assert seen.alarms() == {}
    assert not [report for report in seen.tracks if report.affiliation in ("suspect", "hostile")]
    assert {r.affiliation for r in seen.near(silent, after_s=10.0)} == {"unknown"}
    assert {r.affiliation for r in seen.near(friend, after_s=10.0)} == {"assumed_friend"}
    assert {r.affiliation for r in seen.near(low, after_s=60.0)} == {"friend"}


@pytest.mark.parametrize("source", ["remote_id", "own_fleet"])
def test_a_drone_that_says_who_it_is_is_warned_of_as_one_that_does_not_unless_it_is_listed(source: str) -> None:
    way, alarms = _from(15.0, DRONE), {}
    for name, claims, friends in (("silent", None, ()), ("claiming", way, ()), ("listed", way, ("F01",))):
        body = Body("F01", way, claims, source, from_s=15.0)
        seen = watch(Scene(make_site(friends=friends), [body], 60.0, seed=3))
        alarms[name] = seen.alarms()
        assert {r.affiliation for r in seen.near(way, after_s=45.0)} == {"friend" if friends else "suspect"}
    assert set(alarms["claiming"]) == set(alarms["silent"])
    assert all(alarms["claiming"][z] <= t + 1.0 for z, t in alarms["silent"].items())
    assert alarms["listed"] == {}
    assert "Z1" in alarms["silent"]


def test_a_listed_friend_that_is_confirmed_late_is_cleared_and_nobody_else() -> None:
    way = _from(15.0, DRONE)
    late = Body("F01", way, way, from_s=15.0)
    scene = Scene(make_site(friends=("F01",)), [late], 70.0, seed=3)
    state, told, cleared = air.init(scene.site), set(), []
    for message in scene.messages():
        if isinstance(message, CooperativeReport) and message.time_utc_ns < 45e9:
            continue
        state, out = air.step(state, message.arrival_utc_ns, (message,))
        told |= {one.track_id for one in out.corridors if one.axis}
        cleared += out.cleared_track_ids
    assert cleared
    assert set(cleared) <= told


def test_own_drones_are_friends_wherever_they_fly_and_their_poses_register_the_radar() -> None:
    one, two = circle(0.0, 3500.0, 150.0, 250.0, 18.0), circle(3200.0, -800.0, 900.0, 250.0, 18.0)
    bodies = [Body("d1", one, pose_of="EO-D1"), Body("d2", two, pose_of="EO-D2")]
    seen = watch(Scene(make_site(drone=True), bodies, 60.0, seed=2))
    assert {(r.affiliation, r.object_kind) for r in seen.near(one, after_s=8.0)} == {("friend", "own_drone")}
    assert seen.alarms() == {}
    assert seen.faults == []


@pytest.mark.parametrize("lag_s", [2.0, -2.0])
def test_a_radar_whose_clock_is_wrong_is_named_and_corrected(lag_s: float) -> None:
    one, two = circle(0.0, 3500.0, 800.0, 250.0, 18.0), circle(3200.0, -800.0, 900.0, 250.0, 18.0)
    jet = straight(-9000.0, 2000.0, 1500.0, 150.0, 0.0)
    bodies = [Body("d1", one, pose_of="EO-D1"), Body("d2", two, pose_of="EO-D2"), Body("F01", jet, jet)]
    seen = watch(Scene(make_site(drone=True), bodies, 60.0, seed=4, radar_clock_s=lag_s))
    assert [(f.sensor_id, f.kind) for f in seen.faults] == [("RD-1", "clock")]
    assert seen.faults[0].magnitude == pytest.approx(lag_s, abs=0.3)
    assert seen.faults[0].arrival_utc_ns < 10e9
    assert {r.affiliation for r in seen.near(jet, after_s=25.0)} == {"assumed_friend"}
    assert not [d for d in seen.dispositions if "contradicted" in d.reason]


@pytest.mark.parametrize(
    ("shift", "word"),
    [((0.0, 2500.0, 0.0), "displaced"), ((1200.0, 0.0, 0.0), "time-shifted"), ((0.0, 60_000.0, 0.0), "")],
)
def test_a_displaced_claim_is_flagged_not_believed_and_alarms_nobody(
    shift: tuple[float, float, float], word: str
) -> None:
    truth = straight(-9000.0, 1500.0, 1200.0, 120.0, 0.0)
    seen = watch(Scene(make_site(), [Body("F01", truth, lambda t: truth(t) + np.array(shift), "adsb")], 60.0, seed=6))
    flags = [d for d in seen.dispositions if "contradicted" in d.reason]
    assert [d.detection_id for d in flags] == (["F01"] if word else [])
    assert all(word in d.reason for d in flags)
    assert {r.affiliation for r in seen.near(truth, after_s=10.0)} == {"unknown"}
    if word:
        assert any("F01 is contradicted" in reason for r in seen.near(truth, after_s=40.0) for reason in r.reasons)
    assert seen.alarms() == {}


def test_a_claim_of_a_place_where_a_drone_is_not_does_not_shield_the_drone() -> None:
    way = _from(15.0, DRONE)
    body = Body("F01", way, lambda t: way(t) + np.array([900.0, 0.0, 0.0]), from_s=15.0)
    seen = watch(Scene(make_site(), [body], 75.0, seed=7))
    assert "Z1" in seen.alarms()
    assert any("F01" in d.detection_id for d in seen.dispositions if "contradicted" in d.reason)


def test_a_friend_that_crosses_close_to_a_drone_stays_a_friend_and_the_drone_a_suspect() -> None:
    at, way = DRONE(30.0), _from(15.0, DRONE)
    friend = straight(at[0] - 60.0 * 45, at[1] - 45.0 * 45, at[2] + 120.0, 60.0, 45.0)
    seen = watch(Scene(make_site(), [Body("drone", way, from_s=15.0), Body("F01", friend, friend)], 85.0, seed=8))
    assert {r.affiliation for r in seen.near(friend, after_s=60.0)} == {"assumed_friend"}
    assert {r.affiliation for r in seen.near(way, after_s=60.0)} == {"suspect"}
    wrong = [r for r in seen.tracks if r.affiliation == "suspect" and r.transponder_id]
    assert wrong == []


def test_a_helicopter_that_slows_down_to_land_in_a_zone_alarms_nobody() -> None:
    def way(t: float) -> np.ndarray:
        along = 62.0 * t if t < 60 else 62.0 * 60 + 62.0 * (t - 60) - 0.7 * (t - 60) ** 2
        return np.array([0.0, 5500.0 - along, max(300.0 - 3.0 * max(t - 60, 0.0), 30.0)])

    seen = watch(Scene(make_site(), [Body("heli", _flown_by_hand(way))], 95.0, seed=9))
    assert seen.alarms() == {}


def test_every_plot_gets_a_word_and_doubled_ones_change_nothing() -> None:
    scene = Scene(make_site(), [Body("drone", DRONE)], 30.0, seed=10)
    messages = scene.messages()
    state = air.init(scene.site)
    told: list[str] = []
    for message in messages:
        for _ in range(2):
            state, out = air.step(state, message.arrival_utc_ns, (message,))
            told += [d.detection_id for d in out.dispositions if d.kind != "duplicate"]
    plots = [m.detection_id for m in messages if hasattr(m, "detection_id")]
    assert len(told) == len(set(told))
    assert set(told) == {p for p in plots if p in set(told)}
    assert len(set(plots) - set(told)) <= 3  # the last scan still waits
    once = watch(Scene(make_site(), [Body("drone", DRONE)], 30.0, seed=10))
    assert len(state.tracking.tracks.uid) == len(once.state.tracking.tracks.uid)  # type: ignore[union-attr]


def test_the_same_messages_give_the_same_words() -> None:
    first, second = (
        watch(Scene(make_site(), [Body("drone", DRONE), Body("F01", JET, JET)], 25.0, seed=11)) for _ in "ab"
    )
    assert first.tracks == second.tracks
    assert first.corridors == second.corridors


def test_detections_of_a_rocket_make_its_track_that_rocket() -> None:
    scene = Scene(make_site(), [Body("rocket", straight(0.0, 6000.0, 200.0, 0.0, -150.0, 120.0))], 12.0, seed=12)
    messages = scene.messages()
    state = air.init(scene.site)
    reports = []
    for message in messages:
        name = getattr(message, "detection_id", "")
        claimed = {name: "launch-1"} if scene.labels.get(name) == "rocket" else {}
        state, out = air.step(state, message.arrival_utc_ns, (message,), claimed)
        reports += out.tracks
    assert reports[-1].object_kind == "rocket"
    assert reports[-1].event_id == "launch-1"


def test_what_is_remembered_stays_bounded_while_traffic_comes_and_goes() -> None:
    def parade(k: int) -> Body:
        way = straight(-8000.0, 2000.0 + 40.0 * (k % 7), 1200.0, 200.0, 0.0)
        begin = 20.0 * k
        return Body(f"F{k:02d}", lambda t: way(t - begin), lambda t: way(t - begin), from_s=begin, until_s=begin + 60.0)

    seen = watch(Scene(make_site(), [parade(k) for k in range(12)], 460.0, seed=13))
    assert seen.state is not None
    assert len(seen.state.known) == len(seen.state.tracking.tracks.uid)
    assert len(seen.state.book.claims) <= 6
    assert all(track in seen.state.known for track, _ in seen.state.book.pairs)


def test_a_sensor_that_delivers_only_tracks_makes_a_track_of_the_picture() -> None:
    site = make_site()
    other = Sensor(sensor_id="TR-1", kind="tracker", position=site.origin)
    state, reports = air.init(replace(site, sensors=(*site.sensors, other))), []
    frame, rng = site_frame(site.origin), np.random.default_rng(3)
    for k in range(25):
        place = geodetic_of(frame, JET(float(k)) + rng.normal(0.0, 15.0, 3))
        upper = np.diag([225.0, 225.0, 225.0, 4.0, 4.0, 4.0])[np.triu_indices(6)]
        report = SensorTrackReport(
            sensor_id="TR-1",
            time_utc_ns=k * 1_000_000_000,
            arrival_utc_ns=k * 1_000_000_000 + 200_000_000,
            detection_id=f"t{k}",
            position=place,
            velocity_enu_ms=(150.0, -20.0, 0.0),
            covariance_enu=tuple(upper.tolist()),
        )
        state, out = air.step(state, report.arrival_utc_ns, (report,))
        reports += out.tracks
    assert reports
    assert {one.track_id for one in reports} == {reports[0].track_id}
    last = reports[-1]
    assert np.linalg.norm(enu_of(frame, last.position) - JET(last.time_utc_ns * 1e-9)) < 60.0
    assert last.sensor_ids == ("TR-1",)


def test_what_a_track_has_shown_goes_on_when_it_breaks() -> None:
    def way(time_s: float) -> np.ndarray:
        flown = 75.0 * min(time_s, 40.0) + 30.0 * max(time_s - 40.0, 0.0)
        return np.array([8000.0 - flown, 300.0, 300.0 if time_s < 40.0 else 180.0])

    seen = watch(Scene(make_site(), [Body("lander", way)], 60.0, seed=2))
    assert len({report.track_id for report in seen.near(way)}) > 1, "the track must have broken"
    assert seen.state is not None
    longest_s = max(known.memory.threat.span_s for known in seen.state.known.values())
    alone_s = 60.0 * (1.0 - math.exp(-20.0 / 60.0))  # what the 20 s since the break would make of it
    assert longest_s > 1.5 * alone_s


@pytest.mark.parametrize(
    ("from_s", "height_m", "speed_ms", "within_s"),
    [(0.0, 120.0, 36.0, 40.0), (0.0, 250.0, 28.0, 70.0), (20.0, 200.0, 45.0, 60.0)],
)
def test_what_was_there_or_rose_in_view_and_holds_its_height_and_speed_is_warned_of(
    from_s: float, height_m: float, speed_ms: float, within_s: float
) -> None:
    site = make_site(zones_at_m=((0.0, 0.0, 500.0),))
    way = straight(0.0, 6000.0 + speed_ms * from_s, height_m, 0.0, -speed_ms)
    alarms = watch(Scene(site, [Body("x", way, from_s=from_s)], from_s + 6000.0 / speed_ms, seed=3)).alarms()
    assert from_s + 5.0 < alarms["Z1"] < from_s + within_s


def test_what_was_there_and_sinks_or_changes_its_speed_as_crewed_aircraft_do_alarms_nobody() -> None:
    def glider(time_s: float) -> np.ndarray:
        along = 4000.0 - 28.0 * time_s - 45.0 * math.sin(time_s / 6.0)  # slower in what rises, faster in what sinks
        return np.array([0.0, along, 330.0 - 1.6 * time_s + 25.0 * math.sin(time_s / 6.0)])

    def helicopter(time_s: float) -> np.ndarray:
        height = 180.0 + 20.0 * np.sin(time_s / 5.0)
        return np.array([0.0, 5500.0 - 36.0 * time_s - 60.0 * np.sin(time_s / 8.0), height])

    for way in (glider, helicopter):
        assert watch(Scene(make_site(), [Body("x", way)], 110.0, seed=5)).alarms() == {}


def test_a_radar_that_showed_nothing_yet_has_looked_all_the_same() -> None:
    body = Body("drone", _from(15.0, DRONE), from_s=15.0)
    seen = watch(Scene(make_site(), [body], 40.0, seed=3, clutter_per_scan=0.0))
    assert seen.alarms()["Z1"] < 15.0 + 16.0
