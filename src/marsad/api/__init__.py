"""Marsad in a notebook: simulate or open a night, watch it, look at what came of it."""

from marsad.api.incident import Incident, LaunchHistory, TrackHistory
from marsad.api.points import GroundPoint
from marsad.api.session import open_recording, read_site, simulate, watch
from marsad.api.table import Table

__all__ = [
    "GroundPoint",
    "Incident",
    "LaunchHistory",
    "Table",
    "TrackHistory",
    "open_recording",
    "read_site",
    "simulate",
    "watch",
]
