"""The pure pipeline, run batch by batch: live and in replay by the same code, so that both decide the same.

A bug that makes a step fail does not end the station: the state is made anew from the batches of the last minutes,
without the one that failed, and the failure is journalled and shown.
"""

from __future__ import annotations

import traceback
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from marsad.pipeline import Outputs
from marsad.sensing.site import Site
from marsad.terms import (
    CorridorForecast,
    ImpactForecast,
    LaunchEstimate,
    Message,
    SensorFault,
    SensorReport,
    TrackEnd,
    Watch,
    WeatherReport,
    ZoneWarning,
)

MEMORY_NS = 120_000_000_000
"""How far back a new state is fed: longer than any flight that the site warns of."""
MEMORY_MESSAGES = 20_000

Decision = LaunchEstimate | ImpactForecast | CorridorForecast | TrackEnd | ZoneWarning | SensorFault | Watch
DECISION_KINDS: dict[str, type[Decision]] = {
    "launch": LaunchEstimate,
    "impact": ImpactForecast,
    "corridor": CorridorForecast,
    "ended": TrackEnd,
    "warning": ZoneWarning,
    "fault": SensorFault,
    "watch": Watch,
}
_message_encoder = msgspec.json.Encoder()
_message_decoder = msgspec.json.Decoder(Message)


CarryOver = Callable[[Any, bytes, int, Outputs], tuple[Any, tuple[ZoneWarning, ...]]]


@dataclass(frozen=True)
class Pipeline:
    """The functions of the core: ``init(site)``, ``step(state, batch)``, and what brings alarms into a new run.

    ``standing(state)`` writes the alarms that stand down (empty: none), ``carry_over(state, saved, now, seen)`` goes
    on with them and gives the warnings that are due besides; a pipeline may have neither.
    """

    init: Callable[[Site], Any]
    step: Callable[[Any, Sequence[Message]], tuple[Any, Outputs]]
    standing: Callable[[Any], bytes] = lambda _: b""
    carry_over: Callable[[Any, bytes, int, Outputs], tuple[Any, tuple[ZoneWarning, ...]]] = lambda state, *_: (
        state,
        (),
    )


def default_pipeline() -> Pipeline:
    """Give the pipeline of the package (imported here, so that a process without need of it starts at once)."""
    from marsad import pipeline

    return Pipeline(init=pipeline.init, step=pipeline.step, standing=pipeline.standing, carry_over=pipeline.carry_over)


def encode_message(message: Message) -> bytes:
    """Give a message as the journal keeps it: JSON, floats to the last digit."""
    return _message_encoder.encode(message)


def decode_message(payload: bytes) -> Message:
    """Give a message back from the journal."""
    return _message_decoder.decode(payload)


def decisions(outputs: Outputs) -> Iterator[tuple[str, Decision]]:
    """Name what a step decided, in a fixed order: launches, impacts, corridors, ends, warnings, faults, the watch."""
    for launch in outputs.launches:
        yield "launch", launch
    for impact in outputs.impacts:
        yield "impact", impact
    for corridor in outputs.corridors:
        yield "corridor", corridor
    for track_id in outputs.lost_track_ids:
        yield "ended", TrackEnd(track_id=track_id, why="lost")
    for track_id in outputs.cleared_track_ids:
        yield "ended", TrackEnd(track_id=track_id, why="cleared")
    for warning in outputs.warnings:
        yield "warning", warning
    for fault in outputs.faults:
        yield "fault", fault
    if outputs.watch is not None:
        yield "watch", outputs.watch


def last_words(outputs: Sequence[Outputs]) -> Outputs:
    """Give the last word on each launch, impact and drone of several steps."""
    return Outputs(
        launches=tuple({launch.event_id: launch for o in outputs for launch in o.launches}.values()),
        impacts=tuple({impact.event_id: impact for o in outputs for impact in o.impacts}.values()),
        corridors=tuple({corridor.track_id: corridor for o in outputs for corridor in o.corridors}.values()),
    )


@dataclass(frozen=True)
class Step:
    """What one step gave; ``failure`` is the traceback's end if the stage had to be restarted."""

    outputs: Outputs
    failure: str = ""


class Runner:
    """Holds the pipeline's state and the batches of the last minutes."""

    def __init__(self, pipeline: Pipeline, site: Site) -> None:
        self._pipeline = pipeline
        self._site = site
        self._state = pipeline.init(site)
        self._recent: deque[tuple[Message, ...]] = deque()
        self._recent_count = 0
        self._described: dict[str, Message] = {}

    def step(self, batch: Sequence[Message]) -> Step:
        """Take in a batch; a failing one is left out and the state made anew."""
        messages = tuple(batch)
        try:
            self._state, outputs = self._pipeline.step(self._state, messages)
        except Exception as error:  # noqa: BLE001  a bug in a stage must not end the watch
            warnings = self._restart(messages[-1].arrival_utc_ns if messages else 0)
            return Step(Outputs(warnings=warnings), failure="".join(traceback.format_exception(error)[-4:]))
        self._remember(messages)
        return Step(outputs)

    def standing(self) -> bytes:
        """Write the alarms that stand down; empty when none does, or when a bug keeps them from being written."""
        try:
            return self._pipeline.standing(self._state)
        except Exception:  # noqa: BLE001  the watch goes on without the note
            return b""

    def carry_over(self, saved: bytes, now_utc_ns: int, seen: Sequence[Outputs]) -> Outputs:
        """Go on with the alarms of an earlier run; give the last words of this one and the warnings due besides."""
        last = last_words(seen)
        self._state, warnings = self._pipeline.carry_over(self._state, saved, now_utc_ns, last)
        return replace(last, warnings=warnings)

    def _remember(self, messages: tuple[Message, ...]) -> None:
        for message in messages:
            if isinstance(message, SensorReport):
                self._described[message.sensor.sensor_id] = message
            elif isinstance(message, WeatherReport):
                self._described[""] = message
        self._recent.append(messages)
        self._recent_count += len(messages)
        newest = messages[-1].arrival_utc_ns if messages else 0
        while len(self._recent) > 1 and (
            self._recent_count > MEMORY_MESSAGES
            or (self._recent[0] and newest - self._recent[0][-1].arrival_utc_ns > MEMORY_NS)
        ):
            self._recent_count -= len(self._recent.popleft())

    def _restart(self, now_utc_ns: int) -> tuple[ZoneWarning, ...]:
        """Make the state anew: what the sensors said of themselves, the batches of the last minutes, what stood."""
        saved = self.standing()
        self._state = self._pipeline.init(self._site)
        seen: list[Outputs] = []
        recent, described = list(self._recent), tuple(self._described.values())
        self._recent.clear()
        self._recent_count = 0
        for batch in ([described] if described else []) + recent:
            try:
                self._state, outputs = self._pipeline.step(self._state, batch)
            except Exception:  # noqa: BLE001  what cannot be taken in again is left out; the next batch may do
                self._state = self._pipeline.init(self._site)
                seen.clear()
                continue
            seen.append(outputs)
            self._remember(batch)
        if not saved:
            return ()
        try:
            return self.carry_over(saved, now_utc_ns, seen).warnings
        except Exception:  # noqa: BLE001  what stood is still told to people; the watch goes on
            return ()
