"""The pure pipeline, run batch by batch: live and in replay by the same code, so that both decide the same.

A bug that makes a step fail does not end the station: the state is made anew from the batches of the last minutes,
the batch is taken in without the messages that make it fail, and these are rejected with the reason and shown.
"""

from __future__ import annotations

import copy
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import msgspec

from marsad.pipeline import Outputs
from marsad.sensing.site import Site
from marsad.terms import (
    CorridorForecast,
    ImpactForecast,
    LaunchEstimate,
    Message,
    Overload,
    RejectedInput,
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
MOST_CULPRITS = 8
"""So many messages of one batch are found out; what still fails then is left out as a whole, as each costs time."""

Decision = LaunchEstimate | ImpactForecast | CorridorForecast | TrackEnd | ZoneWarning | SensorFault | Overload | Watch
DECISION_KINDS: dict[str, type[Decision]] = {
    "launch": LaunchEstimate,
    "impact": ImpactForecast,
    "corridor": CorridorForecast,
    "ended": TrackEnd,
    "warning": ZoneWarning,
    "fault": SensorFault,
    "overload": Overload,
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
    """Name what a step decided, in a fixed order: launches, impacts, corridors, ends, warnings, faults, load, watch."""
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
    if outputs.overload is not None:
        yield "overload", outputs.overload
    if outputs.watch is not None:
        yield "watch", outputs.watch


def last_words(outputs: Sequence[Outputs]) -> Outputs:
    """Give the last word on each launch, impact and drone of several steps."""
    return Outputs(
        launches=tuple({launch.event_id: launch for o in outputs for launch in o.launches}.values()),
        impacts=tuple({impact.event_id: impact for o in outputs for impact in o.impacts}.values()),
        corridors=tuple({corridor.track_id: corridor for o in outputs for corridor in o.corridors}.values()),
    )


def sender_of(message: Message) -> str:
    """Name whom a message comes from."""
    return getattr(message, "sensor_id", "") or type(message).__name__.lower()


def _joined(said: Sequence[Outputs]) -> Outputs:
    """Join what several steps said, in their order; of how it stands, the last word."""
    told: dict[str, Any] = {}
    for name in (one.name for one in fields(Outputs)):
        words = [getattr(one, name) for one in said]
        if isinstance(getattr(Outputs(), name), tuple):
            told[name] = tuple(item for items in words for item in items)
        else:
            told[name] = next((word for word in reversed(words) if word is not None), None)
    return Outputs(**told)


def _halves(messages: tuple[Message, ...]) -> tuple[tuple[Message, ...], tuple[Message, ...]]:
    """Part messages, the later half first, as the last is taken first."""
    middle = len(messages) // 2
    return messages[middle:], messages[:middle]


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
        self._suspects: dict[str, int] = {}

    def step(self, batch: Sequence[Message]) -> Step:
        """Take in a batch; messages that make it fail are left out, rejected, and the state is made anew."""
        messages = tuple(batch)
        now_utc_ns = messages[-1].arrival_utc_ns if messages else 0
        spare = self._copy() if self._is_suspect(messages, now_utc_ns) else None
        try:
            self._state, outputs = self._pipeline.step(self._state, messages)
        except Exception as error:  # noqa: BLE001  a bug in a stage must not end the watch
            failure = "".join(traceback.format_exception(error)[-4:])
            warnings: tuple[ZoneWarning, ...] = ()
            if spare is None:
                warnings = self._restart(now_utc_ns)
            else:
                self._state = spare  # made before, as the sender has done this before: nothing need be run again
            said = [Outputs(warnings=warnings), *self._salvage(messages, error)]
            return Step(_joined(said), failure)
        self._remember(messages)
        return Step(outputs)

    def _salvage(self, messages: tuple[Message, ...], error: Exception) -> list[Outputs]:
        """Take in what can be of a batch that fails as a whole; gives what that says, and the rest as rejected."""
        said: list[Outputs] = []
        culprits = 0
        waiting = list(_halves(messages)) if len(messages) > 1 else []
        if not waiting:
            return [self._blame(messages, error)]
        while waiting:
            part = waiting.pop()
            if culprits >= MOST_CULPRITS:
                said.append(self._blame(part, error))
                continue
            spare = self._copy()
            try:
                self._state, outputs = self._pipeline.step(self._state, part)
            except Exception as failed:  # noqa: BLE001  looked into further
                self._state = spare
                if len(part) > 1:
                    waiting += _halves(part)
                    continue
                outputs = self._blame(part, failed)
                culprits += 1
            else:
                self._remember(part)
            said.append(outputs)
        return said

    def _copy(self) -> Any:
        """Copy the state, but for the site, which nothing changes."""
        shared = (self._site, *(getattr(self._site, name, None) for name in ("terrain", "rockets", "zones")))
        return copy.deepcopy(self._state, {id(one): one for one in shared})

    def _blame(self, messages: Sequence[Message], error: Exception) -> Outputs:
        """Reject messages, and expect more of the kind from their senders."""
        self._suspects.update((sender_of(message), message.arrival_utc_ns) for message in messages)
        reason = f"a stage fails on this message ({type(error).__name__}: {error})"[:300]
        return Outputs(
            rejected=tuple(
                RejectedInput(arrival_utc_ns=m.arrival_utc_ns, source=sender_of(m), reason=reason) for m in messages
            )
        )

    def _is_suspect(self, messages: Sequence[Message], now_utc_ns: int) -> bool:
        """Whether a message comes from one whose messages made a step fail not long ago."""
        self._suspects = {name: utc_ns for name, utc_ns in self._suspects.items() if now_utc_ns - utc_ns < MEMORY_NS}
        return bool(self._suspects) and any(sender_of(message) in self._suspects for message in messages)

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
