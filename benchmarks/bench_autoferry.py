#!/usr/bin/env python3
"""Claim: on the recorded Autoferry scenarios Marsad's picture is nearer the truth than Stone Soup's best of a grid.

``bench_autoferry.py [FOLDER]``: the folder with scenario2 ... scenario6; without it, that of the outside material.
Both get the same detections and sensor errors; Stone Soup runs every setting of ``autoferry_kit.GRID``.
"""

from __future__ import annotations

import json
import os
import sys
import warnings
from pathlib import Path

import autoferry_kit as kit

ROOT = Path(__file__).resolve().parent.parent
RESULT = ROOT / "benchmarks" / "results" / "autoferry.json"


def main() -> None:
    """Run both over all scenarios and keep the figures."""
    warnings.simplefilter("ignore")
    shared = Path(os.environ.get("MARSAD_SHARED") or ROOT.parent / "shared")
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else shared / "data" / "autoferry"
    if not folder.is_dir():
        print(f"no recordings at {folder}")
        return
    rows = []
    for scenario in sorted(folder.glob("scenario*")):
        looks = kit.read(scenario)
        ours = kit.score(looks, kit.run(looks, kit.params()))
        theirs = [{**setting, **kit.score(looks, kit.run_peer(looks, setting))} for setting in kit.GRID]
        best = min(theirs, key=lambda r: r["gospa_m"])
        rows.append({"scenario": scenario.name, "marsad": ours, "stonesoup_best": best, "stonesoup_all": theirs})
        better = 100 * (1 - ours["gospa_m"] / best["gospa_m"])
        print(
            f"{scenario.name}: GOSPA {ours['gospa_m']} m, Stone Soup {best['gospa_m']} m ({better:.0f} % better); "
            f"vessels tracked {ours['tracked']} of the time, Stone Soup {best['tracked']}"
        )
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
