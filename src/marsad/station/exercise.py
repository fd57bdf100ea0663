"""Exercises: everything that an exercise station decides is marked as an exercise where it is decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import msgspec

from marsad.pipeline import Outputs
from marsad.station.runner import Pipeline
from marsad.terms import Message


def as_exercise(pipeline: Pipeline) -> Pipeline:
    """Give the pipeline whose every warning is an exercise."""

    def step(state: Any, batch: Sequence[Message]) -> tuple[Any, Outputs]:
        state, outputs = pipeline.step(state, batch)
        warnings = tuple(msgspec.structs.replace(warning, exercise=True) for warning in outputs.warnings)
        return state, replace(outputs, warnings=warnings)

    return Pipeline(init=pipeline.init, step=step)
