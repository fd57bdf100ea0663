"""Late detections: the fixed lag, its checkpoints, and filtering anew from one of them.

The picture is a pure function of the frames in their order of time.  What arrives late is put at its place among the
frames of the lag, and the frames after it are filtered anew, so that the final picture is the one that arrival in
order would have given.  A launch site recognised only when its first rockets are well up is put into the picture from
before its first launch, and those rockets are associated anew with what is now known.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from marsad.track.tables import I64
from marsad.track.types import STATE_SIZE, Checkpoint, Frame, Outcome, Picture, Sites, Status, Tracks

Advance = Callable[[Picture, Frame], tuple[Picture, Outcome]]
RECALL_ROCKETS = (2, 6)  # so many rockets have shown a site's manner (speed, elevation, azimuth)
RECALLS_AT_MOST = 8  # in one step
FINE_PER_MARK = 32  # late frames are late by tenths of a second (one sensor waits for another): go back by a 16th
FINE_KEPT = 0.5  # of the spacing of marks: a late frame of longer ago goes back to a mark


@dataclass
class Line:
    """Checkpoints with their frames (oldest first), the picture after them, and what became of the frames."""

    checkpoints: list[Checkpoint]
    picture: Picture
    known_until_s: float
    outcomes: list[Outcome]
    refiltered_from_s: float | None = None
    recalls: int = 0
    to_rename: list[Picture] = field(default_factory=list)
    """Pictures left for another account of the same time, the latest first; their tracks' names are to be kept."""
    again_left: float = math.inf
    """Work left for filtering anew, tracks times frames."""

    def work_from(self, index: int) -> float:
        """Work of filtering anew from a checkpoint: tracks times frames."""
        return float(sum(len(c.frames) * (1 + len(c.picture.tracks.uid)) for c in self.checkpoints[index:]))

    def back_for(self, time_s: float) -> list[Frame]:
        """Return to before a late frame; what became of the frames since the last mark is told again, as it stands.

        Where a launch site was recognised since, it is asked anew whether it would have been; that goes far back, and
        is left out when too much work was spent on going back.
        """
        index = restart_index(self.checkpoints, time_s)
        nearest = newest_before(self.checkpoints, time_s)
        if index != nearest:
            work = self.work_from(index)
            # before a recall its site is unknown again, so there must be enough for the recalls that follow, too
            index = index if work * (1 + RECALLS_AT_MOST) <= self.again_left else nearest
            self.again_left -= work if index != nearest else 0.0
        mark = max(i for i in range(index + 1) if self.checkpoints[i].is_mark or i == 0)
        told = [o for c in self.checkpoints[mark:index] for o in c.outcomes]
        frames = self.back_to(index)
        self.outcomes = told + self.outcomes
        return frames

    def back_to(self, index: int) -> list[Frame]:
        """Return to a checkpoint and give the frames that followed it."""
        frames = [f for c in self.checkpoints[index:] for f in c.frames]
        base = self.checkpoints[index]
        del self.checkpoints[index + 1 :]
        self.checkpoints[index] = replace(base, frames=(), outcomes=())
        self.picture, self.known_until_s = unpacked(base.picture), base.known_until_s
        self.to_rename = list(base.to_rename)
        if frames:
            self.outcomes = [o for o in self.outcomes if o.time_s <= base.picture.time_s]
            since = frames[0].time_s
            self.refiltered_from_s = since if self.refiltered_from_s is None else min(since, self.refiltered_from_s)
        return frames


def packed(picture: Picture) -> Picture:
    """A picture to keep: arrays of its own size, and of the tracks' slots only those in use, one after the other.

    A frame's kernel leaves views of arrays with room for more tracks, and most tracks use two slots of six.
    """
    used = picture.tracks.weight > 0.0
    whole = picture.tracks._replace(mean=picture.tracks.mean[used], covariance=picture.tracks.covariance[used])
    return picture._replace(tracks=Tracks(*(a.copy() if a.base is not None else a for a in whole)))


def names_of(picture: Picture) -> Picture:
    """Only what ``renamed`` needs of an earlier account: its time, names, states and last detections."""
    t = picture.tracks
    nothing = Tracks(*(a[:0].copy() for a in t))
    kept = {"uid": t.uid.copy(), "last_detection": t.last_detection.copy(), "status": t.status.copy()}
    return picture._replace(tracks=nothing._replace(**kept))


def unpacked(picture: Picture) -> Picture:
    """The picture that ``packed`` was given; the numbers of slots not in use are zero."""
    used = picture.tracks.weight > 0.0
    mean, covariance = np.zeros((*used.shape, STATE_SIZE)), np.zeros((*used.shape, STATE_SIZE, STATE_SIZE))
    mean[used], covariance[used] = picture.tracks.mean, picture.tracks.covariance
    return picture._replace(tracks=picture.tracks._replace(mean=mean, covariance=covariance))


def key(frame: Frame) -> tuple[float, int, int]:
    """The place of a frame in the order of frames."""
    return frame.time_s, frame.sensor, frame.kind


def merged(old: Frame, new: Frame) -> tuple[Frame, I64]:
    """Put two frames of one sensor and time together, ordered by identity: (frame, identities that came double)."""
    fresh = ~np.isin(new.detection_id, old.detection_id)
    ids = np.concatenate((old.detection_id, new.detection_id[fresh]))
    order = np.argsort(ids, kind="stable")
    columns = old.measurement.shape[1]

    def each(frame: Frame) -> npt.NDArray[np.float64]:
        return np.broadcast_to(frame.covariance, (len(frame.measurement), columns, columns))

    covariance = np.concatenate((each(old), each(new)[fresh]))[order]
    measurement = np.concatenate((old.measurement, new.measurement[fresh]))[order]
    both = Frame(old.time_s, old.kind, measurement, covariance, ids[order], old.sensor, old.position_enu_m)
    return both, new.detection_id[~fresh]


def insert(frames: list[Frame], new: list[Frame]) -> tuple[list[Frame], list[I64]]:
    """Put new frames at their places among ordered ones: (ordered frames, identities that came double)."""
    place = {key(f): f for f in frames}
    doubled = []
    for frame in new:
        at = key(frame)
        if (old := place.get(at)) is None:
            place[at] = frame
        else:
            place[at], twice = merged(old, frame)
            doubled.append(twice)
    return [place[k] for k in sorted(place)], doubled


def restart_index(checkpoints: list[Checkpoint], time_s: float) -> int:
    """The newest checkpoint that a frame of this time had no say in."""
    for index in range(len(checkpoints) - 1, 0, -1):
        if checkpoints[index].known_until_s < time_s and checkpoints[index].picture.time_s < time_s:
            return index
    return 0


def newest_before(checkpoints: list[Checkpoint], time_s: float) -> int:
    """The newest checkpoint of before a time, whatever was put into it later."""
    for index in range(len(checkpoints) - 1, 0, -1):
        if checkpoints[index].picture.time_s < time_s:
            return index
    return 0


def stages_of(sites: Sites) -> I64:
    """How far each site is known: at all, by some rockets, by many."""
    rockets = sites.moments[:, 0]
    some, many = RECALL_ROCKETS
    return 1 + (rockets >= some).astype(np.int64) + (rockets >= many)


def to_recall(sites: Sites) -> npt.NDArray[np.bool_]:
    """The sites of which enough is newly known to look at the lag again."""
    return sites.recalled < stages_of(sites)


def recall(line: Line, lag_s: float) -> list[Frame]:
    """Go back by the lag, knowing the newly recognised launch sites: the frames to filter anew."""
    sites, now_s = line.picture.sites, line.picture.time_s
    rows = to_recall(sites)
    within = [i for i, c in enumerate(line.checkpoints) if c.is_mark and c.picture.time_s >= now_s - lag_s]
    known = sites._replace(
        recalled=np.where(rows, stages_of(sites), sites.recalled),
        # the same rockets will teach their site again
        information=np.where(rows[:, None, None], 0.5 * sites.information, sites.information),
    )
    if not within:
        line.picture = line.picture._replace(sites=known)
        return []
    frames = line.back_to(within[0])
    line.picture = line.picture._replace(sites=known)
    line.known_until_s = now_s
    line.checkpoints.append(Checkpoint(packed(line.picture), now_s, ()))
    return frames


def renamed(picture: Picture, before: Picture) -> Picture:
    """Give tracks the names they had in an earlier account of the same time, where both end in the same detection."""
    old, new = before.tracks, picture.tracks
    shown = old.status != Status.TENTATIVE
    name = dict(zip(old.last_detection[shown].tolist(), old.uid[shown].tolist(), strict=True))
    uid = new.uid.tolist()
    row_of = {u: row for row, u in enumerate(uid)}
    for row, last in enumerate(new.last_detection.tolist()):
        wanted = name.get(last, uid[row])
        if wanted == uid[row]:
            continue
        other = row_of.get(wanted)
        if other is not None:
            uid[other], row_of[uid[row]] = uid[row], other
        uid[row], row_of[wanted] = wanted, row
    return picture._replace(tracks=new._replace(uid=np.array(uid, dtype=np.int64)))


def crosses(before_s: float, after_s: float, spacing_s: float) -> bool:
    """Whether a mark of a fixed grid of times lies between: where checkpoints stand must not depend on arrival."""
    return math.isfinite(before_s) and math.floor(before_s / spacing_s) < math.floor(after_s / spacing_s)


def keep(line: Line, next_s: float, spacing_s: float, last_s: float) -> None:
    """Put a checkpoint before a frame of ``next_s`` where one is due that ``thin`` would leave, once at ``last_s``."""
    before = line.picture
    is_mark = not line.checkpoints or crosses(before.time_s, next_s, spacing_s)
    is_late = before.time_s > last_s - FINE_KEPT * spacing_s
    if is_mark or (is_late and crosses(before.time_s, next_s, spacing_s / FINE_PER_MARK)):
        known_until_s = max(before.time_s, line.known_until_s)
        kept = Checkpoint(packed(before), known_until_s, (), tuple(line.to_rename), is_mark=is_mark)
        line.checkpoints.append(kept)


def thin(line: Line, lag_s: float, spacing_s: float) -> None:
    """Forget marks of more than twice the lag ago, and what is between the marks but for the last moments."""
    now_s = line.picture.time_s
    kept: list[Checkpoint] = []
    for one in line.checkpoints:
        if one.is_mark or not kept or one.picture.time_s > now_s - FINE_KEPT * spacing_s:
            kept.append(one)
        else:
            last = kept[-1]
            kept[-1] = replace(last, frames=(*last.frames, *one.frames), outcomes=(*last.outcomes, *one.outcomes))
    while len(kept) > 1 and kept[1].is_mark and kept[1].picture.time_s <= now_s - 2.0 * lag_s:
        del kept[0]
    line.checkpoints[:] = kept


def follow(line: Line, frames: list[Frame], advance: Advance, lag_s: float, spacing_s: float) -> None:
    """Take the line through ordered frames, keeping checkpoints within twice the lag."""
    pending = list(reversed(frames))
    last_s = max(line.picture.time_s, frames[-1].time_s) if frames else line.picture.time_s
    while pending:
        frame = pending.pop()
        before = line.picture
        if lag_s > 0:
            keep(line, frame.time_s, spacing_s, last_s)
        line.picture, outcome = advance(before, frame)
        line.outcomes.append(outcome)
        while line.to_rename and line.to_rename[-1].time_s <= line.picture.time_s:
            line.picture = renamed(line.picture, line.to_rename.pop())
        if lag_s > 0:
            line.checkpoints[-1] = line.checkpoints[-1].followed_by(frame, outcome)
            pending.extend(reversed(_recalled(line, lag_s)))
    thin(line, lag_s, spacing_s)


def _recalled(line: Line, lag_s: float) -> list[Frame]:
    """The frames to filter anew because launch sites are newly known; none while the work for it is spent."""
    if not len(line.picture.sites.last_s) or line.recalls >= RECALLS_AT_MOST:
        return []
    if line.again_left <= 0.0 or not to_recall(line.picture.sites).any():
        return []
    line.recalls += 1
    left = names_of(line.picture)
    again = recall(line, lag_s)
    if again:
        line.again_left -= len(again) * (1.0 + len(left.tracks.uid))
        line.to_rename.append(left)
        line.to_rename.sort(key=lambda picture: -picture.time_s)
        line.checkpoints[-1] = replace(line.checkpoints[-1], to_rename=tuple(line.to_rename))
    return again
