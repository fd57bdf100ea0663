"""Compiled or not: the kernels' cache, whether it fits the code that is here, and how to make it."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numba
import numpy as np
from numba import njit

from marsad.geo.editions import edition_of, flush
from marsad.track import advance as advancing
from marsad.track import assign, bearing, birth, convert, fuse, gate, launch, motion, rows, sites, update
from marsad.track.frames import plots
from marsad.track.oneframe import Kernels, arguments, no_sites, no_tracks
from marsad.track.oneframe import advance as oneframe_advance
from marsad.track.plain import plain_twins
from marsad.track.tables import Tables, tables_of
from marsad.track.types import Frame, Params, Picture
from marsad.track.vectorised import plots_to_positions, vectorised

MODULES = (advancing, assign, bearing, birth, convert, fuse, gate, launch, motion, rows, sites, update)


EDITION = edition_of(MODULES)


@njit(cache=True, error_model="numpy")
def compiled_edition() -> int:
    """The edition of the kernels that the cache was made of: a global is frozen when it is compiled."""
    return EDITION


def _example() -> tuple[Picture, Frame, Tables]:
    """A picture and a frame of the types that the kernels always see."""
    params = Params()
    tables = tables_of(params)
    picture = Picture(-math.inf, no_tracks(tables.slots), no_sites(), np.full(1, -math.inf), -math.inf)
    return picture, plots(0.0, [(1000.0, 0.0, 0.1)], sigma=(10.0, 1e-2, 1e-2)), tables


def _load(kernel: Any, arguments: tuple[Any, ...]) -> bool:
    """Whether a kernel is compiled for such arguments, in memory or on disk; brings it from disk if so."""
    signature = tuple(numba.typeof(a) for a in arguments)
    if signature not in kernel.overloads:
        # numba offers no public way to ask this without compiling
        found = kernel._cache.load_overload(signature, kernel.targetctx)
        if found is None:
            return False
        kernel.add_overload(found)
    return True


@lru_cache(maxsize=1)
def ready() -> bool:
    """Whether compiled kernels of this very code are there; looks at the cache once."""
    if not _load(compiled_edition, ()) or compiled_edition() != EDITION:
        return False
    picture, frame, tables = _example()
    nothing = Kernels(lambda *_: None, advancing.advance)
    z, r, clutter = np.empty((1, 3)), np.empty((1, 3, 3)), np.empty(1)
    origin = np.zeros(3)
    converts = (frame.measurement, frame.covariance, origin, 1.0, z, r, clutter)
    return _load(convert.plots_to_positions, converts) and _load(
        advancing.advance, arguments(picture, frame, tables, nothing)
    )


@lru_cache(maxsize=1)
def compiled_kernels() -> Kernels:
    """The compiled kernels; compiles them (half a minute) if the cache is not there."""
    warmup()
    return Kernels(convert.plots_to_positions, advancing.advance)


@lru_cache(maxsize=1)
def plain_kernels() -> Kernels:
    """The NumPy path."""
    twins = plain_twins(MODULES, vectorised)
    return Kernels(plots_to_positions, twins[advancing.advance])


def warmup() -> bool:
    """Compile the kernels and keep them on disk, unless that is done; give whether there was something to compile.

    A cache made of other code than this is thrown away.
    """
    if ready():
        return False
    flush(MODULES)
    picture, frame, tables = _example()
    oneframe_advance(picture, frame, tables, Kernels(convert.plots_to_positions, advancing.advance))
    # an older edition may be in memory already: it must be compiled again, not only called
    compiled_edition.recompile()
    compiled_edition()
    ready.cache_clear()
    return True
