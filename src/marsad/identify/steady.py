"""Does it hold its height and its speed?  A small drone's autopilot does; who glides, lands or climbs does not."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field

import numpy as np

_LEAST_LOOKS = 5
_NOISE_PART = 0.35  # of the speed's standard deviation, what a filter's speeds spread about a constant one (measured)


@dataclass(frozen=True)
class Look:
    """What one look showed of a track: height above the ground, climb, speed with its standard deviation."""

    time_s: float
    height_m: float
    climb_ms: float
    speed_ms: float
    speed_sigma_ms: float


@dataclass
class Looks:
    """The last looks at one track, the newest last."""

    kept: deque[Look] = field(default_factory=deque)

    def add(self, look: Look, keep_s: float) -> None:
        """Keep a look, and the earlier ones of the last ``keep_s`` with one before them."""
        self.kept.append(look)
        while len(self.kept) > 2 and self.kept[1].time_s <= look.time_s - keep_s:
            self.kept.popleft()

    def copy(self) -> Looks:
        """The same looks, to be added to apart."""
        return Looks(self.kept.copy())

    def holds(self, for_s: float, climb_ms: float, spread_ms: float) -> bool:
        """Whether height and speed were held over the last ``for_s`` seconds.

        Parameters
        ----------
        for_s
            Seconds; the looks must reach back so far.
        climb_ms
            Mean climb or descent that still counts as level, above the ground or above the sea.
        spread_ms
            Standard deviation of the speed that still counts as one speed, beside what the sensors' noise makes.
        """
        rows = []
        for look in reversed(self.kept):
            rows.append((look.time_s, look.height_m, look.climb_ms, look.speed_ms, look.speed_sigma_ms))
            if rows[0][0] - look.time_s >= for_s and len(rows) >= _LEAST_LOOKS:
                break
        else:
            return False
        time, height, climb, speed, sigma = np.array(rows).T
        noise_ms = _NOISE_PART * math.sqrt(float((sigma * sigma).mean()))
        if float(speed.std()) > math.hypot(spread_ms, noise_ms):
            return False
        since = time - time.mean()
        above_ground_ms = float((since * height).sum() / (since * since).sum())
        return min(abs(above_ground_ms), abs(float(climb.mean()))) <= climb_ms
