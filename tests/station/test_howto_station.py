"""The pages about the station do what they say."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from pathlib import Path

import typer.main

from marsad import cli, samples
from marsad.station.journal import open_for_reading
from marsad.station.service import Settings, Station
from marsad.station.world import RealWorld
from station_kit import THUMB

HOWTO = Path(__file__).resolve().parents[2] / "docs" / "howto"
PYTHON = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TEXT = re.compile(r"^```text\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_sensor_of_the_page_connects_reports_and_is_told_what_it_lacks(tmp_path: Path) -> None:
    page = (HOWTO / "connect-a-sensor.md").read_text(encoding="utf-8")
    (program,), (printed,) = PYTHON.findall(page), TEXT.findall(page)
    assert "8471" in program

    async def main() -> str:
        settings = Settings(journal=tmp_path / "journal", sapient_port=0)
        station = Station(RealWorld(), samples.gas_plant(), THUMB, settings)
        await station.start()
        code = program.replace("8471", str(station.feed.port))
        run = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=subprocess.PIPE)
        out, _ = await asyncio.wait_for(run.communicate(), 60)
        assert run.returncode == 0
        await station.close()
        return out.decode()

    assert asyncio.run(main()) == printed
    with open_for_reading(tmp_path / "journal") as reader:
        taken = b"\n".join(row.payload for row in reader.read(("message",)))
    assert b'"type":"plot","sensor_id":"RD-9"' in taken
    assert b'"type":"heartbeat","sensor_id":"RD-9"' in taken


def test_every_option_that_the_pages_name_is_there() -> None:
    page = (HOWTO / "run-a-station.md").read_text(encoding="utf-8")
    application = typer.main.get_command(cli.build())
    known = {
        option
        for command in application.commands.values()  # type: ignore[attr-defined]
        for parameter in command.params
        for option in parameter.opts
    }
    named = set(re.findall(r"--[a-z][a-z-]+", page))
    assert named
    assert named <= known
    commands = set(re.findall(r"marsad ([a-z]+)", page))
    assert commands <= set(cli.COMMANDS)
