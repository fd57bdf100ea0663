"""Own delay with many objects in the air: from the arrival of a detection to the published row, on one core.

    python benchmarks/bench_delay.py [--objects N ...] [--seed N ...] [--duration S] [--json FILE]

The scenario is made here: ten rockets of two salvos, twelve hostile drones, eight friendly aircraft over the sample
site with its balloon, two drones, radar and three microphone arrays.  Beyond thirty, silent slow aircraft are added
(15 to 60 m/s, anywhere within 9 km, headings all around), all honestly plotted by the radar.  The delay of a detection
is the time that a single server, one message at a time, needs from its arrival until what it led to is said: waiting
for earlier work included.  Work is measured as processor time of one thread and the queue before it is computed, so
that other programs on the machine change little.  Percentiles over all detections, and over those that arrive while
all objects are in the air.
"""

from __future__ import annotations

import argparse
import gc
import json
import math
import os
import sys
import time
from pathlib import Path
from typing import Any

for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(name, "1")

import msgspec  # noqa: E402  (one thread: set before numpy loads)
import numpy as np  # noqa: E402

from marsad import samples  # noqa: E402
from marsad.adapters.feed import feed  # noqa: E402
from marsad.adapters.warm import warm_up_quietly  # noqa: E402
from marsad.simulation import Scenario, simulate_night  # noqa: E402
from marsad.simulation.scenario import FlyerOrder, RocketOrder  # noqa: E402
from marsad.terms import Bearing, Flash, Impulse, Plot, SensorTrackReport  # noqa: E402

HERE = Path(__file__).resolve().parent
MUST_S = {30: 0.1, 60: 0.3, 120: 1.0}
"""What the 95 % delay must not exceed, by number of objects."""
THIRTY = 30
FIRST_S, SECOND_S = 2.0, 2.5
DRONES, FRIENDS = 12, 8
DURATION_S = 36.0


def silent(count: int, seed: int) -> list[FlyerOrder]:
    """Slow aircraft that nobody vouches for, anywhere about the site, each on a straight way of its own."""
    rng = np.random.default_rng(seed)
    orders = []
    for k in range(count):
        begin = rng.uniform(-9e3, 9e3, 2)
        heading = rng.uniform(0.0, 2.0 * math.pi)
        end = begin + 15e3 * np.array([math.sin(heading), math.cos(heading)])
        orders.append(
            FlyerOrder(
                id=f"S{k + 1}",
                kind="hostile_drone",
                speed_ms=float(rng.uniform(15.0, 60.0)),
                waypoints_m=[(float(begin[0]), float(begin[1])), (float(end[0]), float(end[1]))],
                height_m=float(rng.uniform(200.0, 1500.0)),
            )
        )
    return orders


def scenario(duration_s: float, objects: int = THIRTY, seed: int = 0) -> Scenario:
    """Rockets from two places, drones from all sides, friendly aircraft; beyond thirty, silent slow aircraft."""
    night = samples.scenario("salvo-at-dusk")
    salvo = RocketOrder(
        id="R", rocket_class="short", launch_s=FIRST_S, east_m=5600.0, north_m=5350.0, azimuth_deg=226.0,
        elevation_deg=50.0, azimuth_sigma_deg=1.2, elevation_sigma_deg=1.0, count=6, interval_s=1.0,
    )  # fmt: skip
    other = msgspec.structs.replace(
        salvo, id="Q", launch_s=SECOND_S, east_m=4200.0, north_m=6600.0, azimuth_deg=212.0, count=4, interval_s=1.5
    )
    flyers = []
    for k in range(DRONES):
        a = 2 * math.pi * k / DRONES
        far, near = (5500.0 * math.sin(a), 5500.0 * math.cos(a)), (900.0 * math.sin(a + 0.5), 900.0 * math.cos(a + 0.5))
        flyers.append(
            FlyerOrder(
                id=f"A{k + 1}",
                kind="hostile_drone",
                speed_ms=35.0 + k,
                waypoints_m=[far, near],
                height_m=150.0 + 20 * k,
            )
        )
    for k in range(FRIENDS):
        a = 2 * math.pi * k / FRIENDS + 0.3
        begin, end = (9e3 * math.sin(a), 9e3 * math.cos(a)), (9e3 * math.sin(a + 2.4), 9e3 * math.cos(a + 2.4))
        flyers.append(
            FlyerOrder(
                id=f"F{k + 1}", kind="friendly_aircraft", speed_ms=60.0 + 10 * k, waypoints_m=[begin, end],
                height_m=600.0 + 150 * k, transponder_id=f"FRIEND-{k + 1}",
            )
        )  # fmt: skip
    flyers += silent(objects - THIRTY, seed)
    return msgspec.structs.replace(night, name="crowd", duration_s=duration_s, rocket=[salvo, other], flyer=flyers)


def percentiles(seconds: list[float]) -> dict[str, float]:
    """50, 95, 99 % and the longest, in milliseconds."""
    q = np.percentile(seconds, (50, 95, 99, 100)) * 1e3
    return {name: round(float(v), 2) for name, v in zip(("p50_ms", "p95_ms", "p99_ms", "longest_ms"), q, strict=True)}


def measure(objects_asked: int, seed: int, duration_s: float) -> dict[str, Any]:
    """Simulate, warm up, and run the night with the clock of this thread's processor time."""
    site = samples.gas_plant()
    run = simulate_night(site, scenario(duration_s, objects_asked, seed), np.random.default_rng(seed))
    rockets = [b for b in run.truth.bodies if b.kind == "rocket"]
    begins = max(b.begin_s for b in rockets)
    ends = min(duration_s, *(b.impact.time_s for b in rockets if b.impact is not None))
    objects = [b for b in run.truth.bodies if b.kind != "own_drone" and b.begin_s <= begins and b.path.end_s >= ends]
    warm_up_quietly()
    gc.collect()
    gc.freeze()
    delays: list[float] = []
    crowded: list[float] = []
    work: list[float] = []
    events = set()
    first_alarm_s: dict[str, float] = {}
    for step in feed(site, run.messages, clock=time.thread_time):
        work.append(step.computing_s)
        events |= {one.event_id for one in step.outputs.launches if one.status == "confirmed"}
        for warning in step.outputs.warnings:
            first_alarm_s.setdefault(warning.zone_id, round(step.issued_s, 2))
        if isinstance(step.message, Flash | Bearing | Plot | Impulse | SensorTrackReport):
            arrival_s = step.message.arrival_utc_ns * 1e-9
            delays.append(step.issued_s - arrival_s)
            if begins <= arrival_s <= ends:
                crowded.append(delays[-1])
    gc.unfreeze()
    must_s = MUST_S.get(objects_asked)
    return {
        "objects_asked": objects_asked,
        "objects_at_once": len(objects),
        "rockets": len(rockets),
        "launches_confirmed": len(events),
        "messages": len(run.messages),
        "detections": len(delays),
        "all_at_once_s": round(ends - begins, 1),
        "detections_all_at_once": len(crowded),
        "delay": percentiles(delays),
        "delay_all_at_once": percentiles(crowded),
        "work_of_one_step": percentiles(work),
        "load": round(sum(work) / (run.messages[-1].arrival_utc_ns * 1e-9), 3),
        "zones_told_s": dict(sorted(first_alarm_s.items())),
        "seed": seed,
        "must_p95_ms": None if must_s is None else must_s * 1e3,
    }


def main() -> int:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--objects", type=int, nargs="+", default=[30, 60, 120], help="in the air at once, rockets too")
    parser.add_argument("--seed", type=int, nargs="+", default=[30, 31, 32])
    parser.add_argument("--duration", type=float, default=DURATION_S, help="seconds of the night")
    parser.add_argument("--json", type=Path, default=HERE / "results" / "delay.json")
    arguments = parser.parse_args()
    runs = [measure(objects, seed, arguments.duration) for objects in arguments.objects for seed in arguments.seed]
    text = json.dumps({"runs": runs}, indent=1)
    print(text)
    arguments.json.parent.mkdir(parents=True, exist_ok=True)
    arguments.json.write_text(text + "\n")
    for run in runs:
        p95, must = run["delay_all_at_once"]["p95_ms"], run["must_p95_ms"]
        said = "" if must is None else (" within the bound" if p95 <= must else " beyond the bound")
        print(f"{run['objects_asked']} objects, seed {run['seed']}: p95 {p95:.0f} ms{said}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
