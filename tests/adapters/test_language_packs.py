"""A third language is one file, approved by people; a message then tells the same in three languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from lxml import etree

from marsad.adapters.cap_texts import DRILL_ENDED, LANGUAGES
from marsad.adapters.errors import BadInputError
from marsad.adapters.language_packs import draft, read_pack
from marsad.station.channels import Chains
from outlet_kit import ZONES, message


def approved(tmp_path: Path, language: str, **changes: str) -> Path:
    text = draft(language).replace('approved_by = ""', 'approved_by = "A. Speaker"')
    text = text.replace('approved_on = ""', 'approved_on = "2026-01-01"')
    text = text.replace('# Z01 = "', 'camp = "').replace("\n[zones]\n", "\n[zones]\n")
    for old, new in changes.items():
        text = text.replace(old, new)
    path = tmp_path / f"{language}.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("language", ["ckb", "fr"])
def test_one_file_more_is_one_language_more(tmp_path: Path, language: str, shared: Path) -> None:
    pack = read_pack(approved(tmp_path, language))
    schema = etree.XMLSchema(etree.parse(shared / "data/cap/CAP-v1.2.xsd"))
    chains = Chains("plant", "Plant", packs=(pack,))
    for level in ("watch", "prepare", "take_shelter", "remain", "all_clear"):
        root = etree.fromstring(chains.extend(message(level).warning, ZONES["camp"], 10**18).xml)
        schema.assertValid(root)
        infos = root.findall("{*}info")
        assert [i.findtext("{*}language") for i in infos] == ["ar", "en", language]
        for coded in ("urgency", "severity", "certainty", "responseType", "expires", "onset"):
            assert len({i.findtext(f"{{*}}{coded}") for i in infos}) == 1, "coded fields are the same in every language"
        assert infos[2].findtext("{*}area/{*}areaDesc") == pack.zone_names["camp"]
        assert len(infos[2].findtext("{*}headline")) <= 90


def test_words_that_no_one_approved_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "ckb.toml"
    path.write_text(draft("ckb"), encoding="utf-8")
    with pytest.raises(BadInputError, match="approved"):
        read_pack(path)


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"{zone} : restez": "restez"}, "headlines.remain"),
        ({'drone = "Drone hostile en approche"\n': ""}, "events"),
        ({"{headline}": "{zone}"}, "exercise"),
        ({'cancelled = "L': 'canceled = "L'}, "canceled"),
    ],
)
def test_a_pack_that_lacks_something_is_refused_by_name(tmp_path: Path, changes: dict[str, str], words: str) -> None:
    with pytest.raises(BadInputError, match=re.escape(words)):
        read_pack(approved(tmp_path, "fr", **changes))


def test_a_drill_that_makes_way_says_so_and_does_not_say_all_clear() -> None:
    made_way = message("take_shelter", exercise=True, note=DRILL_ENDED, action="update").warning
    root = etree.fromstring(Chains("plant", "Plant").extend(made_way, ZONES["camp"], 10**18).xml)
    headlines = [i.findtext("{*}headline") for i in root.findall("{*}info")]
    assert "انتهى التمرين" in headlines[0]
    assert "DRILL ENDED – REAL ALARM" in headlines[1]
    assert root.findtext("{*}status") == "Exercise"
    assert "AllClear" not in {e.text for e in root.iter("{*}responseType")}
    assert set(LANGUAGES) == {"ar", "en"}
