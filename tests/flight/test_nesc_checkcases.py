"""Ballistics against check cases flown by up to six independent simulations (NASA/TM-2015-218675, appendix B)."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np
import pytest

from marsad.flight import Environment, fall
from marsad.geo.frames import ecef_from_geodetic, enu_axes, geodetic_from_ecef

FOOT_M = 0.3048
AREA_OVER_MASS_M2_KG = 0.018241465452480003 / 14.5939029372
DRAG_COEFFICIENT = 0.1


def environment(cd: float) -> Environment:
    ground = np.full((2, 2), -1000.0)
    return Environment(np.array([0.0, 5.0]), np.array([cd, cd]), ground, 0.0, 0.0, 0.01, 0.01, 0.0, 0.0, 0.0)


def simulations(folder: Path) -> list[np.ndarray]:
    """(row, [time s, height m, latitude rad, longitude rad]) of each simulation."""
    out = []
    for path in sorted(folder.glob("*.csv")):
        with path.open() as stream:
            rows = list(csv.DictReader(stream))
        columns = ("time", "altitudeMsl_ft", "latitude_deg", "longitude_deg")
        table = np.array([[float(row[name]) for name in columns] for row in rows])
        out.append(table * np.array([1.0, FOOT_M, math.pi / 180, math.pi / 180]))
    return out


CASES = {
    # folder, height m, velocity east north up m/s, drag coefficient, tolerance m: the simulations' own spread at 30 s
    "dropped sphere": ("Atmos_01_DroppedSphere", 9144.0, (0.0, 0.0, 0.0), 1e-12, 0.006),
    "sphere with drag": ("Atmos_06_SphereWithDrag", 9144.0, (0.0, 0.0, 0.0), DRAG_COEFFICIENT, 0.27),
    "eastward cannonball": ("Atmos_09_EastwardCannonball", 0.0, (304.8, 0.0, 304.8), DRAG_COEFFICIENT, 1.5),
}


def flown(height_m: float, velocity_enu_ms: tuple[float, float, float], cd: float) -> np.ndarray:
    """(row, [time s, height m, latitude rad, longitude rad]) of our own flight, every tenth of a second."""
    state = np.array([*ecef_from_geodetic(0.0, 0.0, height_m), *(np.array(velocity_enu_ms) @ enu_axes(0.0, 0.0))])
    path = fall(state, AREA_OVER_MASS_M2_KG, environment(cd), 30.0, 0.1)
    places = np.array([geodetic_from_ecef(*row[1:4]) for row in path])
    return np.column_stack([path[:, 0], places[:, 2], places[:, 0], places[:, 1]])


def distance_m(a: np.ndarray, b: np.ndarray) -> float:
    """How far two rows (time, height, latitude, longitude) lie apart near the equator."""
    return float(np.linalg.norm([a[1] - b[1], (a[2] - b[2]) * 6335439.0, (a[3] - b[3]) * 6378137.0]))


# The check cases know J2 only; our normal gravity is the whole field of the ellipsoid.  Its J4 (-2.37e-6, WGS84)
# pulls a body over the equator by 15/8 |J4| g more, two centimetres in 30 s.
J4_MS2 = 15 / 8 * 2.37091e-6 * 9.798


@pytest.mark.parametrize("name", list(CASES))
def test_the_flight_stays_within_the_simulations_spread(shared: Path, name: str) -> None:
    folder, height_m, velocity, cd, tolerance_m = CASES[name]
    theirs = simulations(shared / "data" / "nesc_checkcases" / folder)
    assert len(theirs) >= 5
    mine = flown(height_m, velocity, cd)
    for at_s in (10.0, 20.0, 30.0):
        row = mine[round(at_s * 10)] + np.array([0.0, 0.5 * J4_MS2 * at_s**2, 0.0, 0.0])
        others = [table[np.argmin(np.abs(table[:, 0] - at_s))] for table in theirs]
        middle = np.median(np.array(others), axis=0)
        assert distance_m(row, middle) <= tolerance_m
        assert min(distance_m(row, other) for other in others) <= tolerance_m / 2


def test_a_wrong_earth_would_be_seen(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the turning of the Earth (as in a frame at rest) the dropped sphere lands more than a metre off."""
    folder, height_m, velocity, cd, tolerance_m = CASES["dropped sphere"]
    theirs = simulations(shared / "data" / "nesc_checkcases" / folder)
    row = flown(height_m, velocity, cd)[300]
    other = theirs[0][np.argmin(np.abs(theirs[0][:, 0] - 30.0))]
    straight_down = np.array([row[0], row[1], 0.0, 0.0])
    assert distance_m(straight_down, other) > 100 * tolerance_m
