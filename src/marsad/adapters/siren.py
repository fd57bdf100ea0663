"""The siren datagram: at most 256 bytes, one siren, one order, a counter that only grows, a keyed hash.

All numbers big-endian.  An order (84 to 148 bytes)::

    0   4  magic "MRS1"
    4   1  type: 1 order, 2 acknowledgement
    5   1  kind: 1 actual, 2 exercise
    6   1  level: 0 clear, 1 watch, 2 prepare, 3 take shelter, 4 remain, 5 all-clear, 6 probe (changes nothing)
    7   1  hazard: 0 unknown, 1 rocket, 2 drone
    8   8  counter
    16  8  issued, milliseconds since 1970 UTC
    24  4  stands for so many milliseconds from its receipt
    28  16 first half of SHA-256 of the siren's name
    44  8  earliest impact expected, milliseconds since 1970 UTC, 0 unknown
    52  n  name of the alarm, UTF-8, n = 0 to 64
    52+n 32 HMAC-SHA-256 (RFC 2104, FIPS 180-4) over all before, with the key of this siren

An acknowledgement (57 bytes) holds the first 8 bytes with type 2 (level: what the siren does now), the counter it
answers, the highest counter it has seen (8), a status byte (0 done, 1 repeated, 2 old counter) and the same hash.

Each siren has a key of its own, so that a stolen one can speak for itself only; a drill's sender has other keys, so
that nothing it says is an order to a siren that holds an actual key.  A keyed hash and not a signature: it takes 120
lines on a microcontroller.  How long an order stands is counted from its receipt: a siren needs no clock.
"""

from __future__ import annotations

import hashlib
import hmac
import struct
from typing import Literal

import msgspec

MAGIC = b"MRS1"
MAC_BYTES = 32
MOST_NAME_BYTES = 64
MOST_BYTES = 256
ORDER, ACKNOWLEDGEMENT = 1, 2
KINDS = {"actual": 1, "exercise": 2}
LEVELS = {"clear": 0, "watch": 1, "prepare": 2, "take_shelter": 3, "remain": 4, "all_clear": 5, "probe": 6}
HAZARDS = {"unknown": 0, "rocket": 1, "drone": 2}
_HEAD = struct.Struct(">4sBBBBQQI16sQ")
_ACK = struct.Struct(">4sBBBBQQB")
Status = Literal["done", "repeated", "old"]
STATUSES: tuple[Status, ...] = ("done", "repeated", "old")


class NotForUsError(ValueError):
    """A datagram that is no order to this siren, or not from whom it should be."""


class SirenOrder(msgspec.Struct, frozen=True, kw_only=True):
    """What a siren is told."""

    kind: str
    level: str
    hazard: str
    counter: int
    issued_utc_ms: int
    stands_ms: int
    siren: str
    impact_utc_ms: int = 0
    alarm: str = ""


class SirenAcknowledgement(msgspec.Struct, frozen=True, kw_only=True):
    """What a siren answers: what it does now, and the highest counter it has seen."""

    kind: str
    level: str
    hazard: str
    counter: int
    seen: int
    status: Status


def siren_mark(name: str) -> bytes:
    """Give the 16 bytes by which a siren knows that it is meant."""
    return hashlib.sha256(name.encode(errors="replace")).digest()[:16]


def _name(table: dict[str, int], number: int) -> str:
    for name, value in table.items():
        if value == number:
            return name
    raise NotForUsError(f"unknown code {number}")


def _mac(key: bytes, content: bytes) -> bytes:
    return hmac.new(key, content, hashlib.sha256).digest()


def encode_order(order: SirenOrder, key: bytes) -> bytes:
    """Write an order; a long alarm name loses its end."""
    name = order.alarm.encode(errors="replace")[:MOST_NAME_BYTES]
    head = _HEAD.pack(
        MAGIC,
        ORDER,
        KINDS[order.kind],
        LEVELS[order.level],
        HAZARDS[order.hazard],
        order.counter,
        order.issued_utc_ms,
        min(max(order.stands_ms, 0), 0xFFFFFFFF),
        siren_mark(order.siren),
        order.impact_utc_ms,
    )
    content = head + name
    return content + _mac(key, content)


def decode_order(datagram: bytes, siren: str, key: bytes) -> SirenOrder:
    """Read an order to this siren.

    Raises
    ------
    NotForUsError
        Not an order, not to this siren, or not made with its key.
    """
    content = _authentic(datagram, key, _HEAD.size, _HEAD.size + MOST_NAME_BYTES)
    magic, what, kind, level, hazard, counter, issued, stands, mark, impact = _HEAD.unpack_from(content)
    if magic != MAGIC or what != ORDER or mark != siren_mark(siren):
        raise NotForUsError("not an order to this siren")
    return SirenOrder(
        kind=_name(KINDS, kind),
        level=_name(LEVELS, level),
        hazard=_name(HAZARDS, hazard),
        counter=counter,
        issued_utc_ms=issued,
        stands_ms=stands,
        siren=siren,
        impact_utc_ms=impact,
        alarm=content[_HEAD.size :].decode("utf-8", errors="ignore"),
    )


def encode_acknowledgement(ack: SirenAcknowledgement, key: bytes) -> bytes:
    """Write an acknowledgement."""
    content = _ACK.pack(
        MAGIC,
        ACKNOWLEDGEMENT,
        KINDS[ack.kind],
        LEVELS[ack.level],
        HAZARDS[ack.hazard],
        ack.counter,
        ack.seen,
        STATUSES.index(ack.status),
    )
    return content + _mac(key, content)


def decode_acknowledgement(datagram: bytes, key: bytes) -> SirenAcknowledgement:
    """Read an acknowledgement.

    Raises
    ------
    NotForUsError
        Not an acknowledgement, or not made with the key.
    """
    content = _authentic(datagram, key, _ACK.size, _ACK.size)
    magic, what, kind, level, hazard, counter, seen, status = _ACK.unpack(content)
    if magic != MAGIC or what != ACKNOWLEDGEMENT or status >= len(STATUSES):
        raise NotForUsError("not an acknowledgement")
    return SirenAcknowledgement(
        kind=_name(KINDS, kind),
        level=_name(LEVELS, level),
        hazard=_name(HAZARDS, hazard),
        counter=counter,
        seen=seen,
        status=STATUSES[status],
    )


def _authentic(datagram: bytes, key: bytes, least: int, most: int) -> bytes:
    content, mac = datagram[:-MAC_BYTES], datagram[-MAC_BYTES:]
    if not least <= len(content) <= most:
        raise NotForUsError("a datagram of another size")
    if not hmac.compare_digest(mac, _mac(key, content)):
        raise NotForUsError("not made with this siren's key")
    return content


class SirenReceiver:
    """The siren's side without a socket: datagrams in, answers out, and what it sounds.

    An order with the counter of the last one is answered again and changes nothing; one with an older counter (a
    replay) is refused.  An alarm ends by a later order or when its time is over, whether or not the station lives.
    """

    def __init__(self, name: str, key: bytes, kind: str = "actual", seen: int = 0) -> None:
        self.name, self.kind, self.seen = name, kind, seen
        self._key = key
        self._level, self._hazard, self._until_ms, self._alarm = "clear", "unknown", 0, ""
        self.rejected = 0

    def state(self, now_ms: int) -> tuple[str, str]:
        """Give level and hazard now; ``now_ms`` is any clock that only runs forward."""
        if now_ms >= self._until_ms:
            self._level = "clear"
        return self._level, self._hazard

    def sound(self, now_ms: int) -> str:
        """Say what is to be heard: only "take shelter" sounds the siren, only an all-clear its own signal."""
        level, hazard = self.state(now_ms)
        if level == "take_shelter":
            return f"siren-{hazard}"
        return "all-clear" if level == "all_clear" else "silence"

    def receive(self, datagram: bytes, now_ms: int) -> bytes | None:
        """Take a datagram; give the answer, ``None`` to what is no order to this siren."""
        try:
            order = decode_order(datagram, self.name, self._key)
        except NotForUsError:
            self.rejected += 1
            return None
        if order.kind != self.kind:
            self.rejected += 1
            return None
        status: Status = "done"
        if order.counter < self.seen:
            status = "old"
        elif order.counter == self.seen:
            status = "repeated"
        else:
            self.seen = order.counter
            if order.level != "probe":
                self._level, self._hazard, self._alarm = order.level, order.hazard, order.alarm
                self._until_ms = now_ms + order.stands_ms
        level, hazard = self.state(now_ms)
        answer = SirenAcknowledgement(
            kind=self.kind, level=level, hazard=hazard, counter=order.counter, seen=self.seen, status=status
        )
        return encode_acknowledgement(answer, self._key)
