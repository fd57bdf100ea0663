"""Making the warning that is said: its chain, the times it shows, when it expires, and the record of why."""

from __future__ import annotations

from msgspec.structs import replace

from marsad.sensing.site import WarningPolicy
from marsad.terms import WarningAction, WarningLevel, Zone, ZoneWarning
from marsad.terms.warnings import CORRECTION, UNWATCHED, Hazard
from marsad.warn.reasons import inputs_hash
from marsad.warn.rules import ALARMED, NOBODY_WATCHES, WATCH_RULES, Picture, Verdict, WatchedZone
from marsad.warn.state import Decision, DecisionInputs, ThreatNumbers, WarnParams, ZoneRecord
from marsad.warn.threats import SECOND_NS

STILL_IN_DANGER_S = 5
PROBABILITY_STEP = 0.1
EARLIER_STEP_S = 1
CORRECTED = "corrected_by_person"
BY_PERSON = ("manual_alarm", "cancelled_by_person", "ordered_by_person", CORRECTED)
DRONE_STEP = 0.2
"""A drone's time is news when it moves by this part of what was left until it, a rocket's when by a second."""


def begin(record: ZoneRecord, picture: Picture, now: int, counts: dict[str, int]) -> ZoneRecord:
    """Open a new chain of messages for a zone: one per incident and zone, numbered from the second on."""
    first = max(picture.threats, key=lambda pair: pair[1].probability)[0]
    key = f"{first.incident_id} {record.zone_id}"
    counts[key] = counts.get(key, 0) + 1
    suffix = "" if counts[key] == 1 else f".{counts[key]}"
    return ZoneRecord(
        zone_id=record.zone_id,
        level="clear",
        warning_id=f"{first.incident_id}.{record.zone_id}{suffix}",
        incident_id=first.incident_id,
        event_ids=picture.event_ids,
        danger_until_utc_ns=picture.danger_until_utc_ns,
        stay_until_utc_ns=picture.stay_until_utc_ns,
        deadline_utc_ns=picture.deadline_utc_ns,
        since_utc_ns=now,
    )


def tell(
    record: ZoneRecord,
    picture: Picture,
    verdict: Verdict,
    now: int,
    zone: Zone,
    watch: WatchedZone,
    policy: WarningPolicy,
    params: WarnParams,
    *,
    changed: bool,
) -> tuple[ZoneRecord, tuple[ZoneWarning, Decision] | None]:
    """Say what is to be said about a zone: always when its level changed, else only what is worth an update."""
    expires = _expires(record, verdict, now, policy, params)
    shown = _shown(record, picture, verdict)
    corrects = bool(record.correction) and not changed
    unwatched = verdict.rule == NOBODY_WATCHES
    turned = unwatched != record.unwatched
    if not (changed or corrects or turned or _worth_an_update(record, picture, shown, expires, now, params)):
        return record, None
    rule = CORRECTED if corrects else verdict.rule
    hazard = _hazard(record, picture)
    inputs = _inputs(record, picture, now, zone, policy)
    if verdict.rule in WATCH_RULES and watch.since_utc_ns != 0:
        inputs = replace(inputs, watched_since_utc_ns=watch.since_utc_ns)
    digest = inputs_hash(inputs)
    action = "update" if corrects else _action(record, verdict, changed)
    after = replace(
        record,
        level=verdict.level,
        since_utc_ns=now if changed else record.since_utc_ns,
        hazard=hazard,
        probability=picture.probability,
        shown_utc_ns=shown,
        told_utc_ns=now,
        expires_utc_ns=expires,
        low_since_utc_ns=0 if changed else record.low_since_utc_ns,
        correction="",
        unwatched=unwatched,
    )
    warning = ZoneWarning(
        warning_id=record.warning_id,
        incident_id=record.incident_id,
        zone_id=record.zone_id,
        level=verdict.level,
        action=action,
        hazard=hazard,
        arrival_utc_ns=now,
        expires_utc_ns=expires,
        probability=picture.probability,
        impact_q05_utc_ns=shown[0] if shown else None,
        impact_q50_utc_ns=shown[1] if shown else None,
        impact_q95_utc_ns=shown[2] if shown else None,
        event_ids=record.event_ids,
        issuer="person" if rule in BY_PERSON else "automatic",
        rule=rule,
        inputs_hash=digest,
        note=f"{CORRECTION}{record.correction}" if record.correction else _note(picture, shown, verdict),
    )
    decision = Decision(warning_id=record.warning_id, level=verdict.level, rule=rule, inputs_hash=digest, inputs=inputs)
    return after, (warning, decision)


def _expires(record: ZoneRecord, verdict: Verdict, now: int, policy: WarningPolicy, params: WarnParams) -> int:
    """Let an alarm stand beyond its own end, so that only a rule ends it; lower levels lapse when not renewed."""
    slack = round(params.expiry_slack_s * SECOND_NS)
    if verdict.rule == NOBODY_WATCHES:
        return max(record.expires_utc_ns, now + round(params.unwatched_expiry_s * SECOND_NS))
    if verdict.level in ALARMED:
        return max(record.expires_utc_ns, record.stay_until_utc_ns + slack, now + 2 * slack)
    if verdict.level in ("all_clear", "clear"):
        return now + round(policy.all_clear_s * SECOND_NS)
    return max(now + 2 * slack, record.danger_until_utc_ns)


def _shown(record: ZoneRecord, picture: Picture, verdict: Verdict) -> tuple[int, int, int] | None:
    """Impact times to show: of the first impact to come; once an alarm shows a time, no later one is ever shown."""
    if verdict.level in ("all_clear", "clear"):
        return None
    new = picture.earliest
    if new is None:
        return record.shown_utc_ns
    times = (new.time_q05_utc_ns, new.time_q50_utc_ns, new.time_q95_utc_ns)
    if record.level in ALARMED and record.shown_utc_ns is not None:
        a, b, c = record.shown_utc_ns
        return (min(a, times[0]), min(b, times[1]), min(c, times[2]))
    return times


def _worth_an_update(
    record: ZoneRecord, picture: Picture, shown: tuple[int, int, int] | None, expires: int, now: int, params: WarnParams
) -> bool:
    """Say whether a standing level has news: renewed before it lapses at once, else not oftener than ``update_s``."""
    if record.level in ("clear", "all_clear"):
        return False
    slack = round(params.expiry_slack_s * SECOND_NS)
    falls_short = record.level in ALARMED and record.expires_utc_ns < record.stay_until_utc_ns
    if expires > record.expires_utc_ns and (record.expires_utc_ns - now < slack or falls_short):
        return True
    only_drones = _hazard(record, picture) == "drone"
    since_ns = now - record.told_utc_ns
    if since_ns < params.update_s * SECOND_NS:
        return False
    moved, earlier = _moved(record.shown_utc_ns, shown, now, DRONE_STEP if only_drones else 0.0)
    if only_drones and not earlier and since_ns < params.update_drone_s * SECOND_NS:
        return False
    return moved or (abs(picture.probability - record.probability) >= PROBABILITY_STEP and bool(picture.threats))


def _moved(
    told: tuple[int, int, int] | None, shown: tuple[int, int, int] | None, now: int, part: float
) -> tuple[bool, bool]:
    """Say whether the times are others than told, and whether the first of them is earlier.

    Others: by a second at least, and by ``part`` of what was left until them.
    """
    if told is None or shown is None:
        return shown is not told, told is None and shown is not None
    steps = [max(EARLIER_STEP_S * SECOND_NS, round(part * (a - now))) for a in told]
    moved = any(abs(a - b) >= step for a, b, step in zip(told, shown, steps, strict=True))
    return moved, told[0] - shown[0] >= steps[0]


def _hazard(record: ZoneRecord, picture: Picture) -> Hazard:
    """Name the most urgent hazard: a rocket before a drone before what a person did not name.

    What a person named rightly stands until something new comes.
    """
    if record.corrected is not None and set(picture.event_ids) <= set(record.corrected[1]):
        return record.corrected[0]
    kinds = {threat.hazard for threat, _ in picture.threats if threat.event_id in picture.event_ids}
    if record.hazard == "rocket" and record.level in ALARMED:
        return "rocket"
    order: tuple[Hazard, ...] = ("rocket", "drone", "unknown")
    return next((hazard for hazard in order if hazard in kinds), record.hazard)


def _action(record: ZoneRecord, verdict: Verdict, changed: bool) -> WarningAction:
    if verdict.level == "all_clear":
        taken_back = verdict.rule in ("event_taken_back", "cancelled_by_person")
        return "cancel" if taken_back else "all_clear"
    return "alert" if changed and record.level in ("clear", "all_clear") else "update"


def _note(picture: Picture, shown: tuple[int, int, int] | None, verdict: Verdict) -> str:
    """Machine-readable remark: nobody watches; or the real impact may come later than the countdown shows."""
    if verdict.rule == NOBODY_WATCHES:
        return UNWATCHED
    if verdict.level not in ALARMED or shown is None or picture.earliest is None:
        return ""
    later_s = (picture.earliest.time_q50_utc_ns - shown[1]) / SECOND_NS
    return "still_in_danger" if later_s > STILL_IN_DANGER_S else ""


def _unless_certain(probability: float) -> float | None:
    return None if probability == 1.0 else probability


def _inputs(record: ZoneRecord, picture: Picture, now: int, zone: Zone, policy: WarningPolicy) -> DecisionInputs:
    level: WarningLevel = record.level
    return DecisionInputs(
        now_utc_ns=now,
        zone_id=zone.zone_id,
        level_before=level,
        threats=tuple(
            ThreatNumbers(
                event_id=threat.event_id,
                kind=threat.kind,
                probability=risk.probability,
                q05_utc_ns=risk.time_q05_utc_ns,
                q50_utc_ns=risk.time_q50_utc_ns,
                q95_utc_ns=risk.time_q95_utc_ns,
                semi_major_m=threat.semi_major_m,
                outcome=threat.outcome,
                exists=_unless_certain(threat.exists),
                threat=_unless_certain(threat.threat),
            )
            for threat, risk in picture.threats
        ),
        probability=picture.probability,
        probability_on=policy.probability_on,
        probability_on_drone=policy.probability_on_drone,
        probability_sure=policy.probability_sure,
        wait_semi_major_m=policy.wait_semi_major_m,
        shelter_s=zone.shelter_s,
        notify_s=policy.notify_s,
        danger_until_utc_ns=record.danger_until_utc_ns,
        stay_until_utc_ns=record.stay_until_utc_ns,
    )
