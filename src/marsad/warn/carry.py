"""Alarms that stand, carried into a run that cannot take up the run before from its messages."""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from marsad.sensing.site import WarningPolicy
from marsad.terms import Zone, ZoneRisk
from marsad.warn.rules import ALARMED
from marsad.warn.state import Memory, Threat, WarnState, ZoneRecord
from marsad.warn.threats import SECOND_NS, clock_of

BEFORE = "~"
"""Stands in the name of an event of an earlier run, before the time up to which it was followed."""
TOLD = ("watch", "prepare", *ALARMED)


def standing(state: WarnState) -> bytes:
    """Write down what stands (the engine's memory as JSON); empty when no zone is told anything."""
    if not any(record.level in TOLD for record in state.memory.zones.values()):
        return b""
    return msgspec.json.encode(replace(state.memory, watch=None))


def carry_over(saved: bytes, zones: tuple[Zone, ...], policy: WarningPolicy, now_utc_ns: int) -> WarnState:
    """Go on with the alarms of an earlier run in a run that counts its rockets and tracks anew.

    The old events get names of their own, so that none is mistaken for a new one.  Nobody watches until sensors speak
    to the new run, and whoever was to take shelter stays until it has itself watched for as long as their alarm is
    held; early warning that has lapsed is left.  If the clock was set back between the runs, all times go back with it:
    a time that seems to lie ahead would keep the rules from firing.

    Parameters
    ----------
    saved
        What ``standing`` gave.
    zones, policy
        Those of the site now; zones that no longer exist are left.
    now_utc_ns
        When the new run begins.
    """
    memory = msgspec.json.decode(saved, type=Memory)
    back_ns = min(now_utc_ns - memory.now_utc_ns, 0)
    mark = f"{BEFORE}{clock_of(memory.now_utc_ns)}"
    known = {zone.zone_id: zone for zone in zones}
    watched_ns = now_utc_ns + round(policy.rocket_hold_s * SECOND_NS)
    kept = {
        zone_id: _record(record, mark, back_ns, watched_ns)
        for zone_id, record in memory.zones.items()
        if zone_id in known and (record.level in ALARMED or record.expires_utc_ns + back_ns >= now_utc_ns)
    }
    return WarnState(
        zones=known,
        policy=policy,
        memory=replace(
            memory,
            now_utc_ns=memory.now_utc_ns + back_ns,
            swept_utc_ns=memory.swept_utc_ns + back_ns,
            threats={t.event_id: t for t in (_threat(t, mark, back_ns) for t in memory.threats.values())},
            zones=kept,
            incidents={
                name: replace(incident, last_launch_utc_ns=incident.last_launch_utc_ns + back_ns)
                for name, incident in memory.incidents.items()
            },
            doubted={_name(event_id, mark): exists for event_id, exists in memory.doubted.items()},
            watch={},
        ),
    )


def _name(event_id: str, mark: str) -> str:
    return event_id if BEFORE in event_id else f"{event_id}{mark}"


def _back(time_utc_ns: int, back_ns: int) -> int:
    """Move a time; 0 stands for none."""
    return time_utc_ns + back_ns if time_utc_ns else 0


def _threat(threat: Threat, mark: str, back_ns: int) -> Threat:
    return replace(
        threat,
        event_id=_name(threat.event_id, mark),
        updated_utc_ns=_back(threat.updated_utc_ns, back_ns),
        cancelled_utc_ns=_back(threat.cancelled_utc_ns, back_ns),
        risks={zone_id: _risk(risk, back_ns) for zone_id, risk in threat.risks.items()},
    )


def _risk(risk: ZoneRisk, back_ns: int) -> ZoneRisk:
    return replace(
        risk,
        time_q05_utc_ns=risk.time_q05_utc_ns + back_ns,
        time_q50_utc_ns=risk.time_q50_utc_ns + back_ns,
        time_q95_utc_ns=risk.time_q95_utc_ns + back_ns,
    )


def _record(record: ZoneRecord, mark: str, back_ns: int, watched_ns: int) -> ZoneRecord:
    stay = _back(record.stay_until_utc_ns, back_ns)
    shown, corrected = record.shown_utc_ns, record.corrected
    return replace(
        record,
        since_utc_ns=_back(record.since_utc_ns, back_ns),
        event_ids=tuple(_name(event_id, mark) for event_id in record.event_ids),
        shown_utc_ns=(shown[0] + back_ns, shown[1] + back_ns, shown[2] + back_ns) if shown else None,
        danger_until_utc_ns=_back(record.danger_until_utc_ns, back_ns),
        stay_until_utc_ns=max(stay, watched_ns) if record.level in ALARMED else stay,
        low_since_utc_ns=_back(record.low_since_utc_ns, back_ns),
        told_utc_ns=_back(record.told_utc_ns, back_ns),
        expires_utc_ns=_back(record.expires_utc_ns, back_ns),
        held_until_utc_ns=_back(record.held_until_utc_ns, back_ns),
        deadline_utc_ns=_back(record.deadline_utc_ns, back_ns),
        corrected=(corrected[0], tuple(_name(e, mark) for e in corrected[1])) if corrected else None,
    )
