"""What the stage remembers, its settings, and what it says."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float

from marsad.geo.zones import ZoneShapes
from marsad.sensing.known_air import KnownAir
from marsad.sensing.site import Site
from marsad.terms import (
    Detection,
    Disposition,
    ImpactForecast,
    LaunchEstimate,
    Overload,
    SensorFault,
)
from marsad.trajectory.events import (
    Event,
)
from marsad.trajectory.faults import FaultBook, Suspicion
from marsad.trajectory.modes import (
    World,
)
from marsad.trajectory.pool import TrackletBook, Unclaimed
from marsad.trajectory.searches import Searches
from marsad.trajectory.sites import SiteBook


@dataclass(frozen=True)
class TrajectoryParams:
    """Settings of the stage.

    ``gate_chi2``: by number of values (1, 2, 3) of a detection, how far from an event's forecast it may lie.
    ``refit_s``: shortest time between two fits of one event by bearings (a plot is fitted at once).
    ``hears_findings``: whether what is found to be wrong with a sensor is corrected at all.
    ``bounds_work``: whether there is a bound to how many plots and pairs of plots are kept, and searches are put off
    where there are more than there is time for.
    """

    gate_chi2: tuple[float, float, float] = (16.0, 20.0, 24.0)
    refit_s: float = 0.1
    pool_kept_s: float = 8.0
    rocket_log_odds: tuple[float, float] = (0.7, 8.0)
    misfire_sure: float = 0.95
    flight_sure: float = 0.9
    least_rows_shown: int = 5
    least_bearings_told: int = 7
    scans_missed_cancel: float = 3.0
    tail_s: float = 6.0
    salvo_s: float = 90.0
    young_s: float = 1.5
    merge_s: float = 8.0
    least_spread_weight: float = 0.08
    spread_s: float = 0.3
    same_launch_s: float = 0.4
    clock_fault_s: float = 6.0
    least_rows_accuse: int = 14
    hears_findings: bool = True
    bounds_work: bool = True


@dataclass
class TrajectoryState:
    """All that the stage remembers; donated to ``step``."""

    site: Site
    params: TrajectoryParams
    zones: ZoneShapes
    normal: Float[np.ndarray, "sample 2"]
    world: World
    events: list[Event] = field(default_factory=list)
    pool: list[Unclaimed] = field(default_factory=list)
    tracklets: TrackletBook = field(default_factory=TrackletBook)
    searches: Searches = field(default_factory=Searches)
    known_air: KnownAir = field(default_factory=KnownAir)
    latency_s: list[float] = field(default_factory=list)
    clock_s: Float[np.ndarray, " sensor"] = field(default_factory=lambda: np.zeros(0))
    bias_sigma: Float[np.ndarray, "sensor 7"] = field(default_factory=lambda: np.zeros((0, 7)))
    fault_book: FaultBook = field(default_factory=FaultBook)
    faults: list[SensorFault] = field(default_factory=list)
    frozen: frozenset[str] = frozenset()
    last_value: dict[str, tuple[float, ...]] = field(default_factory=dict)
    accuse_again_s: float = -math.inf
    scatter_again_s: float = -math.inf
    noisy_since_s: dict[int, float] = field(default_factory=dict)
    next_event: int = 1
    suspicions: list[Suspicion] = field(default_factory=list)
    """What single launches of many have suggested of sensors and no other launch has borne out yet."""
    reconciled: list[tuple[Event, Event]] = field(default_factory=list)
    """Launches found to be one but for a sensor's error, to be merged with the next step: (the one kept, the other)."""
    sites: SiteBook = field(default_factory=SiteBook)

    def young_count(self, now_s: float) -> int:
        """How many launches are so young that they ask for the most work."""
        return sum(now_s - event.born_s < self.params.young_s for event in self.events)


@dataclass(frozen=True)
class TrajectoryOutputs:
    """What changed: launches, impacts, what became of detections, and those that nobody here wanted."""

    launches: tuple[LaunchEstimate, ...] = ()
    impacts: tuple[ImpactForecast, ...] = ()
    dispositions: tuple[Disposition, ...] = ()
    leftover: tuple[Detection, ...] = ()
    faults: tuple[SensorFault, ...] = ()
    overload: Overload | None = None
