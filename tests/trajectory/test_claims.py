"""A detection is scored as the prediction says, once."""

from __future__ import annotations

import math

import numpy as np

from marsad import pipeline
from marsad.trajectory import events
from marsad.trajectory.events import outlook_of, score
from marsad.trajectory.fit import predict
from marsad.trajectory.modes import weights
from marsad.trajectory.rows import rows_of
from trajectory.nights import ROCKET, night, site_with


def test_scores_are_those_of_the_prediction_and_are_remembered(monkeypatch):
    site = site_with("radar")
    state = pipeline.init(site)
    for message in night(site, ROCKET, duration_s=9.0).messages:
        state, _ = pipeline.step(state, (message,))
    (event,) = state.trajectory.events
    world, sigma = state.trajectory.world, state.trajectory.bias_sigma
    event.outlook = None
    value, innovation = np.empty(3), np.empty((3, 3))
    every = [rows_of(d, state.book) for d in event.detections.values()]
    for rows in every:
        expected = []
        for mode, w in zip(event.modes, weights(event.modes), strict=True):
            if w >= 0.03:
                estimate = mode.fit._replace(flight=mode.flight)
                _, chi2, log_det = predict(0, estimate, world.env, rows, value, innovation, sigma)
                expected.append((chi2, chi2 + log_det - 2.0 * math.log(w)))
        assert score(event, rows, world, sigma) == (min(e[0] for e in expected), min(e[1] for e in expected))
    calls = []
    monkeypatch.setattr(events, "fits", lambda *a: calls.append(a) or (0.0, 0.0))
    before = [score(event, rows, world, sigma) for rows in every]
    assert not calls
    event.modes = list(event.modes)
    assert [score(event, rows, world, sigma) for rows in every] != before
    assert calls
    assert outlook_of(event, world).modes is event.modes
