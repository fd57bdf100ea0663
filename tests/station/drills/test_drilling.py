"""Drills beside a real station: they make way within a second, and not one byte of theirs is an actual order."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import hashlib
import hmac
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from marsad.adapters import cap_signature, keys
from marsad.adapters import siren as wire
from marsad.adapters.errors import BadInputError
from marsad.pipeline import Outputs
from marsad.station.channels import Chains, Message, Receipt
from marsad.station.drilling import require_real, run_drill
from marsad.station.outlets.setup import Outlets
from marsad.station.outlets.wall import Walled, claims_to_be_real
from marsad.station.runner import Pipeline
from marsad.station.service import Settings, Station
from marsad.station.serving import running
from marsad.station.world import RealWorld
from marsad.warn.drill import MAKE_WAY_NOTE, DrillPlan
from outlet_kit import ZONES, message
from station_kit import small_site

NOW = datetime.datetime.now(tz=datetime.UTC)


class Recorder:
    """A channel that keeps what it was given."""

    kind = "test"

    def __init__(self, channel_id: str = "recorder") -> None:
        self.channel_id = channel_id
        self.got: list[tuple[float, Message]] = []

    def deliver(self, one: Message) -> Receipt:
        self.got.append((time.monotonic(), one))
        return Receipt(delivered=True)


def alarming_after(seconds: float, began: list[float]) -> Pipeline:
    """A pipeline that alarms the camp so long after its first step."""

    def step(state: Any, batch: Sequence[Any]) -> tuple[Any, Outputs]:
        first, done = state or (time.monotonic(), False)
        now = batch[-1].arrival_utc_ns
        if done or time.monotonic() - first < seconds:
            return (first, done), Outputs()
        began.append(time.monotonic())
        warning = msgspec.structs.replace(message().warning, arrival_utc_ns=now, expires_utc_ns=now + 10**11)
        return (first, True), Outputs(warnings=(warning,))

    return Pipeline(init=lambda site: None, step=step)


def drill_beside(tmp_path: Path, pipeline: Pipeline, duration_s: float, exercise: bool = False, die_s: float = 0.0):
    keys.make_identity(tmp_path / "keys", "exercise", "plant-drill", NOW)
    identity = keys.read_identity(tmp_path / "keys")
    recorder, said = Recorder(), []

    async def main() -> str:
        world = RealWorld()
        settings = Settings(journal=tmp_path / "journal", sapient_port=0, exercise=exercise)
        station = Station(world, small_site(), pipeline, settings)
        async with contextlib.AsyncExitStack() as stack:
            live = await stack.enter_async_context(running(station, "127.0.0.1", 0))
            plan = DrillPlan(
                drill_id="d", zone_ids=("camp",), begins_utc_ns=world.utc_ns(), duration_s=duration_s, remain_s=0.5
            )
            outlets = Outlets(identity, (Walled(recorder, "exercise"),))
            address = f"http://127.0.0.1:{live.http_port}"
            drill_world = RealWorld()
            drill = asyncio.ensure_future(
                run_drill(drill_world, small_site(), plan, outlets, address, said.append, asyncio.Event())
            )
            if die_s:
                await asyncio.sleep(die_s)
                await stack.aclose()
            ended = await asyncio.wait_for(drill, 40)
            await drill_world.close()
            return ended

    return asyncio.run(main()), recorder, said, identity


def test_a_drill_runs_beside_the_real_station_and_ends_by_itself(tmp_path: Path) -> None:
    ended, recorder, said, identity = drill_beside(tmp_path, alarming_after(1e9, []), 2.0)
    assert ended == "over"
    assert [w.level for w in said] == ["take_shelter", "remain", "all_clear"]
    for _, one in recorder.got:
        content = cap_signature.verify(one.xml, identity.cap_certificate_pem)
        assert b"<status>Exercise</status>" in content
        assert "EXERCISE" in content.decode()


def test_a_real_alarm_ends_the_drill_within_a_second(tmp_path: Path) -> None:
    alarmed: list[float] = []
    ended, recorder, said, _ = drill_beside(tmp_path, alarming_after(2.0, alarmed), 60.0)
    assert ended == "pre_empted"
    assert said[-1].note == MAKE_WAY_NOTE
    when, last = recorder.got[-1]
    assert "DRILL ENDED – REAL ALARM" in last.xml.decode()
    assert when - alarmed[0] < 1.0, f"{when - alarmed[0]:.2f} s"


def test_a_drill_that_no_longer_hears_the_real_station_ends(tmp_path: Path) -> None:
    ended, _, said, _ = drill_beside(tmp_path, alarming_after(1e9, []), 60.0, die_s=2.0)
    assert ended == "out_of_contact"
    assert said[-1].level == "all_clear"


def test_no_drill_without_a_real_station_or_beside_another_drill(tmp_path: Path) -> None:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    with pytest.raises(BadInputError, match="must hear it"):
        require_real(f"http://127.0.0.1:{port}")
    with pytest.raises(BadInputError, match="station of exercises"):
        drill_beside(tmp_path, alarming_after(1e9, []), 2.0, exercise=True)


# --- the wall ---


@dataclass
class Sink:
    """Whatever speaks to people: it holds the keys of one kind only, and acts on what it can verify with them."""

    kind: keys.Kind
    certificate: bytes
    secret: bytes
    siren: wire.SirenReceiver
    bytes_in: int = 0
    acted_on: list[str] = field(default_factory=list)

    def cap(self, xml: bytes) -> None:
        with contextlib.suppress(cap_signature.NotTrustedError):
            content = cap_signature.verify(xml, self.certificate)
            self.acted_on.append("exercise" if b"<status>Exercise</status>" in content else "actual")

    def web_hook(self, body: bytes, signature: bytes, kind: str) -> None:
        if hmac.compare_digest(hmac.new(self.secret, body, hashlib.sha256).digest(), signature):
            self.acted_on.append(kind)

    def datagram(self, order: bytes, kind: str) -> None:
        if self.siren.receive(order, 0) is not None:
            self.acted_on.append(kind)


class ToSink:
    """A channel whose other end is a sink: the messages' bytes are counted where they arrive."""

    channel_id, kind = "to-sink", "test"

    def __init__(self, sink: Sink) -> None:
        self.sink = sink

    def deliver(self, one: Message) -> Receipt:
        self.sink.bytes_in += len(one.xml)
        self.sink.acted_on.append("exercise" if one.warning.exercise else "actual")
        return Receipt(delivered=True)


@pytest.fixture(scope="module")
def two_worlds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[keys.Identity, Sink]]:
    place = tmp_path_factory.mktemp("walls")
    out = {}
    for number, kind in enumerate(("actual", "exercise")):
        keys.make_identity(place / kind, kind, f"plant-{kind}", NOW)
        siren_key = keys.add_siren(place / kind, "gate")
        identity = keys.read_identity(place / kind)
        receiver = wire.SirenReceiver("gate", siren_key, kind)
        out[kind] = (identity, Sink(kind, identity.cap_certificate_pem, bytes([number]) * 32, receiver))
    return out


def messages_of(identity: keys.Identity) -> list[Message]:
    """A few dozen signed messages of every level and zone, as the sender of one kind makes them."""
    made = []
    for zone_id in ZONES:
        chains = Chains(identity.sender, "Plant", lambda xml: cap_signature.sign(xml, identity))
        for level in ("watch", "prepare", "take_shelter", "remain", "all_clear"):
            warning = message(level, zone_id, exercise=identity.kind == "exercise").warning
            made.append(chains.extend(warning, ZONES[zone_id], warning.arrival_utc_ns))
    return made


def test_ten_thousand_interleavings_put_no_exercise_byte_on_an_actual_sink(
    two_worlds: dict[str, tuple[keys.Identity, Sink]],
) -> None:
    rng = np.random.default_rng(20260101)
    made = {kind: messages_of(identity) for kind, (identity, _) in two_worlds.items()}
    # every channel is tried with every sender, also those that a wrong configuration would join
    walled = {kind: Walled(ToSink(sink), kind) for kind, (_, sink) in two_worlds.items()}
    counter = 0
    sent = dict.fromkeys(two_worlds, 0)
    for number in range(10_000):
        sender = "exercise" if rng.random() < 0.5 else "actual"
        target = "exercise" if rng.random() < 0.5 else "actual"
        identity, _ = two_worlds[sender]
        sink = two_worlds[target][1]
        one = made[sender][int(rng.integers(len(made[sender])))]
        counter += int(rng.integers(0, 2))
        before = sink.bytes_in
        way = int(rng.integers(4))
        if way == 0:  # through a channel behind the wall
            receipt = walled[target].deliver(one)
            assert receipt.delivered == (sender == target)
            assert (sink.bytes_in > before) == (sender == target)
        elif way == 1:  # a datagram straight at the siren, as from a wrong address in a file
            order = wire.SirenOrder(
                kind=sender if rng.random() < 0.8 else target,  # even one that lies about its kind
                level=one.warning.level,
                hazard="rocket",
                counter=counter,
                issued_utc_ms=0,
                stands_ms=1000,
                siren="gate",
            )
            sink.datagram(wire.encode_order(order, identity.siren_keys["gate"]), sender)
        elif way == 2:  # a web hook at the wrong address
            secret = two_worlds[sender][1].secret
            sink.web_hook(one.xml, hmac.new(secret, one.xml, hashlib.sha256).digest(), sender)
        elif number % 10 == 0:  # a CAP message in the wrong hands (one in ten: the signature takes most of the time)
            sink.cap(one.xml)
        sent[sender] += 1
    assert min(sent.values()) > 4000
    for kind, (_, sink) in two_worlds.items():
        assert len(sink.acted_on) > 1000, "the right ones came through"
        assert set(sink.acted_on) == {kind}, "and no other"


def test_a_relabelled_exercise_is_still_none(two_worlds: dict[str, tuple[keys.Identity, Sink]]) -> None:
    identity, _ = two_worlds["exercise"]
    one = messages_of(identity)[2]
    forged = one.xml.replace(b"<status>Exercise</status>", b"<status>Actual</status>")
    sink = two_worlds["actual"][1]
    before = list(sink.acted_on)
    sink.cap(forged)
    assert sink.acted_on == before
    relabelled = msgspec.structs.replace(
        one, cap=msgspec.structs.replace(one.cap, warning=msgspec.structs.replace(one.warning, exercise=False))
    )
    assert not Walled(ToSink(sink), "actual").deliver(relabelled).delivered


@pytest.mark.parametrize("text", ["This is NOT a drill", "هذا ليس تمرينًا"])
def test_an_exercise_that_claims_to_be_real_is_refused(
    two_worlds: dict[str, tuple[keys.Identity, Sink]], text: str
) -> None:
    assert claims_to_be_real(text)
    one = messages_of(two_worlds["exercise"][0])[2]
    lying = msgspec.structs.replace(one, xml=one.xml.replace(b"EXERCISE", text.encode()))
    sink = two_worlds["exercise"][1]
    assert "claims not to be a drill" in Walled(ToSink(sink), "exercise").deliver(lying).detail
