"""What sensors see is worked out again for those that moved, and for no other."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from marsad import samples
from marsad.station import coverage
from marsad.station.health import SensorHealth
from marsad.terms import Geodetic

SITE = samples.gas_plant()


def test_only_what_moved_is_worked_out_again(monkeypatch: pytest.MonkeyPatch) -> None:
    worked: list[str] = []
    real = coverage._feature

    def feature(terrain: Any, known: SensorHealth, height_agl_m: float | None) -> Any:
        worked.append(known.sensor.sensor_id)
        return real(terrain, known, height_agl_m)

    monkeypatch.setattr(coverage, "_feature", feature)
    sensors = [SensorHealth(s) for s in SITE.sensors if s.sensor_id in ("EO-D1", "RD-1")]
    covered = coverage.KnownCoverage(SITE.terrain)
    first = covered(sensors)
    assert sorted(worked) == ["EO-D1", "RD-1"]
    here = next(s.position for s in SITE.sensors if s.sensor_id == "EO-D1")
    moved = [
        replace(known, position=_north_of(here, metres)) if known.sensor.is_mobile else known
        for metres in (coverage.MOVED_M - 10.0, coverage.MOVED_M + 100.0)
        for known in sensors
    ]
    assert covered(moved[:2]) == first
    assert sorted(worked) == ["EO-D1", "RD-1"]
    after = covered(moved[2:])
    assert worked[2:] == ["EO-D1"]
    assert after != first
    assert covered(sensors, 500.0) != first, "another height is another question"


def _north_of(place: Geodetic, metres: float) -> Geodetic:
    return Geodetic(
        latitude_rad=place.latitude_rad + metres / coverage.EARTH_M,
        longitude_rad=place.longitude_rad,
        height_m=place.height_m,
    )


def test_a_circle_of_hearing_follows_its_microphones() -> None:
    sensor = next(s for s in SITE.sensors if s.kind == "acoustic")
    known = SensorHealth(sensor, position=_north_of(sensor.position, 1000.0))
    ring = coverage.coverage(SITE.terrain, [known])["features"][0]["geometry"]["coordinates"][0]
    middle_deg = sum(lat for _, lat in ring[:-1]) / (len(ring) - 1)
    assert middle_deg == pytest.approx(math.degrees(_north_of(sensor.position, 1000.0).latitude_rad), abs=1e-5)
