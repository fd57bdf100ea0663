"""The file that names a station's channels, and the channels that it makes.

keys = "keys/actual"            # folder of 'marsad keys make', beside this file

[[siren]]
name = "gate"                   # its key is keys/actual/sirens/gate.key
host = "10.0.4.11"
port = 8481
zones = ["Z01", "Z02"]          # all zones where left out

[[webhook]]
name = "control-room"
url = "https://example.org/alarm"
secret_file = "webhook.secret"

[[mqtt]]
name = "broker"
host = "127.0.0.1"

[[tak]]
name = "server"
host = "127.0.0.1"
port = 8087

[[speech]]
name = "public-address"
folder = "announcements"
player = ["aplay", "-q"]
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from marsad.adapters.errors import BadInputError
from marsad.adapters.keys import Identity, Kind, read_identity, read_kind
from marsad.adapters.language_packs import LanguagePack, read_pack
from marsad.adapters.toml_text import require_usable
from marsad.station.channels import Channel
from marsad.station.outlets.mqtt import MqttChannel
from marsad.station.outlets.siren import SirenChannel
from marsad.station.outlets.speech import SpeechChannel
from marsad.station.outlets.tak import TakChannel, tls_context
from marsad.station.outlets.wall import Walled
from marsad.station.outlets.webhook import WebhookChannel
from marsad.terms import Zone

Name = Annotated[str, Meta(min_length=1, max_length=32)]
Port = Annotated[int, Meta(ge=1, le=65535)]


class SirenEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[[siren]]``."""

    name: Name
    host: str
    port: Port = 8481
    zones: tuple[str, ...] = ()


class WebhookEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[[webhook]]``."""

    name: Name
    url: Annotated[str, Meta(pattern="^https?://")]
    secret_file: str


class MqttEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[[mqtt]]``."""

    name: Name
    host: str
    port: Port = 1883
    topic: str = "marsad"
    username: str = ""
    password_file: str = ""
    ca_file: str = ""


class TakEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[[tak]]``."""

    name: Name
    host: str
    port: Port = 8087
    ca_file: str = ""
    certificate_file: str = ""
    key_file: str = ""


class SpeechEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[[speech]]``."""

    name: Name
    folder: str
    languages: tuple[str, ...] = ("ar", "en")
    player: tuple[str, ...] = ()


class ChannelsFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file."""

    keys: str
    languages: tuple[str, ...] = ()
    siren: tuple[SirenEntry, ...] = ()
    webhook: tuple[WebhookEntry, ...] = ()
    mqtt: tuple[MqttEntry, ...] = ()
    tak: tuple[TakEntry, ...] = ()
    speech: tuple[SpeechEntry, ...] = ()


@dataclass(frozen=True)
class Outlets:
    """A station's channels with whose they are."""

    identity: Identity
    channels: tuple[Channel, ...]
    speakers: tuple[SpeechChannel, ...] = ()
    packs: tuple[LanguagePack, ...] = ()


def kind_of(path: Path) -> Kind:
    """Say for which messages a file of channels is, without reading a key or making a channel.

    Raises
    ------
    BadInputError
        One line that names the file and what was expected.
    """
    return read_kind(path.resolve().parent / _read(path).keys)


def _read(path: Path) -> ChannelsFile:
    try:
        text = path.read_text(encoding="utf-8-sig")
        content = tomllib.loads(text)
        told = msgspec.convert(content, ChannelsFile)
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise BadInputError(path, f"a file of channels expected ({error})") from error
    require_usable(path, text, content)
    return told


def read_channels(path: Path, zones: tuple[Zone, ...], clock: Callable[[], int]) -> Outlets:
    """Read the file and make the channels, all of them behind the wall of the keys' kind.

    Raises
    ------
    BadInputError
        One line that names the file, the field and what was expected.
    """
    told = _read(path)
    folder = path.resolve().parent
    identity = read_identity(folder / told.keys)
    known = {zone.zone_id for zone in zones}
    out: list[Channel] = [_siren(e, path, identity, known, clock) for e in told.siren]
    for web in told.webhook:
        out.append(_webhook(web, path, folder, identity.kind))
    for broker in told.mqtt:
        password = _secret(folder / broker.password_file).decode() if broker.password_file else ""
        ca = str(folder / broker.ca_file) if broker.ca_file else ""
        out.append(
            MqttChannel(
                broker.name, broker.host, broker.port, broker.topic, identity.kind, broker.username, password, ca
            )
        )
    out.extend(_tak(e, folder, identity, clock) for e in told.tak)
    speakers = tuple(_speech(e, path, folder) for e in told.speech)
    out.extend(speakers)
    names = [channel.channel_id for channel in out]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise BadInputError(path, f"two channels are called {twice!r}")
    packs = tuple(read_pack(folder / name) for name in told.languages)
    return Outlets(identity, tuple(Walled(channel, identity.kind) for channel in out), speakers, packs)


def _siren(
    entry: SirenEntry, path: Path, identity: Identity, known: set[str], clock: Callable[[], int]
) -> SirenChannel:
    if entry.name not in identity.siren_keys:
        raise BadInputError(path, f"siren {entry.name!r} has no key: marsad keys siren KEYS {entry.name}")
    strange = sorted(set(entry.zones) - known)
    if strange:
        raise BadInputError(path, f"siren {entry.name!r}: the site has no zone {strange[0]!r}")
    key = identity.siren_keys[entry.name]
    return SirenChannel(entry.name, (entry.host, entry.port), key, clock, identity.kind, frozenset(entry.zones))


def _webhook(entry: WebhookEntry, path: Path, folder: Path, kind: Kind) -> WebhookChannel:
    try:
        return WebhookChannel(entry.name, entry.url, _secret(folder / entry.secret_file), kind)
    except ValueError as error:
        raise BadInputError(path, f"webhook {entry.name!r}: {error}") from error


def _tak(entry: TakEntry, folder: Path, identity: Identity, clock: Callable[[], int]) -> TakChannel:
    tls = None
    if entry.ca_file:
        certificate = folder / entry.certificate_file if entry.certificate_file else None
        key = folder / entry.key_file if entry.key_file else None
        try:
            tls = tls_context(folder / entry.ca_file, certificate, key)
        except OSError as error:
            raise BadInputError(folder / entry.ca_file, f"certificates for TAK expected ({error})") from error
    return TakChannel(entry.name, entry.host, entry.port, identity.sender, clock, identity.kind, tls)


def _speech(entry: SpeechEntry, path: Path, folder: Path) -> SpeechChannel:
    try:
        return SpeechChannel(entry.name, folder / entry.folder, entry.languages, entry.player)
    except ValueError as error:
        raise BadInputError(path, f"speech {entry.name!r}: {error}") from error


def _secret(path: Path) -> bytes:
    try:
        content = path.read_bytes().strip()
    except OSError as error:
        raise BadInputError(path, f"a file with a secret expected ({error.strerror})") from error
    if len(content) < 8:
        raise BadInputError(path, "a secret of at least 8 characters expected")
    return content
