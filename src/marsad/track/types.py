"""What the tracking stage takes, remembers and gives: parameters, frames of detections, tracks, diagnostics.

Frame of reference: local east-north-up (ENU) metres at an origin of the caller's choice, flat over the tens of
kilometres that a site sees.  Time: seconds on an epoch of the caller's choice.  Azimuth: clockwise from north.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

STATE_SIZE = 7
"""East, north, up (m), their rates (m/s), and one number of the model: turn rate (rad/s) or ln of the drag (1/m)."""


class DetectionKind(IntEnum):
    """What one row of a frame measures, and in which units."""

    PLOT = 0
    """Range m, azimuth rad, elevation rad from the sensor's position."""
    POSITION = 1
    """East, north, up m."""
    BEARING = 2
    """Azimuth, elevation rad from the sensor's position; an infinite elevation variance says azimuth only."""
    TRACK = 3
    """East, north, up m and their rates m/s of a sensor that delivers only tracks; fused by covariance intersection."""


class MotionKind(IntEnum):
    """How a model moves its state from one time to the next."""

    CONSTANT_VELOCITY = 0
    COORDINATED_TURN = 1
    BALLISTIC = 2


class Family(IntEnum):
    """Models between which an object may change; it never changes its family."""

    AIR = 0
    ROCKET = 1


class Status(IntEnum):
    """Where a track stands in its life."""

    TENTATIVE = 0
    CONFIRMED = 1
    COASTED = 2
    """Confirmed, but not seen in the last frame of a sensor that should have seen it, or for a while."""


class Disposition(IntEnum):
    """What became of one detection."""

    ASSOCIATED = 1
    INITIATED = 2
    """Began a tentative track of the detection's own identity; ``Info.ended`` says later if it was clutter."""
    CLUTTER = 3
    REJECTED_TOO_LATE = 4
    REJECTED_DOUBLED = 5
    REJECTED_NOT_FINITE = 6
    REJECTED_FULL = 7
    REJECTED_UNKNOWN_SENSOR = 8
    REJECTED_COVARIANCE = 9


class EndReason(IntEnum):
    """Why a track is no more."""

    CLUTTER = 1
    """Never confirmed: what began it was clutter."""
    LOST = 2
    IMPACT = 3
    """Came down to the ground on its ballistic path."""
    STALE = 4


@dataclass(frozen=True)
class SensorModel:
    """What the tracker must know of one sensor.

    ``clutter_density`` counts false detections per frame and unit of measurement space: 1/(m rad²) for plots, 1/m³
    for positions and tracks, 1/rad² for bearings (1/rad for azimuth only).  ``detection_probability`` zero means that
    the sensor's silence says nothing (it reports when it pleases).
    """

    detection_probability: float = 0.9
    clutter_density: float = 3e-5
    birth_density: float | None = None
    """New objects per frame and unit of measurement space; None: a tenth of the clutter's."""
    min_range_m: float = 0.0
    max_range_m: float = math.inf
    min_elevation_rad: float = -math.pi / 2
    max_elevation_rad: float = math.pi / 2
    shadow_rad: float = 0.0
    """Half-width in azimuth of the shadow that a confirmed track throws on what is behind it; zero: none."""

    def __post_init__(self) -> None:
        if not 0 <= self.detection_probability < 1:
            raise ValueError(f"SensorModel.detection_probability must be in [0, 1), got {self.detection_probability!r}")
        if not self.clutter_density > 0:
            raise ValueError(f"SensorModel.clutter_density must be positive, got {self.clutter_density!r}")


@dataclass(frozen=True)
class MotionModel:
    """One row of the table of motion models: a table of numbers, not a class of its own.

    ``noise_horizontal`` and ``noise_vertical`` are spectral densities of white acceleration (m²/s³), ``noise_extra``
    that of the model's own number; ``sojourn_s`` the mean time an object stays with the model (infinite: for good).
    """

    kind: MotionKind
    family: Family
    noise_horizontal: float
    noise_vertical: float
    noise_extra: float = 0.0
    sojourn_s: float = math.inf
    prior: float = 1.0
    speed_horizontal_sigma_ms: float = 120.0
    speed_vertical_sigma_ms: float = 10.0
    speed_vertical_mean_ms: float = 0.0
    extra_mean: float = 0.0
    extra_sigma: float = 0.0


# Air vehicles fly straight for about half a minute and turn for about a quarter; rockets fall with drag.
# The figures behind the numbers: docs/decisions.md, "Motion models".
DEFAULT_MODELS = (
    MotionModel(
        MotionKind.CONSTANT_VELOCITY, Family.AIR, 0.5, 0.1, sojourn_s=40.0, prior=0.6, speed_vertical_sigma_ms=7.0
    ),
    MotionModel(
        MotionKind.COORDINATED_TURN,
        Family.AIR,
        6.0,
        0.3,
        noise_extra=4e-4,
        sojourn_s=15.0,
        prior=0.3,
        speed_vertical_sigma_ms=7.0,
        extra_sigma=0.08,
    ),
    MotionModel(
        MotionKind.CONSTANT_VELOCITY,
        Family.ROCKET,
        3000.0,
        3000.0,
        sojourn_s=1.5,
        prior=0.03,
        speed_horizontal_sigma_ms=200.0,
        speed_vertical_sigma_ms=200.0,
        speed_vertical_mean_ms=100.0,
        extra_mean=math.log(1e-4),
        extra_sigma=0.5,
    ),
    MotionModel(
        MotionKind.BALLISTIC,
        Family.ROCKET,
        1.0,
        1.0,
        noise_extra=1e-4,
        prior=0.07,
        speed_horizontal_sigma_ms=300.0,
        speed_vertical_sigma_ms=300.0,
        speed_vertical_mean_ms=100.0,
        extra_mean=math.log(1e-4),
        extra_sigma=0.5,
    ),
)


@dataclass(frozen=True)
class LaunchPrior:
    """What is known of a rocket in its first second, before its launch site's own salvo has taught better.

    Speed and elevation at the end of burn: mean and standard deviation; drag: of ln k in a = -k rho/rho0 |v| v.
    Unguided artillery rockets of 107 to 333 mm leave at 350 to 900 m/s, mostly between 35 and 60 degrees.
    """

    speed_mean_ms: float = 520.0
    speed_sigma_ms: float = 120.0
    elevation_mean_rad: float = math.radians(48.0)
    elevation_sigma_rad: float = math.radians(9.0)
    drag_ln_mean: float = math.log(1e-4)
    drag_ln_sigma: float = 0.5
    rate_hz: float = 5.0
    """Launches per second to reckon with at a site that fired within ``active_s``."""
    active_s: float = 60.0
    site_sigma_m: float = 30.0
    """How far launchers of one site stand apart."""


@dataclass(frozen=True)
class Params:
    """Settings of the tracking stage; the sensors are addressed by their place in ``sensors``."""

    sensors: tuple[SensorModel, ...] = (SensorModel(),)
    models: tuple[MotionModel, ...] = DEFAULT_MODELS
    launch: LaunchPrior = field(default_factory=LaunchPrior)
    gate_chi2: float = 25.0
    """Squared Mahalanobis distance within which a detection may belong to a track."""
    confirm_existence: float = 0.95
    confirm_hits: int = 3
    """A track is confirmed with so many detections at the earliest, however likely it exists."""
    confirm_hits_launched: int = 4
    """The same, if it is more, for a track begun at a launch site: its salvo's rockets cannot be told apart sooner."""
    delete_existence: float = 0.003
    keep_existence: float = 0.4
    """A confirmed track ends when its probability of existence falls below this."""
    max_existence: float = 0.9995
    survival_s: float = 600.0
    """Mean time for which an object that is no longer seen goes on existing, where no sensor's silence counts."""
    coast_max_s: float = 30.0
    """A confirmed track not updated for this long ends."""
    tentative_max_s: float = 6.0
    """A tentative track not updated for this long ends."""
    lag_s: float = 8.0
    """How late a detection may come and still be filtered in as if it had come in order; zero: not at all."""
    checkpoints: int = 8
    """How many earlier states are kept within the lag."""
    again_per_s: float = 4_000.0
    again_most: float = 24_000.0
    """Tracks times frames that may be filtered anew for launch sites recognised later: so many for each second, so many
    at once.  Two launch sites are recognised among thirty objects at the cost of 15,000, within four seconds; 24,000
    take 0.2 s of a slow core.  What is beyond waits (a recall), or is put in without asking whether it would have
    changed a recall (a late look)."""
    max_tracks: int = 4096
    ground_up_m: float = 0.0
    """Height of the ground, for impacts and launch sites."""
    range_bins: int = 6
    min_range_m: float = 100.0
    max_range_m: float = 30_000.0
    """Between these the range of an object seen by one bearing sensor is unknown."""
    compiled: bool | None = None
    """True: compiled kernels; False: NumPy; None: compiled if the cache of ``marsad warmup`` is there."""

    def __post_init__(self) -> None:
        if not self.sensors:
            raise ValueError("Params.sensors: at least one sensor is needed")
        if not self.models:
            raise ValueError("Params.models: at least one motion model is needed")
        if min(self.confirm_hits, self.confirm_hits_launched) < 1:
            least = min(self.confirm_hits, self.confirm_hits_launched)
            raise ValueError(f"Params.confirm_hits and confirm_hits_launched must be at least 1, got {least!r}")
        if not 0 < self.delete_existence < self.confirm_existence < self.max_existence < 1:
            raise ValueError("Params: 0 < delete_existence < confirm_existence < max_existence < 1 must hold")


@dataclass(frozen=True)
class Frame:
    """What one sensor saw at one instant; an empty frame says that it looked and saw nothing.

    ``measurement`` has 3, 3, 2 or 6 columns after ``kind``; ``covariance`` is one matrix per detection, or one with a
    first axis of length 1 for all.  ``detection_id`` are the caller's numbers, unique within the lag; they become the
    identity of tracks that begin here.
    """

    time_s: float
    kind: DetectionKind
    measurement: Float[np.ndarray, "detection column"]
    covariance: Float[np.ndarray, "detection_or_one column column"]
    detection_id: Int[np.ndarray, " detection"]
    sensor: int = 0
    position_enu_m: tuple[float, float, float] = (0.0, 0.0, 0.0)


Batch = tuple[Frame, ...]
"""Frames in order of arrival."""


class Tracks(NamedTuple):
    """All tracks at one time, as arrays (structure of arrays); row ``i`` of each is track ``i``.

    ``slot`` counts the hypotheses within a track: its motion models, or its range intervals while its range is
    unknown.  A slot of weight zero is not in use and its numbers mean nothing.
    """

    uid: Int[np.ndarray, " track"]
    """Identity: the identity of the detection that began it."""
    last_detection: Int[np.ndarray, " track"]
    """Identity of the detection that last updated it."""
    status: Int[np.ndarray, " track"]
    existence: Float[np.ndarray, " track"]
    born_s: Float[np.ndarray, " track"]
    born_enu_m: Float[np.ndarray, "track 3"]
    updated_s: Float[np.ndarray, " track"]
    hits: Int[np.ndarray, " track"]
    misses: Int[np.ndarray, " track"]
    """Frames in a row in which it should have been seen and was not."""
    range_known: Int[np.ndarray, " track"]
    site: Int[np.ndarray, " track"]
    """Launch site that it began at, or -1."""
    sensors: Int[np.ndarray, " track"]
    """Bit ``s`` is set when sensor ``s`` (modulo 63) contributed."""
    nis: Float[np.ndarray, " track"]
    """Normalised innovation squared of the last update; negative before the first."""
    weight: Float[np.ndarray, "track slot"]
    mean: Float[np.ndarray, "track slot state"]
    covariance: Float[np.ndarray, "track slot state state"]


class Sites(NamedTuple):
    """Launch sites learnt from tracks traced back to the ground; row per site."""

    position_enu_m: Float[np.ndarray, "site 3"]
    information: Float[np.ndarray, "site 3 3"]
    """Inverse covariance of the position."""
    moments: Float[np.ndarray, "site 9"]
    """Rockets; sums of speed, elevation, ln drag, of their squares, and of the sine and cosine of the azimuth."""
    first_s: Float[np.ndarray, " site"]
    """Time of the first launch."""
    last_s: Float[np.ndarray, " site"]
    """Time of the last launch."""
    recalled: Int[np.ndarray, " site"]
    """How often the lag was filtered anew because of what was learnt of the site."""


@dataclass(frozen=True)
class Ended:
    """Tracks that ended in a step."""

    uid: Int[np.ndarray, " track"]
    reason: Int[np.ndarray, " track"]
    """An ``EndReason`` each."""
    time_s: Float[np.ndarray, " track"]


@dataclass(frozen=True)
class Info:
    """Diagnostics of one step: what became of every detection, and which tracks ended.

    When something came late (or a launch site was recognised) the lag was filtered anew from ``refiltered_from_s``;
    then everything here since that time, earlier detections included, replaces what was said before.
    """

    detection_id: Int[np.ndarray, " detection"]
    disposition: Int[np.ndarray, " detection"]
    """A ``Disposition`` each."""
    track_uid: Int[np.ndarray, " detection"]
    """The track it went to or began; -1: none."""
    nis: Float[np.ndarray, " detection"]
    """Squared Mahalanobis distance of an associated detection to its track; negative: not associated."""
    ended: Ended
    refiltered_from_s: float | None = None
    is_compiled: bool = False


class Outcome(NamedTuple):
    """What became of one frame's detections, and which tracks ended at its time."""

    detection_id: Int[np.ndarray, " detection"]
    disposition: Int[np.ndarray, " detection"]
    track_uid: Int[np.ndarray, " detection"]
    nis: Float[np.ndarray, " detection"]
    ended_uid: Int[np.ndarray, " track"]
    ended_reason: Int[np.ndarray, " track"]
    time_s: float


class Picture(NamedTuple):
    """What a frame changes: time, tracks, launch sites, when each sensor last looked; and the time of the first."""

    time_s: float
    tracks: Tracks
    sites: Sites
    looked_s: Float[np.ndarray, " sensor"]
    started_s: float


@dataclass(frozen=True)
class Checkpoint:
    """An earlier picture (``lag.packed``), and the frames that followed it up to the next checkpoint.

    ``known_until_s`` is the time of the newest frame that had a say in it: its own time, or later when a launch site
    recognised later was put in.  ``outcomes``: what became of each frame.
    """

    picture: Picture
    known_until_s: float
    frames: tuple[Frame, ...]
    to_rename: tuple[Picture, ...] = ()
    """Earlier accounts of times still to come, whose tracks' names are to be kept."""
    outcomes: tuple[Outcome, ...] = ()
    is_mark: bool = True
    """One of those kept for the whole lag, not one of the many of the last moments that let a late frame go back little
    (``lag.FINE_PER_MARK``)."""

    def followed_by(self, frame: Frame, outcome: Outcome) -> Checkpoint:
        """The same with one more frame after it."""
        # written out: ``dataclasses.replace`` costs more than all else that is done here for each frame
        return Checkpoint(
            self.picture,
            self.known_until_s,
            (*self.frames, frame),
            self.to_rename,
            (*self.outcomes, outcome),
            self.is_mark,
        )


@dataclass(frozen=True)
class State:
    """All that the stage remembers.  ``step`` never changes a state: it returns another."""

    picture: Picture
    checkpoints: tuple[Checkpoint, ...]
    """Oldest first; as far back as twice the lag."""
    again_left: float = math.inf
    """Work left for filtering anew (tracks times frames); it grows with the time of the frames, see ``Params``."""

    @property
    def time_s(self) -> float:
        """Time of the newest frame; minus infinity before the first."""
        return self.picture.time_s

    @property
    def tracks(self) -> Tracks:
        """All tracks at ``time_s``."""
        return self.picture.tracks

    @property
    def sites(self) -> Sites:
        """The launch sites learnt so far."""
        return self.picture.sites
