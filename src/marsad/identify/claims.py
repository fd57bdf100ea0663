"""Cooperative claims against what the sensors see: which track is whose, and which claim is contradicted.

A claim (ADS-B, Remote ID, own fleet, a sensor's own pose) is a position that somebody says of himself.  It names a
track only if the track has moved like the claim for a while.  A claim is contradicted, and believed no longer, if the
sensors watch its place and find it empty, if it runs beside, above or below a track at a constant distance, if what
flies at its place does not move as it says, or if its own reports leap between places (one identity in use twice).
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from jaxtyping import Float, Int

ClaimVerdict = Literal["untested", "confirmed", "contradicted"]


@dataclass(frozen=True)
class ClaimParams:
    """Tolerances of the comparison, in metres, metres a second and seconds.

    ``slack_m`` covers what no covariance says (lever arms, geoid or pressure heights, a radar's own bias);
    ``timing_s`` the unknown age of a position; ``maneuver_ms2`` how an aircraft may turn between two reports.
    Evidence of a pair is summed in units of log-likelihood, each comparison at most ``step_limit``.  ``off_height_m``
    is more than pressure heights differ from true ones below some 5 km (8 m a hPa, and 4 % in hot or cold air);
    ``leaps`` steps of more than ``leap_m`` that no aircraft flies (none is faster than ``fastest_ms``; a bad fix makes
    two) mean one identity at several places.
    A report stamped more than ``future_s`` ahead of its arrival is not taken, nor one older than ``max_age_s``: it says
    nothing of now, and must not stand in the way of those that do.  ``most_sigma_m`` bounds the place's stated error: a
    place less certain than that is no place (ADS-B's worst category that is still used, NACp 5, is half a sea mile);
    above ``plain_sigma_m``, what common receivers reach, a report speaks the less for a track the more it may be.
    """

    slack_m: float = 25.0
    height_slack_m: float = 60.0
    velocity_slack_ms: float = 4.0
    timing_s: float = 0.15
    maneuver_ms2: float = 4.0
    track_lag_s: float = 2.0
    max_age_s: float = 6.0
    compare_every_s: float = 0.5
    step_limit: float = 2.0
    bind_at: float = 4.0
    unbind_at: float = -10.0
    evidence_limit: float = 12.0
    search_m: float = 6000.0
    empty_after_s: float = 14.0
    offset_after_s: float = 8.0
    offset_spread_m: float = 120.0
    attended_m: float = 250.0
    off_height_m: float = 300.0
    unlike_after_s: float = 30.0
    leap_m: float = 300.0
    leaps: int = 3
    fastest_ms: float = 700.0
    future_s: float = 2.0
    most_sigma_m: float = 500.0
    plain_sigma_m: float = 100.0
    recover_s: float = 15.0
    leap_recover_s: float = 60.0


@dataclass
class Claim:
    """What one transponder has said lately; times are seconds of the caller's clock, places site ENU metres."""

    key: str
    is_own_sensor: bool
    source: str
    time_s: float = -np.inf
    position_m: Float[np.ndarray, "3"] = field(default_factory=lambda: np.zeros(3))
    velocity_ms: Float[np.ndarray, "3"] = field(default_factory=lambda: np.zeros(3))
    has_velocity: bool = False
    maneuver_ms2: float = 0.0
    sigma_m: float = 30.0
    reports: int = 0
    bound_track: int = -1
    bound_among_listed: int = -1
    """For who is listed: the track that it would have if nobody else claimed anything."""
    watched_empty_s: float = 0.0
    unlike_s: float = 0.0
    leaps: int = 0
    last_leap_s: float = -np.inf
    leap_m: float = 0.0
    last_checked_s: float = -np.inf
    contradicted_since_s: float = np.inf
    agreeing_s: float = 0.0
    why: str = ""
    told: ClaimVerdict = "untested"
    """The verdict when ``watch`` last looked."""

    @property
    def verdict(self) -> ClaimVerdict:
        """Where the claim stands."""
        if np.isfinite(self.contradicted_since_s):
            return "contradicted"
        return "confirmed" if self.bound_track >= 0 else "untested"


@dataclass
class PairEvidence:
    """Evidence that a track and a claim are one body, and the offset between them where they are not."""

    log_likelihood: float = 0.0
    last_s: float = -np.inf
    parallel_s: float = 0.0
    is_off_height: bool = False
    offset_m: Float[np.ndarray, "3"] = field(default_factory=lambda: np.zeros(3))


@dataclass
class ClaimBook:
    """All claims and all pairs under comparison; donated to ``report`` and ``compare``."""

    claims: dict[str, Claim] = field(default_factory=dict)
    pairs: dict[tuple[int, str], PairEvidence] = field(default_factory=dict)


@dataclass(frozen=True)
class TrackStates:
    """Tracks to be compared: states in site ENU at ``time_s``, covariance of (position, velocity)."""

    track: Int[np.ndarray, " track"]
    time_s: Float[np.ndarray, " track"]
    position_m: Float[np.ndarray, "track 3"]
    velocity_ms: Float[np.ndarray, "track 3"]
    covariance: Float[np.ndarray, "track 6 6"]


def report(
    book: ClaimBook,
    key: str,
    time_s: float,
    position_m: Float[np.ndarray, "3"],
    velocity_ms: Float[np.ndarray, "3"] | None,
    sigma_m: float,
    source: str,
    is_own_sensor: bool = False,
    params: ClaimParams = ClaimParams(),
    *,
    now_s: float | None = None,
) -> Claim | None:
    """Take in one position report that arrives at ``now_s`` (None: at its own time).

    Ignored are older ones than the last, and what says nothing of now (``ClaimParams``); gives the claim as it then
    stands, None if nothing was ever taken of it.
    """
    claim = book.claims.get(key)
    late_s = 0.0 if now_s is None else now_s - time_s
    ahead_s = params.max_age_s if is_own_sensor else params.future_s  # own clocks are watched and put right elsewhere
    if not -ahead_s <= late_s <= params.max_age_s or not sigma_m <= params.most_sigma_m:
        return claim
    if claim is None:
        claim = book.claims[key] = Claim(key=key, is_own_sensor=is_own_sensor, source=source)
    if time_s <= claim.time_s:
        return claim
    _note_leap(claim, time_s, position_m, sigma_m, params)
    if velocity_ms is not None:
        if claim.has_velocity and time_s - claim.time_s < 20.0:
            bend = float(np.linalg.norm(velocity_ms - claim.velocity_ms)) / max(time_s - claim.time_s, 0.2)
            claim.maneuver_ms2 = 0.6 * claim.maneuver_ms2 + 0.4 * min(bend, 15.0)
        claim.velocity_ms, claim.has_velocity = velocity_ms, True
    elif claim.reports and time_s - claim.time_s < 20.0:
        step = (position_m - claim.position_m) / max(time_s - claim.time_s, 0.05)
        claim.velocity_ms = step if not claim.has_velocity else 0.5 * (claim.velocity_ms + step)
        claim.has_velocity = True
    claim.time_s, claim.position_m, claim.sigma_m = time_s, position_m, sigma_m
    claim.reports += 1
    return claim


def _note_leap(
    claim: Claim, time_s: float, position_m: Float[np.ndarray, "3"], sigma_m: float, params: ClaimParams
) -> None:
    """Count steps between reports that no aircraft flies, whatever its turn and its clock."""
    elapsed = time_s - claim.time_s
    if claim.is_own_sensor or not claim.has_velocity or elapsed > params.max_age_s:
        return
    step = position_m - claim.position_m - elapsed * claim.velocity_ms
    allowed = params.leap_m + 3.0 * (sigma_m + claim.sigma_m) + 15.0 * elapsed**2
    gap = float(np.hypot(step[0], step[1]))
    speed_ms = min(float(np.hypot(claim.velocity_ms[0], claim.velocity_ms[1])), params.fastest_ms)
    if gap > allowed + speed_ms:  # a second of wrong stamps
        fresh = time_s - claim.last_leap_s < params.leap_recover_s
        claim.leaps = claim.leaps + 1 if fresh else 1
        claim.last_leap_s, claim.leap_m = time_s, gap


def forget(book: ClaimBook, ended_tracks: set[int], now_s: float, keep_s: float = 120.0) -> None:
    """Drop ended tracks and transponders not heard for ``keep_s``, so that memory stays bounded."""
    silent = {key for key, claim in book.claims.items() if now_s - claim.time_s > keep_s}
    for key in silent:
        del book.claims[key]
    for pair in [pair for pair in book.pairs if pair[0] in ended_tracks or pair[1] in silent]:
        del book.pairs[pair]
    for claim in book.claims.values():
        if claim.bound_track in ended_tracks:
            claim.bound_track = -1
        if claim.bound_among_listed in ended_tracks:
            claim.bound_among_listed = -1


def compare(book: ClaimBook, tracks: TrackStates, params: ClaimParams, listed: Collection[str] | None = None) -> None:
    """Update the evidence of every track near a claim, then bind tracks and claims one to one.

    ``listed`` (None: all): whose claims take a threat away.  One of these is bound only to the track that it would have
    without all other claims too: a stranger that is bound to a friend's own track sends the friend's claim to nobody.
    """
    claims = [claim for claim in book.claims.values() if claim.reports and claim.has_velocity]
    if not claims or not tracks.track.size:
        return
    ages = tracks.time_s[:, None] - np.array([claim.time_s for claim in claims])[None, :]
    places = np.array([claim.position_m for claim in claims])
    speeds = np.array([claim.velocity_ms for claim in claims])
    offset = tracks.position_m[:, None, :] - places[None, :, :] - ages[:, :, None] * speeds[None, :, :]
    near = (np.abs(ages) <= params.max_age_s) & (np.hypot(offset[:, :, 0], offset[:, :, 1]) < params.search_m)
    uids, now_s = tracks.track.tolist(), tracks.time_s.tolist()
    due: list[tuple[int, int, PairEvidence]] = []
    rows, columns = np.nonzero(near)
    for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
        key = (uids[row], claims[column].key)
        pair = book.pairs.get(key)
        if pair is None:
            pair = book.pairs[key] = PairEvidence(offset_m=offset[row, column])
        if now_s[row] - pair.last_s >= params.compare_every_s:
            due.append((row, column, pair))
    if due:
        row_of, column_of = np.array([row for row, _, _ in due]), np.array([column for _, column, _ in due])
        apart = tracks.velocity_ms[row_of] - speeds[column_of]
        differences = np.concatenate([offset[row_of, column_of], apart], axis=1)
        spreads = _spreads(tracks.covariance[row_of], [claims[c] for _, c, _ in due], ages[row_of, column_of], params)
        solved = np.linalg.solve(spreads, differences[:, :, None])[:, :, 0]
        distance2 = (differences * solved).sum(axis=1).tolist()
        for i, (row, column, pair) in enumerate(due):
            height_sigma_m = math.sqrt(tracks.covariance[row, 2, 2])
            _update_pair(
                pair, claims[column], now_s[row], differences[i], spreads[i], distance2[i], height_sigma_m, params
            )
    alone = _bound(
        book, {c.key: c.bound_among_listed for c in book.claims.values() if listed is None or c.key in listed}, params
    )
    among_all = _bound(book, {claim.key: claim.bound_track for claim in book.claims.values()}, params)
    for claim in book.claims.values():
        is_listed = listed is None or claim.key in listed
        claim.bound_among_listed = alone.get(claim.key, -1) if is_listed else -1
        claim.bound_track = among_all.get(claim.key, -1)
        if is_listed and claim.bound_track != claim.bound_among_listed:
            claim.bound_track = -1


def _update_pair(
    pair: PairEvidence,
    claim: Claim,
    now: float,
    difference: Float[np.ndarray, "6"],
    spread: Float[np.ndarray, "6 6"],
    distance2: float,
    height_sigma_m: float,
    params: ClaimParams,
) -> None:
    """Take in one comparison: the difference of place and velocity, its covariance and squared Mahalanobis length."""
    elapsed = now - pair.last_s
    # a Student-like cap: far pairs count -step_limit a comparison, close pairs at most +step_limit
    step = min(max(0.25 * (16.0 - distance2), -params.step_limit), params.step_limit)
    # what may be anywhere explains little of what is there: its share shrinks with the area that it claims
    vague = max(2.0 * math.log(claim.sigma_m / params.plain_sigma_m), 0.0)
    pair.log_likelihood = min(max(pair.log_likelihood + step - vague, -params.evidence_limit), params.evidence_limit)
    _update_offset(pair, difference, spread, min(elapsed, 2.0), params)
    limit_m = params.off_height_m + 3.0 * height_sigma_m + 3.0 * claim.sigma_m
    pair.is_off_height = abs(float(pair.offset_m[2])) > limit_m
    pair.last_s = now


def _spreads(
    covariance: Float[np.ndarray, "pair 6 6"],
    claims: list[Claim],
    age_s: Float[np.ndarray, " pair"],
    params: ClaimParams,
) -> Float[np.ndarray, "pair 6 6"]:
    """Covariance of the difference of place and velocity between each track and its claim."""
    maneuver_ms2 = np.array([claim.maneuver_ms2 for claim in claims])
    sigma_m = np.array([claim.sigma_m for claim in claims])
    velocity_ms = np.array([claim.velocity_ms for claim in claims])
    age_s = np.abs(age_s)
    # the claim may turn since its last report; a track lags behind a turn that the claim shows
    turn = np.maximum(params.maneuver_ms2, maneuver_ms2) * age_s + maneuver_ms2 * params.track_lag_s
    place = sigma_m**2 + params.slack_m**2 + (0.5 * turn * np.maximum(age_s, params.track_lag_s)) ** 2
    spread = covariance.copy()
    for a in range(3):
        spread[:, a, a] += place + (params.height_slack_m**2 if a == 2 else 0.0)
        spread[:, 3 + a, 3 + a] += params.velocity_slack_ms**2 + turn * turn
    spread[:, :3, :3] += params.timing_s**2 * velocity_ms[:, :, None] * velocity_ms[:, None, :]
    return spread


def _update_offset(
    pair: PairEvidence,
    difference: Float[np.ndarray, "6"],
    spread: Float[np.ndarray, "6 6"],
    elapsed_s: float,
    params: ClaimParams,
) -> None:
    """Count for how long the track has run beside the claim at one constant distance, moving the same way."""
    same_way = bool(np.hypot(difference[3], difference[4]) < 3.0 * np.sqrt(spread[3, 3]))
    kept = float(np.hypot(*(difference[:2] - pair.offset_m[:2]))) < params.offset_spread_m + 2.0 * np.sqrt(spread[0, 0])
    if same_way and kept:
        pair.parallel_s += elapsed_s
        pair.offset_m = pair.offset_m + 0.2 * (difference[:3] - pair.offset_m)
    else:
        pair.parallel_s = 0.0
        pair.offset_m = difference[:3].copy()


def _bound(book: ClaimBook, bound_before: Mapping[str, int], params: ClaimParams) -> dict[str, int]:
    """Give every claim of these at most one track and every track at most one claim, the strongest evidence first.

    ``bound_before``: for each claim that takes part, the track that it had before.
    """
    ranked = sorted(
        (
            (-pair.log_likelihood - (1.0 if bound_before[key] == track else 0.0), track, key)
            for (track, key), pair in book.pairs.items()
            if key in bound_before
            and pair.log_likelihood > (params.unbind_at if bound_before[key] == track else params.bind_at)
        ),
    )
    bound: dict[str, int] = {}
    taken: set[int] = set()
    for _, track, key in ranked:
        if key not in bound and track not in taken:
            bound[key] = track
            taken.add(track)
    return bound


def watch(
    book: ClaimBook,
    now_s: float,
    watched: dict[str, bool],
    tracks: Int[np.ndarray, " track"],
    params: ClaimParams,
) -> list[Claim]:
    """Judge every claim by what the sensors found at its place; gives the claims whose verdict changed.

    Parameters
    ----------
    book
        The claims and pairs; donated.
    now_s
        Seconds of the caller's clock.
    watched
        For each claim, whether a live sensor that would see a body at the claimed place watches it now.
    tracks
        The tracks that stand; an offset is measured to these only.
    """
    changed = []
    alive = {int(track) for track in tracks}
    for claim in book.claims.values():
        elapsed = float(np.clip(now_s - claim.last_checked_s, 0.0, 2.0))
        claim.last_checked_s = now_s
        if claim.leaps >= params.leaps and now_s - claim.last_leap_s < params.leap_recover_s:
            claim.agreeing_s = 0.0
            _doubt(claim, now_s, f"it leaps by {claim.leap_m:.0f} m: one identity at several places")
        elif now_s - claim.time_s > params.max_age_s:
            pass  # not heard: nothing speaks for it or against it
        elif not watched.get(claim.key, False):
            _contradict_unwatched(book, claim, now_s, alive, params)
        elif claim.bound_track >= 0:
            claim.watched_empty_s = claim.unlike_s = 0.0
            claim.agreeing_s += elapsed
            if claim.agreeing_s > params.recover_s:
                claim.contradicted_since_s, claim.why = np.inf, ""
        else:
            claim.agreeing_s = 0.0
            claim.unlike_s += elapsed
            is_attended = _is_attended(book, claim, now_s, params)
            claim.watched_empty_s = 0.0 if is_attended else claim.watched_empty_s + elapsed
            _contradict(book, claim, now_s, alive, params)
        if claim.verdict != claim.told:
            claim.told = claim.verdict
            changed.append(claim)
    return changed


def _is_attended(book: ClaimBook, claim: Claim, now_s: float, params: ClaimParams) -> bool:
    """Whether some track is about where the claim says, if not moving like it: an aircraft in a turn, most likely."""
    return any(
        key == claim.key
        and now_s - pair.last_s < 3.0
        and float(np.hypot(pair.offset_m[0], pair.offset_m[1])) < params.attended_m
        and not pair.is_off_height
        for (_, key), pair in book.pairs.items()
    )


def _contradict_unwatched(book: ClaimBook, claim: Claim, now_s: float, alive: set[int], params: ClaimParams) -> None:
    """Doubt a claim of a place that nobody sees, if something has long flown just so right above or below it."""
    for (track, key), pair in book.pairs.items():
        distance = float(np.hypot(*pair.offset_m[:2]))
        is_with_it = key == claim.key and track in alive and now_s - pair.last_s < params.max_age_s
        is_above_it = pair.is_off_height and distance < params.attended_m
        if is_with_it and is_above_it and pair.parallel_s >= params.unlike_after_s:
            _doubt(claim, now_s, _offset_words(distance, pair, claim.velocity_ms, params))


def _contradict(book: ClaimBook, claim: Claim, now_s: float, alive: set[int], params: ClaimParams) -> None:
    beside = [
        (float(np.hypot(*pair.offset_m[:2])), pair)
        for (track, key), pair in book.pairs.items()
        if key == claim.key
        and track in alive
        and pair.parallel_s >= params.offset_after_s
        and pair.log_likelihood < 0
        and now_s - pair.last_s < params.max_age_s
    ]
    if beside and claim.watched_empty_s >= params.offset_after_s:
        distance, pair = min(beside, key=lambda item: item[0])
        _doubt(claim, now_s, _offset_words(distance, pair, claim.velocity_ms, params))
    elif claim.watched_empty_s >= params.empty_after_s:
        _doubt(claim, now_s, "nothing is seen where it claims to be, though the place is watched")
    elif claim.unlike_s >= params.unlike_after_s:
        _doubt(claim, now_s, "what flies about its place does not move as it says")


def _doubt(claim: Claim, now_s: float, why: str) -> None:
    claim.contradicted_since_s = min(claim.contradicted_since_s, now_s)
    claim.why = why


def _offset_words(
    distance_m: float, pair: PairEvidence, velocity_ms: Float[np.ndarray, "3"], params: ClaimParams
) -> str:
    """Say whether a displaced claim is shifted in height, in time (along its way) or in place."""
    offset_m = pair.offset_m
    if pair.is_off_height and distance_m < params.attended_m:
        height = float(offset_m[2])
        return f"wrong height: what flies there is {abs(height):.0f} m {'higher' if height > 0 else 'lower'}"
    speed = float(np.hypot(velocity_ms[0], velocity_ms[1]))
    along = float(offset_m[:2] @ velocity_ms[:2]) / max(speed, 1e-6)
    across = float(np.sqrt(max(distance_m**2 - along**2, 0.0)))
    if speed > 10.0 and across < 0.2 * abs(along):
        return (
            f"time-shifted: a track flies the same way {abs(along) / speed:.0f} s {'ahead' if along > 0 else 'behind'}"
        )
    return f"displaced: a track flies the same way {distance_m:.0f} m away"


def claim_of_track(book: ClaimBook) -> dict[int, Claim]:
    """Give the claim bound to each track."""
    return {claim.bound_track: claim for claim in book.claims.values() if claim.bound_track >= 0}


def claims_beside(book: ClaimBook, params: ClaimParams) -> dict[int, Claim]:
    """Give the contradicted claim that runs beside each track."""
    beside: dict[int, Claim] = {}
    for (track, key), pair in book.pairs.items():
        claim = book.claims.get(key)
        if claim is None:
            continue
        if claim.verdict == "contradicted" and pair.parallel_s >= params.offset_after_s:
            beside[track] = claim
    return beside


def friend_probability(book: ClaimBook, listed: Collection[str], now_s: float, params: ClaimParams) -> dict[int, float]:
    """Probability that each track is one of the listed friends, by the evidence of its pair with a claim.

    A claim takes some comparisons to name a track, and one whose track has just broken names the new one late: until
    then the new track is the friend by so much.  A track that no listed claim speaks of, or a contradicted one, is left
    out.
    """
    found: dict[int, float] = {}
    for (track, key), pair in book.pairs.items():
        claim = book.claims.get(key)
        if claim is None or key not in listed or claim.verdict == "contradicted":
            continue
        if now_s - claim.time_s <= params.max_age_s and pair.log_likelihood > 0.0:
            found[track] = max(found.get(track, 0.0), 1.0 / (1.0 + math.exp(-pair.log_likelihood)))
    return found
