"""Bounds against those that came with the practice cases, computed by a program that shares no code with this one."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from marsad.adapters.recording import read_recording
from marsad.adapters.sites import read_site
from marsad.adapters.truth import book_of, bounds_of_recording, launch_of, read_truth
from marsad.bounds import expected_arrivals, launch_bound
from marsad.flight import environment_of
from marsad.sensing.site import Site


def compared(site: Site, folder: Path, case: str) -> list[tuple[float, float, float]]:
    """(elapsed s, ratio of the launch's, of the impact's standard deviation) of every row of a case."""
    path = folder / "truth" / f"{case}.json"
    theirs = {o["id"]: o["crlb"] for o in json.loads(path.read_text())["objects"] if o["kind"] == "rocket"}
    if not theirs:
        return []
    elapsed = sorted({r["elapsed_s"] for c in theirs.values() for r in c["class_known"]["rows"]})
    messages = read_recording(folder / "cases" / f"{case}.jsonl").messages
    out = []
    for object_id, bound in bounds_of_recording(site, messages, read_truth(path), path, elapsed).items():
        assert bound.tof_s == pytest.approx(theirs[object_id]["tof_s"], abs=0.05)
        for name in ("class_known", "class_unknown"):
            mine = {row.elapsed_s: row for row in getattr(bound, name).rows}
            for row in theirs[object_id][name]["rows"]:
                if row["elapsed_s"] in mine and mine[row["elapsed_s"]].n == row["n"]:
                    m = mine[row["elapsed_s"]]
                    launch, impact = (
                        np.sqrt((a[0] + a[2]) / (b[0] + b[2]))
                        for a, b in (
                            (m.launch_cov_en, row["launch_cov_en"]),
                            (m.impact_cov_en, row["impact_cov_en"]),
                        )
                    )
                    out.append((row["elapsed_s"], float(launch), float(impact)))
    return out


@pytest.mark.parametrize("which", ["cases", "cases/many"])
def test_bounds_agree_with_the_practice_cases(shared: Path, which: str) -> None:
    """Medians within 5 %; nine rows in ten from 2 s on within 5 %; earlier, and on slopes, a few differ more.

    Where one line of sight grazes the ground the launch depends on the slope just there, which two programs take
    over different lengths (worst seen 0.62 and 1.52, all in two cases).
    """
    folder = shared / which
    site = read_site(folder / "common")
    cases = sorted(path.stem for path in (folder / "truth").glob("*.json"))
    rows = np.array([row for case in cases for row in compared(site, folder, case)])
    assert len(rows) > 500
    for column in (1, 2):
        ratio = rows[:, column]
        assert abs(np.median(ratio) - 1.0) < 0.05
        later = ratio[rows[:, 0] >= 2.0]
        assert np.mean(np.abs(later - 1.0) < 0.05) > 0.9
        assert ratio.min() > 0.55
        assert ratio.max() < 1.6


def test_expected_information_agrees_with_what_was_delivered(shared: Path) -> None:
    """Schedules, masks and probabilities alone give, in the median, the bounds of the recordings that came of them."""
    folder = shared / "cases" / "many"
    site = read_site(folder / "common")
    ratios = []
    for path in sorted((folder / "truth").glob("*.json"))[:40]:
        crlb = next(o["crlb"] for o in json.loads(path.read_text())["objects"] if o["kind"] == "rocket")
        messages = read_recording(folder / "cases" / f"{path.stem}.jsonl").messages
        book, weather = book_of(site, messages)
        assert weather is not None
        wind = (weather.wind_east_ms, weather.wind_north_ms)
        env = environment_of(site.terrain, site.rockets.drag, *wind, weather.profile_ground_m or 0.0)
        launch = launch_of(read_truth(path).rockets[0], site, weather, path)
        arrivals = expected_arrivals(env, launch, book)
        bound = launch_bound(site.rockets, site.terrain, weather, launch, arrivals, book.bias_sigma(), (10.0, 20.0))
        theirs = {r["elapsed_s"]: r for r in crlb["class_known"]["rows"]}
        for row in bound.class_known.rows[:2]:
            other = theirs[row.elapsed_s]
            for a, b in ((row.launch_cov_en, other["launch_cov_en"]), (row.impact_cov_en, other["impact_cov_en"])):
                ratios.append(np.sqrt((a[0] + a[2]) / (b[0] + b[2])))
    assert abs(np.median(ratios) - 1.0) < 0.05
