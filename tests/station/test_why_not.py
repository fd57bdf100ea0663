"""Why a zone was not alarmed: told from the journal with the numbers that the forecasts gave."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from marsad.adapters.errors import BadInputError
from marsad.cli import build
from marsad.sensing.site import Site
from marsad.station.journal import Entry, SqliteJournal
from marsad.station.snapshot import encode_site
from marsad.station.why_not import read_zone_story, tell_why_not
from marsad.terms import CorridorForecast, ImpactForecast, Watch, ZoneRisk, ZoneWatch
from outlet_kit import message
from station_kit import small_site

T = 1_800_000_000_000_000_000
S = 1_000_000_000


def risk(probability: float, zone_id: str = "tanks") -> ZoneRisk:
    return ZoneRisk(
        zone_id=zone_id, probability=probability, time_q05_utc_ns=T, time_q50_utc_ns=T + S, time_q95_utc_ns=T + 2 * S
    )


def impact(event_id: str, probability: float, outcome: str = "forecast") -> ImpactForecast:
    return ImpactForecast(
        event_id=event_id, outcome=outcome, arrival_utc_ns=T, modes=(), zone_risks=(risk(probability),)
    )


def corridor(probability: float) -> CorridorForecast:
    return CorridorForecast(track_id="T9", zone_risks=(risk(probability),))


def journal(path: Path, *said: tuple[float, object], site: Site | None = None) -> Path:
    """Write a journal of decisions at seconds after T."""
    kept = SqliteJournal(path)
    kept.append([Entry(kind="site", batch=0, utc_ns=T, source="site", payload=encode_site(site or small_site()))])
    sources = {ImpactForecast: "impact", CorridorForecast: "corridor", Watch: "watch"}
    for second, decision in said:
        payload = msgspec.json.encode(decision)
        source = sources.get(type(decision), "warning")
        kept.append([Entry(kind="decision", batch=1, utc_ns=T + round(second * S), source=source, payload=payload)])
    kept.close()
    return path


def test_each_threat_is_told_at_its_greatest_and_all_together(tmp_path: Path) -> None:
    path = journal(
        tmp_path / "j",
        (1, impact("L1", 0.03)), (2, impact("L2", 0.05)), (3, impact("L1", 0.01)), (4, corridor(0.08)),
        (5, impact("L2", 0.9, "cancelled")),
    )  # fmt: skip
    story = read_zone_story(path, "tanks")
    assert {m.event_id: (m.kind, m.probability) for m in story.menaces.values()} == {
        "L1": ("rocket", 0.03),
        "L2": ("rocket", 0.05),
        "T9": ("drone", 0.08),
    }
    assert story.together["rocket"][0] == pytest.approx(1 - 0.97 * 0.95)
    assert not story.was_alarmed
    text = tell_why_not(story, "en")
    assert "Tank farm & pumps (tanks)" in text
    assert "not alarmed" in text
    assert "All rockets together: at most 7." in text
    assert text.count("below the threshold") == 2
    assert "No level above clear was told." in text


def test_the_factors_of_what_is_not_certain_are_told(tmp_path: Path) -> None:
    doubted = msgspec.structs.replace(corridor(0.08), existence_probability=0.8, threat_probability=0.4)
    text = tell_why_not(read_zone_story(journal(tmp_path / "j", (4, doubted)), "tanks"), "en")
    assert "80 % that it is there, times 40 % that it comes to attack, times 25 % that it then reaches the zone" in text
    certain = tell_why_not(read_zone_story(journal(tmp_path / "k", (1, impact("L1", 0.03))), "tanks"), "en")
    assert "times" not in certain


def test_a_zones_own_threshold_counts(tmp_path: Path) -> None:
    site = small_site()
    zones = tuple(msgspec.structs.replace(zone, probability_on=0.02) for zone in site.zones)
    path = journal(tmp_path / "j", (1, impact("L1", 0.03)), site=replace(site, zones=zones))
    story = read_zone_story(path, "tanks")
    assert story.threshold == {"rocket": 0.02, "drone": 0.15}
    assert "awaited a better forecast" in tell_why_not(story, "en")


def test_only_the_half_hour_before_the_moment_is_told(tmp_path: Path) -> None:
    path = journal(tmp_path / "j", (0, impact("old", 0.04)), (1900, impact("new", 0.02)), (2000, impact("later", 0.03)))
    assert set(read_zone_story(path, "tanks", T + 1950 * S).menaces) == {"new"}


def test_a_zone_that_was_alarmed_says_so_and_names_the_alarm(tmp_path: Path) -> None:
    path = journal(
        tmp_path / "j", (1, message("watch").warning), (2, message().warning), (9, message("remain").warning)
    )
    text = tell_why_not(read_zone_story(path, "camp"), "ar")
    assert "أُنذرت" in text
    assert "incident-R1.camp" in text


def watch(**since_s: float) -> Watch:
    zone = ZoneWatch(zone_id="tanks", since_utc_ns={k: T + round(s * S) for k, s in since_s.items()})
    return Watch(arrival_utc_ns=T, zones=(zone,))


def test_it_is_told_when_nobody_would_have_seen_a_danger(tmp_path: Path) -> None:
    path = journal(
        tmp_path / "j",
        (0, watch()), (2, watch(rocket=2.0)), (100, watch()), (160, watch(rocket=160.0)), (200, impact("L1", 0.0)),
    )  # fmt: skip
    story = read_zone_story(path, "tanks")
    assert story.unwatched == {
        "rocket": [(T, T + 2 * S), (T + 100 * S, T + 160 * S)],
        "drone": [(T, T + 200 * S)],
    }
    assert "Nobody watched it for drones" in tell_why_not(story, "en")
    later = read_zone_story(path, "tanks", T + 9000 * S)
    assert later.unwatched == {"drone": [(T + 7200 * S, T + 9000 * S)]}


def test_the_command_tells_it_and_names_the_zones_there_are(tmp_path: Path) -> None:
    path = journal(tmp_path / "j", (1, impact("L1", 0.0)))
    told = CliRunner().invoke(build(), ["explain", "tanks", "--zone", "--journal", str(path)])
    assert told.exit_code == 0
    assert "No forecast (1 in that time)" in told.output
    with pytest.raises(BadInputError, match="it has camp, tanks"):
        read_zone_story(path, "nowhere")
