"""The runtime checks are there: a wrong shape or type in a pure function fails a test."""

from __future__ import annotations

import os

import pytest

pytestmark = pytest.mark.skipif(
    os.environ.get("MARSAD_TYPECHECK") == "0", reason="MARSAD_TYPECHECK=0 switches them off"
)


def test_a_pure_function_refuses_a_wrong_type() -> None:
    from marsad import pipeline

    with pytest.raises(Exception, match="Type-check error"):
        pipeline.init("not a site")  # type: ignore[arg-type]


def test_an_int_serves_as_a_float() -> None:
    import runtime_types

    @runtime_types.checked
    def half(value: float) -> float:
        return value / 2

    assert half(3) == 1.5
