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


def test_bound_of_a_scenario_needs_no_recording() -> None:
    from marsad.samples import scenario_path

    scenario = scenario_path("salvo-at-dusk")
    told = CliRunner().invoke(build(), ["bound", str(scenario.parent / "site.toml"), str(scenario), "--json"])
    assert told.exit_code == 0, told.output
    bounds = json.loads(told.output[told.output.index("{") :])
    assert len(bounds) >= 4
    for bound in bounds.values():
        assert bound["class_known"]["lead_s"]["500"] > bound["class_known"]["lead_s"]["200"] > 0
        assert bound["class_unknown"]["lead_s"]["500"] <= bound["class_known"]["lead_s"]["500"]


def test_a_recording_without_its_truth_is_refused_in_one_line(tmp_path: Path) -> None:
    from marsad.adapters.errors import BadInputError
    from marsad.samples import scenario_path

    site = scenario_path("salvo-at-dusk").parent / "site.toml"
    told = CliRunner().invoke(build(), ["bound", str(site), str(tmp_path / "some.jsonl")])
    assert isinstance(told.exception, BadInputError)
    assert "--truth" in str(told.exception)
