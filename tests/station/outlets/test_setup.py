"""The file of channels: what it makes, what it refuses, and a station that speaks through it."""

from __future__ import annotations

import asyncio
import datetime
from pathlib import Path

import pytest
from lxml import etree

from marsad.adapters import cap_signature, keys
from marsad.adapters.errors import BadInputError
from marsad.station.channels import Chains, Dispatch
from marsad.station.launch import ServeOptions, _as, settings_of
from marsad.station.outlets.setup import read_channels
from marsad.station.service import standing
from marsad.station.world import RealWorld
from outlet_kit import KEY, ZONES, Clock, message, siren

NOW = datetime.datetime.now(tz=datetime.UTC)


@pytest.fixture(params=["actual", "exercise"])
def folder(tmp_path: Path, request: pytest.FixtureRequest) -> tuple[Path, str]:
    keys.make_identity(tmp_path / "keys", request.param, "plant", NOW)
    (tmp_path / "keys/sirens/gate.key").write_text(KEY.hex())
    return tmp_path, request.param


def write(folder: Path, text: str) -> Path:
    path = folder / "channels.toml"
    path.write_text('keys = "keys"\n' + text, encoding="utf-8")
    return path


def test_a_message_of_each_kind_goes_where_it_may(folder: tuple[Path, str]) -> None:
    place, kind = folder
    with siren(kind=kind) as heard:
        path = write(place, f'[[siren]]\nname = "gate"\nhost = "127.0.0.1"\nport = {heard.address[1]}\n')
        outlets = read_channels(path, tuple(ZONES.values()), Clock())
        (channel,) = outlets.channels
        assert channel.channel_id == "siren:gate"
        assert channel.deliver(message(exercise=kind == "exercise")).delivered
        assert "refused" in channel.deliver(message(exercise=kind != "exercise")).detail


@pytest.mark.parametrize(
    "text, words",
    [
        ('[[siren]]\nname = "gat"\nhost = "h"\n', "marsad keys siren"),
        ('[[siren]]\nname = "gate"\nhost = "h"\nzones = ["Z9"]\n', "no zone 'Z9'"),
        ('[[siren]]\nname = "gate"\nhost = "h"\n[[siren]]\nname = "gate"\nhost = "i"\n', "two channels"),
        ('[[webhook]]\nname = "w"\nurl = "ftp://x"\nsecret_file = "s"\n', "webhook"),
        ('[[webhook]]\nname = "w"\nurl = "http://x"\nsecret_file = "s"\n', "secret"),
        ('[[speech]]\nname = "w"\nfolder = "f"\nlanguages = ["xx"]\n', "xx"),
        ('[[tak]]\nname = "w"\nhost = "h"\nca_file = "none.pem"\n', "none.pem"),
        ('[[horn]]\nname = "w"\n', "horn"),
        ('[[speech]]\nname = "loud\\u0007"\nfolder = "f"\n', "U\\+0007"),
        ('[[webhook]]\nname = "w"\nurl = "http://x:99999/"\nsecret_file = "key"\n', "a file with a secret|[Pp]ort"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(folder: tuple[Path, str], text: str, words: str) -> None:
    with pytest.raises(BadInputError, match=words) as caught:
        read_channels(write(folder[0], text), tuple(ZONES.values()), Clock())
    assert "\n" not in str(caught.value)


def test_a_station_with_the_keys_of_drills_does_not_start_for_real(folder: tuple[Path, str]) -> None:
    place, kind = folder
    identity = keys.read_identity(place / "keys")
    for exercise in (True, False):
        options = ServeOptions(site=place / "site.toml", port=0, sapient_port=0, exercise=exercise)
        settings = settings_of(options)
        assert ("exercise" in settings.journal.name) == exercise
        assert ("exercise" in settings.cap_folder.name) == exercise
        if exercise == (kind == "exercise"):
            assert _as(identity, settings, options).sender == "plant"
        else:
            with pytest.raises(BadInputError, match="keys"):
                _as(identity, settings, options)


def test_a_stations_messages_are_signed_over_their_whole_chain(folder: tuple[Path, str]) -> None:
    identity = keys.read_identity(folder[0] / "keys")
    chains = Chains("plant", "Plant", lambda xml: cap_signature.sign(xml, identity))
    types = []
    for level in ("take_shelter", "remain", "all_clear"):
        warning = message(level).warning
        content = cap_signature.verify(chains.extend(warning, ZONES["camp"], 1).xml, identity.cap_certificate_pem)
        types.append(etree.fromstring(content).findtext("{*}msgType"))
    assert types == ["Alert", "Update", "Update"]


def test_a_channel_that_died_shows_before_it_is_needed() -> None:
    class Dying:
        channel_id, kind = "dying", "test"

        def deliver(self, _: object) -> object:
            raise AssertionError("nothing to deliver")

        def probe(self) -> object:
            raise OSError("cable cut")

    async def watch() -> list[dict[str, object]]:
        world = RealWorld()
        dispatch = Dispatch(world, [Dying()], lambda _: None)
        dispatch.start()
        for _ in range(100):
            await asyncio.sleep(0.02)
            if dispatch.states(world.utc_ns())[0]["status"] == "dead":
                break
        states = dispatch.states(world.utc_ns())
        await dispatch.close()
        await world.close()
        return states

    (state,) = asyncio.run(watch())
    assert state["status"] == "dead"
    assert "cable cut" in str(state["detail"])


def test_what_stands_is_the_last_word_to_each_zone() -> None:
    words = [message("take_shelter"), message("take_shelter", "tanks"), message("all_clear", "tanks")]
    assert [w.zone_id for w in standing(m.warning for m in words)] == ["camp"]
