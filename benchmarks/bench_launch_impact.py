"""Launch and impact over line-ups, places and seeds: are the covariances true, and how near is the bound?

    python benchmarks/bench_launch_impact.py [--count 1000] [--jobs N] [--flights FILE] [--json FILE]

Half of the launches are flown by the product's own physics (against the Cramér-Rao bound), half by RocketPy in six
degrees of freedom (``rocketpy_flights.py``; the site then asks for the model-error floor of 0.1 % of range).  Of the
first half, as many are far from their class's nominal numbers as the estimator wagers (they have no bound of their
own class).  The wind forecast is as wrong as it says.  One launch in four flies past or away.  Everything goes through
the public pipeline as recordings do.
"""

from __future__ import annotations

import argparse
import json
import math
import multiprocessing
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

import numpy as np

from marsad.trajectory.modes import KNOWN_CLASS_WEIGHT

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
    wide = bool(rng.random() < 1.0 - KNOWN_CLASS_WEIGHT)
    return number, run_one(setting(rng, flight, LINE_UPS[(number // 2) % len(LINE_UPS)], wide=wide), rng)


def record(number: int, outcome: Outcome) -> dict[str, object]:
    """One launch as it is kept: rows of (what, elapsed s, error m, sigma m, NEES/2, inside 95 %, bound m)."""
    rows = [
        (r.what, r.elapsed_s, round(r.error_m, 2), round(r.sigma_m, 2), r.nees, r.inside, r.bound_m)
        for r in outcome.rows
    ]
    given = outcome.setting
    return {
        "number": number,
        "truth": given.kind,
        "line_up": given.line_up,
        "away": given.away,
        "events": outcome.events,
        "rows": rows,
    }


def summary(launches: list[dict[str, object]]) -> list[dict[str, object]]:
    """One line by truth, quantity and moment."""
    lines: list[dict[str, object]] = []
    for kind in ("own physics", "RocketPy"):
        found = [row for one in launches if one["truth"] == kind for row in one["rows"]]  # type: ignore[attr-defined]
        for what in ("launch", "impact"):
            for elapsed in MOMENTS_S:
                rows = [row for row in found if row[0] == what and row[1] == elapsed]
                alone = [row for row in rows if row[4] is not None]
                if alone:
                    lines.append({"truth": kind, "what": what, "elapsed_s": elapsed, **_line(rows, alone)})
    return lines


def _line(rows: list[list[float]], alone: list[list[float]]) -> dict[str, object]:
    nees = np.array([row[4] for row in alone])
    ratio = [(row[2] / row[6]) ** 2 for row in alone if row[6]]
    half = CHI2_BAND_Z / math.sqrt(len(nees))  # NEES/2 of two dimensions: mean 1, variance 1
    return {
        "launches": len(rows),
        "two_modes": len(rows) - len(alone),
        "nees_half": round(float(nees.mean()), 3),
        "band": [round(1 - half, 3), round(1 + half, 3)],
        "inside_95": round(float(np.mean([row[5] for row in rows])), 3),
        "rmse_m": round(math.sqrt(float(np.mean([row[2] ** 2 for row in alone]))), 1),
        "sigma_m": round(math.sqrt(float(np.mean([row[3] ** 2 for row in alone]))), 1),
        "rmse_over_bound": round(math.sqrt(float(np.mean(ratio))), 3) if ratio else None,
    }


def table(lines: list[dict[str, object]]) -> str:
    """The summary as a table of Markdown."""
    names = (*("truth", "what", "elapsed_s", "launches", "two_modes", "nees_half"),
             *("band", "inside_95", "rmse_m", "sigma_m", "rmse_over_bound"))  # fmt: skip
    rows = [" | ".join(str("" if line[name] is None else line[name]) for name in names) for line in lines]
    return "\n".join([f"| {' | '.join(names)} |", "|" + "---|" * len(names), *(f"| {row} |" for row in rows)])


def run(count: int, jobs: int, flights_file: Path, seed: int, done: set[int]) -> Iterator[dict[str, object]]:
    """Run the launches not yet done, side by side; give each as it ends."""
    with ProcessPoolExecutor(max_workers=jobs, mp_context=multiprocessing.get_context("spawn")) as pool:
        pending = [pool.submit(one, number, str(flights_file), seed) for number in range(count) if number not in done]
        for ended in as_completed(pending):
            yield record(*ended.result())


def keep(path: Path, seed: int, launches: list[dict[str, object]]) -> None:
    """Write what there is by now."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = ",\n".join(json.dumps(one) for one in launches)
    head = json.dumps({"seed": seed, "summary": summary(launches)})
    path.write_text(f'{head[:-1]}, "launches": [\n{lines}\n]}}\n')


def draw(path: Path, lines: list[dict[str, object]]) -> None:
    """Errors against what was claimed and the bound, and how often the 95 % region held the truth."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, (left, right) = pyplot.subplots(1, 2, figsize=(10, 4.2), layout="constrained")
    styles = {("own physics", "launch"): "C0-o", ("own physics", "impact"): "C1-o",
              ("RocketPy", "launch"): "C0--s", ("RocketPy", "impact"): "C1--s"}  # fmt: skip
    for (truth, what), style in styles.items():
        own = [line for line in lines if line["truth"] == truth and line["what"] == what]
        seconds = [line["elapsed_s"] for line in own]
        rmse = np.array([line["rmse_m"] for line in own], dtype=np.float64)
        left.plot(seconds, rmse, style, label=f"{what}, {truth}")
        left.plot(seconds, [line["sigma_m"] for line in own], style[:2] + ":", lw=1)
        right.plot(seconds, [line["inside_95"] for line in own], style, label=f"{what}, {truth}")
    left.set(yscale="log", xlabel="seconds after launch", ylabel="m", title="RMS error (dotted: claimed sigma)")
    right.axhspan(0.93, 0.97, color="0.9")
    right.axhline(0.95, color="0.5", lw=1)
    right.set(ylim=(0.8, 1.0), xlabel="seconds after launch", title="truth inside the 95 % region")
    left.legend(fontsize=8)
    for axes in (left, right):
        axes.grid(alpha=0.3)
        axes.set_xticks(MOMENTS_S)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    pyplot.close(figure)


def main() -> int:
    """Run, print, keep and draw."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--flights", type=Path, default=FLIGHTS, help="RocketPy's tables")
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--json", type=Path, default=HERE / "results" / "launch_impact.json")
    parser.add_argument("--figure", type=Path, default=HERE.parent / "docs" / "images" / "launch-impact.png")
    parser.add_argument("--resume", action="store_true", help="go on with what the JSON file holds already")
    arguments = parser.parse_args()
    launches: list[dict[str, object]] = []
    if arguments.resume and arguments.json.is_file():
        launches = json.loads(arguments.json.read_text())["launches"]
    done = {int(str(one["number"])) for one in launches}
    for one_more in run(arguments.count, arguments.jobs, arguments.flights, arguments.seed, done):
        launches.append(one_more)
        if len(launches) % 20 == 0 or len(launches) == arguments.count:
            launches.sort(key=lambda one: int(str(one["number"])))
            keep(arguments.json, arguments.seed, launches)
            print(f"{len(launches)}/{arguments.count}", file=sys.stderr, flush=True)
    keep(arguments.json, arguments.seed, launches)
    print(table(summary(launches)))
    draw(arguments.figure, summary(launches))
    silent = sum(not one["rows"] for one in launches)
    several = sum(int(str(one["events"])) > 1 for one in launches)
    print(f"\n{len(launches)} launches, {silent} without any estimate, {several} with more than one event")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
