"""The plain site folder: what it gives, and the one line for what is wrong with it."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from marsad.adapters.errors import BadInputError
from marsad.adapters.json_fields import line_of
from marsad.adapters.site_common import read_common_site

ZONES = {
    "site": {"lat_deg": 30.0, "lon_deg": 20.0},
    "at_risk_margin_m": 250.0,
    "zones": [
        {
            "zone_id": "Z01",
            "name": "plant",
            "lat_deg": 30.0,
            "lon_deg": 20.0,
            "h_m": 21.0,
            "radius_m": 600,
            "shelter_s": 12,
        },
        {
            "zone_id": "Z02",
            "name": "camp",
            "lat_deg": 30.01,
            "lon_deg": 20.0,
            "h_m": 22.0,
            "radius_m": 300,
            "shelter_s": 20,
        },
    ],
}
TERRAIN = {"lat0_deg": 29.9, "dlat_deg": 0.1, "lon0_deg": 19.9, "dlon_deg": 0.1, "n": 3,
           "h_dm": [[100, 100, 100], [200, 210, 220], [300, 300, 300]]}  # fmt: skip
ONE = {"ideal_delta_v_ms": 393.0, "burn_s": 0.8, "propellant_fraction": 0.22, "area_over_launch_mass_m2_kg": 0.00031,
       "rail_m": 2.0, "ln_sigma_dv": 0.04, "ln_sigma_burn": 0.1, "ln_sigma_drag": 0.1}  # fmt: skip
CLASSES = {
    "model_error_floor_rel": 0.0, "launch_elevation_prior_deg": [45, 12], "dem_height_error_sigma_m": 1.5,
    "thrust_misalignment_sigma_rad": 0.003, "drag_coefficient": {"mach": [0.0, 1.0], "cd": [0.4, 0.7]},
    "classes": {"short": ONE}, "wide_prior": {"ln_sigma_dv": 0.3, "ln_sigma_burn": 0.45, "ln_sigma_drag": 0.4},
}  # fmt: skip


def folder(tmp_path: Path, **changes: object) -> Path:
    for name, content in (("zones", ZONES), ("terrain", TERRAIN), ("classes", CLASSES)):
        content = changes.get(name, content)
        text = content if isinstance(content, str) else json.dumps(content, indent=1)
        (tmp_path / f"{name}.json").write_text(text)
    return tmp_path


def test_a_folder_becomes_a_site(tmp_path: Path) -> None:
    site = read_common_site(folder(tmp_path))
    assert [zone.zone_id for zone in site.zones] == ["Z01", "Z02"]
    assert {zone.buffer_m for zone in site.zones} == {250.0}
    assert site.origin.height_m == pytest.approx(21.0)
    assert site.terrain.height_sigma_m == 1.5
    assert site.rockets.classes[0].name == "short"
    assert site.rockets.launch_elevation_mean_rad == pytest.approx(math.pi / 4)
    assert site.rockets.model_error_floor_rel == 0.0


@pytest.mark.parametrize(
    ("name", "content", "field", "expected"),
    [
        ("zones", "{\n 'a'", "", "line 2: expected JSON"),
        ("zones", [1], "", "expected a JSON object"),
        ("zones", {**ZONES, "site": {}}, "site.lat_deg", "expected a number, found nothing"),
        ("zones", {**ZONES, "zones": 3}, "zones", "expected a list of objects"),
        ("zones", {**ZONES, "zones": [{**ZONES["zones"][0], "radius_m": -1}]}, "zones[0].radius_m", "line 14"),
        ("zones", {**ZONES, "zones": [ZONES["zones"][0]] * 2}, "zones[1].zone_id", "used once"),
        ("zones", {**ZONES, "zones": [{**ZONES["zones"][0], "name": "Tank\x0bfarm"}]}, "zones[0].name", "U+000B"),
        ("zones", {**ZONES, "zones": [{**ZONES["zones"][0], "name": "Tank \ud800"}]}, "zones[0].name", "U+D800"),
        ("zones", {**ZONES, "zones": [{**ZONES["zones"][0], "name_ar": "\ufffe"}]}, "zones[0].name_ar", "U+FFFE"),
        ("zones", {**ZONES, "zones": [{**ZONES["zones"][0], "zone_id": "Z" * 101}]}, "zones[0].zone_id", "at most 100"),
        ("terrain", {**TERRAIN, "h_dm": [[1, 2], [3]]}, "h_dm", "row 1"),
        ("terrain", {**TERRAIN, "h_dm": [[1, 2], [3, "x"]]}, "h_dm", "row 1"),
        ("terrain", {**TERRAIN, "dlat_deg": -0.1}, "", "steps must be positive"),
        ("classes", {**CLASSES, "classes": {}}, "classes", "at least one"),
        (
            "classes",
            {**CLASSES, "classes": {"short": {**ONE, "burn_s": -1.0}}},
            "classes.short",
            "burn_s must be positive",
        ),
        (
            "classes",
            {**CLASSES, "launch_elevation_prior_deg": [45]},
            "launch_elevation_prior_deg",
            "a list of 2 numbers",
        ),
        (
            "classes",
            {**CLASSES, "drag_coefficient": {"mach": [0, 0], "cd": [1, 1]}},
            "drag_coefficient",
            "mach must increase",
        ),
    ],
)
def test_a_wrong_folder_is_refused_in_one_line(
    tmp_path: Path, name: str, content: object, field: str, expected: str
) -> None:
    with pytest.raises(BadInputError) as caught:
        read_common_site(folder(tmp_path, **{name: content}))
    message = str(caught.value)
    assert f"{name}.json" in message
    assert caught.value.field == field
    assert expected in message
    assert "\n" not in message


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="cannot be read"):
        read_common_site(tmp_path)


def test_the_line_of_a_value_is_found() -> None:
    text = '{"a": [1,\n {}, "x,:{",\n {"b": {"c": 5,\n "d": [\n true]}}],\n "e": "f"}'
    assert line_of(text, ("a", 0)) == 1
    assert line_of(text, ("a", 2)) == 2
    assert line_of(text, ("a", 3, "b", "d")) == 4
    assert line_of(text, ("a", 3, "b", "d", 0)) == 5
    assert line_of(text, ("e",)) == 6
    assert line_of(text, ("g",)) is None


def test_the_practice_site(shared: Path) -> None:
    site = read_common_site(shared / "cases" / "common")
    assert len(site.zones) == 12
    assert {one.name for one in site.rockets.classes} == {"short", "medium"}
