"""Ground heights from files: GeoTIFF and SRTM ``.hgt``; out again as GeoTIFF.

Both kinds usually count heights from mean sea level; the site file's ``geoid_offset_m`` (height of the geoid above
the WGS-84 ellipsoid at the site) is added here.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
from jaxtyping import Float

from marsad.adapters.errors import BadInputError
from marsad.adapters.files import write_whole
from marsad.geo.terrain import TerrainGrid
from marsad.terms import Geodetic

HGT_VOID = -32768  # SRTM Topography, version 2.1 documentation, section 2.1.2
_HGT_NAME = re.compile(r"([NS])(\d{2})([EW])(\d{3})", re.IGNORECASE)
_DEGREE_M = 111_320.0
Note = Callable[[str], None]


def read_terrain_file(
    path: Path,
    *,
    center: Geodetic,
    reach_m: float,
    geoid_offset_m: float,
    height_sigma_m: float,
    note: Note,
) -> TerrainGrid:
    """Read the part of a file that lies within ``reach_m`` north, south, east and west of the centre.

    Voids are filled with the nearest height, and ``note`` is told.

    Raises
    ------
    BadInputError
        When the file cannot be read, is in another frame, or does not hold the centre.
    """
    read = _read_hgt if path.suffix.lower() == ".hgt" else _read_geotiff
    height_m, south_deg, west_deg, step_lat_deg, step_lon_deg = read(path)
    rows = _window(south_deg, step_lat_deg, height_m.shape[0], center.latitude_deg, reach_m / _DEGREE_M)
    narrow = max(math.cos(center.latitude_rad), 0.01)
    columns = _window(west_deg, step_lon_deg, height_m.shape[1], center.longitude_deg, reach_m / _DEGREE_M / narrow)
    if rows is None or columns is None:
        north_deg = south_deg + step_lat_deg * (height_m.shape[0] - 1)
        east_deg = west_deg + step_lon_deg * (height_m.shape[1] - 1)
        held = f"{south_deg:.4f} to {north_deg:.4f} N, {west_deg:.4f} to {east_deg:.4f} E"
        site = f"{center.latitude_deg:.4f} N {center.longitude_deg:.4f} E"
        raise BadInputError(path, f"expected ground heights around the site at {site}, found {held}")
    part = _without_voids(height_m[rows[0] : rows[1], columns[0] : columns[1]], path, note)
    return TerrainGrid(
        south_rad=math.radians(south_deg + rows[0] * step_lat_deg),
        west_rad=math.radians(west_deg + columns[0] * step_lon_deg),
        step_lat_rad=math.radians(step_lat_deg),
        step_lon_rad=math.radians(step_lon_deg),
        height_m=part + geoid_offset_m,
        height_sigma_m=height_sigma_m,
    )


Heights = tuple[Float[np.ndarray, "row column"], float, float, float, float]
"""Heights (NaN where void; rows south to north), south and west of the first node, steps; degrees."""


def _read_hgt(path: Path) -> Heights:
    """Read an SRTM tile: big-endian int16, rows north to south, named after its south-west corner."""
    name = _HGT_NAME.match(path.name)
    if name is None:
        raise BadInputError(path, "expected an SRTM tile named after its south-west corner, such as N30E020.hgt")
    content = _bytes(path)
    size = math.isqrt(len(content) // 2)
    if size * size * 2 != len(content) or size < 2:
        raise BadInputError(
            path, f"expected a square of 16-bit heights (1201 or 3601 a side), found {len(content)} bytes"
        )
    raw = np.frombuffer(content, dtype=">i2").reshape(size, size)[::-1]
    height_m = np.where(raw == HGT_VOID, np.nan, raw.astype(np.float64))
    south_deg = float(name[2]) * (1 if name[1].upper() == "N" else -1)
    west_deg = float(name[4]) * (1 if name[3].upper() == "E" else -1)
    return height_m, south_deg, west_deg, 1.0 / (size - 1), 1.0 / (size - 1)


def _read_geotiff(path: Path) -> Heights:
    """Read the first band of a GeoTIFF in geographic WGS-84, north up."""
    import rasterio
    from rasterio.errors import RasterioError

    _bytes(path, 4)
    try:
        with rasterio.open(path) as source:
            place, frame = source.transform, source.crs
            band = source.read(1, masked=True)
    except RasterioError as error:
        raise BadInputError(path, f"expected a GeoTIFF or an SRTM .hgt file: {error}") from None
    if frame is None or not frame.is_geographic or place.b or place.d or place.a <= 0 or place.e >= 0:
        found = "no frame" if frame is None else frame.to_string()
        raise BadInputError(path, f"expected heights over latitude and longitude, north up (EPSG:4326), found {found}")
    height_m = np.ma.filled(band.astype(np.float64), np.nan)[::-1]
    rows = height_m.shape[0]
    # the frame names the corner of a cell; heights belong to its middle
    south_deg = place.f + place.e * (rows - 0.5)
    return height_m, south_deg, place.c + 0.5 * place.a, -place.e, place.a


def _bytes(path: Path, most: int = -1) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(most)
    except OSError as error:
        raise BadInputError(path, f"cannot be read: {error.strerror}") from None


def _window(
    first_deg: float, step_deg: float, count: int, center_deg: float, reach_deg: float
) -> tuple[int, int] | None:
    """Give begin and end of the indices within reach of the centre; None if the centre lies outside."""
    if not first_deg <= center_deg <= first_deg + step_deg * (count - 1):
        return None
    begin = max(math.floor((center_deg - reach_deg - first_deg) / step_deg), 0)
    end = min(math.ceil((center_deg + reach_deg - first_deg) / step_deg) + 1, count)
    return begin, max(end, begin + 2)


def _without_voids(
    height_m: Float[np.ndarray, "row column"], path: Path, note: Note
) -> Float[np.ndarray, "row column"]:
    voids = ~np.isfinite(height_m)
    if not voids.any():
        return np.ascontiguousarray(height_m)
    if voids.all():
        raise BadInputError(path, "expected ground heights around the site, found voids only")
    from scipy import ndimage  # takes long to load, and few files have voids

    nearest = ndimage.distance_transform_edt(voids, return_distances=False, return_indices=True)
    note(f"{path}: {int(voids.sum())} void cells of {voids.size} filled with the nearest height")
    return np.ascontiguousarray(height_m[tuple(nearest)])


def write_geotiff(path: Path, grid: TerrainGrid) -> None:
    """Write a grid as a GeoTIFF of ellipsoidal heights (float32, deflated)."""
    from rasterio.io import MemoryFile
    from rasterio.transform import Affine

    rows, columns = grid.height_m.shape
    step_lat_deg, step_lon_deg = math.degrees(grid.step_lat_rad), math.degrees(grid.step_lon_rad)
    west_deg = math.degrees(grid.west_rad) - 0.5 * step_lon_deg
    north_deg = math.degrees(grid.south_rad) + (rows - 0.5) * step_lat_deg
    with MemoryFile() as memory:
        with memory.open(
            driver="GTiff", width=columns, height=rows, count=1, dtype="float32", crs="EPSG:4326", compress="deflate",
            predictor=3, transform=Affine(step_lon_deg, 0.0, west_deg, 0.0, -step_lat_deg, north_deg),
        ) as target:  # fmt: skip
            target.write(grid.height_m[::-1].astype(np.float32), 1)
        write_whole(path, bytes(memory.getbuffer()))
