"""Is a sensor well?  What its messages alone say: a clock that cannot be right, silence, a frozen output.

No other sensor is needed for these.  A stamp later than the moment of arrival is a clock ahead; messages that are all
equally old are a clock behind (or a link that is late by seconds, which harms as much); a sensor that stops sending is
silent; one that repeats the same numbers under new stamps is frozen.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Literal

from marsad.terms import (
    Bearing,
    Flash,
    Heartbeat,
    Impulse,
    Message,
    Plot,
    PoseReport,
    Sensor,
    SensorFault,
)

_NS = 1e-9


@dataclass(frozen=True)
class HealthParams:
    """When a sensor is called unwell.

    ``clock_tolerance_s`` is how far ahead of the node a healthy clock may stamp (time servers hold milliseconds);
    ``late_s`` the age that all of a sensor's regular messages must exceed to be called late by its own clock.
    Silence is measured in nats: missed beats count ``beat_nats`` each, missing data their rate times the gap.
    """

    clock_tolerance_s: float = 0.08
    late_s: float = 0.8
    clock_messages: int = 3
    late_messages: int = 4
    late_spread_s: float = 0.15
    stranger_s: float = 0.2
    steady_s: float = 0.03
    beat_nats: float = 6.0
    silent_nats: float = 12.0
    rate_window_s: float = 8.0
    frozen_repeats: int = 6
    frozen_pose_repeats: int = 8


@dataclass
class Vital:
    """What is remembered of one sensor; times are arrivals (but for stamps) in seconds of the node's clock."""

    last_heard_s: float = 0.0
    last_stamp_s: float = 0.0
    last_beat_s: float | None = None
    beat_interval_s: float | None = None
    beat_ages_s: deque[float] = field(default_factory=lambda: deque(maxlen=12))
    beats: int = 0
    least_age_s: float = 1e9
    future_stamps: int = 0
    data_arrivals_s: deque[float] = field(default_factory=lambda: deque(maxlen=64))
    worst_age_s: float = 0.0
    last_value: tuple[float, ...] = ()
    last_value_stamp_ns: int = 0
    same_values: int = 0
    last_place: tuple[float, ...] = ()
    same_places: int = 0
    has_moved: bool = False
    named: dict[str, float] = field(default_factory=dict)


HealthState = dict[str, Vital]
Spoken = PoseReport | Heartbeat | Flash | Bearing | Plot | Impulse
FaultKind = Literal[
    "clock", "azimuth_bias", "elevation_bias", "range_bias", "pose", "frozen", "silent", "lying", "noise"
]


def observe(
    state: HealthState, message: Message, sensors: dict[str, Sensor], params: HealthParams
) -> list[SensorFault]:
    """Take in one message; gives the faults that it reveals or clears.  ``state`` is donated."""
    if not isinstance(message, Spoken):
        return []
    vital = state.setdefault(message.sensor_id, Vital())
    arrival = message.arrival_utc_ns
    faults = _clear(vital, message.sensor_id, "silent", arrival, "heard again")
    vital.last_heard_s = max(vital.last_heard_s, arrival * _NS)
    vital.last_stamp_s = max(vital.last_stamp_s, message.time_utc_ns * _NS)
    age = (arrival - message.time_utc_ns) * _NS
    vital.least_age_s = min(vital.least_age_s, age)
    vital.worst_age_s = max(0.98 * vital.worst_age_s, age)
    if isinstance(message, Heartbeat):
        _beat(vital, arrival * _NS, age)
    elif not isinstance(message, PoseReport):
        vital.data_arrivals_s.append(arrival * _NS)
    faults += _clock(vital, message.sensor_id, age, arrival, sensors.get(message.sensor_id), params)
    faults += _frozen(vital, message, params)
    return faults


def silent(state: HealthState, now_utc_ns: int, params: HealthParams) -> list[SensorFault]:
    """Name the sensors that should have spoken by now and did not.

    Where most fall silent together, the node has lost its feed rather than they their lives: nobody is named then.
    """
    now = now_utc_ns * _NS
    missed = {sensor_id: _missed_beats(vital, now) for sensor_id, vital in state.items()}
    faults = []
    for sensor_id, beats in missed.items():
        vital = state[sensor_id]
        if not beats or "silent" in vital.named or vital.last_beat_s is None:
            continue
        enough = params.beat_nats * beats + _missing_data_nats(vital, now, params) >= params.silent_nats
        if enough and _others_speak(state, sensor_id, now):
            last = max(vital.last_beat_s, vital.data_arrivals_s[-1] if vital.data_arrivals_s else vital.last_beat_s)
            words = f"nothing heard for {now - last:.1f} s"
            faults.append(_name(vital, sensor_id, "silent", now_utc_ns, now - last, "s", words))
    return faults


def _others_speak(state: HealthState, sensor_id: str, now_s: float) -> bool:
    """Whether at least half of the other sensors have said something since this one fell silent (or there are none).

    Their stamps count and not the arrivals: what still comes in may have been on its way when the feed was lost.
    """
    since = state[sensor_id].last_heard_s
    others = [vital.last_stamp_s for other, vital in state.items() if other != sensor_id]
    heard = sum(time > since + 0.5 * (now_s - since) for time in others)
    return not others or 2 * heard >= len(others)


def _missed_beats(vital: Vital, now_s: float) -> int:
    """Beats that should have arrived since the last one."""
    if vital.beat_interval_s is None or vital.last_beat_s is None or vital.beats < 3:
        return 0
    allowance = 0.5 + 0.1 * vital.beat_interval_s + max(vital.worst_age_s - 0.5, 0.0)
    return max(int((now_s - vital.last_beat_s - allowance) / vital.beat_interval_s), 0)


def unlike_peers(state: HealthState, now_utc_ns: int, params: HealthParams) -> list[SensorFault]:
    """Name a sensor whose beats are all of one age, and that age not its peers'.

    Beats of one node's sensors share the network and are as old as its delay.  Where all peers' beats arrive steadily
    at one age, a beat steadily older is stamped by a clock behind (or sent over a link that is late without jitter).
    """
    steady = {
        sensor_id: (min(v.beat_ages_s), max(v.beat_ages_s) - min(v.beat_ages_s))
        for sensor_id, v in state.items()
        if len(v.beat_ages_s) >= params.late_messages
    }
    if len(steady) < 4:
        return []
    ages = sorted(age for age, _ in steady.values())
    usual = ages[len(ages) // 2]
    strangers = [
        sensor_id
        for sensor_id, (age, spread) in steady.items()
        if age - usual > params.stranger_s and spread < params.steady_s and "clock" not in state[sensor_id].named
    ]
    at_home = sum(
        1 for age, spread in steady.values() if abs(age - usual) < params.steady_s and spread < params.steady_s
    )
    if at_home < max(3, len(steady) - 2):
        return []
    return [
        _name(
            state[sensor_id],
            sensor_id,
            "clock",
            now_utc_ns,
            usual - steady[sensor_id][0],
            "s",
            f"every beat is {steady[sensor_id][0] - usual:.2f} s older than its peers'",
        )
        for sensor_id in strangers
    ]


def forget_clocks(state: HealthState, arrival_utc_ns: int) -> list[SensorFault]:
    """Forget how old messages were by a station's clock that has proved wrong; gives the accusations that fall."""
    fallen: list[SensorFault] = []
    for sensor_id, vital in state.items():
        vital.beat_ages_s.clear()
        vital.least_age_s, vital.worst_age_s, vital.future_stamps = 1e9, 0.0, 0
        fallen += _clear(vital, sensor_id, "clock", arrival_utc_ns, "it was the station's clock")
    return fallen


def clock_offset_hint_s(state: HealthState, sensor_id: str, usual_age_s: float = 0.1) -> float | None:
    """Clock offset (stamp minus true time) read from a clock fault already named, to about a tenth of a second."""
    vital = state.get(sensor_id)
    if vital is None or "clock" not in vital.named:
        return None
    ages = sorted(vital.beat_ages_s)
    return usual_age_s - (ages[0] if ages else vital.least_age_s)


def is_alive(state: HealthState, sensor_id: str) -> bool:
    """Say whether the sensor has been heard and is not known to be silent."""
    vital = state.get(sensor_id)
    return vital is not None and "silent" not in vital.named


def _beat(vital: Vital, now_s: float, age_s: float) -> None:
    if vital.last_beat_s is not None:
        gap = now_s - vital.last_beat_s
        if gap > 0.2:
            known = vital.beat_interval_s
            vital.beat_interval_s = gap if known is None else max(0.9 * known + 0.1 * gap, min(known, gap))
    vital.last_beat_s = now_s
    vital.beats += 1
    vital.beat_ages_s.append(age_s)


def _missing_data_nats(vital: Vital, now_s: float, params: HealthParams) -> float:
    """Improbability of the gap in the data, from their own rate just before it (the smaller of two windows)."""
    times = vital.data_arrivals_s
    if len(times) < 6:
        return 0.0
    last = times[-1]
    recent = sum(1 for t in times if last - t < params.rate_window_s) / params.rate_window_s
    overall = (len(times) - 1) / max(last - times[0], params.rate_window_s)
    return min(recent, overall) * max(now_s - last - max(vital.worst_age_s - 0.5, 0.0), 0.0)


def _clear(vital: Vital, sensor_id: str, kind: FaultKind, arrival_utc_ns: int, reason: str) -> list[SensorFault]:
    if vital.named.pop(kind, None) is None:
        return []
    return [SensorFault(sensor_id=sensor_id, kind=kind, arrival_utc_ns=arrival_utc_ns, reasons=(reason,), cleared=True)]


def _clock(
    vital: Vital, sensor_id: str, age_s: float, arrival_utc_ns: int, sensor: Sensor | None, params: HealthParams
) -> list[SensorFault]:
    if "clock" in vital.named:
        return []
    if age_s < -params.clock_tolerance_s:
        vital.future_stamps += 1
        if vital.future_stamps >= params.clock_messages:
            usual = min(sensor.latency_s, 0.1) if sensor is not None else 0.0
            offset = usual - vital.least_age_s
            words = f"stamps lie {-age_s:.2f} s after their arrival"
            return [_name(vital, sensor_id, "clock", arrival_utc_ns, offset, "s", words)]
        return []
    latency = sensor.latency_s if sensor is not None else 0.3
    ages = vital.beat_ages_s
    if len(ages) < params.late_messages:
        return []
    oldest, youngest = max(ages), min(ages)
    if youngest > max(params.late_s, 3.0 * latency) and oldest - youngest < params.late_spread_s:
        words = f"every beat is {youngest:.2f} s old by its own stamp: clock behind, or link late"
        return [_name(vital, sensor_id, "clock", arrival_utc_ns, 0.1 - youngest, "s", words)]
    return []


def numbers_of(message: Spoken) -> tuple[float, ...]:
    """What a detection measured, without its stamp: noise makes it another each time; () for other messages."""
    if isinstance(message, Plot):
        return (message.range_m, message.azimuth_rad, message.elevation_rad)
    if isinstance(message, Flash | Bearing):
        return (message.azimuth_rad, message.elevation_rad)
    if isinstance(message, Impulse):
        return (message.azimuth_rad,)
    return ()


def _frozen(vital: Vital, message: Spoken, params: HealthParams) -> list[SensorFault]:
    """Count repeats of the very same numbers under new stamps; noise alone makes such a run impossible."""
    if isinstance(message, PoseReport):
        place = (message.position.latitude_rad, message.position.longitude_rad, message.position.height_m)
        repeated = place == vital.last_place
        vital.has_moved = vital.has_moved or (bool(vital.last_place) and not repeated)
        vital.same_places = vital.same_places + 1 if repeated else 0
        vital.last_place = place
        if vital.has_moved and vital.same_places >= params.frozen_pose_repeats and "frozen" not in vital.named:
            words = f"the same place {vital.same_places + 1} times"
            return [_name(vital, message.sensor_id, "frozen", message.arrival_utc_ns, 0.0, "", words)]
        return []
    value = numbers_of(message)
    if not value:
        return []
    stamp = message.time_utc_ns
    cleared = []
    if value == vital.last_value:
        vital.same_values += stamp != vital.last_value_stamp_ns
    else:
        vital.same_values = 0
        cleared = _clear(vital, message.sensor_id, "frozen", message.arrival_utc_ns, "its numbers change again")
    vital.last_value, vital.last_value_stamp_ns = value, stamp
    if vital.same_values >= params.frozen_repeats and "frozen" not in vital.named:
        words = f"the same numbers {vital.same_values + 1} times under new stamps"
        return [_name(vital, message.sensor_id, "frozen", message.arrival_utc_ns, 0.0, "", words)]
    return cleared


def _name(
    vital: Vital, sensor_id: str, kind: FaultKind, arrival_utc_ns: int, magnitude: float, unit: str, reason: str
) -> SensorFault:
    vital.named[kind] = arrival_utc_ns * _NS
    return SensorFault(
        sensor_id=sensor_id,
        kind=kind,
        arrival_utc_ns=arrival_utc_ns,
        magnitude=magnitude,
        unit=unit,
        reasons=(reason,),
    )
