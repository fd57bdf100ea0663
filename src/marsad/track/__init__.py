"""Detections to tracks: the air picture."""
