"""Recorded aircraft through a simulated radar, zones under their paths: alarms, claims believed, claims flagged.

python benchmarks/real_adsb.py FOLDER [--windows N] [--only WORDS] [--window-s S] [--json OUT] [--seed N [--low]]
FOLDER holds the recordings (``*/*.json.gz``).  Every recorded flight is cut into N windows, the site's zones are laid
under its path there, and the window is flown silent, with its true reports, and with the reports of spoofed and broken
transponders (``tests/adsb_kit.py: false_claims``).  The ground is the lowest height of the file.  With --seed the radar
and the zones stand elsewhere, by chance; with --low besides, only windows of slow flight below 650 m are flown, up to
twelve a flight and sixty a file, all silent: what is hardest to tell from a drone.
"""

from __future__ import annotations

import argparse
import json
import sys
import zlib
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

import numpy as np

from adsb_kit import Flight, flights, window_scene
from air_kit import watch

FALSE = ("displaced", "late", "early", "frozen", "high", "low", "mirrored", "leaping", "twice", "ghost")
CLAIMS = ("none", "true", *FALSE)
WINDOW_S = 120.0


def count(flight: Flight, middle: int, ground_m: float, claim: str, window_s: float, seed: int | None) -> Counter[str]:
    """Fly one window and count what was said."""
    elsewhere = None if seed is None else np.random.default_rng([seed, zlib.crc32(flight.name.encode()), middle])
    seen = watch(window_scene(flight, middle, ground_m, claim, window_s, seed=middle, elsewhere=elsewhere))
    settled = [one for one in seen.tracks if one.time_utc_ns > 30e9 and one.status == "confirmed"]
    return Counter(
        windows=1,
        seen=int(bool(seen.tracks)),
        alarmed=int(bool(seen.alarms())),
        flagged=int(any("contradicted" in one.reason for one in seen.dispositions)),
        reports=len(settled),
        neutral=sum(one.affiliation == "neutral" for one in settled),
        suspect=sum(one.affiliation == "suspect" for one in settled),
    )


def low_middles(flight: Flight, ground_m: float, seed: int) -> list[int]:
    """Records, a minute apart, at which the flight is slow and below 650 m; twelve at most."""
    times = np.arange(flight.time_s[0] + 60.0, flight.time_s[-1] - 30.0, 60.0)
    middles = [int(k) for k in np.searchsorted(flight.time_s, times)]
    low = [k for k in middles if flight.height_m[k] - ground_m < 650.0 and 8.0 < flight.speed_ms[k] < 75.0]
    if len(low) <= 12:
        return low
    chosen = np.random.default_rng([seed, zlib.crc32(flight.name.encode())]).choice(low, 12, replace=False)
    return sorted(chosen.tolist())


def windows(found: list[Flight], ground_m: float, options: argparse.Namespace) -> list[tuple[Flight, int]]:
    """The windows of one file, each by its flight and middle."""
    if options.low:
        return [(flight, k) for flight in found for k in low_middles(flight, ground_m, options.seed or 0)][:60]
    shares = [(k + 0.5) / options.windows for k in range(options.windows)]
    return [(flight, int(share * flight.time_s.size)) for flight in found[: options.flights] for share in shares]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--windows", type=int, default=2)
    parser.add_argument("--flights", type=int, default=2, help="the longest flights of each file")
    parser.add_argument("--only", default="", help="words of file names, parted by commas")
    parser.add_argument("--window-s", type=float, default=WINDOW_S)
    parser.add_argument("--seed", type=int, help="other places of the radar and zones")
    parser.add_argument("--low", action="store_true", help="silent windows of low and slow flight only")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    table: dict[str, dict[str, dict[str, int]]] = {}
    for path in sorted(options.folder.glob("*/*.json.gz")):
        if not any(word in str(path) for word in options.only.split(",")):
            continue
        found = sorted(flights(path), key=lambda one: one.time_s[0] - one.time_s[-1])
        ground_m = min((float(one.height_m.min()) for one in found), default=0.0)
        claims = ("none",) if options.low else CLAIMS
        sums = {claim: Counter() for claim in claims}
        for flight, middle in windows(found, ground_m, options):
            for claim in claims:
                sums[claim].update(count(flight, middle, ground_m, claim, options.window_s, options.seed))
        table[f"{path.parent.name}/{path.name.split('.')[0]}"] = {claim: dict(sums[claim]) for claim in claims}
        print(path.parent.name, path.name.split(".")[0], {c: (s["alarmed"], s["flagged"]) for c, s in sums.items()})
    total = {claim: sum((Counter(row.get(claim, {})) for row in table.values()), Counter()) for claim in CLAIMS}
    print(json.dumps(total, indent=1))
    if options.json:
        options.json.write_text(json.dumps({"total": total, "files": table}, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
