"""Sirens: acknowledged within a second or failed, the most urgent zone counts, a lost alarm is told again."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable

import pytest

from marsad.adapters import siren as wire
from marsad.station.outlets.siren import SirenChannel
from marsad.station.outlets.wall import Walled
from outlet_kit import KEY, Clock, S, message, siren


def soon(true: Callable[[], bool]) -> bool:
    end = time.monotonic() + 2.0
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.02)
    return False


def channel(address: tuple[str, int], clock: Clock, **more: object) -> SirenChannel:
    return SirenChannel("gate", address, KEY, clock, **more)


def test_an_alarm_is_acknowledged_and_sounds_and_ends_with_the_all_clear() -> None:
    clock = Clock()
    with siren() as heard:
        out = channel(heard.address, clock)
        receipt = out.deliver(message())
        assert receipt.delivered, receipt.detail
        assert "take_shelter, acknowledged" in receipt.detail
        assert soon(lambda: "siren-rocket" in heard.lines[-1])
        clock.now_ns += 100 * S
        assert out.deliver(message("all_clear", now_ns=clock.now_ns)).delivered
        assert soon(lambda: "all-clear" in heard.lines[-1])


def test_early_warning_does_not_sound() -> None:
    with siren() as heard:
        out = channel(heard.address, Clock())
        for level in ("watch", "prepare"):
            assert out.deliver(message(level)).delivered
        time.sleep(0.3)
        assert len(heard.lines) == 1


def test_no_answer_is_a_failure_within_the_second() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf:
        deaf.bind(("127.0.0.1", 0))
        began = time.monotonic()
        receipt = channel(deaf.getsockname(), Clock()).deliver(message())
        assert not receipt.delivered
        assert "no acknowledgement" in receipt.detail
        assert time.monotonic() - began < 1.5
        deaf.setblocking(False)
        repeats = 0
        while True:
            try:
                deaf.recv(512)
                repeats += 1
            except BlockingIOError:
                break
        assert repeats == 5


def test_a_lost_datagram_is_made_good_by_a_repeat() -> None:
    clock = Clock()
    receiver = wire.SirenReceiver("gate", KEY)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        link.bind(("127.0.0.1", 0))
        link.settimeout(5)

        def lossy() -> None:
            for k in range(3):
                datagram, sender = link.recvfrom(512)
                answer = receiver.receive(datagram, 0)
                if k == 2 and answer is not None:
                    link.sendto(answer, sender)

        thread = threading.Thread(target=lossy)
        thread.start()
        receipt = channel(link.getsockname(), clock).deliver(message())
        thread.join(5)
    assert receipt.delivered, receipt.detail


def test_one_zones_all_clear_does_not_silence_another_zones_alarm() -> None:
    clock = Clock()
    with siren() as heard:
        out = channel(heard.address, clock)
        out.deliver(message(zone_id="camp"))
        out.deliver(message(zone_id="tanks"))
        receipt = out.deliver(message("all_clear", zone_id="tanks"))
        assert "take_shelter" in receipt.detail
        again = channel(heard.address, clock)  # the station comes up anew and takes in what stands
        again.restore([message(zone_id="camp").warning])
        assert "take_shelter" in again.deliver(message("all_clear", zone_id="tanks")).detail


def test_a_zone_of_another_siren_is_not_told() -> None:
    with siren() as heard:
        out = channel(heard.address, Clock(), zone_ids=frozenset({"tanks"}))
        assert "not a zone" in out.deliver(message(zone_id="camp")).detail
        assert len(heard.lines) == 1


def test_a_siren_that_lost_its_alarm_in_a_power_cut_is_told_again() -> None:
    clock = Clock()
    with siren() as heard:
        out = channel(heard.address, clock)
        out.deliver(message())
        port = heard.address[1]
    assert not out.probe().delivered
    with siren(port=port) as heard:
        receipt = out.probe()
        assert receipt.delivered
        assert soon(lambda: "siren-rocket" in heard.lines[-1])


def test_a_siren_that_knows_a_higher_counter_is_followed() -> None:
    late, early = Clock(1_900_000_000 * S), Clock(1_800_000_000 * S)
    with siren() as heard:
        assert channel(heard.address, late).deliver(message("all_clear", now_ns=late.now_ns)).delivered
        receipt = channel(heard.address, early).deliver(message())
        assert receipt.delivered
        assert "take_shelter" in receipt.detail


@pytest.mark.parametrize("kind", ["actual", "exercise"])
def test_neither_kind_reaches_the_others_siren(kind: str) -> None:
    other = "exercise" if kind == "actual" else "actual"
    with siren(kind=other, key=bytes(32)) as heard:
        astray = SirenChannel("gate", heard.address, KEY, Clock(), identity=kind)
        assert not astray.deliver(message(exercise=kind == "exercise")).delivered
        assert len(heard.lines) == 1
    walled = Walled(astray, other)
    assert "refused" in walled.deliver(message(exercise=kind == "exercise")).detail
