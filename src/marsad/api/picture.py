"""The air picture of an incident and the truth over common seconds, in metres about the site, for the measures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from marsad.assess import Histories
from marsad.geo.frames import enu_axes
from marsad.simulation.paths import ecef
from marsad.terms import Geodetic

if TYPE_CHECKING:
    from marsad.api.incident import Incident, TrackHistory
    from marsad.simulation.bodies import Body

STEP_S = 1.0
CUTOFF_M = 400.0
"""GOSPA's c: farther apart than this, track and truth are not of each other."""


def pictures(incident: Incident, bodies: Sequence[Body]) -> tuple[Histories, Histories]:
    """Give tracks and truths each second of the incident."""
    times = np.arange(0.0, max(incident.duration_s, STEP_S), STEP_S)
    origin = incident.site.origin
    tracks = [_track_at(incident, one, times) for one in incident.tracks.values()]
    truths = [_body_at(body, times) for body in bodies if body.kind != "misfire"]
    return _histories(tracks, times, origin), _histories(truths, times, origin)


def _track_at(
    incident: Incident, track: TrackHistory, times: Float[np.ndarray, " time"]
) -> Float[np.ndarray, "time 3"]:
    """ECEF positions between a track's first and last confirmed report, NaN outside."""
    kept = [one for one in track.reports if one.status == "confirmed" and one.range_known]
    if len(kept) < 2:
        return np.full((times.size, 3), np.nan)
    at = np.array([incident.clock.seconds(one.time_utc_ns) for one in kept])
    place = np.array([ecef(one.position) for one in kept])
    order = np.argsort(at, kind="stable")
    out = np.stack([np.interp(times, at[order], place[order, axis]) for axis in range(3)], axis=1)
    out[(times < at[order[0]]) | (times > at[order[-1]])] = np.nan
    return out


def _body_at(body: Body, times: Float[np.ndarray, " time"]) -> Float[np.ndarray, "time 3"]:
    out = np.full((times.size, 3), np.nan)
    for k, time_s in enumerate(times.tolist()):
        if body.path.covers(time_s):
            out[k] = body.path.at(time_s)[0]
    return out


def _histories(
    paths: list[Float[np.ndarray, "time 3"]], times: Float[np.ndarray, " time"], origin: Geodetic
) -> Histories:
    axes = enu_axes(origin.latitude_rad, origin.longitude_rad)
    stacked = np.stack(paths, axis=1) if paths else np.zeros((times.size, 0, 3))
    return Histories(np.arange(stacked.shape[1]), (stacked - ecef(origin)) @ axes.T)
