"""Friend, neutral, unknown or suspect: one judgement a track, with its reasons and confidence.

The words are those of APP-6(E) and CoT.  The rules, in order:

1. An own sensor's pose or a transponder of the own list that the sensors confirm: friend.
2. A confirmed claim of a listed friend, of the own fleet or of an unspecified cooperative source: friend or assumed
   friend; of civil ADS-B or Remote ID: neutral.
3. Inside a flight-plan corridor of the site, moving like an aircraft: assumed friend.
4. A slow object low above the ground, whose ways ahead reach a protected zone, that nobody claims and that never moved
   like a crewed aircraft: suspect.  Silence alone is no reason: each of these must hold.
5. Everything else is unknown.

A machine alone says no more than suspect; hostile is for people to say.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float, Int

from marsad.identify.claims import Claim
from marsad.identify.kinds import KIND_NAMES, Motion, kind_probabilities
from marsad.identify.steady import Look, Looks
from marsad.terms import Affiliation, ObjectKind

Origin = Literal["unknown", "edge", "inside", "start"]
"""How a track came into view: over the edge of the coverage, inside it, or it was there when watching began."""
_ORIGIN_FACTOR: dict[Origin, float] = {"unknown": 1.0, "edge": 1.0, "inside": 0.05, "start": 0.2}
_ORIGIN_WORDS: dict[Origin, str] = {
    "unknown": "", "edge": "",
    "inside": "it came into view where the radar looks", "start": "it was there when watching began",
}  # fmt: skip

_NEVER = 1 << 30


@dataclass(frozen=True)
class IdentityParams:
    """Thresholds of the judgement.

    A track becomes suspect at ``suspect_on`` probability of being a drone that reaches a zone with at least
    ``reach_on`` (below ``suspect_at_once`` at two looks on end), and stays so until that probability falls under
    ``suspect_off``. The rest says what only crewed aircraft show, held to be seen at ``certain_sigma`` standard
    deviations: they fly faster than ``fast_ms`` or higher than ``high_m``, climb away (``climb_gain_m`` above where
    they were first seen, at more than ``climb_mean_ms`` on average), circle (``circling_rad`` of turn in one sense)
    or slow down to land or hover (by ``slowing_rel`` of the greatest speed shown). Nothing becomes suspect while it
    falls more steeply than ``dive_slope``: drones come level and dive when they are long known; plots that do not
    belong together fall.
    Where a track came into view speaks against a drone, until it has held its height (within ``level_ms``) and its
    speed (within ``spread_ms``) for ``steady_s``: low aircraft seldom do.  What has been faster than ``quick_ms``, as
    more crewed aircraft are than drones, becomes suspect only while it holds them for ``quick_steady_s`` and is not
    slower than it surely was: who comes to land does not.  What is first seen below ``rising_m`` may just have taken
    off: its climb must be known within ``rising_sigma_ms``.
    """

    fast_ms: float = 64.0
    high_m: float = 440.0
    climb_gain_m: float = 60.0
    climb_mean_ms: float = 1.0
    circling_rad: float = 5.0
    slowing_rel: float = 0.15
    steady_s: float = 60.0
    level_ms: float = 1.0
    spread_ms: float = 1.8
    rising_m: float = 70.0
    rising_sigma_ms: float = 2.0
    quick_ms: float = 50.0
    quick_steady_s: float = 8.0
    quick_level_ms: float = 1.5
    quick_spread_ms: float = 2.5
    certain_sigma: float = 2.5
    min_updates: int = 4
    suspect_on: float = 0.7
    suspect_at_once: float = 0.75
    suspect_off: float = 0.25
    reach_on: float = 0.05
    dive_slope: float = 0.35
    max_speed_sigma_ms: float = 14.0
    max_height_sigma_m: float = 120.0


@dataclass
class IdentityMemory:
    """What a track has shown before; kept per track by the caller."""

    was_fast: bool = False
    was_high: bool = False
    has_climbed: bool = False
    has_circled: bool = False
    has_slowed: bool = False
    rose_inside: bool = False
    """First seen low among the site's own zones: it took off there, it did not come."""
    origin: Origin = "unknown"
    """Who is first seen where the radars look took off there; of who was there from the start nobody knows it."""
    suspect: bool = False
    may_be_drone: bool = False
    """It would be suspect but for where it came into view."""
    likely_since_update: int = _NEVER
    first_seen_s: float | None = None
    first_height_m: float = 0.0
    first_height_sigma_m: float = 0.0
    looks: Looks = field(default_factory=Looks)
    looked: int = 0
    held_steady: bool = False
    """It has held its height and speed for so long that it matters no more where it came into view."""
    fastest_ms: float = 0.0
    fastest_sigma_ms: float = 0.0
    last_course_rad: float | None = None
    turned_rad: float = 0.0

    @property
    def origin_factor(self) -> float:
        """Likelihood of how it came into view under "uncrewed and coming in low", relative to a crewed aircraft."""
        return 1.0 if self.rose_inside or self.held_steady else _ORIGIN_FACTOR[self.origin]

    @property
    def shown_factor(self) -> float:
        """Likelihood of what it has shown since under the same, relative to the same."""
        return (
            (1e-3 if self.was_fast else 1.0)
            * (1e-2 if self.was_high else 1.0)
            * (0.05 if self.has_climbed else 1.0)
            * (0.05 if self.has_circled else 1.0)
            * (0.05 if self.has_slowed else 1.0)
            * (0.05 if self.rose_inside else 1.0)
        )


@dataclass(frozen=True)
class Judgement:
    """What one track is thought to be; ``may_be_drone`` if it is no suspect only for where it came into view."""

    object_kind: ObjectKind
    affiliation: Affiliation
    confidence: float
    reasons: tuple[str, ...]
    threat_probability: float = 0.0
    transponder_id: str | None = None
    may_be_drone: bool = False


@dataclass(frozen=True)
class Evidence:
    """What is known about each track besides its motion; one element a track.

    ``claim`` is the claim bound to the track, ``contradicted`` one that runs beside it and is not believed,
    ``may_be_claimed`` whether a claim is still being compared, ``corridor`` the flight-plan corridor it flies in.
    """

    updates: Int[np.ndarray, " track"]
    range_known: Bool[np.ndarray, " track"]
    reach: Float[np.ndarray, " track"]
    claim: tuple[Claim | None, ...]
    contradicted: tuple[Claim | None, ...]
    may_be_claimed: tuple[bool, ...]
    corridor: tuple[str | None, ...]


@dataclass(frozen=True)
class Lists:
    """Transponders that the site file names as its own or as friends."""

    own: frozenset[str] = field(default_factory=frozenset)
    friends: frozenset[str] = field(default_factory=frozenset)


def judge(
    motion: Motion,
    evidence: Evidence,
    memory: list[IdentityMemory],
    lists: Lists,
    params: IdentityParams,
) -> list[Judgement]:
    """Judge all tracks, whose ``memory`` (one a track, in order) ``remember`` has brought up to date."""
    kinds = kind_probabilities(motion, drone_factors(memory))
    return [_judge_one(row, motion, kinds[row], evidence, memory[row], lists, params) for row in range(len(memory))]


def drone_factors(memory: list[IdentityMemory], with_origin: bool = True) -> Float[np.ndarray, " track"]:
    """What the tracks have shown before, and how they came into view, as a factor on the likelihood of a drone each."""
    return np.array(
        [one.shown_factor * (one.origin_factor if with_origin else 1.0) for one in memory], dtype=np.float64
    )


def remember(
    motion: Motion,
    updates: Int[np.ndarray, " track"],
    memory: list[IdentityMemory],
    now_s: float,
    params: IdentityParams,
) -> None:
    """Note what only crewed aircraft show: speed, height, a climb away, circles, slowing, each seen with certainty."""
    sure = params.certain_sigma
    settled = updates >= params.min_updates
    fast = settled & (motion.speed_ms - sure * motion.speed_sigma_ms > params.fast_ms)
    high = settled & (motion.height_agl_m - sure * motion.height_sigma_m > params.high_m)
    for row in np.flatnonzero(settled):
        one = memory[row]
        one.was_fast = one.was_fast or bool(fast[row])
        one.was_high = one.was_high or bool(high[row])
        height, sigma = float(motion.height_agl_m[row]), float(motion.height_sigma_m[row])
        if one.first_seen_s is None:
            one.first_seen_s, one.first_height_m, one.first_height_sigma_m = now_s, height, sigma
        gain = height - one.first_height_m - sure * float(np.hypot(sigma, one.first_height_sigma_m))
        is_climb = gain > params.climb_gain_m and gain > params.climb_mean_ms * (now_s - one.first_seen_s)
        one.has_climbed = one.has_climbed or is_climb
        if updates[row] > one.looked:
            one.looked = int(updates[row])
            _look(one, motion, int(row), now_s, params)
        _slow(one, float(motion.speed_ms[row]), float(motion.speed_sigma_ms[row]), params)
        _turn(one, motion, int(row), params)


def _look(one: IdentityMemory, motion: Motion, row: int, now_s: float, params: IdentityParams) -> None:
    """Keep a look at what may be a drone, and note when it has held its height and speed for long."""
    if one.was_fast or one.was_high:
        return
    look = Look(
        time_s=now_s,
        height_m=float(motion.height_agl_m[row]),
        climb_ms=float(motion.climb_ms[row]),
        speed_ms=float(motion.speed_ms[row]),
        speed_sigma_ms=float(motion.speed_sigma_ms[row]),
    )
    one.looks.add(look, params.steady_s)
    if one.origin_factor < 1.0:
        one.held_steady = one.looks.holds(params.steady_s, params.level_ms, params.spread_ms)


def _slow(one: IdentityMemory, speed_ms: float, sigma_ms: float, params: IdentityParams) -> None:
    """Note the greatest speed shown, and whether the track has slowed down since; a suspect's dive is no slowing."""
    sure = params.certain_sigma
    if speed_ms - sure * sigma_ms > one.fastest_ms - sure * one.fastest_sigma_ms:
        one.fastest_ms, one.fastest_sigma_ms = speed_ms, sigma_ms
    lost = one.fastest_ms * (1.0 - params.slowing_rel) - speed_ms
    is_slower = not one.suspect and lost > sure * float(np.hypot(sigma_ms, one.fastest_sigma_ms))
    one.has_slowed = one.has_slowed or is_slower


def _turn(one: IdentityMemory, motion: Motion, row: int, params: IdentityParams) -> None:
    """Sum up the turns of a course that is known well enough, in one sense."""
    if motion.speed_ms[row] < 5.0 * motion.speed_sigma_ms[row]:
        return
    course = float(motion.course_rad[row])
    if one.last_course_rad is not None:
        step = (course - one.last_course_rad + np.pi) % (2.0 * np.pi) - np.pi
        if abs(step) < 0.05:
            return  # noise of a straight course must not add up
        is_same_sense = step * one.turned_rad >= 0.0
        one.turned_rad = one.turned_rad + step if is_same_sense else step
        one.has_circled = one.has_circled or abs(one.turned_rad) > params.circling_rad
    one.last_course_rad = course


def drone_probability(kind_row: Float[np.ndarray, " row"]) -> float:
    """Probability that the track is a drone, from one row of ``kind_probabilities``."""
    return float(sum(p for p, name in zip(kind_row.tolist(), KIND_NAMES, strict=True) if name == "drone"))


def _judge_one(
    row: int,
    motion: Motion,
    kind_row: Float[np.ndarray, " row"],
    evidence: Evidence,
    memory: IdentityMemory,
    lists: Lists,
    params: IdentityParams,
) -> Judgement:
    claim = evidence.claim[row]
    if claim is not None and claim.verdict == "confirmed":
        memory.suspect = False
        return _claimed(claim, kind_row, lists)
    notes = _contradiction_notes(claim, evidence.contradicted[row])
    if not evidence.range_known[row]:
        memory.suspect = False
        return Judgement("unknown", "unknown", 0.0, (*notes, "one bearing sensor sees it: range and speed unknown"))
    kind, kind_probability = likeliest_kind(kind_row)
    corridor = evidence.corridor[row]
    if corridor is not None and not notes and kind != "drone":
        memory.suspect = False
        return Judgement(
            kind,
            "assumed_friend",
            0.7 * kind_probability,
            (f"flies in corridor {corridor}", _motion_words(row, motion)),
        )
    return _unclaimed(row, motion, kind_row, evidence, memory, notes, params)


def _claimed(claim: Claim, kind_row: Float[np.ndarray, " row"], lists: Lists) -> Judgement:
    kind, _ = likeliest_kind(kind_row)
    identity = claim.key
    if claim.is_own_sensor:
        own: ObjectKind = "balloon" if claim.source == "balloon" else "own_drone"
        return Judgement(own, "friend", 0.99, (f"at the reported place of own sensor {identity}",), 0.0, identity)
    moved = f"moves as {identity} reports by {_source_words(claim.source)}"
    if identity in lists.own:
        return Judgement("own_drone", "friend", 0.98, (moved, f"{identity} is in the own list"), 0.0, identity)
    kind = "aircraft" if kind in ("bird", "unknown") else kind
    if identity in lists.friends or claim.source == "own_fleet":
        return Judgement(kind, "friend", 0.95, (moved, f"{identity} is listed as a friend"), 0.0, identity)
    if claim.source in ("adsb", "remote_id"):
        return Judgement(kind, "neutral", 0.9, (moved,), 0.0, identity)
    return Judgement(kind, "assumed_friend", 0.9, (moved,), 0.0, identity)


def _unclaimed(
    row: int,
    motion: Motion,
    kind_row: Float[np.ndarray, " row"],
    evidence: Evidence,
    memory: IdentityMemory,
    notes: tuple[str, ...],
    params: IdentityParams,
) -> Judgement:
    kind, kind_probability = likeliest_kind(kind_row)
    threat = drone_probability(kind_row)
    settled = (
        evidence.updates[row] >= params.min_updates
        and motion.speed_sigma_ms[row] <= params.max_speed_sigma_ms
        and motion.height_sigma_m[row] <= params.max_height_sigma_m
        and not evidence.may_be_claimed[row]
    )
    if not settled:
        return Judgement("unknown", "unknown", 0.0, (*notes, "not seen for long enough to tell"))
    is_coming = evidence.reach[row] >= params.reach_on and not _falls(row, motion, params)
    if memory.suspect:
        memory.suspect = threat >= params.suspect_off
    else:
        is_coming = is_coming and _has_shown_enough(row, motion, memory, params)
        is_likely = bool(threat >= params.suspect_on and is_coming)
        seen = int(evidence.updates[row])
        memory.likely_since_update = min(memory.likely_since_update, seen) if is_likely else _NEVER
        memory.suspect = is_likely and (threat >= params.suspect_at_once or seen > memory.likely_since_update)
    words = _motion_words(row, motion)
    comes = f"its ways ahead reach a zone ({evidence.reach[row]:.0%})"
    if memory.suspect:
        return Judgement("drone", "suspect", threat, (*notes, "nobody claims it", words, comes), threat)
    wherever = _wherever_it_came_from(kind_row, memory)
    memory.may_be_drone = (
        wherever >= params.suspect_off if memory.may_be_drone else (wherever >= params.suspect_on and is_coming)
    )
    told_kind: ObjectKind = kind if kind_probability > 0.5 else "unknown"
    if memory.may_be_drone:
        reasons = (*notes, "nobody claims it", words, comes, _ORIGIN_WORDS[memory.origin])
        return Judgement(told_kind, "unknown", kind_probability, reasons, wherever, may_be_drone=True)
    reasons = (*notes, "no claim; silence alone says nothing", words)
    return Judgement(told_kind, "unknown", kind_probability, reasons, threat)


def _wherever_it_came_from(kind_row: Float[np.ndarray, " row"], memory: IdentityMemory) -> float:
    """Probability of a drone, did it not speak against it where the track came into view; 0 where nothing does so."""
    if memory.origin_factor == 1.0:
        return 0.0
    shares = {"drone": 0.0, "bird": 0.0}
    for p, name in zip(kind_row, KIND_NAMES, strict=True):
        if name in shares:
            shares[name] += float(p) / memory.origin_factor
    rest = sum(float(p) for p, name in zip(kind_row, KIND_NAMES, strict=True) if name not in shares)
    return shares["drone"] / (shares["drone"] + shares["bird"] + rest)


def _has_shown_enough(row: int, motion: Motion, memory: IdentityMemory, params: IdentityParams) -> bool:
    """Whether its climb is known if it may just have taken off, and its way if it flies as fast as crewed aircraft."""
    is_airborne = memory.first_height_m >= params.rising_m or motion.climb_sigma_ms[row] <= params.rising_sigma_ms
    return bool(is_airborne) and _is_slow_or_steady(row, motion, memory, params)


def _is_slow_or_steady(row: int, motion: Motion, memory: IdentityMemory, params: IdentityParams) -> bool:
    """Whether it never flew faster than most drones, or holds its height and speed as one on its way does."""
    speed_ms = float(motion.speed_ms[row])
    surely_ms = memory.fastest_ms - params.certain_sigma * memory.fastest_sigma_ms
    if max(speed_ms, surely_ms) <= params.quick_ms:
        return True
    if speed_ms < surely_ms:
        return False
    return memory.looks.holds(params.quick_steady_s, params.quick_level_ms, params.quick_spread_ms)


def _falls(row: int, motion: Motion, params: IdentityParams) -> bool:
    """Whether a track goes down more steeply than drones come in, two standard deviations sure."""
    steepest_ms = params.dive_slope * max(float(motion.speed_ms[row]), 10.0)
    return bool(motion.climb_ms[row] + 2.0 * motion.climb_sigma_ms[row] < -steepest_ms)


def likeliest_kind(kind_row: Float[np.ndarray, " row"]) -> tuple[ObjectKind, float]:
    """Likeliest kind and its probability, rows of one kind taken together."""
    total: dict[ObjectKind, float] = {}
    for p, name in zip(kind_row.tolist(), KIND_NAMES, strict=True):
        total[name] = total.get(name, 0.0) + p
    best = max(total, key=lambda name: total[name])
    return best, total[best]


def _contradiction_notes(claim: Claim | None, beside: Claim | None) -> tuple[str, ...]:
    found = claim if claim is not None and claim.verdict == "contradicted" else beside
    return () if found is None else (f"claim of {found.key} is contradicted ({found.why}) and not believed",)


def _motion_words(row: int, motion: Motion) -> str:
    return f"{motion.speed_ms[row]:.0f} m/s, {max(motion.height_agl_m[row], 0.0):.0f} m above ground"


def _source_words(source: str) -> str:
    return {
        "adsb": "ADS-B",
        "remote_id": "Remote ID",
        "own_fleet": "own fleet",
        "unspecified": "cooperative report",
    }.get(source, source)
