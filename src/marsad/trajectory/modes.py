"""Several explanations of one launch, side by side, each with its weight: rocket class, toward or away.

A mode is a local maximum of the posterior under one hypothesis about the rocket.  Its weight is the Laplace
approximation of the evidence: fit and prior at the maximum, times the volume around it.
Source: C. M. Bishop, *Pattern Recognition and Machine Learning* (2006), section 4.4.1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from marsad.flight import environment_of, motor_of
from marsad.flight.classes import RocketClass, RocketTable
from marsad.flight.rocket import (
    AZIMUTH,
    COAST_STEP_S,
    ELEVATION,
    MAX_FLIGHT_S,
    PARAMETERS,
    TIME,
    Environment,
    Flight,
    Motor,
    Reference,
    fly,
)
from marsad.geo.frames import enu_from_geodetic
from marsad.geo.terrain import TerrainGrid
from marsad.sensing.measure import wrap_angle
from marsad.terms import WeatherReport
from marsad.trajectory.fit import Fit, Prior, fit
from marsad.trajectory.ground import GroundPoint, ground_covariance, impact_ground, launch_ground
from marsad.trajectory.observations import Observations

POSITION_SIGMA_M = 20e3
TIME_SIGMA_S = 200.0
AZIMUTH_SIGMA_RAD = 3.0
"""Priors so wide that they say nothing, in particular not that rockets fly toward the site."""

KNOWN_CLASS_WEIGHT = 0.7
"""How much is wagered on a rocket being of one of the site's classes rather than far from nominal."""

MISFIRE = "misfire"
MISFIRE_WEIGHT = 0.03
"""The hypothesis of a motor that lights and dies on its rail, and what is wagered on it."""

SALVO_WEIGHT = 0.5
_SALVO_SPREAD_RAD = 0.05
_LAUNCHER_SIZE_M = 20.0
_SIBLING_AZIMUTH_RAD = 0.15
_SIBLING_PLACE_M = 120.0
"""A rocket may come from the launcher of an earlier one: what is wagered on it, and how alike the two are then."""

_AZIMUTH_STEP_RAD = 0.18
_ELEVATION_STEP_RAD = 0.13
_MOST_TURNS = 6
_WIDEST_TURN_RAD = 0.45
_MOST_RISES = 1
_LIGHTEST_PIECE = 3.2
_MOST_PIECES = 12
"""Heading and elevation are taken as known where they are known better than this; otherwise in steps of it."""

_PIECE_COAST_STEP_S = 1.0
_SEARCH_ITERATIONS = 5
_WORSE_COST = 30.0
_ROWS_THAT_TELL = 20
_POLISH_ITERATIONS = 25
_TOLERANCE = 0.02
_SAME_MODE_CHI2 = 4.0
_KEEP_LOG_RATIO = 9.0
_MOST_MODES = 8


@dataclass(frozen=True)
class Sibling:
    """An earlier rocket that may have left the same launcher: where (radians), whither, each with its spread."""

    latitude_rad: float
    longitude_rad: float
    azimuth_rad: float
    elevation_rad: float
    position_sigma_m: float
    azimuth_sigma_rad: float
    elevation_sigma_rad: float


@dataclass(frozen=True)
class Hypothesis:
    """One assumption about the rocket: which class, and how far it may be from its nominal numbers."""

    name: str
    motor: Motor
    ln_sigma: tuple[float, float, float]
    log_prior: float
    sibling: Sibling | None = None


@dataclass(frozen=True)
class World:
    """What all fits of a site share: hypotheses, environment, prior standard deviations of the launch parameters."""

    hypotheses: tuple[Hypothesis, ...]
    env: Environment
    elevation_mean_rad: float
    elevation_sigma_rad: float
    wind_sigma_ms: float
    ground_sigma_m: float
    turn_sigma_rad: float
    sound_sigma: float
    error_floor_rel: float
    classes: int


@dataclass(frozen=True)
class Mode:
    """One explanation: a fit under a hypothesis, where it begins and ends, and its unnormalised log weight."""

    hypothesis: int
    fit: Fit
    log_weight: float
    flight: Flight
    launch: GroundPoint
    impact: GroundPoint
    launch_covariance: Float[np.ndarray, "3 3"]
    impact_covariance: Float[np.ndarray, "3 3"]


def world_of(rockets: RocketTable, terrain: TerrainGrid, weather: WeatherReport | None) -> World:
    """Gather what the fits of a site share."""
    ground = 0.0 if weather is None or weather.profile_ground_m is None else weather.profile_ground_m
    east, north = (0.0, 0.0) if weather is None else (weather.wind_east_ms, weather.wind_north_ms)
    return World(
        hypotheses=_hypotheses(rockets),
        env=environment_of(terrain, rockets.drag, east, north, ground),
        elevation_mean_rad=rockets.launch_elevation_mean_rad,
        elevation_sigma_rad=rockets.launch_elevation_sigma_rad,
        wind_sigma_ms=6.0 if weather is None else weather.wind_sigma_ms,
        ground_sigma_m=terrain.height_sigma_m,
        turn_sigma_rad=rockets.misalignment_sigma_rad,
        sound_sigma=0.01 if weather is None else weather.sound_speed_relative_sigma,
        error_floor_rel=rockets.model_error_floor_rel,
        classes=len(rockets.classes),
    )


def _hypotheses(rockets: RocketTable) -> tuple[Hypothesis, ...]:
    weights = rockets.class_weights or tuple(1.0 for _ in rockets.classes)
    total = sum(weights)
    wide = (rockets.wide_ln_sigma_delta_v, rockets.wide_ln_sigma_burn, rockets.wide_ln_sigma_drag)

    def one(c: RocketClass, weight: float, known: bool) -> Hypothesis:
        sigma = (c.ln_sigma_delta_v, c.ln_sigma_burn, c.ln_sigma_drag) if known else wide
        share = weight / total * (KNOWN_CLASS_WEIGHT if known else 1.0 - KNOWN_CLASS_WEIGHT)
        return Hypothesis(c.name if known else f"like {c.name}", motor_of(c), sigma, math.log(share))

    pairs = list(zip(rockets.classes, weights, strict=True))
    misfire = Hypothesis(MISFIRE, Motor(1.0, 0.3, 0.01, 1e-6, 500.0), (0.05, 0.6, 0.05), math.log(MISFIRE_WEIGHT))
    return (*(one(c, w, True) for c, w in pairs), *(one(c, w, False) for c, w in pairs), misfire)


def prior_of(
    world: World,
    hypothesis: Hypothesis,
    reference: Reference,
    time_s: float,
    azimuth_rad: float,
    bias_mean: Float[np.ndarray, "sensor 7"],
    bias_sigma: Float[np.ndarray, "sensor 7"],
) -> Prior:
    """Prior of the launch parameters under a hypothesis; time and azimuth only centre the wide priors."""
    mean = np.zeros(PARAMETERS)
    mean[TIME], mean[AZIMUTH], mean[ELEVATION] = time_s, azimuth_rad, world.elevation_mean_rad
    sigma = np.array(
        [
            POSITION_SIGMA_M,
            POSITION_SIGMA_M,
            TIME_SIGMA_S,
            AZIMUTH_SIGMA_RAD,
            world.elevation_sigma_rad,
            *hypothesis.ln_sigma,
            world.wind_sigma_ms,
            world.wind_sigma_ms,
            world.ground_sigma_m,
            world.turn_sigma_rad,
            world.turn_sigma_rad,
        ]
    )
    if hypothesis.sibling is not None:
        other = hypothesis.sibling
        mean[0], mean[1], _ = enu_from_geodetic(
            other.latitude_rad, other.longitude_rad, 0.0, reference.latitude_rad, reference.longitude_rad, 0.0
        )
        mean[AZIMUTH] = azimuth_rad + wrap_angle(other.azimuth_rad - azimuth_rad)
        mean[ELEVATION] = other.elevation_rad
        sigma[0] = sigma[1] = other.position_sigma_m
        sigma[AZIMUTH], sigma[ELEVATION] = other.azimuth_sigma_rad, other.elevation_sigma_rad
    return Prior(mean, sigma, bias_mean, bias_sigma, world.sound_sigma)


@dataclass(frozen=True)
class Maximum:
    """A fit under a hypothesis with its weight: all that it takes to choose which become modes."""

    hypothesis: int
    fit: Fit
    log_weight: float


def make_mode(
    world: World, hypothesis: int, result: Fit, reference: Reference, coast_step_s: float = COAST_STEP_S
) -> Mode:
    """Follow a fit to the ground and weigh it."""
    h = world.hypotheses[hypothesis]
    flight = fly(result.p, h.motor, reference, world.env, True, MAX_FLIGHT_S, coast_step_s)
    launch = launch_ground(result.p, reference, world.env)
    impact = impact_ground(result.p, flight, world.env)
    launch_covariance = ground_covariance(launch, result.covariance)
    impact_covariance = ground_covariance(impact, result.covariance)
    return Mode(
        hypothesis,
        result,
        _log_weight(h, result),
        flight,
        launch,
        impact,
        launch_covariance,
        impact_covariance,
    )


def update_modes(
    world: World,
    modes: Sequence[Mode],
    obs: Observations,
    reference: Reference,
    bias_mean: Float[np.ndarray, "sensor 7"],
    bias_sigma: Float[np.ndarray, "sensor 7"],
) -> list[Mode]:
    """Refit every mode from where it stands with all measurements, and forget what the evidence has ruled out."""
    return _followed(
        world,
        [
            _refit(
                world,
                m.hypothesis,
                m.fit.p,
                m.fit.sound,
                _grown(m.fit.bias, bias_mean),
                obs,
                reference,
                bias_mean,
                bias_sigma,
            )
            for m in modes
        ],
        reference,
    )


def _log_weight(hypothesis: Hypothesis, result: Fit) -> float:
    """Logarithm of a maximum's evidence, by Laplace."""
    return hypothesis.log_prior - 0.5 * result.cost + 0.5 * result.log_volume


def _followed(world: World, found: Sequence[Maximum], reference: Reference) -> list[Mode]:
    """The maxima that are worth it, followed to the ground; the others need not be."""
    return [make_mode(world, one.hypothesis, one.fit, reference) for one in prune(found)]


def _grown(bias: Float[np.ndarray, "sensor 7"], mean: Float[np.ndarray, "sensor 7"]) -> Float[np.ndarray, "sensor 7"]:
    """Errors of the sensors with rows for sensors that came later."""
    out = mean.copy()
    out[: bias.shape[0]] = bias
    return out


def _refit(
    world: World,
    hypothesis: int,
    p: Float[np.ndarray, "13"],
    sound: float,
    bias: Float[np.ndarray, "sensor 7"],
    obs: Observations,
    reference: Reference,
    bias_mean: Float[np.ndarray, "sensor 7"],
    bias_sigma: Float[np.ndarray, "sensor 7"],
) -> Maximum:
    h = world.hypotheses[hypothesis]
    prior = prior_of(world, h, reference, p[TIME], p[AZIMUTH], bias_mean, bias_sigma)
    result = fit(p, sound, bias, h.motor, reference, world.env, obs, prior, _POLISH_ITERATIONS, _TOLERANCE)
    return Maximum(hypothesis, result, _log_weight(h, result))


def search_modes(
    world: World,
    starts: Sequence[Float[np.ndarray, "13"]],
    obs: Observations,
    reference: Reference,
    bias_mean: Float[np.ndarray, "sensor 7"],
    bias_sigma: Float[np.ndarray, "sensor 7"],
    known: Sequence[Mode] = (),
) -> list[Mode]:
    """Look for all modes: from every start under every known class, then polish the distinct best ones.

    The wide hypotheses start from what the narrow ones found.  ``known`` modes stay in the race.
    """
    half = world.classes
    rough: list[tuple[float, int, Fit]] = []
    begins = list(starts)
    for index in range(half):
        h = world.hypotheses[index]
        of_class: list[tuple[float, int, Fit]] = []
        for p in begins:
            prior = prior_of(world, h, reference, p[TIME], p[AZIMUTH], bias_mean, bias_sigma)
            result = fit(p, 0.0, bias_mean.copy(), h.motor, reference, world.env, obs, prior, _SEARCH_ITERATIONS, 0.5)
            if result.ok and math.isfinite(result.cost):
                of_class.append((result.cost, index, result))
        rough += of_class
        if index == 0 and obs.kind.size >= _ROWS_THAT_TELL:
            # the other classes begin where this one has ended up: so many sightings say more than the class does
            begins = [result.p for _, result in _distinct(of_class)] or begins
    chosen = _distinct(rough)
    found = [
        _refit(world, index + wide * half, r.p, r.sound, r.bias, obs, reference, bias_mean, bias_sigma)
        for index, r in chosen
        for wide in (0, 1)
    ]
    if starts:
        found.append(_refit(world, 2 * half, starts[0], 0.0, bias_mean.copy(), obs, reference, bias_mean, bias_sigma))
        for index in range(2 * half + 1, len(world.hypotheses)):
            p = _sibling_start(world.hypotheses[index], starts[0], reference)
            found.append(_refit(world, index, p, 0.0, bias_mean.copy(), obs, reference, bias_mean, bias_sigma))
    again = [
        _refit(
            world,
            m.hypothesis,
            m.fit.p,
            m.fit.sound,
            _grown(m.fit.bias, bias_mean),
            obs,
            reference,
            bias_mean,
            bias_sigma,
        )
        for m in known
    ]
    return _followed(world, found + again, reference)


def _distinct(rough: list[tuple[float, int, Fit]]) -> list[tuple[int, Fit]]:
    """The best of (cost, class, fit), each once: (class, fit)."""
    ordered = sorted(rough, key=lambda item: item[0])
    chosen: list[tuple[int, Fit]] = []
    for cost, index, result in ordered:
        if cost > ordered[0][0] + _WORSE_COST or len(chosen) >= _MOST_MODES:
            break
        if not any(_alike(result, other) and index == i for i, other in chosen):
            chosen.append((index, result))
    return chosen


def _sibling_start(
    hypothesis: Hypothesis, like: Float[np.ndarray, "13"], reference: Reference
) -> Float[np.ndarray, "13"]:
    other = hypothesis.sibling
    p = like.copy()
    if other is not None:
        p[0], p[1], _ = enu_from_geodetic(
            other.latitude_rad, other.longitude_rad, 0.0, reference.latitude_rad, reference.longitude_rad, 0.0
        )
        p[AZIMUTH], p[ELEVATION] = other.azimuth_rad, other.elevation_rad
    return p


def sibling_of(world: World, mode: Mode) -> Hypothesis | None:
    """The hypothesis that a further rocket leaves the same launcher the same way, if this one is known well enough."""
    h = world.hypotheses[mode.hypothesis]
    azimuth = float(mode.fit.covariance[AZIMUTH, AZIMUTH])
    elevation = float(mode.fit.covariance[ELEVATION, ELEVATION])
    place = float(mode.launch_covariance[0, 0] + mode.launch_covariance[1, 1])
    if h.name == MISFIRE or azimuth > _SIBLING_AZIMUTH_RAD**2 or place > _SIBLING_PLACE_M**2:
        return None
    sibling = Sibling(
        latitude_rad=mode.launch.latitude_rad,
        longitude_rad=mode.launch.longitude_rad,
        azimuth_rad=float(mode.fit.p[AZIMUTH]),
        elevation_rad=float(mode.fit.p[ELEVATION]),
        position_sigma_m=math.sqrt(0.5 * place + _LAUNCHER_SIZE_M**2),
        azimuth_sigma_rad=math.sqrt(azimuth + _SALVO_SPREAD_RAD**2),
        elevation_sigma_rad=math.sqrt(elevation + _SALVO_SPREAD_RAD**2),
    )
    return Hypothesis(h.name, h.motor, h.ln_sigma, math.log(SALVO_WEIGHT), sibling)


def spread_modes(
    world: World,
    mode: Mode,
    obs: Observations,
    reference: Reference,
    bias_mean: Float[np.ndarray, "sensor 7"],
    bias_sigma: Float[np.ndarray, "sensor 7"],
    share_of_heaviest: float = 1.0,
) -> list[Mode]:
    """A mode whose heading or rail elevation is poorly known, as several narrow ones along the bow of its posterior.

    The prior of the angle is written as a row of narrow Gaussians; each gives a mode of its own with its own weight.
    Where both angles are well known the mode itself is the answer.  A lighter mode (``share_of_heaviest``: its weight
    by the heaviest one's) gets fewer pieces.
    """
    if not is_wide(world, mode):
        return [mode]
    h = world.hypotheses[mode.hypothesis]
    p = mode.fit.p
    turn_step = min(max(math.sqrt(mode.fit.covariance[AZIMUTH, AZIMUTH]) / 3.0, _AZIMUTH_STEP_RAD), _WIDEST_TURN_RAD)
    most_turns = min(_MOST_TURNS, math.floor(math.pi / turn_step))
    azimuths = _grid(p[AZIMUTH], mode.fit.covariance[AZIMUTH, AZIMUTH], turn_step, most_turns)
    elevations = _grid(p[ELEVATION], mode.fit.covariance[ELEVATION, ELEVATION], _ELEVATION_STEP_RAD, _MOST_RISES)
    pieces: list[tuple[float, Fit]] = []
    solved: list[tuple[float, float, Fit]] = [(float(p[AZIMUTH]), float(p[ELEVATION]), mode.fit)]
    grid = [(azimuth, elevation) for azimuth in azimuths for elevation in elevations if 0.1 < elevation < 1.5]
    for azimuth, elevation in sorted(grid, key=lambda at: math.hypot(at[0] - p[AZIMUTH], at[1] - p[ELEVATION])):
        prior = prior_of(world, h, reference, p[TIME], p[AZIMUTH], bias_mean, bias_sigma)
        near = min(solved, key=lambda one: math.hypot(one[0] - azimuth, one[1] - elevation))[2]
        share = 0.0
        start = near.p.copy()
        if len(azimuths) > 1:
            share += _log_share(azimuth, p[AZIMUTH], AZIMUTH_SIGMA_RAD, turn_step)
            prior.mean[AZIMUTH] = start[AZIMUTH] = azimuth
            prior.sigma[AZIMUTH] = turn_step
        if len(elevations) > 1:
            share += _log_share(elevation, world.elevation_mean_rad, world.elevation_sigma_rad, _ELEVATION_STEP_RAD)
            prior.mean[ELEVATION] = start[ELEVATION] = elevation
            prior.sigma[ELEVATION] = _ELEVATION_STEP_RAD
        result = fit(start, near.sound, _grown(near.bias, bias_mean), h.motor, reference, world.env, obs, prior, 5, 0.2)
        if result.ok and math.isfinite(result.cost):
            pieces.append((share - 0.5 * result.cost + 0.5 * result.log_volume, result))
            solved.append((azimuth, elevation, result))
    if not pieces:
        return [mode]
    best = max(weight for weight, _ in pieces)
    pieces.sort(key=lambda piece: -piece[0])
    most = math.ceil(_MOST_PIECES * math.sqrt(share_of_heaviest))
    pieces = [piece for piece in pieces[:most] if piece[0] > best - _LIGHTEST_PIECE]
    together = best + math.log(sum(math.exp(weight - best) for weight, _ in pieces))
    # the pieces share the weight of the whole
    return [
        replace(
            make_mode(world, mode.hypothesis, result, reference, _PIECE_COAST_STEP_S),
            log_weight=mode.log_weight + weight - together,
        )
        for weight, result in pieces
    ]


def is_wide(world: World, mode: Mode) -> bool:
    """Whether heading or rail elevation of a mode are so poorly known that one Gaussian cannot stand for it."""
    return world.hypotheses[mode.hypothesis].sibling is None and bool(
        mode.fit.covariance[AZIMUTH, AZIMUTH] > _AZIMUTH_STEP_RAD**2
        or mode.fit.covariance[ELEVATION, ELEVATION] > _ELEVATION_STEP_RAD**2
    )


def _grid(center: float, variance: float, step: float, most: int) -> list[float]:
    sigma = math.sqrt(variance)
    if sigma < step:
        return [float(center)]
    reach = min(math.ceil(2.0 * sigma / step), most)
    return [float(center) + step * i for i in range(-reach, reach + 1)]


def _log_share(value: float, mean: float, sigma: float, step: float) -> float:
    """Logarithm of the prior's mass on one step about ``value``."""
    return -0.5 * ((value - mean) / sigma) ** 2 + math.log(step / (sigma * math.sqrt(2.0 * math.pi)))


def _alike(a: Fit, b: Fit) -> bool:
    turn = wrap_angle(a.p[AZIMUTH] - b.p[AZIMUTH])
    return bool(abs(turn) < 0.15 and abs(a.p[ELEVATION] - b.p[ELEVATION]) < 0.08 and abs(a.p[TIME] - b.p[TIME]) < 0.5)


def prune(modes: Sequence[Maximum]) -> list[Maximum]:
    """Heaviest first, doubles of one hypothesis and hopeless ones dropped, at most eight."""
    ordered = sorted((m for m in modes if m.fit.ok and math.isfinite(m.log_weight)), key=lambda m: -m.log_weight)
    kept: list[Maximum] = []
    for m in ordered:
        if kept and m.log_weight < kept[0].log_weight - _KEEP_LOG_RATIO:
            break
        if any(m.hypothesis == k.hypothesis and same_place(m, k) for k in kept):
            continue
        kept.append(m)
        if len(kept) == _MOST_MODES:
            break
    return kept


def same_place(a: Maximum | Mode, b: Maximum | Mode) -> bool:
    """Whether two modes are one and the same maximum: launch, impact and heading agree within their covariances."""
    turn = wrap_angle(a.fit.p[AZIMUTH] - b.fit.p[AZIMUTH])
    spread = a.fit.covariance[AZIMUTH, AZIMUTH] + b.fit.covariance[AZIMUTH, AZIMUTH]
    if turn * turn > _SAME_MODE_CHI2 * spread + 0.0025:
        return False
    rise = a.fit.p[ELEVATION] - b.fit.p[ELEVATION]
    spread = a.fit.covariance[ELEVATION, ELEVATION] + b.fit.covariance[ELEVATION, ELEVATION]
    return bool(rise * rise <= _SAME_MODE_CHI2 * spread + 0.0025)


def weights(modes: Sequence[Mode]) -> Float[np.ndarray, " mode"]:
    """Normalised weights."""
    log = np.array([m.log_weight for m in modes])
    w = np.exp(log - log.max())
    return np.asarray(w / w.sum())


def log_evidence(modes: Sequence[Mode]) -> float:
    """Logarithm of the evidence of all modes together."""
    log = np.array([m.log_weight for m in modes])
    return float(log.max() + np.log(np.exp(log - log.max()).sum()))


def misfire_weight(world: World, modes: Sequence[Mode]) -> float:
    """Weight of the hypothesis that nothing flew."""
    w = weights(modes)
    return float(sum(w[i] for i, m in enumerate(modes) if world.hypotheses[m.hypothesis].name == MISFIRE))
