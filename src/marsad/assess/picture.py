"""Measures of an air picture: completeness, ambiguity, spuriousness, continuity (SIAP), and identity switches.

Source: P. Votruba et al., "Single Integrated Air Picture (SIAP) Metrics Implementation" (2001).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from marsad.assess.histories import Histories
from marsad.assess.sets import gospa


@dataclass(frozen=True)
class Siap:
    """SIAP measures over all times; the best values are 1, 1, 0, 0, 0, 1."""

    completeness: float
    """Share of the truths' times at which some track is theirs."""
    ambiguity: float
    """Tracks per truth that has one."""
    spuriousness: float
    """Share of the tracks' times at which they are no truth's."""
    position_accuracy_m: float
    switch_rate: float
    """Identity switches per tracked truth and time."""
    longest_segment: float
    """Mean share of a truth's times that its longest-held track was its own."""


def nearest_truth(track: Histories, truth: Histories, threshold_m: float) -> Int[np.ndarray, "time track"]:
    """Index of the truth nearest to each track within the threshold, or -1."""
    out = np.full(track.position.shape[:2], -1, dtype=np.int64)
    for k, (tracks, truths) in enumerate(zip(track.position, truth.position, strict=True)):
        i, j = np.flatnonzero(track.present[k]), np.flatnonzero(truth.present[k])
        if len(i) and len(j):
            apart = np.sqrt(np.square(tracks[i][:, None] - truths[j][None]).sum(axis=2))
            best = apart.argmin(axis=1)
            near = apart[np.arange(len(i)), best] < threshold_m
            out[k, i[near]] = j[best[near]]
    return out


def siap(track: Histories, truth: Histories, threshold_m: float) -> Siap:
    """SIAP measures; a track is the truth's that it is nearest to, within the threshold, at each time by itself."""
    own = nearest_truth(track, truth, threshold_m)
    owned = own >= 0
    with_track = np.zeros(truth.position.shape[:2], dtype=bool)
    time, row = np.nonzero(owned)
    with_track[time, own[owned]] = True
    off = np.square(track.position[time, row] - truth.position[time, own[owned]]).sum(axis=1)
    lives = truth.present.sum()
    held = with_track.sum()
    longest = [
        max((int((own[:, i] == j).sum()) for i in range(own.shape[1])), default=0) / max(int(life), 1)
        for j, life in enumerate(truth.present.sum(axis=0))
    ]
    return Siap(
        completeness=float(held / lives) if lives else 0.0,
        ambiguity=float(owned.sum() / held) if held else 1.0,
        spuriousness=float(1.0 - owned.sum() / track.present.sum()) if track.present.any() else 0.0,
        position_accuracy_m=float(np.sqrt(off).mean()) if len(off) else 0.0,
        switch_rate=identity_switches(track, truth, threshold_m) / held if held else 0.0,
        longest_segment=float(np.mean(longest)) if longest else 0.0,
    )


def identity_switches(track: Histories, truth: Histories, c: float) -> int:
    """How often a truth's track is another than its last one, by the best assignment at each time within ``c``."""
    last: dict[int, int] = {}
    switches = 0
    for k in range(len(track.position)):
        i, j = np.flatnonzero(track.present[k]), np.flatnonzero(truth.present[k])
        best = gospa(track.position[k, i], truth.position[k, j], c)
        for a, b in zip(i[best.pair_track].tolist(), j[best.pair_truth].tolist(), strict=True):
            switches += last.get(b, a) != a
            last[b] = a
    return switches


def mean_gospa(track: Histories, truth: Histories, c: float, p: float = 2.0) -> Float[np.ndarray, "4"]:
    """Means over the times of GOSPA, and of its parts localisation, missed and false (p-th powers)."""
    rows = []
    for k in range(len(track.position)):
        best = gospa(track.position[k, track.present[k]], truth.position[k, truth.present[k]], c, p)
        rows.append((best.distance, best.localisation, best.missed, best.false))
    return np.array(rows).mean(axis=0)
