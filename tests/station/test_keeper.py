"""The clock of a night that another process plays."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from marsad.station import keeper
from marsad.station.keeper import SharedTimekeeper

START_NS = 1_800_000_000_000_000_000
SECOND_NS = 1_000_000_000


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The machine's monotonic clock, to be moved by hand."""
    now = [10**15]
    monkeypatch.setattr(time, "monotonic_ns", lambda: now[0])
    return now


def _both(folder: Path, speed: float) -> tuple[SharedTimekeeper, SharedTimekeeper]:
    return SharedTimekeeper(folder / "clock", speed, START_NS), SharedTimekeeper(folder / "clock", speed)


def test_both_show_the_same_time_at_the_speed_asked_for(tmp_path: Path, machine: list[int]) -> None:
    station, player = _both(tmp_path, 20.0)
    machine[0] += SECOND_NS
    assert station.utc_ns() == player.utc_ns() == START_NS + 20 * SECOND_NS


def test_the_clock_stands_still_until_the_player_comes_on_and_then_does_not_jump(
    tmp_path: Path, machine: list[int]
) -> None:
    station, player = _both(tmp_path, 20.0)
    player.may_reach(START_NS + SECOND_NS)
    machine[0] += SECOND_NS
    assert station.utc_ns() == player.utc_ns() == START_NS + SECOND_NS
    assert station.held_ns == 19 * SECOND_NS
    player.may_reach(START_NS + 9 * SECOND_NS)
    assert station.utc_ns() == player.utc_ns() == START_NS + SECOND_NS
    machine[0] += SECOND_NS // 10
    assert station.utc_ns() == player.utc_ns() == START_NS + 3 * SECOND_NS


def test_a_player_that_is_gone_holds_nothing_up(tmp_path: Path, machine: list[int]) -> None:
    station, player = _both(tmp_path, 1.0)
    player.may_reach(START_NS)
    machine[0] += SECOND_NS
    assert station.utc_ns() == START_NS
    machine[0] += keeper._HEARD_NS
    later = station.utc_ns()
    machine[0] += SECOND_NS
    assert station.utc_ns() == later + SECOND_NS
