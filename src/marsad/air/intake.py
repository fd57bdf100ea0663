"""From messages to the tracker's frames: corrected, turned into the site's axes, gathered into scans."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from jaxtyping import Float

from marsad import identify, track
from marsad.air.origin import looked_s
from marsad.air.scans import DEFAULT_PERIOD_S, Scan, ScanBuffer, add_plot, is_doubled, take_complete
from marsad.air.state import SENSOR_ROWS, AirState, is_crowded, seconds
from marsad.geo.site_frame import angles, axes_at, direction, enu_of
from marsad.sensing import health
from marsad.terms import (
    Bearing,
    CooperativeReport,
    Disposition,
    Heartbeat,
    Message,
    Plot,
    PoseReport,
    Sensor,
    SensorTrackReport,
)

_REMEMBERED = 8192
_BEARINGS_HELD = 512
_FADING = 0.92
"""Misses come in runs (an aspect, a fold of the ground): more of them than the stated probability tells."""


def take(state: AirState, messages: Iterable[Message], now_s: float) -> tuple[list[track.Frame], list[Disposition]]:
    """Sort messages into buffers and claims; gives late looks that need not wait, and what was refused."""
    frames: list[track.Frame] = []
    dispositions: list[Disposition] = []
    for message in messages:
        if isinstance(message, Plot):
            late, refused = _take_plot(state, message, now_s)
            frames += [] if late is None else [late]
            dispositions += [] if refused is None else [refused]
        elif isinstance(message, Bearing) and state.params.object_bearings and message.kind == "object":
            state.bearings.append(message)
            del state.bearings[:-_BEARINGS_HELD]
        elif isinstance(message, SensorTrackReport):
            made = _track_frame(state, message)
            frames += [] if made is None else [made]
            dispositions += [] if made is not None else [_refused(message)]
        elif isinstance(message, Heartbeat):
            _hear(state, message.sensor_id, message.time_utc_ns)
        elif isinstance(message, PoseReport):
            _take_pose(state, message)
        elif isinstance(message, CooperativeReport):
            _take_claim(state, message)
    return frames, dispositions


def due_frames(state: AirState, now_s: float) -> list[track.Frame]:
    """Frames that are complete by now, in order of time."""
    frames: list[track.Frame] = []
    # of many, the plots of a turn's last third would come one by one, each a frame: the turn is waited for
    spread = 0.5 if is_crowded(state) else 0.25
    for sensor_id, buffer in state.scans.items():
        is_alive = health.is_alive(state.registration.health, sensor_id)
        for scan in take_complete(buffer, now_s, is_alive, spread, state.heard_s.get(sensor_id, -math.inf)):
            made = _scan_frame(state, sensor_id, scan)
            if made is not None:
                frames.append(made)
    if state.params.object_bearings:
        frames += _bearing_frames(state, now_s)
    return sorted(frames, key=lambda one: one.time_s)


def _take_plot(state: AirState, plot: Plot, now_s: float) -> tuple[track.Frame | None, Disposition | None]:
    sensor = state.registration.sensors.get(plot.sensor_id)
    if sensor is None or _row(state, plot.sensor_id) is None:
        return None, Disposition(
            detection_id=plot.detection_id, sensor_id=plot.sensor_id, kind="rejected", reason="unknown sensor"
        )
    buffer = state.scans.get(plot.sensor_id)
    if buffer is None:
        period = 1.0 / sensor.rate_hz if sensor.rate_hz else DEFAULT_PERIOD_S
        buffer = state.scans[plot.sensor_id] = ScanBuffer(period_s=period, latency_s=sensor.latency_s)
    if is_doubled(buffer, plot):
        return None, Disposition(
            detection_id=plot.detection_id, sensor_id=plot.sensor_id, kind="duplicate", reason="delivered before"
        )
    time_s = seconds(state, plot.time_utc_ns) - _clock_offset(state, plot.sensor_id)
    _hear(state, plot.sensor_id, plot.time_utc_ns)
    late = add_plot(buffer, plot, time_s, now_s, learns_phase=not is_crowded(state))
    return (None if late is None else _scan_frame(state, plot.sensor_id, late)), None


def _hear(state: AirState, sensor_id: str, time_utc_ns: int) -> None:
    """Note until when a radar has spoken; what it goes on with where it stopped was only late, and it watched on."""
    time_s = seconds(state, time_utc_ns) - _clock_offset(state, sensor_id)
    since_s = state.paused_since_s.pop(sensor_id, None)
    if since_s is not None and time_s - state.heard_s.get(sensor_id, time_s) <= looked_s(state):
        state.watching_since_s[sensor_id] = since_s
    state.heard_s[sensor_id] = max(state.heard_s.get(sensor_id, -math.inf), time_s)


def _take_pose(state: AirState, pose: PoseReport) -> None:
    sensor = state.registration.sensors.get(pose.sensor_id)
    if sensor is None:
        return
    identify.report(
        state.book,
        pose.sensor_id,
        seconds(state, pose.time_utc_ns) - _clock_offset(state, pose.sensor_id),
        enu_of(state.frame, pose.position),
        None,
        max(pose.position_sigma_m, 1.0),
        sensor.kind,
        is_own_sensor=True,
        params=state.params.claims,
        now_s=seconds(state, pose.arrival_utc_ns),
    )


def _take_claim(state: AirState, claim: CooperativeReport) -> None:
    if claim.transponder_id in state.registration.sensors:
        return  # where an own sensor is, it says itself: whoever else speaks in its name is not heard
    identify.report(
        state.book,
        claim.transponder_id,
        seconds(state, claim.time_utc_ns),
        enu_of(state.frame, claim.position),
        None if claim.velocity_enu_ms is None else np.array(claim.velocity_enu_ms),
        claim.position_sigma_m,
        claim.source,
        params=state.params.claims,
        now_s=seconds(state, claim.arrival_utc_ns),
    )


def _clock_offset(state: AirState, sensor_id: str) -> float:
    """Clock offset to be taken off a sensor's stamps: only one that was named as a fault, and is sure."""
    found = state.corrections.get(sensor_id)
    return float(found[3]) if found is not None and abs(found[3]) > 0.05 else 0.0


def _row(state: AirState, sensor_id: str) -> int | None:
    """The tracker's row of a sensor: whole scans at ``row``, late plots at ``row + 1``."""
    row = state.sensor_rows.get(sensor_id)
    if row is None:
        row = 2 * len(state.sensor_rows)
        if row + 1 >= SENSOR_ROWS:
            return None
        state.sensor_rows[sensor_id] = row
        state.tracking_params = _with_sensor(state.tracking_params, row, state.registration.sensors[sensor_id])
    return row


def _with_sensor(params: track.Params, row: int, sensor: Sensor) -> track.Params:
    models = list(params.sensors)
    models[row] = sensor_model(sensor)
    models[row + 1] = replace(models[row], detection_probability=0.0)
    return replace(params, sensors=tuple(models))


def sensor_model(sensor: Sensor) -> track.SensorModel:
    """What the tracker must know of a sensor, from its self-description."""
    if sensor.kind == "tracker":
        return track.SensorModel(detection_probability=0.0, clutter_density=1e-13)
    if sensor.kind != "radar":
        # an object camera reports what it recognises, when it does: its silence says nothing
        return track.SensorModel(detection_probability=0.0, clutter_density=0.05)
    reach = sensor.max_range_m or 20_000.0
    false_plots = max(sensor.false_plots_per_scan or 0.0, 0.1)
    elevation = sensor.min_elevation_rad if sensor.min_elevation_rad is not None else -0.2
    return track.SensorModel(
        detection_probability=_FADING * min(sensor.detection_probability or 0.9, 0.98),
        clutter_density=false_plots / (reach * 2.0 * math.pi * 0.6),
        max_range_m=reach,
        min_elevation_rad=elevation + 0.003,
    )


def _stand(state: AirState, sensor_id: str, time_s: float) -> tuple[Float[np.ndarray, "3"], Float[np.ndarray, "3 3"]]:
    """Place of a sensor in site coordinates, and the rotation from its own axes to the site's."""
    sensor = state.registration.sensors[sensor_id]
    rotation = axes_at(state.frame, sensor.position)
    history = state.registration.poses.get(sensor_id)
    place = None if history is None else history.at(time_s)
    return (enu_of(state.frame, sensor.position) if place is None else place), rotation


def _biases(state: AirState, sensor_id: str) -> Float[np.ndarray, "3"]:
    found = state.corrections.get(sensor_id)
    return np.zeros(3) if found is None else found[:3]


def _scan_frame(state: AirState, sensor_id: str, scan: Scan) -> track.Frame | None:
    row = _row(state, sensor_id)
    if row is None:
        return None
    place, rotation = _stand(state, sensor_id, scan.time_s)
    bias = _biases(state, sensor_id)
    count = len(scan.plots)
    measurement, covariance = np.zeros((count, 3)), np.zeros((count, 3, 3))
    for i, (time_s, plot) in enumerate(scan.plots):
        towards = rotation @ direction(plot.azimuth_rad - bias[1], plot.elevation_rad - bias[2])
        relative = max(plot.range_m - bias[0], 1.0) * towards
        relative = relative + _along(state, place + relative, time_s, scan.time_s)
        azimuth, elevation = angles(relative)
        measurement[i] = np.linalg.norm(relative), azimuth, elevation
        c = plot.covariance
        covariance[i] = [[c[0], c[1], c[2]], [c[1], c[3], c[4]], [c[2], c[4], c[5]]]
    ids = np.array([_number(state, plot.detection_id, sensor_id) for _, plot in scan.plots], dtype=np.int64)
    return track.plots(
        scan.time_s,
        measurement,
        covariance=covariance if count else np.eye(3)[None],
        sensor=row + (1 if scan.is_late else 0),
        position_enu_m=(float(place[0]), float(place[1]), float(place[2])),
        detection_id=ids,
    )


def _along(state: AirState, seen_m: Float[np.ndarray, "3"], from_s: float, to_s: float) -> Float[np.ndarray, "3"]:
    """How far the body seen there moves until the scan's nominal time, if a track says how it moves."""
    tracks = state.tracking.tracks
    if abs(to_s - from_s) < 0.02 or not len(tracks.uid):
        return np.zeros(3)
    mean = np.einsum(
        "ts,tsa->ta", np.where(tracks.weight > 0, tracks.weight, 0.0), np.nan_to_num(tracks.mean[:, :, :6])
    )
    ahead = from_s - state.tracking.time_s
    gap = np.linalg.norm(mean[:, :3] + ahead * mean[:, 3:6] - seen_m, axis=1)
    nearest = int(np.argmin(gap))
    if gap[nearest] > 300.0 or tracks.hits[nearest] < 3:
        return np.zeros(3)
    return np.asarray((to_s - from_s) * mean[nearest, 3:6])


def _bearing_frames(state: AirState, now_s: float) -> list[track.Frame]:
    """Object bearings old enough that the scans before them are in; one frame for each sensor and stamp.

    In a crowd they wait only as long as a plot takes to come: those that come after a scan have all that it held
    filtered anew for each of them.
    """
    if not state.bearings:
        return []
    is_crowd = is_crowded(state)
    wait = (b.latency_s + (0.0 if is_crowd else 0.75 * b.period_s + 0.15) for b in state.scans.values())
    hold = max(wait, default=0.0)
    ready = [b for b in state.bearings if seconds(state, b.time_utc_ns) <= now_s - hold]
    if not ready:
        return []
    state.bearings = [b for b in state.bearings if seconds(state, b.time_utc_ns) > now_s - hold]
    groups: dict[tuple[str, int], list[Bearing]] = {}
    for bearing in ready:
        groups.setdefault((bearing.sensor_id, bearing.time_utc_ns), []).append(bearing)
    made = [_bearing_frame(state, sensor_id, group) for (sensor_id, _), group in groups.items()]
    return [one for one in made if one is not None]


def _bearing_frame(state: AirState, sensor_id: str, group: list[Bearing]) -> track.Frame | None:
    sensor = state.registration.sensors.get(sensor_id)
    if sensor is None or (row := _row(state, sensor_id)) is None:
        return None
    time_s = seconds(state, group[0].time_utc_ns) - _clock_offset(state, sensor_id)
    place, rotation = _stand(state, sensor_id, time_s)
    bias = _biases(state, sensor_id)
    measurement = np.array(
        [angles(rotation @ direction(b.azimuth_rad - bias[1], b.elevation_rad - bias[2])) for b in group]
    )
    constant = np.diag([sensor.bias_prior.azimuth_rad**2, sensor.bias_prior.elevation_rad**2])
    stated = [b.covariance_rad2 for b in group]
    covariance = np.array([np.array([[c[0], c[1]], [c[1], c[2]]]) + constant for c in stated])
    return track.bearings(
        time_s,
        measurement,
        covariance=covariance,
        sensor=row,
        position_enu_m=(float(place[0]), float(place[1]), float(place[2])),
        detection_id=np.array([_number(state, b.detection_id, sensor_id) for b in group], dtype=np.int64),
    )


def _track_frame(state: AirState, report: SensorTrackReport) -> track.Frame | None:
    """A track of a sensor that delivers only tracks, turned into the site's axes."""
    if report.sensor_id not in state.registration.sensors or (row := _row(state, report.sensor_id)) is None:
        return None
    turn = np.kron(np.eye(2), axes_at(state.frame, report.position))
    if len(report.covariance_enu) != np.triu_indices(6)[0].size:
        return None
    upper = np.zeros((6, 6))
    upper[np.triu_indices(6)] = report.covariance_enu
    covariance = turn @ (upper + np.triu(upper, 1).T) @ turn.T
    velocity = turn[3:, 3:] @ np.array(report.velocity_enu_ms)
    return track.sensor_tracks(
        seconds(state, report.time_utc_ns) - _clock_offset(state, report.sensor_id),
        np.concatenate([enu_of(state.frame, report.position), velocity])[None],
        covariance=covariance[None],
        sensor=row,
        detection_id=np.array([_number(state, report.detection_id, report.sensor_id)], dtype=np.int64),
    )


def _refused(report: SensorTrackReport) -> Disposition:
    return Disposition(
        detection_id=report.detection_id,
        sensor_id=report.sensor_id,
        kind="rejected",
        reason="unknown sensor, or a covariance that is not 6 x 6",
    )


def _number(state: AirState, detection_id: str, sensor_id: str) -> int:
    """Number for the tracker of a detection; the last ones are remembered with the caller's id."""
    number = state.next_detection
    state.next_detection += 1
    state.detections[number] = (detection_id, sensor_id)
    state.order.append(number)
    if len(state.order) > _REMEMBERED:
        old, _ = state.detections.pop(state.order.popleft())
        state.went_to.pop(old, None)
    return number
