"""Protection is monotone: nothing clever alarms less than the plain rows do."""

from __future__ import annotations

import os

import pytest

from monotone.alarms import Alarm, alarms, gaps
from monotone.nights import as_plain_rows, as_product, messages, night

NIGHTS = int(os.environ.get("NIGHTS", "30"))
"""`make monotone NIGHTS=300` looks at more."""


@pytest.mark.parametrize("number", range(NIGHTS))
def test_every_alarm_of_the_plain_rows_is_given_and_stands(number: int) -> None:
    tonight = night(number)
    arrived = messages(tonight, number)
    product, plain = alarms(as_product(tonight, arrived)), alarms(as_plain_rows(tonight, arrived))
    assert gaps(product, plain) == [], f"{tonight!r}: {product} against {plain}"


def _alarm(begin_s: float, end_s: float, zone_id: str = "Z1") -> Alarm:
    return Alarm(zone_id, begin_s, end_s, ())


@pytest.mark.parametrize(
    "product",
    [
        [],
        [_alarm(12.0, 60.0)],
        [_alarm(10.0, 50.0)],
        [_alarm(10.0, 30.0), _alarm(32.0, 60.0)],
        [_alarm(10.0, 60.0, "Z2")],
    ],
)
def test_less_than_the_plain_rows_is_seen(product: list[Alarm]) -> None:
    assert len(gaps(product, [_alarm(10.0, 60.0)])) == 1


@pytest.mark.parametrize("product", [[_alarm(10.9, 60.0)], [_alarm(5.0, 20.0), _alarm(20.0, 90.0)]])
def test_as_much_and_more_is_not_less(product: list[Alarm]) -> None:
    assert gaps(product, [_alarm(10.0, 60.0)]) == []
