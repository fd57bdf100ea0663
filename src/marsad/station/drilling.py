"""A drill as a process of its own: its own keys, its own channels, and an ear on the real station.

It holds no key of the real thing and cannot get one: its channels file names a folder of exercise keys, or it does
not start.  While it runs it listens to the real station's stream; a real alarm, or silence, ends it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import websockets

from marsad.adapters import cap_signature
from marsad.adapters.errors import BadInputError
from marsad.sensing.site import Site
from marsad.station.channels import Chains, Delivery, Dispatch
from marsad.station.outlets.setup import Outlets
from marsad.station.world import World
from marsad.terms import ZoneWarning
from marsad.warn.drill import DrillPlan, begin_drill, step_drill

STEP_S = 0.1
RECONNECT_S = 0.5
ALARMED = ("take_shelter", "remain")


@dataclass
class RealStation:
    """What is heard of the real station; ``heard`` is counted on the drill's own clock."""

    heard_utc_ns: int = 0
    levels: dict[str, str] = field(default_factory=dict)

    @property
    def alarmed(self) -> bool:
        """Whether any zone is really alarmed."""
        return any(level in ALARMED for level in self.levels.values())

    def take(self, message: dict[str, Any], now_utc_ns: int) -> None:
        """Take in one message of the stream."""
        self.heard_utc_ns = now_utc_ns
        if message.get("type") == "snapshot":
            self.levels.clear()
        for zone in message.get("zones", ()):
            self.levels[zone["zone_id"]] = zone["level"]


def require_exercise(outlets: Outlets) -> None:
    """Refuse keys of the real thing.

    Raises
    ------
    BadInputError
        The channels speak with actual keys.
    """
    if outlets.identity.kind != "exercise":
        raise BadInputError("--channels", "a drill speaks with exercise keys only: marsad keys make FOLDER --exercise")


def require_real(address: str) -> None:
    """Refuse to run without a real station to make way for.

    Raises
    ------
    BadInputError
        No station answers there, or it is itself one of exercises.
    """
    try:
        with urllib.request.urlopen(f"{address}/api/site", timeout=3.0) as answer:
            told = json.load(answer)
    except (OSError, ValueError) as error:
        raise BadInputError(address, f"the real station's console expected; a drill must hear it ({error})") from error
    if told.get("exercise"):
        raise BadInputError(address, "this is itself a station of exercises, not the real one")


async def _listen(address: str, real: RealStation, now: Callable[[], int]) -> None:
    """Listen to the real station for ever, coming back after every loss."""
    where = address.replace("http", "ws", 1) + "/api/stream"
    while True:
        with contextlib.suppress(OSError, websockets.WebSocketException, TimeoutError):
            async with websockets.connect(where, open_timeout=2.0, max_size=None) as stream:
                async for message in stream:
                    real.take(json.loads(message), now())
        await asyncio.sleep(RECONNECT_S)


async def run_drill(
    world: World,
    site: Site,
    plan: DrillPlan,
    outlets: Outlets,
    address: str,
    tell: Callable[[ZoneWarning], None],
    stopped: asyncio.Event,
    on_delivery: Callable[[Delivery], None] = lambda _: None,
) -> str:
    """Run a drill to its end and give how it ended; ``stopped`` ends it early, with an all-clear."""
    require_exercise(outlets)
    await world.beside(partial(require_real, address))
    sign = partial(cap_signature.sign, identity=outlets.identity)
    chains = Chains(outlets.identity.sender, f"EXERCISE {site.name}", sign, outlets.packs)
    dispatch = Dispatch(world, outlets.channels, on_delivery)
    zones = {zone.zone_id: zone for zone in site.zones}
    real = RealStation()
    state = begin_drill(plan, site.zones, world.utc_ns())
    listening = asyncio.ensure_future(_listen(address, real, world.utc_ns))
    dispatch.start()
    try:
        while not state.is_over:
            now = world.utc_ns()
            if stopped.is_set():
                now = max(now, plan.ends_utc_ns)
            heard = now if stopped.is_set() else real.heard_utc_ns
            state, said = step_drill(state, now, heard_utc_ns=heard, real_alarm=real.alarmed)
            _send(said, chains, dispatch, zones, world, tell)
            await world.sleep(STEP_S)
    finally:
        listening.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await listening
        await dispatch.close()
    return state.phase


def _send(
    said: Sequence[ZoneWarning],
    chains: Chains,
    dispatch: Dispatch,
    zones: dict[str, Any],
    world: World,
    tell: Callable[[ZoneWarning], None],
) -> None:
    dispatch.send([chains.extend(warning, zones[warning.zone_id], world.utc_ns()) for warning in said])
    for warning in said:
        tell(warning)
