"""What ground each sensor sees, as polygons for the map."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable
from typing import Any

import numpy as np

from marsad.geo.sight import ground_seen
from marsad.geo.terrain import TerrainGrid
from marsad.station.health import SensorHealth
from marsad.terms import Geodetic, Sensor

MOST_CELLS = 220
"""Cells on a side of the raster; more would not be seen on the map."""
DEFAULT_AGL_M = {"radar": 150.0, "acoustic": 0.0}
"""Height above ground for which a kind's coverage is told; cameras: a launch flash at the ground."""
CAMERA_AGL_M = 3.0
EARTH_M = 6_371_000.0
MOVED_M = 150.0
"""A sensor that is no farther from where its coverage was worked out sees the same, as far as a map can show."""
MOST_KNOWN = 2_000


def coverage(
    terrain: TerrainGrid, sensors: Iterable[SensorHealth], height_agl_m: float | None = None
) -> dict[str, Any]:
    """Give a GeoJSON collection with one feature a sensor."""
    features = [f for known in sensors if (f := _feature(terrain, known, height_agl_m)) is not None]
    return {"type": "FeatureCollection", "features": features}


class KnownCoverage:
    """What the sensors of a station see, worked out again only for those that are others or elsewhere than before."""

    def __init__(self, terrain: TerrainGrid) -> None:
        self._terrain = terrain
        self._guard = threading.Lock()
        self._known: dict[tuple[str, float | None], tuple[Sensor, Geodetic, dict[str, Any] | None]] = {}

    def __call__(self, sensors: Iterable[SensorHealth], height_agl_m: float | None = None) -> dict[str, Any]:
        """Give a GeoJSON collection with one feature a sensor; may be called from several threads."""
        with self._guard:
            if len(self._known) > MOST_KNOWN:
                self._known.clear()  # somebody asks for height after height
            features = [self._of(known, height_agl_m) for known in sensors]
        return {"type": "FeatureCollection", "features": [f for f in features if f is not None]}

    def _of(self, known: SensorHealth, height_agl_m: float | None) -> dict[str, Any] | None:
        key = (known.sensor.sensor_id, height_agl_m)
        here = known.position or known.sensor.position
        before = self._known.get(key)
        if before is None or before[0] != known.sensor or _apart_m(before[1], here) > MOVED_M:
            before = (known.sensor, here, _feature(self._terrain, known, height_agl_m))
            self._known[key] = before
        return before[2]


def _apart_m(a: Geodetic, b: Geodetic) -> float:
    """Give how far two near places are apart."""
    north = (a.latitude_rad - b.latitude_rad) * EARTH_M
    east = (a.longitude_rad - b.longitude_rad) * EARTH_M * math.cos(a.latitude_rad)
    return math.hypot(north, east, a.height_m - b.height_m)


def _feature(terrain: TerrainGrid, known: SensorHealth, height_agl_m: float | None) -> dict[str, Any] | None:
    sensor = known.sensor
    if sensor.kind in ("cooperative", "tracker"):
        return None  # what these hear of does not depend on the ground
    agl_m = DEFAULT_AGL_M.get(sensor.kind, CAMERA_AGL_M) if height_agl_m is None else height_agl_m
    if sensor.kind == "acoustic":
        geometry = _circle(known, sensor.max_range_m or 5000.0)
    else:
        geometry = _seen_ground(terrain, known, agl_m)
    return {
        "type": "Feature",
        "properties": {"sensor_id": sensor.sensor_id, "kind": sensor.kind, "height_agl_m": agl_m},
        "geometry": geometry,
    }


def _circle(known: SensorHealth, radius_m: float) -> dict[str, Any]:
    """Sound goes round hills: its reach is a circle."""
    where = known.position or known.sensor.position
    ring = []
    for degrees in range(0, 361, 5):
        angle = math.radians(degrees % 360)
        lat = where.latitude_rad + radius_m * math.cos(angle) / EARTH_M
        lon = where.longitude_rad + radius_m * math.sin(angle) / (EARTH_M * math.cos(where.latitude_rad))
        ring.append([round(math.degrees(lon), 6), round(math.degrees(lat), 6)])
    return {"type": "Polygon", "coordinates": [ring]}


def _seen_ground(terrain: TerrainGrid, known: SensorHealth, agl_m: float) -> dict[str, Any]:
    from affine import Affine
    from rasterio import features  # large, and needed only here

    sensor = known.sensor
    where = known.position or sensor.position
    ground = terrain.height_at(where.latitude_rad, where.longitude_rad)
    eye_m = max(where.height_m, ground + 2.0)
    rows, columns = terrain.height_m.shape
    count_lat, count_lon = min(rows, MOST_CELLS), min(columns, MOST_CELLS)
    step_lat = terrain.step_lat_rad * (rows - 1) / count_lat
    step_lon = terrain.step_lon_rad * (columns - 1) / count_lon
    mask = ground_seen(
        terrain,
        where.latitude_rad,
        where.longitude_rad,
        eye_m,
        latitudes_rad=terrain.south_rad + (np.arange(count_lat) + 0.5) * step_lat,
        longitudes_rad=terrain.west_rad + (np.arange(count_lon) + 0.5) * step_lon,
        target_agl_m=agl_m,
        max_range_m=sensor.max_range_m or math.inf,
        min_elevation_rad=sensor.min_elevation_rad if sensor.min_elevation_rad is not None else -math.pi / 2,
    )
    west, south = math.degrees(terrain.west_rad), math.degrees(terrain.south_rad)
    to_degrees = Affine(math.degrees(step_lon), 0.0, west, 0.0, math.degrees(step_lat), south)
    polygons = [
        shape["coordinates"] for shape, _ in features.shapes(mask.astype(np.uint8), mask=mask, transform=to_degrees)
    ]
    rounded = [[[[round(x, 6), round(y, 6)] for x, y in ring] for ring in polygon] for polygon in polygons]
    return {"type": "MultiPolygon", "coordinates": rounded}
