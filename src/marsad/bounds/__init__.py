"""Limits: how well any estimator can know a launch and its impact, from any line-up of sensors."""

from __future__ import annotations

from marsad.bounds.arrivals import Arrivals, gather, gather_detections
from marsad.bounds.cramer_rao import ELAPSED_S, launch_bound, semi_major_m, semi_minor_m
from marsad.bounds.launch import TrueLaunch, true_launch
from marsad.bounds.records import BoundRow, LaunchBound, PriorBound
from marsad.bounds.scenario import scenario_bounds
from marsad.bounds.schedule import TYPICAL_ACCURACY, Accuracy, expected_arrivals

__all__ = [
    "ELAPSED_S",
    "TYPICAL_ACCURACY",
    "Accuracy",
    "Arrivals",
    "BoundRow",
    "LaunchBound",
    "PriorBound",
    "TrueLaunch",
    "expected_arrivals",
    "gather",
    "gather_detections",
    "launch_bound",
    "scenario_bounds",
    "semi_major_m",
    "semi_minor_m",
    "true_launch",
]
