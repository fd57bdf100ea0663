"""Fly the true parameters of practice cases, with the physics whole or broken, and say how far off the paths end.

Run by itself without compiled kernels (NUMBA_DISABLE_JIT=1), so that single laws can be exchanged.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

import marsad.flight.rocket as rocket
from marsad.adapters.recording import read_recording
from marsad.adapters.sites import read_site
from marsad.adapters.truth import book_of, launch_of, read_truth
from marsad.bounds import TrueLaunch
from marsad.flight import environment_of, motor_of
from marsad.geo.earth import EARTH_ROTATION_RAD_S, WGS84_A_M
from marsad.geo.frames import ecef_from_geodetic

whole_gravity, whole_air = rocket.normal_gravity_ms2, rocket.air


def lighter_gravity(sin_latitude: float, height_m: float) -> float:
    """Gravitation with the centrifugal part left out of what pulls down."""
    return whole_gravity(sin_latitude, height_m) + EARTH_ROTATION_RAD_S**2 * WGS84_A_M * (1 - sin_latitude**2)


def thin_air(height_m: float) -> tuple[float, float, float, float]:
    """Air whose density falls to nothing twice as fast as it should in the first kilometre."""
    density, slope, sound, sound_slope = whole_air(height_m)
    return density * whole_air(2 * height_m)[0] / whole_air(height_m)[0], slope, sound, sound_slope


BREAKAGES: dict[str, dict[str, Callable[..., object] | float]] = {
    "whole": {},
    "coriolis turned round": {"EARTH_ROTATION_RAD_S": -EARTH_ROTATION_RAD_S},
    "no coriolis": {"EARTH_ROTATION_RAD_S": 0.0},
    "no centrifugal part": {"normal_gravity_ms2": lighter_gravity},
    "thin air": {"air": thin_air},
}


def worst_m(launch: TrueLaunch, env: rocket.Environment, truth: list[list[float]]) -> float:
    """Largest distance between a flown path and the true one."""
    flight = rocket.fly(launch.parameters, motor_of(launch.rocket_class), launch.reference, env, False)
    y, worst = np.empty(6), 0.0
    for time_s, lat_deg, lon_deg, height_m, *_ in truth[2:-1]:
        rocket.state_at(flight, time_s - truth[0][0], y)
        there = np.array(ecef_from_geodetic(np.radians(lat_deg), np.radians(lon_deg), height_m))
        worst = max(worst, float(np.linalg.norm(y[:3] - there)))
    return worst


def main(folder: Path, cases: list[str]) -> dict[str, list[float]]:
    """Distances by breakage and case."""
    site = read_site(folder / "common")
    out: dict[str, list[float]] = {name: [] for name in BREAKAGES}
    for case in cases:
        path = folder / "truth" / f"{case}.json"
        body = next(o for o in json.loads(path.read_text())["objects"] if o["kind"] == "rocket")
        _, weather = book_of(site, read_recording(folder / "cases" / f"{case}.jsonl").messages)
        launch = launch_of(read_truth(path).rockets[0], site, weather, path)
        # the terrain is good to some metres; the true start is known
        ground_m = site.terrain.height_at(*launch.reference)
        p = launch.parameters.copy()
        p[rocket.GROUND_ERROR] = body["launch"]["h_m"] - rocket.MUZZLE_HEIGHT_M - ground_m
        launch = replace(launch, parameters=p)
        env = environment_of(
            site.terrain, site.rockets.drag, weather.wind_east_ms, weather.wind_north_ms, weather.profile_ground_m
        )
        for name, laws in BREAKAGES.items():
            kept = {law: getattr(rocket, law) for law in laws}
            for law, broken in laws.items():
                setattr(rocket, law, broken)
            out[name].append(worst_m(launch, env, body["traj"]))
            for law, mended in kept.items():
                setattr(rocket, law, mended)
    return out


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), sys.argv[2:])))
