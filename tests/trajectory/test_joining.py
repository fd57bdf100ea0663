"""When two launches of a salvo are one, and under which name it goes on."""

from __future__ import annotations

import copy

import msgspec
import pytest

from marsad import pipeline
from marsad.sensing.book import SensorBiases
from marsad.terms import ImpactForecast, LaunchEstimate
from marsad.trajectory.events import Event, give_back, take
from marsad.trajectory.joining import merge_same, one_not_two
from marsad.trajectory.rows import rows_of
from trajectory.nights import LAUNCH_S, ROCKET, launches, night, site_with, told


@pytest.fixture(scope="module")
def salvo() -> pipeline.PipelineState:
    """Three rockets 0.6 s apart, eleven seconds after the first."""
    site = site_with("balloon", "drone", "radar")
    orders = msgspec.structs.replace(ROCKET, count=3, interval_s=0.6, azimuth_sigma_deg=1.0, elevation_sigma_deg=1.0)
    state = pipeline.init(site)
    for message in night(site, orders, duration_s=LAUNCH_S + 11.0).messages:
        state, _ = pipeline.step(state, (message,))
    assert len(state.trajectory.events) == 3
    return state


def parted(salvo: pipeline.PipelineState) -> tuple[pipeline.PipelineState, Event, Event]:
    """The salvo, and its second launch parted: what its first three seconds showed, told first, and the rest."""
    state = copy.deepcopy(salvo)
    rest = sorted(state.trajectory.events, key=lambda e: e.launch_s)[1]
    early = Event("L0090", "", rest.reference, rest.born_s, modes=rest.modes, published_s=rest.published_s)
    early.stage, early.status = rest.stage, rest.status
    for detection in sorted(rest.detections.values(), key=lambda d: d.time_utc_ns):
        if state.book.seconds(detection.time_utc_ns) < rest.launch_s + 3.0:
            give_back(rest, detection.detection_id, state.book)
            take(early, detection, rows_of(detection, state.book), 0.0, state.book)
    rest.born_s += 5.0
    state.trajectory.events.append(early)
    return state, early, rest


def test_rockets_side_by_side_are_two(salvo: pipeline.PipelineState) -> None:
    first, second, third = sorted(salvo.trajectory.events, key=lambda e: e.launch_s)
    for one, other in ((first, second), (second, first), (second, third)):
        assert one_not_two(salvo.trajectory, one, other, salvo.book, salvo.trajectory.bias_sigma) <= 0.0


def test_a_launch_lost_and_the_one_found_in_its_place_are_one_under_the_name_told_first(
    salvo: pipeline.PipelineState,
) -> None:
    state, early, rest = parted(salvo)
    name, rows, path = rest.event_id, rest.rows.count + early.rows.count, rest.modes[0]
    said: list[LaunchEstimate] = []
    forecasts: list[ImpactForecast] = []
    now_utc_ns = max(d.time_utc_ns for d in rest.detections.values())
    biases = SensorBiases.prior(state.book)
    merge_same(state.trajectory, rest, state.book, now_utc_ns, biases, said, forecasts)
    living = [e for e in state.trajectory.events if e.stage != "ended"]
    assert len(living) == 3
    (one,) = (e for e in living if e.modes[0] is path)
    assert one.event_id == "L0090"
    assert one.rows.count > 0.95 * rows
    assert [(e.event_id, e.status) for e in said] == [(name, "cancelled")]


def test_none_of_a_dense_salvo_is_taken_back_after_three_seconds() -> None:
    site = site_with("balloon", "drone", "radar")
    orders = msgspec.structs.replace(ROCKET, count=6, interval_s=0.3, azimuth_sigma_deg=1.5, elevation_sigma_deg=1.5)
    events = launches(told(site, night(site, orders, duration_s=20.0, seed=2).messages))
    stood_s = {n: (e[-1].arrival_utc_ns - e[0].arrival_utc_ns) * 1e-9 for n, e in events.items()}
    assert [n for n, e in events.items() if e[-1].status == "cancelled" and stood_s[n] > 3.0] == []
    assert len([e for e in events.values() if e[-1].status == "confirmed"]) in (6, 7)
