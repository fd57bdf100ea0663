"""Logged flights of three student rockets as paths: heights from barometer and accelerometer, places from GNSS.

Only the ascent is used: what comes down under a parachute is no ballistic flight.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

FOOT_M = 0.3048


@dataclass(frozen=True)
class Log:
    """A flight from ignition to apogee: seconds after ignition, place; ``burnout_s`` as the log shows it."""

    name: str
    latitude_deg: float
    longitude_deg: float
    time_s: np.ndarray
    height_m: np.ndarray
    north_m: np.ndarray
    east_m: np.ndarray
    burnout_s: float


def _rows(path: Path, columns: tuple[int, ...]) -> np.ndarray:
    return np.genfromtxt(path, delimiter=",", skip_header=1, usecols=columns)


def _fresh(time_s: np.ndarray, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Fixes that are new: a receiver that has lost the sky repeats its last place."""
    new = np.concatenate([[True], np.any(np.diff(places, axis=0) != 0, axis=1)])
    ordered = np.concatenate([[True], np.diff(time_s[new]) > 0])
    return time_s[new][ordered], places[new][ordered]


def _flat(places_deg: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    north = (places_deg[:, 0] - places_deg[0, 0]) * 111_130.0
    east = (places_deg[:, 1] - places_deg[0, 1]) * 111_320.0 * math.cos(math.radians(places_deg[0, 0]))
    return north, east


def _smoothed(t: np.ndarray, z: np.ndarray, knots: np.ndarray) -> np.ndarray:
    """Cubic least-squares spline that starts at rest on the ground, evaluated every 50 ms up to its top."""
    from scipy.interpolate import make_lsq_spline

    inner = np.concatenate([[t[0]] * 4, knots[(knots > t[0]) & (knots < t[-1])], [t[-1]] * 4])
    return np.asarray(make_lsq_spline(t, z, inner, k=3)(np.arange(t[0], t[-1], 0.05)))


def juno3(folder: Path) -> Log:
    """Barometer at 20 Hz (its clock starts at ignition), GNSS at 10 Hz (ignition at 1.75 s)."""
    t, z = _rows(folder / "juno3" / "cots_altimeter.csv", (0, 1)).T
    good = (t >= 1.0) & (t <= 25.0)
    start = np.linspace(0.0, 0.95, 20)
    t, z = np.concatenate([start, t[good]]), np.concatenate([z[good][0] * start**2, z[good]])
    height = _smoothed(t, z, np.array([1.5, 3.0, 4.3, 5.5, 7.5, 10.5, 15.0, 20.0]))
    gnss = _rows(folder / "juno3" / "cots_GNSS.csv", (0, 4, 5))
    # while the motor burns the receiver's own filter wanders (25 m below the pad); it is sound again from 4.5 s on
    sound = (gnss[:, 0] <= 1.7) | ((gnss[:, 0] >= 4.5) & (gnss[:, 0] < 40.0))
    time, places = _fresh(gnss[sound, 0][90:] - 1.75, gnss[sound, 1:][90:])
    return _log("juno3", height, time, places, gnss[0, 1:], burnout_s=4.3)


def _accelerated(path: Path) -> np.ndarray:
    """Height by integrating the accelerometer twice, its drift mended by the barometer from burnout to apogee."""
    t, z, a = _rows(path, (0, 1, 2)).T
    own = (t >= -0.05) & (t <= 23.7)
    t, z, a = t[own] - t[own][0], z[own], a[own]
    speed = np.concatenate([[0.0], np.cumsum(0.5 * (a[1:] + a[:-1]) * np.diff(t))])
    height = np.concatenate([[0.0], np.cumsum(0.5 * (speed[1:] + speed[:-1]) * np.diff(t))])
    coasting = (t > 8.0) & (t < 23.0)
    drift = np.stack([t[coasting] ** 2, t[coasting] ** 3], axis=1)
    mend, *_ = np.linalg.lstsq(drift, z[coasting] - height[coasting], rcond=None)
    height = height + mend[0] * t**2 + mend[1] * t**3
    return np.interp(np.arange(0.0, t[-1], 0.05), t, height)


def camoes(folder: Path) -> Log:
    """Barometer and accelerometer at 100 Hz, GNSS at 5 Hz with gaps."""
    gnss = _rows(folder / "camoes" / "gnss_flight.csv", (0, 1, 2))
    time, places = _fresh(gnss[:, 0] + 0.05, gnss[:, 1:])
    return _log("camoes", _accelerated(folder / "camoes" / "flight_data.csv"), time, places, places[0], burnout_s=4.1)


def genesis(folder: Path) -> Log:
    """Barometer and accelerometer at 100 Hz; GNSS lost from ignition to 79 s: even drift between is assumed."""
    gnss = _rows(folder / "genesis" / "gnss_faraday.csv", (0, 1, 2))
    time, places = _fresh(gnss[:, 0] + 0.05, gnss[:, 1:])
    far = np.hypot(*_flat(places)) > 5.0
    time, places = np.concatenate([[0.0], time[far]]), np.concatenate([places[:1], places[far]])
    height = _accelerated(folder / "genesis" / "flight_data_faraday.csv")
    return _log("genesis", height, time, places, places[0], burnout_s=3.6)


def _log(
    name: str, height: np.ndarray, time: np.ndarray, places: np.ndarray, pad: np.ndarray, *, burnout_s: float
) -> Log:
    top = int(height.argmax())
    t = 0.05 * np.arange(top)
    flying = time > 0.3
    knots = np.concatenate([[0.0], time[flying]])
    north, east = _flat(np.vstack([pad, places[flying]]))
    shares = np.stack([np.interp(t, knots, north), np.interp(t, knots, east)])
    if 0.5 < knots[1] < t[-1]:
        # no fix while the motor burnt: the path leans as the rail did, so it drifts as it rises
        first = int(knots[1] / 0.05)
        shares[:, :first] = shares[:, first : first + 1] * height[:first] / height[first]
    return Log(
        name,
        float(pad[0]),
        float(pad[1]),
        t,
        np.maximum(height[:top], 0.0),
        shares[0],
        shares[1],
        burnout_s,
    )


LOGS = {"juno3": juno3, "camoes": camoes, "genesis": genesis}
