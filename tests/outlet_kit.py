"""Messages to deliver, for the tests of the channels."""

from __future__ import annotations

import contextlib
import os
import shutil
import threading
from collections.abc import Iterator

import pytest

from marsad.adapters.channel_test import ChannelTest
from marsad.adapters.keys import Kind
from marsad.station.channels import Chains, Message
from marsad.station.outlets.speech import PROGRAM
from marsad.station.siren_emulator import SirenOptions, run
from marsad.terms import Geodetic, Zone, ZoneWarning

S = 1_000_000_000
# with MARSAD_REQUIRE_VOICE=1, as in CI, a missing voice fails these tests instead of passing over them
needs_voice = pytest.mark.skipif(
    shutil.which(PROGRAM) is None and os.environ.get("MARSAD_REQUIRE_VOICE") != "1", reason=f"apt-get install {PROGRAM}"
)
KEY = bytes(range(32))
ZONES = {
    zone_id: Zone(
        zone_id=zone_id,
        name=name,
        name_ar=name_ar,
        center=Geodetic.from_degrees(30.0, 20.0, 200.0),
        radius_m=400.0,
        shelter_s=12.0,
    )
    for zone_id, name, name_ar in (("camp", "Camp", "المخيم"), ("tanks", "Tank farm", "الخزانات"))
}


class Clock:
    """A station's clock that the test sets."""

    def __init__(self, now_ns: int = 1_800_000_000 * S) -> None:
        self.now_ns = now_ns

    def __call__(self) -> int:
        return self.now_ns


def message(
    level: str = "take_shelter",
    zone_id: str = "camp",
    now_ns: int = 1_800_000_000 * S,
    exercise: bool = False,
    **more: object,
) -> Message:
    action = {"all_clear": "all_clear", "remain": "update"}.get(level, "alert")
    fields: dict[str, object] = {
        "warning_id": f"incident-R1.{zone_id}",
        "incident_id": "incident-R1",
        "zone_id": zone_id,
        "level": level,
        "action": action,
        "hazard": "rocket",
        "arrival_utc_ns": now_ns,
        "expires_utc_ns": now_ns + 120 * S,
        "probability": 0.4,
        "impact_q05_utc_ns": now_ns + 20 * S,
        "impact_q50_utc_ns": now_ns + 22 * S,
        "impact_q95_utc_ns": now_ns + 24 * S,
        "exercise": exercise,
    }
    warning = ZoneWarning(**(fields | more))
    return Chains("plant", "Plant").extend(warning, ZONES[zone_id], now_ns)


class Heard:
    """A siren in a thread of the test."""

    def __init__(self, port: int, lines: list[str]) -> None:
        self.address = ("127.0.0.1", port)
        self.lines = lines


@contextlib.contextmanager
def siren(name: str = "gate", kind: Kind = "actual", key: bytes = KEY, port: int = 0) -> Iterator[Heard]:
    lines: list[str] = []
    ready, stop = threading.Event(), threading.Event()

    def tell(line: str) -> None:
        lines.append(line)
        ready.set()

    options = SirenOptions(name=name, key=key, kind=kind, port=port)
    thread = threading.Thread(target=run, args=(options, tell, stop.is_set))
    thread.start()
    try:
        assert ready.wait(5)
        yield Heard(int(lines[0].split("port ")[1].split()[0]), lines)
    finally:
        stop.set()
        thread.join(5)


def trial(now_ns: int = 1_800_000_000 * S) -> ChannelTest:
    return Chains("plant", "Plant").test("test-1", Geodetic.from_degrees(30.0, 20.0, 200.0), now_ns)
