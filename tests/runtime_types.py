"""The type checker that the tests put around every pure function, and how it is put there without costing the day.

``jaxtyping.jaxtyped`` checks the arguments of every call twice and binds them to names each time: a night of the
pipeline takes five times as long under it.  ``jaxtyped`` here holds the same annotations at half the price: a
function that names no array is left to beartype alone, one that does is checked once, in a context of its own for the
sizes of its axes.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
import typing
from collections.abc import Callable
from typing import Any

import jaxtyping
from beartype import BeartypeConf, beartype

# an int where a float is declared is right, as it is for mypy
checked = beartype(conf=BeartypeConf(is_pep484_tower=True))
"""The runtime checks are there: a wrong shape or type in a pure function fails a test."""

_whole = jaxtyping.jaxtyped


def jaxtyped(fn: Any = None, *, typechecker: Any = None) -> Any:
    """Do what ``jaxtyping.jaxtyped`` does, which the import hook puts around functions and data classes."""
    if fn is None:
        return functools.partial(jaxtyped, typechecker=typechecker)
    if inspect.isclass(fn):
        if dataclasses.is_dataclass(fn) and "__init__" in vars(fn):
            fn.__init__ = _around(fn.__init__, typechecker)  # type: ignore[misc]
        return fn
    return _around(fn, typechecker) if inspect.isfunction(fn) else _whole(fn, typechecker=typechecker)


def _around(fn: Callable[..., Any], typechecker: Any) -> Callable[..., Any]:
    """Check a function; what cannot be understood yet (a class named before it is made) goes the whole way."""
    try:
        hints = typing.get_type_hints(fn)
    except (NameError, TypeError, AttributeError):
        return _whole(fn, typechecker=typechecker)
    tight = typechecker(fn)
    if not any(names_array(hint) for hint in hints.values()):
        return tight

    @functools.wraps(fn)
    def in_context(*args: Any, **kwargs: Any) -> Any:
        with _whole("context"):  # sizes of axes hold within one call
            return tight(*args, **kwargs)

    return in_context


def names_array(hint: Any) -> bool:
    """Say whether an annotation holds an array with named axes, however deep."""
    if isinstance(hint, type) and issubclass(hint, jaxtyping.AbstractArray):
        return True
    return any(names_array(part) for part in typing.get_args(hint))
