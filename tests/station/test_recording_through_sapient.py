"""A practice recording, sent by the emulators over loopback, reaches the core as the file reader gives it."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import pytest

from marsad.adapters.recording import read_recording
from marsad.adapters.sites import read_site
from marsad.station.emulator import Emulators, shifted
from marsad.station.journal import open_for_reading
from marsad.station.keeper import Timekeeper
from marsad.station.replay import replay
from marsad.station.runner import decode_message, default_pipeline
from marsad.station.service import Settings, Station
from marsad.station.world import RealWorld
from marsad.terms import Message, SensorReport, Tick
from station_kit import START_NS

SPEED = 8.0


def comparable(message: Message) -> bytes:
    """Give what must be equal: everything but the moment of arrival."""
    changes: dict[str, Any] = {"arrival_utc_ns": 0}
    if isinstance(message, SensorReport):
        changes["sensor"] = msgspec.structs.replace(message.sensor, arrival_utc_ns=0)
    elif getattr(message, "sensor_id", None) == "":
        changes["sensor_id"] = "cooperative"  # a claim that names no receiver goes through one
    return msgspec.json.encode(msgspec.structs.replace(message, **changes))


@pytest.mark.parametrize("case", ["07_short_all"])
def test_what_the_emulators_send_is_what_the_file_holds(shared: Path, tmp_path: Path, case: str) -> None:
    folder = shared / "cases"
    site = read_site(folder / "common")
    recording = read_recording(folder / "cases" / f"{case}.jsonl")
    begins: list[int] = []

    async def main() -> Counter[str]:
        keeper = Timekeeper(SPEED, start_utc_ns=START_NS)
        settings = Settings(journal=tmp_path / "journal", cap_folder=tmp_path / "cap", sapient_port=0)
        station = Station(RealWorld(keeper), site, default_pipeline(), settings)
        await station.start()
        begins.append(keeper.utc_ns() + 10**9)
        emulators = Emulators((), "127.0.0.1", station.feed.port, keeper)
        await asyncio.wait_for(emulators.play(recording.messages, begins[0]), 120)
        counts = await emulators.close()
        assert station.core.intake.counts["rejected"] == 0
        await station.close()
        return counts

    counts = asyncio.run(main())
    assert counts["errors"] == 0
    with open_for_reading(tmp_path / "journal") as reader:
        taken = [decode_message(row.payload) for row in reader.read(("message",))]
        result = replay(reader, default_pipeline())
    assert result.difference() is None
    got = Counter(comparable(m) for m in taken if not isinstance(m, Tick))
    sent = Counter(comparable(shifted(m, begins[0])) for m in recording.messages)
    new = {key for key in got - sent if b'"type":"sensor"' not in key}
    assert not new
    assert not sent - got


def test_a_cut_line_loses_nothing(shared: Path, tmp_path: Path) -> None:
    """The sensors' connections are torn a dozen times; every message arrives all the same."""
    folder = shared / "cases"
    recording = read_recording(folder / "cases" / "07_short_all.jsonl")

    async def main() -> Counter[str]:
        keeper = Timekeeper(SPEED, start_utc_ns=START_NS)
        settings = Settings(journal=tmp_path / "journal", sapient_port=0)
        station = Station(RealWorld(keeper), read_site(folder / "common"), default_pipeline(), settings)
        await station.start()
        emulators = Emulators((), "127.0.0.1", station.feed.port, keeper)

        async def play() -> Counter[str]:
            await emulators.play(recording.messages, keeper.utc_ns() + 10**9)
            return await emulators.close()

        playing = asyncio.ensure_future(play())
        for _ in range(12):
            await asyncio.sleep(0.25)
            for link in list(station.feed._links.values())[:3]:
                link.writer.close()
        await playing
        await station.close()
        return playing.result()

    counts = asyncio.run(main())
    assert counts["reconnections"] > 0
    with open_for_reading(tmp_path / "journal") as reader:
        stored = {getattr(decode_message(row.payload), "detection_id", "") for row in reader.read(("message",))}
    sent = {name for m in recording.messages if (name := getattr(m, "detection_id", ""))}
    assert sent <= stored
