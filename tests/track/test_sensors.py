"""Bearings, other sensors' tracks, and memory over a long time."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from marsad import track
from track.scenes import RADAR, aircraft, frames_of, run

EYE = track.SensorModel(detection_probability=0.0, clutter_density=0.1, birth_density=0.05)
PARAMS = track.Params(sensors=(RADAR, EYE), compiled=True, keep_existence=0.2)
OBJECT = np.array([1500.0, 3000.0, 300.0])


def seen_from(place: np.ndarray, time_s: float, number: int) -> track.Frame:
    d = OBJECT - place
    bearing = [[math.atan2(d[0], d[1]), math.atan2(d[2], math.hypot(d[0], d[1]))]]
    return track.bearings(
        time_s, bearing, sigma=(1e-3, 1e-3), sensor=1, position_enu_m=tuple(place), detection_id=[number]
    )


def test_range_is_not_invented_until_the_platform_has_moved():
    still = [seen_from(np.array([0.0, 0.0, 100.0]), 0.5 * k, k) for k in range(12)]
    state, _ = run(still, PARAMS)
    assert state.tracks.range_known.tolist() == [0]
    spread = track.estimate(state.tracks, PARAMS).covariance[0]
    assert np.sqrt(np.trace(spread[:3, :3])) > 1000.0
    moving = [seen_from(np.array([60.0 * k, -20.0 * k, 100.0]), 6.0 + 0.5 * k, 100 + k) for k in range(40)]
    for frame in moving:
        state, _ = track.step(state, (frame,), PARAMS)
    assert state.tracks.range_known.tolist() == [1]
    said = track.estimate(state.tracks, PARAMS)
    assert np.linalg.norm(said.position_enu_m[0] - OBJECT) < 0.15 * np.linalg.norm(OBJECT)


def test_a_second_sensor_gives_the_range():
    frames = [seen_from(np.array([0.0, 0.0, 100.0]), 0.5 * k, k) for k in range(8)]
    frames += [seen_from(np.array([2500.0, 500.0, 100.0]), 4.0 + 0.5 * k, 100 + k) for k in range(6)]
    state, _ = run(frames, PARAMS)
    assert len(state.tracks.uid) == 1
    assert state.tracks.range_known.tolist() == [1]
    assert np.linalg.norm(track.position_enu_m(state.tracks)[0] - OBJECT) < 200.0


def test_a_delivered_track_never_makes_ours_surer_than_both_could_be():
    spread = np.diag([900.0, 900.0, 900.0, 25.0, 25.0, 25.0])
    params = replace(PARAMS, sensors=(replace(EYE, clutter_density=1e-13, birth_density=1e-13),))

    def delivered(time_s: float, number: int) -> track.Frame:
        row = [[2000.0 + 50.0 * time_s, 0.0, 800.0, 50.0, 0.0, 0.0]]
        return track.sensor_tracks(time_s, row, covariance=spread, detection_id=[number])

    state, _ = run([delivered(0.1 * k, k) for k in range(30)], params)
    said = track.estimate(state.tracks, params)
    assert len(said.position_enu_m) == 1
    assert said.position_enu_m[0] == pytest.approx([2145.0, 0.0, 800.0], abs=1.0)
    # thirty reports that share all their errors are worth one
    assert (np.diagonal(said.covariance[0])[:3] > 0.8 * 900.0).all()


def test_a_day_of_traffic_ends_with_the_memory_of_its_first_hour():
    rng = np.random.default_rng(41)
    params = replace(PARAMS, sensors=(RADAR,))
    state, sizes = track.init(params), []

    def size(s: track.State) -> int:
        arrays = [a for p in (s.picture, *(c.picture for c in s.checkpoints)) for a in (*p.tracks, *p.sites)]
        return sum(a.nbytes for a in arrays) + sum(len(c.frames) for c in s.checkpoints)

    shown = []
    for hour in range(24):
        frames, _ = frames_of(aircraft(rng, 6, 40), rng, clutter=10)
        for frame in frames:
            at = replace(frame, time_s=3600.0 * hour + frame.time_s, detection_id=frame.detection_id + hour * 10_000)
            state, _ = track.step(state, (at,), params)
        sizes.append(size(state))
        shown.append(int((state.tracks.status >= track.Status.CONFIRMED).sum()))
    assert max(sizes[1:]) < 1.5 * sizes[0]
    assert set(shown) <= {6, 7}


@pytest.mark.parametrize("compiled", [True, False])
def test_what_stands_behind_another_is_not_missed_while_it_is_hidden(compiled):
    def look(time_s: float, number: int, ranges_m: list[float]) -> track.Frame:
        rows = [[r, 0.4, 0.0] for r in ranges_m]
        ids = list(range(number, number + len(rows)))
        return track.plots(time_s, rows, sigma=(5.0, 5e-3, 5e-3), detection_id=ids)

    def existence(shadow_rad: float, hidden_m: list[float]) -> float:
        """Of the track at 900 m, after eight looks in which only the other places show something."""
        sensor = replace(RADAR, min_range_m=10.0, shadow_rad=shadow_rad)
        params = replace(PARAMS, sensors=(sensor,), compiled=compiled, keep_existence=1e-3, delete_existence=1e-4)
        frames = [look(float(k), 10 * k, [*hidden_m, 900.0]) for k in range(6)]
        frames += [look(float(k), 10 * k, hidden_m) for k in range(6, 14)]
        state, _ = run(frames, params)
        place = track.position_enu_m(state.tracks)
        far = np.abs(np.linalg.norm(place, axis=1) - 900.0) < 150.0
        return float(state.tracks.existence[far].max()) if far.any() else 0.0

    assert existence(0.1, [500.0]) > 0.9
    assert existence(0.0, [500.0]) < 0.1
    assert existence(0.1, [1400.0]) < 0.1, "what is nearer is not hidden"
