"""Zones as GeoJSON (RFC 7946): a Polygon, or a Point with ``radius_m``; positions are longitude, latitude."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path

from marsad.adapters.json_fields import JsonNode, load_json
from marsad.terms import Geodetic, Zone
from marsad.terms.text import MOST_ID

_THRESHOLDS = ("probability_on", "probability_on_drone")
_KNOWN = {"zone_id", "name", "name_ar", "shelter_s", "radius_m", "buffer_m", "population", *_THRESHOLDS}


def read_zones(path: Path, default_buffer_m: float) -> list[Zone]:
    """Read the zones of a FeatureCollection.

    Raises
    ------
    BadInputError
        Names file, line, field and what was expected there.
    """
    content, text = load_json(path)
    root = JsonNode(path, text, content)
    if root.string("type") != "FeatureCollection":
        raise root.bad("type", f'expected "FeatureCollection", found {root.string("type")!r}')
    return [_zone(feature, default_buffer_m) for feature in root.nodes("features")]


def _zone(feature: JsonNode, default_buffer_m: float) -> Zone:
    about, shape = feature.node("properties"), feature.node("geometry")
    for key in about.content:
        if key not in _KNOWN:
            raise about.bad(key, f"expected only {', '.join(sorted(_KNOWN))}")
    kind = shape.string("type")
    corners = _ring(shape) if kind == "Polygon" else []
    if kind not in ("Polygon", "Point"):
        raise shape.bad("type", f"expected Polygon or Point, found {kind}")
    latitude_deg, longitude_deg = _middle(corners) if corners else _position(shape, shape.numbers("coordinates"))
    return Zone(
        zone_id=about.name("zone_id", most=MOST_ID),
        name=about.name("name"),
        name_ar=about.name("name_ar", ""),
        center=Geodetic.from_degrees(latitude_deg, longitude_deg),
        shelter_s=about.number("shelter_s", least=0),
        radius_m=None if corners else about.number("radius_m", least=0),
        polygon_rad=tuple((math.radians(lat), math.radians(lon)) for lat, lon in corners),
        buffer_m=about.number("buffer_m", default_buffer_m, least=0),
        population=round(about.number("population", 0, least=0)),
        **{name: _threshold(about, name) for name in _THRESHOLDS if name in about.content},
    )


def _threshold(about: JsonNode, name: str) -> float:
    value = about.number(name, least=0, most=1)
    if value == 0:
        raise about.bad(name, "expected a threshold above 0")
    return value


def _ring(shape: JsonNode) -> list[tuple[float, float]]:
    """Give the corners (latitude, longitude in degrees) of a polygon without holes, the last not repeated."""
    rings = shape.content.get("coordinates")
    if not isinstance(rings, list) or len(rings) != 1 or not isinstance(rings[0], list):
        raise shape.bad("coordinates", "expected one ring of positions (a zone has no holes)")
    if not all(isinstance(one, list) and all(isinstance(n, int | float) for n in one) for one in rings[0]):
        raise shape.bad("coordinates", "expected a ring of [longitude, latitude] pairs")
    corners = [_position(shape, one) for one in rings[0]]
    if corners and corners[0] == corners[-1]:
        corners.pop()
    if len(corners) < 3:
        raise shape.bad("coordinates", f"expected at least three corners, found {len(corners)}")
    return corners


def _position(shape: JsonNode, numbers: list[float]) -> tuple[float, float]:
    if len(numbers) not in (2, 3) or not (abs(numbers[1]) <= 90 and abs(numbers[0]) <= 180):
        raise shape.bad("coordinates", f"expected [longitude, latitude] in degrees, found {numbers}")
    return float(numbers[1]), float(numbers[0])


def _middle(corners: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Give the centroid of a polygon by its area; of a flat one the mean of its corners."""
    (lat0, lon0), area, lat_sum, lon_sum = corners[0], 0.0, 0.0, 0.0
    for (lat1, lon1), (lat2, lon2) in zip(corners, [*corners[1:], corners[0]], strict=True):
        cross = (lon1 - lon0) * (lat2 - lat0) - (lon2 - lon0) * (lat1 - lat0)
        area += cross
        lat_sum += cross * (lat1 + lat2 - 2 * lat0)
        lon_sum += cross * (lon1 + lon2 - 2 * lon0)
    if abs(area) < 1e-18:
        return sum(lat for lat, _ in corners) / len(corners), sum(lon for _, lon in corners) / len(corners)
    return lat0 + lat_sum / (3 * area), lon0 + lon_sum / (3 * area)


def zones_text(zones: Sequence[Zone]) -> str:
    """Write zones as GeoJSON, one feature a line."""
    features = ",\n".join(json.dumps(_feature(zone), ensure_ascii=False) for zone in zones)
    return f'{{"type": "FeatureCollection", "features": [\n{features}\n]}}\n'


def _feature(zone: Zone) -> dict[str, object]:
    about: dict[str, object] = {
        "zone_id": zone.zone_id, "name": zone.name, "name_ar": zone.name_ar, "shelter_s": zone.shelter_s,
        "buffer_m": zone.buffer_m, "population": zone.population,
    }  # fmt: skip
    about |= {name: value for name in _THRESHOLDS if (value := getattr(zone, name)) is not None}
    if zone.radius_m is not None:
        about["radius_m"] = zone.radius_m
        center = [round(zone.center.longitude_deg, 9), round(zone.center.latitude_deg, 9)]
        return {"type": "Feature", "properties": about, "geometry": {"type": "Point", "coordinates": center}}
    ring = [[round(math.degrees(lon), 9), round(math.degrees(lat), 9)] for lat, lon in zone.polygon_rad]
    return {"type": "Feature", "properties": about, "geometry": {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}}
