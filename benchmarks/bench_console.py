"""The console's own work: 500 tracks at 5 Hz and 40 zones in a real Chromium, against 8 ms of script a frame.

Drawing is done here by a software renderer, which says nothing about a real screen; what is measured is the page's own
script (Chromium's ScriptDuration) per frame of a 30 Hz screen, the time to the first picture, and the heap as the
night goes on.  Needs Chromium and the built console: ``python benchmarks/bench_console.py``.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "console"))

from mock_station import Mock, running  # noqa: E402

FLAGS = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"]
FRAME_HZ = 30.0


def metrics(session: Any) -> dict[str, float]:
    """Give Chromium's counters of the page."""
    return {item["name"]: item["value"] for item in session.send("Performance.getMetrics")["metrics"]}


def heap_mb(session: Any) -> float:
    """Give the live heap after a collection."""
    session.send("HeapProfiler.collectGarbage")
    return float(session.send("Runtime.getHeapUsage")["usedSize"]) / 2**20


def measure(seconds: float, tracks: int, zones: int) -> dict[str, float]:
    """Play the loaded night and count."""
    mock = Mock(20.0, 1.0, load=tracks, extra_zones=zones - 6)
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    with running(mock) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable")
        began = time.perf_counter()
        page.goto(f"{url}/#lang=en&theme=dark")
        page.locator('html[data-picture="whole"]').wait_for()
        first_s = time.perf_counter() - began
        page.locator('html[data-map="drawn"]').wait_for(timeout=60_000)
        map_s = time.perf_counter() - began
        page.wait_for_timeout(15_000)
        before, heap_before = metrics(session), heap_mb(session)
        start = time.perf_counter()
        page.wait_for_timeout(seconds * 1000)
        passed = time.perf_counter() - start
        after, heap_after = metrics(session), heap_mb(session)
        browser.close()
    script_s = after["ScriptDuration"] - before["ScriptDuration"]
    return {
        "tracks": tracks,
        "zones": zones,
        "script_ms_per_s": round(1000 * script_s / passed, 1),
        "script_ms_per_frame_at_30_hz": round(1000 * script_s / passed / FRAME_HZ, 2),
        "layout_and_style_ms_per_frame_at_30_hz": round(
            1000
            * sum(after[name] - before[name] for name in ("LayoutDuration", "RecalcStyleDuration"))
            / passed
            / FRAME_HZ,
            2,
        ),
        "alarm_and_tables_s": round(first_s, 2),
        "map_drawn_s": round(map_s, 2),
        "heap_mb_before": round(heap_before, 1),
        "heap_mb_after": round(heap_after, 1),
    }


def main() -> None:
    """Measure, print, keep."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--tracks", type=int, default=500)
    parser.add_argument("--zones", type=int, default=40)
    given = parser.parse_args()
    result = measure(given.seconds, given.tracks, given.zones)
    print(json.dumps(result, indent=1))
    out = ROOT / "benchmarks" / "results" / "console.json"
    out.parent.mkdir(exist_ok=True)
    out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
