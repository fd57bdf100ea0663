"""What a bound is told as; the names are those of the truth files' ``crlb``."""

from __future__ import annotations

import msgspec

LEAD_LIMITS_M = (1000, 500, 200)
"""Semi-major axes of the 95 % impact ellipse whose first reaching is a warning lead."""


class BoundRow(msgspec.Struct, frozen=True, kw_only=True):
    """No unbiased estimator does better than this, ``elapsed_s`` after launch.

    Covariances (EE, EN, NN) in m² at the launch and the impact; ``n``: measurements that had arrived by then, a
    flash counting twice (their expected number where detection is a matter of chance).  An impact that
    never comes has no covariance.
    """

    elapsed_s: float
    n: float
    launch_cov_en: tuple[float, float, float]
    impact_cov_en: tuple[float, float, float] | None
    t_impact_sigma_s: float | None


class PriorBound(msgspec.Struct, frozen=True, kw_only=True):
    """The bound under one prior; ``lead_s`` by semi-major axis in metres, absent where it is never reached."""

    rows: tuple[BoundRow, ...]
    lead_s: dict[str, float | None]


class LaunchBound(msgspec.Struct, frozen=True, kw_only=True):
    """The bound of one launch: times after launch, and both priors.

    ``class_known``: the rocket is of its class with the class's own spread; ``class_unknown``: with the wide spread
    of a rocket of no known class.
    """

    first_detection_arrival_s: float | None
    tof_s: float | None
    class_known: PriorBound
    class_unknown: PriorBound
