"""A recording fed to the pipeline as a server would have received it: line by line, with a timer in the gaps."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from marsad import pipeline
from marsad.sensing.site import Site
from marsad.terms import Message, Tick

TICK_NS = 250_000_000
"""Grid of the server's timer on the clock of arrivals."""
LONGEST_TICKED_NS = 600_000_000_000
"""How long the timer is followed through a silence; after that it ticks once more, just before the next line."""


@dataclass(frozen=True)
class Step:
    """What one message led to.

    ``issued_s`` is the moment a single server publishes it: the later of the message's arrival and the end of the
    work before, plus the computing time; in seconds of the clock of arrivals.
    """

    message: Message
    issued_s: float
    computing_s: float
    outputs: pipeline.Outputs


def with_ticks(messages: Iterable[Message]) -> Iterator[Message]:
    """Put ``Tick`` messages on a fixed grid into the gaps between arrivals."""
    last_ns: int | None = None
    for message in messages:
        if last_ns is not None:
            yield from (Tick(arrival_utc_ns=time) for time in _grid(last_ns, message.arrival_utc_ns))
        last_ns = message.arrival_utc_ns
        yield message


def _grid(after_ns: int, before_ns: int) -> Iterator[int]:
    first = (after_ns // TICK_NS + 1) * TICK_NS
    yield from range(first, min(before_ns, first + LONGEST_TICKED_NS), TICK_NS)
    final = (before_ns - 1) // TICK_NS * TICK_NS
    if final >= first + LONGEST_TICKED_NS:
        yield final


def feed(
    site: Site,
    messages: Iterable[Message],
    *,
    clock: Callable[[], float] | None = None,
    params: pipeline.PipelineParams | None = None,
) -> Iterator[Step]:
    """Run messages in order of arrival through a new pipeline, one step a message.

    Parameters
    ----------
    site, messages
        What is protected, and what arrived.
    clock
        Seconds of a steady clock that measures the computing time; None leaves it out, and then the same messages
        give the same steps, bit by bit.
    params
        Settings of the stages.
    """
    state = pipeline.init(site, params)
    free_s = float("-inf")
    for message in with_ticks(messages):
        began = clock() if clock else 0.0
        state, outputs = pipeline.step(state, (message,))
        computing_s = clock() - began if clock else 0.0
        arrival_s = message.arrival_utc_ns / 1e9
        free_s = (max(arrival_s, free_s) if clock else arrival_s) + computing_s
        yield Step(message, free_s, computing_s, outputs)
