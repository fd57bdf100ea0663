"""Short simulated nights over the sample site, and what the pipeline says of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

import msgspec
import numpy as np

from marsad import samples
from marsad.adapters.feed import Step, feed
from marsad.geo.frames import enu_from_geodetic
from marsad.pipeline import Outputs
from marsad.sensing.site import Site
from marsad.simulation import Run, simulate_night
from marsad.simulation.scenario import RocketOrder, StormOrder
from marsad.terms import Bearing, Flash, Geodetic, ImpactForecast, Impulse, LaunchEstimate, Message, Plot

LAUNCH_S = 2.0
ROCKET = RocketOrder(
    id="R", rocket_class="short", launch_s=LAUNCH_S, east_m=5600.0, north_m=5350.0, azimuth_deg=226.0,
    elevation_deg=50.0,
)  # fmt: skip


def site_with(*kinds: str) -> Site:
    """Give the sample site with the sensors of some kinds only (all, if none is named)."""
    site = samples.gas_plant()
    return dataclasses.replace(site, sensors=tuple(s for s in site.sensors if not kinds or s.kind in kinds))


def night(
    site: Site, *rockets: RocketOrder, seed: int = 1, duration_s: float = 14.0, storm: tuple[StormOrder, ...] = ()
) -> Run:
    """Simulate a short night of rockets alone."""
    whole = samples.scenario("salvo-at-dusk")
    there = {s.sensor_id for s in site.sensors}
    short = msgspec.structs.replace(
        whole, duration_s=duration_s, rocket=list(rockets), flyer=[], storm=list(storm),
        orbit=[o for o in whole.orbit if o.sensor_id in there], sway=[o for o in whole.sway if o.sensor_id in there],
    )  # fmt: skip
    return simulate_night(site, short, np.random.default_rng(seed))


def told(site: Site, messages: Iterable[Message]) -> list[Step]:
    """Give every step of the pipeline, computing time left out."""
    return list(feed(site, messages))


def said(steps: Iterable[Step]) -> list[tuple[float, Outputs]]:
    """Give the outputs that say something beside what became of detections."""
    empty = Outputs()
    bare = [(s.message.arrival_utc_ns * 1e-9, dataclasses.replace(s.outputs, dispositions=())) for s in steps]
    return [(t, o) for t, o in bare if o != empty]


def launches(steps: Iterable[Step]) -> dict[str, list[LaunchEstimate]]:
    """Give the launch estimates by event, those that never became more than tentative left out."""
    found: dict[str, list[LaunchEstimate]] = {}
    for step in steps:
        for one in step.outputs.launches:
            found.setdefault(one.event_id, []).append(one)
    return {name: list(all_) for name, all_ in found.items() if {one.status for one in all_} & {"confirmed", "misfire"}}


def impacts(steps: Iterable[Step]) -> list[ImpactForecast]:
    """Give all impact forecasts."""
    return [one for step in steps for one in step.outputs.impacts]


def is_detection(message: Message) -> bool:
    """Say whether a message is a measurement."""
    return isinstance(message, Flash | Bearing | Plot | Impulse)


def offset_m(a: Geodetic, b: Geodetic) -> np.ndarray:
    """East and north (m) of a point from another."""
    return np.array(
        enu_from_geodetic(a.latitude_rad, a.longitude_rad, b.height_m, b.latitude_rad, b.longitude_rad, b.height_m)[:2]
    )


def sigma_m(covariance_en_m2: tuple[float, float, float]) -> float:
    """Give the root of the trace."""
    return float(np.sqrt(covariance_en_m2[0] + covariance_en_m2[2]))
