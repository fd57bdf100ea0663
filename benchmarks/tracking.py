#!/usr/bin/env python3
"""The tracking stage, all features on, over a scenario file: ``tracking.py SCENARIO.json RESULT.json [--first N]``.

The scenario's ``meta`` describes the radar; the plots are range (m), azimuth counter-clockwise from east and elevation
(rad).  The timed part of a scan begins at its list of plots and ends at the list of confirmed tracks; in between lie
the existence, NIS and disposition of everything.  The kernels are compiled (or loaded) before the first scan.
"""

from __future__ import annotations

import argparse
import math
import resource
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from marsad import track


class Scan(msgspec.Struct, frozen=True):
    """What the radar reported at one time (s)."""

    t: float
    plots: list[list[float]]


class Scenario(msgspec.Struct, frozen=True):
    """A scenario file without its truth, with which the tracker has no business; each scan is decoded in its turn."""

    meta: dict[str, Any]
    scans: list[msgspec.Raw]

    def each(self, first: int | None) -> Iterator[Scan]:
        """Give the scans in order, at most ``first``."""
        for raw in self.scans[:first]:
            yield msgspec.json.decode(raw, type=Scan)


def params_of(meta: dict[str, Any], compiled: bool | None) -> track.Params:
    """What the tracker may know of the scenario: its radar."""
    (near, far), _, (low, high) = meta["volume"]
    radar = track.SensorModel(
        detection_probability=meta["pd"],
        clutter_density=max(meta["clutter_density"], 1e-9),
        min_range_m=near,
        max_range_m=far,
        min_elevation_rad=low,
        max_elevation_rad=high,
    )
    return track.Params(sensors=(radar,), compiled=compiled)


@dataclass
class Told:
    """What is told of a whole run besides its scans."""

    is_compiled: bool = False
    dispositions: np.ndarray = field(default_factory=lambda: np.zeros(16, dtype=np.int64))

    def config(self) -> dict[str, Any]:
        """As the result form has it; the memory is the peak so far."""
        counts = {d.name.lower(): int(self.dispositions[d]) for d in track.Disposition if self.dispositions[d]}
        peak_mb = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)
        return {"compiled": self.is_compiled, "dispositions": counts, "peak_memory_mb": peak_mb}


def each_scan(scenario: Scenario, told: Told, first: int | None, compiled: bool | None) -> Iterator[bytes]:
    """Track a scenario and give what the result form has of each scan, encoded."""
    params = params_of(scenario.meta, compiled)
    sigma = scenario.meta["sigma"]
    if compiled is not False:
        track.warmup()
    state, next_id = track.init(params), 0
    for scan in scenario.each(first):
        wall, cpu = time.perf_counter(), time.process_time()
        plots = np.array(scan.plots, dtype=np.float64).reshape(-1, 3)
        plots[:, 1] = 0.5 * math.pi - plots[:, 1]
        ids = np.arange(next_id, next_id + len(plots))
        frame = track.plots(scan.t, plots, sigma=sigma, detection_id=ids)
        state, info = track.step(state, (frame,), params)
        shown = state.tracks.status >= track.Status.CONFIRMED
        position = track.position_enu_m(state.tracks)[shown].tolist()
        tracks = [[uid, *xyz] for uid, xyz in zip(state.tracks.uid[shown].tolist(), position, strict=True)]
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        next_id += len(plots)
        told.dispositions += np.bincount(info.disposition, minlength=16)
        told.is_compiled = info.is_compiled
        yield msgspec.json.encode({"t": scan.t, "wall_s": wall, "cpu_s": cpu, "tracks": tracks})


def run(scenario: Scenario, first: int | None = None, compiled: bool | None = None) -> dict[str, Any]:
    """Track a scenario and give the result form, each scan of it encoded."""
    told = Told()
    per_scan = [msgspec.Raw(row) for row in each_scan(scenario, told, first, compiled)]
    return {"scenario": scenario.meta["name"], "tracker": "marsad", "config": told.config(), "per_scan": per_scan}


def read(path: Path) -> Scenario:
    """Read a scenario file, and let go of its truth."""
    whole = msgspec.json.decode(path.read_bytes(), type=Scenario)
    return Scenario(whole.meta, [raw.copy() for raw in whole.scans])


def main() -> None:
    """Read the scenario, track it, write the result."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("scenario", type=Path)
    parser.add_argument("result", type=Path)
    parser.add_argument("--first", type=int, help="track only so many scans")
    parser.add_argument("--numpy", action="store_true", help="the NumPy path instead of the compiled one")
    args = parser.parse_args()
    scenario, told = read(args.scenario), Told()
    head = msgspec.json.encode({"scenario": scenario.meta["name"], "tracker": "marsad"})
    with args.result.open("wb") as file:
        file.write(head[:-1] + b',"per_scan":[')
        for number, row in enumerate(each_scan(scenario, told, args.first, False if args.numpy else None)):
            file.write((b"," if number else b"") + row)
        file.write(b'],"config":' + msgspec.json.encode(told.config()) + b"}")


if __name__ == "__main__":
    main()
