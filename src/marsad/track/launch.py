"""Kernels of launch physics: what a plot near a launch site says of a rocket that just left it, and learning sites.

A rocket in its first seconds is eight numbers: where its launcher stands in the site (3), speed, elevation and azimuth
at the end of its burn, time since launch, ln of its drag.  All but the time have a prior, which the site's earlier
rockets sharpen; one plot then gives position *and* velocity, which is what tells rockets of one salvo apart.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from marsad.track.motion import ballistic_jacobian, ballistic_move, spread_through
from marsad.track.tables import F64, I64, Tables
from marsad.track.types import Sites

REACH_S = 2.5  # how long after launch a first plot is still explained by the site
PSEUDO = 3.0  # the general prior counts as this many rockets of the site
TRACED_SIGMA_M = 300.0  # a path traced back no better than this says nothing of a site
SAME_SITE_M = 400.0  # launchers closer than this are one site
SITE_UP_SIGMA_M = 20.0  # how well the height of the ground is known


@njit(cache=True, error_model="numpy")
def cholesky(a: F64, n: int) -> float:
    """Lower Cholesky factor in place (upper part untouched); give the logarithm of the determinant, or -inf."""
    log_det = 0.0
    for i in range(n):
        for j in range(i + 1):
            s = a[i, j]
            for k in range(j):
                s -= a[i, k] * a[j, k]
            if i == j:
                if s <= 0.0:
                    return -math.inf
                a[i, i] = math.sqrt(s)
                log_det += 2.0 * math.log(a[i, i])
            else:
                a[i, j] = s / a[j, j]
    return log_det


@njit(cache=True, error_model="numpy")
def solve_cholesky(low: F64, n: int, b: F64) -> None:
    """Solve in place with the factor that ``cholesky`` left."""
    for i in range(n):
        for k in range(i):
            b[i] -= low[i, k] * b[k]
        b[i] /= low[i, i]
    for i in range(n - 1, -1, -1):
        for k in range(i + 1, n):
            b[i] -= low[k, i] * b[k]
        b[i] /= low[i, i]


@njit(cache=True, error_model="numpy")
def _state(theta: F64, x: F64) -> None:
    """State of a rocket from its eight launch numbers (place, speed, elevation, azimuth, time, ln drag)."""
    v, el, az = theta[3], theta[4], theta[5]
    x[0], x[1], x[2] = theta[0], theta[1], theta[2]
    x[3], x[4], x[5] = v * math.cos(el) * math.sin(az), v * math.cos(el) * math.cos(az), v * math.sin(el)
    x[6] = theta[7]
    ballistic_move(x, theta[6])


@njit(cache=True, error_model="numpy")
def site_prior(moments: F64, launch: F64, mean: F64, sigma: F64) -> None:
    """Speed, elevation, azimuth and ln drag of the next rocket of a site: general prior and the site's own rockets."""
    n = moments[0]
    general = (launch[0], launch[2], launch[4])
    spread = (launch[1], launch[3], launch[5])
    for i in range(3):
        total = PSEUDO + n
        m = (PSEUDO * general[i] + moments[1 + i]) / total
        second = (PSEUDO * (general[i] ** 2 + spread[i] ** 2) + moments[4 + i]) / total
        at = i if i < 2 else 3
        mean[at] = m
        sigma[at] = math.sqrt(max(second - m * m, (0.25 * spread[i]) ** 2))
    length = math.sqrt(moments[7] ** 2 + moments[8] ** 2)
    mean[2] = math.atan2(moments[7], moments[8])
    if n < 1.0 or length <= 0.0:
        sigma[2] = 1.5
    else:
        # circular spread of the site's rockets, never surer than PSEUDO rockets of a degree-wide sector allow
        kept = max(1.0 - min(length / n, 1.0), 0.0)
        sigma[2] = math.sqrt((n * 2.0 * kept + PSEUDO * 0.15**2 / (1.0 + n)) / n) + 0.02


@njit(cache=True, error_model="numpy")
def _jacobian(theta: F64, x: F64, jacobian: F64) -> None:
    """Fill the state of launch numbers and its derivatives (by small steps of each)."""
    step = (1.0, 1.0, 1.0, 1.0, 1e-3, 1e-3, 1e-3, 1e-2)
    moved = np.empty(7)
    _state(theta, x)
    for c in range(8):
        theta[c] += step[c]
        _state(theta, moved)
        theta[c] -= step[c]
        for i in range(7):
            jacobian[i, c] = (moved[i] - x[i]) / step[c]


@njit(cache=True, error_model="numpy")
def quadratic(a: F64, d: F64) -> float:
    """The quadratic form d' a d."""
    total = 0.0
    for i in range(d.shape[0]):
        for j in range(d.shape[0]):
            total += d[i] * a[i, j] * d[j]
    return total


@njit(cache=True, error_model="numpy")
def normal_equations(
    theta: F64, start: F64, information: F64, jacobian: F64, x: F64, z: F64, r_inverse: F64, a: F64, b: F64
) -> None:
    """Fill the matrix and the right side of a Gauss-Newton step."""
    for c in range(8):
        b[c] = 0.0
        for d in range(8):
            b[c] += information[c, d] * (start[d] - theta[d])
            a[c, d] = information[c, d]
        for i in range(3):
            for j in range(3):
                weighted = jacobian[i, c] * r_inverse[i, j]
                b[c] += weighted * (z[j] - x[j])
                for d in range(8):
                    a[c, d] += weighted * jacobian[j, d]


@njit(cache=True, error_model="numpy")
def _first_guess(z: F64, place: F64, information3: F64, mean: F64, sigma: F64, start: F64, information: F64) -> None:
    """Fill the prior of the eight launch numbers; the time's is only so wide as to keep the matrix regular."""
    information[:] = 0.0
    information[:3, :3] = information3
    start[:3] = place
    start[3], start[4], start[5], start[7] = mean[0], mean[1], mean[2], mean[3]
    if sigma[2] > 1.0:
        start[5] = math.atan2(z[0] - place[0], z[1] - place[1])
    for i in range(3):
        information[3 + i, 3 + i] = 1.0 / sigma[i] ** 2
    information[7, 7] = 1.0 / sigma[3] ** 2
    distance = math.sqrt((z[0] - place[0]) ** 2 + (z[1] - place[1]) ** 2 + (z[2] - place[2]) ** 2)
    start[6] = distance / mean[0]
    information[6, 6] = 1e-2


@njit(cache=True, error_model="numpy")
def launch_fit(
    z: F64, r_inverse: F64, r_log_det: float, place: F64, information3: F64, mean: F64, sigma: F64, x: F64, p: F64
) -> tuple[float, float]:
    """Most probable state of a rocket just launched, given one position: (log of its density per m³ and s, seconds).

    Gauss-Newton for the eight launch numbers, then Laplace's approximation: fills the state and its covariance.
    """
    start, information = np.empty(8), np.empty((8, 8))
    _first_guess(z, place, information3, mean, sigma, start, information)
    theta = start.copy()
    jacobian, a, b = np.empty((7, 8)), np.empty((8, 8)), np.empty(8)
    log_det = 0.0
    for _ in range(4):
        _jacobian(theta, x, jacobian)
        normal_equations(theta, start, information, jacobian, x, z, r_inverse, a, b)
        log_det = cholesky(a, 8)
        if log_det == -math.inf:
            return -math.inf, 0.0
        solve_cholesky(a, 8, b)
        for c in range(8):
            theta[c] += b[c]
        theta[6] = max(theta[6], 0.02)
    _state(theta, x)
    information[6, 6] = 0.0
    chi2 = quadratic(r_inverse, z - x[:3]) + quadratic(information, theta - start)
    small = information3.copy()
    prior_log_det = cholesky(small, 3) + math.log(information[7, 7])
    prior_log_det += math.log(information[3, 3] * information[4, 4] * information[5, 5])
    # powers of 2 pi: 8/2 of Laplace, less 3/2 of the detection, less 7/2 of the prior
    evidence = -0.5 * (chi2 + r_log_det - prior_log_det + log_det) - math.log(2.0 * math.pi)
    for c in range(7):
        b[:] = jacobian[c]
        solve_cholesky(a, 8, b)
        for d in range(c + 1):
            total = 0.0
            for i in range(8):
                total += jacobian[d, i] * b[i]
            p[c, d] = total
            p[d, c] = total
    return evidence, theta[6]


@njit(cache=True, error_model="numpy")
def trace_back(x: F64, p: F64, ground_m: float, longest_s: float, at: F64, spread: F64) -> float:
    """Follow a ballistic state back to the ground: seconds since launch, or -1 if it does not come from there.

    Fills ``at`` with the state at launch and ``spread`` with its covariance at the height of the ground.
    """
    for i in range(7):
        at[i] = x[i]
    if x[2] < ground_m - 200.0:
        return -1.0
    back = 0.0
    step = 0.25
    while at[2] > ground_m and back < longest_s:
        if at[5] <= 0.0 and back > 0.5 * longest_s:
            return -1.0
        ballistic_move(at, -step)
        back += step
        if at[5] > 3000.0:
            return -1.0
    if at[2] > ground_m or at[5] < 50.0:
        return -1.0
    rest = (at[2] - ground_m) / at[5]
    ballistic_move(at, -rest)
    back += rest
    middle, f = x.copy(), np.zeros((7, 7))
    ballistic_move(middle, -0.5 * back)
    ballistic_jacobian(middle, -back, f)
    spread[:] = p
    spread_through(spread, f, np.empty((7, 7)))
    _onto_ground(at, spread)
    return back


@njit(cache=True, error_model="numpy")
def _onto_ground(at: F64, spread: F64) -> None:
    """Carry a covariance along the path to the ground: place minus velocity times (height error over climb)."""
    g = np.eye(7)
    g[0, 2], g[1, 2], g[2, 2] = -at[3] / at[5], -at[4] / at[5], 0.0
    half = np.zeros((7, 7))
    for a in range(7):
        for b in range(7):
            for c in range(7):
                half[a, b] += g[a, c] * spread[c, b]
    spread[:] = 0.0
    for a in range(7):
        for b in range(7):
            for c in range(7):
                spread[a, b] += half[a, c] * g[b, c]


@njit(cache=True, error_model="numpy")
def _nearest_site(at: F64, sx: float, sy: float, sxy: float, sites: Sites, used: int) -> int:
    best, best_chi2 = -1, 16.0
    for s in range(used):
        i = sites.information[s]
        det = i[0, 0] * i[1, 1] - i[0, 1] ** 2
        cx, cy, cxy = sx + i[1, 1] / det, sy + i[0, 0] / det, sxy - i[0, 1] / det
        dx, dy = at[0] - sites.position_enu_m[s, 0], at[1] - sites.position_enu_m[s, 1]
        chi2 = (cy * dx * dx - 2.0 * cxy * dx * dy + cx * dy * dy) / (cx * cy - cxy * cxy)
        if dx * dx + dy * dy < SAME_SITE_M**2:
            chi2 = min(chi2, 15.0 * (dx * dx + dy * dy) / SAME_SITE_M**2)
        if chi2 < best_chi2:
            best, best_chi2 = s, chi2
    return best


@njit(cache=True, error_model="numpy")
def _place_site(at: F64, sx: float, sy: float, sxy: float, sites: Sites, s: int) -> None:
    """Fuse a traced-back place (covariance sx, sy, sxy) with what is known of site ``s``."""
    det = sx * sy - sxy * sxy
    ax, ay, axy = sy / det, sx / det, -sxy / det
    i, place = sites.information[s], sites.position_enu_m[s]
    px = i[0, 0] * place[0] + i[0, 1] * place[1] + ax * at[0] + axy * at[1]
    py = i[1, 0] * place[0] + i[1, 1] * place[1] + axy * at[0] + ay * at[1]
    i[0, 0] += ax
    i[1, 1] += ay
    i[0, 1] += axy
    i[1, 0] += axy
    i[2, 2] = 1.0 / SITE_UP_SIGMA_M**2
    d = i[0, 0] * i[1, 1] - i[0, 1] ** 2
    place[0], place[1] = (i[1, 1] * px - i[0, 1] * py) / d, (i[0, 0] * py - i[0, 1] * px) / d


@njit(cache=True, error_model="numpy")
def _count_rocket(at: F64, moments: F64) -> None:
    speed = math.sqrt(at[3] ** 2 + at[4] ** 2 + at[5] ** 2)
    flat = math.sqrt(at[3] ** 2 + at[4] ** 2)
    elevation = math.atan2(at[5], flat)
    moments[0] += 1.0
    moments[1] += speed
    moments[2] += elevation
    moments[3] += at[6]
    moments[4] += speed * speed
    moments[5] += elevation * elevation
    moments[6] += at[6] * at[6]
    moments[7] += at[3] / flat
    moments[8] += at[4] / flat


@njit(cache=True, error_model="numpy")
def learn(
    at: F64, spread: F64, launched_s: float, count_rocket: bool, own: float, sites: Sites, used: int
) -> tuple[int, int]:
    """Add a traced-back launch to the sites, in place: (row of the site or -1, rows in use).

    ``own``: variance (m²) of where the launchers of one site stand.
    """
    sx, sy, sxy = spread[0, 0] + own, spread[1, 1] + own, spread[0, 1]
    if sx + sy > 2.0 * TRACED_SIGMA_M**2:
        return -1, used
    s = _nearest_site(at, sx, sy, sxy, sites, used)
    if s < 0:
        s = used if used < sites.last_s.shape[0] else int(np.argmin(sites.last_s))
        used = max(used, s + 1)
        sites.position_enu_m[s] = at[:3]
        sites.information[s] = 0.0
        sites.moments[s] = 0.0
        sites.recalled[s] = 0
        sites.first_s[s] = sites.last_s[s] = launched_s
    _place_site(at, sx, sy, sxy, sites, s)
    if count_rocket:
        _count_rocket(at, sites.moments[s])
    sites.first_s[s] = min(sites.first_s[s], launched_s)
    sites.last_s[s] = max(sites.last_s[s], launched_s)
    return s, used


@njit(cache=True, error_model="numpy")
def nearest_active(z: F64, time_s: float, tables: Tables, sites: Sites, used: int) -> int:
    """The site that a new plot may have been launched from, or -1."""
    reach = REACH_S * (tables.launch[0] + 2.0 * tables.launch[1])
    best, best_d2 = -1, reach * reach
    for s in range(used):
        if time_s - sites.last_s[s] <= tables.launch[7]:
            place = sites.position_enu_m[s]
            d2 = (z[0] - place[0]) ** 2 + (z[1] - place[1]) ** 2 + (z[2] - place[2]) ** 2
            if d2 < best_d2:
                best, best_d2 = s, d2
    return best


@njit(cache=True, error_model="numpy")
def new_rockets(
    z: F64, r: F64, time_s: float, frame_s: float, pd: float, tables: Tables, sites: Sites, used: int,
    x: F64, p: F64, site: I64,
) -> F64:  # fmt: skip
    """Density (1/m³ per frame) of rockets just launched at each detection; fills their states and sites (-1: none)."""
    n = z.shape[0]
    density = np.zeros(n)
    mean, sigma = np.empty(4), np.empty(4)
    inverse, low, from_place = np.empty((3, 3)), np.empty((3, 3)), np.empty((3, 3))
    for i in range(n):
        s = nearest_active(z[i], time_s, tables, sites, used)
        site[i] = s
        if s < 0:
            continue
        site_prior(sites.moments[s], tables.launch, mean, sigma)
        _inverse_sum(sites.information[s], tables.launch[8] ** 2, from_place)
        low[:] = r[i]
        r_log_det = cholesky(low, 3)
        _inverse3_general(r[i], inverse)
        log_density, seconds = launch_fit(
            z[i], inverse, r_log_det, sites.position_enu_m[s], from_place, mean, sigma, x[i], p[i]
        )
        unseen = (1.0 - pd) ** math.floor(seconds / max(frame_s, 1e-3))
        if log_density > -700.0 and seconds <= REACH_S:
            density[i] = pd * unseen * tables.launch[6] * math.exp(log_density)
        if density[i] <= 0.0:
            site[i] = -1
    return density


@njit(cache=True, error_model="numpy")
def _inverse3_general(a: F64, out: F64) -> None:
    low, b = a.copy(), np.empty(3)
    cholesky(low, 3)
    for c in range(3):
        for i in range(3):
            b[i] = 1.0 if i == c else 0.0
        solve_cholesky(low, 3, b)
        for i in range(3):
            out[i, c] = b[i]


@njit(cache=True, error_model="numpy")
def _inverse_sum(information: F64, own: float, out: F64) -> None:
    """(information^-1 + own I)^-1."""
    covariance = np.empty((3, 3))
    _inverse3_general(information, covariance)
    for i in range(3):
        covariance[i, i] += own if i < 2 else 0.0
    _inverse3_general(covariance, out)
