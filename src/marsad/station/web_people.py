"""What people do over the console's API: log in, order, confirm.  Who may do it is decided in ``access`` alone."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import partial
from typing import Annotated, Literal, TypeVar

import msgspec
from fastapi import FastAPI, Header, HTTPException, Response
from pydantic import BaseModel, Field

from marsad.station.access import Access, Act, NotAllowedError
from marsad.station.service import Station, Told
from marsad.station.web_bound import Desk, Written
from marsad.station.wire import Json, ms
from marsad.terms import PersonOrder
from marsad.terms.inputs import Correction
from marsad.terms.text import writable

T = TypeVar("T")
Token = Annotated[str | None, Header(alias="Authorization")]
Text = Annotated[str, Field(max_length=500)]


class Login(BaseModel):
    """``POST /api/login``."""

    name: Annotated[Written, Field(max_length=64)]
    password: Annotated[str, Field(max_length=256)]


class OrderBody(BaseModel):
    """``POST /api/order``; ``confirm`` is the name of the (first) zone, typed by the person."""

    what: Literal["alarm", "hold", "cancel", "all_clear", "correct"]
    zone_ids: Annotated[list[str], Field(min_length=1, max_length=2000)]
    hazard: Literal["rocket", "drone", "unknown"] = "unknown"
    note: Text = ""
    confirm: Text = ""
    correction: Correction = "hazard"


def _json(content: Json, status: int = 200) -> Response:
    return Response(msgspec.json.encode(content), status_code=status, media_type="application/json")


def bearer(authorization: str | None) -> str:
    """Give the token of an Authorization header, empty without one."""
    scheme, _, token = (authorization or "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def operator_for(station: Station, authorization: str | None, act: Act, claimed: str) -> str:
    """Give the name under which an act is recorded.

    Without accounts (a station on its own machine only) it is the name that the console claims.
    """
    if station.access is None:
        return claimed
    try:
        return station.access.require(bearer(authorization), act, station.world.utc_ns()).name
    except NotAllowedError as error:
        raise HTTPException(403, str(error)) from error


def _ordered(told: Told, about: Json) -> Response:
    """Answer an order: "carried out" is said of what is in the journal alone, and what failed is said with it."""
    failed = [f"{one['channel_id']} did not tell {one['zone_id']} ({one['detail']})" for one in told.untold]
    mended = ["the note was written with � for what messages cannot carry"] if about.get("note") else []
    waits = [] if told.recorded else ["people are told; the record of it waits for the journal"]
    late = [f"{channel_id} has not ended yet" for channel_id in told.waiting]
    carried_out = told.recorded and not told.failure
    answer: Json = about | {"carried_out": carried_out, "untold": told.untold, "waiting": told.waiting}
    if detail := told.failure or "; ".join([*waits, *failed, *late, *mended]):
        answer["detail"] = detail
    return _json(answer, 503 if told.failure else 200 if carried_out else 202)


def add_people(app: FastAPI, station: Station) -> None:
    """Add logging in, orders and confirmations."""
    passwords = Desk(station.world, "passwords")

    def access() -> Access:
        if station.access is None:
            raise HTTPException(403, "this station has no accounts; start it with --people")
        return station.access

    @app.post("/api/login")
    async def login(body: Login) -> Response:
        known = access()
        try:
            token, session = await passwords.do(partial(known.log_in, body.name, body.password, station.world.utc_ns()))
        except NotAllowedError as error:
            await station.note("login_refused", {"name": body.name})
            raise HTTPException(401, str(error)) from error
        await station.note("login", {"name": session.name})
        return _json(
            {"token": token, "name": session.name, "role": session.role, "until_utc_ms": ms(session.until_utc_ns)}
        )

    @app.post("/api/logout")
    async def logout(authorization: Token = None) -> Response:
        access().log_out(bearer(authorization))
        return _json({"logged_out": True})

    @app.get("/api/me")
    async def me(authorization: Token = None) -> Response:
        if station.access is None:
            return _json({"accounts": False})
        session = _allowed(lambda: access().session(bearer(authorization), station.world.utc_ns()))
        waiting = [
            {"order_id": p.order.order_id, "what": p.order.what, "zone_ids": p.order.zone_ids, "by": p.by_name}
            for p in access().waiting(station.world.utc_ns())
        ]
        return _json({"accounts": True, "name": session.name, "role": session.role, "waiting": waiting})

    @app.post("/api/order")
    async def order(body: OrderBody, authorization: Token = None) -> Response:
        zones = {zone.zone_id: zone for zone in station.site.zones}
        if strange := [z for z in body.zone_ids if z not in zones]:
            raise HTTPException(422, f"the site has no zone {strange[0]!r}")
        first = zones[body.zone_ids[0]]
        if body.what in ("alarm", "cancel") and body.confirm not in (first.name, first.name_ar or first.name):
            raise HTTPException(422, "the name of the first zone, typed in 'confirm', is expected")
        now = station.world.utc_ns()
        wanted = PersonOrder(
            arrival_utc_ns=now,
            order_id=uuid.uuid4().hex[:12],
            what=body.what,
            zone_ids=tuple(dict.fromkeys(body.zone_ids)),
            operator_ids=(),
            hazard=body.hazard,
            note=writable(body.note),
            correction=body.correction,
        )
        taken = _allowed(lambda: access().order(bearer(authorization), wanted, now))
        if isinstance(taken, str):
            await station.note("proposal", {"order": msgspec.to_builtins(wanted)})
            return _json({"order_id": taken, "waits_for_second_person_s": 60}, 202)
        mended: Json = {} if wanted.note == body.note else {"note": wanted.note}
        return _ordered(await station.order(taken), {"order_id": taken.order_id} | mended)

    @app.post("/api/order/{order_id}/confirm")
    async def confirm(order_id: str, authorization: Token = None) -> Response:
        now = station.world.utc_ns()
        taken = _allowed(lambda: access().confirm(bearer(authorization), order_id, now))
        return _ordered(await station.order(taken), {"order_id": taken.order_id, "by": taken.operator_ids})


def add_channel_test(app: FastAPI, station: Station) -> None:
    """Add the test of a single channel."""

    @app.post("/api/channels/{channel_id}/probe")
    async def probe(channel_id: str, authorization: Token = None) -> Response:
        name = operator_for(station, authorization, "test_channel", "operator")
        receipt = await station.dispatch.probe(channel_id)
        if receipt is None:
            raise HTTPException(404, f"no channel {channel_id!r} that can be tried")
        await station.note("channel_test", {"channel_id": channel_id, "by": name, "delivered": receipt.delivered})
        return _json({"channel_id": channel_id, "delivered": receipt.delivered, "detail": receipt.detail})


def _allowed(ask: Callable[[], T]) -> T:
    try:
        return ask()
    except NotAllowedError as error:
        raise HTTPException(403, str(error)) from error
