"""The Bayesian Cramér-Rao bound of launch and impact from the measurements of one launch.

Information of all measurements and priors at the true parameters, nuisance errors of the sensors included, inverted
and carried to the ground.  It is local: a second mode of the posterior (toward or away) is not in it.
Source: H. L. Van Trees, *Detection, Estimation, and Modulation Theory, Part I* (1968), section 2.4.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Float

from marsad.bounds.arrivals import Arrivals
from marsad.bounds.launch import TrueLaunch
from marsad.bounds.records import LEAD_LIMITS_M, BoundRow, LaunchBound, PriorBound
from marsad.flight import environment_of, motor_of
from marsad.flight.classes import RocketTable
from marsad.flight.rocket import AZIMUTH, ELEVATION, PARAMETERS, TIME, Environment, fly
from marsad.geo.terrain import TerrainGrid
from marsad.terms import WeatherReport
from marsad.trajectory.fit import Fit, Prior, fit, predict
from marsad.trajectory.ground import GroundPoint, ground_covariance, impact_ground, launch_ground
from marsad.trajectory.modes import AZIMUTH_SIGMA_RAD, POSITION_SIGMA_M, TIME_SIGMA_S
from marsad.trajectory.observations import Observations

ELAPSED_S = (0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 7.5, 10.0, 15.0, 20.0, 25.0, 30.0, 40.0, 50.0)
"""Moments after launch at which the bound is told, besides the impact."""

WIND_SIGMA_UNFORECAST_MS = 6.0
SOUND_SIGMA_UNFORECAST = 0.01
"""What is not known of wind (a component, one sigma) and speeds of sound where there is no forecast."""

CHI2_95_2 = 5.991464547107979
"""95 % point of chi² with two degrees of freedom."""


def launch_bound(
    rockets: RocketTable,
    terrain: TerrainGrid,
    weather: WeatherReport | None,
    launch: TrueLaunch,
    arrivals: Arrivals,
    bias_sigma: Float[np.ndarray, "sensor 7"],
    elapsed_s: Sequence[float] = ELAPSED_S,
) -> LaunchBound:
    """Bound of one launch, with the class known and unknown.

    Parameters
    ----------
    rockets, terrain, weather
        What the site reckons with (priors, ground, forecast wind).
    launch
        The truth.
    arrivals
        Measurements of this launch, see ``marsad.bounds.gather_detections`` and ``marsad.bounds.expected_arrivals``.
    bias_sigma
        Prior standard deviations of every sensor's constant errors, by index in the sensor book.
    elapsed_s
        Moments after launch; those after the impact are left out and the impact itself is added.
    """
    env = _environment(rockets, terrain, weather)
    c, p = launch.rocket_class, launch.parameters
    flight = fly(p, motor_of(c), launch.reference, env, True)
    impact = impact_ground(p, flight, env)
    tof = float(impact.time_s - p[TIME]) if impact.ok else None
    moments = [t for t in elapsed_s if tof is None or t < tof]
    if tof is not None:
        moments.append(tof)
    known = _prior(
        rockets, terrain, weather, launch, (c.ln_sigma_delta_v, c.ln_sigma_burn, c.ln_sigma_drag), bias_sigma
    )
    wide = (rockets.wide_ln_sigma_delta_v, rockets.wide_ln_sigma_burn, rockets.wide_ln_sigma_drag)
    unknown = _prior(rockets, terrain, weather, launch, wide, bias_sigma)
    first = None
    if arrivals.arrival_s.size:
        arrivals = _without_noise(arrivals, env, launch, known)
        first = float(arrivals.arrival_s[0] - p[TIME])
    return LaunchBound(
        first_detection_arrival_s=first,
        tof_s=tof,
        class_known=_under_prior(env, launch, known, arrivals, impact, moments),
        class_unknown=_under_prior(env, launch, unknown, arrivals, impact, moments),
    )


def _environment(rockets: RocketTable, terrain: TerrainGrid, weather: WeatherReport | None) -> Environment:
    if weather is None:
        return environment_of(terrain, rockets.drag)
    ground = weather.profile_ground_m or 0.0
    return environment_of(terrain, rockets.drag, weather.wind_east_ms, weather.wind_north_ms, ground)


def _prior(
    rockets: RocketTable,
    terrain: TerrainGrid,
    weather: WeatherReport | None,
    launch: TrueLaunch,
    spread: tuple[float, float, float],
    bias_sigma: Float[np.ndarray, "sensor 7"],
) -> Prior:
    """The estimator's own prior, centred where it says nothing of the truth's position, time and azimuth."""
    mean = np.zeros(PARAMETERS)
    mean[TIME], mean[AZIMUTH] = launch.parameters[TIME], launch.parameters[AZIMUTH]
    mean[ELEVATION] = rockets.launch_elevation_mean_rad
    wind_ms = WIND_SIGMA_UNFORECAST_MS if weather is None else weather.wind_sigma_ms
    turn = rockets.misalignment_sigma_rad
    anywhere = [POSITION_SIGMA_M, POSITION_SIGMA_M, TIME_SIGMA_S, AZIMUTH_SIGMA_RAD]
    sigma = np.array(
        [*anywhere, rockets.launch_elevation_sigma_rad, *spread, wind_ms, wind_ms, terrain.height_sigma_m, turn, turn]
    )
    sound = SOUND_SIGMA_UNFORECAST if weather is None else weather.sound_speed_relative_sigma
    return Prior(mean, sigma, np.zeros_like(bias_sigma), bias_sigma, sound)


def _at_truth(env: Environment, launch: TrueLaunch, prior: Prior, obs: Observations) -> Fit:
    """Information and its inverse at the true parameters: a fit that takes no step."""
    no_bias = np.zeros_like(prior.bias_sigma)
    motor = motor_of(launch.rocket_class)
    return fit(launch.parameters, 0.0, no_bias, motor, launch.reference, env, obs, prior, 1, 0.0)


def _without_noise(arrivals: Arrivals, env: Environment, launch: TrueLaunch, prior: Prior) -> Arrivals:
    """Give every row the value that the truth predicts, so that no measurement counts less for its own noise."""
    at_truth = _at_truth(env, launch, prior, arrivals.rows)
    value, innovation = np.zeros(3), np.zeros((3, 3))
    values = np.zeros_like(arrivals.rows.value)
    for row in range(values.shape[0]):
        predict(row, at_truth, env, arrivals.rows, value, innovation, prior.bias_sigma)
        values[row] = value
    return Arrivals(arrivals.arrival_s, arrivals.rows._replace(value=values), arrivals.measurements)


def _under_prior(
    env: Environment,
    launch: TrueLaunch,
    prior: Prior,
    arrivals: Arrivals,
    impact: GroundPoint,
    moments: Sequence[float],
) -> PriorBound:
    t0 = float(launch.parameters[TIME])
    begin = launch_ground(launch.parameters, launch.reference, env)

    def covariance(count: int) -> Float[np.ndarray, "n n"]:
        return _at_truth(env, launch, prior, arrivals.first(count)).covariance

    rows = []
    for elapsed in moments:
        count = arrivals.until(t0 + elapsed)
        if count == 0:
            continue
        c = covariance(count)
        at_launch = ground_covariance(begin, c)
        at_impact = ground_covariance(impact, c) if impact.ok else None
        rows.append(
            BoundRow(
                elapsed_s=float(elapsed),
                n=float(arrivals.measurements[count - 1]),
                launch_cov_en=_upper(at_launch),
                impact_cov_en=None if at_impact is None else _upper(at_impact),
                t_impact_sigma_s=None if at_impact is None else math.sqrt(at_impact[2, 2]),
            )
        )
    return PriorBound(rows=tuple(rows), lead_s=_leads(covariance, arrivals, impact))


def _leads(
    covariance: Callable[[int], Float[np.ndarray, "n n"]], arrivals: Arrivals, impact: GroundPoint
) -> dict[str, float | None]:
    """Seconds before impact at which the 95 % ellipse first fits each limit, by halving: information only grows."""
    ends: list[int] = []
    if arrivals.arrival_s.size:
        ends = [int(i) + 1 for i in np.flatnonzero(np.append(np.diff(arrivals.arrival_s) > 0.0, True))]
    out: dict[str, float | None] = {}
    low = 0
    for limit in LEAD_LIMITS_M:
        out[str(limit)] = None
        if not impact.ok:
            continue
        high = len(ends)
        while low < high:
            middle = (low + high) // 2
            axis = semi_major_m(_upper(ground_covariance(impact, covariance(ends[middle]))))
            low, high = (low, middle) if axis <= limit else (middle + 1, high)
        if low < len(ends):
            lead = float(impact.time_s - arrivals.arrival_s[ends[low] - 1])
            out[str(limit)] = lead if lead > 0.0 else None
    return out


def semi_major_m(covariance_en_m2: tuple[float, float, float]) -> float:
    """Semi-major axis (m) of the 95 % ellipse of a covariance (EE, EN, NN)."""
    a, b, c = covariance_en_m2
    return math.sqrt(CHI2_95_2 * (0.5 * (a + c) + math.hypot(0.5 * (a - c), b)))


def semi_minor_m(covariance_en_m2: tuple[float, float, float]) -> float:
    """Semi-minor axis (m) of the 95 % ellipse of a covariance (EE, EN, NN)."""
    a, b, c = covariance_en_m2
    return math.sqrt(CHI2_95_2 * max(0.5 * (a + c) - math.hypot(0.5 * (a - c), b), 0.0))


def _upper(c: Float[np.ndarray, "3 3"]) -> tuple[float, float, float]:
    return float(c[0, 0]), float(c[0, 1]), float(c[1, 1])
