"""``marsad serve`` and ``marsad replay`` as processes: their ends, their refusals, their survival."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import numpy as np
import pytest

from marsad.adapters import sapient
from marsad.adapters.errors import BadInputError
from marsad.samples import GAS_PLANT
from marsad.station.address import require_loopback
from marsad.station.journal import open_for_reading
from station_kit import RADAR, SocketSensor, connect, plot

MARSAD = [sys.executable, "-m", "marsad.cli"]
ENVIRONMENT = {**os.environ, "PYTHONUNBUFFERED": "1"}


class Served:
    """A ``marsad serve`` that is running."""

    def __init__(self, process: subprocess.Popen[str], said: str) -> None:
        self.process = process
        self.said = said
        self.http_port = int(re.search(r"console +http://127\.0\.0\.1:(\d+)/", said)[1])  # type: ignore[index]
        self.sapient_port = int(re.search(r"sensors +127\.0\.0\.1:(\d+)", said)[1])  # type: ignore[index]


@contextmanager
def serving(folder: Path, *options: str) -> Iterator[Served]:
    command = [*MARSAD, "serve", str(GAS_PLANT / "site.toml"), "--port", "0", "--sapient-port", "0"]
    command += ["--journal", str(folder / "journal"), "--cap", str(folder / "cap"), *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT)
    try:
        said = ""
        assert process.stdout is not None
        while "Ctrl-C" not in said:
            line = process.stdout.readline()
            assert line, f"it ended: {process.stderr.read()}"  # type: ignore[union-attr]
            said += line
        yield Served(process, said)
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_it_cleanly(tmp_path: Path, number: int) -> None:
    with serving(tmp_path) as served:

        async def meanwhile() -> None:
            sensor = await connect(served.sapient_port)
            await sensor.register(RADAR)
            async with httpx.AsyncClient() as client:
                answer = await client.get(f"http://127.0.0.1:{served.http_port}/api/health")
            assert answer.json()["alive"] is True
            served.process.send_signal(number)
            assert await asyncio.wait_for(sensor.reader.read(), 10) is not None
            await sensor.close()

        asyncio.run(meanwhile())
        out, err = served.process.communicate(timeout=20)
        assert served.process.returncode == 0
        assert "Traceback" not in err
        assert "the journal is closed" in out
    assert not (tmp_path / "journal-wal").exists()
    with open_for_reading(tmp_path / "journal") as reader:
        assert [row.kind for row in reader.read()][-1] == "close"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "no.such.host.invalid"])
def test_an_address_that_others_reach_is_refused(host: str) -> None:
    with pytest.raises(BadInputError, match="--insecure-bind"):
        require_loopback(host, insecure_bind=False)
    require_loopback(host, insecure_bind=True)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "127.8.9.10", "localhost"])
def test_a_loopback_address_is_not_refused(host: str) -> None:
    require_loopback(host, insecure_bind=False)


def test_the_command_refuses_in_one_line(tmp_path: Path) -> None:
    command = [
        *MARSAD,
        "serve",
        str(GAS_PLANT / "site.toml"),
        "--host",
        "0.0.0.0",
        "--journal",
        str(tmp_path / "journal"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "--insecure-bind" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "journal").exists()


def test_a_taken_port_and_a_missing_site_are_one_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        command = [*MARSAD, "serve", str(GAS_PLANT / "site.toml"), "--port", port, "--journal", str(tmp_path / "j")]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "--port" in done.stderr
    assert "Traceback" not in done.stderr
    done = subprocess.run([*MARSAD, "serve", str(tmp_path / "no.toml")], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "no.toml" in done.stderr


async def pour(port: int, first: int, rng: np.random.Generator) -> tuple[int, int]:
    """Send plots until the station dies; give (how many frames it acknowledged, the next number)."""
    sensor: SocketSensor | None = None
    safe, number = 0, first
    with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
        sensor = await connect(port)
        await sensor.register(RADAR, journal_acks=True)

        async def hear() -> None:
            nonlocal safe
            while True:
                safe = sapient.journalled_frames(await sensor.hear(20)) or safe

        hearing = asyncio.ensure_future(hear())
        try:
            while not hearing.done():
                for _ in range(int(rng.integers(1, 40))):
                    sensor.writer.write(sapient.frame(sapient.encode(plot(number))))
                    number += 1
                await sensor.writer.drain()
                await asyncio.sleep(0.002)
            hearing.result()
        finally:
            hearing.cancel()
            await asyncio.gather(hearing, return_exceptions=True)
    if sensor is not None:
        await sensor.close()
    return max(safe - 1, 0), number


def test_nothing_acknowledged_is_lost_when_it_is_killed(tmp_path: Path) -> None:
    rng = np.random.default_rng(20260321)
    promised: set[str] = set()
    number = 0
    for _ in range(3):
        with serving(tmp_path) as served:

            async def until_killed(port: int, process: subprocess.Popen[str], first: int) -> tuple[int, int]:
                pouring = asyncio.ensure_future(pour(port, first, rng))
                await asyncio.sleep(0.4 + float(rng.random()) * 0.6)
                process.send_signal(signal.SIGKILL)
                return await pouring

            safe, after = asyncio.run(until_killed(served.sapient_port, served.process, number))
        promised |= {f"plot-{i}" for i in range(number, number + safe)}
        number = after
    assert len(promised) > 100
    with open_for_reading(tmp_path / "journal") as reader:
        assert reader.first_broken_link() is None
        stored = [json.loads(row.payload).get("detection_id") for row in reader.read(("message",))]
        boots = sum(1 for _ in reader.read(("boot",)))
    assert promised <= set(stored)
    named = [name for name in stored if name]
    assert len(named) == len(set(named))
    assert boots == 3
    done = subprocess.run([*MARSAD, "replay", str(tmp_path / "journal")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "3 run(s)" in done.stderr


def test_replay_says_what_is_no_journal(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("x")
    for name in ("x", "y"):
        done = subprocess.run([*MARSAD, "replay", str(tmp_path / name)], capture_output=True, text=True, check=False)
        assert done.returncode == 2
        assert "journal" in done.stderr
        assert len(done.stderr.splitlines()) == 1
