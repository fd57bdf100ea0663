"""What happens, told as it happens: one line an event, for people or as JSON; repetitions left out."""

from __future__ import annotations

from collections.abc import Iterator

from marsad.pipeline import Outputs
from marsad.station import wire
from marsad.station.lines import cep_m, clock, line
from marsad.station.runner import DECISION_KINDS, Decision
from marsad.station.wire import Json
from marsad.terms import (
    CorridorForecast,
    ImpactForecast,
    LaunchEstimate,
    Overload,
    TrackEnd,
    TrackReport,
    Watch,
    ZoneWarning,
)

_BETTER = 0.6
"""An estimate is told again when its CEP has shrunk to this part of what was told."""


class Teller:
    """Chooses from the outputs what is worth a line."""

    def __init__(self) -> None:
        self._told: dict[str, tuple[str, float]] = {}
        self._tracks: dict[str, tuple[str, str]] = {}
        self._watched = 0
        self._was_lost = False
        self.counts: dict[str, int] = dict.fromkeys(DECISION_KINDS, 0)

    def events(self, outputs: Outputs, now_utc_ns: int) -> Iterator[tuple[str, Json]]:
        """Give (line, JSON object) of what is new."""
        for track in outputs.tracks:
            yield from self._track(track, now_utc_ns)
        load = () if outputs.overload is None else (outputs.overload,)
        watch = () if outputs.watch is None else (outputs.watch,)
        decided: tuple[Decision, ...] = (
            *outputs.launches, *outputs.impacts, *outputs.warnings, *outputs.faults, *load, *watch,
        )  # fmt: skip
        for decision in decided:
            if self._is_news(decision):
                yield line(decision), _json(decision)

    def _is_news(self, decision: Decision) -> bool:
        if isinstance(decision, Watch):
            return self._is_loss(decision)
        if isinstance(decision, CorridorForecast | TrackEnd):
            return False
        if isinstance(decision, LaunchEstimate):
            return self._better(f"launch {decision.event_id}", decision.status, _cep(decision))
        if isinstance(decision, ImpactForecast):
            return self._better(f"impact {decision.event_id}", decision.outcome, _cep(decision))
        if isinstance(decision, ZoneWarning):
            return self._better(f"warning {decision.warning_id}", decision.level, 0.0)
        if isinstance(decision, Overload):
            return self._better("overload", str(decision.put_off > 0), 0.0)
        return self._better(f"fault {decision.sensor_id} {decision.kind}", str(decision.cleared), 0.0)

    def _is_loss(self, watch: Watch) -> bool:
        """Whether a zone is watched less than before, or again: not that sensors speak up one by one at first."""
        watched, before = sum(len(zone.since_utc_ns) for zone in watch.zones), self._watched
        self._watched, is_loss = watched, watched < before
        is_news = is_loss or (self._was_lost and watched > before)
        self._was_lost = is_loss or (self._was_lost and any(zone.lost for zone in watch.zones))
        self.counts["watch"] += is_loss
        return is_news

    def _better(self, key: str, state: str, cep: float) -> bool:
        told_state, told_cep = self._told.get(key, ("", 0.0))
        if told_state == state and not cep < _BETTER * told_cep:
            return False
        if key not in self._told:
            self.counts[key.split()[0]] += 1
        self._told[key] = (state, cep)
        return True

    def _track(self, track: TrackReport, now_utc_ns: int) -> Iterator[tuple[str, Json]]:
        """Tell a confirmed track once, and again when it is taken for something else."""
        seen = (track.object_kind, track.affiliation)
        if track.status != "confirmed" or self._tracks.get(track.track_id) == seen:
            return
        self._tracks[track.track_id] = seen
        name = f" {track.transponder_id}" if track.transponder_id else ""
        what = f"{track.object_kind.replace('_', ' ')}, {track.affiliation.replace('_', ' ')}"
        reason = f"  ({'; '.join(track.reasons[:2])})" if track.reasons else ""
        text = f"{clock(now_utc_ns)}  {'track':<10} {track.track_id}{name}  {what}{reason}"
        yield text, {"event": "track", "utc_ms": wire.ms(now_utc_ns), **wire.track(track)}


def _cep(decision: LaunchEstimate | ImpactForecast) -> float:
    return cep_m(decision.modes[0]) if decision.modes else 0.0


def _json(decision: Decision) -> Json:
    if isinstance(decision, CorridorForecast):
        return {"event": "corridor", **wire.corridor(decision)}
    if isinstance(decision, TrackEnd):
        return {"event": "ended", "track_id": decision.track_id, "why": decision.why}
    head: Json = {"utc_ms": wire.ms(decision.arrival_utc_ns)}
    if isinstance(decision, LaunchEstimate):
        cep = {"cep_m": round(_cep(decision), 1)}
        return {"event": "launch", **head, **cep, **wire.launch(decision)}
    if isinstance(decision, ImpactForecast):
        cep = {"cep_m": round(_cep(decision), 1)}
        return {
            "event": "impact",
            **head,
            **cep,
            **{k: v for k, v in wire.impact(decision).items() if k != "trajectory"},
        }
    if isinstance(decision, ZoneWarning):
        return {"event": "warning", **head, **wire.warning(decision)}
    if isinstance(decision, Overload):
        return {"event": "overload", **head, **wire.overload(decision)}
    if isinstance(decision, Watch):
        return {"event": "watch", **head, "zones": [wire.watch(zone) for zone in decision.zones]}
    return {"event": "fault", **head, **wire.fault(decision, decision.arrival_utc_ns)}
