"""The story, top to bottom: what arrives becomes tracks, launches, impacts and warnings.

``step`` is deterministic and causal: the same messages in the same order give the same outputs, and outputs up to
a time do not depend on what arrives later.  It reads no clock: time is the arrival of the last message.
The state is donated: after ``step`` use only the returned one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from marsad import air, trajectory, warn
from marsad.sensing import registration
from marsad.sensing.book import (
    BIAS_AZIMUTH,
    BIAS_CLOCK,
    BIAS_EAST,
    BIAS_ELEVATION,
    BIAS_RANGE,
    BIAS_UP,
    SensorBiases,
    SensorBook,
)
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
    lost_track_ids: tuple[str, ...] = ()
    cleared_track_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class PipelineParams:
    """Settings of the stages; a site's own numbers are in ``Site``."""

    trajectory: trajectory.TrajectoryParams = field(default_factory=trajectory.TrajectoryParams)
    air: air.AirParams = field(default_factory=air.AirParams)
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
    air: air.AirState
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
        air=air.init(site, params.air),
        warn=warn.init(site.zones, site.policy),
    )


def step(state: PipelineState, batch: Sequence[Message]) -> tuple[PipelineState, Outputs]:
    """Take in messages in order of arrival and say what changed."""
    incoming = sort_batch(state.intake, state.book, tuple(batch))
    now_utc_ns = incoming.now_utc_ns
    for report in incoming.weather:
        trajectory.weather(state.trajectory, report)
    for claim in incoming.cooperative:
        state.known_air.claim(claim, state.book)
    state.known_air.forget(state.book.seconds(now_utc_ns))
    for k, sensor in enumerate(state.book.sensors):
        state.book.noise[k] = registration.noise(state.air.registration, sensor.sensor_id)
    state.trajectory, launch = trajectory.step(
        state.trajectory,
        state.book,
        now_utc_ns,
        tuple(incoming.detections),
        state.known_air,
        _biases(state),
        registration.frozen(state.air.registration),
    )
    for fault in launch.faults:
        registration.hear(state.air.registration, fault)
    claimed = {d.detection_id: d.target_id for d in launch.dispositions if d.kind in ("associated", "initiated")}
    state.air, picture = air.step(state.air, now_utc_ns, incoming.usable, claimed)
    state.known_air.follow(picture.tracks, state.book)
    state.warn, warnings = warn.step(
        state.warn,
        warn.Evidence(
            now_utc_ns=now_utc_ns,
            launches=launch.launches,
            impacts=launch.impacts,
            corridors=picture.corridors,
            lost_track_ids=picture.lost_track_ids,
            cleared_track_ids=picture.cleared_track_ids,
            orders=tuple(warn.order_of(order) for order in incoming.orders),
        ),
        state.params.warn,
    )
    return state, Outputs(
        launches=launch.launches,
        impacts=launch.impacts,
        tracks=picture.tracks,
        corridors=picture.corridors,
        warnings=warnings,
        faults=(*picture.faults, *launch.faults),
        dispositions=(
            *incoming.dispositions,
            *launch.dispositions,
            *(d for d in picture.dispositions if d.detection_id not in claimed),
        ),
        rejected=tuple(incoming.rejected),
        lost_track_ids=picture.lost_track_ids,
        cleared_track_ids=picture.cleared_track_ids,
    )


def standing(state: PipelineState) -> bytes:
    """Write down the alarms that stand, for a later run; empty when no zone is told anything."""
    return warn.standing(state.warn)


def carry_over(
    state: PipelineState, saved: bytes, now_utc_ns: int, seen: Outputs
) -> tuple[PipelineState, tuple[ZoneWarning, ...]]:
    """Go on with the alarms of an earlier run, and say what zones are to be told beyond them.

    ``seen`` holds the last word of this run on each launch, impact and drone, which the alarms know nothing of.
    """
    state.warn = warn.carry_over(saved, state.site.zones, state.site.policy, now_utc_ns)
    evidence = warn.Evidence(
        now_utc_ns=now_utc_ns, launches=seen.launches, impacts=seen.impacts, corridors=seen.corridors
    )
    state.warn, warnings = warn.step(state.warn, evidence, state.params.warn)
    return state, warnings


def _biases(state: PipelineState) -> SensorBiases:
    """What registration is sure of, in place of the priors."""
    biases = SensorBiases.prior(state.book)
    for k, sensor in enumerate(state.book.sensors):
        displaced_m = registration.displaced_m(state.air.registration, sensor.sensor_id)
        biases.sigma[k, BIAS_EAST : BIAS_UP + 1] = np.maximum(biases.sigma[k, BIAS_EAST : BIAS_UP + 1], displaced_m)
        found = registration.correction(state.air.registration, sensor.sensor_id)
        if found is None:
            continue
        for column, row in ((BIAS_RANGE, 0), (BIAS_AZIMUTH, 1), (BIAS_ELEVATION, 2), (BIAS_CLOCK, 3)):
            sigma = math.sqrt(max(float(found.covariance[row, row]), 0.0))
            if abs(float(found.errors[row])) > 2.0 * biases.sigma[k, column]:
                biases.mean[k, column] = float(found.errors[row])
                biases.sigma[k, column] = max(sigma, float(biases.sigma[k, column]))
    return biases
