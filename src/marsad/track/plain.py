"""The kernels without a compiler: the same code as plain Python, with NumPy where many rows are at work.

A kernel's twin is the kernel's own Python function whose calls to other kernels lead to their twins, or to a vectorised
form where there is one.  So there is one statement of every rule, and what is rare needs no second one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import FunctionType, ModuleType
from typing import Any


def _is_kernel(thing: Any) -> bool:
    return hasattr(thing, "py_func") and hasattr(thing, "overloads")


Plain = Callable[..., Any]


def plain_twins(
    modules: Iterable[ModuleType], vectorised: Callable[[Callable[[Any], Plain]], Mapping[Any, Plain]]
) -> dict[Any, Plain]:
    """Make the twins of all kernels of some modules: kernel to plain function."""
    twins: dict[Any, Plain] = {}
    twins.update(vectorised(twins.__getitem__))
    scopes = []
    for module in modules:
        scope = dict(vars(module))
        scopes.append(scope)
        for thing in vars(module).values():
            if _is_kernel(thing) and thing.py_func.__module__ == module.__name__ and thing not in twins:
                source = thing.py_func
                twins[thing] = FunctionType(source.__code__, scope, source.__name__, source.__defaults__)
    for scope in scopes:
        scope.update({name: twins[thing] for name, thing in scope.items() if _is_kernel(thing)})
    return twins
