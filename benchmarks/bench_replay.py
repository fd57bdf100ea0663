"""The console's heap while it replays an hour of the record at twenty times, against 150 MB.

The page plays the record of a mock station in a real Chromium, with as many tracks as asked for told every second; live
data go on coming meanwhile.  The heap is taken after a collection every ten minutes of the record, the page's own
script as in ``bench_console.py``.  Needs Chromium and the built console: ``python benchmarks/bench_replay.py``.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import sync_playwright

from bench_console import FLAGS, ROOT, heap_mb, metrics

sys.path.insert(0, str(ROOT / "tests" / "console"))

import mock_night as night
from mock_station import Mock, running

MUST_MB = 150.0
RATE = 20.0
HOUR_S = 3600.0
LOOKS = 6
MOMENT = "new URLSearchParams(location.hash.slice(1)).get('at')"


def measure(tracks: int, seconds: float) -> dict[str, object]:
    """Play so many seconds of the record and look at the heap ``LOOKS`` times."""
    mock = Mock(seconds + 120.0, 1.0, load=tracks)
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    begin = datetime.fromtimestamp(night.utc_ms(0.0) / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    with running(mock) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        page = browser.new_page(viewport={"width": 1440, "height": 900}, bypass_csp=True)
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable")
        page.goto(f"{url}/#lang=en&theme=dark&at={begin}&rate={RATE:g}")
        page.locator('html[data-picture="whole"]').wait_for(timeout=60_000)
        page.keyboard.press("Space")
        before, heaps = metrics(session), []
        start = time.perf_counter()
        for k in range(LOOKS):
            reached = night.utc_ms(seconds * (k + 1) / LOOKS)
            page.wait_for_function(f"Date.parse({MOMENT}) >= {reached}", timeout=600_000, polling=500)
            heaps.append(round(heap_mb(session), 1))
        passed_s, last = time.perf_counter() - start, page.evaluate(MOMENT)
        after = metrics(session)
        browser.close()
    script_s = after["ScriptDuration"] - before["ScriptDuration"]
    return {
        "tracks": tracks,
        "replayed_from": begin,
        "replayed_to": last,
        "rate": RATE,
        "heap_mb": heaps,
        "script_ms_per_frame_at_30_hz": round(1000 * script_s / passed_s / 30.0, 2),
        "must_mb": MUST_MB,
    }


def main() -> None:
    """Measure, print, keep."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--tracks", type=int, default=60)
    parser.add_argument("--seconds", type=float, default=HOUR_S, help="of the record")
    parser.add_argument("--json", type=Path, default=ROOT / "benchmarks" / "results" / "replay.json")
    given = parser.parse_args()
    result = measure(given.tracks, given.seconds)
    text = json.dumps(result, indent=1)
    print(text)
    given.json.parent.mkdir(exist_ok=True)
    given.json.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
