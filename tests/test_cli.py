"""The command line as a whole: every command is listed, documented and answers."""

from __future__ import annotations

import subprocess
import sys

import pytest
from typer.testing import CliRunner

from marsad import __version__
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


def test_help_loads_no_numerical_library() -> None:
    code = "import sys, marsad.cli; marsad.cli.build(); print('numpy' in sys.modules or 'numba' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
