"""What became of each detection, and which tracks took those of a rocket."""

from __future__ import annotations

from collections.abc import Mapping

from marsad import track
from marsad.air.state import AirState, Known
from marsad.terms import Disposition, DispositionKind

_ROCKET_CLAIMS = 2
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
            _note_event(state, uid, state.claimed.pop(found[0], None))
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
            _note_event(state, uid, event_id)
        else:
            state.claimed[detection_id] = event_id
    while len(state.claimed) > _CLAIMED_AT_MOST:
        del state.claimed[next(iter(state.claimed))]


def _note_event(state: AirState, uid: int, event_id: str | None) -> None:
    known = state.known.get(uid)
    if known is not None and event_id is not None:
        known.events[event_id] = known.events.get(event_id, 0) + 1


def rocket_event(known: Known) -> str | None:
    """The launch whose detections the track took, if more than one."""
    if not known.events:
        return None
    event, count = max(known.events.items(), key=lambda item: item[1])
    return event if count >= _ROCKET_CLAIMS else None
