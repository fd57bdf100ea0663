"""Which launch a detection belongs to."""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Float

from marsad.flight.rocket import LN_BURN
from marsad.sensing.book import SensorBook
from marsad.terms import (
    Detection,
    Flash,
    Impulse,
    Plot,
)
from marsad.trajectory.events import (
    Event,
    give_back,
    rival_of,
    score,
    take,
)
from marsad.trajectory.modes import (
    weights,
)
from marsad.trajectory.observations import Observations
from marsad.trajectory.pool import Unclaimed
from marsad.trajectory.rows import rows_of
from marsad.trajectory.state import TrajectoryState


def claim(
    state: TrajectoryState,
    book: SensorBook,
    detection: Detection,
    rows: Observations,
    bias_sigma: Float[np.ndarray, "sensor 7"],
    depth: int = 0,
) -> Event | None:
    """Give a detection to the event that forecasts it best, if any does."""
    stamp = book.seconds(detection.time_utc_ns) - float(state.clock_s[book.index[detection.sensor_id]])
    values = 3 if isinstance(detection, Plot) else 2
    gate = state.params.gate_chi2[values - 1] + (10.0 if isinstance(detection, Flash) else 0.0)
    ranked: list[tuple[float, float, int, Event]] = []
    for i, event in enumerate(state.events):
        if not event.modes:
            continue
        if detection.detection_id in event.refused or not _may_belong(event, detection, stamp, book):
            continue
        chi2, nll = score(event, rows, state.world, bias_sigma)
        if chi2 < gate:
            ranked.append((nll, chi2, i, event))
    ranked.sort(key=lambda item: item[:3])
    for nll, _, _, event in ranked:
        rival = rival_of(event, detection, book)
        if rival is None:
            take(event, detection, rows, nll, book)
            return event
        if nll < event.frames[rival][1] - 1e-9 and depth < 4:
            other = give_back(event, event.frames[rival][0], book)
            take(event, detection, rows, nll, book)
            other_rows = rows_of(other, book)
            if claim(state, book, other, other_rows, bias_sigma, depth + 1) is None:
                state.pool.append(Unclaimed(other, other_rows, book.seconds(other.time_utc_ns), stamp))
            return event
    return None


def _may_belong(event: Event, detection: Detection, stamp: float, book: SensorBook) -> bool:
    """Whether the time alone allows it."""
    since = stamp - event.launch_s
    if isinstance(detection, Impulse):
        return -1.0 < since < 120.0
    if isinstance(detection, Flash):
        return abs(since) < 1.0
    if isinstance(detection, Plot):
        return since > -0.5 and stamp < event.impact_s + 1.0
    burn_s = _longest_burn(event)
    if detection.kind == "plume":
        return -0.3 < since < burn_s + 0.2
    post_s = book.sensors[book.index[detection.sensor_id]].post_burnout_s
    return 0.0 < since < burn_s + (6.0 if post_s is None else post_s + 1.0)


def _longest_burn(event: Event) -> float:
    """Seconds after launch by which the motor is surely out, under any heavy mode."""
    share = weights(event.modes)
    return max(
        m.flight.burnout_s * math.exp(2.0 * math.sqrt(m.fit.covariance[LN_BURN, LN_BURN]))
        for m, w in zip(event.modes, share, strict=True)
        if w > 0.01
    )
