"""Rocket classes: tables of numbers, each with its source."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float


@dataclass(frozen=True)
class RocketClass:
    """Nominal motor and body of one class, and how far single rockets spread around it.

    Spreads are standard deviations of the natural logarithm.  ``source`` says where the numbers come from.
    """

    name: str
    ideal_delta_v_ms: float
    burn_s: float
    propellant_fraction: float
    area_over_launch_mass_m2_kg: float
    rail_m: float
    ln_sigma_delta_v: float
    ln_sigma_burn: float
    ln_sigma_drag: float
    source: str = ""

    def __post_init__(self) -> None:
        for name in (
            "ideal_delta_v_ms",
            "burn_s",
            "area_over_launch_mass_m2_kg",
            "ln_sigma_delta_v",
            "ln_sigma_burn",
            "ln_sigma_drag",
        ):
            if not getattr(self, name) > 0:
                raise ValueError(f"rocket class {self.name!r}: {name} must be positive, got {getattr(self, name)!r}")
        if not 0 < self.propellant_fraction < 0.95:
            raise ValueError(f"rocket class {self.name!r}: propellant_fraction must lie between 0 and 0.95")
        if not self.rail_m >= 0:
            raise ValueError(f"rocket class {self.name!r}: rail_m must not be negative")


@dataclass(frozen=True)
class DragTable:
    """Drag coefficient against Mach number, linear between points, constant beyond the ends."""

    mach: Float[np.ndarray, " point"]
    coefficient: Float[np.ndarray, " point"]

    def __post_init__(self) -> None:
        if self.mach.shape != self.coefficient.shape or self.mach.ndim != 1 or self.mach.size < 2:
            raise ValueError("drag table: mach and coefficient must be two lists of the same length, at least 2")
        if not (np.diff(self.mach) > 0).all() or not (self.coefficient > 0).all():
            raise ValueError("drag table: mach must increase and every coefficient be positive")


@dataclass(frozen=True)
class RocketTable:
    """All classes a site reckons with, their common drag table, and the wide prior for a rocket of no known class."""

    classes: tuple[RocketClass, ...]
    drag: DragTable
    wide_ln_sigma_delta_v: float = 0.30
    wide_ln_sigma_burn: float = 0.45
    wide_ln_sigma_drag: float = 0.40
    launch_elevation_mean_rad: float = 0.7853981633974483
    launch_elevation_sigma_rad: float = 0.20943951023931956
    misalignment_sigma_rad: float = 0.003
    model_error_floor_rel: float = 0.001
    source: str = ""
    class_weights: tuple[float, ...] = field(default=())

    def __post_init__(self) -> None:
        if not self.classes:
            raise ValueError("rocket table: at least one class is needed")
        if self.class_weights and len(self.class_weights) != len(self.classes):
            raise ValueError("rocket table: class_weights must have one number per class")
