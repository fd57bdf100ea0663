"""Recorded aircraft (ADS-B) as bodies of a scene: their ways, and windows of them over a site of our own."""

from __future__ import annotations

import gzip
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from air_kit import GROUND_M, Body, Scene, Way, make_site, radar
from marsad.geo.site_frame import enu_of, geodetic_of, site_frame
from marsad.sensing.site import Site
from marsad.terms import Geodetic

FOOT_M = 0.3048
GAP_S = 40.0


@dataclass(frozen=True)
class Flight:
    """One recorded flight without gaps: seconds, degrees, metres."""

    name: str
    time_s: np.ndarray
    latitude_deg: np.ndarray
    longitude_deg: np.ndarray
    height_m: np.ndarray

    @property
    def speed_ms(self) -> np.ndarray:
        """Ground speed between the records."""
        north = np.gradient(self.latitude_deg, self.time_s) * 111_200.0
        east = np.gradient(self.longitude_deg, self.time_s) * 111_320.0 * np.cos(np.radians(self.latitude_deg))
        return np.hypot(east, north)


def flights(path: Path, least_s: float = 120.0) -> Iterator[Flight]:
    """Read a file of records and part it into flights of one aircraft without gaps."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        records = json.load(file)
    by_aircraft: dict[str, list[tuple[float, float, float, float]]] = {}
    for record in records:
        row = tuple(record.get(key) for key in ("timestamp", "latitude", "longitude", "altitude"))
        if all(value is not None and math.isfinite(value) for value in row):
            by_aircraft.setdefault(record.get("icao24", ""), []).append(row)  # type: ignore[arg-type]
    for aircraft, rows in by_aircraft.items():
        table = np.array(sorted(set(rows)), dtype=float)
        table = table[np.concatenate([[True], np.diff(table[:, 0]) > 500.0])]
        table[:, 0] *= 1e-3
        for k, part in enumerate(np.split(table, np.flatnonzero(np.diff(table[:, 0]) > GAP_S) + 1)):
            if part.shape[0] > 10 and part[-1, 0] - part[0, 0] >= least_s:
                yield Flight(f"{aircraft}-{k}", part[:, 0], part[:, 1], part[:, 2], part[:, 3] * FOOT_M)


def window_scene(
    flight: Flight,
    middle: int,
    ground_m: float,
    claim: str = "none",
    window_s: float = 150.0,
    seed: int = 1,
    elsewhere: np.random.Generator | None = None,
) -> Scene:
    """Fly a part of a recorded flight over a site whose zones lie under its path.

    The site stands under the record ``middle``; ``claim`` is "none", "true" or one of ``false_claims``.  With
    ``elsewhere`` the radar stands somewhere within 9 km and the zones lie about the path instead of on it.
    """
    site = _site_under(flight, middle) if elsewhere is None else _site_about(flight, middle, elsewhere)
    way, begin, end = _way(flight, site, flight.time_s[middle] - window_s / 2, window_s, ground_m)
    claims: dict[str, Way | None] = {"none": None, "true": way, **false_claims(way)}
    body = Body(flight.name, way, claims[claim], source="adsb", from_s=max(begin, 0.0), until_s=end)
    bodies = [body]
    if claim == "ghost":
        body.in_sight = False
    if claim == "twice":
        other = Body(flight.name, way, _beside(way), source="adsb", from_s=body.from_s, until_s=end, in_sight=False)
        bodies.append(other)
    return Scene(site, bodies, min(end, window_s), seed=seed)


def _beside(way: Way) -> Way:
    return lambda t: way(t) + np.array([2500.0, 2500.0, 0.0])


def false_claims(way: Way) -> dict[str, Way]:
    """What a spoofed or broken transponder says of a way, by name.

    Displaced by 2 km; 20 s late; 10 s early; at one place from the 20th second on; 1,000 m too high; 900 m too low;
    the way mirrored; leaping by 3 km every ten seconds; "twice": the truth, and under the same name another place
    (3.5 km off); "ghost": the truth, of a body that no sensor sees.
    """
    return {
        "displaced": lambda t: way(t) + np.array([1600.0, -1200.0, 0.0]),
        "late": lambda t: way(t - 20.0),
        "early": lambda t: way(t + 10.0),
        "frozen": lambda t: way(min(t, 20.0)),
        "high": lambda t: way(t) + np.array([0.0, 0.0, 1000.0]),
        "low": lambda t: way(t) - np.array([0.0, 0.0, 900.0]),
        "mirrored": lambda t: 2.0 * way(0.0) - way(t),
        "leaping": lambda t: way(t) + np.array([3000.0 * (int(t / 10.0) % 2), 0.0, 0.0]),
        "twice": way,
        "ghost": way,
    }


def _site_under(flight: Flight, middle: int) -> Site:
    site = make_site(flight.latitude_deg[middle], flight.longitude_deg[middle], zones_at_m=((0.0, 0.0, 600.0),))
    frame = site_frame(site.origin)
    zones: list[tuple[float, float, float]] = [(0.0, 0.0, 600.0)]
    for offset in (-60.0, -30.0, 30.0, 60.0):
        t = flight.time_s[middle] + offset
        place = Geodetic.from_degrees(
            float(np.interp(t, flight.time_s, flight.latitude_deg)),
            float(np.interp(t, flight.time_s, flight.longitude_deg)),
            GROUND_M,
        )
        east, north, _ = enu_of(frame, place)
        zones.append((float(east), float(north), 400.0))
    return make_site(flight.latitude_deg[middle], flight.longitude_deg[middle], zones_at_m=zones)


def _site_about(flight: Flight, middle: int, rng: np.random.Generator) -> Site:
    """Zones of other sizes about the path, and the radar away from them (in one case of four at the middle)."""
    at = flight.latitude_deg[middle], flight.longitude_deg[middle]
    frame = site_frame(make_site(*at).origin)
    zones: list[tuple[float, float, float]] = [(0.0, 0.0, float(rng.uniform(200.0, 700.0)))]
    for offset in rng.uniform(-70.0, 70.0, 4):
        t = flight.time_s[middle] + offset
        place = Geodetic.from_degrees(
            float(np.interp(t, flight.time_s, flight.latitude_deg)),
            float(np.interp(t, flight.time_s, flight.longitude_deg)),
            GROUND_M,
        )
        east, north = enu_of(frame, place)[:2] + rng.normal(0.0, 300.0, 2)
        zones.append((float(east), float(north), float(rng.uniform(200.0, 700.0))))
    away_m, towards_rad = rng.uniform(0.0, 9000.0) * (rng.random() > 0.25), rng.uniform(0.0, 2.0 * math.pi)
    stand = geodetic_of(frame, away_m * np.array([math.sin(towards_rad), math.cos(towards_rad), 0.0]))
    site = make_site(*at, zones_at_m=zones)
    return replace(site, sensors=(radar(stand), *site.sensors[1:]))


def _way(flight: Flight, site: Site, start_s: float, window_s: float, ground_m: float) -> tuple[Way, float, float]:
    """The recorded way in the site's frame, from the window's start; ``ground_m`` becomes the site's flat ground."""
    frame = site_frame(site.origin)
    keep = (flight.time_s > start_s - 60.0) & (flight.time_s < start_s + window_s + 60.0)
    t = flight.time_s[keep] - start_s
    places = np.array(
        [
            enu_of(frame, Geodetic.from_degrees(float(a), float(o), float(h) - ground_m + GROUND_M))
            for a, o, h in zip(
                flight.latitude_deg[keep], flight.longitude_deg[keep], flight.height_m[keep], strict=True
            )
        ]
    )

    def way(time_s: float) -> np.ndarray:
        return np.array([np.interp(time_s, t, places[:, axis]) for axis in range(3)])

    return way, float(t[0]), float(t[-1])
