"""``marsad simulate``: files that scorer and reader take, the same bytes for the same seed, one line when wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import msgspec
import numpy as np
import pytest

from cli_kit import marsad
from marsad import samples
from marsad.adapters.errors import BadInputError
from marsad.adapters.recording import parse_recording
from marsad.adapters.recording_text import recording_bytes
from marsad.adapters.scenario_file import check_scenario, read_scenario
from marsad.simulation import Scenario, simulate_night

NIGHT = """\
name = "short-night"
site = "site.toml"
duration_s = 12.0

[[rocket]]
id = "R"
rocket_class = "short"
launch_s = 3.0
east_m = 5600.0
north_m = 5350.0
azimuth_deg = 226.0
elevation_deg = 50.0

[[fault]]
sensor_id = "RD-1"
kind = "clock"
magnitude = 2.0
"""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Simulate one night into files."""
    folder = tmp_path_factory.mktemp("night")
    done = marsad("simulate", "salvo-at-dusk", "--seed", 7, cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder


def test_the_same_seed_gives_the_same_bytes_whatever_the_hash_seed(files: Path, tmp_path: Path) -> None:
    recording, truth = tmp_path / "a.jsonl", tmp_path / "a.json"
    arguments = [
        "simulate",
        samples.scenario_path("salvo-at-dusk"),
        "--seed",
        7,
        "--recording",
        recording,
        "--truth",
        truth,
    ]
    subprocess.run(
        [sys.executable, "-m", "marsad.cli", *map(str, arguments)], check=True, timeout=300,
        env={**os.environ, "PYTHONHASHSEED": "99"},
    )  # fmt: skip
    assert recording.read_bytes() == (files / "salvo-at-dusk-7.jsonl").read_bytes()
    assert truth.read_bytes() == (files / "salvo-at-dusk-7.truth.json").read_bytes()


def test_what_is_written_reads_back_as_what_was_simulated() -> None:
    night = Scenario(name="n", duration_s=40.0, rocket=samples.scenario("salvo-at-dusk").rocket)
    run = simulate_night(samples.gas_plant(), night, np.random.default_rng(3))
    recording = parse_recording(recording_bytes(run.messages).decode().splitlines(), Path("n.jsonl"))
    assert not recording.rejected
    assert not recording.ignored_fields
    assert len(recording.messages) == len(run.messages)
    for read, made in zip(recording.messages, run.messages, strict=True):
        if hasattr(made, "position"):
            assert read.position.latitude_rad == pytest.approx(made.position.latitude_rad, abs=1e-12)  # type: ignore[union-attr]
        elif not hasattr(made, "sensor"):
            assert read == made


def test_the_truth_has_the_scorers_form(files: Path) -> None:
    truth = json.loads((files / "salvo-at-dusk-7.truth.json").read_text())
    assert set(truth) >= {"case", "description", "line_up", "t_end", "faults", "objects", "labels"}
    kinds = [one["kind"] for one in truth["objects"]]
    assert kinds.count("rocket") == 4
    assert kinds.count("hostile_drone") == 1
    assert kinds.count("friendly_aircraft") == 3
    assert kinds.count("own_drone") == 2
    rocket = next(one for one in truth["objects"] if one["kind"] == "rocket")
    assert set(rocket) == {
        "id",
        "kind",
        "class",
        "prior",
        "true_parameters",
        "launch",
        "impact",
        "zones_at_risk",
        "crlb",
        "traj",
    }
    assert rocket["traj"][0][0] == rocket["launch"]["t"]
    assert rocket["traj"][-1][:3] == pytest.approx([rocket["impact"][k] for k in ("t", "lat_deg", "lon_deg")], abs=1e-3)
    # the bound flies the rocket again from the numbers in the file: it must land when the truth did
    assert rocket["crlb"]["tof_s"] == pytest.approx(rocket["impact"]["t"] - rocket["launch"]["t"], abs=1e-3)
    assert 0 < rocket["crlb"]["first_detection_arrival_s"] < 2
    assert rocket["crlb"]["class_known"]["lead_s"]["500"] > 10
    drone = next(one for one in truth["objects"] if one["kind"] == "hostile_drone")
    assert drone["five_detections_in_6_s_t"] > 30.0
    names = {json.loads(line).get("id") for line in (files / "salvo-at-dusk-7.jsonl").read_text().splitlines()}
    assert set(truth["labels"]) <= names


def test_the_practice_scorer_takes_it(files: Path, shared: Path, tmp_path: Path) -> None:
    (tmp_path / "truth").mkdir()
    (tmp_path / "truth" / "salvo-at-dusk.json").write_bytes((files / "salvo-at-dusk-7.truth.json").read_bytes())
    (tmp_path / "results").mkdir()
    rocket = json.loads((tmp_path / "truth" / "salvo-at-dusk.json").read_text())["objects"][0]
    launch = {"event_id": "E1", "t_issued": 26.0, "t_launch": 25.0, "lat_deg": rocket["launch"]["lat_deg"],
              "lon_deg": rocket["launch"]["lon_deg"], "cov_en": [1.0, 0.0, 1.0]}  # fmt: skip
    (tmp_path / "results" / "salvo-at-dusk.json").write_text(json.dumps({"case": "x", "launches": [launch]}))
    done = subprocess.run(
        [sys.executable, shared / "cases" / "score.py", tmp_path / "results", "--truth", tmp_path / "truth"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "rockets 4" in done.stdout
    assert "not warned in time 5" in done.stdout


@pytest.mark.parametrize(
    ("old", "new", "field", "marker", "expected"),
    [
        ("duration_s = 12.0", "duration_s = -1", "duration_s", "duration_s", "found -1"),
        ('rocket_class = "short"', 'rocket_class = "huge"', "rocket[0].rocket_class", "rocket_class", "found 'huge'"),
        ('sensor_id = "RD-1"', 'sensor_id = "RD-7"', "fault[0].sensor_id", "sensor_id", "found 'RD-7'"),
        ('kind = "clock"', 'kind = "crash"', "fault[0].kind", "kind", "crash"),
        ("launch_s = 3.0\n", "", "rocket[0].launch_s", "[[rocket]]", "found nothing"),
        ("launch_s = 3.0\n", "launch_s = 3.0\nspeed = 3\n", "rocket[0].speed", "speed", "only fields"),
    ],
)
def test_a_wrong_scenario_is_refused_in_one_line(
    tmp_path: Path, old: str, new: str, field: str, marker: str, expected: str
) -> None:
    assert old in NIGHT
    text = NIGHT.replace(old, new, 1)
    (tmp_path / "night.toml").write_text(text)
    with pytest.raises(BadInputError) as caught:
        check_scenario(tmp_path / "night.toml", samples.gas_plant(), read_scenario(tmp_path / "night.toml"))
    message = str(caught.value)
    assert (caught.value.field, caught.value.line) == (field, text[: text.index(marker)].count("\n") + 1)
    assert expected in message
    assert "\n" not in message


def test_a_scenario_without_a_site_or_file_ends_with_one_line(tmp_path: Path) -> None:
    (tmp_path / "night.toml").write_text(NIGHT.replace('site = "site.toml"\n', ""))
    for arguments in (("night.toml",), ("nowhere.toml",), ("no-such-sample",)):
        done = marsad("simulate", *arguments, "--seed", 1, cwd=tmp_path)
        assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["night.toml"]


def test_a_rocket_that_never_comes_down_is_refused_in_one_line(tmp_path: Path) -> None:
    table = (
        (samples.GAS_PLANT / "site.toml").read_text().replace("ideal_delta_v_ms = 400.0", "ideal_delta_v_ms = 40000.0")
    )
    (tmp_path / "site.toml").write_text(table)
    for name in ("zones.geojson", "terrain.tif"):
        (tmp_path / name).write_bytes((samples.GAS_PLANT / name).read_bytes())
    (tmp_path / "night.toml").write_text(NIGHT.replace("elevation_deg = 50.0", "elevation_deg = 85.0"))
    done = marsad("simulate", "night.toml", "--seed", 1, cwd=tmp_path)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert "R: it does not come down" in done.stderr


def test_a_rocket_fired_into_the_ground_burns_no_longer_than_it_flies() -> None:
    (salvo,) = samples.scenario("salvo-at-dusk").rocket
    low = msgspec.structs.replace(salvo, elevation_deg=0.5, elevation_sigma_deg=0.0, count=1, launch_s=1.0)
    run = simulate_night(
        samples.gas_plant(), Scenario(name="n", duration_s=9.0, rocket=[low]), np.random.default_rng(1)
    )
    rocket = run.truth.bodies[0]
    assert rocket.impact is not None
    assert rocket.launch is not None
    assert rocket.launch.time_s < rocket.burnout_s <= rocket.impact.time_s
    assert rocket.impact.time_s < 4.0


@pytest.mark.parametrize("name", samples.scenario_names())
def test_every_bundled_scenario_fits_the_bundled_site(name: str) -> None:
    path = samples.scenario_path(name)
    scenario = read_scenario(path)
    assert scenario.name == name
    check_scenario(path, samples.gas_plant(), scenario)


def test_an_unknown_sample_is_said() -> None:
    with pytest.raises(KeyError, match="salvo-at-dusk"):
        samples.scenario("nothing")


def test_the_sample_ground_comes_from_its_script(root: Path, tmp_path: Path) -> None:
    made = tmp_path / "terrain.tif"
    subprocess.run([sys.executable, root / "tools" / "make_gas_plant.py", made], check=True)
    import rasterio

    with rasterio.open(made) as new, rasterio.open(samples.GAS_PLANT / "terrain.tif") as kept:
        # rounding to metres may fall either way on another machine's last bit
        assert np.abs(new.read(1).astype(int) - kept.read(1)).max() <= 1
        assert new.transform == kept.transform
    assert (samples.GAS_PLANT / "terrain.tif").stat().st_size < 300_000
