"""Why a zone was not alarmed, from a journal alone: what each threat meant for it at most, beside its thresholds."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from marsad.adapters.errors import BadInputError
from marsad.sensing.site import Site
from marsad.sensing.zone_watch import HAZARDS
from marsad.station.journal import JournalReader, open_for_reading
from marsad.station.lines import clock
from marsad.station.snapshot import decode_site
from marsad.terms import CorridorForecast, ImpactForecast, LaunchEstimate, Watch, Zone, ZoneWarning
from marsad.terms.warnings import Hazard
from marsad.warn.words import LANGUAGES

SECOND_NS = 1_000_000_000
BACK_S = 1800.0
"""How far back from the moment asked about is looked."""
WATCH_BACK_NS = 86_400 * SECOND_NS
"""How far back the watch as it stood at the beginning is looked for; it is told only when it changes."""
LEAST_SHOWN = 0.001
ALARMED = ("take_shelter", "remain")
RANK = {"clear": 0, "all_clear": 0, "watch": 1, "prepare": 2, "remain": 3, "take_shelter": 4}
Kind = Hazard


@dataclass
class Menace:
    """What one rocket or drone meant for the zone at most, and when; ``probability`` is the product of its factors."""

    event_id: str
    kind: Kind
    probability: float
    at_utc_ns: int
    exists: float = 1.0
    threat: float = 1.0

    @property
    def reaches(self) -> float:
        """Probability that it reaches the zone, if it is there and comes to attack."""
        weight = self.exists * self.threat
        return min(self.probability / weight, 1.0) if weight > 0.0 else 0.0


@dataclass
class ZoneStory:
    """What a stretch of the journal holds of a zone."""

    zone: Zone
    threshold: dict[Kind, float]
    from_utc_ns: int
    to_utc_ns: int
    menaces: dict[str, Menace] = field(default_factory=dict)
    together: dict[Kind, tuple[float, int]] = field(default_factory=dict)
    """Greatest probability of all rockets (all drones) together, and when."""
    highest: ZoneWarning | None = None
    forecasts: int = 0
    unwatched: dict[Kind, list[tuple[int, int]]] = field(default_factory=dict)
    """When nobody watched the zone for a danger: from and to [ns UTC]."""

    @property
    def was_alarmed(self) -> bool:
        """Whether it was."""
        return self.highest is not None and self.highest.level in ALARMED


def read_zone_story(path: Path, zone_id: str, at_utc_ns: int = 0) -> ZoneStory:
    """Collect what a journal holds of a zone in the half hour before a moment (0: the journal's last decision,
    or its last message where it holds no decision).

    Raises
    ------
    BadInputError
        No journal, or its site has no such zone.
    """
    with open_for_reading(path) as reader:
        site = _site_of(reader, path)
        zone = next((one for one in site.zones if one.zone_id == zone_id), None)
        if zone is None:
            names = ", ".join(one.zone_id for one in site.zones[:12])
            raise BadInputError(zone_id, f"a zone of the journal's site expected; it has {names}")
        to_ns = at_utc_ns or reader.last_utc_ns(("decision",)) or reader.last_utc_ns(("message", "boot"))
        policy = site.policy.of_zone(zone)
        story = ZoneStory(
            zone=zone,
            threshold={"rocket": policy.probability_on, "drone": policy.probability_on_drone},
            from_utc_ns=max(to_ns - round(BACK_S * SECOND_NS), 1),
            to_utc_ns=to_ns,
        )
        _fill(story, reader)
        _note_watch(story, reader)
    return story


def _site_of(reader: JournalReader, path: Path) -> Site:
    site: Site | None = None
    for row in reader.read(("site",)):
        site = decode_site(row.payload)
    if site is None:
        raise BadInputError(path, "the journal should hold its site")
    return site


def _fill(story: ZoneStory, reader: JournalReader) -> None:
    now: dict[Kind, dict[str, float]] = {"rocket": {}, "drone": {}}
    doubted: dict[str, float] = {}
    given: dict[str, float] = {}
    for row in reader.read(("decision",), from_ns=story.from_utc_ns, to_ns=story.to_utc_ns + 1):
        if row.source == "warning":
            warning = msgspec.json.decode(row.payload, type=ZoneWarning)
            if warning.zone_id == story.zone.zone_id and (
                story.highest is None or RANK[warning.level] > RANK[story.highest.level]
            ):
                story.highest = warning
        elif row.source == "impact":
            forecast = msgspec.json.decode(row.payload, type=ImpactForecast)
            risks = forecast.zone_risks if forecast.outcome == "forecast" else ()
            reaches = next((r.probability for r in risks if r.zone_id == story.zone.zone_id), 0.0)
            given[forecast.event_id] = reaches
            exists = doubted.get(forecast.event_id, 1.0)
            _take(story, now, Menace(forecast.event_id, "rocket", exists * reaches, row.utc_ns, exists))
        elif row.source == "launch":
            launch = msgspec.json.decode(row.payload, type=LaunchEstimate)
            exists = launch.existence_probability if launch.status == "tentative" else 1.0
            doubted[launch.event_id] = exists
            if launch.event_id in given:
                reaches = given[launch.event_id]
                _take(story, now, Menace(launch.event_id, "rocket", exists * reaches, row.utc_ns, exists))
        elif row.source == "corridor":
            corridor = msgspec.json.decode(row.payload, type=CorridorForecast)
            probability = next((r.probability for r in corridor.zone_risks if r.zone_id == story.zone.zone_id), 0.0)
            exists, threat = corridor.existence_probability, corridor.threat_probability
            _take(story, now, Menace(corridor.track_id, "drone", probability, row.utc_ns, exists, threat))


def _note_watch(story: ZoneStory, reader: JournalReader) -> None:
    """Note when nobody watched the zone; journals of stations that did not say are silent on it."""
    since: dict[Kind, int] = {}
    for row in reader.read(("decision",), from_ns=max(story.from_utc_ns - WATCH_BACK_NS, 1), to_ns=story.to_utc_ns + 1):
        if row.source != "watch":
            continue
        watch = msgspec.json.decode(row.payload, type=Watch)
        watched = next((z.since_utc_ns for z in watch.zones if z.zone_id == story.zone.zone_id), {})
        for kind in HAZARDS:
            if kind in watched:
                _end_gap(story, since, kind, row.utc_ns)
            else:
                since.setdefault(kind, row.utc_ns)
    for kind in list(since):
        _end_gap(story, since, kind, story.to_utc_ns)


def _end_gap(story: ZoneStory, since: dict[Kind, int], kind: Kind, to_utc_ns: int) -> None:
    began = since.pop(kind, None)
    if began is not None and to_utc_ns > story.from_utc_ns:
        story.unwatched.setdefault(kind, []).append((max(began, story.from_utc_ns), to_utc_ns))


def _take(story: ZoneStory, now: dict[Kind, dict[str, float]], menace: Menace) -> None:
    story.forecasts += 1
    now[menace.kind][menace.event_id] = menace.probability
    known = story.menaces.get(menace.event_id)
    if menace.probability >= LEAST_SHOWN and (known is None or menace.probability > known.probability):
        story.menaces[menace.event_id] = menace
    joint = 1.0 - math.prod(1.0 - p for p in now[menace.kind].values())
    if joint > story.together.get(menace.kind, (0.0, 0))[0]:
        story.together[menace.kind] = (joint, menace.at_utc_ns)


_WORDS: dict[str, dict[str, str]] = {
    "en": {
        "head": "{zone}, {start} to {end} UTC: {verdict}",
        "not_alarmed": "not alarmed.",
        "alarmed": "it was alarmed ({level} at {at}); why: {warning_id}.",
        "highest": "Highest level told: {level}, at {at}.",
        "never": "No level above clear was told.",
        "unwatched_rocket": "Nobody watched it for rockets from {start} to {end}: none would have been seen.",
        "unwatched_drone": "Nobody watched it for drones from {start} to {end}: none would have been seen.",
        "thresholds": "It takes shelter from a probability of {rocket} for rockets and {drone} for drones.",
        "rocket": "Rocket {event}: at most {p}, at {at}.",
        "drone": "Drone {event}: at most {p}, at {at}.",
        "rockets": "All rockets together: at most {p}, at {at}. {compared}",
        "drones": "All drones together: at most {p}, at {at}. {compared}",
        "below": "That is below the threshold.",
        "reached": "That reached the threshold.",
        "above": "That is above the threshold: the alarm was held, awaited a better forecast, or a person ended it.",
        "factors": "  = {exists} that it is there, times {threat} that it comes to attack, times {reaches} that it "
        "then reaches the zone.",
        "doubted": "  = {exists} that it is a launch, times {reaches} that it then comes down in the zone.",
        "none": "No forecast ({n} in that time) gave it a probability of {least} or more.",
    },
    "ar": {
        "head": "{zone}، من {start} إلى {end} بالتوقيت العالمي: {verdict}",
        "not_alarmed": "لم تُنذَر.",
        "alarmed": "أُنذرت ({level} عند {at})، والسبب: {warning_id}.",
        "highest": "أعلى مستوى أُبلغت به: {level} عند {at}.",
        "never": "لم تُبلَّغ بمستوى فوق «آمن».",
        "unwatched_rocket": "لم يراقبها أحد تحسّبًا للصواريخ من {start} إلى {end}، فما كان أيٌّ منها ليُرى.",
        "unwatched_drone": "لم يراقبها أحد تحسّبًا للمسيّرات من {start} إلى {end}، فما كان أيٌّ منها ليُرى.",
        "thresholds": "تُنذَر بالاحتماء من احتمال {rocket} للصواريخ و{drone} للمسيّرات.",
        "rocket": "الصاروخ {event}: {p} على الأكثر عند {at}.",
        "drone": "المسيّرة {event}: {p} على الأكثر عند {at}.",
        "rockets": "الصواريخ كلها معًا: {p} على الأكثر عند {at}. {compared}",
        "drones": "المسيّرات كلها معًا: {p} على الأكثر عند {at}. {compared}",
        "below": "وهذا دون العتبة.",
        "reached": "وهذا بلغ العتبة.",
        "above": "وهذا فوق العتبة: عُلِّق الإنذار أو انتظر توقعًا أدق أو أنهاه شخص.",
        "factors": "  = احتمال وجودها {exists}، مضروبًا في احتمال أنها قادمة للهجوم {threat}، مضروبًا في احتمال وصولها "
        "عندئذ إلى المنطقة {reaches}.",
        "doubted": "  = احتمال أنه إطلاق {exists}، مضروبًا في احتمال سقوطه عندئذ في المنطقة {reaches}.",
        "none": "لم يعطها أي توقع (وعددها في تلك المدة {n}) احتمالًا قدره {least} أو أكثر.",
    },
}


def tell_why_not(story: ZoneStory, language: str) -> str:
    """Tell it in words, the greatest threat first."""
    return "\n".join(_lines(story, language))


def _lines(story: ZoneStory, language: str) -> Iterator[str]:
    words, levels = _WORDS[language], LANGUAGES[language].levels
    zone, top = story.zone, story.highest
    name = f"{(zone.name_ar or zone.name) if language == 'ar' else zone.name} ({zone.zone_id})"
    told = {} if top is None else {"level": levels[top.level], "at": clock(top.arrival_utc_ns)}
    if story.was_alarmed and top is not None:
        verdict = words["alarmed"].format(**told, warning_id=top.warning_id)
    else:
        verdict = words["not_alarmed"]
    yield words["head"].format(zone=name, start=clock(story.from_utc_ns), end=clock(story.to_utc_ns), verdict=verdict)
    if top is None or RANK[top.level] == 0:
        yield words["never"]
    elif not story.was_alarmed:
        yield words["highest"].format(**told)
    for kind, gaps in story.unwatched.items():
        for start, end in gaps:
            yield words[f"unwatched_{kind}"].format(start=clock(start), end=clock(end))
    yield words["thresholds"].format(**{kind: _percent(p) for kind, p in story.threshold.items()})
    if not story.menaces:
        yield words["none"].format(n=story.forecasts, least=_percent(LEAST_SHOWN))
        return
    for menace in sorted(story.menaces.values(), key=lambda m: -m.probability):
        yield words[menace.kind].format(
            event=menace.event_id, p=_percent(menace.probability), at=clock(menace.at_utc_ns)
        )
        if menace.exists < 1.0 or menace.threat < 1.0:
            yield words["factors" if menace.kind == "drone" else "doubted"].format(
                exists=_percent(menace.exists), threat=_percent(menace.threat), reaches=_percent(menace.reaches)
            )
    for kind, (p, at) in story.together.items():
        compared = words["below" if p < story.threshold[kind] else "reached" if story.was_alarmed else "above"]
        yield words[f"{kind}s"].format(p=_percent(p), at=clock(at), compared=compared)


def _percent(probability: float) -> str:
    """Write a probability so that a small one is not told as nothing."""
    return f"{100.0 * probability:.1f} %" if probability < 0.095 else f"{100.0 * probability:.0f} %"
