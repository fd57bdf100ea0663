"""What became of each detection, and which tracks took those of a rocket."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping

from marsad import track
from marsad.air.state import AirState, Known
from marsad.terms import Disposition, DispositionKind

_PLOTS_KEPT = 8
_LATELY_S = 12.0  # eight turns of a radar of 1.5 s; a rocket's flight is 20 to 60 s
_CLAIMED = math.log(0.85 / 0.10)  # a launch claims 85 of 100 plots of its rocket, and 10 of a body that it flies past
_UNCLAIMED = math.log(0.15 / 0.90)  # (gates of 99 %, plots of its neighbours in a salvo)
_MOTION_MOST = math.log(20.0)  # what the tracker's motion models may weigh: they know no rocket, only what falls
_CLAIMED_AT_MOST = 4096
_FATE: dict[int, tuple[DispositionKind, str]] = {
    int(track.Disposition.ASSOCIATED): ("associated", ""),
    int(track.Disposition.INITIATED): ("initiated", "begins a tentative track"),
    int(track.Disposition.CLUTTER): ("clutter", "no track expects it and none begins there"),
    int(track.Disposition.REJECTED_TOO_LATE): ("late", "older than the tracker's lag"),
    int(track.Disposition.REJECTED_DOUBLED): ("duplicate", "delivered before"),
    int(track.Disposition.REJECTED_NOT_FINITE): ("rejected", "not a number"),
    int(track.Disposition.REJECTED_FULL): ("rejected", "the tracker is full"),
    int(track.Disposition.REJECTED_UNKNOWN_SENSOR): ("rejected", "unknown sensor"),
    int(track.Disposition.REJECTED_COVARIANCE): ("rejected", "impossible covariance"),
}


def dispositions_of(state: AirState, info: track.Info) -> list[Disposition]:
    """Say what became of each detection, and remember which track it went to."""
    out = []
    for number, fate, uid in zip(
        info.detection_id.tolist(), info.disposition.tolist(), info.track_uid.tolist(), strict=True
    ):
        found = state.detections.get(number)
        if found is None:
            continue
        kind, reason = _FATE.get(fate, ("rejected", "unknown fate"))
        target = name_of(uid) if uid >= 0 else ""
        if uid >= 0:
            state.went_to[found[0]] = uid
            _note_sensor(state, uid, found[1])
            _note_plot(state, uid, found[0], state.claimed.pop(found[0], None))
        out.append(Disposition(detection_id=found[0], sensor_id=found[1], kind=kind, target_id=target, reason=reason))
    return out


def name_of(uid: int) -> str:
    """Name of a track in reports."""
    return f"T{uid}"


def _note_sensor(state: AirState, uid: int, sensor_id: str) -> None:
    known = state.known.get(uid)
    if known is not None and sensor_id not in known.sensor_ids:
        known.sensor_ids = tuple(sorted((*known.sensor_ids, sensor_id)))


def note_events(state: AirState, claimed: Mapping[str, str]) -> None:
    """Remember which tracks took detections that belong to a rocket's event; those still waiting are kept in mind."""
    for detection_id, event_id in claimed.items():
        uid = state.went_to.get(detection_id)
        if uid is not None:
            _claim_late(state, uid, detection_id, event_id)
        else:
            state.claimed[detection_id] = event_id
    while len(state.claimed) > _CLAIMED_AT_MOST:
        del state.claimed[next(iter(state.claimed))]


def _note_plot(state: AirState, uid: int, detection_id: str, event_id: str | None) -> None:
    """Remember whose a plot is that a track took."""
    known = state.known.get(uid)
    if known is None:
        return
    known.plots[detection_id] = (state.tracking.time_s, event_id)
    while len(known.plots) > _PLOTS_KEPT:
        known.plots.popitem(last=False)


def _claim_late(state: AirState, uid: int, detection_id: str, event_id: str) -> None:
    """Remember that a launch claims what a track took before."""
    known = state.known.get(uid)
    if known is not None and detection_id in known.plots:
        known.plots[detection_id] = (known.plots[detection_id][0], event_id)


def rocket_probability(known: Known, falling: float, now_s: float) -> tuple[str | None, float]:
    """The launch that claims most of a track's last plots, and the probability that the track is a rocket.

    Of a rocket's plots its launch claims nearly all, of a body's that a rocket flies past a few; and a rocket falls.
    A launch that is down claims nothing more: with each plot that it does not claim, its hold on the track lapses.

    Parameters
    ----------
    known
        The track.
    falling
        Probability that it moves as thrown and not as flown, by the likelihood of its plots.
    now_s
        Seconds of the branch's clock.
    """
    lately = [event for time_s, event in known.plots.values() if now_s - time_s <= _LATELY_S]
    claims = Counter(event for event in lately if event is not None)
    if not claims:
        return None, 0.0
    event = max(claims.items(), key=lambda item: (item[1], item[0]))[0]
    count = claims.total()
    log_odds = count * _CLAIMED + (len(lately) - count) * _UNCLAIMED
    motion = (falling + 1e-3) / (1.0 - falling + 1e-3)
    log_odds += min(max(math.log(motion), -_MOTION_MOST), _MOTION_MOST)
    return event, 1.0 / (1.0 + math.exp(-log_odds))
