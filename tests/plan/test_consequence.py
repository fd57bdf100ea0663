"""What a threshold costs: the sums on made-up forecasts, and the whole way from a simulated rocket."""

from __future__ import annotations

import json
from dataclasses import replace

import msgspec
import numpy as np
import pytest
from typer.testing import CliRunner

from marsad.adapters.consequence_page import consequence_page
from marsad.adapters.scenario_file import read_scenario
from marsad.adapters.sites import read_site
from marsad.cli import build
from marsad.plan.attacks import Attack, Threat, simulate_attacks
from marsad.plan.consequence import consequence, decide
from marsad.samples import scenario_path
from marsad.sensing.site import Site, WarningPolicy
from marsad.warn import Evidence
from warn.warn_kit import S, at, drone, impact, risk, zones


@pytest.fixture(scope="module")
def plant() -> Site:
    return read_site(scenario_path("salvo-at-dusk").parent / "site.toml")


def site_of(plant: Site) -> Site:
    return replace(plant, zones=zones(3), policy=WarningPolicy(probability_on=0.1, wait_semi_major_m=600.0))


def attack(hit: tuple[str, ...], p_first: float, p_second: float, impact_s: float = 40.0) -> Attack:
    seen = impact("R", 5, risk("Z0", p_first, impact_s), risk("Z1", p_second, impact_s))
    told = (Evidence(now_utc_ns=at(5), impacts=(seen,)),)
    return Attack(kind="rocket", zones_hit=hit, impact_utc_ns=at(impact_s), told=told)


def test_every_outcome_is_counted_as_what_it_is(plant: Site) -> None:
    site = site_of(plant)
    attacks = [
        attack(("Z0",), 0.5, 0.01),  # in time
        attack(("Z0",), 0.05, 0.01),  # missed at 0.1
        attack((), 0.3, 0.01),  # precautionary
        attack(("Z0", "Z1"), 0.3, 0.3, impact_s=12.0),  # both late: 7 s are fewer than 12
    ]
    (row,) = consequence(site, attacks, 0.1, 40.0)
    assert (row.in_time, row.missed, row.precautionary, row.late, row.zones_hit) == (1, 1, 1, 2, 4)
    assert row.alarms_per_year == pytest.approx(40.0 * 4 / 4)
    assert row.missed_per_year == pytest.approx(10.0)
    (bolder,) = consequence(site, attacks, 0.02, 40.0)
    assert (bolder.missed, bolder.in_time) == (0, 2)
    assert bolder.people_minutes_per_year > row.people_minutes_per_year


def test_people_minutes_are_people_times_the_alarms_length(plant: Site) -> None:
    site = site_of(plant)
    one = attack(("Z0",), 0.5, 0.0)
    ((begin, end),) = decide(site.zones, one, site.policy).alarms.values()
    assert begin == at(5)
    assert at(40 + 90) <= end <= at(40 + 90 + 5)
    (row,) = consequence(site, [one], 0.1, 1.0)
    assert row.people_minutes_per_attack == pytest.approx((end - begin) / (60 * S))


def test_the_page_holds_both_languages_and_marks_the_present_threshold(plant: Site) -> None:
    site = site_of(plant)
    site = replace(site, name="A <plant>")
    rows = [consequence(site, [attack(("Z0",), 0.5, 0.0)], p, 10.0)[0] for p in (0.02, None)]
    circling = [one_drone(0.2)]
    page = consequence_page(
        site, [rows, consequence(site, circling, 0.1, 7.0, by_zone=True)], {"rocket": 10.0, "drone": 7.0}
    )
    assert "A &lt;plant&gt;" in page
    assert "المسيّرات" in page
    assert page.count("<td>zone 2</td>") == 2, "a row a zone in each language"
    assert 'dir="rtl"' in page
    assert page.count('class="now"') == 2
    assert "عتبة الإنذار" in page


def one_drone(probability: float) -> Attack:
    """A drone that nears Z0 for twenty seconds and comes down on it."""
    told = tuple(
        Evidence(now_utc_ns=at(s), corridors=(drone("D", risk("Z0", probability, 40), risk("Z1", 0.01, 45)),))
        for s in range(20, 40)
    )
    return Attack(kind="drone", zones_hit=("Z0",), impact_utc_ns=at(40), told=told)


def test_drones_are_counted_under_their_own_threshold(plant: Site) -> None:
    site = site_of(plant)
    (row,) = consequence(site, [one_drone(0.2)], 0.1, 5.0)
    assert (row.hazard, row.in_time, row.precautionary, row.alarms_per_year) == ("drone", 1, 0, 5.0)
    (rocket_only,) = consequence(replace(site, policy=WarningPolicy(probability_on=0.01)), [one_drone(0.2)], 0.3, 5.0)
    assert (rocket_only.in_time, rocket_only.missed) == (0, 1), "the threshold of rockets says nothing of drones"


def test_a_zones_own_threshold_stands_in_the_row_of_what_the_site_has(plant: Site) -> None:
    site = site_of(plant)
    careful = msgspec.structs.replace(site.zones[0], probability_on=0.03)
    site = replace(site, zones=(careful, *site.zones[1:]))
    attacks = [attack(("Z0", "Z1"), 0.05, 0.05)]
    whole, first, second, _ = consequence(site, attacks, None, 10.0, by_zone=True)
    assert (whole.zones_hit, whole.in_time, whole.missed, whole.present) == (2, 1, 1, True)
    assert (first.zone_id, first.probability_on, first.in_time, first.missed) == ("Z0", 0.03, 1, 0)
    assert (second.zone_id, second.probability_on, second.in_time, second.missed) == ("Z1", 0.1, 0, 1)
    (over_all,) = consequence(site, attacks, 0.1, 10.0)
    assert over_all.missed == 2, "a row of one threshold sets it for every zone"


@pytest.mark.slow
def test_from_simulated_rockets_to_the_table(plant: Site) -> None:
    base = read_scenario(scenario_path("salvo-at-dusk"))
    threat = Threat(from_azimuth_deg=(20.0, 70.0), around_m=0.0)
    attacks = list(simulate_attacks(plant, base, threat, 2, np.random.default_rng(5)))
    again = next(iter(simulate_attacks(plant, base, threat, 2, np.random.default_rng(5))))
    assert attacks[0] == again, "the same seed gives the same attacks"
    assert all(a.told for a in attacks), "each was forecast"
    (row,) = consequence(plant, attacks, 0.1, 1.0)
    assert row.zones_hit == row.in_time + row.late + row.missed


@pytest.mark.slow
def test_from_a_simulated_drone_to_the_table(plant: Site) -> None:
    base = read_scenario(scenario_path("salvo-at-dusk"))
    threat = Threat(from_azimuth_deg=(50.0, 70.0), around_m=0.0, drone_from_m=9000.0, drone_speed_ms=(50.0, 55.0))
    (one,) = simulate_attacks(plant, base, threat, 1, np.random.default_rng(5), "drone")
    assert one.kind == "drone"
    assert one.zones_hit, "aimed at a zone's middle"
    (row,) = consequence(plant, [one], 0.05, 1.0)
    assert row.in_time + row.late == row.zones_hit, "alarmed before it came down"


@pytest.mark.slow
def test_the_command_prints_a_row_a_threshold() -> None:
    where = scenario_path("salvo-at-dusk")
    told = CliRunner().invoke(
        build(),
        [
            "consequence",
            str(where.parent / "site.toml"),
            "--scenario",
            str(where),
            "--rockets",
            "1",
            "--drones",
            "1",
            "--json",
        ],
    )
    assert told.exit_code == 0, told.output
    rows = [json.loads(line) for line in told.stdout.splitlines() if line.startswith("{")]
    told_of = {kind: [r["probability_on"] for r in rows if r["hazard"] == kind] for kind in ("rocket", "drone")}
    assert told_of == {"rocket": [0.02, 0.05, 0.1, 0.2, 0.5], "drone": [0.05, 0.1, 0.15, 0.3, 0.5]}
    assert [r["probability_on"] for r in rows if r["present"]] == [0.1, 0.15]
