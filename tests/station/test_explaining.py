"""``marsad explain``: from the journal alone, across a restart, in both languages."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner

from marsad import warn
from marsad.adapters.errors import BadInputError
from marsad.cli import build
from marsad.pipeline import Outputs
from marsad.sensing.site import Site
from marsad.station.channels import Delivery
from marsad.station.core import StationCore
from marsad.station.explaining import read_story, tell_story
from marsad.station.journal import SqliteJournal
from marsad.station.runner import Pipeline
from marsad.terms import CorridorForecast, Geodetic, ImpactForecast, Message, PointMode, ZoneRisk
from station_kit import START_NS, small_site

S = 1_000_000_000


def forecast(now: int, zone_id: str, probability: float, began: int) -> ImpactForecast:
    at = began + 25 * S
    mode = PointMode(
        weight=1.0,
        position=Geodetic(latitude_rad=0.5, longitude_rad=0.5),
        covariance_en_m2=(150.0**2, 0.0, 80.0**2),
        time_utc_ns=at,
        time_sigma_s=1.0,
    )
    risk = ZoneRisk(
        zone_id=zone_id, probability=probability, time_q05_utc_ns=at - S, time_q50_utc_ns=at, time_q95_utc_ns=at + S
    )
    return ImpactForecast(event_id="R1", outcome="forecast", arrival_utc_ns=now, modes=(mode,), zone_risks=(risk,))


def forecasting(zone_id: str, began: int = START_NS) -> Pipeline:
    """A pipeline that forecasts an impact after three seconds and warns by the real engine."""

    def begin(site: Site) -> Any:
        return warn.init(site.zones, site.policy)

    def step(state: Any, batch: Sequence[Message]) -> tuple[Any, Outputs]:
        now = batch[-1].arrival_utc_ns
        due = (now - began) // S in (3, 6)
        impacts = (forecast(now, zone_id, 0.3 if now < began + 5 * S else 0.6, began),) if due else ()
        state, warnings = warn.step(state, warn.Evidence(now_utc_ns=now, impacts=impacts))
        return state, Outputs(impacts=impacts, warnings=warnings)

    return Pipeline(init=begin, step=step)


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """A night of one rocket; the station dies a second after the alarm and comes back."""
    path = tmp_path / "night.journal"
    site = small_site()
    zone_id = site.zones[0].zone_id
    for boot, seconds in (("first", range(5)), ("second", range(5, 200))):
        file = SqliteJournal(path)
        core = StationCore(site, forecasting(zone_id), file, station_id="s", boot_id=boot, settings={})
        core.boot(START_NS + seconds[0] * S)
        for second in seconds:
            processed = core.process([], START_NS + second * S)
            for warning in processed.outputs.warnings:
                delivery = Delivery(
                    channel_id="cap",
                    warning_id=warning.warning_id,
                    zone_id=zone_id,
                    message_type="Alert",
                    reference={"sender": "a", "identifier": "b", "sent": "c"},
                    delivered=warning.level != "remain",
                    detail="disk full" if warning.level == "remain" else "",
                    handed_over_s=0.01,
                )
                core.delivered("cap", msgspec.json.encode(delivery), START_NS + second * S)
        if boot == "second":
            core.close(START_NS + 200 * S)
        else:
            file.close()
    return path


def test_the_numbers_come_again_from_the_journal_and_have_the_decisions_hashes(journal: Path) -> None:
    zone_id = small_site().zones[0].zone_id
    story = read_story(journal, f"R1.{zone_id}")
    levels = [w.level for w in story.warnings]
    assert levels[0] == "take_shelter"
    assert levels[-2:] == ["remain", "all_clear"]
    assert all(inputs is not None for inputs in story.inputs), "every decision was computed again to its hash"


@pytest.mark.parametrize(
    "lang, words",
    [("en", ["take shelter", "30 %", "all clear", "Not told: cap: disk full"]), ("ar", ["احتموا", "زال الخطر"])],
)
def test_the_command_tells_the_alarm(journal: Path, lang: str, words: list[str]) -> None:
    zone_id = small_site().zones[0].zone_id
    told = CliRunner().invoke(build(), ["explain", f"R1.{zone_id}", "--journal", str(journal), "--lang", lang])
    assert told.exit_code == 0, told.output
    for word in words:
        assert word in told.output


def test_as_json(journal: Path) -> None:
    zone_id = small_site().zones[0].zone_id
    told = CliRunner().invoke(build(), ["explain", f"R1.{zone_id}", "--journal", str(journal), "--json"])
    found = json.loads(told.output)
    assert all(d["verified"] for d in found["decisions"])
    assert found["decisions"][0]["inputs"]["threats"][0]["probability"] == 0.3


def test_an_end_of_an_id_names_an_alarm_only_where_there_is_one(tmp_path: Path) -> None:
    path = tmp_path / "nights.journal"
    zone_id = small_site().zones[0].zone_id
    for night, boot in enumerate(("first", "second")):
        began = START_NS + night * 86_400 * S
        core = StationCore(
            small_site(), forecasting(zone_id, began), SqliteJournal(path), station_id="s", boot_id=boot, settings={}
        )
        core.boot(began)
        for second in range(10):
            core.process([], began + second * S)
        core.close(began + 10 * S)
    with pytest.raises(BadInputError, match="2 end so") as refused:
        read_story(path, f"R1.{zone_id}")
    first, second_id = str(refused.value).rsplit(": ", 1)[1].split(", ")
    assert first != second_id
    whole = read_story(path, second_id)
    assert {w.warning_id for w in whole.warnings} == {second_id}
    assert all(inputs is not None for inputs in whole.inputs), "every decision was computed again to its hash"


def test_an_unknown_alarm_names_those_there_are(journal: Path) -> None:
    with pytest.raises(BadInputError, match="-R1"):
        read_story(journal, "nonsense")


def drone_then_none(zone_id: str) -> Pipeline:
    """A pipeline with two drones: one is lost, then both turn out to be no threat."""

    def begin(site: Site) -> Any:
        return warn.init(site.zones, site.policy)

    def step(state: Any, batch: Sequence[Message]) -> tuple[Any, Outputs]:
        now = batch[-1].arrival_utc_ns
        second = (now - START_NS) // S
        at = START_NS + 60 * S
        risk = ZoneRisk(
            zone_id=zone_id, probability=0.9, time_q05_utc_ns=at - S, time_q50_utc_ns=at, time_q95_utc_ns=at + S
        )
        corridors = tuple(
            CorridorForecast(track_id=name, axis=((now, 0.5, 0.5, 100.0),), zone_risks=(risk,))
            for name in ("T1", "T2")
            if second == 3
        )
        lost, cleared = ("T1",) if second == 5 else (), ("T1", "T2") if second == 8 else ()
        evidence = warn.Evidence(now_utc_ns=now, corridors=corridors, lost_track_ids=lost, cleared_track_ids=cleared)
        state, warnings = warn.step(state, evidence)
        outputs = Outputs(corridors=corridors, warnings=warnings, lost_track_ids=lost, cleared_track_ids=cleared)
        return state, outputs

    return Pipeline(init=begin, step=step)


def test_an_alarm_that_a_rule_took_back_is_told_with_the_tracks_behind_it(tmp_path: Path) -> None:
    path = tmp_path / "night.journal"
    site = small_site()
    zone_id = site.zones[0].zone_id
    core = StationCore(site, drone_then_none(zone_id), SqliteJournal(path), station_id="s", boot_id="b", settings={})
    core.boot(START_NS)
    for second in range(15):
        core.process([], START_NS + second * S)
    core.close(START_NS + 20 * S)
    story = read_story(path, f"T1.{zone_id}")
    assert story.warnings[-1].rule == "event_taken_back"
    assert all(inputs is not None for inputs in story.inputs), "every decision was computed again to its hash"
    assert [(end.track_id, end.why, (at - START_NS) // S) for end, at in story.ends] == [
        ("T1", "lost", 5),
        ("T1", "cleared", 8),
        ("T2", "cleared", 8),
    ]
    english, arabic = tell_story(story, "en"), tell_story(story, "ar")
    assert "Track T1 was not seen any more from" in english
    assert "Track T2 turned out to be no threat at" in english
    assert "أن المسار T2 ليس تهديدًا" in arabic
    told = CliRunner().invoke(build(), ["replay", str(path), "--recorded"])
    assert told.exit_code == 0, told.output
    assert "lost       T1" in told.output
    assert "cleared    T2" in told.output
