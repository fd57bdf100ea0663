"""What the air picture remembers, its settings, and what it says."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float

from marsad import identify, track
from marsad.air.scans import ScanBuffer
from marsad.geo.site_frame import SiteFrame
from marsad.geo.zones import ZoneShapes
from marsad.sensing import registration
from marsad.sensing.site import Site
from marsad.terms import (
    Affiliation,
    Bearing,
    CorridorForecast,
    Disposition,
    Geodetic,
    ObjectKind,
    SensorFault,
    TrackReport,
)

SENSOR_ROWS = 64
"""Places for sensors in the tracker; a radar takes two (whole scans, late plots)."""
FAR_SIGMAS = 4.0
"""An error of a sensor is taken off beforehand if it is so many of its prior's standard deviations: one in 16,000 is
where nothing is wrong.  What is less is within what the looks may scatter, and each launch's own fit finds it; and a
correction costs a second story beside it."""
CROWD = 50
"""Up to so many tracks everything is done at once (the night of thirty objects has 46); beyond, what may wait for some
tenths of a second is done less often."""


@dataclass(frozen=True)
class AirParams:
    """Settings of the branch: those of its stages, and how often it speaks.

    ``zone_buffer_m`` widens every zone that names no buffer of its own; ``neighbour_m`` is added to it for
    neighbours.  A standing track that nothing updated is reported again after ``repeat_s``; corridors are renewed
    every ``corridor_every_s``, at most ``corridors_at_once`` in one step, the likeliest threats first, for what exists
    and comes to attack with ``corridor_from`` at least: a tenth of what any policy's threshold is likely to be.
    ``hears_findings``: whether what is found to be wrong with a sensor is taken off before tracking, and keeps it from
    bearing witness.
    ``bounds_work``: whether with more than ``CROWD`` tracks less is done for each of them.
    What is first seen within ``own_ground_m`` of a zone's edge rose inside the site, unless a suspect was lost
    within the last ``lost_suspect_s``.  A track that begins within ``heir_m`` of one just missed goes on in its name.
    """

    track: track.Params = field(default_factory=lambda: track.Params(keep_existence=0.02, coast_max_s=15.0))
    identity: identify.IdentityParams = field(default_factory=identify.IdentityParams)
    claims: identify.ClaimParams = field(default_factory=identify.ClaimParams)
    corridor: identify.CorridorParams = field(default_factory=identify.CorridorParams)
    registration: registration.RegistrationParams = field(default_factory=registration.RegistrationParams)
    zone_buffer_m: float = 250.0
    neighbour_m: float = 1000.0
    repeat_s: float = 1.0
    corridor_every_s: float = 1.0
    corridors_at_once: int = 12
    watch_every_s: float = 0.5
    own_ground_m: float = 900.0
    lost_suspect_s: float = 60.0
    heir_m: float = 250.0
    corridor_from: float = 0.01
    object_bearings: bool = True
    hears_findings: bool = True
    bounds_work: bool = True


@dataclass
class Known:
    """What is remembered of one track between steps."""

    memory: identify.IdentityMemory
    first_en_m: tuple[float, float]
    reach: identify.Reach | None = None
    reach_s: float = -1e18
    reported_s: float = -1e18
    hits: int = 0
    """Detections that it had when it was last judged."""
    affiliation: Affiliation = "unknown"
    is_reported: bool = False
    has_corridor: bool = False
    is_released: bool = False
    """It is a listed friend, as last judged."""
    told_threat: float = 0.0
    """P(exists) · P(threat) as last told in a corridor."""
    plots: OrderedDict[str, tuple[float, str | None]] = field(default_factory=OrderedDict)
    """The last plots that the track took: when [s], and the launch that claims each, if one does."""
    sensor_ids: tuple[str, ...] = ()
    last_place: Geodetic | None = None
    kind: ObjectKind = "unknown"


@dataclass
class AirState:
    """All that the branch remembers; donated to ``step``."""

    site: Site
    params: AirParams
    frame: SiteFrame
    shapes: ZoneShapes
    near_shapes: ZoneShapes
    own_ground: ZoneShapes
    registration: registration.RegistrationState
    tracking: track.State
    tracking_params: track.Params
    epoch_utc_ns: int | None = None
    sensor_rows: dict[str, int] = field(default_factory=dict)
    scans: dict[str, ScanBuffer] = field(default_factory=dict)
    bearings: list[Bearing] = field(default_factory=list)
    book: identify.ClaimBook = field(default_factory=identify.ClaimBook)
    known: dict[int, Known] = field(default_factory=dict)
    next_detection: int = 1
    detections: dict[int, tuple[str, str]] = field(default_factory=dict)
    """The caller's id and sensor of the tracker's last detection numbers."""
    went_to: dict[str, int] = field(default_factory=dict)
    """The track of the last detections, by the caller's id."""
    order: deque[int] = field(default_factory=deque)
    claimed: dict[str, str] = field(default_factory=dict)
    """Events of detections that wait for their scan."""
    steepest_rad: dict[str, float] = field(default_factory=dict)
    """The highest elevation at which each radar has followed something."""
    watching_since_s: dict[str, float] = field(default_factory=dict)
    """Since when each radar has been heard and did not fall silent."""
    paused_since_s: dict[str, float] = field(default_factory=dict)
    """The same of those that are silent now, as it was before."""
    heard_s: dict[str, float] = field(default_factory=dict)
    """The latest stamp of anything that a sensor with plots has said."""
    last_watch_s: float = -1e18
    last_forget_s: float = -1e18
    last_suspect_lost_s: float = -1e18
    described_s: float = -1e18
    """When all tracks were last judged."""
    frames: list[track.Frame] = field(default_factory=list)
    """Looks that wait to be tracked together, of a crowd."""
    looked_utc_ns: int | None = None
    """Until when complete looks were handed on."""
    corrections: Mapping[str, Float[np.ndarray, "4"]] = field(default_factory=dict)
    """By sensor, what is taken off its measurements: range (m), azimuth and elevation (rad), clock (s)."""
    is_beside: bool = False
    """It goes on beside another picture, which registers the sensors for both."""


@dataclass(frozen=True)
class AirOutputs:
    """What one step has to say; only what changed.

    ``cleared_track_ids`` were told of as threats and are listed friends (their corridor is said once more, empty): only
    these take an alarm back.  ``lost_track_ids`` were told of and are not seen any more, which clears nobody.
    """

    tracks: tuple[TrackReport, ...] = ()
    corridors: tuple[CorridorForecast, ...] = ()
    cleared_track_ids: tuple[str, ...] = ()
    lost_track_ids: tuple[str, ...] = ()
    dispositions: tuple[Disposition, ...] = ()
    faults: tuple[SensorFault, ...] = ()


def is_crowded(state: AirState) -> bool:
    """Whether there is so much in the air that some of the work waits."""
    return state.params.bounds_work and len(state.tracking.tracks.uid) > CROWD


def seconds(state: AirState, time_utc_ns: int) -> float:
    """Seconds since the branch's epoch (the first message's arrival)."""
    return (time_utc_ns - (state.epoch_utc_ns or 0)) * 1e-9


def utc_ns(state: AirState, time_s: float) -> int:
    """Nanoseconds UTC of seconds since the branch's epoch."""
    return (state.epoch_utc_ns or 0) + round(time_s * 1e9)
