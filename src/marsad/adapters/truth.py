"""Truth files: what really flew, for bounds and scoring; never for the pipeline."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from marsad.adapters.errors import BadInputError
from marsad.adapters.json_fields import JsonNode, load_json
from marsad.bounds import ELAPSED_S, Arrivals, LaunchBound, TrueLaunch, gather_detections, launch_bound, true_launch
from marsad.bounds.launch import turned_direction
from marsad.sensing.book import SensorBook
from marsad.sensing.site import Site
from marsad.terms import Bearing, Flash, Impulse, Message, Plot, PoseReport, SensorReport, WeatherReport

LAUNCH_EVENTS = ("launch", "flight")
"""Events of a label by which a detection tells of the launch or flight (an impact's flash does not)."""


@dataclass(frozen=True)
class TrueRocket:
    """One rocket of a truth file and the ids of the detections that are of its launch and flight.

    ``azimuth_rad`` and ``elevation_rad`` are in the ENU frame at the site; ``wind_*`` is the true wind at the reference
    height; ``ln_*`` by how much it differs from its class.
    """

    object_id: str
    rocket_class: str
    prior: str
    launch_time_s: float
    latitude_rad: float
    longitude_rad: float
    azimuth_rad: float
    elevation_rad: float
    ln_delta_v: float
    ln_burn: float
    ln_drag: float
    wind_east_ms: float
    wind_north_ms: float
    ground_error_m: float
    misalignment_rad: tuple[float, float]
    detection_ids: frozenset[str]


@dataclass(frozen=True)
class Truth:
    """A truth file: its rockets, and the sensors' clock errors that were put in on purpose (s)."""

    rockets: tuple[TrueRocket, ...]
    clock_offsets_s: dict[str, float]


def read_truth(path: Path) -> Truth:
    """Read a truth file; anything wrong raises ``BadInputError``."""
    content, text = load_json(path)
    return truth_of(JsonNode(path, text, content))


def truth_of(root: JsonNode) -> Truth:
    """Read the truth from a parsed file."""
    by_object: dict[str, set[str]] = {}
    for detection_id, label in root.node("labels").content.items():
        if not (isinstance(label, list) and len(label) == 2):
            raise root.node("labels").bad(detection_id, "expected [object id, event]")
        if label[1] in LAUNCH_EVENTS:
            by_object.setdefault(str(label[0]), set()).add(detection_id)
    rockets = tuple(_rocket(node, by_object) for node in root.nodes("objects") if node.content.get("kind") == "rocket")
    return Truth(rockets, _clock_offsets(root.content.get("faults")))


def _rocket(node: JsonNode, by_object: dict[str, set[str]]) -> TrueRocket:
    launch, true = node.node("launch"), node.node("true_parameters")
    side, up = true.numbers("misalignment_rad", 2)
    object_id = node.string("id")
    return TrueRocket(
        object_id=object_id,
        rocket_class=node.string("class"),
        prior=node.string("prior", "class_known"),
        launch_time_s=launch.number("t"),
        latitude_rad=math.radians(launch.number("lat_deg", least=-90, most=90)),
        longitude_rad=math.radians(launch.number("lon_deg", least=-180, most=360)),
        azimuth_rad=true.number("azimuth_rad"),
        elevation_rad=true.number("elevation_rad"),
        ln_delta_v=true.number("ln_dv"),
        ln_burn=true.number("ln_burn"),
        ln_drag=true.number("ln_drag"),
        wind_east_ms=true.number("wind_e_ms"),
        wind_north_ms=true.number("wind_n_ms"),
        ground_error_m=true.number("dem_error_m", 0.0),
        misalignment_rad=(side, up),
        detection_ids=frozenset(by_object.get(object_id, set())),
    )


def _clock_offsets(faults: object) -> dict[str, float]:
    if not isinstance(faults, dict):
        return {}
    return {
        str(sensor_id): float(fault["clock"])
        for sensor_id, fault in faults.items()
        if isinstance(fault, dict) and isinstance(fault.get("clock"), int | float)
    }


def launch_of(rocket: TrueRocket, site: Site, weather: WeatherReport | None, path: Path) -> TrueLaunch:
    """Turn a rocket of a truth file into the launch at which a bound is taken; ``path`` is for the error message."""
    classes = {c.name: c for c in site.rockets.classes}
    if rocket.rocket_class not in classes:
        raise BadInputError(path, f"expected a class of the site ({', '.join(classes)}), found {rocket.rocket_class!r}")
    place = (rocket.latitude_rad, rocket.longitude_rad)
    origin = (site.origin.latitude_rad, site.origin.longitude_rad)
    azimuth, elevation = turned_direction(rocket.azimuth_rad, rocket.elevation_rad, origin, place)
    east, north = (0.0, 0.0) if weather is None else (weather.wind_east_ms, weather.wind_north_ms)
    return true_launch(
        classes[rocket.rocket_class],
        *place,
        rocket.launch_time_s,
        azimuth,
        elevation,
        ln_delta_v=rocket.ln_delta_v,
        ln_burn=rocket.ln_burn,
        ln_drag=rocket.ln_drag,
        wind_error_ms=(rocket.wind_east_ms - east, rocket.wind_north_ms - north),
        ground_error_m=rocket.ground_error_m,
        misalignment_rad=rocket.misalignment_rad,
    )


def book_of(site: Site, messages: Sequence[Message]) -> tuple[SensorBook, WeatherReport | None]:
    """Sensors and all their poses of a whole recording, and its (last) weather."""
    book = SensorBook(0)
    weather = site.weather
    for sensor in site.sensors:
        book.register(sensor)
    for m in messages:
        if isinstance(m, SensorReport):
            book.register(m.sensor)
        elif isinstance(m, PoseReport):
            book.pose(m)
        elif isinstance(m, WeatherReport):
            weather = m
    return book, weather


def bounds_of_recording(
    site: Site, messages: Sequence[Message], truth: Truth, path: Path, elapsed_s: Sequence[float] = ELAPSED_S
) -> dict[str, LaunchBound]:
    """Bound of every rocket of a recording, by object id, from the detections that are truly of it."""
    book, weather = book_of(site, messages)
    out = {}
    for rocket in truth.rockets:
        arrivals = _arrivals(messages, book, rocket, truth.clock_offsets_s)
        launch = launch_of(rocket, site, weather, path)
        out[rocket.object_id] = launch_bound(
            site.rockets, site.terrain, weather, launch, arrivals, book.bias_sigma(), elapsed_s
        )
    return out


def _arrivals(
    messages: Sequence[Message], book: SensorBook, rocket: TrueRocket, clock_offsets_s: dict[str, float]
) -> Arrivals:
    own = [
        m
        for m in messages
        if isinstance(m, Flash | Bearing | Plot | Impulse) and m.detection_id in rocket.detection_ids
    ]
    return gather_detections(own, book, clock_offsets_s)
