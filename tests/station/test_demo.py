"""``marsad demo``: the night from beginning to end, in a hurry."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from marsad.station.night import is_kept, night

DEMO = [sys.executable, "-m", "marsad.cli", "demo", "--no-browser", "--port", "0", "--json"]


@pytest.fixture(scope="module")
def ready() -> None:
    """Let the night be simulated before it is waited for."""
    night()
    assert is_kept()


def started(tmp_path: Path, *options: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", "TMPDIR": str(tmp_path)}
    return subprocess.Popen(
        [*DEMO, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, cwd=tmp_path
    )


@pytest.mark.slow
def test_the_night_is_told_and_ends(ready: None, tmp_path: Path) -> None:
    process = started(tmp_path, "--once", "--speed", "6")
    out, err = process.communicate(timeout=400)
    assert process.returncode == 0, err
    events = [json.loads(line) for line in out.splitlines()]
    assert {e["event"] for e in events} >= {"console", "sensors", "launch", "impact", "warning", "end"}
    assert len({e["event_id"] for e in events if e["event"] == "launch" and e["status"] == "confirmed"}) >= 4
    alarms = [e for e in events if e["event"] == "warning" and e["level"] == "take_shelter" and e["hazard"] == "rocket"]
    assert alarms
    assert all(alarm["utc_ms"] < alarm["t50_utc_ms"] for alarm in alarms)
    last = {e["zone_id"]: e["level"] for e in events if e["event"] == "warning"}
    assert set(last.values()) <= {"clear", "all_clear"}
    end = events[-1]
    assert end["event"] == "end"
    assert end["cap_files"] >= len(alarms)
    done = subprocess.run([*DEMO[:3], "replay", end["journal"]], capture_output=True, text=True, check=False)
    # a working copy that was edited while the night went on decides otherwise, and says so
    assert done.returncode == 0 or "other code" in done.stderr, done.stderr


def test_an_interrupt_ends_it_and_its_sensors(ready: None, tmp_path: Path) -> None:
    process = started(tmp_path)
    assert process.stdout is not None
    first = json.loads(process.stdout.readline())
    while json.loads(process.stdout.readline())["event"] != "track":
        pass
    with urllib.request.urlopen(first["address"] + "api/health") as answer:
        assert json.load(answer)["alive"] is True
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    sensors = [int(pid) for pid in children.read_text().split()] if children.exists() else []
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "Traceback" not in err
    for pid in sensors:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
