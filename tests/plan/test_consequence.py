"""What a threshold costs: the sums on made-up forecasts, and the whole way from a simulated rocket."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from typer.testing import CliRunner

from marsad.adapters.consequence_page import consequence_page
from marsad.adapters.scenario_file import read_scenario
from marsad.adapters.sites import read_site
from marsad.cli import build
from marsad.plan.consequence import Attack, Threat, consequence, decide, simulate_attacks
from marsad.samples import scenario_path
from marsad.sensing.site import Site, WarningPolicy
from warn.warn_kit import S, at, impact, risk, zones


@pytest.fixture(scope="module")
def plant() -> Site:
    return read_site(scenario_path("salvo-at-dusk").parent / "site.toml")


def site_of(plant: Site) -> Site:
    return replace(plant, zones=zones(3), policy=WarningPolicy(probability_on=0.1, wait_semi_major_m=600.0))


def attack(hit: tuple[str, ...], p_first: float, p_second: float, impact_s: float = 40.0) -> Attack:
    told = ((at(5), (), (impact("R", 5, risk("Z0", p_first, impact_s), risk("Z1", p_second, impact_s)),)),)
    return Attack(zones_hit=hit, impact_utc_ns=at(impact_s), launch_utc_ns=at(0), told=told)


def test_every_outcome_is_counted_as_what_it_is(plant: Site) -> None:
    site = site_of(plant)
    attacks = [
        attack(("Z0",), 0.5, 0.01),  # in time
        attack(("Z0",), 0.05, 0.01),  # missed at 0.1
        attack((), 0.3, 0.01),  # precautionary
        attack(("Z0", "Z1"), 0.3, 0.3, impact_s=12.0),  # both late: 7 s are fewer than 12
    ]
    row = consequence(site, attacks, 0.1, rockets_per_year=40.0)
    assert (row.in_time, row.missed, row.precautionary, row.late, row.zones_hit) == (1, 1, 1, 2, 4)
    assert row.alarms_per_year == pytest.approx(40.0 * 4 / 4)
    assert row.missed_per_year == pytest.approx(10.0)
    bolder = consequence(site, attacks, 0.02, rockets_per_year=40.0)
    assert (bolder.missed, bolder.in_time) == (0, 2)
    assert bolder.people_minutes_per_year > row.people_minutes_per_year


def test_people_minutes_are_people_times_the_alarms_length(plant: Site) -> None:
    site = site_of(plant)
    one = attack(("Z0",), 0.5, 0.0)
    ((begin, end),) = decide(site, one, site.policy).values()
    assert begin == at(5)
    assert at(40 + 90) <= end <= at(40 + 90 + 5)
    row = consequence(site, [one], 0.1, 1.0)
    assert row.people_minutes_per_rocket == pytest.approx((end - begin) / (60 * S))


def test_the_page_holds_both_languages_and_marks_the_present_threshold(plant: Site) -> None:
    site = site_of(plant)
    rows = [consequence(site, [attack(("Z0",), 0.5, 0.0)], p, 10.0) for p in (0.02, 0.1)]
    page = consequence_page("A <plant>", rows, 10.0, 0.1)
    assert "A &lt;plant&gt;" in page
    assert 'dir="rtl"' in page
    assert page.count('class="now"') == 2
    assert "عتبة الإنذار" in page


@pytest.mark.slow
def test_from_simulated_rockets_to_the_table(plant: Site) -> None:
    base = read_scenario(scenario_path("salvo-at-dusk"))
    threat = Threat(from_azimuth_deg=(20.0, 70.0), around_m=0.0)
    attacks = list(simulate_attacks(plant, base, threat, 2, np.random.default_rng(5)))
    again = list(simulate_attacks(plant, base, threat, 2, np.random.default_rng(5)))
    assert attacks == again, "the same seed gives the same attacks"
    assert all(a.told for a in attacks), "each was forecast"
    row = consequence(plant, attacks, 0.1, 1.0)
    assert row.zones_hit == row.in_time + row.late + row.missed


@pytest.mark.slow
def test_the_command_prints_a_row_a_threshold() -> None:
    where = scenario_path("salvo-at-dusk")
    told = CliRunner().invoke(
        build(),
        ["consequence", str(where.parent / "site.toml"), "--scenario", str(where), "--rockets", "1", "--json"],
    )
    assert told.exit_code == 0, told.output
    rows = [json.loads(line) for line in told.stdout.splitlines() if line.startswith("{")]
    assert [r["probability_on"] for r in rows] == [0.02, 0.05, 0.1, 0.2, 0.5]
