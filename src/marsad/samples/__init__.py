"""Bundled sites and nights to begin with: no file and no network needed."""

from __future__ import annotations

from pathlib import Path

from marsad.adapters.scenario_file import read_scenario
from marsad.adapters.site_file import read_site_file
from marsad.sensing.site import Site
from marsad.simulation.scenario import Scenario

GAS_PLANT = Path(__file__).parent / "gas-plant"
"""Folder of the gas plant: its site file, zones, ground and scenarios."""


def gas_plant() -> Site:
    """Give a fictional gas plant: ten zones, a balloon, two drones, a radar and three acoustic arrays."""
    return read_site_file(GAS_PLANT / "site.toml")


def scenario_names() -> list[str]:
    """Name the bundled scenarios."""
    return sorted(path.stem for path in GAS_PLANT.glob("*.toml") if path.stem != "site")


def scenario_path(name: str) -> Path:
    """Give the file of a bundled scenario.

    Raises
    ------
    KeyError
        When there is none of that name; the message lists those there are.
    """
    path = GAS_PLANT / f"{name}.toml"
    if name not in scenario_names():
        raise KeyError(f"no bundled scenario {name!r}; there are {', '.join(scenario_names())}")
    return path


def scenario(name: str) -> Scenario:
    """Read a bundled scenario."""
    return read_scenario(scenario_path(name))
