"""Setting a site up at the console: coverage of sensors not placed yet, and the site file of what was drawn.

Nothing here changes the running station: a site file is text that a person saves, looks at and starts a station with.
"""

from __future__ import annotations

import math
from typing import Annotated, Any

import msgspec
from fastapi import FastAPI, HTTPException, Request, Response

from marsad.adapters.site_schema import SensorEntry, SiteFile, TerrainEntry
from marsad.adapters.site_text import entry_text, plain_entry, site_entry
from marsad.sensing.site import Site
from marsad.station.coverage import coverage
from marsad.station.health import SensorHealth
from marsad.station.service import Station
from marsad.station.web_bound import MOST_MAPS, Desk
from marsad.terms import Geodetic, Sensor

MOST_BYTES = 4 * 1024 * 1024
"""A draft of a site with thousands of zones; no more is read (``BodyBound``)."""


class CoverageBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``POST /api/setup/coverage``."""

    sensors: Annotated[list[SensorEntry], msgspec.Meta(max_length=50)]


class SiteBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``POST /api/setup/site``: fields of zones and sensors; what is left out of a known one stays as it is."""

    zones: Annotated[list[dict[str, Any]], msgspec.Meta(max_length=5000)]
    sensors: Annotated[list[dict[str, Any]], msgspec.Meta(max_length=500)]


def drafted(site: Site, entry: SensorEntry) -> SensorHealth:
    """Give a sensor of a draft as coverage wants it: standing where it was put, above the ground there."""
    position = Geodetic.from_degrees(entry.latitude_deg, entry.longitude_deg)
    height_m = entry.height_m
    if height_m is None:
        ground = site.terrain.height_at(position.latitude_rad, position.longitude_rad)
        height_m = ground + (entry.height_above_ground_m or 0.0)
    fov = entry.fov_half_width_azimuth_deg
    sensor = Sensor(
        sensor_id=entry.id,
        kind=entry.kind,
        position=Geodetic.from_degrees(entry.latitude_deg, entry.longitude_deg, height_m),
        is_mobile=entry.mobile,
        max_range_m=entry.max_range_m,
        min_elevation_rad=None if entry.min_elevation_deg is None else math.radians(entry.min_elevation_deg),
        fov_half_width_azimuth_rad=None if fov is None else math.radians(fov),
    )
    return SensorHealth(sensor)


def _over(known: dict[str, dict[str, object]], drawn: dict[str, Any]) -> dict[str, object]:
    """Lay what was drawn over what is known of the same thing; a new place or shape replaces the old one whole."""
    base = dict(known.get(str(drawn.get("id", "")), {}))
    given = {name: value for name, value in drawn.items() if value is not None}
    if "height_above_ground_m" in given:
        base.pop("height_m", None)
    if "polygon_deg" in given:
        for name in ("latitude_deg", "longitude_deg", "radius_m"):
            base.pop(name, None)
    elif "radius_m" in given:
        base.pop("polygon_deg", None)
    return base | given


def site_file_text(site: Site, body: SiteBody) -> str:
    """Give the site file with the zones and sensors of a draft, all else as the station has it.

    Raises
    ------
    msgspec.ValidationError
        A field is wrong; the message names it.
    """
    entry = site_entry(site, TerrainEntry(file="terrain.tif", height_sigma_m=site.terrain.height_sigma_m))
    zones = {zone.id: plain_entry(zone) for zone in entry.zone}
    sensors = {sensor.id: plain_entry(sensor) for sensor in entry.sensor}
    plain = plain_entry(entry)
    plain["zone"] = [_over(zones, drawn) for drawn in body.zones]
    plain["sensor"] = [_over(sensors, drawn) for drawn in body.sensors]
    return entry_text(msgspec.convert(plain, SiteFile))


async def _read(request: Request, kind: type[Any]) -> Any:
    raw = await request.body()
    try:
        return msgspec.json.decode(raw, type=kind)
    except msgspec.MsgspecError as error:
        raise HTTPException(422, str(error)) from error


def add_setup(app: FastAPI, station: Station) -> None:
    """Add what the console's set-up page asks."""
    drafts = Desk(station.world, "drafts of a site", MOST_MAPS)

    @app.post("/api/setup/coverage")
    async def seen(request: Request) -> Response:
        body: CoverageBody = await _read(request, CoverageBody)
        site = station.site
        found = await drafts.do(lambda: coverage(site.terrain, [drafted(site, entry) for entry in body.sensors]))
        return Response(msgspec.json.encode(found), media_type="application/geo+json")

    @app.post("/api/setup/site")
    async def text(request: Request) -> Response:
        body: SiteBody = await _read(request, SiteBody)
        try:
            made = site_file_text(station.site, body)
        except msgspec.ValidationError as error:
            raise HTTPException(422, str(error)) from error
        return Response(msgspec.json.encode({"toml": made}), media_type="application/json")
