"""Judgements: no silence makes a suspect, behaviour does; what is confirmed is a friend."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from marsad import identify


def _motion(
    speed: float, height: float, climb: float = 0.0, sigma: float = 4.0, course: float = 0.0, falling: float = 0.0
) -> identify.Motion:
    def one(value: float) -> np.ndarray:
        return np.array([value])

    return identify.Motion(
        speed_ms=one(speed),
        speed_sigma_ms=one(sigma),
        height_agl_m=one(height),
        height_sigma_m=one(15.0),
        climb_ms=one(climb),
        climb_sigma_ms=one(1.0),
        course_rad=one(course),
        falling=one(falling),
    )


def _judge(
    motion: identify.Motion,
    reach: float = 0.5,
    updates: int = 8,
    claim: identify.Claim | None = None,
    contradicted: identify.Claim | None = None,
    may_be_claimed: bool = False,
    corridor: str | None = None,
    range_known: bool = True,
    memory: identify.IdentityMemory | None = None,
    lists: identify.Lists | None = None,
    now_s: float = 0.0,
) -> identify.Judgement:
    evidence = identify.Evidence(
        updates=np.array([updates]),
        range_known=np.array([range_known]),
        reach=np.array([reach]),
        claim=(claim,),
        contradicted=(contradicted,),
        may_be_claimed=(may_be_claimed,),
        corridor=(corridor,),
    )
    held, params = [memory or identify.IdentityMemory()], identify.IdentityParams()
    identify.remember(motion, evidence.updates, held, now_s, params)
    return identify.judge(motion, evidence, held, lists or identify.Lists(), params)[0]


def _claim(
    key: str = "F01", source: str = "unspecified", own: bool = False, contradicted: bool = False
) -> identify.Claim:
    claim = identify.Claim(key=key, is_own_sensor=own, source=source, bound_track=1)
    if contradicted:
        claim.contradicted_since_s, claim.why = 5.0, "displaced: a track flies the same way 900 m away"
    return claim


def test_a_low_slow_object_on_the_way_to_a_zone_is_suspect_and_says_why() -> None:
    judged = _judge(_motion(36.0, 140.0))
    assert (judged.affiliation, judged.object_kind) == ("suspect", "drone")
    assert any("zone" in reason for reason in judged.reasons)
    assert judged.threat_probability > 0.5


@pytest.mark.parametrize(
    ("speed", "height", "reach"),
    [(79.0, 1000.0, 0.9), (209.0, 1500.0, 0.9), (70.0, 200.0, 0.9), (30.0, 900.0, 0.9), (36.0, 140.0, 0.0)],
)
def test_silence_alone_makes_no_suspect(speed: float, height: float, reach: float) -> None:
    assert _judge(_motion(speed, height), reach=reach).affiliation == "unknown"


def test_nothing_is_called_hostile_by_the_machine() -> None:
    for speed in (5.0, 20.0, 40.0, 80.0, 300.0):
        for height in (20.0, 200.0, 2000.0):
            assert _judge(_motion(speed, height)).affiliation in ("unknown", "suspect")


def test_a_crewed_aircraft_that_comes_low_and_slow_to_land_is_remembered() -> None:
    memory = identify.IdentityMemory()
    assert _judge(_motion(70.0, 300.0, sigma=2.0), memory=memory).affiliation == "unknown"
    assert memory.was_fast
    assert _judge(_motion(25.0, 60.0, climb=-3.0), memory=memory).affiliation == "unknown"


def test_confirmed_claims_are_friends_or_neutral_and_own_sensors_friends() -> None:
    low_slow = _motion(36.0, 140.0)
    assert _judge(low_slow, claim=_claim()).affiliation == "assumed_friend"
    assert _judge(low_slow, claim=_claim(source="adsb")).affiliation == "neutral"
    assert _judge(low_slow, claim=_claim(), lists=identify.Lists(friends=frozenset({"F01"}))).affiliation == "friend"
    own = _judge(low_slow, claim=_claim("EO-D1", "drone", own=True))
    assert (own.affiliation, own.object_kind) == ("friend", "own_drone")
    assert _judge(low_slow, claim=_claim("EO-B1", "balloon", own=True)).object_kind == "balloon"


def test_a_contradicted_claim_is_named_and_not_believed() -> None:
    judged = _judge(_motion(36.0, 140.0), claim=_claim(contradicted=True))
    assert judged.affiliation == "suspect"
    assert any("F01 is contradicted" in reason for reason in judged.reasons)
    fast = _judge(_motion(220.0, 3000.0), contradicted=_claim(contradicted=True))
    assert fast.affiliation == "unknown"
    assert any("not believed" in reason for reason in fast.reasons)


def test_what_is_not_yet_known_stays_unknown() -> None:
    assert _judge(_motion(36.0, 140.0), updates=2).affiliation == "unknown"
    assert _judge(_motion(36.0, 140.0, sigma=30.0)).affiliation == "unknown"
    assert _judge(_motion(36.0, 140.0), may_be_claimed=True).affiliation == "unknown"
    bearing_only = _judge(_motion(36.0, 140.0), range_known=False)
    assert bearing_only.affiliation == "unknown"
    assert "range" in bearing_only.reasons[-1]


def test_a_flight_plan_corridor_makes_an_assumed_friend_of_an_aircraft_but_not_of_a_drone() -> None:
    assert _judge(_motion(90.0, 900.0), corridor="north").affiliation == "assumed_friend"
    assert _judge(_motion(36.0, 140.0), corridor="north").affiliation == "suspect"


def test_suspicion_holds_through_a_moment_of_doubt_and_ends_with_a_claim() -> None:
    memory = identify.IdentityMemory()
    assert _judge(_motion(36.0, 140.0), memory=memory).affiliation == "suspect"
    assert _judge(_motion(36.0, 140.0), reach=0.0, memory=memory).affiliation == "suspect"
    assert _judge(_motion(36.0, 140.0), claim=_claim(), memory=memory).affiliation == "assumed_friend"
    assert _judge(_motion(36.0, 140.0), reach=0.0, memory=memory).affiliation == "unknown"


def test_kind_probabilities_sum_to_one_and_know_the_plain_cases() -> None:
    none = np.array([1.0])
    for speed, height, expected in ((36.0, 140.0, "drone"), (220.0, 9000.0, "aircraft"), (95.0, 1200.0, "aircraft")):
        row = identify.kind_probabilities(_motion(speed, height), none)
        assert row.sum() == pytest.approx(1.0)
        assert identify.likeliest_kind(row[0])[0] == expected


def test_who_climbs_away_or_circles_is_not_coming_in() -> None:
    climber = identify.IdentityMemory()
    for k in range(12):
        judged = _judge(_motion(36.0, 40.0 + 25.0 * k, climb=2.5), memory=climber, now_s=10.0 * k)
    assert climber.has_climbed
    assert judged.affiliation == "unknown"
    glider = identify.IdentityMemory()
    for k in range(80):
        _judge(_motion(30.0, 300.0, course=0.3 * (-1) ** k), memory=glider, now_s=1.0 * k)
    assert not glider.has_circled
    for k in range(40):
        judged = _judge(_motion(30.0, 300.0, course=0.2 * k), memory=glider, now_s=1.0 * k)
    assert glider.has_circled
    assert judged.affiliation == "unknown"


def test_what_falls_steeply_from_the_first_is_no_drone_coming_in_but_a_known_one_may_dive() -> None:
    falls = _motion(7.0, 160.0, climb=-23.0)
    assert _judge(falls).affiliation == "unknown"
    memory = identify.IdentityMemory()
    assert _judge(_motion(36.0, 140.0), memory=memory).affiliation == "suspect"
    assert _judge(_motion(24.0, 60.0, climb=-6.5), memory=memory).affiliation == "suspect"
    assert _judge(_motion(36.0, 140.0, climb=-2.0)).affiliation == "suspect"


def test_what_moves_as_if_thrown_is_no_drone() -> None:
    flown = _judge(_motion(36.0, 140.0))
    thrown = _judge(_motion(36.0, 140.0, falling=0.9))
    assert flown.affiliation == "suspect"
    assert thrown.affiliation == "unknown"
    assert thrown.threat_probability == pytest.approx(0.1 * flown.threat_probability, rel=0.02)


def test_who_slows_down_comes_to_land_but_a_suspect_in_its_dive_stays_one() -> None:
    lander, diver = identify.IdentityMemory(), identify.IdentityMemory()
    for k in range(8):
        _judge(_motion(48.0, 430.0, sigma=2.0), reach=0.0, memory=lander, now_s=float(k))
        _judge(_motion(40.0, 140.0, sigma=2.0), memory=diver, now_s=float(k))
    assert not lander.suspect
    assert diver.suspect
    assert _judge(_motion(32.0, 140.0, sigma=2.0), memory=lander, now_s=9.0).affiliation == "unknown"
    assert _judge(_motion(22.0, 60.0, -6.0, sigma=2.0), memory=diver, now_s=9.0).affiliation == "suspect"
    assert (lander.has_slowed, diver.has_slowed) == (True, False)


@pytest.mark.parametrize(("origin", "wanted"), [("edge", "suspect"), ("inside", "unknown"), ("start", "unknown")])
def test_where_a_track_came_into_view_tells_a_drone_from_what_took_off(origin: identify.Origin, wanted: str) -> None:
    memory = identify.IdentityMemory(origin=origin)
    assert _judge(_motion(36.0, 140.0), memory=memory).affiliation == wanted


def test_what_is_barely_likely_is_suspected_at_the_second_look_only() -> None:
    barely, memory = _motion(23.0, 250.0), identify.IdentityMemory()
    assert 0.7 < _judge(barely, updates=5).threat_probability < 0.75
    assert _judge(barely, updates=5, memory=memory).affiliation == "unknown"
    assert _judge(barely, updates=5, memory=memory).affiliation == "unknown", "a look counts once"
    assert _judge(barely, updates=6, memory=memory).affiliation == "suspect"
    flicker = identify.IdentityMemory()
    _judge(barely, updates=5, memory=flicker)
    _judge(_motion(60.0, 120.0), updates=6, memory=flicker)
    assert _judge(barely, updates=7, memory=flicker).affiliation == "unknown"


def test_what_has_been_faster_than_most_drones_is_suspected_only_while_it_flies_level_at_one_speed() -> None:
    drone, lander = identify.IdentityMemory(), identify.IdentityMemory()
    for k in range(12):
        flies = _judge(_motion(55.0, 120.0, sigma=2.5), updates=5 + k, memory=drone, now_s=float(k))
        lands = _judge(_motion(55.0, 160.0 - 3.0 * k, -3.0, 1.5), updates=5 + k, memory=lander, now_s=float(k))
        assert (flies.affiliation == "suspect") == (k >= 8)
        assert lands.affiliation == "unknown"
    slower = _judge(_motion(49.0, 120.0, -2.0, 2.5), updates=18, memory=lander, now_s=13.0)
    assert slower.affiliation == "unknown"


def test_where_it_came_into_view_matters_no_more_once_it_has_held_height_and_speed_for_a_minute() -> None:
    memory = identify.IdentityMemory(origin="inside")
    for k in range(62):
        judged = _judge(_motion(36.0, 140.0, sigma=2.0), updates=5 + k, memory=memory, now_s=float(k))
        assert (judged.affiliation == "suspect") == (k >= 60)


def test_what_is_first_seen_low_may_have_taken_off_and_is_no_suspect_before_its_climb_is_known() -> None:
    def seen(height_m: float, climb_sigma_ms: float) -> str:
        return _judge(replace(_motion(36.0, height_m), climb_sigma_ms=np.array([climb_sigma_ms]))).affiliation

    assert [seen(50.0, 4.0), seen(50.0, 1.5), seen(140.0, 4.0)] == ["unknown", "suspect", "suspect"]
