"""Compiling the numerical kernels before they are needed, and saying so to whoever waits."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from threading import Timer

WARMED = (
    "marsad.flight",
    "marsad.track",
    "marsad.identify",
    "marsad.trajectory",
    "marsad.warn",
    "marsad.bounds",
    "marsad.pipeline",
)
"""Packages that may offer ``warm_up()``: it calls every compiled kernel once with the types of real use."""


def warm_up() -> Iterator[tuple[str, float]]:
    """Compile (or load) the kernels of each package in turn; yields its name and the seconds that it took."""
    for name in WARMED:
        if find_spec(name) is None:
            continue
        began = time.perf_counter()
        function = getattr(import_module(name), "warm_up", None)
        if function is not None:
            function()
            yield name, time.perf_counter() - began


@contextmanager
def telling(message: str, after_s: float = 3.0) -> Iterator[None]:
    """Say on standard error what is waited for, if it takes longer than a moment."""
    timer = Timer(after_s, lambda: print(message, file=sys.stderr, flush=True))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def warm_up_quietly() -> None:
    """Compile (or load) all kernels; speak only if it takes long."""
    with telling("marsad: compiling the numerical kernels, once; `marsad warmup` does it beforehand"):
        for _ in warm_up():
            pass
