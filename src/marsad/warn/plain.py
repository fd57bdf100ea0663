"""Rockets as the plain rows tell them, beside the same ones corrected for what was found to be wrong with a sensor.

Both are stories of the same rockets: a zone is as much in danger as the more dangerous of the two says, and no finding
on a sensor takes an alarm back.
"""

from __future__ import annotations

from dataclasses import replace as with_fields
from typing import TypeVar

from msgspec.structs import replace

from marsad.terms import ImpactForecast, LaunchEstimate
from marsad.warn.state import WarnState

PLAIN = "-plain"
"""Follows a launch's name in the plain story."""

Told = TypeVar("Told", LaunchEstimate, ImpactForecast)


def plainly(told: Told) -> Told:
    """The same launch or forecast under its name in the plain story."""
    return replace(told, event_id=told.event_id + PLAIN)


def is_plain(event_id: str) -> bool:
    """Whether an event is one of the plain story."""
    return PLAIN in event_id


def told_plainly(state: WarnState) -> WarnState:
    """Begin the plain story with all rockets that are told of now."""
    memory = state.memory
    threats = dict(memory.threats)
    for threat in memory.threats.values():
        if threat.kind == "rocket" and not is_plain(threat.event_id):
            threats[threat.event_id + PLAIN] = replace(threat, event_id=threat.event_id + PLAIN)
    doubted = memory.doubted | {event_id + PLAIN: exists for event_id, exists in memory.doubted.items()}
    return with_fields(state, memory=replace(memory, threats=threats, doubted=doubted))


def names(event_ids: tuple[str, ...]) -> tuple[str, ...]:
    """Names to be told of events: those of the plain story where the other does not tell of the same launch."""
    return tuple(e for e in event_ids if not (is_plain(e) and e.replace(PLAIN, "", 1) in event_ids))
