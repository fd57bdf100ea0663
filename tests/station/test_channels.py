"""The ways out: each for itself, within its time, whatever another does."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest
from lxml import etree

from marsad.station.channels import CapDirectory, Chains, Delivery, Dispatch, Message, Receipt
from marsad.station.world import RealWorld
from marsad.terms.text import unwritable
from outlet_kit import ZONES, message

HOSTILE = "seen from\x0btower \ud800 3 \ufffe \u202e"


class Horn:
    """A channel that does what the test says."""

    kind = "horn"
    deadline_s = 0.2

    def __init__(self, name: str, takes_s: float = 0.0, fails: int = 0) -> None:
        self.channel_id = name
        self.heard: list[str] = []
        self._takes_s, self._fails = takes_s, fails

    def deliver(self, told: Message) -> Receipt:
        """Take a message, its own time over it."""
        self.heard.append(told.zone.zone_id)
        if len(self.heard) <= self._fails:
            time.sleep(self._takes_s)
        return Receipt(delivered=True)


async def told_to(channels: list[Any], messages: list[Message], on_delivery: Any = lambda _: None) -> list[Delivery]:
    world = RealWorld()
    dispatch = Dispatch(world, channels, on_delivery)
    dispatch.start()
    outcomes = [asyncio.wrap_future(one) for one in dispatch.send(messages)]
    found = await asyncio.wait_for(asyncio.gather(*outcomes), 3.0)
    await dispatch.close(0.1)
    await world.close()
    return found


def test_a_channel_that_is_stuck_is_left_at_its_deadline_and_the_next_alarm_goes_out() -> None:
    stuck, good = Horn("stuck", takes_s=2.0, fails=1), Horn("good")
    began = time.monotonic()
    found = asyncio.run(told_to([stuck, good], [message(), message(zone_id="tanks")]))
    assert time.monotonic() - began < 1.0
    by_channel = [(d.channel_id, d.zone_id, d.delivered) for d in found]
    assert by_channel == [
        ("stuck", "camp", False),
        ("good", "camp", True),
        ("stuck", "tanks", True),
        ("good", "tanks", True),
    ]
    assert found[0].detail == "not ended within 0.2 s, and left"
    assert good.heard == ["camp", "tanks"]


def test_a_channel_goes_on_whatever_is_made_of_its_receipts() -> None:
    class Odd(Horn):
        """Gives what is no receipt."""

        def deliver(self, told: Message) -> Any:
            """Take a message and give nothing."""
            super().deliver(told)

    def refuse(_: Delivery) -> None:
        raise UnicodeError("a receipt that cannot be kept")

    odd = Odd("odd")
    found = asyncio.run(told_to([odd], [message(), message(zone_id="tanks")], refuse))
    assert [d.delivered for d in found] == [False, False]
    assert "a receipt expected" in found[0].detail
    assert odd.heard == ["camp", "tanks"]


def hostile(zone_id: str = "camp") -> tuple[Any, Any]:
    warning = msgspec.structs.replace(message(zone_id=zone_id).warning, note=HOSTILE, issuer=f"amal{HOSTILE}")
    return warning, msgspec.structs.replace(ZONES[zone_id], name=f"Tank{HOSTILE}farm", name_ar="خ" * 5000)


def test_text_that_no_message_can_carry_goes_out_substituted() -> None:
    chains = Chains("plant\x00", f"Plant{HOSTILE}")
    made = chains.extend(*hostile(), 1_800_000_000_000_000_000)
    etree.fromstring(made.xml)
    for text in (made.warning.note, made.warning.issuer, made.zone.name, made.zone.name_ar, made.xml.decode()):
        assert unwritable(text) == ""
    assert made.warning.note == "seen from tower \ufffd 3 \ufffd \ufffd"
    assert len(made.zone.name_ar) == 200
    assert made.zone.name_ar.endswith("…")


def test_a_message_that_cannot_be_signed_goes_out_unsigned() -> None:
    def sign(_: bytes) -> bytes:
        raise ValueError("the key is broken")

    made = Chains("plant", "Plant", sign).extend(message().warning, ZONES["camp"], 1_800_000_000_000_000_000)
    assert b"<status>Actual</status>" in made.xml


def test_a_message_that_cannot_be_made_is_made_without_names(monkeypatch: pytest.MonkeyPatch) -> None:
    from marsad.adapters import cap

    real = cap.encode

    def encode(told: Any, packs: Any = ()) -> bytes:
        if told.zone.name == "Camp":
            raise ValueError("a name that breaks it")
        return real(told, packs)

    monkeypatch.setattr(cap, "encode", encode)
    chains = Chains("plant", "Plant")
    made = chains.extend(message().warning, ZONES["camp"], 1_800_000_000_000_000_000)
    assert b"camp: TAKE SHELTER NOW" in made.xml
    assert made.warning.level == "take_shelter"


def test_a_name_of_a_file_is_inside_the_folder_and_not_too_long(tmp_path: Path) -> None:
    written: list[Path] = []
    folder = CapDirectory(tmp_path, lambda path, _: written.append(path))
    for warning_id in ("W/../../escaped", "W-" + "ä" * 500):
        warning = msgspec.structs.replace(message().warning, warning_id=warning_id)
        folder.deliver(Chains("plant", "Plant").extend(warning, ZONES["camp"], 1_800_000_000_000_000_000))
    assert all(path.parent == tmp_path and len(path.name.encode()) < 250 for path in written)
    assert len(set(written)) == 2
