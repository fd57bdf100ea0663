"""The sensors' port over real loopback sockets: the protocol as it should be, and everything that it should survive."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from marsad.adapters import sapient
from marsad.adapters.sapient_form import MAX_FRAME_BYTES
from marsad.station import feed
from marsad.station.journal import open_for_reading
from marsad.station.service import Settings, Station
from marsad.station.world import RealWorld, Timekeeper
from marsad.terms import Heartbeat, PoseReport, SensorReport, WeatherReport
from station_kit import CAMERA, ORIGIN, RADAR, START_NS, THUMB, SocketSensor, connect, flash, plot, small_site

Scenario = Callable[[Station], Awaitable[None]]


def run(tmp_path: Path, scenario: Scenario) -> list[Any]:
    """Run a scenario against a station; give the rows of its journal."""

    async def main() -> list[Any]:
        world = RealWorld(Timekeeper(start_utc_ns=START_NS))
        settings = Settings(journal=tmp_path / "journal", cap_folder=tmp_path / "cap", sapient_port=0)
        station = Station(world, small_site(), THUMB, settings)
        await station.start()
        try:
            await asyncio.wait_for(scenario(station), 30)
        finally:
            await station.close()
        with open_for_reading(settings.journal) as reader:
            assert reader.first_broken_link() is None
            return list(reader.read())

    return asyncio.run(main())


async def until(condition: Callable[[], bool], timeout_s: float = 5.0) -> None:
    for _ in range(round(timeout_s / 0.01)):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not come to that in time")


async def still_works(sensor: SocketSensor, station: Station, number: int = 77) -> None:
    """Show that a registered connection is still listened to."""
    taken = station.core.intake.counts["frames"]
    await sensor.send(sapient.encode(plot(number)))
    await until(lambda: station.core.intake.counts["frames"] > taken)
    await until(lambda: "TRD-1" in station.picture._lists["tracks"])


def messages_of(rows: list[Any]) -> list[bytes]:
    return [row.payload for row in rows if row.kind == "message" and b'"type":"tick"' not in row.payload]


def test_a_sensor_registers_reports_and_is_acknowledged(tmp_path: Path) -> None:
    async def scenario(station: Station) -> None:
        sensor = await connect(station.feed.port)
        ack = await sensor.register(RADAR, journal_acks=True)
        assert ack.registration_ack.acceptance is True
        assert ack.node_id == station.station_id
        assert ack.destination_id == sapient.node_id_of("RD-1")
        assert sapient.journalled_frames(await sensor.hear()) == 1
        for i in range(20):
            await sensor.send(sapient.encode(plot(i)))
        await sensor.send(sapient.encode(Heartbeat(sensor_id="RD-1", time_utc_ns=START_NS, arrival_utc_ns=START_NS)))
        safe = 0
        while safe < 22:
            said = sapient.journalled_frames(await sensor.hear())
            assert said is not None
            stored = sum(row.kind == "message" and bool(row.raw) for row in station.journal.read())
            assert stored >= said > safe
            safe = said
        assert station.health.sensors["RD-1"].status(station.world.utc_ns()) == "live"
        await sensor.close()

    rows = run(tmp_path, scenario)
    assert len(messages_of(rows)) == 22


def test_a_scan_with_one_stamp_is_taken_whole(tmp_path: Path) -> None:
    async def scenario(station: Station) -> None:
        sensor = await connect(station.feed.port)
        await sensor.register(RADAR)
        for i in range(500):
            sensor.writer.write(sapient.frame(sapient.encode(plot(i), sent_utc_ns=START_NS)))
        await sensor.writer.drain()
        await until(lambda: station.core.intake.counts["frames"] == 501)
        await sensor.close()

    assert len(messages_of(run(tmp_path, scenario))) == 501


def test_errors_come_back_on_the_socket_and_the_connection_stays(tmp_path: Path) -> None:
    async def scenario(station: Station) -> None:
        sensor = await connect(station.feed.port)
        await sensor.send(sapient.encode(plot(1)))
        said = (await sensor.hear()).error
        assert "not registered" in said.error_message[0]
        assert said.packet == sapient.encode(plot(1)).SerializeToString()
        await sensor.register(RADAR)
        lame = sapient.encode(Heartbeat(sensor_id="RD-1", time_utc_ns=START_NS, arrival_utc_ns=START_NS))
        lame.status_report.ClearField("mode")
        await sensor.send(lame)
        assert "status_report.mode is mandatory and missing" in (await sensor.hear()).error.error_message
        sensor.writer.write(struct.pack("<I", 9) + b"\xff" * 9)
        assert "no SAPIENT message" in (await sensor.hear()).error.error_message[0]
        sensor.writer.write(struct.pack("<I", 0))
        assert "mandatory" in (await sensor.hear()).error.error_message[0]
        await still_works(sensor, station)
        assert station.picture.rejected_total == 4
        await sensor.close()

    rows = run(tmp_path, scenario)
    assert sum(row.kind == "rejected" for row in rows) == 4


def test_an_effector_is_refused_with_the_reason(tmp_path: Path) -> None:
    async def scenario(station: Station) -> None:
        sensor = await connect(station.feed.port)
        registration = sapient.encode_sensor(RADAR, time_utc_ns=START_NS)
        registration.registration.node_definition[0].node_type = 13  # NODE_TYPE_KINETIC
        await sensor.send(registration)
        ack = (await sensor.hear()).registration_ack
        assert ack.acceptance is False
        assert "effectors" in ack.ack_response_reason[0]
        assert (await sensor.register(RADAR)).registration_ack.acceptance is True
        await sensor.close()

    run(tmp_path, scenario)


def test_an_oversized_frame_is_passed_over(tmp_path: Path) -> None:
    async def scenario(station: Station) -> None:
        sensor = await connect(station.feed.port)
        await sensor.register(RADAR)
        size = MAX_FRAME_BYTES + 1
        sensor.writer.write(struct.pack("<I", size) + bytes(size))
        assert "passed over" in (await sensor.hear()).error.error_message[0]
        await still_works(sensor, station)
        await sensor.close()

    run(tmp_path, scenario)


@pytest.mark.parametrize("junk", [b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\xff" * 64])
def test_what_is_no_sapient_stream_is_told_so_and_cut_off(tmp_path: Path, junk: bytes) -> None:
    async def scenario(station: Station) -> None:
        sensor = await connect(station.feed.port)
        sensor.writer.write(junk)
        assert "no SAPIENT stream" in (await sensor.hear()).error.error_message[0]
        assert await sensor.reader.read(1) == b""
        other = await connect(station.feed.port)
        await other.register(RADAR)
        await still_works(other, station)
        await other.close()
        await sensor.close()

    run(tmp_path, scenario)


def test_half_a_frame_and_silence_end_that_connection_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "FRAME_TIMEOUT_S", 0.3)

    async def scenario(station: Station) -> None:
        stuck, fine, torn = [await connect(station.feed.port) for _ in range(3)]
        stuck.writer.write(struct.pack("<I", 100) + b"half")
        torn.writer.write(struct.pack("<I", 100) + b"half")
        await torn.writer.drain()
        torn.writer.close()
        await fine.register(RADAR)
        assert "stopped half-way" in (await stuck.hear()).error.error_message[0]
        assert await stuck.reader.read(1) == b""
        await still_works(fine, station)
        await until(lambda: station.feed.connections == 1)
        for sensor in (stuck, fine):
            await sensor.close()

    rows = run(tmp_path, scenario)
    reasons = [msgspec.json.decode(row.payload)["reason"] for row in rows if row.kind == "rejected"]
    assert sorted(reason.split(",")[0] for reason in reasons) == [
        "a frame stopped half-way for 0 s",
        "the connection ended inside a frame",
    ]


def test_a_weather_report_is_not_periodic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "IDLE_TIMEOUT_S", 0.3)

    async def scenario(station: Station) -> None:
        weather, radar = [await connect(station.feed.port) for _ in range(2)]
        await weather.send(sapient.encode_weather_node("weather", time_utc_ns=START_NS))
        assert (await weather.hear()).registration_ack.acceptance
        await radar.register(RADAR)
        assert "nothing came" in (await radar.hear()).error.error_message[0]
        await asyncio.sleep(1.5)
        assert station.feed.connections == 1
        report = WeatherReport(arrival_utc_ns=START_NS, wind_east_ms=2.0, wind_north_ms=1.0, wind_sigma_ms=0.5)
        taken = station.core.intake.counts["frames"]
        await weather.send(sapient.encode(report))
        await until(lambda: station.core.intake.counts["frames"] > taken)
        for sensor in (weather, radar):
            await sensor.close()

    rows = run(tmp_path, scenario)
    reasons = [msgspec.json.decode(row.payload)["reason"] for row in rows if row.kind == "rejected"]
    assert len(reasons) == 1


def test_bytes_one_by_one_make_a_frame(tmp_path: Path) -> None:
    async def scenario(station: Station) -> None:
        sensor = await connect(station.feed.port)
        for byte in sapient.frame(sapient.encode_sensor(RADAR, time_utc_ns=START_NS)):
            sensor.writer.write(bytes([byte]))
            await sensor.writer.drain()
        assert (await sensor.hear()).registration_ack.acceptance is True
        await sensor.close()

    run(tmp_path, scenario)


def test_a_sensor_that_reads_no_answers_does_not_stop_the_others(tmp_path: Path) -> None:
    async def scenario(station: Station) -> None:
        deaf, fine = await connect(station.feed.port), await connect(station.feed.port)
        await fine.register(RADAR)
        bad = struct.pack("<I", 2000) + b"\xff" * 2000
        for _ in range(3000):
            deaf.writer.write(bad)
        sending = asyncio.ensure_future(deaf.writer.drain())
        await still_works(fine, station)
        await until(lambda: station.core.intake.counts["rejected"] >= 3000, 20.0)
        await still_works(fine, station, 78)
        sending.cancel()
        deaf.writer.transport.abort()
        await fine.close()

    run(tmp_path, scenario)


def test_a_node_without_a_place_gives_it_with_its_status(tmp_path: Path) -> None:
    foreign = msgspec.structs.replace(CAMERA, sensor_id="EO-9")

    async def scenario(station: Station) -> None:
        sensor = await connect(station.feed.port)
        registration = sapient.encode_sensor(foreign, time_utc_ns=START_NS)
        del registration.registration.capabilities[:]
        c = registration.registration.capabilities.add()
        c.category, c.type = "Camera", "Infrared"
        await sensor.send(registration)
        assert (await sensor.hear()).registration_ack.acceptance is True
        await sensor.send(sapient.encode(flash(1, sensor_id="EO-9")))
        assert "place of this node is not known" in (await sensor.hear()).error.error_message[0]
        pose = PoseReport(sensor_id="EO-9", time_utc_ns=START_NS, arrival_utc_ns=START_NS, position=ORIGIN)
        await sensor.send(sapient.encode(pose))
        await sensor.send(sapient.encode(flash(2, sensor_id="EO-9")))
        await until(lambda: bool(station.picture._lists["warnings"]))
        assert station.health.sensors["EO-9"].sensor.position == ORIGIN
        await sensor.close()

    rows = run(tmp_path, scenario)
    read = [msgspec.json.decode(payload)["type"] for payload in messages_of(rows)]
    assert read == ["sensor", "heartbeat", "flash"]
    assert SensorReport.__struct_config__.tag == "sensor"


def test_an_alarm_is_a_cap_file_within_a_second(tmp_path: Path) -> None:
    async def scenario(station: Station) -> None:
        sensor = await connect(station.feed.port)
        await sensor.register(CAMERA)
        await sensor.send(sapient.encode(flash(1)))
        await until(lambda: len(list((tmp_path / "cap").glob("*.xml"))) == 1, 1.0)
        await until(lambda: any(True for _ in station.journal.read(("delivery",))), 1.0)
        await sensor.close()

    rows = run(tmp_path, scenario)
    delivery = msgspec.json.decode(next(row.payload for row in rows if row.kind == "delivery"))
    assert delivery["delivered"] is True
    order = [row.kind for row in rows if row.kind in ("message", "decision", "delivery")]
    assert order.index("decision") < order.index("delivery")
