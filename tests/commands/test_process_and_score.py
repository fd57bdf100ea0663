"""``marsad process`` and ``marsad score``: files in, files out, and what they say when it cannot be done."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cli_kit import marsad

CASE = "04_short_radar"


def marsad_apart(*arguments: object, hash_seed: str) -> None:
    """Run a command in a process of its own."""
    subprocess.run(
        [sys.executable, "-m", "marsad.cli", *map(str, arguments)], check=True, timeout=300,
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
    )  # fmt: skip


@pytest.fixture(scope="module")
def cases(shared: Path) -> Path:
    return shared / "cases"


@pytest.fixture(scope="module")
def whole(cases: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Process one case to the end."""
    result = tmp_path_factory.mktemp("whole") / "sub" / f"{CASE}.json"
    done = marsad(
        "process", cases / "cases" / f"{CASE}.jsonl", "--site", cases / "common", "--result", result, "--deterministic"
    )
    assert done.returncode == 0, done.stderr
    return result


def test_the_result_has_the_form(whole: Path) -> None:
    content = json.loads(whole.read_text())
    assert content["case"] == CASE
    assert set(content) >= {"launches", "impacts", "warnings", "tracks", "faults"}
    assert [path.name for path in whole.parent.iterdir()] == [whole.name]


def test_the_same_recording_gives_the_same_bytes_in_another_process(cases: Path, whole: Path, tmp_path: Path) -> None:
    again, recording = tmp_path / "again.json", cases / "cases" / f"{CASE}.jsonl"
    marsad_apart(
        "process", recording, "--site", cases / "common", "--result", again, "--deterministic", hash_seed="12345"
    )
    assert again.read_bytes() == whole.read_bytes()


def test_a_recording_cut_short_gives_the_same_rows_up_to_there(cases: Path, whole: Path, tmp_path: Path) -> None:
    lines = (cases / "cases" / f"{CASE}.jsonl").read_text().splitlines()
    cut = lines[: len(lines) * 2 // 3]
    last_s = json.loads(cut[-1])["t_arrival"]
    (tmp_path / f"{CASE}.jsonl").write_text("\n".join(cut) + "\n")
    done = marsad(
        "process",
        tmp_path / f"{CASE}.jsonl",
        "--site",
        cases / "common",
        "--result",
        tmp_path / "cut.json",
        "--deterministic",
    )
    assert done.returncode == 0, done.stderr
    full, part = json.loads(whole.read_text()), json.loads((tmp_path / "cut.json").read_text())
    for name in ("launches", "impacts", "warnings", "faults"):
        assert part[name] == [row for row in full[name] if row["t_issued"] <= last_s]
    for row in part["tracks"]:
        begun = (row["track_id"], row["kind"], row["samples"][0])
        (same,) = [one for one in full["tracks"] if (one["track_id"], one["kind"], one["samples"][0]) == begun]
        assert same["samples"][: len(row["samples"])] == row["samples"]


def test_a_broken_recording_is_refused_in_one_line_and_leaves_nothing(cases: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.jsonl").write_text(
        '{"type": "heartbeat", "sensor_id": "X", "t_stamp": 0, "t_arrival": 0}\nnoise\n'
    )
    done = marsad("process", tmp_path / "bad.jsonl", "--site", cases / "common", "--result", tmp_path / "r.json")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "bad.jsonl, line 2" in done.stderr
    assert not (tmp_path / "r.json").exists()


def test_a_site_that_is_none_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text('{"type": "song"}\n')
    done = marsad("process", tmp_path / "x.jsonl", "--site", tmp_path / "nowhere", "--result", tmp_path / "r.json")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "nowhere" in done.stderr


def test_a_result_that_cannot_be_written_is_said(cases: Path, tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text('{"type": "song"}\n')
    (tmp_path / "file").write_text("")
    done = marsad("process", tmp_path / "x.jsonl", "--site", cases / "common", "--result", tmp_path / "file" / "r.json")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "cannot be written" in done.stderr


def test_score_processes_every_case_and_runs_the_folders_scorer(
    cases: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    done = marsad("score", cases, "--results", tmp_path / "kept", "--only", "04,06", "--json", tmp_path / "s.json")
    assert done.returncode == 0, done.stderr
    assert "04_short_radar" in capfd.readouterr().out
    assert {path.name for path in (tmp_path / "kept").iterdir()} == {"04_short_radar.json", "06_short_acoustic.json"}
    assert len(json.loads((tmp_path / "s.json").read_text())["cases"]) == 2


def test_a_folder_below_uses_the_scorer_above_and_results_have_a_default_place(
    cases: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = marsad("score", cases / "many", "--only", "m004", "--jobs", 1, "--deterministic")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "marsad-results" / "many" / "m004_short_r_wide.json").is_file()


@pytest.mark.parametrize("missing", ["truth", "recordings", "common"])
def test_a_folder_that_holds_no_cases_is_refused(tmp_path: Path, missing: str) -> None:
    folder = tmp_path / "set"
    for part in ("cases", "common", "truth"):
        if part != missing:
            (folder / part).mkdir(parents=True)
    (folder / "score.py").write_text("")
    if missing not in ("cases", "recordings"):
        (folder / "cases" / "a.jsonl").write_text('{"type": "song"}\n')
    done = marsad("score", folder)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert missing in done.stderr


def test_one_bad_case_does_not_keep_the_others_from_being_scored(
    cases: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "set"
    for part in ("cases", "truth"):
        (folder / part).mkdir(parents=True)
    (folder / "common").symlink_to(cases / "common")
    (folder / "score.py").write_text("import sys, os; print(sorted(os.listdir(sys.argv[1])))")
    (folder / "cases" / "a.jsonl").write_text('{"type": "song"}\n')
    (folder / "cases" / "b.jsonl").write_text("noise\n")
    done = marsad("score", folder, "--results", tmp_path / "kept", "--jobs", 1)
    assert done.returncode == 2
    assert "b.jsonl, line 1" in done.stderr
    assert "['a.json']" in capfd.readouterr().out
