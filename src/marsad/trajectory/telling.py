"""What is said of a launch, when, and when it is taken back."""

from __future__ import annotations

import math

import msgspec
import numpy as np

from marsad.sensing.book import SensorBiases, SensorBook
from marsad.terms import (
    ImpactForecast,
    LaunchEstimate,
    Plot,
)
from marsad.trajectory.events import (
    Event,
    flying,
    is_misfire,
    world_with,
)
from marsad.trajectory.modes import (
    MISFIRE,
    Mode,
    World,
    is_wide,
    spread_modes,
    weights,
)
from marsad.trajectory.report import impact_forecast, launch_estimate
from marsad.trajectory.sites import forget as forget_launch
from marsad.trajectory.sites import settle, site_estimate, sited_launch
from marsad.trajectory.state import TrajectoryState

_UNKNOWN_FALSE = 1.0  # false plots a scan of a radar that does not say: the middle of the composed nights


def judge(state: TrajectoryState, event: Event) -> None:
    """Settle whether anything flew."""
    p = is_misfire(event, state.world)
    ended = bool(event.burnout_rows)
    if p > state.params.misfire_sure and ended:
        event.status = "misfire"
    elif p < 1.0 - state.params.flight_sure and not (event.plots == 2 and event.bearings == 0):
        event.status = "confirmed"
    elif event.status != "misfire":
        event.status = "tentative"
    event.stage = "published"


def existence(event: Event, world: World, book: SensorBook) -> float:
    """Probability that anything was launched, for what is not confirmed; 1 for what is.

    What cameras saw is a launch unless it never flew.  Two plots of a radar are one by how well a rocket explains both,
    against how often two false plots lie as if one did: that goes with the square of their number a scan, of which a
    birth's evidence knows half.  On composed nights 4 of 6 such were real with 0.3 false plots a scan, 1 of 5 with 1,
    none of 21 with 3; of those that fitted worse than 1.4 a measured value, none of 18.
    """
    if event.status != "tentative":
        return 1.0
    if event.plots == 0 or event.bearings > 0:
        return 1.0 - is_misfire(event, world)
    radars = {book.index[d.sensor_id] for d in event.detections.values() if isinstance(d, Plot)}
    false_plots = max(
        (_UNKNOWN_FALSE if (f := book.sensors[k].false_plots_per_scan) is None else f for k in radars),
        default=_UNKNOWN_FALSE,
    )
    misfit = min((m.fit.cost for m in event.modes), default=math.inf) / max(event.rows.count, 1)
    odds_false = 3.0 * max(false_plots, 0.1) ** 1.5 * math.exp(min(1.1 * (misfit - 1.0), 50.0))
    return 1.0 / (1.0 + odds_false)


def is_unfollowed(state: TrajectoryState, event: Event, book: SensorBook, now_s: float) -> bool:
    """Whether a launch told by a few plots alone was not seen again when it should have been."""
    if event.bearings or event.plots > 3 or event.plots == 0:
        return False
    plot = next(d for d in event.detections.values() if isinstance(d, Plot))
    k = book.index[plot.sensor_id]
    scans = state.params.scans_missed_cancel - (0.5 if event.plots == 2 else 0.0)
    return now_s - event.last_plot_s > state.latency_s[k] + scans / (book.sensors[k].rate_hz or 1.0)


def cancel(
    state: TrajectoryState,
    event: Event,
    book: SensorBook,
    now_utc_ns: int,
    launches: list[LaunchEstimate],
    impacts: list[ImpactForecast],
    reason: str = "not seen again",
) -> None:
    """Take back a launch that did not prove true."""
    event.status, event.stage = "cancelled", "ended"
    forget_launch(state.sites, event.event_id)
    if event.published_s > -math.inf:
        launches.append(launch_estimate(event, state.world, book, now_utc_ns, (reason,)))
        if event.impact_shown:
            impacts.append(
                ImpactForecast(event_id=event.event_id, outcome="cancelled", arrival_utc_ns=now_utc_ns, modes=())
            )


def say(
    state: TrajectoryState,
    event: Event,
    book: SensorBook,
    now_utc_ns: int,
    biases: SensorBiases,
    launches: list[LaunchEstimate],
    impacts: list[ImpactForecast],
) -> None:
    """Say where a launch came from and, where something flies, where it lands."""
    reasons = _reasons(event)
    event.published_s = book.seconds(now_utc_ns)
    launches.append(_at_site(state, event, _with_existence(state, event, book, now_utc_ns, reasons)))
    if event.status in ("confirmed", "tentative"):
        now_s = book.seconds(now_utc_ns)
        wide = _has_wide(state, event)
        one_camera = event.plots == 0 and len({d.sensor_id for d in event.detections.values()}) == 1
        if wide and one_camera and now_s - event.born_s < state.params.refit_s:
            return  # where it goes is so open yet that its next frames, a moment from now, are waited for
        if not wide or now_s - event.spread_s >= state.params.spread_s * max(1.0, float(state.young_count(now_s))):
            modes = _spread(state, event, biases) if wide else flying(event, state.world)
            event.spread_s = now_s if wide else event.spread_s
            impacts.append(
                impact_forecast(
                    event, modes, state.world, book, now_utc_ns, state.zones, state.site.origin, state.normal
                )
            )
            event.impact_shown = True
    elif event.impact_shown and event.status == "misfire":
        impacts.append(
            ImpactForecast(event_id=event.event_id, outcome="cancelled", arrival_utc_ns=now_utc_ns, modes=())
        )
        event.impact_shown = False


def _with_existence(
    state: TrajectoryState, event: Event, book: SensorBook, now_utc_ns: int, reasons: tuple[str, ...]
) -> LaunchEstimate:
    return msgspec.structs.replace(
        launch_estimate(event, state.world, book, now_utc_ns, reasons),
        existence_probability=existence(event, state.world, book),
    )


def _spread(state: TrajectoryState, event: Event, biases: SensorBiases) -> list[Mode]:
    """The event's flying modes, those with poorly known angles spread into several."""
    modes = flying(event, state.world)
    world, obs = world_with(event, state.world), event.rows.view()
    out: list[Mode] = []
    share = weights(modes) if modes else np.zeros(0)
    for m, w in zip(modes, share, strict=True):
        if w < state.params.least_spread_weight:
            out.append(m)
        else:
            out.extend(spread_modes(world, m, obs, event.reference, biases.mean, biases.sigma, float(w / share.max())))
    return out


def _has_wide(state: TrajectoryState, event: Event) -> bool:
    """Whether a mode that matters is too poorly known for one Gaussian; spreading it takes time."""
    world = world_with(event, state.world)
    share = weights(event.modes)
    return any(
        w >= state.params.least_spread_weight and is_wide(world, m)
        for m, w in zip(event.modes, share, strict=True)
        if world.hypotheses[m.hypothesis].name != MISFIRE
    )


def _at_site(state: TrajectoryState, event: Event, estimate: LaunchEstimate) -> LaunchEstimate:
    """The estimate with the launch site that it belongs to, and the place of that site by all its launches."""
    modes = event.modes if event.status == "misfire" else (flying(event, state.world) or event.modes)
    hypothesis = world_with(event, state.world).hypotheses[modes[0].hypothesis]
    launch = sited_launch(
        event.event_id,
        estimate.modes[0],
        modes[0].launch,
        modes[0].fit,
        is_independent=hypothesis.sibling is None,
    )
    event.site_id = settle(state.sites, launch)
    return msgspec.structs.replace(
        estimate, launch_site_id=event.site_id, site=site_estimate(state.sites, event.site_id)
    )


def _reasons(event: Event) -> tuple[str, ...]:
    out = []
    if event.flashes:
        out.append(f"{event.flashes} flash" + ("es" if event.flashes > 1 else ""))
    if event.bearings:
        out.append(f"{event.bearings} camera bearings")
    if event.plots:
        out.append(f"{event.plots} radar plots")
    if event.impulses:
        out.append(f"{event.impulses} bangs")
    return tuple(out)
