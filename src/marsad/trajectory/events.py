"""One launch under study: its measurements, its explanations, and how it lives and ends."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from jaxtyping import Float

from marsad.flight.rocket import LN_BURN, TIME, Environment, Reference
from marsad.sensing.book import SensorBook
from marsad.terms import Bearing, Detection, Flash, Impulse, LaunchStatus, Plot
from marsad.trajectory.fit import fits
from marsad.trajectory.modes import (
    MISFIRE,
    Hypothesis,
    Mode,
    World,
    misfire_weight,
    search_modes,
    update_modes,
    weights,
)
from marsad.trajectory.observations import BURNOUT, ObservationBuffer, Observations
from marsad.trajectory.rows import rows_of
from marsad.trajectory.starts import camera_starts, radar_starts, sight_points

_HEAVY = 0.03
_SEARCH_AT = (6, 12, 24, 40)
FRAME_S = 0.05
_SETTLED = 0.97
_LEAST_ROWS_TO_DOUBT = 9
_DISBELIEVED_CHI2 = 26.0
_FLASH_OFFSET = 1_000_000_000_000
_PLUME_SILENCE_S = 0.25

Stage = Literal["held", "published", "ended"]


@dataclass
class Outlook:
    """What an event's modes expect of detections: worked out once for each new set of modes.

    ``burn_s``: seconds after launch by which the motor is surely out.  ``heavy``: for each heavy mode twice its log
    weight and the first arguments of ``fit.fits``.  ``scores``: what was found for rows of detections, by identity
    (the rows are kept, so that no other object can take their place), under ``bias_sigma``.
    """

    modes: list[Mode]
    env: Environment
    launch_s: float
    impact_s: float
    burn_s: float
    heavy: tuple[tuple[float, tuple[Any, ...]], ...]
    bias_sigma: Float[np.ndarray, "sensor 7"] | None = None
    scores: dict[int, tuple[Observations, float, float]] = field(default_factory=dict)


@dataclass
class Event:
    """A launch hypothesis.

    ``modes`` are its explanations, heaviest first.  ``frames`` says which detection was taken from which frame of
    which sensor, and how well it fitted.  ``plume_s``, ``hot_s``: stamps of burning and burnt-out sightings by sensor.
    """

    event_id: str
    site_id: str
    reference: Reference
    born_s: float
    rows: ObservationBuffer = field(default_factory=ObservationBuffer)
    modes: list[Mode] = field(default_factory=list)
    detections: dict[str, Detection] = field(default_factory=dict)
    frames: dict[tuple[int, int], tuple[str, float]] = field(default_factory=dict)
    plume_s: dict[int, list[float]] = field(default_factory=dict)
    hot_s: dict[int, list[float]] = field(default_factory=dict)
    burnout_rows: dict[int, float] = field(default_factory=dict)
    burnt_out: dict[int, tuple[float, float]] = field(default_factory=dict)
    """By camera, stamps of its last burning sighting and of the first burnt-out one after it (infinite: none)."""
    plots: int = 0
    bearings: int = 0
    impulses: int = 0
    flashes: int = 0
    last_row_s: float = -math.inf
    last_plot_s: float = -math.inf
    last_fit_s: float = -math.inf
    dirty: bool = True
    searched: int = 0
    search_asked: bool = True
    stage: Stage = "held"
    status: LaunchStatus = "tentative"
    impact_shown: bool = False
    published_s: float = -math.inf
    spread_s: float = -math.inf
    siblings: tuple[Hypothesis, ...] = ()
    compared_at: int = 0
    compared_after_s: float = 0.0
    reconciled_after_s: float = 0.0
    accused_after_s: float = 0.0
    suspect: tuple[int, str, float] | None = None
    refused: set[str] = field(default_factory=set)
    outlook: Outlook | None = None

    def grown(self) -> bool:
        """Whether it is a quarter richer or older than when last compared with the others (and notes it)."""
        if not self.dirty or not self.modes:
            return False
        after_s = self.last_row_s - self.launch_s
        if self.rows.count < 1.25 * self.compared_at and after_s < 1.25 * self.compared_after_s:
            return False
        self.compared_at, self.compared_after_s = self.rows.count, after_s
        return True

    @property
    def launch_s(self) -> float:
        """Launch time of the heaviest mode."""
        return float(self.modes[0].fit.p[TIME])

    @property
    def impact_s(self) -> float:
        """Impact time of the heaviest mode that flies."""
        return max((m.impact.time_s for m in self.modes if m.impact.ok), default=-math.inf)


def frame_key(detection: Detection, book: SensorBook) -> tuple[int, int]:
    """Sensor and stamp (ms) of a detection; a flash counts apart from what burns in the same frame."""
    k = book.index[detection.sensor_id]
    offset = _FLASH_OFFSET if isinstance(detection, Flash) else 0
    return k, round(book.seconds(detection.time_utc_ns) * 1000.0) + offset


def rival_of(event: Event, detection: Detection, book: SensorBook) -> tuple[int, int] | None:
    """Key of a detection that the event has from the same frame or radar turn: one object appears once in each."""
    k, stamp_ms = frame_key(detection, book)
    if isinstance(detection, Impulse):
        return (k, stamp_ms) if (k, stamp_ms) in event.frames else None
    default = 1.0 if isinstance(detection, Plot) else 1.0 / FRAME_S
    half_frame_ms = 0.4 * 1000.0 / (book.sensors[k].rate_hz or default)
    for other in event.frames:
        if other[0] == k and abs(other[1] - stamp_ms) < half_frame_ms:
            return other
    return None


def outlook_of(event: Event, world: World) -> Outlook:
    """What the event's modes and this world expect; made anew when either has changed."""
    known = event.outlook
    if known is None or known.modes is not event.modes or known.env is not world.env:
        event.outlook = known = _outlook(event, world)
    return known


def _outlook(event: Event, world: World) -> Outlook:
    share = weights(event.modes)
    burn_s = max(
        m.flight.burnout_s * math.exp(2.0 * math.sqrt(m.fit.covariance[LN_BURN, LN_BURN]))
        for m, w in zip(event.modes, share, strict=True)
        if w > 0.01
    )
    heavy = []
    for m, w in zip(event.modes, share, strict=True):
        if w >= _HEAVY:
            f = m.flight
            flown = (f.tau_s, f.state, f.sensitivity, f.nodes, f.burnout_s)
            fitted = (m.fit.p, m.fit.sound, m.fit.bias, m.fit.covariance, m.fit.column)
            heavy.append((2.0 * math.log(w), (*fitted, *flown, *world.env)))
    return Outlook(event.modes, world.env, event.launch_s, event.impact_s, burn_s, tuple(heavy))


def score(
    event: Event, rows: Observations, world: World, bias_sigma: Float[np.ndarray, "sensor 7"]
) -> tuple[float, float]:
    """(smallest chi² over the heavy modes, smallest −2 ln likelihood) of a detection's rows under an event.

    Asked again of the same rows while neither the event's modes nor the errors have changed, it is remembered.
    """
    outlook = outlook_of(event, world)
    if outlook.bias_sigma is not bias_sigma:
        outlook.scores.clear()
        outlook.bias_sigma = bias_sigma
    told = outlook.scores.get(id(rows))
    if told is not None and told[0] is rows:
        return told[1], told[2]
    best_chi2, best_nll = math.inf, math.inf
    for twice_log_weight, arguments in outlook.heavy:
        chi2, log_det = fits(*arguments, *rows, bias_sigma)
        best_chi2, best_nll = min(best_chi2, chi2), min(best_nll, chi2 + log_det - twice_log_weight)
    outlook.scores[id(rows)] = (rows, best_chi2, best_nll)
    return best_chi2, best_nll


def take(event: Event, detection: Detection, rows: Observations, fitted: float, book: SensorBook) -> None:
    """Give a detection to an event."""
    k = int(rows.sensor[0])
    stamp = book.seconds(detection.time_utc_ns)
    event.rows.append(detection.detection_id, rows)
    event.detections[detection.detection_id] = detection
    event.frames[frame_key(detection, book)] = (detection.detection_id, fitted)
    event.dirty = True
    if isinstance(detection, Plot):
        event.plots += 1
        event.last_plot_s = max(event.last_plot_s, stamp)
        if event.plots <= 3:
            event.search_asked = True
    elif isinstance(detection, Impulse):
        event.impulses += 1
        return
    else:
        event.bearings += 1
        if isinstance(detection, Flash):
            event.flashes += 1
        elif isinstance(detection, Bearing):
            seen = event.plume_s if detection.kind == "plume" else event.hot_s
            seen.setdefault(k, []).append(stamp)
            event.burnt_out.pop(k, None)
    event.last_row_s = max(event.last_row_s, stamp)


def give_back(event: Event, detection_id: str, book: SensorBook) -> Detection:
    """Take a detection away from an event again."""
    detection = event.detections.pop(detection_id)
    event.rows.remove(detection_id)
    event.frames.pop(frame_key(detection, book), None)
    stamp = book.seconds(detection.time_utc_ns)
    if isinstance(detection, Plot):
        event.plots -= 1
    elif isinstance(detection, Impulse):
        event.impulses -= 1
    else:
        event.bearings -= 1
        if isinstance(detection, Bearing):
            seen = (event.plume_s if detection.kind == "plume" else event.hot_s).get(
                book.index[detection.sensor_id], []
            )
            if stamp in seen:
                seen.remove(stamp)
            event.burnt_out.pop(book.index[detection.sensor_id], None)
    event.dirty = True
    return detection


def note_burnout(event: Event, now_s: float, book: SensorBook, latency_s: Sequence[float]) -> None:
    """Add when the plume was seen to end: between the last burning and the first burnt-out frame of a camera, or,
    where a camera shows no burnt-out body, when several frames have come in without a plume.  That a camera shows
    nothing counts only if it has been heard since: one that fell silent has seen no end of anything.
    """
    for k, burning in event.plume_s.items():
        if len(burning) < 3:
            continue
        known = event.burnt_out.get(k)
        if known is not None and known[1] < math.inf and k in event.burnout_rows:
            continue  # nothing seen since the end was noted as it stands
        sensor = book.sensors[k]
        heard_s = min(book.seconds(book.last_heard_utc_ns[k]), now_s)
        frame_s = 1.0 / sensor.rate_hz if sensor.rate_hz else FRAME_S
        last, first_hot = _last_burning(event, k)
        if first_hot < math.inf:
            gap = first_hot - last
            time_s, sigma_s = last + 0.5 * gap, max(gap / math.sqrt(12.0), 0.3 * frame_s)
        elif sensor.fov_half_width_azimuth_rad is None and heard_s - last > latency_s[k] + _PLUME_SILENCE_S:
            time_s, sigma_s = last + 0.55 * frame_s, 0.6 * frame_s
        else:
            if event.burnout_rows.get(k, math.inf) < last:
                _forget_burnout(event, k)
            continue
        if event.burnout_rows.get(k) == time_s:
            continue
        name = f"burnout:{k}"
        event.rows.remove(name)
        event.rows.append(name, _burnout_row(k, time_s, sigma_s, event.rows.view()))
        event.burnout_rows[k] = time_s
        event.dirty = True
        event.search_asked = True


def _last_burning(event: Event, k: int) -> tuple[float, float]:
    """When a camera saw the motor burn last, and the body burnt out first after it (infinite: not yet)."""
    known = event.burnt_out.get(k)
    if known is None:
        last = max(event.plume_s[k])
        known = event.burnt_out[k] = (last, min((t for t in event.hot_s.get(k, ()) if t > last), default=math.inf))
    return known


def _forget_burnout(event: Event, k: int) -> None:
    """Take back that a camera saw the motor go out: it sees it burn again."""
    event.rows.remove(f"burnout:{k}")
    del event.burnout_rows[k]
    event.dirty = True
    event.search_asked = True


def _burnout_row(k: int, time_s: float, sigma_s: float, like: Observations) -> Observations:
    value, whitener = np.zeros((1, 3)), np.zeros((1, 3, 3))
    value[0, 0], whitener[0, 0, 0] = time_s, 1.0 / sigma_s
    return Observations(
        np.array([BURNOUT]),
        np.array([k]),
        np.array([time_s]),
        value,
        whitener,
        like.origin[:1].copy(),
        like.axes[:1].copy(),
        like.height_m[:1].copy(),
    )


def starts_of(event: Event, book: SensorBook, world: World) -> list[Float[np.ndarray, "13"]]:
    """Where to start looking for modes: from the first camera sighting, else back along the first plots."""
    seen = sorted(
        (
            d
            for d in event.detections.values()
            if isinstance(d, Flash | Bearing) and not (isinstance(d, Bearing) and d.kind == "hot")
        ),
        key=lambda d: d.time_utc_ns,
    )
    if seen:
        first = seen[0]
        rows = rows_of(first, book)
        onset = first.onset_utc_ns if isinstance(first, Flash) else first.time_utc_ns
        time_s = book.seconds(onset) - (0.0 if isinstance(first, Flash) else 0.05)
        return camera_starts(launch_points(first, rows, world), time_s, event.reference)
    plots = sorted((d for d in event.detections.values() if isinstance(d, Plot)), key=lambda d: d.time_utc_ns)
    return plot_starts(plots, book, event.reference)


def launch_points(sighting: Flash | Bearing, rows: Observations, world: World) -> list[tuple[float, float]]:
    """Places on the ground where a sighting may have come from, the likeliest first."""
    sigma = math.sqrt(sighting.covariance_rad2[2])
    return sight_points(rows.origin[0], rows.axes[0], sighting.azimuth_rad, sighting.elevation_rad, sigma, world.env)


def plot_starts(plots: Sequence[Plot], book: SensorBook, reference: Reference) -> list[Float[np.ndarray, "13"]]:
    """Starts back along at least two plots, in order of time."""
    places = [plot_place(p, book) for p in plots]
    times = [book.seconds(p.time_utc_ns) for p in plots]
    later = min(len(plots) - 1, 3)
    velocity = (places[later] - places[0]) / max(times[later] - times[0], 0.1)
    return radar_starts(places[0], times[0], velocity, reference)


def plot_place(plot: Plot, book: SensorBook) -> Float[np.ndarray, "3"]:
    """Earth-fixed place of a plot (m)."""
    rows = rows_of(plot, book)
    c = math.cos(plot.elevation_rad)
    enu = plot.range_m * np.array(
        [c * math.sin(plot.azimuth_rad), c * math.cos(plot.azimuth_rad), math.sin(plot.elevation_rad)]
    )
    return rows.origin[0] + enu @ rows.axes[0]


def refit(
    event: Event,
    now_s: float,
    world: World,
    book: SensorBook,
    bias_mean: Float[np.ndarray, "sensor 7"],
    bias_sigma: Float[np.ndarray, "sensor 7"],
) -> None:
    """Bring an event's modes up to date; look for further ones at milestones."""
    obs = event.rows.view()
    world = world_with(event, world)
    milestone = event.searched < len(_SEARCH_AT) and event.rows.count >= _SEARCH_AT[event.searched]
    if milestone:
        event.searched += 1
    if _needs_search(event, milestone):
        event.search_asked = False
        known = event.modes
        found = search_modes(world, starts_of(event, book, world), obs, event.reference, bias_mean, bias_sigma, known)
    else:
        found = update_modes(world, event.modes, obs, event.reference, bias_mean, bias_sigma)
    if found:
        event.modes = found
    event.dirty = False
    event.last_fit_s = now_s


def _needs_search(event: Event, milestone: bool) -> bool:
    """Whether other explanations are to be looked for: not while one is all but certain and fits."""
    if not event.modes:
        return True
    best = event.modes[0]
    settled = weights(event.modes)[0] > _SETTLED and best.fit.cost < 1.5 * event.rows.count + 20.0
    return (milestone or event.search_asked) and not settled


def world_with(event: Event, world: World) -> World:
    """The world with the hypotheses that belong to this event alone."""
    return replace(world, hypotheses=world.hypotheses + event.siblings) if event.siblings else world


def disbelieved(event: Event) -> list[str]:
    """Detections that no heavy mode believes (not more than a third of all)."""
    if event.rows.count < _LEAST_ROWS_TO_DOUBT:
        return []
    share = weights(event.modes)
    rows = np.min([m.fit.chi2 for m, w in zip(event.modes, share, strict=True) if w >= _HEAVY], axis=0)
    totals: dict[str, float] = {}
    for name, chi2 in zip(event.rows.detection_ids, rows, strict=True):
        totals[name] = totals.get(name, 0.0) + float(chi2)
    bad = sorted(((c, n) for n, c in totals.items() if c > _DISBELIEVED_CHI2 and n in event.detections), reverse=True)
    return [n for _, n in bad[: max(1, len(totals) // 3)]]


def is_misfire(event: Event, world: World) -> float:
    """Probability that nothing flew."""
    if event.plots or event.hot_s:
        return 0.0
    return misfire_weight(world_with(event, world), event.modes)


def flying(event: Event, world: World) -> list[Mode]:
    """The modes in which something flies."""
    world = world_with(event, world)
    return [m for m in event.modes if world.hypotheses[m.hypothesis].name != MISFIRE]
