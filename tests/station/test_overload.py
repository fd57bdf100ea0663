"""That there is too much to look at is shown, told and recorded, and that it is over too."""

from __future__ import annotations

from marsad import samples
from marsad.pipeline import Outputs
from marsad.station.health import Health
from marsad.station.lines import line
from marsad.station.picture import Picture
from marsad.station.runner import DECISION_KINDS, decisions
from marsad.station.tell import Teller
from marsad.terms import Overload

BEGUN = Overload(arrival_utc_ns=3 * 10**9, since_utc_ns=2 * 10**9, put_off=17, given_up=2)
OVER = Overload(arrival_utc_ns=5 * 10**9, since_utc_ns=2 * 10**9, put_off=0, given_up=2)


def test_the_console_shows_it_while_it_lasts():
    site = samples.gas_plant()
    picture = Picture(site, Health(site.sensors), 0)
    picture.apply(Outputs(overload=BEGUN), 3 * 10**9)
    (fault,) = picture.snapshot()["faults"]
    assert (fault["sensor_id"], fault["kind"], fault["cleared"]) == ("pipeline", "overloaded", False)
    assert "17 possible launches wait" in fault["reasons"][0]
    assert picture.overload == {"put_off": 17, "given_up": 2, "since_utc_ms": 2000}
    picture.apply(Outputs(overload=OVER), 5 * 10**9)
    assert picture.overload is None
    assert all(fault["cleared"] for fault in picture.snapshot()["faults"])


def test_it_is_a_decision_of_the_record_and_a_line():
    assert list(decisions(Outputs(overload=BEGUN))) == [("overload", BEGUN)]
    assert DECISION_KINDS["overload"] is Overload
    assert "overloaded" in line(BEGUN)
    assert "over after 3.0 s" in line(OVER)
    told = [text for text, _ in Teller().events(Outputs(overload=BEGUN), BEGUN.arrival_utc_ns)]
    assert told == [line(BEGUN)]
