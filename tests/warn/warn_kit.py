"""Small makers of evidence for the tests of the warning engine."""

from __future__ import annotations

from marsad.sensing.site import WarningPolicy
from marsad.terms import (
    CorridorForecast,
    Geodetic,
    ImpactForecast,
    LaunchEstimate,
    PointMode,
    Zone,
    ZoneRisk,
    ZoneWarning,
)
from marsad.warn import Evidence, WarnState, init, step

S = 1_000_000_000
T0 = 1_700_000_000 * S
POINT = Geodetic.from_degrees(33.0, 44.0, 30.0)
POLICY = WarningPolicy(
    probability_on=0.10,
    probability_on_drone=0.05,
    wait_semi_major_m=600.0,
    probability_sure=0.80,
    notify_s=2.0,
    rocket_hold_s=90.0,
    drone_hold_s=300.0,
    all_clear_s=300.0,
)


def zones(count: int = 3, shelter_s: float = 12.0) -> tuple[Zone, ...]:
    return tuple(
        Zone(zone_id=f"Z{k}", name=f"zone {k}", center=POINT, shelter_s=shelter_s, radius_m=300.0) for k in range(count)
    )


def at(seconds: float) -> int:
    return T0 + round(seconds * S)


def risk(zone_id: str, probability: float, impact_s: float, sigma_s: float = 0.5) -> ZoneRisk:
    return ZoneRisk(
        zone_id=zone_id,
        probability=probability,
        time_q05_utc_ns=at(impact_s - 1.645 * sigma_s),
        time_q50_utc_ns=at(impact_s),
        time_q95_utc_ns=at(impact_s + 1.645 * sigma_s),
    )


def impact(
    event_id: str, now_s: float, *risks: ZoneRisk, semi_major_m: float = 500.0, outcome: str = "forecast"
) -> ImpactForecast:
    sigma2 = semi_major_m**2 / 5.991464547107979
    mode = PointMode(
        weight=1.0,
        position=POINT,
        covariance_en_m2=(sigma2, 0.0, sigma2 / 9),
        time_utc_ns=at(now_s + 20),
        time_sigma_s=0.5,
    )
    return ImpactForecast(event_id=event_id, outcome=outcome, arrival_utc_ns=at(now_s), modes=(mode,), zone_risks=risks)


def launch(event_id: str, now_s: float, status: str, exists: float = 1.0) -> LaunchEstimate:
    return LaunchEstimate(
        event_id=event_id,
        launch_site_id="L1",
        status=status,
        arrival_utc_ns=at(now_s),
        modes=(),
        existence_probability=exists,
    )


def drone(track_id: str, *risks: ZoneRisk) -> CorridorForecast:
    return CorridorForecast(track_id=track_id, zone_risks=risks)


class Run:
    """An engine that is stepped by seconds and keeps all that it said."""

    def __init__(self, zone_count: int = 3, policy: WarningPolicy = POLICY) -> None:
        self.zones = zones(zone_count)
        self.state: WarnState = init(self.zones, policy)
        self.said: list[ZoneWarning] = []

    def step(self, now_s: float, **evidence: object) -> tuple[ZoneWarning, ...]:
        self.state, said = step(self.state, Evidence(now_utc_ns=at(now_s), **evidence))
        self.said.extend(said)
        return said

    def wait(self, from_s: float, to_s: float, by_s: float = 0.5) -> list[ZoneWarning]:
        out: list[ZoneWarning] = []
        k = 0
        while from_s + k * by_s <= to_s:
            out.extend(self.step(from_s + k * by_s))
            k += 1
        return out

    def level(self, zone_id: str = "Z0") -> str:
        record = self.state.memory.zones.get(zone_id)
        return record.level if record else "clear"
