"""The siren datagram: the Python receiver and the microcontroller's C receiver must agree on every order."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marsad.adapters import siren
from marsad.adapters.siren import NotForUsError, SirenOrder, SirenReceiver

KEY, OTHER_KEY = bytes(range(32)), bytes(range(1, 33))
BASE = SirenOrder(
    kind="actual",
    level="take_shelter",
    hazard="rocket",
    counter=1,
    issued_utc_ms=1_800_000_000_000,
    stands_ms=90_000,
    siren="gate",
    alarm="incident-R1.Z01",
)

orders = st.builds(
    SirenOrder,
    kind=st.sampled_from(sorted(siren.KINDS)),
    level=st.sampled_from(sorted(siren.LEVELS)),
    hazard=st.sampled_from(sorted(siren.HAZARDS)),
    counter=st.integers(0, 2**64 - 1),
    issued_utc_ms=st.integers(0, 2**63),
    stands_ms=st.integers(0, 2**32 - 1),
    siren=st.just("gate"),
    impact_utc_ms=st.integers(0, 2**63),
    alarm=st.text(max_size=16),
)


def order(**changes: object) -> SirenOrder:
    return msgspec.structs.replace(BASE, **changes)


@given(order=orders)
def test_an_order_comes_back_as_it_was_and_fits(order: SirenOrder) -> None:
    datagram = siren.encode_order(order, KEY)
    assert len(datagram) <= siren.MOST_BYTES
    found = siren.decode_order(datagram, "gate", KEY)
    assert found == order


@given(order=orders, place=st.integers(0, 10_000), flip=st.integers(1, 255))
def test_not_one_changed_bit_is_believed(order: SirenOrder, place: int, flip: int) -> None:
    datagram = bytearray(siren.encode_order(order, KEY))
    datagram[place % len(datagram)] ^= flip
    with pytest.raises(NotForUsError):
        siren.decode_order(bytes(datagram), "gate", KEY)


def test_an_order_to_another_siren_or_with_another_key_is_none() -> None:
    datagram = siren.encode_order(BASE, KEY)
    for name, key in (("camp", KEY), ("gate", OTHER_KEY)):
        with pytest.raises(NotForUsError):
            siren.decode_order(datagram, name, key)


def test_a_long_alarm_name_is_cut_to_fit() -> None:
    datagram = siren.encode_order(order(alarm="ط" * 100), KEY)
    assert len(datagram) <= 148
    assert siren.decode_order(datagram, "gate", KEY).alarm == "ط" * 32


def test_repeats_change_nothing_and_replays_are_refused() -> None:
    receiver = SirenReceiver("gate", KEY)
    first, clear = (
        siren.encode_order(order(counter=5), KEY),
        siren.encode_order(order(counter=6, level="all_clear"), KEY),
    )
    for datagram, status, sound in (
        (first, "done", "siren-rocket"),
        (first, "repeated", "siren-rocket"),
        (clear, "done", "all-clear"),
        (first, "old", "all-clear"),
    ):
        answer = receiver.receive(datagram, 0)
        assert answer is not None
        assert siren.decode_acknowledgement(answer, KEY).status == status
        assert receiver.sound(0) == sound


def test_an_alarm_stands_to_its_own_end_without_the_station() -> None:
    receiver = SirenReceiver("gate", KEY)
    receiver.receive(siren.encode_order(BASE, KEY), 1000)
    assert receiver.sound(90_999) == "siren-rocket"
    assert receiver.sound(91_000) == "silence"


@pytest.mark.parametrize("level", ["clear", "watch", "prepare", "remain", "probe"])
def test_only_take_shelter_sounds_the_siren(level: str) -> None:
    receiver = SirenReceiver("gate", KEY)
    receiver.receive(siren.encode_order(order(level=level), KEY), 0)
    assert receiver.sound(1) == "silence"


def test_a_probe_does_not_end_an_alarm() -> None:
    receiver = SirenReceiver("gate", KEY)
    receiver.receive(siren.encode_order(BASE, KEY), 0)
    receiver.receive(siren.encode_order(order(counter=2, level="probe", stands_ms=0), KEY), 10)
    assert receiver.sound(20) == "siren-rocket"


def test_an_exercise_order_is_nothing_to_an_actual_siren_even_with_its_key() -> None:
    receiver = SirenReceiver("gate", KEY)
    assert receiver.receive(siren.encode_order(order(kind="exercise"), KEY), 0) is None
    assert receiver.sound(1) == "silence"


@pytest.fixture(scope="module")
def in_c(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler on this machine: apt-get install gcc")
    out = tmp_path_factory.mktemp("firmware") / "siren-host"
    folder = root / "firmware" / "siren"
    strict = ["-std=c99", "-Wall", "-Wextra", "-Wconversion", "-Wno-sign-conversion", "-Werror", "-O1"]
    strict += ["-fsanitize=undefined,address", "-fno-sanitize-recover=all"]
    subprocess.run([compiler, *strict, folder / "siren.c", folder / "host.c", "-o", out], check=True)
    return out


def run_c(program: Path, lines: list[tuple[int, bytes]], seen: int = 0) -> list[tuple[bytes | None, str]]:
    told = "".join(f"{now} {datagram.hex()}\n" for now, datagram in lines)
    said = subprocess.run(
        [program, KEY.hex(), "gate", "1", str(seen)], input=told, capture_output=True, text=True, check=True, timeout=30
    )
    rows = [line.split() for line in said.stdout.splitlines()]
    return [(None if answer == "-" else bytes.fromhex(answer), sound) for answer, sound in rows]


def test_the_microcontrollers_receiver_answers_byte_for_byte_like_ours(in_c: Path) -> None:
    import numpy as np

    rng = np.random.default_rng(7)
    lines: list[tuple[int, bytes]] = []
    now = 0
    for k in range(3000):
        now += int(rng.integers(0, 30_000))
        one = order(
            kind=str(rng.choice(["actual", "actual", "actual", "exercise"])),
            level=str(rng.choice(sorted(siren.LEVELS))),
            hazard=str(rng.choice(sorted(siren.HAZARDS))),
            counter=max(0, k + int(rng.integers(-3, 3))),
            stands_ms=int(rng.integers(0, 60_000)),
            siren=str(rng.choice(["gate", "gate", "gate", "camp"])),
            alarm="x" * int(rng.integers(0, 70)),
        )
        datagram = bytearray(siren.encode_order(one, KEY if rng.random() < 0.9 else OTHER_KEY))
        if rng.random() < 0.1:
            datagram[int(rng.integers(len(datagram)))] ^= 1 << int(rng.integers(8))
        if rng.random() < 0.05:
            datagram = datagram[: int(rng.integers(1, len(datagram)))]
        lines.append((now, bytes(datagram)))
    ours = SirenReceiver("gate", KEY)
    expected = [(ours.receive(datagram, now), ours.sound(now)) for now, datagram in lines]
    assert run_c(in_c, lines) == expected
    assert sum(answer is not None for answer, _ in expected) > 1000
    assert {sound for _, sound in expected} == {"silence", "all-clear", "siren-rocket", "siren-drone", "siren-unknown"}


def test_the_microcontrollers_counter_survives_a_power_cut(in_c: Path) -> None:
    old, new = siren.encode_order(order(counter=41), KEY), siren.encode_order(order(counter=42), KEY)
    said = run_c(in_c, [(0, old), (1, new)], seen=41)
    assert [sound for _, sound in said] == ["silence", "siren-rocket"]


def test_the_microcontrollers_millisecond_counter_may_wrap(in_c: Path) -> None:
    said = run_c(in_c, [(2**32 - 1000, siren.encode_order(BASE, KEY)), (2**32 + 500, b"x"), (2**32 + 90_000, b"x")])
    assert [sound for _, sound in said] == ["siren-rocket", "siren-rocket", "silence"]
