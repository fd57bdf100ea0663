#!/usr/bin/env python3
"""Claim: tracking is hundreds of times faster than Stone Soup on the same plots, and nearer the truth.

``bench_tracking.py [--seed N] [--scans N]`` makes the scenarios with the outside material's generator, runs Stone Soup
and Marsad one after the other pinned to one core, scores both with its scorer, and keeps the figures.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
RESULT = ROOT / "benchmarks" / "results" / "tracking.json"
PEER = ("S2_n500_r1_c20", "S1_n40_r1_c5", "S1_n10_r1_c5")
GROWTH = ("S2_n100_r1_c20", "S2_n500_r1_c20", "S2_n2000_r1_c20")


def pinned(*command: object) -> str:
    """Run on one core and give what it prints."""
    alone = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        ["taskset", "-c", "0", *map(str, command)], env=alone, capture_output=True, text=True, check=True
    )
    return done.stdout


def shortened(scenario: Path, to: Path, scans: int) -> Path:
    """Write a scenario's first scans to a file."""
    whole = json.loads(scenario.read_text(encoding="utf-8"))
    to.write_text(json.dumps({**whole, "scans": whole["scans"][:scans]}), encoding="utf-8")
    return to


def scored(bench: Path, scenarios: Path, result: Path, first: int | None) -> dict[str, Any]:
    """What the outside scorer says of a result."""
    some = ["--first", str(first)] if first else []
    return json.loads(pinned(sys.executable, bench / "evaluate.py", "--scenarios", scenarios, *some, result))


def main() -> None:
    """Make, run, score, keep."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--scans", type=int, default=30, help="of the case of 500 objects, for both")
    parser.add_argument("--cap", type=float, default=900.0, help="seconds after which the rival is stopped")
    args = parser.parse_args()
    bench = Path(os.environ.get("MARSAD_SHARED") or ROOT.parent / "shared") / "bench"
    if not bench.is_dir():
        print(f"no scenarios at {bench}")
        return
    rows: dict[str, Any] = {"seed": args.seed}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        pinned(sys.executable, bench / "simulate.py", folder, args.seed)
        for name in dict.fromkeys((*PEER, *GROWTH)):
            first = args.scans if name == PEER[0] else None
            scenario, ours = folder / f"{name}.json", folder / f"{name}.ours.json"
            pinned(sys.executable, ROOT / "benchmarks" / "tracking.py", scenario, ours)
            result = json.loads(ours.read_text(encoding="utf-8"))
            row = {"marsad": scored(bench, folder, ours, None), "config": result["config"]}
            walls = sorted(s["cpu_s"] for s in result["per_scan"])
            row["cpu_scan_ms_p99"] = round(1e3 * walls[math.ceil(0.99 * len(walls)) - 1], 2)
            if name in PEER:
                theirs = folder / f"{name}.peer.json"
                asked = scenario if first is None else shortened(scenario, folder / "short.json", first)
                rival = [bench / "run_stonesoup.py", asked, theirs, "--assoc", "kd", "--cap", args.cap]
                pinned(sys.executable, *rival)
                row["stonesoup"] = scored(bench, folder, theirs, first)
                row["marsad_same_scans"] = scored(bench, folder, ours, row["stonesoup"]["scans"])
                row["speed_ratio"] = round(
                    row["marsad_same_scans"]["plots_per_cpu_s"] / row["stonesoup"]["plots_per_cpu_s"], 1
                )
            rows[name] = row
            print(name, json.dumps({k: row[k] for k in ("cpu_scan_ms_p99", "speed_ratio") if k in row}), flush=True)
            print("  marsad   ", {k: row["marsad"][k] for k in ("gospa", "id_switches", "plots_per_cpu_s")}, flush=True)
            if "stonesoup" in row:
                print("  stonesoup", {k: row["stonesoup"][k] for k in ("gospa", "id_switches", "plots_per_cpu_s")})
        times = [rows[n]["marsad"]["cpu_scan_ms_steady"] for n in GROWTH]
        rows["growth_exponents"] = [
            round(math.log(times[1] / times[0]) / math.log(5), 3),
            round(math.log(times[2] / times[1]) / math.log(4), 3),
        ]
        print("growth of time per scan, 100 to 500 and 500 to 2,000 objects:", rows["growth_exponents"])
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
