"""Sirens over UDP: an order repeated until it is acknowledged, within a second or it has failed."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from marsad.adapters.channel_test import ChannelTest
from marsad.adapters.keys import Kind
from marsad.adapters.siren import NotForUsError, SirenAcknowledgement, SirenOrder, decode_acknowledgement, encode_order
from marsad.station.channels import Message, Receipt
from marsad.terms import ZoneWarning

REPEATS_S = (0.0, 0.08, 0.2, 0.4, 0.7)
"""When an order that was not acknowledged is sent again."""
DEADLINE_S = 1.0
PROBE_DEADLINE_S = 0.5
ALL_CLEAR_SOUNDS_S = 30.0
TEST_NAME = "TEST"
"""Name of the alarm in the order of a test, which changes nothing."""
RANK = {"clear": 0, "watch": 1, "prepare": 2, "all_clear": 3, "remain": 4, "take_shelter": 5}
UNDERSTOOD = {"watch": "clear", "prepare": "clear"}


@dataclass(frozen=True)
class _Standing:
    level: str
    hazard: str
    until_utc_ns: int
    impact_utc_ns: int
    warning_id: str


class SirenChannel:
    """One siren.  It serves several zones: the most urgent of their levels is what it is told.

    ``clock`` gives the station's time in nanoseconds UTC.  Counters are microseconds since 1970, so they grow over a
    restart of the station without being written down; a siren that has seen a higher one says so, and is followed.
    """

    kind = "siren"
    deadline_s = 3.0  # its own bound, one probe before it, and a name that is slow to resolve

    def __init__(
        self,
        name: str,
        address: tuple[str, int],
        key: bytes,
        clock: Callable[[], int],
        identity: Kind = "actual",
        zone_ids: frozenset[str] = frozenset(),
    ) -> None:
        self.channel_id = f"siren:{name}"
        self._name, self._address, self._key, self._identity = name, address, key, identity
        self._clock = clock
        self._zone_ids = zone_ids
        self._zones: dict[str, _Standing] = {}
        self._counter = 0
        self._guard = threading.Lock()

    def restore(self, standing: Sequence[ZoneWarning]) -> None:
        """Take in what stood when the station came up, so that one zone's all-clear does not end another's alarm."""
        for warning in standing:
            self._note(warning)

    def deliver(self, message: Message) -> Receipt:
        """Tell the siren; a zone that it does not serve is done at once."""
        warning = message.warning
        if self._zone_ids and warning.zone_id not in self._zone_ids:
            return Receipt(delivered=True, detail="not a zone of this siren")
        with self._guard:
            self._note(warning)
            return self._tell(DEADLINE_S)

    def probe(self) -> Receipt:
        """Ask whether the siren lives; one that lost its alarm (a power cut) is told again."""
        with self._guard:
            heard, said = self._exchange("probe", "unknown", 0, 0, "", PROBE_DEADLINE_S)
            if heard is None:
                return Receipt(delivered=False, detail=said)
            now_ns = self._clock()
            wanted = self._most_urgent(now_ns)
            if wanted is not None and wanted.level == "take_shelter" and heard.level != "take_shelter":
                return self._tell(DEADLINE_S)
            return Receipt(delivered=True, detail=f"alive, {heard.level}")

    def test(self, test: ChannelTest) -> Receipt:
        """Ask the siren for an answer made with its key; the order is a probe named TEST, so that nothing is heard."""
        del test
        with self._guard:
            heard, said = self._exchange("probe", "unknown", 0, 0, TEST_NAME, PROBE_DEADLINE_S)
        return Receipt(delivered=heard is not None, detail=f"{said}; it stays silent" if heard is not None else said)

    def _note(self, warning: ZoneWarning) -> None:
        if self._zone_ids and warning.zone_id not in self._zone_ids:
            return
        if warning.level == "clear":
            self._zones.pop(warning.zone_id, None)
            return
        until = warning.expires_utc_ns
        if warning.level == "all_clear":
            until = min(until, warning.arrival_utc_ns + round(ALL_CLEAR_SOUNDS_S * 1e9))
        impact = warning.impact_q05_utc_ns or 0
        self._zones[warning.zone_id] = _Standing(warning.level, warning.hazard, until, impact, warning.warning_id)

    def _most_urgent(self, now_ns: int) -> _Standing | None:
        self._zones = {k: v for k, v in self._zones.items() if v.until_utc_ns > now_ns}
        return max(self._zones.values(), key=lambda s: (RANK[s.level], s.until_utc_ns), default=None)

    def _tell(self, deadline_s: float) -> Receipt:
        now_ns = self._clock()
        wanted = self._most_urgent(now_ns)
        if wanted is None:
            heard, said = self._exchange("clear", "unknown", 0, 0, "", deadline_s)
        else:
            stands_ms = (wanted.until_utc_ns - now_ns) // 1_000_000
            impact_ms = wanted.impact_utc_ns // 1_000_000
            heard, said = self._exchange(
                wanted.level, wanted.hazard, stands_ms, impact_ms, wanted.warning_id, deadline_s
            )
        return Receipt(delivered=heard is not None, detail=said)

    def _exchange(
        self, level: str, hazard: str, stands_ms: int, impact_ms: int, alarm: str, deadline_s: float
    ) -> tuple[SirenAcknowledgement | None, str]:
        """Send an order until it is acknowledged."""
        began = time.monotonic()
        with socket.socket(_family(self._address[0]), socket.SOCK_DGRAM) as link:
            link.connect(self._address)
            refused = ""
            for _ in range(2):  # a second time only when the siren knows a higher counter
                now_ns = self._clock()
                self._counter = max(self._counter + 1, now_ns // 1000)
                order = SirenOrder(
                    kind=self._identity,
                    level=level,
                    hazard=hazard,
                    counter=self._counter,
                    issued_utc_ms=now_ns // 1_000_000,
                    stands_ms=stands_ms,
                    siren=self._name,
                    impact_utc_ms=impact_ms,
                    alarm=alarm,
                )
                heard, refused = self._until_heard(link, encode_order(order, self._key), began + deadline_s)
                if heard is None or heard.status != "old":
                    break
                self._counter = heard.seen
        took_s = time.monotonic() - began
        if heard is None:
            return None, f"no acknowledgement from {self._address[0]}:{self._address[1]} in {deadline_s:.1f} s{refused}"
        return heard, f"{heard.level}, acknowledged in {1000 * took_s:.0f} ms"

    def _until_heard(self, link: socket.socket, datagram: bytes, end: float) -> tuple[SirenAcknowledgement | None, str]:
        began, refused = time.monotonic(), ""
        times = [began + s for s in REPEATS_S]
        while (now := time.monotonic()) < end:
            if times and now >= times[0]:
                times.pop(0)
                try:
                    link.send(datagram)
                except OSError as error:
                    refused = f" ({error.strerror})"
            link.settimeout(max(min(times[0] if times else end, end) - time.monotonic(), 0.001))
            try:
                answer = decode_acknowledgement(link.recv(512), self._key)
            except TimeoutError:
                continue
            except NotForUsError:
                refused = " (an answer that was not made with its key)"
                continue
            except OSError as error:
                refused = f" ({error.strerror})"
                time.sleep(0.02)
                continue
            if answer.counter == self._counter and answer.kind == self._identity:
                return answer, ""
        return None, refused


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET
