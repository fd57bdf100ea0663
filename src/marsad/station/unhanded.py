"""Decisions that were journalled but not handed to every channel: the process died between the two."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from marsad.adapters.cap import Reference, cap_time
from marsad.station.channels import Delivery
from marsad.station.journal import Readable
from marsad.terms import ZoneWarning

LATE_NS = 600_000_000_000
"""What was decided longer ago is not told any more: a late alarm would be a false one."""


@dataclass(frozen=True)
class Unhanded:
    """The last word to a zone, the channels that lack it, and the message that the others were given (if any)."""

    warning: ZoneWarning
    channel_ids: tuple[str, ...]
    reference: Reference | None = None


def unhanded(journal: Readable, channel_ids: Sequence[str], now_utc_ns: int) -> list[Unhanded]:
    """Find the last word to each zone that a channel has given no receipt for, not even one of failure."""
    since = max(now_utc_ns - LATE_NS, 1)
    last: dict[str, ZoneWarning] = {}
    for row in journal.read(("decision",), from_ns=since):
        if row.source == "warning":
            warning = msgspec.json.decode(row.payload, type=ZoneWarning)
            last[warning.zone_id] = warning
    wanted = {warning.warning_id: warning for warning in last.values()}
    has: defaultdict[str, set[str]] = defaultdict(set)
    reference: dict[str, Reference] = {}
    for row in journal.read(("delivery",), from_ns=since):
        delivery = msgspec.json.decode(row.payload, type=Delivery)
        name = delivery.warning_id
        if name in wanted and delivery.reference.sent >= cap_time(wanted[name].arrival_utc_ns):
            has[name].add(delivery.channel_id)
            reference[name] = delivery.reference
    lacking = {name: tuple(c for c in channel_ids if c not in has[name]) for name in wanted}
    return [Unhanded(wanted[name], channels, reference.get(name)) for name, channels in lacking.items() if channels]
