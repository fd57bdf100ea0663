"""A station runs before other programmes where the system lets it; a drill that it begins does not."""

from __future__ import annotations

import subprocess
import sys

CODE = """
import os, sys
from marsad.station.precedence import NICENESS, give_way, take_precedence
before = os.getpriority(os.PRIO_PROCESS, 0)
allowed = take_precedence()
assert sys.getswitchinterval() < 0.005
assert os.getpriority(os.PRIO_PROCESS, 0) == (NICENESS if allowed else before)
give_way()
assert os.getpriority(os.PRIO_PROCESS, 0) == (0 if allowed else max(before, 0))
give_way()
print("done")
"""


def test_a_station_takes_precedence_and_a_drill_gives_way() -> None:
    ended = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, timeout=60, check=False)
    assert (ended.returncode, ended.stdout) == (0, "done\n"), ended.stderr
