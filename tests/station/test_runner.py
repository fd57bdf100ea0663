"""A stage that fails on a message loses that message, and no other."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import msgspec

from marsad.pipeline import Outputs
from marsad.station.runner import MEMORY_NS, MOST_CULPRITS, Pipeline, Runner
from marsad.terms import Message, Tick
from station_kit import START_NS, THUMB, flash, plot, small_site

BUG = "bug"


def spoiled(number: int, **fields: Any) -> Message:
    return msgspec.structs.replace(plot(number), detection_id=BUG, **fields)


def counting() -> tuple[Pipeline, list[int]]:
    """The rule of thumb, and how many messages each step was given."""
    steps: list[int] = []

    def step(state: Any, batch: Sequence[Message]) -> tuple[Any, Outputs]:
        steps.append(len(batch))
        return THUMB.step(state, batch)

    return Pipeline(init=THUMB.init, step=step), steps


def test_the_other_messages_of_a_batch_that_fails_are_taken_in() -> None:
    runner = Runner(THUMB, small_site())
    batch = (plot(1), flash(1), spoiled(2), plot(3), spoiled(4), flash(5))
    step = runner.step(batch)
    assert "ZeroDivisionError" in step.failure
    assert [launch.event_id for launch in step.outputs.launches] == ["Lflash-1", "Lflash-5"]
    assert [(r.source, "ZeroDivisionError" in r.reason) for r in step.outputs.rejected] == [("RD-1", True)] * 2
    assert runner._state.taken == 4


def test_a_lone_message_that_fails_is_rejected() -> None:
    runner = Runner(THUMB, small_site())
    runner.step((plot(1),))
    step = runner.step((spoiled(2),))
    assert step.failure
    assert len(step.outputs.rejected) == 1
    assert runner._state.taken == 1


def test_what_comes_again_from_the_same_sender_costs_no_second_run_of_the_last_minutes() -> None:
    pipeline, steps = counting()
    runner = Runner(pipeline, small_site())
    for k in range(50):
        runner.step((plot(k),))
    runner.step((spoiled(60), plot(61)))
    del steps[:]
    step = runner.step((spoiled(62), plot(63)))
    assert len(step.outputs.rejected) == 1
    assert sum(steps) <= 4  # the batch, and each of its halves
    later = msgspec.structs.replace(plot(64), arrival_utc_ns=START_NS + 2 * MEMORY_NS)
    assert runner.step((later,)).failure == ""
    assert not runner._suspects


def test_a_flood_of_what_fails_has_a_bound() -> None:
    pipeline, steps = counting()
    runner = Runner(pipeline, small_site())
    step = runner.step(tuple(spoiled(k) for k in range(256)))
    assert len(step.outputs.rejected) == 256
    assert len(steps) < 8 * MOST_CULPRITS


def test_a_replay_decides_the_same() -> None:
    batches: list[tuple[Message, ...]] = [(plot(1), spoiled(2), flash(3)), (spoiled(4), plot(5)), (flash(6),)]
    first, second = Runner(THUMB, small_site()), Runner(THUMB, small_site())
    assert [first.step(b) for b in batches] == [second.step(copy.deepcopy(b)) for b in batches]


def test_time_alone_that_fails_ends_nothing() -> None:
    def step(state: Any, batch: Sequence[Message]) -> tuple[Any, Outputs]:
        if isinstance(batch[0], Tick):
            raise RuntimeError("time")
        return THUMB.step(state, batch)

    runner = Runner(Pipeline(init=THUMB.init, step=step), small_site())
    assert runner.step((Tick(arrival_utc_ns=START_NS),)).outputs.rejected[0].source == "tick"
    assert runner.step((flash(1),)).outputs.warnings
