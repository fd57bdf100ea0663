"""Nights on which protection is compared: as they come, with sensors in trouble, with false claims, and overloaded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import groupby

import numpy as np

from marsad import pipeline
from marsad.adapters.feed import Step, with_ticks
from marsad.geo.frames import geodetic_from_ecef
from marsad.pipeline import PipelineParams
from marsad.simulation import ComposedNight, Run, compose
from marsad.terms import CooperativeReport, Geodetic, Message
from monotone import drones, overload
from monotone.alarms import Alarm, alarms, gaps

SEED = 4100
"""Of the first place; five nights are at one place, since a place costs a second to make."""


def load_of(number: int) -> str | None:
    """How a night is overloaded: one in ten is."""
    return overload.OVERLOADS[number // 10 % len(overload.OVERLOADS)] if number % 10 == 4 else None


def is_full_of_drones(number: int) -> bool:
    """One in ten is, with a sensor in trouble and claims."""
    return number % 10 == 7


@cache
def night(number: int) -> ComposedNight:
    """One night: every third of the others with a sensor in trouble, the rest as they come."""
    if load_of(number):
        return overload.busy(SEED + number // 5)
    if is_full_of_drones(number):
        return drones.full_of_drones(SEED + number // 5, number // 10)
    return compose(SEED + number // 5, number % 5, "trouble" if number % 3 == 0 else None)


def messages(night: ComposedNight, number: int) -> tuple[Message, ...]:
    """What arrives, without any load; every other night each hostile drone claims, unlisted, to be an honest one."""
    run = night.run()
    if is_full_of_drones(number):
        return drones.with_claims(night, run, number // 10)
    return _with_claims(run) if number % 2 else run.messages


def less(
    number: int, tonight: ComposedNight, arrived: Sequence[Message]
) -> tuple[list[Step], list[Alarm], list[Alarm]]:
    """A night as the product takes it, what the plain rows alarm, and where the product alarms less."""
    plain = alarms(as_plain_rows(tonight, arrived))
    load = load_of(number)
    if load is None:
        product = as_product(tonight, arrived)
        return product, plain, gaps(alarms(product), plain)
    loaded = overload.with_load(tonight, load, arrived)
    product = as_product(tonight, loaded)
    found = gaps(alarms(product), plain)
    if found:  # the plain rows of such a load cost as much again as all else: they are asked only where it matters
        found = gaps(alarms(product), overload.also(plain, alarms(as_plain_rows(tonight, loaded))))
    return product, plain, found


def _with_claims(run: Run) -> tuple[Message, ...]:
    """The hostile drones' own Remote ID, once a second, true to the metre."""
    claims: list[Message] = []
    for body in run.truth.bodies:
        if body.kind != "hostile_drone":
            continue
        for time_s in np.arange(max(body.path.begin_s, 0.0), body.path.end_s):
            latitude, longitude, height_m = geodetic_from_ecef(*body.path.at(float(time_s))[0])
            claims.append(
                CooperativeReport(
                    arrival_utc_ns=round((time_s + 0.2) * 1e9),
                    time_utc_ns=round(time_s * 1e9),
                    sensor_id="",
                    transponder_id=f"RID-{body.object_id}",
                    position=Geodetic(latitude_rad=latitude, longitude_rad=longitude, height_m=height_m),
                    position_sigma_m=5.0,
                    source="remote_id",
                )
            )
    return tuple(sorted((*run.messages, *claims), key=lambda one: one.arrival_utc_ns))


def as_product(night: ComposedNight, arrived: Sequence[Message]) -> list[Step]:
    """The night as the product takes it."""
    return list(_steps(night, arrived, PipelineParams()))


def as_plain_rows(night: ComposedNight, arrived: Sequence[Message]) -> list[Step]:
    """The same estimator and policy on every row at its stated errors: no finding, no claim but of listed friends."""
    listed = {*night.site.own_transponder_ids, *night.site.friendly_transponder_ids}
    plain = [m for m in arrived if not isinstance(m, CooperativeReport) or m.transponder_id in listed]
    return list(_steps(night, plain, PipelineParams.plain()))


def _steps(night: ComposedNight, arrived: Sequence[Message], params: PipelineParams) -> Iterator[Step]:
    """What arrives at one time is one batch."""
    state = pipeline.init(night.site, params)
    for arrival_utc_ns, together in groupby(with_ticks(arrived), key=lambda one: one.arrival_utc_ns):
        batch = tuple(together)
        state, outputs = pipeline.step(state, batch)
        yield Step(batch[-1], arrival_utc_ns / 1e9, 0.0, outputs)
