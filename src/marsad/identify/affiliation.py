"""Friend, neutral, unknown or suspect: one judgement a track, with its reasons and confidence.

The words are those of APP-6(E) and CoT, and words they are: an alarm rests on the probabilities, never on the label.

1. An own sensor or a transponder that the site lists as its own, where the sensors confirm its place: friend.
2. A confirmed report of a listed friend: friend.  Only these two take a threat away.
3. A confirmed report of anybody else: neutral (ADS-B, Remote ID) or assumed friend; P(threat) stays what motion and
   history say, as whoever attacks may broadcast too.
4. Inside a flight-plan corridor of the site, and unlikely to be a threat: assumed friend.
5. What P(threat) makes a threat worth an alarm by itself: suspect.  Silence alone is no reason.
6. Everything else is unknown.

A machine alone says no more than suspect; hostile is for people to say.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Bool, Float

from marsad.identify.claims import Claim
from marsad.identify.kinds import KIND_NAMES, Motion
from marsad.identify.threat import UNLISTED_CLAIM_RATIO, Origin, ThreatMemory
from marsad.terms import Affiliation, ObjectKind

_ORIGIN_WORDS: dict[Origin, str] = {
    "unknown": "", "edge": "it came over the edge of what is watched",
    "inside": "it came into view where the radar looks", "start": "it was there when watching began",
    "own_ground": "it rose among the zones",
}  # fmt: skip


@dataclass(frozen=True)
class IdentityParams:
    """Thresholds of the label, none of which an alarm rests on.

    A track is called suspect from ``suspect_on`` probability of coming to attack, which is where it may reach the
    policy's own threshold for drones, until that falls under ``suspect_off``.  History is remembered from
    ``min_updates`` on: before, a filter's velocity is its prior's.
    """

    min_updates: int = 4
    suspect_on: float = 0.15
    suspect_off: float = 0.05


@dataclass
class IdentityMemory:
    """What a track has shown before, and whether it is called suspect; kept per track by the caller."""

    threat: ThreatMemory = field(default_factory=ThreatMemory)
    suspect: bool = False


@dataclass(frozen=True)
class Judgement:
    """What one track is thought to be.

    ``threat_probability``: that it comes to attack, given its motion and its history.  ``is_released``: it is a listed
    friend, confirmed by the sensors, or an own sensor; nothing else takes a threat away.
    """

    object_kind: ObjectKind
    affiliation: Affiliation
    confidence: float
    reasons: tuple[str, ...]
    threat_probability: float = 0.0
    transponder_id: str | None = None
    is_released: bool = False
    event_id: str | None = None
    """The launch whose rocket it is likely to be."""


@dataclass(frozen=True)
class Evidence:
    """What is known about each track besides its motion; one element a track.

    ``kinds`` are the posterior probabilities of the rows of ``KINDS``; ``reach`` the largest probability of any zone;
    ``claim`` is the claim bound to the track, ``contradicted`` one that runs beside it and is not believed,
    ``corridor`` the flight-plan corridor it flies in, ``friend`` the probability that it is a listed friend whose claim
    does not name it yet.
    """

    kinds: Float[np.ndarray, "track row"]
    range_known: Bool[np.ndarray, " track"]
    reach: Float[np.ndarray, " track"]
    claim: tuple[Claim | None, ...]
    contradicted: tuple[Claim | None, ...]
    corridor: tuple[str | None, ...]
    friend: Float[np.ndarray, " track"]


@dataclass(frozen=True)
class Lists:
    """What the site file names: transponders of its own and of friends, and its own sensors."""

    own: frozenset[str] = field(default_factory=frozenset)
    friends: frozenset[str] = field(default_factory=frozenset)
    sensors: frozenset[str] = field(default_factory=frozenset)

    @property
    def released(self) -> frozenset[str]:
        """All whose confirmed claims take a threat away."""
        return self.own | self.friends | self.sensors

    def releases(self, claim: Claim) -> bool:
        """Whether a confirmed claim takes a threat away: only by who is listed."""
        if claim.is_own_sensor:
            return claim.key in self.sensors
        return claim.key in self.own or claim.key in self.friends


def judge(
    motion: Motion, evidence: Evidence, memory: list[IdentityMemory], lists: Lists, params: IdentityParams
) -> list[Judgement]:
    """Judge all tracks, whose ``memory`` (one a track, in order) ``remember`` has brought up to date."""
    return [_judge_one(row, motion, evidence, memory[row], lists, params) for row in range(len(memory))]


def drone_probability(kind_row: Float[np.ndarray, " row"]) -> float:
    """Probability that the track comes to attack, from one row of ``kind_probabilities``."""
    return float(sum(p for p, name in zip(kind_row.tolist(), KIND_NAMES, strict=True) if name == "drone"))


def likeliest_kind(kind_row: Float[np.ndarray, " row"]) -> tuple[ObjectKind, float]:
    """Likeliest kind and its probability, rows of one kind taken together."""
    total: dict[ObjectKind, float] = {}
    for p, name in zip(kind_row.tolist(), KIND_NAMES, strict=True):
        total[name] = total.get(name, 0.0) + p
    best = max(total, key=lambda name: total[name])
    return best, total[best]


def _judge_one(
    row: int, motion: Motion, evidence: Evidence, memory: IdentityMemory, lists: Lists, params: IdentityParams
) -> Judgement:
    claim, kind_row = evidence.claim[row], evidence.kinds[row]
    is_confirmed = claim is not None and claim.verdict == "confirmed"
    if claim is not None and is_confirmed and lists.releases(claim):
        memory.suspect = False
        return _released(claim, kind_row, lists)
    notes = _contradiction_notes(claim, evidence.contradicted[row])
    if not evidence.range_known[row]:
        memory.suspect = False
        return Judgement("unknown", "unknown", 0.0, (*notes, "one bearing sensor sees it: range and speed unknown"))
    threat = drone_probability(kind_row) * (1.0 - float(evidence.friend[row]))
    if claim is not None and is_confirmed:
        threat = _claimed_threat(threat)
        notes = (*notes, f"moves as {claim.key} reports by {_source_words(claim.source)}, which the site does not list")
    memory.suspect = threat >= (params.suspect_off if memory.suspect else params.suspect_on)
    words = (*notes, *_threat_words(row, motion, threat, evidence.reach[row], memory))
    if memory.suspect:
        return Judgement("drone", "suspect", threat, words, threat, claim.key if is_confirmed and claim else None)
    kind, probability = likeliest_kind(kind_row)
    if claim is not None and is_confirmed:
        return _claimed(claim, kind, words, threat)
    corridor = evidence.corridor[row]
    if corridor is not None and not notes:
        reasons = (f"flies in corridor {corridor}", *words)
        return Judgement(kind, "assumed_friend", 0.7 * probability, reasons, threat)
    told_kind: ObjectKind = kind if probability > 0.5 else "unknown"
    return Judgement(told_kind, "unknown", probability, (*words, "no claim; silence alone says nothing"), threat)


def _released(claim: Claim, kind_row: Float[np.ndarray, " row"], lists: Lists) -> Judgement:
    """A listed friend, confirmed by the sensors."""
    identity = claim.key
    if claim.is_own_sensor:
        own: ObjectKind = "balloon" if claim.source == "balloon" else "own_drone"
        place = (f"at the reported place of own sensor {identity}",)
        return Judgement(own, "friend", 0.99, place, 0.0, identity, is_released=True)
    moved = f"moves as {identity} reports by {_source_words(claim.source)}"
    if identity in lists.own:
        reasons = (moved, f"{identity} is in the own list")
        return Judgement("own_drone", "friend", 0.98, reasons, 0.0, identity, is_released=True)
    reasons = (moved, f"{identity} is listed as a friend")
    return Judgement(_aircraft_kind(kind_row), "friend", 0.95, reasons, 0.0, identity, is_released=True)


def _aircraft_kind(kind_row: Float[np.ndarray, " row"]) -> ObjectKind:
    """What reports its place is no bird."""
    kind, _ = likeliest_kind(kind_row)
    return "aircraft" if kind in ("bird", "unknown") else kind


def _claimed(claim: Claim, kind: ObjectKind, words: tuple[str, ...], threat: float) -> Judgement:
    """Whoever says where he is and is not listed: the label alone changes."""
    label: Affiliation = "neutral" if claim.source in ("adsb", "remote_id") else "assumed_friend"
    told: ObjectKind = "aircraft" if kind in ("bird", "unknown") else kind
    if claim.is_own_sensor:
        told = "balloon" if claim.source == "balloon" else "own_drone"
    return Judgement(told, label, 0.9 * (1.0 - threat), words, threat, claim.key)


def _claimed_threat(threat: float) -> float:
    """P(threat) of who claims to be somebody that the site does not list."""
    if UNLISTED_CLAIM_RATIO == 1.0 or not 0.0 < threat < 1.0:
        return threat
    return 1.0 / (1.0 + math.exp(-(math.log(threat / (1.0 - threat)) + math.log(UNLISTED_CLAIM_RATIO))))


def _threat_words(row: int, motion: Motion, threat: float, reach: float, memory: IdentityMemory) -> tuple[str, ...]:
    """What it flies like, what that makes of it, and where it may go."""
    flies = f"{motion.speed_ms[row]:.0f} m/s, {max(motion.height_agl_m[row], 0.0):.0f} m above ground"
    out = [flies, f"comes to attack with {threat:.0%}" if threat >= 0.01 else "hardly comes to attack (below 1%)"]
    if memory.threat.steady.log_ratio > 1.0:
        out.append("holds height and speed as an autopilot does")
    elif memory.threat.steady.log_ratio < -1.0:
        out.append("changes height or speed as crewed aircraft do")
    if _ORIGIN_WORDS[memory.threat.origin]:
        out.append(_ORIGIN_WORDS[memory.threat.origin])
    if reach > 0.0:
        out.append(f"its ways ahead reach a zone ({reach:.0%})")
    return tuple(out)


def _contradiction_notes(claim: Claim | None, beside: Claim | None) -> tuple[str, ...]:
    found = claim if claim is not None and claim.verdict == "contradicted" else beside
    return () if found is None else (f"claim of {found.key} is contradicted ({found.why}) and not believed",)


def _source_words(source: str) -> str:
    return {
        "adsb": "ADS-B",
        "remote_id": "Remote ID",
        "own_fleet": "own fleet",
        "unspecified": "cooperative report",
    }.get(source, source)
