"""Recorded aircraft through a simulated radar, zones under their paths: alarms, claims believed, claims flagged.

python benchmarks/real_adsb.py FOLDER [--windows N] [--only WORDS] [--window-s S] [--json OUT]
FOLDER holds the recordings (``*/*.json.gz``).  Every recorded flight is cut into N windows, the site's zones are laid
under its path there, and the window is flown silent, with its true reports, and with the reports of spoofed and broken
transponders (``tests/adsb_kit.py: false_claims``).  The ground is the lowest height of the file.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from adsb_kit import Flight, flights, window_scene
from air_kit import watch

FALSE = ("displaced", "late", "early", "frozen", "high", "mirrored", "leaping", "twice", "ghost")
CLAIMS = ("none", "true", *FALSE)
WINDOW_S = 120.0


def count(flight: Flight, middle: int, ground_m: float, claim: str, window_s: float) -> Counter[str]:
    """Fly one window and count what was said."""
    seen = watch(window_scene(flight, middle, ground_m, claim, window_s, seed=middle))
    settled = [one for one in seen.tracks if one.time_utc_ns > 30e9 and one.status == "confirmed"]
    return Counter(
        windows=1,
        seen=bool(seen.tracks),
        alarmed=bool(seen.alarms()),
        flagged=any("contradicted" in one.reason for one in seen.dispositions),
        reports=len(settled),
        neutral=sum(one.affiliation == "neutral" for one in settled),
        suspect=sum(one.affiliation == "suspect" for one in settled),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--windows", type=int, default=2)
    parser.add_argument("--flights", type=int, default=2, help="the longest flights of each file")
    parser.add_argument("--only", default="", help="words of file names, parted by commas")
    parser.add_argument("--window-s", type=float, default=WINDOW_S)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    table: dict[str, dict[str, dict[str, int]]] = {}
    for path in sorted(options.folder.glob("*/*.json.gz")):
        if not any(word in str(path) for word in options.only.split(",")):
            continue
        found = sorted(flights(path), key=lambda one: one.time_s[0] - one.time_s[-1])
        ground_m = min((float(one.height_m.min()) for one in found), default=0.0)
        sums = {claim: Counter() for claim in CLAIMS}
        for flight in found[: options.flights]:
            for k in range(options.windows):
                middle = int((k + 0.5) / options.windows * flight.time_s.size)
                for claim in CLAIMS:
                    sums[claim].update(count(flight, middle, ground_m, claim, options.window_s))
        table[f"{path.parent.name}/{path.name.split('.')[0]}"] = {claim: dict(sums[claim]) for claim in CLAIMS}
        print(path.parent.name, path.name.split(".")[0], {c: (s["alarmed"], s["flagged"]) for c, s in sums.items()})
    total = {claim: sum((Counter(row[claim]) for row in table.values()), Counter()) for claim in CLAIMS}
    print(json.dumps(total, indent=1))
    if options.json:
        options.json.write_text(json.dumps({"total": total, "files": table}, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
