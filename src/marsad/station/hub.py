"""The stream to the consoles: numbered messages, kept for a while, so that one who was away can catch up."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

import msgspec

from marsad.station.wire import Json

KEPT_MESSAGES = 3000
QUEUE_MESSAGES = 256
MAX_SUBSCRIBERS = 64


class Subscriber:
    """One console; ``lagging`` once it has not taken its messages, and then it should come again."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[str | None] = asyncio.Queue(QUEUE_MESSAGES)
        self.lagging = False

    def put(self, text: str | None) -> None:
        """Queue a message; ``None`` ends the stream."""
        if self.lagging:
            return
        if self.queue.qsize() >= QUEUE_MESSAGES - 1:
            self.lagging = True
            text = None
        self.queue.put_nowait(text)


class TooManySubscribersError(Exception):
    """There are as many consoles as the station serves."""


class Hub:
    """Numbers what is told, keeps the last of it, hands it to every subscriber."""

    def __init__(self, boot_id: str, version: str, speed: float) -> None:
        self.boot_id = boot_id
        self.seq = 0
        self._greeting: Json = {"boot_id": boot_id, "version": version, "speed": speed}
        self._kept: deque[tuple[int, str]] = deque(maxlen=KEPT_MESSAGES)
        self._subscribers: set[Subscriber] = set()

    @property
    def subscribers(self) -> int:
        """Count the consoles."""
        return len(self._subscribers)

    def publish(self, kind: str, body: Json, now_utc_ns: int) -> None:
        """Tell everyone."""
        self.seq += 1
        text = self._text(kind, self.seq, body, now_utc_ns)
        self._kept.append((self.seq, text))
        for subscriber in list(self._subscribers):
            subscriber.put(text)

    @staticmethod
    def _text(kind: str, seq: int, body: Json, now_utc_ns: int) -> str:
        head: Json = {"type": kind, "seq": seq, "now_utc_ms": now_utc_ns // 1_000_000}
        return msgspec.json.encode(head | body).decode()

    def subscribe(
        self, boot_id: str | None, seq: int | None, snapshot: Callable[[], Json], now_utc_ns: int
    ) -> tuple[Subscriber, list[str]]:
        """Take in a console; give the messages that it should hear first.

        One that comes back with the ``boot_id`` and the ``seq`` it saw last hears what came since, if that is still
        kept; anyone else a snapshot of all that stands.

        Raises
        ------
        TooManySubscribersError
            There are ``MAX_SUBSCRIBERS`` already.
        """
        if len(self._subscribers) >= MAX_SUBSCRIBERS:
            raise TooManySubscribersError(f"the station serves {MAX_SUBSCRIBERS} consoles at a time")
        subscriber = Subscriber()
        self._subscribers.add(subscriber)
        oldest = self._kept[0][0] if self._kept else self.seq + 1
        if boot_id == self.boot_id and seq is not None and oldest - 1 <= seq <= self.seq:
            first = [self._text("hello", seq, self._greeting, now_utc_ns)]
            return subscriber, first + [text for number, text in self._kept if number > seq]
        first = [self._text("hello", self.seq, self._greeting, now_utc_ns)]
        return subscriber, [*first, self._text("snapshot", self.seq, snapshot(), now_utc_ns)]

    def leave(self, subscriber: Subscriber) -> None:
        """Let a console go."""
        self._subscribers.discard(subscriber)

    def end(self) -> None:
        """End every stream."""
        for subscriber in list(self._subscribers):
            subscriber.put(None)
