"""How many searches for a launch among plots may be made, and those that wait for their turn.

A search (a fit from sixteen starts under every class) takes some 35 ms, and a crowd of unknown objects, or of false
plots, asks for any number of them.  So many are allowed for each second **of the messages' own time**, so that a replay
makes the same.  What is beyond is put off, never forgotten in silence: it waits in a bounded queue of its radar, the
likeliest to hit a zone first, and the radars take turns, so that the noise of one keeps no other's launch waiting.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float

from marsad.geo.frames import enu_axes, geodetic_from_ecef
from marsad.terms import Overload
from marsad.trajectory.pool import Straight, Tracklet

PER_S = 4.0
"""Searches for each second: 0.14 s of work on a slow core."""
AT_ONCE = 8.0
"""So many may be saved up: the practice cases never ask for more than two within a second."""
WAITING_MOST = 24
"""A radar's queue: with ``PER_S`` the last of it waits 6 s, no longer than what it is made of is kept."""
_SAID_EVERY_S = 1.0
_LEAST_TOWARD = -4.0
"""What flies away from all zones still has its turn: a heading from two plots may be far off."""


@dataclass
class Waiting:
    """A tracklet that waits for its search; ``rank``: the greatest goes first."""

    tracklet: Tracklet
    rank: float
    since_s: float


@dataclass
class Searches:
    """The searches that may still be made (``left``), and by radar what waits for one."""

    left: float = AT_ONCE
    earned_until_s: float = math.inf
    waiting: dict[str, list[Waiting]] = field(default_factory=dict)
    given_up: int = 0
    since_s: float | None = None
    said_s: float = -math.inf
    last_turn: str = ""

    @property
    def count(self) -> int:
        """How many tracklets wait."""
        return sum(len(queue) for queue in self.waiting.values())

    def earn(self, now_s: float) -> None:
        """Let the time of the messages go on."""
        if math.isinf(self.left):
            return  # no bound is asked for
        self.left = min(AT_ONCE, self.left + PER_S * max(now_s - self.earned_until_s, 0.0))
        self.earned_until_s = now_s if math.isinf(self.earned_until_s) else max(now_s, self.earned_until_s)

    def may_go(self) -> bool:
        """Whether a search may be made at once (and counts it): none goes before those that wait."""
        if self.left < 1.0 or self.waiting:
            return False
        self.left -= 1.0
        return True

    def put_off(self, tracklet: Tracklet, rank: float, now_s: float) -> None:
        """Let a tracklet wait, or wait on with more plots; beyond the bound the least likely of its radar goes."""
        queue = self.waiting.setdefault(tracklet.plots[-1].sensor_id, [])
        for one in queue:
            if one.tracklet is tracklet:
                one.rank = rank
                return
        queue.append(Waiting(tracklet, rank, now_s))
        if len(queue) > WAITING_MOST:
            least = min(queue, key=lambda one: one.rank)
            queue.remove(least)
            self.given_up += not least.tracklet.is_gone

    def next(self) -> Tracklet | None:
        """The likeliest tracklet of the radar whose turn it is, if a search may be made for it; what is gone goes."""
        while self.left >= 1.0 and self.waiting:
            after = [name for name in sorted(self.waiting) if name > self.last_turn]
            name = after[0] if after else min(self.waiting)
            queue = self.waiting[name]
            best = max(queue, key=lambda one: one.rank)
            queue.remove(best)
            if not queue:
                del self.waiting[name]
            if best.tracklet.is_gone or best.tracklet.is_air:
                continue
            self.last_turn, self.left = name, self.left - 1.0
            return best.tracklet
        return None

    def give_back(self) -> None:
        """Leave a search that was not needed to another tracklet."""
        self.left += 1.0

    def forget(self, now_s: float, kept_s: float) -> None:
        """Let go of what waits in vain: claimed by a launch, known to be an aircraft, or too old to be told."""
        for name, queue in list(self.waiting.items()):
            kept = [w for w in queue if not (w.tracklet.is_gone or w.tracklet.is_air)]
            young = [w for w in kept if now_s - max(w.tracklet.stamp_s) < kept_s]
            self.given_up += len(kept) - len(young)
            self.waiting[name] = young
            if not young:
                del self.waiting[name]

    def overload(self, now_s: float, now_utc_ns: int) -> Overload | None:
        """What is to be said of the load: when it begins, once a second, and when it is over."""
        if self.since_s is None and not self.waiting and not self.given_up:
            return None
        if self.since_s is not None and self.waiting and now_s - self.said_s < _SAID_EVERY_S:
            return None
        self.since_s = now_s if self.since_s is None else self.since_s
        self.said_s = now_s
        since_ns = now_utc_ns - round((now_s - self.since_s) * 1e9)
        said = Overload(arrival_utc_ns=now_utc_ns, since_utc_ns=since_ns, put_off=self.count, given_up=self.given_up)
        if not self.waiting:
            self.since_s, self.given_up = None, 0
        return said


def rank(tracklet: Tracklet, line: Straight, target_m: Float[np.ndarray, "3"], reach_m: float) -> float:
    """How likely a tracklet is a rocket that comes to the zones, as far as can be told without a search.

    The evidence of a rocket is bounded by the same for all of as many plots; so what speaks against an aircraft and
    against chance counts (as in the search's own odds), and whether it flies toward the zones, ``reach_m`` about
    ``target_m`` (Earth-fixed).
    """
    against = -max(line.log_evidence, line.log_evidence_apart) / len(tracklet.plots)
    lat, lon, _ = geodetic_from_ecef(*tracklet.place_m[-1])
    axes = enu_axes(lat, lon)
    to = axes @ (target_m - tracklet.place_m[-1])
    assert tracklet.axes is not None
    v = axes @ (tracklet.axes.T @ line.velocity_ms)
    away_m, speed_ms = math.hypot(to[0], to[1]), math.hypot(v[0], v[1])
    if away_m <= reach_m or speed_ms < 1.0:
        return against
    turn = abs(math.remainder(math.atan2(v[0], v[1]) - math.atan2(to[0], to[1]), 2.0 * math.pi))
    sigma = math.sqrt(float(np.trace(line.velocity_covariance))) / speed_ms + 0.05
    beyond = max(turn - math.asin(reach_m / away_m), 0.0) / sigma
    return against + max(-0.5 * beyond * beyond, _LEAST_TOWARD)
