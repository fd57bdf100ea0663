"""Judgements: no silence makes a suspect, behaviour does; what is confirmed is a friend."""

from __future__ import annotations

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
    corridor: str | None = None,
    range_known: bool = True,
    memory: identify.IdentityMemory | None = None,
    lists: identify.Lists | None = None,
    now_s: float = 0.0,
    prior: float = 0.05,
    friend: float = 0.0,
) -> identify.Judgement:
    """Judge one track at its ``updates``-th look, where one of twenty silent ones comes to attack."""
    held, params = [memory or identify.IdentityMemory()], identify.IdentityParams()
    threats, hits = [held[0].threat], np.array([updates])
    shown = identify.remember(motion, hits, threats, now_s, params.min_updates)
    evidence = identify.Evidence(
        kinds=identify.posterior(motion, shown, threats, prior),
        range_known=np.array([range_known]),
        reach=np.array([reach]),
        claim=(claim,),
        contradicted=(contradicted,),
        corridor=(corridor,),
        friend=np.array([friend]),
    )
    return identify.judge(motion, evidence, held, lists or identify.Lists(), params)[0]


def _odds(judged: identify.Judgement) -> float:
    return judged.threat_probability / (1.0 - judged.threat_probability)


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
    assert any("comes to attack with" in reason for reason in judged.reasons)
    assert judged.threat_probability > 0.5


@pytest.mark.parametrize(("speed", "height"), [(79.0, 1000.0), (209.0, 1500.0), (70.0, 200.0), (30.0, 900.0)])
def test_silence_alone_makes_no_suspect(speed: float, height: float) -> None:
    judged = _judge(_motion(speed, height), reach=0.9)
    assert judged.affiliation == "unknown"
    assert judged.threat_probability < 0.05


def test_the_sites_prior_is_what_the_motion_is_weighed_against() -> None:
    rare, frequent = (_judge(_motion(36.0, 140.0), prior=p).threat_probability for p in (1e-3, 0.1))
    assert frequent / (1.0 - frequent) * (1.0 - rare) / rare == pytest.approx((0.1 / 0.9) / (1e-3 / 0.999), rel=1e-6)


def test_nothing_is_called_hostile_by_the_machine() -> None:
    for speed in (5.0, 20.0, 40.0, 80.0, 300.0):
        for height in (20.0, 200.0, 2000.0):
            assert _judge(_motion(speed, height)).affiliation in ("unknown", "suspect")


def test_a_crewed_aircraft_that_comes_low_and_slow_to_land_is_remembered_and_not_for_ever() -> None:
    memory, landed = identify.IdentityMemory(), _motion(25.0, 60.0)
    for k in range(40):
        _judge(_motion(75.0, 500.0, sigma=2.0), updates=5 + k, memory=memory, now_s=float(k))
    just = _odds(_judge(landed, updates=46, memory=memory, now_s=41.0))
    assert just < 0.3 * _odds(_judge(landed))
    for k in range(200):
        later = _odds(_judge(landed, updates=47 + k, memory=memory, now_s=42.0 + k))
    assert later > 3.0 * just


def test_only_who_the_site_lists_is_released_by_a_claim() -> None:
    low_slow, silent = _motion(36.0, 140.0), _judge(_motion(36.0, 140.0)).threat_probability
    friend = _judge(low_slow, claim=_claim(), lists=identify.Lists(friends=frozenset({"F01"})))
    assert (friend.affiliation, friend.is_released, friend.threat_probability) == ("friend", True, 0.0)
    lists = identify.Lists(sensors=frozenset({"EO-D1", "EO-B1"}))
    own = _judge(low_slow, claim=_claim("EO-D1", "drone", own=True), lists=lists)
    assert (own.affiliation, own.object_kind, own.is_released) == ("friend", "own_drone", True)
    assert _judge(low_slow, claim=_claim("EO-B1", "balloon", own=True), lists=lists).object_kind == "balloon"
    for claim in (_claim(), _claim(source="remote_id"), _claim(source="own_fleet"), _claim("EO-X", "drone", own=True)):
        told = _judge(low_slow, claim=claim, lists=lists)
        assert not told.is_released
        assert told.threat_probability == pytest.approx(silent)
        assert any("does not list" in reason for reason in told.reasons)


@pytest.mark.parametrize(("source", "label"), [("adsb", "neutral"), ("unspecified", "assumed_friend")])
def test_an_unlisted_claim_changes_the_label_of_what_is_no_threat(source: str, label: str) -> None:
    judged = _judge(_motion(90.0, 900.0), claim=_claim(source=source))
    assert (judged.affiliation, judged.transponder_id) == (label, "F01")


def test_a_contradicted_claim_is_named_and_not_believed() -> None:
    listed = identify.Lists(friends=frozenset({"F01"}))
    judged = _judge(_motion(36.0, 140.0), claim=_claim(contradicted=True), lists=listed)
    assert judged.affiliation == "suspect"
    assert any("F01 is contradicted" in reason for reason in judged.reasons)
    fast = _judge(_motion(220.0, 3000.0), contradicted=_claim(contradicted=True))
    assert fast.affiliation == "unknown"
    assert any("not believed" in reason for reason in fast.reasons)


def test_one_bearing_sensor_tells_neither_speed_nor_height() -> None:
    judged = _judge(_motion(36.0, 140.0), range_known=False)
    assert (judged.affiliation, judged.threat_probability) == ("unknown", 0.0)
    assert "range" in judged.reasons[-1]


def test_a_flight_plan_corridor_changes_the_label_of_an_aircraft_and_the_threat_of_nobody() -> None:
    assert _judge(_motion(90.0, 900.0), corridor="north").affiliation == "assumed_friend"
    inside, outside = _judge(_motion(36.0, 140.0), corridor="north"), _judge(_motion(36.0, 140.0))
    assert inside.affiliation == "suspect"
    assert inside.threat_probability == outside.threat_probability


def test_kind_probabilities_sum_to_one_and_know_the_plain_cases() -> None:
    for speed, height, expected in ((36.0, 140.0, "drone"), (220.0, 9000.0, "aircraft"), (95.0, 1200.0, "aircraft")):
        motion = _motion(speed, height)
        shown = identify.kind_log_likelihoods(motion)
        row = identify.kind_probabilities(shown, motion.falling, 0.2, np.zeros(1))
        assert row.sum() == pytest.approx(1.0)
        assert identify.likeliest_kind(row[0])[0] == expected


def test_who_circles_is_likelier_a_glider_than_who_wavers() -> None:
    shown = {}
    for name, course in (("wavers", lambda k: 0.3 * (-1) ** k), ("circles", lambda k: 0.2 * k)):
        memory = identify.IdentityMemory()
        for k in range(40):
            judged = _judge(_motion(30.0, 200.0, course=course(k)), updates=5 + k, memory=memory, now_s=float(k))
        shown[name] = judged.threat_probability
    assert shown["circles"] / (1 - shown["circles"]) < 0.1 * shown["wavers"] / (1 - shown["wavers"])


def test_what_falls_steeply_from_the_first_is_no_drone_coming_in_but_a_known_one_may_dive() -> None:
    assert _judge(_motion(7.0, 160.0, climb=-23.0)).threat_probability < 0.05
    memory = identify.IdentityMemory()
    for k in range(50):
        _judge(_motion(36.0, 140.0, sigma=2.0), updates=5 + k, memory=memory, now_s=float(k))
    for k in range(8):
        dives = _judge(_motion(30.0, 100.0 - 8.0 * k, climb=-6.5), updates=56 + k, memory=memory, now_s=50.0 + k)
    assert dives.affiliation == "suspect"


def test_what_moves_as_if_thrown_is_no_drone() -> None:
    flown = _judge(_motion(36.0, 140.0))
    thrown = _judge(_motion(36.0, 140.0, falling=0.9))
    assert thrown.threat_probability == pytest.approx(0.1 * flown.threat_probability, rel=0.02)


def test_where_a_track_came_into_view_is_a_likelihood_and_no_gate() -> None:
    seen = {}
    for origin in ("edge", "start", "inside", "own_ground"):
        memory = identify.IdentityMemory(threat=identify.ThreatMemory(origin=origin))
        seen[origin] = _judge(_motion(36.0, 140.0), memory=memory, prior=0.01).threat_probability
        for k in range(90):
            late = _judge(_motion(36.0, 140.0, sigma=2.0), updates=9 + k, memory=memory, now_s=float(k), prior=0.01)
        assert late.threat_probability > 0.5, "a minute and a half of steady flight outweighs each of them"
    assert seen["edge"] > seen["start"] > seen["inside"] > seen["own_ground"] > 0.0


def test_the_label_has_a_margin_so_that_it_does_not_flicker() -> None:
    memory = identify.IdentityMemory()
    assert _judge(_motion(36.0, 140.0), memory=memory).affiliation == "suspect"
    assert _judge(_motion(36.0, 140.0), memory=memory, prior=5e-4).threat_probability < 0.15
    assert memory.suspect
    assert _judge(_motion(36.0, 140.0), memory=memory, prior=1e-4).affiliation == "unknown"


def test_what_is_likely_a_listed_friend_already_counts_for_the_rest_before_its_claim_names_it() -> None:
    stranger, likely = (_judge(_motion(36.0, 140.0), friend=p) for p in (0.0, 0.9))
    assert likely.threat_probability == pytest.approx(0.1 * stranger.threat_probability)
    assert not likely.is_released
