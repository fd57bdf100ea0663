"""The console on the real thing: the demo's station and its emulated sensors, hurried."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import TimeoutError  # noqa: A004  (the browser's own, in its own word)

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def demo(built: Path, tmp_path: Path) -> Iterator[str]:
    """Run ``marsad demo`` and give the console's address."""
    port = _free_port()
    marsad = Path(sys.executable).with_name("marsad")
    command = [str(marsad), "demo", "--no-browser", "--port", str(port), "--speed", "2"]
    with (tmp_path / "demo.log").open("wb") as log:
        process = subprocess.Popen(
            command, stdout=log, stderr=subprocess.STDOUT, cwd=tmp_path, env=os.environ | {"HOME": str(tmp_path)}
        )
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(480):
            with suppress(OSError), urllib.request.urlopen(f"{address}/api/health", timeout=2):
                break
            assert process.poll() is None, (tmp_path / "demo.log").read_text(encoding="utf-8", errors="replace")
            time.sleep(0.25)
        yield address
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)


def test_the_demo_is_seen_from_the_first_track_to_a_zone_in_alarm(browser: Any, demo: str) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB")
    errors: list[str] = []
    try:
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(f"{demo}/#lang=en&theme=dark")
        page.locator('html[data-picture="whole"]').wait_for(timeout=90_000)
        page.get_by_role("heading", level=1).get_by_text("Palm Valley gas plant").wait_for()
        page.get_by_role("row", name=re.compile("own drone.*friend")).first.wait_for(timeout=120_000)
        page.get_by_role("heading", level=2, name="Rocket · Take shelter").wait_for(timeout=120_000)
        said = page.locator("section.alarm").inner_text()
        assert re.search(r"\d+–\d+ s", said)
        assert "Process plant" in said
        page.keyboard.press("2")
        page.get_by_role("row", name=re.compile(r"L0001")).wait_for()
        acknowledged = page.get_by_text("Acknowledged by").first
        for _ in range(10):  # a zone that is alarmed meanwhile wants its own
            page.keyboard.press("a")
            with suppress(TimeoutError):
                acknowledged.wait_for(timeout=3000)
                break
        else:
            pytest.fail("the alarm was never acknowledged")
        page.keyboard.press("y")
        page.get_by_role("dialog").get_by_text(re.compile("probability|reached|impact", re.IGNORECASE)).first.wait_for()
        page.keyboard.press("Escape")
        moment = page.locator("time.hour").get_attribute("datetime")
        page.wait_for_timeout(4000)
        page.goto(f"{demo}/#lang=ar&theme=light&at={moment}")
        page.locator('html[dir="rtl"] .feed-record').wait_for()
        page.get_by_role("heading", level=2, name=re.compile("إلى الملجأ فورًا")).wait_for(timeout=90_000)
        assert errors == []
    finally:
        context.close()
