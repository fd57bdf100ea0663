"""Claims against tracks: bound when they move alike, contradicted when the sensors see otherwise."""

from __future__ import annotations

import numpy as np
import pytest

from marsad import identify


def _covariance() -> np.ndarray:
    return np.diag([15.0, 15.0, 20.0, 3.0, 3.0, 3.0])[None] ** 2


def _run(
    offset_m: tuple[float, float, float],
    velocity: tuple[float, float, float] = (80.0, 20.0, 0.0),
    track_velocity: tuple[float, float, float] | None = None,
    seconds: int = 40,
    watched: bool = True,
    seed: int = 1,
) -> tuple[identify.ClaimBook, list[identify.Claim]]:
    """Fly one claim and one track at an offset from it; gives the book and the claims whose verdict changed."""
    rng = np.random.default_rng(seed)
    book, params, changed = identify.ClaimBook(), identify.ClaimParams(), []
    v, w = np.array(velocity), np.array(track_velocity or velocity)
    for k in range(seconds):
        identify.report(book, "F01", float(k), v * k + rng.normal(0, 10, 3), v, 10.0, "adsb")
        states = identify.TrackStates(
            track=np.array([7]),
            time_s=np.array([k + 0.4]),
            position_m=(w * (k + 0.4) + np.array(offset_m) + rng.normal(0, 12, 3))[None],
            velocity_ms=(w + rng.normal(0, 2, 3))[None],
            covariance=_covariance(),
        )
        identify.compare(book, states, params)
        changed += identify.watch(book, k + 0.5, {"F01": watched}, states.track, params)
    return book, changed


def test_a_claim_that_moves_with_the_track_names_it_within_seconds() -> None:
    book, changed = _run((0.0, 0.0, 0.0), seconds=4)
    assert identify.claim_of_track(book)[7].key == "F01"
    assert [claim.verdict for claim in changed] == ["confirmed"]


@pytest.mark.parametrize("offset", [(800.0, -300.0, 0.0), (0.0, 2500.0, 50.0), (400.0, 0.0, 0.0)])
def test_a_displaced_claim_is_contradicted_and_names_no_track(offset: tuple[float, float, float]) -> None:
    book, changed = _run(offset)
    assert identify.claim_of_track(book) == {}
    assert [claim.verdict for claim in changed] == ["contradicted"]
    assert identify.claims_beside(book, identify.ClaimParams()) == {7: book.claims["F01"]}


def test_a_claim_shifted_along_its_way_is_said_to_be_shifted_in_time() -> None:
    book, _ = _run((80.0 * 12, 20.0 * 12, 0.0))
    assert "12 s ahead" in book.claims["F01"].why
    book, _ = _run((-20.0 * 30, 80.0 * 30, 0.0))
    assert "displaced" in book.claims["F01"].why


def test_a_claim_where_nothing_is_seen_is_contradicted_only_if_the_place_is_watched() -> None:
    book, _ = _run((0.0, 5000.0, 0.0), track_velocity=(-80.0, 0.0, 0.0))
    assert book.claims["F01"].verdict == "contradicted"
    assert "nothing is seen" in book.claims["F01"].why
    book, _ = _run((0.0, 5000.0, 0.0), track_velocity=(-80.0, 0.0, 0.0), watched=False)
    assert book.claims["F01"].verdict == "untested"


@pytest.mark.parametrize(("height", "word"), [(600.0, "600 m higher"), (-600.0, "600 m lower")])
def test_a_claim_of_a_wrong_height_is_contradicted(height: float, word: str) -> None:
    book, _ = _run((0.0, 0.0, height))
    claim = book.claims["F01"]
    assert claim.verdict == "contradicted"
    assert claim.why.startswith("wrong height: what flies there is")
    metres, side = word.split(" m ")
    assert claim.why.endswith(side)
    assert abs(float(claim.why.split()[-3]) - float(metres)) < 25.0


def test_a_claim_below_what_is_watched_is_contradicted_by_what_flies_just_above_it_for_long() -> None:
    assert _run((0.0, 0.0, 900.0), watched=False, seconds=25)[1] == []
    book, changed = _run((0.0, 0.0, 900.0), watched=False, seconds=60)
    assert [claim.verdict for claim in changed] == ["contradicted"]
    assert "wrong height" in book.claims["F01"].why
    assert _run((0.0, 2000.0, 900.0), watched=False, seconds=60)[1] == []


def test_a_pressure_height_off_by_the_weather_is_no_contradiction() -> None:
    book, _ = _run((0.0, 0.0, 200.0))
    assert book.claims["F01"].verdict != "contradicted"


def _reported(places_m: list[tuple[float, float]], is_own_sensor: bool = False) -> identify.Claim:
    """Give the claim after reports of a body at 80 m/s, each moved by so much, one a second, and a look at it."""
    book, params, v = identify.ClaimBook(), identify.ClaimParams(), np.array([80.0, 0.0, 0.0])
    for k, (east, north) in enumerate(places_m):
        place = v * k + np.array([east, north, 500.0])
        identify.report(book, "F01", float(k), place, v, 10.0, "adsb", is_own_sensor, params)
        identify.watch(book, float(k), {"F01": False}, np.zeros(0, dtype=np.int64), params)
    return book.claims["F01"]


def test_one_identity_at_two_places_is_contradicted_by_itself() -> None:
    twice = _reported([(0.0, 0.0), (2000.0, 500.0)] * 5)
    assert twice.verdict == "contradicted"
    assert "one identity at several places" in twice.why


def test_a_leap_is_not_excused_by_a_speed_that_no_aircraft_has() -> None:
    book, params = identify.ClaimBook(), identify.ClaimParams()
    for k in range(40):
        leapt, is_last_before = 3000.0 * (k // 10 % 2), k % 10 == 9
        speed = 15_080.0 if is_last_before else 80.0
        place, velocity = np.array([80.0 * k + leapt, 0.0, 500.0]), np.array([speed, 0.0, 0.0])
        identify.report(book, "F01", float(k), place, velocity, 10.0, "adsb", False, params)
        identify.watch(book, float(k), {"F01": False}, np.zeros(0, dtype=np.int64), params)
    assert "one identity at several places" in book.claims["F01"].why


def test_one_bad_fix_is_no_second_place_and_leaps_are_forgiven_in_time() -> None:
    here, away = (0.0, 0.0), (2000.0, 500.0)
    assert _reported([here] * 5 + [away] + [here] * 5).verdict == "untested"
    assert _reported([here, away] * 5).verdict == "contradicted"
    book, params, v = identify.ClaimBook(), identify.ClaimParams(), np.array([80.0, 0.0, 0.0])
    for k in range(120):
        leap = np.array([2000.0, 0.0, 0.0]) if k < 10 and k % 2 else np.zeros(3)
        identify.report(book, "F01", float(k), v * k + leap, v, 10.0, "adsb", False, params)
        states = identify.TrackStates(np.array([7]), np.array([float(k)]), (v * k)[None], v[None], _covariance())
        identify.compare(book, states, params)
        identify.watch(book, float(k), {"F01": True}, states.track, params)
        if k == 20:
            assert book.claims["F01"].verdict == "contradicted"
    assert book.claims["F01"].verdict == "confirmed"


def test_own_sensors_poses_are_not_doubted_for_a_leap() -> None:
    assert _reported([(0.0, 0.0), (2000.0, 500.0)] * 5, is_own_sensor=True).verdict == "untested"


def test_what_flies_at_the_claimed_place_must_move_as_it_says() -> None:
    rng, radius = np.random.default_rng(4), 150.0
    book, params, still = identify.ClaimBook(), identify.ClaimParams(), np.zeros(3)
    for k in range(50):
        angle = 30.0 * k / radius
        here = radius * np.array([np.sin(angle), np.cos(angle), 0.0])
        velocity = 30.0 * np.array([np.cos(angle), -np.sin(angle), 0.0])
        identify.report(book, "F01", float(k), rng.normal(0, 5, 3), still, 10.0, "adsb", False, params)
        states = identify.TrackStates(np.array([7]), np.array([float(k)]), here[None], velocity[None], _covariance())
        identify.compare(book, states, params)
        identify.watch(book, float(k), {"F01": True}, states.track, params)
    assert "does not move as it says" in book.claims["F01"].why


def test_of_two_tracks_beside_a_claim_only_the_one_at_its_place_is_named() -> None:
    rng = np.random.default_rng(3)
    book, params, v = identify.ClaimBook(), identify.ClaimParams(), np.array([60.0, 0.0, 0.0])
    beside = np.array([0.0, 250.0, 0.0])
    for k in range(20):
        identify.report(book, "F01", float(k), v * k, v, 10.0, "adsb")
        here = v * (k + 0.3)
        states = identify.TrackStates(
            track=np.array([1, 2]),
            time_s=np.full(2, k + 0.3),
            position_m=np.stack([here + rng.normal(0, 15, 3), here + beside + rng.normal(0, 15, 3)]),
            velocity_ms=np.stack([v, v]) + rng.normal(0, 2, (2, 3)),
            covariance=np.repeat(_covariance(), 2, axis=0),
        )
        identify.compare(book, states, params)
    assert set(identify.claim_of_track(book)) == {1}


def test_what_has_ended_is_forgotten() -> None:
    book, _ = _run((0.0, 0.0, 0.0), seconds=10)
    identify.forget(book, {7}, now_s=12.0)
    assert book.pairs == {}
    assert book.claims["F01"].bound_track == -1
    identify.forget(book, set(), now_s=500.0)
    assert book.claims == {}


def _heard(
    book: identify.ClaimBook, stamped_s: float, arrives_s: float, sigma_m: float = 10.0
) -> identify.Claim | None:
    place, velocity = np.array([80.0 * stamped_s, 0.0, 300.0]), np.array([80.0, 0.0, 0.0])
    return identify.report(book, "F01", stamped_s, place, velocity, sigma_m, "adsb", now_s=arrives_s)


def test_a_report_stamped_in_the_future_or_long_ago_does_not_stand_in_the_way_of_a_true_one() -> None:
    book = identify.ClaimBook()
    assert _heard(book, 60.0, 1.0) is None, "nothing is known of it yet"
    for k in range(2, 6):
        assert _heard(book, float(k), k + 0.5) is not None
        _heard(book, k + 50.0, k + 0.6)
        _heard(book, k - 30.0, k + 0.7)
    assert book.claims["F01"].time_s == 5.0
    assert book.claims["F01"].reports == 4


@pytest.mark.parametrize("sigma_m", [1e6, 600.0, float("nan")])
def test_a_place_that_may_be_anywhere_is_no_place(sigma_m: float) -> None:
    assert _heard(identify.ClaimBook(), 1.0, 1.5, sigma_m) is None


@pytest.mark.parametrize(("sigma_m", "names"), [(10.0, True), (90.0, True), (400.0, False)])
def test_the_vaguer_a_claim_the_less_it_says_of_a_track(sigma_m: float, names: bool) -> None:
    book, params, velocity = identify.ClaimBook(), identify.ClaimParams(), np.array([80.0, 0.0, 0.0])
    for k in range(12):
        _heard(book, float(k), k + 0.3, sigma_m)
        place = velocity * (k + 0.4) + np.array([0.0, 60.0, 300.0])
        states = identify.TrackStates(
            np.array([7]), np.array([k + 0.4]), place[None], velocity[None], covariance=_covariance()
        )
        identify.compare(book, states, params)
    assert (identify.claim_of_track(book) != {}) == names


def test_a_track_is_a_listed_friend_by_the_evidence_of_its_claim_before_that_names_it() -> None:
    params = identify.ClaimParams()
    shares = []
    for seconds in (1, 2, 4):
        book, _ = _run((0.0, 0.0, 0.0), seconds=seconds)
        shares.append(identify.friend_probability(book, {"F01"}, seconds - 0.5, params).get(7, 0.0))
        assert identify.friend_probability(book, {"another"}, seconds - 0.5, params) == {}
        assert identify.friend_probability(book, {"F01"}, seconds + 30.0, params) == {}, "it fell silent"
    assert 0.5 < shares[0] < shares[1] < shares[2]
    away, _ = _run((800.0, -300.0, 0.0))
    assert identify.friend_probability(away, {"F01"}, 40.0, params) == {}


def _two_claims(listed: set[str] | None, *, with_stranger: bool = True) -> dict[int, str]:
    """A listed friend on track 7, a hostile beside it on track 8, a stranger that says to be where the friend is."""
    rng = np.random.default_rng(3)
    book, params, v = identify.ClaimBook(), identify.ClaimParams(), np.array([50.0, 0.0, 0.0])
    beside = np.array([0.0, 60.0, 0.0])
    for k in range(20):
        identify.report(book, "F01", float(k), v * k + rng.normal(0, 30, 3) + 0.4 * beside, v, 30.0, "adsb")
        if with_stranger:
            identify.report(book, "A99", float(k), v * k, v, 5.0, "remote_id")
        places = np.array([v * (k + 0.4), v * (k + 0.4) + beside])
        time_s, velocities = np.full(2, k + 0.4), np.array([v, v])
        states = identify.TrackStates(np.array([7, 8]), time_s, places, velocities, np.repeat(_covariance(), 2, axis=0))
        identify.compare(book, states, params, listed)
    return {track: claim.key for track, claim in identify.claim_of_track(book).items()}


def test_a_stranger_on_a_friends_track_does_not_send_the_friends_claim_to_another() -> None:
    assert _two_claims({"F01"}, with_stranger=False) == {7: "F01"}
    assert _two_claims(None) == {7: "A99", 8: "F01"}, "as it would go if all claims were equal"
    assert _two_claims({"F01"}) == {7: "A99"}
