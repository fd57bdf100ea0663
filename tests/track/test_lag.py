"""Late, doubled and disordered arrival ends in the picture that order would have given."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from marsad import track
from track.scenes import RADAR, aircraft, frames_of, run
from track.test_stage import salvo


def same(a: track.State, b: track.State) -> bool:
    used = a.tracks.weight > 0
    return (
        a.tracks.uid.tolist() == b.tracks.uid.tolist()
        and a.tracks.status.tolist() == b.tracks.status.tolist()
        and np.array_equal(a.tracks.existence, b.tracks.existence)
        and np.array_equal(a.tracks.weight, b.tracks.weight)
        and np.array_equal(a.tracks.mean[used], b.tracks.mean[used])
        and np.array_equal(a.tracks.covariance[used], b.tracks.covariance[used])
    )


def single(frames: list[track.Frame]) -> list[track.Frame]:
    """One frame per detection; an empty frame stays."""
    out = []
    for f in frames:
        out += [
            replace(f, measurement=f.measurement[i : i + 1], detection_id=f.detection_id[i : i + 1])
            for i in range(len(f.detection_id))
        ] or [f]
    return out


def delayed(frames: list[track.Frame], rng: np.random.Generator, lag_s: float) -> list[track.Frame]:
    """Another order of arrival: each frame late by less than the lag."""
    arrival = [f.time_s + rng.uniform(0, 0.99 * lag_s) for f in frames]
    return [frames[i] for i in np.argsort(arrival)]


@pytest.fixture(scope="module")
def params() -> track.Params:
    return track.Params(sensors=(RADAR,), compiled=True, lag_s=3.0)


def test_a_thousand_orders_of_arrival_give_one_picture(params):
    rng = np.random.default_rng(31)
    frames, _ = frames_of(aircraft(rng, 3, 10), rng, clutter=1)
    expected, _ = run(frames, params)
    pieces = single(frames)
    for number in range(1000):
        order = delayed(pieces, np.random.default_rng(number), params.lag_s)
        state = track.init(params)
        for first in range(0, len(order), 4):
            state, _ = track.step(state, tuple(order[first : first + 4]), params)
        assert same(state, expected), f"order {number}"


def test_a_salvo_in_any_order_gives_one_picture(params):
    frames, _ = salvo(9)
    expected, _ = run(frames, params)
    assert len(expected.sites.last_s) == 1
    for number in range(25):
        state, _ = run(delayed(single(frames), np.random.default_rng(number), params.lag_s), params)
        assert same(state, expected), f"order {number}"


def test_order_matters_without_the_lag(params):
    rng = np.random.default_rng(31)
    frames, _ = frames_of(aircraft(rng, 3, 10), rng, clutter=1)
    params = replace(params, lag_s=0.0)
    expected, _ = run(frames, params)
    state, infos = run(delayed(frames, rng, 3.0), params)
    assert not same(state, expected)
    assert any(track.Disposition.REJECTED_TOO_LATE in i.disposition for i in infos)


def test_doubled_detections_are_said_and_change_nothing(params):
    rng = np.random.default_rng(32)
    frames, _ = frames_of(aircraft(rng, 3, 10), rng)
    expected, _ = run(frames, params)
    state, infos = run([f for pair in zip(frames, frames, strict=True) for f in pair], params)
    assert same(state, expected)
    for info in infos[1::2]:
        assert track.Disposition.REJECTED_DOUBLED in info.disposition


def test_too_late_is_refused(params):
    rng = np.random.default_rng(33)
    frames, _ = frames_of(aircraft(rng, 3, 10), rng)
    expected, _ = run(frames, params)
    late = replace(frames[2], detection_id=frames[2].detection_id + 1_000_000)
    state, info = track.step(expected, (late,), params)
    assert same(state, expected)
    assert (info.disposition == track.Disposition.REJECTED_TOO_LATE).all()


def test_what_came_late_is_said_with_the_time_from_which_all_is_new(params):
    rng = np.random.default_rng(34)
    frames, _ = frames_of(aircraft(rng, 3, 10), rng)
    state, _ = run(frames[:7] + frames[8:], params)
    state, info = track.step(state, (frames[7],), params)
    assert info.refiltered_from_s is not None
    assert info.refiltered_from_s <= 7.0
    assert set(frames[7].detection_id.tolist()) <= set(info.detection_id.tolist())
