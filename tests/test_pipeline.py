"""The pipeline as a whole: the same bytes twice, no look ahead, doubled detections change nothing."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
import numpy as np
import pytest

from marsad.adapters.feed import Step
from marsad.sensing.site import Site
from marsad.terms import Message
from trajectory.nights import ROCKET, is_detection, night, said, site_with, told


@pytest.fixture(scope="module")
def site() -> Site:
    return site_with("balloon", "drone", "radar")


@pytest.fixture(scope="module")
def messages(site: Site) -> tuple[Message, ...]:
    return night(site, ROCKET, duration_s=10.0).messages


@pytest.fixture(scope="module")
def steps(site: Site, messages: tuple[Message, ...]) -> list[Step]:
    return told(site, messages)


def bytes_of(steps: Iterable[Step]) -> list[bytes]:
    """Everything said, in bytes, what became of detections left out."""
    return [
        msgspec.json.encode([getattr(o, name) for name in ("launches", "impacts", "tracks", "warnings", "faults")])
        for _, o in said(steps)
    ]


def test_the_night_has_something_to_say(steps: list[Step]) -> None:
    assert sum(len(s.outputs.launches) for s in steps) > 10
    assert sum(len(s.outputs.impacts) for s in steps) > 5
    assert sum(len(s.outputs.tracks) for s in steps) > 5


def test_the_same_recording_gives_the_same_bytes(site: Site, messages: tuple[Message, ...], steps: list[Step]) -> None:
    again = told(site, messages)
    assert bytes_of(again) == bytes_of(steps)
    assert [s.outputs.dispositions for s in again] == [s.outputs.dispositions for s in steps]


def test_what_is_said_does_not_depend_on_what_comes_later(
    site: Site, messages: tuple[Message, ...], steps: list[Step]
) -> None:
    cut_ns = 6_000_000_000
    early = told(site, [m for m in messages if m.arrival_utc_ns <= cut_ns])
    assert len(early) > 60
    assert bytes_of(early) == bytes_of(steps[: len(early)])


def test_detections_that_come_twice_change_nothing(
    site: Site, messages: tuple[Message, ...], steps: list[Step]
) -> None:
    """Most detections again, at once or with a later message; every other time under a new name."""
    rng = np.random.default_rng(5)
    waiting: list[Message] = []
    doubled: list[Message] = []
    copies = 0
    for message in messages:
        doubled.append(message)
        if waiting and rng.random() < 0.5:
            doubled.append(msgspec.structs.replace(waiting.pop(), arrival_utc_ns=message.arrival_utc_ns))
        if is_detection(message) and rng.random() < 0.7:
            name = message.detection_id if copies % 2 else f"again-{copies}"  # type: ignore[union-attr]
            waiting.append(msgspec.structs.replace(message, detection_id=name))
            copies += 1
    assert copies > 20
    twice = told(site, doubled)
    assert bytes_of(twice) == bytes_of(steps)
    kinds = [d.kind for s in twice for d in s.outputs.dispositions]
    assert kinds.count("duplicate") == copies - len(waiting)


def test_every_detection_is_answered_for(messages: tuple[Message, ...], steps: list[Step]) -> None:
    answered = {d.detection_id for s in steps for d in s.outputs.dispositions}
    assert {m.detection_id for m in messages if is_detection(m)} <= answered  # type: ignore[union-attr]
