"""Plots people look at, for docs/launch-impact.md: error against bound, coverage of ellipses, reliability of zones.

    python benchmarks/bench_plots.py [--cases DIR --results DIR]... [--monte-carlo FILE] [--out DIR]

``--cases``: folders of cases with truth/ and common/ in them, each followed by the ``--results`` that ``marsad score``
kept for it.  ``--monte-carlo``: what ``bench_launch_impact.py`` kept.  Whatever is missing is left out, and said.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from dataclasses import dataclass, field
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")

import itertools

import matplotlib.pyplot as plt
import numpy as np
from scipy.stats import beta, chi2

from marsad.adapters.sites import read_site
from marsad.geo.frames import enu_from_geodetic
from marsad.geo.zones import ZoneShapes, prepare_zones
from marsad.terms import Geodetic, PointMode
from marsad.trajectory.report import normal_points, zone_risks

HERE = Path(__file__).resolve().parent
GRID_S = (1.0, 2.0, 3.0, 5.0, 10.0, 15.0, 20.0, 30.0)
RELIABILITY_S = (2.0, 5.0, 10.0, 20.0)
BINS = np.array([0.0, 0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.98, 1.0])
COLOURS = {"launch": "#1b6ca8", "impact": "#b3541e"}


@dataclass
class Found:
    """Errors by quantity and moment (elapsed s, error m, bound m or None, squared distance), and zone forecasts."""

    rows: dict[str, list[tuple[float, float, float | None, float]]] = field(
        default_factory=lambda: {"launch": [], "impact": []}
    )
    zones: list[tuple[float, bool]] = field(default_factory=list)


def offset(place: dict[str, float], truth: dict[str, float]) -> np.ndarray:
    """East and north (m) of a place from the truth."""
    lat, lon, h = math.radians(truth["lat_deg"]), math.radians(truth["lon_deg"]), truth["h_m"]
    return np.array(
        enu_from_geodetic(math.radians(place["lat_deg"]), math.radians(place["lon_deg"]), h, lat, lon, h)[:2]
    )


def latest(rows: list[dict], event: str, until_s: float) -> dict | None:
    """The last row of an event that was issued by then and has a place."""
    chosen = [r for r in rows if r["event_id"] == event and r["t_issued"] <= until_s and "lat_deg" in r]
    return chosen[-1] if chosen else None


def event_of(result: dict, rocket: dict) -> str | None:
    """The event whose last launch estimate is nearest to a rocket's launch, within 3 km and 4 s; none taken back."""
    gone = {r["event_id"] for r in result["launches"] if r.get("cancelled")}
    last = {r["event_id"]: r for r in result["launches"] if "lat_deg" in r and r["event_id"] not in gone}
    near = [
        (float(np.hypot(*offset(r, rocket["launch"]))) + 500.0 * abs(r["t_launch"] - rocket["launch"]["t"]), name)
        for name, r in last.items()
        if abs(r["t_launch"] - rocket["launch"]["t"]) < 4.0
    ]
    return min(near)[1] if near and min(near)[0] < 3000.0 else None


def add_case(found: Found, result: dict, truth: dict, shapes: ZoneShapes, origin: Geodetic) -> None:
    """Take in one case."""
    faulty = bool(truth.get("faults"))
    for rocket in truth["objects"]:
        event = event_of(result, rocket) if rocket["kind"] == "rocket" else None
        if event is None:
            continue
        start, end = rocket["launch"]["t"], rocket["impact"]["t"]
        bounds = {r["elapsed_s"]: r for r in rocket["crlb"][rocket["prior"]]["rows"]}
        for elapsed in (s for s in GRID_S if start + s < end):
            for what in ("launch", "impact"):
                row = latest(result[what + ("es" if what == "launch" else "s")], event, start + elapsed)
                if row is None:
                    continue
                if what == "impact" and elapsed in RELIABILITY_S:
                    add_zones(found, row, set(rocket["zones_at_risk"]), shapes, origin)
                if faulty or sum(m["weight"] > 0.1 for m in row.get("modes", [])) > 1:
                    continue
                add_row(found, what, elapsed, row, rocket[what], bounds.get(elapsed))
    return


def add_row(found: Found, what: str, elapsed: float, row: dict, truth: dict, bound: dict | None) -> None:
    """Take in one estimate with one mode left."""
    d = offset(row, truth)
    a, b, c = row["cov_en"]
    cov = bound and bound.get(f"{what}_cov_en")
    found.rows[what].append(
        (
            elapsed,
            float(np.hypot(*d)),
            math.sqrt(cov[0] + cov[2]) if cov else None,
            float(d @ np.linalg.solve(np.array([[a, b], [b, c]]), d)),
        )
    )


def add_zones(found: Found, row: dict, hit: set[str], shapes: ZoneShapes, origin: Geodetic) -> None:
    """Take in what a forecast says of every zone."""
    given = row.get("modes") or [row | {"weight": 1.0}]
    modes = [
        PointMode(
            weight=m["weight"],
            position=Geodetic.from_degrees(m["lat_deg"], m["lon_deg"], origin.height_m),
            covariance_en_m2=tuple(m["cov_en"]),
            time_utc_ns=0,
            time_sigma_s=1.0,
        )
        for m in given
    ]
    told = {r.zone_id: r.probability for r in zone_risks(modes, shapes, origin, normal_points())}
    for zone_id in shapes.zone_ids:
        found.zones.append((min(told.get(zone_id, 0.0), 1.0), zone_id in hit))


def add_cases(found: Found, cases: Path, results: Path) -> int:
    """Take in a folder of cases with the results kept for it; says how many there were."""
    site = read_site(cases / "common")
    shapes = prepare_zones(site.zones, site.origin)
    count = 0
    for path in sorted(results.glob("*.json")):
        truth = cases / "truth" / path.name
        if truth.is_file():
            add_case(found, json.loads(path.read_text()), json.loads(truth.read_text()), shapes, site.origin)
            count += 1
    return count


def add_monte_carlo(found: Found, path: Path) -> int:
    """Take in what the Monte Carlo kept; says how many launches there were."""
    launches = json.loads(path.read_text())["launches"]
    for one in launches:
        for what, elapsed, error, _sigma, nees, _inside, bound in one["rows"]:
            if nees is not None:
                found.rows[what].append((elapsed, error, bound, 2.0 * nees))
    return len(launches)


def plot_error(found: Found, title: str, path: Path) -> None:
    """Median and 90 % of the error, and of the bound, over the time after launch."""
    fig, axes = plt.subplots(1, 2, figsize=(9, 3.6), sharex=True)
    for ax, what in zip(axes, ("launch", "impact"), strict=True):
        rows = [(e, err, b) for e, err, b, _ in found.rows[what] if b is not None]
        times = sorted({e for e, _, _ in rows})
        # two-mode rows are left out: they count for coverage only
        rms_err = [math.sqrt(np.mean([err**2 for e, err, _ in rows if e == t])) for t in times]
        rms_bound = [math.sqrt(np.mean([b**2 for e, _, b in rows if e == t])) for t in times]
        med_err = [float(np.median([err for e, err, _ in rows if e == t])) for t in times]
        med_bound = [float(np.median([b for e, _, b in rows if e == t])) for t in times]
        ax.loglog(times, rms_err, "o-", color=COLOURS[what], label="error, root mean square")
        ax.loglog(times, rms_bound, "s--", color="0.35", label="Cramér–Rao bound, root mean square")
        ax.loglog(times, med_err, "o-", color=COLOURS[what], alpha=0.45, label="error, median")
        ax.loglog(times, med_bound, "s--", color="0.65", label="bound, median")
        ax.set(title=f"{what} point", xlabel="seconds after launch", ylabel="metres")
        ax.set_xticks([t for t in (1, 2, 5, 10, 20, 30) if t in times], minor=False)
        ax.get_xaxis().set_major_formatter(mpl.ticker.ScalarFormatter())
        ax.xaxis.set_minor_locator(mpl.ticker.NullLocator())
        ax.grid(alpha=0.3, which="both")
        ax.legend(fontsize=7)
    save(fig, title, path)


def plot_coverage(found: Found, title: str, path: Path) -> None:
    """Share of truths inside ellipses of every probability."""
    fig, ax = plt.subplots(figsize=(4.8, 4.2))
    nominal = np.linspace(0.02, 0.99, 60)
    ax.plot([0, 1], [0, 1], "--", color="0.5", label="true covariances")
    for what in ("launch", "impact"):
        d2 = np.array([row[3] for row in found.rows[what]])
        ax.plot(nominal, [(d2 < chi2.ppf(q, 2)).mean() for q in nominal], color=COLOURS[what],
                label=f"{what}, {len(d2)} estimates")  # fmt: skip
    ax.set(xlabel="probability of the ellipse", ylabel="share of truths inside", xlim=(0, 1), ylim=(0, 1))
    ax.grid(alpha=0.3)
    ax.legend(fontsize=8, loc="upper left")
    save(fig, title, path)


def plot_reliability(found: Found, title: str, path: Path) -> None:
    """How often a zone was hit, by the probability told for it, with 95 % intervals."""
    fig, ax = plt.subplots(figsize=(4.8, 4.2))
    p = np.array([one for one, _ in found.zones])
    hit = np.array([was for _, was in found.zones])
    ax.plot([0, 1], [0, 1], "--", color="0.5")
    for low, high in itertools.pairwise(BINS):
        inside = (p >= low) & ((p < high) | (high == BINS[-1]))
        n, k = int(inside.sum()), int(hit[inside].sum())
        if not n:
            continue
        bar = beta.ppf((0.025, 0.975), k + 0.5, n - k + 0.5)  # Jeffreys
        ax.plot([p[inside].mean()] * 2, bar, color=COLOURS["impact"], lw=1)
        ax.plot(p[inside].mean(), k / n, "o", color=COLOURS["impact"], ms=4)
        ax.annotate(str(n), (p[inside].mean(), k / n), textcoords="offset points", xytext=(5, -9), fontsize=7)
    ax.set(xlabel="probability told for a zone", ylabel="share that were hit", xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    ax.grid(alpha=0.3)
    save(fig, title, path)


def save(fig: plt.Figure, title: str, path: Path) -> None:
    """Keep a plot, small and the same in every run."""
    fig.suptitle(title, fontsize=9)
    fig.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    fig.savefig(path, dpi=80, metadata={"Software": None})
    plt.close(fig)
    print(path.name)


def main() -> int:
    """Gather and draw."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    shared = HERE.parent.parent / "shared" / "cases"
    parser.add_argument("--cases", type=Path, action="append")
    parser.add_argument("--results", type=Path, action="append")
    parser.add_argument("--monte-carlo", type=Path, default=HERE / "results" / "launch_impact.json")
    parser.add_argument("--out", type=Path, default=HERE.parent / "docs" / "images")
    arguments = parser.parse_args()
    cases = arguments.cases or [shared, shared / "many"]
    results = arguments.results or [Path("marsad-results/cases"), Path("marsad-results/many")]
    practice = Found()
    count = sum(add_cases(practice, c, r) for c, r in zip(cases, results, strict=True) if r.is_dir() and c.is_dir())
    if count:
        plot_error(
            practice,
            f"{count} practice cases, one mode left, no declared fault",
            arguments.out / "error-against-bound.png",
        )
        plot_coverage(practice, f"{count} practice cases, one mode left", arguments.out / "ellipse-coverage.png")
        plot_reliability(practice, f"{count} practice cases, 2, 5, 10 and 20 s after launch (count at each point)",
                         arguments.out / "zone-reliability.png")  # fmt: skip
    else:
        print("no kept results of practice cases: `marsad score ../shared/cases` and `... ../shared/cases/many` first")
    if arguments.monte_carlo.is_file():
        drawn = Found()
        n = add_monte_carlo(drawn, arguments.monte_carlo)
        plot_error(
            drawn,
            f"Monte Carlo, {n} launches, bound for those of our own physics",
            arguments.out / "monte-carlo-error.png",
        )
        plot_coverage(
            drawn, f"Monte Carlo, {n} launches, RocketPy's among them", arguments.out / "monte-carlo-coverage.png"
        )
    else:
        print("no Monte Carlo kept: benchmarks/bench_launch_impact.py first")
    return 0


if __name__ == "__main__":
    sys.exit(main())
