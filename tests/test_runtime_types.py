"""The runtime checks are there: a wrong shape or type in a pure function fails a test."""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np
import pytest
from jaxtyping import Float

import runtime_types

pytestmark = pytest.mark.skipif(
    os.environ.get("MARSAD_TYPECHECK") == "0", reason="MARSAD_TYPECHECK=0 switches them off"
)
REFUSED = "violates type hint|Type-check error"
Column = Float[np.ndarray, " row"]


def _dot(a: Column, b: Column) -> float:
    return float(a @ b[: len(a)])


def _shorter(a: Column) -> Column:
    return a[1:]


def _cut(a: Column, by: int) -> Column:
    return a[by:]


def _half(value: float) -> float:
    return value / 2


def _words(value: float) -> float:
    return str(value)  # type: ignore[return-value]


@dataclass(frozen=True)
class _Pair:
    a: Column
    b: Float[np.ndarray, "row 2"] | None = None


def _checked(what):  # type: ignore[no-untyped-def]
    return runtime_types.jaxtyped(what, typechecker=runtime_types.checked)


def test_a_pure_function_refuses_a_wrong_type() -> None:
    from marsad import pipeline

    with pytest.raises(Exception, match=REFUSED):
        pipeline.init("not a site")  # type: ignore[arg-type]


def test_a_pure_function_refuses_a_wrong_shape() -> None:
    from marsad.simulation.paths import look

    with pytest.raises(Exception, match=REFUSED):
        look(np.zeros(3), np.zeros(2))


def test_axes_of_one_name_have_one_size_within_a_call_and_only_there() -> None:
    dot, shorter = _checked(_dot), _checked(_shorter)
    assert dot(np.ones(2), np.ones(2)) == 2.0
    assert dot(np.ones(3), np.ones(3)) == 3.0, "another call, another size"
    with pytest.raises(Exception, match=REFUSED):
        dot(np.ones(2), np.ones(3))
    with pytest.raises(Exception, match=REFUSED):
        shorter(np.ones(3))


def test_what_was_right_once_is_not_right_for_ever() -> None:
    cut, dot = _checked(_cut), _checked(_dot)
    assert len(cut(np.ones(3), 0)) == 3
    with pytest.raises(Exception, match=REFUSED):
        cut(np.ones(3), 1)  # the same types and shapes, but not what comes back
    with pytest.raises(Exception, match=REFUSED):
        cut(np.ones(3), by=1)
    assert len(cut(np.ones(3), by=0)) == 3
    assert dot(np.ones(2), np.ones(2)) == 2.0
    for wrong in (np.ones((2, 2)), np.ones(2, dtype=np.int64), [1.0, 1.0], None):
        with pytest.raises(Exception, match=REFUSED):
            dot(np.ones(2), wrong)
    kept = [dot(np.ones(2), b=np.ones(2)) for _ in range(3)]
    assert kept == [2.0] * 3


def test_a_data_class_is_held_to_its_shapes() -> None:
    pair = _checked(_Pair)
    assert pair(np.ones(2), np.ones((2, 2))).b is not None
    with pytest.raises(Exception, match=REFUSED):
        pair(np.ones(2), np.ones((3, 2)))


def test_a_function_without_arrays_is_held_to_its_types() -> None:
    with pytest.raises(Exception, match=REFUSED):
        _checked(_half)("three")
    with pytest.raises(Exception, match=REFUSED):
        _checked(_words)(3.0)


def test_an_int_serves_as_a_float() -> None:
    assert _checked(_half)(3) == 1.5
