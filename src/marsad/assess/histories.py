"""Tracks and truths over a common grid of times, the form in which all measures take them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from jaxtyping import Float, Int


@dataclass(frozen=True)
class Histories:
    """Positions of several objects at common times; NaN where an object is not there."""

    uid: Int[np.ndarray, " object"]
    position: Float[np.ndarray, "time object axis"]

    @property
    def present(self) -> npt.NDArray[np.bool_]:
        """Which object is there at which time (time x object)."""
        return np.isfinite(self.position).all(axis=2)


def histories(scans: Sequence[tuple[npt.ArrayLike, npt.ArrayLike]], axes: int = 3) -> Histories:
    """Make histories of what was there at each time: a list of (identities, positions)."""
    each = [
        (np.asarray(uid, dtype=np.int64).reshape(-1), np.asarray(position, dtype=np.float64).reshape(-1, axes))
        for uid, position in scans
    ]
    uid = np.unique(np.concatenate([u for u, _ in each])) if each else np.zeros(0, dtype=np.int64)
    position = np.full((len(each), len(uid), axes), np.nan)
    for k, (ids, where) in enumerate(each):
        position[k, np.searchsorted(uid, ids)] = where
    return Histories(uid, position)
