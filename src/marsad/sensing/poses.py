"""Where moving sensors were: a short history of poses, read at the time of a measurement."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float

_KEPT = 64


@dataclass
class PoseHistory:
    """Reported places of one sensor in site coordinates, in order of their own time stamps."""

    samples: deque[tuple[float, Float[np.ndarray, "3"]]] = field(default_factory=lambda: deque(maxlen=_KEPT))
    sigma_m: float = 0.0

    def add(self, time_s: float, position_m: Float[np.ndarray, "3"], sigma_m: float) -> None:
        """Insert a report at its place in time (reports may come out of order); a repeated stamp is ignored."""
        self.sigma_m = sigma_m
        at = len(self.samples)
        while at and self.samples[at - 1][0] > time_s:
            at -= 1
        if at and self.samples[at - 1][0] == time_s:
            return
        if at == len(self.samples):
            self.samples.append((time_s, position_m))
        elif len(self.samples) < _KEPT:
            self.samples.insert(at, (time_s, position_m))

    def at(self, time_s: float) -> Float[np.ndarray, "3"] | None:
        """Place at a time: interpolated, or carried on with the last velocity for at most two seconds."""
        held = self.samples
        if not held:
            return None
        for later in range(len(held) - 1, 0, -1):
            if held[later - 1][0] <= time_s:
                return _between(held[later - 1], held[later], min(time_s, held[later][0] + 2.0))
        return held[0][1]


def _between(
    before: tuple[float, Float[np.ndarray, "3"]], after: tuple[float, Float[np.ndarray, "3"]], time_s: float
) -> Float[np.ndarray, "3"]:
    share = (time_s - before[0]) / max(after[0] - before[0], 1e-6)
    return before[1] + share * (after[1] - before[1])
