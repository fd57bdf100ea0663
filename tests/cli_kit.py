"""Running a command as the command line does, in the test's own process."""

from __future__ import annotations

import io
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pytest

from marsad import cli


@dataclass(frozen=True)
class Done:
    """What a command said and ended with."""

    returncode: int
    stdout: str
    stderr: str


def marsad(*arguments: object, cwd: Path | None = None) -> Done:
    """Run ``marsad ARGUMENTS``; ``cwd`` is the working folder meanwhile."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setattr(sys, "argv", ["marsad", *map(str, arguments)])
        if cwd is not None:
            patch.chdir(cwd)
        try:
            cli.main()
            code: str | int | None = 0
        except SystemExit as error:
            code = error.code
    return Done(int(code or 0), out.getvalue(), err.getvalue())
