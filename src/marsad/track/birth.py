"""Kernels of initiation: the first state of a track, for every model at once."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from marsad.track.tables import F64, Tables

LOW_M = 900.0  # a rocket first seen below this has just been launched


@njit(cache=True, error_model="numpy")
def rise_after_launch(tables: Tables, x: F64, p: F64) -> None:
    """Give a rocket slot the velocity of one just launched, towards anywhere."""
    speed, elevation = tables.launch[0], tables.launch[2]
    x[5] = speed * math.sin(elevation)
    p[5, 5] = (tables.launch[1] * math.sin(elevation)) ** 2 + (tables.launch[3] * speed * math.cos(elevation)) ** 2
    p[3, 3] = p[4, 4] = 0.5 * (speed * math.cos(elevation)) ** 2


@njit(cache=True, error_model="numpy")
def begin_at_position(z: F64, r: F64, tables: Tables, w: F64, x: F64, p: F64) -> None:
    """Fill the slots of a track that begins with one position: place from it, the rest from each model's prior."""
    for k in range(w.shape[0]):
        w[k] = 0.0
    for k in range(tables.kind.shape[0]):
        w[k] = tables.prior[k]
        for a in range(7):
            x[k, a] = z[a] if a < 3 else 0.0
            for b in range(7):
                p[k, a, b] = r[a, b] if a < 3 and b < 3 else 0.0
        x[k, 5] = tables.start[k, 2]
        x[k, 6] = tables.start[k, 3]
        p[k, 3, 3] = p[k, 4, 4] = tables.start[k, 0] ** 2
        p[k, 5, 5] = tables.start[k, 1] ** 2
        p[k, 6, 6] = tables.start[k, 4]
        if tables.family[k] == 1 and z[2] - tables.ground_up_m < LOW_M:
            rise_after_launch(tables, x[k], p[k])


@njit(cache=True, error_model="numpy")
def begin_at_launch(share: float, x0: F64, p0: F64, tables: Tables, w: F64, x: F64, p: F64) -> None:
    """Give the ballistic slot of a track the state of a rocket just launched; ``share``: probability that it is one."""
    for k in range(tables.kind.shape[0]):
        w[k] *= 1.0 - share
    for k in range(tables.kind.shape[0]):
        if tables.kind[k] == 2:
            w[k] += share
            x[k] = x0
            p[k] = p0
    if share > 0.999:
        for k in range(tables.kind.shape[0]):
            if tables.kind[k] != 2:
                w[k] = 0.0
    w /= w.sum()


@njit(cache=True, error_model="numpy")
def begin_on_bearing(
    azimuth: float, elevation: float, c: F64, origin: F64, tables: Tables, w: F64, x: F64, p: F64
) -> None:
    """Fill the slots of a track whose range is unknown: intervals of equal ratio, each a Gaussian along the line.

    Source: N. Peach, "Bearings-only tracking using a set of range-parameterised extended Kalman filters",
    IEE Proc. Control Theory 142 (1995), p. 73.
    """
    n = tables.range_bins
    ratio = (tables.range_to_m / tables.range_from_m) ** (1.0 / n)
    elevation_variance = min(c[1, 1], 0.15**2) if math.isfinite(c[1, 1]) else 0.15**2
    azimuth_elevation = c[0, 1] if math.isfinite(c[1, 1]) else 0.0
    sa, ca, se, ce = math.sin(azimuth), math.cos(azimuth), math.sin(elevation), math.cos(elevation)
    j = np.empty((3, 3))
    near = tables.range_from_m
    for k in range(w.shape[0]):
        w[k] = 0.0
    for k in range(n):
        rho = 0.5 * near * (1.0 + ratio)
        variance = (near * (ratio - 1.0)) ** 2 / 12.0
        near *= ratio
        w[k] = 1.0 / n
        j[0, 0], j[0, 1], j[0, 2] = ce * sa, rho * ce * ca, -rho * se * sa
        j[1, 0], j[1, 1], j[1, 2] = ce * ca, -rho * ce * sa, -rho * se * ca
        j[2, 0], j[2, 1], j[2, 2] = se, 0.0, rho * ce
        for a in range(7):
            for b in range(7):
                p[k, a, b] = 0.0
            x[k, a] = 0.0
        for a in range(3):
            x[k, a] = origin[a] + rho * j[a, 0]
            for b in range(3):
                p[k, a, b] = (
                    variance * j[a, 0] * j[b, 0]
                    + c[0, 0] * j[a, 1] * j[b, 1]
                    + elevation_variance * j[a, 2] * j[b, 2]
                    + azimuth_elevation * (j[a, 1] * j[b, 2] + j[a, 2] * j[b, 1])
                )
        p[k, 3, 3] = p[k, 4, 4] = min(tables.start[0, 0], 0.1 * rho) ** 2
        p[k, 5, 5] = tables.start[0, 1] ** 2
        p[k, 6, 6] = tables.start[0, 4]
