"""Which launch a detection belongs to."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from marsad.sensing.book import SensorBook
from marsad.terms import (
    Detection,
    Flash,
    Impulse,
    Plot,
)
from marsad.trajectory.events import (
    Event,
    Outlook,
    give_back,
    outlook_of,
    rival_of,
    score,
    take,
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
    stamp, gate = _stamp_and_gate(state, book, detection)
    ranked: list[tuple[float, float, int, Event]] = []
    post_s = _post_burnout_s(detection, book)
    for i, event in enumerate(state.events):
        if not event.modes or not _may_belong(outlook_of(event, state.world), detection, stamp, post_s):
            continue
        if detection.detection_id in event.refused:
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


def may_claim(
    state: TrajectoryState,
    book: SensorBook,
    event: Event,
    detection: Detection,
    rows: Observations,
    bias_sigma: Float[np.ndarray, "sensor 7"],
) -> bool:
    """Whether one event expects a detection, others apart."""
    stamp, gate = _stamp_and_gate(state, book, detection)
    if not _may_belong(outlook_of(event, state.world), detection, stamp, _post_burnout_s(detection, book)):
        return False
    return score(event, rows, state.world, bias_sigma)[0] < gate


def _stamp_and_gate(state: TrajectoryState, book: SensorBook, detection: Detection) -> tuple[float, float]:
    """When a detection was made by its sensor's corrected clock, and how far off (chi²) it may be."""
    stamp = book.seconds(detection.time_utc_ns) - float(state.clock_s[book.index[detection.sensor_id]])
    values = 3 if isinstance(detection, Plot) else 2
    return stamp, state.params.gate_chi2[values - 1] + (10.0 if isinstance(detection, Flash) else 0.0)


def _may_belong(outlook: Outlook, detection: Detection, stamp: float, post_s: float) -> bool:
    """Whether the time alone allows it."""
    since = stamp - outlook.launch_s
    if isinstance(detection, Plot):
        return since > -0.5 and stamp < outlook.impact_s + 1.0
    if isinstance(detection, Impulse):
        return -1.0 < since < 120.0
    if isinstance(detection, Flash):
        return abs(since) < 1.0
    if detection.kind == "plume":
        return -0.3 < since < outlook.burn_s + 0.2
    return 0.0 < since < outlook.burn_s + post_s


def _post_burnout_s(detection: Detection, book: SensorBook) -> float:
    """For how long after burnout the sensor of a detection may see a hot body."""
    post_s = book.sensors[book.index[detection.sensor_id]].post_burnout_s
    return 6.0 if post_s is None else post_s + 1.0
