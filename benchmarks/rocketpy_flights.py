"""Flights of six degrees of freedom to hold the point-mass estimator to: made by RocketPy, kept as small tables.

    python benchmarks/rocketpy_flights.py FILE.json [--count N] [--seed S]

Rockets like the two generic classes, each drawn around its class: impulse, burn time, drag, fins with a cant (spin), a
thrust line and a centre of pressure off the axis, a wind that departs from the power-law profile with height.
RocketPy flies over a flat Earth with gravity in one direction; what the turning of the vertical along the path adds is
put in afterwards (its double integral, some 20 m over 16 km).

Each table row: seconds after ignition, east, north, up (m) and velocities (m/s) in the plane tangent at the launch.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np

EARTH_RADIUS_M = 6371e3
STANDARD_GRAVITY_MS2 = 9.80665
PROFILE_POWER = 0.15
AFTER_GROUND_S = 3.0


@dataclass(frozen=True)
class Design:
    """Generic numbers of a rocket: those of its class, and a body that has them."""

    name: str
    delta_v_ms: float
    burn_s: float
    propellant_fraction: float
    area_over_mass_m2_kg: float
    rail_m: float
    length_m: float
    radius_m: float = 0.0575

    @property
    def mass_kg(self) -> float:
        """Mass at launch."""
        return math.pi * self.radius_m**2 / self.area_over_mass_m2_kg


DESIGNS = (
    Design("short", 393.0, 0.8, 0.22, 0.00031, 2.0, 1.9),
    Design("medium", 735.0, 2.0, 0.33, 0.00019, 3.0, 2.6),
)


def drag_table() -> list[tuple[float, float]]:
    """A textbook drag curve: 0.42 below, a rise through Mach 1, falling slowly beyond."""
    out = []
    for mach in np.arange(0.0, 3.01, 0.02):
        rise = 0.33 / (1.0 + math.exp(-(mach - 0.98) / 0.035))
        out.append((float(mach), 0.42 + rise - 0.11 * max(mach - 1.1, 0.0) * (1.0 - 0.2 * max(mach - 1.1, 0.0))))
    return out


def fly(design: Design, rng: np.random.Generator, *, latitude_deg: float) -> dict[str, object]:
    """One flight, everything drawn from ``rng``."""
    from rocketpy import Environment, Flight, GenericMotor, Rocket

    ln_dv, ln_burn, ln_drag = rng.normal(0.0, [0.04, 0.10, 0.10])
    azimuth_deg, elevation_deg = rng.uniform(0.0, 360.0), float(np.clip(rng.normal(45.0, 8.0), 28.0, 65.0))
    wind_ms = rng.normal(0.0, 4.0, 2)
    ground_m = 210.0
    environment = Environment(latitude=latitude_deg, longitude=20.0, elevation=ground_m)
    heights = np.array([0.0, 60.0, 150.0, 400.0, 900.0, 1800.0, 3200.0, 5500.0, 9000.0])
    profile = (1.0 + heights / 100.0) ** PROFILE_POWER
    gusts = rng.normal(0.0, 0.8, (2, heights.size)) * np.minimum(profile - 0.8, 1.0)
    wind = [
        list(zip((heights + ground_m).tolist(), (w * profile + g).tolist(), strict=True))
        for w, g in zip(wind_ms, gusts, strict=True)
    ]
    environment.set_atmospheric_model(
        type="custom_atmosphere", pressure=None, temperature=None, wind_u=wind[0], wind_v=wind[1]
    )

    burn_s = design.burn_s * math.exp(ln_burn)
    propellant_kg = design.propellant_fraction * design.mass_kg
    exhaust_ms = design.delta_v_ms * math.exp(ln_dv) / -math.log(1.0 - design.propellant_fraction)
    dry_kg, half = design.mass_kg - propellant_kg, design.length_m / 2
    motor = GenericMotor(
        thrust_source=exhaust_ms * propellant_kg / burn_s,
        burn_time=burn_s,
        chamber_radius=0.8 * design.radius_m,
        chamber_height=0.45 * design.length_m,
        chamber_position=0.25 * design.length_m,
        propellant_initial_mass=propellant_kg,
        nozzle_radius=0.7 * design.radius_m,
        dry_mass=0.01,
        center_of_dry_mass_position=0.2,
        dry_inertia=(1e-4, 1e-4, 1e-5),
        nozzle_position=0.0,
    )
    lateral = dry_kg * design.length_m**2 / 12
    cd = [(m, c * math.exp(ln_drag)) for m, c in drag_table()]
    rocket = Rocket(
        radius=design.radius_m,
        mass=dry_kg,
        inertia=(lateral, lateral, dry_kg * design.radius_m**2 / 2),
        power_off_drag=cd,
        power_on_drag=cd,
        center_of_mass_without_motor=0.1 * design.length_m,
        coordinate_system_orientation="tail_to_nose",
    )
    rocket.add_motor(motor, position=-half)
    rocket.add_nose(length=0.22 * design.length_m, kind="tangent", position=half)
    cant_deg = float(rng.uniform(0.1, 0.5))
    rocket.add_trapezoidal_fins(
        4, root_chord=0.22, tip_chord=0.14, span=0.11, position=-half + 0.23, cant_angle=cant_deg
    )
    rocket.add_thrust_eccentricity(*rng.normal(0.0, 0.0001, 2))
    rocket.add_cp_eccentricity(*rng.normal(0.0, 0.0003, 2))
    flight = Flight(
        rocket=rocket,
        environment=environment,
        rail_length=design.rail_m,
        inclination=elevation_deg,
        heading=azimuth_deg,
        max_time=200.0,
        rtol=1e-6,
    )
    return {
        "class": design.name,
        "latitude_deg": latitude_deg,
        "ground_m": ground_m,
        "wind_ms": [round(float(w), 3) for w in wind_ms],
        "azimuth_deg": round(azimuth_deg, 4),
        "elevation_deg": round(elevation_deg, 4),
        "ln": [round(float(v), 5) for v in (ln_dv, ln_burn, ln_drag)],
        "cant_deg": round(cant_deg, 3),
        "burn_s": round(burn_s, 5),
        "path": table(np.array(flight.solution, dtype=np.float64)[:, :7], burn_s, ground_m),
    }


def table(solution: np.ndarray, burn_s: float, ground_m: float) -> list[list[float]]:
    """Rows at chosen times in the tangent plane, the turning of the vertical put in, carried on below the ground."""
    t = solution[:, 0]
    end = float(t[-1])
    fine = np.arange(0.0, end, 0.01)
    position = np.array([np.interp(fine, t, solution[:, 1 + i]) for i in range(3)]).T
    turn = -STANDARD_GRAVITY_MS2 * position[:, :2] / EARTH_RADIUS_M
    by_speed = np.cumsum(turn, axis=0) * 0.01
    by_place = np.cumsum(by_speed, axis=0) * 0.01
    times = np.unique(np.round(np.concatenate([np.arange(0, burn_s + 1.0, 0.05), np.arange(0, end, 0.5), [burn_s]]), 5))
    times = times[times < end - 0.3]
    rows = []
    for when in times:
        i = int(np.clip(np.searchsorted(t, when, side="right") - 1, 0, t.size - 2))
        row = hermite(solution[i], solution[i + 1], float(when))
        k = min(int(when / 0.01), fine.size - 1)
        row[:2] += by_place[k]
        row[3:5] += by_speed[k]
        row[2] -= ground_m
        rows.append([round(float(when), 4), *(round(float(v), 2) for v in row)])
    last, before = np.array(rows[-1]), np.array(rows[-3])
    acceleration = (last[4:] - before[4:]) / (last[0] - before[0])
    for ahead in (0.5, 1.0, 2.0, AFTER_GROUND_S):
        place = last[1:4] + last[4:] * ahead + 0.5 * acceleration * ahead**2
        speed = last[4:] + acceleration * ahead
        rows.append([round(float(last[0] + ahead), 4), *(round(float(v), 2) for v in (*place, *speed))])
    return rows


def hermite(a: np.ndarray, b: np.ndarray, when: float) -> np.ndarray:
    """Position and velocity between two rows of a solution."""
    h = b[0] - a[0]
    u = (when - a[0]) / h
    p = (
        (2 * u**3 - 3 * u**2 + 1) * a[1:4]
        + (u**3 - 2 * u**2 + u) * h * a[4:]
        + (3 * u**2 - 2 * u**3) * b[1:4]
        + (u**3 - u**2) * h * b[4:]
    )
    v = (6 * u**2 - 6 * u) / h * (a[1:4] - b[1:4]) + (3 * u**2 - 4 * u + 1) * a[4:] + (3 * u**2 - 2 * u) * b[4:]
    return np.concatenate([p, v])


def main() -> int:
    """Fly and keep."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--count", type=int, default=12, help="flights of each class")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    flights = []
    for design in DESIGNS:
        for k in range(arguments.count):
            rng = np.random.default_rng([arguments.seed, len(design.name), k])
            flights.append(fly(design, rng, latitude_deg=float(rng.uniform(-45, 55))))
            print(
                f"{design.name} {k + 1}/{arguments.count}: {flights[-1]['path'][-5][0]:.1f} s, "
                f"{math.hypot(*flights[-1]['path'][-5][1:3]) / 1e3:.2f} km",
                file=sys.stderr,
            )
    note = "RocketPy 6-DOF flights, made by benchmarks/rocketpy_flights.py; t s, east, north, up m, velocities m/s"
    lines = ",\n".join(json.dumps(flight, separators=(",", ":")) for flight in flights)
    arguments.file.write_text(f'{{"note": {json.dumps(note)}, "seed": {arguments.seed}, "flights": [\n{lines}\n]}}\n')
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
