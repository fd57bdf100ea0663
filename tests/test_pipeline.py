"""The pipeline as a whole: the same bytes twice, no look ahead, doubled detections change nothing."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
import numpy as np
import pytest

from marsad import pipeline, samples, warn
from marsad.adapters.feed import Step
from marsad.pipeline import Outputs, PipelineParams, PipelineState
from marsad.sensing.site import Site
from marsad.terms import Heartbeat, Message, PersonOrder, Tick, ZoneWarning
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


class Vigil:
    """The sample site's pipeline in steps of a second: its sensors beat every two seconds, or are silent."""

    def __init__(self, state: PipelineState | None = None) -> None:
        self.site = samples.gas_plant()
        params = PipelineParams(warn=warn.WarnParams(manual_alarm_s=20.0))
        self.state = state or pipeline.init(self.site, params)
        self.now_s = 1000

    def go(self, seconds: int, *, deaf: bool = False, orders: tuple[Message, ...] = ()) -> list[ZoneWarning]:
        said: list[ZoneWarning] = []
        for _ in range(seconds):
            self.now_s += 1
            now = self.now_s * 1_000_000_000
            batch: list[Message] = [Tick(arrival_utc_ns=now)]
            if not deaf and self.now_s % 2:
                batch = [
                    Heartbeat(sensor_id=s.sensor_id, time_utc_ns=now - 100_000_000, arrival_utc_ns=now)
                    for s in self.site.sensors
                ]
            outputs = self.step([*batch, *(msgspec.structs.replace(o, arrival_utc_ns=now) for o in orders)])
            orders = ()
            said.extend(outputs.warnings)
        return said

    def step(self, batch: list[Message]) -> Outputs:
        self.state, outputs = pipeline.step(self.state, batch)
        return outputs

    def alarm(self) -> PersonOrder:
        zone_id = self.site.zones[0].zone_id
        return PersonOrder(
            arrival_utc_ns=0, order_id="o", what="alarm", zone_ids=(zone_id,), operator_ids=("sara",), hazard="rocket"
        )


def test_no_alarm_is_over_while_all_sensors_are_silent_and_it_ends_when_they_have_watched_again() -> None:
    vigil = Vigil()
    assert [w.level for w in vigil.go(10)] == []
    assert [w.level for w in vigil.go(1, orders=(vigil.alarm(),))] == ["take_shelter"]
    silent = vigil.go(200, deaf=True)
    assert {w.level for w in silent} == {"remain"}
    assert silent[-1].rule == "nobody_watches"
    hold_s = round(vigil.site.policy.rocket_hold_s)
    back = vigil.go(hold_s - 1)
    assert [(w.level, w.rule) for w in back] == [("remain", "watched_again")]
    assert [(w.level, w.rule) for w in vigil.go(4)] == [("all_clear", "hold_time_over")]


def test_an_alarm_whose_zone_is_watched_all_the_time_ends_when_its_time_is_over() -> None:
    vigil = Vigil()
    vigil.go(40)
    vigil.go(1, orders=(vigil.alarm(),))
    said = vigil.go(30)
    assert [(w.level, w.rule) for w in said] == [("all_clear", "hold_time_over")]


def test_a_run_that_carries_an_alarm_over_ends_it_only_when_sensors_have_spoken_to_it() -> None:
    vigil = Vigil()
    vigil.go(10)
    vigil.go(1, orders=(vigil.alarm(),))
    again = Vigil()
    again.now_s = vigil.now_s + 5
    saved = pipeline.standing(vigil.state)
    again.state, _ = pipeline.carry_over(again.state, saved, again.now_s * 1_000_000_000, Outputs())
    assert {w.level for w in again.go(120, deaf=True)} == {"remain"}
    assert [w.level for w in again.go(round(again.site.policy.rocket_hold_s) + 4)][-1] == "all_clear"
