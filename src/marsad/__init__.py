"""Marsad (مرصد, "watch-post"): launch spotting, tracking and early warning for the people of a site.

In a notebook::

    import marsad as ms

    site = ms.samples.gas_plant()
    run = ms.simulate(site, "salvo-at-dusk", seed=7)
    incident = ms.watch(site, run)
    incident.warnings.to_polars()
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from marsad import assess, bounds, samples, track
    from marsad.api import GroundPoint, Incident, Table, read_site, simulate, watch
    from marsad.api import open_recording as open  # noqa: A004  # as ms.open it reads as what it does
    from marsad.sensing.site import Site
    from marsad.simulation import Scenario

__version__ = "0.1.0"

__all__ = [
    "GroundPoint",
    "Incident",
    "Scenario",
    "Site",
    "Table",
    "__version__",
    "assess",
    "bounds",
    "open",
    "read_site",
    "samples",
    "simulate",
    "track",
    "watch",
]

# loaded when first asked for, so that `marsad --help` and a plain import cost nothing
_SUBPACKAGES = ("assess", "bounds", "samples", "track")
_NAMES = {
    "GroundPoint": ("marsad.api", "GroundPoint"),
    "Incident": ("marsad.api", "Incident"),
    "Scenario": ("marsad.simulation", "Scenario"),
    "Site": ("marsad.sensing.site", "Site"),
    "Table": ("marsad.api", "Table"),
    "open": ("marsad.api", "open_recording"),
    "read_site": ("marsad.api", "read_site"),
    "simulate": ("marsad.api", "simulate"),
    "watch": ("marsad.api", "watch"),
}


def __getattr__(name: str) -> object:
    if name in _SUBPACKAGES:
        return import_module(f"marsad.{name}")
    if name in _NAMES:
        module, attribute = _NAMES[name]
        return getattr(import_module(module), attribute)
    raise AttributeError(f"module 'marsad' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
