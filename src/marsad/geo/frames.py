"""Geodetic, Earth-fixed (ECEF) and local east-north-up (ENU) coordinates.

The scalar functions are compiled and may be called from kernels; they return tuples.
"""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Float
from numba import njit

from marsad.geo.earth import WGS84_A_M, WGS84_B_M, WGS84_E2, WGS84_EP2


@njit(cache=True)
def ecef_from_geodetic(latitude_rad: float, longitude_rad: float, height_m: float) -> tuple[float, float, float]:
    """Earth-fixed position in metres."""
    s, c = math.sin(latitude_rad), math.cos(latitude_rad)
    n = WGS84_A_M / math.sqrt(1.0 - WGS84_E2 * s * s)
    return (
        (n + height_m) * c * math.cos(longitude_rad),
        (n + height_m) * c * math.sin(longitude_rad),
        (n * (1.0 - WGS84_E2) + height_m) * s,
    )


@njit(cache=True)
def ellipsoid_normal(x_m: float, y_m: float, z_m: float) -> tuple[float, float, float, float, float]:
    """(sin latitude, cos latitude, sin longitude, cos longitude, height) of an Earth-fixed point, without trigonometry.

    Bowring's first iteration; error below 1e-8 m in height under 100 km.  Source: B. R. Bowring,
    "Transformation from spatial to geographical coordinates", Survey Review 23 (1976).
    """
    p = math.sqrt(x_m * x_m + y_m * y_m)
    r = math.sqrt(p * p + z_m * z_m)
    if p < 1.0:
        sign = 1.0 if z_m >= 0 else -1.0
        return sign, p / r, 0.0, 1.0, abs(z_m) - WGS84_B_M
    tan_reduced = (WGS84_B_M * z_m) / (WGS84_A_M * p) * (1.0 + WGS84_EP2 * WGS84_B_M / r)
    cos_reduced = 1.0 / math.sqrt(1.0 + tan_reduced * tan_reduced)
    sin_reduced = tan_reduced * cos_reduced
    up = z_m + WGS84_EP2 * WGS84_B_M * sin_reduced**3
    out = p - WGS84_E2 * WGS84_A_M * cos_reduced**3
    norm = math.sqrt(up * up + out * out)
    s, c = up / norm, out / norm
    height = p * c + z_m * s - WGS84_A_M * math.sqrt(1.0 - WGS84_E2 * s * s)
    return s, c, y_m / p, x_m / p, height


@njit(cache=True)
def geodetic_from_ecef(x_m: float, y_m: float, z_m: float) -> tuple[float, float, float]:
    """(latitude, longitude in radians, ellipsoidal height in metres)."""
    s, c, sl, cl, height = ellipsoid_normal(x_m, y_m, z_m)
    return math.atan2(s, c), math.atan2(sl, cl), height


@njit(cache=True)
def enu_axes(latitude_rad: float, longitude_rad: float) -> Float[np.ndarray, "3 3"]:
    """Rows are the east, north and up unit vectors in ECEF: ``enu = axes @ (ecef - origin)``."""
    s, c = math.sin(latitude_rad), math.cos(latitude_rad)
    sl, cl = math.sin(longitude_rad), math.cos(longitude_rad)
    axes = np.empty((3, 3))
    axes[0, 0], axes[0, 1], axes[0, 2] = -sl, cl, 0.0
    axes[1, 0], axes[1, 1], axes[1, 2] = -s * cl, -s * sl, c
    axes[2, 0], axes[2, 1], axes[2, 2] = c * cl, c * sl, s
    return axes


@njit(cache=True)
def enu_from_geodetic(
    latitude_rad: float,
    longitude_rad: float,
    height_m: float,
    origin_lat_rad: float,
    origin_lon_rad: float,
    origin_h_m: float,
) -> tuple[float, float, float]:
    """East, north, up in metres of a geodetic point as seen from an origin."""
    x, y, z = ecef_from_geodetic(latitude_rad, longitude_rad, height_m)
    x0, y0, z0 = ecef_from_geodetic(origin_lat_rad, origin_lon_rad, origin_h_m)
    a = enu_axes(origin_lat_rad, origin_lon_rad)
    dx, dy, dz = x - x0, y - y0, z - z0
    return (
        a[0, 0] * dx + a[0, 1] * dy + a[0, 2] * dz,
        a[1, 0] * dx + a[1, 1] * dy + a[1, 2] * dz,
        a[2, 0] * dx + a[2, 1] * dy + a[2, 2] * dz,
    )


@njit(cache=True)
def geodetic_from_enu(
    east_m: float, north_m: float, up_m: float, origin_lat_rad: float, origin_lon_rad: float, origin_h_m: float
) -> tuple[float, float, float]:
    """Geodetic (radians, metres) of an ENU point at an origin."""
    x0, y0, z0 = ecef_from_geodetic(origin_lat_rad, origin_lon_rad, origin_h_m)
    a = enu_axes(origin_lat_rad, origin_lon_rad)
    return geodetic_from_ecef(
        x0 + a[0, 0] * east_m + a[1, 0] * north_m + a[2, 0] * up_m,
        y0 + a[0, 1] * east_m + a[1, 1] * north_m + a[2, 1] * up_m,
        z0 + a[0, 2] * east_m + a[1, 2] * north_m + a[2, 2] * up_m,
    )
