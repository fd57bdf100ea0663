"""A station before other programmes: a warning must not wait until the machine has done something else."""

from __future__ import annotations

import os
import sys

NICENESS = -10
"""Asked for; needs the right to it (root, ``CAP_SYS_NICE``, or ``Nice=-10`` in a unit of systemd)."""
SWITCH_S = 0.001
"""How long a thread that computes may keep those waiting that talk to channels and sensors (Python's own: 5 ms)."""


def take_precedence() -> bool:
    """Let this process run before others; say whether the system allowed it."""
    sys.setswitchinterval(SWITCH_S)
    try:
        os.setpriority(os.PRIO_PROCESS, 0, NICENESS)
    except OSError:
        return False
    return True


def give_way() -> None:
    """Take no more precedence than any programme has: an exercise must not slow the station that began it."""
    if os.getpriority(os.PRIO_PROCESS, 0) < 0:
        os.setpriority(os.PRIO_PROCESS, 0, 0)


def thread_gives_way() -> None:
    """Let the calling thread, and those that it starts, take no more precedence than any programme has.

    On Linux a nice value is a thread's own (``man 7 sched``); elsewhere it is the process's, and is left.
    """
    if sys.platform == "linux":
        give_way()
