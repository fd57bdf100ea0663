"""Two real fireballs: one with an authority's solution, one whose azimuth convention only its convergence tells."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from marsad.geo import ecef_from_geodetic, enu_axes, geodetic_from_ecef
from marsad.trajectory.straight import Sights, fit_straight, plane_start, ranges_m

Place = tuple[float, float, float]


def table(lines: list[str], title: str) -> list[list[str]]:
    """Rows of a comma-separated table of the report under its title."""
    first = next(i for i, line in enumerate(lines) if line.strip() == title) + 3
    rows = []
    for line in lines[first:]:
        if line.count(",") < 5:
            break
        rows.append([cell.strip() for cell in line.split(",")])
    return rows


def solved_report(folder: Path) -> Sights:
    """Bearings of the report's four observers (azimuth from north, eastwards)."""
    lines = (folder / "20191023_091225_report.txt").read_text().split("\n")
    stations = {
        r[0]: (math.radians(float(r[3])), math.radians(float(r[2])), float(r[4])) for r in table(lines, "Stations")
    }
    points = table(lines, "Points")
    names = list(stations)
    return Sights(
        np.array([names.index(p[1]) for p in points]),
        np.array([float(p[3]) for p in points]),
        np.radians([float(p[7]) for p in points]),
        np.radians([float(p[8]) for p in points]),
        np.array([ecef_from_geodetic(*stations[n]) for n in names]),
        np.array([enu_axes(*stations[n][:2]) for n in names]),
    )


def test_four_observers_fireball_matches_the_report(shared: Path) -> None:
    seen = solved_report(shared / "data" / "cmn_fireball")
    path = fit_straight(seen, angle_sigma_rad=1.5e-4)
    assert path is not None
    # its own residuals: 17, 10, 56, 16 arc seconds
    assert math.degrees(path.angle_rms_rad) * 3600 < 40.0
    for time_s, lat_deg, lon_deg, height_m in (
        (seen.time_s.min(), 44.130722, -81.320617, 116073.39),  # begin and end points of the report, ± 119 m, ± 34 m
        (seen.time_s.max(), 44.223704, -81.362106, 96207.08),
    ):
        there = np.array(ecef_from_geodetic(math.radians(lat_deg), math.radians(lon_deg), height_m))
        assert np.linalg.norm(path.position_at(float(time_s)) - there) < 60.0
    lat, lon, _ = geodetic_from_ecef(*path.position_at(0.0))
    e, n, u = -(enu_axes(lat, lon) @ path.velocity_ms) / np.linalg.norm(path.velocity_ms)
    assert math.degrees(math.atan2(e, n)) == pytest.approx(162.211, abs=0.11)  # radiant, ground-fixed: ± 0.113
    assert math.degrees(math.asin(u)) == pytest.approx(61.003, abs=0.47)  # ± 0.466
    assert np.linalg.norm(path.velocity_ms) == pytest.approx(67245.84, abs=157.0)  # mean speed, ± 157 m/s


def croatian(folder: Path, offset_deg: float, turn: int) -> Sights:
    """Bearings of the two stations, their azimuths counted from ``offset_deg`` in the sense of ``turn``."""
    station, time, azimuth, elevation, place, axes = [], [], [], [], [], []
    for k, name in enumerate(("M_2017030506APO0001.txt", "M_2017030506KOP0001.txt")):
        lines = (folder / name).read_text().split("\n")
        head = {line.split(":", 1)[0]: line.split(":", 1)[1].split() for line in lines[:6]}
        at = (math.radians(float(head["Lati"][0])), math.radians(float(head["Long"][0])), float(head["Height"][0]))
        place.append(ecef_from_geodetic(*at))
        axes.append(enu_axes(*at[:2]))
        for line in lines[6:]:
            if line.strip():
                day, a, e, _ = (float(cell) for cell in line.split())
                station.append(k)
                time.append((day - 2457818.4514367362) * 86400)
                azimuth.append(math.radians(offset_deg + turn * a))
                elevation.append(math.radians(e))
    return Sights(*(np.array(c) for c in (station, time, azimuth, elevation, place, axes)))


def test_convergence_tells_how_two_stations_count_azimuth(shared: Path) -> None:
    """Only "from north, clockwise" lets both stations look at one line in front of both, that comes down."""
    folder = shared / "data" / "cmn_fireball"
    possible = []
    for offset_deg in (0.0, 180.0):
        for turn in (1, -1):
            seen = croatian(folder, offset_deg, turn)
            start = plane_start(seen)
            if start is not None and ranges_m(seen, start).min() > 0:
                _, _, sinks = enu_axes(*geodetic_from_ecef(*start.position_m)[:2]) @ start.velocity_ms
                assert sinks < 0
                possible.append((offset_deg, turn))
    assert possible == [(0.0, 1)]


def test_the_two_stations_clocks_differ(shared: Path) -> None:
    """Held equal, no straight path fits; freed, the second station's clock is 4 to 5 s off the first's."""
    seen = croatian(shared / "data" / "cmn_fireball", 0.0, 1)
    held, freed = fit_straight(seen), fit_straight(seen, clock_sigma_s=5.0)
    assert freed is not None
    assert held is None or held.angle_rms_rad > 10 * freed.angle_rms_rad
    assert 3.5 < abs(freed.clock_s[1]) < 5.5
