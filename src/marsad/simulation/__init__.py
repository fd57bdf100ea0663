"""Truth and everything a node would receive of it, for a night that never was; the estimator never sees the truth."""

from marsad.simulation.compose import NIGHT_KINDS, ComposedNight, compose
from marsad.simulation.country import make_country
from marsad.simulation.night import Run, Truth, simulate_night
from marsad.simulation.scenario import Scenario

__all__ = [
    "NIGHT_KINDS",
    "ComposedNight",
    "Run",
    "Scenario",
    "Truth",
    "compose",
    "make_country",
    "simulate_night",
]
