"""The command line as a whole: every command is listed, documented and answers."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

import marsad as ms
from marsad import __version__
from marsad.adapters.site_text import write_site
from marsad.cli import COMMANDS, build


def test_help_lists_every_command() -> None:
    result = CliRunner().invoke(build(), ["--help"])
    assert result.exit_code == 0
    for name in COMMANDS:
        assert name in result.output


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name: str) -> None:
    result = CliRunner().invoke(build(), [name, "--help"])
    assert result.exit_code == 0
    assert len(result.output.split("\n")) > 4


def test_version() -> None:
    result = CliRunner().invoke(build(), ["version"])
    assert result.output == f"marsad {__version__}\n"


def test_an_unknown_command_is_bad_usage() -> None:
    done = subprocess.run([sys.executable, "-m", "marsad.cli", "sing"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "sing" in done.stderr


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["serve", "site.toml", "--port", "99999"], "65535"),
        (["demo", "--port", "-1"], "--port"),
        (["serve", "SITE", "--port", "0", "--sapient-port", "TAKEN"], "choose another with --sapient-port"),
        (["serve", "SITE", "--port", "0", "--journal", "FILE/night.journal"], "a journal cannot be made here"),
        (["sheets", "SITE", "--out", "FILE"], "cannot be read or written"),
        (["keys", "siren", "nowhere", "gate"], "a folder made by 'marsad keys make' expected"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line_and_not_in_a_traceback(
    arguments: list[str], words: str, tmp_path: Path
) -> None:
    site = write_site(ms.samples.gas_plant(), tmp_path)
    file = tmp_path / "file"
    file.touch()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        blanks = {"SITE": str(site), "FILE": str(file), "TAKEN": str(taken.getsockname()[1])}
        for blank, value in blanks.items():
            arguments = [argument.replace(blank, value) for argument in arguments]
        done = subprocess.run(
            [sys.executable, "-m", "marsad.cli", *arguments], capture_output=True, text=True, check=False, cwd=tmp_path
        )
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_help_loads_no_numerical_library() -> None:
    code = "import sys, marsad.cli; marsad.cli.build(); print('numpy' in sys.modules or 'numba' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
