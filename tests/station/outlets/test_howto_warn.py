"""The page on warning people: its commands run, its file of channels is one."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from marsad import samples
from marsad.cli import build
from marsad.station.outlets.setup import read_channels
from outlet_kit import Clock


def test_the_page_does_what_it_says(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (root / "docs/howto/warn-people.md").read_text(encoding="utf-8")
    for file in ("site.toml", "terrain.tif", "zones.geojson"):
        (tmp_path / file).symlink_to(samples.GAS_PLANT / file)
    monkeypatch.chdir(tmp_path)
    commands = re.findall(r"^\$ (marsad .*)$", text, re.MULTILINE)
    assert len(commands) == 6
    for line in commands:
        told = CliRunner().invoke(build(), shlex.split(line)[1:])
        assert told.exit_code == 0, f"{line}: {told.output}"
    (content,) = re.findall(r"^```toml file=channels.toml\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    Path("channels.toml").write_text(content, encoding="utf-8")
    from marsad.adapters.sites import read_site

    outlets = read_channels(Path("channels.toml"), read_site(Path("site.toml")).zones, Clock())
    assert [c.channel_id for c in outlets.channels] == ["siren:gate", "tak:server", "speech:public-address"]
    for name in re.findall(r"^marsad (\w+)", text, re.MULTILINE):
        assert CliRunner().invoke(build(), [name, "--help"]).exit_code == 0
