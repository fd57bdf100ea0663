"""Kernels of update: Kalman updates of every slot, weights of the slots, probability of existence.

Existence: D. Musicki, R. Evans, S. Stankovic, "Integrated probabilistic data association", IEEE Trans. Automatic
Control 39 (1994), p. 1237, for one detection per track; slots: Bar-Shalom, Li, Kirubarajan (2001), section 11.6.6.
"""

from __future__ import annotations

import math

from numba import njit

from marsad.track.gate import slot_fit
from marsad.track.tables import F64, I64

FAMILY_FORGOTTEN = 1e-4  # a family of models below this weight is dropped; the error it makes is of that size


@njit(cache=True, error_model="numpy")
def position_slot(x: F64, p: F64, z: F64, inverse: F64, gain: F64, h: F64) -> None:
    """Kalman update in place by a position; ``inverse`` is that of the innovation covariance, the rest is scratch."""
    d0, d1, d2 = z[0] - x[0], z[1] - x[1], z[2] - x[2]
    for a in range(7):
        for b in range(3):
            gain[a, b] = p[a, 0] * inverse[0, b] + p[a, 1] * inverse[1, b] + p[a, 2] * inverse[2, b]
        x[a] += gain[a, 0] * d0 + gain[a, 1] * d1 + gain[a, 2] * d2
    for b in range(3):
        for a in range(7):
            h[b, a] = p[b, a]
    for a in range(7):
        for b in range(a + 1):
            p[a, b] -= gain[a, 0] * h[0, b] + gain[a, 1] * h[1, b] + gain[a, 2] * h[2, b]
            p[b, a] = p[a, b]


@njit(cache=True, error_model="numpy")
def reweigh(w: F64, log_fit: F64) -> None:
    """Multiply weights by likelihoods given as logarithms, in place, and normalise."""
    top = -math.inf
    for k in range(w.shape[0]):
        if w[k] > 0.0:
            top = max(top, log_fit[k])
    total = 0.0
    for k in range(w.shape[0]):
        if w[k] > 0.0:
            w[k] *= math.exp(log_fit[k] - top)
            total += w[k]
    for k in range(w.shape[0]):
        w[k] /= total


@njit(cache=True, error_model="numpy")
def forget(w: F64, known: int, family: I64, sojourn_s: F64) -> None:
    """Drop a family of models (or, range unknown, a range interval) that the detections have ruled out."""
    if known == 0:
        for k in range(w.shape[0]):
            if w[k] < FAMILY_FORGOTTEN:
                w[k] = 0.0
    else:
        rocket = 0.0
        for k in range(family.shape[0]):
            if family[k] == 1:
                rocket += w[k]
        for k in range(family.shape[0]):
            if (rocket < FAMILY_FORGOTTEN and family[k] == 1) or (rocket > 1.0 - FAMILY_FORGOTTEN and family[k] == 0):
                w[k] = 0.0
            if family[k] == 1 and sojourn_s[k] < math.inf and w[k] < 1e-6:
                w[k] = 0.0
    total = w.sum()
    for k in range(w.shape[0]):
        w[k] /= total


@njit(cache=True, error_model="numpy")
def position_update(w: F64, x: F64, p: F64, z: F64, r: F64, log_fit: F64, scratch: F64) -> float:
    """Update all slots of one track in place by a position; give the mixture's squared Mahalanobis distance.

    ``log_fit`` (slot) and ``scratch`` (4 x 7 x 7) are room to work in.
    """
    s, inverse, gain, h = scratch[0], scratch[1], scratch[2], scratch[3]
    nis = 0.0
    for k in range(w.shape[0]):
        if w[k] > 0.0:
            chi2, log_fit[k] = slot_fit(x[k], p[k], z, r, s, inverse)
            nis += w[k] * chi2
            position_slot(x[k], p[k], z, inverse, gain, h)
    reweigh(w, log_fit)
    return nis


@njit(cache=True, error_model="numpy")
def existence_after(existence: float, ratio: float) -> float:
    """Probability of existence after evidence of the given likelihood ratio (exists : does not)."""
    return existence * ratio / (1.0 - existence + existence * ratio)
