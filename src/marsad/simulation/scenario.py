"""What happens in a simulated night, as a table of orders; where things stand is the site's business.

Places are metres east and north of the site's origin; angles degrees; times seconds from the beginning.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

NotNegative = Annotated[float, Meta(ge=0)]
Positive = Annotated[float, Meta(gt=0)]
Share = Annotated[float, Meta(ge=0, le=1)]
Name = Annotated[str, Meta(min_length=1)]
FaultKind = Literal[
    "clock", "azimuth_bias", "elevation_bias", "range_bias", "pose", "frozen", "silent", "lying", "noise", "duplicates",
    "late",
]  # fmt: skip
NightKind = Literal["single", "salvo", "dense", "none", "trouble"]
"""What a composed night is about: a sensor in trouble; else the closest spacing of one launcher's rockets."""
FlyerKind = Literal["hostile_drone", "friendly_aircraft", "bird"]


class RocketOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[[rocket]]``: one rocket, or ``count`` of them from one launcher.

    Each is drawn around the class's numbers by ``spread``; azimuth and elevation around the given ones.
    """

    id: Name
    rocket_class: Name
    launch_s: NotNegative
    east_m: float
    north_m: float
    azimuth_deg: float
    elevation_deg: Annotated[float, Meta(gt=0, lt=90)]
    azimuth_sigma_deg: NotNegative = 0.0
    elevation_sigma_deg: NotNegative = 0.0
    count: Annotated[int, Meta(ge=1, le=200)] = 1
    interval_s: NotNegative = 2.0
    spread: Literal["none", "class", "wide"] = "class"
    misfire: bool = False
    """The motor burns on the rail for a moment and goes out: flash and bang without a flight."""


class FlyerOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[[flyer]]``: something slow that flies from one place to the next."""

    id: Name
    kind: FlyerKind
    start_s: Annotated[float, Meta(ge=-3600)] = 0.0
    """Below 0: it is on its way already when the night begins."""
    speed_ms: Positive
    waypoints_m: Annotated[list[tuple[float, float]], Meta(min_length=2)]
    height_m: Positive
    """Above the ground if ``follows_terrain``, else above the site's own ground."""
    follows_terrain: bool = False
    ends_in_impact: bool = False
    transponder_id: str = ""
    report_interval_s: Positive = 1.0
    report_offset_m: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """How far (east, north, up) its cooperative reports are from the truth."""


class OrbitOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[[orbit]]``: a drone of the site circles about its mean place, its camera held in one direction."""

    sensor_id: Name
    radius_m: Positive = 300.0
    speed_ms: Positive = 18.0
    look_azimuth_deg: float = 0.0
    look_elevation_deg: float = 0.0
    clockwise: bool = True


class SwayOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[[sway]]``: a balloon swings about its mean place."""

    sensor_id: Name
    radius_m: NotNegative = 8.0
    period_s: Positive = 26.0


class FaultOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[[fault]]``: something wrong with a sensor from a moment on.

    ``magnitude``: seconds (clock, late), milliradians (azimuth_bias, elevation_bias), metres (range_bias, pose), share
    of detections (duplicates), how many times its errors are what it states (noise); of no meaning for frozen, silent
    and lying.
    """

    sensor_id: Name
    kind: FaultKind
    magnitude: float = 0.0
    from_s: NotNegative = 0.0


class StormOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[[storm]]``: many flashes that are nothing."""

    from_s: NotNegative
    duration_s: Positive
    count: Annotated[int, Meta(ge=1, le=10_000)]


class NoiseOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[noise]``: standard deviations of single measurements, which the sensors state with each."""

    balloon_mrad: Positive = 1.0
    drone_mrad: Positive = 0.7
    camera_mrad: Positive = 0.7
    radar_range_m: Positive = 20.0
    radar_angle_mrad: Positive = 6.0
    acoustic_azimuth_deg: Positive = 1.5
    acoustic_time_s: Positive = 0.008
    onset_s: Positive = 0.02
    cooperative_m: Positive = 10.0
    pose_jitter_m: NotNegative = 0.15


class Scenario(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole night."""

    name: Name
    description: str = ""
    kind: NightKind | None = None
    """Of what kind it is, for tables by kind; None: as its rockets and faults show."""
    site: str = ""
    """The site file that it is meant for, from the folder of the scenario's own file."""
    begins_utc: str = "2026-01-01T00:00:00Z"
    """For display; recordings count from 0."""
    duration_s: Annotated[float, Meta(gt=0, le=90_000)]
    wind_error: bool = True
    """Whether the true wind differs from the forecast by its stated sigma."""
    pose_interval_s: Positive = 0.5
    heartbeat_interval_s: Positive = 2.0
    object_range_m: Positive = 8000.0
    """How far cameras see slow air vehicles."""
    hot_range_m: Positive = 6000.0
    """How far cameras see a hot body after burnout."""
    clutter: NotNegative = 1.0
    """How many times as many false detections come as the sensors state."""
    noise: NoiseOrder = NoiseOrder()
    rocket: list[RocketOrder] = []
    flyer: list[FlyerOrder] = []
    orbit: list[OrbitOrder] = []
    sway: list[SwayOrder] = []
    fault: list[FaultOrder] = []
    storm: list[StormOrder] = []
