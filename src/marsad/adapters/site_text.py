"""A site written as the same TOML that ``site_file`` reads."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from pathlib import Path

import msgspec

from marsad.adapters.files import write_whole
from marsad.adapters.site_schema import (
    BiasEntry,
    CorridorEntry,
    RocketClassEntry,
    RocketsEntry,
    SensorEntry,
    SiteFile,
    TerrainEntry,
    TranspondersEntry,
    WeatherEntry,
    ZoneEntry,
)
from marsad.adapters.terrain_files import write_geotiff
from marsad.adapters.toml_text import toml_of
from marsad.flight.classes import RocketTable
from marsad.sensing.site import RecordRule, Site, WarningPolicy
from marsad.terms import Corridor, Sensor, WeatherReport, Zone


def write_site(site: Site, folder: Path) -> Path:
    """Write a site as ``site.toml`` with ``terrain.tif`` beside it; gives the path of the TOML file."""
    write_geotiff(folder / "terrain.tif", site.terrain)
    terrain = TerrainEntry(file="terrain.tif", height_sigma_m=site.terrain.height_sigma_m, reach_km=_reach_km(site))
    write_whole(folder / "site.toml", site_text(site, terrain).encode())
    return folder / "site.toml"


def site_text(site: Site, terrain: TerrainEntry) -> str:
    """Give the TOML text of a site whose heights stand in the file that ``terrain`` names."""
    return entry_text(site_entry(site, terrain))


def entry_text(entry: SiteFile) -> str:
    """Give the TOML text of the entries of a site file."""
    return toml_of(plain_entry(entry))


def site_entry(site: Site, terrain: TerrainEntry) -> SiteFile:
    """Give a site as the entries of its file."""
    return SiteFile(
        name=site.name,
        name_ar=site.name_ar,
        latitude_deg=_degrees(site.origin.latitude_rad),
        longitude_deg=_degrees(site.origin.longitude_rad),
        terrain=terrain,
        weather=_weather_entry(site.weather),
        transponders=TranspondersEntry(
            friendly=list(site.friendly_transponder_ids), own=list(site.own_transponder_ids)
        ),
        policy=_unusual(site.policy, WarningPolicy()),
        record=_unusual(site.record, RecordRule()),
        zone=[_zone_entry(zone) for zone in site.zones],
        sensor=[_sensor_entry(sensor) for sensor in site.sensors],
        corridor=[_corridor_entry(corridor) for corridor in site.corridors],
        rockets=_rockets_entry(site.rockets),
        rocket_class=_class_entries(site.rockets),
    )


def _unusual(given: WarningPolicy | RecordRule, usual: WarningPolicy | RecordRule) -> dict[str, float]:
    """Give the numbers that differ from the usual ones."""
    numbers, known = dataclasses.asdict(given), dataclasses.asdict(usual)
    return {key: value for key, value in numbers.items() if value != known[key]}


def plain_entry(entry: msgspec.Struct) -> dict[str, object]:
    """Give a structure as plain data, without what is empty, None or the default."""
    plain: dict[str, object] = {}
    for one in msgspec.structs.fields(entry):
        value = getattr(entry, one.name)
        if value is None or value in ([], {}, "") or (one.default is not msgspec.NODEFAULT and value == one.default):
            continue
        if isinstance(value, msgspec.Struct):
            value = plain_entry(value)
        elif isinstance(value, list) and value and isinstance(value[0], msgspec.Struct):
            value = [plain_entry(item) for item in value]
        plain[one.name] = value
    return plain


def _degrees(radians: float) -> float:
    """Give degrees to 1e-11, far below a micrometre, so that reading and writing does not creep."""
    return round(math.degrees(radians), 11)


def _milliradians(radians: float) -> float:
    return round(radians * 1000.0, 12)


def _maybe_degrees(radians: float | None) -> float | None:
    return None if radians is None else _degrees(radians)


def _reach_km(site: Site) -> float:
    """Give a reach that holds the whole grid, seen from the origin."""
    rows, columns = site.terrain.height_m.shape
    return math.ceil(max(rows * site.terrain.step_lat_rad, columns * site.terrain.step_lon_rad) * 6371.0 + 1.0)


def _weather_entry(weather: WeatherReport | None) -> WeatherEntry | None:
    if weather is None:
        return None
    return WeatherEntry(
        wind_east_ms=weather.wind_east_ms,
        wind_north_ms=weather.wind_north_ms,
        wind_sigma_ms=weather.wind_sigma_ms,
        profile_ground_m=weather.profile_ground_m,
        sound_speed_relative_sigma=weather.sound_speed_relative_sigma,
    )


def _zone_entry(zone: Zone) -> ZoneEntry:
    return ZoneEntry(
        id=zone.zone_id,
        name=zone.name,
        name_ar=zone.name_ar,
        latitude_deg=_degrees(zone.center.latitude_rad) if zone.radius_m is not None else None,
        longitude_deg=_degrees(zone.center.longitude_rad) if zone.radius_m is not None else None,
        radius_m=zone.radius_m,
        polygon_deg=[(_degrees(a), _degrees(b)) for a, b in zone.polygon_rad] or None,
        shelter_s=zone.shelter_s,
        buffer_m=zone.buffer_m,
        population=zone.population,
        probability_on=zone.probability_on,
        probability_on_drone=zone.probability_on_drone,
    )


def _sensor_entry(sensor: Sensor) -> SensorEntry:
    prior = sensor.bias_prior
    return SensorEntry(
        id=sensor.sensor_id,
        kind=sensor.kind,
        latitude_deg=_degrees(sensor.position.latitude_rad),
        longitude_deg=_degrees(sensor.position.longitude_rad),
        height_m=sensor.position.height_m,
        mobile=sensor.is_mobile,
        latency_s=sensor.latency_s,
        rate_hz=sensor.rate_hz,
        detection_probability=sensor.detection_probability,
        min_elevation_deg=_maybe_degrees(sensor.min_elevation_rad),
        max_range_m=sensor.max_range_m,
        fov_half_width_azimuth_deg=_maybe_degrees(sensor.fov_half_width_azimuth_rad),
        fov_half_width_elevation_deg=_maybe_degrees(sensor.fov_half_width_elevation_rad),
        post_burnout_s=sensor.post_burnout_s,
        false_flashes_per_s=sensor.false_flashes_per_s,
        false_plots_per_scan=sensor.false_plots_per_scan,
        false_impulses_per_s=sensor.false_impulses_per_s,
        roam_m=sensor.roam_m,
        bias=BiasEntry(
            azimuth_mrad=_milliradians(prior.azimuth_rad),
            elevation_mrad=_milliradians(prior.elevation_rad),
            range_m=prior.range_m,
            clock_s=prior.clock_s,
            east_m=prior.east_m,
            north_m=prior.north_m,
            up_m=prior.up_m,
        ),
    )


def _corridor_entry(corridor: Corridor) -> CorridorEntry:
    return CorridorEntry(
        id=corridor.corridor_id,
        owner=corridor.owner,
        line_deg=[(_degrees(a), _degrees(b)) for a, b in corridor.center_line_rad],
        half_width_m=corridor.half_width_m,
        min_height_m=corridor.min_height_m,
        max_height_m=corridor.max_height_m,
    )


def _rockets_entry(table: RocketTable) -> RocketsEntry:
    return RocketsEntry(
        source=table.source or "not stated",
        drag_mach=table.drag.mach.tolist(),
        drag_coefficient=table.drag.coefficient.tolist(),
        wide_ln_sigma_delta_v=table.wide_ln_sigma_delta_v,
        wide_ln_sigma_burn=table.wide_ln_sigma_burn,
        wide_ln_sigma_drag=table.wide_ln_sigma_drag,
        launch_elevation_mean_deg=_degrees(table.launch_elevation_mean_rad),
        launch_elevation_sigma_deg=_degrees(table.launch_elevation_sigma_rad),
        misalignment_sigma_mrad=_milliradians(table.misalignment_sigma_rad),
        model_error_floor_rel=table.model_error_floor_rel,
    )


def _class_entries(table: RocketTable) -> list[RocketClassEntry]:
    weights: Sequence[float | None] = table.class_weights or [None] * len(table.classes)
    return [
        RocketClassEntry(
            **{**dataclasses.asdict(one), "source": one.source or table.source or "not stated", "weight": weight}
        )
        for one, weight in zip(table.classes, weights, strict=True)
    ]
