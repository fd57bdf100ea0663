"""The kept kernels of the launch estimation, the bound and the simulation: thrown away if made of other code."""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from pkgutil import iter_modules

from numba import njit

from marsad.geo.editions import edition_of, flush

_PACKAGES = ("marsad.geo", "marsad.flight", "marsad.sensing", "marsad.trajectory", "marsad.bounds", "marsad.simulation")

MODULES = tuple(
    import_module(f"{package}.{found.name}")
    for package in _PACKAGES
    for found in sorted(iter_modules(import_module(package).__path__), key=lambda found: found.name)
)
EDITION = edition_of(MODULES)


@njit(cache=True)
def compiled_edition() -> int:
    """The edition of the kernels that the cache was made of: a global is frozen when it is compiled."""
    return EDITION


@lru_cache(maxsize=1)
def renew() -> bool:
    """Throw the kept kernels away unless they were made of this very code; give whether it did.  Looks once."""
    if compiled_edition() == EDITION and compiled_edition.stats.cache_hits:
        return False
    flush(MODULES)
    compiled_edition.recompile()
    return True
