"""Protection is monotone: nothing clever alarms less than the plain rows do."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from monotone.alarms import Alarm, gaps
from monotone.nights import load_of

NIGHTS = int(os.environ.get("NIGHTS", "30"))
"""`make monotone NIGHTS=300` looks at more."""
STILL_LATE_S = {24: 4.5}
"""Nights with later alarms, and by how much at most: three rockets 0.15 s apart that one radar alone sees,
in a crowd of unknown objects and over a link that held everything back, wait for their searches; no zone is missed."""
AT_A_PLACE = 5
"""Nights of one place are run by one process: making the place costs a second."""


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, NIGHTS, AT_A_PLACE))
def test_every_alarm_of_the_plain_rows_is_given_and_stands(first: int) -> None:
    nights = _watched(first, min(AT_A_PLACE, NIGHTS - first))
    less = [night for night in nights if any(_is_too_long(gap, night["night"]) for gap in night["gaps"])]
    assert less == [], "\n".join(f"{night['is']}: {night['gaps']}" for night in less)
    idle = [night["is"] for night in nights if load_of(night["night"]) and not night["put_off"]]
    assert idle == [], "nights that are to be overloaded and are not"


@pytest.mark.slow
def test_a_launch_that_overload_costs_is_seen() -> None:
    """The first night of random plots, with a product that never comes to what it has put off."""
    number = next(number for number in range(NIGHTS) if load_of(number) == "plots")
    (night,) = _watched(number, 1, "--no-searches")
    assert night["gaps"]


def _is_too_long(gap: dict[str, Any], number: int) -> bool:
    return bool(gap["end_s"] - gap["begin_s"] > STILL_LATE_S.get(number, 0.0))


def _watched(first: int, count: int, *options: str) -> list[dict[str, Any]]:
    script = Path(__file__).with_name("watch_nights.py")
    command = [sys.executable, script, str(first), str(count), *options]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr[-2000:]
    nights = [json.loads(line) for line in ran.stdout.splitlines() if line.startswith("{")]
    assert len(nights) == count
    return nights


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
