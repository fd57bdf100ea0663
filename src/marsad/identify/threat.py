"""Does it come to attack?  P(threat) of each track as a running posterior of its motion and its history.

Prior odds, the site's own, times likelihood ratios with stated values; nothing is decided once for ever:

* what flies so fast, so high, and climbs so (``kinds``), now and on the mean of the last minutes;
* whether it holds its height and its speed (``steady``);
* where it came into view;
* how far it has turned in one sense.

A claim that anybody can make weighs ``UNLISTED_CLAIM_RATIO``; only who the site lists is released by one, and that is
not decided here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from jaxtyping import Float, Int

from marsad.identify.kinds import IS_DRONE, KINDS, Motion, kind_log_likelihoods, kind_probabilities
from marsad.identify.steady import Look, Steadiness

Origin = Literal["unknown", "edge", "inside", "start", "own_ground"]
"""How a track came into view: over the edge of the coverage, inside it, when watching began, or among the own zones."""
ORIGIN_RATIO: dict[Origin, float] = {
    "unknown": 1.0,
    "start": 1.0,  # who is in the air when a station starts tells nothing of whence he came
    "edge": 15.0,  # attackers come so, nine of ten; low traffic mostly takes off or comes down to it in view (6 of 100)
    "inside": 0.3,  # one attacker of ten is launched or first seen inside it, and a third of the low traffic
    "own_ground": 0.1,  # attackers seldom start among the zones that they attack; the site's own aircraft do
}
UNLISTED_CLAIM_RATIO = 1.0
"""Likelihood ratio of a position report by an identity that the site does not list.

Who attacks may broadcast one at no cost, and whoever asks is told that it would help; so that a claim starts no alarm
later, it must weigh nothing.  (At 0.5, a drone in view from the start would be alarmed after its second block of steady
flight and not after the first: half a minute later.)
"""
_LEAST_LOG_LIKELIHOOD = -8.0  # of a row, against the best row, in one look: a poor look must not outweigh a minute
_LIKE_A_DRONE = -3.0  # log likelihood from which on steadiness tells: an airliner's autopilot holds its height too
_REMEMBERED_S = 60.0  # the mean of what was shown reaches back so far: a body stays what it was
_COURSE_KNOWN = 5.0  # speed in its own standard deviations from which on a course can be summed up
_TURN_NOISE_RAD = 0.05  # steps of a straight course's noise, which must not add up
_TURN_DRONE_RAD = 1.2  # mean of all turns in one sense on the way to a target: a waypoint or two
_CIRCLES_RAD = (0.4, 12.0)  # share of low traffic that circles (gliders, helicopters at work), and how far


@dataclass
class ThreatMemory:
    """What a track has shown so far; kept by the caller.

    ``mean`` is the log likelihood of the rows of ``KINDS`` against the best one, on the mean of the last minutes,
    ``span_s`` the time that it stands for; ``turned_rad`` the course's turns in one sense since they last changed it.
    """

    origin: Origin = "unknown"
    looked: int = 0
    last_s: float = -math.inf
    mean: Float[np.ndarray, " row"] = field(default_factory=lambda: np.zeros(len(KINDS)))
    span_s: float = 0.0
    steady: Steadiness = field(default_factory=Steadiness)
    last_course_rad: float | None = None
    turned_rad: float = 0.0

    @property
    def log_ratio(self) -> float:
        """Log likelihood ratio of the history, coming to attack against not."""
        return self.steady.log_ratio + math.log(ORIGIN_RATIO[self.origin]) + min(_turn_ratio(abs(self.turned_rad)), 0.0)

    def heir(self) -> ThreatMemory:
        """What a track that goes on in this one's place begins with."""
        return ThreatMemory(
            origin=self.origin,
            last_s=self.last_s,
            mean=self.mean.copy(),
            span_s=self.span_s,
            steady=self.steady.copy(),
            turned_rad=self.turned_rad,
        )


def remember(
    motion: Motion,
    updates: Int[np.ndarray, " track"],
    memory: list[ThreatMemory],
    now_s: float,
    least_updates: int,
) -> Float[np.ndarray, "track row"]:
    """Take in a look at each track that has a new one; gives the log likelihoods of all tracks' motion now.

    A track of fewer than ``least_updates`` is judged by its motion now and by nothing else: a filter's first velocities
    are its prior's.
    """
    now = kind_log_likelihoods(motion)
    for row, one in enumerate(memory):
        if updates[row] <= max(one.looked, least_updates - 1):
            continue
        one.looked = int(updates[row])
        _fade_in(one, now[row], now_s)
        if now[row, IS_DRONE].max() - now[row].max() > _LIKE_A_DRONE:
            one.steady.add(_look(motion, row, now_s))
        _turn(one, motion, row)
    return now


def posterior(
    motion: Motion,
    log_likelihood: Float[np.ndarray, "track row"],
    memory: list[ThreatMemory],
    hostile_prior: float,
) -> Float[np.ndarray, "track row"]:
    """Probability of each row of ``KINDS`` for each track, of its motion now and of its history.

    One object's speed and height are one draw of its kind's, however often they are looked at: what was shown on the
    mean counts as one look, and what is shown now as one more.
    """
    history = np.array([one.mean for one in memory]).reshape(log_likelihood.shape)
    ratio = np.array([one.log_ratio for one in memory], dtype=np.float64)
    return kind_probabilities(log_likelihood + history, motion.falling, hostile_prior, ratio)


def _fade_in(one: ThreatMemory, log_likelihood: Float[np.ndarray, " row"], now_s: float) -> None:
    """Bring the running mean of the rows' log likelihood up to date."""
    elapsed = min(max(now_s - one.last_s, 0.0), 10.0) if math.isfinite(one.last_s) else 1.0
    held = one.span_s * math.exp(-elapsed / _REMEMBERED_S)
    shown = np.maximum(log_likelihood - log_likelihood.max(), _LEAST_LOG_LIKELIHOOD)
    one.span_s = held + elapsed
    if one.span_s > 0.0:
        one.mean = (held * one.mean + elapsed * shown) / one.span_s
    one.last_s = now_s


def _look(motion: Motion, row: int, now_s: float) -> Look:
    return Look(
        time_s=now_s,
        height_m=float(motion.height_agl_m[row]),
        climb_ms=float(motion.climb_ms[row]),
        climb_sigma_ms=float(motion.climb_sigma_ms[row]),
        speed_ms=float(motion.speed_ms[row]),
        speed_sigma_ms=float(motion.speed_sigma_ms[row]),
    )


def _turn(one: ThreatMemory, motion: Motion, row: int) -> None:
    """Sum up the turns of a course that is known well enough, in one sense."""
    if motion.speed_ms[row] < _COURSE_KNOWN * motion.speed_sigma_ms[row]:
        return
    course = float(motion.course_rad[row])
    if one.last_course_rad is not None:
        step = (course - one.last_course_rad + np.pi) % (2.0 * np.pi) - np.pi
        if abs(step) < _TURN_NOISE_RAD:
            return
        one.turned_rad = one.turned_rad + step if step * one.turned_rad >= 0.0 else step
    one.last_course_rad = course


def _turn_ratio(turned_rad: float) -> float:
    """Log likelihood ratio of turns in one sense: exponential for who has a target, now and then circles for others."""
    share, reach_rad = _CIRCLES_RAD
    drone = math.exp(-turned_rad / _TURN_DRONE_RAD) / _TURN_DRONE_RAD
    return math.log((drone + 1e-6) / ((1.0 - share) * drone + share / reach_rad + 1e-6))
