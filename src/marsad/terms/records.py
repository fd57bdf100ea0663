"""What became of each input: nothing that arrives disappears without a word."""

from __future__ import annotations

from typing import Literal

import msgspec

DispositionKind = Literal["associated", "initiated", "held", "clutter", "duplicate", "late", "outlier", "rejected"]


class Disposition(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one detection; ``target_id`` is the event or track it went to."""

    detection_id: str
    sensor_id: str
    kind: DispositionKind
    target_id: str = ""
    reason: str = ""


class RejectedInput(msgspec.Struct, frozen=True, kw_only=True):
    """An input that could not be used, kept with the reason."""

    arrival_utc_ns: int
    source: str
    reason: str
    field: str = ""
    raw: str = ""


class Overload(msgspec.Struct, frozen=True, kw_only=True):
    """More is asked for than can be looked at in time: nothing is lost, what is least likely to hit a zone waits.

    ``put_off``: how many possible launches wait now (0: it is over); ``given_up``: how many, since ``since_utc_ns``,
    have waited in vain until their plots were too old.
    """

    arrival_utc_ns: int
    since_utc_ns: int
    put_off: int
    given_up: int = 0
