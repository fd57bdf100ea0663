"""Detections that no launch has claimed yet, and the patterns in them that may be one."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float
from numba import njit

from marsad.geo.linear import cholesky, invert_cholesky, log_determinant
from marsad.sensing.book import BIAS_ELEVATION, SensorBook, direction
from marsad.sensing.measure import wrap_angle
from marsad.terms import Bearing, Detection, Flash, Plot
from marsad.trajectory.observations import Observations

CHAIN_S = 0.45
_CHAIN_ANGLE_RAD = 0.005
_CHAIN_RATE_RAD_S = 0.08
_CROSSING_SIGMAS = 4.0
_PARALLEL_SINE2 = 0.003
_MOVED_M = 15.0
"""How near two lines of sight must come; below what angle they are parallel; how far a rocket moves between them."""
_LEAST_PLUMES = 3
_LEAST_CHAIN = 4
_FASTEST_MS = 1500.0
_TRACKLET_S = 3.5
_TRACKLET_KEPT_S = 9.0
_CV_GATE_CHI2 = 25.0
_ACCELERATION_MS2 = 25.0
_MOST_TRACKLETS = 300
_MOST_SINGLES = 600
_RECENT = 5
CV_POSITION_SIGMA_M = (20e3, 20e3, 4e3)
CV_SPEED_SIGMA_MS = (110.0, 110.0, 8.0)
_CV_PRIOR = np.array([*CV_POSITION_SIGMA_M, *CV_SPEED_SIGMA_MS])


@dataclass(frozen=True)
class Unclaimed:
    """A detection with its rows, waiting; ``is_known``: it lies where something known flies."""

    detection: Detection
    rows: Observations
    stamp_s: float
    arrival_s: float
    is_known: bool = False


@dataclass
class Tracklet:
    """A few plots that one thing may have made.

    ``is_air``: it is surely no rocket; ``is_gone``: a launch has taken plots of it; ``recent``: the straight line
    through the last of them, once asked.
    """

    plots: list[Plot] = field(default_factory=list)
    stamp_s: list[float] = field(default_factory=list)
    place_m: list[Float[np.ndarray, "3"]] = field(default_factory=list)
    covariance_m2: list[Float[np.ndarray, "3 3"]] = field(default_factory=list)
    axes: Float[np.ndarray, "3 3"] | None = None
    tried: int = 0
    is_air: bool = False
    is_gone: bool = False
    recent: Straight | None = None


@dataclass(frozen=True)
class Straight:
    """A straight-line fit to a tracklet in the ENU axes of its first plot.

    Velocity, its covariance, the evidence of one aircraft, and that of as many unrelated things as there are plots.
    """

    velocity_ms: Float[np.ndarray, "3"]
    velocity_covariance: Float[np.ndarray, "3 3"]
    chi2: float
    log_evidence: float
    log_evidence_apart: float


def chain_of(new: Unclaimed, pool: Iterable[Unclaimed]) -> list[Unclaimed]:
    """Sightings of one camera near a new one in time and direction, one per frame, in order of time."""
    d = new.detection
    if not isinstance(d, Flash | Bearing):
        return []
    by_frame: dict[int, tuple[float, Unclaimed]] = {}
    for other in pool:
        o = other.detection
        if o.sensor_id != d.sensor_id or not isinstance(o, Flash | Bearing):
            continue
        if isinstance(o, Bearing) and o.kind == "object":
            continue
        dt = abs(other.stamp_s - new.stamp_s)
        if dt > CHAIN_S:
            continue
        angle = math.hypot(
            wrap_angle(o.azimuth_rad - d.azimuth_rad) * math.cos(d.elevation_rad), o.elevation_rad - d.elevation_rad
        )
        if angle > _CHAIN_ANGLE_RAD + _CHAIN_RATE_RAD_S * dt:
            continue
        key = round(other.stamp_s * 200.0)
        if key not in by_frame or angle < by_frame[key][0]:
            by_frame[key] = (angle, other)
    chain = sorted((entry for _, entry in by_frame.values()), key=lambda u: u.stamp_s)
    return chain


def crossing_chains(
    new: Unclaimed, pool: Iterable[Unclaimed], bias_sigma: Float[np.ndarray, "sensor 7"]
) -> list[list[Unclaimed]]:
    """For each other camera, its sightings about the time of a new one whose lines of sight cross the new one's."""
    pool = list(pool)
    nearest: dict[str, tuple[float, Unclaimed]] = {}
    for other in pool:
        o = other.detection
        if o.sensor_id == new.detection.sensor_id or not isinstance(o, Flash | Bearing):
            continue
        if (isinstance(o, Bearing) and o.kind == "object") or abs(other.stamp_s - new.stamp_s) > CHAIN_S:
            continue
        miss = _sigmas_apart(new, other, bias_sigma)
        if miss < _CROSSING_SIGMAS and (o.sensor_id not in nearest or miss < nearest[o.sensor_id][0]):
            nearest[o.sensor_id] = (miss, other)
    return [chain_of(other, pool) for _, (_, other) in sorted(nearest.items())]


def _sigmas_apart(a: Unclaimed, b: Unclaimed, bias_sigma: Float[np.ndarray, "sensor 7"]) -> float:
    """By how many standard deviations two lines of sight miss each other; infinite where they cross nowhere."""
    da, db = _sight(a), _sight(b)
    between = b.rows.origin[0] - a.rows.origin[0]
    cosine = float(da @ db)
    sine2 = 1.0 - cosine * cosine
    if sine2 < _PARALLEL_SINE2:
        return math.inf
    range_a = float(between @ da - cosine * (between @ db)) / sine2
    range_b = float(cosine * (between @ da) - between @ db) / sine2
    if min(range_a, range_b) < 0.0:
        return math.inf
    miss_m = float(np.linalg.norm(between + range_b * db - range_a * da))
    sigma_m = _MOVED_M
    for u, range_m in ((a, range_a), (b, range_b)):
        d = u.detection
        assert isinstance(d, Flash | Bearing)
        bias = float(bias_sigma[u.rows.sensor[0], BIAS_ELEVATION])
        sigma_m = math.hypot(
            sigma_m, range_m * math.hypot(math.sqrt(max(d.covariance_rad2[0], d.covariance_rad2[2])), bias)
        )
    return miss_m / sigma_m


def _sight(u: Unclaimed) -> Float[np.ndarray, "3"]:
    """Unit vector (Earth-fixed) along a sighting."""
    d = u.detection
    assert isinstance(d, Flash | Bearing)
    return np.asarray(np.array(direction(d.azimuth_rad, d.elevation_rad)) @ u.rows.axes[0])


def is_launch_like(chain: list[Unclaimed]) -> bool:
    """More than a flash and its afterglow: several burning frames in a row."""
    plumes = sum(isinstance(u.detection, Bearing) and u.detection.kind == "plume" for u in chain)
    return plumes >= _LEAST_PLUMES and len(chain) >= _LEAST_CHAIN


def plot_covariance(
    rows: Observations, azimuth_rad: float, elevation_rad: float, range_m: float
) -> Float[np.ndarray, "3 3"]:
    """ENU covariance (m²) of a plot."""
    ce, se, ca, sa = math.cos(elevation_rad), math.sin(elevation_rad), math.cos(azimuth_rad), math.sin(azimuth_rad)
    j = np.array(
        [
            [ce * sa, range_m * ce * ca, -range_m * se * sa],
            [ce * ca, -range_m * ce * sa, -range_m * se * ca],
            [se, 0.0, range_m * ce],
        ]
    )
    information = rows.whitener[0].T @ rows.whitener[0]
    lower = np.zeros((3, 3))
    cholesky(information, lower)
    return j @ invert_cholesky(lower) @ j.T


def straight(tracklet: Tracklet, extra_acceleration_ms2: float = 0.0) -> Straight:
    """Fit a straight line at constant speed by least squares, with the evidence of an aircraft for it."""
    assert tracklet.axes is not None
    velocity, covariance = np.empty(3), np.empty((3, 3))
    chi2, log_evidence, apart = _straight(
        np.array(tracklet.place_m),
        np.array(tracklet.covariance_m2),
        np.array(tracklet.stamp_s),
        tracklet.axes,
        extra_acceleration_ms2,
        velocity,
        covariance,
    )
    return Straight(velocity, covariance, chi2, log_evidence, apart)


@njit(cache=True)
def _straight(
    place_m: Float[np.ndarray, "plot 3"],
    covariance_m2: Float[np.ndarray, "plot 3 3"],
    stamp_s: Float[np.ndarray, " plot"],
    axes: Float[np.ndarray, "3 3"],
    extra_acceleration_ms2: float,
    velocity: Float[np.ndarray, "3"],
    velocity_covariance: Float[np.ndarray, "3 3"],
) -> tuple[float, float, float]:
    """Fill velocity and its covariance; give chi², the log evidence of one line, and that of things apart.

    Compiled: a crowd asks for thousands of these a second.  Least squares with normal matrix H and right-hand side g,
    H scaled by the priors' standard deviations so that its determinant is the ratio of the volumes.
    """
    h, g, scaled = np.zeros((6, 6)), np.zeros(6), np.empty((6, 6))
    lower, one, z = np.zeros((3, 3)), np.empty((3, 3)), np.empty(3)
    total = apart = 0.0
    for a in range(6):
        h[a, a] = 1.0 / _CV_PRIOR[a] ** 2
    for k in range(stamp_s.size):
        dt = stamp_s[k] - stamp_s[0]
        s = covariance_m2[k].copy()
        for a in range(3):
            s[a, a] += (0.5 * extra_acceleration_ms2 * dt * dt) ** 2
        cholesky(s, lower)
        w = invert_cholesky(lower)
        for a in range(3):
            z[a] = 0.0
            for b in range(3):
                z[a] += axes[a, b] * (place_m[k, b] - place_m[0, b])
        for a in range(3):
            wz = 0.0
            for b in range(3):
                wz += w[a, b] * z[b]
                h[a, b] += w[a, b]
                h[a, b + 3] += w[a, b] * dt
                h[a + 3, b] += w[a, b] * dt
                h[a + 3, b + 3] += w[a, b] * dt * dt
                one[a, b] = w[a, b] * _CV_PRIOR[a] * _CV_PRIOR[b]
            one[a, a] += 1.0
            g[a] += wz
            g[a + 3] += wz * dt
            total += z[a] * wz
        cholesky(one, lower)
        apart -= 0.5 * log_determinant(lower)
    for a in range(6):
        for b in range(6):
            scaled[a, b] = h[a, b] * _CV_PRIOR[a] * _CV_PRIOR[b]
    chosen = np.zeros((6, 6))
    cholesky(scaled, chosen)
    inverse = invert_cholesky(chosen)
    gain = 0.0
    for a in range(6):
        x = 0.0
        for b in range(6):
            x += inverse[a, b] * _CV_PRIOR[a] * _CV_PRIOR[b] * g[b]
        gain += x * g[a]
        if a >= 3:
            velocity[a - 3] = x
            for b in range(3):
                velocity_covariance[a - 3, b] = inverse[a, b + 3] * _CV_PRIOR[a] * _CV_PRIOR[b + 3]
    return total - gain, -0.5 * (total - gain) - 0.5 * log_determinant(chosen), apart


@njit(cache=True)
def _ahead_chi2(
    axes: Float[np.ndarray, "3 3"],
    step_m: Float[np.ndarray, "3"],
    dt_s: float,
    velocity_ms: Float[np.ndarray, "3"],
    velocity_covariance: Float[np.ndarray, "3 3"],
    before_m2: Float[np.ndarray, "3 3"],
    now_m2: Float[np.ndarray, "3 3"],
) -> float:
    """How far (chi²) a plot lies from where a straight line leads; infinite where its covariance is none."""
    s, lower, ahead = np.empty((3, 3)), np.zeros((3, 3)), np.empty(3)
    for a in range(3):
        ahead[a] = -velocity_ms[a] * dt_s
        for b in range(3):
            ahead[a] += axes[a, b] * step_m[b]
            s[a, b] = before_m2[a, b] + now_m2[a, b] + velocity_covariance[a, b] * dt_s * dt_s
        s[a, a] += (0.5 * _ACCELERATION_MS2 * dt_s * dt_s) ** 2
    if not cholesky(s, lower):
        return math.inf
    w = invert_cholesky(lower)
    chi2 = 0.0
    for a in range(3):
        for b in range(3):
            chi2 += ahead[a] * w[a, b] * ahead[b]
    return chi2


@dataclass
class TrackletBook:
    """All tracklets in the making."""

    tracklets: list[Tracklet] = field(default_factory=list)
    now_s: float | None = None
    is_bounded: bool = True

    def add(self, plot: Plot, rows: Observations, place_m: Float[np.ndarray, "3"], book: SensorBook) -> list[Tracklet]:
        """Take in a plot; returns the tracklets it made longer."""
        self._forget()
        stamp = book.seconds(plot.time_utc_ns)
        covariance = plot_covariance(rows, plot.azimuth_rad, plot.elevation_rad, plot.range_m)
        axes = rows.axes[0]
        longer: list[Tracklet] = []
        best: tuple[float, Tracklet] | None = None
        singles: list[Tracklet] = []
        for t in self._near(stamp, place_m):
            gap = stamp - t.stamp_s[-1]
            if gap < 0.0:
                gap = min(abs(stamp - s) for s in t.stamp_s)
            if gap > _TRACKLET_S or gap < 0.12:
                continue
            away = place_m - t.place_m[-1]
            away_m = math.sqrt(float(away.dot(away)))
            if len(t.plots) == 1:
                if away_m < _FASTEST_MS * gap:
                    singles.append(t)
                continue
            if away_m > _FASTEST_MS * (abs(stamp - t.stamp_s[-1]) + 0.5):
                continue
            chi2 = self._gate(t, stamp, place_m, covariance)
            if chi2 < _CV_GATE_CHI2 and (best is None or chi2 < best[0]):
                best = (chi2, t)
        if best is not None:
            _insert(best[1], plot, stamp, place_m, covariance)
            longer.append(best[1])
        if best is None or not best[1].is_air:
            for t in singles:
                pair = Tracklet(list(t.plots), list(t.stamp_s), list(t.place_m), list(t.covariance_m2), t.axes)
                _insert(pair, plot, stamp, place_m, covariance)
                self.tracklets.append(pair)
                longer.append(pair)
            self.tracklets.append(Tracklet([plot], [stamp], [place_m], [covariance], axes))
        return longer

    def _near(self, stamp: float, place_m: Float[np.ndarray, "3"]) -> list[Tracklet]:
        """The tracklets that a plot may belong to by its time and place: of a crowd's hundreds, a few."""
        if not self.tracklets:
            return []
        gap_s = stamp - np.array([t.stamp_s[-1] for t in self.tracklets])
        away_m = place_m - np.array([t.place_m[-1] for t in self.tracklets])
        is_near = np.sqrt((away_m * away_m).sum(axis=1)) <= _FASTEST_MS * (np.abs(gap_s) + 0.5)
        return [self.tracklets[i] for i in np.flatnonzero(is_near & (gap_s <= _TRACKLET_S)).tolist()]

    def _gate(
        self, t: Tracklet, stamp: float, place_m: Float[np.ndarray, "3"], covariance: Float[np.ndarray, "3 3"]
    ) -> float:
        assert t.axes is not None
        if t.recent is None:
            n = _RECENT
            t.recent = straight(
                t
                if len(t.plots) <= n
                else Tracklet(t.plots[-n:], t.stamp_s[-n:], t.place_m[-n:], t.covariance_m2[-n:], t.axes)
            )
        line = t.recent
        begin = max(len(t.stamp_s) - _RECENT, 0)
        i = begin + int(np.argmin([abs(stamp - s) for s in t.stamp_s[begin:]]))
        return float(
            _ahead_chi2(
                t.axes,
                place_m - t.place_m[i],
                stamp - t.stamp_s[i],
                line.velocity_ms,
                line.velocity_covariance,
                t.covariance_m2[i],
                covariance,
            )
        )

    def drop(self, detection_ids: set[str]) -> None:
        """Forget tracklets that hold any of these detections (a launch claimed them)."""
        self._forget()
        kept = []
        for t in self.tracklets:
            t.is_gone = any(p.detection_id in detection_ids for p in t.plots)
            if not t.is_gone:
                kept.append(t)
        self.tracklets = kept

    def forget(self, now_s: float) -> None:
        """Forget what is too old to go on, when next something is added: most messages bring no plot."""
        self.now_s = now_s

    def _forget(self) -> None:
        """Forget what is too old to go on, and what is over the bound; keep only the last plots of the rest."""
        if self.now_s is None:
            return
        now_s, self.now_s = self.now_s, None
        kept = [t for t in self.tracklets if now_s - t.stamp_s[-1] < (_TRACKLET_KEPT_S if len(t.plots) > 1 else 7.0)]
        self.tracklets = _bounded(kept) if self.is_bounded else kept
        for t in self.tracklets:
            if len(t.plots) > 12:
                del t.plots[:-10], t.stamp_s[:-10], t.place_m[:-10], t.covariance_m2[:-10]


def _bounded(tracklets: list[Tracklet]) -> list[Tracklet]:
    """Single plots and longer tracklets, each within its bound, in the order of before: what is least worth goes.

    In a crowd each plot makes a pair with every plot before it that anything could have flown from; chance companions
    grow with the square of the time between, while a rocket is seen again in the next turn: pairs of plots far apart
    in time go first.  The aircraft stay: they take in the plots that would make still more pairs.  Of the single plots
    the oldest go.
    """
    if len(tracklets) <= _MOST_TRACKLETS:
        return tracklets
    singles = [i for i, t in enumerate(tracklets) if len(t.plots) == 1]
    longer = [i for i, t in enumerate(tracklets) if len(t.plots) > 1]
    span_s = {i: tracklets[i].stamp_s[-1] - tracklets[i].stamp_s[0] if len(tracklets[i].plots) == 2 else 0.0
              for i in longer}  # fmt: skip
    singles = singles[-_MOST_SINGLES:]
    longer = sorted(longer, key=lambda i: (span_s[i], -i))[:_MOST_TRACKLETS]
    return [tracklets[i] for i in sorted(singles + longer)]


def _insert(
    t: Tracklet, plot: Plot, stamp: float, place_m: Float[np.ndarray, "3"], covariance: Float[np.ndarray, "3 3"]
) -> None:
    i = len(t.stamp_s)
    while i > 0 and t.stamp_s[i - 1] > stamp:
        i -= 1
    t.plots.insert(i, plot)
    t.stamp_s.insert(i, stamp)
    t.place_m.insert(i, place_m)
    t.covariance_m2.insert(i, covariance)
    t.recent = None
