"""What is practised at the console: the test of a channel, a drill.  Who may do it is decided in ``access``."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from fastapi import FastAPI, HTTPException, Request, Response
from pydantic import BaseModel, Field

from marsad.station.channels import NOT_TESTED
from marsad.station.drill_process import LONGEST_MIN, DrillOrder, DrillRefusedError, Drills
from marsad.station.service import Station
from marsad.station.web_bound import Written
from marsad.station.web_people import Token, operator_for
from marsad.station.wire import Json

Name = Annotated[Written, Field(max_length=100)]


class By(BaseModel):
    """Who does it, where the station keeps no accounts."""

    operator: Name = "operator"


class DrillBody(By):
    """``POST /api/drill``."""

    zone_ids: Annotated[list[str], Field(min_length=1, max_length=2000)]
    minutes: Annotated[float, Field(gt=0, le=LONGEST_MIN)] = 5.0
    hazard: Literal["rocket", "drone"] = "rocket"
    prepare_s: Annotated[float, Field(ge=0, le=3600)] = 0.0
    remain_s: Annotated[float, Field(ge=0, le=3600)] = 30.0


def _json(content: Json, status: int = 200) -> Response:
    return Response(msgspec.json.encode(content), status_code=status, media_type="application/json")


def _own_address(request: Request) -> str:
    """Give where this station is heard by the one who asks, which the drill then listens to."""
    host, port = request.scope["server"]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def add_practice(app: FastAPI, station: Station) -> None:
    """Add the test of a channel and drills."""

    @app.post("/api/channels/{channel_id}/test")
    async def test(channel_id: str, body: By, authorization: Token = None) -> Response:
        name = operator_for(station, authorization, "test_channel", body.operator)
        receipt = await station.test_channel(channel_id, name)
        if receipt is None:
            raise HTTPException(404, f"no channel {channel_id!r} that can be tested")
        tested = receipt is not NOT_TESTED
        told = {"channel_id": channel_id, "tested": tested, "delivered": receipt.delivered, "detail": receipt.detail}
        return _json(told | {"by": name})

    def drills() -> Drills:
        if station.drills is None:
            raise HTTPException(409, "this station knows no drill ground; start it with --drill-channels")
        return station.drills

    @app.post("/api/drill")
    async def begin(body: DrillBody, request: Request, authorization: Token = None) -> Response:
        name = operator_for(station, authorization, "drill", body.operator)
        known = {zone.zone_id for zone in station.site.zones}
        if strange := [zone_id for zone_id in body.zone_ids if zone_id not in known]:
            raise HTTPException(422, f"the site has no zone {strange[0]!r}")
        if body.prepare_s + body.remain_s >= 60.0 * body.minutes:
            raise HTTPException(422, "'be ready' and 'stay in shelter' must fit into the drill's minutes")
        order = DrillOrder(
            zone_ids=tuple(dict.fromkeys(body.zone_ids)),
            minutes=body.minutes,
            hazard=body.hazard,
            prepare_s=body.prepare_s,
            remain_s=body.remain_s,
        )
        levels = [str(zone["level"]) for zone in station.picture.snapshot()["zones"]]
        try:
            return _json(await drills().begin(order, name, _own_address(request), levels))
        except DrillRefusedError as error:
            raise HTTPException(409, str(error)) from error

    @app.post("/api/drill/stop")
    async def stop(body: By, authorization: Token = None) -> Response:
        name = operator_for(station, authorization, "drill", body.operator)
        if not drills().stop(name):
            raise HTTPException(409, "no drill goes on")
        return _json({"stopping": True, "by": name})
