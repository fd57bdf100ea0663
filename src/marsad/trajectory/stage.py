"""The stage: detections in, launch estimates and impact forecasts out."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import msgspec
import numpy as np
from jaxtyping import Float

from marsad.flight.rocket import LN_BURN, TIME, Reference
from marsad.geo.frames import enu_from_geodetic, geodetic_from_ecef
from marsad.geo.zones import ZoneShapes, prepare_zones
from marsad.sensing.book import BIAS_CLOCK, SensorBiases, SensorBook
from marsad.sensing.known_air import KnownAir
from marsad.sensing.site import Site
from marsad.terms import (
    Bearing,
    Detection,
    Disposition,
    DispositionKind,
    Flash,
    ImpactForecast,
    Impulse,
    LaunchEstimate,
    Plot,
    SensorFault,
    WeatherReport,
)
from marsad.trajectory.events import (
    Event,
    disbelieved,
    flying,
    give_back,
    is_misfire,
    launch_points,
    note_burnout,
    plot_place,
    refit,
    rival_of,
    score,
    take,
    world_with,
)
from marsad.trajectory.faults import FaultBook, blame, is_pulled, joined, note
from marsad.trajectory.modes import (
    MISFIRE,
    Hypothesis,
    Mode,
    Sibling,
    World,
    is_wide,
    log_evidence,
    search_modes,
    sibling_of,
    spread_modes,
    weights,
    world_of,
)
from marsad.trajectory.observations import Observations
from marsad.trajectory.pool import Straight, Tracklet, TrackletBook, Unclaimed, chain_of, is_launch_like, straight
from marsad.trajectory.report import impact_forecast, launch_estimate, normal_points
from marsad.trajectory.rows import rows_of
from marsad.trajectory.sites import SiteBook, settle, site_estimate, sited_launch
from marsad.trajectory.sites import forget as forget_launch
from marsad.trajectory.starts import radar_starts

_SLOW_CLIMB_MS = 30.0
_FAST_CLIMB_MS = 450.0
_UNSEEN_SCANS = 2.5
"""A rocket climbs faster than the first, and by no more than the second; so many radar turns may have missed it."""


@dataclass(frozen=True)
class TrajectoryParams:
    """Settings of the stage.

    ``gate_chi2``: by number of values (1, 2, 3) of a detection, how far from an event's forecast it may lie.
    ``refit_s``: shortest time between two fits of one event by bearings (a plot is fitted at once).
    """

    gate_chi2: tuple[float, float, float] = (16.0, 20.0, 24.0)
    refit_s: float = 0.1
    pool_kept_s: float = 8.0
    rocket_log_odds: tuple[float, float] = (2.4, 8.0)
    misfire_sure: float = 0.95
    flight_sure: float = 0.9
    least_rows_shown: int = 5
    scans_missed_cancel: float = 3.0
    tail_s: float = 6.0
    salvo_s: float = 90.0
    young_s: float = 1.5
    merge_s: float = 8.0
    least_spread_weight: float = 0.08
    spread_s: float = 0.3
    same_launch_s: float = 0.4
    clock_fault_s: float = 6.0
    least_rows_accuse: int = 14
    fault_cost: float = 12.0


@dataclass
class TrajectoryState:
    """All that the stage remembers; donated to ``step``."""

    site: Site
    params: TrajectoryParams
    zones: ZoneShapes
    normal: Float[np.ndarray, "sample 2"]
    world: World
    events: list[Event] = field(default_factory=list)
    pool: list[Unclaimed] = field(default_factory=list)
    tracklets: TrackletBook = field(default_factory=TrackletBook)
    latency_s: list[float] = field(default_factory=list)
    clock_s: Float[np.ndarray, " sensor"] = field(default_factory=lambda: np.zeros(0))
    fault_book: FaultBook = field(default_factory=FaultBook)
    faults: list[SensorFault] = field(default_factory=list)
    next_event: int = 1
    sites: SiteBook = field(default_factory=SiteBook)


@dataclass(frozen=True)
class TrajectoryOutputs:
    """What changed: launches, impacts, what became of detections, and those that nobody here wanted."""

    launches: tuple[LaunchEstimate, ...] = ()
    impacts: tuple[ImpactForecast, ...] = ()
    dispositions: tuple[Disposition, ...] = ()
    leftover: tuple[Detection, ...] = ()
    faults: tuple[SensorFault, ...] = ()


def init(site: Site, params: TrajectoryParams | None = None) -> TrajectoryState:
    """Make the state of a stage that has seen nothing."""
    return TrajectoryState(
        site=site,
        params=params or TrajectoryParams(),
        zones=prepare_zones(site.zones, site.origin),
        normal=normal_points(),
        world=world_of(site.rockets, site.terrain, site.weather),
    )


def weather(state: TrajectoryState, report: WeatherReport) -> None:
    """Take in a forecast of wind and air."""
    state.world = world_of(state.site.rockets, state.site.terrain, report)


def step(
    state: TrajectoryState,
    book: SensorBook,
    now_utc_ns: int,
    detections: tuple[Detection, ...],
    known_air: KnownAir,
    biases: SensorBiases | None = None,
) -> tuple[TrajectoryState, TrajectoryOutputs]:
    """Take in detections at a moment (UTC ns of arrival) and say what is now believed.

    ``known_air``: what is known to fly; a plot there founds no launch.  ``biases``: what is known of the sensors'
    errors; their priors where None.
    """
    now_s = book.seconds(now_utc_ns)
    if biases is None:
        biases = SensorBiases.prior(book)
    given, biases = biases, state.fault_book.apply(biases)
    state.faults = []
    bias_mean, bias_sigma = biases.mean, biases.sigma
    state.clock_s = bias_mean[:, 3]
    while len(state.latency_s) < len(book.sensors):
        state.latency_s.append(book.sensors[len(state.latency_s)].latency_s)
    dispositions: list[Disposition] = []
    leftover: list[Detection] = []
    for detection in detections:
        k = book.index[detection.sensor_id]
        stamp = book.seconds(detection.time_utc_ns)
        late = min(max(now_s - stamp, 0.0), 8.0)
        state.latency_s[k] = max(late, state.latency_s[k] * 0.98)
        _place_detection(state, book, now_s, detection, bias_mean, bias_sigma, dispositions, leftover, known_air)
    launches: list[LaunchEstimate] = []
    impacts: list[ImpactForecast] = []
    for event in list(state.events):
        if event.dirty and now_s - event.born_s < state.params.merge_s:
            _merge_same(state, event, book, now_s, now_utc_ns, biases, launches, impacts)
            if state.faults:
                biases = state.fault_book.apply(given)
                bias_mean, bias_sigma = biases.mean, biases.sigma
                state.clock_s = bias_mean[:, BIAS_CLOCK]
        _advance(state, event, book, now_s, now_utc_ns, bias_mean, bias_sigma, launches, impacts)
    state.events = [e for e in state.events if e.stage != "ended"]
    if state.pool and now_s - state.pool[0].arrival_s > state.params.pool_kept_s:
        state.pool = [u for u in state.pool if now_s - u.arrival_s <= state.params.pool_kept_s]
    state.tracklets.forget(now_s)
    return state, TrajectoryOutputs(
        tuple(launches), tuple(impacts), tuple(dispositions), tuple(leftover), tuple(state.faults)
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
    event = _claim(state, book, detection, rows, bias_sigma)
    if event is not None:
        dispositions.append(_said(detection, "associated", event.event_id))
        return
    held = Unclaimed(detection, rows, book.seconds(detection.time_utc_ns), now_s)
    state.pool.append(held)
    born = None
    if isinstance(detection, Flash | Bearing):
        born = _born_of_camera(state, book, now_s, held, bias_mean, bias_sigma)
    elif isinstance(detection, Plot) and not known_air.explains(detection, plot_place(detection, book), book):
        born = _born_of_radar(state, book, now_s, held, bias_mean, bias_sigma)
    if born is not None:
        dispositions.append(_said(detection, "initiated", born.event_id))
    else:
        leftover.append(detection)
        dispositions.append(_said(detection, "held", "", "no launch claims it yet"))


def _said(detection: Detection, kind: DispositionKind, target: str, reason: str = "") -> Disposition:
    return Disposition(
        detection_id=detection.detection_id, sensor_id=detection.sensor_id, kind=kind, target_id=target, reason=reason
    )


def _claim(
    state: TrajectoryState,
    book: SensorBook,
    detection: Detection,
    rows: Observations,
    bias_sigma: Float[np.ndarray, "sensor 7"],
    depth: int = 0,
) -> Event | None:
    """Give a detection to the event that forecasts it best, if any does."""
    stamp = book.seconds(detection.time_utc_ns) - float(state.clock_s[book.index[detection.sensor_id]])
    values = 3 if isinstance(detection, Plot) else 2
    gate = state.params.gate_chi2[values - 1] + (10.0 if isinstance(detection, Flash) else 0.0)
    ranked: list[tuple[float, float, int, Event]] = []
    for i, event in enumerate(state.events):
        if not event.modes or detection.detection_id in event.refused or not _may_belong(event, detection, stamp, book):
            continue
        chi2, nll = score(event, rows, state.world, bias_sigma)
        if chi2 < gate:
            ranked.append((nll, chi2, i, event))
    ranked.sort(key=lambda item: item[:3])
    for nll, _, _, event in ranked:
        rival = rival_of(event, detection, book)
        if rival is None:
            take(event, detection, rows, nll, book)
            return event
        if nll < event.frames[rival][1] - 1e-9 and depth < 4:
            other = give_back(event, event.frames[rival][0], book)
            take(event, detection, rows, nll, book)
            other_rows = rows_of(other, book)
            if _claim(state, book, other, other_rows, bias_sigma, depth + 1) is None:
                state.pool.append(Unclaimed(other, other_rows, book.seconds(other.time_utc_ns), stamp))
            return event
    return None


def _may_belong(event: Event, detection: Detection, stamp: float, book: SensorBook) -> bool:
    """Whether the time alone allows it."""
    since = stamp - event.launch_s
    if isinstance(detection, Impulse):
        return -1.0 < since < 120.0
    if isinstance(detection, Flash):
        return abs(since) < 1.0
    if isinstance(detection, Plot):
        return since > -0.5 and stamp < event.impact_s + 1.0
    burn_s = _longest_burn(event)
    if detection.kind == "plume":
        return -0.3 < since < burn_s + 0.2
    post_s = book.sensors[book.index[detection.sensor_id]].post_burnout_s
    return 0.0 < since < burn_s + (6.0 if post_s is None else post_s + 1.0)


def _longest_burn(event: Event) -> float:
    """Seconds after launch by which the motor is surely out, under any heavy mode."""
    share = weights(event.modes)
    return max(
        m.flight.burnout_s * math.exp(2.0 * math.sqrt(m.fit.covariance[LN_BURN, LN_BURN]))
        for m, w in zip(event.modes, share, strict=True)
        if w > 0.01
    )


def _born_of_camera(
    state: TrajectoryState,
    book: SensorBook,
    now_s: float,
    held: Unclaimed,
    bias_mean: Float[np.ndarray, "sensor 7"],
    bias_sigma: Float[np.ndarray, "sensor 7"],
) -> Event | None:
    chain = chain_of(held, state.pool)
    if not is_launch_like(chain):
        return None
    while is_launch_like(chain):
        event = _try_camera(state, book, now_s, chain, bias_mean, bias_sigma)
        if event.modes and event.modes[0].fit.cost < 1.6 * event.rows.count + 14.0:
            _admit(state, event, book, bias_sigma, {u.detection.detection_id for u in chain})
            return event
        if not event.modes:
            return None
        # a stranger in the chain: leave out what fits worst, unless it is what has just come
        worst = max(chain, key=lambda u: _worst_chi2(event, u.detection.detection_id))
        if worst is held:
            return None
        chain = [u for u in chain if u is not worst]
    return None


def _worst_chi2(event: Event, detection_id: str) -> float:
    chi2 = event.modes[0].fit.chi2
    return max(float(c) for name, c in zip(event.rows.detection_ids, chi2, strict=True) if name == detection_id)


def _try_camera(
    state: TrajectoryState,
    book: SensorBook,
    now_s: float,
    chain: list[Unclaimed],
    bias_mean: Float[np.ndarray, "sensor 7"],
    bias_sigma: Float[np.ndarray, "sensor 7"],
) -> Event:
    """A launch from a chain of sightings of one camera."""
    first = chain[0]
    d = first.detection
    assert isinstance(d, Flash | Bearing)
    event = Event("", "", Reference(*launch_points(d, first.rows, state.world)[0]), now_s)
    for u in chain:
        take(event, u.detection, u.rows, 0.0, book)
    event.siblings = _siblings(state, first.stamp_s)
    refit(event, now_s, state.world, book, bias_mean, bias_sigma)
    return event


def _born_of_radar(
    state: TrajectoryState,
    book: SensorBook,
    now_s: float,
    held: Unclaimed,
    bias_mean: Float[np.ndarray, "sensor 7"],
    bias_sigma: Float[np.ndarray, "sensor 7"],
) -> Event | None:
    plot = held.detection
    assert isinstance(plot, Plot)
    place = plot_place(plot, book)
    longer = state.tracklets.add(plot, held.rows, place, book)
    for tracklet in longer:
        n = len(tracklet.plots)
        if n == tracklet.tried or n > 10 or tracklet.is_air:
            continue
        tracklet.tried = n
        line = straight(tracklet)
        speed = float(np.linalg.norm(line.velocity_ms))
        sigma = math.sqrt(float(np.trace(line.velocity_covariance)))
        if n >= 3 and speed + 2.0 * sigma < 120.0:
            tracklet.is_air = True
        if tracklet.is_air or speed + sigma < 90.0 or not _may_be_rising(state, book, tracklet):
            continue
        event = _try_radar(state, book, now_s, tracklet, line, bias_mean, bias_sigma)
        if event is not None:
            _admit(state, event, book, bias_sigma, {p.detection_id for p in tracklet.plots})
            return event
    return None


def _may_be_rising(state: TrajectoryState, book: SensorBook, tracklet: Tracklet) -> bool:
    """With few plots only what has just come over the radar's horizon, and climbs, may be a launch."""
    if len(tracklet.plots) >= 5:
        return True
    assert tracklet.axes is not None
    over_s = tracklet.stamp_s[-1] - tracklet.stamp_s[0]
    rise_m = float(tracklet.axes[2] @ (tracklet.place_m[-1] - tracklet.place_m[0]))
    spread_m = math.sqrt(float(tracklet.covariance_m2[0][2, 2] + tracklet.covariance_m2[-1][2, 2]))
    if rise_m + 1.5 * spread_m < _SLOW_CLIMB_MS * over_s:
        return False
    first = tracklet.plots[0]
    lat, lon, height = geodetic_from_ecef(*tracklet.place_m[0])
    sensor = book.sensors[book.index[first.sensor_id]]
    horizon_m = first.range_m * math.sin(sensor.min_elevation_rad or 0.0)
    unseen_m = _FAST_CLIMB_MS * _UNSEEN_SCANS / (sensor.rate_hz or 1.0)
    above_m = height - state.site.terrain.height_at(lat, lon)
    return above_m < horizon_m + unseen_m + 2.0 * math.sqrt(float(tracklet.covariance_m2[0][2, 2]))


def _try_radar(
    state: TrajectoryState,
    book: SensorBook,
    now_s: float,
    tracklet: Tracklet,
    line: Straight,
    bias_mean: Float[np.ndarray, "sensor 7"],
    bias_sigma: Float[np.ndarray, "sensor 7"],
) -> Event | None:
    """A launch from a tracklet, if a rocket explains it much better than an aircraft does."""
    lat, lon, _ = geodetic_from_ecef(*tracklet.place_m[0])
    event = Event("", "", Reference(lat, lon), now_s)
    for p in tracklet.plots:
        take(event, p, rows_of(p, book), 0.0, book)
    later = min(len(tracklet.plots) - 1, 3)
    velocity = (tracklet.place_m[later] - tracklet.place_m[0]) / (tracklet.stamp_s[later] - tracklet.stamp_s[0])
    starts = radar_starts(tracklet.place_m[0], tracklet.stamp_s[0], velocity, event.reference)
    event.siblings = _siblings(state, tracklet.stamp_s[0])
    event.modes = search_modes(
        world_with(event, state.world), starts, event.rows.view(), event.reference, bias_mean, bias_sigma
    )
    event.search_asked = False
    if not flying(event, state.world):
        return None
    evidence = log_evidence(flying(event, state.world))
    odds = evidence - max(line.log_evidence, line.log_evidence_apart)
    if odds < state.params.rocket_log_odds[0 if len(tracklet.plots) == 2 else 1]:
        tracklet.is_air = len(tracklet.plots) >= 4 and odds < 0.0
        return None
    event.event_id, event.site_id = _event_names(state)
    event.last_fit_s, event.dirty = -math.inf, True
    return event


def _siblings(state: TrajectoryState, stamp_s: float) -> tuple[Hypothesis, ...]:
    """Launchers that fired lately and are known well: the latest one of each place, at most three."""
    found: list[Hypothesis] = []
    for event in sorted(state.events, key=lambda e: -e.last_row_s):
        if event.status != "confirmed" or not event.modes or stamp_s - event.launch_s > state.params.salvo_s:
            continue
        sibling = sibling_of(world_with(event, state.world), event.modes[0])
        if sibling is None or sibling.sibling is None:
            continue
        s = sibling.sibling
        if all(o.sibling is None or _apart(s, o.sibling) for o in found):
            found.append(sibling)
        if len(found) == 3:
            break
    return tuple(found)


def _apart(a: Sibling, b: Sibling) -> bool:
    e, n, _ = enu_from_geodetic(a.latitude_rad, a.longitude_rad, 0.0, b.latitude_rad, b.longitude_rad, 0.0)
    return math.hypot(e, n) > 4.0 * math.hypot(a.position_sigma_m, b.position_sigma_m)


def _event_names(state: TrajectoryState) -> tuple[str, str]:
    name = f"L{state.next_event:04d}"
    state.next_event += 1
    return name, ""


def _admit(
    state: TrajectoryState, event: Event, book: SensorBook, bias_sigma: Float[np.ndarray, "sensor 7"], used: set[str]
) -> None:
    """Make an event one of the living, and let it claim what waits in the pool."""
    if not event.event_id:
        event.event_id, event.site_id = _event_names(state)
    state.events.append(event)
    waiting = [u for u in state.pool if u.detection.detection_id not in used]
    state.pool = []
    for u in waiting:
        if (
            abs(u.stamp_s - event.launch_s) < state.params.pool_kept_s
            and _claim(state, book, u.detection, u.rows, bias_sigma) is not None
        ):
            used.add(u.detection.detection_id)
        else:
            state.pool.append(u)
    state.tracklets.drop(used)


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
    if now_s > max(event.impact_s, event.launch_s + 5.0) + params.tail_s + 30.0:
        event.stage = "ended"
        return
    if _unfollowed(state, event, book, now_s):
        _cancel(state, event, book, now_utc_ns, launches, impacts)
        return
    note_burnout(event, now_s, book, state.latency_s)
    young = now_s - event.born_s < params.young_s
    interval = params.refit_s * (1.0 if young else max(1.0, len(state.events) / 2.0))
    fresh_plot = event.dirty and event.plots > 0 and event.last_plot_s >= event.last_row_s
    if not event.dirty or (now_s - event.last_fit_s < interval and not fresh_plot):
        return
    refit(event, now_s, state.world, book, bias_mean, bias_sigma)
    found = _accuse(state, event, book, now_utc_ns, SensorBiases(bias_mean, bias_sigma))
    if found.sigma is not bias_sigma:
        bias_mean, bias_sigma = found.mean, found.sigma
        refit(event, now_s, state.world, book, bias_mean, bias_sigma)
    _shed(state, event, book, now_s, bias_sigma)
    if event.rows.count < params.least_rows_shown and event.plots == 0:
        return
    _judge(state, event)
    _say(state, event, book, now_utc_ns, SensorBiases(bias_mean, bias_sigma), launches, impacts)


def _shed(
    state: TrajectoryState, event: Event, book: SensorBook, now_s: float, bias_sigma: Float[np.ndarray, "sensor 7"]
) -> None:
    """Let go of detections that the fit does not believe; another launch may want them."""
    for detection_id in disbelieved(event):
        detection = give_back(event, detection_id, book)
        event.refused.add(detection_id)
        event.search_asked = True
        rows = rows_of(detection, book)
        if _claim(state, book, detection, rows, bias_sigma, 3) is None:
            state.pool.append(Unclaimed(detection, rows, book.seconds(detection.time_utc_ns), now_s))


def _merge_same(
    state: TrajectoryState,
    event: Event,
    book: SensorBook,
    now_s: float,
    now_utc_ns: int,
    biases: SensorBiases,
    launches: list[LaunchEstimate],
    impacts: list[ImpactForecast],
) -> None:
    """Two events that are one launch become one: the better known takes over what the other has, if it fits.

    If it would fit but for one error of the one sensor behind the other, that sensor is named.
    """
    for other in state.events:
        if other is event or other.stage == "ended" or event.stage == "ended" or not (event.modes and other.modes):
            continue
        keep, give = (other, event) if _rank(other) > _rank(event) else (event, other)
        apart_s = abs(event.launch_s - other.launch_s)
        close = apart_s <= state.params.same_launch_s + _time_spread(event, other)
        if close and _same_launch(state, keep, give, book, biases.sigma):
            reason = f"the same launch as {keep.event_id}"
        elif apart_s < state.params.clock_fault_s and _reconciled(state, keep, give, book, now_utc_ns, biases):
            biases = state.fault_book.apply(biases)
            state.clock_s = biases.mean[:, BIAS_CLOCK]
            reason = f"the same launch as {keep.event_id}, seen by a sensor that is wrong"
        else:
            continue
        _cancel(state, give, book, now_utc_ns, launches, impacts, reason)
        for detection in list(give.detections.values()):
            rows = rows_of(detection, book)
            if _claim(state, book, detection, rows, biases.sigma) is None:
                state.pool.append(Unclaimed(detection, rows, book.seconds(detection.time_utc_ns), now_s))


def _rank(event: Event) -> tuple[int, int]:
    """More sensors first, then more measurements."""
    return len({d.sensor_id for d in event.detections.values()}), event.rows.count


def _reconciled(
    state: TrajectoryState, keep: Event, give: Event, book: SensorBook, now_utc_ns: int, biases: SensorBiases
) -> bool:
    """Whether one error of one sensor explains that it sees a launch of its own; then the sensor is named."""
    if give.rows.count < 5 or give.rows.count < 1.5 * give.reconciled_at:
        return False
    give.reconciled_at = give.rows.count
    obs = joined(keep.rows.view(), give.rows.view())
    world = world_with(keep, state.world)
    allowed = keep.modes[0].fit.cost + give.modes[0].fit.cost + state.params.fault_cost
    finding = blame(world, keep.modes[0], obs, keep.reference, biases, allowed)
    if finding is None:
        return False
    fault = note(state.fault_book, finding, biases, book, now_utc_ns)
    if fault is not None:
        state.faults.append(fault)
    return True


def _accuse(
    state: TrajectoryState, event: Event, book: SensorBook, now_utc_ns: int, biases: SensorBiases
) -> SensorBiases:
    """Name a sensor whose error one launch pulls far beyond its prior; the biases to go on with."""
    if event.rows.count < state.params.least_rows_accuse or weights(event.modes)[0] < 0.8:
        return biases
    obs = event.rows.view()
    if event.rows.count < 1.4 * event.accused_at or not is_pulled(event.modes[0], biases, obs):
        return biases
    event.accused_at = event.rows.count
    world = world_with(event, state.world)
    finding = blame(world, event.modes[0], obs, event.reference, biases)
    if finding is None:
        return biases
    fault = note(state.fault_book, finding, biases, book, now_utc_ns)
    if fault is not None:
        state.faults.append(fault)
    return state.fault_book.apply(biases)


def _time_spread(a: Event, b: Event) -> float:
    """Three standard deviations of the difference of two launch times, at most 3 s."""
    variance = a.modes[0].fit.covariance[TIME, TIME] + b.modes[0].fit.covariance[TIME, TIME]
    return float(min(3.0 * math.sqrt(variance), 3.0))


def _same_launch(
    state: TrajectoryState, keep: Event, give: Event, book: SensorBook, bias_sigma: Float[np.ndarray, "sensor 7"]
) -> bool:
    """Whether the detections of one event could be the other's: they fit there, and are not seen beside its own."""
    fitting = beside = 0
    for detection in give.detections.values():
        chi2, _ = score(keep, rows_of(detection, book), state.world, bias_sigma)
        fitting += chi2 < 2.0 * state.params.gate_chi2[2]
        beside += rival_of(keep, detection, book) is not None
    n = len(give.detections)
    return fitting >= 0.7 * n and beside <= 0.25 * n


def _unfollowed(state: TrajectoryState, event: Event, book: SensorBook, now_s: float) -> bool:
    """Whether a launch told by a few plots alone was not seen again when it should have been."""
    if event.bearings or event.plots > 3 or event.plots == 0:
        return False
    plot = next(d for d in event.detections.values() if isinstance(d, Plot))
    k = book.index[plot.sensor_id]
    scans = state.params.scans_missed_cancel - (0.5 if event.plots == 2 else 0.0)
    return now_s - event.last_plot_s > state.latency_s[k] + scans / (book.sensors[k].rate_hz or 1.0)


def _cancel(
    state: TrajectoryState,
    event: Event,
    book: SensorBook,
    now_utc_ns: int,
    launches: list[LaunchEstimate],
    impacts: list[ImpactForecast],
    reason: str = "not seen again",
) -> None:
    """Take back a launch that did not prove true."""
    event.status, event.stage = "cancelled", "ended"
    forget_launch(state.sites, event.event_id)
    if event.published_s > -math.inf:
        launches.append(launch_estimate(event, state.world, book, now_utc_ns, (reason,)))
        if event.impact_shown:
            impacts.append(
                ImpactForecast(event_id=event.event_id, outcome="cancelled", arrival_utc_ns=now_utc_ns, modes=())
            )


def _judge(state: TrajectoryState, event: Event) -> None:
    """Settle whether anything flew."""
    p = is_misfire(event, state.world)
    ended = bool(event.burnout_rows)
    if p > state.params.misfire_sure and ended:
        event.status = "misfire"
    elif p < 1.0 - state.params.flight_sure and not (event.plots == 2 and event.bearings == 0):
        event.status = "confirmed"
    elif event.status != "misfire":
        event.status = "tentative"
    event.stage = "published"


def _spread(state: TrajectoryState, event: Event, biases: SensorBiases) -> list[Mode]:
    """The event's flying modes, those with poorly known angles spread into several."""
    modes = flying(event, state.world)
    world, obs = world_with(event, state.world), event.rows.view()
    out: list[Mode] = []
    for m, w in zip(modes, weights(modes) if modes else (), strict=True):
        if w < state.params.least_spread_weight:
            out.append(m)
        else:
            out.extend(spread_modes(world, m, obs, event.reference, biases.mean, biases.sigma))
    return out


def _has_wide(state: TrajectoryState, event: Event) -> bool:
    """Whether a mode that matters is too poorly known for one Gaussian; spreading it takes time."""
    world = world_with(event, state.world)
    share = weights(event.modes)
    return any(
        w >= state.params.least_spread_weight and is_wide(world, m)
        for m, w in zip(event.modes, share, strict=True)
        if world.hypotheses[m.hypothesis].name != MISFIRE
    )


def _say(
    state: TrajectoryState,
    event: Event,
    book: SensorBook,
    now_utc_ns: int,
    biases: SensorBiases,
    launches: list[LaunchEstimate],
    impacts: list[ImpactForecast],
) -> None:
    reasons = _reasons(event)
    event.published_s = book.seconds(now_utc_ns)
    launches.append(_at_site(state, event, launch_estimate(event, state.world, book, now_utc_ns, reasons)))
    if event.status == "confirmed" or (event.plots and event.status == "tentative"):
        now_s = book.seconds(now_utc_ns)
        wide = _has_wide(state, event)
        if not wide or now_s - event.spread_s >= state.params.spread_s:
            modes = _spread(state, event, biases) if wide else flying(event, state.world)
            event.spread_s = now_s if wide else event.spread_s
            impacts.append(
                impact_forecast(
                    event, modes, state.world, book, now_utc_ns, state.zones, state.site.origin, state.normal
                )
            )
            event.impact_shown = True
    elif event.impact_shown and event.status == "misfire":
        impacts.append(
            ImpactForecast(event_id=event.event_id, outcome="cancelled", arrival_utc_ns=now_utc_ns, modes=())
        )
        event.impact_shown = False


def _at_site(state: TrajectoryState, event: Event, estimate: LaunchEstimate) -> LaunchEstimate:
    """The estimate with the launch site that it belongs to, and the place of that site by all its launches."""
    modes = event.modes if event.status == "misfire" else (flying(event, state.world) or event.modes)
    hypothesis = world_with(event, state.world).hypotheses[modes[0].hypothesis]
    launch = sited_launch(
        event.event_id,
        estimate.modes[0],
        modes[0].launch,
        modes[0].fit,
        is_independent=hypothesis.sibling is None,
    )
    event.site_id = settle(state.sites, launch)
    return msgspec.structs.replace(
        estimate, launch_site_id=event.site_id, site=site_estimate(state.sites, event.site_id)
    )


def _reasons(event: Event) -> tuple[str, ...]:
    out = []
    if event.flashes:
        out.append(f"{event.flashes} flash" + ("es" if event.flashes > 1 else ""))
    if event.bearings:
        out.append(f"{event.bearings} camera bearings")
    if event.plots:
        out.append(f"{event.plots} radar plots")
    if event.impulses:
        out.append(f"{event.impulses} bangs")
    return tuple(out)
