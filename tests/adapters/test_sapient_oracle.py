"""Our messages before a second implementation of the standard, in an environment of its own (its protobuf is another).

``MARSAD_SAPIENT_ORACLE`` names the Python of an environment that has ``sapient-pydantic``; without it this is skipped.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from marsad.adapters import sapient
from marsad.terms import Flash, Geodetic, Heartbeat, Impulse, Plot, PoseReport, Sensor, WeatherReport
from station_kit import CAMERA, RADAR, START_NS, flash, plot

ORACLE = """
import struct, sys
from sapient_msg.bsi_flex_335_v2_0.sapient_message_pb2 import SapientMessage
from sapient_msg_pydantic.bsi_flex_335_v2_0.sapient_message import SapientMessage as Checked
content, at, count = open(sys.argv[1], "rb").read(), 0, 0
while at < len(content):
    (length,) = struct.unpack("<I", content[at : at + 4])
    message = SapientMessage.FromString(content[at + 4 : at + 4 + length])
    assert Checked.from_pb2(message).to_pb2() == message, message
    at, count = at + 4 + length, count + 1
print(count)
"""


def messages() -> list[object]:
    """Give one message of every form that we write."""
    stamps = {"time_utc_ns": START_NS, "arrival_utc_ns": START_NS}
    place = Geodetic.from_degrees(30.0, 20.0, 210.0)
    drone = Sensor(sensor_id="D", kind="drone", position=place, is_mobile=True)
    records: list[Flash | Plot | Heartbeat | Impulse | PoseReport | WeatherReport] = [
        flash(1),
        plot(1),
        Heartbeat(sensor_id="RD-1", **stamps),
        Impulse(sensor_id="A", detection_id="i", azimuth_rad=1.0, azimuth_sigma_rad=0.1, time_sigma_s=0.01, **stamps),
        PoseReport(sensor_id="D", position=place, boresight_azimuth_rad=1.0, boresight_elevation_rad=0.1, **stamps),
        WeatherReport(arrival_utc_ns=START_NS, wind_east_ms=1.0, wind_north_ms=2.0, wind_sigma_ms=2.0),
    ]
    station, node = "7d1c6f0e-3f6b-4b7e-9c43-5c8e6d9b2a10", sapient.node_id_of("RD-1")
    return [
        *(sapient.encode_sensor(s, time_utc_ns=START_NS, journal_acks=True) for s in (CAMERA, RADAR, drone)),
        sapient.encode_weather_node("weather", time_utc_ns=START_NS),
        *map(sapient.encode, records),
        sapient.registration_ack(station, node, START_NS, accepted=False, reasons=["no"]),
        sapient.error_message(station, node, START_NS, b"packet", ["reason"]),
        sapient.journal_ack(station, node, START_NS, 7),
    ]


def test_a_second_implementation_takes_what_we_write_and_gives_it_back_unchanged(tmp_path: Path) -> None:
    python = os.environ.get("MARSAD_SAPIENT_ORACLE")
    if not python:
        pytest.skip("MARSAD_SAPIENT_ORACLE names no Python with sapient-pydantic")
    written = messages()
    (tmp_path / "frames").write_bytes(b"".join(map(sapient.frame, written)))
    command = [python, "-c", ORACLE, str(tmp_path / "frames")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) == len(written)
