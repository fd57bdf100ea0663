"""Detections to launch estimates and impact forecasts: batch fits of a physical trajectory."""

from marsad.trajectory.stage import TrajectoryOutputs, TrajectoryParams, TrajectoryState, init, step, weather

__all__ = ["TrajectoryOutputs", "TrajectoryParams", "TrajectoryState", "init", "step", "weather"]
