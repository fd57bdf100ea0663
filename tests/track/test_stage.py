"""The stage as a user sees it: it finds what flies and says what became of each detection."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from marsad import track
from track.scenes import RADAR, SIGMA, aircraft, frames_of, run, spherical

PARAMS = track.Params(sensors=(RADAR,), compiled=False)


def confirmed(state: track.State) -> np.ndarray:
    return state.tracks.status >= track.Status.CONFIRMED


def test_every_aircraft_is_tracked_and_nothing_else():
    rng = np.random.default_rng(1)
    truth = aircraft(rng, 12, 30)
    frames, _ = frames_of(truth, rng)
    state, _ = run(frames, PARAMS)
    position = track.position_enu_m(state.tracks)[confirmed(state)]
    distance = np.linalg.norm(position[:, None] - truth[-1][None], axis=2)
    assert len(position) == 12
    assert (distance.min(axis=0) < 400).all()


def test_every_detection_has_one_disposition():
    rng = np.random.default_rng(2)
    frames, origins = frames_of(aircraft(rng, 6, 20), rng)
    _, infos = run(frames, PARAMS)
    for frame, info, origin in zip(frames, infos, origins, strict=True):
        assert info.detection_id.tolist() == frame.detection_id.tolist()
        assert np.isin(info.disposition, (track.Disposition.ASSOCIATED, track.Disposition.INITIATED)).all()
        associated = info.disposition == track.Disposition.ASSOCIATED
        assert (info.nis[associated] >= 0).all()
        if frame.time_s > 5:
            assert (associated == (origin >= 0)).mean() > 0.9


def test_clutter_ends_as_clutter():
    rng = np.random.default_rng(3)
    frames, _ = frames_of(np.zeros((25, 0, 3)), rng, clutter=8)
    state, infos = run(frames, PARAMS)
    reasons = np.concatenate([i.ended.reason for i in infos])
    assert not confirmed(state).any()
    assert len(reasons) > 100
    assert (reasons == track.EndReason.CLUTTER).all()


def test_a_lost_object_coasts_and_then_ends():
    rng = np.random.default_rng(4)
    truth = aircraft(rng, 1, 15)
    frames, _ = frames_of(truth, rng, clutter=0, pd=1.0)
    state, _ = run(frames, PARAMS)
    assert state.tracks.status.tolist() == [track.Status.CONFIRMED]
    before = state.tracks.existence[0]
    state, _ = track.step(state, (track.plots(15.0, np.zeros((0, 3)), sigma=SIGMA),), PARAMS)
    assert state.tracks.status.tolist() == [track.Status.COASTED]
    assert state.tracks.existence[0] < before
    reasons = []
    for time_s in range(16, 26):
        state, info = track.step(state, (track.plots(time_s, np.zeros((0, 3)), sigma=SIGMA),), PARAMS)
        reasons += info.ended.reason.tolist()
    assert reasons == [track.EndReason.LOST]
    assert len(state.tracks.uid) == 0


def test_silence_of_a_sensor_that_cannot_see_there_says_nothing():
    rng = np.random.default_rng(5)
    frames, _ = frames_of(aircraft(rng, 1, 15), rng, clutter=0, pd=1.0)
    params = replace(PARAMS, sensors=(RADAR, replace(RADAR, max_range_m=10.0)))
    state, _ = run(frames, params)
    before = state.tracks.existence[0]
    state, _ = track.step(state, (track.plots(15.0, np.zeros((0, 3)), sigma=SIGMA, sensor=1),), params)
    assert state.tracks.existence[0] == pytest.approx(before, rel=0.01)
    assert state.tracks.status.tolist() == [track.Status.CONFIRMED]


def test_bad_input_is_refused_with_the_reason_and_the_rest_is_tracked():
    plots = np.array([[5000.0, 0.1, 0.1], [math.nan, 0.2, 0.1], [6000.0, 0.3, 0.1], [7000.0, 0.5, 0.1]])
    covariance = np.repeat(np.diag(np.square(SIGMA))[None], 4, axis=0)
    covariance[2, 1, 1] = -1.0
    good = track.plots(0.0, plots, covariance=covariance, detection_id=[1, 2, 3, 1])
    state, info = track.step(
        track.init(PARAMS), (good, replace(good, sensor=7, detection_id=np.array([11, 12, 13, 14]))), PARAMS
    )
    became = dict(zip(info.detection_id.tolist(), info.disposition.tolist(), strict=False))
    assert state.tracks.uid.tolist() == [1]
    assert became[2] == track.Disposition.REJECTED_NOT_FINITE
    assert became[3] == track.Disposition.REJECTED_COVARIANCE
    assert info.disposition.tolist().count(track.Disposition.REJECTED_DOUBLED) == 1
    assert all(became[i] == track.Disposition.REJECTED_UNKNOWN_SENSOR for i in (11, 12, 13, 14))


def test_the_state_given_is_not_changed():
    rng = np.random.default_rng(6)
    frames, _ = frames_of(aircraft(rng, 4, 8), rng)
    state, _ = run(frames[:-1], PARAMS)
    before = [a.copy() for a in state.tracks]
    first, _ = track.step(state, (frames[-1],), PARAMS)
    second, _ = track.step(state, (frames[-1],), PARAMS)
    assert all(np.array_equal(a, b, equal_nan=True) for a, b in zip(before, state.tracks, strict=True))
    assert all(np.array_equal(a, b, equal_nan=True) for a, b in zip(first.tracks, second.tracks, strict=True))


def test_the_table_is_never_longer_than_allowed():
    rng = np.random.default_rng(7)
    frames, _ = frames_of(np.zeros((3, 0, 3)), rng, clutter=40)
    params = replace(PARAMS, max_tracks=50)
    state, infos = run(frames, params)
    assert len(state.tracks.uid) <= 50
    assert any(track.Disposition.REJECTED_FULL in info.disposition for info in infos)


def test_a_rocket_is_told_from_an_aircraft_by_its_motion():
    k, dt = 1e-4, 1.0
    at, v = np.array([-8000.0, -3000.0, 0.0]), np.array([280.0, 120.0, 370.0])
    path = []
    for _ in range(200):
        path.append(at.copy())
        v = v + 0.1 * (-k * math.exp(-max(at[2], 0) / 8500) * np.linalg.norm(v) * v - np.array([0, 0, 9.80665]))
        at = at + 0.1 * v
    rng = np.random.default_rng(8)
    rocket = np.array(path)[4::10]
    plane = np.array([9000.0, 4000.0, 1500.0]) + np.arange(len(rocket))[:, None] * dt * np.array([-150.0, 20.0, 0.0])
    frames, _ = frames_of(np.stack((rocket, plane), axis=1), rng, clutter=2, pd=1.0)
    state, _ = run(frames, PARAMS)
    said = track.estimate(state.tracks, PARAMS)
    order = np.argsort(said.position_enu_m[confirmed(state), 0])
    assert confirmed(state).sum() == 2
    assert said.rocket_probability[confirmed(state)][order] == pytest.approx([1.0, 0.0], abs=0.01)
    error = said.position_enu_m[confirmed(state)][order] - np.stack((rocket[-1], plane[-1]))
    spread = np.sqrt(np.einsum("taa->ta", said.covariance[confirmed(state)][order][:, :3, :3]))
    assert (np.abs(error) < 4 * spread).all()


def test_a_salvo_teaches_its_launch_site(root):
    state, _ = run(*salvo(9))
    assert len(state.sites.last_s) == 1
    assert np.linalg.norm(state.sites.position_enu_m[0, :2] - (-9000.0, -5000.0)) < 150.0
    rockets = track.estimate(state.tracks, PARAMS).rocket_probability[confirmed(state)]
    assert len(rockets) == 8
    assert (rockets > 0.9).all()


@pytest.mark.parametrize(("seed", "first_s", "every_s"), [(2, 0.2, 1.0), (4, 1.05, 1.0), (2, 0.2, 1.3)])
def test_rockets_that_follow_each_other_by_one_look_are_no_column_of_hovering_objects(root, seed, first_s, every_s):
    state, _ = run(*salvo(seed, first_s + every_s * np.arange(8.0)))
    assert np.linalg.norm(state.sites.position_enu_m[0, :2] - (-9000.0, -5000.0)) < 150.0
    rockets = track.estimate(state.tracks, PARAMS).rocket_probability[confirmed(state)]
    assert (rockets > 0.9).sum() >= 7


def salvo(seed: int, start_s: np.ndarray | None = None) -> tuple[list[track.Frame], track.Params]:
    """Eight rockets from one place within six seconds (or at the times given), seen for fifteen."""
    rng = np.random.default_rng(seed)
    start = 1.0 + np.sort(rng.uniform(0, 6, 8)) if start_s is None else start_s
    v0, el, az = rng.uniform(430, 580, 8), np.radians(rng.uniform(42, 55, 8)), np.radians(rng.uniform(58, 64, 8))
    v = v0[:, None] * np.column_stack((np.cos(el) * np.sin(az), np.cos(el) * np.cos(az), np.sin(el)))
    at = np.tile(np.array([-9000.0, -5000.0, 0.0]), (8, 1))
    frames, number = [], 0
    for step_ in range(151):
        now = 0.1 * step_
        if step_ % 10 == 0:
            up = np.flatnonzero((start < now) & (rng.random(8) < 0.95) & (at[:, 2] > 30))
            plots = spherical(at[up]) + rng.normal(size=(len(up), 3)) * SIGMA
            frames.append(track.plots(now, plots, sigma=SIGMA, detection_id=np.arange(number, number + len(up))))
            number += len(up)
        air = np.exp(-np.maximum(at[:, 2], 0) / 8500)[:, None]
        pull = -1e-4 * air * np.linalg.norm(v, axis=1)[:, None] * v - np.array([0, 0, 9.80665])
        flying = (start < now)[:, None]
        at, v = np.where(flying, at + 0.1 * v, at), np.where(flying, v + 0.1 * pull, v)
    return frames, PARAMS
