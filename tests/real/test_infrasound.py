"""A real explosion (Utah, 2004-06-02) among other bangs, heard by four arrays 400 to 900 km away."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from marsad.trajectory.bang import Report, distance_and_azimuth, locate_bang

TRUE_LAT_DEG, TRUE_LON_DEG, TRUE_TIME = 41.131, -112.896, datetime(2004, 6, 2, 17, 23, 4, tzinfo=UTC)


def reports(path: Path) -> list[Report]:
    return [
        Report(
            f"{d['Latitude']},{d['Longitude']}",
            math.radians(d["Latitude"]),
            math.radians(d["Longitude"]),
            (datetime.fromisoformat(d["Peak F-Stat Time (UTC)"]).replace(tzinfo=UTC) - TRUE_TIME).total_seconds(),
            math.radians(d["Back Azimuth"]),
        )
        for d in json.loads(path.read_text())
    ]


def test_the_explosion_is_found_among_other_bangs(shared: Path) -> None:
    heard = reports(shared / "data" / "infrasound" / "example1.dets.json")
    bang = locate_bang(heard)
    assert bang is not None
    assert len(bang.used) == 4
    error_m, _ = distance_and_azimuth(
        bang.latitude_rad, bang.longitude_rad, math.radians(TRUE_LAT_DEG), math.radians(TRUE_LON_DEG)
    )
    assert error_m < 40e3
    assert abs(bang.time_s) < 180.0
    d = np.array(
        [
            (math.radians(TRUE_LON_DEG) - bang.longitude_rad) * 6.371e6 * math.cos(bang.latitude_rad),
            (math.radians(TRUE_LAT_DEG) - bang.latitude_rad) * 6.371e6,
            -bang.time_s,
        ]
    )
    assert d @ np.linalg.solve(bang.covariance, d) < 11.3  # 99 % of three dimensions


def test_bangs_that_do_not_belong_together_make_none(shared: Path) -> None:
    heard = reports(shared / "data" / "infrasound" / "example1.dets.json")
    bang = locate_bang(heard)
    assert bang is not None
    others = [report for index, report in enumerate(heard) if index not in bang.used]
    assert locate_bang(others, least_arrays=4) is None


@pytest.mark.parametrize("noise", [0.0, 1.0])
def test_a_made_up_bang_is_found_back(noise: float) -> None:
    rng = np.random.default_rng(4)
    made = []
    for k, (lat, lon) in enumerate([(0.70, 0.30), (0.62, 0.25), (0.66, 0.42), (0.75, 0.38)]):
        distance, azimuth = distance_and_azimuth(lat, lon, 0.68, 0.34)
        celerity = 290.0 + noise * 25.0 * rng.standard_normal()
        turned = azimuth + noise * math.radians(4.0) * rng.standard_normal()
        made.append(Report(str(k), lat, lon, 50.0 + distance / celerity, turned))
    bang = locate_bang(made)
    assert bang is not None
    east_m = (0.34 - bang.longitude_rad) * 6.371e6 * math.cos(0.68)
    d = np.array([east_m, (0.68 - bang.latitude_rad) * 6.371e6, 50.0 - bang.time_s])
    assert d @ np.linalg.solve(bang.covariance, d) < (11.3 if noise else 0.01)
