"""Signed CAP messages: who signed what, and what a receiver must not believe."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest
from lxml import etree

from marsad.adapters import cap_signature, keys
from marsad.adapters.cap_signature import NotTrustedError
from marsad.adapters.errors import BadInputError
from marsad.station.channels import Chains
from station_kit import START_NS, small_site

NOW = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)


@pytest.fixture
def identities(tmp_path: Path) -> dict[str, keys.Identity]:
    for kind in ("actual", "exercise"):
        keys.make_identity(tmp_path / kind, kind, f"plant.{kind}", NOW)
    return {kind: keys.read_identity(tmp_path / kind) for kind in ("actual", "exercise")}


def message() -> bytes:
    from marsad.terms import ZoneWarning

    warning = ZoneWarning(
        warning_id="incident-R1.camp",
        incident_id="incident-R1",
        zone_id="camp",
        level="take_shelter",
        action="alert",
        hazard="rocket",
        arrival_utc_ns=START_NS,
        expires_utc_ns=START_NS + 600_000_000_000,
        probability=0.42,
    )
    return Chains("plant", "Plant").extend(warning, small_site().zones[0], START_NS).xml


def test_a_signed_message_is_still_cap_and_verifies(identities: dict[str, keys.Identity], shared: Path) -> None:
    signed = cap_signature.sign(message(), identities["actual"])
    schema = etree.XMLSchema(etree.parse(shared / "data/cap/CAP-v1.2.xsd"))
    schema.assertValid(etree.fromstring(signed))
    content = cap_signature.verify(signed, identities["actual"].cap_certificate_pem)
    assert b"<identifier>" in content
    assert "احتموا".encode() in content or "احتموا" in etree.fromstring(content).xpath("string()")


def test_a_changed_message_does_not_verify(identities: dict[str, keys.Identity]) -> None:
    signed = cap_signature.sign(message(), identities["actual"])
    assert b"Extreme" in signed
    with pytest.raises(NotTrustedError):
        cap_signature.verify(signed.replace(b"Extreme", b"Minor"), identities["actual"].cap_certificate_pem)


def test_an_unsigned_message_does_not_verify(identities: dict[str, keys.Identity]) -> None:
    with pytest.raises(NotTrustedError):
        cap_signature.verify(message(), identities["actual"].cap_certificate_pem)


def test_a_drills_signature_is_nothing_to_an_actual_receiver(identities: dict[str, keys.Identity]) -> None:
    signed = cap_signature.sign(message(), identities["exercise"])
    cap_signature.verify(signed, identities["exercise"].cap_certificate_pem)
    with pytest.raises(NotTrustedError):
        cap_signature.verify(signed, identities["actual"].cap_certificate_pem)


def test_an_expired_certificate_still_signs_and_says_so(tmp_path: Path) -> None:
    long_ago = NOW - datetime.timedelta(days=4000)
    keys.make_identity(tmp_path / "old", "actual", "plant", long_ago)
    old = keys.read_identity(tmp_path / "old")
    assert old.days_left(NOW) < 0
    assert b"SignatureValue" in cap_signature.sign(message(), old)


def test_keys_are_not_overwritten_and_not_readable_by_others(tmp_path: Path) -> None:
    keys.make_identity(tmp_path / "k", "actual", "plant", NOW)
    keys.add_siren(tmp_path / "k", "gate")
    for name in ("cap.key", "sirens/gate.key"):
        assert (tmp_path / "k" / name).stat().st_mode & 0o077 == 0
    with pytest.raises(BadInputError, match="not overwritten"):
        keys.make_identity(tmp_path / "k", "actual", "plant", NOW)
    with pytest.raises(BadInputError, match="has a key already"):
        keys.add_siren(tmp_path / "k", "gate")
    with pytest.raises(BadInputError, match="marsad keys make"):
        keys.read_identity(tmp_path)
    assert len(keys.read_identity(tmp_path / "k").siren_keys["gate"]) == 32


@pytest.mark.parametrize("sender", ["a b", "a,b", "<a", "a&b", ""])
def test_a_sender_that_cap_forbids_is_refused(tmp_path: Path, sender: str) -> None:
    with pytest.raises(BadInputError, match="sender"):
        keys.make_identity(tmp_path / "k", "actual", sender, NOW)
