"""The alarm's way through the whole station: no disk, page, text or stuck channel stands in it, nor in its end."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from marsad.adapters import sapient
from marsad.pipeline import Outputs
from marsad.station import web_bound
from marsad.station.channels import Message, Receipt
from marsad.station.journal import Entry, SqliteJournal, open_for_reading
from marsad.station.replay import replay
from marsad.station.runner import Pipeline
from marsad.station.service import Settings, Station, Told
from marsad.station.serving import running
from marsad.station.web_bound import BodyBound, Desk
from marsad.station.world import RealWorld
from marsad.terms import PersonOrder, ZoneWarning
from station_kit import CAMERA, THUMB, connect, flash, small_site

S = 1_000_000_000


def ordering(step_takes_s: float = 0.0) -> Pipeline:
    """A pipeline that alarms what a person orders."""

    def step(state: None, batch: Any) -> tuple[None, Outputs]:
        orders = [m for m in batch if isinstance(m, PersonOrder)]
        if orders and step_takes_s:
            time.sleep(step_takes_s)
        warnings = [
            ZoneWarning(
                warning_id=f"W{o.order_id}.{zone_id}",
                incident_id=f"I{o.order_id}",
                zone_id=zone_id,
                level="take_shelter",
                action="alert",
                hazard="rocket",
                arrival_utc_ns=o.arrival_utc_ns,
                expires_utc_ns=o.arrival_utc_ns + 60 * S,
                probability=1.0,
                issuer=" + ".join(o.operator_ids),
                note=o.note,
            )
            for o in orders
            for zone_id in o.zone_ids
        ]
        return state, Outputs(warnings=tuple(warnings))

    return Pipeline(init=lambda site: None, step=step)


def order(number: int = 1, zones: tuple[str, ...] = ("camp",), note: str = "") -> PersonOrder:
    return PersonOrder(
        arrival_utc_ns=0, order_id=f"o{number}", what="alarm", zone_ids=zones, operator_ids=("amal",), note=note
    )


class Horn:
    """A channel that hears, and is stuck or fails where the test says."""

    kind = "horn"
    deadline_s = 30.0

    def __init__(self, name: str = "horn", stuck_s: float = 0.0, fails: str = "") -> None:
        self.channel_id = name
        self.heard: list[tuple[float, str]] = []
        self._stuck_s, self._fails = stuck_s, fails

    def deliver(self, told: Message) -> Receipt:
        """Note what was heard and when."""
        self.heard.append((time.monotonic(), told.zone.zone_id))
        time.sleep(self._stuck_s)
        return Receipt(delivered=not self._fails, detail=self._fails)


@contextlib.asynccontextmanager
async def started(folder: Path, *horns: Horn, pipeline: Pipeline | None = None) -> AsyncIterator[Station]:
    settings = Settings(journal=folder / "journal", sapient_port=0)
    station = Station(RealWorld(), small_site(), pipeline or ordering(), settings, horns)
    await station.start()
    try:
        yield station
    finally:
        await station.close()


def recorded(journal: Path, kind: str) -> list[str]:
    with open_for_reading(journal) as reader:
        return [row.source for row in reader.read((kind,))]


def test_an_order_is_answered_when_it_and_its_warnings_are_in_the_journal(tmp_path: Path) -> None:
    async def main() -> None:
        async with started(tmp_path, Horn(), Horn("deaf", fails="no acknowledgement")) as station:
            told = await station.order(order())
            assert recorded(tmp_path / "journal", "decision") == ["warning"]
            assert told == Told(
                recorded=True, untold=({"zone_id": "camp", "channel_id": "deaf", "detail": "no acknowledgement"},)
            )

    asyncio.run(main())


def test_an_order_on_which_a_stage_fails_was_not_carried_out(tmp_path: Path) -> None:
    def step(state: None, batch: Any) -> tuple[None, Outputs]:
        if any(isinstance(m, PersonOrder) for m in batch):
            raise ZeroDivisionError
        return state, Outputs()

    async def main() -> None:
        async with started(tmp_path, pipeline=Pipeline(init=lambda site: None, step=step)) as station:
            assert "a stage failed" in (await station.order(order())).failure

    asyncio.run(main())


def test_while_the_journal_is_held_alarms_go_out_from_memory_and_the_record_follows(tmp_path: Path) -> None:
    async def main() -> None:
        horn = Horn()
        async with started(tmp_path, horn) as station:
            holder = sqlite3.connect(tmp_path / "journal", isolation_level=None, check_same_thread=False)
            holder.execute("BEGIN IMMEDIATE")
            began = time.monotonic()
            told = asyncio.ensure_future(station.order(order()))
            while not horn.heard:
                await asyncio.sleep(0.01)
            assert horn.heard[0][0] - began < 1.0
            health = station.report()["journal"]
            assert health["ok"] is False
            assert health["waiting"] > 0
            assert station.picture.snapshot()["faults"][0]["kind"] == "recording_degraded"
            assert not told.done(), "what is not in the journal is not said to be"
            holder.execute("ROLLBACK")
            assert (await asyncio.wait_for(told, 3.0)).recorded
            assert station.report()["journal"]["ok"] is True

    asyncio.run(main())
    assert recorded(tmp_path / "journal", "decision") == ["warning"]
    with open_for_reading(tmp_path / "journal") as reader:
        assert reader.first_broken_link() is None
        assert replay(reader, ordering()).difference() is None


def test_an_alarm_told_from_memory_is_known_to_the_next_run_after_a_death(tmp_path: Path) -> None:
    async def main() -> None:
        horn = Horn()
        settings = Settings(journal=tmp_path / "journal", sapient_port=0)
        station = Station(RealWorld(), small_site(), ordering(), settings, (horn,))
        await station.start()
        holder = sqlite3.connect(tmp_path / "journal", isolation_level=None, check_same_thread=False)
        holder.execute("BEGIN IMMEDIATE")
        told = asyncio.ensure_future(station.order(order()))
        while not horn.heard:
            await asyncio.sleep(0.01)
        station.core._record.keep_late().result(1.0)
        content = (tmp_path / "journal.waiting").read_bytes()
        told.cancel()
        await station.close()
        holder.close()
        (tmp_path / "journal.waiting").write_bytes(content)  # as a death left it: without the end of the run
        async with started(tmp_path, Horn()) as station:
            assert recorded(tmp_path / "journal", "decision").count("warning") >= 1
            assert {z["zone_id"]: z["level"] for z in station.picture.snapshot()["zones"]}["camp"] == "take_shelter"

    asyncio.run(asyncio.wait_for(main(), 20.0))


@pytest.mark.parametrize("stuck", ["channel", "computation", "journal"])
def test_the_end_comes_within_five_seconds_whatever_is_stuck(tmp_path: Path, stuck: str) -> None:
    async def main() -> float:
        horn = Horn(stuck_s=20.0 if stuck == "channel" else 0.0)
        pipeline = ordering(20.0 if stuck == "computation" else 0.0)
        settings = Settings(journal=tmp_path / "journal", sapient_port=0)
        station = Station(RealWorld(), small_site(), pipeline, settings, (horn,))
        await station.start()
        if stuck == "journal":
            holder = sqlite3.connect(tmp_path / "journal", isolation_level=None, check_same_thread=False)
            holder.execute("BEGIN IMMEDIATE")
        told = asyncio.ensure_future(station.order(order()))
        await asyncio.sleep(0.6)
        began = time.monotonic()
        await station.close()
        took_s = time.monotonic() - began
        told.cancel()
        if stuck == "journal":
            holder.close()
        return took_s

    assert asyncio.run(main()) < 4.5
    SqliteJournal(tmp_path / "journal").close()  # its lock is free
    with open_for_reading(tmp_path / "journal") as reader:
        assert reader.first_broken_link() is None


def test_one_zone_that_cannot_be_told_takes_no_other_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        horn = Horn()
        async with started(tmp_path, horn) as station:
            real = station._chains.extend

            def extend(warning: ZoneWarning, zone: Any, now: int) -> Message:
                if zone.zone_id == "camp":
                    raise ValueError("no message of it")
                return real(warning, zone, now)

            monkeypatch.setattr(station._chains, "extend", extend)
            told = await station.order(order(1, ("camp", "tanks"), "seen from\x0btower \ud800 3"))
            assert [zone for _, zone in horn.heard] == ["tanks"]
            assert [(u["zone_id"], u["channel_id"]) for u in told.untold] == [("camp", "horn")]
            assert "no message of it" in told.untold[0]["detail"]

    asyncio.run(main())


def test_what_is_recorded_never_keeps_a_station_from_its_watch(tmp_path: Path) -> None:
    journal = SqliteJournal(tmp_path / "journal")
    now = time.time_ns()
    journal.append(
        [
            Entry("boot", 1, now, "b", msgspec.json.encode({"settings": {}, "code": "another"})),
            Entry("message", 1, now, "x", b"not a message"),
            Entry("decision", 1, now, "warning", b'{"warning_id":"half'),
            Entry("standing", 1, now, "", b"not compressed"),
            Entry("delivery", 1, now, "horn", b"no receipt"),
        ]
    )
    journal.close()

    async def main() -> None:
        horn = Horn()
        async with started(tmp_path, horn) as station:
            assert (await station.order(order())).recorded
            assert horn.heard

    asyncio.run(main())
    assert "resume" in recorded(tmp_path / "journal", "failure")


# --- what the web may ask --------------------------------------------------------------------------------


def asked(folder: Path, scenario: Callable[[httpx.AsyncClient, Station], Awaitable[None]]) -> None:
    async def main() -> None:
        settings = Settings(journal=folder / "journal", sapient_port=0)
        station = Station(RealWorld(), small_site(), THUMB, settings)
        async with (
            running(station, "127.0.0.1", 0) as live,
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{live.http_port}") as client,
        ):
            await scenario(client, station)

    asyncio.run(asyncio.wait_for(main(), 30.0))


def test_text_that_no_message_can_carry_is_refused_in_one_line(tmp_path: Path) -> None:
    async def scenario(client: httpx.AsyncClient, _: Station) -> None:
        for text, named in (("\\u000b", "U+000B"), ("\\ud800", "U+D800"), ("\\ufffe", "U+FFFE"), ("\\u202e", "U+202E")):
            body = f'{{"target_id": "camp", "operator": "amal", "text": "seen{text}"}}'
            answer = await client.post("/api/annotate", content=body, headers={"Content-Type": "application/json"})
            assert answer.status_code == 422
            assert answer.json()["detail"].startswith("text: expected text that every message can carry")
            assert named in answer.json()["detail"]

    asked(tmp_path, scenario)


def test_a_page_that_computes_takes_no_thread_of_an_alarms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("marsad.station.web.blind", lambda _: time.sleep(0.6) or {"zones": []})
    monkeypatch.setattr(web_bound, "REFUSED_AFTER_S", 0.05)

    async def scenario(client: httpx.AsyncClient, station: Station) -> None:
        pages = [asyncio.ensure_future(client.get("/api/blind")) for _ in range(12)]
        await asyncio.sleep(0.1)
        began = time.monotonic()
        sensor = await connect(station.feed.port)
        await sensor.register(CAMERA)
        await sensor.send(sapient.encode(flash(1, time.time_ns())))
        while not station.picture.snapshot()["warnings"]:
            await asyncio.sleep(0.01)
        assert time.monotonic() - began < 1.0
        statuses = sorted(answer.status_code for answer in await asyncio.gather(*pages))
        assert statuses == [200] * web_bound.MOST_MAPS + [503] * (12 - web_bound.MOST_MAPS)
        await sensor.close()

    asked(tmp_path, scenario)


def test_a_desk_counts_work_until_it_has_ended() -> None:
    async def main() -> None:
        world = RealWorld()
        desk = Desk(world, "desk", 1)
        asker = asyncio.ensure_future(desk.do(lambda: time.sleep(0.3)))
        await asyncio.sleep(0.05)
        asker.cancel()
        assert not desk._takes(), "its asker has gone, its thread has not ended"
        await asyncio.sleep(0.4)
        assert await desk.do(lambda: 7) == 7
        await world.close()

    asyncio.run(main())


@pytest.mark.parametrize("announced", [True, False])
def test_a_large_body_is_refused_before_it_is_read(announced: bool) -> None:
    read, answers = 0, []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        while (await receive()).get("more_body"):
            pass
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"read"})

    async def receive() -> dict[str, Any]:
        nonlocal read
        read += 65536
        return {"type": "http.request", "body": b"a" * 65536, "more_body": True}

    async def send(message: Any) -> None:
        answers.append(message)

    async def main() -> None:
        headers = [(b"content-length", b"200000000")] if announced else []
        bound = BodyBound(app, {"/api/setup/": 4_000_000})
        await bound({"type": "http", "path": "/api/login", "headers": headers}, receive, send)

    asyncio.run(main())
    assert answers[0]["status"] == 413
    assert (b"connection", b"close") in answers[0]["headers"]
    assert read <= (0 if announced else web_bound.MOST_BODY + 65536)
