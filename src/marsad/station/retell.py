"""The replay as a command: what the journal's messages lead to, printed, and whether it is what was decided then."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from marsad.station.journal import open_for_reading
from marsad.station.lines import line
from marsad.station.replay import Decided, replay
from marsad.station.runner import DECISION_KINDS, Decision, default_pipeline


def retell(path: Path, *, as_json: bool, recorded: bool) -> int:
    """Print decisions and compare; give the exit code."""
    if recorded:
        with open_for_reading(path) as reader:
            for row in reader.read(("decision",)):
                decision = msgspec.json.decode(row.payload, type=DECISION_KINDS[row.source])
                _print(Decided(row.batch, row.source, row.payload), decision, as_json=as_json)
        return 0

    def tell(batch: int, kind: str, decision: Decision) -> None:
        _print(Decided(batch, kind, msgspec.json.encode(decision)), decision, as_json=as_json)

    with open_for_reading(path) as reader:
        broken = reader.first_broken_link()
        gone = reader.prunings()
        result = replay(reader, default_pipeline(), tell)
    if broken is not None:
        print(f"marsad: {path}: row {broken} does not fit the rows before it: the journal was changed", file=sys.stderr)
    difference = result.difference()
    said = f"{result.messages} messages, {result.boots} run(s), {len(result.replayed)} decisions"
    if gone:
        until = datetime.fromtimestamp(max(one.until_utc_ns for one in gone) / 1e9, tz=UTC)
        said += f" ({sum(one.rows for one in gone)} rows until {until:%Y-%m-%d %H:%M} UTC were let go by rule"
        said += f", so {result.let_go} run(s) cannot be run again)" if result.let_go else ")"
    if result.other_code:
        said += " (the journal was written by other code than this)"
    if difference is None and broken is None:
        print(f"marsad: {said}: the same as recorded", file=sys.stderr)
        return 0
    if difference is not None:
        print(f"marsad: {said}: NOT the same as recorded: {difference}", file=sys.stderr)
    return 1


def _print(decided: Decided, decision: Decision, *, as_json: bool) -> None:
    print(decided.line() if as_json else line(decision))
