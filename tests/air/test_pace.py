"""A crowded picture is described less often, never later than an alarm may be."""

from __future__ import annotations

from marsad.air import pace_s
from marsad.air.state import CROWD


def test_nothing_waits_below_a_crowd_and_never_for_long():
    assert pace_s(CROWD) == 0.0
    assert 0.0 < pace_s(CROWD + 1) < pace_s(CROWD + 20) < 0.25
    assert pace_s(4000) == 0.25


def test_the_work_of_a_second_does_not_grow_with_the_tracks():
    work = [tracks / pace_s(tracks) for tracks in range(CROWD + 1, 3 * CROWD // 2)]
    assert work == sorted(work, reverse=True)
