"""A site of one's own: a TOML file with its zones and terrain beside it."""

from __future__ import annotations

import dataclasses
import math
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import msgspec
import numpy as np

from marsad.adapters.errors import BadInputError
from marsad.adapters.site_schema import RocketClassEntry, SensorEntry, SiteFile, ZoneEntry
from marsad.adapters.terrain_files import Note, read_terrain_file
from marsad.adapters.toml_text import Place, bad_field, read_toml
from marsad.adapters.zones_geojson import read_zones
from marsad.flight.classes import DragTable, RocketClass, RocketTable
from marsad.geo.terrain import TerrainGrid
from marsad.sensing.site import RecordRule, Site, WarningPolicy
from marsad.terms import BiasPrior, Corridor, Geodetic, Sensor, WeatherReport, Zone
from marsad.terms.text import MOST_ID, MOST_NAME, name_fault

T = TypeVar("T", WarningPolicy, RecordRule)


def warn_note(text: str) -> None:
    """Pass a note on as a Python warning, where nobody else listens."""
    warnings.warn(text, stacklevel=3)


def read_site_file(path: Path, note: Note = warn_note) -> Site:
    """Read a site file and what it names.

    Parameters
    ----------
    path
        The TOML file; names in it are taken from its own folder.
    note
        Told what was mended on the way (voids in the terrain).

    Raises
    ------
    BadInputError
        Names file, line, field and what was expected there.
    """
    entry, text = read_toml(path, SiteFile)
    return _Reader(path, text, entry).site(note)


class _Reader:
    """Turns the entries of one site file into terms; knows where to point when one is wrong."""

    def __init__(self, path: Path, text: str, entry: SiteFile) -> None:
        self.path, self.text, self.entry = path, text, entry

    def bad(self, place: Place, expected: str) -> BadInputError:
        return bad_field(self.path, self.text, place, expected)

    def site(self, note: Note) -> Site:
        entry = self.entry
        self._require_names()
        terrain = self._terrain(note)
        origin = _on_ground(terrain, entry.latitude_deg, entry.longitude_deg)
        policy = self._policy()
        return Site(
            name=entry.name,
            name_ar=entry.name_ar,
            origin=origin,
            terrain=terrain,
            zones=self._zones(terrain, policy.rocket_buffer_m),
            rockets=self._rockets(),
            sensors=self._sensors(terrain),
            weather=self._weather(origin.height_m),
            corridors=self._corridors(),
            policy=policy,
            record=self._numbers("record", self.entry.record, RecordRule, "a rule for the record"),
            friendly_transponder_ids=tuple(entry.transponders.friendly),
            own_transponder_ids=tuple(entry.transponders.own),
        )

    def _require_names(self) -> None:
        """Refuse names and ids that messages cannot carry or people cannot read: they stand in every alarm."""
        entry = self.entry
        named: list[tuple[Place, str, int]] = []
        named += [(("name",), entry.name, MOST_NAME), (("name_ar",), entry.name_ar, MOST_NAME)]
        for index, zone in enumerate(entry.zone):
            named += [(("zone", index, "id"), zone.id, MOST_ID), (("zone", index, "name"), zone.name, MOST_NAME)]
            named.append((("zone", index, "name_ar"), zone.name_ar, MOST_NAME))
        named += [(("sensor", index, "id"), one.id, MOST_ID) for index, one in enumerate(entry.sensor)]
        named += [(("corridor", index, "id"), one.id, MOST_ID) for index, one in enumerate(entry.corridor)]
        for place, name, most in named:
            if name and (fault := name_fault(name, most)):  # an empty name_ar is one that was left out
                raise self.bad(place, fault)

    def _terrain(self, note: Note) -> TerrainGrid:
        given = self.entry.terrain
        return read_terrain_file(
            self.path.parent / given.file,
            center=Geodetic.from_degrees(self.entry.latitude_deg, self.entry.longitude_deg),
            reach_m=given.reach_km * 1000.0,
            geoid_offset_m=given.geoid_offset_m,
            height_sigma_m=given.height_sigma_m,
            note=note,
        )

    def _policy(self) -> WarningPolicy:
        return self._numbers("policy", self.entry.policy, WarningPolicy, "a warning policy")

    def _numbers(self, table: str, given: dict[str, float], form: type[T], what: str) -> T:
        """Read a table of numbers into the form that names them."""
        known = {one.name for one in dataclasses.fields(form)}
        for key, value in given.items():
            if key not in known:
                raise self.bad((table, key), f"expected one of {', '.join(sorted(known))}")
            if not (math.isfinite(value) and value >= 0):
                raise self.bad((table, key), f"expected a number of at least 0, found {value!r}")
        try:
            return msgspec.convert(dict(given), form)
        except (msgspec.ValidationError, ValueError) as error:
            raise self.bad((table,), f"expected {what}: {error}") from None

    def _zones(self, terrain: TerrainGrid, buffer_m: float) -> tuple[Zone, ...]:
        from_file = self.entry.zones_geojson
        zones = read_zones(self.path.parent / from_file, buffer_m) if from_file else []
        zones = [msgspec.structs.replace(zone, center=_raised(terrain, zone.center)) for zone in zones]
        zones += [self._zone(index, one, terrain, buffer_m) for index, one in enumerate(self.entry.zone)]
        if not zones:
            raise self.bad(("zone",), "expected at least one zone, in zones_geojson or as [[zone]]")
        self._once("zone", [zone.zone_id for zone in zones], len(zones) - len(self.entry.zone))
        return tuple(zones)

    def _zone(self, index: int, one: ZoneEntry, terrain: TerrainGrid, buffer_m: float) -> Zone:
        is_circle = one.radius_m is not None and one.latitude_deg is not None and one.longitude_deg is not None
        if is_circle == (one.polygon_deg is not None):
            wanted = "expected either latitude_deg, longitude_deg and radius_m, or polygon_deg"
            raise self.bad(("zone", index), wanted)
        corners = one.polygon_deg or [(one.latitude_deg or 0.0, one.longitude_deg or 0.0)]
        middle = np.mean(np.array(corners), axis=0)
        latitude_deg = one.latitude_deg if one.latitude_deg is not None else float(middle[0])
        longitude_deg = one.longitude_deg if one.longitude_deg is not None else float(middle[1])
        return Zone(
            zone_id=one.id,
            name=one.name,
            name_ar=one.name_ar,
            center=_on_ground(terrain, latitude_deg, longitude_deg),
            radius_m=one.radius_m,
            polygon_rad=tuple((math.radians(a), math.radians(b)) for a, b in one.polygon_deg or []),
            shelter_s=one.shelter_s,
            buffer_m=buffer_m if one.buffer_m is None else one.buffer_m,
            population=one.population,
            probability_on=one.probability_on,
            probability_on_drone=one.probability_on_drone,
        )

    def _once(self, table: str, ids: Sequence[str], offset: int = 0) -> None:
        for index, one in enumerate(ids):
            if one in ids[:index]:
                raise self.bad((table, index - offset, "id"), f"expected a name used once, found {one!r} again")

    def _sensors(self, terrain: TerrainGrid) -> tuple[Sensor, ...]:
        self._once("sensor", [one.id for one in self.entry.sensor])
        return tuple(self._sensor(index, one, terrain) for index, one in enumerate(self.entry.sensor))

    def _sensor(self, index: int, one: SensorEntry, terrain: TerrainGrid) -> Sensor:
        if (one.height_m is None) == (one.height_above_ground_m is None):
            raise self.bad(("sensor", index, "height_m"), "expected either height_m or height_above_ground_m")
        ground = _on_ground(terrain, one.latitude_deg, one.longitude_deg)
        height_m = one.height_m if one.height_m is not None else ground.height_m + (one.height_above_ground_m or 0.0)
        return Sensor(
            sensor_id=one.id,
            kind=one.kind,
            position=msgspec.structs.replace(ground, height_m=height_m),
            is_mobile=one.mobile,
            bias_prior=BiasPrior(
                azimuth_rad=one.bias.azimuth_mrad / 1000.0,
                elevation_rad=one.bias.elevation_mrad / 1000.0,
                range_m=one.bias.range_m,
                clock_s=one.bias.clock_s,
                east_m=one.bias.east_m,
                north_m=one.bias.north_m,
                up_m=one.bias.up_m,
            ),
            latency_s=one.latency_s,
            rate_hz=one.rate_hz,
            detection_probability=one.detection_probability,
            min_elevation_rad=_radians(one.min_elevation_deg),
            max_range_m=one.max_range_m,
            fov_half_width_azimuth_rad=_radians(one.fov_half_width_azimuth_deg),
            fov_half_width_elevation_rad=_radians(one.fov_half_width_elevation_deg),
            post_burnout_s=one.post_burnout_s,
            false_flashes_per_s=one.false_flashes_per_s,
            false_plots_per_scan=one.false_plots_per_scan,
            false_impulses_per_s=one.false_impulses_per_s,
        )

    def _weather(self, ground_m: float) -> WeatherReport | None:
        given = self.entry.weather
        if given is None:
            return None
        return WeatherReport(
            arrival_utc_ns=0,
            wind_east_ms=given.wind_east_ms,
            wind_north_ms=given.wind_north_ms,
            wind_sigma_ms=given.wind_sigma_ms,
            profile_ground_m=ground_m if given.profile_ground_m is None else given.profile_ground_m,
            sound_speed_relative_sigma=given.sound_speed_relative_sigma,
        )

    def _corridors(self) -> tuple[Corridor, ...]:
        self._once("corridor", [one.id for one in self.entry.corridor])
        for index, one in enumerate(self.entry.corridor):
            if not one.min_height_m < one.max_height_m:
                wanted = f"expected more than min_height_m ({one.min_height_m!r}), found {one.max_height_m!r}"
                raise self.bad(("corridor", index, "max_height_m"), wanted)
        return tuple(
            Corridor(
                corridor_id=one.id,
                center_line_rad=tuple((math.radians(a), math.radians(b)) for a, b in one.line_deg),
                half_width_m=one.half_width_m,
                min_height_m=one.min_height_m,
                max_height_m=one.max_height_m,
                owner=one.owner,
            )
            for one in self.entry.corridor
        )

    def _rockets(self) -> RocketTable:
        common, classes = self.entry.rockets, self.entry.rocket_class
        self._once("rocket_class", [one.name for one in classes])
        weights = [one.weight for one in classes]
        if any(w is None for w in weights) and any(w is not None for w in weights):
            raise self.bad(
                ("rocket_class", weights.index(None), "weight"), "expected a weight for every class or for none"
            )
        if len(common.drag_mach) != len(common.drag_coefficient):
            wanted = f"expected as many as in drag_mach ({len(common.drag_mach)}), found {len(common.drag_coefficient)}"
            raise self.bad(("rockets", "drag_coefficient"), wanted)
        try:
            drag = DragTable(mach=np.array(common.drag_mach), coefficient=np.array(common.drag_coefficient))
        except ValueError as error:
            raise self.bad(("rockets", "drag_mach"), f"expected a drag table: {error}") from None
        return RocketTable(
            classes=tuple(_rocket_class(one) for one in classes),
            drag=drag,
            wide_ln_sigma_delta_v=common.wide_ln_sigma_delta_v,
            wide_ln_sigma_burn=common.wide_ln_sigma_burn,
            wide_ln_sigma_drag=common.wide_ln_sigma_drag,
            launch_elevation_mean_rad=math.radians(common.launch_elevation_mean_deg),
            launch_elevation_sigma_rad=math.radians(common.launch_elevation_sigma_deg),
            misalignment_sigma_rad=common.misalignment_sigma_mrad / 1000.0,
            model_error_floor_rel=common.model_error_floor_rel,
            source=common.source,
            class_weights=tuple(w for w in weights if w is not None),
        )


def _rocket_class(one: RocketClassEntry) -> RocketClass:
    return RocketClass(**{k: v for k, v in msgspec.structs.asdict(one).items() if k != "weight"})


def _on_ground(terrain: TerrainGrid, latitude_deg: float, longitude_deg: float) -> Geodetic:
    return _raised(terrain, Geodetic.from_degrees(latitude_deg, longitude_deg))


def _raised(terrain: TerrainGrid, place: Geodetic) -> Geodetic:
    return msgspec.structs.replace(place, height_m=terrain.height_at(place.latitude_rad, place.longitude_rad))


def _radians(degrees: float | None) -> float | None:
    return None if degrees is None else math.radians(degrees)
