"""A place for a night that never was: ground, weather, zones and rocket classes, all drawn from one seed.

Nothing here is a real place or a real weapon: the ground is noise of a chosen roughness, the classes are the generic
textbook ones of the sample site.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from jaxtyping import Float

from marsad.flight.classes import DragTable, RocketClass, RocketTable
from marsad.geo.terrain import TerrainGrid
from marsad.sensing.site import Site
from marsad.simulation.bodies import place_at
from marsad.terms import Geodetic, WeatherReport, Zone

NODES = 501
STEP_M = 100.0
"""Nodes and spacing of the ground: 25 km to every side, more than the longest flight of a rocket."""
_HEIGHT_SIGMA_M = 1.5  # as the sample site states; what a rocket's ground error is drawn from
_EARTH_M = 6_371_000.0
_PAD_M = 1500.0
"""Within this radius the ground is levelled: people build where it is flat."""
LISTED = ("F01", "F02", "F03")
"""Transponders that the site lists as friends; further aircraft are honest strangers."""
_PLACES = (
    "process plant", "tank farm", "camp", "gate", "metering", "clinic", "airstrip", "pump station", "village", "school",
    "power station", "market",
)  # fmt: skip


def generic_rockets() -> RocketTable:
    """Give the two generic classes of the sample site, of about 8 and 16 km."""
    mach = [0.0, 0.6, 0.8, 0.9, 0.95, 1.0, 1.05, 1.1, 1.2, 1.35, 1.5, 1.75, 2.0, 2.5, 3.0]
    drag = [0.40, 0.40, 0.41, 0.44, 0.49, 0.58, 0.66, 0.70, 0.73, 0.72, 0.69, 0.64, 0.60, 0.55, 0.51]
    motor, spread = "generic textbook solid motor", (0.04, 0.1, 0.1)
    return RocketTable(
        classes=(
            RocketClass("short", 400.0, 0.9, 0.23, 0.00032, 2.0, *spread, source=f"{motor}, about 8 km"),
            RocketClass("medium", 740.0, 2.1, 0.34, 0.0002, 3.0, *spread, source=f"{motor}, about 16 km"),
        ),
        drag=DragTable(np.array(mach), np.array(drag)),
        source="generic curve of a fin-stabilised body, in the form of McCoy, Modern Exterior Ballistics (1999), ch. 4",
    )


def make_country(seed: int) -> Site:
    """Draw a site without sensors somewhere on Earth; the same seed gives the same site.

    Parameters
    ----------
    seed
        Not negative.  Place, ground, wind and zones follow from it.
    """
    rng = np.random.default_rng([seed, 0])
    # as far from the poles as people live, and the grid on one side of 180 degrees
    latitude_deg, longitude_deg = float(rng.uniform(-55.0, 65.0)), float(rng.uniform(-179.0, 179.0))
    terrain = _ground(rng, round(latitude_deg, 4), round(longitude_deg, 4))
    flat = Geodetic.from_degrees(round(latitude_deg, 4), round(longitude_deg, 4), 0.0)
    height_m = terrain.height_at(flat.latitude_rad, flat.longitude_rad)
    origin = Geodetic(latitude_rad=flat.latitude_rad, longitude_rad=flat.longitude_rad, height_m=height_m)
    east_ms, north_ms = np.round(rng.normal(0.0, 3.5, 2), 2).tolist()
    bare = Site(
        name=f"Site {seed}",
        origin=origin,
        zones=(),
        terrain=terrain,
        rockets=generic_rockets(),
        weather=WeatherReport(
            arrival_utc_ns=0, wind_east_ms=east_ms, wind_north_ms=north_ms, wind_sigma_ms=2.0, profile_ground_m=height_m
        ),
        friendly_transponder_ids=LISTED,
    )
    return replace(bare, zones=_zones(rng, bare))


def _ground(rng: np.random.Generator, latitude_deg: float, longitude_deg: float) -> TerrainGrid:
    """Draw rolling or hilly ground about a place, level at its middle.

    Heights are kept to a decimetre, so that a last bit of the machine's mathematics changes no byte of a recording.
    """
    relief_m, plain_m = float(rng.choice([8.0, 20.0, 45.0, 90.0])), float(rng.uniform(0.0, 900.0))
    rolling = relief_m * _noise(rng)
    slope = rng.normal(0.0, 1.5e-3, 2)  # a plain may fall some metres a kilometre
    away_m = STEP_M * (np.arange(NODES) - NODES // 2)
    north_m, east_m = np.meshgrid(away_m, away_m, indexing="ij")
    pad = np.exp(-((np.hypot(east_m, north_m) / _PAD_M) ** 4))
    heights = plain_m + (rolling + slope[0] * east_m + slope[1] * north_m) * (1.0 - pad)
    # a float32 is what a GeoTIFF keeps: file and memory then hold the same ground
    kept = np.round(heights, 1).astype(np.float32).astype(np.float64)
    latitude_rad, longitude_rad = math.radians(latitude_deg), math.radians(longitude_deg)
    step_lat_rad = STEP_M / _EARTH_M
    step_lon_rad = step_lat_rad / math.cos(latitude_rad)
    half = NODES // 2
    return TerrainGrid(
        latitude_rad - half * step_lat_rad,
        longitude_rad - half * step_lon_rad,
        step_lat_rad,
        step_lon_rad,
        kept,
        _HEIGHT_SIGMA_M,
    )


def _noise(rng: np.random.Generator) -> Float[np.ndarray, "row column"]:
    """Draw a smooth field of mean 0 and deviation 1 whose power falls with wave number to the power of about -4.2.

    That slope is what the sample site's ground has; single hills of a few kilometres, no cliffs.
    """
    k = np.hypot(*np.meshgrid(np.fft.fftfreq(NODES), np.fft.rfftfreq(NODES), indexing="ij"))
    k[0, 0] = np.inf
    waves = rng.standard_normal((2, *k.shape))
    field = np.fft.irfft2((k + 0.004) ** -2.1 * (waves[0] + 1j * waves[1]), s=(NODES, NODES))
    return np.asarray((field - field.mean()) / field.std())


def around(rng: np.random.Generator, least_m: float, most_m: float) -> tuple[float, float]:
    """Draw a point (east, north) at a distance between two, in any direction."""
    azimuth, distance_m = float(rng.uniform(0.0, 2 * math.pi)), float(rng.uniform(least_m, most_m))
    return distance_m * math.sin(azimuth), distance_m * math.cos(azimuth)


def _zones(rng: np.random.Generator, site: Site) -> tuple[Zone, ...]:
    """Draw the zones: the site itself, most of its parts near it, villages farther out."""
    zones = []
    for k in range(int(rng.integers(8, len(_PLACES) + 1))):
        least_m, most_m = (0.0, 0.0) if k == 0 else (900.0, 2500.0) if k < 8 else (2500.0, 5000.0)
        east_m, north_m = around(rng, least_m, most_m)
        zones.append(
            Zone(
                zone_id=f"Z{k + 1:02d}",
                name=_PLACES[k],
                center=place_at(site, east_m, north_m),
                shelter_s=float(rng.choice([12.0, 12.0, 25.0])),
                radius_m=float(round(rng.uniform(200.0, 700.0))),
                buffer_m=250.0,  # the usual margin for fragments (WarningPolicy.rocket_buffer_m)
                population=int(rng.integers(5, 800)),
            )
        )
    return tuple(zones)
