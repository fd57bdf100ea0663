"""Ground heights from GeoTIFF and SRTM tiles: right place, right side up, voids filled and said."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from marsad.adapters.errors import BadInputError
from marsad.adapters.terrain_files import HGT_VOID, read_terrain_file, write_geotiff
from marsad.geo.terrain import TerrainGrid
from marsad.terms import Geodetic


def read(
    path: Path, latitude_deg: float, longitude_deg: float, notes: list[str] | None = None, **more: float
) -> TerrainGrid:
    settings = {"reach_m": 20_000.0, "geoid_offset_m": 0.0, "height_sigma_m": 1.5} | more
    note = (notes if notes is not None else []).append
    return read_terrain_file(path, center=Geodetic.from_degrees(latitude_deg, longitude_deg), note=note, **settings)


def tile(path: Path, changes: dict[tuple[int, int], int] | None = None) -> Path:
    """Write a tile of 121 x 121 heights that grow to the north (10 a row) and the east (1 a column)."""
    rows, columns = np.mgrid[0:121, 0:121]
    height = (10 * (120 - rows) + columns).astype(">i2")
    for place, value in (changes or {}).items():
        height[place] = value
    path.write_bytes(height.tobytes())
    return path


def test_a_tile_lies_where_its_name_says(tmp_path: Path) -> None:
    grid = read(tile(tmp_path / "N30E020.hgt"), 30.5, 20.5, geoid_offset_m=7.0)
    assert grid.height_at(math.radians(30.5), math.radians(20.5)) == pytest.approx(600 + 60 + 7)
    assert grid.height_at(math.radians(30.6), math.radians(20.4)) == pytest.approx(720 + 48 + 7)


@pytest.mark.parametrize(("name", "place"), [("S31W021.hgt", (-30.5, -20.5)), ("n30w021.hgt", (30.5, -20.5))])
def test_all_quarters_of_the_earth(tmp_path: Path, name: str, place: tuple[float, float]) -> None:
    grid = read(tile(tmp_path / name), *place)
    assert grid.height_at(math.radians(place[0]), math.radians(place[1])) == pytest.approx(660)


def test_only_the_reach_is_kept(tmp_path: Path) -> None:
    grid = read(tile(tmp_path / "N30E020.hgt"), 30.5, 20.5, reach_m=10_000.0)
    assert max(grid.height_m.shape) < 30
    assert grid.covers(math.radians(30.585), math.radians(20.5))


def test_voids_are_filled_with_the_nearest_height_and_said(tmp_path: Path) -> None:
    notes: list[str] = []
    path = tile(tmp_path / "N30E020.hgt", {(60, 60): HGT_VOID, (60, 61): HGT_VOID})
    grid = read(path, 30.5, 20.5, notes)
    assert 650 <= grid.height_at(math.radians(30.5), math.radians(20.5)) <= 670
    (note,) = notes
    assert "2 void cells" in note


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("N30E020.hgt", b"\0" * 7, "square of 16-bit heights"),
        ("ground.hgt", b"\0" * 8, "named after its south-west corner"),
        ("ground.tif", b"no raster", "GeoTIFF"),
    ],
)
def test_files_that_are_none_are_refused(tmp_path: Path, name: str, content: bytes, expected: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BadInputError, match=expected):
        read(tmp_path / name, 30.5, 20.5)


def test_a_missing_file_a_wrong_place_and_voids_alone_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="cannot be read"):
        read(tmp_path / "N30E020.hgt", 30.5, 20.5)
    with pytest.raises(BadInputError, match="cannot be read"):
        read(tmp_path / "ground.tif", 30.5, 20.5)
    with pytest.raises(BadInputError, match="around the site"):
        read(tile(tmp_path / "N30E020.hgt"), 40.5, 20.5)
    (tmp_path / "N31E020.hgt").write_bytes(np.full((121, 121), HGT_VOID, dtype=">i2").tobytes())
    with pytest.raises(BadInputError, match="voids only"):
        read(tmp_path / "N31E020.hgt", 31.5, 20.5)


def test_a_grid_written_as_geotiff_comes_back(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    grid = TerrainGrid(
        math.radians(30.0), math.radians(20.0), math.radians(0.01), math.radians(0.012), rng.normal(300, 50, (40, 30))
    )
    write_geotiff(tmp_path / "g.tif", grid)
    again = read(tmp_path / "g.tif", 30.2, 20.2, reach_m=1e6)
    np.testing.assert_allclose(again.height_m, grid.height_m, atol=1e-4)
    assert again.south_rad == pytest.approx(grid.south_rad, abs=1e-12)
    assert again.west_rad == pytest.approx(grid.west_rad, abs=1e-12)
    for latitude_deg, longitude_deg in ((30.1, 20.1), (30.333, 20.222)):
        there = math.radians(latitude_deg), math.radians(longitude_deg)
        assert again.height_at(*there) == pytest.approx(grid.height_at(*there), abs=1e-3)


def test_a_geotiff_in_metres_is_refused(tmp_path: Path) -> None:
    import rasterio
    from rasterio.transform import Affine

    with rasterio.open(
        tmp_path / "utm.tif", "w", driver="GTiff", width=4, height=4, count=1, dtype="float32", crs="EPSG:32634",
        transform=Affine(30, 0, 500000, 0, -30, 3300000),
    ) as target:  # fmt: skip
        target.write(np.zeros((4, 4), dtype=np.float32), 1)
    with pytest.raises(BadInputError, match="EPSG:4326"):
        read(tmp_path / "utm.tif", 30.2, 20.2)


def test_voids_of_a_geotiff_are_filled(tmp_path: Path) -> None:
    import rasterio
    from rasterio.transform import Affine

    height = np.full((4, 4), 100.0, dtype=np.float32)
    height[1, 1] = -9999.0
    with rasterio.open(
        tmp_path / "v.tif", "w", driver="GTiff", width=4, height=4, count=1, dtype="float32", crs="EPSG:4326",
        nodata=-9999.0, transform=Affine(0.1, 0, 20.0, 0, -0.1, 30.4),
    ) as target:  # fmt: skip
        target.write(height, 1)
    notes: list[str] = []
    assert read(tmp_path / "v.tif", 30.2, 20.2, notes).height_m.max() == 100.0
    assert "1 void" in notes[0]


def test_real_tiles(shared: Path) -> None:
    folder = shared / "data" / "terrain_srtm3"
    notes: list[str] = []
    everest = read(folder / "N27E086.hgt", 27.988, 86.925, notes)
    assert everest.height_m.max() == pytest.approx(8_800, abs=60)
    read(folder / "N27E088.hgt", 27.5, 88.5, notes, reach_m=100_000.0)
    assert "6 void cells" in notes[-1]
