"""One launch of known parameters: the point at which a bound is taken."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from marsad.flight.classes import RocketClass
from marsad.flight.rocket import PARAMETERS, Reference
from marsad.geo.frames import enu_axes


@dataclass(frozen=True)
class TrueLaunch:
    """A launch as it was (or is imagined).

    ``parameters`` (13) are those of ``marsad.flight.rocket.fly`` about ``reference``; their time is seconds on the
    axis of the sensor book; their wind is the true wind less the forecast.
    """

    rocket_class: RocketClass
    reference: Reference
    parameters: Float[np.ndarray, "13"]


def true_launch(
    rocket_class: RocketClass,
    latitude_rad: float,
    longitude_rad: float,
    time_s: float,
    azimuth_rad: float,
    elevation_rad: float,
    *,
    ln_delta_v: float = 0.0,
    ln_burn: float = 0.0,
    ln_drag: float = 0.0,
    wind_error_ms: tuple[float, float] = (0.0, 0.0),
    ground_error_m: float = 0.0,
    misalignment_rad: tuple[float, float] = (0.0, 0.0),
) -> TrueLaunch:
    """Make a launch from its numbers.

    Parameters
    ----------
    rocket_class
        Nominal numbers; the ``ln_*`` say by what factors (natural logarithm) this rocket differs.
    latitude_rad, longitude_rad, time_s
        Where it stood, and when it was lit on the sensor book's axis.
    azimuth_rad, elevation_rad
        Direction of the rail in the ENU frame at the launch point.
    wind_error_ms
        True wind less forecast, towards east and north at the reference height.
    ground_error_m
        True height of the ground less the terrain's.
    misalignment_rad
        Thrust misalignment sideways and upwards.
    """
    p = np.zeros(PARAMETERS)
    p[2:8] = time_s, azimuth_rad, elevation_rad, ln_delta_v, ln_burn, ln_drag
    p[8:10] = wind_error_ms
    p[10] = ground_error_m
    p[11:13] = misalignment_rad
    return TrueLaunch(rocket_class, Reference(latitude_rad, longitude_rad), p)


def turned_direction(
    azimuth_rad: float, elevation_rad: float, from_rad: tuple[float, float], to_rad: tuple[float, float]
) -> tuple[float, float]:
    """Turn a direction (azimuth, elevation) from the ENU frame at one (latitude, longitude) to that at another."""
    c = math.cos(elevation_rad)
    here = np.array([c * math.sin(azimuth_rad), c * math.cos(azimuth_rad), math.sin(elevation_rad)])
    e, n, u = enu_axes(*to_rad) @ (enu_axes(*from_rad).T @ here)
    return math.atan2(e, n), math.asin(max(-1.0, min(1.0, u)))
