"""Does it hold its height and its speed?  A small drone's autopilot does; who glides, lands or climbs does not.

What a track shows over ``BLOCK_S`` is one piece of evidence: how its speeds spread about their mean, and how it climbs
on the mean, each as a likelihood ratio of "uncrewed, on its way" against "crewed, low and slow".  Pieces are summed up
over the track's life and fade, so that a steady approach stays shown while its end is flown otherwise.

The densities are those of simulated drones and of recorded low, slow, silent aircraft (ADS-B) through one and the same
simulated radar, 372 and 487 pieces: standard deviation of the speed over 30 s 0.8 against 3.4 m/s (medians), mean climb
0.1 against 1.1 m/s (docs/decisions.md).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float

BLOCK_S = 45.0  # longer, and turns at waypoints fall into every block; shorter, and noise hides what is level
FADING = 0.7  # what a block has shown counts so much when the next is over: who attacks may have loitered before
MOST = (
    3.0  # of either ratio's logarithm in one block: densities are not known so well that e³ to one could be surpassed
)
_LEAST_LOOKS, _LEAST_S = 4, 2.0
_LOOK_S = 8.0  # looks nearer in time share their noise, as filters smooth over some seconds: together they are one
_NOISE_PART = 0.5  # of a filter's stated standard deviation, what its means spread from look to look (measured)
_SPEED_MS = (0.9, 3.0)  # spread of the true speed about its mean: an autopilot's; a glider's or a landing aircraft's
_CLIMB_FLOOR_MS2 = 0.1  # variance of a mean climb beyond the filter's: waves over the ground
_SLOPE_AFTER_S = 8.0  # before, heights tell less of a slope than the filter's climb does
_LEVEL_MS = 0.45  # how far from level an autopilot lets it come, mean over a block


@dataclass(frozen=True)
class Look:
    """What one look showed of a track: height above the ground, climb and speed with their standard deviations."""

    time_s: float
    height_m: float
    climb_ms: float
    climb_sigma_ms: float
    speed_ms: float
    speed_sigma_ms: float


@dataclass
class Steadiness:
    """The looks of the running block, and what the blocks before it have shown (log likelihood ratio, faded)."""

    kept: list[Look] = field(default_factory=list)
    before: float = 0.0
    running: float = 0.0

    @property
    def log_ratio(self) -> float:
        """Log likelihood ratio of all that was shown, uncrewed on its way against crewed."""
        return self.before + self.running

    def add(self, look: Look) -> None:
        """Take in a look; the block is closed when it is over."""
        if self.kept and look.time_s - self.kept[0].time_s > BLOCK_S:
            self.before, self.kept = FADING * self.before + self.running, []
        self.kept.append(look)
        self.running = _shown(self.kept)

    def copy(self) -> Steadiness:
        """The same, to be added to apart."""
        return Steadiness(list(self.kept), self.before, self.running)


def _shown(looks: list[Look]) -> float:
    """Log likelihood ratio of one block's looks."""
    if len(looks) < _LEAST_LOOKS or looks[-1].time_s - looks[0].time_s < _LEAST_S:
        return 0.0
    rows = np.array([(k.time_s, k.height_m, k.climb_ms, k.climb_sigma_ms, k.speed_ms, k.speed_sigma_ms) for k in looks])
    time, height, climb, climb_sigma, speed, speed_sigma = rows.T
    share = np.minimum(np.diff(time, prepend=time[0] - _LEAST_S) / _LOOK_S, 1.0)
    held = _speed_ratio(share, speed, _NOISE_PART * speed_sigma)
    level = _climb_ratio(share, time, height, climb, _NOISE_PART * climb_sigma)
    return float(np.clip(held, -MOST, MOST) + np.clip(level, -MOST, MOST))


def _speed_ratio(
    share: Float[np.ndarray, " look"], speed: Float[np.ndarray, " look"], noise: Float[np.ndarray, " look"]
) -> float:
    """Log ratio of how speeds (m/s) spread about their mean: one speed, against one that changes."""
    one, other = (noise * noise + s * s for s in _SPEED_MS)
    weight = share / one
    off2 = (speed - (weight * speed).sum() / weight.sum()) ** 2
    return float((share * (_log_student(off2, one) - _log_student(off2, other))).sum())


def _log_student(off2: Float[np.ndarray, " look"], variance: Float[np.ndarray, " look"]) -> Float[np.ndarray, " look"]:
    """Log density (but for a constant) of Student's t of two degrees: a turn at a waypoint costs a drone little."""
    return np.asarray(-0.5 * np.log(variance) - 1.5 * np.log1p(0.5 * off2 / variance))


def _climb_ratio(
    share: Float[np.ndarray, " look"],
    time: Float[np.ndarray, " look"],
    height: Float[np.ndarray, " look"],
    climb: Float[np.ndarray, " look"],
    noise: Float[np.ndarray, " look"],
) -> float:
    """Log ratio of the mean climb, above the ground or above the sea, whichever is nearer to level.

    A drone flies level, sinks slowly towards its target, or does something else, in 70, 25 and 5 of 100 blocks; low
    aircraft are level in 15.
    """
    variance = noise * noise + _CLIMB_FLOOR_MS2
    weight = share / variance
    mean = float((weight * climb).sum() / weight.sum())
    spread2 = float((share * variance).sum() / share.sum() / max(share.sum(), 1.0))
    since = time - time.mean()
    if time[-1] - time[0] > _SLOPE_AFTER_S:
        slope = float((since * height).sum() / (since * since).sum())
        mean = slope if abs(slope) < abs(mean) else mean
    level = _normal(mean, _LEVEL_MS**2 + spread2)
    drone = 0.70 * level + 0.25 * _normal(mean + 2.0, 1.5**2 + spread2) + 0.05 * _normal(mean, 4.0**2 + spread2)
    crewed = 0.15 * level + 0.85 * _normal(mean + 0.3, 2.4**2 + spread2)
    return math.log((drone + 1e-12) / (crewed + 1e-12))


def _normal(off: float, variance: float) -> float:
    """Normal density but for the constant."""
    return math.exp(-0.5 * off * off / variance) / math.sqrt(variance)
