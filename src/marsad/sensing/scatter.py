"""How far a sensor's numbers scatter, by themselves: a body's path is smooth, whatever its course.

What three looks in a row say apart from a straight line between them is noise, not motion, if the motion is slow
against their pace; a constant error and one that drifts drop out.  So no other sensor is needed to see that one is
noisier than it says.  The median over the triples leaves single strangers among the looks without weight.
Source: second differences of equally distributed noise, J. von Neumann et al., *The Mean Square Successive
Difference*, Annals of Mathematical Statistics 12 (1941).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from marsad.terms import SensorFault

LEAST_LOOKS = 8
_MEDIAN_CHI2 = (0.0, 0.455, 1.386, 2.366)
"""Median of χ² with 0 to 3 degrees of freedom."""
_SURE_CHI2, _SURE_CHI2_LOOKS = 5.0, 24.0
"""Noise as stated reaches 5 + 24 / looks times its variance in one of 100,000 runs of 8 to 24 looks."""


_GAP_FRAMES = 4.5
_LEAST_SEEN = 0.5
"""How many frames three looks may span, and in how many frames the sensor must have shown something."""


class Look(NamedTuple):
    """One look: its stamp, and measured less foretold by any smooth path, in units of the stated noise."""

    time_s: float
    residual: Float[np.ndarray, " number"]


def noise_ratio(looks: Sequence[Look], frame_s: float) -> float | None:
    """Standard deviation of the looks by that stated, where it is surely larger; ``None`` otherwise.

    ``looks`` come in order of time, not more than one a frame (or radar turn) of ``frame_s`` seconds.
    """
    if len(looks) < LEAST_LOOKS:
        return None
    time_s = np.array([look.time_s for look in looks])
    residual = np.array([look.residual for look in looks])
    if time_s.size < _LEAST_SEEN * (time_s[-1] - time_s[0]) / frame_s:
        return None
    span = time_s[2:] - time_s[:-2]
    share = (time_s[1:-1] - time_s[:-2]) / np.maximum(span, 1e-9)
    between = (1.0 - share[:, None]) * residual[:-2] + share[:, None] * residual[2:]
    variance = 1.0 + (1.0 - share) ** 2 + share**2
    chi2 = ((residual[1:-1] - between) ** 2).sum(axis=1) / variance
    told = (span > 0.0) & (span < _GAP_FRAMES * frame_s)
    if np.count_nonzero(told) < LEAST_LOOKS - 2:
        return None
    ratio2 = float(np.median(chi2[told])) / _MEDIAN_CHI2[residual.shape[1]]
    sure = _SURE_CHI2 + _SURE_CHI2_LOOKS / time_s.size
    return math.sqrt(ratio2) if ratio2 > sure else None


def one_a_frame(looks: Iterable[Look], apart_s: float) -> list[Look]:
    """Of looks closer in time than ``apart_s`` the one with the least residual, in order of time."""
    kept: list[Look] = []
    for look in sorted(looks, key=lambda item: item.time_s):
        if not kept or look.time_s - kept[-1].time_s >= apart_s:
            kept.append(look)
        elif look.residual @ look.residual < kept[-1].residual @ kept[-1].residual:
            kept[-1] = look
    return kept


def noise_fault(sensor_id: str, ratio: float, now_utc_ns: int) -> SensorFault:
    """What is said of a sensor that is noisier than it says."""
    return SensorFault(
        sensor_id=sensor_id,
        kind="noise",
        arrival_utc_ns=now_utc_ns,
        magnitude=round(ratio, 1),
        unit="",
        reasons=(f"it scatters {ratio:.1f} times as far as it says about any smooth path",),
    )
