"""The picture of the looks at their stated errors, beside the one that is corrected for what is wrong with a sensor."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from air_kit import Body, Scene, circle, make_site, straight
from marsad import air, pipeline
from marsad.adapters.feed import with_ticks
from marsad.pipeline import PipelineParams
from marsad.terms import CooperativeReport, Message

DRONE = straight(-6000.0, 0.0, 150.0, 45.0, 0.0)


def _run(messages: list[Message], scene: Scene, params: PipelineParams) -> tuple[pipeline.PipelineState, list[object]]:
    """Run a scene; gives the last state, and what is said of drones, in the order of saying."""
    state, said = pipeline.init(scene.site, params), []
    for message in messages:
        state, out = pipeline.step(state, (message,))
        said += [(c.track_id, c.threat_probability, c.zone_risks) for c in out.corridors if c.axis]
    return state, said


def _scene(bias: tuple[float, float, float]) -> Scene:
    one, two = circle(0.0, 3500.0, 800.0, 250.0, 18.0), circle(3200.0, -800.0, 900.0, 250.0, 18.0)
    bodies = [Body("d1", one, pose_of="EO-D1"), Body("d2", two, pose_of="EO-D2"), Body("x", DRONE)]
    return Scene(make_site(drone=True), bodies, 40.0, seed=4, radar_bias=bias)


@pytest.mark.parametrize(("azimuth_rad", "is_beside"), [(0.0, False), (0.002, False), (0.03, True)])
def test_a_plain_picture_goes_beside_what_is_corrected_beyond_its_prior(azimuth_rad: float, is_beside: bool) -> None:
    scene = _scene((0.0, azimuth_rad, 0.0))
    state, _ = _run(scene.messages(), scene, PipelineParams())
    assert (state.plain_air is not None) == is_beside
    assert bool(state.air.corrections) == is_beside


def test_the_plain_picture_is_what_the_plain_rows_give() -> None:
    scene = _scene((0.0, 0.03, 0.0))
    state = pipeline.init(scene.site)
    plain = pipeline.init(scene.site, PipelineParams.plain())
    for message in scene.messages():
        state, _ = pipeline.step(state, (message,))
        plain, _ = pipeline.step(plain, (message,))
    assert state.plain_air is not None
    beside, alone = state.plain_air.tracking.tracks, plain.air.tracking.tracks
    np.testing.assert_array_equal(beside.uid, alone.uid)
    np.testing.assert_array_equal(beside.weight, alone.weight)
    is_used = beside.weight > 0.0
    np.testing.assert_array_equal(beside.mean[is_used], alone.mean[is_used])
    assert {uid: one.told_threat for uid, one in state.plain_air.known.items()} == {
        uid: one.told_threat for uid, one in plain.air.known.items()
    }


def test_who_speaks_meanwhile_moves_nothing_in_the_picture() -> None:
    """Reports of somebody far away come at odd times between the looks."""
    scene = _scene((0.0, 0.0, 0.0))
    quiet = scene.messages()
    place = scene.site.zones[0].center
    chatter = [
        CooperativeReport(
            arrival_utc_ns=round((0.137 * k + 0.03) * 1e9),
            time_utc_ns=round(0.137 * k * 1e9),
            sensor_id="",
            transponder_id="X99",
            position=type(place)(
                latitude_rad=place.latitude_rad + 0.01, longitude_rad=place.longitude_rad, height_m=5e3
            ),
            position_sigma_m=5.0,
            source="remote_id",
        )
        for k in range(3, 250)
    ]
    loud = sorted((*quiet, *chatter), key=lambda one: one.arrival_utc_ns)
    assert _run(list(loud), scene, PipelineParams())[1] == _run(quiet, scene, PipelineParams())[1] != []


def test_nobody_speaks_in_a_sensors_name() -> None:
    """The drone says that it is an own sensor: what it says is not heard, and it stays a threat."""
    bodies = [Body("EO-D1", DRONE, DRONE)]
    scene = Scene(make_site(drone=True), bodies, 40.0, seed=4)
    state, released = air.init(scene.site), []
    for message in scene.messages():
        state, out = air.step(state, message.arrival_utc_ns, (message,))
        released += [one for one in out.tracks if one.affiliation == "friend"]
    assert released == []


@pytest.mark.parametrize("late_s", [0.0, 3.0])
def test_a_link_that_keeps_back_what_the_radar_says_does_not_make_a_drone_one_that_was_always_there(
    late_s: float,
) -> None:
    """The drone comes over the edge 20 s after the beginning, while nothing is delivered."""
    scene = Scene(make_site(), [Body("x", DRONE, from_s=20.0)], 40.0, seed=4)
    begin_ns, end_ns = 19_000_000_000, round((19.0 + late_s) * 1e9)
    state, faults, corridors = pipeline.init(scene.site), [], []
    for message in with_ticks(
        msgspec.structs.replace(one, arrival_utc_ns=end_ns) if begin_ns < one.arrival_utc_ns < end_ns else one
        for one in scene.messages()
    ):
        state, out = pipeline.step(state, (message,))
        faults += out.faults
        corridors += out.corridors
    assert bool(faults) == (late_s > 0.0), "the radar is called silent, rightly, while nothing comes"
    assert {one.memory.threat.origin for one in state.air.known.values()} == {"edge"}
    assert max(one.threat_probability for one in corridors) > 0.3
