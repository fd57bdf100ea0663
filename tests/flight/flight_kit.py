"""Rockets to fly in the tests."""

from __future__ import annotations

import numpy as np

from marsad.flight import Environment, Motor, Reference

SHORT = Motor(470.0, 0.8, 0.35, 4e-4, 2.0)
MEDIUM = Motor(820.0, 2.0, 0.40, 3e-4, 2.0)
REFERENCE = Reference(0.55, 0.35)


def hilly(wind_east_ms: float = 3.0, wind_north_ms: float = -2.0) -> Environment:
    """Ground that slopes evenly, so that its derivative is the same everywhere, and a drag table without corners."""
    rows, columns = np.meshgrid(np.arange(41), np.arange(41), indexing="ij")
    ground = 200.0 + 1.5 * (rows - 20) + 1.0 * (columns - 20)
    mach = np.linspace(0.0, 3.0, 151)
    cd = 0.42 + 0.33 / (1.0 + np.exp(-(mach - 1.0) / 0.06)) - 0.05 * mach
    step = 2e-4
    south, west = REFERENCE.latitude_rad - 20 * step, REFERENCE.longitude_rad - 20 * step
    return Environment(mach, cd, ground, south, west, step, step, wind_east_ms, wind_north_ms, 210.0)
