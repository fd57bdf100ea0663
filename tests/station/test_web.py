"""The console's side of the station, over real loopback: each request, the stream, its resumption."""

from __future__ import annotations

import asyncio
import json
import struct
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import msgspec
import numpy as np
import pytest
import websockets

from marsad.adapters import sapient
from marsad.station.service import Settings, Station
from marsad.station.serving import Running, running
from marsad.station.web import is_own
from marsad.station.world import RealWorld, Timekeeper
from station_kit import CAMERA, RADAR, START_NS, THUMB, connect, flash, plot, small_site

START_MS = START_NS // 1_000_000
Scenario = Callable[[Running, httpx.AsyncClient], Awaitable[None]]


def run(tmp_path: Path, scenario: Scenario) -> None:
    async def main() -> None:
        world = RealWorld(Timekeeper(start_utc_ns=START_NS))
        settings = Settings(journal=tmp_path / "journal", cap_folder=tmp_path / "cap", sapient_port=0, exercise=True)
        station = Station(world, small_site(), THUMB, settings)
        async with running(station, "127.0.0.1", 0) as live:
            base = f"http://127.0.0.1:{live.http_port}"
            async with httpx.AsyncClient(base_url=base) as client:
                await asyncio.wait_for(scenario(live, client), 30)

    asyncio.run(main())


async def attack(station: Station, number: int = 1) -> None:
    """Let a camera see a flash and the radar a plot."""
    for sensor, message in ((CAMERA, flash(number)), (RADAR, plot(number))):
        line = await connect(station.feed.port)
        await line.register(sensor)
        await line.send(sapient.encode(message))
        await line.close()
    while not (station.picture._lists["warnings"] and station.picture._lists["tracks"]):
        await asyncio.sleep(0.01)


class Console:
    """A console on the stream."""

    def __init__(self, socket: Any) -> None:
        self.socket = socket
        self.seen: list[dict[str, Any]] = []

    async def hear(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(await asyncio.wait_for(self.socket.recv(), 5.0))
        self.seen.append(message)
        return message

    async def until(self, wanted: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
        while not wanted(message := await self.hear()):
            pass
        return message


def stream(live: Running, query: str = "", **options: Any) -> Any:
    return websockets.connect(f"ws://127.0.0.1:{live.http_port}/api/stream{query}", **options)


def test_the_site_is_told(tmp_path: Path) -> None:
    async def scenario(live: Running, client: httpx.AsyncClient) -> None:
        site = (await client.get("/api/site")).json()
        assert site["name"] == "Hill"
        assert site["exercise"] is True
        camp, tanks = site["zones"]
        assert (camp["zone_id"], camp["name_ar"], camp["radius_m"], camp["shelter_s"]) == (
            "camp",
            "المخيم",
            400.0,
            15.0,
        )
        assert len(tanks["polygon"]) == 4
        assert tanks["polygon"][0] == pytest.approx([30.02, 20.02])
        assert {s["sensor_id"]: s["status"] for s in site["sensors"]} == {"RD-1": "lost", "EO-1": "lost"}
        assert site["terrain"]["rows"] == 61
        assert site["policy"]["probability_on"] == 0.1

    run(tmp_path, scenario)


def test_the_terrain_is_told_to_the_decimetre(tmp_path: Path) -> None:
    async def scenario(live: Running, client: httpx.AsyncClient) -> None:
        answer = await client.get("/api/terrain")
        heights = np.frombuffer(answer.content, "<i2").reshape(61, 61) * 0.1 + float(answer.headers["X-Offset-M"])
        assert np.abs(heights - small_site().terrain.height_m).max() <= 0.0501

    run(tmp_path, scenario)


def test_coverage_is_polygons_that_the_hill_cuts(tmp_path: Path) -> None:
    async def scenario(live: Running, client: httpx.AsyncClient) -> None:
        found = (await client.get("/api/coverage")).json()
        features = {f["properties"]["sensor_id"]: f for f in found["features"]}
        assert features["RD-1"]["properties"] == {"sensor_id": "RD-1", "kind": "radar", "height_agl_m": 150.0}
        for feature in features.values():
            assert feature["geometry"]["type"] == "MultiPolygon"
            for polygon in feature["geometry"]["coordinates"]:
                assert all(ring[0] == ring[-1] and len(ring) >= 4 for ring in polygon)
        asked = (await client.get("/api/coverage", params={"height_agl_m": 1000})).json()
        assert {f["properties"]["height_agl_m"] for f in asked["features"]} == {1000.0}
        assert (await client.get("/api/coverage", params={"height_agl_m": -1})).status_code == 422

    run(tmp_path, scenario)


def test_the_blind_zone_is_told_for_every_zone_with_what_it_is_reckoned_from(tmp_path: Path) -> None:
    async def scenario(live: Running, client: httpx.AsyncClient) -> None:
        found = (await client.get("/api/blind")).json()
        told = {zone["zone_id"]: zone for zone in found["zones"]}
        assert set(told) == {"camp", "tanks"}
        parts = found["detection_s"] + found["decision_s"] + found["notify_s"]
        assert told["camp"]["needed_s"] == pytest.approx(parts + 15.0)
        assert told["camp"]["distance_m"] > told["tanks"]["distance_m"] > 0, "people there need longer"
        for name in ("some", "every"):
            (ring,) = found[name]
            assert ring[0] == ring[-1]
        assert (await client.get("/api/blind")).json() == found

    run(tmp_path, scenario)


def test_health_counts_what_lives(tmp_path: Path) -> None:
    async def scenario(live: Running, client: httpx.AsyncClient) -> None:
        await attack(live.station)
        health = (await client.get("/api/health")).json()
        assert health["alive"] is True
        assert health["boot_id"] == live.station.boot_id
        assert health["sensors_live"] == 2
        assert health["sensors_lost"] == 0
        assert health["journal"]["ok"] is True
        assert health["journal"]["entries"] > 4

    run(tmp_path, scenario)


def test_the_stream_begins_with_all_that_stands_and_goes_on_with_what_changes(tmp_path: Path) -> None:
    async def scenario(live: Running, client: httpx.AsyncClient) -> None:
        async with stream(live) as socket:
            console = Console(socket)
            hello, snapshot = await console.hear(), await console.hear()
            assert (hello["type"], hello["boot_id"], hello["speed"]) == ("hello", live.station.boot_id, 1.0)
            assert snapshot["type"] == "snapshot"
            assert {z["zone_id"]: z["level"] for z in snapshot["zones"]} == {"camp": "clear", "tanks": "clear"}
            await attack(live.station)
            alarm = await console.until(lambda m: m.get("warnings"))
            assert alarm["type"] == "delta"
            assert alarm["warnings"][0]["level"] == "take_shelter"
            assert alarm["zones"][0]["t05_utc_ms"] < alarm["zones"][0]["t95_utc_ms"]
            assert alarm["launches"][0]["modes"][0]["cov_en"] == [900.0, 100.0, 2500.0]
            assert alarm["impacts"][0]["zone_risks"][0]["zone_id"] == "camp"
            while not any(message.get("tracks") for message in console.seen):
                await console.hear()
            track = next(t for message in console.seen for t in message.get("tracks", []))
            assert (track["track_id"], track["cov_en"]) == ("TRD-1", [1.0, 2.0, 7.0])
            await console.until(lambda m: m["type"] == "tick")
            numbers = [m["seq"] for m in console.seen[1:]]
            assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))

    run(tmp_path, scenario)


def test_one_who_comes_back_hears_what_was_missed_and_only_that(tmp_path: Path) -> None:
    async def scenario(live: Running, client: httpx.AsyncClient) -> None:
        async with stream(live) as socket:
            console = Console(socket)
            await console.until(lambda m: m["type"] == "tick")
            last = console.seen[-1]["seq"]
        await attack(live.station)
        await asyncio.sleep(0.3)
        async with stream(live, f"?boot_id={live.station.boot_id}&seq={last}") as socket:
            console = Console(socket)
            assert (await console.hear())["type"] == "hello"
            assert (await console.hear())["seq"] == last + 1
            while not any(m.get("warnings") for m in console.seen):
                await console.hear()
            assert "snapshot" not in {m["type"] for m in console.seen}
        for query in (f"?boot_id=another&seq={last}", f"?boot_id={live.station.boot_id}&seq=999999"):
            async with stream(live, query) as socket:
                console = Console(socket)
                await console.hear()
                snapshot = await console.hear()
                assert snapshot["type"] == "snapshot"
                assert snapshot["warnings"][0]["zone_id"] == "camp"

    run(tmp_path, scenario)


def test_tracks_are_told_at_most_five_times_a_second(tmp_path: Path) -> None:
    async def scenario(live: Running, client: httpx.AsyncClient) -> None:
        line = await connect(live.station.feed.port)
        await line.register(RADAR)
        async with stream(live) as socket:
            console = Console(socket)
            for i in range(100):
                await line.send(sapient.encode(plot(i)))
                await asyncio.sleep(0.02)
            while not console.seen or console.seen[-1]["now_utc_ms"] < live.station.world.utc_ns() // 10**6 - 250:
                await console.hear()
            told = [m["now_utc_ms"] for m in console.seen if m["type"] == "delta" and "tracks" in m]
            assert len(told) >= 5
            assert len(told) <= (told[-1] - told[0]) / 200 + 2
        await line.close()

    run(tmp_path, scenario)


def test_an_operator_acknowledges_and_annotates_and_the_journal_has_it(tmp_path: Path) -> None:
    async def scenario(live: Running, client: httpx.AsyncClient) -> None:
        await attack(live.station)
        warning_id = live.station.picture.snapshot()["warnings"][0]["warning_id"]
        async with stream(live) as socket:
            console = Console(socket)
            body = {"warning_id": warning_id, "operator": "Layla"}
            assert (await client.post("/api/acknowledge", json=body)).status_code == 200
            told = await console.until(lambda m: m["type"] == "delta" and m.get("warnings"))
            assert told["warnings"][0]["acknowledged_by"] == "Layla"
            note = {"target_id": "TRD-1", "operator": "Layla", "text": "ضوء من المصنع"}
            assert (await client.post("/api/annotate", json=note)).status_code == 200
            told = await console.until(lambda m: m.get("notes"))
            assert told["notes"][0]["text"] == note["text"]
        notes = [msgspec.json.decode(row.payload) for row in live.station.journal.read(("note",))]
        assert notes[0] == body
        assert notes[1]["text"] == note["text"]
        assert (await client.post("/api/acknowledge", json={**body, "warning_id": "none"})).status_code == 404
        assert (await client.post("/api/acknowledge", json={"warning_id": warning_id})).status_code == 422

    run(tmp_path, scenario)


@pytest.mark.parametrize(("language", "word"), [("en", "take shelter"), ("ar", "احتموا")])
def test_a_decision_is_explained_in_words(tmp_path: Path, language: str, word: str) -> None:
    async def scenario(live: Running, client: httpx.AsyncClient) -> None:
        await attack(live.station)
        warning_id = live.station.picture.snapshot()["warnings"][0]["warning_id"]
        answer = await client.get(f"/api/explain/{warning_id}", params={"lang": language})
        assert word in answer.json()["text"]
        assert (await client.get("/api/explain/none")).status_code == 404

    run(tmp_path, scenario)


def test_the_past_is_told_from_the_journal(tmp_path: Path) -> None:
    async def scenario(live: Running, client: httpx.AsyncClient) -> None:
        await attack(live.station)
        await asyncio.sleep(2.3)
        now = live.station.world.utc_ns() // 1_000_000
        span = {"from_utc_ms": START_MS, "to_utc_ms": now}
        messages = (await client.get("/api/events", params=span)).json()
        assert messages[0]["type"] == "snapshot"
        assert messages[0]["now_utc_ms"] == START_MS
        assert any(m.get("warnings") for m in messages[1:])
        late = (await client.get("/api/events", params={"from_utc_ms": now, "to_utc_ms": now})).json()
        assert len(late) == 1
        assert late[0]["warnings"][0]["level"] == "take_shelter"
        assert {z["zone_id"]: z["level"] for z in late[0]["zones"]}["camp"] == "take_shelter"
        density = (await client.get("/api/density", params={**span, "bins": 10})).json()
        assert sum(density["detections"]) == 2
        assert sum(density["warnings"]) == 1
        assert len(density["detections"]) == 10
        backwards = {"from_utc_ms": now, "to_utc_ms": START_MS}
        assert (await client.get("/api/events", params=backwards)).status_code == 422

    run(tmp_path, scenario)


def test_a_foreign_page_is_refused(tmp_path: Path) -> None:
    async def scenario(live: Running, client: httpx.AsyncClient) -> None:
        assert (await client.get("/api/site", headers={"Origin": "http://evil.example"})).status_code == 403
        assert (await client.get("/api/site", headers={"Host": "evil.example"})).status_code == 403
        own = f"http://localhost:{live.http_port}"
        assert (await client.get("/api/site", headers={"Origin": own})).status_code == 200
        with pytest.raises(websockets.InvalidStatus):
            async with stream(live, origin="http://evil.example"):
                pass

    run(tmp_path, scenario)


@pytest.mark.parametrize(
    ("host", "origin", "loopback_only", "own"),
    [
        ("127.0.0.1:8470", None, True, True),
        ("[::1]:8470", "http://[::1]:8470", True, True),
        ("localhost:8470", "http://127.0.0.1:5173", True, True),
        ("10.0.0.5:8470", None, True, False),
        ("10.0.0.5:8470", "http://10.0.0.5:8470", False, True),
        ("10.0.0.5:8470", "http://evil.example", False, False),
        (None, None, True, False),
    ],
)
def test_who_is_answered(host: str | None, origin: str | None, loopback_only: bool, own: bool) -> None:
    assert is_own(host, origin, loopback_only=loopback_only) is own


def test_a_rejected_input_is_shown(tmp_path: Path) -> None:
    async def scenario(live: Running, client: httpx.AsyncClient) -> None:
        line = await connect(live.station.feed.port)
        async with stream(live) as socket:
            console = Console(socket)
            line.writer.write(struct.pack("<I", 3) + b"\xff\xff\xff")
            told = await console.until(lambda m: m["type"] == "delta" and m.get("rejects"))
            assert "no SAPIENT message" in told["rejects"][0]["reason"]
            assert told["rejected_total"] == 1
        await line.close()

    run(tmp_path, scenario)


def test_a_dead_sensor_is_shown_as_lost(tmp_path: Path) -> None:
    async def scenario(live: Running, client: httpx.AsyncClient) -> None:
        quick = await connect(live.station.feed.port)
        registration = sapient.encode_sensor(RADAR, time_utc_ns=START_NS, status_interval_s=0.2)
        await quick.send(registration)
        async with stream(live) as socket:
            console = Console(socket)

            def radar(status: str) -> Callable[[dict[str, Any]], bool]:
                wanted = ("RD-1", status)
                return lambda m: wanted in [(s["sensor_id"], s["status"]) for s in m.get("sensors", [])]

            await console.until(radar("live"))
            began = live.station.world.utc_ns()
            await console.until(
                lambda m: any(s["status"] == "lost" for s in m.get("sensors", []) if s["sensor_id"] == "RD-1")
            )
            assert (live.station.world.utc_ns() - began) / 1e9 < 3.0
        await quick.close()

    run(tmp_path, scenario)


def test_without_a_built_console_the_page_says_how_to_build_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from marsad.station import web

    monkeypatch.setattr(web.build_app, "__kwdefaults__", {"console": tmp_path / "none"})

    async def scenario(live: Running, client: httpx.AsyncClient) -> None:
        answer = await client.get("/")
        assert answer.status_code == 200
        assert "make console" in answer.text

    run(tmp_path, scenario)


def test_the_built_console_is_served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from marsad.station import web

    (tmp_path / "dist").mkdir()
    (tmp_path / "dist" / "index.html").write_text("<!doctype html>the console")
    monkeypatch.setattr(web.build_app, "__kwdefaults__", {"console": tmp_path / "dist"})

    async def scenario(live: Running, client: httpx.AsyncClient) -> None:
        assert "the console" in (await client.get("/")).text
        assert (await client.get("/none.js")).status_code == 404
        assert (await client.get("/api/health")).status_code == 200

    run(tmp_path, scenario)
