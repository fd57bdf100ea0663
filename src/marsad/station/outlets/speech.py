"""Spoken announcements: sound files in Arabic and English, made beforehand by a user-installed ``espeak-ng``.

The synthesiser runs as a process of its own, and only for sentences not yet in the cache; ``prepare`` makes all that
the site's zones can need, so that in an alarm files are only named.  A message is announced by a playlist
(``announce.m3u``, whole or not at all) and, where a player is configured, by running it.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from marsad.adapters.cap_texts import LANGUAGES, description_of, headline_of
from marsad.adapters.channel_test import ChannelTest, spoken
from marsad.station.channels import Message, Receipt
from marsad.terms import Zone, ZoneWarning
from marsad.terms.text import writable
from marsad.terms.warnings import CORRECTION

PROGRAM = "espeak-ng"
SYNTHESIS_TIMEOUT_S = 20.0
PLAYER_TIMEOUT_S = 60.0
TOTAL_S = 60.0
"""An announcement, with what must be synthesised for it, takes no longer in all; then the next has its turn."""
SPOKEN_LEVELS = ("prepare", "take_shelter", "remain", "all_clear")
WORDS_PER_MINUTE = "140"


class SpeechChannel:
    """Announces into a folder, and through a player where one is named (``["aplay", "-q"]``)."""

    kind = "speech"
    deadline_s = TOTAL_S + 2.0  # its own bound, and the end of a test's sound

    def __init__(
        self, name: str, folder: Path, languages: Sequence[str] = ("ar", "en"), player: Sequence[str] = ()
    ) -> None:
        unknown = [language for language in languages if language not in LANGUAGES]
        if unknown:
            raise ValueError(f"no words in {', '.join(unknown)}; there are {', '.join(LANGUAGES)}")
        self.channel_id = f"speech:{name}"
        self._folder, self._languages, self._player = folder, tuple(languages), tuple(player)
        self._guard = threading.Lock()
        self._test_playing: subprocess.Popen[bytes] | None = None
        (folder / "cache").mkdir(parents=True, exist_ok=True)

    def prepare(self, zones: Iterable[Zone], *, exercise: bool = False) -> int:
        """Make all announcements of the zones that are not there yet; give how many were made."""
        made = 0
        for zone in zones:
            for level in SPOKEN_LEVELS:
                for language in self._languages:
                    made += self._spoken(self._usual_words(zone, level, language, False, exercise), language)[1]
        return made

    def deliver(self, message: Message) -> Receipt:
        """Announce a message; early watch is not spoken."""
        end = time.monotonic() + TOTAL_S
        self._end_test()
        warning = message.warning
        level = "all_clear" if warning.level == "clear" else warning.level
        if level not in SPOKEN_LEVELS:
            return Receipt(delivered=True, detail="not spoken at this level")
        files = []
        for language in self._languages:
            words = self._words(message.zone, level, language, warning)
            try:
                files.append(self._spoken(words, language)[0])
            except (OSError, subprocess.SubprocessError) as error:
                return Receipt(delivered=False, detail=_said(error))
        self._announce(files)
        return self._play(files, max(end - time.monotonic(), 0.1))

    def test(self, test: ChannelTest) -> Receipt:
        """Say that this is a test; an announcement that comes meanwhile ends it."""
        del test
        try:
            files = [self._spoken(spoken(language), language)[0] for language in self._languages]
        except (OSError, subprocess.SubprocessError) as error:
            return Receipt(delivered=False, detail=_said(error))
        self._announce(files)
        if not self._player:
            return Receipt(delivered=True, detail="announce.m3u")
        try:
            with self._guard:
                playing = subprocess.Popen(
                    [*self._player, *map(str, files)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
                )
                self._test_playing = playing
            code = playing.wait(PLAYER_TIMEOUT_S)
        except (OSError, subprocess.SubprocessError) as error:
            self._end_test()
            return Receipt(delivered=False, detail=f"the player failed: {error}"[:200])
        if self._test_playing is not playing:
            return Receipt(delivered=True, detail="cut short by an announcement")
        return Receipt(delivered=code == 0, detail="played" if code == 0 else f"the player ended with {code}")

    def _end_test(self) -> None:
        """End the sound of a test: an announcement is never played over one."""
        with self._guard:
            playing, self._test_playing = self._test_playing, None  # first, so that the test knows who ended it
            if playing is not None and playing.poll() is None:
                playing.kill()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    playing.wait(1.0)

    def probe(self) -> Receipt:
        """See whether the synthesiser is there."""
        if shutil.which(PROGRAM) is None:
            return Receipt(delivered=False, detail=_said(FileNotFoundError()))
        return Receipt(delivered=True, detail=PROGRAM)

    def _words(self, zone: Zone, level: str, language: str, warning: ZoneWarning) -> str:
        cancelled = warning.action == "cancel"
        words = self._usual_words(zone, level, language, cancelled, warning.exercise)
        if cancelled or not warning.note.startswith(CORRECTION):
            return words
        texts = LANGUAGES[language]
        return f"{texts.correction.format(headline=description_of(texts, warning.hazard, warning.note))} {words}"

    def _usual_words(self, zone: Zone, level: str, language: str, cancelled: bool, exercise: bool) -> str:
        texts = LANGUAGES[language]
        name = (zone.name_ar or zone.name) if language == "ar" else zone.name
        headline = headline_of(texts, level, name, cancelled=cancelled, exercise=exercise)
        instruction = texts.cancelled if cancelled else texts.instructions[level]
        return f"{headline}. {instruction}"

    def _spoken(self, words: str, language: str) -> tuple[Path, bool]:
        """Give the file that speaks the words, and whether it had to be made."""
        mark = hashlib.sha256(f"{language}\0{WORDS_PER_MINUTE}\0{writable(words)}".encode()).hexdigest()[:24]
        path = self._folder / "cache" / f"{language}-{mark}.wav"
        if path.exists():
            return path, False
        part = path.with_suffix(".part")
        subprocess.run(
            [PROGRAM, "-v", language, "-s", WORDS_PER_MINUTE, "-w", str(part), "--stdin"],
            input=writable(words).encode(),
            check=True,
            timeout=SYNTHESIS_TIMEOUT_S,
            capture_output=True,
        )
        os.replace(part, path)
        return path, True

    def _announce(self, files: list[Path]) -> None:
        part = self._folder / "announce.part"
        part.write_text("#EXTM3U\n" + "".join(f"cache/{path.name}\n" for path in files), encoding="utf-8")
        os.replace(part, self._folder / "announce.m3u")

    def _play(self, files: list[Path], within_s: float) -> Receipt:
        if not self._player:
            return Receipt(delivered=True, detail="announce.m3u")
        try:
            subprocess.run([*self._player, *map(str, files)], check=True, timeout=within_s, capture_output=True)
        except (OSError, subprocess.SubprocessError) as error:
            return Receipt(delivered=False, detail=f"the player failed: {error}"[:200])
        return Receipt(delivered=True, detail="played")


def _said(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return f"{PROGRAM} is not installed: apt-get install {PROGRAM}"
    return f"{PROGRAM} failed: {error}"[:200]
