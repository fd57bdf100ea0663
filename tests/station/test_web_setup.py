"""The site file that the console's set-up page saves is one that the station reads."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import msgspec
import pytest

from marsad import samples
from marsad.adapters.site_file import read_site_file
from marsad.adapters.site_schema import SensorEntry
from marsad.adapters.site_text import write_site
from marsad.sensing.site import Site
from marsad.station.coverage import coverage
from marsad.station.web_setup import SiteBody, drafted, site_file_text


@pytest.fixture(scope="module")
def site() -> Site:
    return read_site_file(samples.GAS_PLANT / "site.toml")


def test_a_draft_over_the_site_is_read_back_with_all_else_unchanged(site: Site, tmp_path: Path) -> None:
    corners = [[31.52, 42.51], [31.53, 42.51], [31.53, 42.52]]
    body = SiteBody(
        zones=[
            {"id": "Z01", "shelter_s": 33.0},
            {"id": "N1", "name": "New hall", "name_ar": "قاعة", "polygon_deg": corners, "shelter_s": 15.0},
            {"id": "N2", "name": "Well", "latitude_deg": 31.49, "longitude_deg": 42.49, "radius_m": 80, "shelter_s": 9},
        ],
        sensors=[
            {"id": "RD-1", "latitude_deg": 31.51, "longitude_deg": 42.52, "height_above_ground_m": 20.0},
            {
                "id": "CAM-9",
                "kind": "camera",
                "latitude_deg": 31.5,
                "longitude_deg": 42.5,
                "height_above_ground_m": 8.0,
            },
        ],
    )
    write_site(site, tmp_path)
    (tmp_path / "site.toml").write_text(site_file_text(site, body), encoding="utf-8")
    again = read_site_file(tmp_path / "site.toml")
    assert [zone.zone_id for zone in again.zones] == ["Z01", "N1", "N2"]
    assert (again.zones[0].shelter_s, again.zones[0].name) == (33.0, "Process plant")
    assert len(again.zones[1].polygon_rad) == 3
    radar, camera = again.sensors
    ground = again.terrain.height_at(radar.position.latitude_rad, radar.position.longitude_rad)
    assert radar.position.height_m == pytest.approx(ground + 20.0, abs=0.1)
    assert radar.max_range_m == next(s.max_range_m for s in site.sensors if s.sensor_id == "RD-1")
    assert camera.kind == "camera"
    assert [c.name for c in again.rockets.classes] == [c.name for c in site.rockets.classes]
    assert again.policy == site.policy


def test_what_is_wrong_in_a_draft_is_named(site: Site) -> None:
    body = SiteBody(zones=[{"id": "N2", "name": "Well", "latitude_deg": 131.0, "shelter_s": 9}], sensors=[])
    with pytest.raises(msgspec.ValidationError, match=r"zone\[0\].latitude_deg"):
        site_file_text(site, body)


def test_a_higher_camera_sees_more_ground(site: Site) -> None:
    def area(height_m: float) -> float:
        entry = SensorEntry(
            id="C",
            kind="camera",
            latitude_deg=31.5,
            longitude_deg=42.5,
            height_above_ground_m=height_m,
            max_range_m=8000.0,
        )
        (feature,) = coverage(site.terrain, [drafted(site, entry)])["features"]
        shape = feature["geometry"]
        rings = [shape["coordinates"]] if shape["type"] == "Polygon" else shape["coordinates"]
        return sum(_shoelace(polygon[0]) for polygon in rings)

    assert area(300.0) > area(3.0) > 0


def _shoelace(ring: list[list[float]]) -> float:
    pairs = pairwise(ring)
    return abs(sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in pairs)) / 2
