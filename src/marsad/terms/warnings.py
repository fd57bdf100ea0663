"""What is said to people: per zone, a hazard, an instruction, a certainty and an issuer."""

from __future__ import annotations

from typing import Literal

import msgspec

WarningLevel = Literal["clear", "watch", "prepare", "take_shelter", "remain", "all_clear"]
WarningAction = Literal["alert", "update", "cancel", "all_clear"]
Hazard = Literal["rocket", "drone", "unknown"]

CORRECTION = "correction_"
"""Begins the note of a message in which people correct what was said before; what it is about follows."""


UNWATCHED = "nobody_watches"
"""The note of a message whose level stands for want of sensors: its time is over, but nobody would see more come."""


class ZoneWarning(msgspec.Struct, frozen=True, kw_only=True):
    """One decision for one zone.

    ``incident_id`` groups all rockets of one salvo (one alarm per salvo and zone); ``event_ids`` says which launches
    or tracks are behind it; ``rule`` names the rule that fired and ``inputs_hash`` the evidence it saw.
    """

    warning_id: str
    incident_id: str
    zone_id: str
    level: WarningLevel
    action: WarningAction
    hazard: Hazard
    arrival_utc_ns: int
    expires_utc_ns: int
    probability: float
    impact_q05_utc_ns: int | None = None
    impact_q50_utc_ns: int | None = None
    impact_q95_utc_ns: int | None = None
    event_ids: tuple[str, ...] = ()
    issuer: str = "automatic"
    rule: str = ""
    inputs_hash: str = ""
    exercise: bool = False
    note: str = ""
