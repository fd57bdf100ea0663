"""Plots that lie where something known flies: own drones and the balloon, and tracks that have long been too slow, or
too level, for a rocket.

What anybody says of where he is explains no plot away.  It is one more hypothesis for plots that may be a launch's,
with the evidence that they give it and a bounded weight: the plots decide.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float

from marsad.geo.frames import ecef_from_geodetic, enu_axes
from marsad.sensing.book import SensorBook
from marsad.terms import CooperativeReport, Plot, TrackReport

_CLAIM_KEPT_S = 6.0
_CLAIM_AHEAD_S = 2.0  # clocks of transponders are GPS's: what is stamped later than this after its arrival is wrong
_MOST_CLAIM_SIGMA_M = 500.0  # half of the worst category of ADS-B that is still used (NACp 5): less is no place
_CLAIM_SLACK_M = 60.0  # geoid and pressure heights, lever arms, the radar's own bias
_MARGIN_M = 80.0
_SIGMAS = 4.0
_TRACK_KEPT_S = 2.5
_LEAST_TRACK_AGE_S = 3.0
_SLOWER_THAN_ROCKETS_MS = 120.0
_LEVEL_AGE_S = 8.0
_LEVEL_CLIMB_MS = 20.0
_LEVEL_SIGMA_MS = 15.0
"""A track this old and this slow is no rocket; one that still flies level after so long (a path that gravity bends
would have changed its climb by 78 m/s) is none either."""


@dataclass
class KnownAir:
    """What is known to fly, each as stamp (s), Earth-fixed place (m) and velocity (m/s), sigma (m).

    ``claims``: the last one of every cooperative aircraft; ``tracks``: those that cannot be rockets (plain numbers, as
    each plot is compared with all of them).
    """

    claims: dict[str, tuple[float, Float[np.ndarray, "3"], Float[np.ndarray, "3"], float]] = field(default_factory=dict)
    tracks: dict[str, tuple[float, tuple[float, ...], tuple[float, ...], float]] = field(default_factory=dict)

    forget_s: float = math.inf
    """When the first of them is too old."""

    def claim(self, report: CooperativeReport, book: SensorBook) -> None:
        """Take in a cooperative report that says something of now; one stamped later never gives way to one before."""
        late_s = (report.arrival_utc_ns - report.time_utc_ns) * 1e-9
        stamp = book.seconds(report.time_utc_ns)
        known = self.claims.get(report.transponder_id)
        is_of_now = -_CLAIM_AHEAD_S <= late_s <= _CLAIM_KEPT_S and report.position_sigma_m <= _MOST_CLAIM_SIGMA_M
        if not is_of_now or report.velocity_enu_ms is None or (known is not None and stamp <= known[0]):
            return
        p = report.position
        place = np.array(ecef_from_geodetic(p.latitude_rad, p.longitude_rad, p.height_m))
        velocity = np.array(report.velocity_enu_ms) @ enu_axes(p.latitude_rad, p.longitude_rad)
        self.claims[report.transponder_id] = (stamp, place, velocity, report.position_sigma_m)
        self.forget_s = min(self.forget_s, stamp + _CLAIM_KEPT_S)

    def claimed_log_evidence(
        self,
        place_m: Sequence[Float[np.ndarray, "3"]],
        covariance_m2: Sequence[Float[np.ndarray, "3 3"]],
        axes: Float[np.ndarray, "3 3"],
        stamp_s: Sequence[float],
    ) -> float:
        """Evidence that plots are those of the best fitting one of the aircraft that say where they are.

        Parameters
        ----------
        place_m, covariance_m2, stamp_s
            Earth-fixed places of the plots, their covariances in ``axes``, and when they were made (s).
        axes
            Rows: east, north and up where the plots are.

        Returns
        -------
        log_evidence
            Relative to the plots' own likelihood at their places, as that of other hypotheses is: Σ −½ rᵀ(R+Q)⁻¹r −
            ½ ln|R+Q|/|R|, with r the plot off the claimed place, R its covariance and Q the claim's.  Negative infinity
            where no claim is of the time.
        """
        best = -math.inf
        for time_s, place, velocity, sigma in self.claims.values():
            if any(abs(stamp - time_s) > _CLAIM_KEPT_S for stamp in stamp_s):
                continue
            total = 0.0
            for seen, covariance, stamp in zip(place_m, covariance_m2, stamp_s, strict=True):
                dt = stamp - time_s
                off = axes @ (seen - place - velocity * dt)
                both = covariance + np.eye(3) * (sigma**2 + _CLAIM_SLACK_M**2 + (2.0 * dt * dt) ** 2)
                total -= 0.5 * float(off @ np.linalg.solve(both, off))
                total -= 0.5 * float(np.linalg.slogdet(both)[1] - np.linalg.slogdet(covariance)[1])
            best = max(best, total)
        return best

    def follow(self, reports: Iterable[TrackReport], book: SensorBook) -> None:
        """Take in what the air picture says of its tracks."""
        for report in reports:
            if not _is_no_rocket(report):
                self.tracks.pop(report.track_id, None)
                continue
            p, c = report.position, report.covariance_enu
            place = ecef_from_geodetic(p.latitude_rad, p.longitude_rad, p.height_m)
            velocity = tuple((np.array(report.velocity_enu_ms) @ enu_axes(p.latitude_rad, p.longitude_rad)).tolist())
            sigma = math.sqrt(max(c[0], c[6], c[11]))
            stamp = book.seconds(report.time_utc_ns)
            self.tracks[report.track_id] = (stamp, place, velocity, sigma)
            self.forget_s = min(self.forget_s, stamp + _TRACK_KEPT_S)

    def forget(self, now_s: float) -> None:
        """Forget claims and tracks that are too old to say anything."""
        if now_s < self.forget_s:
            return
        self.claims = {k: v for k, v in self.claims.items() if now_s - v[0] < _CLAIM_KEPT_S}
        self.tracks = {k: v for k, v in self.tracks.items() if now_s - v[0] < _TRACK_KEPT_S}
        until_s = [v[0] + _CLAIM_KEPT_S for v in self.claims.values()]
        until_s += [v[0] + _TRACK_KEPT_S for v in self.tracks.values()]
        self.forget_s = min(until_s, default=math.inf)

    def explains(self, plot: Plot, place_m: Float[np.ndarray, "3"], book: SensorBook) -> bool:
        """Whether a plot (Earth-fixed place) lies where something known flies, within its errors."""
        stamp = book.seconds(plot.time_utc_ns)
        spread = _SIGMAS * max(
            plot.covariance[0] ** 0.5, plot.range_m * max(plot.covariance[3], plot.covariance[5]) ** 0.5
        )
        seen = place_m.tolist()
        for k, sensor in enumerate(book.sensors):
            if sensor.is_mobile and sensor.sensor_id != plot.sensor_id:
                own = book.trails[k].place_at(stamp)
                if own is not None and math.dist(seen, own) < spread + _MARGIN_M:
                    return True
        x, y, z = seen
        for time_s, (px, py, pz), (vx, vy, vz), sigma in self.tracks.values():
            dt = stamp - time_s
            if abs(dt) < _TRACK_KEPT_S:
                away_m = math.hypot(x - px - vx * dt, y - py - vy * dt, z - pz - vz * dt)
                if away_m < math.hypot(spread, _SIGMAS * sigma) + 5.0 * dt * dt:
                    return True
        return False


def _is_no_rocket(report: TrackReport) -> bool:
    """Whether a track has been followed for long enough to know that it is too slow or too level for a rocket."""
    if report.status == "ended" or report.status == "tentative" or not report.range_known or report.event_id:
        return False
    age_s = (report.time_utc_ns - report.first_seen_utc_ns) * 1e-9
    c = report.covariance_enu
    sigma_ms = math.sqrt(max(c[15], c[18], c[20]))
    if age_s < _LEAST_TRACK_AGE_S or sigma_ms > _LEVEL_SIGMA_MS:
        return False
    is_slow = math.hypot(*report.velocity_enu_ms) + 2.0 * sigma_ms < _SLOWER_THAN_ROCKETS_MS
    is_level = age_s > _LEVEL_AGE_S and abs(report.velocity_enu_ms[2]) < _LEVEL_CLIMB_MS
    return is_slow or is_level
