"""Distances between sets of positions: GOSPA with its parts, OSPA, and OSPA(2) between sets of whole tracks.

Sources: A. S. Rahmathullah, A. F. García-Fernández, L. Svensson, "Generalized optimal sub-pattern assignment metric",
FUSION 2017 (GOSPA, alpha = 2); D. Schuhmacher, B.-T. Vo, B.-N. Vo, IEEE Trans. Signal Processing 56 (2008), p. 3447
(OSPA); M. Beard, B. T. Vo, B.-N. Vo, "A solution for large-scale multi-object tracking", IEEE Trans. Signal Processing
68 (2020), p. 2754 (OSPA(2)).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from scipy.optimize import linear_sum_assignment

from marsad.assess.histories import Histories


@dataclass(frozen=True)
class Gospa:
    """GOSPA and its parts: ``distance = (localisation + missed + false) ** (1 / p)``."""

    distance: float
    localisation: float
    """Sum of the p-th powers of the distances of the pairs."""
    missed: float
    false: float
    pair_track: Int[np.ndarray, " pair"]
    """Rows of the tracks that were paired."""
    pair_truth: Int[np.ndarray, " pair"]


def _distances(a: Float[np.ndarray, "a axis"], b: Float[np.ndarray, "b axis"]) -> Float[np.ndarray, "a b"]:
    return np.asarray(np.sqrt(np.square(a[:, None, :] - b[None, :, :]).sum(axis=2)))


def gospa(
    track: Float[np.ndarray, "track axis"], truth: Float[np.ndarray, "truth axis"], c: float, p: float = 2.0
) -> Gospa:
    """GOSPA between tracks and truths at one time (``c`` and positions in metres; alpha = 2)."""
    distance = _distances(track, truth)
    i, j = linear_sum_assignment(np.minimum(distance, c) ** p)
    near = distance[i, j] < c
    i, j = i[near], j[near]
    localisation = float((distance[i, j] ** p).sum())
    missed = 0.5 * c**p * (len(truth) - len(j))
    false = 0.5 * c**p * (len(track) - len(i))
    return Gospa((localisation + missed + false) ** (1.0 / p), localisation, missed, false, i, j)


def _ospa(distance: Float[np.ndarray, "a b"], c: float, p: float) -> float:
    """OSPA of a matrix of distances already cut off at ``c``."""
    most, least = max(distance.shape), min(distance.shape)
    if most == 0:
        return 0.0
    i, j = linear_sum_assignment(distance**p)
    return float((((distance[i, j] ** p).sum() + c**p * (most - least)) / most) ** (1.0 / p))


def ospa(
    track: Float[np.ndarray, "track axis"], truth: Float[np.ndarray, "truth axis"], c: float, p: float = 2.0
) -> float:
    """OSPA between tracks and truths at one time (metres)."""
    return _ospa(np.minimum(_distances(track, truth), c), c, p)


def ospa2(track: Histories, truth: Histories, c: float, p: float = 2.0, window: int = 10) -> Float[np.ndarray, " time"]:
    """OSPA(2) at each time, over the ``window`` times that end with it (metres).

    The distance of two tracks is the mean over the times at which either exists: their distance cut off at ``c`` where
    both do, ``c`` where only one does.
    """
    a, b = track.present[:, :, None], truth.present[:, None, :]
    both, either = a & b, a | b
    apart = np.full(both.shape, c)
    time, i, j = np.nonzero(both)
    off = np.square(track.position[time, i] - truth.position[time, j]).sum(axis=1)
    apart[both] = np.minimum(np.sqrt(off), c)
    out = np.empty(len(apart))
    for k in range(len(apart)):
        span = slice(max(0, k - window + 1), k + 1)
        rows, columns = track.present[span].any(axis=0), truth.present[span].any(axis=0)
        some = either[span][:, rows][:, :, columns]
        total = np.where(some, apart[span][:, rows][:, :, columns], 0.0).sum(axis=0)
        out[k] = _ospa(total / np.maximum(some.sum(axis=0), 1), c, p)
    return out
