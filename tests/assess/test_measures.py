"""The measures against Stone Soup's own code on the same tracks, and against what they must be by definition."""

from __future__ import annotations

import datetime
import warnings

import numpy as np
import pytest

from marsad import assess

START = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
C = 50.0


@pytest.fixture(scope="module")
def scene() -> tuple[assess.Histories, assess.Histories]:
    """Six truths and eight tracks over twenty times: some late, some lost, some false, two that change over."""
    rng = np.random.default_rng(5)
    time = np.arange(20.0)
    start, rate = rng.uniform(-400, 400, (6, 3)), rng.uniform(-8, 8, (6, 3))
    truth = start[None] + time[:, None, None] * rate[None]
    truth[:4, 1], truth[15:, 2] = np.nan, np.nan
    track = np.full((20, 8, 3), np.nan)
    track[:, :6] = truth + rng.normal(0, 6, truth.shape)
    track[8:12, 0] += 500.0
    track[10:, 3] += 300.0
    track[12:, [4, 5]] = track[12:, [5, 4]]
    track[3:9, 6] = rng.uniform(-400, 400, (6, 3))
    track[5:, 7] = truth[5:, 0] + rng.normal(0, 15, (15, 3))
    return assess.Histories(np.arange(8), track), assess.Histories(np.arange(6), truth)


def _paths(stonesoup_type, histories: assess.Histories):
    from stonesoup.types.state import State

    out = []
    for row in range(len(histories.uid)):
        times = np.flatnonzero(histories.present[:, row])
        states = [
            State(histories.position[k, row][:, None], timestamp=START + datetime.timedelta(seconds=int(k)))
            for k in times
        ]
        out.append(stonesoup_type(states))
    return out


@pytest.fixture(scope="module")
def peer(scene):
    """The scene as Stone Soup's tracks and truths."""
    pytest.importorskip("stonesoup")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from stonesoup.types.groundtruth import GroundTruthPath
        from stonesoup.types.track import Track

        return _paths(Track, scene[0]), _paths(GroundTruthPath, scene[1])


def _states(paths, k: int):
    now = START + datetime.timedelta(seconds=k)
    return [s for path in paths for s in path if s.timestamp == now]


def test_gospa_and_its_parts_are_stone_soups(scene, peer):
    from stonesoup.metricgenerator.ospametric import GOSPAMetric

    metric = GOSPAMetric(p=2, c=C)
    tracks, truths = scene
    for k in range(20):
        theirs, _ = metric.compute_gospa_metric(_states(peer[0], k), _states(peer[1], k))
        ours = assess.gospa(tracks.position[k, tracks.present[k]], truths.position[k, truths.present[k]], C)
        assert ours.distance == pytest.approx(theirs.value["distance"], rel=1e-9)
        assert ours.localisation == pytest.approx(theirs.value["localisation"], rel=1e-9)
        assert ours.missed == pytest.approx(theirs.value["missed"])
        assert ours.false == pytest.approx(theirs.value["false"])


def test_ospa_is_stone_soups_and_ospa2_of_one_time(scene, peer):
    from stonesoup.metricgenerator.ospametric import OSPAMetric

    metric = OSPAMetric(p=2, c=C)
    tracks, truths = scene
    single = assess.ospa2(tracks, truths, C, window=1)
    for k in range(20):
        theirs = metric.compute_OSPA_distance(_states(peer[0], k), _states(peer[1], k)).value
        ours = assess.ospa(tracks.position[k, tracks.present[k]], truths.position[k, truths.present[k]], C)
        assert ours == pytest.approx(theirs, rel=1e-9)
        assert single[k] == pytest.approx(theirs, rel=1e-9)


def test_siap_is_stone_soups(scene, peer):
    from stonesoup.dataassociator.tracktotrack import TrackToTruth
    from stonesoup.measures import Euclidean
    from stonesoup.metricgenerator.manager import MultiManager
    from stonesoup.metricgenerator.tracktotruthmetrics import SIAPMetrics

    metric = SIAPMetrics(position_measure=Euclidean(), velocity_measure=Euclidean())
    linker = TrackToTruth(association_threshold=C, consec_pairs_confirm=1, consec_misses_end=1)
    manager = MultiManager([metric], associator=linker)
    manager.add_data({"tracks": set(peer[0]), "groundtruth_paths": set(peer[1])})
    theirs = {m.title: m.value for m in manager.generate_metrics()["siap_generator"].values()}
    ours = assess.siap(*scene, threshold_m=C)
    assert ours.completeness == pytest.approx(theirs["SIAP Completeness"])
    assert ours.ambiguity == pytest.approx(theirs["SIAP Ambiguity"])
    assert ours.spuriousness == pytest.approx(theirs["SIAP Spuriousness"])
    assert ours.position_accuracy_m == pytest.approx(theirs["SIAP Position Accuracy"])


def test_ospa2_sees_a_change_of_identity_that_ospa_does_not():
    apart = np.array([[0.0, 0.0], [30.0, 0.0]])
    truth = assess.Histories(np.arange(2), np.repeat(apart[None], 10, axis=0))
    swapped = truth.position.copy()
    swapped[5:] = swapped[5:, ::-1]
    track = assess.Histories(np.arange(2), swapped)
    assert assess.ospa2(truth, truth, C) == pytest.approx(np.zeros(10))
    assert assess.ospa2(track, truth, C, window=1) == pytest.approx(np.zeros(10))
    assert assess.ospa2(track, truth, C, window=10)[-1] == pytest.approx(15.0)
    assert assess.identity_switches(track, truth, C) == 2


def test_a_set_against_nothing():
    none, one = np.zeros((0, 3)), np.zeros((1, 3))
    assert assess.gospa(none, none, C).distance == 0.0
    assert assess.gospa(one, none, C).distance == pytest.approx(C / 2**0.5)
    assert assess.gospa(none, one, C).missed == pytest.approx(0.5 * C**2)
    assert assess.ospa(none, one, C) == C
    assert assess.ospa(none, none, C) == 0.0


def test_histories_are_put_together_from_scans():
    made = assess.histories([([3, 1], [[0, 0, 3], [0, 0, 1]]), ([], []), ([1], [[0, 0, 11]])])
    assert made.uid.tolist() == [1, 3]
    assert made.present.tolist() == [[True, True], [False, False], [True, False]]
    assert made.position[2, 0].tolist() == [0, 0, 11]


def test_bands_hold_true_covariances_and_refuse_false_ones():
    rng = np.random.default_rng(8)
    covariance = np.repeat(np.array([[[4.0, 1.0], [1.0, 2.0]]]), 500, axis=0)
    error = rng.multivariate_normal([0, 0], covariance[0], 500)
    values = assess.nees(error, covariance)
    assert assess.band(values, 2, 0.999).is_consistent
    assert not assess.band(assess.nees(error, 0.5 * covariance), 2, 0.999).is_consistent
    assert not assess.band(assess.nees(error, 2.0 * covariance), 2, 0.999).is_consistent
    with pytest.raises(ValueError, match="at least one"):
        assess.band(np.zeros(0), 2)
