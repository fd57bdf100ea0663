"""What flies like this?  Probabilities of the kinds of air vehicle from speed, height above ground and climb.

A kind is a row of a table of soft intervals, as a rocket class is a row of numbers.  A measured value with standard
deviation s is compared with an interval [a, b] of softness w by Φ((x − a)/√(s² + w²)) − Φ((x − b)/√(s² + w²)), the
probability that the value lies inside, divided by the interval's width: the likelihood of a uniform density with soft
edges under Gaussian noise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.special import ndtr

from marsad.terms import ObjectKind


@dataclass(frozen=True)
class KindRow:
    """One kind: prior weight and soft intervals of ground speed (m/s), height above ground (m) and climb (m/s).

    ``prior`` of the rows that come to attack ("drone") is their share among those; of the others, among the others: how
    many of all come to attack is the site's to say.
    """

    kind: ObjectKind
    prior: float
    speed_ms: tuple[float, float, float]
    height_m: tuple[float, float, float]
    climb_ms: tuple[float, float, float]
    source: str = ""


KINDS: tuple[KindRow, ...] = (
    KindRow(
        kind="drone",
        prior=0.56,
        speed_ms=(10.0, 60.0, 4.0),
        height_m=(0.0, 250.0, 40.0),
        climb_ms=(-5.0, 2.0, 1.0),
        source="small fixed-wing one-way drones, cruise 15-60 m/s over ground; seven in ten stay below 250 m, to be "
        "seen late; they come level",
    ),
    KindRow(
        kind="drone",
        prior=0.24,
        speed_ms=(10.0, 60.0, 4.0),
        height_m=(0.0, 400.0, 40.0),
        climb_ms=(-5.0, 2.0, 1.0),
        source="the same, those that come higher",
    ),
    KindRow(
        kind="drone",
        prior=0.20,
        speed_ms=(10.0, 60.0, 4.0),
        height_m=(0.0, 400.0, 40.0),
        climb_ms=(-15.0, -5.0, 1.0),
        source="the same in their dive, a fifth of the time that they are near a zone",
    ),
    KindRow(
        kind="aircraft",
        prior=0.20,
        speed_ms=(70.0, 330.0, 4.0),
        height_m=(150.0, 13000.0, 40.0),
        climb_ms=(-25.0, 25.0, 3.0),
        source="airliners and jets",
    ),
    KindRow(
        kind="aircraft",
        prior=0.15,
        speed_ms=(42.0, 95.0, 4.0),
        height_m=(150.0, 2500.0, 40.0),
        climb_ms=(-8.0, 8.0, 1.0),
        source="light aircraft; ICAO Annex 2, 4.6: above 150 m (300 m over towns) but to take off and land",
    ),
    KindRow(
        kind="aircraft",
        prior=0.08,
        speed_ms=(14.0, 60.0, 4.0),
        height_m=(200.0, 3000.0, 60.0),
        climb_ms=(-5.0, 6.0, 1.0),
        source="gliders and ultralights: slow, and well above the ground except near their field",
    ),
    KindRow(
        kind="helicopter",
        prior=0.12,
        speed_ms=(45.0, 85.0, 4.0),
        height_m=(50.0, 1200.0, 40.0),
        climb_ms=(-8.0, 8.0, 1.0),
        source="transport and rescue helicopters on their way",
    ),
    KindRow(
        kind="helicopter",
        prior=0.05,
        speed_ms=(0.0, 50.0, 4.0),
        height_m=(0.0, 500.0, 40.0),
        climb_ms=(-8.0, 10.0, 1.0),
        source="helicopters that take off, land or hover",
    ),
    KindRow(
        kind="bird",
        prior=0.10,
        speed_ms=(3.0, 20.0, 3.0),
        height_m=(0.0, 800.0, 60.0),
        climb_ms=(-4.0, 4.0, 0.7),
        source="T. Alerstam et al., PLoS Biology 5 (2007) e197: cruising air speeds of 8-23 m/s",
    ),
    KindRow(
        kind="unknown",
        prior=0.02,
        speed_ms=(0.0, 600.0, 10.0),
        height_m=(-1000.0, 15000.0, 50.0),
        climb_ms=(-150.0, 150.0, 10.0),
        source="none of these: a track made of plots that do not belong together falls or climbs as nothing above does",
    ),
)
KIND_NAMES: tuple[ObjectKind, ...] = tuple(row.kind for row in KINDS)
"""Kind of each row (rows may share one)."""
IS_DRONE = np.array([name == "drone" for name in KIND_NAMES])
_SHARE = np.array([row.prior for row in KINDS]) / np.where(
    IS_DRONE,
    sum(row.prior for row in KINDS if row.kind == "drone"),
    sum(row.prior for row in KINDS if row.kind != "drone"),
)


@dataclass(frozen=True)
class Motion:
    """What the sensors say about how each track moves; one element a track, with standard deviations."""

    speed_ms: Float[np.ndarray, " track"]
    speed_sigma_ms: Float[np.ndarray, " track"]
    height_agl_m: Float[np.ndarray, " track"]
    height_sigma_m: Float[np.ndarray, " track"]
    climb_ms: Float[np.ndarray, " track"]
    climb_sigma_ms: Float[np.ndarray, " track"]
    course_rad: Float[np.ndarray, " track"]
    falling: Float[np.ndarray, " track"]
    """Probability that it is thrown and not flown: burning, or on a ballistic path, by the likelihood of the plots."""


def motion_of(
    position_enu_m: Float[np.ndarray, "track 3"],
    velocity_enu_ms: Float[np.ndarray, "track 3"],
    covariance: Float[np.ndarray, "track 6 6"],
    ground_up_m: Float[np.ndarray, " track"],
    ground_sigma_m: float,
    falling: Float[np.ndarray, " track"] | None = None,
) -> Motion:
    """Take speed, height above ground and climb, with their standard deviations, from track states.

    Parameters
    ----------
    position_enu_m, velocity_enu_ms, covariance
        States in the site's ENU frame; the covariance is of (position, velocity).
    ground_up_m
        Up coordinate of the ground below each track, in the same frame.
    ground_sigma_m
        Standard deviation of the ground height.
    falling
        Probability that each moves like a rocket or a stone; None: none of them.
    """
    speed = np.hypot(velocity_enu_ms[:, 0], velocity_enu_ms[:, 1])
    safe = np.maximum(speed, 1.0)
    ux, uy = velocity_enu_ms[:, 0] / safe, velocity_enu_ms[:, 1] / safe
    along = ux * ux * covariance[:, 3, 3] + 2.0 * ux * uy * covariance[:, 3, 4] + uy * uy * covariance[:, 4, 4]
    isotropic = 0.5 * (covariance[:, 3, 3] + covariance[:, 4, 4])
    variance = np.where(speed > 1.0, along, isotropic)
    return Motion(
        speed_ms=speed,
        speed_sigma_ms=np.sqrt(np.maximum(variance, 0.25)),
        height_agl_m=position_enu_m[:, 2] - ground_up_m,
        height_sigma_m=np.sqrt(np.maximum(covariance[:, 2, 2], 0.0) + ground_sigma_m**2),
        climb_ms=velocity_enu_ms[:, 2],
        climb_sigma_ms=np.sqrt(np.maximum(covariance[:, 5, 5], 0.01)),
        course_rad=np.arctan2(velocity_enu_ms[:, 0], velocity_enu_ms[:, 1]),
        falling=np.zeros(speed.shape) if falling is None else falling,
    )


def interval_likelihood(
    value: Float[np.ndarray, " track"], sigma: Float[np.ndarray, " track"], interval: tuple[float, float, float]
) -> Float[np.ndarray, " track"]:
    """Likelihood of a noisy value under a uniform density with soft edges, given as (low, high, softness)."""
    low, high, soft = interval
    spread = np.sqrt(sigma * sigma + soft * soft)
    inside = ndtr((value - low) / spread) - ndtr((value - high) / spread)
    return np.asarray(np.maximum(inside, 1e-9) / (high - low))


def kind_log_likelihoods(motion: Motion) -> Float[np.ndarray, "track row"]:
    """Log likelihood of each track's motion under each row of ``KINDS``."""
    out = np.empty((motion.speed_ms.size, len(KINDS)))
    for column, row in enumerate(KINDS):
        out[:, column] = (
            np.log(interval_likelihood(motion.speed_ms, motion.speed_sigma_ms, row.speed_ms))
            + np.log(interval_likelihood(motion.height_agl_m, motion.height_sigma_m, row.height_m))
            + np.log(interval_likelihood(motion.climb_ms, motion.climb_sigma_ms, row.climb_ms))
        )
    return out


def kind_probabilities(
    log_likelihood: Float[np.ndarray, "track row"],
    falling: Float[np.ndarray, " track"],
    hostile_prior: float,
    drone_log_ratio: Float[np.ndarray, " track"],
) -> Float[np.ndarray, "track row"]:
    """Probability of each row of ``KINDS`` for each track (rows of the result sum to one).

    Parameters
    ----------
    log_likelihood
        Of what each track has shown, under each row.
    falling
        Probability that each is thrown and not flown, by the likelihood of its plots: such are "unknown".
    hostile_prior
        Share of those that come to attack among all that nobody claims, before any look at them.
    drone_log_ratio
        Log likelihood ratio of whatever else is known of each track, coming to attack against not.
    """
    prior = np.log(_SHARE * np.where(IS_DRONE, hostile_prior, 1.0 - hostile_prior))
    log_weight = log_likelihood + prior + np.where(IS_DRONE, drone_log_ratio[:, None], 0.0)
    weight = np.exp(log_weight - log_weight.max(axis=1, keepdims=True))
    share = weight / weight.sum(axis=1, keepdims=True) * (1.0 - falling)[:, None]
    share[:, KIND_NAMES.index("unknown")] += falling
    return np.asarray(share)
