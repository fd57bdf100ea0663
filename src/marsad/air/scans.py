"""Plots gathered into scans: what one radar saw in one revolution, handed on when it is complete.

Plots of one scan arrive scattered over some tenths of a second and carry stamps of their own.  A tracker wants the
whole look at once, since what is missing from it counts too.  Stamps are folded by the radar's period; the scan is
handed on when its plots should have arrived.  A plot that comes later goes alone, and then silence counts nothing.
"""

from __future__ import annotations

import cmath
import math
from collections import deque
from dataclasses import dataclass, field

from marsad.terms import Plot

DEFAULT_PERIOD_S = 1.0
_REMEMBERED = 4096


@dataclass
class ScanBuffer:
    """Plots of one radar waiting for their scan to be complete.

    ``phase_s`` is where scan centres lie within the period (learnt from the stamps); ``handed_until`` the number of
    the last scan handed on; ``recent`` and ``order`` the ids and measurements of the last plots, to know a doubled one.
    """

    period_s: float
    latency_s: float
    phase_s: float | None = None
    middle: complex = 0j
    waiting: dict[int, list[tuple[float, Plot]]] = field(default_factory=dict)
    handed_until: int | None = None
    recent: set[tuple[object, ...]] = field(default_factory=set)
    order: deque[tuple[tuple[object, ...], tuple[object, ...]]] = field(default_factory=deque)
    first_arrival_s: dict[int, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Scan:
    """One complete look: its nominal time and its plots with their (corrected) times."""

    time_s: float
    plots: tuple[tuple[float, Plot], ...]
    is_late: bool = False


def is_doubled(buffer: ScanBuffer, plot: Plot) -> bool:
    """Say whether this plot was delivered before, under its id or another; remembers it if not."""
    keys: tuple[tuple[object, ...], tuple[object, ...]] = (
        ("id", plot.detection_id),
        ("value", plot.time_utc_ns, plot.range_m, plot.azimuth_rad),
    )
    if not buffer.recent.isdisjoint(keys):
        return True
    buffer.recent.update(keys)
    buffer.order.append(keys)
    if len(buffer.order) > _REMEMBERED:
        buffer.recent.difference_update(buffer.order.popleft())
    return False


def add_plot(
    buffer: ScanBuffer, plot: Plot, time_s: float, arrival_s: float, *, learns_phase: bool = True
) -> Scan | None:
    """Put a plot into its scan; if that scan is gone already, give it back as a late scan of its own.

    ``learns_phase``: not where one turn holds so many plots that the last ten lie in a part of it: what would be
    followed then is the beam itself, and nearly every plot would find its scan gone.
    """
    if buffer.phase_s is None:
        buffer.phase_s = time_s % buffer.period_s
    if learns_phase:
        _learn_phase(buffer, time_s)
    number = scan_number(buffer, time_s)
    if buffer.handed_until is not None and number <= buffer.handed_until:
        return Scan(time_s=time_s, plots=((time_s, plot),), is_late=True)
    buffer.waiting.setdefault(number, []).append((time_s, plot))
    buffer.first_arrival_s.setdefault(number, arrival_s)
    return None


def scan_number(buffer: ScanBuffer, time_s: float) -> int:
    """Number of the scan that a stamp belongs to."""
    assert buffer.phase_s is not None
    return round((time_s - buffer.phase_s) / buffer.period_s)


def scan_time(buffer: ScanBuffer, number: int) -> float:
    """Nominal time of a scan, in seconds."""
    assert buffer.phase_s is not None
    return number * buffer.period_s + buffer.phase_s


def _learn_phase(buffer: ScanBuffer, time_s: float) -> None:
    """Follow the middle of the stamps (their circular mean), so that a jitter about it stays inside one scan.

    A radar that turns steadily has no middle; then the phase stays where it is.
    """
    assert buffer.phase_s is not None
    turn = 2.0 * math.pi / buffer.period_s
    buffer.middle = 0.9 * buffer.middle + 0.1 * cmath.exp(1j * turn * time_s)
    if abs(buffer.middle) > 0.3:
        wanted = cmath.phase(buffer.middle * cmath.exp(-1j * turn * buffer.phase_s)) / turn
        buffer.phase_s += 0.5 * wanted


def take_complete(
    buffer: ScanBuffer, now_s: float, is_alive: bool, spread: float = 0.25, heard_s: float = math.inf
) -> list[Scan]:
    """Hand on the scans whose plots should all have arrived by now, empty ones too while the radar lives.

    A scan is empty only if the radar has said something of a later time: what it says comes in order, and a link that
    keeps it back for some seconds has seen nothing vanish.

    ``spread``: within what part of the period before and after a scan's nominal time its stamps lie; what is beyond
    comes alone, which costs more the more there is.  ``heard_s``: the latest stamp of anything that the radar has said.

    A scan is complete when the spread, the radar's latency and an allowance for its
    scatter have passed since its nominal time.  Stamps of a radar whose clock is wrong would make scans wait for ever
    or never; so a scan is also complete when the allowance has passed since its first plot arrived.
    """
    if buffer.phase_s is None:
        return []
    allowance = spread * buffer.period_s + buffer.latency_s + 0.15
    last_due = int((now_s - allowance - buffer.phase_s) // buffer.period_s)
    scans: list[Scan] = []
    held = sorted(number for number in buffer.waiting if _is_due(buffer, number, now_s, last_due, spread))
    if buffer.handed_until is None:
        if not held:
            return []
        buffer.handed_until = held[0] - 1
    last_silent = min(last_due, buffer.handed_until + 3) if is_alive else buffer.handed_until
    while last_silent > buffer.handed_until and scan_time(buffer, last_silent) + spread * buffer.period_s > heard_s:
        last_silent -= 1
    newest = max([*held, last_silent])
    for number in range(max(buffer.handed_until + 1, newest - 8), newest + 1):
        plots = buffer.waiting.pop(number, [])
        buffer.first_arrival_s.pop(number, None)
        if plots or is_alive:
            scans.append(Scan(time_s=scan_time(buffer, number), plots=tuple(sorted(plots, key=lambda item: item[0]))))
    buffer.handed_until = max(buffer.handed_until, newest)
    for number in [n for n in buffer.waiting if n <= buffer.handed_until]:
        for time_s, plot in buffer.waiting.pop(number):
            scans.append(Scan(time_s=time_s, plots=((time_s, plot),), is_late=True))
        buffer.first_arrival_s.pop(number, None)
    return scans


def _is_due(buffer: ScanBuffer, number: int, now_s: float, last_due: int, spread: float) -> bool:
    return number <= last_due or now_s - buffer.first_arrival_s[number] > 2.0 * spread * buffer.period_s + 0.15
