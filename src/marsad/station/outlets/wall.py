"""The wall between drills and the real thing, on the sending side.

A channel is made for one kind of message and never lets the other pass.  The receiving side has a wall of its own: a
sink holds the keys of one kind only.
"""

from __future__ import annotations

from collections.abc import Sequence

from marsad.adapters.channel_test import ChannelTest
from marsad.adapters.keys import Kind
from marsad.station.channels import CanBeTested, Channel, Message, Receipt, deadline_of
from marsad.terms import ZoneWarning

FORBIDDEN_IN_EXERCISES = ("this is not a drill", "not an exercise", "هذا ليس تمرين", "ليست تجربة")


class Walled:
    """A channel behind the wall: messages of the other kind are refused and never reach it."""

    def __init__(self, channel: Channel, kind: Kind) -> None:
        self.channel_id = channel.channel_id
        self.kind = channel.kind
        self.refused = 0
        self.deadline_s = deadline_of(channel)
        self._channel = channel
        self._for = kind

    def deliver(self, message: Message) -> Receipt:
        """Hand a message of the right kind on."""
        told: Kind = "exercise" if message.warning.exercise else "actual"
        status = b"<status>Exercise</status>" if told == "exercise" else b"<status>Actual</status>"
        if told != self._for or status not in message.xml:
            self.refused += 1
            return Receipt(delivered=False, detail=f"refused: this channel is for {self._for} messages only")
        if told == "exercise" and claims_to_be_real(message.xml.decode("utf-8", errors="replace")):
            self.refused += 1
            return Receipt(delivered=False, detail="refused: an exercise message that claims not to be a drill")
        return self._channel.deliver(message)

    def probe(self) -> Receipt:
        """See whether the channel lives."""
        probe = getattr(self._channel, "probe", None)
        return probe() if probe is not None else Receipt(delivered=True)

    def test(self, test: ChannelTest) -> Receipt:
        """Hand a test on, which is neither actual nor exercise and says so."""
        if b"<status>Test</status>" not in test.xml:
            self.refused += 1
            return Receipt(delivered=False, detail="refused: this is not marked as a test")
        if not isinstance(self._channel, CanBeTested):
            return Receipt(delivered=False, detail="this channel knows no tests")
        return self._channel.test(test)

    def restore(self, standing: Sequence[ZoneWarning]) -> None:
        """Tell the channel what stands, after a restart."""
        restore = getattr(self._channel, "restore", None)
        if restore is not None:
            restore([w for w in standing if w.exercise == (self._for == "exercise")])


def claims_to_be_real(text: str) -> bool:
    """Whether a text says that it is no drill."""
    plain = text.casefold()
    return any(phrase in plain for phrase in FORBIDDEN_IN_EXERCISES)
