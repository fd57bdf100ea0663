"""Detections to launch estimates and impact forecasts: batch fits of a physical trajectory."""

from marsad.trajectory.stage import init, is_corrected, plain_story, step, weather
from marsad.trajectory.state import TrajectoryOutputs, TrajectoryParams, TrajectoryState

__all__ = [
    "TrajectoryOutputs",
    "TrajectoryParams",
    "TrajectoryState",
    "init",
    "is_corrected",
    "plain_story",
    "step",
    "weather",
]
