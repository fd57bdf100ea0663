"""Are the covariances true?  NEES and NIS against the chi-square bands they should lie in.

Source: Bar-Shalom, Li, Kirubarajan, "Estimation with Applications to Tracking and Navigation" (2001), section 5.4.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.stats import chi2


@dataclass(frozen=True)
class Band:
    """Mean of normalised errors squared, and the interval it lies in when the filter is consistent."""

    mean: float
    low: float
    high: float
    samples: int

    @property
    def is_consistent(self) -> bool:
        """Whether the mean lies in its interval."""
        return self.low <= self.mean <= self.high


def nees(
    error: Float[np.ndarray, "sample axis"], covariance: Float[np.ndarray, "sample axis axis"]
) -> Float[np.ndarray, " sample"]:
    """Normalised estimation error squared of each sample (expected: the number of axes)."""
    return np.asarray(np.einsum("si,si->s", error, np.linalg.solve(covariance, error[:, :, None])[:, :, 0]))


def band(values: Float[np.ndarray, " sample"], degrees: int, confidence: float = 0.95) -> Band:
    """The interval of the mean of independent NEES or NIS values of so many degrees of freedom."""
    if len(values) == 0:
        raise ValueError("band: at least one value is needed")
    tail = 0.5 * (1.0 - confidence)
    total = len(values) * degrees
    low, high = chi2.ppf((tail, 1.0 - tail), total) / len(values)
    return Band(float(np.mean(values)), float(low), float(high), len(values))
