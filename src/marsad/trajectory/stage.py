"""The stage: detections in, launch estimates and impact forecasts out."""

from __future__ import annotations

import copy
import math
from dataclasses import replace

import numpy as np
from jaxtyping import Float

from marsad.geo.zones import prepare_zones
from marsad.sensing.book import SensorBiases, SensorBook
from marsad.sensing.health import numbers_of
from marsad.sensing.known_air import KnownAir
from marsad.sensing.site import Site
from marsad.terms import (
    Bearing,
    Detection,
    Disposition,
    DispositionKind,
    Flash,
    ImpactForecast,
    LaunchEstimate,
    Plot,
    WeatherReport,
)
from marsad.trajectory.births import born_of_camera, born_of_radar, work_off
from marsad.trajectory.claims import claim
from marsad.trajectory.events import (
    Event,
    note_burnout,
    outlook_of,
    plot_place,
    refit,
)
from marsad.trajectory.faults import FaultBook
from marsad.trajectory.joining import accuse, let_go_repeats, merge_reconciled, merge_same, shed
from marsad.trajectory.modes import (
    world_of,
)
from marsad.trajectory.pool import TrackletBook, Unclaimed
from marsad.trajectory.report import normal_points
from marsad.trajectory.rows import rows_of
from marsad.trajectory.scatter import note_scatter
from marsad.trajectory.searches import Searches
from marsad.trajectory.state import TrajectoryOutputs, TrajectoryParams, TrajectoryState
from marsad.trajectory.telling import cancel, is_unfollowed, judge, say


def init(site: Site, params: TrajectoryParams | None = None) -> TrajectoryState:
    """Make the state of a stage that has seen nothing."""
    params = params or TrajectoryParams()
    return TrajectoryState(
        site=site,
        params=params,
        searches=Searches() if params.bounds_work else Searches(left=math.inf),
        tracklets=TrackletBook(is_bounded=params.bounds_work),
        zones=prepare_zones(site.zones, site.origin),
        normal=normal_points(),
        world=world_of(site.rockets, site.terrain, site.weather),
    )


def weather(state: TrajectoryState, report: WeatherReport) -> None:
    """Take in a forecast of wind and air."""
    state.world = world_of(state.site.rockets, state.site.terrain, report)


def is_corrected(state: TrajectoryState, biases: SensorBiases, book: SensorBook, frozen: frozenset[str]) -> bool:
    """Whether the next step with these biases and frozen sensors is to do anything but take the rows as they are."""
    prior = SensorBiases.prior(book)
    is_plain = np.array_equal(biases.mean, prior.mean) and np.array_equal(biases.sigma, prior.sigma)
    return bool(not is_plain or frozen or state.fault_book.known or state.reconciled)


def plain_story(state: TrajectoryState) -> TrajectoryState:
    """A copy that goes on with all rows at their stated errors, whatever is found to be wrong with a sensor.

    What never changes is shared; all else is copied, for both go on.
    """
    shared = (state.site, state.params, state.zones, state.normal, state.world)
    plain = copy.deepcopy(state, {id(one): one for one in shared})
    plain.params = replace(state.params, hears_findings=False)
    plain.fault_book, plain.reconciled, plain.frozen = FaultBook(), [], frozenset()
    return plain


def step(
    state: TrajectoryState,
    book: SensorBook,
    now_utc_ns: int,
    detections: tuple[Detection, ...],
    known_air: KnownAir,
    biases: SensorBiases | None = None,
    frozen: frozenset[str] = frozenset(),
) -> tuple[TrajectoryState, TrajectoryOutputs]:
    """Take in detections at a moment (UTC ns of arrival) and say what is now believed.

    ``known_air``: what is known to fly; a plot there founds no launch.  ``biases``: what is known of the sensors'
    errors; their priors where None.  ``frozen``: sensors known to repeat themselves; a repeat is not taken in.
    """
    now_s = book.seconds(now_utc_ns)
    hears = state.params.hears_findings
    if biases is None or not hears:
        biases = SensorBiases.prior(book)
    frozen = frozen if hears else frozenset()
    biases = state.fault_book.apply(biases)
    if np.array_equal(biases.sigma, state.bias_sigma):
        biases = SensorBiases(biases.mean, state.bias_sigma)  # the very array: what was scored under it stays scored
    state.bias_sigma = biases.sigma
    state.searches.earn(now_s)
    state.faults = []
    state.known_air = known_air
    bias_mean, bias_sigma = biases.mean, biases.sigma
    state.clock_s = bias_mean[:, 3]
    while len(state.latency_s) < len(book.sensors):
        state.latency_s.append(book.sensors[len(state.latency_s)].latency_s)
    dispositions: list[Disposition] = []
    leftover: list[Detection] = []
    if not frozen <= state.frozen:
        let_go_repeats(state, frozen - state.frozen, book)
    state.frozen = frozen
    for detection in detections:
        k = book.index[detection.sensor_id]
        stamp = book.seconds(detection.time_utc_ns)
        late = min(max(now_s - stamp, 0.0), 8.0)
        state.latency_s[k] = max(late, state.latency_s[k] * 0.98)
        value = numbers_of(detection)
        repeats = value == state.last_value.get(detection.sensor_id)
        state.last_value[detection.sensor_id] = value
        if repeats and detection.sensor_id in frozen:
            dispositions.append(_said(detection, "rejected", "", "its sensor repeats itself"))
            continue
        _place_detection(state, book, now_s, detection, bias_mean, bias_sigma, dispositions, leftover, known_air)
    work_off(state, book, now_s, bias_mean, bias_sigma)
    launches: list[LaunchEstimate] = []
    impacts: list[ImpactForecast] = []
    merge_reconciled(state, book, now_utc_ns, biases, launches, impacts)
    if hears:
        note_scatter(state, book, now_utc_ns, bias_sigma)
    for event in list(state.events):
        if event.grown():
            merge_same(state, event, book, now_utc_ns, biases, launches, impacts)
        _advance(state, event, book, now_s, now_utc_ns, bias_mean, bias_sigma, launches, impacts)
    state.events = [e for e in state.events if e.stage != "ended"]
    old = 0  # they stand in order of arrival, but for a few
    while old < len(state.pool) and now_s - state.pool[old].arrival_s > state.params.pool_kept_s:
        old += 1
    del state.pool[:old]
    state.tracklets.forget(now_s)
    return state, TrajectoryOutputs(
        tuple(launches),
        tuple(impacts),
        tuple(dispositions),
        tuple(leftover),
        tuple(state.faults),
        state.searches.overload(now_s, now_utc_ns),
    )


def _place_detection(
    state: TrajectoryState,
    book: SensorBook,
    now_s: float,
    detection: Detection,
    bias_mean: Float[np.ndarray, "sensor 7"],
    bias_sigma: Float[np.ndarray, "sensor 7"],
    dispositions: list[Disposition],
    leftover: list[Detection],
    known_air: KnownAir,
) -> None:
    if isinstance(detection, Bearing) and detection.kind == "object":
        leftover.append(detection)
        return
    rows = rows_of(detection, book)
    event = claim(state, book, detection, rows, bias_sigma)
    if event is not None:
        dispositions.append(_said(detection, "associated", event.event_id))
        return
    is_known = isinstance(detection, Plot) and known_air.explains(detection, plot_place(detection, book), book)
    held = Unclaimed(detection, rows, book.seconds(detection.time_utc_ns), now_s, is_known)
    state.pool.append(held)
    born = None
    if isinstance(detection, Flash | Bearing):
        born = born_of_camera(state, book, now_s, held, bias_mean, bias_sigma)
    elif isinstance(detection, Plot) and not is_known:
        born = born_of_radar(state, book, now_s, held, bias_mean, bias_sigma)
    if born is not None:
        dispositions.append(_said(detection, "initiated", born.event_id))
    else:
        leftover.append(detection)
        dispositions.append(_said(detection, "held", "", "no launch claims it yet"))


def _said(detection: Detection, kind: DispositionKind, target: str, reason: str = "") -> Disposition:
    return Disposition(
        detection_id=detection.detection_id, sensor_id=detection.sensor_id, kind=kind, target_id=target, reason=reason
    )


def _is_told_at_birth(event: Event, params: TrajectoryParams) -> bool:
    """Whether what a launch is born from is more than the few frames of one camera that a storm may put in a row."""
    cameras = {d.sensor_id for d in event.detections.values() if isinstance(d, Flash | Bearing)}
    return len(cameras) > 1 or event.bearings >= params.least_bearings_told


def _is_due(state: TrajectoryState, event: Event, now_s: float) -> bool:
    """Whether an event is to be fitted again: by a new plot at once, by bearings after a while.

    The more launches there are to follow at once, the longer each waits: the work asked for stays within one core.
    """
    if event.plots > 0 and event.last_plot_s >= event.last_row_s:
        return True
    is_young = now_s - event.born_s < state.params.young_s
    crowd = (state.young_count(now_s) if is_young else len(state.events)) / 1.5
    return now_s - event.last_fit_s >= state.params.refit_s * max(1.0, crowd)


def _advance(
    state: TrajectoryState,
    event: Event,
    book: SensorBook,
    now_s: float,
    now_utc_ns: int,
    bias_mean: Float[np.ndarray, "sensor 7"],
    bias_sigma: Float[np.ndarray, "sensor 7"],
    launches: list[LaunchEstimate],
    impacts: list[ImpactForecast],
) -> None:
    """Refit an event when it is time, and say what is new about it."""
    params = state.params
    if event.stage == "ended":
        return
    outlook = outlook_of(event, state.world)
    if now_s > max(outlook.impact_s, outlook.launch_s + 5.0) + params.tail_s + 30.0:
        event.stage = "ended"
        return
    if is_unfollowed(state, event, book, now_s):
        cancel(state, event, book, now_utc_ns, launches, impacts)
        return
    note_burnout(event, now_s, book, state.latency_s)
    is_born_now = event.born_s == now_s and event.published_s == -math.inf and _is_told_at_birth(event, params)
    if not is_born_now and not (event.dirty and _is_due(state, event, now_s)):
        return
    if event.dirty:
        refit(event, now_s, state.world, book, bias_mean, bias_sigma)
    accuse(state, event, book, now_utc_ns, SensorBiases(bias_mean, bias_sigma))
    shed(state, event, book, now_s, bias_sigma)
    if event.rows.count < params.least_rows_shown and event.plots == 0:
        return
    judge(state, event)
    say(state, event, book, now_utc_ns, SensorBiases(bias_mean, bias_sigma), launches, impacts)
