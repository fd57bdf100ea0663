"""The compiled and the NumPy path say the same."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from marsad import track
from marsad.track import warm
from track.scenes import RADAR, aircraft, frames_of, run


@pytest.fixture(scope="module")
def both() -> tuple[track.State, track.State, list[track.Info], list[track.Info]]:
    rng = np.random.default_rng(21)
    frames, _ = frames_of(aircraft(rng, 15, 25), rng)
    camera = np.array([0.0, 0.0, 40.0])
    for k in range(5, 25):
        frames.append(
            track.bearings(
                k + 0.5,
                [[0.1 + 0.01 * k, 0.05]],
                sigma=(2e-3, 2e-3),
                sensor=1,
                position_enu_m=tuple(camera),
                detection_id=[100_000 + k],
            )
        )
    frames.sort(key=lambda f: f.time_s)
    for k in (8, 9, 10):
        frames.append(
            track.sensor_tracks(
                25.0 + k,
                [[1000.0 + 50 * k, 2000.0, 500.0, 50.0, 0.0, 0.0]],
                sigma=(30.0, 30.0, 30.0, 5.0, 5.0, 5.0),
                sensor=2,
                detection_id=[200_000 + k],
            )
        )
    eye = track.SensorModel(detection_probability=0.0, clutter_density=1.0)
    other = track.SensorModel(detection_probability=0.0, clutter_density=1e-12)
    params = track.Params(sensors=(RADAR, eye, other))
    plain, plain_infos = run(frames, replace(params, compiled=False))
    fast, fast_infos = run(frames, replace(params, compiled=True))
    return plain, fast, plain_infos, fast_infos


def test_same_tracks(both):
    plain, fast, _, _ = both
    assert plain.tracks.uid.tolist() == fast.tracks.uid.tolist()
    assert plain.tracks.status.tolist() == fast.tracks.status.tolist()
    used = fast.tracks.weight > 0
    assert np.array_equal(used, plain.tracks.weight > 0)
    assert np.allclose(plain.tracks.weight, fast.tracks.weight, atol=1e-6)
    assert np.allclose(plain.tracks.mean[used], fast.tracks.mean[used], rtol=1e-6, atol=1e-4)
    assert np.allclose(plain.tracks.covariance[used], fast.tracks.covariance[used], rtol=1e-5, atol=1e-3)
    assert np.allclose(plain.tracks.existence, fast.tracks.existence, atol=1e-8)


def test_same_dispositions(both):
    _, _, plain, fast = both
    for a, b in zip(plain, fast, strict=True):
        assert a.disposition.tolist() == b.disposition.tolist()
        assert a.track_uid.tolist() == b.track_uid.tolist()
        assert np.allclose(a.nis, b.nis, rtol=1e-5, atol=1e-6)
        assert not a.is_compiled
        assert b.is_compiled


def test_warm_kernels_are_of_this_code():
    track.warmup()
    assert track.ready()
    assert warm.compiled_edition() == warm.EDITION
    assert not track.warmup()
