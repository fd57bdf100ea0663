"""Messages written as the JSON-lines recording that ``recording`` reads."""

from __future__ import annotations

import json
from collections.abc import Iterable

from marsad.terms import (
    Bearing,
    CooperativeReport,
    Flash,
    Geodetic,
    Heartbeat,
    Impulse,
    Message,
    Plot,
    PoseReport,
    Sensor,
    SensorReport,
    WeatherReport,
)

Fields = dict[str, object]

_SENSOR_FIELDS = {
    "rate_hz": "rate_hz",
    "pd": "detection_probability",
    "min_el_rad": "min_elevation_rad",
    "max_range_m": "max_range_m",
    "fov_halfwidth_az_rad": "fov_half_width_azimuth_rad",
    "fov_halfwidth_el_rad": "fov_half_width_elevation_rad",
    "post_burn_s": "post_burnout_s",
    "false_flash_per_s": "false_flashes_per_s",
    "false_plots_per_scan": "false_plots_per_scan",
    "false_per_s": "false_impulses_per_s",
}
_BIAS_FIELDS = {
    "baz": "azimuth_rad", "bel": "elevation_rad", "br": "range_m",
    "tau": "clock_s", "px": "east_m", "py": "north_m", "pz": "up_m",
}  # fmt: skip


def recording_bytes(messages: Iterable[Message], epoch_utc_ns: int = 0) -> bytes:
    """Write messages, one a line; ticks and sensors' own tracks have no form there and are left out.

    Parameters
    ----------
    messages
        In order of arrival.
    epoch_utc_ns
        The moment that the recording calls 0.
    """
    lines = (_fields(message, epoch_utc_ns) for message in messages)
    return "".join(
        json.dumps(line, ensure_ascii=False, allow_nan=False) + "\n" for line in lines if line is not None
    ).encode()


def _fields(message: Message, epoch: int) -> Fields | None:
    arrival = _seconds(message.arrival_utc_ns, epoch)
    if isinstance(message, SensorReport):
        return _sensor(message.sensor, arrival)
    if isinstance(message, WeatherReport):
        return _weather(message, arrival)
    if isinstance(message, CooperativeReport):
        return _cooperative(message, arrival, epoch)
    if isinstance(message, PoseReport):
        return _pose(message, arrival, epoch)
    if isinstance(message, Heartbeat):
        stamp = _seconds(message.time_utc_ns, epoch)
        return {"type": "heartbeat", "sensor_id": message.sensor_id, "t_stamp": stamp, "t_arrival": arrival}
    if isinstance(message, Flash | Bearing | Plot | Impulse):
        return _detection(message, arrival, epoch)
    return None


def _seconds(time_ns: int, epoch: int) -> float:
    return (time_ns - epoch) / 1e9


def _place(place: Geodetic) -> Fields:
    return {
        "lat_deg": round(place.latitude_deg, 9), "lon_deg": round(place.longitude_deg, 9),
        "h_m": round(place.height_m, 4),
    }  # fmt: skip


def _sensor(sensor: Sensor, arrival: float) -> Fields:
    line: Fields = {
        "type": "sensor", "id": sensor.sensor_id, "kind": sensor.kind, "t_arrival": arrival, "mobile": sensor.is_mobile,
    }  # fmt: skip
    prior = {short: getattr(sensor.bias_prior, name) for short, name in _BIAS_FIELDS.items()}
    line |= _place(sensor.position)
    line |= {
        "bias_prior_sigma": {short: value for short, value in prior.items() if value > 0},
        "latency_typ_s": sensor.latency_s,
    }
    given = {short: getattr(sensor, name) for short, name in _SENSOR_FIELDS.items()}
    return line | {short: value for short, value in given.items() if value is not None}


def _weather(weather: WeatherReport, arrival: float) -> Fields:
    return {
        "type": "met", "t_arrival": arrival, "wind_e_ms": weather.wind_east_ms, "wind_n_ms": weather.wind_north_ms,
        "sigma_ms": weather.wind_sigma_ms, "ref_height_agl_m": 0.0, "profile": "w(h)=w_ref*(1+h_agl/100)^0.15",
        "temperature": "ISA", "ceff_rel_sigma": weather.sound_speed_relative_sigma,
    } | ({} if weather.profile_ground_m is None else {"profile_ground_m": weather.profile_ground_m})  # fmt: skip


def _pose(pose: PoseReport, arrival: float, epoch: int) -> Fields:
    line: Fields = {
        "type": "pose",
        "sensor_id": pose.sensor_id,
        "t_stamp": _seconds(pose.time_utc_ns, epoch),
        "t_arrival": arrival,
    }
    line |= _place(pose.position) | {"sigma_m": pose.position_sigma_m}
    if pose.boresight_azimuth_rad is not None:
        line["boresight_az_rad"] = pose.boresight_azimuth_rad
    if pose.boresight_elevation_rad is not None:
        line["boresight_el_rad"] = pose.boresight_elevation_rad
    return line


def _cooperative(report: CooperativeReport, arrival: float, epoch: int) -> Fields:
    line: Fields = {
        "type": "coop",
        "transponder_id": report.transponder_id,
        "t_stamp": _seconds(report.time_utc_ns, epoch),
        "t_arrival": arrival,
    }
    line |= _place(report.position)
    if report.velocity_enu_ms is not None:
        line["vel_enu_ms"] = list(report.velocity_enu_ms)
    return line | {"sigma_m": report.position_sigma_m}


def _detection(message: Flash | Bearing | Plot | Impulse, arrival: float, epoch: int) -> Fields:
    mode = message.kind if isinstance(message, Bearing) else type(message).__name__.lower()
    line: Fields = {
        "type": "detection", "id": message.detection_id, "sensor_id": message.sensor_id, "mode": mode,
        "t_stamp": _seconds(message.time_utc_ns, epoch), "t_arrival": arrival,
    }  # fmt: skip
    if isinstance(message, Impulse):
        return line | {
            "az_rad": message.azimuth_rad,
            "az_sigma_rad": message.azimuth_sigma_rad,
            "t_sigma_s": message.time_sigma_s,
        }
    if isinstance(message, Plot):
        line["range_m"] = message.range_m
    covariance = message.covariance if isinstance(message, Plot) else message.covariance_rad2
    line |= {"az_rad": message.azimuth_rad, "el_rad": message.elevation_rad, "cov": list(covariance)}
    if isinstance(message, Flash):
        line |= {"onset_t": _seconds(message.onset_utc_ns, epoch), "onset_sigma_s": message.onset_sigma_s}
    return line
