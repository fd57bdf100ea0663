"""Which code a cache of compiled kernels was made of.

numba itself sees only changes of the file a kernel stands in, not of those it calls: after an update of a part, kernels
that call it would go on with its old code.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from types import ModuleType
from typing import Any

import numba
import numpy as np


def edition_of(modules: Iterable[ModuleType]) -> int:
    """A number that changes with the code or the constants of any kernel in the modules, with NumPy and with numba."""
    return zlib.crc32("\n".join((np.__version__, numba.__version__, *_pieces(modules))).encode())


def flush(modules: Iterable[ModuleType]) -> None:
    """Throw away the compiled code of all kernels in the modules that is kept on disk."""
    for kernel in _kernels(modules):
        kernel._cache.flush()  # numba offers no public way


def _kernels(modules: Iterable[ModuleType]) -> Iterator[Any]:
    for module in modules:
        for thing in vars(module).values():
            if hasattr(thing, "_cache"):
                yield thing


def _pieces(modules: Iterable[ModuleType]) -> Iterator[str]:
    """The code and the constants of all kernels, in a fixed order."""
    for module in modules:
        for name, thing in sorted(vars(module).items()):
            code = getattr(getattr(thing, "py_func", None), "__code__", None)
            if code is not None:
                plain = [c for c in code.co_consts if not hasattr(c, "co_code")]
                yield f"{module.__name__}.{name}:{code.co_code.hex()}:{plain!r}:{code.co_names}"
            elif isinstance(thing, (int, float, tuple)):
                yield f"{module.__name__}.{name}={thing!r}"
