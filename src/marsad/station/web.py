"""What the console is served: plain requests, the stream, and the page itself (docs/console-protocol.md)."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import msgspec
import numpy as np
from fastapi import FastAPI, HTTPException, Query, Response, WebSocket, WebSocketDisconnect
from fastapi.staticfiles import StaticFiles
from pydantic import BaseModel, Field
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from marsad.station import history, wire
from marsad.station.blind import blind
from marsad.station.coverage import KnownCoverage
from marsad.station.explaining import read_story, tell_story
from marsad.station.hub import Subscriber, TooManySubscribersError
from marsad.station.service import Station
from marsad.station.web_bound import MOST_MAPS, BodyBound, Desk, Operator, Written, refuse_in_one_line
from marsad.station.web_people import Token, add_channel_test, add_people, operator_for
from marsad.station.web_practice import add_practice
from marsad.station.web_setup import MOST_BYTES, add_setup
from marsad.station.why_not import read_zone_story, tell_why_not
from marsad.station.wire import Json

CONSOLE = Path(__file__).resolve().parent.parent / "console" / "dist"
CONTENT_POLICY = (
    "default-src 'self'; script-src 'self'; worker-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; connect-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
)
"""The page loads what this station serves and talks to this station; no script stands in the page itself."""
ANSWER_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": CONTENT_POLICY,
}
LOOPBACK_NAMES = {"127.0.0.1", "localhost", "::1"}
Moment = Annotated[int, Query(ge=0, le=9_000_000_000_000)]
"""Milliseconds since 1970."""
NOT_BUILT = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Marsad</title>
<body style="font: 1rem/1.5 system-ui; max-width: 40rem; margin: 3rem auto">
<h1>Marsad · مرصد</h1><p>The station is running, but its console has not been built.</p>
<p>In a clone: <code>make console</code> (Node 20.19 or later is needed), then load this page again.<br>
In an installed package: install Node and install the package again.</p>
<p lang="ar" dir="rtl">المحطة تعمل، لكن واجهة العرض لم تُبنَ بعد.</p>
<p>The data are there all the same: <a href="/api/health">/api/health</a>, <a href="/api/site">/api/site</a>.</p>"""


class Acknowledgement(BaseModel):
    """An operator has seen an alarm."""

    warning_id: Written = Field(min_length=1, max_length=200)
    operator: Operator


class Annotation(BaseModel):
    """An operator's note."""

    target_id: Written = Field(min_length=1, max_length=200)
    operator: Operator
    text: Written = Field(min_length=1, max_length=4000)


def _json(body: Any) -> Response:
    return Response(msgspec.json.encode(body), media_type="application/json")


def _host_name(address: str) -> str:
    """Give the name in ``host:port``."""
    return urlsplit(f"//{address}").hostname or ""


def is_own(host: str | None, origin: str | None, *, loopback_only: bool) -> bool:
    """Say whether a request comes from this machine's own page, not from a foreign page in the same browser."""
    host_name = _host_name(host or "")
    if loopback_only and host_name not in LOOPBACK_NAMES:
        return False
    if not origin:
        return True
    origin_name = urlsplit(origin).hostname or ""
    return origin_name == host_name or (origin_name in LOOPBACK_NAMES and host_name in LOOPBACK_NAMES)


class Guard:
    """ASGI middleware: this station's own page only, and what its answers tell the browser about themselves.

    Written without Starlette's ``BaseHTTPMiddleware``, whose task group a request would cost the loop that hands out
    alarms as much again as the answer.
    """

    def __init__(self, app: ASGIApp, *, loopback_only: bool) -> None:
        self._app, self._loopback_only = app, loopback_only

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 403 to a foreign page; else pass the request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if not is_own(headers.get("host"), headers.get("origin"), loopback_only=self._loopback_only):
            refused = Response("this station answers its own page only\n", status_code=403, media_type="text/plain")
            await refused(scope, receive, send)
            return

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer = MutableHeaders(scope=message)
                answer.update(ANSWER_HEADERS)
                if scope["path"].startswith("/api/"):
                    answer["Cache-Control"] = "no-store"
            await send(message)

        await self._app(scope, receive, marked)


def _terrain(station: Station) -> Response:
    """Give the heights as int16 in tenths of a metre above an offset, rows south to north."""
    heights = station.site.terrain.height_m
    offset_m = round(float(heights.min() + heights.max()) / 2.0, 1)
    tenths = np.clip(np.rint((heights - offset_m) * 10.0), -32768, 32767).astype("<i2")
    return Response(tenths.tobytes(), media_type="application/octet-stream", headers={"X-Offset-M": f"{offset_m:.1f}"})


def _plain(app: FastAPI, station: Station) -> None:
    """Add what is asked about what stands."""
    covered = KnownCoverage(station.site.terrain)
    blind_found: Json = {}
    ground = Desk(station.world, "pages of the ground", MOST_MAPS)

    @app.get("/api/site")
    async def site() -> Response:
        now = station.world.utc_ns()
        sensors = [wire.sensor(known, now) for known in station.health.sensors.values()]
        return _json(
            wire.site(station.site, sensors, exercise=station.settings.exercise, can_drill=station.drills is not None)
        )

    @app.get("/api/terrain")
    async def terrain() -> Response:
        return _terrain(station)

    @app.get("/api/coverage")
    async def seen(height_agl_m: Annotated[float | None, Query(ge=0, le=20_000)] = None) -> Response:
        sensors = list(station.health.sensors.values())
        found = await ground.do(lambda: msgspec.json.encode(covered(sensors, height_agl_m)))
        return Response(found, media_type="application/geo+json")

    @app.get("/api/blind")
    async def no_time() -> Response:
        if not blind_found:  # the site does not change while the station runs
            blind_found.update(await ground.do(lambda: blind_found or blind(station.site)))
        return _json(blind_found)

    @app.get("/api/health")
    async def health() -> Response:
        return _json(station.report())


def _past(app: FastAPI, station: Station) -> None:
    """Add what is asked about the past."""
    past = Desk(station.world, "pages of the past")

    def span(from_utc_ms: int, to_utc_ms: int) -> tuple[int, int]:
        if to_utc_ms < from_utc_ms:
            raise HTTPException(422, "to_utc_ms must not be before from_utc_ms")
        return from_utc_ms * 1_000_000, to_utc_ms * 1_000_000

    @app.get("/api/events")
    async def events(from_utc_ms: Moment, to_utc_ms: Moment) -> Response:
        first, last = span(from_utc_ms, to_utc_ms)
        return _json(await past.do(lambda: history.events(station.journal, first, last)))

    @app.get("/api/density")
    async def density(
        from_utc_ms: Moment,
        to_utc_ms: Moment,
        bins: Annotated[int, Query(ge=1, le=history.MOST_BINS)] = 200,
    ) -> Response:
        first, last = span(from_utc_ms, to_utc_ms)
        return _json(await past.do(lambda: history.density(station.journal, first, last, bins)))

    @app.get("/api/explain/{warning_id:path}")
    async def explain(warning_id: str, lang: Literal["en", "ar"] = "en") -> Response:
        if station.picture.warning(warning_id) is None:
            raise HTTPException(404, f"no warning {warning_id!r}")
        path = station.settings.journal
        text = await past.do(lambda: tell_story(read_story(path, warning_id), lang))
        return _json({"warning_id": warning_id, "lang": lang, "text": text})

    @app.get("/api/why-not/{zone_id}")
    async def why_not(zone_id: str, at_utc_ms: Moment = 0, lang: Literal["en", "ar"] = "en") -> Response:
        if all(zone.zone_id != zone_id for zone in station.site.zones):
            raise HTTPException(404, f"no zone {zone_id!r}")
        path, at_utc_ns = station.settings.journal, at_utc_ms * 1_000_000 or station.world.utc_ns()
        text = await past.do(lambda: tell_why_not(read_zone_story(path, zone_id, at_utc_ns), lang))
        return _json({"zone_id": zone_id, "lang": lang, "text": text})


def _acts(app: FastAPI, station: Station) -> None:
    """Add what an operator may do."""

    @app.post("/api/acknowledge")
    async def acknowledge(body: Acknowledgement, authorization: Token = None) -> Response:
        operator = operator_for(station, authorization, "acknowledge", body.operator)
        if not await station.acknowledge(body.warning_id, operator):
            raise HTTPException(404, f"no warning {body.warning_id!r}")
        return _json({"acknowledged": body.warning_id, "operator": operator})

    @app.post("/api/annotate")
    async def annotate(body: Annotation, authorization: Token = None) -> Response:
        operator = operator_for(station, authorization, "annotate", body.operator)
        await station.annotate(body.target_id, operator, body.text)
        return _json({"annotated": body.target_id, "operator": operator})


async def _send(socket: WebSocket, first: list[str], subscriber: Subscriber) -> None:
    for text in first:
        await socket.send_text(text)
    while (message := await subscriber.queue.get()) is not None:
        await socket.send_text(message)


async def _hear(socket: WebSocket) -> None:
    """Read until the console leaves; it has nothing to say here."""
    while True:
        await socket.receive()


def _stream(app: FastAPI, station: Station, *, loopback_only: bool) -> None:
    @app.websocket("/api/stream")
    async def stream(socket: WebSocket, boot_id: str | None = None, seq: int | None = None) -> None:
        headers = socket.headers
        if not is_own(headers.get("host"), headers.get("origin"), loopback_only=loopback_only):
            await socket.close(1008)
            return
        await socket.accept()
        try:
            subscriber, first = station.hub.subscribe(boot_id, seq, station.picture.snapshot, station.world.utc_ns())
        except TooManySubscribersError as error:
            await socket.close(1013, str(error))
            return
        tasks = [asyncio.ensure_future(_send(socket, first, subscriber)), asyncio.ensure_future(_hear(socket))]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            station.hub.leave(subscriber)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            with contextlib.suppress(RuntimeError, WebSocketDisconnect):
                await socket.close(1013 if subscriber.lagging else 1001)


def build_app(station: Station, *, loopback_only: bool, console: Path = CONSOLE) -> FastAPI:
    """Make the web application of a station."""
    app = FastAPI(title="Marsad station", version=station.report()["version"], docs_url=None, redoc_url=None)

    app.add_middleware(BodyBound, most_by_path={"/api/setup/": MOST_BYTES})
    app.add_middleware(Guard, loopback_only=loopback_only)
    refuse_in_one_line(app)
    _plain(app, station)
    _past(app, station)
    _acts(app, station)
    add_people(app, station)
    add_channel_test(app, station)
    add_practice(app, station)
    add_setup(app, station)
    _stream(app, station, loopback_only=loopback_only)
    if (console / "index.html").is_file():
        app.mount("/", StaticFiles(directory=console, html=True), name="console")
    else:

        @app.get("/")
        async def not_built() -> Response:
            return Response(NOT_BUILT, media_type="text/html")

    return app
