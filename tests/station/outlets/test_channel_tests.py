"""The test of a channel from the console: marked as a test in every form, an alarm in none, shown with its result."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from pathlib import Path
from typing import Any

import httpx
from argon2 import PasswordHasher
from lxml import etree

from marsad.adapters.cap_texts import headline_of
from marsad.adapters.channel_test import HEADLINES, encode_cot
from marsad.pipeline import Outputs
from marsad.station.access import Access, PeopleFile, PersonEntry
from marsad.station.channels import CapDirectory, Message, Receipt
from marsad.station.journal import open_for_reading
from marsad.station.outlets.siren import SirenChannel
from marsad.station.outlets.speech import SpeechChannel
from marsad.station.outlets.wall import Walled
from marsad.station.runner import Pipeline
from marsad.station.service import Settings, Station
from marsad.station.serving import running
from marsad.station.world import RealWorld
from outlet_kit import KEY, Clock, message, needs_voice, siren, trial
from station_kit import small_site

CAP = "{urn:oasis:names:tc:emergency:cap:1.2}"
QUIET = Pipeline(init=lambda site: None, step=lambda state, batch: (state, Outputs()))
PASSWORD = "correct horse battery"


def test_the_cap_message_of_a_test_is_valid_and_asks_nobody_to_do_anything(shared: Path) -> None:
    schema = etree.XMLSchema(etree.parse(shared / "data" / "cap" / "CAP-v1.2.xsd"))
    alert = etree.fromstring(trial().xml)
    schema.assertValid(alert)
    assert alert.findtext(f"{CAP}status") == "Test"
    assert [info.findtext(f"{CAP}responseType") for info in alert.findall(f"{CAP}info")] == ["None", "None"]
    assert [info.findtext(f"{CAP}headline") for info in alert.findall(f"{CAP}info")] == list(HEADLINES.values())
    assert alert.find(f".//{CAP}area") is None


def test_a_test_on_a_tak_map_sounds_nothing_and_goes_stale() -> None:
    event = etree.fromstring(encode_cot(trial(), "plant"))
    assert event.get("type") == "b-m-p-s-m"
    assert event.find("detail/emergency") is None
    assert event.find("detail/contact").get("callsign") == "TEST Plant"
    assert event.get("stale") > event.get("start")


def test_a_siren_answers_a_test_and_stays_silent() -> None:
    with siren() as heard:
        out = SirenChannel("gate", heard.address, KEY, Clock())
        receipt = out.test(trial())
        assert receipt.delivered, receipt.detail
        assert "stays silent" in receipt.detail
        assert len(heard.lines) == 1, "nothing but that it listens"
        assert out.deliver(message()).delivered, "an alarm after the test sounds"
        end = time.monotonic() + 5
        while len(heard.lines) < 2 and time.monotonic() < end:
            time.sleep(0.02)
        assert "siren-rocket" in heard.lines[1]


def test_a_test_does_not_end_an_alarm_that_stands() -> None:
    with siren() as heard:
        out = SirenChannel("gate", heard.address, KEY, Clock())
        assert out.deliver(message()).delivered
        assert "take_shelter" in out.test(trial()).detail


def test_a_wrong_key_is_found_by_the_test() -> None:
    with siren(key=bytes(32)) as heard:
        assert not SirenChannel("gate", heard.address, KEY, Clock()).test(trial()).delivered


@needs_voice
def test_an_announcement_is_not_played_over_a_test(tmp_path: Path) -> None:
    player = (sys.executable, "-c", "import sys, time; time.sleep(30 if 'cut' in sys.argv[1] else 0)")
    channel = SpeechChannel("cut", tmp_path / "cut", player=player)
    told: list[Receipt] = []
    testing = threading.Thread(target=lambda: told.append(channel.test(trial())))
    testing.start()
    end = time.monotonic() + 20
    while channel._test_playing is None and time.monotonic() < end:
        time.sleep(0.02)
    channel._player = (sys.executable, "-c", "")
    assert channel.deliver(message()).detail == "played"
    testing.join(5)
    assert told == [Receipt(delivered=True, detail="cut short by an announcement")]


def test_what_is_not_marked_as_a_test_does_not_pass_the_wall(tmp_path: Path) -> None:
    import msgspec

    written: list[Path] = []
    channel = Walled(CapDirectory(tmp_path, lambda path, xml: written.append(path)), "actual")
    assert channel.test(trial()).delivered
    forged = msgspec.structs.replace(trial(), xml=message().xml)
    assert "not marked as a test" in channel.test(forged).detail
    assert len(written) == 1


def test_no_word_of_a_test_is_one_of_an_alarm() -> None:
    from marsad.adapters.cap_texts import LANGUAGES

    for language, texts in LANGUAGES.items():
        for level in texts.headlines:
            assert headline_of(texts, level, "", cancelled=False, exercise=False).strip(": ") not in HEADLINES[language]


class Slow:
    """A channel that holds an alarm until it is let go."""

    channel_id, kind = "slow", "test"

    def __init__(self) -> None:
        self.go, self.tests = threading.Event(), 0

    def deliver(self, one: Message) -> Receipt:
        self.go.wait(10)
        return Receipt(delivered=True)

    def test(self, test: object) -> Receipt:
        self.tests += 1
        return Receipt(delivered=False, detail="nobody there")


def test_the_console_tests_a_channel_and_is_shown_when_and_with_what_result(tmp_path: Path) -> None:
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    people = [
        PersonEntry(name=n, role=r, password_hash=quick.hash(PASSWORD))
        for n, r in (("amal", "operator"), ("huda", "supervisor"))
    ]
    slow = Slow()

    async def main() -> None:
        access = Access(PeopleFile(person=tuple(people)), _hasher=quick)
        settings = Settings(journal=tmp_path / "j", cap_folder=tmp_path / "cap", sapient_port=0)
        station = Station(RealWorld(), small_site(), QUIET, settings, (slow,), access=access)
        async with (
            running(station, "127.0.0.1", 0) as live,
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{live.http_port}") as client,
        ):
            head: dict[str, Any] = {}
            for name in ("amal", "huda"):
                said = await client.post("/api/login", json={"name": name, "password": PASSWORD})
                head[name] = {"Authorization": f"Bearer {said.json()['token']}"}
            refused = await client.post("/api/channels/cap/test", json={}, headers=head["amal"])
            assert refused.status_code == 403
            assert "supervisor" in refused.json()["detail"]
            for channel_id, delivered in (("cap", True), ("slow", False)):
                said = await client.post(f"/api/channels/{channel_id}/test", json={}, headers=head["huda"])
                assert (said.json()["delivered"], said.json()["by"]) == (delivered, "huda")
            states = {state["channel_id"]: state for state in station.dispatch.states(station.world.utc_ns())}
            assert states["cap"]["test_delivered"]
            assert states["cap"]["tested_utc_ms"] > 0
            assert (states["slow"]["status"], states["slow"]["test_detail"]) == ("dead", "nobody there")
            unknown = await client.post("/api/channels/none/test", json={}, headers=head["huda"])
            assert unknown.status_code == 404
            station.dispatch.send([message()])
            await asyncio.sleep(0.1)
            busy = await client.post("/api/channels/slow/test", json={}, headers=head["huda"])
            assert "alarm in hand" in busy.json()["detail"]
            assert not busy.json()["tested"]
            assert slow.tests == 1
            slow.go.set()

    asyncio.run(main())
    files = [path for path in (tmp_path / "cap").iterdir() if b"<status>Test</status>" in path.read_bytes()]
    assert len(files) == 1
    with open_for_reading(tmp_path / "j") as reader:
        kept = [row for row in reader.read() if row.source == "channel_test"]
    assert len(kept) == 3
