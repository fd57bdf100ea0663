"""The how-to pages do what they say: every command and every line of Python in them is run, page by page."""

from __future__ import annotations

import re
import shlex
import sys
import tomllib
from pathlib import Path

import pytest

from marsad import cli

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "howto"
OWN = ("notebook.md", "process-a-recording.md", "simulate-a-night.md", "site-of-your-own.md")
BLOCK = re.compile(r"^```(console|python|toml)([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give an empty working folder, as a new user has it."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run_command(line: str, monkeypatch: pytest.MonkeyPatch) -> int:
    """Run one line of a console block in this process; give its exit code."""
    words = shlex.split(line, comments=True)
    if words[0] == "echo":
        (text, arrow, name) = words[1:]
        assert arrow == ">"
        Path(name).write_text(text + "\n", encoding="utf-8")
        return 0
    assert words[0] == "marsad", line
    monkeypatch.setattr(sys, "argv", words)
    try:
        cli.main()
    except SystemExit as error:
        return int(error.code or 0)
    return 0


@pytest.mark.parametrize("page", OWN)
def test_a_page_does_what_it_says(page: str, desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (FOLDER / page).read_text(encoding="utf-8")
    names: dict[str, object] = {}
    blocks = BLOCK.findall(text)
    assert blocks
    for kind, about, content in blocks:
        if kind == "toml":
            tomllib.loads(content)
            Path(about.removeprefix(" file=")).write_text(content, encoding="utf-8")
        elif kind == "python":
            exec(compile(content, page, "exec"), names)
        else:
            for line in content.splitlines():
                assert line.startswith("$ "), line
                wanted = re.search(r"# exit code (\d)", line)
                assert run_command(line[2:], monkeypatch) == (int(wanted[1]) if wanted else 0), line


def test_every_command_is_in_the_list_of_commands() -> None:
    page = (FOLDER.parent / "commands.md").read_text(encoding="utf-8")
    missing = [name for name in cli.COMMANDS if f"| `marsad {name}` |" not in page]
    assert missing == [], "run tools/make_commands_page.py"
