"""The picture that consoles are shown: who is watched over, losses of protection, the state of sensors."""

from __future__ import annotations

from marsad.pipeline import Outputs
from marsad.station.health import Health
from marsad.station.picture import Picture, fold
from marsad.terms import Heartbeat, Watch, ZoneWatch
from marsad.terms.warnings import Hazard
from station_kit import START_NS, small_site

S = 1_000_000_000
SITE = small_site()


def picture() -> Picture:
    return Picture(SITE, Health(SITE.sensors), START_NS)


def watch(**since: dict[Hazard, int]) -> Outputs:
    """Zones watched for the dangers given, of the two that they could be watched for."""
    zones = tuple(ZoneWatch(zone_id=name, since_utc_ns=at, possible=("rocket", "drone")) for name, at in since.items())
    return Outputs(watch=Watch(arrival_utc_ns=START_NS, zones=zones))


def test_a_zone_is_not_watched_until_somebody_says_that_it_is() -> None:
    shown = picture()
    whole = shown.snapshot()
    assert [(z["zone_id"], z["watched"]) for z in whole["zones"]] == [("camp", []), ("tanks", [])]
    assert [(one["cause"], one["zone_ids"]) for one in shown.losses] == [("unwatched", ["camp", "tanks"])]


def test_what_is_no_longer_watched_is_a_loss_until_it_is_again() -> None:
    shown = picture()
    whole = shown.snapshot()
    shown.delta()
    both: dict[Hazard, int] = {"rocket": START_NS, "drone": START_NS}
    assert shown.apply(watch(camp=both, tanks=both), START_NS + S)
    assert shown.losses == []
    delta = shown.delta()
    assert delta is not None
    fold(whole, delta)
    assert whole["losses"] == []
    assert shown.apply(watch(camp={"rocket": START_NS}, tanks={}), START_NS + 2 * S), "told at once"
    assert {one["cause"]: one["zone_ids"] for one in shown.losses} == {
        "unwatched": ["tanks"],
        "unwatched_drone": ["camp"],
    }
    zones = {z["zone_id"]: z for z in shown.snapshot()["zones"]}
    assert (zones["camp"]["watched"], zones["camp"]["watchable"]) == (["rocket"], ["drone", "rocket"])
    assert not shown.apply(watch(camp={"rocket": START_NS}, tanks={}), START_NS + 3 * S)


def test_any_part_of_the_station_may_show_a_loss_of_protection() -> None:
    shown = picture()
    assert shown.lose("overloaded", START_NS + S, detail="more comes than can be taken in")
    assert not shown.lose("overloaded", START_NS + 2 * S, detail="more comes than can be taken in")
    standing = {one["cause"]: one for one in shown.losses}
    assert standing["overloaded"]["since_utc_ms"] == (START_NS + S) // 1_000_000
    assert shown.lose("overloaded", START_NS + 3 * S)
    assert [one["cause"] for one in shown.losses] == ["unwatched"]


def test_a_sensor_that_is_lost_shows_so_though_a_batch_begun_earlier_ends_later() -> None:
    """Under load what a batch says of a sensor is shown with the time at which the batch began."""
    shown = picture()
    beat = Heartbeat(sensor_id="RD-1", time_utc_ns=START_NS, arrival_utc_ns=START_NS)
    shown.health.hear([beat], lambda _: 2.0)
    shown.pass_time(START_NS + 60 * S)
    shown.move(["RD-1"], START_NS + S)
    shown.pass_time(START_NS + 61 * S)
    assert {s["sensor_id"]: s["status"] for s in shown.snapshot()["sensors"]}["RD-1"] == "lost"
