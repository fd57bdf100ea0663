"""A notebook session: ten lines from a bundled site to tables, maps and the comparison with the truth."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path
from xml.etree import ElementTree

import msgspec
import numpy as np
import pytest

import marsad as ms
from marsad.adapters.errors import BadInputError
from marsad.adapters.recording_text import recording_bytes
from marsad.api.compare import compare
from marsad.api.incident import Incident
from marsad.simulation import Run
from marsad.station.journal import Entry, SqliteJournal
from marsad.station.runner import encode_message
from marsad.terms import Message

LONG_ENOUGH_S = 80.0


@pytest.fixture(scope="module")
def site() -> ms.Site:
    return ms.samples.gas_plant()


@pytest.fixture(scope="module")
def run(site: ms.Site) -> Run:
    scenario = ms.samples.scenario("salvo-at-dusk")
    (salvo,) = scenario.rocket
    two = msgspec.structs.replace(salvo, count=2, interval_s=4.0)
    return ms.simulate(site, msgspec.structs.replace(scenario, duration_s=LONG_ENOUGH_S, rocket=[two]), seed=7)


@pytest.fixture(scope="module")
def incident(site: ms.Site, run: Run) -> Incident:
    return ms.watch(site, run)


def test_the_run_says_what_it_is(run: Run) -> None:
    assert re.match(r"<Run salvo-at-dusk: \d+ messages over 80 s; <Truth salvo-at-dusk: .*2 rocket>>", repr(run))


def test_a_bundled_night_a_file_and_a_scenario_are_the_same(site: ms.Site) -> None:
    by_name = ms.simulate(site, "quiet-evening", seed=1)
    assert by_name.messages == ms.simulate(site, ms.samples.scenario_path("quiet-evening"), seed=1).messages
    assert by_name.messages == ms.simulate(site, ms.samples.scenario("quiet-evening"), seed=1).messages


def test_an_unknown_night_is_said(site: ms.Site) -> None:
    with pytest.raises(ValueError, match=r"quiet-evening.*found 'nothing'"):
        ms.simulate(site, "nothing", seed=1)


def test_launches_are_found_with_spread_and_time(incident: Incident) -> None:
    assert len(incident.launches) == 2
    first = next(iter(incident.launches.values()))
    assert first.status == "confirmed"
    said = repr(first.launch_point)
    assert re.search(r"31\.\d{4}°N 42\.\d{4}°E, CEP \d+ m, 15:02:2[45]\.\dZ ± \d\.\d s", said)
    assert "impact point" in repr(first.impact_point)
    assert first.launch_point.cep_m > 0


def test_a_point_is_no_pair_of_numbers(incident: Incident) -> None:
    point = next(iter(incident.launches.values())).launch_point
    with pytest.raises(TypeError, match=r"\.position"):
        point[0]


def test_a_tracked_rocket_knows_its_launch_and_nothing_else_does(incident: Incident) -> None:
    rockets = [track for track in incident.tracks.values() if track.launch is not None]
    assert {track.launch.event_id for track in rockets if track.launch} == set(incident.launches)
    for track in rockets:
        assert "rocket" in {report.object_kind for report in track.reports}, "of one that is down the claim may lapse"
        assert repr(track.launch_point).startswith("<launch point of L")
    other = next(track for track in incident.tracks.values() if track.last.object_kind == "own_drone")
    assert "friend own_drone" in repr(other)
    with pytest.raises(LookupError, match="not a rocket"):
        _ = other.launch_point


def test_warnings_are_an_arrow_table(incident: Incident) -> None:
    import polars
    import pyarrow

    table = incident.warnings
    assert len(table) >= 1
    frame = table.to_polars()
    assert frame.columns == table.columns
    assert pyarrow.table(table).num_rows == len(table) == polars.DataFrame(table).height
    row = next(row for row in table if row["zone_id"] == "Z01")
    assert row["hazard"] == "rocket"
    assert row["lead_time_s"] > 20
    assert f"{row['first_alarm_utc']:%Y-%m-%d %H:%M}" == "2026-03-21 15:02"
    assert "Process plant" in repr(table)


def test_the_comparison_holds_the_incident_against_the_truth(incident: Incident, run: Run) -> None:
    comparison = incident.compare(run.truth)
    assert (comparison.missed_launches, comparison.false_launches) == (0, 0)
    for row in comparison.rockets:
        assert row["launch_error_m"] < 40
        assert row["launch_nees"] < 25
        assert row["first_said_s"] < 3
    assert {row["zone_id"] for row in comparison.zones} >= {"Z01"}
    assert "2 rockets, 0 missed, 0 false" in repr(comparison)
    assert "<table" in comparison._repr_html_()
    assert comparison.completeness > 0.8
    assert comparison.spuriousness < 0.1
    assert comparison.gospa_m < 800
    assert "complete" in repr(comparison)


def test_misses_false_launches_and_wrong_alarms_are_counted(incident: Incident, run: Run) -> None:
    nothing = dataclasses.replace(incident, launches={}, said=())
    assert compare(nothing, run.truth).missed_launches == 2
    struck = sum(len(zones) for zones in run.truth.zones_at_risk.values())
    assert compare(nothing, run.truth).zones_missed == struck > 0
    empty = dataclasses.replace(run.truth, bodies=(), zones_at_risk={})
    assert compare(dataclasses.replace(nothing, tracks={}), run.truth).completeness == 0.0
    false = compare(incident, empty)
    assert false.spuriousness == 1.0
    assert false.false_launches == 2
    assert false.zones_warned_wrongly == len(incident.warnings)
    assert false.false_alarms_per_hour == pytest.approx(len(incident.warnings) * 3600 / incident.duration_s)


def test_the_notebook_page_is_small_whole_and_still(incident: Incident) -> None:
    page = incident._repr_html_()
    assert len(page) < 60_000
    assert "<script" not in page
    svg = page[page.index("<svg") : page.index("</svg>") + 6]
    root = ElementTree.fromstring(svg)
    titles = [title.text or "" for title in root.iter("{http://www.w3.org/2000/svg}title")]
    assert any("Process plant (alarmed)" in title for title in titles)
    assert sum("launch point" in title for title in titles) == 2
    assert sum("impact point" in title for title in titles) == 2
    assert any("RD-1 (radar)" in title for title in titles)


def test_names_in_the_page_are_escaped(incident: Incident) -> None:
    page = dataclasses.replace(incident, name="<b>night</b>")._repr_html_()
    assert "<b>night</b>" not in page


def test_the_plot_gives_its_axes(incident: Incident) -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    axes = incident.plot()
    assert axes.get_xlabel() == "east of the site (km)"
    own = pyplot.figure().add_subplot()
    assert incident.plot(ax=own) is own
    assert len(own.patches) >= 10 + 4
    pyplot.close("all")


def test_places_speak_geojson(incident: Incident) -> None:
    content = json.loads(json.dumps(incident.__geo_interface__))
    kinds = [feature["properties"]["kind"] for feature in content["features"]]
    assert kinds.count("launch") == kinds.count("impact") == 2
    ring = content["features"][0]["geometry"]["coordinates"][0][0]
    assert ring[0] == ring[-1]


def test_the_representation_says_what_happened(incident: Incident) -> None:
    assert re.match(
        r"<Incident salvo-at-dusk: \d+ s, 2 launches, \d+ tracks, \d+ of 10 zones alarmed, 0 inputs", repr(incident)
    )


def test_progress_wraps_the_messages(site: ms.Site) -> None:
    seen: list[object] = []

    def progress(messages: object) -> object:
        for message in messages:  # type: ignore[attr-defined]
            seen.append(message)
            yield message

    night = msgspec.structs.replace(ms.samples.scenario("quiet-evening"), duration_s=5.0)
    run = ms.simulate(site, night, seed=1)
    ms.watch(site, run, progress=progress)  # type: ignore[arg-type]
    assert len(seen) == len(run.messages)


def test_an_opened_recording_gives_the_same_as_the_run_it_came_from(
    site: ms.Site, run: Run, incident: Incident, tmp_path: Path
) -> None:
    (tmp_path / "night.jsonl").write_bytes(recording_bytes(run.messages))
    recording = ms.open(tmp_path / "night.jsonl")
    again = ms.watch(site, recording)
    assert list(again.launches) == list(incident.launches)
    assert again.warnings.rows()[0]["first_alarm_utc"] is None
    for one, other in zip(again.launches.values(), incident.launches.values(), strict=True):
        assert one.launch_point.position.latitude_deg == pytest.approx(
            other.launch_point.position.latitude_deg, abs=1e-7
        )
        assert re.search(r"t = \d+\.\d s", repr(one.launch_point))


def test_a_stations_journal_is_opened_and_watched(site: ms.Site, run: Run, tmp_path: Path) -> None:
    begin = 1_774_105_320_000_000_000  # 2026-03-21T15:02:00Z
    journal = SqliteJournal(tmp_path / "night.marsad")
    for number, message in enumerate(run.messages):
        if message.arrival_utc_ns < 35e9:
            journal.append([Entry("message", number, 0, "test", encode_message(later(message, begin)))])
    journal.close()
    recording = ms.open(tmp_path / "night.marsad")
    assert len(recording.messages) == sum(message.arrival_utc_ns < 35e9 for message in run.messages)
    incident = ms.watch(site, recording)
    assert len(incident.launches) == 2
    assert re.search(r"15:02:2[45]\.\dZ", repr(next(iter(incident.launches.values())).launch_point))
    assert incident.duration_s == pytest.approx(35.0, abs=0.5)


def later(message: Message, by_ns: int) -> Message:
    """Move all times of a message on."""
    names = [name for name in ("arrival_utc_ns", "time_utc_ns", "onset_utc_ns") if hasattr(message, name)]
    return msgspec.structs.replace(message, **{name: getattr(message, name) + by_ns for name in names})


def test_a_site_is_read_by_its_path(tmp_path: Path) -> None:
    assert ms.read_site(ms.samples.GAS_PLANT).name == "Palm Valley gas plant"
    with pytest.raises(BadInputError, match="cannot be read"):
        ms.read_site(tmp_path / "none.toml")


def test_a_begin_without_zone_is_refused(site: ms.Site) -> None:
    night = msgspec.structs.replace(
        ms.samples.scenario("quiet-evening"), duration_s=1.0, begins_utc="2026-01-01T00:00:00"
    )
    with pytest.raises(ValueError, match="time zone"):
        ms.watch(site, ms.simulate(site, night, seed=1))


def test_half_of_all_draws_lie_within_the_circular_error_probable() -> None:
    from marsad.api.points import circular_error_probable_m

    rng = np.random.default_rng(5)
    for covariance in ((100.0, 0.0, 100.0), (900.0, 300.0, 200.0), (10000.0, 0.0, 1.0), (1e4, 9.99e3, 1e4)):
        a, b, c = covariance
        draws = rng.multivariate_normal([0, 0], [[a, b], [b, c]], 40_000)
        share = np.mean(np.hypot(*draws.T) < circular_error_probable_m(covariance))
        assert share == pytest.approx(0.5, abs=0.01)
    # a circle: r50 = s sqrt(2 ln 2)
    assert circular_error_probable_m((1.0, 0.0, 1.0)) == pytest.approx(np.sqrt(2 * np.log(2)), rel=1e-6)


def test_95_percent_ellipses_hold_95_percent() -> None:
    from marsad.api.points import semi_axes_m

    major, minor, azimuth = semi_axes_m((900.0, 300.0, 400.0))
    rng = np.random.default_rng(6)
    east, north = rng.multivariate_normal([0, 0], [[900, 300], [300, 400]], 40_000).T
    along = east * np.sin(azimuth) + north * np.cos(azimuth)
    across = east * np.cos(azimuth) - north * np.sin(azimuth)
    assert np.mean((along / major) ** 2 + (across / minor) ** 2 < 1) == pytest.approx(0.95, abs=0.005)
