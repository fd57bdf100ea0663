"""A channel's own thread with a total deadline: what is stuck is let go, and the next alarm has a new thread."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from marsad.station.feed import within
from marsad.station.worker import Worker
from marsad.station.world import World

T = TypeVar("T")
MOST_STUCK = 8
"""Threads of one channel that may be stuck at a time; beyond it what is handed over waits for one of them."""


class Hand:
    """Does one thing after another for one channel, each within its deadline."""

    def __init__(self, world: World, name: str) -> None:
        self._world, self._name = world, name
        self._worker: Worker = world.worker(name)
        self._stuck: list[Future[Any]] = []

    async def do(self, work: Callable[[], T], deadline_s: float) -> T:
        """Do something and give what came of it; ``deadline_s`` is in seconds of the wall.

        Raises
        ------
        TimeoutPassedError
            It did not end in time.  It is not waited for any more, and not begun if it had not begun.
        """
        future = self._worker.submit(work)
        try:
            result: T = await within(self._world, deadline_s, asyncio.wrap_future(future))
        finally:
            if not future.done():
                self._let_go(future)
        return result

    def _let_go(self, future: Future[Any]) -> None:
        """Leave the thread to what it is stuck in, and take another."""
        self._stuck = [one for one in self._stuck if not one.done()]
        if len(self._stuck) >= MOST_STUCK:
            return
        self._stuck.append(future)
        self._worker.close()
        self._worker = self._world.worker(self._name)

    def close(self) -> None:
        """Take nothing more."""
        self._worker.close()
