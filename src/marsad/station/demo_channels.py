"""The demonstration's ways out: a siren at the gate and one on the drill ground, each with keys of its own.

Both are emulated in the process of the emulated sensors; the station speaks to the first, a drill's own process to the
second.
"""

from __future__ import annotations

import datetime
import socket
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from marsad import samples
from marsad.adapters import cap_signature, keys
from marsad.station.drill_process import DrillGround
from marsad.station.emulating import EmulatedSiren, Sirens
from marsad.station.outlets.setup import Outlets, read_channels
from marsad.station.world import RealWorld
from marsad.terms import Zone

SIREN = "gate"
KINDS: tuple[keys.Kind, ...] = ("actual", "exercise")
SENDERS: dict[keys.Kind, str] = {"actual": "demo", "exercise": "demo-drill"}


@dataclass(frozen=True)
class DemoChannels:
    """The files of both, and where their sirens listen."""

    channels: Path
    ground: DrillGround
    sirens: Sirens

    def outlets(self, zones: tuple[Zone, ...], world: RealWorld) -> Outlets:
        """Give the station's own channels."""
        return read_channels(self.channels, zones, world.utc_ns)


def prepare(folder: Path) -> DemoChannels:
    """Make keys and files of channels in a folder of the demonstration."""
    now = datetime.datetime.now(tz=datetime.UTC)
    sirens, files = [], {}
    for kind in KINDS:
        port = _free_port()
        keys.make_identity(folder / f"keys-{kind}", kind, SENDERS[kind], now)
        key = keys.add_siren(folder / f"keys-{kind}", SIREN)
        files[kind] = folder / f"channels-{kind}.toml"
        files[kind].write_text(
            f'keys = "keys-{kind}"\n\n[[siren]]\nname = "{SIREN}"\nhost = "127.0.0.1"\nport = {port}\n',
            encoding="utf-8",
        )
        sirens.append(EmulatedSiren(name=SIREN, kind=kind, key=key.hex(), port=port))
    return DemoChannels(
        channels=files["actual"],
        ground=DrillGround(samples.GAS_PLANT / "site.toml", files["exercise"]),
        sirens=Sirens(sirens=tuple(sirens)),
    )


def signer(outlets: Outlets) -> partial[bytes]:
    """Give what signs the station's CAP messages."""
    return partial(cap_signature.sign, identity=outlets.identity)


def _free_port() -> int:
    """Find a UDP port that no one has now; the siren takes it a moment later."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
