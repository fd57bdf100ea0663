"""The engine: evidence in, changed threats, and for every zone concerned one verdict and at most one warning."""

from __future__ import annotations

from dataclasses import replace as with_fields

from msgspec.structs import replace

from marsad.sensing.site import WarningPolicy
from marsad.terms import Zone, ZoneWarning
from marsad.warn.evidence import AllClearOrder, CorrectAlarm, Evidence, Hold
from marsad.warn.rules import ALARMED, Picture, Verdict, WatchedZone, leave_alarm, leave_early, look, wanted, watched
from marsad.warn.state import Decision, Memory, Threat, WarnParams, WarnState, ZoneRecord
from marsad.warn.tell import begin, tell
from marsad.warn.threats import SECOND_NS, absorb

RANK = {"clear": 0, "all_clear": 0, "watch": 1, "prepare": 2, "take_shelter": 3, "remain": 3}
KEEP_THREAT_S = 900
KEEP_INCIDENT_S = 7200


def init(zones: tuple[Zone, ...], policy: WarningPolicy) -> WarnState:
    """Make the state of an engine that has seen nothing: every zone is clear."""
    return WarnState(zones={zone.zone_id: zone for zone in zones}, policy=policy, memory=Memory())


def step(
    state: WarnState, evidence: Evidence, params: WarnParams | None = None
) -> tuple[WarnState, tuple[ZoneWarning, ...]]:
    """Take in what changed and say what zones are to be told now.

    Call it with every new forecast and otherwise at least once a second: rules that wait for a time need the time.
    Deterministic and causal; never waits for a person.  ``state.decisions`` holds the numbers behind this step's
    warnings, one each, in the same order.
    """
    params = params or WarnParams()
    now = max(evidence.now_utc_ns, state.memory.now_utc_ns)
    sweep = _due(state.memory, now, params)
    if evidence.is_empty and not sweep:
        return _with(state, replace(state.memory, now_utc_ns=now)), ()
    memory, touched = absorb(state, evidence, params)
    if evidence.watch is not None:
        memory = replace(memory, watch={one.zone_id: one for one in evidence.watch.zones})
        touched.update(memory.zones)
    if sweep:
        touched.update(memory.zones)
    records = dict(memory.zones)
    memory, touched = _orders(state, evidence, memory, records, touched, params)
    warnings: list[ZoneWarning] = []
    decisions: list[Decision] = []
    counts = dict(memory.alarm_counts)
    for zone_id, zone in _in_site_order(state, touched):
        before = records.get(zone_id) or ZoneRecord(zone_id=zone_id)
        after, said = _zone(before, zone, memory, now, counts, state.policy, params)
        if said is not None:
            warnings.append(said[0])
            decisions.append(said[1])
        if after.level == "clear":
            records.pop(zone_id, None)
        else:
            records[zone_id] = after
    memory = replace(memory, zones=records, alarm_counts=counts, swept_utc_ns=now if sweep else memory.swept_utc_ns)
    return WarnState(state.zones, state.policy, _forget(memory), tuple(decisions)), tuple(warnings)


def _due(memory: Memory, now_utc_ns: int, params: WarnParams) -> bool:
    """Whether some zone's rule may fire by the passing of time alone."""
    if not memory.zones:
        return False
    if now_utc_ns - memory.swept_utc_ns >= params.sweep_s * SECOND_NS:
        return True
    return any(0 < record.deadline_utc_ns <= now_utc_ns for record in memory.zones.values())


def _with(state: WarnState, memory: Memory) -> WarnState:
    return with_fields(state, memory=memory, decisions=())


def _in_site_order(state: WarnState, touched: set[str]) -> list[tuple[str, Zone]]:
    if len(touched) * 4 < len(state.zones):
        return [(zone_id, state.zones[zone_id]) for zone_id in sorted(touched) if zone_id in state.zones]
    return [(zone_id, zone) for zone_id, zone in sorted(state.zones.items()) if zone_id in touched]


def _zone(
    record: ZoneRecord,
    zone: Zone,
    memory: Memory,
    now: int,
    counts: dict[str, int],
    policy: WarningPolicy,
    params: WarnParams,
) -> tuple[ZoneRecord, tuple[ZoneWarning, Decision] | None]:
    """Give the zone's new record and what is to be said, if anything."""
    policy = policy.of_zone(zone)
    picture = look(memory.threats, zone, now, policy, params)
    watch = watched(record, memory.threats, memory.watch)
    verdict = _next(record, picture, now, zone, memory.threats, watch, policy, params)
    record = _reckon(record, picture, verdict, now, params)
    if verdict.level == record.level:
        return tell(record, picture, verdict, now, zone, watch, policy, params, changed=False)
    if record.level in ("clear", "all_clear") and verdict.level not in ("clear", "all_clear"):
        record = begin(record, picture, now, counts)
    if verdict.level == "clear" and record.level == "all_clear":
        return ZoneRecord(zone_id=record.zone_id), None
    return tell(record, picture, verdict, now, zone, watch, policy, params, changed=True)


def _next(
    record: ZoneRecord,
    picture: Picture,
    now: int,
    zone: Zone,
    threats: dict[str, Threat],
    watch: WatchedZone,
    policy: WarningPolicy,
    params: WarnParams,
) -> Verdict:
    """Say which level the zone has from now on."""
    want = wanted(picture, record, now, zone, policy, params)
    stay = Verdict(record.level, want.rule if want.level == record.level else "latched")
    if record.level in ALARMED:
        if want.level == "take_shelter":
            return want
        return leave_alarm(record, picture, now, threats, watch, policy, params) or stay
    if RANK[want.level] > RANK[record.level]:
        return want
    if record.level == "all_clear":
        over = now - record.since_utc_ns >= policy.all_clear_s * SECOND_NS
        return Verdict("clear", "all_clear_over") if over else stay
    if record.level == want.level:
        return stay
    return leave_early(record, want, now, threats, watch, params) or stay


def _reckon(record: ZoneRecord, picture: Picture, verdict: Verdict, now: int, params: WarnParams) -> ZoneRecord:
    """Bring the record's times up to date.  Of an impact no longer reckoned with, the last known times stay."""
    if verdict.level == "clear" and record.level == "clear":
        return record
    some = picture.danger_until_utc_ns > 0
    low = picture.fraction < params.low_fraction
    return replace(
        record,
        danger_until_utc_ns=picture.danger_until_utc_ns if some else record.danger_until_utc_ns,
        stay_until_utc_ns=picture.stay_until_utc_ns if some else record.stay_until_utc_ns,
        deadline_utc_ns=picture.deadline_utc_ns if record.level not in ALARMED else 0,
        low_since_utc_ns=(record.low_since_utc_ns or now) if low else 0,
        event_ids=_joined(record.event_ids, picture.event_ids) if record.level != "all_clear" else record.event_ids,
    )


def _joined(old: tuple[str, ...], new: tuple[str, ...], at_most: int = 64) -> tuple[str, ...]:
    added = tuple(event_id for event_id in new if event_id not in old)
    return (old + added)[-at_most:] if added else old


def _orders(
    state: WarnState,
    evidence: Evidence,
    memory: Memory,
    records: dict[str, ZoneRecord],
    touched: set[str],
    params: WarnParams,
) -> tuple[Memory, set[str]]:
    """Carry out the orders that concern zones rather than threats: hold, all-clear and correction."""
    threats = memory.threats
    for order in evidence.orders:
        for zone_id in order.zone_ids:
            record = records.get(zone_id)
            if record is None:
                continue
            if isinstance(order, Hold) and record.held_until_utc_ns == 0 and record.level not in ALARMED:
                until = memory.now_utc_ns + round(params.hold_s * SECOND_NS)
                records[zone_id] = replace(record, held_until_utc_ns=until)
            if isinstance(order, AllClearOrder) and (record.level in ALARMED or record.unwatched):
                threats = _end_manual(threats, zone_id)
                zone = state.zones[zone_id]
                picture = look(threats, zone, memory.now_utc_ns, state.policy.of_zone(zone), params)
                if picture.fraction < params.low_fraction:
                    records[zone_id] = replace(record, ended_by=order.order_id)
            if isinstance(order, CorrectAlarm):
                named = (order.hazard, record.event_ids) if order.correction == "hazard" else record.corrected
                records[zone_id] = replace(record, correction=order.correction, corrected=named)
            touched.add(zone_id)
    return replace(memory, threats=threats), touched


def _end_manual(threats: dict[str, Threat], zone_id: str) -> dict[str, Threat]:
    """Take one zone out of people's alarms."""
    return {
        event_id: replace(threat, risks={z: r for z, r in threat.risks.items() if z != zone_id})
        if threat.kind == "manual" and zone_id in threat.risks
        else threat
        for event_id, threat in threats.items()
    }


def _forget(memory: Memory) -> Memory:
    """Drop what can no longer matter: threats long silent and behind no zone's state, incidents long closed."""
    oldest = memory.now_utc_ns - KEEP_THREAT_S * SECOND_NS
    stale = [t for t in memory.threats.values() if t.updated_utc_ns < oldest]
    if not stale:
        return memory
    used = {event_id for record in memory.zones.values() for event_id in record.event_ids}
    gone = {
        t.event_id
        for t in stale
        if t.event_id not in used and all(r.time_q95_utc_ns < oldest for r in t.risks.values())
    }
    if not gone:
        return memory
    live = {record.incident_id for record in memory.zones.values()}
    closed = memory.now_utc_ns - KEEP_INCIDENT_S * SECOND_NS
    incidents = {k: v for k, v in memory.incidents.items() if k in live or v.last_launch_utc_ns >= closed}
    return replace(
        memory,
        threats={k: v for k, v in memory.threats.items() if k not in gone},
        incidents=incidents,
        alarm_counts={k: v for k, v in memory.alarm_counts.items() if k.split(" ")[0] in incidents},
        doubted=dict(list(memory.doubted.items())[-1000:]),
    )
