"""The command that tells a bound."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner

from marsad.cli import build


def test_bound_of_a_recording_with_its_truth(shared: Path) -> None:
    folder = shared / "cases"
    case = "05_short_radar_balloon"
    arguments = ["bound", str(folder / "common"), str(folder / "cases" / f"{case}.jsonl")]
    arguments += ["--truth", str(folder / "truth" / f"{case}.json")]
    table = CliRunner().invoke(build(), arguments)
    assert table.exit_code == 0, table.output
    assert "class unknown" in table.output
    assert "warning lead" in table.output
    told = CliRunner().invoke(build(), [*arguments, "--json"])
    bound = json.loads(told.output)["R1"]
    assert bound["class_known"]["rows"][0]["launch_cov_en"][0] > 0
    assert bound["class_known"]["lead_s"]["500"] < bound["tof_s"]
