"""How good was a night: launches missed, made up or taken back, sensors accused, zones warned, against the truth.

A told launch is a true one's if it is within 3 km and 4 s of it, by the assignment of least distance + 500 m/s · |Δt|.
A rocket counts as missed only where its launch could be known: the Cramér–Rao bound of what was delivered of it must
have come within ``KNOWN_AXIS_M`` from ``KNOWN_DETECTIONS`` detections or more, ``KNOWN_NOTICE_S`` before it came down.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from marsad.geo.frames import enu_from_geodetic
from marsad.terms import Geodetic

GATE_M, GATE_S, GATE_SPEED_MS = 3000.0, 4.0, 500.0
"""Farther apart, two launches are not the same: such launchers stand closer, and fire again, only by chance."""
KNOWN_AXIS_M, KNOWN_DETECTIONS, KNOWN_NOTICE_S = 3000.0, 4, 1.0
"""The gate; as many detections as a place and a direction have numbers; and time to say it."""
SHORT_LIVED_S = 3.0
"""What is taken back within this time of its first word has alarmed nobody yet: a siren is on its way for longer."""
BRIDGED_S = 1.0
"""An alarm that ends and begins again within this time is one alarm to those who hear it."""
LATE_S = 0.5
"""An alarm may end so much before the forecast impact, which is known to about a tenth of a second at best."""
MOST_LEAD = 9.0
"""Greater leads count as this: an alarm long before by another threat says nothing of the drone."""
BOUND_AT_S = 10.0
"""Seconds after launch at which errors are held against the bound: about when a zone must be told."""


@dataclass(frozen=True)
class Moment:
    """Something at a time and a place."""

    time_s: float
    place: Geodetic


@dataclass(frozen=True)
class Limit:
    """The bound on a rocket so long after its launch: m² over both axes, and the launch's 95 % semi-major axis (m)."""

    elapsed_s: float
    detections: float
    launch_m2: float
    launch_axis_m: float
    impact_m2: float


@dataclass(frozen=True)
class Thing:
    """A rocket, misfire or hostile drone of the truth; ``limits`` is None where no bound was kept with it."""

    object_id: str
    kind: str
    begin_s: float
    launch: Moment | None = None
    impact: Moment | None = None
    zone_ids: tuple[str, ...] = ()
    limits: tuple[Limit, ...] | None = None
    is_warnable: bool = False
    """Whether its impact could be told before it happened: the bound came below 500 m, or a drone was seen enough."""
    seen_s: float | None = None
    """When a drone had been detected five times within six seconds."""


@dataclass(frozen=True)
class Word:
    """One row about a launch or an impact; without a moment it takes it back."""

    issued_s: float
    moment: Moment | None
    has_modes: bool = False


@dataclass(frozen=True)
class AlarmWord:
    """One row about a zone's alarm; without an expiry it ends it."""

    zone_id: str
    issued_s: float
    expires_s: float | None


@dataclass(frozen=True)
class Told:
    """All that was said in a night: words by event, in order of issue, alarms, and the sensors said to be at fault."""

    launches: Mapping[str, Sequence[Word]]
    impacts: Mapping[str, Sequence[Word]]
    alarms: Sequence[AlarmWord]
    accused: frozenset[str]


@dataclass(frozen=True)
class NightScore:
    """What is counted of a night or, by ``total``, of several."""

    nights: int = 1
    rockets: int = 0
    without_bound: int = 0
    """Rockets of which the truth has no bound: nothing of them was delivered, or it was not asked for."""
    missed: int = 0
    made_up: int = 0
    taken_back_late: int = 0
    accused: int = 0
    named: int = 0
    """Sensors at fault that were said to be."""
    faulty: int = 0
    zones: int = 0
    zones_missed: int = 0
    """Of those where a warning was possible."""
    zones_wrong: int = 0
    drone_leads: tuple[float, ...] = ()
    """Where warned: seconds before a drone's impact, over those since it had been detected five times in six."""
    launch_ratios: tuple[float, ...] = ()
    """Squared errors over the bound, at ``BOUND_AT_S``; of the impact likewise."""
    impact_ratios: tuple[float, ...] = ()


Spans = list[tuple[float, float]]


def score_night(things: Sequence[Thing], faulty: frozenset[str], told: Told) -> NightScore:
    """Hold what was said in a night against what happened."""
    rockets = [one for one in things if one.kind == "rocket"]
    pairs = _pairs([one for one in things if one.launch is not None], told)
    standing = {event for event, words in told.launches.items() if words and words[-1].moment is not None}
    owned = set(pairs.values())
    withdrawn = [words for event, words in told.launches.items() if words and event not in standing | owned]
    spans = alarm_spans(told.alarms)
    dangers = _dangers(things)
    zones_missed, leads = _warned(dangers, spans)
    launch, impact = _ratios(rockets, pairs, told)
    return NightScore(
        rockets=len(rockets),
        without_bound=sum(one.limits is None for one in rockets),
        missed=sum(one.object_id not in pairs and could_be_known(one) for one in rockets),
        made_up=len(standing - owned),
        taken_back_late=sum(words[-1].issued_s - words[0].issued_s > SHORT_LIVED_S for words in withdrawn),
        accused=len(told.accused - faulty),
        named=len(told.accused & faulty),
        faulty=len(faulty),
        zones=len(dangers),
        zones_missed=zones_missed,
        zones_wrong=_wrong(dangers, spans),
        drone_leads=leads,
        launch_ratios=launch,
        impact_ratios=impact,
    )


def total(scores: Iterable[NightScore]) -> NightScore:
    """Add nights up."""
    each = list(scores)
    return NightScore(
        nights=sum(one.nights for one in each),
        rockets=sum(one.rockets for one in each),
        without_bound=sum(one.without_bound for one in each),
        missed=sum(one.missed for one in each),
        made_up=sum(one.made_up for one in each),
        taken_back_late=sum(one.taken_back_late for one in each),
        accused=sum(one.accused for one in each),
        named=sum(one.named for one in each),
        faulty=sum(one.faulty for one in each),
        zones=sum(one.zones for one in each),
        zones_missed=sum(one.zones_missed for one in each),
        zones_wrong=sum(one.zones_wrong for one in each),
        drone_leads=tuple(lead for one in each for lead in one.drone_leads),
        launch_ratios=tuple(ratio for one in each for ratio in one.launch_ratios),
        impact_ratios=tuple(ratio for one in each for ratio in one.impact_ratios),
    )


def could_be_known(rocket: Thing) -> bool:
    """Whether anyone could have told of this launch from what was delivered."""
    assert rocket.launch is not None
    assert rocket.impact is not None
    last_s = rocket.impact.time_s - rocket.launch.time_s - KNOWN_NOTICE_S
    return any(
        one.elapsed_s <= last_s and one.detections >= KNOWN_DETECTIONS and one.launch_axis_m <= KNOWN_AXIS_M
        for one in rocket.limits or ()
    )


def apart_m(a: Geodetic, b: Geodetic) -> float:
    """Give how far apart two places are on the ground."""
    east_m, north_m, _ = enu_from_geodetic(
        a.latitude_rad, a.longitude_rad, b.height_m, b.latitude_rad, b.longitude_rad, b.height_m
    )
    return math.hypot(east_m, north_m)


def _pairs(launched: Sequence[Thing], told: Told) -> dict[str, str]:
    """Give the event that tells of each launched object; one that was taken back can only have been a misfire's."""
    events = [event for event, words in told.launches.items() if any(word.moment for word in words)]
    cost = np.full((len(launched), len(events)), np.inf)
    for row, thing in enumerate(launched):
        for column, event in enumerate(events):
            words = told.launches[event]
            if thing.kind == "misfire" or words[-1].moment is not None:
                cost[row, column] = _distance(thing, [word.moment for word in words if word.moment][-1])
    far = GATE_M + GATE_SPEED_MS * GATE_S  # dearer than any pair inside the gate, and finite for the assignment
    rows, columns = linear_sum_assignment(np.minimum(cost, 10.0 * far))
    return {
        launched[row].object_id: events[column]
        for row, column in zip(rows.tolist(), columns.tolist(), strict=True)
        if math.isfinite(cost[row, column])
    }


def _distance(thing: Thing, said: Moment) -> float:
    """Give how far a told launch is from a true one in place and time, infinite outside the gate."""
    assert thing.launch is not None
    off_m, off_s = apart_m(said.place, thing.launch.place), abs(said.time_s - thing.launch.time_s)
    return off_m + GATE_SPEED_MS * off_s if off_m < GATE_M and off_s < GATE_S else math.inf


def _ratios(
    rockets: Sequence[Thing], pairs: Mapping[str, str], told: Told
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Give the squared errors of launch and impact over the bound, where one answer stood."""
    launch, impact = [], []
    for rocket in rockets:
        assert rocket.launch is not None
        assert rocket.impact is not None
        at_s = rocket.launch.time_s + BOUND_AT_S
        limits = [one for one in rocket.limits or () if one.elapsed_s <= BOUND_AT_S]
        if rocket.object_id not in pairs or not limits or at_s > rocket.impact.time_s:
            continue
        event = pairs[rocket.object_id]
        launch += _ratio(told.launches[event], at_s, rocket.launch, limits[-1].launch_m2)
        impact += _ratio(told.impacts.get(event, ()), at_s, rocket.impact, limits[-1].impact_m2)
    return tuple(launch), tuple(impact)


def _ratio(words: Sequence[Word], at_s: float, true: Moment, bound_m2: float) -> list[float]:
    """Give the squared error of the last word by a time over the bound; none while it still holds two answers."""
    by_then = [word for word in words if word.issued_s <= at_s]
    if not by_then or by_then[-1].moment is None or by_then[-1].has_modes:
        return []
    return [apart_m(by_then[-1].moment.place, true.place) ** 2 / bound_m2]


# --- alarms -----------------------------------------------------------------------------------------


def alarm_spans(words: Sequence[AlarmWord]) -> dict[str, Spans]:
    """Give from when to when each zone stood alarmed."""
    spans: dict[str, Spans] = {}
    for word in sorted(words, key=lambda word: word.issued_s):
        own = spans.setdefault(word.zone_id, [])
        if word.expires_s is None:
            if own:
                own[-1] = (own[-1][0], min(own[-1][1], word.issued_s))
        elif own and word.issued_s <= own[-1][1] + BRIDGED_S:
            own[-1] = (own[-1][0], max(own[-1][1], word.expires_s))
        else:
            own.append((word.issued_s, word.expires_s))
    return spans


_Danger = tuple[str, float, Thing]
"""A zone, when something came down in it, and what."""


def _dangers(things: Sequence[Thing]) -> list[_Danger]:
    """Give every zone that something came down in, with the time."""
    hostile = [one for one in things if one.kind in ("rocket", "hostile_drone") and one.impact is not None]
    return [(zone_id, one.impact.time_s, one) for one in hostile if one.impact for zone_id in one.zone_ids]


def _warned(dangers: Sequence[_Danger], spans: Mapping[str, Spans]) -> tuple[int, tuple[float, ...]]:
    """Count the zones not warned though they could be; give the leads over drones."""
    missed, leads = 0, []
    for zone_id, impact_s, thing in dangers:
        standing = [begin_s for begin_s, end_s in spans.get(zone_id, []) if begin_s < impact_s <= end_s + LATE_S]
        if not standing:
            missed += thing.is_warnable
        elif thing.seen_s is not None and thing.seen_s < impact_s:
            lead_s = impact_s - max(min(standing), thing.begin_s)
            leads.append(min(lead_s / (impact_s - thing.seen_s), MOST_LEAD))
    return missed, tuple(leads)


def _wrong(dangers: Sequence[_Danger], spans: Mapping[str, Spans]) -> int:
    """Count the alarms of zones that nothing was on its way to."""
    return sum(
        not any(zone == zone_id and begin_s < hit_s and end_s > one.begin_s for zone, hit_s, one in dangers)
        for zone_id, own in spans.items()
        for begin_s, end_s in own
    )


# --- the table --------------------------------------------------------------------------------------

_HEAD = (
    "nights", "rockets", "missed", "made up", "back late", "accused", "named", "zones", "missed", "wrong",
    "drone lead", "worst", "launch/bound", "impact/bound",
)  # fmt: skip


def table(scores: Mapping[str, Sequence[NightScore]]) -> str:
    """Lay scores out, a line a kind of night and one for all."""
    groups = [(kind, total(own)) for kind, own in scores.items()]
    groups.append(("all", total(one for own in scores.values() for one in own)))
    rows = [("", *_HEAD), *((kind, *_cells(score)) for kind, score in groups)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join("  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)


def _cells(score: NightScore) -> tuple[str, ...]:
    leads = score.drone_leads
    return (
        *(str(n) for n in (score.nights, score.rockets, score.missed, score.made_up, score.taken_back_late)),
        str(score.accused), f"{score.named}/{score.faulty}",
        *(str(n) for n in (score.zones, score.zones_missed, score.zones_wrong)),
        f"{float(np.median(leads)):.2f}" if leads else "-", f"{min(leads):.2f}" if leads else "-",
        _root(score.launch_ratios), _root(score.impact_ratios),
    )  # fmt: skip


def _root(ratios: Sequence[float]) -> str:
    return f"{math.sqrt(float(np.mean(ratios))):.2f}" if ratios else "-"
