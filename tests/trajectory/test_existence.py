"""How likely is what is not confirmed any launch at all?"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

import msgspec
import pytest

from marsad.terms import CooperativeReport, LaunchEstimate, Message, Plot
from trajectory.nights import ROCKET, launches, night, site_with, told


def _first_words(messages: Iterable[Message], false_plots: float) -> LaunchEstimate:
    """The first word on the only launch of a radar's night, the site saying how many false plots it makes."""
    site = site_with("radar")
    radars = tuple(msgspec.structs.replace(radar, false_plots_per_scan=false_plots) for radar in site.sensors)
    ((first, *_),) = launches(told(dataclasses.replace(site, sensors=radars), messages)).values()
    return first


@pytest.fixture(scope="module")
def rocket() -> list[Message]:
    """A rocket's first plots, without any false one."""
    run = night(site_with("radar"), ROCKET, duration_s=10.0)
    return [m for m in run.messages if not isinstance(m, Plot) or m.detection_id in run.truth.labels]


def test_two_plots_are_a_launch_the_less_likely_the_more_false_ones_the_radar_makes(rocket: list[Message]) -> None:
    quiet, busy = (_first_words(rocket, f) for f in (0.1, 3.0))
    assert quiet.status == busy.status == "tentative"
    assert quiet.existence_probability > 0.5
    assert 0.0 < busy.existence_probability < 0.2


def test_a_claim_that_would_explain_everything_stops_no_launch(rocket: list[Message]) -> None:
    plots = [m for m in rocket if isinstance(m, Plot)]
    wide = [
        CooperativeReport(
            sensor_id="",
            transponder_id="X",
            time_utc_ns=m.time_utc_ns,
            arrival_utc_ns=m.arrival_utc_ns - 1,
            position=site_with("radar").origin,
            velocity_enu_ms=(0.0, 0.0, 0.0),
            position_sigma_m=1e6,
        )
        for m in plots
    ]
    with_claims = sorted([*rocket, *wide], key=lambda m: m.arrival_utc_ns)
    assert _first_words(with_claims, 0.1) == _first_words(rocket, 0.1)
