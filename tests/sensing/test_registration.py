"""Registration: biases and clocks from own drones' poses; the right party is named, a healthy one never."""

from __future__ import annotations

import math

import msgspec
import numpy as np
import pytest

from air_kit import Body, Scene, circle, make_site, straight
from marsad.geo.site_frame import site_frame
from marsad.sensing import health, registration
from marsad.terms import Geodetic, Heartbeat, Message, Plot, PoseReport, SensorFault

PARAMS = registration.RegistrationParams()


def _scene(seed: int = 1, **radar: object) -> Scene:
    one, two = circle(0.0, 3600.0, 850.0, 250.0, 18.0), circle(3300.0, -900.0, 900.0, 250.0, 18.0)
    jet = straight(-9000.0, 2000.0, 1500.0, 150.0, 0.0)
    bodies = [Body("d1", one, pose_of="EO-D1"), Body("d2", two, pose_of="EO-D2"), Body("silent", jet)]
    return Scene(make_site(drone=True), bodies, 40.0, seed=seed, **radar)  # type: ignore[arg-type]


def _run(scene: Scene, messages: list[Message]) -> tuple[registration.RegistrationState, list[SensorFault]]:
    state = registration.init(site_frame(scene.site.origin), 0, scene.site.sensors)
    faults: list[SensorFault] = []
    for message in messages:
        state, named = registration.step(state, message.arrival_utc_ns, (message,), PARAMS)
        faults += named
    return state, faults


@pytest.mark.parametrize("seed", range(6))
def test_a_healthy_line_up_accuses_nobody_and_narrows_the_radars_errors(seed: int) -> None:
    scene = _scene(seed, radar_bias=(4.0, -0.0008, 0.0006))
    state, faults = _run(scene, scene.messages())
    assert faults == []
    found = state.estimates["RD-1"]
    sigma = np.sqrt(np.diag(found.covariance))
    assert sigma[0] < 4.0
    assert (np.abs(found.errors[:3] - [4.0, -0.0008, 0.0006]) < 4.0 * sigma[:3]).all()


@pytest.mark.parametrize(
    ("bias", "kind", "size"),
    [
        ((0.0, 0.03, 0.0), "azimuth_bias", 0.03),
        ((0.0, -0.06, 0.0), "azimuth_bias", -0.06),
        ((0.0, 0.0, 0.03), "elevation_bias", 0.03),
        ((250.0, 0.0, 0.0), "range_bias", 250.0),
    ],
)
def test_a_radars_bias_is_named_with_its_size_and_taken_off(
    bias: tuple[float, float, float], kind: str, size: float
) -> None:
    scene = _scene(2, radar_bias=bias)
    state, faults = _run(scene, scene.messages())
    assert [(f.sensor_id, f.kind) for f in faults] == [("RD-1", kind)]
    assert faults[0].arrival_utc_ns < 15e9
    found = registration.correction(state, "RD-1")
    assert found is not None
    which = {"range_bias": 0, "azimuth_bias": 1, "elevation_bias": 2}[kind]
    assert found.errors[which] == pytest.approx(size, rel=0.1)


@pytest.mark.parametrize("clock_s", [2.0, -2.0, 0.4, -1.0])
def test_a_radars_clock_is_named(clock_s: float) -> None:
    scene = _scene(3, radar_clock_s=clock_s)
    _, faults = _run(scene, scene.messages())
    assert [(f.sensor_id, f.kind) for f in faults] == [("RD-1", "clock")]
    assert faults[0].magnitude == pytest.approx(clock_s, abs=0.35)


def test_a_clock_wrong_in_the_plots_alone_is_found_from_the_own_drones() -> None:
    scene = _scene(4)
    shifted = [
        msgspec.structs.replace(m, time_utc_ns=m.time_utc_ns - 3_000_000_000) if isinstance(m, Plot) else m
        for m in scene.messages()
    ]
    state, faults = _run(scene, shifted)
    assert [(f.sensor_id, f.kind) for f in faults] == [("RD-1", "clock")]
    assert faults[0].magnitude == pytest.approx(-3.0, abs=0.6)
    assert "EO-D1" in faults[0].reasons[0]
    assert state.estimates["RD-1"].errors[3] == pytest.approx(-3.0, abs=0.5)


def test_a_wrong_pose_is_laid_at_the_drones_door_not_the_radars() -> None:
    scene = _scene(5)
    moved = []
    for m in scene.messages():
        if isinstance(m, PoseReport) and m.sensor_id == "EO-D2":
            place = m.position
            place = Geodetic(
                latitude_rad=place.latitude_rad + 120.0 / 6.37e6,
                longitude_rad=place.longitude_rad - 150.0 / 5.5e6,
                height_m=place.height_m,
            )
            m = msgspec.structs.replace(m, position=place)
        moved.append(m)
    _, faults = _run(scene, moved)
    assert [(f.sensor_id, f.kind) for f in faults] == [("EO-D2", "pose")]
    assert faults[0].magnitude == pytest.approx(math.hypot(120.0, 150.0), rel=0.25)


def test_a_radar_that_dies_is_called_silent_within_seconds_and_cleared_when_heard_again() -> None:
    scene = _scene(6)
    gap = [
        m for m in scene.messages() if not (getattr(m, "sensor_id", "") == "RD-1" and 15e9 < m.arrival_utc_ns < 30e9)
    ]
    _, faults = _run(scene, gap)
    assert [(f.sensor_id, f.kind, f.cleared) for f in faults] == [("RD-1", "silent", False), ("RD-1", "silent", True)]
    assert faults[0].arrival_utc_ns < 21e9


def test_a_frozen_radar_is_named() -> None:
    scene = _scene(7)
    held: Plot | None = None
    frozen: list[Message] = []
    for m in scene.messages():
        if isinstance(m, Plot) and m.time_utc_ns > 12e9:
            held = held or m
            m = msgspec.structs.replace(
                m, range_m=held.range_m, azimuth_rad=held.azimuth_rad, elevation_rad=held.elevation_rad
            )
        frozen.append(m)
    _, faults = _run(scene, frozen)
    assert ("RD-1", "frozen") in [(f.sensor_id, f.kind) for f in faults]
    assert next(f for f in faults if f.kind == "frozen").arrival_utc_ns < 17e9
    assert {f.sensor_id for f in faults} == {"RD-1"}  # what a frozen radar says is held against nobody


def test_late_and_out_of_order_data_accuse_nobody() -> None:
    scene, rng = _scene(8), np.random.default_rng(8)
    late = [
        msgspec.structs.replace(m, arrival_utc_ns=m.arrival_utc_ns + round(rng.uniform(0, 4.5) * 1e9))
        if isinstance(m, Plot)
        else m
        for m in scene.messages()
    ]
    in_time = [m for m in late if m.arrival_utc_ns < 40e9]
    _, faults = _run(scene, sorted(in_time, key=lambda m: m.arrival_utc_ns))
    assert faults == []


def test_a_beat_unlike_its_peers_betrays_a_clock_behind() -> None:
    state, params = {}, health.HealthParams()
    named: list[SensorFault] = []
    for k in range(8):
        for sensor in "ABCDE":
            behind = 0.5 if sensor == "C" else 0.0
            beat = Heartbeat(
                sensor_id=sensor,
                time_utc_ns=round((2.0 * k - behind) * 1e9) + 10_000_000_000,
                arrival_utc_ns=round((2.0 * k + 0.1) * 1e9) + 10_000_000_000,
            )
            named += health.observe(state, beat, {}, params)
        named += health.unlike_peers(state, round(2e9 * k) + 10_200_000_000, params)
    assert [(f.sensor_id, f.kind) for f in named] == [("C", "clock")]
    assert named[0].magnitude == pytest.approx(-0.5, abs=0.05)


@pytest.mark.parametrize("seed", range(3))
def test_a_radar_noisier_than_it_says_is_named_by_the_own_drones(seed: int) -> None:
    rng = np.random.default_rng(seed)
    scene = _scene(seed)
    noisy: list[Message] = []
    for message in scene.messages():
        if isinstance(message, Plot):
            c = message.covariance
            off = 7.0 * rng.standard_normal(3) * np.sqrt([c[0], c[3], c[5]])
            message = msgspec.structs.replace(
                message,
                range_m=message.range_m + float(off[0]),
                azimuth_rad=message.azimuth_rad + float(off[1]),
                elevation_rad=message.elevation_rad + float(off[2]),
            )
        noisy.append(message)
    state, faults = _run(scene, noisy)
    assert {(f.sensor_id, f.kind) for f in faults} == {("RD-1", "noise")}
    assert registration.noise(state, "RD-1") == pytest.approx(7.0, rel=0.5)


def test_a_drone_whose_reported_place_jumps_does_not_make_the_radar_noisy() -> None:
    rng = np.random.default_rng(1)
    scene = _scene(1)
    jumping: list[Message] = []
    for message in scene.messages():
        if isinstance(message, PoseReport) and message.sensor_id == "EO-D1":
            place = message.position
            east_rad, north_rad = rng.normal(0.0, 3e-5, 2)
            moved = msgspec.structs.replace(
                place,
                latitude_rad=place.latitude_rad + float(north_rad),
                longitude_rad=place.longitude_rad + float(east_rad),
            )
            message = msgspec.structs.replace(message, position=moved)
        jumping.append(message)
    _, faults = _run(scene, jumping)
    assert "RD-1" not in {f.sensor_id for f in faults}


def test_what_was_said_of_clocks_falls_when_the_stations_own_has_proved_wrong() -> None:
    scene = _scene(3, radar_clock_s=2.0)
    state, faults = _run(scene, scene.messages())
    assert [(f.sensor_id, f.kind, f.cleared) for f in faults] == [("RD-1", "clock", False)]
    assert registration.correction(state, "RD-1") is not None
    fallen = registration.forget_clocks(state, 41 * 1_000_000_000)
    assert [(f.sensor_id, f.kind, f.cleared) for f in fallen] == [("RD-1", "clock", True)]
    assert registration.correction(state, "RD-1") is None
    assert registration.forget_clocks(state, 42 * 1_000_000_000) == ()
