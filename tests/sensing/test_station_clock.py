"""The station's own clock against its sensors': who is believed, how soon, and what that costs nobody."""

from __future__ import annotations

import numpy as np
import pytest

from marsad.sensing.station_clock import StationClock
from marsad.terms import Flash, Heartbeat, SensorFault

S = 1_000_000_000
T0 = 1_800_000_000 * S
SITE = {f"S{k}": None for k in range(7)}


def beat(sensor_id: str, at_s: float, age_s: float) -> Heartbeat:
    arrival = T0 + round(at_s * S)
    return Heartbeat(sensor_id=sensor_id, arrival_utc_ns=arrival, time_utc_ns=arrival - round(age_s * S))


def listen(
    clock: StationClock, offs_s: dict[str, float], *, from_s: float = 0.0, for_s: float = 10.0, seed: int = 0
) -> list[SensorFault]:
    """Let sensors speak once a second each, so old by their clocks plus 50 to 350 ms of line."""
    rng = np.random.default_rng(seed)
    said = []
    for at_s in np.arange(from_s, from_s + for_s, 1.0):
        for k, (name, off_s) in enumerate(offs_s.items()):
            found = clock.hear(beat(name, at_s + 0.1 * k, off_s + rng.uniform(0.05, 0.35)), SITE)
            said += [] if found is None else [found]
    return said


@pytest.mark.parametrize("off_s", [-3600.0, -70.0, -1.5, 8.0, 70.0, 3600.0])
@pytest.mark.parametrize("sensors", [1, 2, 7])
def test_where_the_sensors_agree_against_it_the_station_is_wrong(off_s: float, sensors: int) -> None:
    clock = StationClock()
    (said,) = listen(clock, {f"S{k}": off_s for k in range(sensors)})
    assert clock.off_s == pytest.approx(off_s + 0.05, abs=0.2)
    assert (said.sensor_id, said.kind, said.cleared) == ("clock", "station_clock", False)
    assert said.magnitude == pytest.approx(off_s, abs=0.4)
    assert "behind" in said.reasons[0] if off_s < 0 else "ahead" in said.reasons[0]


@pytest.mark.parametrize(
    "offs_s",
    [
        {"S0": 0.0, "S1": 0.0, "S2": -70.0},
        {"S0": 0.0, "S1": -70.0},
        {"S0": 0.0, "S1": 0.0, "S2": -70.0, "S3": 70.0, "S4": 0.0},
        {"S0": 10.0, "S1": 40.0, "S2": 70.0},
        {"S0": 2.0, "S1": 3.0, "S2": 2.5},
    ],
    ids=["one of three", "one of two", "two of five", "no two alike", "slow lines"],
)
def test_without_a_majority_of_one_mind_it_goes_by_its_own(offs_s: dict[str, float]) -> None:
    clock = StationClock()
    assert listen(clock, offs_s) == []
    assert clock.off_s == 0.0


def test_three_of_seven_may_lie_in_any_way_and_change_nothing() -> None:
    """The stated breakdown point, (n - 1) // 2 of n, for the worst that three can do by one offset."""
    for lie_s in (-3600.0, -90.0, -50.0, -71.5, 30.0, 0.0, 1e6):
        clock = StationClock()
        listen(clock, {f"S{k}": lie_s if k < 3 else -70.0 for k in range(7)}, seed=int(lie_s) % 97)
        assert clock.off_s == pytest.approx(-69.9, abs=0.3)


def test_a_quarter_of_one_sensors_stamps_may_be_late_and_most_of_its_messages_delayed() -> None:
    clock = StationClock()
    for k in range(16):
        clock.hear(beat("S0", float(k), {0: -300.0, 1: 0.2}.get(k % 5, 20.0)), SITE)
    assert clock.off_s == 0.0


def test_strangers_do_not_vote_where_the_sites_own_sensors_speak() -> None:
    clock = StationClock()
    crowd = {f"stranger {k}": -3600.0 for k in range(20)}
    assert listen(clock, {"S0": 0.0, "S1": 0.0} | crowd) == []


def test_frames_kept_back_and_sent_in_a_burst_are_no_clock() -> None:
    clock = StationClock()
    for k in range(600):
        for name in ("S0", "S1"):
            clock.hear(beat(name, 0.001 * k, 60.0 - 0.1 * k), SITE)
    assert listen(clock, {"S0": 0.0, "S1": 0.0}, from_s=1.0) == []


def test_stamps_are_moved_by_the_nearer_clock_and_onsets_with_them() -> None:
    clock = StationClock()
    listen(clock, {"S0": -70.0, "S1": -70.0})
    theirs, ours = beat("S0", 20.0, -69.9), beat("S1", 20.0, 0.1)
    assert clock.corrected(theirs).time_utc_ns == theirs.time_utc_ns + round(clock.off_s * S)
    assert clock.corrected(ours) is ours
    flash = Flash(
        sensor_id="S0", detection_id="f", time_utc_ns=theirs.time_utc_ns, arrival_utc_ns=theirs.arrival_utc_ns,
        onset_utc_ns=theirs.time_utc_ns - 9, onset_sigma_s=0.02, azimuth_rad=0.0, elevation_rad=0.0,
        covariance_rad2=(1e-6, 0.0, 1e-6),
    )  # fmt: skip
    moved = clock.corrected(flash)
    assert moved.onset_utc_ns - moved.time_utc_ns == -9
    assert 0 <= moved.arrival_utc_ns - moved.time_utc_ns < 0.5 * S  # never after its arrival


def test_a_clock_set_right_is_followed_from_the_first_message_and_said() -> None:
    clock = StationClock()
    listen(clock, {"S0": -70.0, "S1": -70.0})
    first = beat("S0", 20.0, 0.1)
    clock.hear(first, SITE)
    assert clock.corrected(first) is first
    said = listen(clock, {"S0": 0.0, "S1": 0.0}, from_s=20.5, for_s=20.0)
    assert said[-1].cleared
    assert clock.off_s == 0.0


def test_what_is_believed_is_held_still() -> None:
    """A shift that followed every estimate would blur what is measured by the jitter of the lines."""
    clock = StationClock()
    said = listen(clock, {f"S{k}": -70.0 for k in range(2)}, for_s=650.0)
    assert len(said) == 2  # said again after ten minutes
    assert said[0].magnitude == pytest.approx(said[1].magnitude, abs=0.06)


def test_stamps_from_the_future_are_moved_from_the_first_on() -> None:
    """No delay explains them; and a tracker that had run ahead would take all that follows for old."""
    clock = StationClock()
    first = beat("S0", 0.0, -3.0)
    assert clock.hear(first, SITE) is None
    assert clock.corrected(first).time_utc_ns == first.arrival_utc_ns
    second = beat("S1", 0.01, -2.9)
    clock.hear(second, SITE)
    assert clock.corrected(second).time_utc_ns <= second.arrival_utc_ns


def test_a_wrong_sensor_that_is_heard_first_has_the_station_say_nothing() -> None:
    clock = StationClock()
    assert clock.hear(beat("S0", 0.0, -70.0), SITE) is None
    assert listen(clock, {"S0": -70.0, "S1": 0.0, "S2": 0.0}, from_s=0.3) == []
    assert clock.off_s == 0.0


def test_a_crowd_of_names_costs_no_more_than_its_messages() -> None:
    clock = StationClock()
    listen(clock, {f"x{k}": 0.0 for k in range(2000)}, for_s=1.0)
    assert len(clock.ages) == 2000
