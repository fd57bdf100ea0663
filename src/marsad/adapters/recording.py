"""The plainest recording: one JSON object a line, as a fusion node received them, in order of arrival.

Times in the file are seconds from the start of the case; inside they are nanoseconds, ``round(t * 1e9)``.
A sensor that sends nonsense (NaN, a range below zero, a covariance that is none) is rejected with the reason and the
rest goes on.  A file that is no such recording raises one ``BadInputError``.  Fields and line types that
the form does not know are ignored and counted.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import get_args

from marsad.adapters.errors import BadInputError
from marsad.adapters.json_fields import read_text, type_name
from marsad.adapters.recording_line import RecordingLine, RejectedValueError
from marsad.adapters.site_common import PROFILE_GROUND_M
from marsad.terms import (
    Bearing,
    BearingKind,
    BiasPrior,
    CooperativeReport,
    Flash,
    Heartbeat,
    Impulse,
    Message,
    OutOfRangeError,
    Plot,
    PoseReport,
    RejectedInput,
    Sensor,
    SensorKind,
    SensorReport,
    WeatherReport,
    require_in_range,
)

LONGEST_RAW = 400


@dataclass(frozen=True)
class Recording:
    """What a file (or a station's journal) held.

    ``messages`` and ``rejected`` are in order of arrival; ``ignored_types`` and ``ignored_fields`` count what the
    form does not know.
    """

    name: str
    messages: tuple[Message, ...]
    rejected: tuple[RejectedInput, ...] = ()
    ignored_types: Counter[str] = field(default_factory=Counter)
    ignored_fields: Counter[str] = field(default_factory=Counter)
    lines: int = 0
    epoch_utc_ns: int | None = None
    """UTC of what the messages call time 0; None where the recording does not say."""


def read_recording(path: Path, known_sensor_ids: Iterable[str] = ()) -> Recording:
    """Read a recording file.

    Parameters
    ----------
    path
        The file.
    known_sensor_ids
        Sensors that the site knows already; others must introduce themselves by a ``sensor`` line before they speak.

    Raises
    ------
    BadInputError
        When the file cannot be read or is no such recording.
    """
    return parse_recording(read_text(path).split("\n"), path, known_sensor_ids)


def parse_recording(lines: Iterable[str], path: Path, known_sensor_ids: Iterable[str] = ()) -> Recording:
    """Read the lines of a recording; ``path`` is for error messages and the recording's name."""
    ignored_types: Counter[str] = Counter()
    ignored_fields: Counter[str] = Counter()
    messages: list[Message] = []
    rejected: list[RejectedInput] = []
    known_ids = set(known_sensor_ids)
    entries = list(_entries(lines, path))
    known_entries = [entry for entry in entries if entry[0] in _READERS]
    ignored_types.update(kind for kind, _, _ in entries if kind not in _READERS)
    timed = [(line.arrival(), kind, line, raw) for kind, line, raw in known_entries]
    for arrival, kind, line, raw in sorted(timed, key=lambda entry: entry[0]):  # stable: one instant, order of the file
        try:
            message = _READERS[kind](line, arrival)
            require_in_range(message)
            _require_known(message, known_ids)
            messages.append(message)
        except (RejectedValueError, ValueError) as error:
            rejected.append(_rejection(line, arrival, raw, error))
            continue
        ignored_fields.update(f"{kind}.{name}" for name in line.unknown())
    if not entries:
        raise BadInputError(path, "expected a recording of one JSON object a line, found an empty file", line=1)
    return Recording(
        name=path.name.removesuffix(".jsonl"),
        messages=tuple(messages),
        rejected=tuple(rejected),
        ignored_types=ignored_types,
        ignored_fields=ignored_fields,
        lines=len(entries),
    )


def _entries(lines: Iterable[str], path: Path) -> Iterator[tuple[str, RecordingLine, str]]:
    """Parse each line that is not empty into (kind, line, raw text)."""
    for number, raw in enumerate(lines, start=1):
        if not raw.strip():
            continue
        try:
            content = json.loads(raw)
        except (ValueError, RecursionError) as error:
            why = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
            raise BadInputError(path, f"expected one JSON object, found something else ({why})", line=number) from None
        if not isinstance(content, dict):
            raise BadInputError(path, f"expected one JSON object, found {type_name(content)}", line=number)
        line = RecordingLine(path, number, content)
        yield _line_kind(line), line, raw


def _line_kind(line: RecordingLine) -> str:
    kind = line.text("type")
    if kind == "detection":
        return f"detection/{line.text('mode')}"
    if kind == "sensor":
        declared = line.text("kind")
        return kind if declared in get_args(SensorKind) else f"sensor/{declared}"
    return kind


def _require_known(message: Message, known: set[str]) -> None:
    """Take note of a sensor that introduces itself; reject what comes from one that did not."""
    if isinstance(message, SensorReport):
        known.add(message.sensor.sensor_id)
    elif (
        isinstance(message, PoseReport | Heartbeat | Flash | Bearing | Plot | Impulse)
        and message.sensor_id not in known
    ):
        raise RejectedValueError("sensor_id", f"unknown sensor {message.sensor_id!r}")


def _rejection(line: RecordingLine, arrival: int, raw: str, error: Exception) -> RejectedInput:
    source = line.content.get("sensor_id") or line.content.get("transponder_id") or line.content.get("id") or ""
    return RejectedInput(
        arrival_utc_ns=arrival,
        source=str(source),
        reason=str(error),
        field=_field_of(error),
        raw=raw.strip()[:LONGEST_RAW],
    )


def _field_of(error: Exception) -> str:
    if isinstance(error, RejectedValueError):
        return error.field_name
    return error.field if isinstance(error, OutOfRangeError) else ""


# --- one reader a line type -------------------------------------------------------------------------


def _sensor(line: RecordingLine, arrival: int) -> SensorReport:
    prior = line.get("bias_prior_sigma", "an object of standard deviations")
    if not isinstance(prior, dict):
        raise line.broken("bias_prior_sigma", f"expected an object, found {type_name(prior)}")
    bias = RecordingLine(line.path, line.line, prior, "bias_prior_sigma.")
    mobile = line.content.get("mobile", False)
    line.known |= {"mobile"}
    if not isinstance(mobile, bool):
        raise line.broken("mobile", f"expected true or false, found {type_name(mobile)}")
    sensor = Sensor(
        sensor_id=line.text("id"),
        kind=line.text("kind"),  # type: ignore[arg-type]  # _line_kind has compared it with SensorKind
        position=line.position(),
        arrival_utc_ns=arrival,
        is_mobile=mobile,
        bias_prior=BiasPrior(
            azimuth_rad=bias.sigma("baz", 0.0),
            elevation_rad=bias.sigma("bel", 0.0),
            range_m=bias.sigma("br", 0.0),
            clock_s=bias.sigma("tau", 0.0),
            east_m=bias.sigma("px", 0.0),
            north_m=bias.sigma("py", 0.0),
            up_m=bias.sigma("pz", 0.0),
        ),
        latency_s=line.sigma("latency_typ_s", 0.0),
        rate_hz=line.maybe_number("rate_hz"),
        detection_probability=line.maybe_number("pd"),
        min_elevation_rad=line.maybe_number("min_el_rad"),
        max_range_m=line.maybe_number("max_range_m"),
        fov_half_width_azimuth_rad=line.maybe_number("fov_halfwidth_az_rad"),
        fov_half_width_elevation_rad=line.maybe_number("fov_halfwidth_el_rad"),
        post_burnout_s=line.maybe_number("post_burn_s"),
        false_flashes_per_s=line.maybe_number("false_flash_per_s"),
        false_plots_per_scan=line.maybe_number("false_plots_per_scan"),
        false_impulses_per_s=line.maybe_number("false_per_s"),
    )
    return SensorReport(arrival_utc_ns=arrival, sensor=sensor)


def _met(line: RecordingLine, arrival: int) -> WeatherReport:
    """Give the wind brought down to the foot of its profile, w_ref = w(h) / (1 + h/100)^0.15."""
    reference_m = line.sigma("ref_height_agl_m", 0.0)
    line.known |= {"profile", "temperature"}
    ground_m = line.maybe_number("profile_ground_m")
    scale = (1.0 + reference_m / 100.0) ** -0.15
    return WeatherReport(
        arrival_utc_ns=arrival,
        wind_east_ms=line.number("wind_e_ms") * scale,
        wind_north_ms=line.number("wind_n_ms") * scale,
        wind_sigma_ms=line.sigma("sigma_ms") * scale,
        profile_ground_m=PROFILE_GROUND_M if ground_m is None else ground_m,
        sound_speed_relative_sigma=line.sigma("ceff_rel_sigma", 0.005),
    )


def _pose(line: RecordingLine, arrival: int) -> PoseReport:
    return PoseReport(
        sensor_id=line.text("sensor_id"),
        time_utc_ns=line.stamp("t_stamp"),
        arrival_utc_ns=arrival,
        position=line.position(),
        position_sigma_m=line.sigma("sigma_m", 0.0),
        boresight_azimuth_rad=line.maybe_number("boresight_az_rad"),
        boresight_elevation_rad=line.maybe_number("boresight_el_rad"),
    )


def _heartbeat(line: RecordingLine, arrival: int) -> Heartbeat:
    return Heartbeat(sensor_id=line.text("sensor_id"), time_utc_ns=line.stamp("t_stamp"), arrival_utc_ns=arrival)


def _coop(line: RecordingLine, arrival: int) -> CooperativeReport:
    sigma_m = line.sigma("sigma_m", 30.0)
    velocity = line.content.get("vel_enu_ms")
    line.known |= {"vel_enu_ms", "sensor_id"}
    return CooperativeReport(
        sensor_id=str(line.content.get("sensor_id", "")),
        transponder_id=line.text("transponder_id"),
        time_utc_ns=line.stamp("t_stamp"),
        arrival_utc_ns=arrival,
        position=line.position(),
        velocity_enu_ms=None if velocity is None else _triple(line.numbers("vel_enu_ms", 3)),
        position_sigma_m=sigma_m,
    )


def _flash(line: RecordingLine, arrival: int) -> Flash:
    return Flash(
        sensor_id=line.text("sensor_id"),
        detection_id=line.text("id"),
        time_utc_ns=line.stamp("t_stamp"),
        arrival_utc_ns=arrival,
        azimuth_rad=line.number("az_rad"),
        elevation_rad=line.number("el_rad"),
        covariance_rad2=_triple(line.numbers("cov", 3)),
        onset_utc_ns=line.stamp("onset_t"),
        onset_sigma_s=line.number("onset_sigma_s"),
    )


def _bearing(kind: BearingKind) -> Callable[[RecordingLine, int], Bearing]:
    def read(line: RecordingLine, arrival: int) -> Bearing:
        return Bearing(
            sensor_id=line.text("sensor_id"),
            detection_id=line.text("id"),
            kind=kind,
            time_utc_ns=line.stamp("t_stamp"),
            arrival_utc_ns=arrival,
            azimuth_rad=line.number("az_rad"),
            elevation_rad=line.number("el_rad"),
            covariance_rad2=_triple(line.numbers("cov", 3)),
        )

    return read


def _plot(line: RecordingLine, arrival: int) -> Plot:
    rr, ra, re, aa, ae, ee = line.numbers("cov", 6)
    return Plot(
        sensor_id=line.text("sensor_id"),
        detection_id=line.text("id"),
        time_utc_ns=line.stamp("t_stamp"),
        arrival_utc_ns=arrival,
        range_m=line.number("range_m"),
        azimuth_rad=line.number("az_rad"),
        elevation_rad=line.number("el_rad"),
        covariance=(rr, ra, re, aa, ae, ee),
    )


def _impulse(line: RecordingLine, arrival: int) -> Impulse:
    return Impulse(
        sensor_id=line.text("sensor_id"),
        detection_id=line.text("id"),
        time_utc_ns=line.stamp("t_stamp"),
        arrival_utc_ns=arrival,
        azimuth_rad=line.number("az_rad"),
        azimuth_sigma_rad=line.number("az_sigma_rad"),
        time_sigma_s=line.number("t_sigma_s"),
    )


def _triple(values: tuple[float, ...]) -> tuple[float, float, float]:
    a, b, c = values
    return a, b, c


_READERS: dict[str, Callable[[RecordingLine, int], Message]] = {
    "sensor": _sensor,
    "met": _met,
    "pose": _pose,
    "heartbeat": _heartbeat,
    "coop": _coop,
    "detection/flash": _flash,
    "detection/plot": _plot,
    "detection/impulse": _impulse,
    "detection/plume": _bearing("plume"),
    "detection/hot": _bearing("hot"),
    "detection/object": _bearing("object"),
}
