"""Decisions as lines that a person reads while they happen."""

from __future__ import annotations

import math
from datetime import UTC, datetime

from marsad.station.runner import Decision
from marsad.terms import (
    CorridorForecast,
    Geodetic,
    ImpactForecast,
    LaunchEstimate,
    Overload,
    PointMode,
    SensorFault,
    TrackEnd,
    Watch,
    ZoneWarning,
)

CEP_FACTOR = 0.5887
"""CEP of a Gaussian ≈ 0.5887 (σ_major + σ_minor); within 3 % for σ_minor ≥ 0.2 σ_major (Kamat, 1962)."""


def clock(time_utc_ns: int) -> str:
    """Give the time of day in UTC to a tenth of a second."""
    tenths = time_utc_ns // 100_000_000
    return f"{datetime.fromtimestamp(tenths // 10, tz=UTC):%H:%M:%S}.{tenths % 10}"


def cep_m(mode: PointMode) -> float:
    """Give the circular error probable of a mode, in metres."""
    ee, en, nn = mode.covariance_en_m2
    mean, spread = (ee + nn) / 2.0, math.hypot((ee - nn) / 2.0, en)
    return CEP_FACTOR * (math.sqrt(max(mean + spread, 0.0)) + math.sqrt(max(mean - spread, 0.0)))


def _place(position: Geodetic) -> str:
    north, east = position.latitude_deg, position.longitude_deg
    return f"{abs(north):.4f} {'N' if north >= 0 else 'S'} {abs(east):.4f} {'E' if east >= 0 else 'W'}"


def _modes(modes: tuple[PointMode, ...]) -> str:
    if not modes:
        return "place unknown"
    first = modes[0]
    also = f"  or {len(modes) - 1} other place(s), {100 * (1 - first.weight):.0f} %" if first.weight < 0.9 else ""
    return f"{_place(first.position)}  CEP {cep_m(first):.0f} m{also}"


def _launch(e: LaunchEstimate) -> str:
    word = {"confirmed": "launch", "tentative": "launch?", "misfire": "misfire", "cancelled": "taken back"}[e.status]
    return f"{word:<10} {e.event_id}  {_modes(e.modes)}  from {', '.join(e.sensor_ids) or '-'}"


def _impact(f: ImpactForecast) -> str:
    if f.outcome == "forecast" and f.modes:
        first = f.modes[0]
        left_s = (first.time_utc_ns - f.arrival_utc_ns) / 1e9
        worst = max(f.zone_risks, key=lambda r: r.probability, default=None)
        zone = f"  {worst.zone_id} {100 * worst.probability:.0f} %" if worst is not None else ""
        return f"{'impact in':<10} {f.event_id}  {left_s:.1f} ± {first.time_sigma_s:.1f} s  {_modes(f.modes)}{zone}"
    words = {"passed": "has landed", "no_ground_crossing": "no impact here", "cancelled": "forecast taken back"}
    return f"{'impact':<10} {f.event_id}  {words.get(f.outcome, 'no forecast')}"


def _warning(w: ZoneWarning) -> str:
    word = {"take_shelter": "WARN", "all_clear": "clear", "clear": "clear"}.get(w.level, w.level)
    when = ""
    if w.impact_q05_utc_ns is not None and w.impact_q95_utc_ns is not None:
        first, last = (max((t - w.arrival_utc_ns) / 1e9, 0.0) for t in (w.impact_q05_utc_ns, w.impact_q95_utc_ns))
        when = f"  in {first:.0f}–{last:.0f} s"
    level = w.level.replace("_", " ")
    return f"{word:<10} {w.zone_id}  {level}  ({w.action}, {w.hazard}, {100 * w.probability:.0f} %){when}"


def _fault(f: SensorFault) -> str:
    if f.cleared:
        return f"{'fault gone':<10} {f.sensor_id}  {f.kind}"
    size = f" {f.magnitude:.3g} {f.unit}" if f.magnitude else ""
    return f"{'fault':<10} {f.sensor_id}  {f.kind}{size}  {'; '.join(f.reasons)}"


def overload_words(o: Overload) -> str:
    """Say how much waits because there is too much to look at."""
    lost = f"; {o.given_up} too old by now, never looked at" if o.given_up else ""
    return f"{o.put_off} possible launches wait for their turn, those likeliest to hit a zone go first{lost}"


def _overload(o: Overload) -> str:
    lasted_s = (o.arrival_utc_ns - o.since_utc_ns) / 1e9
    if o.put_off:
        return f"{'overloaded':<10} for {lasted_s:.1f} s  {overload_words(o)}"
    lost = f"; {o.given_up} possible launches were never looked at" if o.given_up else ""
    return f"{'load':<10} overload over after {lasted_s:.1f} s{lost}"


def _corridor(c: CorridorForecast) -> str:
    worst = max(c.zone_risks, key=lambda r: r.probability, default=None)
    where = "no zone" if worst is None else f"{worst.zone_id} {100 * worst.probability:.0f} %"
    return f"{'heads for':<10} {c.track_id}  {where}"


def _watch(watch: Watch) -> str:
    """Name the zones that are not watched for all that they could be, the wholly unwatched ones first."""
    bare = [zone.zone_id for zone in watch.zones if not zone.since_utc_ns]
    parts = [f"nobody watches {', '.join(bare)}"] if bare else []
    for hazard in ("rocket", "drone"):
        lost = [zone.zone_id for zone in watch.zones if zone.since_utc_ns and hazard in zone.lost]
        parts += [f"nobody watches for {hazard}s at {', '.join(lost)}"] if lost else []
    return f"{'watch':<10} {'; '.join(parts) or 'every zone is watched'}"


def line(decision: Decision) -> str:
    """Give a decision as one line: time, what, where, how sure."""
    if isinstance(decision, CorridorForecast):
        return f"{clock(decision.axis[0][0]) if decision.axis else '':<10}  {_corridor(decision)}"
    if isinstance(decision, TrackEnd):
        return f"{'':<10}  {'cleared' if decision.why == 'cleared' else 'lost':<10} {decision.track_id}"
    if isinstance(decision, LaunchEstimate):
        text = _launch(decision)
    elif isinstance(decision, ImpactForecast):
        text = _impact(decision)
    elif isinstance(decision, ZoneWarning):
        text = _warning(decision)
    elif isinstance(decision, Overload):
        text = _overload(decision)
    elif isinstance(decision, Watch):
        text = _watch(decision)
    else:
        text = _fault(decision)
    return f"{clock(decision.arrival_utc_ns)}  {text}".rstrip()
