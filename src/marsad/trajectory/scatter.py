"""Sensors whose numbers scatter about a launch's path far more than they say: named, and no more than that.

A verdict here weakens no row, moves no detection and takes no launch back: what it would be worth to the forecast is
less than what it costs where it is wrong.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from marsad.sensing.book import SensorBook
from marsad.sensing.measure import wrap_angle
from marsad.sensing.scatter import (
    KEPT_S,
    Look,
    Scatter,
    noise_cleared,
    noise_fault,
    one_a_frame,
    scatter,
)
from marsad.terms import Bearing, Plot
from marsad.trajectory.events import FRAME_S, Event
from marsad.trajectory.fit import is_angle, predict
from marsad.trajectory.observations import DIRECTION, PLOT, Observations
from marsad.trajectory.pool import Unclaimed
from marsad.trajectory.state import TrajectoryState

_LOOKS = 24
"""How many of the last looks are judged: with more the path itself is no longer straight between three of them."""
_LEAST_STRAYS = 4
"""How many unclaimed looks since the launch ask for a measurement; fewer are clutter."""
_PAUSE_S = 0.25
"""How often a launch is measured: four times a second costs a hundredth of a core."""
_NEAR_M = 1500.0
_NEAR_RAD = 0.5
"""How far from the launch's path a look may be: far beyond any noise that leaves a sensor of use."""


def note_scatter(
    state: TrajectoryState, book: SensorBook, now_utc_ns: int, bias_sigma: Float[np.ndarray, "sensor 7"]
) -> None:
    """Name a sensor that is surely noisier than it says, or is so no longer, by a launch that stands alone."""
    now_s = book.seconds(now_utc_ns)
    if now_s < state.scatter_again_s:
        return
    living = [e for e in state.events if e.modes and e.stage != "ended"]
    if len(living) != 1 or living[0].status != "confirmed":
        return  # looks at other bodies are none of this one's noise
    asked = _asked_for(state, living[0], book)
    if not asked:
        return
    state.scatter_again_s = now_s + _PAUSE_S
    for k in asked:
        found = _scatter(state, living[0], k, book, bias_sigma)
        if found is not None:
            _say(state, k, found, book, now_utc_ns)


def _say(state: TrajectoryState, k: int, found: Scatter, book: SensorBook, now_utc_ns: int) -> None:
    """Say what is new about a sensor's noise."""
    now_s, sensor_id = book.seconds(now_utc_ns), book.sensors[k].sensor_id
    is_named = now_s - state.noisy_since_s.get(k, -np.inf) < KEPT_S
    if found.is_surely_more:
        state.noisy_since_s[k] = now_s
        if not is_named:
            state.faults.append(noise_fault(sensor_id, found.ratio, now_utc_ns))
    elif found.is_as_stated and state.noisy_since_s.pop(k, None) is not None:
        state.faults.append(noise_cleared(sensor_id, "it scatters as it says again", now_utc_ns))


def _asked_for(state: TrajectoryState, event: Event, book: SensorBook) -> list[int]:
    """Sensors with strays since the launch, or called noisy; all if it fits badly."""
    strays = np.zeros(len(book.sensors), np.int64)
    for u in _strays(state, event):
        strays[u.rows.sensor[0]] += 1
    asked = strays >= _LEAST_STRAYS
    asked[list(state.noisy_since_s)] = True
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


def _rows_of_event(event: Event, k: int) -> list[Observations]:
    """An event's directions and plots of a sensor, each by itself."""
    own = event.rows.view()
    mine = np.flatnonzero((own.sensor == k) & ((own.kind == DIRECTION) | (own.kind == PLOT)))
    return [Observations(*(column[i : i + 1] for column in own)) for i in mine]


def _scatter(
    state: TrajectoryState, event: Event, k: int, book: SensorBook, bias_sigma: Float[np.ndarray, "sensor 7"]
) -> Scatter | None:
    """How far the sensor's looks scatter about the path of the launch, the only body that they may be of."""
    rows = _rows_of_event(event, k)[-2 * _LOOKS :]
    rows += [u.rows for u in _strays(state, event) if u.rows.sensor[0] == k]
    looks = one_a_frame(_looks(state, event, rows, bias_sigma), 0.4 * _frame_s(book, k), _LOOKS)
    return scatter(looks, _frame_s(book, k))


def _looks(
    state: TrajectoryState, event: Event, rows: list[Observations], bias_sigma: Float[np.ndarray, "sensor 7"]
) -> list[Look]:
    """Rows near the launch's path, less what it foretells."""
    estimate = event.modes[0].fit._replace(flight=event.modes[0].flight)
    found: list[Look] = []
    value, innovation = np.empty(3), np.empty((3, 3))
    for row in rows:
        count, _, _ = predict(0, estimate, state.world.env, row, value, innovation, bias_sigma)
        off = row.value[0, :count] - value[:count]
        for i in range(count):
            off[i] = wrap_angle(float(off[i])) if is_angle(int(row.kind[0]), i) else off[i]
        azimuth = 1 if row.kind[0] == PLOT else 0
        if (row.kind[0] == PLOT and abs(off[0]) > _NEAR_M) or abs(off[azimuth]) > _NEAR_RAD:
            continue
        found.append(Look(float(row.time_s[0]), row.whitener[0, :count, :count] @ off))
    return found


def _frame_s(book: SensorBook, k: int) -> float:
    sensor = book.sensors[k]
    if sensor.rate_hz:
        return 1.0 / sensor.rate_hz
    return 1.0 if sensor.kind == "radar" else FRAME_S
