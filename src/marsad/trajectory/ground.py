"""Where a path meets the ground, with its covariance; and where it began."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from marsad.flight.rocket import (
    PARAMETERS,
    TIME,
    Environment,
    Flight,
    Reference,
    find_node,
    ground_crossing,
    ground_slope,
    launch_point,
    sensitivity_at,
)
from marsad.geo.frames import ellipsoid_normal, enu_axes


class GroundPoint(NamedTuple):
    """A ground point: latitude, longitude (rad), height (m), time (s).

    ``jacobian`` (3, 13): derivatives of (east m, north m, time s) by the launch parameters.
    """

    ok: bool
    latitude_rad: float
    longitude_rad: float
    height_m: float
    time_s: float
    jacobian: np.ndarray


@njit(cache=True)
def launch_ground(p: np.ndarray, reference: Reference, env: Environment) -> GroundPoint:
    """The launch point of parameters ``p``."""
    lat, lon, h, _, _ = launch_point(p, reference, env)
    jacobian = np.zeros((3, PARAMETERS))
    here, there = enu_axes(lat, lon), enu_axes(reference.latitude_rad, reference.longitude_rad)
    for i in range(2):
        for j in range(2):
            jacobian[i, j] = here[i, 0] * there[j, 0] + here[i, 1] * there[j, 1] + here[i, 2] * there[j, 2]
    jacobian[2, TIME] = 1.0
    return GroundPoint(True, lat, lon, h, p[TIME], jacobian)


@njit(cache=True)
def impact_ground(p: np.ndarray, flight: Flight, env: Environment) -> GroundPoint:
    """Where and when a flown path (followed to the ground) meets it; ``ok`` is false if it never does."""
    y = np.empty(6)
    jacobian = np.zeros((3, PARAMETERS))
    tau = ground_crossing(flight, env, y)
    if tau < 0.0:
        return GroundPoint(False, 0.0, 0.0, 0.0, 0.0, jacobian)
    s_pos = np.empty((3, PARAMETERS))
    sensitivity_at(flight, find_node(flight, tau), tau, s_pos)
    s, c, sl, cl, h = ellipsoid_normal(y[0], y[1], y[2])
    lat, lon = math.atan2(s, c), math.atan2(sl, cl)
    axes = enu_axes(lat, lon)
    slope_e, slope_n = ground_slope(lat, lon, env)
    v = np.empty(3)
    for i in range(3):
        v[i] = axes[i, 0] * y[3] + axes[i, 1] * y[4] + axes[i, 2] * y[5]
    sink = v[2] - slope_e * v[0] - slope_n * v[1]
    if sink > -1.0:
        sink = -1.0
    for q in range(PARAMETERS):
        d0 = axes[0, 0] * s_pos[0, q] + axes[0, 1] * s_pos[1, q] + axes[0, 2] * s_pos[2, q]
        d1 = axes[1, 0] * s_pos[0, q] + axes[1, 1] * s_pos[1, q] + axes[1, 2] * s_pos[2, q]
        d2 = axes[2, 0] * s_pos[0, q] + axes[2, 1] * s_pos[1, q] + axes[2, 2] * s_pos[2, q]
        d_tau = -(d2 - slope_e * d0 - slope_n * d1) / sink
        jacobian[0, q] = d0 + v[0] * d_tau
        jacobian[1, q] = d1 + v[1] * d_tau
        jacobian[2, q] = d_tau
    jacobian[2, TIME] = 1.0
    return GroundPoint(True, lat, lon, h, p[TIME] + tau, jacobian)


@njit(cache=True)
def ground_covariance(point: GroundPoint, covariance: np.ndarray) -> np.ndarray:
    """Covariance (3, 3) of (east m, north m, time s) from the parameters' (n, n), of which the first 13 count."""
    out = np.zeros((3, 3))
    for i in range(3):
        for j in range(3):
            total = 0.0
            for a in range(PARAMETERS):
                if point.jacobian[i, a] != 0.0:
                    for b in range(PARAMETERS):
                        total += point.jacobian[i, a] * covariance[a, b] * point.jacobian[j, b]
            out[i, j] = total
    return out
