"""Time from a new forecast to the decided alarms over a whole country's zones (1,420 real polygons).

Measured: the forecast's probability in every zone (2,000 points with a 250 m buffer) and the engine's step.
Run: ``python benchmarks/bench_country_zones.py [--data FOLDER] [--json FILE]``
"""

from __future__ import annotations

import argparse
import json
import math
import time
from pathlib import Path

import numpy as np

from marsad.geo.zones import prepare_zones, zone_probabilities
from marsad.sensing.site import WarningPolicy
from marsad.terms import Geodetic, ImpactForecast, PointMode, Zone, ZoneRisk
from marsad.warn import Evidence, init, step

SECOND_NS = 1_000_000_000
T0 = 1_700_000_000 * SECOND_NS
CENTER = Geodetic.from_degrees(32.07, 34.80)


def country(folder: Path) -> tuple[Zone, ...]:
    """Read the polygons with the shelter times of their entries."""
    polygons = json.loads((folder / "polygons.json").read_text(encoding="utf-8"))
    cities = {str(c["id"]): c for c in json.loads((folder / "cities.json").read_text(encoding="utf-8"))}
    return tuple(
        Zone(
            zone_id=key,
            name=cities.get(key, {}).get("name_en", key),
            center=Geodetic.from_degrees(*np.mean(ring, axis=0).tolist()),
            shelter_s=float(cities.get(key, {}).get("countdown", 30)),
            polygon_rad=tuple((math.radians(a), math.radians(o)) for a, o in ring),
            buffer_m=250.0,
        )
        for key, ring in polygons.items()
    )


def quasi_normal(count: int) -> np.ndarray:
    """Points of a sunflower, mapped to the standard normal."""
    k = np.arange(count)
    radius = np.sqrt(-2.0 * np.log1p(-(k + 0.5) / count))
    angle = 2 * np.pi * ((k * 0.6180339887498949) % 1.0)
    return np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])


def once(zones: tuple, shapes: object, points: np.ndarray, axis_m: float, event: str) -> tuple[float, int, int]:
    """Seconds, zones with any probability, zones alarmed."""
    sigma = axis_m / math.sqrt(5.991)
    state = init(zones, WarningPolicy(wait_semi_major_m=math.inf, probability_on=0.002))
    begin = time.perf_counter()
    p = zone_probabilities(np.ones(1), np.zeros((1, 2)), np.array([[sigma**2, 0.0, sigma**2]]), points, shapes)
    at = T0 + 80 * SECOND_NS
    risks = tuple(
        ZoneRisk(
            zone_id=zone.zone_id,
            probability=float(q),
            time_q05_utc_ns=at - SECOND_NS,
            time_q50_utc_ns=at,
            time_q95_utc_ns=at + SECOND_NS,
        )
        for zone, q in zip(zones, p, strict=True)
        if q > 0
    )
    mode = PointMode(
        weight=1.0, position=CENTER, covariance_en_m2=(sigma**2, 0.0, sigma**2), time_utc_ns=at, time_sigma_s=0.6
    )
    forecast = ImpactForecast(event_id=event, outcome="forecast", arrival_utc_ns=T0, modes=(mode,), zone_risks=risks)
    _, said = step(state, Evidence(now_utc_ns=T0, impacts=(forecast,)))
    return time.perf_counter() - begin, len(risks), sum(w.level == "take_shelter" for w in said)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path(__file__).resolve().parents[2] / "shared/data/alert_zones")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if not options.data.is_dir():
        parser.exit(0, f"no polygons at {options.data}: nothing to measure\n")
    zones = country(options.data)
    shapes = prepare_zones(zones, CENTER)
    points = quasi_normal(2000)
    once(zones, shapes, points, 500.0, "warm-up")
    table = {}
    for axis_m in (500.0, 2000.0, 10_000.0, 50_000.0):
        runs = [once(zones, shapes, points, axis_m, f"R{k}") for k in range(20)]
        took_ms = sorted(1e3 * r[0] for r in runs)
        row = {"median_ms": round(took_ms[10], 1), "max_ms": round(took_ms[-1], 1), "zones_reached": runs[0][1]}
        row |= {"zones_alarmed": runs[0][2]}
        table[f"{axis_m:.0f} m"] = row
        print(f"95 % semi-major axis {axis_m:7.0f} m", json.dumps(row))
    if options.json:
        options.json.write_text(json.dumps({"zones": len(zones), "rows": table}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
