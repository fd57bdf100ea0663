"""The bundled nights come out as they are told, from the sensors' messages alone."""

from __future__ import annotations

import pytest

import marsad as ms


@pytest.mark.slow
def test_on_a_quiet_evening_nobody_is_warned() -> None:
    site = ms.samples.gas_plant()
    run = ms.simulate(site, "quiet-evening", seed=1)
    incident = ms.watch(site, run)
    assert (incident.launches, len(incident.warnings), len(incident.faults)) == ({}, 0, 0)
    # one aircraft says nothing of itself: it flies through, and is not taken for hostile for being silent
    affiliations = {track.last.affiliation for track in incident.tracks.values()}
    assert affiliations <= {"friend", "assumed_friend", "neutral", "unknown"}
    assert incident.compare(run.truth).completeness > 0.9


@pytest.mark.slow
def test_a_misfire_a_storm_of_flashes_a_wrong_clock_and_one_rocket_that_flies_away() -> None:
    site = ms.samples.gas_plant()
    run = ms.simulate(site, "misfire-and-storm", seed=1)
    incident = ms.watch(site, run)
    assert [one.status for one in incident.launches.values()] == ["misfire", "confirmed"]
    assert [(row["sensor_id"], row["kind"]) for row in incident.faults] == [("RD-1", "clock")]
    assert incident.faults.rows()[0]["magnitude"] == pytest.approx(2.0, abs=0.1)
    assert len(incident.warnings) == 0
    comparison = incident.compare(run.truth)
    assert (comparison.missed_launches, comparison.false_launches) == (0, 0)
    assert comparison.rockets.rows()[0]["impact_error_m"] < 200
