"""Nights as the product and as the plain rows have them: ``python watch_nights.py FIRST COUNT``, a JSON line each.

With ``--no-searches`` the product is broken: it puts every search for a launch off, for ever.
A process of its own, since the shapes and types that the other tests hold at run time would double its time.
"""

from __future__ import annotations

import dataclasses
import json
import math
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from marsad.trajectory.searches import Searches
from monotone.alarms import alarms
from monotone.nights import less, messages, night


def main() -> None:
    """Run the nights and print what each came to."""
    first, count = int(sys.argv[1]), int(sys.argv[2])
    if "--no-searches" in sys.argv:
        # the plain rows know no bound (``left`` is infinite there), and keep their searches
        earn = Searches.earn

        def earn_nothing(searches: Searches, now_s: float) -> None:
            if math.isfinite(searches.left):
                searches.left = 0.0
            else:
                earn(searches, now_s)

        Searches.earn = earn_nothing  # type: ignore[method-assign]
    for number in range(first, first + count):
        tonight = night(number)
        product, plain, found = less(number, tonight, messages(tonight, number))
        said = {
            "night": number,
            "is": repr(tonight),
            "alarms": len(plain),
            "gaps": [dataclasses.asdict(gap) for gap in found],
            "put_off": max((step.outputs.overload.put_off for step in product if step.outputs.overload), default=0),
            "product": [dataclasses.asdict(alarm) for alarm in alarms(product)],
        }
        print(json.dumps(said), flush=True)


if __name__ == "__main__":
    main()
