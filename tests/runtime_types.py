"""The type checker that the tests put around every pure function, and how it is put there without costing the day.

``jaxtyping.jaxtyped`` checks the arguments of every call twice and binds them to names each time: a night of the
pipeline takes five times as long under it.  ``jaxtyped`` here holds the same annotations at half the price: a
function that names no array is left to beartype alone, one that does is checked once, in a context of its own for the
sizes of its axes.  What such a check finds hangs on nothing but types, dtypes and shapes: a call that has those of an
earlier one is known to be right, and only what is new is looked at.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
import typing
from collections.abc import Callable
from typing import Any

import jaxtyping
import msgspec
import numpy as np
from beartype import BeartypeConf, beartype
from beartype.door import die_if_unbearable

# an int where a float is declared is right, as it is for mypy
CONF = BeartypeConf(is_pep484_tower=True)
checked = beartype(conf=CONF)
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
    bind = inspect.signature(fn).bind
    right: dict[Kind, set[Kind]] = {}  # kinds of the arguments that were found right, and of what came back for them

    @functools.wraps(fn)
    def in_context(*args: Any, **kwargs: Any) -> Any:
        given = kind_of((*args, *kwargs.items()))
        known = right.get(given) if given is not None else None
        if known is not None:
            result = fn(*args, **kwargs)
            came = kind_of(result)
            if came is None or came not in known:
                with _whole("context"):
                    for name, value in bind(*args, **kwargs).arguments.items():
                        if name in hints:  # binds the sizes of the axes
                            die_if_unbearable(value, hints[name], conf=CONF)
                    die_if_unbearable(result, hints.get("return", Any), conf=CONF)
                known.add(came)
            return result
        with _whole("context"):  # sizes of axes hold within one call
            result = tight(*args, **kwargs)
        if given is not None:
            right[given] = {kind_of(result)}
        return result

    return in_context


Kind = Any
"""All of a value that a check can hang on: hashable, and None where that is more than is quickly said."""

_PLAIN = {float, int, bool, type(None), np.float64, np.int64, np.bool_}
_LONGEST = 16


def kind_of(value: Any) -> Kind:
    """Give all of a value that a check of its type can hang on, or None."""
    kind = type(value)
    if kind is np.ndarray:
        return value.dtype, value.shape
    if kind in _PLAIN:
        return kind
    if kind is str:  # may be one of few that are allowed
        return value
    if kind is tuple:
        if len(value) > _LONGEST:
            return None
        kinds = tuple(map(kind_of, value))
        return None if None in kinds else (tuple, kinds)
    return kind if dataclasses.is_dataclass(kind) or issubclass(kind, msgspec.Struct) else None


def names_array(hint: Any) -> bool:
    """Say whether an annotation holds an array with named axes, however deep."""
    if isinstance(hint, type) and issubclass(hint, jaxtyping.AbstractArray):
        return True
    return any(names_array(part) for part in typing.get_args(hint))
