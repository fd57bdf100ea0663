"""Detections to tracks: the air picture.

Ten lines on a file of your own::

    from marsad import track

    sensor = track.SensorModel(detection_probability=0.9, clutter_density=6e-5)
    params = track.Params(sensors=(sensor,))
    state = track.init(params)
    for time_s, plots in scans:  # plots: range m, azimuth clockwise from north and elevation rad
        frame = track.plots(time_s, plots, sigma=(20.0, 5e-3, 5e-3))
        state, info = track.step(state, (frame,), params)
        shown = state.tracks.status >= track.Status.CONFIRMED
        print(time_s, state.tracks.uid[shown], track.position_enu_m(state.tracks)[shown])

``state.tracks`` is a structure of arrays (``Tracks``); ``estimate`` sums its hypotheses up to position, velocity and
covariance; ``info`` says what became of every detection and which tracks ended, and why.
"""

from __future__ import annotations

from marsad.track.estimate import Estimate, estimate, position_enu_m
from marsad.track.frames import bearings, frame, plots, positions, sensor_tracks
from marsad.track.stage import init, step
from marsad.track.types import (
    DEFAULT_MODELS,
    Batch,
    DetectionKind,
    Disposition,
    Ended,
    EndReason,
    Family,
    Frame,
    Info,
    LaunchPrior,
    MotionKind,
    MotionModel,
    Params,
    SensorModel,
    Sites,
    State,
    Status,
    Tracks,
)
from marsad.track.warm import ready, warmup

warm_up = warmup
"""The name under which ``marsad warmup`` looks for it in every package."""

__all__ = [
    "DEFAULT_MODELS",
    "Batch",
    "DetectionKind",
    "Disposition",
    "EndReason",
    "Ended",
    "Estimate",
    "Family",
    "Frame",
    "Info",
    "LaunchPrior",
    "MotionKind",
    "MotionModel",
    "Params",
    "SensorModel",
    "Sites",
    "State",
    "Status",
    "Tracks",
    "bearings",
    "estimate",
    "frame",
    "init",
    "plots",
    "position_enu_m",
    "positions",
    "ready",
    "sensor_tracks",
    "step",
    "warm_up",
    "warmup",
]
