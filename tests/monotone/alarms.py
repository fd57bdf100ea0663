"""When zones are to shelter, and where one run of a night alarms less than another."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from marsad.adapters.feed import Step

LATE_S = 1.0
"""How much later than the plain rows an alarm may begin."""
SWEEP_S = 0.5
"""How much earlier it may end: the rules that time alone fires are looked at four times a second."""
_SHELTER = ("take_shelter", "remain")


@dataclass(frozen=True)
class Alarm:
    """A zone is told to shelter from one time to another (s of the clock of arrivals)."""

    zone_id: str
    begin_s: float
    end_s: float
    event_ids: tuple[str, ...]


def alarms(steps: Iterable[Step]) -> list[Alarm]:
    """Every alarm of a run, in order of its begin; one that stands at the end lasts until then."""
    began: dict[str, tuple[float, tuple[str, ...]]] = {}
    found: list[Alarm] = []
    now_s = 0.0
    for step in steps:
        now_s = step.message.arrival_utc_ns * 1e-9
        for warning in step.outputs.warnings:
            shelters = warning.level in _SHELTER and warning.action not in ("cancel", "all_clear")
            if shelters and warning.zone_id not in began:
                began[warning.zone_id] = now_s, warning.event_ids
            elif not shelters and warning.zone_id in began:
                found.append(Alarm(warning.zone_id, began[warning.zone_id][0], now_s, began.pop(warning.zone_id)[1]))
    found += [Alarm(zone, begin, now_s, events) for zone, (begin, events) in began.items()]
    return sorted(found, key=lambda one: (one.begin_s, one.zone_id))


def gaps(product: Sequence[Alarm], plain: Sequence[Alarm]) -> list[Alarm]:
    """Where the plain run alarms and the product does not: from a second after the alarm's begin through its end."""
    found: list[Alarm] = []
    for want in plain:
        covered_s = want.begin_s + LATE_S
        until_s = want.end_s - SWEEP_S
        for have in sorted((a for a in product if a.zone_id == want.zone_id), key=lambda a: a.begin_s):
            if have.begin_s <= covered_s:
                covered_s = max(covered_s, have.end_s)
            elif covered_s < until_s:
                found.append(Alarm(want.zone_id, covered_s, min(have.begin_s, until_s), want.event_ids))
                covered_s = max(covered_s, have.end_s)
        if covered_s < until_s:
            found.append(Alarm(want.zone_id, covered_s, until_s, want.event_ids))
    return found
