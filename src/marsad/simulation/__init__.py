"""Truth and everything a node would receive of it, for a night that never was; the estimator never sees the truth."""

from marsad.simulation.night import Run, Truth, simulate_night
from marsad.simulation.scenario import Scenario

__all__ = ["Run", "Scenario", "Truth", "simulate_night"]
