"""The story, top to bottom: what arrives becomes tracks, launches, impacts and warnings.

``step`` is deterministic and causal: the same messages in the same order give the same outputs, and outputs up to
a time do not depend on what arrives later.  It reads no clock: time is the arrival of the last message.
The state is donated: after ``step`` use only the returned one.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from marsad import air, trajectory, warn
from marsad.air import AirState
from marsad.sensing import registration, zone_watch
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
    Detection,
    Disposition,
    ImpactForecast,
    LaunchEstimate,
    Message,
    Overload,
    RejectedInput,
    SensorFault,
    TrackReport,
    Watch,
    ZoneWarning,
)
from marsad.trajectory import TrajectoryState


@dataclass(frozen=True)
class Outputs:
    """What one step has to say; every field holds only what changed (``watch`` the whole watch, when it changed)."""

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
    overload: Overload | None = None
    watch: Watch | None = None


@dataclass(frozen=True)
class PipelineParams:
    """Settings of the stages; a site's own numbers are in ``Site``."""

    trajectory: trajectory.TrajectoryParams = field(default_factory=trajectory.TrajectoryParams)
    air: air.AirParams = field(default_factory=air.AirParams)
    warn: warn.WarnParams = field(default_factory=warn.WarnParams)

    @staticmethod
    def plain() -> PipelineParams:
        """Settings with which every row counts at its stated errors, whatever the work: the measure of what no
        cleverness may cost.

        Leave cooperative reports of unlisted sources out of the messages for the whole of it.
        """
        return PipelineParams(
            trajectory=trajectory.TrajectoryParams(hears_findings=False, bounds_work=False),
            air=air.AirParams(
                hears_findings=False,
                bounds_work=False,
                track=replace(air.AirParams().track, again_most=math.inf),
            ),
        )


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
    watch: zone_watch.WatchState
    warn: warn.WarnState
    plain: TrajectoryState | None = None
    """The launches as all rows tell them at their stated errors, beside those corrected for what was found to be wrong
    with a sensor, from when first something was found: a finding may be wrong, and must not cost an alarm."""
    plain_air: AirState | None = None
    """The same of what else flies, while looks are corrected or a sensor's word is doubted; and what is known to fly
    by it, for the plain launches."""
    plain_known_air: KnownAir = field(default_factory=KnownAir)


def init(site: Site, params: PipelineParams | None = None) -> PipelineState:
    """Make the state of a pipeline that has seen nothing yet."""
    params = params or PipelineParams()
    book = SensorBook(0)
    for sensor in site.sensors:
        book.register(sensor, by_site=True)
    return PipelineState(
        site=site,
        params=params,
        book=book,
        intake=Intake(),
        known_air=KnownAir(),
        trajectory=trajectory.init(site, params.trajectory),
        air=air.init(site, params.air),
        watch=zone_watch.init(site.zones, site.terrain),
        warn=warn.init(site.zones, site.policy),
    )


def step(state: PipelineState, batch: Sequence[Message]) -> tuple[PipelineState, Outputs]:
    """Take in messages in order of arrival and say what changed."""
    incoming = sort_batch(state.intake, state.book, tuple(batch))
    now_utc_ns = incoming.now_utc_ns
    fallen = registration.forget_clocks(state.air.registration, now_utc_ns) if incoming.is_clock_moved else ()
    for report in incoming.weather:
        trajectory.weather(state.trajectory, report)
        if state.plain is not None:
            trajectory.weather(state.plain, report)
    for claim in incoming.cooperative:
        for known_air in (state.known_air, state.plain_known_air):
            known_air.claim(claim, state.book)
    for known_air in (state.known_air, state.plain_known_air):
        known_air.forget(state.book.seconds(now_utc_ns))
    biases = _biases(state)
    plain = _plain(state, now_utc_ns, tuple(incoming.detections), biases)
    state.trajectory, launch = trajectory.step(
        state.trajectory,
        state.book,
        now_utc_ns,
        tuple(incoming.detections),
        state.known_air,
        biases,
        registration.frozen(state.air.registration),
    )
    for fault in launch.faults:
        registration.hear(state.air.registration, fault)
    claimed = _claimed(launch)
    _begin_plain_air(state)
    state.air, picture = air.step(state.air, now_utc_ns, incoming.usable, claimed)
    state.known_air.follow(picture.tracks, state.book)
    plain_claimed = claimed if state.plain is None else _claimed(plain)
    plain_picture = _plain_air(state, now_utc_ns, tuple(incoming.usable), plain_claimed)
    watch = _watch(state, now_utc_ns)
    state.warn, warnings = warn.step(
        state.warn,
        warn.Evidence(
            now_utc_ns=now_utc_ns,
            launches=launch.launches + plain.launches,
            impacts=launch.impacts + plain.impacts,
            corridors=picture.corridors + plain_picture.corridors,
            lost_track_ids=picture.lost_track_ids,
            cleared_track_ids=picture.cleared_track_ids + plain_picture.cleared_track_ids,
            orders=tuple(warn.order_of(order) for order in incoming.orders),
            watch=watch,
        ),
        state.params.warn,
    )
    return state, Outputs(
        launches=launch.launches,
        impacts=launch.impacts,
        tracks=picture.tracks,
        corridors=picture.corridors,
        warnings=warnings,
        faults=(*incoming.faults, *fallen, *picture.faults, *launch.faults),
        dispositions=(
            *incoming.dispositions,
            *launch.dispositions,
            *(d for d in picture.dispositions if d.detection_id not in claimed),
        ),
        rejected=tuple(incoming.rejected),
        lost_track_ids=picture.lost_track_ids,
        cleared_track_ids=picture.cleared_track_ids,
        overload=launch.overload,
        watch=watch,
    )


def _plain(
    state: PipelineState, now_utc_ns: int, detections: tuple[Detection, ...], biases: SensorBiases
) -> trajectory.TrajectoryOutputs:
    """What the rows at their stated errors say, once the launches are corrected for a finding on a sensor.

    Zones are warned by either story.  It has its own names, and is shown as part of an alarm only.
    """
    if state.plain is None:
        frozen = registration.frozen(state.air.registration)
        if not state.params.trajectory.hears_findings or not trajectory.is_corrected(
            state.trajectory, biases, state.book, frozen
        ):
            return trajectory.TrajectoryOutputs()
        state.plain = trajectory.plain_story(state.trajectory)
        state.warn = warn.told_plainly(state.warn)
    known_air = state.known_air if state.plain_air is None else state.plain_known_air
    state.plain, said = trajectory.step(state.plain, state.book, now_utc_ns, detections, known_air)
    return replace(
        said,
        launches=tuple(warn.plainly(one) for one in said.launches),
        impacts=tuple(warn.plainly(one) for one in said.impacts),
    )


def _claimed(said: trajectory.TrajectoryOutputs) -> dict[str, str]:
    """The launch of each detection that one has taken."""
    return {d.detection_id: d.target_id for d in said.dispositions if d.kind in ("associated", "initiated")}


def _begin_plain_air(state: PipelineState) -> None:
    """Let a plain air picture begin beside the corrected one, or end.

    It ends when nothing is taken off any more, nobody's word is doubted and it tells of no threat.
    """
    if not state.params.air.hears_findings:
        return
    is_needed = air.is_corrected(state.air)
    if is_needed and state.plain_air is None:
        state.plain_air = air.plain_picture(state.air)
        state.plain_known_air = copy.deepcopy(state.known_air)
        state.warn = warn.told_plainly(state.warn, "drone")
    elif not (is_needed or state.plain_air is None or air.tells_of_threats(state.plain_air)):
        state.plain_air, state.plain_known_air = None, KnownAir()


def _plain_air(
    state: PipelineState, now_utc_ns: int, messages: tuple[Message, ...], claimed: dict[str, str]
) -> air.AirOutputs:
    """What the looks at their stated errors say of all that flies, while they are corrected or doubted otherwise.

    As with the launches zones are warned by either, and it is shown as part of an alarm only.
    """
    if state.plain_air is None:
        return air.AirOutputs()
    state.plain_air.registration = state.air.registration
    state.plain_air, said = air.step(state.plain_air, now_utc_ns, messages, claimed)
    state.plain_known_air.follow(said.tracks, state.book)
    return air.AirOutputs(
        corridors=tuple(warn.plain_corridor(one) for one in said.corridors),
        cleared_track_ids=tuple(warn.plain_name(one) for one in said.cleared_track_ids),
    )


def standing(state: PipelineState) -> bytes:
    """Write down the alarms that stand, for a later run; empty when no zone is told anything."""
    return warn.standing(state.warn)


def carry_over(
    state: PipelineState, saved: bytes, now_utc_ns: int, seen: Outputs
) -> tuple[PipelineState, tuple[ZoneWarning, ...]]:
    """Go on with the alarms of an earlier run, and say what zones are to be told beyond them.

    ``seen`` holds the last word of this run on each launch, impact and drone, which the alarms know nothing of.
    Nobody watches until sensors speak.
    """
    zone_watch.begin_anew(state.watch, now_utc_ns)
    state.warn = warn.carry_over(saved, state.site.zones, state.site.policy, now_utc_ns)
    evidence = warn.Evidence(
        now_utc_ns=now_utc_ns, launches=seen.launches, impacts=seen.impacts, corridors=seen.corridors
    )
    state.warn, warnings = warn.step(state.warn, evidence, state.params.warn)
    return state, warnings


def _watch(state: PipelineState, now_utc_ns: int) -> Watch | None:
    """Who is watched over from now on, if that changed."""
    vitals = state.air.registration.health
    silent = {sensor_id for sensor_id, vital in vitals.items() if "silent" in vital.named}
    blind = registration.frozen(state.air.registration) | silent
    return zone_watch.step(state.watch, state.book, vitals, blind, now_utc_ns)


def _biases(state: PipelineState) -> SensorBiases:
    """What registration is sure of, in place of the priors."""
    biases = SensorBiases.prior(state.book)
    for k, sensor in enumerate(state.book.sensors):
        displaced_m = registration.displaced_m(state.air.registration, sensor.sensor_id)
        if displaced_m > 0.0:
            biases.sigma[k, BIAS_EAST : BIAS_UP + 1] = np.maximum(biases.sigma[k, BIAS_EAST : BIAS_UP + 1], displaced_m)
        found = registration.correction(state.air.registration, sensor.sensor_id)
        if found is None:
            continue
        for column, row in ((BIAS_RANGE, 0), (BIAS_AZIMUTH, 1), (BIAS_ELEVATION, 2), (BIAS_CLOCK, 3)):
            if abs(float(found.errors[row])) > air.FAR_SIGMAS * biases.sigma[k, column]:
                sigma = math.sqrt(max(float(found.covariance[row, row]), 0.0))
                biases.mean[k, column] = float(found.errors[row])
                biases.sigma[k, column] = max(sigma, float(biases.sigma[k, column]))
    return biases
