"""Kernels that bring detections to Cartesian positions with covariance, and small matrix algebra."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from marsad.track.tables import F64


@njit(cache=True, error_model="numpy")
def inverse3(a: F64, out: F64) -> float:
    """Fill ``out`` with the inverse of a symmetric 3 x 3 matrix; give its determinant."""
    c00 = a[1, 1] * a[2, 2] - a[1, 2] * a[1, 2]
    c01 = a[0, 2] * a[1, 2] - a[0, 1] * a[2, 2]
    c02 = a[0, 1] * a[1, 2] - a[0, 2] * a[1, 1]
    det = a[0, 0] * c00 + a[0, 1] * c01 + a[0, 2] * c02
    out[0, 0] = c00 / det
    out[0, 1] = c01 / det
    out[0, 2] = c02 / det
    out[1, 0] = out[0, 1]
    out[1, 1] = (a[0, 0] * a[2, 2] - a[0, 2] * a[0, 2]) / det
    out[1, 2] = (a[0, 1] * a[0, 2] - a[0, 0] * a[1, 2]) / det
    out[2, 0] = out[0, 2]
    out[2, 1] = out[1, 2]
    out[2, 2] = (a[0, 0] * a[1, 1] - a[0, 1] * a[0, 1]) / det
    return det


@njit(cache=True, error_model="numpy")
def plots_to_positions(plots: F64, covariance: F64, origin: F64, clutter: float, z: F64, r: F64, density: F64) -> None:
    """Fill positions, covariances and clutter densities per cubic metre for radar plots.

    The covariance is propagated to first order, with the second-order spread along the line of sight added so that
    it stays true for wide beams (D. Lerro, Y. Bar-Shalom, IEEE Trans. AES 29 (1993), p. 1015, eq. 10, leading terms).
    """
    j = np.empty((3, 3))
    for i in range(plots.shape[0]):
        rho, az, el = plots[i, 0], plots[i, 1], plots[i, 2]
        sa, ca, se, ce = math.sin(az), math.cos(az), math.sin(el), math.cos(el)
        c = covariance[i if covariance.shape[0] > 1 else 0]
        z[i, 0] = origin[0] + rho * ce * sa
        z[i, 1] = origin[1] + rho * ce * ca
        z[i, 2] = origin[2] + rho * se
        j[0, 0], j[0, 1], j[0, 2] = ce * sa, rho * ce * ca, -rho * se * sa
        j[1, 0], j[1, 1], j[1, 2] = ce * ca, -rho * ce * sa, -rho * se * ca
        j[2, 0], j[2, 1], j[2, 2] = se, 0.0, rho * ce
        bend = 0.5 * rho * rho * (c[1, 1] * c[1, 1] * ce * ce + c[2, 2] * c[2, 2])
        for a in range(3):
            for b in range(a + 1):
                s = bend * j[a, 0] * j[b, 0]
                for k in range(3):
                    s += j[a, k] * (c[k, 0] * j[b, 0] + c[k, 1] * j[b, 1] + c[k, 2] * j[b, 2])
                r[i, a, b] = s
                r[i, b, a] = s
        density[i] = clutter / (rho * rho * max(ce, 0.05))


@njit(cache=True, error_model="numpy")
def look(dx: float, dy: float, dz: float) -> tuple[float, float, float]:
    """Range, azimuth and elevation of an offset from the sensor."""
    rho = math.sqrt(dx * dx + dy * dy + dz * dz)
    if rho < 1e-6:
        return rho, 0.0, 0.0
    return rho, math.atan2(dx, dy), math.asin(max(-1.0, min(1.0, dz / rho)))


@njit(cache=True, error_model="numpy")
def detection_probability(x: float, y: float, z: float, origin: F64, sensor: F64) -> float:
    """Probability that a sensor (row of ``Tables.sensor``) sees an object at a place: its own inside, zero outside."""
    rho, _, el = look(x - origin[0], y - origin[1], z - origin[2])
    if rho < sensor[3] or rho > sensor[4] or el < sensor[5] or el > sensor[6]:
        return 0.0
    return sensor[0]
