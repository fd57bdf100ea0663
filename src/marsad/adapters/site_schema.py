"""The fields of a site file, as people write them: degrees, metres, seconds.  Unknown fields are refused."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from marsad.terms.sensors import SensorKind

Latitude = Annotated[float, Meta(ge=-90, le=90)]
Longitude = Annotated[float, Meta(ge=-180, le=180)]
NotNegative = Annotated[float, Meta(ge=0)]
Positive = Annotated[float, Meta(gt=0)]
Share = Annotated[float, Meta(ge=0, le=1)]
Threshold = Annotated[float, Meta(gt=0, le=1)]
Name = Annotated[str, Meta(min_length=1)]


class TerrainEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[terrain]``: a GeoTIFF or an SRTM .hgt beside the site file."""

    file: Name
    geoid_offset_m: float = 0.0
    """Height of the geoid above the ellipsoid at the site, added to heights that count from mean sea level."""
    height_sigma_m: NotNegative = 1.5
    reach_km: Positive = 40.0
    """How far from the site's origin heights are used."""


class WeatherEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[weather]``: the forecast until a better one arrives."""

    wind_east_ms: float
    wind_north_ms: float
    wind_sigma_ms: NotNegative = 2.0
    profile_ground_m: float | None = None
    sound_speed_relative_sigma: NotNegative = 0.005


class ZoneEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[[zone]]``: a circle, or a polygon of [latitude, longitude] corners."""

    id: Name
    name: Name
    name_ar: str = ""
    latitude_deg: Latitude | None = None
    longitude_deg: Longitude | None = None
    radius_m: Positive | None = None
    polygon_deg: Annotated[list[tuple[Latitude, Longitude]], Meta(min_length=3)] | None = None
    shelter_s: NotNegative
    buffer_m: NotNegative | None = None
    population: Annotated[int, Meta(ge=0)] = 0
    probability_on: Threshold | None = None
    """The zone's own alarm threshold for rockets, in place of the policy's; beside it the one for drones."""
    probability_on_drone: Threshold | None = None


class BiasEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[sensor.bias]``: standard deviations of a sensor's constant errors."""

    azimuth_mrad: NotNegative = 0.0
    elevation_mrad: NotNegative = 0.0
    range_m: NotNegative = 0.0
    clock_s: NotNegative = 0.0
    east_m: NotNegative = 0.0
    north_m: NotNegative = 0.0
    up_m: NotNegative = 0.0


class SensorEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[[sensor]]``: where it stands (for a moving one its mean place) and what it can do."""

    id: Name
    kind: SensorKind
    latitude_deg: Latitude
    longitude_deg: Longitude
    height_m: float | None = None
    """Above the ellipsoid; or ``height_above_ground_m`` instead."""
    height_above_ground_m: float | None = None
    mobile: bool = False
    roam_m: Positive | None = None
    """How far a mobile sensor may be from there; poses beyond are refused.  None: anywhere."""
    latency_s: NotNegative = 0.0
    rate_hz: Positive | None = None
    detection_probability: Share | None = None
    min_elevation_deg: Annotated[float, Meta(ge=-90, le=90)] | None = None
    max_range_m: Positive | None = None
    fov_half_width_azimuth_deg: Annotated[float, Meta(gt=0, le=180)] | None = None
    fov_half_width_elevation_deg: Annotated[float, Meta(gt=0, le=90)] | None = None
    post_burnout_s: NotNegative | None = None
    false_flashes_per_s: NotNegative | None = None
    false_plots_per_scan: NotNegative | None = None
    false_impulses_per_s: NotNegative | None = None
    bias: BiasEntry = BiasEntry()


class RocketsEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[rockets]``: what all classes share."""

    source: Name
    drag_mach: Annotated[list[NotNegative], Meta(min_length=2)]
    drag_coefficient: Annotated[list[Positive], Meta(min_length=2)]
    wide_ln_sigma_delta_v: Positive = 0.30
    wide_ln_sigma_burn: Positive = 0.45
    wide_ln_sigma_drag: Positive = 0.40
    launch_elevation_mean_deg: Annotated[float, Meta(gt=0, lt=90)] = 45.0
    launch_elevation_sigma_deg: Positive = 12.0
    misalignment_sigma_mrad: NotNegative = 3.0
    model_error_floor_rel: NotNegative = 0.001


class RocketClassEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[[rocket_class]]``: nominal numbers of one class, their spread, and where they come from."""

    name: Name
    source: Name
    ideal_delta_v_ms: Positive
    burn_s: Positive
    propellant_fraction: Annotated[float, Meta(gt=0, lt=0.95)]
    area_over_launch_mass_m2_kg: Positive
    rail_m: NotNegative
    ln_sigma_delta_v: Positive
    ln_sigma_burn: Positive
    ln_sigma_drag: Positive
    weight: NotNegative | None = None


class CorridorEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[[corridor]]``: where friendly aircraft are expected."""

    id: Name
    owner: str = ""
    line_deg: Annotated[list[tuple[Latitude, Longitude]], Meta(min_length=2)]
    half_width_m: Positive
    min_height_m: float
    max_height_m: float


class TranspondersEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[transponders]``: identities known beforehand."""

    friendly: list[Name] = []
    own: list[Name] = []


class SiteFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole site file.  ``station`` and ``channel`` are read by the station and only carried along here."""

    name: Name
    name_ar: str = ""
    latitude_deg: Latitude
    longitude_deg: Longitude
    terrain: TerrainEntry
    rockets: RocketsEntry
    rocket_class: Annotated[list[RocketClassEntry], Meta(min_length=1)]
    zones_geojson: Name | None = None
    zone: list[ZoneEntry] = []
    sensor: list[SensorEntry] = []
    weather: WeatherEntry | None = None
    corridor: list[CorridorEntry] = []
    transponders: TranspondersEntry = TranspondersEntry()
    policy: dict[str, float] = {}
    record: dict[str, float] = {}
    station: dict[str, Any] = {}
    channel: list[dict[str, Any]] = []
