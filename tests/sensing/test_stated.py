"""A sensor of the site file says of itself what it likes; what the file says of it stays."""

from __future__ import annotations

import msgspec
import pytest

from marsad.sensing.book import SensorBook
from marsad.sensing.stated import distance_m, why_not_there, within_site
from marsad.terms import BiasPrior, Geodetic, PoseReport, Sensor

PLACE = Geodetic.from_degrees(30.0, 20.0, 250.0)
FAR = Geodetic.from_degrees(30.45, 20.0, 250.0)
BIAS = BiasPrior(azimuth_rad=1e-3, range_m=5.0)
FILED = Sensor(sensor_id="RD-1", kind="radar", position=PLACE, bias_prior=BIAS, max_range_m=20_000.0)
BARE = Sensor(sensor_id="RD-1", kind="radar", position=PLACE)


def test_place_and_errors_stay_as_the_file_has_them_and_that_is_said() -> None:
    stated = msgspec.structs.replace(FILED, position=FAR, bias_prior=BiasPrior(azimuth_rad=3.0), max_range_m=9.0)
    sensor, overruled = within_site(FILED, stated)
    assert sensor == FILED
    assert any("49" in reason and " m from where" in reason for reason in overruled)
    assert any("larger errors" in reason for reason in overruled)


def test_what_the_file_leaves_open_the_sensor_adds() -> None:
    stated = msgspec.structs.replace(FILED, rate_hz=1.5, latency_s=0.3, arrival_utc_ns=7)
    sensor, overruled = within_site(BARE, stated)
    assert sensor == stated
    assert overruled == ()


def test_smaller_errors_of_its_own_do_not_make_it_better_than_the_file_has_it() -> None:
    sensor, overruled = within_site(FILED, msgspec.structs.replace(FILED, bias_prior=BiasPrior(azimuth_rad=1e-6)))
    assert sensor.bias_prior == BIAS
    assert overruled == ()


def test_one_that_stands_still_cannot_be_made_to_move() -> None:
    sensor, overruled = within_site(FILED, msgspec.structs.replace(FILED, is_mobile=True))
    assert not sensor.is_mobile
    assert "stands still" in overruled[0]


def test_the_book_holds_a_sensor_of_the_file_to_it_and_no_other() -> None:
    book = SensorBook(0)
    book.register(FILED, by_site=True)
    k = book.register(msgspec.structs.replace(FILED, position=FAR))
    assert book.sensors[k].position == PLACE
    other = msgspec.structs.replace(FILED, sensor_id="RD-2")
    book.register(other)
    k = book.register(msgspec.structs.replace(other, position=FAR))
    assert book.sensors[k].position == FAR


@pytest.mark.parametrize(
    ("known", "where", "fits"),
    [
        (msgspec.structs.replace(FILED, is_mobile=True), FAR, True),
        (msgspec.structs.replace(FILED, is_mobile=True, roam_m=60_000.0), FAR, True),
        (msgspec.structs.replace(FILED, is_mobile=True, roam_m=5_000.0), FAR, False),
        (FILED, PLACE, False),
    ],
    ids=["anywhere", "within its reach", "beyond its reach", "stands still"],
)
def test_a_pose_is_where_the_file_lets_the_sensor_be(known: Sensor, where: Geodetic, fits: bool) -> None:
    pose = PoseReport(sensor_id="RD-1", time_utc_ns=0, arrival_utc_ns=0, position=where, position_sigma_m=2.0)
    assert (why_not_there(known, pose) == "") is fits


def test_distances_are_straight() -> None:
    assert distance_m(PLACE, msgspec.structs.replace(PLACE, height_m=350.0)) == pytest.approx(100.0, abs=1e-6)
