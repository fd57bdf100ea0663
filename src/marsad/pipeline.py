"""The story, top to bottom: what arrives becomes tracks, launches, impacts and warnings.

``step`` is deterministic and causal: the same messages in the same order give the same outputs, and outputs up to
a time do not depend on what arrives later.  It reads no clock: time is the arrival of the last message.
The state is donated: after ``step`` use only the returned one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from marsad.sensing.site import Site
from marsad.terms import (
    CorridorForecast,
    Disposition,
    ImpactForecast,
    LaunchEstimate,
    Message,
    RejectedInput,
    SensorFault,
    TrackReport,
    ZoneWarning,
)


@dataclass(frozen=True)
class Outputs:
    """What one step has to say; every field holds only what changed."""

    launches: tuple[LaunchEstimate, ...] = ()
    impacts: tuple[ImpactForecast, ...] = ()
    tracks: tuple[TrackReport, ...] = ()
    corridors: tuple[CorridorForecast, ...] = ()
    warnings: tuple[ZoneWarning, ...] = ()
    faults: tuple[SensorFault, ...] = ()
    dispositions: tuple[Disposition, ...] = ()
    rejected: tuple[RejectedInput, ...] = ()


@dataclass(frozen=True)
class PipelineParams:
    """Settings of the stages; a site's own numbers are in ``Site``."""


@dataclass
class PipelineState:
    """All that the pipeline remembers; opaque to callers."""

    site: Site
    params: PipelineParams = field(default_factory=PipelineParams)


def init(site: Site, params: PipelineParams | None = None) -> PipelineState:
    """Make the state of a pipeline that has seen nothing yet."""
    return PipelineState(site=site, params=params or PipelineParams())


def step(state: PipelineState, batch: Sequence[Message]) -> tuple[PipelineState, Outputs]:
    """Take in messages in order of arrival and say what changed."""
    return state, Outputs()
