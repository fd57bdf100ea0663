"""A station of cardboard: serves the built console and plays the scripted night over the station's protocol.

It lets the console be developed and tested without sensors, estimator or journal:
``python tests/console/mock_station.py --port 8471`` and, beside it in web/,
``MARSAD_STATION=http://127.0.0.1:8471 npm run dev``.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import math
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mock_night as night
import uvicorn
from fastapi import FastAPI, Request, Response, WebSocket, WebSocketDisconnect
from fastapi.responses import JSONResponse
from fastapi.staticfiles import StaticFiles

from marsad.station.web import CONTENT_POLICY

DIST = Path(__file__).resolve().parents[2] / "src" / "marsad" / "console" / "dist"
STEP_S = 0.2
RECORD_STEP_S = 0.5


class Mock:
    """The night's clock and what the console said."""

    def __init__(self, second: float = 0.0, speed: float = 1.0, load: int = 0, extra_zones: int = 0) -> None:
        self.base, self.speed, self.began = second, speed, time.monotonic()
        self.load, self.extra_zones = load, extra_zones
        self.silent = False
        self.acknowledged: dict[str, str] = {}
        self.notes: list[dict[str, Any]] = []
        self.refused_notes = False
        self.boot_id = "mock-1"
        self.people: dict[str, str] = {}
        """Passwords by name; empty: a station without accounts.  Everyone is a supervisor."""
        self.dies_at: dict[str, float] = {}  # channels that work until then
        self.disk_full_at = math.inf
        self.blind_at = math.inf
        """From then on nobody watches any zone."""
        self.orders: dict[str, dict[str, Any]] = {}
        self.tests: dict[str, dict[str, Any]] = {}
        """What came of the test of each channel; those named dead do not get through."""
        self.can_drill = True
        self.drill: dict[str, Any] | None = None

    def second(self) -> float:
        """Give the second of the night."""
        return self.base + (time.monotonic() - self.began) * self.speed

    def jump(self, second: float, speed: float | None = None) -> None:
        """Go to a second; with speed 0 stay there."""
        self.base, self.began = second, time.monotonic()
        self.speed = self.speed if speed is None else speed

    def said(self) -> tuple[object, ...]:
        """Give what changes when a console did something."""
        drill = self.drill["phase"] if self.drill else ""
        tested = tuple(test["tested_utc_ms"] for test in self.tests.values())
        return len(self.notes), len(self.acknowledged), drill, tested

    def standing(self, second: float) -> dict[str, dict[str, Any]]:
        """Give all that stands, with what the console added and the load asked for."""
        parts = night.standing(second) | {"losses": {}}
        for warning_id, who in self.acknowledged.items():
            if warning_id in parts["warnings"]:
                parts["warnings"][warning_id]["acknowledged_by"] = who
        for k in range(self.load):
            parts["tracks"][f"L{k:03d}"] = _loaded(k, second)
        for channel_id, at in self.dies_at.items():
            status = "dead" if second >= at else "ok"
            parts["channels"][channel_id] = {**parts["channels"][channel_id], "status": status}
        if second >= self.disk_full_at:
            parts["faults"]["journal"] = {
                "sensor_id": "journal", "kind": "recording_degraded", "magnitude": 0.0, "unit": "",
                "since_utc_ms": night.utc_ms(self.disk_full_at), "reasons": ["database or disk is full"],
            }  # fmt: skip
        if second >= self.blind_at:
            self._blind(parts)
        for channel_id, tested in self.tests.items():
            parts["channels"][channel_id] |= tested
        parts["drills"] = {"D": self.drill} if self.drill else {}
        parts["notes"] = {str(i): note for i, note in enumerate(self.notes)}
        return parts

    def _blind(self, parts: dict[str, dict[str, Any]]) -> None:
        """Let nobody watch any zone: what stands there stands until a person decides."""
        for zone in parts["zones"].values():
            held = "nobody_watches" if zone["level"] in ("prepare", "remain") else None
            zone |= {"watched": [], "watchable": ["drone", "rocket"], "note": held}
        parts["losses"]["unwatched"] = {
            "cause": "unwatched", "zone_ids": list(parts["zones"]), "detail": "",
            "since_utc_ms": night.utc_ms(self.blind_at), "cleared": False,
        }  # fmt: skip


def _loaded(k: int, second: float) -> dict[str, Any]:
    """Give one of many tracks for the measurement of speed: they circle at different heights."""
    turn = second / 30 + k
    radius = 1500 + 23.0 * k
    kinds, sides = ("drone", "aircraft", "bird", "unknown"), ("unknown", "neutral", "friend", "suspect")
    return night._track(
        f"L{k:03d}", second, radius * math.cos(turn), radius * math.sin(turn), 100 + 4.0 * k, kind=kinds[k % 4],
        affiliation=sides[k // 4 % 4], vel=[-radius / 30 * math.sin(turn), radius / 30 * math.cos(turn), 0.0],
        status=("confirmed", "tentative", "coasted")[k % 3],
    )  # fmt: skip


def snapshot(mock: Mock, second: float, seq: int) -> dict[str, Any]:
    """Give the snapshot message of a second."""
    parts = {name: list(items.values()) for name, items in mock.standing(second).items()}
    return {"type": "snapshot", "seq": seq, "now_utc_ms": night.utc_ms(second), "rejected_total": 3} | parts


def delta(mock: Mock, before: float, second: float, seq: int) -> dict[str, Any]:
    """Give the delta message between two seconds."""
    old, new = mock.standing(before), mock.standing(second)
    message: dict[str, Any] = {"type": "delta", "seq": seq, "now_utc_ms": night.utc_ms(second)}
    for name, items in new.items():
        changed = [item for key, item in items.items() if old[name].get(key) != item]
        if changed:
            message[name] = changed
    message["tracks_ended"] = [key for key in old["tracks"] if key not in new["tracks"]]
    message["events_ended"] = [key for key in old["launches"] if key not in new["launches"]]
    return message


def seq_at(second: float) -> int:
    """Give the sequence number of a second: it grows by one each step, whoever asks."""
    return max(1, int(second / STEP_S) + 1)


async def stream(mock: Mock, socket_: WebSocket) -> None:
    """Play the night to one console."""
    second = mock.second()
    seq = seq_at(second)
    hello = {"type": "hello", "boot_id": mock.boot_id, "version": "mock", "speed": mock.speed or 1.0}
    await socket_.send_json(hello | {"seq": seq, "now_utc_ms": night.utc_ms(second)})
    await socket_.send_json(snapshot(mock, second, seq))
    said = mock.said()
    while True:
        await asyncio.sleep(STEP_S / max(1.0, mock.speed))
        now = mock.second()
        if mock.silent:
            continue
        seq += 1
        if abs(now - second) > 5 or said != mock.said():
            await socket_.send_json(snapshot(mock, now, seq))
        else:
            await socket_.send_json(delta(mock, second, now, seq))
        second, said = now, mock.said()


def recorded(mock: Mock, start: float, end: float) -> list[dict[str, Any]]:
    """Give the messages of a stretch of the night: a snapshot, then the deltas."""
    messages = [snapshot(mock, start, seq_at(start))]
    second = start
    while second + RECORD_STEP_S <= end:
        messages.append(delta(mock, second, second + RECORD_STEP_S, seq_at(second + RECORD_STEP_S)))
        second += RECORD_STEP_S
    return messages


def application(mock: Mock, dist: Path = DIST) -> FastAPI:
    """Make the web application."""
    app = FastAPI()

    @app.middleware("http")
    async def policy(request: Request, proceed: Any) -> Response:
        response: Response = await proceed(request)
        response.headers["Content-Security-Policy"] = CONTENT_POLICY
        return response

    @app.get("/api/site")
    def site() -> dict[str, Any]:
        return night.site(mock.extra_zones) | {"can_drill": mock.can_drill}

    @app.get("/api/terrain")
    def terrain() -> Response:
        return Response(night.heights(), media_type="application/octet-stream", headers={"X-Offset-M": "0"})

    @app.get("/api/coverage")
    def coverage() -> dict[str, Any]:
        return night.coverage()

    @app.get("/api/blind")
    def no_time() -> dict[str, Any]:
        return night.blind()

    _add_history(app, mock)
    _add_hands(app, mock)

    _add_people(app, mock)
    _add_practice(app, mock)
    _add_setup(app)

    @app.websocket("/api/stream")
    async def live(socket_: WebSocket) -> None:
        await socket_.accept()
        with contextlib.suppress(WebSocketDisconnect, RuntimeError, asyncio.CancelledError):
            await stream(mock, socket_)

    if dist.is_dir():
        app.mount("/", StaticFiles(directory=dist, html=True))
    return app


def _add_history(app: FastAPI, mock: Mock) -> None:
    @app.get("/api/health")
    def health() -> dict[str, Any]:
        return {"alive": True, "version": "mock", "boot_id": mock.boot_id, "seq": seq_at(mock.second())}

    @app.get("/api/density")
    def density(from_utc_ms: float, to_utc_ms: float, bins: int) -> dict[str, Any]:
        start, end = (from_utc_ms - night.START_UTC_MS) / 1000, (to_utc_ms - night.START_UTC_MS) / 1000
        width = max(1e-9, (end - start) / bins)
        starts = [start + k * width for k in range(bins)]
        detections = [round(20 + 60 * math.exp(-((at - 20) ** 2) / 200)) if at >= 0 else 0 for at in starts]
        alarms = [sum(1 for alarm in (9, 12, 90, 108) if at <= alarm < at + width) for at in starts]
        span = {"from_utc_ms": night.utc_ms(start), "to_utc_ms": night.utc_ms(end)}
        return span | {"detections": detections, "warnings": alarms}

    @app.get("/api/events")
    def events(from_utc_ms: float, to_utc_ms: float) -> list[dict[str, Any]]:
        return recorded(mock, *_clip(mock, from_utc_ms, to_utc_ms))

    @app.get("/api/explain/{warning_id}")
    def explain(warning_id: str, lang: str = "en") -> dict[str, str]:
        words = (
            "احتمال السقوط في المنطقة ٧١٪" if lang == "ar" else "The probability of impact in the zone reached 71 %."
        )
        return {"warning_id": warning_id, "text": words}

    @app.get("/api/why-not/{zone_id}")
    def why_not(zone_id: str, lang: str = "en", at_utc_ms: int = 0) -> dict[str, str]:
        words = "لم تُنذَر" if lang == "ar" else "not alarmed"
        return {"zone_id": zone_id, "text": f"{zone_id}: {words} ({at_utc_ms})"}


def _add_hands(app: FastAPI, mock: Mock) -> None:
    @app.post("/api/acknowledge")
    async def acknowledge(request: Request) -> Response:
        said = await request.json()
        if mock.people and request.headers.get("authorization", "").removeprefix("Bearer ") not in mock.people:
            return JSONResponse({"detail": "log in first"}, status_code=403)
        mock.acknowledged[said["warning_id"]] = said["operator"]
        return JSONResponse({"ok": True})

    @app.post("/api/annotate")
    async def annotate(request: Request) -> Response:
        said = await request.json()
        if mock.refused_notes:
            return JSONResponse({"detail": "journal is full"}, status_code=507)
        mock.notes.append(said | {"utc_ms": night.utc_ms(mock.second())})
        return JSONResponse({"ok": True})


def _add_people(app: FastAPI, mock: Mock) -> None:
    """Accounts and orders, as the station's: an alarm of more than one zone waits for a second person."""

    def who(request: Request) -> str | None:
        name = request.headers.get("authorization", "").removeprefix("Bearer ")
        return name if name in mock.people else None

    def refused() -> Response:
        return JSONResponse({"detail": "log in first"}, status_code=403)

    @app.get("/api/me")
    def me(request: Request) -> Response:
        if not mock.people:
            return JSONResponse({"accounts": False})
        if (name := who(request)) is None:
            return refused()
        waiting = [order for order in mock.orders.values() if order["done_by"] is None]
        return JSONResponse({"accounts": True, "name": name, "role": "supervisor", "waiting": waiting})

    @app.post("/api/login")
    async def login(request: Request) -> Response:
        said = await request.json()
        if mock.people.get(said["name"]) != said["password"]:
            return JSONResponse({"detail": "wrong name or password"}, status_code=401)
        return JSONResponse({"token": said["name"]})

    @app.post("/api/order")
    async def order(request: Request) -> Response:
        said, name = await request.json(), who(request)
        if name is None:
            return refused()
        order_id = f"O{len(mock.orders)}"
        alone = len(said["zone_ids"]) == 1
        mock.orders[order_id] = said | {"order_id": order_id, "by": name, "done_by": name if alone else None}
        if alone:
            return JSONResponse({"order_id": order_id, "carried_out": True})
        return JSONResponse({"order_id": order_id, "waits_for_second_person_s": 60}, status_code=202)

    @app.post("/api/order/{order_id}/confirm")
    def confirm(order_id: str, request: Request) -> Response:
        name = who(request)
        if name is None or name == mock.orders[order_id]["by"]:
            return JSONResponse({"detail": "another person must confirm"}, status_code=403)
        mock.orders[order_id]["done_by"] = name
        return JSONResponse({"order_id": order_id, "carried_out": True})


def _add_practice(app: FastAPI, mock: Mock) -> None:
    """Tests of channels, and a drill that goes on until it is stopped."""

    def refused(request: Request) -> Response | None:
        known = not mock.people or request.headers.get("authorization", "").removeprefix("Bearer ") in mock.people
        return None if known else JSONResponse({"detail": "log in first"}, status_code=403)

    @app.post("/api/channels/{channel_id}/test")
    async def test(channel_id: str, request: Request) -> Response:
        if (no := refused(request)) is not None:
            return no
        delivered = mock.standing(mock.second())["channels"][channel_id]["status"] != "dead"
        mock.tests[channel_id] = {
            "tested_utc_ms": night.utc_ms(mock.second()), "test_delivered": delivered, "test_took_s": 0.04,
            "test_detail": "acknowledged in 40 ms" if delivered else "no acknowledgement in 0.5 s",
        }  # fmt: skip
        return JSONResponse({"channel_id": channel_id, "delivered": delivered})

    @app.post("/api/drill")
    async def begin(request: Request) -> Response:
        if (no := refused(request)) is not None:
            return no
        said, now = await request.json(), night.utc_ms(mock.second())
        mock.drill = {
            "drill_id": "D", "zone_ids": said["zone_ids"], "hazard": said["hazard"], "began_utc_ms": now,
            "ends_utc_ms": now + round(60_000 * said["minutes"]), "by": said["operator"], "phase": "running",
            "level": "take_shelter", "told": len(said["zone_ids"]), "failed": 0, "detail": "",
        }  # fmt: skip
        return JSONResponse(mock.drill)

    @app.post("/api/drill/stop")
    async def stop(request: Request) -> Response:
        if mock.drill is None:
            return JSONResponse({"detail": "no drill goes on"}, status_code=409)
        mock.drill |= {"phase": "stopped", "level": "all_clear", "ends_utc_ms": night.utc_ms(mock.second())}
        return JSONResponse({"stopping": True})


def _add_setup(app: FastAPI) -> None:
    """Coverage and site file of a draft: circles, and the names of what was drawn."""

    @app.post("/api/setup/coverage")
    async def seen(request: Request) -> dict[str, Any]:
        features = []
        for sensor in (await request.json())["sensors"]:
            lat, lon, reach = sensor["latitude_deg"], sensor["longitude_deg"], sensor.get("max_range_m", 1000.0)
            turns = [2 * math.pi * (k % 36) / 36 for k in range(37)]
            ring = [[lon + reach / night.M_LON * math.sin(t), lat + reach / night.M_LAT * math.cos(t)] for t in turns]
            features.append(
                {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [ring]}}
                | {"properties": {"sensor_id": sensor["id"], "kind": sensor["kind"]}}
            )
        return {"type": "FeatureCollection", "features": features}

    @app.post("/api/setup/site")
    async def text(request: Request) -> Response:
        said = await request.json()
        if any(zone["shelter_s"] < 0 for zone in said["zones"]):
            return JSONResponse({"detail": "Expected float >= 0 - at zone[0].shelter_s"}, status_code=422)
        names = [item["id"] for item in (*said["zones"], *said["sensors"])]
        return JSONResponse({"toml": "".join(f"# {name}\n" for name in names)})


def _clip(mock: Mock, from_utc_ms: float, to_utc_ms: float) -> tuple[float, float]:
    start = max(0.0, (from_utc_ms - night.START_UTC_MS) / 1000)
    return start, max(start, min(mock.second(), (to_utc_ms - night.START_UTC_MS) / 1000))


@contextlib.contextmanager
def running(mock: Mock) -> Iterator[str]:
    """Serve on a free port of the loopback until the block ends; give the address."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()  # who comes before the server runs waits instead of being refused
    settings = {"log_level": "warning", "lifespan": "off", "ws": "websockets-sansio", "timeout_graceful_shutdown": 1}
    server = uvicorn.Server(uvicorn.Config(application(mock), **settings))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        listener.close()


def main() -> None:
    """Serve until Ctrl-C."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8471)
    parser.add_argument("--second", type=float, default=0.0)
    parser.add_argument("--speed", type=float, default=1.0)
    parser.add_argument("--load", type=int, default=0)
    given = parser.parse_args()
    mock = Mock(given.second, given.speed, given.load)
    uvicorn.run(application(mock), host="127.0.0.1", port=given.port, log_level="warning", ws="websockets-sansio")


if __name__ == "__main__":
    main()
