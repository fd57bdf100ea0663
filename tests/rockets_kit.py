"""A pipeline of the real warning engine and rockets by the clock, for the tests of what outlives a restart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from marsad import warn
from marsad.pipeline import Outputs
from marsad.sensing.site import Site
from marsad.station.runner import Pipeline
from marsad.terms import Geodetic, ImpactForecast, Message, PointMode, Watch, ZoneRisk, ZoneWarning, ZoneWatch
from station_kit import START_NS, small_site

S = 1_000_000_000
ZONE = small_site().zones[0].zone_id


def forecast(event_id: str, now: int, probability: float, impact: int) -> ImpactForecast:
    mode = PointMode(
        weight=1.0,
        position=Geodetic(latitude_rad=0.5, longitude_rad=0.5),
        covariance_en_m2=(150.0**2, 0.0, 80.0**2),
        time_utc_ns=impact,
        time_sigma_s=1.0,
    )
    risk = ZoneRisk(
        zone_id=ZONE,
        probability=probability,
        time_q05_utc_ns=impact - S,
        time_q50_utc_ns=impact,
        time_q95_utc_ns=impact + S,
    )
    return ImpactForecast(event_id=event_id, outcome="forecast", arrival_utc_ns=now, modes=(mode,), zone_risks=(risk,))


def everywhere(now: int) -> Watch:
    """Every zone watched for rockets from now on."""
    zones = tuple(
        ZoneWatch(zone_id=z.zone_id, since_utc_ns={"rocket": now}, possible=("rocket",)) for z in small_site().zones
    )
    return Watch(arrival_utc_ns=now, zones=zones)


class Rockets:
    """A pipeline with the real engine that counts its rockets from one in every run, as the real one does.

    Its sensors speak to every run from its first step on, if it ``is_deaf`` never.
    """

    def __init__(self, *launches_s: float, fails_s: float = -1.0, is_deaf: bool = False) -> None:
        self.launches, self.fails_s, self.is_deaf = launches_s, fails_s, is_deaf

    def step(self, state: Any, batch: Sequence[Message]) -> tuple[Any, Outputs]:
        engine, known = state
        now = batch[-1].arrival_utc_ns
        impacts = []
        for at_s in self.launches:
            if abs((now - START_NS) / S - at_s) < 0.5:
                known += 1
                impacts.append(forecast(f"L{known:04d}", now, 0.6, now + 30 * S))
        if abs((now - START_NS) / S - self.fails_s) < 0.5:
            raise ZeroDivisionError
        watch = None if engine.memory.watch or self.is_deaf else everywhere(now)
        engine, warnings = warn.step(engine, warn.Evidence(now_utc_ns=now, impacts=tuple(impacts), watch=watch))
        return (engine, known), Outputs(impacts=tuple(impacts), warnings=warnings, watch=watch)

    def carry_over(self, state: Any, saved: bytes, now: int, seen: Outputs) -> tuple[Any, tuple[ZoneWarning, ...]]:
        site = small_site()
        engine = warn.carry_over(saved, site.zones, site.policy, now)
        engine, warnings = warn.step(engine, warn.Evidence(now_utc_ns=now, impacts=seen.impacts))
        return (engine, state[1]), warnings

    def pipeline(self) -> Pipeline:
        def begin(site: Site) -> Any:
            return warn.init(site.zones, site.policy), 0

        return Pipeline(begin, self.step, lambda state: warn.standing(state[0]), self.carry_over)
