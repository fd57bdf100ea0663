"""Tracks of the air picture, with what they are thought to be and why."""

from __future__ import annotations

from typing import Literal

import msgspec

from marsad.terms.estimates import ZoneRisk
from marsad.terms.places import Geodetic

TrackStatus = Literal["tentative", "confirmed", "coasted", "ended"]
ObjectKind = Literal["rocket", "drone", "aircraft", "helicopter", "own_drone", "balloon", "bird", "unknown"]
Affiliation = Literal["friend", "assumed_friend", "neutral", "unknown", "suspect", "hostile"]
"""APP-6 / CoT words; a machine alone never says more than suspect for an air track."""


class TrackEnd(msgspec.Struct, frozen=True, kw_only=True):
    """A suspect that is one no more: not seen any more, which clears nobody, or known to be no threat."""

    track_id: str
    why: Literal["lost", "cleared"]


class CorridorForecast(msgspec.Struct, frozen=True, kw_only=True):
    """Where a slow object may go: probability and time of reaching each zone, and its neighbours.

    Each risk is P(exists) · P(threat | motion and history) · P(reaches the zone); the first two stand beside it.
    ``is_suspect`` is the label, which decides nothing.
    """

    track_id: str
    is_suspect: bool = True
    existence_probability: float = 1.0
    threat_probability: float = 1.0
    zone_risks: tuple[ZoneRisk, ...] = ()
    neighbour_zone_ids: tuple[str, ...] = ()
    came_from_azimuth_rad: float | None = None
    came_from_sigma_rad: float | None = None
    first_seen: Geodetic | None = None
    axis: tuple[tuple[int, float, float, float], ...] = ()
    """(time_utc_ns, latitude_rad, longitude_rad, half_width_m) along the expected way."""


class TrackReport(msgspec.Struct, frozen=True, kw_only=True):
    """One track at one time.  ``covariance_enu`` is the upper triangle of the 6×6 (position, velocity) covariance.

    ``range_known`` is false for an object seen by one bearing sensor only: then ``position`` is a place on the line
    of sight chosen for drawing, and the covariance says how little is known.
    """

    track_id: str
    time_utc_ns: int
    status: TrackStatus
    position: Geodetic
    velocity_enu_ms: tuple[float, float, float]
    covariance_enu: tuple[float, ...]
    existence_probability: float
    object_kind: ObjectKind = "unknown"
    affiliation: Affiliation = "unknown"
    confidence: float = 0.0
    reasons: tuple[str, ...] = ()
    range_known: bool = True
    transponder_id: str | None = None
    event_id: str | None = None
    sensor_ids: tuple[str, ...] = ()
    first_seen_utc_ns: int = 0
    nis: float | None = None
