"""The searches for launches among plots are counted, put off in order, and nothing of it is silent."""

from __future__ import annotations

import numpy as np

from marsad import samples
from marsad.geo.frames import ecef_from_geodetic, enu_axes
from marsad.sensing.book import SensorBook
from marsad.terms import Plot
from marsad.trajectory.pool import Straight, Tracklet, TrackletBook
from marsad.trajectory.rows import rows_of
from marsad.trajectory.searches import AT_ONCE, PER_S, WAITING_MOST, Searches, rank

SITE = samples.gas_plant()


def tracklet(sensor_id: str = "RD-1", stamp_s: float = 1.0, number: int = 0) -> Tracklet:
    plots = [
        Plot(
            detection_id=f"{sensor_id}-{number}-{k}", sensor_id=sensor_id, time_utc_ns=k, arrival_utc_ns=k,
            range_m=5000.0, azimuth_rad=1.0, elevation_rad=0.1, covariance=(400.0, 0.0, 0.0, 4e-5, 0.0, 4e-5),
        )
        for k in range(2)
    ]  # fmt: skip
    places = [np.zeros(3), np.ones(3)]
    return Tracklet(plots, [stamp_s - 0.7, stamp_s], places, [np.eye(3), np.eye(3)], np.eye(3))


def taken(searches: Searches) -> list[Tracklet]:
    out = []
    while (one := searches.next()) is not None:
        out.append(one)
    return out


def test_only_so_many_searches_for_each_second_of_the_messages():
    searches = Searches()
    searches.earn(0.0)
    assert sum(searches.may_go() for _ in range(100)) == AT_ONCE
    for number in range(30):
        searches.put_off(tracklet(number=number), 0.0, 0.0)
    counts = []
    for moment in range(1, 4):
        searches.earn(float(moment))
        counts.append(len(taken(searches)))
    assert counts == [PER_S] * 3


def test_nothing_goes_before_what_waits_and_the_likeliest_goes_first():
    searches = Searches(left=0.0)
    few = [tracklet(number=number) for number in range(5)]
    for one, value in zip(few, (1.0, 5.0, 3.0, 4.0, 2.0), strict=True):
        searches.put_off(one, value, 0.0)
    searches.left = 3.0
    assert not searches.may_go()
    assert taken(searches) == [few[1], few[3], few[2]]
    assert searches.count == 2


def test_radars_take_turns():
    searches = Searches(left=0.0)
    noise = [tracklet("noise", number=number) for number in range(20)]
    honest = tracklet("RD-1")
    for one in noise:
        searches.put_off(one, 10.0, 0.0)
    searches.put_off(honest, 0.0, 0.0)
    searches.left = 2.0
    assert any(one is honest for one in taken(searches))


def test_the_queue_is_bounded_and_what_it_gives_up_is_said():
    searches = Searches(left=0.0)
    for number in range(WAITING_MOST + 7):
        searches.put_off(tracklet(number=number), float(number), 0.0)
    said = searches.overload(0.0, 10**9)
    assert said is not None
    assert (said.put_off, said.given_up) == (WAITING_MOST, 7)
    assert min(one.rank for one in searches.waiting["RD-1"]) == 7.0


def test_overload_is_said_when_it_begins_each_second_and_when_it_is_over():
    searches = Searches(left=0.0)
    assert searches.overload(0.0, 0) is None
    searches.put_off(tracklet(stamp_s=5.0), 0.0, 5.0)
    begun = searches.overload(5.0, 5 * 10**9)
    assert begun is not None
    assert begun.put_off == 1
    assert searches.overload(5.5, 5_500_000_000) is None
    again = searches.overload(6.5, 6_500_000_000)
    assert again is not None
    assert again.since_utc_ns == 5 * 10**9
    searches.left = 1.0
    taken(searches)
    over = searches.overload(6.6, 6_600_000_000)
    assert over is not None
    assert over.put_off == 0
    assert searches.overload(6.7, 6_700_000_000) is None


def test_what_a_launch_claims_or_is_too_old_waits_no_longer():
    searches = Searches(left=0.0)
    claimed, old, young = tracklet(number=1), tracklet(number=2), tracklet(number=3, stamp_s=9.0)
    for one in (claimed, old, young):
        searches.put_off(one, 0.0, 0.0)
    claimed.is_gone = True
    searches.forget(9.5, 8.0)
    assert [one.tracklet for one in searches.waiting["RD-1"]] == [young]
    assert searches.given_up == 1


def test_what_flies_toward_the_zones_goes_before_what_flies_away():
    o = SITE.origin
    target = np.array(ecef_from_geodetic(o.latitude_rad, o.longitude_rad, o.height_m))
    axes = enu_axes(o.latitude_rad, o.longitude_rad)
    east = target + 8000.0 * axes[0]
    ranks = []
    for speed_ms in (-300.0, 300.0):
        one = tracklet()
        one.place_m, one.axes = [east, east + 0.7 * speed_ms * axes[0]], axes
        line = Straight(np.array([speed_ms, 0.0, 0.0]), 100.0 * np.eye(3), 20.0, -40.0, -45.0)
        ranks.append(rank(one, line, target, 2000.0))
    assert ranks[0] > ranks[1] + 1.0


def test_a_crowd_of_plots_does_not_push_out_the_pair_of_the_last_two_turns():
    """Each plot pairs with all before it: the pairs across many turns go, those of neighbouring turns stay."""
    book = SensorBook(0)
    for sensor in SITE.sensors:
        book.register(sensor)
    rng = np.random.default_rng(1)
    tracklets = TrackletBook()
    origin = np.array(ecef_from_geodetic(SITE.origin.latitude_rad, SITE.origin.longitude_rad, 300.0))
    rocket: list[str] = []
    number = 0
    for turn in range(5):
        for k in range(150):
            stamp_s = 10.0 + turn * 0.667 + k * 0.004
            place = origin + (rng.uniform(-2000.0, 2000.0, 3) if k else np.array([6000.0, 250.0 * turn, 0.0]))
            plot = Plot(
                detection_id=f"p{number}", sensor_id="RD-1", time_utc_ns=round(stamp_s * 1e9),
                arrival_utc_ns=round(stamp_s * 1e9), range_m=5000.0, azimuth_rad=float(rng.uniform(0, 6)),
                elevation_rad=0.1, covariance=(400.0, 0.0, 0.0, 4e-5, 0.0, 4e-5),
            )  # fmt: skip
            number += 1
            rocket += [plot.detection_id] if k == 0 else []
            longer = tracklets.add(plot, rows_of(plot, book), place, book)
            tracklets.forget(stamp_s)
            if k == 0 and turn:
                together = [{p.detection_id for p in one.plots} for one in longer]
                assert any({rocket[-1], rocket[-2]} <= one for one in together), f"turn {turn}"
    assert len(tracklets.tracklets) < 2000
