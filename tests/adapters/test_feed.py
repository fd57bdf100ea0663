"""The driver: timer ticks in the gaps, one step a message, and when its outcome is published."""

from __future__ import annotations

import pytest

from marsad import pipeline
from marsad.adapters import feed as feeding
from marsad.adapters.feed import LONGEST_TICKED_NS, TICK_NS, feed, with_ticks
from marsad.sensing.site import Site
from marsad.terms import Heartbeat, Message, Tick


def beat(arrival_s: float) -> Heartbeat:
    return Heartbeat(sensor_id="RD-1", time_utc_ns=0, arrival_utc_ns=round(arrival_s * 1e9))


def test_ticks_fill_the_gaps_on_one_grid() -> None:
    arrivals = [
        (type(m) is Tick, m.arrival_utc_ns / 1e9)
        for m in with_ticks([beat(0.1), beat(0.3), beat(1.0), beat(1.0), beat(1.26)])
    ]
    assert arrivals == [
        (False, 0.1), (True, 0.25), (False, 0.3), (True, 0.5), (True, 0.75), (False, 1.0), (False, 1.0), (True, 1.25),
        (False, 1.26),
    ]  # fmt: skip


def test_a_long_silence_ends_with_one_tick_and_is_bounded() -> None:
    ticks = [m for m in with_ticks([beat(0.0), beat(1e8)]) if isinstance(m, Tick)]
    assert len(ticks) == LONGEST_TICKED_NS // TICK_NS + 1
    assert ticks[-1].arrival_utc_ns == round(1e17) - TICK_NS


def test_no_tick_depends_on_what_comes_after_the_next_line() -> None:
    lines = [beat(0.1 * k * k) for k in range(12)]
    whole = list(with_ticks(lines))
    for cut in range(1, len(lines)):
        part = list(with_ticks(lines[:cut]))
        assert part == whole[: len(part)]


@pytest.fixture
def slow_pipeline(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Put a pipeline in place whose steps take 0.4 s of a clock of the test's own."""
    now = [100.0]

    def init(site: Site, params: object) -> None:
        return None

    def step(state: None, batch: tuple[Message, ...]) -> tuple[None, pipeline.Outputs]:
        assert len(batch) == 1
        now[0] += 0.4
        return None, pipeline.Outputs()

    monkeypatch.setattr(feeding.pipeline, "init", init)
    monkeypatch.setattr(feeding.pipeline, "step", step)
    return now


def test_work_queues_up_behind_the_work_before_it(slow_pipeline: list[float]) -> None:
    steps = list(feed(None, [beat(0.0), beat(0.1), beat(0.2), beat(5.0)], clock=lambda: slow_pipeline[0]))  # type: ignore[arg-type]
    lines = [step.issued_s for step in steps if isinstance(step.message, Heartbeat)]
    assert lines[:3] == pytest.approx([0.4, 0.8, 1.2])
    assert all(
        b >= a + 0.4 - 1e-9 for a, b in zip([s.issued_s for s in steps], [s.issued_s for s in steps][1:], strict=False)
    )


def test_without_a_clock_everything_is_published_on_arrival(slow_pipeline: list[float]) -> None:
    steps = list(feed(None, [beat(0.0), beat(0.1), beat(0.6)]))  # type: ignore[arg-type]
    assert [step.issued_s for step in steps] == [step.message.arrival_utc_ns / 1e9 for step in steps]
    assert {step.computing_s for step in steps} == {0.0}
