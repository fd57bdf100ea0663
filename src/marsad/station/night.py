"""The bundled night, ready to be played: simulated once and kept, so that nobody waits for it a second time."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import msgspec

import marsad
from marsad.terms import Message

SCENARIO = "salvo-at-dusk"
SEED = 7


class Night(msgspec.Struct, frozen=True, kw_only=True):
    """All that the sensors will deliver, times counted from the beginning, and the site that they watch."""

    name: str
    begins_utc_ns: int
    duration_s: float
    messages: tuple[Message, ...]
    site: bytes


def cache_folder() -> Path:
    """Give the folder in which simulated nights are kept (``MARSAD_CACHE`` names another)."""
    named = os.environ.get("MARSAD_CACHE")
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(named) if named else Path(base) / "marsad"


def _kept_at(scenario: str, seed: int) -> Path:
    """Name the file of a night by everything that it is made of."""
    package = Path(marsad.__file__).parent
    digest = hashlib.sha256(f"{marsad.__version__}\0{scenario}\0{seed}".encode())
    inputs = sorted((package / "samples").rglob("*.*")) + sorted((package / "simulation").glob("*.py"))
    for path in inputs:
        if path.suffix in (".toml", ".tif", ".geojson", ".py"):
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return cache_folder() / f"{scenario}-{seed}-{digest.hexdigest()[:16]}.night"


def begins_utc_ns(begins_utc: str) -> int:
    """Give a time written as ``2026-03-21T15:02:00Z`` in nanoseconds."""
    from datetime import datetime

    return round(datetime.fromisoformat(begins_utc).timestamp()) * 1_000_000_000


def _simulate(scenario: str, seed: int) -> Night:
    import numpy as np

    from marsad import samples
    from marsad.simulation import simulate_night
    from marsad.station.snapshot import encode_site

    order, site = samples.scenario(scenario), samples.gas_plant()
    run = simulate_night(site, order, np.random.default_rng(seed))
    return Night(
        name=run.name,
        begins_utc_ns=begins_utc_ns(order.begins_utc),
        duration_s=order.duration_s,
        messages=run.messages,
        site=encode_site(site),
    )


def is_kept(scenario: str = SCENARIO, seed: int = SEED) -> bool:
    """Say whether a night can be had at once."""
    return _kept_at(scenario, seed).is_file()


def night(scenario: str = SCENARIO, seed: int = SEED) -> Night:
    """Give a bundled night: the kept one, else simulate and keep it (if the folder can be written)."""
    path = _kept_at(scenario, seed)
    decoder = msgspec.msgpack.Decoder(Night)
    if path.is_file():
        try:
            return decoder.decode(path.read_bytes())
        except (OSError, msgspec.DecodeError):
            pass  # a broken file is made again
    made = _simulate(scenario, seed)
    content = msgspec.msgpack.encode(made, enc_hook=float)  # numbers of numpy among them
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_suffix(f".{os.getpid()}")
        beside.write_bytes(content)
        beside.replace(path)
    except OSError:
        pass  # nothing is lost but the time of the next start
    return decoder.decode(content)
