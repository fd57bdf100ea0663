"""Exercises: everything that an exercise station decides is marked as an exercise where it is decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import msgspec

from marsad.pipeline import Outputs
from marsad.station.runner import Pipeline
from marsad.terms import Message, ZoneWarning


def as_exercise(pipeline: Pipeline) -> Pipeline:
    """Give the pipeline whose every warning is an exercise."""

    def step(state: Any, batch: Sequence[Message]) -> tuple[Any, Outputs]:
        state, outputs = pipeline.step(state, batch)
        return state, replace(outputs, warnings=_marked(outputs.warnings))

    def carry_over(state: Any, saved: bytes, now_utc_ns: int, seen: Outputs) -> tuple[Any, tuple[ZoneWarning, ...]]:
        state, warnings = pipeline.carry_over(state, saved, now_utc_ns, seen)
        return state, _marked(warnings)

    return Pipeline(init=pipeline.init, step=step, standing=pipeline.standing, carry_over=carry_over)


def _marked(warnings: tuple[ZoneWarning, ...]) -> tuple[ZoneWarning, ...]:
    return tuple(msgspec.structs.replace(warning, exercise=True) for warning in warnings)
