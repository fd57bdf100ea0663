"""A station that dies between a decision and its channels: the next run hands it over, to those that lack it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from marsad.adapters import sapient
from marsad.station.channels import Message, Receipt
from marsad.station.service import Settings, Station
from marsad.station.world import SimulatedWorld
from station_kit import CAMERA, START_NS, THUMB, SocketSensor, flash, small_site

SETTINGS = Settings(journal=Path("journal"), cap_folder=Path("cap"), sapient_port=7)


class Horn:
    """A channel that remembers what it was given."""

    channel_id, kind = "horn", "siren"

    def __init__(self) -> None:
        self.got: list[str] = []

    def deliver(self, message: Message) -> Receipt:
        self.got.append(message.cap.identifier)
        return Receipt(delivered=True)


async def run(world: SimulatedWorld, horn: Horn, *, dies_before: tuple[str, ...] = (), see: bool = False) -> None:
    """Run a station for a second; it dies before some channels have got anything."""
    station = Station(world, small_site(), THUMB, SETTINGS, channels=(horn,))
    for line in station.dispatch._lines:
        if line.channel.channel_id in dies_before:
            stuck: Any = line.queue
            stuck.put_nowait = lambda message: None
    await station.start()
    if see:
        sensor = SocketSensor(*world.connect(7))
        sensor.writer.write(sapient.frame(sapient.encode_sensor(CAMERA, time_utc_ns=START_NS)))
        sensor.writer.write(sapient.frame(sapient.encode(flash(1, world.utc_ns()))))
    await world.advance(1.0)
    for task in [*station._tasks, *station.dispatch._workers, *station.feed._serving]:
        task.cancel()
    await world.settle()
    world.handlers.clear()


def told(dies_before: tuple[str, ...], silent_s: float = 2.0) -> tuple[list[str], list[str]]:
    """Give what horn and CAP folder hold after the death and two more runs."""

    async def main() -> tuple[list[str], list[str]]:
        world, horn = SimulatedWorld(1, START_NS), Horn()
        await run(world, horn, dies_before=dies_before, see=True)
        await world.advance(silent_s)
        await run(world, horn)
        await run(world, horn)
        return horn.got, sorted(path.name for path in world.files)

    return asyncio.run(main())


def test_a_decision_that_no_channel_got_goes_out_once_to_each() -> None:
    horn, files = told(("cap", "horn"))
    assert len(horn) == 1
    assert files == [f"{horn[0]}.xml"]


def test_a_channel_that_got_it_is_not_told_twice_and_the_other_gets_the_same_message() -> None:
    horn, files = told(("cap",))
    assert len(horn) == 1
    assert files == [f"{horn[0]}.xml"]
    assert told(()) == (horn, files), "as if it had not died"


def test_what_was_decided_long_ago_is_not_told_any_more() -> None:
    assert told(("cap", "horn"), silent_s=700.0) == ([], [])
