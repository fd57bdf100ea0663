"""What the warning rule is worth with forecasts exactly as good as physics allows.

The practice cases say how well each rocket's impact can be known at each moment (Cramér-Rao bound).  Forecasts with
just that error, right covariance and right time uncertainty are drawn for the cases' own impacts (or, with
``--evenly``, for impacts laid evenly over the zones), and the engine decides.  What it misses or alarms wrongly here
is the rule's doing, not the estimator's.

Run: ``python benchmarks/bench_warning_rule.py [--rockets 5000] [--evenly] [--cases FOLDER] [--json FILE]``
"""

from __future__ import annotations

import argparse
import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np

from marsad.geo import enu_from_geodetic
from marsad.geo.zones import ZoneShapes, prepare_zones, zone_hits, zone_probabilities
from marsad.sensing.site import WarningPolicy
from marsad.terms import Geodetic, ImpactForecast, PointMode, Zone, ZoneRisk
from marsad.warn import Evidence, WarnState, init, step

SECOND_NS = 1_000_000_000
STEP_S = 0.25
AREA_M = 3500.0


def load_zones(folder: Path) -> tuple[tuple[Zone, ...], ZoneShapes, Geodetic]:
    """Read the plain site folder's zones."""
    told = json.loads((folder / "zones.json").read_text(encoding="utf-8"))
    origin = Geodetic.from_degrees(told["site"]["lat_deg"], told["site"]["lon_deg"])
    zones = tuple(
        Zone(
            zone_id=z["zone_id"],
            name=z["name"],
            center=Geodetic.from_degrees(z["lat_deg"], z["lon_deg"], z["h_m"]),
            shelter_s=z["shelter_s"],
            radius_m=z["radius_m"],
            buffer_m=told["at_risk_margin_m"],
        )
        for z in told["zones"]
    )
    return zones, prepare_zones(zones, origin), origin


def load_bounds(folders: list[Path]) -> list[dict]:
    """Give for every rocket of the cases: time of flight, rows of the bound, possible lead."""
    out = []
    for folder in folders:
        for path in sorted((folder / "truth").glob("*.json")):
            for thing in json.loads(path.read_text(encoding="utf-8"))["objects"]:
                if thing["kind"] != "rocket" or not thing.get("crlb"):
                    continue
                bound = thing["crlb"][thing.get("prior", "class_known")]
                rows = [r for r in bound["rows"] if r["impact_cov_en"][0] < 1e9]
                if len(rows) >= 2:
                    out.append(
                        {
                            "tof_s": thing["crlb"]["tof_s"],
                            "rows": rows,
                            "lead_s": bound["lead_s"]["500"],
                            "impact": thing["impact"],
                        }
                    )
    return out


def history(bound: dict, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Draw one efficient estimator's story: times, errors (east, north), covariances, time sigmas.

    Errors are those of a Bayesian filter: what a later estimate corrects is independent of the later error, so they
    are drawn from the end backwards with the differences of the covariances.
    """
    rows = bound["rows"]
    elapsed = np.array([r["elapsed_s"] for r in rows])
    times = np.arange(elapsed[0], min(elapsed[-1], bound["tof_s"]), STEP_S)
    cov = np.array([r["impact_cov_en"] for r in rows])
    cov = np.column_stack([np.interp(times, elapsed, cov[:, k]) for k in range(3)])
    sigma_t = np.interp(times, elapsed, [r["t_impact_sigma_s"] for r in rows])
    matrices = np.stack([[c[0], c[1], c[1], c[2]] for c in cov]).reshape(-1, 2, 2)
    errors = np.empty((times.size, 2))
    errors[-1] = _draw(matrices[-1], rng)
    for k in range(times.size - 2, -1, -1):
        errors[k] = errors[k + 1] + _draw(matrices[k] - matrices[k + 1], rng)
    return times, errors, cov, sigma_t


def _draw(cov: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    values, vectors = np.linalg.eigh(cov)
    return vectors @ (np.sqrt(np.maximum(values, 0.0)) * rng.normal(size=2))


def quasi_normal(count: int) -> np.ndarray:
    """Points of a sunflower, mapped to the standard normal."""
    k = np.arange(count)
    radius = np.sqrt(-2.0 * np.log1p(-(k + 0.5) / count))
    angle = 2 * np.pi * ((k * 0.6180339887498949) % 1.0)
    return np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])


def at_ns(seconds: float) -> int:
    return round(seconds * SECOND_NS)


def forecast(
    now_s: float, cov: np.ndarray, sigma_t: float, impact_s: float, probabilities: dict[str, float]
) -> ImpactForecast:
    """Make the forecast that the engine is told."""
    risks = tuple(
        ZoneRisk(
            zone_id=zone_id,
            probability=p,
            time_q05_utc_ns=at_ns(impact_s - 1.645 * sigma_t),
            time_q50_utc_ns=at_ns(impact_s),
            time_q95_utc_ns=at_ns(impact_s + 1.645 * sigma_t),
        )
        for zone_id, p in probabilities.items()
    )
    mode = PointMode(
        weight=1.0,
        position=Geodetic(latitude_rad=0.0, longitude_rad=0.0),
        covariance_en_m2=(float(cov[0]), float(cov[1]), float(cov[2])),
        time_utc_ns=at_ns(impact_s),
        time_sigma_s=sigma_t,
    )
    return ImpactForecast(
        event_id="R", outcome="forecast", arrival_utc_ns=at_ns(now_s), modes=(mode,), zone_risks=risks
    )


def aim(bound: dict, origin: Geodetic, evenly: bool, rng: np.random.Generator) -> np.ndarray:
    """Give the true impact in metres east and north of the site."""
    if evenly:
        radius, angle = AREA_M * math.sqrt(rng.random()), rng.random() * 2 * math.pi
        return np.array([radius * math.cos(angle), radius * math.sin(angle)])
    point = Geodetic.from_degrees(bound["impact"]["lat_deg"], bound["impact"]["lon_deg"], bound["impact"]["h_m"])
    east, north, _ = enu_from_geodetic(
        point.latitude_rad, point.longitude_rad, point.height_m, origin.latitude_rad, origin.longitude_rad, 0.0
    )
    return np.array([east, north])


def fly(bound: dict, site: tuple, policy: WarningPolicy, seed: int, evenly: bool) -> dict:
    """Fly one rocket: what was alarmed, when, what was hit; and the zones' probabilities at 10 s."""
    zones, shapes, origin = site
    rng = np.random.default_rng(seed)
    truth = aim(bound, origin, evenly, rng)
    hit = zone_hits(truth[:1].copy(), truth[1:].copy(), shapes)[:, 0]
    times, errors, cov, sigma_t = history(bound, rng)
    time_errors = rng.normal() * sigma_t
    points = quasi_normal(400)
    state: WarnState = init(zones, policy)
    started: dict[str, float] = {}
    reliability = []
    for k, now_s in enumerate(times):
        mean = truth + errors[k]
        p = zone_probabilities(np.ones(1), mean[None], cov[k][None], points, shapes)
        told = {zone_id: float(v) for zone_id, v in zip(shapes.zone_ids, p, strict=True) if v > 1e-3}
        if abs(now_s - 10.0) < STEP_S / 2:
            reliability = list(zip(p.tolist(), hit.tolist(), strict=True))
        said_forecast = forecast(now_s, cov[k], float(sigma_t[k]), bound["tof_s"] + float(time_errors[k]), told)
        state, said = step(state, Evidence(now_utc_ns=round(now_s * SECOND_NS), impacts=(said_forecast,)))
        for warning in said:
            if warning.level == "take_shelter":
                started.setdefault(warning.zone_id, now_s)
    hit_ids = {zone_id for zone_id, h in zip(shapes.zone_ids, hit, strict=True) if h}
    return {
        "lead_possible_s": bound["lead_s"],
        "leads_s": {z: bound["tof_s"] - started[z] for z in hit_ids if z in started},
        "missed": sorted(hit_ids - set(started)),
        "wrong": sorted(set(started) - hit_ids),
        "reliability": reliability,
    }


def summary(flights: list[dict]) -> dict:
    """Put the figures of many rockets together."""
    ratio = [lead / f["lead_possible_s"] for f in flights if f["lead_possible_s"] for lead in f["leads_s"].values()]
    pairs = np.array([pair for f in flights for pair in f["reliability"]], dtype=float).reshape(-1, 2)
    bins = np.clip((pairs[:, 0] * 10).astype(int), 0, 9)
    error = sum(
        abs(pairs[bins == b, 0].mean() - pairs[bins == b, 1].mean()) * (bins == b).sum()
        for b in range(10)
        if (bins == b).any()
    )
    return {
        "rockets": len(flights),
        "wrong_zones_per_rocket": round(sum(len(f["wrong"]) for f in flights) / len(flights), 3),
        "zones_hit": sum(len(f["missed"]) + len(f["leads_s"]) for f in flights),
        "zones_missed_where_possible": sum(len(f["missed"]) for f in flights if f["lead_possible_s"]),
        "lead_ratio_median": round(float(np.median(ratio)), 3),
        "lead_ratio_p05": round(float(np.quantile(ratio, 0.05)), 3),
        "lead_ratio_p01": round(float(np.quantile(ratio, 0.01)), 3),
        "lead_ratio_min": round(min(ratio), 3),
        "share_under_0.85": round(float(np.mean(np.array(ratio) < 0.85)), 4),
        "expected_calibration_error": round(error / max(len(pairs), 1), 4),
    }


def reliability(bounds: list[dict], site: tuple, rockets: int, evenly: bool) -> dict:
    """Hold the zones' probabilities 10 s after launch against what was hit, without the engine."""
    _, shapes, origin = site
    points = quasi_normal(400)
    pairs = []
    for seed in range(rockets):
        bound = bounds[seed % len(bounds)]
        rng = np.random.default_rng(seed)
        truth = aim(bound, origin, evenly, rng)
        hit = zone_hits(truth[:1].copy(), truth[1:].copy(), shapes)[:, 0]
        times, errors, cov, _ = history(bound, rng)
        k = int(np.argmin(np.abs(times - 10.0)))
        p = zone_probabilities(np.ones(1), (truth + errors[k])[None], cov[k][None], points, shapes)
        pairs.extend(zip(p.tolist(), hit.tolist(), strict=True))
    told = np.array(pairs, dtype=float)
    bins = np.clip((told[:, 0] * 10).astype(int), 0, 9)
    rows = {
        f"{b / 10:.1f}": [
            int((bins == b).sum()),
            round(told[bins == b, 0].mean(), 3),
            round(told[bins == b, 1].mean(), 3),
        ]
        for b in range(10)
        if (bins == b).any()
    }
    error = sum(n * abs(p - h) for n, p, h in rows.values()) / len(told)
    said = {"rockets": rockets, "expected_calibration_error": round(error, 4), "bins_count_told_hit": rows}
    above = told[:, 0] >= 0.02
    if above.any():
        parts = [(bins == b) & above for b in range(10)]
        inside = sum(q.sum() * abs(told[q, 0].mean() - told[q, 1].mean()) for q in parts if q.any()) / above.sum()
        said["expected_calibration_error_above_0.02"] = round(float(inside), 4)
    return said


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rockets", type=int, default=1000)
    parser.add_argument("--cases", type=Path, default=Path(__file__).resolve().parents[2] / "shared" / "cases")
    parser.add_argument("--only", default="", help="only the variant of this name")
    parser.add_argument("--evenly", action="store_true", help="lay impacts evenly over the zones")
    parser.add_argument("--reliability", action="store_true", help="only the zones' probabilities, without the engine")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if not options.cases.is_dir():
        parser.exit(0, f"no practice cases at {options.cases}: nothing to measure\n")
    site = load_zones(options.cases / "common")
    bounds = load_bounds([options.cases, options.cases / "many"])
    if options.reliability:
        print(json.dumps(reliability(bounds, site, options.rockets, options.evenly), indent=1))
        return
    base = WarningPolicy()
    variants = {
        "the rule": base,
        "wait to 1 km": replace(base, wait_semi_major_m=1000.0, probability_sure=2.0),
        "wait to 600 m": replace(base, wait_semi_major_m=600.0),
        "none is sure": replace(base, probability_sure=2.0),
        "sure at 0.5": replace(base, probability_sure=0.5),
        "act at 0.20": replace(base, probability_on=0.20),
        "never wait": replace(base, wait_semi_major_m=math.inf),
    }
    table = {}
    for name, policy in variants.items():
        if options.only not in ("", name):
            continue
        flights = [
            fly(bounds[seed % len(bounds)], site, policy, seed, options.evenly) for seed in range(options.rockets)
        ]
        table[name] = summary(flights)
        print(f"{name:16s}", json.dumps(table[name]))
    if options.json:
        options.json.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
