"""Who watches a zone: which sensors, for which danger, while they live, and without a gap."""

from __future__ import annotations

import math
from dataclasses import replace

import msgspec
import numpy as np
import pytest

from marsad.geo.terrain import TerrainGrid
from marsad.sensing import zone_watch
from marsad.sensing.book import SensorBook
from marsad.sensing.health import Vital
from marsad.terms import Geodetic, PoseReport, Sensor, Watch, Zone, ZoneWatch

S = 1_000_000_000
HOME = Geodetic.from_degrees(31.5, 42.5, 12.0)
ZONES = (
    Zone(zone_id="Z1", name="one", center=Geodetic.from_degrees(31.5, 42.5), shelter_s=10.0, radius_m=200.0),
    Zone(zone_id="Z2", name="two", center=Geodetic.from_degrees(31.52, 42.52), shelter_s=10.0, radius_m=200.0),
)
RADAR = Sensor(sensor_id="RD", kind="radar", position=HOME, max_range_m=20_000.0, min_elevation_rad=0.01)
BALLOON = Sensor(sensor_id="BL", kind="balloon", position=Geodetic.from_degrees(31.5, 42.5, 400.0))
EARS = Sensor(sensor_id="AC", kind="acoustic", position=HOME, max_range_m=10_000.0)
EYE = Sensor(
    sensor_id="EO",
    kind="drone",
    position=Geodetic.from_degrees(31.5, 42.5, 800.0),
    is_mobile=True,
    fov_half_width_azimuth_rad=math.radians(25.0),
    fov_half_width_elevation_rad=math.radians(18.0),
)


def ground(height_m: np.ndarray | None = None) -> TerrainGrid:
    """Flat ground of 40 km about the zones, or the given heights on it."""
    step = math.radians(0.4 / 40)
    heights = np.zeros((41, 41)) if height_m is None else height_m
    return TerrainGrid(math.radians(31.3), math.radians(42.3), step, step, heights)


class Night:
    """A watch, its sensors, and beats of two seconds."""

    def __init__(self, *sensors: Sensor, terrain: TerrainGrid | None = None) -> None:
        self.book = SensorBook(0)
        for sensor in sensors:
            self.book.register(sensor)
        self.vitals = {s.sensor_id: Vital(beat_interval_s=2.0) for s in sensors}
        self.state = zone_watch.init(ZONES, terrain or ground())

    def step(self, now_s: float, *heard: str, blind: tuple[str, ...] = ()) -> Watch | None:
        for name in heard:
            self.book.heard(name, round(now_s * S))
        return zone_watch.step(self.state, self.book, self.vitals, frozenset(blind), round(now_s * S))

    def zone(self, zone_id: str = "Z1") -> ZoneWatch:
        assert self.state.told is not None
        return next(one for one in self.state.told.zones if one.zone_id == zone_id)


def test_the_first_word_is_that_nobody_watches() -> None:
    night = Night(RADAR)
    watch = night.step(1)
    assert watch is not None
    assert [(z.zone_id, z.since_utc_ns, z.possible) for z in watch.zones] == [
        ("Z1", {}, ("rocket", "drone")), ("Z2", {}, ("rocket", "drone")),
    ]  # fmt: skip
    assert night.step(2) is None


@pytest.mark.parametrize(
    ("sensor", "hazards"),
    [
        (RADAR, {"rocket", "drone"}),
        (BALLOON, {"rocket"}),
        (EARS, {"rocket"}),
        (Sensor(sensor_id="TR", kind="tracker", position=HOME), {"drone"}),
        (Sensor(sensor_id="CO", kind="cooperative", position=HOME), set()),
    ],
)
def test_what_each_kind_of_sensor_watches_for(sensor: Sensor, hazards: set[str]) -> None:
    night = Night(sensor)
    night.step(1, sensor.sensor_id)
    assert set(night.zone().since_utc_ns) == set(night.zone().possible) == hazards


def test_a_sensor_is_lost_after_three_of_its_own_intervals_and_watches_anew_when_heard_again() -> None:
    night = Night(RADAR)
    for k in range(5):
        night.step(2 * k + 1, "RD")
    assert night.zone().since_utc_ns == {"rocket": 1 * S, "drone": 1 * S}
    assert night.step(9 + 6) is None
    lost = night.step(9 + 6.5)
    assert lost is not None
    assert night.zone().lost == ("rocket", "drone")
    night.step(30, "RD")
    assert night.zone().since_utc_ns == {"rocket": 30 * S, "drone": 30 * S}


def test_a_silence_between_two_steps_is_a_gap_though_nobody_looked_meanwhile() -> None:
    night = Night(RADAR)
    night.step(1, "RD")
    night.step(60, "RD")
    assert night.zone().since_utc_ns == {"rocket": 60 * S, "drone": 60 * S}


def test_a_gap_of_one_sensor_is_none_where_another_watches() -> None:
    night = Night(RADAR, BALLOON)
    night.step(1, "RD", "BL")
    for k in range(10):
        night.step(2 * k + 3, "BL")
    assert night.zone().since_utc_ns == {"rocket": 1 * S}
    night.step(25, "RD", "BL")
    assert night.zone().since_utc_ns == {"rocket": 1 * S, "drone": 25 * S}


def test_a_sensor_that_is_called_frozen_or_silent_does_not_watch() -> None:
    night = Night(RADAR)
    night.step(1, "RD")
    night.step(2, "RD", blind=("RD",))
    assert night.zone().since_utc_ns == {}
    night.step(3, "RD")
    assert night.zone().since_utc_ns == {"rocket": 3 * S, "drone": 3 * S}


@pytest.mark.parametrize(("range_m", "hazards"), [(8_000.0, ()), (16_000.0, ("rocket", "drone"))])
def test_only_what_lies_in_range_is_watched(range_m: float, hazards: tuple[str, ...]) -> None:
    north = Geodetic.from_degrees(31.62, 42.5, 12.0)
    night = Night(msgspec.structs.replace(RADAR, position=north, max_range_m=range_m, min_elevation_rad=0.0))
    night.step(1, "RD")
    assert night.zone().possible == tuple(night.zone().since_utc_ns) == hazards


def test_a_hill_hides_low_drones_but_not_falling_rockets() -> None:
    heights = np.zeros((41, 41))
    heights[21, :] = 400.0  # a ridge between the radar and the second zone
    night = Night(RADAR, terrain=ground(heights))
    night.step(1, "RD")
    low, high = night.state.views["RD"].seen[1].sum(axis=1), night.state.views["RD"].seen[0].sum(axis=1)
    assert low[1] <= 4 < low[0]
    assert high[1] >= 4


def test_a_narrow_camera_is_enough_where_there_is_nothing_else_and_not_where_it_was_one_of_many() -> None:
    pose = PoseReport(
        sensor_id="EO", time_utc_ns=S, arrival_utc_ns=S, position=EYE.position, position_sigma_m=1.0,
        boresight_azimuth_rad=math.radians(45.0), boresight_elevation_rad=math.radians(-6.0),
    )  # fmt: skip
    alone, many = Night(EYE), Night(EYE, BALLOON)
    for night in (alone, many):
        night.book.pose(pose)
        night.step(1, "EO")
    assert 1 <= alone.state.views["EO"].seen[0, 0].sum() <= 2
    assert set(alone.zone().since_utc_ns) == {"rocket"}
    assert many.zone().since_utc_ns == {}
    assert many.zone().possible == ("rocket",)


def test_a_camera_that_turned_away_is_looked_at_anew() -> None:
    night = Night(EYE, BALLOON)
    for k, azimuth_deg in ((1, 45.0), (3, 225.0)):
        night.book.pose(
            PoseReport(
                sensor_id="EO", time_utc_ns=k * S, arrival_utc_ns=k * S, position=EYE.position, position_sigma_m=1.0,
                boresight_azimuth_rad=math.radians(azimuth_deg), boresight_elevation_rad=math.radians(-6.0),
            )
        )  # fmt: skip
        night.step(k, "EO", "BL")
        seen = np.flatnonzero(night.state.views["EO"].seen[0, 0]) * 45.0
        assert azimuth_deg in seen
        assert set(seen) <= {azimuth_deg - 45.0, azimuth_deg, azimuth_deg + 45.0}


def test_nobody_watches_in_a_run_that_begins_until_sensors_speak_to_it() -> None:
    night = Night(RADAR)
    night.step(1, "RD")
    zone_watch.begin_anew(night.state, 2 * S)
    assert night.step(2) is not None
    assert night.zone().since_utc_ns == {}
    night.step(3, "RD")
    assert night.zone().since_utc_ns == {"rocket": 3 * S, "drone": 3 * S}


def test_sensors_that_are_called_noisy_or_biased_go_on_watching() -> None:
    night = Night(RADAR)
    night.vitals["RD"] = replace(night.vitals["RD"], named={"clock": 0.0})
    night.step(1, "RD")
    assert set(night.zone().since_utc_ns) == {"rocket", "drone"}
