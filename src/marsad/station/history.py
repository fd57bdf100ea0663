"""The past as the console asks for it: the stream's messages from the journal, and how much there was when."""

from __future__ import annotations

import zlib

import msgspec

from marsad.station.journal import Journal
from marsad.station.picture import LISTS, fold
from marsad.station.wire import Json

MOST_MESSAGES = 20_000
SNAPSHOT_BACK_NS = 300_000_000_000
"""How far before a moment a snapshot is looked for: one is kept every minute."""
MOST_BINS = 2000


def events(journal: Journal, from_utc_ns: int, to_utc_ns: int) -> list[Json]:
    """Give a snapshot of what stood at the beginning, and what was told from then on, at most ``MOST_MESSAGES``."""
    whole: Json | None = None
    messages: list[Json] = []
    for row in journal.read(("stream",), from_ns=max(from_utc_ns - SNAPSHOT_BACK_NS, 1), to_ns=max(to_utc_ns, 1)):
        message: Json = msgspec.json.decode(zlib.decompress(row.payload))
        if row.utc_ns >= from_utc_ns:
            messages.append(message)
            if len(messages) >= MOST_MESSAGES:
                break
        elif message["type"] == "snapshot":
            whole = message
        elif whole is not None:
            fold(whole, message)
            whole["seq"] = message["seq"]
    if whole is None:
        whole = {"type": "snapshot", "seq": 0} | {name: [] for name in LISTS} | {"rejects": [], "rejected_total": 0}
    whole["now_utc_ms"] = from_utc_ns // 1_000_000
    return [whole, *messages]


def density(journal: Journal, from_utc_ns: int, to_utc_ns: int, bins: int) -> Json:
    """Count detections and warnings in equal spans of time."""
    bins = min(max(bins, 1), MOST_BINS)
    width = max((to_utc_ns - from_utc_ns) // bins, 1)
    detections, warnings = [0] * bins, [0] * bins
    for row in journal.read(("message", "decision"), from_ns=max(from_utc_ns, 1), to_ns=max(to_utc_ns, 1)):
        position = min((row.utc_ns - from_utc_ns) // width, bins - 1)
        if row.kind == "decision":
            warnings[position] += row.source == "warning"
        else:
            detections[position] += b'"detection_id"' in row.payload
    return {
        "from_utc_ms": from_utc_ns // 1_000_000,
        "to_utc_ms": to_utc_ns // 1_000_000,
        "detections": detections,
        "warnings": warnings,
    }
