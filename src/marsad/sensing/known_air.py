"""Plots that lie where something known flies: own drones and the balloon, aircraft that say where they are."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float

from marsad.geo.frames import ecef_from_geodetic, enu_axes
from marsad.sensing.book import SensorBook
from marsad.terms import CooperativeReport, Plot

_CLAIM_KEPT_S = 6.0
_MARGIN_M = 80.0
_SIGMAS = 4.0


@dataclass
class KnownAir:
    """The last claim of every cooperative aircraft: stamp (s), Earth-fixed place (m) and velocity (m/s), sigma (m)."""

    claims: dict[str, tuple[float, Float[np.ndarray, "3"], Float[np.ndarray, "3"], float]] = field(default_factory=dict)

    def claim(self, report: CooperativeReport, book: SensorBook) -> None:
        """Take in a cooperative report."""
        p = report.position
        place = np.array(ecef_from_geodetic(p.latitude_rad, p.longitude_rad, p.height_m))
        velocity = np.zeros(3)
        if report.velocity_enu_ms is not None:
            velocity = np.array(report.velocity_enu_ms) @ enu_axes(p.latitude_rad, p.longitude_rad)
        self.claims[report.transponder_id] = (
            book.seconds(report.time_utc_ns),
            place,
            velocity,
            report.position_sigma_m,
        )

    def forget(self, now_s: float) -> None:
        """Forget claims that are too old to say anything."""
        self.claims = {k: v for k, v in self.claims.items() if now_s - v[0] < _CLAIM_KEPT_S}

    def explains(self, plot: Plot, place_m: Float[np.ndarray, "3"], book: SensorBook) -> bool:
        """Whether a plot (Earth-fixed place) lies where something known flies, within its errors."""
        stamp = book.seconds(plot.time_utc_ns)
        spread = _SIGMAS * max(
            plot.covariance[0] ** 0.5, plot.range_m * max(plot.covariance[3], plot.covariance[5]) ** 0.5
        )
        for k, sensor in enumerate(book.sensors):
            if sensor.is_mobile and sensor.sensor_id != plot.sensor_id:
                own = book.trails[k].place_at(stamp)
                if own is not None and float(np.linalg.norm(place_m - np.array(own))) < spread + _MARGIN_M:
                    return True
        for time_s, place, velocity, sigma in self.claims.values():
            dt = stamp - time_s
            if abs(dt) < _CLAIM_KEPT_S:
                reach = spread + _MARGIN_M + _SIGMAS * sigma + 5.0 * dt * dt
                if float(np.linalg.norm(place_m - place - velocity * dt)) < reach:
                    return True
        return False
