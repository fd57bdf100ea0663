"""A site of one's own: read, written back, and refused in one line where it is wrong."""

from __future__ import annotations

import math
import re
from pathlib import Path

import msgspec
import numpy as np
import pytest

from marsad.adapters.errors import BadInputError
from marsad.adapters.site_file import read_site_file
from marsad.adapters.site_text import site_text, write_site
from marsad.adapters.sites import read_site
from marsad.adapters.terrain_files import write_geotiff
from marsad.adapters.toml_text import line_of_key, toml_of
from marsad.geo.terrain import TerrainGrid
from marsad.sensing.site import Site

TEXT = """\
name = "Plant"
name_ar = "محطة"
latitude_deg = 30.0
longitude_deg = 20.0
zones_geojson = "zones.geojson"

[terrain]
file = "ground.tif"
geoid_offset_m = 12.5
height_sigma_m = 2.0
reach_km = 15

[weather]
wind_east_ms = 3.0
wind_north_ms = -2.0

[policy]
rocket_buffer_m = 200

[record]
keep_days = 30

[transponders]
friendly = ["F01"]
own = ["D1", "D2"]

[rockets]
source = "textbook"
drag_mach = [0.0, 1.0, 3.0]
drag_coefficient = [0.42, 0.75, 0.55]

[[rocket_class]]
name = "short"
source = "textbook"
ideal_delta_v_ms = 393.0
burn_s = 0.8
propellant_fraction = 0.22
area_over_launch_mass_m2_kg = 0.00031
rail_m = 2
ln_sigma_delta_v = 0.04
ln_sigma_burn = 0.1
ln_sigma_drag = 0.1
weight = 1.0

[[zone]]
id = "Z1"
name = "camp"
latitude_deg = 30.01
longitude_deg = 20.01
radius_m = 300
shelter_s = 25
probability_on = 0.05

[[zone]]
id = "Z2"
name = "school"
polygon_deg = [[30.0, 20.0], [30.0, 20.01], [30.01, 20.01]]
shelter_s = 20
buffer_m = 0.0

[[sensor]]
id = "RD-1"
kind = "radar"
latitude_deg = 30.0
longitude_deg = 20.0
height_above_ground_m = 8.0
max_range_m = 20000

  [sensor.bias]
  azimuth_mrad = 1.0
  range_m = 5

[[sensor]]
id = "EO-1"
kind = "balloon"
latitude_deg = 30.0
longitude_deg = 20.0
height_m = 600.0
mobile = true

[[corridor]]
id = "C1"
owner = "air base"
line_deg = [[30.0, 19.9], [30.2, 20.1]]
half_width_m = 3000
min_height_m = 1500
max_height_m = 4000
"""
ZONES = """\
{"type": "FeatureCollection", "features": [
 {"type": "Feature", "properties": {"zone_id": "Z9", "name": "tanks", "name_ar": "خزانات", "shelter_s": 12},
  "geometry": {"type": "Polygon", "coordinates":
  [[[20.0, 30.0], [20.02, 30.0], [20.02, 30.02], [20.0, 30.02], [20.0, 30.0]]]}},
 {"type": "Feature", "properties": {"zone_id": "Z8", "name": "gate", "shelter_s": 12, "radius_m": 50, "buffer_m": 10,
   "probability_on_drone": 0.3},
  "geometry": {"type": "Point", "coordinates": [20.0, 30.0]}}
]}
"""


def grid() -> TerrainGrid:
    step = math.radians(0.002)
    height = 100.0 + np.arange(101.0)[:, None] + 0.5 * np.arange(101.0)[None, :]
    return TerrainGrid(math.radians(29.9), math.radians(19.9), step, step, height)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_geotiff(tmp_path / "ground.tif", grid())
    (tmp_path / "zones.geojson").write_text(ZONES)
    (tmp_path / "site.toml").write_text(TEXT)
    return tmp_path


def test_a_site_file_becomes_a_site(folder: Path) -> None:
    site = read_site(folder / "site.toml")
    assert (site.name, site.name_ar) == ("Plant", "محطة")
    assert site.origin.height_m == pytest.approx(100 + 50 + 25 + 12.5, abs=1e-3)
    assert site.terrain.height_sigma_m == 2.0
    tanks, gate, camp, school = site.zones
    assert (tanks.center.latitude_deg, tanks.center.longitude_deg) == pytest.approx((30.01, 20.01))
    assert (tanks.buffer_m, gate.buffer_m, camp.buffer_m, school.buffer_m) == (200.0, 10.0, 200.0, 0.0)
    assert camp.center.height_m == pytest.approx(site.terrain.height_at(math.radians(30.01), math.radians(20.01)))
    assert len(school.polygon_rad) == 3
    radar, balloon = site.sensors
    assert radar.position.height_m == pytest.approx(site.origin.height_m + 8.0)
    assert (radar.bias_prior.azimuth_rad, radar.bias_prior.range_m) == (0.001, 5.0)
    assert (balloon.position.height_m, balloon.is_mobile) == (600.0, True)
    assert site.weather is not None
    assert site.weather.profile_ground_m == site.origin.height_m
    assert site.corridors[0].center_line_rad[1] == pytest.approx((math.radians(30.2), math.radians(20.1)))
    assert site.policy.rocket_buffer_m == 200.0
    assert (site.record.keep_days, site.record.around_alarms_s) == (30.0, 600.0)
    assert site.own_transponder_ids == ("D1", "D2")
    assert site.rockets.class_weights == (1.0,)
    assert read_site(folder).name == "Plant"


def assert_alike(a: object, b: object) -> None:
    """Compare nested plain data: numbers to 1e-9 of their size, all else exactly."""
    if isinstance(a, float) and isinstance(b, float | int):
        assert a == pytest.approx(b, rel=1e-9, abs=1e-12)
    elif isinstance(a, list | tuple) and isinstance(b, list | tuple):
        assert len(a) == len(b)
        for one, other in zip(a, b, strict=True):
            assert_alike(one, other)
    elif isinstance(a, dict) and isinstance(b, dict):
        assert a.keys() == b.keys()
        for key in a:
            assert_alike(a[key], b[key])
    else:
        assert a == b


def plain(site: Site) -> dict[str, object]:
    return {
        "name": site.name,
        "name_ar": site.name_ar,
        "parts": msgspec.to_builtins(
            [site.origin, site.zones, site.sensors, site.weather, site.corridors, site.policy, site.record]
        ),
        "classes": msgspec.to_builtins([site.rockets.classes, site.rockets.class_weights]),
        "numbers": [
            site.rockets.launch_elevation_sigma_rad,
            site.rockets.misalignment_sigma_rad,
            site.rockets.wide_ln_sigma_burn,
        ],
        "drag": [site.rockets.drag.mach.tolist(), site.rockets.drag.coefficient.tolist()],
        "ids": [site.friendly_transponder_ids, site.own_transponder_ids],
    }


def test_a_site_written_and_read_again_is_the_same(folder: Path, tmp_path: Path) -> None:
    site = read_site_file(folder / "site.toml")
    again = read_site_file(write_site(site, tmp_path / "copy"))
    # the ground is kept as 32-bit numbers: a few micrometres
    np.testing.assert_allclose(again.terrain.height_m, site.terrain.height_m, atol=1e-4)
    assert again.terrain.south_rad == pytest.approx(site.terrain.south_rad, abs=1e-12)
    assert again.terrain.step_lon_rad == pytest.approx(site.terrain.step_lon_rad, rel=1e-9)
    third = read_site_file(write_site(again, tmp_path / "third"))
    assert_alike(plain(third), plain(again))
    first, second = plain(site), plain(again)
    assert_alike(first["classes"], second["classes"])
    assert_alike(first["drag"], second["drag"])
    assert [zone.zone_id for zone in again.zones] == [zone.zone_id for zone in site.zones]
    assert (tmp_path / "third" / "site.toml").read_text() == (tmp_path / "copy" / "site.toml").read_text()
    assert [path.name for path in sorted((tmp_path / "copy").iterdir())] == ["site.toml", "terrain.tif"]


def test_thresholds_of_zones_are_read_and_written(folder: Path, tmp_path: Path) -> None:
    site = read_site_file(folder / "site.toml")
    again = read_site_file(write_site(site, tmp_path / "copy"))
    for one in (site, again):
        policies = {zone.zone_id: one.policy.of_zone(zone) for zone in one.zones}
        assert (policies["Z1"].probability_on, policies["Z1"].probability_on_drone) == (0.05, 0.15)
        assert (policies["Z8"].probability_on, policies["Z8"].probability_on_drone) == (0.10, 0.3)
        assert policies["Z2"] is one.policy


def test_the_practice_site_can_be_written_as_toml(shared: Path, tmp_path: Path) -> None:
    site = read_site(shared / "cases" / "common")
    again = read_site(write_site(site, tmp_path))
    named = [{**msgspec.to_builtins(one), "source": site.rockets.source} for one in site.rockets.classes]
    assert_alike(plain(again)["classes"], [named, []])
    assert [zone.radius_m for zone in again.zones] == [zone.radius_m for zone in site.zones]


@pytest.mark.parametrize(
    ("old", "new", "field", "marker", "expected"),
    [
        (
            "latitude_deg = 30.0\nlong",
            "latitude_deg = 95.0\nlong",
            "latitude_deg",
            "latitude_deg = 95",
            "expected `float` <= 90",
        ),
        ('name = "Plant"\n', "", "name", "name_ar", "found nothing"),
        ('name = "Plant"\n', 'name = "Pl\\u000bant"\n', "name", "name = ", "found U+000B (a control character) in it"),
        ('name = "Plant"\n', 'name = "Pl\\u202eant"\n', "name", "name = ", "found U+202E"),
        ('name = "Plant"\n', 'name = "Pl\\nant"\n', "name", "name = ", "found U+000A (a tab or line end) in it"),
        ('name = "Plant"\n', f'name = "{"x" * 201}"\n', "name", "name = ", "at most 200 characters, found 201"),
        ("[terrain]\n", "[terrain]\ncolour = 3\n", "terrain.colour", "colour = 3", "only fields that the form has"),
        ('file = "ground.tif"\n', "", "terrain.file", "[terrain]", "found nothing"),
        ("geoid_offset_m = 12.5", 'geoid_offset_m = "high"', "terrain.geoid_offset_m", "geoid_offset_m", "got str"),
        ("reach_km = 15", "reach_km = ", "", "reach_km", "expected TOML"),
        ("shelter_s = 20", "shelter_s = -1", "zone[1].shelter_s", "shelter_s = -1", "found -1"),
        ('id = "Z2"', 'id = "Z1"', "zone[1].id", 'id = "Z1"\nname = "school"', "used once"),
        ("radius_m = 300\n", "", "zone[0]", '[[zone]]\nid = "Z1"', "either latitude_deg"),
        ("height_above_ground_m = 8.0\n", "", "sensor[0].height_m", '[[sensor]]\nid = "RD-1"', "either height_m"),
        ('kind = "radar"', 'kind = "dog"', "sensor[0].kind", 'kind = "dog"', "dog"),
        ("  range_m = 5", "  range_m = -5", "sensor[0].bias.range_m", "  range_m = -5", "found -5"),
        (
            "max_height_m = 4000",
            "max_height_m = 1000",
            "corridor[0].max_height_m",
            "max_height_m = 1000",
            "more than min_height_m",
        ),
        (
            "rocket_buffer_m = 200",
            "rocket_buffers_m = 200",
            "policy.rocket_buffers_m",
            "rocket_buffers_m",
            "expected one of",
        ),
        ("rocket_buffer_m = 200", "rocket_buffer_m = -2.0", "policy.rocket_buffer_m", "rocket_buffer_m", "at least 0"),
        (
            "drag_mach = [0.0, 1.0, 3.0]",
            "drag_mach = [0.0, 1.0, 1.0]",
            "rockets.drag_mach",
            "drag_mach",
            "mach must increase",
        ),
        ("probability_on = 0.05", "probability_on = 0", "zone[0].probability_on", "probability_on = 0", "found 0"),
        ("rocket_buffer_m = 200", "probability_on = 0", "policy", "[policy]", "above 0"),
        ("keep_days = 30", "keep_days = 0.5", "record", "[record]", "at least 1"),
        ("keep_days = 30", "keep_hours = 30", "record.keep_hours", "keep_hours", "expected one of"),
        ("burn_s = 0.8", "burn_s = 0", "rocket_class[0].burn_s", "burn_s = 0", "found 0"),
        ("friendly", "freindly", "transponders.freindly", "freindly", "only fields"),
    ],
)
def test_a_wrong_site_file_is_refused_in_one_line(
    folder: Path, old: str, new: str, field: str, marker: str, expected: str
) -> None:
    assert old in TEXT
    text = TEXT.replace(old, new, 1)
    (folder / "site.toml").write_text(text)
    line = text[: text.index(marker)].count("\n") + 1
    with pytest.raises(BadInputError) as caught:
        read_site(folder / "site.toml")
    message = str(caught.value)
    assert (caught.value.field, caught.value.line) == (field, line), message
    assert expected.replace("`", "") in message
    assert "site.toml" in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("old", "new", "field", "expected"),
    [
        ('"FeatureCollection"', '"Feature"', "type", "FeatureCollection"),
        ('"Polygon"', '"LineString"', "features[0].geometry.type", "Polygon or Point"),
        ("[20.02, 30.02], ", '["x", 30.02], ', "features[0].geometry.coordinates", "pairs"),
        ("[20.0, 30.0]}}", "[20.0, 300.0]}}", "features[1].geometry.coordinates", "degrees"),
        ('"shelter_s": 12}', '"shelter": 12}', "features[0].properties.shelter", "expected only"),
        (
            '"probability_on_drone": 0.3',
            '"probability_on_drone": 0',
            "features[1].properties.probability_on_drone",
            "above 0",
        ),
        ('"radius_m": 50, ', "", "features[1].properties.radius_m", "found nothing"),
    ],
)
def test_wrong_zones_are_refused_in_one_line(folder: Path, old: str, new: str, field: str, expected: str) -> None:
    assert old in ZONES
    (folder / "zones.geojson").write_text(ZONES.replace(old, new, 1))
    with pytest.raises(BadInputError) as caught:
        read_site(folder)
    assert caught.value.field == field
    assert caught.value.line is not None
    assert "zones.geojson" in str(caught.value)
    assert expected in str(caught.value)


def test_a_site_without_zones_is_refused(folder: Path) -> None:
    (folder / "zones.geojson").write_text('{"type": "FeatureCollection", "features": []}')
    bare = TEXT[: TEXT.index("[[zone]]")] + TEXT[TEXT.index("[[sensor]]") :]
    (folder / "site.toml").write_text(bare)
    with pytest.raises(BadInputError, match="at least one zone"):
        read_site(folder)


def test_lines_of_keys_are_found() -> None:
    text = '# note\na = 1\n"b c" = 2\n[t]\nx.y = 3\n[[l]]\nk = 1\n[[l]]\nk = [\n  1,\n]\n[l.sub]\nz = 1\n'
    assert line_of_key(text, ("a",)) == 2
    assert line_of_key(text, ("b c",)) == 3
    assert line_of_key(text, ("t", "x", "y")) == 5
    assert line_of_key(text, ("l", 0, "k")) == 7
    assert line_of_key(text, ("l", 1, "k", 0)) == 9
    assert line_of_key(text, ("l", 1, "sub", "z")) == 13
    assert line_of_key(text, ("l", 1, "missing")) == 8
    assert line_of_key(text, ("nowhere",)) == 1


def test_texts_survive_toml() -> None:
    import tomllib

    content = {
        "a b": 'quote " back \\ \n\t',
        "ar": "محطة",
        "n": [1.5, 2, True],
        "t": {"x": [{"y": 1}]},
        "long": list(range(200)),
    }
    assert tomllib.loads(toml_of(content)) == content


def test_the_text_alone_names_the_terrain_file(folder: Path) -> None:
    from marsad.adapters.site_schema import TerrainEntry

    text = site_text(read_site(folder), TerrainEntry(file="other.tif"))
    assert 'file = "other.tif"' in text


KEYS = [number for number, line in enumerate(TEXT.splitlines()) if "=" in line]
LITERALS = [
    "nan",
    "inf",
    "-1",
    "0",
    "1e400",
    '""',
    '"x"',
    "[]",
    "[1, 2]",
    "{}",
    "{ a = 1 }",
    "true",
    "1979-05-27",
    "",
    "[[",
]


@pytest.mark.parametrize("literal", LITERALS)
def test_whatever_stands_for_a_value_is_read_or_refused_in_one_line(folder: Path, literal: str) -> None:
    lines = TEXT.splitlines()
    for number in KEYS:
        changed = [*lines]
        changed[number] = f"{lines[number].split('=')[0]}= {literal}"
        (folder / "site.toml").write_text("\n".join(changed))
        said = refusal(folder)
        assert "\n" not in said
        if said:
            assert re.search(r"(site\.toml, line \d+)|ground\.tif|cannot be read", said), said


def refusal(folder: Path) -> str:
    """Give what is said against a site file, nothing if it is read."""
    try:
        read_site(folder / "site.toml")
    except BadInputError as error:
        return str(error)
    return ""
