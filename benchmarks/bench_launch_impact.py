"""Launch and impact over line-ups, places and seeds: are the covariances true, and how near is the bound?

    python benchmarks/bench_launch_impact.py [--count 1000] [--jobs N] [--flights FILE] [--json FILE]

Half of the launches are flown by the product's own physics (against the Cramér-Rao bound), half by RocketPy in six
degrees of freedom (``rocketpy_flights.py``; the site then asks for the model-error floor of 0.1 % of range).  One
launch in four flies past or away.  Everything goes through the public pipeline as recordings do.
"""

from __future__ import annotations

import argparse
import json
import math
import multiprocessing
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from launch_kit import LINE_UPS, MOMENTS_S, Outcome, load_flights, run_one, setting  # noqa: E402  (its folder first)

FLIGHTS = HERE / "data" / "rocketpy_flights.json"
CHI2_BAND_Z = 1.96


def one(number: int, flights_file: str, seed: int) -> tuple[int, Outcome]:
    """Launch ``number``: even ones by our own physics, odd ones by RocketPy."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    rng = np.random.default_rng([seed, number])
    flights = load_flights(Path(flights_file))
    flight = flights[int(rng.integers(len(flights)))] if number % 2 else None
    return number, run_one(setting(rng, flight, LINE_UPS[(number // 2) % len(LINE_UPS)]), rng)


def summary(outcomes: list[Outcome]) -> list[dict[str, object]]:
    """One line by truth, quantity and moment."""
    lines: list[dict[str, object]] = []
    for kind in ("own physics", "RocketPy"):
        chosen = [o for o in outcomes if o.setting.kind == kind]
        for what in ("launch", "impact"):
            for elapsed in MOMENTS_S:
                rows = [r for o in chosen for r in o.rows if r.what == what and r.elapsed_s == elapsed]
                alone = [r for r in rows if r.nees is not None]
                if not alone:
                    continue
                nees = np.array([r.nees for r in alone], dtype=np.float64)
                bounded = [r for r in alone if r.bound_m]
                ratio = [(r.error_m / r.bound_m) ** 2 for r in bounded if r.bound_m]
                half = CHI2_BAND_Z / math.sqrt(len(nees))  # NEES/2 of two dimensions: mean 1, variance 1
                lines.append(
                    {
                        "truth": kind,
                        "what": what,
                        "elapsed_s": elapsed,
                        "launches": len(rows),
                        "two_modes": len(rows) - len(alone),
                        "nees_half": round(float(nees.mean()), 3),
                        "band": [round(1 - half, 3), round(1 + half, 3)],
                        "inside_95": round(float(np.mean([r.inside for r in rows])), 3),
                        "rmse_m": round(math.sqrt(float(np.mean([r.error_m**2 for r in alone]))), 1),
                        "sigma_m": round(math.sqrt(float(np.mean([r.sigma_m**2 for r in alone]))), 1),
                        "rmse_over_bound": round(math.sqrt(float(np.mean(ratio))), 3) if ratio else None,
                    }
                )
    return lines


def table(lines: list[dict[str, object]]) -> str:
    """The summary as a table of Markdown."""
    names = (*("truth", "what", "elapsed_s", "launches", "two_modes", "nees_half"),
             *("band", "inside_95", "rmse_m", "sigma_m", "rmse_over_bound"))  # fmt: skip
    rows = [" | ".join(str("" if line[name] is None else line[name]) for name in names) for line in lines]
    return "\n".join([f"| {' | '.join(names)} |", "|" + "---|" * len(names), *(f"| {row} |" for row in rows)])


def run(count: int, jobs: int, flights_file: Path, seed: int, *, first: int = 0) -> list[Outcome]:
    """Run launches side by side."""
    found: dict[int, Outcome] = {}
    with ProcessPoolExecutor(max_workers=jobs, mp_context=multiprocessing.get_context("spawn")) as pool:
        pending = [pool.submit(one, number, str(flights_file), seed) for number in range(first, first + count)]
        for done in as_completed(pending):
            number, outcome = done.result()
            found[number] = outcome
            if sys.stderr.isatty() or len(found) % 50 == 0:
                print(f"\r{len(found)}/{count}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return [found[number] for number in sorted(found)]


def main() -> int:
    """Run, print and keep."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--flights", type=Path, default=FLIGHTS, help="RocketPy's tables")
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--json", type=Path, default=HERE / "results" / "launch_impact.json")
    arguments = parser.parse_args()
    began = time.perf_counter()
    outcomes = run(arguments.count, arguments.jobs, arguments.flights, arguments.seed)
    lines = summary(outcomes)
    silent = sum(1 for o in outcomes if not o.rows)
    print(table(lines))
    print(
        f"\n{len(outcomes)} launches, {silent} without any estimate, "
        f"{sum(o.events > 1 for o in outcomes)} with more than one event; {time.perf_counter() - began:.0f} s"
    )
    rows = [
        {"truth": o.setting.kind, "line_up": o.setting.line_up, "away": o.setting.away, "events": o.events,
         "rows": [[r.what, r.elapsed_s, round(r.error_m, 2), round(r.sigma_m, 2), r.nees and round(r.nees, 3), r.inside,
                   r.bound_m and round(r.bound_m, 2)] for r in o.rows]}
        for o in outcomes
    ]  # fmt: skip
    arguments.json.parent.mkdir(parents=True, exist_ok=True)
    arguments.json.write_text(json.dumps({"summary": lines, "seed": arguments.seed, "launches": rows}) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
