"""Who measured, from where, whether it was here before, and what flies there anyway."""

from __future__ import annotations

import math

import msgspec
import numpy as np
import pytest

from marsad.geo.frames import enu_axes, geodetic_from_ecef, geodetic_from_enu
from marsad.sensing import intake as intake_module
from marsad.sensing.book import PoseTrail, SensorBook, direction
from marsad.sensing.intake import Intake, Sorted, sort_batch
from marsad.sensing.known_air import KnownAir
from marsad.terms import (
    Bearing,
    BiasPrior,
    CooperativeReport,
    Flash,
    Geodetic,
    Heartbeat,
    Message,
    Plot,
    PoseReport,
    Sensor,
    SensorReport,
    Tick,
    TrackReport,
)

PLACE = Geodetic.from_degrees(30.0, 20.0, 250.0)
S = 1_000_000_000


def sensor(name: str = "RD-1", *, mobile: bool = False) -> Sensor:
    bias = BiasPrior(azimuth_rad=1e-3, elevation_rad=2e-3, range_m=5.0, clock_s=0.01, east_m=1.0, north_m=2.0, up_m=3.0)
    kind = "drone" if mobile else "radar"
    return Sensor(sensor_id=name, kind=kind, position=PLACE, is_mobile=mobile, bias_prior=bias)


def plot(name: str = "p1", at_s: float = 1.0, late_s: float = 0.3, range_m: float = 5000.0) -> Plot:
    return Plot(
        sensor_id="RD-1", detection_id=name, time_utc_ns=round(at_s * S), arrival_utc_ns=round((at_s + late_s) * S),
        range_m=range_m, azimuth_rad=0.4, elevation_rad=0.1, covariance=(400.0, 0.0, 0.0, 3.6e-5, 0.0, 3.6e-5),
    )  # fmt: skip


def known(*messages: Message) -> tuple[Intake, SensorBook, Sorted]:
    intake, book = Intake(), SensorBook(0)
    first = SensorReport(arrival_utc_ns=0, sensor=sensor())
    return intake, book, sort_batch(intake, book, (first, *messages))


# --- book -----------------------------------------------------------------------------------------------


def test_between_poses_the_place_is_on_the_line_and_after_them_it_goes_on_for_three_seconds() -> None:
    trail = PoseTrail()
    for t in range(4):
        trail.add(float(t), (10.0 * t, 0.0, 5.0))
    assert trail.place_at(1.25) == pytest.approx((12.5, 0.0, 5.0))
    assert trail.place_at(-1.0) == (0.0, 0.0, 5.0)
    assert trail.place_at(4.0) == pytest.approx((40.0, 0.0, 5.0))
    assert trail.place_at(100.0) == pytest.approx((60.0, 0.0, 5.0))
    assert PoseTrail().place_at(0.0) is None


def test_poses_out_of_order_and_twice_make_the_same_trail() -> None:
    rng = np.random.default_rng(2)
    poses = [(float(t), (float(t * t), 1.0, 2.0)) for t in range(20)]
    straight, mixed = PoseTrail(), PoseTrail()
    for one in poses:
        straight.add(*one)
    for i in [*rng.permutation(20), 3, 7]:
        mixed.add(*poses[i])
    assert mixed == straight


def test_a_mobile_sensor_is_where_its_pose_says_and_a_fixed_one_where_it_stands() -> None:
    book = SensorBook(5 * S)
    k, fixed = book.register(sensor("EO", mobile=True)), book.register(sensor())
    assert book.place(k, 0.0)[2] == pytest.approx((PLACE.latitude_rad, PLACE.longitude_rad, 250.0), abs=1e-6)
    moved = Geodetic.from_degrees(30.01, 20.02, 900.0)
    book.pose(PoseReport(sensor_id="EO", time_utc_ns=5 * S, arrival_utc_ns=5 * S, position=moved))
    ecef, axes, geodetic = book.place(k, 0.0)
    assert geodetic == pytest.approx((moved.latitude_rad, moved.longitude_rad, 900.0), abs=1e-6)
    assert geodetic_from_ecef(*ecef) == pytest.approx(geodetic)
    assert axes @ axes.T == pytest.approx(np.eye(3))
    assert book.place(fixed, 0.0)[2][2] == pytest.approx(250.0, abs=1e-6)


def test_seconds_and_their_inverse_agree_to_the_nanosecond_and_a_sensor_keeps_its_index() -> None:
    book = SensorBook(1_700_000_000 * S)
    for ns in (0, 1, 123_456_789, 86_400 * S + 1):
        assert abs(book.utc_ns(book.seconds(book.epoch_utc_ns + ns)) - book.epoch_utc_ns - ns) <= 1
    assert book.register(sensor()) == 0
    assert book.register(sensor("B")) == 1
    assert book.register(msgspec.structs.replace(sensor(), latency_s=9.0)) == 0
    assert book.sensors[0].latency_s == 9.0
    assert book.bias_sigma()[0].tolist() == [1e-3, 2e-3, 5.0, 0.01, 1.0, 2.0, 3.0]


def test_a_direction_is_a_unit_vector_from_north_clockwise() -> None:
    assert direction(0.0, 0.0) == pytest.approx((0.0, 1.0, 0.0))
    assert direction(math.pi / 2, 0.0) == pytest.approx((1.0, 0.0, 0.0))
    assert np.linalg.norm(direction(1.1, 0.7)) == pytest.approx(1.0)


# --- intake ---------------------------------------------------------------------------------------------


def test_the_same_measurement_counts_once_under_any_name_and_another_counts() -> None:
    one = plot()
    again = msgspec.structs.replace(one, arrival_utc_ns=4 * S)
    renamed = msgspec.structs.replace(one, detection_id="other")
    next_turn = plot("p2", at_s=1.7)
    _, _, out = known(one, again, renamed, next_turn)
    assert [d.detection_id for d in out.detections] == ["p1", "p2"]
    assert [(d.detection_id, d.kind) for d in out.dispositions] == [("p1", "duplicate"), ("other", "duplicate")]


def test_a_flash_and_a_plume_of_one_frame_are_two() -> None:
    shared = {
        "sensor_id": "RD-1", "time_utc_ns": S, "arrival_utc_ns": S, "azimuth_rad": 0.1, "elevation_rad": 0.0,
        "covariance_rad2": (1e-6, 0.0, 1e-6),
    }  # fmt: skip
    flash = Flash(detection_id="a", onset_utc_ns=S, onset_sigma_s=0.02, **shared)  # type: ignore[arg-type]
    plume = Bearing(detection_id="b", kind="plume", **shared)  # type: ignore[arg-type]
    hot = Bearing(detection_id="c", kind="hot", **shared)  # type: ignore[arg-type]
    _, _, out = known(flash, plume, hot)
    assert len(out.detections) == 3


@pytest.mark.parametrize(("late_s", "accepted"), [(59.0, True), (61.0, False), (-59.0, True), (-61.0, False)])
def test_a_stamp_more_than_a_minute_away_is_refused_with_the_reason(late_s: float, accepted: bool) -> None:
    _, _, out = known(plot(at_s=100.0, late_s=late_s))
    assert bool(out.detections) is accepted
    assert [r.field for r in out.rejected] == ([] if accepted else ["time_utc_ns"])


def test_a_sensor_that_has_not_described_itself_is_refused_and_the_batch_goes_on() -> None:
    stranger = msgspec.structs.replace(plot("s"), sensor_id="nobody")
    _, _, out = known(stranger, plot(), Tick(arrival_utc_ns=9 * S))
    assert [r.source for r in out.rejected] == ["nobody"]
    assert "nobody" in out.rejected[0].reason
    assert [d.detection_id for d in out.detections] == ["p1"]
    assert out.now_utc_ns == 9 * S


def test_the_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    intake, book, _ = known()
    most = intake.order.maxlen
    assert most == intake_module._REMEMBERED
    intake.order = type(intake.order)(maxlen=3)
    for k in range(5):
        sort_batch(intake, book, (plot(f"p{k}", range_m=1000.0 + k),))
    assert len(intake.seen) == len(intake.order) == 3
    assert not sort_batch(intake, book, (plot("x", range_m=1004.0),)).detections
    assert sort_batch(intake, book, (plot("y", range_m=1000.0),)).detections


def test_what_means_nothing_is_refused_and_the_batch_goes_on() -> None:
    """A journal of an earlier version may hold what the door refuses today."""
    wide = msgspec.structs.replace(plot("wide"), covariance=(1e200, 0.0, 0.0, 3.6e-5, 0.0, 3.6e-5))
    _, _, out = known(wide, plot())
    assert [d.detection_id for d in out.detections] == ["p1"]
    assert [(r.source, r.field) for r in out.rejected] == [("RD-1", "covariance: standard deviation 1")]
    assert [d.kind for d in out.dispositions] == ["rejected"]


@pytest.mark.parametrize("late_s", [61.0, -61.0])
def test_nothing_from_another_hour_is_taken_for_now(late_s: float) -> None:
    """One claim stamped for tomorrow would outlive every true one, one pose carry a camera on from where it was."""
    stamps = {"sensor_id": "RD-1", "time_utc_ns": 100 * S, "arrival_utc_ns": round((100.0 + late_s) * S)}
    claim = CooperativeReport(transponder_id="X", position=PLACE, **stamps)  # type: ignore[arg-type]
    pose = PoseReport(position=PLACE, **stamps)  # type: ignore[arg-type]
    _, book, out = known(claim, pose)
    assert not out.cooperative
    assert not out.poses
    assert [r.field for r in out.rejected] == ["time_utc_ns"] * 2
    assert not book.trails[0].time_s
    flash = Flash(
        sensor_id="RD-1", detection_id="f", time_utc_ns=S, arrival_utc_ns=S, azimuth_rad=0.1, elevation_rad=0.0,
        covariance_rad2=(1e-6, 0.0, 1e-6), onset_utc_ns=-100 * S, onset_sigma_s=0.02,
    )  # fmt: skip
    assert [r.field for r in known(flash)[2].rejected] == ["onset_utc_ns"]


def site_night(off_s: float) -> list[Message]:
    """Three sensors of a site over half a minute: beats and plots, as a station hears them whose clock is off."""
    rng = np.random.default_rng(5)
    night: list[Message] = []
    for at_s in np.arange(0.0, 30.0, 0.5):
        for name in ("A", "B", "C"):
            late_s, stamp = rng.uniform(0.05, 0.3), round((100.0 + at_s) * S)
            arrival = stamp + round((late_s + off_s) * S)
            night.append(Heartbeat(sensor_id=name, time_utc_ns=stamp, arrival_utc_ns=arrival))
            seen = plot(f"{name}{at_s}", range_m=5e3 + at_s)
            night.append(msgspec.structs.replace(seen, sensor_id=name, time_utc_ns=stamp, arrival_utc_ns=arrival))
    return sorted(night, key=lambda m: m.arrival_utc_ns)


def heard(off_s: float, night: list[Message] | None = None) -> tuple[Intake, list[Sorted]]:
    intake, book = Intake(), SensorBook(0)
    for name in ("A", "B", "C"):
        book.register(sensor(name), by_site=True)
    return intake, [sort_batch(intake, book, (message,)) for message in night or site_night(off_s)]


@pytest.mark.parametrize("off_s", [-3600.0, -70.0, 70.0, 3600.0])
def test_a_station_whose_clock_is_wrong_works_by_its_sensors(off_s: float) -> None:
    _, control = heard(0.0)
    intake, out = heard(off_s)
    used = {d.detection_id: d for one in out for d in one.detections}
    lost = [d.detection_id for one in control for d in one.detections if d.detection_id not in used]
    assert all(float(name[1:]) < 5.0 for name in lost)  # until enough was heard to tell
    shifts_s = [
        (used[d.detection_id].time_utc_ns - d.time_utc_ns) / S
        for one in control
        for d in one.detections
        if d.detection_id in used
    ]
    assert shifts_s == pytest.approx([off_s] * len(shifts_s), abs=0.4)
    assert max(shifts_s[30:]) - min(shifts_s[30:]) < 0.06  # all alike: nothing is blurred
    assert intake.clock.off_s == pytest.approx(off_s, abs=0.1)
    said = [fault for one in out for fault in one.faults]
    assert [(f.sensor_id, f.kind, f.cleared) for f in said] == [("clock", "station_clock", False)]


def test_a_station_whose_clock_is_right_moves_nothing() -> None:
    _, out = heard(0.0)
    assert [d for one in out for d in one.detections] == [m for m in site_night(0.0) if isinstance(m, Plot)]
    assert not [fault for one in out for fault in one.faults]


def test_a_station_that_is_set_right_loses_nothing() -> None:
    """Arrivals never run back, so they stand still until the right clock has caught up with them."""
    wrong, right = site_night(70.0), site_night(0.0)
    turn = 115 * S
    last = max(m.arrival_utc_ns for m in wrong if m.arrival_utc_ns - 70 * S < turn)
    night = [m for m in wrong if m.arrival_utc_ns - 70 * S < turn] + [
        msgspec.structs.replace(m, arrival_utc_ns=max(m.arrival_utc_ns, last))
        for m in right
        if m.arrival_utc_ns >= turn
    ]
    _, out = heard(0.0, night)
    lost = [r for one in out for r in one.rejected]
    assert all(r.arrival_utc_ns < 175 * S for r in lost)  # only at the very beginning


def test_the_same_messages_say_the_same_of_the_clock_in_any_batches() -> None:
    night = site_night(-70.0)
    _, single = heard(0.0, night)
    intake, book = Intake(), SensorBook(0)
    for name in ("A", "B", "C"):
        book.register(sensor(name), by_site=True)
    whole = sort_batch(intake, book, tuple(night))
    assert whole.detections == [d for one in single for d in one.detections]


# --- known air ------------------------------------------------------------------------------------------


def there(east_m: float, north_m: float, up_m: float = 400.0) -> Geodetic:
    lat, lon, h = geodetic_from_enu(east_m, north_m, up_m, PLACE.latitude_rad, PLACE.longitude_rad, PLACE.height_m)
    return Geodetic(latitude_rad=lat, longitude_rad=lon, height_m=h)


def ecef_of(place: Geodetic) -> np.ndarray:
    from marsad.geo.frames import ecef_from_geodetic

    return np.array(ecef_from_geodetic(place.latitude_rad, place.longitude_rad, place.height_m))


def _claim_at(stamp_s: float, arrives_s: float, sigma_m: float = 20.0, east_m: float = 3000.0) -> CooperativeReport:
    return CooperativeReport(
        sensor_id="", transponder_id="F1", time_utc_ns=round(stamp_s * S), arrival_utc_ns=round(arrives_s * S),
        position=there(east_m, 3000.0), velocity_enu_ms=(100.0, 0.0, 0.0), position_sigma_m=sigma_m,
    )  # fmt: skip


def _evidence(air: KnownAir, east_m: float) -> float:
    """Of two plots a second apart, known to 30 m, of something that flies east at 100 m/s."""
    places = [ecef_of(there(east_m, 3000.0)), ecef_of(there(east_m + 100.0, 3000.0))]
    return air.claimed_log_evidence(
        places, [np.eye(3) * 900.0] * 2, enu_axes(PLACE.latitude_rad, PLACE.longitude_rad), [11.0, 12.0]
    )


def test_a_claim_is_a_hypothesis_for_plots_where_it_flies_and_the_weaker_the_vaguer_it_is() -> None:
    shown = {}
    for name, sigma_m, east_m in (("there", 20.0, 3000.0), ("vague", 400.0, 3000.0), ("elsewhere", 20.0, 4500.0)):
        air, book = KnownAir(), SensorBook(0)
        air.claim(_claim_at(10.0, 10.5, sigma_m, east_m), book)
        shown[name] = _evidence(air, 3100.0)
    assert shown["there"] > -12.0
    assert shown["vague"] < shown["there"] - 6.0
    assert shown["elsewhere"] < -100.0
    assert _evidence(KnownAir(), 3100.0) == -math.inf


def test_a_claim_of_another_time_or_of_anywhere_is_not_taken_and_replaces_none() -> None:
    air, book = KnownAir(), SensorBook(0)
    air.claim(_claim_at(10.0, 10.5), book)
    before = dict(air.claims)
    for wrong in (_claim_at(60.0, 10.6), _claim_at(2.0, 10.6), _claim_at(11.0, 11.2, 1e6), _claim_at(9.5, 10.0)):
        air.claim(wrong, book)
    assert air.claims == before
    air.forget(17.0)
    assert not air.claims


def test_an_own_drone_explains_a_plot_at_its_place_but_not_its_own_sensor() -> None:
    book, air = SensorBook(0), KnownAir()
    book.register(sensor())
    book.register(sensor("EO", mobile=True))
    place = there(1000.0, 500.0)
    book.pose(PoseReport(sensor_id="EO", time_utc_ns=S, arrival_utc_ns=S, position=place))
    assert air.explains(plot(range_m=1200.0), ecef_of(place), book)
    assert not air.explains(plot(range_m=1200.0), ecef_of(there(1000.0, 900.0)), book)
    own = msgspec.structs.replace(plot(range_m=1200.0), sensor_id="EO")
    assert not air.explains(own, ecef_of(place), book)


def track(*, age_s: float = 5.0, speed_ms: float = 40.0, climb_ms: float = 0.0, **other: object) -> TrackReport:
    """A track east of the origin, flying east, known to 10 m and 2 m/s."""
    corner = {0: 100.0, 6: 100.0, 11: 100.0, 15: 4.0, 18: 4.0, 20: 4.0}
    told = TrackReport(
        track_id="T1", time_utc_ns=20 * S, first_seen_utc_ns=round((20.0 - age_s) * S), status="confirmed",
        position=there(3000.0, 0.0), velocity_enu_ms=(speed_ms, 0.0, climb_ms),
        covariance_enu=tuple(corner.get(k, 0.0) for k in range(21)), existence_probability=0.99,
    )  # fmt: skip
    return msgspec.structs.replace(told, **other)


@pytest.mark.parametrize(
    ("report", "is_known"),
    [
        (track(), True),
        (track(age_s=2.0), False),
        (track(speed_ms=250.0), False),
        (track(speed_ms=250.0, age_s=9.0), True),
        (track(speed_ms=250.0, climb_ms=60.0, age_s=9.0), False),
        (track(status="tentative"), False),
        (track(range_known=False), False),
        (track(event_id="L0001"), False),
    ],
    ids=["slow", "young", "fast", "fast and level", "fast and climbing", "tentative", "bearing only", "a launch's"],
)
def test_a_track_explains_plots_only_if_it_cannot_be_a_rocket(report: TrackReport, is_known: bool) -> None:
    book, air = SensorBook(0), KnownAir()
    book.register(sensor())
    air.follow([report], book)
    ahead_m = 3000.0 + report.velocity_enu_ms[0]
    assert air.explains(plot(at_s=21.0), ecef_of(there(ahead_m, 0.0)), book) == is_known
    assert not air.explains(plot(at_s=21.0), ecef_of(there(ahead_m + 500.0, 0.0)), book)


def test_a_track_that_turns_into_a_rocket_or_is_not_told_of_explains_no_more() -> None:
    book, air = SensorBook(0), KnownAir()
    book.register(sensor())
    air.follow([track()], book)
    air.follow([track(speed_ms=250.0)], book)
    assert not air.explains(plot(at_s=21.0), ecef_of(there(3040.0, 0.0)), book)
    air.follow([track()], book)
    air.forget(23.0)
    assert not air.tracks
