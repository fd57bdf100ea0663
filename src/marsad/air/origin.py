"""Where did a track come from?  Over the edge of what the radars see, out of their midst, or there from the start."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from marsad.air.coverage import is_watched
from marsad.air.scans import DEFAULT_PERIOD_S
from marsad.air.state import AirState
from marsad.identify import Origin
from marsad.sensing import health

_LOOKS = 5.0  # a body missed in so many looks on end was not there (1e-5 at a detection probability of 0.9)
_LEAST_S = 6.0
_SHARES = (0.0, 0.5, 0.75, 1.0)
# A radar's range is that for aircraft.  It goes with the fourth root of the echoing area (radar equation): a small
# drone of 0.02 m² is seen a third as far as an aircraft of 1 to 2 m².  Only within that is a drone surely seen.
_SMALL_BODY = 0.35


def note_watch(state: AirState, now_s: float) -> None:
    """Remember since when each radar has been heard without falling silent, and of the silent since when they were."""
    for sensor_id, sensor in state.registration.sensors.items():
        if sensor.kind == "radar" and health.is_alive(state.registration.health, sensor_id):
            state.watching_since_s.setdefault(sensor_id, now_s)
        else:
            since_s = state.watching_since_s.pop(sensor_id, None)
            if since_s is not None:
                state.paused_since_s[sensor_id] = since_s


def looked_s(state: AirState) -> float:
    """For how long a radar must have looked at a place to say that nothing was there."""
    return max(_LEAST_S, _LOOKS * max((b.period_s for b in state.scans.values()), default=DEFAULT_PERIOD_S))


def origin_of(
    state: AirState, position_m: Float[np.ndarray, "3"], velocity_ms: Float[np.ndarray, "3"], born_s: float
) -> Origin:
    """Say how a track entered what the radars see, from where it must have been before it was first seen.

    Parameters
    ----------
    state
        The air picture; its tracking is at ``state.tracking.time_s``.
    position_m, velocity_ms
        The track now, in site coordinates; it is followed back level.
    born_s
        When it was first seen.

    Returns
    -------
    origin
        "start" if nobody watched yet in the seconds before, "inside" if the places where it was then are watched so
        well that a small body would have been seen there, else "edge".
    """
    before_s = looked_s(state)
    back_ms = np.array([velocity_ms[0], velocity_ms[1], 0.0])
    first_m = position_m - (state.tracking.time_s - born_s) * back_ms
    long_on = {key for key, since_s in state.watching_since_s.items() if since_s <= born_s - before_s}
    if not long_on:
        return "start"
    places = [first_m - share * before_s * back_ms for share in _SHARES]
    is_inside = all(is_watched(state, place_m, _SMALL_BODY, long_on) for place_m in places)
    return "inside" if is_inside else "edge"
