"""Simulated drones on their way to a zone: how early the zone is alarmed, by how they came into view.

python benchmarks/near_drones.py [--each N] [--seed N] [--json OUT]
They fly at 20 to 60 m/s, 50 to 300 m above flat ground, straight, with one turn or with three, towards one of four
zones, before a radar of 1.5 looks a second that sees an aircraft 20 km away, above 0.86 degrees.  "start": in view when
watching begins, 3 to 15 km away.  "risen": first there 30 s later where the radar looks, at their height or climbing at
2 to 5 m/s.  "edge": over the edge of the view.  The lead is the time from the first alarm of the aimed zone to the
drone's arrival there; it is given as a part of the lead that the first five detections within six seconds allow.  "In
time" is an alarm 20 s before, or with nine tenths of that lead if that is shorter.
"""

from __future__ import annotations

import argparse
import json
import sys
import zlib
from dataclasses import dataclass, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

import numpy as np

from air_kit import Body, Scene, Way, make_site, radar, watch
from marsad.geo.site_frame import geodetic_of, site_frame
from marsad.sensing.site import Site

ZONES = ((0.0, 0.0, 600.0), (1500.0, 800.0, 300.0), (-1200.0, 1500.0, 400.0), (-600.0, -2200.0, 500.0))
FROM_M = {"start": (3000.0, 15_000.0), "risen": (3000.0, 9000.0), "edge": (12_000.0, 22_000.0)}
BEGIN_S = {"start": 0.0, "risen": 30.0, "edge": 0.0}
DIVE_S = 10.0
IN_TIME_S = 20.0


@dataclass(frozen=True)
class Drone:
    """One drone: the scene, the zone that it is aimed at, when it arrives there and what it flies like."""

    scene: Scene
    zone_id: str
    arrives_s: float
    speed_ms: float
    height_m: float


def draw(coming: str, number: int, seed: int) -> Drone:
    """Draw one drone that comes into view in one of the ways of ``FROM_M``."""
    rng = np.random.default_rng([seed, zlib.crc32(coming.encode()), number])
    index = int(rng.integers(len(ZONES)))
    east, north, radius = ZONES[index]
    target = np.array([east, north]) + rng.normal(0.0, 0.3 * radius, 2)
    speed, height = rng.uniform(20.0, 60.0), rng.uniform(50.0, 300.0)
    climb = rng.uniform(2.0, 5.0) if coming == "risen" and number % 2 else np.inf
    azimuth, far = rng.uniform(0.0, 2.0 * np.pi), rng.uniform(*FROM_M[coming])
    along = np.array([np.sin(azimuth), np.cos(azimuth)])
    across = np.array([along[1], -along[0]])
    turns = ((), (0.5,), (0.75, 0.5, 0.25))[number % 3]
    points = [target + along * far * share + across * far * rng.uniform(-0.2, 0.2) for share in turns]
    corners = np.array([target + along * far, *points, target])
    way, flown_s = _way(corners, speed, height, climb, BEGIN_S[coming])
    arrives_s = BEGIN_S[coming] + flown_s
    scene = Scene(_site(rng), [Body("drone", way, from_s=BEGIN_S[coming])], arrives_s, seed=number)
    return Drone(scene, f"Z{index + 1}", arrives_s, speed, height)


def _way(corners: np.ndarray, speed: float, height: float, climb: float, begin_s: float) -> tuple[Way, float]:
    reached_m = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(corners, axis=0).T))])
    flown_s = float(reached_m[-1] / speed)

    def way(time_s: float) -> np.ndarray:
        since_s = max(time_s - begin_s, 0.0)
        up = height if np.isinf(climb) else min(height, 2.0 + climb * since_s)
        dive = min((flown_s - since_s) / DIVE_S, 1.0)
        place = [np.interp(speed * since_s, reached_m, corners[:, axis]) for axis in range(2)]
        return np.array([*place, max(up * dive, 1.0)])

    return way, flown_s


def _site(rng: np.random.Generator) -> Site:
    """The radar stands at the middle, or up to 3 km from it."""
    site = make_site(zones_at_m=ZONES)
    away_m, azimuth = rng.uniform(0.0, 3000.0) * (rng.random() < 0.5), rng.uniform(0.0, 2.0 * np.pi)
    stand_m = away_m * np.array([np.sin(azimuth), np.cos(azimuth), 0.0])
    return replace(site, sensors=(radar(geodetic_of(site_frame(site.origin), stand_m)),))


def fly(drone: Drone) -> tuple[str, float, float] | None:
    """How it came into view, the share of the possible lead reached, and the lead in seconds; None if hardly seen."""
    scene = drone.scene
    seen_s = sorted(
        message.time_utc_ns * 1e-9
        for message in scene.messages()
        if scene.labels.get(getattr(message, "detection_id", "")) == "drone"
    )
    scene.labels.clear()
    fifth = [b for a, b in zip(seen_s, seen_s[4:], strict=False) if b - a < 6.0]
    if not fifth or drone.arrives_s - fifth[0] < IN_TIME_S:
        return None
    alarm_s = watch(scene).alarms().get(drone.zone_id, np.inf)
    lead_s = max(drone.arrives_s - alarm_s, 0.0)
    return ("start" if seen_s[0] < 2.0 else "later"), lead_s / (drone.arrives_s - fifth[0]), lead_s


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--each", type=int, default=20, help="drones of each way of coming into view")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    rows: dict[str, list[tuple[float, float, float, float]]] = {}
    for coming in FROM_M:
        for number in range(options.each):
            drone = draw(coming, number, options.seed)
            flown = fly(drone)
            if flown is not None:
                name = coming if coming == "risen" else "start" if flown[0] == "start" else "edge"
                rows.setdefault(name, []).append((flown[1], flown[2], drone.speed_ms, drone.height_m))
    table = {}
    for name, found in rows.items():
        ratio, lead_s = np.array(found)[:, 0], np.array(found)[:, 1]
        in_time = lead_s >= np.minimum(IN_TIME_S, 0.9 * lead_s / np.maximum(ratio, 1e-9))
        table[name] = {
            "drones": len(found),
            "alarmed": round(float((lead_s > 0.0).mean()), 3),
            "in_time": round(float((in_time & (lead_s > 0.0)).mean()), 3),
            "lead_median": round(float(np.median(ratio)), 3),
            "lead_of_nine_tenths": round(float((ratio >= 0.9).mean()), 3),
        }
        print(name, table[name])
    if options.json:
        text = json.dumps({"seed": options.seed, "each": options.each, "by_coming": table}, indent=1)
        options.json.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
