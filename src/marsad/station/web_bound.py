"""Bounds on what the web may ask of a station: alarms have threads of their own, and pages take what is left.

Work that takes long has one thread a kind and a short queue; what comes on top is refused with 503, to be asked again.
A body that is too large is refused before it is read.  Text that no message can carry is refused in one line.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Annotated, Any, TypeVar

import msgspec
from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BeforeValidator, Field
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from marsad.station.precedence import thread_gives_way
from marsad.station.world import World
from marsad.terms.text import unwritable, writable

T = TypeVar("T")
MOST_WAITING = 16
"""Requests of a kind that wait or are answered; at some 0.1 s each (a password) the last waits under two seconds."""
MOST_MAPS = 4
"""The same for maps of what is seen, which take a second or so of computing each."""
MOST_BODY = 512 * 1024
"""The largest body is an order of 2,000 zones with ids of 100 characters."""
REFUSED_AFTER_S = 0.5
"""A refusal is slow on purpose: who asks again at once asks twice a second, and costs little."""
TOO_MUCH = "the station has too much to do for its pages just now; ask again"


def _checked(text: Any) -> Any:
    """Look at a text before pydantic does, whose words for half of a surrogate pair would help nobody."""
    if isinstance(text, str) and (found := unwritable(text)):
        raise ValueError(f"expected text that every message can carry, found {found} in it; take it out")
    return text


Written = Annotated[str, BeforeValidator(_checked)]
"""Text from outside that is kept and told to others."""
Operator = Annotated[Written, Field(min_length=1, max_length=100)]
"""Under what name an act is kept, where there are no accounts."""


class Desk:
    """One thread for one kind of request, and a queue that is never long."""

    def __init__(self, world: World, name: str, most_waiting: int = MOST_WAITING) -> None:
        self._worker = world.worker(name)
        self._worker.submit(thread_gives_way)
        self._most_waiting = most_waiting
        self._waiting = 0
        self._guard = threading.Lock()

    async def do(self, work: Callable[[], T]) -> T:
        """Do work when its turn comes.

        Raises
        ------
        HTTPException
            503: as much as the desk takes waits already.
        """
        if not self._takes():
            await asyncio.sleep(REFUSED_AFTER_S)
            raise HTTPException(503, TOO_MUCH, headers={"Retry-After": "1"})
        future = self._worker.submit(work)
        future.add_done_callback(self._done)
        return await asyncio.wrap_future(future)

    def _takes(self) -> bool:
        with self._guard:
            has_room = self._waiting < self._most_waiting
            self._waiting += has_room
            return has_room

    def _done(self, _: Future[Any]) -> None:
        """Count down when work has really ended, also where its asker has gone meanwhile."""
        with self._guard:
            self._waiting -= 1


class BodyBound:
    """ASGI middleware that answers 413 to a body of more bytes than its path takes, and reads no more of it."""

    def __init__(self, app: ASGIApp, most_by_path: dict[str, int]) -> None:
        self._app = app
        self._most_by_path = most_by_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, with a counted body."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        most = next((n for path, n in self._most_by_path.items() if scope["path"].startswith(path)), MOST_BODY)
        announced = dict(scope["headers"]).get(b"content-length", b"")
        if announced.isdigit() and int(announced) > most:
            await _too_large(send, most)
            return
        counted = _Counted(receive, send, most)
        try:
            await self._app(scope, counted.receive, counted.send)
        except ClientDisconnect:
            if not counted.is_over:
                raise
        if counted.is_over:
            await counted.refuse()


class _Counted:
    """A request whose body ends where it grows too large, and whose answer is then 413, whatever the route answers."""

    def __init__(self, receive: Receive, send: Send, most: int) -> None:
        self._receive, self._send, self._most = receive, send, most
        self._taken = 0
        self._has_begun = self._is_refused = False

    @property
    def is_over(self) -> bool:
        """Say whether the body was too large."""
        return self._taken > self._most

    async def receive(self) -> Message:
        """Give the next part of the body, or the end of the connection."""
        message = await self._receive()
        self._taken += len(message.get("body", b""))
        return {"type": "http.disconnect"} if self.is_over else message

    async def send(self, message: Message) -> None:
        """Pass an answer on, unless it is to a part of a body only."""
        if self.is_over and not self._has_begun:
            await self.refuse()
        elif not self._is_refused:
            self._has_begun = True
            await self._send(message)

    async def refuse(self) -> None:
        """Answer 413, once."""
        if not self._has_begun and not self._is_refused:
            self._is_refused = True
            await _too_large(self._send, self._most)


async def _too_large(send: Send, most: int) -> None:
    body = msgspec.json.encode({"detail": f"a body of at most {most} bytes expected"})
    head = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    head.append((b"connection", b"close"))  # what was not read of the request is never read
    await send({"type": "http.response.start", "status": 413, "headers": head})
    await send({"type": "http.response.body", "body": body})


def refuse_in_one_line(app: FastAPI) -> None:
    """Answer what does not fit a request's form with one line that names the place and what was expected there."""

    @app.exception_handler(RequestValidationError)
    async def refuse(_: Request, error: RequestValidationError) -> Response:
        return Response(msgspec.json.encode({"detail": _line(error.errors())}), 422, media_type="application/json")


def _line(errors: Sequence[Any]) -> str:
    first = errors[0]
    place = ".".join(str(part) for part in first["loc"] if part not in ("body", "query", "path"))
    what = str(first["msg"]).removeprefix("Value error, ")
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return writable(f"{place}: {what}{more}" if place else f"{what}{more}")
