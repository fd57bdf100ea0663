"""What the journal has not taken yet, on disk beside it: the next run reads it if this one dies before it is written.

A file of frames, each a length and a CRC-32 (both four bytes, big-endian) and MessagePack of an entry with the number
that it will have in the journal.  A frame that was cut short by the end of the process ends the file.  Whatever number
the journal has by now is passed over, so nothing is written twice.
"""

from __future__ import annotations

import logging
import os
import struct
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

import msgspec

from marsad.station.journal import Entry

log = logging.getLogger("marsad.station")

MOST_BYTES = 256 * 1024 * 1024
"""The file grows no larger: some hours of an ordinary night."""
_HEAD = struct.Struct(">II")


class _Numbered(msgspec.Struct, frozen=True, array_like=True):
    seq: int
    entry: Entry


class Late(Protocol):
    """Where entries wait for their journal."""

    def append(self, first_seq: int, entries: Sequence[Entry]) -> None:
        """Keep entries that will have the numbers from ``first_seq`` on; what cannot be kept is said, not raised."""

    def entries(self, after_seq: int) -> list[Entry]:
        """Give the entries that belong behind a number, in order."""

    def clear(self) -> None:
        """Let go of all: the journal has it."""


class NoLate:
    """Keeps nothing: for a journal that is memory itself."""

    def append(self, first_seq: int, entries: Sequence[Entry]) -> None:
        """Keep nothing."""

    def entries(self, after_seq: int) -> list[Entry]:  # noqa: ARG002  there are none
        """Give nothing."""
        return []

    def clear(self) -> None:
        """Do nothing."""


class LateFile:
    """The file ``JOURNAL.waiting`` beside a journal."""

    def __init__(self, journal: Path) -> None:
        self._path = journal.with_name(journal.name + ".waiting")

    def append(self, first_seq: int, entries: Sequence[Entry]) -> None:
        """Append frames and sync them."""
        frames = [msgspec.msgpack.encode(_Numbered(first_seq + k, entry)) for k, entry in enumerate(entries)]
        content = b"".join(_HEAD.pack(len(frame), zlib.crc32(frame)) + frame for frame in frames)
        try:
            with self._path.open("ab") as file:
                if file.tell() + len(content) > MOST_BYTES:
                    log.error("%s is full; what waits for the journal is in memory alone", self._path)
                    return
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            log.error("%s: what waits for the journal is in memory alone (%s)", self._path, error.strerror)

    def entries(self, after_seq: int) -> list[Entry]:
        """Read the frames up to the first that is cut or damaged; the last of each number counts."""
        try:
            content = self._path.read_bytes()
        except FileNotFoundError:
            return []
        except OSError as error:
            log.error("%s cannot be read (%s)", self._path, error.strerror)
            return []
        found = {one.seq: one.entry for one in _frames(content) if one.seq > after_seq}
        return [found[seq] for seq in sorted(found)]

    def clear(self) -> None:
        """Remove the file."""
        try:
            self._path.unlink(missing_ok=True)
        except OSError as error:
            log.error("%s cannot be removed (%s)", self._path, error.strerror)


def _frames(content: bytes) -> Iterator[_Numbered]:
    at = 0
    while at + _HEAD.size <= len(content):
        length, check = _HEAD.unpack_from(content, at)
        frame = content[at + _HEAD.size : at + _HEAD.size + length]
        if len(frame) < length or zlib.crc32(frame) != check:
            return
        try:
            yield msgspec.msgpack.decode(frame, type=_Numbered)
        except msgspec.MsgspecError:
            return
        at += _HEAD.size + length
