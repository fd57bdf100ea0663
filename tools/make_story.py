"""Tell the demonstration's night in six pictures, in both languages: ``python tools/make_story.py docs/images``.

It runs ``marsad demo`` as anyone would, opens its console in a real Chromium in English and Arabic, and works both by
keyboard; what it waits for is what a person would see.  It takes as long as the night, about four minutes.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

FLAGS = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"]
SIZE = {"width": 1360, "height": 850}
VIEWS = {"en": "#lang=en&theme=dark", "ar": "#lang=ar&theme=light"}
WAIT_MS = 240_000
WORDS = {
    "rocket": {"en": "Rocket · Take shelter", "ar": "صاروخ · إلى الملجأ فورًا"},
    "drone": {"en": re.compile("drone.*suspect"), "ar": re.compile("مسيّرة.*مُشتبَه به")},
    "rockets_over": {"en": re.compile("Drone · |Rocket · Remain"), "ar": re.compile("مسيّرة · |صاروخ · ابقَ")},
}


@contextlib.contextmanager
def demo(port: int) -> Iterator[tuple[str, list[str]]]:
    """Run the demonstration; give its address and its lines as they come."""
    marsad = Path(sys.executable).with_name("marsad")
    process = subprocess.Popen(
        [str(marsad), "demo", "--no-browser", "--port", str(port)],
        stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    lines: list[str] = []
    assert process.stdout is not None
    reader = threading.Thread(target=lambda: lines.extend(iter(process.stdout.readline, "")))
    reader.start()
    try:
        yield f"http://127.0.0.1:{port}", lines
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)
        reader.join(10)


def just_after_the_first_word(page: Page) -> str:
    """Give the moment two seconds after the station first told of the alarm, as addresses write it."""
    day = (page.locator("time.hour").get_attribute("datetime") or "")[:10]
    told = page.locator("section.alarm .issuer").inner_text()[:8]
    return f"{datetime.fromisoformat(f'{day}T{told}+00:00') + timedelta(seconds=2):%Y-%m-%dT%H:%M:%SZ}"


class Story:
    """Two pages on one night, and what is done on both."""

    def __init__(self, pages: dict[str, Page], folder: Path) -> None:
        self.pages, self.folder, self.number, self.began = pages, folder, 0, time.monotonic()

    def press(self, *keys: str) -> None:
        """Press keys on both pages."""
        for page in self.pages.values():
            for key in keys:
                page.keyboard.press(key)

    def wait(self, role: str, word: str, **more: Any) -> None:
        """Wait for something to be seen on both pages."""
        for lang, page in self.pages.items():
            page.get_by_role(role, name=WORDS[word][lang], **more).first.wait_for(timeout=WAIT_MS)
        self.say(word)

    def say(self, what: str) -> None:
        """Print when something was seen."""
        print(f"{time.monotonic() - self.began:6.1f} s  {what}", flush=True)

    def picture(self, name: str, settle_s: float = 1.5) -> None:
        """Take a picture of both pages."""
        self.number += 1
        time.sleep(settle_s)
        for lang, page in self.pages.items():
            page.screenshot(path=self.folder / f"story-{self.number}-{name}-{lang}.png")
        self.say(f"picture {self.number}, {name}")


def tell(story: Story, address: str, lines: list[str]) -> None:
    """Work the console through the night."""
    first = next(iter(story.pages.values()))
    story.wait("heading", "rocket", level=2)
    moment = just_after_the_first_word(first)
    story.picture("alarm", 7.0)
    story.press("a", "2", "ArrowDown")
    story.picture("launch", 2.0)
    story.press("Escape", "1")
    story.wait("row", "drone")
    for lang, page in story.pages.items():
        page.get_by_role("row", name=WORDS["drone"][lang]).first.click()
    story.wait("heading", "rockets_over", level=2)
    story.picture("drone", 1.0)
    story.press("a", "Escape", "y")
    for page in story.pages.values():
        page.get_by_role("dialog").get_by_text(re.compile("L0001|T176|T")).first.wait_for()
    story.picture("why")
    story.press("Escape")
    while not any("the console stays" in line for line in lines):
        time.sleep(0.5)
    story.say("the night is over")
    first.keyboard.press("d")
    for zone in ("Tank farm", "Camp"):
        box = first.get_by_role("checkbox", name=re.compile(zone))
        if box.count():
            box.first.check()
    if first.locator(".begin-drill").is_disabled():
        first.get_by_role("checkbox").first.check()
    first.locator(".begin-drill").click()
    for page in story.pages.values():
        page.locator(".drill-strip .badge").wait_for(timeout=60_000)
    story.picture("drill")
    first.locator(".drill-strip button").click()
    for lang, page in story.pages.items():
        page.goto(f"{address}/{VIEWS[lang]}&at={moment}&sel=launch:L0001&tab=launches")
        page.locator(".feed-record").wait_for()
    story.picture("record", 5.0)


def main() -> None:
    """Run the night and take the pictures."""
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("folder", type=Path)
    given.add_argument("--port", type=int, default=8479)
    options = given.parse_args()
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        sys.exit("no Chromium on this machine: apt-get install chromium")
    with demo(options.port) as (address, lines), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        while True:
            with contextlib.suppress(OSError), urllib.request.urlopen(f"{address}/api/health", timeout=2):
                break
            time.sleep(0.1)
        pages = {}
        for lang, view in VIEWS.items():
            context = browser.new_context(viewport=SIZE, locale="en-GB", reduced_motion="reduce")
            pages[lang] = context.new_page()
            pages[lang].goto(f"{address}/{view}")
            pages[lang].locator('html[data-picture="whole"]').wait_for(timeout=WAIT_MS)
        tell(Story(pages, options.folder), address, lines)
        browser.close()


if __name__ == "__main__":
    main()
