"""What a drill prints: lines for people, or one JSON object a line for the station that began it."""

from __future__ import annotations

from typing import Any

import msgspec

from marsad.station.channels import Delivery
from marsad.terms import ZoneWarning

PURPLE = "\033[45;97m"
PLAIN = "\033[0m"
ENDS = {
    "over": "the drill is over",
    "pre_empted": "DRILL ENDED – REAL ALARM. Follow the real alarm.",
    "out_of_contact": "the drill was ended: the real station is not heard",
}


class Said:
    """Prints what a drill does."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json

    def begins(self, zone_count: int, people: int, channel_count: int) -> None:
        """Say what will literally happen; the words differ from those of a real alarm on purpose."""
        told = f"about {people} people in " if people else ""
        text = f"{told}{zone_count} zones will be told of a DRILL over {channel_count} channels."
        self._say(text, {"event": "begins", "people": people, "channels": channel_count})

    def tell(self, warning: ZoneWarning) -> None:
        """Say what a zone is told."""
        event = {"event": "told", "zone_id": warning.zone_id, "level": warning.level, "rule": warning.rule}
        self._say(f"{warning.zone_id}: {warning.level}  ({warning.rule})", event)

    def delivered(self, delivery: Delivery) -> None:
        """Say what became of a message; people hear of failures only."""
        event = {
            "event": "delivery",
            "channel_id": delivery.channel_id,
            "zone_id": delivery.zone_id,
            "delivered": delivery.delivered,
            "detail": delivery.detail,
        }
        if self._as_json or not delivery.delivered:
            self._say(f"{delivery.channel_id}: {delivery.detail}", event)

    def ended(self, phase: str) -> None:
        """Say how it ended."""
        self._say(ENDS.get(phase, phase), {"event": "ended", "phase": phase})

    def _say(self, text: str, event: dict[str, Any]) -> None:
        print(msgspec.json.encode(event).decode() if self._as_json else f"{PURPLE} EXERCISE {PLAIN} {text}", flush=True)
