"""Nights on which protection is compared: as they come, with sensors in trouble, and with false claims."""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from functools import cache

import numpy as np

from marsad.adapters.feed import Step, feed
from marsad.geo.frames import geodetic_from_ecef
from marsad.pipeline import PipelineParams
from marsad.simulation import ComposedNight, Run, compose
from marsad.terms import CooperativeReport, Geodetic, Message

SEED = 4100
"""Of the first place; five nights are at one place, since a place costs a second to make."""


@cache
def night(number: int) -> ComposedNight:
    """One night: every third with a sensor in trouble, the others as they come."""
    return compose(SEED + number // 5, number % 5, "trouble" if number % 3 == 0 else None)


def messages(night: ComposedNight, number: int) -> tuple[Message, ...]:
    """What arrives; every other night each hostile drone claims, unlisted, to be an honest one."""
    run = night.run()
    return _with_claims(run) if number % 2 else run.messages


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
    return list(feed(night.site, arrived))


def as_far_as(arrived: Sequence[Message], until_s: float) -> Sequence[Message]:
    """What arrives up to a time, with the one message after it: the timer then ticks past that time too."""
    after = bisect.bisect_right(arrived, until_s, key=lambda one: one.arrival_utc_ns * 1e-9)
    return arrived[: after + 1]


def as_plain_rows(night: ComposedNight, arrived: Sequence[Message]) -> list[Step]:
    """The same estimator and policy on every row at its stated errors: no finding, no claim but of listed friends."""
    listed = {*night.site.own_transponder_ids, *night.site.friendly_transponder_ids}
    plain = [m for m in arrived if not isinstance(m, CooperativeReport) or m.transponder_id in listed]
    return list(feed(night.site, plain, params=PipelineParams.plain()))
