"""The Autoferry recordings as frames for the tracking stage, and as detections for Stone Soup.

Two vessels seen from a third by lidar, radar, infrared and optical cameras (Helgesen et al. 2022).  Plane coordinates
east, north; the sea is the plane z = 0.
"""

from __future__ import annotations

import datetime
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import linear_sum_assignment

from marsad import assess, track

LIDAR, RADAR, INFRARED, OPTICAL = range(4)  # the recording's sensorID less one
SIGMA_M = {LIDAR: 4.0, RADAR: 7.0}
SIGMA_RAD = 0.3  # the cameras err the same way for seconds on end: ten a second must not count as ten
C_M = 20.0
START = datetime.datetime(2021, 5, 4, tzinfo=datetime.UTC)


@dataclass(frozen=True)
class Look:
    """What one sensor reported at one time: positions (east, north) or azimuths, and where the vessels were."""

    time_s: float
    sensor: int
    own_m: tuple[float, float]
    rows: np.ndarray
    truth_m: np.ndarray


def read(folder: Path) -> list[Look]:
    """Read a scenario, in order of time."""
    (detections,) = folder.glob("*_detections.json")
    (truths,) = folder.glob("*_groundTruth.json")
    records = json.loads(detections.read_text(encoding="utf-8"))
    first = min(r["time"] for r in records)
    looks = []
    for record, truth in zip(records, json.loads(truths.read_text(encoding="utf-8")), strict=True):
        north, east = record["ownshipPosition"]
        sensor = record["sensorID"] - 1
        values = np.array(record["measurement"], dtype=np.float64)
        if sensor in (LIDAR, RADAR):
            rows = values.reshape(2, -1).T[:, ::-1] + (east, north) if values.size else np.zeros((0, 2))
        else:
            rows = values.reshape(-1, 1)
        where = np.array([t["position"][1::-1] for t in truth])
        looks.append(Look(record["time"] - first, sensor, (east, north), rows, where))
    return sorted(looks, key=lambda look: (look.time_s, look.sensor))


def params() -> track.Params:
    """Vessels instead of aircraft and rockets: two models, four sensors."""
    slow = {"speed_horizontal_sigma_ms": 3.0, "speed_vertical_sigma_ms": 0.05}
    models = (
        track.MotionModel(
            track.MotionKind.CONSTANT_VELOCITY, track.Family.AIR, 0.02, 1e-4, sojourn_s=30, prior=0.6, **slow
        ),
        track.MotionModel(
            track.MotionKind.COORDINATED_TURN, track.Family.AIR, 0.1, 1e-4, 1e-3, 15.0, 0.4, extra_sigma=0.1, **slow
        ),
    )
    # the plane as a slab: false detections per square metre times the density of a height of about a metre
    # a vessel hides what is behind it, and its mirror images stand there (a beam of 5 degrees, and the hull's width)
    lidar = track.SensorModel(0.5, 0.3 * 3e-5, birth_density=1e-7, max_range_m=120.0, shadow_rad=0.15)
    radar = track.SensorModel(0.7, 0.3 * 8e-6, birth_density=3e-8, min_range_m=20.0, max_range_m=600.0, shadow_rad=0.15)
    # some one detection a look and radian is the shore's: a bearing of 17 degrees says nothing of existence
    camera = track.SensorModel(0.0, 1.0, birth_density=1e-4)
    return track.Params(
        sensors=(lidar, radar, camera, camera),
        models=models,
        # believed in early and shown late: an echo of the shore seldom lives through six detections
        confirm_hits=6,
        gate_chi2=12.0,
        keep_existence=0.3,
        max_existence=0.99,
        coast_max_s=20.0,
        tentative_max_s=5.0,
        ground_up_m=-1e6,
        max_range_m=500.0,
        min_range_m=20.0,
    )


def frame_of(look: Look, number: int) -> track.Frame:
    """A look as a frame; the detections are numbered from ``number``."""
    ids = np.arange(number, number + len(look.rows))
    if look.sensor in SIGMA_M:
        rows = np.column_stack((look.rows, np.zeros(len(look.rows))))
        sigma = (SIGMA_M[look.sensor], SIGMA_M[look.sensor], 1.0)
        return track.frame(
            track.DetectionKind.POSITION, look.time_s, rows, sigma=sigma, sensor=look.sensor,
            position_enu_m=(*look.own_m, 0.0), detection_id=ids,
        )  # fmt: skip
    rows = np.column_stack((look.rows, np.zeros(len(look.rows))))
    return track.bearings(
        look.time_s, rows, sigma=(SIGMA_RAD, math.inf), sensor=look.sensor,
        position_enu_m=(*look.own_m, 0.0), detection_id=ids,
    )  # fmt: skip


def run(looks: list[Look], settings: track.Params) -> list[tuple[Any, Any]]:
    """Track with Marsad: (identities, positions) at every look of the lidar."""
    state, out, number = track.init(settings), [], 0
    for look in looks:
        state, _ = track.step(state, (frame_of(look, number),), settings)
        number += len(look.rows)
        if look.sensor == LIDAR:
            shown = (state.tracks.status >= track.Status.CONFIRMED) & (state.tracks.range_known > 0)
            out.append((state.tracks.uid[shown], track.position_enu_m(state.tracks)[shown, :2]))
    return out


GRID = tuple(
    {"noise": 0.3, "points": points, "silent_s": silent_s, "cameras": cameras}
    for points, silent_s, cameras in (
        (3, 3.0, False),
        (5, 3.0, False),
        (5, 6.0, False),
        (8, 6.0, False),
        (5, 3.0, True),
    )
)


def run_peer(looks: list[Look], setting: dict[str, Any]) -> list[tuple[Any, Any]]:
    """Track the same with Stone Soup: extended Kalman filter, global nearest neighbour, confirmation by updates."""
    from stonesoup.dataassociator.neighbour import GNNWith2DAssignment
    from stonesoup.deleter.time import UpdateTimeDeleter
    from stonesoup.hypothesiser.distance import DistanceHypothesiser
    from stonesoup.initiator.simple import MultiMeasurementInitiator
    from stonesoup.measures import Mahalanobis
    from stonesoup.models.measurement.linear import LinearGaussian
    from stonesoup.models.measurement.nonlinear import Cartesian2DToBearing
    from stonesoup.models.transition.linear import CombinedLinearGaussianTransitionModel, ConstantVelocity
    from stonesoup.predictor.kalman import ExtendedKalmanPredictor
    from stonesoup.types.angle import Bearing
    from stonesoup.types.array import StateVector
    from stonesoup.types.detection import Detection
    from stonesoup.types.state import GaussianState
    from stonesoup.updater.kalman import ExtendedKalmanUpdater

    motion = CombinedLinearGaussianTransitionModel([ConstantVelocity(setting["noise"])] * 2)
    predictor, updater = ExtendedKalmanPredictor(motion), ExtendedKalmanUpdater(None)
    associator = GNNWith2DAssignment(DistanceHypothesiser(predictor, updater, Mahalanobis(), missed_distance=4.0))
    models = {s: LinearGaussian(4, (0, 2), np.eye(2) * SIGMA_M[s] ** 2) for s in SIGMA_M}
    prior = GaussianState(np.zeros((4, 1)), np.diag([0.0, 9.0, 0.0, 9.0]), timestamp=START)
    silent = datetime.timedelta(seconds=setting["silent_s"])
    initiator = MultiMeasurementInitiator(
        prior_state=prior, measurement_model=models[RADAR], deleter=UpdateTimeDeleter(silent),
        data_associator=associator, updater=updater, min_points=setting["points"],
    )  # fmt: skip
    deleter, tracks, names, out = UpdateTimeDeleter(silent), set(), {}, []
    for look in looks:
        now = START + datetime.timedelta(seconds=look.time_s)
        is_position = look.sensor in SIGMA_M
        if is_position or setting["cameras"]:
            if is_position:
                found = {
                    Detection(StateVector(r), timestamp=now, measurement_model=models[look.sensor]) for r in look.rows
                }
            else:
                model = Cartesian2DToBearing(
                    4, (0, 2), np.array([[SIGMA_RAD**2]]), translation_offset=np.array(look.own_m)[:, None]
                )
                angles = [Bearing(0.5 * math.pi - r[0]) for r in look.rows]
                found = {Detection(StateVector([a]), timestamp=now, measurement_model=model) for a in angles}
            used = set()
            for one, hypothesis in associator.associate(tracks, found, now).items():
                if hypothesis:
                    one.append(updater.update(hypothesis))
                    used.add(hypothesis.measurement)
                else:
                    one.append(hypothesis.prediction)
            tracks -= deleter.delete_tracks(tracks)
            if is_position:
                tracks |= initiator.initiate(found - used, now)
        if look.sensor == LIDAR:
            at = [[t.state_vector[0, 0], t.state_vector[2, 0]] for t in tracks]
            out.append(([names.setdefault(t.id, len(names)) for t in tracks], np.array(at, dtype=float).reshape(-1, 2)))
    return out


def held(looks: list[Look], result: list[tuple[Any, Any]]) -> np.ndarray:
    """For each look of the lidar and each vessel, whether a track of its own is within the measure's cut-off."""
    truths = [k.truth_m for k in looks if k.sensor == LIDAR]
    out = np.zeros((len(truths), len(truths[0])), dtype=bool)
    for row, (truth, (_, place)) in enumerate(zip(truths, result, strict=True)):
        if len(place):
            gap = np.linalg.norm(truth[:, None] - place[None], axis=2)
            vessel, track_row = linear_sum_assignment(np.minimum(gap, C_M))
            out[row, vessel] = gap[vessel, track_row] < C_M
    return out


def score(looks: list[Look], result: list[tuple[Any, Any]]) -> dict[str, Any]:
    """Mean GOSPA (c = 20 m, p = 2), its parts, identity switches and the part of the time each vessel is tracked."""
    is_held = held(looks, result)
    truth = assess.histories([(range(len(k.truth_m)), k.truth_m) for k in looks if k.sensor == LIDAR], axes=2)
    tracks = assess.histories(result, axes=2)
    distance, localisation, missed, false = assess.mean_gospa(tracks, truth, C_M).tolist()
    return {
        "gospa_m": round(distance, 2),
        "localisation_m2": round(localisation, 1),
        "missed_m2": round(missed, 1),
        "false_m2": round(false, 1),
        "switches": assess.identity_switches(tracks, truth, C_M),
        "tracked": is_held.mean(axis=0).round(2).tolist(),
        "both_tracked": round(float(is_held.all(axis=1).mean()), 2),
    }
