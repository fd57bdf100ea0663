"""Scans: plots that belong together go together, whatever the radar's clock and the order of arrival."""

from __future__ import annotations

import numpy as np
import pytest

from marsad.air.scans import Scan, ScanBuffer, add_plot, is_doubled, take_complete
from marsad.terms import Plot


def _plot(name: str, time_s: float, range_m: float = 4000.0) -> Plot:
    return Plot(
        sensor_id="RD-1",
        detection_id=name,
        time_utc_ns=round(time_s * 1e9),
        arrival_utc_ns=round((time_s + 0.3) * 1e9),
        range_m=range_m,
        azimuth_rad=1.0,
        elevation_rad=0.1,
        covariance=(400.0, 0.0, 0.0, 3.6e-5, 0.0, 3.6e-5),
    )


def _run(stamps: list[tuple[float, float]], until_s: float, is_alive: bool = True) -> list[Scan]:
    """Feed (stamp, arrival) pairs in order of arrival and collect the scans."""
    buffer, out = ScanBuffer(period_s=1.0, latency_s=0.3), []
    events = sorted(stamps, key=lambda pair: pair[1])
    now = 0.0
    while now < until_s:
        now += 0.05
        while events and events[0][1] <= now:
            stamp, arrival = events.pop(0)
            late = add_plot(buffer, _plot(f"p{stamp}", stamp), stamp, arrival)
            out += [] if late is None else [late]
        out += take_complete(buffer, now, is_alive)
    return out


def test_jittered_plots_of_one_look_make_one_scan() -> None:
    rng = np.random.default_rng(1)
    stamps = [(k + 0.4 + rng.uniform(-0.2, 0.2), k + 0.95) for k in range(20) for _ in range(5)]
    sizes = [len(scan.plots) for scan in _run(stamps, 22.0)]
    assert sum(sizes) == 100
    assert sizes.count(5) >= 17


def test_a_look_that_found_nothing_is_said_while_the_radar_lives() -> None:
    stamps = [(k + 0.4, k + 0.7) for k in range(12) if k not in (5, 6)]
    assert [len(scan.plots) for scan in _run(stamps, 12.0)].count(0) >= 2
    assert 0 not in [len(scan.plots) for scan in _run(stamps, 12.0, is_alive=False)]


def test_a_late_plot_goes_alone_and_is_said_to_be_late() -> None:
    stamps = [(k + 0.4, k + 0.7) for k in range(8)] + [(3.35, 7.2)]
    late = [scan for scan in _run(stamps, 9.0) if scan.is_late]
    assert [scan.plots[0][0] for scan in late] == [3.35]


@pytest.mark.parametrize("clock_s", [-3.0, 3.0])
def test_a_wrong_clock_neither_stops_nor_splits_the_scans(clock_s: float) -> None:
    stamps = [(k + 0.4 + clock_s, k + 0.7) for k in range(20) for _ in range(3)]
    scans = _run(stamps, 22.0)
    assert sum(len(scan.plots) for scan in scans) == 60


def test_a_doubled_plot_is_known_by_its_id_and_by_its_numbers() -> None:
    buffer = ScanBuffer(period_s=1.0, latency_s=0.3)
    assert not is_doubled(buffer, _plot("a", 1.0))
    assert is_doubled(buffer, _plot("a", 1.0))
    assert is_doubled(buffer, _plot("b", 1.0))
    assert not is_doubled(buffer, _plot("c", 1.0, range_m=4001.0))


def test_a_turn_full_of_plots_stays_one_scan_when_the_phase_is_left_alone() -> None:
    """Of 120 plots a turn the last ten lie together wherever the beam is: a phase that follows them loses the scans."""
    late = {}
    for learns in (True, False):
        buffer = ScanBuffer(period_s=1.0, latency_s=0.3)
        late[learns] = 0
        for k in range(600):
            stamp_s = k / 120
            take_complete(buffer, stamp_s + 0.3, True, 0.5)
            one = add_plot(buffer, _plot(f"p{k}", stamp_s), stamp_s, stamp_s + 0.3, learns_phase=learns)
            late[learns] += one is not None
    assert late[False] == 0
    assert late[True] > 100
