"""Threads of one's own: the core, the record, each way out and each kind of web request have one apiece.

A pool that several share lets the slow ones take all of it, and then the alarm waits for a page.  These threads are
daemons: one that is stuck in a read that never ends, or in a long computation, cannot keep the process from ending.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Protocol, TypeVar

T = TypeVar("T")


class Worker(Protocol):
    """Does one piece of work after another, in the order in which they were handed in."""

    def submit(self, work: Callable[[], T], /) -> Future[T]:
        """Hand work in; give what will hold its result.  Work that is cancelled before its turn is not begun."""

    @property
    def is_busy(self) -> bool:
        """Say whether work is being done or waits."""

    def close(self) -> None:
        """Take no more work and end after what was handed in; nobody is waited for."""


def carry_out(work: Callable[[], T], future: Future[T]) -> None:
    """Do a piece of work and put what came of it, an error too, into its future."""
    if not future.set_running_or_notify_cancel():
        return
    try:
        result = work()
    except BaseException as error:  # noqa: BLE001  it is raised where the result is asked for
        future.set_exception(error)
    else:
        future.set_result(result)


class ThreadWorker:
    """A daemon thread with its queue; the thread begins with the first piece of work."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.has_ended = False
        self._handed_in: queue.SimpleQueue[tuple[Callable[[], Any], Future[Any]] | None] = queue.SimpleQueue()
        self._guard = threading.Lock()
        self._thread: threading.Thread | None = None
        self._left = 0

    def submit(self, work: Callable[[], T], /) -> Future[T]:
        """Hand work in."""
        future: Future[T] = Future()
        future.add_done_callback(self._done)  # before whoever waits for it hears: then this thread is free
        with self._guard:
            self._left += 1
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=f"marsad-{self.name}", daemon=True)
                self._thread.start()
        self._handed_in.put((work, future))
        return future

    @property
    def is_busy(self) -> bool:
        """Say whether work is being done or waits."""
        return self._left > 0

    def close(self) -> None:
        """End after what was handed in."""
        with self._guard:
            self.has_ended = self._thread is None
        self._handed_in.put(None)

    def _done(self, _: Future[Any]) -> None:
        with self._guard:
            self._left -= 1

    def _run(self) -> None:
        while (handed := self._handed_in.get()) is not None:
            carry_out(*handed)
        self.has_ended = True


class InlineWorker:
    """Does the work where it is handed in: for simulations, where the order of everything is fixed."""

    is_busy = False

    def submit(self, work: Callable[[], T], /) -> Future[T]:
        """Do the work now."""
        future: Future[T] = Future()
        carry_out(work, future)
        return future

    def close(self) -> None:
        """Do nothing: there is no thread."""
