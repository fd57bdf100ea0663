"""Rockets and drones as the plain rows tell them, beside the same ones corrected for what was found to be wrong with a
sensor.

Both are stories of the same things: a zone is as much in danger as the more dangerous of the two says, and no finding
on a sensor takes an alarm back.
"""

from __future__ import annotations

from dataclasses import replace as with_fields
from typing import TypeVar

from msgspec.structs import replace

from marsad.terms import CorridorForecast, ImpactForecast, LaunchEstimate
from marsad.terms.warnings import Hazard
from marsad.warn.state import WarnState

PLAIN = "-plain"
"""Follows a launch's or a track's name in the plain story."""

Told = TypeVar("Told", LaunchEstimate, ImpactForecast)


def plainly(told: Told) -> Told:
    """The same launch or forecast under its name in the plain story."""
    return replace(told, event_id=plain_name(told.event_id))


def plain_name(event_id: str) -> str:
    """The name that a launch or a track has in the plain story."""
    return event_id + PLAIN


def plain_corridor(told: CorridorForecast) -> CorridorForecast:
    """The same corridor under its track's name in the plain story."""
    return replace(told, track_id=plain_name(told.track_id))


def is_plain(event_id: str) -> bool:
    """Whether an event is one of the plain story."""
    return PLAIN in event_id


def told_plainly(state: WarnState, kind: Hazard = "rocket") -> WarnState:
    """Begin the plain story of rockets, or of drones, with all that are told of now."""
    memory = state.memory
    threats = dict(memory.threats)
    for threat in memory.threats.values():
        if threat.kind == kind and not is_plain(threat.event_id):
            name = plain_name(threat.event_id)
            threats[name] = replace(threat, event_id=name)
    doubted = memory.doubted
    if kind == "rocket":
        doubted = doubted | {plain_name(event_id): exists for event_id, exists in memory.doubted.items()}
    return with_fields(state, memory=replace(memory, threats=threats, doubted=doubted))


def names(event_ids: tuple[str, ...]) -> tuple[str, ...]:
    """Names to be told of events: those of the plain story where the other does not tell of the same launch."""
    return tuple(e for e in event_ids if not (is_plain(e) and e.replace(PLAIN, "", 1) in event_ids))
