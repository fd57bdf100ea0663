"""Registration: each sensor's biases and clock, from bodies whose places are reported, and who is at fault.

A radar sees the own patrol drones, and their poses say where they are; cooperative aircraft say so too.  From the
differences the biases, the clock offset and their uncertainty follow (``residuals.fit``).  When the differences are
more than the priors allow, single explanations are weighed against each other: the sensor's clock, one of its biases,
the place or the clock of one reference.  The one that explains enough, and clearly more than any other party's,
is named; until then nobody is accused.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace

import msgspec
import numpy as np
from jaxtyping import Float

from marsad.geo.site_frame import SiteFrame, axes_at, enu_of
from marsad.sensing import health
from marsad.sensing.health import FaultKind, HealthParams, HealthState
from marsad.sensing.hypotheses import Explanation, explain, is_suspicious
from marsad.sensing.poses import PoseHistory
from marsad.sensing.residuals import REFERENCE_PARAMETERS, SENSOR_PARAMETERS, Fit, Looks, Reference, fit, looks_at
from marsad.sensing.scatter import KEPT_S, Scatter, noise_cleared, noise_fault, one_a_frame, scatter
from marsad.terms import (
    Bearing,
    BiasPrior,
    CooperativeReport,
    Message,
    Plot,
    PoseReport,
    Sensor,
    SensorFault,
    SensorReport,
)

_NS = 1e-9
_BLIND: tuple[FaultKind, ...] = ("frozen", "lying")
_FREED: tuple[tuple[FaultKind, float], ...] = (
    ("range_bias", 1000.0),
    ("azimuth_bias", 0.2),
    ("elevation_bias", 0.2),
    ("clock", 1.0),
)
_NEAR_M = 1500.0
_UNITS: dict[str, str] = {"clock": "s", "azimuth_bias": "rad", "elevation_bias": "rad", "range_bias": "m", "pose": "m"}


@dataclass(frozen=True)
class RegistrationParams:
    """Settings of the registration.

    ``window_s`` and ``max_looks`` bound what is fitted; ``every_s`` how often for the ``first_fits``, ``later_every_s``
    afterwards; ``accuse_cost`` how much an
    explanation must lower the sum of squares to be believed, ``margin_cost`` how much better than that of any other
    party; ``strong_sigmas`` how many standard deviations the fault itself must have.
    """

    health: HealthParams = field(default_factory=HealthParams)
    window_s: float = 40.0
    max_looks: int = 100
    max_references: int = 4
    every_s: float = 1.0
    first_fits: int = 25
    later_every_s: float = 2.5
    least_looks: int = 6
    accuse_cost: float = 45.0
    margin_cost: float = 15.0
    strong_sigmas: float = 5.0
    longest_patience_s: float = 8.0


@dataclass(frozen=True)
class SensorRegistration:
    """Estimated errors of one sensor: (range m, azimuth rad, elevation rad, clock s) and their covariance."""

    sensor_id: str
    errors: Float[np.ndarray, "4"]
    covariance: Float[np.ndarray, "4 4"]
    looks: int
    is_sure: bool


@dataclass
class _Watch:
    """Measurements of one sensor waiting to be compared: (stamp s, range, azimuth, elevation, three variances)."""

    looks: deque[tuple[float, ...]] = field(default_factory=lambda: deque(maxlen=400))
    last_fit_s: float = -np.inf
    fits: int = 0
    explain_after_s: float = -np.inf
    patience_s: float = 1.0


@dataclass
class RegistrationState:
    """All that registration remembers; donated."""

    frame: SiteFrame
    epoch_utc_ns: int
    sensors: dict[str, Sensor] = field(default_factory=dict)
    health: HealthState = field(default_factory=dict)
    poses: dict[str, PoseHistory] = field(default_factory=dict)
    claims: dict[str, PoseHistory] = field(default_factory=dict)
    claim_jitter_m: dict[str, float] = field(default_factory=dict)
    watches: dict[str, _Watch] = field(default_factory=dict)
    estimates: dict[str, SensorRegistration] = field(default_factory=dict)
    accused: dict[str, SensorFault] = field(default_factory=dict)
    last_silence_check_s: float = -np.inf


def init(frame: SiteFrame, epoch_utc_ns: int, sensors: tuple[Sensor, ...] = ()) -> RegistrationState:
    """Make the state; times inside are seconds since ``epoch_utc_ns``."""
    return RegistrationState(frame=frame, epoch_utc_ns=epoch_utc_ns, sensors={s.sensor_id: s for s in sensors})


def step(
    state: RegistrationState, now_utc_ns: int, messages: tuple[Message, ...], params: RegistrationParams
) -> tuple[RegistrationState, tuple[SensorFault, ...]]:
    """Take in messages; gives the faults newly named or cleared.

    Messages about rockets need not be kept back: a plot that fits no reference weighs nothing.
    """
    faults: list[SensorFault] = []
    for message in messages:
        faults += health.observe(state.health, message, state.sensors, params.health)
        _take(state, message)
    now = (now_utc_ns - state.epoch_utc_ns) * _NS
    if now - state.last_silence_check_s >= 0.25:
        state.last_silence_check_s = now
        faults += health.silent(state.health, now_utc_ns, params.health)
        faults += health.unlike_peers(state.health, now_utc_ns, params.health)
        faults += _lapsed(state, now_utc_ns)
        _forget(state, now)
    for fault in faults:
        if fault.kind in _BLIND and not fault.cleared and fault.sensor_id in state.watches:
            state.watches[fault.sensor_id].looks.clear()
    for sensor_id, watch in state.watches.items():
        if _is_blind(state, sensor_id):
            watch.looks.clear()
            continue
        pause = params.every_s if watch.fits < params.first_fits else params.later_every_s
        if now - watch.last_fit_s >= pause and len(watch.looks) >= params.least_looks:
            watch.last_fit_s, watch.fits = now, watch.fits + 1
            faults += _register(state, sensor_id, watch, now, now_utc_ns, params)
            break  # one fit a step: the others have their turn with the next message
    fresh = [fault for fault in faults if fault.cleared or f"{fault.sensor_id}/{fault.kind}" not in state.accused]
    for fault in fresh:
        _note(state, fault)
    return state, tuple(fresh)


def forget_clocks(state: RegistrationState, now_utc_ns: int) -> tuple[SensorFault, ...]:
    """Begin anew with what rests on stamps, as the station's clock has proved wrong; gives the accusations that fall.

    Looks from before would be compared with places from after, and a sensor that was called wrong against a wrong
    clock would be corrected by that error from then on.
    """
    fallen = health.forget_clocks(state.health, now_utc_ns)
    for fault in fallen:
        _note(state, fault)
        state.estimates.pop(fault.sensor_id, None)
    for watch in state.watches.values():
        watch.looks.clear()
    return tuple(fallen)


def _is_blind(state: RegistrationState, sensor_id: str) -> bool:
    """Whether a sensor's numbers are known to be made up: they bear witness against nobody."""
    return any(f"{sensor_id}/{kind}" in state.accused for kind in _BLIND)


def frozen(state: RegistrationState) -> frozenset[str]:
    """Sensors that repeat themselves: what they say now is not what they see."""
    return frozenset(key.removesuffix("/frozen") for key in state.accused if key.endswith("/frozen"))


def noise(state: RegistrationState, sensor_id: str) -> float:
    """How many times noisier a sensor has proved than it says; 1 where nothing is known against it.

    Only how sure the sensor's own errors are rests on it; no plot or bearing is weakened by it anywhere.
    """
    fault = state.accused.get(f"{sensor_id}/noise")
    return fault.magnitude if fault is not None else 1.0


def hear(state: RegistrationState, fault: SensorFault) -> None:
    """Take in what a launch has shown of a sensor's noise."""
    if fault.kind == "noise":
        _note(state, fault)


def _lapsed(state: RegistrationState, now_utc_ns: int) -> list[SensorFault]:
    """Clear sensors of noise that nothing has shown for long."""
    old_utc_ns = now_utc_ns - round(KEPT_S * 1e9)
    said = [fault for fault in state.accused.values() if fault.kind == "noise" and fault.arrival_utc_ns < old_utc_ns]
    return [noise_cleared(fault.sensor_id, "not seen again for ten minutes", now_utc_ns) for fault in said]


def displaced_m(state: RegistrationState, sensor_id: str) -> float:
    """How far (m) a sensor is from where it says; 0 where nothing is known against its place."""
    fault = state.accused.get(f"{sensor_id}/pose")
    return abs(fault.magnitude) if fault is not None else 0.0


def correction(state: RegistrationState, sensor_id: str) -> SensorRegistration | None:
    """Give the estimate to be taken off a sensor's measurements, once it is sure."""
    found = state.estimates.get(sensor_id)
    return found if found is not None and found.is_sure else None


def far_errors(state: RegistrationState, sensor_id: str, sigmas: float) -> Float[np.ndarray, "4"]:
    """Give what is sure of a sensor's errors (m, rad, rad, s), each that is so many of its prior's standard deviations.

    What is less is 0.
    """
    found, sensor = correction(state, sensor_id), state.sensors.get(sensor_id)
    if found is None or sensor is None:
        return np.zeros(SENSOR_PARAMETERS)
    return np.where(np.abs(found.errors) > sigmas * _prior(sensor.bias_prior), found.errors, 0.0)


def _note(state: RegistrationState, fault: SensorFault) -> None:
    key = f"{fault.sensor_id}/{fault.kind}"
    if fault.cleared:
        state.accused.pop(key, None)
    else:
        state.accused[key] = fault
    if fault.kind == "clock" and not fault.cleared:
        _believe_clock(state, fault)


def _believe_clock(state: RegistrationState, fault: SensorFault) -> None:
    """Take a clock fault read from the messages' age as a first estimate, good to a tenth of a second."""
    known = state.estimates.get(fault.sensor_id)
    if known is not None and known.is_sure and abs(known.errors[3] - fault.magnitude) < 0.5:
        return
    covariance = np.diag([25.0, 1e-6, 1e-6, 0.1**2])
    errors = np.array([0.0, 0.0, 0.0, fault.magnitude])
    state.estimates[fault.sensor_id] = SensorRegistration(fault.sensor_id, errors, covariance, 0, True)


def _take(state: RegistrationState, message: Message) -> None:
    if isinstance(message, SensorReport):
        state.sensors[message.sensor.sensor_id] = message.sensor
    elif isinstance(message, PoseReport):
        history = state.poses.setdefault(message.sensor_id, PoseHistory())
        history.add(
            _seconds(state, message.time_utc_ns), enu_of(state.frame, message.position), message.position_sigma_m
        )
    elif isinstance(message, CooperativeReport):
        history = state.claims.setdefault(message.transponder_id, PoseHistory())
        history.add(_seconds(state, message.time_utc_ns), enu_of(state.frame, message.position), 3.0)
        state.claim_jitter_m[message.transponder_id] = message.position_sigma_m
    elif isinstance(message, Plot):
        c = message.covariance
        row = (message.range_m, message.azimuth_rad, message.elevation_rad, c[0], c[3], c[5])
        state.watches.setdefault(message.sensor_id, _Watch()).looks.append((_seconds(state, message.time_utc_ns), *row))
    elif isinstance(message, Bearing) and message.kind == "object":
        c2 = message.covariance_rad2
        bearing = (0.0, message.azimuth_rad, message.elevation_rad, np.inf, c2[0], c2[2])
        state.watches.setdefault(message.sensor_id, _Watch()).looks.append(
            (_seconds(state, message.time_utc_ns), *bearing)
        )


def _seconds(state: RegistrationState, time_utc_ns: int) -> float:
    return (time_utc_ns - state.epoch_utc_ns) * _NS


def _register(
    state: RegistrationState, sensor_id: str, watch: _Watch, now_s: float, now_utc_ns: int, params: RegistrationParams
) -> list[SensorFault]:
    """Fit one sensor against the references and say what follows."""
    sensor = state.sensors.get(sensor_id)
    looks = _looks(state, sensor_id, watch, params)
    if sensor is None or looks is None:
        return []
    references, sigmas = _references(state, sensor_id, now_s, params)
    if not references:
        return []
    prior = np.concatenate([_prior(sensor.bias_prior), *sigmas])
    start = np.zeros(prior.size)
    is_accused = _widen(state, sensor_id, prior, start)
    found_noise = _noise(sensor, looks, references) if sensor.kind == "radar" else None
    if found_noise is not None and (said := _say_noise(state, sensor_id, found_noise, now_utc_ns)):
        return said
    looks = replace(looks, variance=looks.variance * noise(state, sensor_id) ** 2)
    plain = fit(looks, references, prior, start, iterations=3)
    found = None
    if not is_accused and now_s >= watch.explain_after_s and is_suspicious(plain, looks, references):
        found = explain(looks, references, prior, plain, params.accuse_cost, params.margin_cost)
        # a search costs many fits: one that found nothing is repeated with growing patience
        watch.patience_s = min(2.0 * watch.patience_s, params.longest_patience_s)
        watch.explain_after_s = now_s + watch.patience_s
    if found is None:
        _keep(state, sensor_id, plain, prior, is_accused)
        return []
    return _accuse(state, sensor_id, found, references, now_utc_ns, params)


def _noise(sensor: Sensor, looks: Looks, references: tuple[Reference, ...]) -> Scatter | None:
    """How far a radar scatters about the reference that it fits best, of two at least: one may itself be at fault."""
    frame_s = 1.0 / (sensor.rate_hz or 1.0)
    seen = [one_a_frame(looks_at(looks, reference, _NEAR_M), 0.4 * frame_s) for reference in references]
    found = [one for at in seen if (one := scatter(at, frame_s)) is not None]
    return min(found) if len(found) >= 2 else None


def _say_noise(state: RegistrationState, sensor_id: str, found: Scatter, now_utc_ns: int) -> list[SensorFault]:
    """Say what is new about a sensor's noise; a verdict that stands and is borne out begins its time anew."""
    known = state.accused.get(f"{sensor_id}/noise")
    if found.is_surely_more:
        if known is None:
            return [noise_fault(sensor_id, found.ratio, now_utc_ns)]
        state.accused[f"{sensor_id}/noise"] = msgspec.structs.replace(known, arrival_utc_ns=now_utc_ns)
    elif found.is_as_stated and known is not None:
        return [noise_cleared(sensor_id, "it scatters as it says again", now_utc_ns)]
    return []


def _widen(
    state: RegistrationState,
    sensor_id: str,
    prior: Float[np.ndarray, " parameter"],
    start: Float[np.ndarray, " parameter"],
) -> bool:
    """Free the errors that the sensor is already accused of, and start from what is known of them (in place)."""
    is_accused = False
    for parameter, (kind, wide) in enumerate(_FREED):
        if f"{sensor_id}/{kind}" in state.accused:
            prior[parameter], is_accused = wide, True
    known = state.estimates.get(sensor_id)
    if is_accused and known is not None and known.is_sure:
        start[:SENSOR_PARAMETERS] = known.errors
    return is_accused


def _looks(state: RegistrationState, sensor_id: str, watch: _Watch, params: RegistrationParams) -> Looks | None:
    newest = watch.looks[-1][0]
    rows = np.array([row for row in watch.looks if row[0] > newest - params.window_s][-params.max_looks :])
    if rows.shape[0] < params.least_looks:
        return None
    place = _stand(state, sensor_id, rows[:, 0])
    if place is None:
        return None
    sensor = state.sensors[sensor_id]
    return Looks(
        time_s=rows[:, 0],
        measured=rows[:, 1:4],
        variance=rows[:, 4:7],
        sensor_m=place,
        to_local=axes_at(state.frame, sensor.position).T,
    )


def _stand(
    state: RegistrationState, sensor_id: str, time_s: Float[np.ndarray, " look"]
) -> Float[np.ndarray, "look 3"] | None:
    """Where the sensor stood at the times of its looks."""
    sensor = state.sensors.get(sensor_id)
    if sensor is None:
        return None
    history = state.poses.get(sensor_id)
    if history is None or not history.samples:
        return None if sensor.is_mobile else np.repeat(enu_of(state.frame, sensor.position)[None], time_s.size, axis=0)
    places = [history.at(float(t)) for t in time_s]
    if any(place is None for place in places):
        return None
    return np.array(places)


def _references(
    state: RegistrationState, sensor_id: str, now_s: float, params: RegistrationParams
) -> tuple[tuple[Reference, ...], list[Float[np.ndarray, "4"]]]:
    """Bodies reported lately, with the prior standard deviations of their place and clock errors."""
    found: list[Reference] = []
    sigmas: list[Float[np.ndarray, "4"]] = []
    for key, history in state.poses.items():
        sensor = state.sensors.get(key)
        flies = sensor is not None and sensor.kind == "drone"
        if key != sensor_id and flies and len(history.samples) >= 3 and now_s - history.samples[-1][0] < 10.0:
            found.append(_reference(key, history, 0.3))
            sigma = 500.0 if f"{key}/pose" in state.accused else max(history.sigma_m, 1.0)
            clock = 3.0 if f"{key}/clock" in state.accused else 0.02
            sigmas.append(np.array([sigma, sigma, 1.5 * sigma, clock]))
    for key, history in state.claims.items():
        if len(history.samples) >= 3 and now_s - history.samples[-1][0] < 10.0:
            found.append(_reference(key, history, max(state.claim_jitter_m.get(key, 30.0), 3.0)))
            sigmas.append(np.array([15.0, 15.0, 40.0, 0.15]))
    return tuple(found[: params.max_references]), sigmas[: params.max_references]


def _reference(key: str, history: PoseHistory, jitter_m: float) -> Reference:
    return Reference(
        key=key,
        time_s=np.array([t for t, _ in history.samples]),
        position_m=np.array([p for _, p in history.samples]),
        jitter_m=jitter_m,
    )


def _prior(bias: BiasPrior) -> Float[np.ndarray, "4"]:
    """Prior standard deviations of the sensor's own errors; a floor keeps the fit solvable."""
    return np.array(
        [
            max(bias.range_m, 1.0),
            max(bias.azimuth_rad, 3e-4),
            max(bias.elevation_rad, 3e-4),
            max(bias.clock_s, 0.005),
        ]
    )


def _keep(
    state: RegistrationState, sensor_id: str, plain: Fit, prior: Float[np.ndarray, " parameter"], is_clock_known: bool
) -> None:
    used = int((plain.owner >= 0).sum())
    if not used:
        return
    covariance = plain.covariance[:SENSOR_PARAMETERS, :SENSOR_PARAMETERS]
    narrowed = np.sqrt(np.diag(covariance)) < 0.7 * prior[:SENSOR_PARAMETERS]
    state.estimates[sensor_id] = SensorRegistration(
        sensor_id=sensor_id,
        errors=plain.theta[:SENSOR_PARAMETERS].copy(),
        covariance=covariance.copy(),
        looks=used,
        is_sure=bool(is_clock_known or narrowed.any()),
    )


def _accuse(
    state: RegistrationState,
    sensor_id: str,
    found: Explanation,
    references: tuple[Reference, ...],
    now_utc_ns: int,
    params: RegistrationParams,
) -> list[SensorFault]:
    """Name the party at fault, once; take a sensor's own error as its estimate."""
    if found.sigmas < params.strong_sigmas:
        return []
    party = sensor_id if found.reference < 0 else references[found.reference].key
    if found.reference < 0:
        n = SENSOR_PARAMETERS
        state.estimates[sensor_id] = SensorRegistration(
            sensor_id, found.fit.theta[:n].copy(), found.fit.covariance[:n, :n].copy(), found.looks, True
        )
    elif party not in state.poses:
        return []  # an aircraft's claim: identity's business, not a fault of a sensor
    kind: FaultKind = found.kind
    if f"{party}/{kind}" in state.accused:
        return []
    witnesses = sorted({references[k].key for k in set(found.fit.owner.tolist()) - {-1}} | {sensor_id})
    reason = f"{found.looks} looks at {', '.join(w for w in witnesses if w != party)} agree only if {found.words}"
    return [
        SensorFault(
            sensor_id=party,
            kind=kind,
            arrival_utc_ns=now_utc_ns,
            magnitude=found.magnitude,
            unit=_UNITS.get(kind, ""),
            reasons=(reason,),
        )
    ]


def _forget(state: RegistrationState, now_s: float, keep_s: float = 120.0) -> None:
    """Drop aircraft not heard for ``keep_s``, so that memory stays bounded."""
    stale = [key for key, held in state.claims.items() if not held.samples or now_s - held.samples[-1][0] > keep_s]
    for key in stale:
        del state.claims[key]
        state.claim_jitter_m.pop(key, None)


__all__ = [
    "REFERENCE_PARAMETERS",
    "RegistrationParams",
    "RegistrationState",
    "SensorRegistration",
    "correction",
    "init",
    "step",
]
