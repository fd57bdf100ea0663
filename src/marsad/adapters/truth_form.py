"""The truth of a simulated night in the form that scorers read."""

from __future__ import annotations

import json
import math
from pathlib import Path

import msgspec
import numpy as np

from marsad.adapters.json_fields import JsonNode
from marsad.adapters.truth import bounds_of_recording, truth_of
from marsad.bounds.launch import turned_direction
from marsad.sensing.site import Site
from marsad.simulation.bodies import Body, Moment
from marsad.simulation.night import Run
from marsad.simulation.paths import axes_at, geodetic
from marsad.terms import Bearing, Flash, Impulse, Plot, SensorReport

Fields = dict[str, object]

TRACE_STEP_S = {"rocket": 0.25, "friendly_aircraft": 1.0}
USUAL_STEP_S = 2.0


def truth_bytes(run: Run, site: Site, *, with_bounds: bool = True) -> bytes:
    """Write the truth: objects with their paths, what is behind each detection, which sensors are at fault.

    ``with_bounds`` adds to every rocket the Cramér–Rao bound of what was delivered of it.
    """
    content: Fields = {
        "case": run.name,
        "description": run.truth.scenario.description,
        "kind": run.truth.scenario.kind,
        "line_up": [message.sensor.sensor_id for message in run.messages if isinstance(message, SensorReport)],
        "t_end": run.truth.scenario.duration_s,
        "faults": run.truth.faults,
        "objects": [_object(run, site, body) for body in run.truth.bodies],
        "labels": {name: list(label) for name, label in run.truth.labels.items()},
    }
    if with_bounds:
        _add_bounds(content, run, site)
    return (json.dumps(content, ensure_ascii=False, allow_nan=False, indent=1) + "\n").encode()


def _add_bounds(content: Fields, run: Run, site: Site) -> None:
    place = Path(run.name)
    true = truth_of(JsonNode(place, "", content))
    bounds = bounds_of_recording(site, run.messages, true, place)
    for item in content["objects"]:  # type: ignore[attr-defined]  # made above, a list of objects
        bound = bounds.get(item["id"])
        if bound is not None and bound.first_detection_arrival_s is not None:
            item["crlb"] = msgspec.to_builtins(bound)


def _object(run: Run, site: Site, body: Body) -> Fields:
    item: Fields = {"id": body.object_id, "kind": body.kind}
    if body.rocket_class:
        item |= {"class": body.rocket_class, "prior": body.prior, "true_parameters": _parameters(site, body)}
    if body.kind in ("hostile_drone", "friendly_aircraft", "bird"):
        item["coop_id"] = body.transponder_id or None
    if body.launch is not None:
        item["launch"] = _moment(body.launch)
    if body.impact is not None:
        item |= {"impact": _moment(body.impact), "zones_at_risk": list(run.truth.zones_at_risk[body.object_id])}
    if body.kind == "hostile_drone":
        item["five_detections_in_6_s_t"] = _five_in_six_s(run, body.object_id)
    if body.rocket_class:
        item["crlb"] = None
    if body.kind != "misfire":
        item["traj"] = _trace(body, run.truth.scenario.duration_s)
    return item


def _parameters(site: Site, body: Body) -> Fields:
    """Give the parameters of a launch; the form's azimuth and elevation are in the frame of the site."""
    assert body.launch is not None
    there = (body.launch.place.latitude_rad, body.launch.place.longitude_rad)
    here = (site.origin.latitude_rad, site.origin.longitude_rad)
    own: Fields = dict(body.parameters)
    azimuth, elevation = turned_direction(body.parameters["azimuth_rad"], body.parameters["elevation_rad"], there, here)
    turns = [own.pop("misalignment_side_rad"), own.pop("misalignment_up_rad")]
    return own | {"azimuth_rad": azimuth % (2 * math.pi), "elevation_rad": elevation, "misalignment_rad": turns}


def _moment(moment: Moment) -> Fields:
    place = moment.place
    return {
        "t": round(moment.time_s, 4), "lat_deg": round(place.latitude_deg, 7), "lon_deg": round(place.longitude_deg, 7),
        "h_m": round(place.height_m, 2),
    }  # fmt: skip


def _trace(body: Body, duration_s: float) -> list[list[float]]:
    """Give [t, latitude, longitude, height, velocity east, north, up] along the path, its last point included."""
    begin_s = max(body.path.begin_s, 0.0)
    end_s = min(body.path.end_s, duration_s) if body.impact is None else body.path.end_s
    times = np.arange(begin_s, end_s, TRACE_STEP_S.get(body.kind, USUAL_STEP_S)).tolist()
    if not times or end_s - times[-1] > 1e-3:
        times.append(end_s)
    rows = []
    for time_s in times:
        position, velocity = body.path.at(time_s)
        place = geodetic(position)
        east, north, up = axes_at(place) @ velocity
        rows.append(
            [
                round(time_s, 4), round(place.latitude_deg, 7), round(place.longitude_deg, 7), round(place.height_m, 2),
                round(float(east), 2), round(float(north), 2), round(float(up), 2),
            ]
        )  # fmt: skip
    return rows


def _five_in_six_s(run: Run, object_id: str) -> float | None:
    """Give the first moment at which five detections of an object have arrived within six seconds."""
    arrivals: list[float] = []
    for message in run.messages:
        if isinstance(message, Flash | Bearing | Plot | Impulse):
            label = run.truth.labels.get(message.detection_id)
            if label is not None and label[0] == object_id:
                arrivals.append(message.arrival_utc_ns / 1e9)
                if len(arrivals) >= 5 and arrivals[-1] - arrivals[-5] <= 6.0:
                    return round(arrivals[-1], 4)
    return None
