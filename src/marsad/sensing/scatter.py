"""How far a sensor's numbers scatter, by themselves: a body's path is smooth, whatever its course.

What three looks in a row say apart from a straight line between them is noise, not motion, if the motion is slow
against their pace; a constant error and one that drifts drop out.  So no other sensor is needed to see that one is
noisier than it says.  Source: second differences of equally distributed noise, J. von Neumann et al., *The Mean Square
Successive Difference*, Annals of Mathematical Statistics 12 (1941).

Looks at other bodies must not count.  A stranger among the looks spoils the three triples that it is part of, so the
lower quartile over the triples is taken: of ``n`` looks any ``breakdown(n)`` may be strangers, however far off, before
they can carry the measure beyond bounds, and the threshold leaves room for so many (``tests/sensing/test_scatter.py``
shows both by simulation).  One body gives one look a frame: where frames hold several, nothing is said.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from marsad.terms import SensorFault

LEAST_LOOKS = 12
"""With fewer, two strangers (a missed look, then clutter) would be beyond the breakdown point."""
KEPT_S = 600.0
"""A verdict that no look has borne out for ten minutes lapses: about two patrols of an own drone past a radar."""
_QUANTILE = 0.25
_QUANTILE_CHI2 = (math.nan, math.nan, 0.575, 1.213)
"""Lower quartile of χ² with 2 and 3 degrees of freedom."""
_SURE_CHI2 = (math.inf, math.inf, 20.0, 12.0)
"""Noise as stated, with as many strangers as the breakdown point allows, reaches so many times its variance in less
than one of 10,000 runs of 12 to 24 looks at 2 and 3 numbers; without strangers in less than one of a million."""
_AS_STATED_CHI2 = 3.0
"""A sensor once called noisy is well again below this: three times the stated noise stays above in 99 of 100 runs."""
_GAP_FRAMES = 4.5
"""How many frames three looks may span: a rocket's path is straight for four frames of a camera or turns of a radar."""
_LEAST_SEEN = 0.5
"""In how many of the frames the sensor must have shown something: else the looks may be of several things."""
_SEVERAL = 0.25
"""The part of the frames that may hold a second look: more than clutter adds to one body."""


class Look(NamedTuple):
    """One look: its stamp, and measured less foretold by any smooth path, in units of the stated noise."""

    time_s: float
    residual: Float[np.ndarray, " number"]


class Scatter(NamedTuple):
    """Standard deviation of some looks by that stated, and whether it is surely larger, or about as stated."""

    ratio: float
    is_surely_more: bool
    is_as_stated: bool


def breakdown(looks: int) -> int:
    """How many of so many looks may be strangers without carrying the measure beyond bounds."""
    return int((1.0 - _QUANTILE) * (looks - 2) / 3.0)


def scatter(looks: Sequence[Look], frame_s: float) -> Scatter | None:
    """Measure how far looks scatter about any smooth path; ``None`` where they are too few or too far apart.

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
    told = np.sort(chi2[(span > 0.0) & (span < _GAP_FRAMES * frame_s)])
    if told.size < LEAST_LOOKS - 2:
        return None
    numbers = residual.shape[1]
    ratio2 = float(told[math.ceil(_QUANTILE * told.size) - 1]) / _QUANTILE_CHI2[numbers]
    return Scatter(math.sqrt(ratio2), ratio2 > _SURE_CHI2[numbers], ratio2 < _AS_STATED_CHI2)


def one_a_frame(looks: Iterable[Look], apart_s: float, at_most: int | None = None) -> list[Look]:
    """Of looks closer in time than ``apart_s`` the one with the least residual, in order of time (the last ones).

    Empty where more than a quarter of the frames hold several: then there are several bodies.
    """
    kept: list[Look] = []
    several: list[int] = []
    for look in sorted(looks, key=lambda item: item.time_s):
        if not kept or look.time_s - kept[-1].time_s >= apart_s:
            kept.append(look)
            several.append(0)
            continue
        several[-1] = 1
        if look.residual @ look.residual < kept[-1].residual @ kept[-1].residual:
            kept[-1] = look
    kept, several = kept[-(at_most or len(kept)) :], several[-(at_most or len(several)) :]
    return [] if sum(several) > _SEVERAL * len(kept) else kept


def noise_fault(sensor_id: str, ratio: float, now_utc_ns: int) -> SensorFault:
    """What is said of a sensor that is noisier than it says.  Nothing but this is done about it."""
    return SensorFault(
        sensor_id=sensor_id,
        kind="noise",
        arrival_utc_ns=now_utc_ns,
        magnitude=round(ratio, 1),
        unit="",
        reasons=(f"it scatters {ratio:.1f} times as far as it says about any smooth path",),
    )


def noise_cleared(sensor_id: str, why: str, now_utc_ns: int) -> SensorFault:
    """What is said of a sensor that is no longer called noisy."""
    return SensorFault(sensor_id=sensor_id, kind="noise", arrival_utc_ns=now_utc_ns, cleared=True, reasons=(why,))
