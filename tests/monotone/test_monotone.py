"""Protection is monotone: nothing clever alarms less than the plain rows do."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from marsad.terms import Tick
from monotone.alarms import Alarm, gaps
from monotone.nights import as_far_as

NIGHTS = int(os.environ.get("NIGHTS", "30"))
"""`make monotone NIGHTS=300` looks at more."""
AT_A_PLACE = 5
"""Nights of one place are run by one process: making the place costs a second."""


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, NIGHTS, AT_A_PLACE))
def test_every_alarm_of_the_plain_rows_is_given_and_stands(first: int) -> None:
    count = min(AT_A_PLACE, NIGHTS - first)
    script = Path(__file__).with_name("watch_nights.py")
    ran = subprocess.run([sys.executable, script, str(first), str(count)], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr[-2000:]
    nights = [json.loads(line) for line in ran.stdout.splitlines() if line.startswith("{")]
    assert len(nights) == count
    less = [night for night in nights if night["gaps"]]
    assert less == [], "\n".join(f"{night['is']}: {night['gaps']}" for night in less)


def test_a_night_is_followed_past_its_last_alarm() -> None:
    arrived = [Tick(arrival_utc_ns=s * 1_000_000_000) for s in range(10)]
    assert as_far_as(arrived, 4.0) == arrived[:6]
    assert as_far_as(arrived, 4.5) == arrived[:6]
    assert as_far_as(arrived, 20.0) == arrived


def _alarm(begin_s: float, end_s: float, zone_id: str = "Z1") -> Alarm:
    return Alarm(zone_id, begin_s, end_s, ())


@pytest.mark.parametrize(
    "product",
    [
        [],
        [_alarm(12.0, 60.0)],
        [_alarm(10.0, 50.0)],
        [_alarm(10.0, 30.0), _alarm(32.0, 60.0)],
        [_alarm(10.0, 60.0, "Z2")],
    ],
)
def test_less_than_the_plain_rows_is_seen(product: list[Alarm]) -> None:
    assert len(gaps(product, [_alarm(10.0, 60.0)])) == 1


@pytest.mark.parametrize("product", [[_alarm(10.9, 60.0)], [_alarm(5.0, 20.0), _alarm(20.0, 90.0)]])
def test_as_much_and_more_is_not_less(product: list[Alarm]) -> None:
    assert gaps(product, [_alarm(10.0, 60.0)]) == []
