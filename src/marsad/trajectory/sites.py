"""Launch sites: which launches came from one point, and where that point is when all of them are asked.

A launch joins a known site when its launch point and the site's lie within their errors of each other.  The site's
own place is the average of its launches.  What is wrong with the sensors is wrong in every launch that they saw, and
a rocket that was fitted as coming from an earlier one's launcher has that one's errors too: such common errors do not
average out.  So each launch's covariance is taken apart into an independent and a common part, and with weights wᵢ
(scalars that sum to one)

    P = Σ wᵢ² Iᵢ + Σ wᵢ Cᵢ,

which is right for the independent parts and, by Jensen's inequality, never too small for the common ones, however
they hang together (for I = 0 it is wider than covariance intersection's bound is at its best, and as safe).
Source: S. Julier, J. Uhlmann, "General decentralized data fusion with covariance intersection" (split covariance
intersection), *Handbook of Multisensor Data Fusion* (2001), chapter 12.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float

from marsad.flight.rocket import PARAMETERS
from marsad.geo.frames import enu_from_geodetic, geodetic_from_enu
from marsad.geo.linear import cholesky, solve_cholesky
from marsad.terms import Geodetic, PointMode
from marsad.trajectory.fit import Fit
from marsad.trajectory.ground import GroundPoint

JOIN_CHI2 = 9.2
"""Squared Mahalanobis distance within which two launch points are one (99 % of two normal numbers)."""
LEAVE_CHI2 = 13.8
"""... and beyond which a launch leaves a site that it had joined (99.9 %), so that it does not waver."""
LAUNCHER_SIZE_M = 15.0
"""How far apart the rails of one launcher, or two set-ups at one point, may be (1 sigma, each axis)."""
KNOWN_SIGMA_M = 400.0
"""A launch point known worse than this (both axes together) joins no site: not knowing is no sameness."""
_MOST_SITES = 200
_MOST_LAUNCHES = 100


@dataclass(frozen=True)
class SitedLaunch:
    """Launch point of one event: where and when, and its ENU covariance (m²) as independent and common part."""

    event_id: str
    latitude_rad: float
    longitude_rad: float
    height_m: float
    time_utc_ns: int
    time_sigma_s: float
    independent_m2: Float[np.ndarray, "2 2"]
    common_m2: Float[np.ndarray, "2 2"]


@dataclass
class SiteBook:
    """Known launch sites by id, oldest first, each with the latest launch point of each of its events, by event id."""

    sites: dict[str, dict[str, SitedLaunch]] = field(default_factory=dict)
    home: dict[str, str] = field(default_factory=dict)
    made: int = 0


def sited_launch(
    event_id: str, mode: PointMode, launch: GroundPoint, fit: Fit, *, is_independent: bool = True
) -> SitedLaunch:
    """Launch point of an event whose heaviest mode was fitted so; not independent: fitted with another's as prior."""
    a, b, c = mode.covariance_en_m2
    whole = np.array([[a, b], [b, c]])
    own = noise_part(launch, fit) if is_independent else np.zeros((2, 2))
    share = min(1.0, *(_ratio(whole[i, i], own[i, i]) for i in range(2)))
    independent = share * own
    return SitedLaunch(
        event_id,
        mode.position.latitude_rad,
        mode.position.longitude_rad,
        mode.position.height_m,
        mode.time_utc_ns,
        mode.time_sigma_s,
        independent,
        _positive(whole - independent),
    )


def _ratio(whole: float, part: float) -> float:
    return float(whole / part) if part > 0.0 else 1.0


def _positive(c: Float[np.ndarray, "2 2"]) -> Float[np.ndarray, "2 2"]:
    """The nearest covariance not smaller, where rounding has left a little below nothing."""
    middle, half = 0.5 * (c[0, 0] + c[1, 1]), 0.5 * (c[0, 0] - c[1, 1])
    least = middle - math.hypot(half, c[0, 1])
    return c + max(-float(least), 0.0) * np.eye(2)


def noise_part(launch: GroundPoint, fit: Fit) -> Float[np.ndarray, "2 2"]:
    """ENU covariance (m²) that a launch point would have if the sensors' errors and the air were known.

    That is the covariance of the launch parameters given all else that was estimated: A − B D⁻¹ Bᵀ.
    """
    n = PARAMETERS
    a, b, d = fit.covariance[:n, :n], fit.covariance[:n, n:], fit.covariance[n:, n:]
    scale = np.sqrt(np.maximum(np.diag(d), 1e-30))
    lower = np.zeros_like(d)
    known = a
    if cholesky(d / np.outer(scale, scale), lower):
        solved = np.stack([solve_cholesky(lower, np.ascontiguousarray(row / scale)) / scale for row in b])
        known = a - _times(solved, b)
    j = launch.jacobian[:2]
    out = _times(_times(j, known), j)
    return np.asarray(0.5 * (out + out.T))


def _times(a: Float[np.ndarray, "i k"], b: Float[np.ndarray, "j k"]) -> Float[np.ndarray, "i j"]:
    """Product a bᵀ, summed in one order on every machine."""
    return np.asarray((a[:, None, :] * b[None, :, :]).sum(axis=2))


def settle(book: SiteBook, launch: SitedLaunch) -> str:
    """Say which site a launch came from, an old one or a new one, and remember it there."""
    at = book.home.get(launch.event_id)
    if at is not None:
        others = _others(book, at, launch.event_id)
        if others and distance_chi2(launch, pool(others)) > LEAVE_CHI2:
            forget(book, launch.event_id)
            at = None
        elif others:
            book.sites[at][launch.event_id] = launch
            return at
    known = _matching(book, launch)
    if known is not None and known != at:
        forget(book, launch.event_id)
        at = known
    if at is None:
        book.made += 1
        at = f"S{book.made:03d}"
    launches = book.sites.setdefault(at, {})
    launches[launch.event_id] = launch
    book.home[launch.event_id] = at
    _bound(book, at)
    return at


def forget(book: SiteBook, event_id: str) -> None:
    """Let go of a launch that was taken back, or that belongs elsewhere."""
    at = book.home.pop(event_id, None)
    if at is not None:
        book.sites[at].pop(event_id, None)
        if not book.sites[at]:
            del book.sites[at]


def site_estimate(book: SiteBook, site_id: str) -> PointMode | None:
    """Where a site is, from all its launches; None while there is but one.  The time is that of the latest launch."""
    launches = list(book.sites.get(site_id, {}).values())
    if len(launches) < 2:
        return None
    whole = pool(launches)
    latest = max(launches, key=lambda one: one.time_utc_ns)
    c = whole.independent_m2 + whole.common_m2
    return PointMode(
        weight=1.0,
        position=Geodetic(latitude_rad=whole.latitude_rad, longitude_rad=whole.longitude_rad, height_m=whole.height_m),
        covariance_en_m2=(float(c[0, 0]), float(c[0, 1]), float(c[1, 1])),
        time_utc_ns=latest.time_utc_ns,
        time_sigma_s=latest.time_sigma_s,
    )


def pool(launches: list[SitedLaunch]) -> SitedLaunch:
    """The common point of some launches (at least one); the launcher's size counts as independent of each other."""
    size = LAUNCHER_SIZE_M**2 * np.eye(2)
    weight = np.array([1.0 / float(np.trace(one.independent_m2 + one.common_m2 + size)) for one in launches])
    weight /= weight.sum()
    first = launches[0]
    place = np.array([_offset(one, first) for one in launches])
    east, north = (float((weight * place[:, i]).sum()) for i in range(2))
    lat, lon, _ = geodetic_from_enu(east, north, 0.0, first.latitude_rad, first.longitude_rad, first.height_m)
    return SitedLaunch(
        "",
        lat,
        lon,
        float((weight * np.array([one.height_m for one in launches])).sum()),
        first.time_utc_ns,
        first.time_sigma_s,
        np.asarray(sum(w * w * (one.independent_m2 + size) for w, one in zip(weight, launches, strict=True))),
        np.asarray(sum(w * one.common_m2 for w, one in zip(weight, launches, strict=True))),
    )


def distance_chi2(launch: SitedLaunch, site: SitedLaunch) -> float:
    """Squared Mahalanobis distance of a launch point from a pooled site, the launcher's size included.

    Common errors are counted as if they were not common: that widens the gate, and errs towards one site.
    """
    e, n = _offset(launch, site)
    s = launch.independent_m2 + launch.common_m2 + site.independent_m2 + site.common_m2
    s = s + LAUNCHER_SIZE_M**2 * np.eye(2)
    det = s[0, 0] * s[1, 1] - s[0, 1] * s[0, 1]
    return float((s[1, 1] * e * e - 2.0 * s[0, 1] * e * n + s[0, 0] * n * n) / det)


def _matching(book: SiteBook, launch: SitedLaunch) -> str | None:
    """The nearest other site within the gate."""
    if math.sqrt(float(np.trace(launch.independent_m2 + launch.common_m2))) > KNOWN_SIGMA_M:
        return None
    best: tuple[float, str] | None = None
    for site_id in book.sites:
        others = _others(book, site_id, launch.event_id)
        if not others:
            continue
        whole = pool(others)
        if math.sqrt(float(np.trace(whole.independent_m2 + whole.common_m2))) > KNOWN_SIGMA_M:
            continue
        chi2 = distance_chi2(launch, whole)
        if chi2 < JOIN_CHI2 and (best is None or chi2 < best[0]):
            best = chi2, site_id
    return None if best is None else best[1]


def _others(book: SiteBook, site_id: str, event_id: str) -> list[SitedLaunch]:
    return [one for name, one in book.sites[site_id].items() if name != event_id]


def _offset(a: SitedLaunch, b: SitedLaunch) -> tuple[float, float]:
    """East and north (m) of a launch point from another."""
    e, n, _ = enu_from_geodetic(
        a.latitude_rad, a.longitude_rad, b.height_m, b.latitude_rad, b.longitude_rad, b.height_m
    )
    return e, n


def _bound(book: SiteBook, site_id: str) -> None:
    """Forget the oldest beyond what is kept."""
    launches = book.sites[site_id]
    while len(launches) > _MOST_LAUNCHES:
        forget(book, next(iter(launches)))
    while len(book.sites) > _MOST_SITES:
        for event_id in list(book.sites[next(iter(book.sites))]):
            forget(book, event_id)
