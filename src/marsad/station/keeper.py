"""The station's clock."""

from __future__ import annotations

import time


class Timekeeper:
    """The wall clock when it was started, carried on by the monotonic clock, so that no step of the wall is taken over.

    Parameters
    ----------
    speed
        Seconds of the station per second.
    start_utc_ns, at_utc_ns
        Time of the station (default: the wall's) at a moment of the wall clock (default: now).
    """

    def __init__(self, speed: float = 1.0, start_utc_ns: int | None = None, at_utc_ns: int | None = None) -> None:
        wall, self._monotonic_ns = time.time_ns(), time.monotonic_ns()
        self.speed = speed
        start = wall if start_utc_ns is None else start_utc_ns
        passed = 0 if at_utc_ns is None else wall - at_utc_ns
        self._start_ns = start + round(passed * speed)
        self._is_the_walls = speed == 1.0 and start_utc_ns is None

    def utc_ns(self) -> int:
        """Give the time in nanoseconds UTC."""
        return self._start_ns + round((time.monotonic_ns() - self._monotonic_ns) * self.speed)

    def clock_off_s(self) -> float:
        """Give by how much the wall clock was set since the start; 0 for a time that never was the wall's."""
        return (time.time_ns() - self.utc_ns()) / 1e9 if self._is_the_walls else 0.0
