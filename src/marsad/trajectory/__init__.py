"""Detections to launch estimates and impact forecasts: batch fits of a physical trajectory."""
