"""Compiling the numerical kernels before they are needed, and saying so to whoever waits."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from threading import Timer

WARMED = ("marsad.flight", "marsad.track", "marsad.trajectory", "marsad.bounds", "marsad.station")
"""Packages that may offer ``warm_up()``: it calls compiled kernels once with the types of real use."""

_is_warm = False


def warm_up() -> Iterator[tuple[str, float]]:
    """Compile (or load) all kernels; yields what was done and the seconds that it took."""
    began = time.perf_counter()
    warm_pipeline()
    yield "pipeline", time.perf_counter() - began
    for name in WARMED:
        if find_spec(name) is None:
            continue
        began = time.perf_counter()
        function = getattr(import_module(name), "warm_up", None)
        if function is not None:
            function()
            yield name.removeprefix("marsad."), time.perf_counter() - began


def warm_pipeline() -> None:
    """Run a short night through the pipeline, once a process: every kernel is then compiled and in memory."""
    global _is_warm
    if _is_warm:
        return
    from marsad.adapters.caches import renew

    renew()
    import msgspec
    import numpy as np

    from marsad import samples
    from marsad.adapters.feed import feed
    from marsad.simulation import simulate_night

    night = samples.scenario("salvo-at-dusk")
    salvo = msgspec.structs.replace(night.rocket[0], launch_s=2.0, count=2, interval_s=3.0)
    misfire = msgspec.structs.replace(salvo, id="M", count=1, launch_s=9.0, east_m=4000.0, misfire=True)
    flyers = [msgspec.structs.replace(one, start_s=0.0) for one in night.flyer]
    short = msgspec.structs.replace(night, duration_s=14.0, rocket=[salvo, misfire], flyer=flyers, pose_interval_s=1.0)
    site = samples.gas_plant()
    for _ in feed(site, simulate_night(site, short, np.random.default_rng(1)).messages):
        pass
    _is_warm = True


@contextmanager
def telling(message: str, after_s: float = 6.0) -> Iterator[None]:
    """Say on standard error what is waited for, if it takes longer than a moment."""
    timer = Timer(after_s, lambda: print(message, file=sys.stderr, flush=True))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def warm_up_quietly() -> None:
    """Make the pipeline ready to run at its full speed; speak only if it takes long."""
    with telling("marsad: compiling the numerical kernels, once; `marsad warmup` does it beforehand"):
        warm_pipeline()
