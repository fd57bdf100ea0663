"""Sensors whose numbers scatter about a launch's path far more than they say: named, and believed accordingly."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from marsad.sensing.book import SensorBook
from marsad.sensing.measure import wrap_angle
from marsad.sensing.scatter import Look, noise_fault, noise_ratio, one_a_frame
from marsad.terms import Bearing, ImpactForecast, LaunchEstimate, Plot
from marsad.trajectory.claims import claim
from marsad.trajectory.events import FRAME_S, Event, give_back
from marsad.trajectory.fit import is_angle, predict
from marsad.trajectory.observations import DIRECTION, PLOT, Observations
from marsad.trajectory.pool import Unclaimed
from marsad.trajectory.rows import rows_of
from marsad.trajectory.state import TrajectoryState
from marsad.trajectory.telling import cancel

_LOOKS = 24
_LEAST_STRAYS = 4
_PAUSE_S = 0.25
_NEAR_M = 1500.0
_NEAR_RAD = 0.5
_GROWN = 1.3
"""How many of the last looks are judged, how many strays ask for it, how often; how far a plot may be from the
launch; by how much a known ratio must grow to be said anew."""


def note_scatter(
    state: TrajectoryState,
    book: SensorBook,
    now_utc_ns: int,
    bias_sigma: Float[np.ndarray, "sensor 7"],
    launches: list[LaunchEstimate],
    impacts: list[ImpactForecast],
) -> None:
    """Name a sensor that is noisier than it says, and take anew what it has said of the launches, with its true noise.

    Looks at one launch a time, and only where strays or a bad fit ask for it.
    """
    now_s = book.seconds(now_utc_ns)
    if now_s >= state.scatter_again_s:
        _measure(state, book, now_utc_ns, bias_sigma)
    for k, noise in enumerate(book.noise):
        if noise == state.noise.get(k, 1.0):
            continue
        state.noise[k] = noise
        waiting = _given_back(state, k, book, now_s)
        for event in state.events:
            if not event.detections:
                cancel(state, event, book, now_utc_ns, launches, impacts, "told by a sensor alone that scatters")
        state.events = [event for event in state.events if event.stage != "ended"]
        for u in sorted(waiting, key=lambda u: u.stamp_s):
            rows = rows_of(u.detection, book)
            if claim(state, book, u.detection, rows, bias_sigma) is None:
                state.pool.append(Unclaimed(u.detection, rows, u.stamp_s, u.arrival_s, u.is_known))
        state.pool.sort(key=lambda u: u.arrival_s)


def _measure(
    state: TrajectoryState, book: SensorBook, now_utc_ns: int, bias_sigma: Float[np.ndarray, "sensor 7"]
) -> None:
    """Measure the sensors' noise about the launch that was looked at longest ago, and name what is surely more."""
    now_s = book.seconds(now_utc_ns)
    due = [e for e in state.events if e.status == "confirmed" and e.modes and e.stage != "ended"]
    for event in sorted(due, key=lambda e: e.scatter_seen_s):
        asked = _asked_for(state, event, book)
        if not asked:
            continue
        state.scatter_again_s, event.scatter_seen_s = now_s + _PAUSE_S, now_s
        for k in asked:
            ratio = _ratio(state, event, k, book, bias_sigma)
            if ratio is not None and ratio > _GROWN * book.noise[k]:
                fault = noise_fault(book.sensors[k].sensor_id, ratio, now_utc_ns)
                state.faults.append(fault)
                book.noise[k] = fault.magnitude
        return


def _asked_for(state: TrajectoryState, event: Event, book: SensorBook) -> list[int]:
    """Sensors with strays since the launch, with a launch of their own, or noisy; all that see it if it fits badly."""
    strays = np.zeros(len(book.sensors), np.int64)
    for u in _strays(state, event):
        strays[u.rows.sensor[0]] += 1
    for k, other in _rivals(state, event, book):
        strays[k] += len(other.detections)
    asked = (strays >= _LEAST_STRAYS) | (np.array(book.noise) > 1.0)
    if event.modes[0].fit.cost > 1.5 * event.rows.count + 20.0:
        asked[event.rows.view().sensor] = True
    return [int(k) for k in np.flatnonzero(asked)]


def _strays(state: TrajectoryState, event: Event) -> list[Unclaimed]:
    """What no launch has claimed since this one and nothing known explains."""
    return [
        u
        for u in state.pool
        if u.stamp_s > event.launch_s and not u.is_known and isinstance(u.detection, Bearing | Plot)
    ]


def _rivals(state: TrajectoryState, event: Event, book: SensorBook) -> list[tuple[int, Event]]:
    """Launches about the same time that one sensor alone tells, beside this one that others tell: (sensor, launch)."""
    told = {d.sensor_id for d in event.detections.values()}
    found = []
    for other in state.events:
        told_by = {d.sensor_id for d in other.detections.values()}
        near = other is not event and abs(other.launch_s - event.launch_s) < state.params.clock_fault_s
        if near and len(told_by) == 1 and told - told_by:
            found.append((book.index[told_by.pop()], other))
    return found


def _rows_of_event(event: Event, k: int) -> list[Observations]:
    """An event's directions and plots of a sensor, each by itself."""
    own = event.rows.view()
    mine = np.flatnonzero((own.sensor == k) & ((own.kind == DIRECTION) | (own.kind == PLOT)))
    return [Observations(*(column[i : i + 1] for column in own)) for i in mine]


def _ratio(
    state: TrajectoryState, event: Event, k: int, book: SensorBook, bias_sigma: Float[np.ndarray, "sensor 7"]
) -> float | None:
    """How many times farther than stated the sensor's looks scatter about the path of the launch, if surely more."""
    looks = _looks(state, event, k, book, bias_sigma)
    return noise_ratio(looks, _frame_s(book, k))


def _looks(
    state: TrajectoryState, event: Event, k: int, book: SensorBook, bias_sigma: Float[np.ndarray, "sensor 7"]
) -> list[Look]:
    """What lies nearest to the launch in the latest frames of a sensor."""
    rows = _rows_of_event(event, k)[-2 * _LOOKS :]
    for sensor, other in _rivals(state, event, book):
        if sensor == k:
            rows += _rows_of_event(other, k)[-2 * _LOOKS :]
    rows += [u.rows for u in _strays(state, event) if u.rows.sensor[0] == k]
    estimate = event.modes[0].fit._replace(flight=event.modes[0].flight)
    found: list[Look] = []
    value, innovation = np.empty(3), np.empty((3, 3))
    for row in rows:
        count, _, _ = predict(0, estimate, state.world.env, row, value, innovation, bias_sigma)
        off = row.value[0, :count] - value[:count]
        for i in range(count):
            off[i] = wrap_angle(float(off[i])) if is_angle(int(row.kind[0]), i) else off[i]
        if row.kind[0] == PLOT and (abs(off[0]) > _NEAR_M or abs(off[1]) > _NEAR_RAD):
            continue
        residual = book.noise[k] * (row.whitener[0, :count, :count] @ off)
        found.append(Look(float(row.time_s[0]), residual))
    return one_a_frame(found, 0.4 * _frame_s(book, k))[-_LOOKS:]


def _frame_s(book: SensorBook, k: int) -> float:
    sensor = book.sensors[k]
    if sensor.rate_hz:
        return 1.0 / sensor.rate_hz
    return 1.0 if sensor.kind == "radar" else FRAME_S


def _given_back(state: TrajectoryState, k: int, book: SensorBook, now_s: float) -> list[Unclaimed]:
    """Take all that a sensor has told out of the launches and of what waits."""
    waiting = [u for u in state.pool if u.rows.sensor[0] == k]
    state.pool = [u for u in state.pool if u.rows.sensor[0] != k]
    state.tracklets.drop({u.detection.detection_id for u in waiting})
    for event in state.events:
        for detection in list(event.detections.values()):
            if book.index[detection.sensor_id] == k:
                give_back(event, detection.detection_id, book)
                event.search_asked = True
                stamp_s = book.seconds(detection.time_utc_ns)
                waiting.append(Unclaimed(detection, rows_of(detection, book), stamp_s, now_s))
        event.refused -= {u.detection.detection_id for u in waiting}
    return waiting
