"""Our flights against paths flown by a program that shares no code with them; broken physics is seen there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

CASES = ("m008_medium_b1", "m022_medium_r", "m043_short_rb", "m011_medium_r_away")


@pytest.fixture(scope="module")
def distances_m(shared: Path) -> dict[str, list[float]]:
    script = Path(__file__).with_name("fly_truth.py")
    done = subprocess.run(
        [sys.executable, str(script), str(shared / "cases" / "many"), *CASES],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_true_parameters_fly_the_true_path(distances_m: dict[str, list[float]]) -> None:
    """All the way, within five metres over sixteen kilometres (0.7 to 4.2 m seen; the rail is a simple one)."""
    assert max(distances_m["whole"]) < 5.0


@pytest.mark.parametrize("broken", ["coriolis turned round", "no coriolis", "no centrifugal part", "thin air"])
def test_broken_physics_is_seen(distances_m: dict[str, list[float]], broken: str) -> None:
    """Every law matters: without it each path ends over twenty metres off."""
    assert min(distances_m[broken]) > 20.0
