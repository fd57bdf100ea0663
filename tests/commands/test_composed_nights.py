"""``marsad simulate --random`` and the scorer of our own: from a seed to the table, with nothing else needed."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from cli_kit import marsad
from marsad.adapters.errors import BadInputError
from marsad.adapters.night_form import score_files
from marsad.adapters.recording import read_recording
from marsad.adapters.sites import read_site
from marsad.commands.score import find_scorer
from marsad.simulation import make_country

SEED = 12
COMPOSE = ("simulate", "--random", "--seed", SEED, "--nights", 2, "--kind", "single", "--jobs", 1, "--no-bounds")


@pytest.fixture(scope="module")
def composed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Compose two nights into a folder."""
    folder = tmp_path_factory.mktemp("nights") / "own"
    done = marsad(*COMPOSE, folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n") == 3
    return folder


def all_bytes(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_the_same_seed_gives_the_same_bytes(composed: Path, tmp_path: Path) -> None:
    assert marsad(*COMPOSE, tmp_path / "again").returncode == 0
    assert all_bytes(tmp_path / "again") == all_bytes(composed)


def test_what_is_written_is_read_back(composed: Path) -> None:
    site, made = read_site(composed / "common", print), make_country(SEED)
    assert [zone.zone_id for zone in site.zones] == [zone.zone_id for zone in made.zones]
    assert (site.terrain.height_at(made.origin.latitude_rad, made.origin.longitude_rad)) == pytest.approx(
        made.origin.height_m, abs=0.01
    )
    assert site.rockets.classes == made.rockets.classes
    for path in (composed / "cases").iterdir():
        recording = read_recording(path, ())
        assert not recording.rejected
        assert not recording.ignored_fields
        truth = json.loads((composed / "truth" / f"{path.stem}.json").read_text())
        assert (truth["case"], truth["kind"], truth["faults"]) == (path.stem, "single", {})


def test_a_folder_that_holds_something_is_left_alone(composed: Path) -> None:
    before = all_bytes(composed)
    done = marsad(*COMPOSE, composed)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "new or empty" in done.stderr
    assert all_bytes(composed) == before


def test_what_belongs_to_a_scenario_is_refused(tmp_path: Path) -> None:
    done = marsad(*COMPOSE, tmp_path / "x", "--site", tmp_path)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "--site" in done.stderr


def test_silence_is_scored_and_told_by_kind(composed: Path, tmp_path: Path) -> None:
    for path in sorted((composed / "truth").iterdir()):
        kind, description, score = score_files(path, tmp_path / "none.json")
        rockets = [one for one in json.loads(path.read_text())["objects"] if one["kind"] == "rocket"]
        assert kind == "single"
        assert description.startswith("composed night: 1 ")
        # without bounds nobody can say what could have been known
        assert (score.rockets, score.without_bound, score.missed) == (len(rockets), len(rockets), 0)


def test_a_result_that_is_none_is_refused_with_its_name(composed: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text('{"launches": 3}')
    with pytest.raises(BadInputError, match=r"bad\.json"):
        score_files(next((composed / "truth").iterdir()), tmp_path / "bad.json")


def test_kinds_of_nights_that_do_not_say_theirs(tmp_path: Path) -> None:
    def kind(*launches: tuple[float, float], faults: dict[str, object] | None = None) -> str:
        rockets = [
            {"id": f"R{k}", "kind": "rocket", "launch": {"t": t, "lat_deg": lat, "lon_deg": 20.0},
             "impact": {"t": t + 30.0, "lat_deg": 30.0, "lon_deg": 20.0}}
            for k, (t, lat) in enumerate(launches)
        ]  # fmt: skip
        path = tmp_path / "truth.json"
        path.write_text(json.dumps({"case": "x", "objects": rockets, "faults": faults or {}}))
        return score_files(path, tmp_path / "none.json")[0]

    assert kind() == "none"
    assert kind((20.0, 30.05), (20.1, 30.06)) == "single", "two launchers"
    assert kind((20.0, 30.05), (20.1, 30.05)) == "dense"
    assert kind((20.0, 30.05), (21.0, 30.05)) == "salvo"
    assert kind((20.0, 30.05), faults={"RD-1": {"clock": 2.0}}) == "trouble"


def test_a_program_that_lies_beside_a_folder_is_not_its_scorer(composed: Path) -> None:
    beside = composed.parent / "score.py"
    beside.write_text("raise SystemExit(3)")
    try:
        assert find_scorer(composed) is None
    finally:
        beside.unlink()


def test_the_outside_scorer_takes_them(composed: Path, shared: Path, tmp_path: Path) -> None:
    scorer = shared / "cases" / "make" / "score_nights.py"
    if not scorer.is_file():
        pytest.skip("no scorer of nights in the folder of outside material")
    (tmp_path / "truth").symlink_to(composed / "truth")
    done = subprocess.run([sys.executable, scorer, tmp_path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("single")]
    assert re.match(r"single +2 ", line), "the kinds are the same in both"
