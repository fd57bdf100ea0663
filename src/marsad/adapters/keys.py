"""Who speaks: the keys of a station, one folder a sender.  A drill has a folder of its own, and no key of the other.

A folder holds ``identity.toml`` (kind and sender), ``cap.key`` and ``cap.crt`` (ECDSA P-256, signs CAP messages), and
``sirens/NAME.key`` (32 random bytes in hexadecimal, shared with that one siren).  A siren's key never expires: an old
certificate must not silence a siren.
"""

from __future__ import annotations

import datetime
import re
import secrets
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from marsad.adapters.errors import BadInputError

Kind = Literal["actual", "exercise"]
CERTIFICATE_DAYS = 1826
_NAME = re.compile(r"[A-Za-z0-9._-]{1,32}")
_SENDER = re.compile(r"[^\s,<&]{1,128}")


@dataclass(frozen=True)
class Identity:
    """A sender with its keys; ``kind`` says whether it may be taken seriously."""

    kind: Kind
    sender: str
    cap_key: ec.EllipticCurvePrivateKey
    cap_certificate_pem: bytes
    siren_keys: dict[str, bytes]

    def days_left(self, now: datetime.datetime) -> int:
        """Give the days until the certificate runs out; negative when it has."""
        certificate = x509.load_pem_x509_certificate(self.cap_certificate_pem)
        return (certificate.not_valid_after_utc - now).days


def make_identity(folder: Path, kind: Kind, sender: str, now: datetime.datetime) -> None:
    """Make a new folder of keys.

    Raises
    ------
    BadInputError
        The folder exists already (keys are never overwritten), or the sender's name does not fit CAP.
    """
    if not _SENDER.fullmatch(sender):
        raise BadInputError("--sender", "a name without space, comma, < and & expected (CAP 1.2 §3.2.1)")
    if folder.exists():
        raise BadInputError(folder, "a folder that does not exist yet expected: keys are not overwritten")
    folder.mkdir(parents=True, mode=0o700)
    key = ec.generate_private_key(ec.SECP256R1())
    title = sender if kind == "actual" else f"EXERCISE {sender}"
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, title[:64])])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=CERTIFICATE_DAYS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    _write_secret(folder / "cap.key", pem)
    (folder / "cap.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "sirens").mkdir(mode=0o700)
    (folder / "identity.toml").write_text(f'kind = "{kind}"\nsender = "{sender}"\n', encoding="utf-8")


def add_siren(folder: Path, name: str) -> bytes:
    """Make the key that the station shares with one siren, and give it."""
    if not _NAME.fullmatch(name):
        raise BadInputError(name, "a siren's name of letters, digits, '.', '_' and '-', at most 32, expected")
    read_kind(folder)
    path = folder / "sirens" / f"{name}.key"
    if path.exists():
        raise BadInputError(path, "this siren has a key already; remove the file to give it a new one")
    key = secrets.token_bytes(32)
    _write_secret(path, key.hex().encode() + b"\n")
    return key


def read_kind(folder: Path) -> Kind:
    """Give whose keys a folder holds without reading a key.

    Raises
    ------
    BadInputError
        It is no such folder.
    """
    about = folder / "identity.toml"
    try:
        kind = tomllib.loads(about.read_text(encoding="utf-8")).get("kind")
    except (OSError, ValueError) as error:
        raise BadInputError(folder, f"a folder made by 'marsad keys make' expected ({error})") from error
    if kind == "exercise":
        return "exercise"
    if kind == "actual":
        return "actual"
    raise BadInputError(about, 'kind = "actual" or "exercise" expected')


def read_identity(folder: Path) -> Identity:
    """Read a folder of keys.

    Raises
    ------
    BadInputError
        Something is missing or no key; the message names the file.
    """
    about = folder / "identity.toml"
    try:
        told = tomllib.loads(about.read_text(encoding="utf-8"))
        key = serialization.load_pem_private_key((folder / "cap.key").read_bytes(), password=None)
        certificate = (folder / "cap.crt").read_bytes()
        x509.load_pem_x509_certificate(certificate)
    except (OSError, ValueError, TypeError) as error:
        raise BadInputError(folder, f"a folder made by 'marsad keys make' expected ({error})") from error
    if told.get("kind") not in ("actual", "exercise") or not isinstance(told.get("sender"), str):
        raise BadInputError(about, 'kind = "actual" or "exercise" and a sender expected')
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise BadInputError(folder / "cap.key", "an elliptic-curve key expected")
    sirens = {path.stem: read_siren_key(path) for path in sorted((folder / "sirens").glob("*.key"))}
    return Identity(
        kind=told["kind"], sender=told["sender"], cap_key=key, cap_certificate_pem=certificate, siren_keys=sirens
    )


def read_siren_key(path: Path) -> bytes:
    """Read a siren's key."""
    try:
        key = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except (OSError, ValueError) as error:
        raise BadInputError(path, f"32 bytes in hexadecimal expected ({error})") from error
    if len(key) != 32:
        raise BadInputError(path, f"32 bytes in hexadecimal expected, found {len(key)}")
    return key


def _write_secret(path: Path, content: bytes) -> None:
    path.touch(mode=0o600, exist_ok=False)
    path.write_bytes(content)
