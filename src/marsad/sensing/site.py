"""A site: what is protected, what it stands on, what it sees with, what it reckons with."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from marsad.flight.classes import RocketTable
from marsad.geo.terrain import TerrainGrid
from marsad.terms import Corridor, Geodetic, Sensor, WeatherReport, Zone


@dataclass(frozen=True)
class WarningPolicy:
    """Numbers of the warning rule; the reasons stand in docs/decisions.md.

    A zone takes shelter when its probability reaches ``probability_on``.  While the forecast's 95 % semi-major axis
    is above ``wait_semi_major_m`` and the zone's shelter time still fits, the rule may wait for a better forecast,
    unless the probability already reaches ``probability_sure``.  ``hostile_prior`` is how many come to attack of
    all that fly about the site and say nothing, before any look at how they fly: one in a thousand, with which some 5 %
    of the hardest windows of recorded low, slow, silent aircraft over zones are alarmed (docs/decisions.md).
    """

    probability_on: float = 0.10
    probability_on_drone: float = 0.15
    wait_semi_major_m: float = 500.0
    probability_sure: float = 0.80
    notify_s: float = 2.0
    rocket_hold_s: float = 90.0
    rocket_buffer_m: float = 250.0
    drone_hold_s: float = 300.0
    all_clear_s: float = 300.0
    hostile_prior: float = 1e-3

    def __post_init__(self) -> None:
        for name in ("probability_on", "probability_on_drone", "probability_sure"):
            if not 0 < getattr(self, name) <= 1:
                raise ValueError(f"{name} must be above 0 and at most 1")
        if not 1e-6 <= self.hostile_prior <= 0.5:
            raise ValueError("hostile_prior must be from 0.000001 to 0.5")

    def of_zone(self, zone: Zone) -> WarningPolicy:
        """Give the policy with the zone's own thresholds, where it has some."""
        if zone.probability_on is None and zone.probability_on_drone is None:
            return self
        return replace(
            self,
            probability_on=zone.probability_on or self.probability_on,
            probability_on_drone=zone.probability_on_drone or self.probability_on_drone,
        )


@dataclass(frozen=True)
class RecordRule:
    """How long the station's journal keeps what came in: ``keep_days`` of 0 is for ever.

    What came within ``around_alarms_s`` of an alarm is kept for ever whatever the rule, as are decisions, deliveries
    and people's acts.
    """

    keep_days: float = 0.0
    around_alarms_s: float = 600.0

    def __post_init__(self) -> None:
        if self.keep_days and not 1.0 <= self.keep_days < 36_500.0:
            raise ValueError("keep_days must be 0 (for ever) or at least 1: a restart takes up the last day")
        if not 60.0 <= self.around_alarms_s <= 86_400.0:
            raise ValueError("around_alarms_s must be from 60 to 86400")


@dataclass(frozen=True)
class Site:
    """Everything about a site that the pipeline needs to know beforehand."""

    name: str
    origin: Geodetic
    zones: tuple[Zone, ...]
    terrain: TerrainGrid
    rockets: RocketTable
    sensors: tuple[Sensor, ...] = ()
    weather: WeatherReport | None = None
    corridors: tuple[Corridor, ...] = ()
    policy: WarningPolicy = field(default_factory=WarningPolicy)
    record: RecordRule = field(default_factory=RecordRule)
    name_ar: str = ""
    friendly_transponder_ids: tuple[str, ...] = ()
    own_transponder_ids: tuple[str, ...] = ()
