"""The measurements of one launch in order of arrival, without their noise: what the information is counted from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from marsad.sensing.book import SensorBook
from marsad.terms import Bearing, Flash, Impulse, Plot
from marsad.trajectory.observations import Observations
from marsad.trajectory.rows import rows_of


@dataclass(frozen=True)
class Arrivals:
    """Rows of measurements in order of arrival.

    ``arrival_s`` (row) on the sensor book's axis; ``rows`` as the fits take them; ``measurements`` (row): how many
    had arrived with this one (a flash is two: direction and onset), their expected number if rows are weighted by
    probability of detection.
    """

    arrival_s: Float[np.ndarray, " row"]
    rows: Observations
    measurements: Float[np.ndarray, " row"]

    def until(self, time_s: float) -> int:
        """How many rows had arrived by a time."""
        return int(np.searchsorted(self.arrival_s, time_s, side="right"))

    def first(self, count: int) -> Observations:
        """The first rows."""
        return Observations(*(column[:count] for column in self.rows))


def gather(
    pieces: Iterable[tuple[float, float, Observations]],
) -> Arrivals:
    """Put rows in order: ``pieces`` are (arrival s, probability of detection, rows of one detection)."""
    ordered = sorted(pieces, key=lambda piece: piece[0])
    if not ordered:
        return Arrivals(np.zeros(0), _no_rows(), np.zeros(0))
    sizes: Int[np.ndarray, " piece"] = np.array([piece[2].kind.size for piece in ordered], dtype=np.int64)
    weights = np.array([piece[1] for piece in ordered], dtype=np.float64)
    columns = [np.concatenate([piece[2][i] for piece in ordered]) for i in range(len(Observations._fields))]
    rows = Observations(*columns)
    each = np.repeat(weights, sizes)
    return Arrivals(
        np.repeat(np.array([piece[0] for piece in ordered], dtype=np.float64), sizes),
        rows._replace(whitener=rows.whitener * np.sqrt(each)[:, None, None]),
        np.cumsum(each),
    )


def gather_detections(
    detections: Sequence[Flash | Bearing | Plot | Impulse],
    book: SensorBook,
    clock_offsets_s: dict[str, float] | None = None,
) -> Arrivals:
    """Rows of detections that are known to be of the launch; one that is delivered again counts once.

    ``clock_offsets_s``: by sensor, an error of its clock that is known and taken out.
    """
    seen: set[tuple[str, int, float]] = set()
    pieces = []
    for d in sorted(detections, key=lambda d: d.arrival_utc_ns):
        key = (d.sensor_id, d.time_utc_ns, d.azimuth_rad)
        if key in seen:
            continue
        seen.add(key)
        rows = rows_of(d, book)
        offset = (clock_offsets_s or {}).get(d.sensor_id, 0.0)
        pieces.append((book.seconds(d.arrival_utc_ns), 1.0, rows._replace(time_s=rows.time_s - offset)))
    return gather(pieces)


def _no_rows() -> Observations:
    none = np.zeros(0, np.int64)
    return Observations(
        none,
        none.copy(),
        np.zeros(0),
        np.zeros((0, 3)),
        np.zeros((0, 3, 3)),
        np.zeros((0, 3)),
        np.zeros((0, 3, 3)),
        np.zeros(0),
    )
