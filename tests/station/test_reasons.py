"""The console says the station's reasons in its own languages: their English must stay what the stages write."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
STAGES = ("identify", "trajectory", "sensing", "air", "station")
IN_PARTS = {
    "reason.flashes": "flash",
    "receipt.siren_alive": "alive, ",
    "receipt.siren_tested": "; it stays silent",
    "receipt.siren_refused": "no acknowledgement from ",
}
"""Reasons that the code puts together from parts."""
OF_THE_SYSTEM = "receipt.os_"
"""Words of the operating system, which Python passes on."""


def pack() -> dict[str, str]:
    text = (ROOT / "web" / "src" / "words" / "packs" / "en.ts").read_text(encoding="utf-8")
    return dict(re.findall(r'"((?:reason|receipt|refusal)\.\w+)": "(.*?)",', text))


def filled(template: str) -> str:
    """Fill the blanks of an f-string's text: a choice by its first word, a share as one, the rest with a number."""
    text = re.sub(r"\{'(\w+)' if [^{}]*\}", r"\1", template)
    return re.sub(r"\{[^{}]*\}", "1", re.sub(r"\{[^{}]*%\}", "1%", text))


@pytest.mark.skipif(not (ROOT / "web" / "src").is_dir(), reason="the console's sources are not here")
def test_every_reason_of_the_packs_is_one_that_the_code_gives() -> None:
    code = "\n".join(
        path.read_text(encoding="utf-8") for stage in STAGES for path in (ROOT / "src" / "marsad" / stage).rglob("*.py")
    )
    reasons = pack()
    assert len(reasons) > 30
    for key, sentence in reasons.items():
        if key.startswith(OF_THE_SYSTEM):
            continue
        longest = max(re.split(r"\{\w+\}", sentence), key=len)
        assert IN_PARTS.get(key, longest) in code, f"{key}: no stage writes {longest!r} any more"


@pytest.mark.skipif(not (ROOT / "web" / "src").is_dir(), reason="the console's sources are not here")
def test_what_a_track_and_a_launch_give_as_reasons_the_packs_know() -> None:
    forms = [
        re.compile("".join(".+" if k % 2 else re.escape(part) for k, part in enumerate(re.split(r"(\{\w+\})", s))))
        for s in pack().values()
    ]
    written: list[str] = []
    for name in ("identify/affiliation.py", "identify/claims.py", "trajectory/telling.py", "sensing/health.py"):
        text = (ROOT / "src" / "marsad" / name).read_text(encoding="utf-8")
        written += re.findall(
            r'(?:reason|notes|why|words|moved|_doubt\([^"]*|append\(|return )[^"\n]*?f?"([^"\n]{8,})"', text
        )
    sentences = [s for s in map(filled, written) if " " in s.strip()]
    assert len(sentences) > 12
    assert [s for s in sentences if not any(form.fullmatch(s) for form in forms)] == []
