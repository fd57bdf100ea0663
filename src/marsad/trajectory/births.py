"""How a launch is born: from a chain of sightings of one camera, from sightings of several that cross, or from a few
plots of one radar.
"""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Float

from marsad.flight.rocket import Reference
from marsad.geo.frames import ecef_from_geodetic, enu_from_geodetic, geodetic_from_ecef
from marsad.sensing.book import SensorBook
from marsad.terms import (
    Bearing,
    Flash,
    Plot,
)
from marsad.trajectory.claims import claim, may_claim
from marsad.trajectory.events import (
    Event,
    flying,
    is_misfire,
    launch_points,
    plot_place,
    refit,
    take,
    world_with,
)
from marsad.trajectory.modes import (
    Hypothesis,
    Sibling,
    log_evidence,
    search_modes,
    sibling_of,
)
from marsad.trajectory.pool import (
    CHAIN_S,
    Straight,
    Tracklet,
    Unclaimed,
    chain_of,
    crossing_chains,
    is_launch_like,
    straight,
)
from marsad.trajectory.rows import rows_of
from marsad.trajectory.searches import rank
from marsad.trajectory.starts import radar_starts
from marsad.trajectory.state import TrajectoryState

_LEAST_CROSSING = 2
_CROSSING_MISFIRE = 0.02
_MOST_STRANGERS = 1
"""Sightings that each of two cameras needs, how unlikely it must be that what they see does not move, and how many
unclaimed flashes of other times may wait."""

_STRAIGHT_CHI2 = 8.0
"""A straight line that fits so well leaves a rocket no chance: the least that any rocket was born with is 12."""
_FASTEST_RATIO = 1.3
"""No rocket flies faster than its class's speed times this."""

_CLAIM_WEIGHT = 3.0
"""By so much at most (e³, twenty to one) an aircraft's word that these are its plots weighs: anybody may say so."""
_SLOW_CLIMB_MS = 30.0
_FAST_CLIMB_MS = 450.0
_UNSEEN_SCANS = 2.5
"""A rocket climbs faster than the first, and by no more than the second; so many radar turns may have missed it."""


def born_of_camera(
    state: TrajectoryState,
    book: SensorBook,
    now_s: float,
    held: Unclaimed,
    bias_mean: Float[np.ndarray, "sensor 7"],
    bias_sigma: Float[np.ndarray, "sensor 7"],
) -> Event | None:
    """Make a launch of a new sighting and those before it, if together they look like one."""
    chain = chain_of(held, state.pool)
    if not is_launch_like(chain):
        return _born_of_crossing(state, book, now_s, held, chain, bias_mean, bias_sigma)
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


def _born_of_crossing(
    state: TrajectoryState,
    book: SensorBook,
    now_s: float,
    held: Unclaimed,
    own: list[Unclaimed],
    bias_mean: Float[np.ndarray, "sensor 7"],
    bias_sigma: Float[np.ndarray, "sensor 7"],
) -> Event | None:
    """Make a launch of so few sightings that one camera alone says nothing, where two cameras see one thing move.

    An impact or an explosion is seen so by several cameras too, but stays where it is.  Where false flashes are many,
    two of them cross by chance: then more is waited for.
    """
    strangers = sum(isinstance(u.detection, Flash) and abs(u.stamp_s - held.stamp_s) > CHAIN_S for u in state.pool)
    if len(own) < _LEAST_CROSSING or strangers > _MOST_STRANGERS:
        return None
    for other in crossing_chains(held, state.pool, bias_sigma):
        together = sorted((*own, *other), key=lambda u: u.stamp_s)
        if len(other) < _LEAST_CROSSING or not is_launch_like(together):
            continue
        event = _try_camera(state, book, now_s, together, bias_mean, bias_sigma)
        fits = bool(event.modes) and event.modes[0].fit.cost < 1.6 * event.rows.count + 8.0
        if fits and is_misfire(event, state.world) < _CROSSING_MISFIRE:
            _admit(state, event, book, bias_sigma, {u.detection.detection_id for u in together})
            return event
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


def born_of_radar(
    state: TrajectoryState,
    book: SensorBook,
    now_s: float,
    held: Unclaimed,
    bias_mean: Float[np.ndarray, "sensor 7"],
    bias_sigma: Float[np.ndarray, "sensor 7"],
) -> Event | None:
    """Make a launch of a new plot and a few before it, if a rocket explains them far better than anything else."""
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
        if not _asks_for_a_search(state, book, tracklet, line):
            continue
        if not state.searches.may_go():
            state.searches.put_off(tracklet, rank(tracklet, line, *_target(state)), now_s)
            continue
        event = _born_of_tracklet(state, book, now_s, tracklet, line, bias_mean, bias_sigma)
        if event is not None:
            return event
    return None


def work_off(
    state: TrajectoryState,
    book: SensorBook,
    now_s: float,
    bias_mean: Float[np.ndarray, "sensor 7"],
    bias_sigma: Float[np.ndarray, "sensor 7"],
) -> None:
    """Make the searches that were put off, the likeliest to hit a zone first, as many as there is room for now."""
    state.searches.forget(now_s, state.params.pool_kept_s)
    while (tracklet := state.searches.next()) is not None:
        if all(state.known_air.explains(p, plot_place(p, book), book) for p in tracklet.plots):
            # no plot of what is known to fly founds a launch, and most that waits is of a crowd known by now
            state.searches.give_back()
            continue
        line = straight(tracklet)
        if _asks_for_a_search(state, book, tracklet, line):
            _born_of_tracklet(state, book, now_s, tracklet, line, bias_mean, bias_sigma)


def _target(state: TrajectoryState) -> tuple[Float[np.ndarray, "3"], float]:
    """The site's middle (Earth-fixed, m) and how far its zones reach from there."""
    o = state.site.origin
    middle = np.array(ecef_from_geodetic(o.latitude_rad, o.longitude_rad, o.height_m))
    west, east, south, north = state.zones.box_m.T
    away = np.hypot(np.maximum(-west, east), np.maximum(-south, north))
    return middle, float(away.max(initial=0.0))


def _asks_for_a_search(state: TrajectoryState, book: SensorBook, tracklet: Tracklet, line: Straight) -> bool:
    """Whether nothing cheap rules a rocket out; notes what is surely none."""
    speed = float(np.linalg.norm(line.velocity_ms))
    sigma = math.sqrt(float(np.trace(line.velocity_covariance)))
    if len(tracklet.plots) >= 3 and speed + 2.0 * sigma < 120.0:
        tracklet.is_air = True
    if tracklet.is_air or speed + sigma < 90.0 or line.chi2 < _STRAIGHT_CHI2:
        return False
    return speed - 3.0 * sigma <= _fastest_ms(state) and _may_be_rising(state, book, tracklet)


def _born_of_tracklet(
    state: TrajectoryState,
    book: SensorBook,
    now_s: float,
    tracklet: Tracklet,
    line: Straight,
    bias_mean: Float[np.ndarray, "sensor 7"],
    bias_sigma: Float[np.ndarray, "sensor 7"],
) -> Event | None:
    """Search, and make a launch one of the living if there is one."""
    event = _try_radar(state, book, now_s, tracklet, line, bias_mean, bias_sigma)
    if event is not None:
        _admit(state, event, book, bias_sigma, {p.detection_id for p in tracklet.plots})
    return event


def _fastest_ms(state: TrajectoryState) -> float:
    return _FASTEST_RATIO * max(h.motor.delta_v_ms for h in state.world.hypotheses)


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
    plain = max(line.log_evidence, line.log_evidence_apart)
    assert tracklet.axes is not None
    claimed = state.known_air.claimed_log_evidence(
        tracklet.place_m, tracklet.covariance_m2, tracklet.axes, tracklet.stamp_s
    )
    odds = evidence - max(plain, min(claimed, plain + _CLAIM_WEIGHT))
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
        # the others had their chance when it came: what the new one does not expect goes on waiting
        if (
            abs(u.stamp_s - event.launch_s) < state.params.pool_kept_s
            and may_claim(state, book, event, u.detection, u.rows, bias_sigma)
            and claim(state, book, u.detection, u.rows, bias_sigma) is not None
        ):
            used.add(u.detection.detection_id)
        else:
            state.pool.append(u)
    state.tracklets.drop(used)
