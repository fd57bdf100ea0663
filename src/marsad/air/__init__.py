"""The air picture: plots, object bearings and cooperative reports become tracks with identity and corridors.

``step`` takes the messages in order of arrival.  Plots wait until their scan is complete (some tenths of a second);
everything a radar sees in one look then goes to the tracker at once.  Sensors are registered on the way, and what is
sure of their errors is taken off before tracking.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import replace

import msgspec
import numpy as np
from jaxtyping import Float

from marsad import track
from marsad.air.fates import dispositions_of, note_events
from marsad.air.intake import due_frames, take
from marsad.air.origin import note_watch
from marsad.air.picture import describe
from marsad.air.state import CROWD, FAR_SIGMAS, SENSOR_ROWS, AirOutputs, AirParams, AirState, is_crowded, seconds
from marsad.geo.site_frame import site_frame
from marsad.geo.zones import ZoneShapes, prepare_zones
from marsad.sensing import registration
from marsad.sensing.site import Site
from marsad.terms import Disposition, Message, SensorFault

__all__ = [
    "FAR_SIGMAS",
    "AirOutputs",
    "AirParams",
    "AirState",
    "init",
    "is_corrected",
    "plain_picture",
    "step",
    "tells_of_threats",
]

_MOMENT_NS = 100_000_000
_GRID_NS = 50_000_000
"""As often as a camera brings a frame: nothing waits for longer than its next."""
_LONGEST_GRID_NS = 10_000_000_000
"""After a longer silence the grid begins anew: nothing waits so long."""
_NO_CLAIMS: Mapping[str, str] = {}
_CROWD_PACE_S = 0.1
_LONGEST_PACE_S = 0.25
"""Describing ``CROWD`` tracks takes 8 ms, and their ways ahead as much again: a sixth of the pace in all.  What is
described so late is still well within the second that an alarm may be later."""
_STANDS_S = 0.25
"""What is said of a track stands so long where no look updates it: most looks are a camera's at one object, and all
others would be judged anew for each of them, twenty times a second."""


def init(site: Site, params: AirParams | None = None) -> AirState:
    """Make the state of an air picture that has seen nothing yet."""
    settings = params or AirParams()
    frame = site_frame(site.origin)
    tracking_params = replace(
        settings.track, sensors=(track.SensorModel(),) * SENSOR_ROWS, ground_up_m=_ground_up_m(site)
    )
    return AirState(
        site=site,
        params=settings,
        frame=frame,
        shapes=_shapes(site, settings.zone_buffer_m, 0.0),
        near_shapes=_shapes(site, settings.zone_buffer_m, settings.neighbour_m),
        own_ground=prepare_zones(site.zones, site.origin, settings.own_ground_m),
        registration=registration.init(frame, 0, site.sensors),
        tracking=track.init(tracking_params),
        tracking_params=tracking_params,
    )


def plain_picture(state: AirState) -> AirState:
    """A copy that goes on with all looks at their stated errors, whatever is found to be wrong with a sensor.

    The sensors' health and places are shared, as is what never changes; all else is copied, for both go on.
    """
    shared = (
        state.site,
        state.params,
        state.frame,
        state.shapes,
        state.near_shapes,
        state.own_ground,
        state.registration,
        state.tracking,
        state.tracking_params,
    )
    plain = copy.deepcopy(state, {id(one): one for one in shared})
    plain.params = replace(state.params, hears_findings=False)
    plain.corrections, plain.is_beside = {}, True
    return plain


def is_corrected(state: AirState) -> bool:
    """Whether the next step is to take something off a sensor's looks, or a radar's word is doubted."""
    if not state.params.hears_findings:
        return False
    accused = (key for key in state.registration.accused if not key.endswith("/silent"))
    return bool(_corrections(state)) or any(key.partition("/")[0] in state.scans for key in accused)


def tells_of_threats(state: AirState) -> bool:
    """Whether the last word on any track is that it may come to attack."""
    return any(known.has_corridor for known in state.known.values())


def _corrections(state: AirState) -> dict[str, Float[np.ndarray, "4"]]:
    """What is found to be wrong with the sensors beyond what their priors allow.

    What is within is not taken off: so the picture is the plain one until something is, and then has it beside.
    """
    if not state.params.hears_findings:
        return {}
    found = {key: registration.far_errors(state.registration, key, FAR_SIGMAS) for key in state.registration.estimates}
    return {key: errors for key, errors in found.items() if errors.any()}


def step(
    state: AirState,
    now_utc_ns: int,
    messages: Sequence[Message],
    claimed: Mapping[str, str] = _NO_CLAIMS,
) -> tuple[AirState, AirOutputs]:
    """Take in messages and say what changed in the air picture.

    Parameters
    ----------
    state
        From ``init`` or the last ``step``; donated.
    now_utc_ns
        Arrival of the last message (or of a tick).
    messages
        In order of arrival; kinds that do not concern the air picture are ignored.
    claimed
        Detections that belong to a rocket's event, ``{detection_id: event_id}``; their tracks are that rocket.
    """
    if state.epoch_utc_ns is None:
        state.epoch_utc_ns = state.registration.epoch_utc_ns = min(
            (message.arrival_utc_ns for message in messages), default=now_utc_ns
        )
    note_events(state, claimed)
    state.corrections = _corrections(state)
    said = AirOutputs()
    for moment_utc_ns, batch in _moments(now_utc_ns, messages):
        said = _joined(said, _moment(state, moment_utc_ns, batch))
    return state, said


def _moments(now_utc_ns: int, messages: Sequence[Message]) -> list[tuple[int, list[Message]]]:
    """Part a batch that spans more than a moment, so that scans close as if the messages had come one by one."""
    parts: list[tuple[int, list[Message]]] = []
    for message in sorted(messages, key=lambda one: one.arrival_utc_ns):
        if parts and message.arrival_utc_ns - parts[-1][1][0].arrival_utc_ns < _MOMENT_NS:
            parts[-1][1].append(message)
            parts[-1] = (message.arrival_utc_ns, parts[-1][1])
        else:
            parts.append((message.arrival_utc_ns, [message]))
    if not parts:
        return [(now_utc_ns, [])]
    parts[-1] = (max(now_utc_ns, parts[-1][0]), parts[-1][1])
    return parts


def _moment(state: AirState, now_utc_ns: int, messages: list[Message]) -> AirOutputs:
    begin_utc_ns = messages[0].arrival_utc_ns if messages else now_utc_ns
    before = _looks_until(state, begin_utc_ns)
    faults: tuple[SensorFault, ...] = ()
    if not state.is_beside:
        state.registration, faults = registration.step(
            state.registration, now_utc_ns, tuple(messages), state.params.registration
        )
    now_s = seconds(state, now_utc_ns)
    note_watch(state, now_s)
    late, dispositions = take(state, messages, now_s)
    said = _joined(before, _follow(state, late, dispositions, now_s))
    return replace(_joined(said, _looks_until(state, now_utc_ns)), faults=faults)


def _looks_until(state: AirState, now_utc_ns: int) -> AirOutputs:
    """Hand on the looks that are complete, at the times of a grid.

    Were they handed on with whatever message comes next, a stranger who speaks in between would move the times at which
    all tracks are judged, and so the alarms.
    """
    since_utc_ns = now_utc_ns if state.looked_utc_ns is None else state.looked_utc_ns
    state.looked_utc_ns = max(since_utc_ns, now_utc_ns)
    first_utc_ns = max(since_utc_ns // _GRID_NS + 1, (now_utc_ns - _LONGEST_GRID_NS) // _GRID_NS) * _GRID_NS
    said = AirOutputs()
    for due_utc_ns in range(first_utc_ns, now_utc_ns + 1, _GRID_NS):
        due_s = seconds(state, due_utc_ns)
        frames = due_frames(state, due_s)
        if frames or state.frames:
            said = _joined(said, _follow(state, frames, [], due_s))
    return said


def _follow(state: AirState, frames: list[track.Frame], dispositions: list[Disposition], now_s: float) -> AirOutputs:
    """Give frames to the tracker, and describe the picture when that is due.

    Of a crowd, all looks since it was described last go together: one by one, each late look has those after it
    repeated.
    """
    state.frames += frames
    is_all = now_s - state.described_s >= (pace_s(len(state.tracking.tracks.uid)) or _STANDS_S)
    if not state.frames or (is_crowded(state) and not is_all):
        return AirOutputs(dispositions=tuple(dispositions))
    state.tracking, info = track.step(state.tracking, tuple(state.frames), state.tracking_params)
    state.frames = []
    dispositions += dispositions_of(state, info)
    is_all = is_all or not state.params.bounds_work
    if is_all:
        state.described_s = now_s
    return describe(state, info.ended, dispositions, is_all=is_all)


def pace_s(tracks: int) -> float:
    """How long the picture of so many tracks stands before it is brought up to date and described anew.

    Cameras bring up to fifty looks a second, and each would have all tracks judged: with many of them that is more than
    there is time for.  Up to ``CROWD`` tracks nothing waits that a look has updated; beyond, the work of a second stays
    the same or falls.
    """
    return 0.0 if tracks <= CROWD else min(_CROWD_PACE_S * (tracks / CROWD) ** 2, _LONGEST_PACE_S)


def _joined(first: AirOutputs, then: AirOutputs) -> AirOutputs:
    return AirOutputs(
        tracks=first.tracks + then.tracks,
        corridors=first.corridors + then.corridors,
        cleared_track_ids=first.cleared_track_ids + then.cleared_track_ids,
        lost_track_ids=first.lost_track_ids + then.lost_track_ids,
        dispositions=first.dispositions + then.dispositions,
        faults=first.faults + then.faults,
    )


def _shapes(site: Site, least_buffer_m: float, more_m: float) -> ZoneShapes:
    """Zones with their own buffer (or the least one), widened by ``more_m``."""
    widened = [
        msgspec.structs.replace(zone, buffer_m=(zone.buffer_m or least_buffer_m) + more_m) for zone in site.zones
    ]
    return prepare_zones(widened, site.origin)


def _ground_up_m(site: Site) -> float:
    """Height of the ground at the origin, above it."""
    return site.terrain.height_at(site.origin.latitude_rad, site.origin.longitude_rad) - site.origin.height_m
