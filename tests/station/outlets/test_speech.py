"""Spoken announcements: in both languages, from the cache in an alarm, with a clear word when the voice is missing."""

from __future__ import annotations

import sys
import wave
from pathlib import Path

import pytest

from marsad.station.outlets.speech import SpeechChannel
from outlet_kit import ZONES, message, needs_voice


@needs_voice
def test_announcements_are_spoken_arabic_first_and_then_come_from_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = SpeechChannel("pa", tmp_path)
    assert channel.prepare(ZONES.values()) == 2 * 4 * 2
    assert channel.prepare(ZONES.values()) == 0
    monkeypatch.setenv("PATH", "")  # in the alarm no synthesiser is needed
    receipt = channel.deliver(message())
    assert receipt.delivered, receipt.detail
    files = [line for line in (tmp_path / "announce.m3u").read_text().splitlines() if not line.startswith("#")]
    assert [Path(f).name[:3] for f in files] == ["ar-", "en-"]
    for name in files:
        with wave.open(str(tmp_path / name)) as sound:
            assert sound.getnframes() / sound.getframerate() > 2.0


def test_without_the_synthesiser_the_channel_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    channel = SpeechChannel("pa", tmp_path)
    for receipt in (channel.deliver(message()), channel.probe()):
        assert not receipt.delivered
        assert "apt-get install espeak-ng" in receipt.detail


@needs_voice
def test_a_correction_is_announced_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    channel = SpeechChannel("pa", tmp_path, languages=["en"])
    spoken: list[str] = []
    monkeypatch.setattr(
        channel, "_spoken", lambda words, _: (spoken.append(words), (tmp_path / "cache" / "x.wav", True))[1]
    )
    assert channel.deliver(message(action="update", note="correction_hazard", hazard="drone")).delivered
    assert spoken[0].startswith("CORRECTION: The danger was named wrongly before. A drone")
    assert "Go into the nearest shelter now" in spoken[0]


def test_watch_is_not_spoken(tmp_path: Path) -> None:
    assert SpeechChannel("pa", tmp_path).deliver(message("watch")).detail == "not spoken at this level"


@needs_voice
def test_a_player_that_fails_is_a_dead_channel(tmp_path: Path) -> None:
    good = SpeechChannel("pa", tmp_path, player=(sys.executable, "-c", "import sys; assert len(sys.argv) == 3"))
    assert good.deliver(message()).detail == "played"
    bad = SpeechChannel("pa", tmp_path, player=(sys.executable, "-c", "raise SystemExit(1)"))
    assert not bad.deliver(message()).delivered
