"""The record behind the decisions: entries reach the journal in order and without loss, and no alarm waits for a disk.

One thread writes.  Whoever has entries to write waits for it at most ``PATIENCE_S``; if the journal is locked by
another program, or its disk is slow, what was decided goes out from memory, this is said, nothing that came in is
acknowledged, and the entries follow in their order when the journal takes them again.  Until then they stand in a file
beside the journal too, so that a process which dies meanwhile has still said on this disk what it told people.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from itertools import islice
from typing import TypeVar

from marsad.station.journal import Entry, Journal, JournalError
from marsad.station.late import Late, NoLate
from marsad.station.worker import InlineWorker, Worker

T = TypeVar("T")
PATIENCE_S = 0.2
"""How long an alarm waits for its record.  A sync takes 1 to 30 ms on a disk in health; a second is what the law
allows an alarm in all, of which channels need the most (docs/howto/warn-people.md)."""
BOOT_PATIENCE_S = 5.0
"""How long the first entries of a run may take: nobody is watched over yet, and what follows reads them."""
MOST_AT_ONCE = 5_000
"""Entries in one transaction; about 100 ms of writing."""
BACKLOG_ENTRIES = 50_000
"""Entries kept in memory while the journal cannot be written; beyond it the oldest are lost, and said to be."""


class Record:
    """The journal, its writer's thread, and a memory for what it has not taken yet.

    ``worker`` and ``late_worker`` are threads of its own (none: written where it is called); ``late`` keeps on disk
    what the journal has not taken.
    """

    def __init__(
        self,
        journal: Journal,
        worker: Worker | None = None,
        late: Late | None = None,
        late_worker: Worker | None = None,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self.journal = journal
        self.lost = 0
        self._worker, self._late_worker = worker or InlineWorker(), late_worker or InlineWorker()
        self._late = late or NoLate()
        self._patience_s = patience_s
        self._turn = threading.Condition()
        self._waiting: deque[Entry] = deque()
        self._put = self._settled = 0
        self._is_writing = False
        self._in_hand = 0
        self._next_seq = self._late_seq = 0
        self._failure = ""
        self._behind_since_s: float | None = None
        self._marks: deque[tuple[int, int, Future[bool]]] = deque()

    @property
    def waiting(self) -> int:
        """Count what the journal has not taken yet."""
        return len(self._waiting)

    @property
    def trouble(self) -> str:
        """Say what keeps the journal from being written, empty if nothing does."""
        with self._turn:
            if self._behind_since_s is None:
                return ""
            behind_s = time.monotonic() - self._behind_since_s
            why = self._failure or "its disk is slow, or another program holds it"
            return f"the record is {behind_s:.0f} s behind, {len(self._waiting)} entries wait in memory ({why})"

    def recover(self) -> int:
        """Write what a run before could not: it died while the journal took nothing.  Give how much that was."""
        entries = self._late.entries(self.journal.last_seq())
        if entries and self.write(entries, patience_s=BOOT_PATIENCE_S):
            self._late.clear()
        return len(entries)

    def write(self, entries: Iterable[Entry], patience_s: float | None = None) -> bool:
        """Write entries behind what is still waiting; say whether all of it is safe now.

        ``patience_s`` is how long to wait for that (left out: ``PATIENCE_S``; 0 for what nobody waits for).  While the
        record is behind nobody waits.
        """
        wanted = list(entries)
        patience_s = self._patience_s if patience_s is None else patience_s
        with self._turn:
            if not self._is_writing and not self._waiting:
                self._next_seq = self.journal.last_seq() + 1
            self._next_seq += len(wanted)
            self._waiting.extend(wanted)
            self._put += len(wanted)
            if self._is_writing:
                self._shed()
            target, lost = self._put, self.lost
            begins = bool(self._waiting) and not self._is_writing
            self._is_writing = self._is_writing or begins
        if begins:
            self._worker.submit(self._drain)
        with self._turn:
            if self._behind_since_s is not None:
                patience_s = 0.0
            self._turn.wait_for(lambda: self._settled >= target or not self._is_writing, patience_s)
            is_safe = self._settled >= target and self.lost == lost
            if not is_safe and patience_s > 0.0:
                self._behind_since_s = self._behind_since_s or time.monotonic()
            if self._behind_since_s is not None:
                self._set_down()
        return is_safe

    def mark(self) -> Future[bool]:
        """Give what will say that all that was handed over until now is safe (or False: some of it was lost)."""
        future: Future[bool] = Future()
        with self._turn:
            if self._settled < self._put:
                self._marks.append((self._put, self.lost, future))
                return future
        future.set_result(True)
        return future

    def aside(self, work: Callable[[], T]) -> Future[T]:
        """Do something else with the journal in the writer's thread, between two transactions."""
        return self._worker.submit(work)

    def keep_late(self) -> Future[None]:
        """Put all that waits on disk beside the journal, now: the process ends."""
        with self._turn:
            self._set_down()
        return self._late_worker.submit(lambda: None)

    def _set_down(self) -> None:
        """Put what waits, and was not put there before, on disk beside the journal."""
        first_seq = self._next_seq - len(self._waiting)
        begin_seq = max(self._late_seq, first_seq)
        entries = list(islice(self._waiting, begin_seq - first_seq, None))
        self._late_seq = self._next_seq
        if entries:
            self._late_worker.submit(lambda: self._late.append(begin_seq, entries))

    def close(self, patience_s: float) -> None:
        """Set down what waits, and close the journal; neither is waited for longer."""
        with contextlib.suppress(TimeoutError):
            self.keep_late().result(patience_s)
        self.journal.close()
        self._worker.close()
        self._late_worker.close()

    def _shed(self) -> None:
        """Let the oldest entries go that are not being written, where there are more than memory is given for."""
        while len(self._waiting) > BACKLOG_ENTRIES + self._in_hand:
            del self._waiting[self._in_hand]
            self.lost += 1
            self._settled += 1

    def _drain(self) -> None:
        """Write all that waits, in order, until the journal refuses."""
        while True:
            with self._turn:
                chunk = list(islice(self._waiting, MOST_AT_ONCE))
                self._in_hand = len(chunk)
                if not chunk:
                    self._caught_up()
                    return
            try:
                self.journal.append(chunk)
            except Exception as error:  # noqa: BLE001  whatever keeps it from the disk, it is kept and tried again
                with self._turn:
                    self._failure = str(error) if isinstance(error, JournalError) else repr(error)
                    self._in_hand, self._is_writing = 0, False
                    self._shed()
                    self._behind_since_s = self._behind_since_s or time.monotonic()
                    self._turn.notify_all()
                return
            with self._turn:
                for _ in chunk:
                    self._waiting.popleft()
                self._settled += len(chunk)
                self._in_hand = 0
                self._turn.notify_all()

    def _caught_up(self) -> None:
        """Note that nothing waits any more, and tell those who want to know."""
        if self._behind_since_s is not None:
            self._late_worker.submit(self._late.clear)
            self._late_seq = 0
        self._is_writing, self._behind_since_s, self._failure = False, None, ""
        while self._marks:
            _, lost, future = self._marks.popleft()
            if not future.cancelled():
                future.set_result(self.lost == lost)
        self._turn.notify_all()
