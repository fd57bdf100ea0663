"""What a warning threshold costs and saves at a site: attacks simulated once, decided again under every threshold.

What the pipeline forecast of each attack is kept, and the warning engine alone runs again over it for every threshold,
so that thresholds are compared on the same attacks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import msgspec
import numpy as np

from marsad import warn
from marsad.plan.attacks import SECOND_NS, Attack, AttackKind
from marsad.sensing.site import Site, WarningPolicy
from marsad.terms import Zone

TICK_NS = SECOND_NS


class Consequence(msgspec.Struct, frozen=True, kw_only=True):
    """What one threshold does, per attack and per year, over all zones or for one (``zone_id``).

    late: alarmed before the impact, but with less time than people there need; missed: not at all;
    precautionary: a zone alarmed for a real attack that did not hit it.  ``present``: the threshold that the site has.
    """

    hazard: AttackKind
    probability_on: float
    present: bool
    attacks: int
    zones_hit: int
    in_time: int
    late: int
    missed: int
    precautionary: int
    alarms_per_attack: float
    people_minutes_per_attack: float
    alarms_per_year: float
    precautionary_per_year: float
    missed_per_year: float
    late_per_year: float
    people_minutes_per_year: float
    lead_median_s: float | None
    zone_id: str | None = None


@dataclass(frozen=True)
class Decided:
    """The alarms of one attack under one policy: for each alarmed zone when its alarm began and ended."""

    attack: Attack
    alarms: dict[str, tuple[int, int]]


def decide(zones: Sequence[Zone], attack: Attack, policy: WarningPolicy) -> Decided:
    """Run the warning engine over an attack."""
    state = warn.init(tuple(zones), policy)
    began: dict[str, int] = {}
    ended: dict[str, int] = {}
    now = 0

    def hear(evidence: warn.Evidence) -> None:
        nonlocal state
        state, said = warn.step(state, evidence)
        for warning in said:
            if warning.level == "take_shelter":
                began.setdefault(warning.zone_id, warning.arrival_utc_ns)
                ended.pop(warning.zone_id, None)
            elif warning.level == "all_clear" and warning.zone_id in began:
                ended[warning.zone_id] = warning.arrival_utc_ns

    for evidence in attack.told:
        while now + TICK_NS < evidence.now_utc_ns and state.memory.zones:
            now += TICK_NS
            hear(warn.Evidence(now_utc_ns=now))
        now = evidence.now_utc_ns
        hear(evidence)
    for _ in range(3600):
        if not set(began) - set(ended):
            break
        now += TICK_NS
        hear(warn.Evidence(now_utc_ns=now))
    return Decided(attack, {zone_id: (began[zone_id], ended.get(zone_id, now)) for zone_id in began})


def consequence(
    site: Site,
    attacks: Sequence[Attack],
    probability_on: float | None,
    attacks_per_year: float,
    by_zone: bool = False,
) -> list[Consequence]:
    """Sum up what a threshold does over attacks of one kind: all zones together, and each zone if asked for.

    ``probability_on`` is set for every zone in place of its own; None: the thresholds that the site and its zones have.
    Zones without a stated population count as one person, so that people-minutes are then zone-minutes.
    """
    kind = attacks[0].kind
    zones, policy = site.zones, site.policy
    if probability_on is not None:
        name = "probability_on" if kind == "rocket" else "probability_on_drone"
        zones = tuple(msgspec.structs.replace(zone, **{name: None}) for zone in zones)
        policy = replace(policy, **{name: probability_on})
    decided = [decide(zones, attack, policy) for attack in attacks]
    rows = [_sum(decided, zones, _threshold(policy, kind), attacks_per_year)]
    if by_zone:
        for zone in zones:
            row = _sum(decided, (zone,), _threshold(policy.of_zone(zone), kind), attacks_per_year)
            rows.append(msgspec.structs.replace(row, zone_id=zone.zone_id))
    return [msgspec.structs.replace(row, present=probability_on is None) for row in rows]


def _threshold(policy: WarningPolicy, kind: AttackKind) -> float:
    return policy.probability_on if kind == "rocket" else policy.probability_on_drone


def _sum(decided: Sequence[Decided], zones: Sequence[Zone], probability_on: float, per_year: float) -> Consequence:
    """Count the alarms and the hits of the given zones."""
    of_zone = {zone.zone_id: zone for zone in zones}
    hit = in_time = late = precautionary = alarms = 0
    people_minutes = 0.0
    leads = []
    for one in decided:
        alarmed = {zone_id: times for zone_id, times in one.alarms.items() if zone_id in of_zone}
        alarms += len(alarmed)
        precautionary += len(set(alarmed) - set(one.attack.zones_hit))
        for zone_id, (begin, end) in alarmed.items():
            people_minutes += max(of_zone[zone_id].population, 1) * (end - begin) / (60 * SECOND_NS)
        for zone_id in set(one.attack.zones_hit) & set(of_zone):
            hit += 1
            lead_s = (one.attack.impact_utc_ns - alarmed[zone_id][0]) / SECOND_NS if zone_id in alarmed else -1.0
            if lead_s >= 0:
                leads.append(lead_s)
                in_time += lead_s >= of_zone[zone_id].shelter_s
                late += lead_s < of_zone[zone_id].shelter_s
    count = len(decided)
    a_year = per_year / count
    return Consequence(
        hazard=decided[0].attack.kind,
        probability_on=probability_on,
        present=False,
        attacks=count,
        zones_hit=hit,
        in_time=in_time,
        late=late,
        missed=hit - in_time - late,
        precautionary=precautionary,
        alarms_per_attack=alarms / count,
        people_minutes_per_attack=people_minutes / count,
        alarms_per_year=alarms * a_year,
        precautionary_per_year=precautionary * a_year,
        missed_per_year=(hit - in_time - late) * a_year,
        late_per_year=late * a_year,
        people_minutes_per_year=people_minutes * a_year,
        lead_median_s=float(np.median(leads)) if leads else None,
    )
