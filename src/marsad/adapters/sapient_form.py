"""The form of SAPIENT messages: frames on the stream, identifiers, and what the standard makes mandatory.

Source: BSI Flex 335 v2.0; the ``is_mandatory``, ``is_uuid`` and ``is_ulid`` options of its published protobuf files.
A frame is the length of the message as four bytes, little-endian, and then the message.
"""

from __future__ import annotations

import hashlib
import struct
import uuid
from dataclasses import dataclass
from functools import cache
from typing import Any

from google.protobuf.message import DecodeError
from sapient_msg import proto_options_pb2 as options
from sapient_msg.bsi_flex_335_v2_0 import sapient_message_pb2

SapientMessage = sapient_message_pb2.SapientMessage

LENGTH_BYTES = 4
MAX_FRAME_BYTES = 256 * 1024
NODE_NAMESPACE = uuid.UUID("5b0c8a52-6a3e-5d0b-9d8e-0a7d5d1a6c11")
"""Namespace of node identifiers that are made from a sensor's name (version 5 UUID)."""
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
MAX_PROBLEMS = 8


class SapientError(ValueError):
    """A SAPIENT message that cannot be used, with every reason; ``field`` names the first culprit."""

    def __init__(self, reasons: str | list[str], field: str = "") -> None:
        self.reasons = [reasons] if isinstance(reasons, str) else reasons
        self.field = field
        super().__init__("; ".join(self.reasons))


def frame(message: Any) -> bytes:
    """Give the message as one frame."""
    payload: bytes = message.SerializeToString()
    return struct.pack("<I", len(payload)) + payload


def frame_length(header: bytes) -> int:
    """Give the number of bytes that follow a frame's header of four bytes."""
    return int(struct.unpack("<I", header)[0])


def parse(payload: bytes) -> Any:
    """Read a message from a frame's payload.

    Raises
    ------
    SapientError
        The bytes are no SAPIENT message.
    """
    message = SapientMessage()
    try:
        message.ParseFromString(payload)
    except (DecodeError, RecursionError) as error:
        raise SapientError(f"these {len(payload)} bytes are no SAPIENT message (BSI Flex 335 v2.0)") from error
    return message


def node_id_of(sensor_id: str) -> str:
    """Give the UUID under which a sensor of this name speaks, always the same."""
    return str(uuid.uuid5(NODE_NAMESPACE, sensor_id))


def is_uuid(text: str) -> bool:
    """Say whether the text is a UUID."""
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


def is_ulid(text: str) -> bool:
    """Say whether the text is a ULID: 26 characters of Crockford's base 32, at most 2^128 - 1."""
    return len(text) == 26 and text[0] in CROCKFORD[:8] and all(c in CROCKFORD for c in text)


def ulid_of(time_utc_ns: int, *names: str) -> str:
    """Give the ULID of a thing: its time in milliseconds, then a digest of its names in place of randomness."""
    milliseconds = max(time_utc_ns // 1_000_000, 0) & ((1 << 48) - 1)
    digest = hashlib.sha256("\0".join((str(time_utc_ns), *names)).encode()).digest()[:10]
    number = milliseconds << 80 | int.from_bytes(digest, "big")
    return "".join(CROCKFORD[number >> shift & 31] for shift in range(125, -1, -5))


def time_of(message: Any) -> int:
    """Give the time of a message in nanoseconds UTC."""
    return int(message.timestamp.seconds) * 1_000_000_000 + int(message.timestamp.nanos)


def set_time(message: Any, time_utc_ns: int) -> None:
    """Set the time of a message, nanoseconds UTC."""
    message.timestamp.seconds, message.timestamp.nanos = divmod(time_utc_ns, 1_000_000_000)


# --- what the standard makes mandatory ---------------------------------------------------------------


@dataclass(frozen=True)
class _Rule:
    """What the standard asks of one field."""

    name: str
    mandatory: bool
    uuid: bool
    ulid: bool
    repeated: bool
    presence: bool
    nested: bool


@cache
def _rules(descriptor: Any) -> tuple[tuple[_Rule, ...], tuple[tuple[str, tuple[str, ...]], ...]]:
    """Give the rules of a message's fields, and its mandatory choices with the names to choose from."""
    rules = []
    for f in descriptor.fields:
        asked = f.GetOptions().Extensions[options.field_options]
        nested = f.message_type is not None and f.message_type.full_name.startswith("sapient_msg.")
        rule = _Rule(f.name, asked.is_mandatory, asked.is_uuid, asked.is_ulid, f.is_repeated, f.has_presence, nested)
        if rule.mandatory or rule.uuid or rule.ulid or nested:
            rules.append(rule)
    choices = tuple(
        (choice.name, tuple(f.name for f in choice.fields))
        for choice in descriptor.oneofs
        if choice.GetOptions().Extensions[options.oneof_options].is_mandatory
    )
    return tuple(rules), choices


def _is_set(message: Any, rule: _Rule) -> bool:
    if rule.repeated:
        return len(getattr(message, rule.name)) > 0
    return bool(message.HasField(rule.name)) if rule.presence else bool(getattr(message, rule.name))


def _walk(message: Any, place: str, problems: list[str]) -> None:
    rules, choices = _rules(message.DESCRIPTOR)
    for name, among in choices:
        if message.WhichOneof(name) is None:
            problems.append(f"{place or 'message'}: one of {', '.join(among)} is mandatory")
    for rule in rules:
        where = f"{place}.{rule.name}" if place else rule.name
        if not _is_set(message, rule):
            if rule.mandatory:
                problems.append(f"{where} is mandatory and missing")
            continue
        value = getattr(message, rule.name)
        if rule.uuid and not is_uuid(value):
            problems.append(f"{where} must be a UUID, found {value[:40]!r}")
        if rule.ulid and not is_ulid(value):
            problems.append(f"{where} must be a ULID, found {value[:40]!r}")
        if rule.nested:
            for part in value if rule.repeated else (value,):
                if len(problems) >= MAX_PROBLEMS:
                    return
                _walk(part, where, problems)


def check(message: Any) -> None:
    """Hold a message against what the standard makes mandatory and against its forms of identifiers.

    Raises
    ------
    SapientError
        With up to ``MAX_PROBLEMS`` reasons, each naming the field by its place.
    """
    problems: list[str] = []
    _walk(message, "", problems)
    if problems:
        raise SapientError(problems[:MAX_PROBLEMS], field=problems[0].split(" ")[0].rstrip(":"))
