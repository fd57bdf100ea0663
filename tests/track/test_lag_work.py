"""How far a late look goes back: little as a rule, and far only while there is work left for it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from marsad import track
from marsad.track.lag import Line, packed
from marsad.track.oneframe import no_sites, no_tracks
from marsad.track.types import Checkpoint, DetectionKind, Frame, Picture
from track.scenes import RADAR, aircraft, frames_of

PARAMS = track.Params(sensors=(RADAR,), compiled=False)


def test_a_late_look_filters_only_the_last_looks_anew(monkeypatch):
    """Fifty looks a second, one of them late by a twentieth: not all since the last mark (up to 2 s) are done again."""
    rng = np.random.default_rng(5)
    frames, _ = frames_of(aircraft(rng, 1, 60, dt=0.02), rng, clutter=0)
    frames = [replace(f, time_s=0.02 * k) for k, f in enumerate(frames)]
    state = track.init(PARAMS)
    for frame in [*frames[:57], *frames[58:]]:
        state, _ = track.step(state, (frame,), PARAMS)
    again = []
    whole = Line.back_to

    def counted(line: Line, index: int) -> list[Frame]:
        again.append(whole(line, index))
        return again[-1]

    monkeypatch.setattr(Line, "back_to", counted)
    state, info = track.step(state, (frames[57],), PARAMS)
    assert [len(frames) for frames in again] < [9]
    # what became of the others since the mark is told again all the same
    assert len(info.detection_id) > 3 * len(again[0])


def checkpoint(time_s: float, known_until_s: float, frames: int) -> Checkpoint:
    looked = np.zeros(1)
    frame = Frame(time_s + 0.5, DetectionKind.PLOT, np.zeros((0, 3)), np.eye(3)[None], np.zeros(0, dtype=np.int64))
    picture = packed(Picture(time_s, no_tracks(6), no_sites(), looked, 0.0))
    return Checkpoint(picture, known_until_s, (frame,) * frames)


def test_it_goes_back_to_before_a_recall_only_while_there_is_work_left():
    line_of = [checkpoint(0.0, 0.0, 10), checkpoint(1.0, 3.0, 10), checkpoint(2.0, 3.0, 5)]
    for left, expected in ((1000.0, 25), (10.0, 5)):
        line = Line(list(line_of), line_of[-1].picture, 3.0, [], again_left=left)
        assert len(line.back_for(2.5)) == expected
        assert line.again_left == (left - 25 if expected == 25 else left)
