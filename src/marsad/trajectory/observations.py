"""The measurements of one launch, as arrays that grow; and the prior of what is wrong with each sensor."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

DIRECTION, ONSET, PLOT, IMPULSE, BURNOUT = 0, 1, 2, 3, 4
"""Kinds of rows: azimuth-elevation; onset time of a flash; range-azimuth-elevation; arrival time and azimuth of a bang;
time at which a plume was seen to end."""

NUISANCES = 7
"""Per sensor: azimuth, elevation (rad), range (m), clock (s), own position east, north, up (m)."""


class Observations(NamedTuple):
    """Rows of measurements; ``count`` of them in use.

    ``value`` (row, 3): azimuth, elevation, - | onset time s, -, - | range, azimuth, elevation | time s, azimuth, - |
    burnout time s, -, -.  ``whitener`` (row, 3, 3): lower triangular W with Wᵀ W = R⁻¹; W r has unit covariance.
    ``sensor``: index of the sensor.
    ``origin`` (row, 3): sensor's reported place, ECEF m.  ``axes`` (row, 3, 3): its ENU axes.
    """

    kind: Int[np.ndarray, " row"]
    sensor: Int[np.ndarray, " row"]
    time_s: Float[np.ndarray, " row"]
    value: Float[np.ndarray, "row 3"]
    whitener: Float[np.ndarray, "row 3 3"]
    origin: Float[np.ndarray, "row 3"]
    axes: Float[np.ndarray, "row 3 3"]
    height_m: Float[np.ndarray, " row"]


@dataclass
class ObservationBuffer:
    """Growing rows; ``view()`` gives the rows in use without copying."""

    capacity: int = 64
    count: int = 0
    rows: Observations = field(init=False)
    detection_ids: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rows = _empty(self.capacity)

    def append(self, detection_id: str, row: Observations) -> None:
        """Add the rows of ``row`` (arrays of length one or more)."""
        n = row.kind.size
        while self.count + n > self.capacity:
            bigger = _empty(self.capacity * 2)
            for name in _FIELDS:
                getattr(bigger, name)[: self.count] = getattr(self.rows, name)[: self.count]
            self.rows, self.capacity = bigger, self.capacity * 2
        for name in _FIELDS:
            getattr(self.rows, name)[self.count : self.count + n] = getattr(row, name)
        self.detection_ids.extend([detection_id] * n)
        self.count += n

    def remove(self, detection_id: str) -> None:
        """Take the rows of one detection out again."""
        keep = np.array([name != detection_id for name in self.detection_ids], dtype=bool)
        n = int(keep.sum())
        for name in _FIELDS:
            column = getattr(self.rows, name)
            column[:n] = column[: self.count][keep]
        self.detection_ids = [name for name in self.detection_ids if name != detection_id]
        self.count = n

    def view(self) -> Observations:
        """The rows in use."""
        return Observations(**{name: getattr(self.rows, name)[: self.count] for name in _FIELDS})


_FIELDS = ("kind", "sensor", "time_s", "value", "whitener", "origin", "axes", "height_m")


def _empty(n: int) -> Observations:
    return Observations(
        np.zeros(n, np.int64),
        np.zeros(n, np.int64),
        np.zeros(n),
        np.zeros((n, 3)),
        np.zeros((n, 3, 3)),
        np.zeros((n, 3)),
        np.zeros((n, 3, 3)),
        np.zeros(n),
    )
