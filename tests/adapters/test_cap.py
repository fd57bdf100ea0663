from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest
from lxml import etree

from marsad.adapters import cap, cot
from marsad.station.channels import Chains
from marsad.terms import ZoneWarning
from marsad.terms.warnings import UNWATCHED
from station_kit import START_NS, small_site

NS = {"c": cap.NAMESPACE}
SITE = small_site()
CAMP, TANKS = SITE.zones
LEVELS = ["watch", "prepare", "take_shelter", "remain", "all_clear", "clear"]


def warning(level: str = "take_shelter", action: str = "alert", **changes: object) -> ZoneWarning:
    base = ZoneWarning(
        warning_id="I 7<a>,b&.camp",
        incident_id="I 7",
        zone_id="camp",
        level=level,  # type: ignore[arg-type]
        action=action,  # type: ignore[arg-type]
        hazard="rocket",
        arrival_utc_ns=START_NS,
        expires_utc_ns=START_NS + 600_000_000_000,
        probability=0.42,
        impact_q05_utc_ns=START_NS + 14_000_000_000,
        impact_q50_utc_ns=START_NS + 16_000_000_000,
        impact_q95_utc_ns=START_NS + 19_000_000_000,
        event_ids=("E1",),
        rule="rocket.shelter",
        inputs_hash="ab" * 32,
    )
    return msgspec.structs.replace(base, **changes)


@pytest.fixture(scope="module")
def schema(shared: Path) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(shared / "data" / "cap" / "CAP-v1.2.xsd"))


def chain_of(*warnings: ZoneWarning, zone: object = CAMP) -> list[etree._Element]:
    chains = Chains("marsad@hill, site", SITE.name)
    return [
        etree.fromstring(chains.extend(w, zone, START_NS + i * 5_000_000_000).xml)  # type: ignore[arg-type]
        for i, w in enumerate(warnings)
    ]


def text(root: etree._Element, path: str) -> str:
    return str(root.findtext(path, namespaces=NS))


@pytest.mark.parametrize("zone", [CAMP, TANKS], ids=["circle", "polygon"])
@pytest.mark.parametrize("hazard", ["rocket", "drone", "unknown"])
@pytest.mark.parametrize("exercise", [False, True])
def test_every_message_is_valid(schema: etree.XMLSchema, zone: object, hazard: str, exercise: bool) -> None:
    for level in LEVELS:
        roots = chain_of(
            warning(level, hazard=hazard, exercise=exercise),
            warning("remain", "update", hazard=hazard, exercise=exercise, note="still in danger"),
            warning("clear", "cancel", hazard=hazard, exercise=exercise, impact_q05_utc_ns=None),
            zone=zone,
        )
        for root in roots:
            schema.assertValid(root)


def test_the_schema_would_refuse_a_time_with_z(schema: etree.XMLSchema) -> None:
    (root,) = chain_of(warning())
    sent = root.find("c:sent", NS)
    assert sent is not None
    sent.text = str(sent.text).replace("-00:00", "Z")
    assert not schema.validate(root)


def test_times_are_written_without_z() -> None:
    (root,) = chain_of(warning())
    times = [e.text for e in root.iter() if e.tag.rpartition("}")[2] in ("sent", "effective", "onset", "expires")]
    assert len(times) == 7
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d-00:00", str(t)) for t in times)


def test_a_chain_names_all_that_came_before_and_never_forks() -> None:
    roots = chain_of(
        warning(), warning("remain", "update"), warning("all_clear", "all_clear"), warning("clear", "cancel")
    )
    assert [text(r, "c:msgType") for r in roots] == ["Alert", "Update", "Update", "Cancel"]
    names = [f"{text(r, 'c:sender')},{text(r, 'c:identifier')},{text(r, 'c:sent')}" for r in roots]
    assert len(set(names)) == 4
    for i, root in enumerate(roots):
        references = root.findtext("c:references", namespaces=NS)
        assert (references or "").split() == names[:i]


def test_a_restored_chain_goes_on_where_it_was() -> None:
    before, after = Chains("s", "x"), Chains("s", "x")
    first = before.extend(warning(), CAMP, START_NS)
    after.restore(first.warning.warning_id, first.cap.reference())
    second = after.extend(warning("remain", "update"), CAMP, START_NS + 1)
    assert second.cap.message_type == "Update"
    assert second.cap.references == (first.cap.reference(),)
    assert second.cap.identifier != first.cap.identifier


def test_identifiers_hold_nothing_that_cap_forbids() -> None:
    (root,) = chain_of(warning())
    for name in ("identifier", "sender", "incidents"):
        assert not re.search(r"[\s,<&]", text(root, f"c:{name}"))


def test_the_event_is_certain_and_the_impact_a_parameter() -> None:
    (root,) = chain_of(warning())
    assert {e.text for e in root.findall(".//c:certainty", NS)} == {"Observed"}
    assert {e.text for e in root.findall(".//c:urgency", NS)} == {"Immediate"}
    parameters = {text(p, "c:valueName"): text(p, "c:value") for p in root.findall(".//c:parameter", NS)}
    assert parameters["marsad:impactProbability"] == "0.420"
    assert parameters["marsad:secondsToImpact:q05"] == "14.0"


def test_both_languages_are_there_with_equal_codes() -> None:
    (root,) = chain_of(warning())
    arabic, english = root.findall("c:info", NS)
    assert (text(arabic, "c:language"), text(english, "c:language")) == ("ar", "en")
    for name in ("category", "responseType", "urgency", "severity", "certainty", "expires"):
        assert text(arabic, f"c:{name}") == text(english, f"c:{name}")
    assert "المخيم" in text(arabic, "c:headline")
    assert text(english, "c:headline") == "Camp: TAKE SHELTER NOW"
    assert re.search("[\u0600-\u06ff]", text(arabic, "c:instruction"))


def test_polygons_are_closed_and_latitude_comes_first() -> None:
    (root,) = chain_of(warning(), zone=TANKS)
    points = text(root, ".//c:polygon").split()
    assert points[0] == points[-1]
    assert len(points) == 5
    assert points[0].startswith("30.02")


def test_an_exercise_is_marked_and_says_so() -> None:
    (root,) = chain_of(warning(exercise=True))
    assert text(root, "c:status") == "Exercise"
    assert all("EXERCISE" in str(h.text) or "تمرين" in str(h.text) for h in root.findall(".//c:headline", NS))


@pytest.mark.parametrize(
    ("about", "english", "arabic"), [("hazard", "named wrongly", "الخطأ"), ("late", "came late", "متأخر")]
)
def test_a_correction_is_an_update_that_says_what_was_wrong(
    schema: etree.XMLSchema, about: str, english: str, arabic: str
) -> None:
    _, root = chain_of(warning(), warning(action="update", note=f"correction_{about}", hazard="drone"))
    assert schema.validate(root), schema.error_log
    assert (text(root, "c:msgType"), text(root, "c:info/c:responseType")) == ("Update", "Shelter")
    ar, en = root.findall("c:info", NS)
    assert text(en, "c:headline").startswith("CORRECTION: ")
    assert text(ar, "c:headline").startswith("تصحيح: ")
    assert english in text(en, "c:description")
    assert "drone" in text(en, "c:description")
    assert arabic in text(ar, "c:description")


@pytest.mark.parametrize(("clock_off_s", "longer_s"), [(0.0, 0), (70.0, 0), (-3600.0, 3600)])
def test_where_the_stations_clock_is_behind_no_receiver_lets_an_alarm_lapse(clock_off_s: float, longer_s: int) -> None:
    chains = Chains("marsad@hill", SITE.name)
    chains.clock_off_s = clock_off_s
    told = warning()
    message = chains.extend(told, CAMP, START_NS)
    expires = text(etree.fromstring(message.xml), "c:info/c:expires")
    assert expires == cap.cap_time(told.expires_utc_ns + longer_s * 1_000_000_000)
    event = etree.fromstring(cot.encode(told, CAMP, "plant", START_NS, message.cap.outlives_ns))
    assert event.get("stale") == cot.cot_time(told.expires_utc_ns + longer_s * 1_000_000_000)


def test_where_nobody_watches_people_are_told_that_people_will_give_the_all_clear() -> None:
    usual, held = chain_of(warning("remain", "update"), warning("remain", "update", note=UNWATCHED))
    for root, said in ((usual, False), (held, True)):
        instructions = [i.findtext("c:instruction", namespaces=NS) for i in root.findall("c:info", NS)]
        assert ["people will give the all-clear" in str(i) for i in instructions] == [False, said]
        assert ["سيعلن المسؤولون زواله" in str(i) for i in instructions] == [said, False]
        assert all("ابقوا في الملجأ" in str(i) or "Stay in shelter" in str(i) for i in instructions)
    assert text(held, "c:note") == UNWATCHED
