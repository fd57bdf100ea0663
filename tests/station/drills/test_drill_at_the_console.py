"""A drill begun at the console: a process of its own with its own keys, shown, stopped, ended by a real alarm."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import json
import os
import signal
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from argon2 import PasswordHasher

from marsad import samples
from marsad.adapters import keys
from marsad.adapters.errors import BadInputError
from marsad.pipeline import Outputs
from marsad.station.access import Access, PeopleFile, PersonEntry
from marsad.station.drill_process import DrillGround
from marsad.station.journal import open_for_reading
from marsad.station.launch import ServeOptions, _drill_ground
from marsad.station.runner import Pipeline
from marsad.station.service import Settings, Station
from marsad.station.serving import running
from marsad.station.siren_emulator import SirenOptions, run
from marsad.station.world import RealWorld
from outlet_kit import message

NOW = datetime.datetime.now(tz=datetime.UTC)
PASSWORD = "correct horse battery"
QUIET = Pipeline(init=lambda site: None, step=lambda state, batch: (state, Outputs()))
DRILL = {"zone_ids": ["Z01"], "minutes": 5, "remain_s": 0}


@contextlib.asynccontextmanager
async def drill_ground(folder: Path) -> AsyncIterator[tuple[DrillGround, list[str]]]:
    """Make a drill ground with a siren that listens; give it with what the siren says."""
    stopped, lines, ports = asyncio.Event(), [], []

    def tell(line: str) -> None:
        said = json.loads(line)
        lines.append(said["event"])
        ports.append(said.get("port"))

    keys.make_identity(folder / "keys-drill", "exercise", "plant-drill", NOW)
    key = keys.add_siren(folder / "keys-drill", "gate")
    options = SirenOptions(name="gate", key=key, kind="exercise", port=0, as_json=True)
    listening = asyncio.ensure_future(asyncio.to_thread(run, options, tell, stopped.is_set))
    while not ports:
        await asyncio.sleep(0.01)
    (folder / "drill.toml").write_text(
        f'keys = "keys-drill"\n[[siren]]\nname = "gate"\nhost = "127.0.0.1"\nport = {ports[0]}\n'
    )
    try:
        yield DrillGround(samples.GAS_PLANT / "site.toml", folder / "drill.toml"), lines
    finally:
        stopped.set()
        await listening


async def phase(station: Station, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Wait until the drill shown is as wanted."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        shown = station.picture.snapshot()["drills"]
        if shown and wanted(shown[-1]):
            return dict(shown[-1])
        await asyncio.sleep(0.05)
    raise AssertionError(station.picture.snapshot()["drills"])


def beside(tmp_path: Path, act: Callable[[httpx.AsyncClient, Station, list[str]], Any], access: Access | None = None):
    async def main() -> None:
        async with drill_ground(tmp_path) as (prepared, lines):
            site = samples.gas_plant()
            settings = Settings(journal=tmp_path / "j", cap_folder=tmp_path / "cap", sapient_port=0)
            station = Station(RealWorld(), site, QUIET, settings, access=access, drill_ground=prepared)
            async with (
                running(station, "127.0.0.1", 0) as live,
                httpx.AsyncClient(base_url=f"http://127.0.0.1:{live.http_port}", timeout=30) as client,
            ):
                await act(client, station, lines)

    asyncio.run(main())


@pytest.mark.slow
def test_a_drill_is_begun_shown_and_stopped_and_the_real_thing_stays_silent(tmp_path: Path) -> None:
    async def act(client: httpx.AsyncClient, station: Station, lines: list[str]) -> None:
        assert (await client.get("/api/site")).json()["can_drill"]
        begun = await client.post("/api/drill", json=DRILL | {"operator": "Huda"})
        assert begun.status_code == 200, begun.text
        again = await client.post("/api/drill", json=DRILL)
        assert again.status_code == 409
        shown = await phase(station, lambda d: d["told"] >= 1)
        assert (shown["phase"], shown["level"], shown["by"]) == ("running", "take_shelter", "Huda")
        assert {zone["level"] for zone in station.picture.snapshot()["zones"]} == {"clear"}
        assert "siren-rocket" in lines
        assert (await client.post("/api/drill/stop", json={})).status_code == 200
        shown = await phase(station, lambda d: d["phase"] == "stopped")
        assert shown["level"] == "all_clear"
        assert (await client.post("/api/drill/stop", json={})).status_code == 409

    beside(tmp_path, act)
    assert list((tmp_path / "cap").glob("*")) == [], "the real station said nothing"
    with open_for_reading(tmp_path / "j") as reader:
        kept = [row.source for row in reader.read() if row.source.startswith("drill")]
    assert kept == ["drill_began", "drill_stopped", "drill_ended"]


@pytest.mark.slow
def test_a_real_alarm_ends_the_drill_and_none_begins_while_it_stands(tmp_path: Path) -> None:
    async def act(client: httpx.AsyncClient, station: Station, lines: list[str]) -> None:
        await client.post("/api/drill", json=DRILL)
        await phase(station, lambda d: d["told"] >= 1)
        real = msgspec.structs.replace(message().warning, zone_id="Z02", arrival_utc_ns=station.world.utc_ns())
        station.picture.apply(Outputs(warnings=(real,)), station.world.utc_ns())
        shown = await phase(station, lambda d: d["phase"] == "pre_empted")
        assert shown["level"] == "take_shelter", "never an all-clear: people are to follow the real alarm"
        refused = await client.post("/api/drill", json=DRILL)
        assert refused.status_code == 409
        assert "really alarmed" in refused.json()["detail"]

    beside(tmp_path, act)


@pytest.mark.slow
def test_the_end_of_the_station_ends_its_drill_with_an_all_clear(tmp_path: Path) -> None:
    said: list[str] = []

    async def act(client: httpx.AsyncClient, station: Station, lines: list[str]) -> None:
        await client.post("/api/drill", json=DRILL)
        await phase(station, lambda d: d["told"] >= 1)
        said.append(str(station.drills and station.drills._process and station.drills._process.pid))
        await station.close()
        assert "all-clear" in lines

    beside(tmp_path, act)
    with pytest.raises(ProcessLookupError):
        os.kill(int(said[0]), signal.SIG_DFL)


@pytest.mark.slow
def test_a_drill_that_cannot_run_is_shown_with_its_reason(tmp_path: Path) -> None:
    async def act(client: httpx.AsyncClient, station: Station, lines: list[str]) -> None:
        (tmp_path / "drill.toml").write_text('keys = "elsewhere"\n')
        await client.post("/api/drill", json=DRILL)
        shown = await phase(station, lambda d: d["phase"] == "failed")
        assert "elsewhere" in shown["detail"]

    beside(tmp_path, act)


def test_only_a_supervisor_begins_a_drill_and_only_where_there_is_a_ground(tmp_path: Path) -> None:
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    amal = PersonEntry(name="amal", role="operator", password_hash=quick.hash(PASSWORD))

    async def main() -> None:
        access = Access(PeopleFile(person=(amal,)), _hasher=quick)
        settings = Settings(journal=tmp_path / "j", sapient_port=0)
        site = samples.gas_plant()
        for known, code in ((access, 403), (None, 409)):
            station = Station(RealWorld(), site, QUIET, settings, access=known)
            async with (
                running(station, "127.0.0.1", 0) as live,
                httpx.AsyncClient(base_url=f"http://127.0.0.1:{live.http_port}") as client,
            ):
                head = {}
                if known is not None:
                    said = await client.post("/api/login", json={"name": "amal", "password": PASSWORD})
                    head = {"Authorization": f"Bearer {said.json()['token']}"}
                for path in ("/api/drill", "/api/drill/stop"):
                    assert (await client.post(path, json=DRILL, headers=head)).status_code == code

    asyncio.run(main())


@pytest.mark.parametrize(
    "body, code",
    [
        ({"zone_ids": []}, 422),
        ({"zone_ids": ["nowhere"]}, 422),
        ({"zone_ids": ["Z01"], "minutes": 61}, 422),
        ({"zone_ids": ["Z01"], "minutes": 1, "prepare_s": 40, "remain_s": 30}, 422),
        ({"zone_ids": ["Z01"], "hazard": "flood"}, 422),
    ],
)
def test_an_order_that_makes_no_drill_is_refused(tmp_path: Path, body: dict[str, Any], code: int) -> None:
    async def act(client: httpx.AsyncClient, station: Station, lines: list[str]) -> None:
        assert (await client.post("/api/drill", json=body)).status_code == code
        assert station.picture.snapshot()["drills"] == []

    beside(tmp_path, act)


def test_actual_keys_are_refused_for_drills(tmp_path: Path) -> None:
    keys.make_identity(tmp_path / "keys", "actual", "plant", NOW)
    (tmp_path / "c.toml").write_text('keys = "keys"\n')
    options = ServeOptions(site=tmp_path / "site.toml", port=0, sapient_port=0, drill_channels=tmp_path / "c.toml")
    with pytest.raises(BadInputError, match="exercise keys only"):
        _drill_ground(options)
