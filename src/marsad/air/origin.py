"""Where did a track come from?  Over the edge of what the radars see, out of their midst, or there from the start."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from marsad.air.coverage import is_watched
from marsad.air.scans import DEFAULT_PERIOD_S
from marsad.air.state import AirState
from marsad.identify import Origin

_BREAK = 4.0  # a radar silent for so many turns begins anew
_LOOKS = 5.0  # a body missed in so many looks on end was not there (1e-5 at a detection probability of 0.9)
_LEAST_S = 6.0
_SHARES = (0.0, 0.5, 0.75, 1.0)
# A radar's range is that for aircraft.  It goes with the fourth root of the echoing area (radar equation): a small
# drone of 0.02 m² is seen a third as far as an aircraft of 1 to 2 m².  Only within that is a drone surely seen.
_SMALL_BODY = 0.35


def note_look(state: AirState, sensor_id: str, time_s: float, period_s: float) -> None:
    """Remember since when a radar has looked without a break."""
    began_s, last_s = state.looks_s.get(sensor_id, (time_s, time_s))
    state.looks_s[sensor_id] = (time_s if time_s - last_s > _BREAK * period_s else began_s), max(time_s, last_s)


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
    looked_s = max(_LEAST_S, _LOOKS * max((b.period_s for b in state.scans.values()), default=DEFAULT_PERIOD_S))
    back_ms = np.array([velocity_ms[0], velocity_ms[1], 0.0])
    first_m = position_m - (state.tracking.time_s - born_s) * back_ms
    if born_s - looked_s < max((began_s for began_s, _ in state.looks_s.values()), default=born_s):
        return "start"
    is_inside = all(is_watched(state, first_m - share * looked_s * back_ms, _SMALL_BODY) for share in _SHARES)
    return "inside" if is_inside else "edge"
