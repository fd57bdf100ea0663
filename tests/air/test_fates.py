"""Whose plots a track took: a rocket's claim on it comes, and lapses."""

from __future__ import annotations

from collections import OrderedDict

import pytest

from marsad import identify
from marsad.air.fates import rocket_probability
from marsad.air.state import Known


def _known(plots: str, every_s: float = 1.0) -> Known:
    """A track whose plots came one a second: of launch ``a`` or ``b``, or of none (``.``)."""
    taken = OrderedDict(
        (f"p{k}", (every_s * k, None if who == "." else f"launch-{who}")) for k, who in enumerate(plots)
    )
    return Known(memory=identify.IdentityMemory(), first_en_m=(0.0, 0.0), plots=taken)


def _probability(plots: str, falling: float, now_s: float | None = None) -> float:
    return rocket_probability(_known(plots), falling, float(len(plots)) if now_s is None else now_s)[1]


def test_a_track_whose_plots_a_launch_claims_is_its_rocket() -> None:
    assert rocket_probability(_known("..aaaa"), 0.5, 6.0) == ("launch-a", pytest.approx(0.99, abs=0.02))
    assert _probability("aaaaaaaa", 0.9) > 0.999
    assert rocket_probability(_known("......"), 1.0, 6.0) == (None, 0.0)


def test_a_drone_that_a_rocket_flew_past_stays_what_it_is() -> None:
    assert _probability("....aa..", 0.0) < 0.01
    assert _probability("......aa", 0.0) < 0.01


def test_a_claim_lapses_with_the_plots_that_the_launch_does_not_claim() -> None:
    shares = [_probability("aaaaaaaa"[k:] + "." * k, 0.0) for k in range(8)]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] > 0.9
    assert shares[4] < 0.5
    assert shares[-1] < 0.01
    assert _probability("aaaa", 0.5, now_s=30.0) == 0.0, "the rocket has long been down"


def test_motion_counts_for_and_against() -> None:
    flown, unclear, thrown = (_probability("aa..", falling) for falling in (0.0, 0.5, 1.0))
    assert flown < unclear < thrown


def test_salvo_neighbours_that_share_a_tracks_plots_make_a_rocket_of_it_together() -> None:
    assert _probability("abababab", 0.5) > 0.99
