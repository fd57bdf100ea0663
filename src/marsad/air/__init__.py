"""The air picture: plots, object bearings and cooperative reports become tracks with identity and corridors.

``step`` takes the messages in order of arrival.  Plots wait until their scan is complete (some tenths of a second);
everything a radar sees in one look then goes to the tracker at once.  Sensors are registered on the way, and what is
sure of their errors is taken off before tracking.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import msgspec

from marsad import track
from marsad.air.fates import dispositions_of, note_events
from marsad.air.intake import due_frames, take
from marsad.air.origin import note_watch
from marsad.air.picture import describe
from marsad.air.state import CROWD, SENSOR_ROWS, AirOutputs, AirParams, AirState, seconds
from marsad.geo.site_frame import site_frame
from marsad.geo.zones import ZoneShapes, prepare_zones
from marsad.sensing import registration
from marsad.sensing.site import Site
from marsad.terms import Message

__all__ = ["AirOutputs", "AirParams", "AirState", "init", "step"]

_MOMENT_NS = 100_000_000
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
    state.registration, faults = registration.step(
        state.registration, now_utc_ns, tuple(messages), state.params.registration
    )
    now_s = seconds(state, now_utc_ns)
    note_watch(state, now_s)
    frames, dispositions = take(state, messages, now_s)
    state.frames += frames + due_frames(state, now_s)
    count = len(state.tracking.tracks.uid)
    is_all = now_s - state.described_s >= (pace_s(count) or _STANDS_S)
    if not state.frames or (count > CROWD and not is_all):
        return AirOutputs(dispositions=tuple(dispositions), faults=faults)
    # of a crowd, all looks since it was described last at once: one by one, each late look has those after it repeated
    state.tracking, info = track.step(state.tracking, tuple(state.frames), state.tracking_params)
    state.frames = []
    dispositions += dispositions_of(state, info)
    if is_all:
        state.described_s = now_s
    return replace(describe(state, info.ended, dispositions, is_all=is_all), faults=faults)


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
