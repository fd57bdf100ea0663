"""Sensors that a launch shows to be wrong are named; what they say takes nothing away from what others see."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import numpy as np
import pytest

from marsad.adapters.feed import Step
from marsad.terms import Bearing, Flash, Message, Plot, SensorFault
from trajectory.nights import LAUNCH_S, ROCKET, is_detection, launches, night, offset_m, site_with, told

Change = Callable[[Message, float], Message | None]


@pytest.fixture(scope="module")
def healthy() -> tuple[Message, ...]:
    """A night with one rocket, seen by two drones, the balloon, a radar and the acoustic arrays."""
    return night(site_with(), ROCKET).messages


def with_fault(messages: tuple[Message, ...], sensor_id: str, change: Change) -> list[Step]:
    """Run the night with all messages of one sensor changed (or left out, where the change gives None)."""
    changed: list[Message] = []
    for message in messages:
        if getattr(message, "sensor_id", "") == sensor_id:
            other = change(message, message.arrival_utc_ns * 1e-9)
            if other is not None:
                changed.append(other)
        else:
            changed.append(message)
    return told(site_with(), changed)


def faults(steps: list[Step]) -> list[tuple[float, SensorFault]]:
    """Faults with the seconds after launch at which they were named."""
    return [(s.message.arrival_utc_ns * 1e-9 - LAUNCH_S, fault) for s in steps for fault in s.outputs.faults]


def confirmed(steps: list[Step]) -> list[str]:
    """Events that stand at the end."""
    return [name for name, rows in launches(steps).items() if rows[-1].status == "confirmed"]


def taken_by_launches(steps: list[Step]) -> int:
    """How many detections of the sensors other than the balloon went into a launch."""
    return sum(
        d.sensor_id != "EO-B1" and d.kind in ("associated", "initiated") and d.target_id.startswith("L")
        for s in steps
        for d in s.outputs.dispositions
    )


def miss_m(steps: list[Step]) -> float:
    """Distance of the nearest launch point told last from that of the healthy night's scenario."""
    told_points = [launches(steps)[name][-1].modes[0].position for name in confirmed(steps)]
    truth = np.array([ROCKET.east_m, ROCKET.north_m])
    return min(float(np.hypot(*(offset_m(point, site_with().origin) - truth))) for point in told_points)


@pytest.mark.parametrize(
    ("sensor_id", "column", "error", "kind"),
    [
        ("EO-D1", "azimuth_rad", 0.008, "azimuth_bias"),
        ("EO-B1", "elevation_rad", -0.008, "elevation_bias"),
        ("RD-1", "azimuth_rad", 0.025, "azimuth_bias"),
    ],
)
def test_a_constant_error_is_named_within_ten_seconds_and_taken_off(
    healthy: tuple[Message, ...], sensor_id: str, column: str, error: float, kind: str
) -> None:
    def off(message: Message, _now_s: float) -> Message:
        if not is_detection(message):
            return message
        return msgspec.structs.replace(message, **{column: getattr(message, column) + error})

    steps = with_fault(healthy, sensor_id, off)
    assert {(fault.sensor_id, fault.kind) for _, fault in faults(steps)} == {(sensor_id, kind)}
    after_s, fault = faults(steps)[0]
    assert after_s < 10.0
    assert fault.magnitude == pytest.approx(error, rel=0.35)
    assert len(confirmed(steps)) == 1
    assert miss_m(steps) < 100.0


def test_an_error_that_wanders_is_called_lying_and_makes_no_second_launch(healthy: tuple[Message, ...]) -> None:
    def wander(message: Message, now_s: float) -> Message:
        if not isinstance(message, Flash | Bearing):
            return message
        return msgspec.structs.replace(
            message, azimuth_rad=message.azimuth_rad + 0.015 * max(now_s - LAUNCH_S - 0.3, 0.0)
        )

    steps = with_fault(healthy, "EO-B1", wander)
    assert {(fault.sensor_id, fault.kind) for _, fault in faults(steps)} == {("EO-B1", "lying")}
    assert len(confirmed(steps)) == 1
    assert miss_m(steps) < 100.0


@pytest.mark.parametrize(("sensor_id", "rate"), [("EO-D1", -0.0128), ("EO-D2", 0.03)])
def test_a_camera_that_turns_away_is_named_and_its_own_story_stands_beside_the_others(
    healthy: tuple[Message, ...], sensor_id: str, rate: float
) -> None:
    def turn(message: Message, now_s: float) -> Message:
        if not isinstance(message, Flash | Bearing):
            return message
        return msgspec.structs.replace(
            message, azimuth_rad=message.azimuth_rad + rate * max(now_s - LAUNCH_S - 0.3, 0.0)
        )

    steps = with_fault(healthy, sensor_id, turn)
    assert {fault.sensor_id for _, fault in faults(steps)} == {sensor_id}
    assert faults(steps)[0][0] < 10.0
    assert miss_m(steps) < 100.0


def test_a_camera_that_falls_silent_has_not_seen_the_motor_burn_out() -> None:
    def die(message: Message, now_s: float) -> Message | None:
        return message if now_s < LAUNCH_S + 0.8 else None

    two_seconds_burn = msgspec.structs.replace(ROCKET, rocket_class="medium", elevation_deg=75.0)
    healthy = night(site_with(), two_seconds_burn).messages
    steps = with_fault(healthy, "EO-B1", die)
    assert {fault.sensor_id for _, fault in faults(steps)} <= {"EO-B1"}
    taken, whole = taken_by_launches(steps), taken_by_launches(told(site_with(), healthy))
    assert taken > 0.95 * whole
    assert miss_m(steps) < 50.0


@pytest.mark.parametrize("sensor_id", ["EO-D2", "RD-1"])
def test_a_sensor_that_repeats_itself_is_not_believed(healthy: tuple[Message, ...], sensor_id: str) -> None:
    kept: dict[str, float] = {}

    def freeze(message: Message, now_s: float) -> Message:
        if not isinstance(message, Flash | Bearing | Plot) or now_s < LAUNCH_S + 0.5:
            return message
        names = (
            ("range_m", "azimuth_rad", "elevation_rad")
            if isinstance(message, Plot)
            else ("azimuth_rad", "elevation_rad")
        )
        if not kept:
            kept.update({name: getattr(message, name) for name in names})
        return msgspec.structs.replace(message, **kept)

    steps = with_fault(healthy, sensor_id, freeze)
    assert {(fault.sensor_id, fault.kind) for _, fault in faults(steps)} == {(sensor_id, "frozen")}
    assert len(confirmed(steps)) == 1
    assert miss_m(steps) < 50.0
    assert "its sensor repeats itself" in {d.reason for s in steps for d in s.outputs.dispositions}


def _scattered(ratio: float) -> Change:
    rng = np.random.default_rng(3)

    def scatter(message: Message, _now_s: float) -> Message:
        if not isinstance(message, Flash | Bearing | Plot):
            return message
        c = message.covariance if isinstance(message, Plot) else (0.0, 0.0, 0.0, *message.covariance_rad2)
        add = ratio * rng.standard_normal(3) * np.sqrt([c[0], c[3], c[5]])
        wrong = msgspec.structs.replace(
            message,
            azimuth_rad=message.azimuth_rad + float(add[1]),
            elevation_rad=message.elevation_rad + float(add[2]),
        )
        if isinstance(wrong, Plot):
            wrong = msgspec.structs.replace(wrong, range_m=wrong.range_m + float(add[0]))
        return wrong

    return scatter


@pytest.mark.parametrize(("sensor_id", "ratio"), [("EO-B1", 6.0), ("EO-D1", 60.0), ("RD-1", 8.0)])
def test_a_sensor_noisier_than_it_says_is_named_and_makes_no_second_launch(
    healthy: tuple[Message, ...], sensor_id: str, ratio: float
) -> None:
    steps = with_fault(healthy, sensor_id, _scattered(ratio))
    named = faults(steps)
    assert {(fault.sensor_id, fault.kind) for _, fault in named} == {(sensor_id, "noise")}
    assert named[0][0] < 10.0
    assert max(fault.magnitude for _, fault in named) == pytest.approx(ratio, rel=0.6)
    assert len(confirmed(steps)) == 1
    assert miss_m(steps) < 60.0


def test_a_camera_that_jumps_to_and_fro_is_named(healthy: tuple[Message, ...]) -> None:
    count = 0

    def jump(message: Message, _now_s: float) -> Message:
        nonlocal count
        if not isinstance(message, Flash | Bearing):
            return message
        count += 1
        return msgspec.structs.replace(message, azimuth_rad=message.azimuth_rad + 0.05 * (count % 2))

    steps = with_fault(healthy, "EO-B1", jump)
    named = {(fault.sensor_id, fault.kind) for _, fault in faults(steps)}
    assert named
    assert named <= {("EO-B1", "noise"), ("EO-B1", "lying")}
    assert miss_m(steps) < 60.0
