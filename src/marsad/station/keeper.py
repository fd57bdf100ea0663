"""The station's clock."""

from __future__ import annotations

import mmap
import time
from pathlib import Path
from typing import Protocol

_OFFSET, _REACHED, _SAID_AT = range(3)
"""Places of the three numbers (64-bit integers, nanoseconds) in a shared clock's file."""
_BYTES = 3 * 8
_HEARD_NS = 2_000_000_000
"""How long a shared clock waits for a player that says nothing more: a busy process comes back, a dead one never."""


class Keeper(Protocol):
    """A clock of the station."""

    speed: float

    def utc_ns(self) -> int:
        """Give the time in nanoseconds UTC."""

    def clock_off_s(self) -> float:
        """Give by how much the wall clock was set since the start; 0 for a time that never was the wall's."""

    def may_reach(self, utc_ns: int) -> None:
        """Say up to what time all that belongs to it has been said."""


class Timekeeper:
    """The wall clock when it was started, carried on by the monotonic clock, so that no step of the wall is taken over.

    Parameters
    ----------
    speed
        Seconds of the station per second.
    start_utc_ns
        Time of the station now (default: the wall's).
    """

    def __init__(self, speed: float = 1.0, start_utc_ns: int | None = None) -> None:
        wall, self._monotonic_ns = time.time_ns(), time.monotonic_ns()
        self.speed = speed
        self._start_ns = wall if start_utc_ns is None else start_utc_ns
        self._is_the_walls = speed == 1.0 and start_utc_ns is None

    def utc_ns(self) -> int:
        """Give the time in nanoseconds UTC."""
        return self._start_ns + round((time.monotonic_ns() - self._monotonic_ns) * self.speed)

    def clock_off_s(self) -> float:
        """Give by how much the wall clock was set since the start; 0 for a time that never was the wall's."""
        return (time.time_ns() - self.utc_ns()) / 1e9 if self._is_the_walls else 0.0

    def may_reach(self, utc_ns: int) -> None:
        """Nothing holds the wall's clock up."""


class SharedTimekeeper:
    """The clock of a night that is played by another process: it stands still where either does not keep up.

    So a machine that is too busy for the speed asked for slows the night down, and no message arrives late.  The time
    is ``offset + speed · monotonic``, at most what the player has said that it may reach; where it is held there, the
    offset follows.  All is kept in a file that both have mapped; each number is written in one piece (a view of native
    integers: ``struct`` with a stated byte order writes byte by byte, and half a time is 1,100 s off).

    Parameters
    ----------
    path
        The file, made here if ``start_utc_ns`` is given, else opened.
    speed
        Seconds of the station per second, as asked for.
    start_utc_ns
        What the clock shows now.
    """

    def __init__(self, path: Path, speed: float, start_utc_ns: int | None = None) -> None:
        self.speed = speed
        self._is_owner = start_utc_ns is not None
        if self._is_owner:
            path.write_bytes(bytes(_BYTES))
        with path.open("r+b") as file:
            self._shared = memoryview(mmap.mmap(file.fileno(), _BYTES)).cast("q")
        self.held_ns = 0
        """For how long (of the station's time) the clock was held up."""
        if start_utc_ns is not None:
            self._put(_OFFSET, start_utc_ns - self._passed())

    def utc_ns(self) -> int:
        """Give the time in nanoseconds UTC."""
        passed = self._passed()
        now = self._get(_OFFSET) + passed
        said_at, reached = self._get(_SAID_AT), self._get(_REACHED)
        if said_at == 0 or now <= reached or time.monotonic_ns() - said_at > _HEARD_NS:
            return now
        if self._is_owner:
            self._put(_OFFSET, reached - passed)
            self.held_ns += now - reached
        return reached

    def clock_off_s(self) -> float:
        """Give 0: this time never was the wall's."""
        return 0.0

    def may_reach(self, utc_ns: int) -> None:
        """Say, as the player, up to what time all has been said and heard."""
        self._put(_REACHED, utc_ns)
        self._put(_SAID_AT, time.monotonic_ns())

    def _passed(self) -> int:
        return round(time.monotonic_ns() * self.speed)

    def _get(self, place: int) -> int:
        return self._shared[place]

    def _put(self, place: int, value: int) -> None:
        self._shared[place] = value
