"""Nights as the product and as the plain rows have them: ``python watch_nights.py FIRST COUNT``, a JSON line each.

A process of its own, since the shapes and types that the other tests hold at run time would double its time.
"""

from __future__ import annotations

import dataclasses
import json
import math
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from monotone.alarms import alarms, gaps
from monotone.nights import as_far_as, as_plain_rows, as_product, messages, night


def main() -> None:
    """Run the nights and print what each came to."""
    first, count = int(sys.argv[1]), int(sys.argv[2])
    for number in range(first, first + count):
        tonight = night(number)
        arrived = messages(tonight, number)
        plain = alarms(as_plain_rows(tonight, arrived))
        # after the last of these alarms, and where there is none, the product can be no worse
        last_s = max((alarm.end_s for alarm in plain), default=-math.inf)
        product = alarms(as_product(tonight, as_far_as(arrived, last_s))) if plain else []
        said = {
            "night": number,
            "is": repr(tonight),
            "alarms": len(plain),
            "gaps": [dataclasses.asdict(gap) for gap in gaps(product, plain)],
            "product": [dataclasses.asdict(alarm) for alarm in product],
        }
        print(json.dumps(said), flush=True)


if __name__ == "__main__":
    main()
