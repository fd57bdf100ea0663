"""The flight of an unguided rocket as a point mass, with the derivatives of its path by its parameters.

Earth-fixed (ECEF) integration: normal gravity, Coriolis, drag by Mach, ISA air, wind profile, a rail, thrust along
the air-relative velocity turned by two small misalignments.  The derivatives are the variational equations,
integrated beside the path (not finite differences), with the jumps at rail exit and burnout.
Source: O. Montenbruck, E. Gill, *Satellite Orbits* (2000), section 7.2 (variational equations);
R. L. McCoy, *Modern Exterior Ballistics* (1999), chapter 8 (point-mass trajectory).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from marsad.flight.atmosphere import air, wind_factor
from marsad.geo.earth import EARTH_ROTATION_RAD_S, WGS84_A_M, normal_gravity_ms2
from marsad.geo.frames import ecef_from_geodetic, ellipsoid_normal, enu_axes, geodetic_from_enu
from marsad.geo.terrain import terrain_height

EAST, NORTH, TIME, AZIMUTH, ELEVATION = 0, 1, 2, 3, 4
LN_DELTA_V, LN_BURN, LN_DRAG, WIND_EAST, WIND_NORTH = 5, 6, 7, 8, 9
GROUND_ERROR, TURN_SIDE, TURN_UP = 10, 11, 12
PARAMETERS = 13
"""Order of the launch parameters: see ``LaunchParameters``."""

MUZZLE_HEIGHT_M = 1.0
"""Height of the rocket above the ground when it starts on its rail."""

MAX_FLIGHT_S = 400.0
_MAX_NODES = 1200
COAST_STEP_S = 0.5
_BURN_STEP_S = 0.06
_MIN_BURN_STEPS = 10


class Motor(NamedTuple):
    """Nominal numbers of a rocket class (see ``RocketClass``)."""

    delta_v_ms: float
    burn_s: float
    propellant_fraction: float
    area_over_mass_m2_kg: float
    rail_m: float


class Environment(NamedTuple):
    """What a flight passes through: drag table, terrain grid, wind at reference height and its profile's ground."""

    mach: np.ndarray
    cd: np.ndarray
    ground_m: np.ndarray
    south_rad: float
    west_rad: float
    step_lat_rad: float
    step_lon_rad: float
    wind_east_ms: float
    wind_north_ms: float
    wind_ground_m: float


class Reference(NamedTuple):
    """Point (radians) at which the launch offsets east and north are counted, on the ellipsoid."""

    latitude_rad: float
    longitude_rad: float


class Flight(NamedTuple):
    """Nodes of a flown path.

    ``tau_s`` (node): seconds after launch; ``state`` (node, 6): ECEF position and velocity; ``sensitivity``
    (node, 6, 13): derivatives by the launch parameters at fixed seconds after launch (the column of the launch
    time is zero here); ``nodes``: how many; ``burnout_s``; ``impact_node``: index of the node after the ground
    crossing, or -1 if the path did not come down.
    """

    tau_s: np.ndarray
    state: np.ndarray
    sensitivity: np.ndarray
    nodes: int
    burnout_s: float
    impact_node: int


@njit(cache=True)
def drag_coefficient(mach: np.ndarray, cd: np.ndarray, m: float) -> tuple[float, float]:
    """Drag coefficient and its slope by Mach, linear between table points, constant beyond."""
    n = mach.size
    if m <= mach[0]:
        return cd[0], 0.0
    if m >= mach[n - 1]:
        return cd[n - 1], 0.0
    low, high = 0, n - 1
    while high - low > 1:
        middle = (low + high) // 2
        if mach[middle] <= m:
            low = middle
        else:
            high = middle
    slope = (cd[high] - cd[low]) / (mach[high] - mach[low])
    return cd[low] + slope * (m - mach[low]), slope


@njit(cache=True)
def _acceleration(
    y: np.ndarray,
    tau: float,
    burning: bool,
    p: np.ndarray,
    motor: Motor,
    env: Environment,
    with_jacobian: bool,
    acc: np.ndarray,
    a_r: np.ndarray,
    a_v: np.ndarray,
    b: np.ndarray,
) -> None:
    """Acceleration ``acc`` at state ``y``; if asked, its derivatives by position, velocity, parameters (b: 3 x 13)."""
    x, yy, z, vx, vy, vz = y[0], y[1], y[2], y[3], y[4], y[5]
    s, c, sl, cl, h = ellipsoid_normal(x, yy, z)
    ux, uy, uz = c * cl, c * sl, s
    ex, ey = -sl, cl
    nx, ny, nz = -s * cl, -s * sl, c
    gravity = normal_gravity_ms2(s, h)
    factor, factor_slope = wind_factor(h, env.wind_ground_m)
    we, wn = env.wind_east_ms + p[8], env.wind_north_ms + p[9]
    wx, wy, wz = we * ex + wn * nx, we * ey + wn * ny, wn * nz
    rx, ry, rz = vx - factor * wx, vy - factor * wy, vz - factor * wz
    speed = math.sqrt(rx * rx + ry * ry + rz * rz) + 1e-9
    dx, dy, dz = rx / speed, ry / speed, rz / speed
    density, density_slope, sound, sound_slope = air(h)
    m = speed / sound
    cd, cd_slope = drag_coefficient(env.mach, env.cd, m)
    burn = motor.burn_s * math.exp(p[6])
    f = motor.propellant_fraction
    mu = 1.0 - f * (tau / burn) if burning else 1.0 - f
    k = 0.5 * density * cd * motor.area_over_mass_m2_kg * math.exp(p[7]) / mu
    drag = k * speed
    w2 = 2.0 * EARTH_ROTATION_RAD_S
    acc[0] = -gravity * ux - drag * rx + w2 * vy
    acc[1] = -gravity * uy - drag * ry - w2 * vx
    acc[2] = -gravity * uz - drag * rz
    thrust = 0.0
    tx = ty = tz = 0.0
    lx = ly = lz = qx = qy = qz = 0.0
    ln = 1.0
    if burning:
        exhaust = motor.delta_v_ms * math.exp(p[5]) / -math.log(1.0 - f)
        thrust = exhaust * f / (burn * mu)
        lx, ly, lz = dy * uz - dz * uy, dz * ux - dx * uz, dx * uy - dy * ux
        ln = math.sqrt(lx * lx + ly * ly + lz * lz) + 1e-9
        lx, ly, lz = lx / ln, ly / ln, lz / ln
        qx, qy, qz = ly * dz - lz * dy, lz * dx - lx * dz, lx * dy - ly * dx
        tx = dx + p[11] * lx + p[12] * qx
        ty = dy + p[11] * ly + p[12] * qy
        tz = dz + p[11] * lz + p[12] * qz
        acc[0] += thrust * tx
        acc[1] += thrust * ty
        acc[2] += thrust * tz
    if not with_jacobian:
        return
    # by air-relative velocity: drag, and the turning of the thrust with it
    along = drag + drag * cd_slope / cd * m
    turn = thrust / speed
    d0, d1, d2 = dx, dy, dz
    for i in range(3):
        di = d0 if i == 0 else (d1 if i == 1 else d2)
        for j in range(3):
            dj = d0 if j == 0 else (d1 if j == 1 else d2)
            a_v[i, j] = -(along + turn) * di * dj
        a_v[i, i] += turn - drag
    if burning:
        # the misalignment's axes turn with the air-relative velocity too
        for j in range(3):
            ej = d0 if j == 0 else (d1 if j == 1 else d2)
            ax = ((1.0 if j == 0 else 0.0) - d0 * ej) / speed
            ay = ((1.0 if j == 1 else 0.0) - d1 * ej) / speed
            az = ((1.0 if j == 2 else 0.0) - d2 * ej) / speed
            bx, by, bz = ay * uz - az * uy, az * ux - ax * uz, ax * uy - ay * ux
            inner = lx * bx + ly * by + lz * bz
            bx, by, bz = (bx - lx * inner) / ln, (by - ly * inner) / ln, (bz - lz * inner) / ln
            a_v[0, j] += thrust * (p[11] * bx + p[12] * (by * d2 - bz * d1 + ly * az - lz * ay))
            a_v[1, j] += thrust * (p[11] * by + p[12] * (bz * d0 - bx * d2 + lz * ax - lx * az))
            a_v[2, j] += thrust * (p[11] * bz + p[12] * (bx * d1 - by * d0 + lx * ay - ly * ax))
    # by height: density, sound speed (Mach), wind shear
    k_h = drag * (density_slope - cd_slope / cd * m * sound_slope)
    sx, sy, sz = factor_slope * wx, factor_slope * wy, factor_slope * wz
    hx = -k_h * rx - (a_v[0, 0] * sx + a_v[0, 1] * sy + a_v[0, 2] * sz)
    hy = -k_h * ry - (a_v[1, 0] * sx + a_v[1, 1] * sy + a_v[1, 2] * sz)
    hz = -k_h * rz - (a_v[2, 0] * sx + a_v[2, 1] * sy + a_v[2, 2] * sz)
    g_r = gravity / WGS84_A_M
    a_r[0, 0] = hx * ux + g_r * (3.0 * ux * ux - 1.0)
    a_r[0, 1] = hx * uy + g_r * 3.0 * ux * uy
    a_r[0, 2] = hx * uz + g_r * 3.0 * ux * uz
    a_r[1, 0] = hy * ux + g_r * 3.0 * uy * ux
    a_r[1, 1] = hy * uy + g_r * (3.0 * uy * uy - 1.0)
    a_r[1, 2] = hy * uz + g_r * 3.0 * uy * uz
    a_r[2, 0] = hz * ux + g_r * 3.0 * uz * ux
    a_r[2, 1] = hz * uy + g_r * 3.0 * uz * uy
    a_r[2, 2] = hz * uz + g_r * (3.0 * uz * uz - 1.0)
    for i in range(3):
        ri = rx if i == 0 else (ry if i == 1 else rz)
        ti = tx if i == 0 else (ty if i == 1 else tz)
        b[i, LN_DRAG] = -drag * ri
        b[i, WIND_EAST] = -factor * (a_v[i, 0] * ex + a_v[i, 1] * ey)
        b[i, WIND_NORTH] = -factor * (a_v[i, 0] * nx + a_v[i, 1] * ny + a_v[i, 2] * nz)
        if burning:
            # by ln burn at fixed time: thrust ~ 1/(burn mu), drag ~ 1/mu, d ln mu / d ln burn = (1 - mu)/mu
            mass = (1.0 - mu) / mu
            b[i, LN_DELTA_V] = thrust * ti
            b[i, LN_BURN] = -thrust * ti * (1.0 + mass) + drag * ri * mass
            b[i, TURN_SIDE] = thrust * (lx if i == 0 else (ly if i == 1 else lz))
            b[i, TURN_UP] = thrust * (qx if i == 0 else (qy if i == 1 else qz))
        else:
            b[i, LN_DELTA_V] = 0.0
            b[i, LN_BURN] = 0.0
            b[i, TURN_SIDE] = 0.0
            b[i, TURN_UP] = 0.0
    a_v[0, 1] += w2
    a_v[1, 0] -= w2


@njit(cache=True)
def _derivative(
    y: np.ndarray,
    sens: np.ndarray,
    tau: float,
    burning: bool,
    p: np.ndarray,
    motor: Motor,
    env: Environment,
    with_jacobian: bool,
    dy: np.ndarray,
    ds: np.ndarray,
    acc: np.ndarray,
    a_r: np.ndarray,
    a_v: np.ndarray,
    b: np.ndarray,
) -> None:
    _acceleration(y, tau, burning, p, motor, env, with_jacobian, acc, a_r, a_v, b)
    for i in range(3):
        dy[i] = y[3 + i]
        dy[3 + i] = acc[i]
    if with_jacobian:
        for i in range(3):
            for j in range(PARAMETERS):
                ds[i, j] = sens[3 + i, j]
                ds[3 + i, j] = (
                    a_r[i, 0] * sens[0, j]
                    + a_r[i, 1] * sens[1, j]
                    + a_r[i, 2] * sens[2, j]
                    + a_v[i, 0] * sens[3, j]
                    + a_v[i, 1] * sens[4, j]
                    + a_v[i, 2] * sens[5, j]
                    + b[i, j]
                )


@njit(cache=True)
def _rk4(
    y: np.ndarray,
    sens: np.ndarray,
    tau: float,
    h: float,
    burning: bool,
    p: np.ndarray,
    motor: Motor,
    env: Environment,
    with_jacobian: bool,
    work_y: np.ndarray,
    work_s: np.ndarray,
    acc: np.ndarray,
    a_r: np.ndarray,
    a_v: np.ndarray,
    b: np.ndarray,
) -> None:
    """One classical Runge-Kutta step of path and derivatives, in place."""
    y0, k, total = work_y[0], work_y[1], work_y[2]
    s0, ks, total_s = work_s[0], work_s[1], work_s[2]
    y0[:] = y
    total[:] = 0.0
    if with_jacobian:
        s0[:] = sens
        total_s[:] = 0.0
    for stage in range(4):
        offset = 0.0 if stage == 0 else (h if stage == 3 else 0.5 * h)
        weight = h / 6.0 if stage == 0 or stage == 3 else h / 3.0
        _derivative(y, sens, tau + offset, burning, p, motor, env, with_jacobian, k, ks, acc, a_r, a_v, b)
        step = 0.5 * h if stage < 2 else h
        for i in range(6):
            total[i] += weight * k[i]
            y[i] = y0[i] + (step * k[i] if stage < 3 else total[i])
        if with_jacobian:
            for i in range(6):
                for j in range(PARAMETERS):
                    total_s[i, j] += weight * ks[i, j]
                    sens[i, j] = s0[i, j] + (step * ks[i, j] if stage < 3 else total_s[i, j])


@njit(cache=True)
def launch_point(p: np.ndarray, reference: Reference, env: Environment) -> tuple[float, float, float, float, float]:
    """(latitude, longitude, rocket's height, ground slope east, ground slope north) for launch parameters ``p``."""
    lat, lon, _ = geodetic_from_enu(p[0], p[1], 0.0, reference.latitude_rad, reference.longitude_rad, 0.0)
    ground = terrain_height(env.ground_m, env.south_rad, env.west_rad, env.step_lat_rad, env.step_lon_rad, lat, lon)
    slope_east, slope_north = ground_slope(lat, lon, env)
    return lat, lon, ground + MUZZLE_HEIGHT_M + p[10], slope_east, slope_north


@njit(cache=True)
def ground_slope(lat: float, lon: float, env: Environment) -> tuple[float, float]:
    """Slope of the ground (m/m) towards east and north, over 15 m."""
    d = 15.0 / WGS84_A_M
    dl = d / max(math.cos(lat), 1e-3)
    east = terrain_height(
        env.ground_m, env.south_rad, env.west_rad, env.step_lat_rad, env.step_lon_rad, lat, lon + dl
    ) - terrain_height(env.ground_m, env.south_rad, env.west_rad, env.step_lat_rad, env.step_lon_rad, lat, lon - dl)
    north = terrain_height(
        env.ground_m, env.south_rad, env.west_rad, env.step_lat_rad, env.step_lon_rad, lat + d, lon
    ) - terrain_height(env.ground_m, env.south_rad, env.west_rad, env.step_lat_rad, env.step_lon_rad, lat - d, lon)
    return east / 30.0, north / 30.0


@njit(cache=True)
def _start(
    p: np.ndarray,
    reference: Reference,
    env: Environment,
    y: np.ndarray,
    sens: np.ndarray,
    u: np.ndarray,
    du: np.ndarray,
) -> float:
    """Fill state and derivatives at ignition; returns gravity.

    ``u`` is the rail's direction (ECEF), ``du`` its derivatives by azimuth and elevation.
    """
    lat, lon, h, slope_east, slope_north = launch_point(p, reference, env)
    y[0], y[1], y[2] = ecef_from_geodetic(lat, lon, h)
    y[3] = y[4] = y[5] = 0.0
    axes = enu_axes(lat, lon)
    ce, se, ca, sa = math.cos(p[4]), math.sin(p[4]), math.cos(p[3]), math.sin(p[3])
    sens[:] = 0.0
    for i in range(3):
        e, n, up = axes[0, i], axes[1, i], axes[2, i]
        u[i] = ce * sa * e + ce * ca * n + se * up
        du[0, i] = ce * ca * e - ce * sa * n
        du[1, i] = -se * sa * e - se * ca * n + ce * up
        sens[i, EAST] = e + slope_east * up
        sens[i, NORTH] = n + slope_north * up
        sens[i, GROUND_ERROR] = up
    return normal_gravity_ms2(math.sin(lat), h)


@njit(cache=True)
def fly(  # noqa: C901 - rail, burn and coast share one set of arrays; compiled as one loop
    p: np.ndarray,
    motor: Motor,
    reference: Reference,
    env: Environment,
    with_jacobian: bool,
    until_s: float = MAX_FLIGHT_S,
    coast_step_s: float = COAST_STEP_S,
) -> Flight:
    """Fly a rocket with launch parameters ``p`` (13) until it is under the ground.

    Parameters
    ----------
    p : (13,) offsets east, north (m) of the launch from ``reference``; launch time (s, not used here); azimuth,
        elevation of the rail (rad); ln factors on delta-v, burn and drag; wind error east, north (m/s at reference
        height); ground height error (m); thrust misalignment sideways and upwards (rad).
    with_jacobian : whether ``sensitivity`` is filled.
    until_s : stop earlier, this long after launch (the path is then not followed to the ground).
    coast_step_s : step after burnout; one second moves the impact point by up to 0.3 m.
    """
    n_sens = _MAX_NODES if with_jacobian else 1
    tau_s = np.empty(_MAX_NODES)
    state = np.empty((_MAX_NODES, 6))
    sensitivity = np.empty((n_sens, 6, PARAMETERS))
    y = np.empty(6)
    sens = np.zeros((6, PARAMETERS))
    work_y, work_s = np.empty((3, 6)), np.empty((3, 6, PARAMETERS))
    acc, a_r, a_v, b = np.empty(3), np.empty((3, 3)), np.empty((3, 3)), np.zeros((3, PARAMETERS))
    u, du = np.empty(3), np.empty((2, 3))
    gravity = _start(p, reference, env, y, sens, u, du)
    y_start = y.copy()
    burn = motor.burn_s * math.exp(p[6])
    tau_s[0] = 0.0
    state[0] = y
    if with_jacobian:
        sensitivity[0] = sens
    count = 1
    # On the rail: constant acceleration (thrust at ignition less gravity along the rail).  Drag and loss of mass there
    # change the speed at its end by about 1 %.
    tau = 0.0
    if motor.rail_m > 0.0:
        f = motor.propellant_fraction
        thrust = motor.delta_v_ms * math.exp(p[5]) / -math.log(1.0 - f) * f / burn
        push = max(thrust - gravity * math.sin(p[4]), 1.0)
        tau = math.sqrt(2.0 * motor.rail_m / push)
        w = push * tau
        for i in range(3):
            y[i] = y_start[i] + u[i] * motor.rail_m
            y[3 + i] = u[i] * w
        if with_jacobian:
            _acceleration(y, tau, tau < burn, p, motor, env, False, acc, a_r, a_v, b)
            for q in range(3):
                d_push = -gravity * math.cos(p[4]) if q == 0 else (thrust if q == 1 else -thrust)
                d_tau = -0.5 * tau / push * d_push
                d_w = 0.5 * w / push * d_push
                for i in range(3):
                    sens[i, ELEVATION + q] = -w * u[i] * d_tau
                    sens[3 + i, ELEVATION + q] = u[i] * d_w - acc[i] * d_tau
            for i in range(3):
                sens[i, AZIMUTH] = motor.rail_m * du[0, i]
                sens[3 + i, AZIMUTH] = w * du[0, i]
                sens[i, ELEVATION] += motor.rail_m * du[1, i]
                sens[3 + i, ELEVATION] += w * du[1, i]
        tau_s[count] = tau
        state[count] = y
        if with_jacobian:
            sensitivity[count] = sens
        count += 1
    else:
        for i in range(3):
            y[3 + i] = u[i]
            sens[3 + i, AZIMUTH] = du[0, i]
            sens[3 + i, ELEVATION] = du[1, i]
        state[0] = y
        if with_jacobian:
            sensitivity[0] = sens
    # Burning
    if burn > tau + 1e-6:
        steps = max(_MIN_BURN_STEPS, int(math.ceil((burn - tau) / _BURN_STEP_S)))
        h = (burn - tau) / steps
        is_out = True
        for _ in range(steps):
            if tau >= until_s:
                is_out = False  # what is seen of a rocket that still burns asks for no more of its path
                break
            _rk4(y, sens, tau, h, True, p, motor, env, with_jacobian, work_y, work_s, acc, a_r, a_v, b)
            tau += h
            tau_s[count] = tau
            state[count] = y
            if with_jacobian:
                sensitivity[count] = sens
            count += 1
        if with_jacobian and is_out:
            _acceleration(y, burn, True, p, motor, env, False, acc, a_r, a_v, b)
            before = acc.copy()
            _acceleration(y, burn, False, p, motor, env, False, acc, a_r, a_v, b)
            for i in range(3):
                sens[3 + i, LN_BURN] += (before[i] - acc[i]) * burn
            # the node at burnout holds the derivatives of the coasting side; the burning side differs in LN_BURN only
            sensitivity[count - 1] = sens
    # Coasting
    impact_node = -1
    while count < _MAX_NODES and tau < until_s:
        _rk4(y, sens, tau, coast_step_s, False, p, motor, env, with_jacobian, work_y, work_s, acc, a_r, a_v, b)
        tau += coast_step_s
        tau_s[count] = tau
        state[count] = y
        if with_jacobian:
            sensitivity[count] = sens
        count += 1
        if _under_ground(y, env):
            impact_node = count - 1
            break
    return Flight(
        tau_s[:count].copy(),
        state[:count].copy(),
        sensitivity[: count if with_jacobian else 1].copy(),
        count,
        burn,
        impact_node,
    )


@njit(cache=True)
def _under_ground(y: np.ndarray, env: Environment) -> bool:
    s, c, sl, cl, h = ellipsoid_normal(y[0], y[1], y[2])
    ground = terrain_height(
        env.ground_m,
        env.south_rad,
        env.west_rad,
        env.step_lat_rad,
        env.step_lon_rad,
        math.atan2(s, c),
        math.atan2(sl, cl),
    )
    return h < ground


@njit(cache=True)
def find_node(flight: Flight, tau: float) -> int:
    """Index i of the interval [i, i + 1] that holds ``tau`` (clipped to the path)."""
    low, high = 0, flight.nodes - 1
    while high - low > 1:
        middle = (low + high) // 2
        if flight.tau_s[middle] <= tau:
            low = middle
        else:
            high = middle
    return low


@njit(cache=True)
def state_at(flight: Flight, tau: float, y: np.ndarray) -> int:
    """Fill ``y`` (6) with position and velocity at ``tau`` by cubic Hermite interpolation; returns the interval."""
    i = find_node(flight, tau)
    h = flight.tau_s[i + 1] - flight.tau_s[i]
    u = (tau - flight.tau_s[i]) / h
    u2, u3 = u * u, u * u * u
    a, b, c, d = 2 * u3 - 3 * u2 + 1, (u3 - 2 * u2 + u) * h, -2 * u3 + 3 * u2, (u3 - u2) * h
    e, g = (6 * u2 - 6 * u) / h, 3 * u2 - 4 * u + 1
    k = 3 * u2 - 2 * u
    for j in range(3):
        p0, p1 = flight.state[i, j], flight.state[i + 1, j]
        v0, v1 = flight.state[i, 3 + j], flight.state[i + 1, 3 + j]
        y[j] = a * p0 + b * v0 + c * p1 + d * v1
        y[3 + j] = e * (p0 - p1) + g * v0 + k * v1
    return i


@njit(cache=True)
def sensitivity_at(flight: Flight, i: int, tau: float, out: np.ndarray) -> None:
    """Fill ``out`` (3, 13) with the derivatives of position at ``tau`` in interval ``i``."""
    h = flight.tau_s[i + 1] - flight.tau_s[i]
    u = (tau - flight.tau_s[i]) / h
    u2, u3 = u * u, u * u * u
    a, b, c, d = 2 * u3 - 3 * u2 + 1, (u3 - 2 * u2 + u) * h, -2 * u3 + 3 * u2, (u3 - u2) * h
    last_burning = flight.tau_s[i] < flight.burnout_s - 1e-9 and flight.tau_s[i + 1] >= flight.burnout_s - 1e-9
    for j in range(3):
        for q in range(PARAMETERS):
            v1 = flight.sensitivity[i + 1, 3 + j, q]
            if last_burning and q == LN_BURN:
                # at the burnout node the derivative of velocity jumps: rebuild the burning side from the positions
                v1 = (
                    3.0 * (flight.sensitivity[i + 1, j, q] - flight.sensitivity[i, j, q]) / (2.0 * h)
                    - 0.5 * flight.sensitivity[i, 3 + j, q]
                )
            out[j, q] = (
                a * flight.sensitivity[i, j, q]
                + b * flight.sensitivity[i, 3 + j, q]
                + c * flight.sensitivity[i + 1, j, q]
                + d * v1
            )


@njit(cache=True)
def ground_crossing(flight: Flight, env: Environment, y: np.ndarray) -> float:
    """Seconds after launch at which the path meets the ground (state in ``y``), or -1.0 if it does not come down."""
    if flight.impact_node < 0:
        return -1.0
    low, high = flight.tau_s[flight.impact_node - 1], flight.tau_s[flight.impact_node]
    for _ in range(40):
        middle = 0.5 * (low + high)
        state_at(flight, middle, y)
        if _under_ground(y, env):
            high = middle
        else:
            low = middle
        if high - low < 1e-6:
            break
    state_at(flight, high, y)
    return high
