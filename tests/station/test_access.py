"""Accounts, roles and the rule of two persons; and an alarm that a person gives, from the page to the journal."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from argon2 import PasswordHasher
from typer.testing import CliRunner

from marsad import warn
from marsad.adapters.errors import BadInputError
from marsad.cli import build
from marsad.pipeline import Outputs
from marsad.station.access import (
    CONFIRM_WITHIN_NS,
    LEAST_ROLE,
    RANK,
    TWO_PERSONS,
    Access,
    NotAllowedError,
    PeopleFile,
    PersonEntry,
    add_person,
    read_people,
)
from marsad.station.journal import open_for_reading
from marsad.station.replay import replay
from marsad.station.runner import Pipeline
from marsad.station.service import Settings, Station
from marsad.station.serving import running
from marsad.station.world import RealWorld
from marsad.terms import PersonOrder
from station_kit import small_site

T = 1_800_000_000_000_000_000
PASSWORD = "correct horse battery"
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
PEOPLE = {"olga": "observer", "amal": "operator", "basim": "operator", "huda": "supervisor"}


def access(own_zones: tuple[str, ...] = ()) -> Access:
    hashed = QUICK.hash(PASSWORD)
    person = tuple(PersonEntry(name=name, role=role, password_hash=hashed) for name, role in PEOPLE.items())
    return Access(PeopleFile(own_zones=own_zones, person=person), _hasher=QUICK)


def order(what: str = "alarm", *zone_ids: str) -> PersonOrder:
    return PersonOrder(
        arrival_utc_ns=T, order_id=f"o-{what}", what=what, zone_ids=zone_ids or ("camp",), operator_ids=()
    )


@pytest.mark.parametrize("name", PEOPLE)
@pytest.mark.parametrize("act", LEAST_ROLE)
def test_every_act_has_a_least_role_and_it_is_held(name: str, act: str) -> None:
    one = access()
    token, session = one.log_in(name, PASSWORD, T)
    if RANK[session.role] >= RANK[LEAST_ROLE[act]]:
        assert one.require(token, act, T).name == name
    else:
        with pytest.raises(NotAllowedError, match="role"):
            one.require(token, act, T)


def test_wrong_name_and_wrong_password_look_the_same_and_lock_after_five() -> None:
    one = access()
    with pytest.raises(NotAllowedError) as unknown:
        one.log_in("nobody", PASSWORD, T)
    for _ in range(5):
        with pytest.raises(NotAllowedError) as wrong:
            one.log_in("amal", "guess", T)
    assert str(unknown.value) == str(wrong.value)
    with pytest.raises(NotAllowedError, match="wait a minute"):
        one.log_in("amal", PASSWORD, T)
    assert one.log_in("amal", PASSWORD, T + 61 * 10**9)[1].name == "amal"


def test_a_session_ends_and_a_made_up_token_is_none() -> None:
    one = access()
    token, session = one.log_in("amal", PASSWORD, T)
    for wrong, now in (("", T), ("x" * 64, T), (token, session.until_utc_ns)):
        with pytest.raises(NotAllowedError, match="log in"):
            one.session(wrong, now)
    token, _ = one.log_in("amal", PASSWORD, T)
    one.log_out(token)
    with pytest.raises(NotAllowedError):
        one.session(token, T)


def test_an_alarm_of_the_own_site_takes_one_person_and_a_wider_one_two() -> None:
    one = access(own_zones=("camp",))
    amal, basim = one.log_in("amal", PASSWORD, T)[0], one.log_in("basim", PASSWORD, T)[0]
    carried_out = one.order(amal, order("alarm", "camp"), T)
    assert isinstance(carried_out, PersonOrder)
    assert carried_out.operator_ids == ("amal",)
    waiting = one.order(amal, order("alarm", "camp", "tanks"), T)
    assert isinstance(waiting, str)
    done = one.confirm(basim, waiting, T + CONFIRM_WITHIN_NS - 1)
    assert done.operator_ids == ("amal", "basim")
    with pytest.raises(NotAllowedError, match="no such order"):
        one.confirm(basim, waiting, T)


def test_the_second_person_is_another_one_in_another_session_within_a_minute() -> None:
    one = access()
    amal, amal_again = one.log_in("amal", PASSWORD, T)[0], one.log_in("amal", PASSWORD, T)[0]
    olga, basim = one.log_in("olga", PASSWORD, T)[0], one.log_in("basim", PASSWORD, T)[0]
    waiting = one.order(amal, order("cancel"), T)
    assert isinstance(waiting, str)
    for token, why in ((amal, "another"), (amal_again, "another"), (olga, "role"), ("", "log in")):
        with pytest.raises(NotAllowedError, match=why):
            one.confirm(token, waiting, T)
    with pytest.raises(NotAllowedError, match="60 seconds"):
        one.confirm(basim, waiting, T + CONFIRM_WITHIN_NS)
    waiting = one.order(amal, order("cancel"), T)
    one.log_out(amal)
    with pytest.raises(NotAllowedError):
        one.confirm(basim, waiting, T)


def test_cancel_always_takes_two_and_nothing_else_of_the_own_site_does() -> None:
    assert {"alarm_wider", "cancel"} == TWO_PERSONS
    one = access()
    huda = one.log_in("huda", PASSWORD, T)[0]
    for what in ("alarm", "hold", "all_clear"):
        assert isinstance(one.order(huda, order(what), T), PersonOrder)
    assert isinstance(one.order(huda, order("cancel"), T), str)


def test_accounts_are_kept_as_argon2id_and_read_back(tmp_path: Path) -> None:
    path = tmp_path / "people.toml"
    for name in ("amal", "huda"):
        told = CliRunner().invoke(
            build(),
            ["people", "add", str(path), name, "--role", "supervisor", "--password-stdin"],
            input=PASSWORD + "\n",
        )
        assert told.exit_code == 0, told.output
    text = path.read_text()
    assert PASSWORD not in text
    assert text.count("$argon2id$") == 2
    assert path.stat().st_mode & 0o077 == 0
    one = read_people(path, frozenset({"camp"}))
    assert one.log_in("huda", PASSWORD, T)[1].role == "supervisor"
    with pytest.raises(BadInputError, match="already"):
        add_person(path, "amal", "operator", PASSWORD)
    with pytest.raises(BadInputError, match="characters"):
        add_person(path, "new", "operator", "short")
    with pytest.raises(BadInputError, match=r"U\+000B"):
        add_person(path, "te\x0bam", "operator", PASSWORD)


@pytest.mark.parametrize(
    "text, words",
    [
        ('[[person]]\nname = "a"\nrole = "king"\npassword_hash = "x"\n', "king"),
        ('[[person]]\nname = "a"\nrole = "operator"\npassword_hash = "plain"\n', "argon2id"),
        ('own_zones = ["Z9"]\n', "Z9"),
        ("person = 3", "accounts"),
    ],
)
def test_a_file_of_accounts_that_is_wrong_is_refused(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "people.toml"
    path.write_text(text)
    with pytest.raises(BadInputError, match=words):
        read_people(path, frozenset({"camp"}))


def warning_only() -> Pipeline:
    """The engine alone, which is all that orders need."""

    def step(state: Any, batch: Any) -> tuple[Any, Outputs]:
        orders = tuple(warn.order_of(m) for m in batch if isinstance(m, PersonOrder))
        state, said = warn.step(state, warn.Evidence(now_utc_ns=batch[-1].arrival_utc_ns, orders=orders))
        return state, Outputs(warnings=said)

    return Pipeline(init=lambda site: warn.init(site.zones, site.policy), step=step)


def test_a_persons_alarm_goes_from_the_page_to_the_journal_and_two_take_it_back(tmp_path: Path) -> None:
    async def main() -> None:
        settings = Settings(journal=tmp_path / "journal", cap_folder=tmp_path / "cap", sapient_port=0)
        station = Station(RealWorld(), small_site(), warning_only(), settings, access=access())
        async with (
            running(station, "127.0.0.1", 0) as live,
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{live.http_port}") as client,
        ):
            assert (await client.post("/api/acknowledge", json={"warning_id": "w", "operator": "x"})).status_code == 403
            tokens = {}
            for name in ("olga", "amal", "basim"):
                answer = await client.post("/api/login", json={"name": name, "password": PASSWORD})
                tokens[name] = {"Authorization": f"Bearer {answer.json()['token']}"}
            alarm = {"what": "alarm", "zone_ids": ["camp"], "hazard": "rocket", "confirm": "المخيم"}
            assert (await client.post("/api/order", json=alarm)).status_code == 403
            assert (await client.post("/api/order", json=alarm, headers=tokens["olga"])).status_code == 403
            unsure = alarm | {"confirm": "camp?"}
            assert (await client.post("/api/order", json=unsure, headers=tokens["amal"])).status_code == 422
            assert (await client.post("/api/order", json=alarm, headers=tokens["amal"])).status_code == 200
            for _ in range(200):
                if list((tmp_path / "cap").glob("*.xml")):
                    break
                await asyncio.sleep(0.02)
            levels = {zone["zone_id"]: zone["level"] for zone in station.picture.snapshot()["zones"]}
            assert levels == {"camp": "take_shelter", "tanks": "clear"}
            correct = {"what": "correct", "zone_ids": ["camp"], "hazard": "drone", "correction": "hazard"}
            assert (await client.post("/api/order", json=correct, headers=tokens["olga"])).status_code == 403
            assert (await client.post("/api/order", json=correct, headers=tokens["amal"])).status_code == 200
            for _ in range(200):
                if len(list((tmp_path / "cap").glob("*.xml"))) == 2:
                    break
                await asyncio.sleep(0.02)
            zones = {zone["zone_id"]: zone for zone in station.picture.snapshot()["zones"]}
            assert (zones["camp"]["level"], zones["camp"]["hazard"]) == ("take_shelter", "drone")
            assert [b"CORRECTION" in f.read_bytes() for f in sorted((tmp_path / "cap").glob("*.xml"))] == [False, True]
            cancel = {"what": "cancel", "zone_ids": ["camp"], "confirm": "Camp"}
            proposed = await client.post("/api/order", json=cancel, headers=tokens["amal"])
            assert proposed.status_code == 202
            where = f"/api/order/{proposed.json()['order_id']}/confirm"
            assert (await client.post(where, headers=tokens["amal"])).status_code == 403
            assert (await client.get("/api/me", headers=tokens["basim"])).json()["waiting"][0]["by"] == "amal"
            done = await client.post(where, headers=tokens["basim"])
            assert done.json()["by"] == ["amal", "basim"]
            for _ in range(200):
                if len(list((tmp_path / "cap").glob("*.xml"))) > 2:
                    break
                await asyncio.sleep(0.02)
        texts = [p.read_text() for p in sorted((tmp_path / "cap").glob("*.xml"))]
        types = ("Alert", "Update", "Cancel")
        assert [f"<msgType>{kind}" in text for kind, text in zip(types, texts, strict=True)] == [True] * 3

    asyncio.run(main())
    with open_for_reading(tmp_path / "journal") as reader:
        orders = [
            msgspec.json.decode(r.payload, type=PersonOrder)
            for r in reader.read(("message",))
            if r.source == "personorder"
        ]
        assert [o.operator_ids for o in orders] == [("amal",), ("amal",), ("amal", "basim")]
        assert PASSWORD.encode() not in b"".join(r.payload + r.raw for r in reader.read())
        result = replay(reader, warning_only())
    assert result.difference() is None
    assert [d.kind for d in result.replayed] == ["warning"] * 3
