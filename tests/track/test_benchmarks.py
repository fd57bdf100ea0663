"""The benchmark's command, its figures on an outside salvo, and the recorded vessels."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest


def test_the_command_writes_the_result_form(shared, root, tmp_path):
    scenario = shared / "bench" / "scenarios" / "S1_n40_r1_c5.json"
    result = tmp_path / "result.json"
    command = [sys.executable, root / "benchmarks" / "tracking.py", scenario, result]
    subprocess.run([*command, "--first", "20"], check=True, timeout=300)
    first = json.loads(result.read_text(encoding="utf-8"))
    assert first["scenario"] == "S1_n40_r1_c5"
    assert len(first["per_scan"]) == 20
    assert set(first["per_scan"][0]) == {"t", "wall_s", "cpu_s", "tracks"}
    subprocess.run(command, check=True, timeout=300)
    said = subprocess.run(
        [sys.executable, shared / "bench" / "evaluate.py", result], check=True, capture_output=True, text=True
    )
    scored = json.loads(said.stdout)
    assert scored["gospa"] < 400.0
    assert scored["id_switches"] <= 70


@pytest.mark.slow
def test_recorded_vessels_are_tracked_nearer_than_by_stone_soup(shared, root, monkeypatch):
    pytest.importorskip("stonesoup")
    monkeypatch.syspath_prepend(root / "benchmarks")
    import autoferry_kit as kit

    looks = kit.read(shared / "data" / "autoferry" / "scenario4")
    ours = kit.score(looks, kit.run(looks, kit.params()))
    theirs = kit.score(looks, kit.run_peer(looks, kit.GRID[3]))
    assert ours["gospa_m"] < 0.75 * theirs["gospa_m"]
    assert ours["switches"] <= theirs["switches"]
