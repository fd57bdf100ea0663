"""The story, top to bottom: what arrives becomes tracks, launches, impacts and warnings.

``step`` is deterministic and causal: the same messages in the same order give the same outputs, and outputs up to
a time do not depend on what arrives later.  It reads no clock: time is the arrival of the last message.
The state is donated: after ``step`` use only the returned one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from marsad import trajectory, warn
from marsad.sensing.book import SensorBook
from marsad.sensing.intake import Intake, sort_batch
from marsad.sensing.known_air import KnownAir
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

    trajectory: trajectory.TrajectoryParams = field(default_factory=trajectory.TrajectoryParams)
    warn: warn.WarnParams = field(default_factory=warn.WarnParams)


@dataclass
class PipelineState:
    """All that the pipeline remembers; opaque to callers."""

    site: Site
    params: PipelineParams
    book: SensorBook
    intake: Intake
    known_air: KnownAir
    trajectory: trajectory.TrajectoryState
    warn: warn.WarnState


def init(site: Site, params: PipelineParams | None = None) -> PipelineState:
    """Make the state of a pipeline that has seen nothing yet."""
    params = params or PipelineParams()
    book = SensorBook(0)
    for sensor in site.sensors:
        book.register(sensor)
    return PipelineState(
        site=site,
        params=params,
        book=book,
        intake=Intake(),
        known_air=KnownAir(),
        trajectory=trajectory.init(site, params.trajectory),
        warn=warn.init(site.zones, site.policy),
    )


def step(state: PipelineState, batch: Sequence[Message]) -> tuple[PipelineState, Outputs]:
    """Take in messages in order of arrival and say what changed."""
    incoming = sort_batch(state.intake, state.book, tuple(batch))
    for report in incoming.weather:
        trajectory.weather(state.trajectory, report)
    for claim in incoming.cooperative:
        state.known_air.claim(claim, state.book)
    state.known_air.forget(state.book.seconds(incoming.now_utc_ns))
    state.trajectory, launch = trajectory.step(
        state.trajectory, state.book, incoming.now_utc_ns, tuple(incoming.detections), state.known_air
    )
    state.warn, warnings = warn.step(
        state.warn,
        warn.Evidence(now_utc_ns=incoming.now_utc_ns, launches=launch.launches, impacts=launch.impacts),
        state.params.warn,
    )
    return state, Outputs(
        launches=launch.launches,
        impacts=launch.impacts,
        warnings=warnings,
        dispositions=tuple(incoming.dispositions) + launch.dispositions,
        rejected=tuple(incoming.rejected),
    )
