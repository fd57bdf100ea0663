"""The whole station in a world of memory: seeds, lost connections, doubled and false input, dead disks, deaths."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Awaitable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from marsad.adapters import sapient
from marsad.pipeline import Outputs
from marsad.station.replay import replay
from marsad.station.runner import Pipeline
from marsad.station.service import Settings, Station
from marsad.station.world import SimulatedWorld
from marsad.terms import Message, Plot, SensorFault
from station_kit import CAMERA, RADAR, START_NS, THUMB, SocketSensor, flash, plot, small_site

JOURNAL = Path("journal")
SETTINGS = Settings(journal=JOURNAL, cap_folder=Path("cap"), sapient_port=7)


async def settled(world: SimulatedWorld, work: Awaitable[object], seconds: float = 0.3) -> None:
    """Let work run while the clock moves."""
    task = asyncio.ensure_future(work)
    await world.advance(seconds)
    await asyncio.wait_for(task, 5)


async def booted(world: SimulatedWorld) -> Station:
    station = Station(world, small_site(), THUMB, SETTINGS)
    await station.start()
    return station


async def dropped(world: SimulatedWorld, station: Station) -> None:
    """Let the station die: its tasks stop where they are."""
    for task in [*station._tasks, *station.dispatch._workers, *station.feed._serving]:
        task.cancel()
    await world.settle()
    world.handlers.clear()


async def night(world: SimulatedWorld, rng: np.random.Generator) -> int:
    """Run a station through trouble; give how many frames it promised to have."""
    station = await booted(world)
    number = 0
    for _ in range(int(rng.integers(15, 40))):
        sensor = SocketSensor(*world.connect(7))
        sender = RADAR if rng.random() < 0.5 else CAMERA
        sensor.writer.write(sapient.frame(sapient.encode_sensor(sender, time_utc_ns=START_NS)))
        for _ in range(int(rng.integers(0, 12))):
            number += 1
            message = plot(number) if sender is RADAR else flash(number)
            framed = sapient.frame(sapient.encode(message))
            what = rng.random()
            if what < 0.08:
                framed = framed[: int(rng.integers(1, len(framed)))]  # torn
            elif what < 0.16:
                framed = struct.pack("<I", 20) + rng.bytes(20)  # false
            elif what < 0.30:
                framed *= 2  # doubled
            sensor.writer.write(framed)
        journal = world.journals[JOURNAL]
        journal.fails = bool(rng.random() < 0.15)
        await world.advance(float(rng.exponential(0.4)))
        journal.fails = False
        if rng.random() < 0.7:
            sensor.writer.close()
        if rng.random() < 0.1:
            await dropped(world, station)
            await world.advance(float(rng.exponential(3.0)))
            station = await booted(world)
    await world.advance(1.0)
    await settled(world, station.close(), 15.0)
    return number


@pytest.mark.parametrize("seed", range(12))
def test_a_night_of_trouble_ends_with_a_record_that_replays(seed: int) -> None:
    async def main() -> SimulatedWorld:
        world = SimulatedWorld(seed, START_NS)
        await night(world, np.random.default_rng(seed))
        return world

    world = asyncio.run(main())
    journal = world.journals[JOURNAL]
    result = replay(journal, THUMB)
    assert result.difference() is None, f"seed {seed}"
    assert result.messages > 20
    batches = [row.batch for row in journal.read(("message",))]
    arrivals = [row.utc_ns for row in journal.read(("message",))]
    assert batches == sorted(batches)
    assert arrivals == sorted(arrivals)
    warnings = [row for row in journal.read(("decision",)) if row.source == "warning"]
    assert len(world.files) >= len({row.payload for row in warnings}) * 0.9


def test_the_same_seed_gives_the_same_record() -> None:
    async def main() -> list[tuple[str, int, bytes]]:
        world = SimulatedWorld(5, START_NS)
        await night(world, np.random.default_rng(5))
        return [(row.kind, row.utc_ns, row.payload) for row in world.journals[JOURNAL].rows]

    assert asyncio.run(main()) == asyncio.run(main())


def test_time_moves_only_when_it_is_told_to() -> None:
    async def main() -> None:
        world = SimulatedWorld(1, START_NS)
        woken: list[float] = []

        async def sleeper(seconds: float) -> None:
            await world.sleep(seconds)
            woken.append((world.utc_ns() - START_NS) / 1e9)

        tasks = [asyncio.ensure_future(sleeper(s)) for s in (2.0, 0.5, 1.0)]
        await asyncio.sleep(0.05)
        assert woken == []
        await world.advance(1.2)
        assert woken == [0.5, 1.0]
        await world.advance(1.0)
        assert woken == [0.5, 1.0, 2.0]
        await asyncio.gather(*tasks)

    asyncio.run(main())


def test_a_bug_in_what_is_shown_does_not_end_the_watch() -> None:
    async def main() -> None:
        world = SimulatedWorld(1, START_NS)
        station = await booted(world)

        def broken(*_: object) -> None:
            raise RuntimeError("whoever listens has a bug")

        station.listen(broken)
        camera = SocketSensor(*world.connect(7))
        camera.writer.write(sapient.frame(sapient.encode_sensor(CAMERA, time_utc_ns=START_NS)))
        await world.advance(0.5)
        camera.writer.write(sapient.frame(sapient.encode(flash(1))))
        await world.advance(1.0)
        assert [w["level"] for w in station.picture.snapshot()["warnings"]] == ["take_shelter"]
        assert len(world.files) == 1
        assert [f["sensor_id"] for f in station.picture.snapshot()["faults"]] == ["pipeline"]
        await settled(world, station.close(), 15.0)

    asyncio.run(main())


def test_a_dead_disk_is_shown_and_does_not_stop_an_alarm() -> None:
    async def main() -> None:
        world = SimulatedWorld(1, START_NS)
        station = await booted(world)
        camera = SocketSensor(*world.connect(7))
        camera.writer.write(sapient.frame(sapient.encode_sensor(CAMERA, time_utc_ns=START_NS)))
        await world.advance(0.5)
        world.journals[JOURNAL].fails = True
        camera.writer.write(sapient.frame(sapient.encode(flash(1))))
        await world.advance(1.0)
        assert [w["level"] for w in station.picture.snapshot()["warnings"]] == ["take_shelter"]
        faults = station.picture.snapshot()["faults"]
        assert [(f["sensor_id"], f["kind"]) for f in faults] == [("journal", "recording_degraded")]
        assert station.report()["journal"]["ok"] is False
        assert len(world.files) == 1
        world.journals[JOURNAL].fails = False
        await world.advance(1.0)
        assert station.picture.snapshot()["faults"] == []
        assert any(row.source == "warning" for row in world.journals[JOURNAL].read(("decision",)))
        await settled(world, station.close(), 15.0)

    asyncio.run(main())


def test_a_clock_that_was_set_while_the_station_runs_is_told() -> None:
    async def main() -> None:
        world = SimulatedWorld(1, START_NS)
        station = await booted(world)
        await world.advance(1.0)
        assert station.picture.snapshot()["faults"] == []
        world.clock_set_s = -3600.0
        await world.advance(1.0)
        (fault,) = station.picture.snapshot()["faults"]
        assert (fault["sensor_id"], fault["kind"]) == ("clock", "clock_stepped")
        assert "set by -3600 s" in fault["reasons"][0]
        world.clock_set_s = 0.2
        await world.advance(1.0)
        assert station.picture.snapshot()["faults"] == []
        await settled(world, station.close(), 15.0)

    asyncio.run(main())


def test_the_stations_own_clock_is_named_and_its_sensors_are_not() -> None:
    off_s = 70.0
    fault = SensorFault(
        sensor_id="clock", kind="station_clock", arrival_utc_ns=START_NS, magnitude=off_s, unit="s", reasons=("wrong",)
    )

    def step(state: Any, batch: Sequence[Message]) -> tuple[Any, Outputs]:
        found = state == "unsaid" and any(isinstance(m, Plot) for m in batch)
        return "said" if found else state, Outputs(faults=(fault,) if found else ())

    async def main() -> None:
        world = SimulatedWorld(1, START_NS)
        station = Station(world, small_site(), Pipeline(init=lambda site: "unsaid", step=step), SETTINGS)
        await station.start()
        sensor = SocketSensor(*world.connect(7))
        sensor.writer.write(sapient.frame(sapient.encode_sensor(RADAR, time_utc_ns=START_NS)))
        for k in range(8):
            await world.advance(1.0)
            stamp = world.utc_ns() - round(off_s * 1e9)
            measured = msgspec.structs.replace(plot(k), time_utc_ns=stamp)
            sensor.writer.write(sapient.frame(sapient.encode(measured)))
        await world.advance(1.0)
        (shown,) = station.picture.snapshot()["faults"]
        assert (shown["sensor_id"], shown["kind"], shown["magnitude"]) == ("clock", "station_clock", off_s)
        assert station.report()["clock_off_s"] == off_s
        assert station.health.sensors["RD-1"].clock_offset_s() == pytest.approx(0.0, abs=0.1)
        sensor.writer.close()
        await settled(world, station.close(), 15.0)

    asyncio.run(main())


def test_who_asks_for_the_name_of_a_sensor_that_lives_is_refused_and_shown_for_a_minute() -> None:
    async def main() -> None:
        world = SimulatedWorld(1, START_NS)
        station = await booted(world)
        first, second = (SocketSensor(*world.connect(7)) for _ in range(2))
        registration = sapient.frame(sapient.encode_sensor(RADAR, time_utc_ns=START_NS))
        first.writer.write(registration)
        await world.advance(1.0)
        second.writer.write(registration)
        await world.advance(1.0)
        (shown,) = station.picture.snapshot()["faults"]
        assert (shown["sensor_id"], shown["kind"]) == ("RD-1", "second_session")
        assert station.report()["counts"]["sessions_refused"] == 1
        first.writer.close()
        await world.advance(1.0)
        second.writer.write(registration)  # and the name is free at once
        await world.advance(1.0)
        assert station.report()["counts"]["registrations"] == 2
        await world.advance(60.0)
        assert station.picture.snapshot()["faults"] == []
        second.writer.close()
        await settled(world, station.close(), 15.0)

    asyncio.run(main())
