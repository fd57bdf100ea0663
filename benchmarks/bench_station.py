"""The station's shell: how many messages a second it takes in with every one synced, and how long an alarm takes.

Frames go over loopback TCP through SAPIENT decoding, the journal (SQLite, WAL, a sync a batch) and a pipeline that
costs nothing, so that what is measured is the shell alone.  An alarm is timed from the sending of the frame to the CAP
file in place.  Not a timed unit test: ``python benchmarks/bench_station.py [--json FILE]``.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from marsad import samples
from marsad.adapters import sapient
from marsad.pipeline import Outputs
from marsad.station.journal import Entry, SqliteJournal
from marsad.station.runner import Pipeline
from marsad.station.service import Settings, Station
from marsad.station.world import RealWorld
from marsad.terms import Bearing, Message, Plot, Sensor, ZoneWarning

SENSORS = 8
FRAMES_PER_SENSOR = 4000
ALARMS = 200


def null_pipeline(zone_id: str) -> Pipeline:
    """Give a pipeline that only turns bearings into warnings."""

    def step(state: None, batch: Sequence[Message]) -> tuple[None, Outputs]:
        warnings = tuple(
            ZoneWarning(
                warning_id=f"W-{m.detection_id}",
                incident_id="I",
                zone_id=zone_id,
                level="take_shelter",
                action="alert",
                hazard="rocket",
                arrival_utc_ns=m.arrival_utc_ns,
                expires_utc_ns=m.arrival_utc_ns + 10**11,
                probability=0.5,
            )
            for m in batch
            if isinstance(m, Bearing)
        )
        return state, Outputs(warnings=warnings)

    return Pipeline(init=lambda _: None, step=step)


def plot(sensor_id: str, number: int) -> Plot:
    """Give a radar plot."""
    return Plot(
        sensor_id=sensor_id, time_utc_ns=time.time_ns(), arrival_utc_ns=0, detection_id=f"{sensor_id}-{number}",
        range_m=5000.0, azimuth_rad=1.0, elevation_rad=0.1, covariance=(400.0, 0.0, 0.0, 4e-5, 0.0, 4e-5),
    )  # fmt: skip


async def connected(port: int, sensor: Sensor) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect and register a sensor that wants acknowledgements."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sapient.frame(sapient.encode_sensor(sensor, time_utc_ns=time.time_ns(), journal_acks=True)))
    return reader, writer


async def heard(reader: asyncio.StreamReader) -> int:
    """Wait for the next acknowledgement; give how many frames it covers."""
    while True:
        length = sapient.frame_length(await reader.readexactly(4))
        safe = sapient.journalled_frames(sapient.parse(await reader.readexactly(length)))
        if safe is not None:
            return safe


async def pour(port: int, sensor: Sensor) -> None:
    """Send all frames as fast as they are taken, and wait until they are safe."""
    reader, writer = await connected(port, sensor)
    frames = [sapient.frame(sapient.encode(plot(sensor.sensor_id, i))) for i in range(FRAMES_PER_SENSOR)]
    writer.writelines(frames)
    await writer.drain()
    while await heard(reader) < FRAMES_PER_SENSOR + 1:
        pass
    writer.close()


async def alarms(port: int, sensor: Sensor, folder: Path) -> list[float]:
    """Send bearings one by one; give the seconds until each one's CAP file stands."""
    reader, writer = await connected(port, sensor)
    await heard(reader)
    took = []
    for number in range(ALARMS):
        bearing = Bearing(
            sensor_id=sensor.sensor_id, time_utc_ns=time.time_ns(), arrival_utc_ns=0, detection_id=f"b{number}",
            kind="plume", azimuth_rad=1.0, elevation_rad=0.1, covariance_rad2=(1e-6, 0.0, 1e-6),
        )  # fmt: skip
        path = folder / f"marsad.W-b{number}.1.xml"
        began = time.perf_counter()
        writer.write(sapient.frame(sapient.encode(bearing)))
        while not path.exists():
            await asyncio.sleep(0.0005)
        took.append(time.perf_counter() - began)
    writer.close()
    return took


def sync_times(folder: Path) -> list[float]:
    """Time commits of ten rows each."""
    journal = SqliteJournal(folder / "sync")
    rows = [Entry("message", 1, 1, "x", bytes(300), bytes(250))] * 10
    took = []
    for _ in range(300):
        began = time.perf_counter()
        journal.append(rows)
        took.append(time.perf_counter() - began)
    journal.close()
    return took


async def measure(folder: Path) -> dict[str, float]:
    """Run all of it."""
    site = samples.gas_plant()
    settings = Settings(journal=folder / "journal", cap_folder=folder / "cap", sapient_port=0)
    station = Station(RealWorld(), site, null_pipeline(site.zones[0].zone_id), settings)
    await station.start()
    radars = [Sensor(sensor_id=f"R{i}", kind="radar", position=site.origin) for i in range(SENSORS)]
    began, began_cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(pour(station.feed.port, radar) for radar in radars))
    wall_s, cpu_s = time.perf_counter() - began, time.process_time() - began_cpu
    camera = Sensor(sensor_id="C", kind="camera", position=site.origin)
    took = np.array(await alarms(station.feed.port, camera, folder / "cap"))
    await station.close()
    syncs = np.array(sync_times(folder))
    messages = SENSORS * FRAMES_PER_SENSOR
    return {
        "messages": messages,
        "messages_per_wall_s": messages / wall_s,
        "messages_per_cpu_s": messages / cpu_s,
        "alarm_p50_ms": float(np.quantile(took, 0.5)) * 1e3,
        "alarm_p99_ms": float(np.quantile(took, 0.99)) * 1e3,
        "journal_commit_p50_ms": float(np.quantile(syncs, 0.5)) * 1e3,
        "journal_commit_p99_ms": float(np.quantile(syncs, 0.99)) * 1e3,
    }


def main() -> None:
    """Print the figures, and keep them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, default=Path(__file__).parent / "results" / "station.json")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        figures = asyncio.run(measure(Path(name)))
    for label, value in figures.items():
        print(f"{label:<24} {value:12.2f}")
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps({k: round(v, 3) for k, v in figures.items()}, indent=1) + "\n")


if __name__ == "__main__":
    main()
