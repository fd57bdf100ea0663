"""What goes over the sensors' port: frames in, answers out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Frame:
    """A frame as it came; ``payload`` is ``None`` when the connection ended, ``trouble`` says what was no frame."""

    connection: int
    arrival_utc_ns: int
    payload: bytes | None
    trouble: str = ""


@dataclass(frozen=True)
class Reply:
    """A message to send back, once the journal holds what it answers; ``None``: nothing more will follow.

    ``may_rest``: whether from here on the connection may be silent for long, its nodes speaking only when they have
    news; ``None``: as before.
    """

    connection: int
    message: Any
    may_rest: bool | None = None
