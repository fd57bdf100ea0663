"""Launches that are one launch, detections that a launch lets go of, sensors that a launch shows to be wrong."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from jaxtyping import Float

from marsad.flight.rocket import TIME
from marsad.geo.frames import enu_from_geodetic, geodetic_from_enu
from marsad.sensing.book import SensorBiases, SensorBook
from marsad.sensing.health import numbers_of
from marsad.terms import (
    Bearing,
    Flash,
    ImpactForecast,
    LaunchEstimate,
    Plot,
)
from marsad.trajectory.claims import claim
from marsad.trajectory.events import (
    Event,
    disbelieved,
    give_back,
    rival_of,
    score,
    take,
    world_with,
)
from marsad.trajectory.faults import Finding, blame, is_suspected, joined, note, suspicion
from marsad.trajectory.modes import Mode
from marsad.trajectory.pool import Unclaimed
from marsad.trajectory.rows import rows_of
from marsad.trajectory.state import TrajectoryState
from marsad.trajectory.telling import cancel


def shed(
    state: TrajectoryState, event: Event, book: SensorBook, now_s: float, bias_sigma: Float[np.ndarray, "sensor 7"]
) -> None:
    """Let go of detections that the fit does not believe; another launch may want them."""
    for detection_id in disbelieved(event):
        detection = give_back(event, detection_id, book)
        event.refused.add(detection_id)
        event.search_asked = True
        rows = rows_of(detection, book)
        if claim(state, book, detection, rows, bias_sigma, 3) is None:
            state.pool.append(Unclaimed(detection, rows, book.seconds(detection.time_utc_ns), now_s))


def let_go_repeats(state: TrajectoryState, sensor_ids: frozenset[str], book: SensorBook) -> None:
    """Take out of all launches what sensors that turned out to be frozen have said again and again, but the first."""
    for event in state.events:
        told: set[tuple[str, tuple[float, ...]]] = set()
        for detection in sorted(event.detections.values(), key=lambda d: d.time_utc_ns):
            said = (detection.sensor_id, numbers_of(detection))
            if detection.sensor_id in sensor_ids and said in told:
                give_back(event, detection.detection_id, book)
                event.search_asked = True
            told.add(said)


def merge_same(
    state: TrajectoryState,
    event: Event,
    book: SensorBook,
    now_utc_ns: int,
    biases: SensorBiases,
    launches: list[LaunchEstimate],
    impacts: list[ImpactForecast],
) -> None:
    """Two events that are one launch become one: of those near in time and place, the two that are so most likely.

    If none is, but one would be but for one error of the one sensor behind it, that sensor is named, and they become
    one with the next step.
    """
    best, pair = 0.0, None
    others = [] if event.stage == "ended" or not event.modes else [e for e in state.events if e is not event]
    ranked = [
        (other, event) if _rank(other) > _rank(event) else (event, other)
        for other in others
        if other.stage != "ended" and other.modes
    ]
    is_young = book.seconds(now_utc_ns) - event.born_s < state.params.merge_s
    for keep, give in ranked:
        if abs(keep.launch_s - give.launch_s) > state.params.same_launch_s + _time_spread(keep, give):
            continue
        if is_young and _mostly_fits(state, keep, give, book, biases.sigma):
            pair = keep, give
            break
        if _is_of_many(state, keep, give) and _is_side_by_side(keep, give):
            for two in ((keep, give), (give, keep)):
                odds = one_not_two(state, *two, book, biases.sigma)
                if odds > best:
                    best, pair = odds, two
    if pair is not None:
        _become_one(state, *pair, book, now_utc_ns, biases, launches, impacts)
        return
    if not state.params.hears_findings or not is_young:
        return
    for keep, give in ranked:
        if abs(keep.launch_s - give.launch_s) < state.params.clock_fault_s and _reconciled(
            state, keep, give, book, now_utc_ns, biases
        ):
            state.reconciled.append((keep, give))


def merge_reconciled(
    state: TrajectoryState,
    book: SensorBook,
    now_utc_ns: int,
    biases: SensorBiases,
    launches: list[LaunchEstimate],
    impacts: list[ImpactForecast],
) -> None:
    """Make one of launches that the last step has found to be one but for a sensor's error."""
    waiting, state.reconciled = state.reconciled, []
    for keep, give in waiting:
        if "ended" in (keep.stage, give.stage):
            continue
        for detection in list(give.detections.values()):
            if rival_of(keep, detection, book) is None:
                take(keep, give_back(give, detection.detection_id, book), rows_of(detection, book), 0.0, book)
                keep.search_asked = True  # they have been seen to fit together
        _become_one(state, keep, give, book, now_utc_ns, biases, launches, impacts, ", seen by a sensor that is wrong")


def _become_one(
    state: TrajectoryState,
    keep: Event,
    give: Event,
    book: SensorBook,
    now_utc_ns: int,
    biases: SensorBiases,
    launches: list[LaunchEstimate],
    impacts: list[ImpactForecast],
    how: str = "",
) -> None:
    """End one of two launches; the other goes on under the name that has been told first.

    So a launch that was told is not taken back where only its path turns out to be another one's.
    """
    if give.published_s > -math.inf and (keep.published_s == -math.inf or give.born_s < keep.born_s):
        for name in _TOLD:
            mine, others = getattr(keep, name), getattr(give, name)
            setattr(keep, name, others)
            setattr(give, name, mine)
        keep.dirty = True
    cancel(state, give, book, now_utc_ns, launches, impacts, f"the same launch as {keep.event_id}{how}")
    _hand_over(state, give, book, book.seconds(now_utc_ns), biases)


_TOLD = ("event_id", "site_id", "born_s", "stage", "status", "impact_shown", "published_s", "spread_s")
"""What of a launch belongs to what was said of it, not to what is believed."""


def _hand_over(state: TrajectoryState, give: Event, book: SensorBook, now_s: float, biases: SensorBiases) -> None:
    """Offer what a launch that is no more has had to the others."""
    for detection in list(give.detections.values()):
        rows = rows_of(detection, book)
        if claim(state, book, detection, rows, biases.sigma) is None:
            state.pool.append(Unclaimed(detection, rows, book.seconds(detection.time_utc_ns), now_s))


_STRAY = 6.0
"""What it costs (natural log) that a launch has a detection that is another's: one in some hundred is."""
_UNSEEN = 2.3
"""What it costs that a sensor which sees one of two rockets side by side does not see the other for a second: it would
see it nine times in ten."""
_SIDE_BY_SIDE_M = 500.0
"""So far apart may two rockets fly that all sensors see both: a launcher's place is off by as much when a launch has
detections of two rockets."""
_LOOK_S = 1.0
"""What is missed once is often missed again at once: looks count by the second."""
_ONE_MORE = 6.0
"""What a launch of its own costs: its time, place and heading need not be those of the other."""
_BESIDE = 0.25
"""Share of the detections of one launch that may be in frames that show the other too."""
_FITTING = 0.7
"""Share of them that must be what the other expects, while a launch is young."""
_AGAIN = 1.25
"""A suspicion that named nobody is looked at again when so much more time has passed since launch."""
_SECOND_LOOK_S = 0.5
_PAUSE_S = 0.4
_SUSPICIONS_KEPT = 32
"""Two for each rocket of the largest salvo: what was suggested longer ago is forgotten."""
"""Least time between two such looks, whatever the launches: each takes up to 0.3 s."""


def _rank(event: Event) -> tuple[int, int]:
    """More sensors first, then more measurements."""
    return len({d.sensor_id for d in event.detections.values()}), event.rows.count


def _reconciled(
    state: TrajectoryState, keep: Event, give: Event, book: SensorBook, now_utc_ns: int, biases: SensorBiases
) -> bool:
    """Whether one error of one sensor explains that it sees a launch of its own; then the sensor is named."""
    after_s = max(keep.last_row_s, give.last_row_s) - keep.launch_s
    now_s = book.seconds(now_utc_ns)
    if give.rows.count < 5 or after_s < _AGAIN * give.reconciled_after_s or now_s < state.accuse_again_s:
        return False
    if sum(rival_of(keep, d, book) is not None for d in give.detections.values()) > _BESIDE * len(give.detections):
        return False  # what is seen beside the other in one frame is another
    give.reconciled_after_s = after_s
    state.accuse_again_s = now_s + _PAUSE_S
    obs = joined(keep.rows.view(), give.rows.view())
    world = world_with(keep, state.world)
    is_one = abs(keep.launch_s - give.launch_s) <= state.params.same_launch_s + _time_spread(keep, give)
    erratic = is_one and not _is_of_many(state, keep, give)
    finding = blame(
        world, keep.modes[0], obs, keep.reference, biases, other=_seen_from(keep, give), may_be_erratic=erratic
    )
    if finding is None or not _is_borne_out(state, finding, keep, give):
        return False
    fault = note(state.fault_book, finding, biases, book, now_utc_ns)
    if fault is not None:
        state.faults.append(fault)
    return finding.kind != "lying"  # a launch that only a sensor called lying tells stands until it proves untrue


def _is_of_many(state: TrajectoryState, one: Event, two: Event) -> bool:
    """Whether further launches stand about the same time: then a detection given to the wrong one is the likelier."""
    near_s = state.params.clock_fault_s
    return any(
        e is not one and e is not two and e.stage != "ended" and e.modes and abs(e.launch_s - one.launch_s) < near_s
        for e in state.events
    )


def _is_borne_out(state: TrajectoryState, finding: Finding, one: Event, two: Event) -> bool:
    """Whether a finding may be believed: among many launches only if others of them suggest the very same error.

    A detection given to the wrong rocket of a salvo looks like an error of its sensor, but seldom like the same twice.
    """
    if not _is_of_many(state, one, two):
        return True
    new = suspicion(finding, frozenset((one.event_id, two.event_id)))
    if any(new.agrees(old) for old in state.suspicions):
        return True
    state.suspicions = [*state.suspicions, new][-_SUSPICIONS_KEPT:]
    return False


def _seen_from(keep: Event, give: Event) -> Mode:
    """The heaviest explanation of one launch as a start for fits of another, from whose reference it is counted."""
    mode, p = give.modes[0], give.modes[0].fit.p.copy()
    lat, lon, _ = geodetic_from_enu(p[0], p[1], 0.0, give.reference.latitude_rad, give.reference.longitude_rad, 0.0)
    p[0], p[1], _ = enu_from_geodetic(lat, lon, 0.0, keep.reference.latitude_rad, keep.reference.longitude_rad, 0.0)
    return replace(mode, hypothesis=keep.modes[0].hypothesis, fit=mode.fit._replace(p=p))


def accuse(state: TrajectoryState, event: Event, book: SensorBook, now_utc_ns: int, biases: SensorBiases) -> None:
    """Name a sensor whose error one launch asks for, if it still does half a second later.

    The launches are corrected with the next step; nothing is done about a sensor that is called lying.
    A heading or class that the search has not found yet can look like an error of the sensor that came in last: the
    first finding has the launch searched again.
    """
    if not state.params.hears_findings or event.rows.count < state.params.least_rows_accuse:
        return
    obs = event.rows.view()
    after_s = event.last_row_s - event.launch_s
    is_due = event.suspect is not None or after_s >= _AGAIN * event.accused_after_s
    now_s = book.seconds(now_utc_ns)
    if not is_due or now_s < state.accuse_again_s or not is_suspected(event.modes[0], biases, obs):
        return
    event.accused_after_s = after_s
    state.accuse_again_s = now_s + _PAUSE_S
    world = world_with(event, state.world)
    cost = min(mode.fit.cost for mode in event.modes)
    erratic = not _is_of_many(state, event, event)
    finding = blame(world, event.modes[0], obs, event.reference, biases, cost, may_be_erratic=erratic)
    before, event.suspect = event.suspect, None
    if finding is None:
        return
    is_same = before is not None and before[0] == finding.sensor
    if before is None or not is_same or after_s - before[2] < _SECOND_LOOK_S:
        event.suspect = before if is_same else (finding.sensor, finding.kind, after_s)
        event.search_asked = True
        return
    if not _is_borne_out(state, finding, event, event):
        return
    fault = note(state.fault_book, finding, biases, book, now_utc_ns)
    if fault is not None:
        state.faults.append(fault)


def _time_spread(a: Event, b: Event) -> float:
    """Three standard deviations of the difference of two launch times, at most 3 s."""
    variance = a.modes[0].fit.covariance[TIME, TIME] + b.modes[0].fit.covariance[TIME, TIME]
    return float(min(3.0 * math.sqrt(variance), 3.0))


def _is_side_by_side(one: Event, other: Event) -> bool:
    """Whether two launches at one time are so near in place that their rockets, if they are two, fly side by side."""
    a, b = one.modes[0], other.modes[0]
    east, north, _ = enu_from_geodetic(
        a.launch.latitude_rad, a.launch.longitude_rad, 0.0, b.launch.latitude_rad, b.launch.longitude_rad, 0.0
    )
    spread_m = 3.0 * math.sqrt(float(np.trace(a.launch_covariance[:2, :2] + b.launch_covariance[:2, :2])))
    return math.hypot(east, north) < _SIDE_BY_SIDE_M + spread_m


def one_not_two(
    state: TrajectoryState, keep: Event, give: Event, book: SensorBook, bias_sigma: Float[np.ndarray, "sensor 7"]
) -> float:
    """Log odds that two events are one launch, that of ``keep``, rather than two from one place at one time.

    As one launch, what the other has either fits this one or has strayed from a third.  As two, one was missed in all
    the looks in which a sensor saw the other alone, though they flew side by side.  Where it is plain that they are two
    the sum is not gone through to its end; and detections that have all strayed are another launch.
    """
    odds = _ONE_MORE + _UNSEEN * (_seen_alone(keep, give, book) + _seen_alone(give, keep, book))
    apart = []
    for detection in give.detections.values():  # the cheaper question first: rockets of a salvo stand side by side
        if rival_of(keep, detection, book) is None:
            apart.append(detection)
        else:
            odds -= _STRAY
            if odds <= 0.0:
                return odds
    strayed = len(give.detections) - len(apart)
    for detection in apart:
        rows = rows_of(detection, book)
        as_one, _ = score(keep, rows, state.world, bias_sigma)
        as_two, _ = score(give, rows, state.world, bias_sigma)
        odds -= max(min(0.5 * as_one, _STRAY) - min(0.5 * as_two, _STRAY), 0.0)
        strayed += 0.5 * as_one > _STRAY
        if odds <= 0.0 or strayed > 0.5 * len(give.detections):
            return min(odds, 0.0)
    return odds


def _mostly_fits(
    state: TrajectoryState, keep: Event, give: Event, book: SensorBook, bias_sigma: Float[np.ndarray, "sensor 7"]
) -> bool:
    """Whether the detections of one event could be the other's: they fit there, and are not seen beside its own."""
    n = len(give.detections)
    allowed = 2.0 * state.params.gate_chi2[2]
    beside = misfits = 0
    for detection in give.detections.values():  # the cheaper question first: rockets of a salvo stand side by side
        beside += rival_of(keep, detection, book) is not None
        if beside > _BESIDE * n:
            return False
    for detection in give.detections.values():
        chi2, _ = score(keep, rows_of(detection, book), state.world, bias_sigma)
        misfits += not chi2 < allowed
        if n - misfits < _FITTING * n:
            return False
    return True


def _seen_alone(one: Event, other: Event, book: SensorBook) -> int:
    """In how many looks, a second or a radar's turn long, one launch was seen while both flew after the other was last
    seen, or seen to burn before it was ever seen.  What is seen of them by turns may be two that a sensor cannot tell
    apart, and a radar's plots of one that is not found yet belong to nobody.
    """
    since_s = max(one.launch_s, other.launch_s) + _LOOK_S
    until_s = min(e.launch_s + e.modes[0].flight.burnout_s for e in (one, other))
    others = [t for times in _looks(other, book).values() for t in times]
    count = 0
    for (k, is_plot), times in _looks(one, book).items():
        look_s = max(_LOOK_S, 1.0 / (book.sensors[k].rate_hz or 1.0)) if is_plot else _LOOK_S
        last_s = -math.inf
        for t in times:
            if t < since_s or (t > until_s and not is_plot) or t - last_s < 0.9 * look_s:
                continue
            if not others or t > max(others) + 0.6 * look_s or (not is_plot and t < min(others) - 0.6 * look_s):
                count, last_s = count + 1, t
    return count


def _looks(event: Event, book: SensorBook) -> dict[tuple[int, bool], list[float]]:
    """Stamps (s) of what a launch was seen by, in order: by sensor, plots apart from sightings."""
    found: dict[tuple[int, bool], list[float]] = {}
    for d in event.detections.values():
        if isinstance(d, Plot | Bearing | Flash):
            found.setdefault((book.index[d.sensor_id], isinstance(d, Plot)), []).append(book.seconds(d.time_utc_ns))
    return {key: sorted(times) for key, times in found.items()}
