"""Stone Soup's detections and tracks, there and back."""

from __future__ import annotations

import datetime

import numpy as np
import pytest

from marsad import track
from marsad.adapters import stonesoup as adapter

pytest.importorskip("stonesoup")
START = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
PLACE = (100.0, -50.0, 20.0)


def frame() -> track.Frame:
    spread = np.diag([400.0, 2.5e-5, 3e-5])
    spread[0, 1] = spread[1, 0] = 0.01
    return track.plots(3.0, [[5000.0, 0.3, 0.1], [7000.0, -2.0, 0.2]], covariance=spread, position_enu_m=PLACE)


def test_plots_go_there_and_come_back():
    made = adapter.detections_to(frame(), START)
    back = adapter.plots_from(made, START)
    assert back.time_s == 3.0
    assert back.position_enu_m == PLACE
    turns = (back.measurement - frame().measurement)[:, 1] / (2 * np.pi)
    assert turns == pytest.approx(np.round(turns), abs=1e-12)
    assert back.measurement[:, ::2] == pytest.approx(frame().measurement[:, ::2])
    assert back.covariance[0] == pytest.approx(frame().covariance[0])


def test_a_plot_means_the_same_place_to_both():
    made = adapter.detections_to(frame(), START)
    theirs = made[0].measurement_model.inverse_function(made[0])[[0, 2, 4], 0].astype(float)
    params = track.Params(compiled=False)
    state, _ = track.step(track.init(params), (frame(),), params)
    assert track.position_enu_m(state.tracks)[0] == pytest.approx(theirs, abs=1e-6)


def test_tracks_go_there_and_come_back():
    params = track.Params(compiled=False)
    state, states = track.init(params), []
    for time_s in range(4):
        plot = track.plots(time_s, [[5000.0 + 80.0 * time_s, 0.3, 0.1]], sigma=(20.0, 5e-3, 5e-3))
        state, _ = track.step(state, (plot,), params)
        states.append(state)
    (made,) = adapter.tracks_to(states, params, START)
    said = track.estimate(state.tracks, params)
    back = adapter.tracks_from([made], START + datetime.timedelta(seconds=3), START)
    assert back.measurement[0] == pytest.approx(np.concatenate((said.position_enu_m[0], said.velocity_enu_ms[0])))
    assert back.covariance[0] == pytest.approx(said.covariance[0])


def test_what_cannot_be_read_is_named():
    from stonesoup.models.measurement.linear import LinearGaussian
    from stonesoup.types.array import StateVector
    from stonesoup.types.detection import Detection

    other = Detection(StateVector([1.0]), timestamp=START, measurement_model=LinearGaussian(1, (0,), np.eye(1)))
    with pytest.raises(ValueError, match="LinearGaussian"):
        adapter.plots_from([other], START)
    with pytest.raises(ValueError, match="no detections"):
        adapter.plots_from([], START)
