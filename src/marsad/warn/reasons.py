"""A decision told in words, from the numbers that it kept."""

from __future__ import annotations

import hashlib

import msgspec

from marsad.terms import ZoneWarning
from marsad.terms.warnings import UNWATCHED
from marsad.warn.state import DecisionInputs, ThreatNumbers
from marsad.warn.words import LANGUAGES, Words

FACTORS_TOLD = 3
"""Of how many threats, the greatest first, the factors are told."""
ALARM_RULES = ("rocket_probability", "rocket_sure", "rocket_time_is_up", "await_better_forecast")


def inputs_hash(inputs: DecisionInputs) -> str:
    """SHA-256 over the canonical JSON of a decision's numbers, in hexadecimal."""
    return hashlib.sha256(msgspec.json.encode(inputs, order="deterministic")).hexdigest()


def explain(warning: ZoneWarning, zone_name: str, inputs: DecisionInputs | None, language: str = "en") -> str:
    """Tell in words why a zone was told what it was told.

    Parameters
    ----------
    warning
        The decision as it was said.
    zone_name
        The zone's name in the language.
    inputs
        The numbers behind it where they are known again; they are compared with the hash that the warning carries.
    language
        A key of ``LANGUAGES``.

    Returns
    -------
    One sentence a line.
    """
    words = LANGUAGES[language]
    lines = [words.exercise] if warning.exercise else []
    lines.append(
        words.head.format(
            zone=zone_name,
            level=words.levels[warning.level],
            at=_clock(warning.arrival_utc_ns, tenths=True),
            hazard=words.hazards[warning.hazard],
        )
    )
    lines.append(_rule(warning, inputs, words))
    coming = warning.probability > 0
    if coming:
        lines.append(words.probability.format(probability=_percent(warning.probability)))
    elif warning.note != UNWATCHED:  # where nobody watches, nobody knows
        lines.append(words.no_probability)
    q95 = warning.impact_q95_utc_ns
    if warning.impact_q05_utc_ns is not None and q95 is not None and q95 > warning.arrival_utc_ns:
        left_s = max((warning.impact_q05_utc_ns - warning.arrival_utc_ns) / 1e9, 0.0)
        lines.append(
            words.times.format(
                q05=_clock(warning.impact_q05_utc_ns),
                q95=_clock(q95),
                left=words.seconds.format(value=f"{left_s:.0f}"),
            )
        )
    known = inputs is not None and inputs_hash(inputs) == warning.inputs_hash
    if inputs is not None and known:
        lines.extend(_numbers(warning, inputs, words))
    elif warning.event_ids:
        lines.append(words.threats.format(threats=words.separator.join(warning.event_ids)))
    if warning.note == "still_in_danger":
        lines.append(words.still_in_danger)
    lines.append((words.person if warning.issuer == "person" else words.automatic).format(rule=warning.rule or "-"))
    if warning.inputs_hash:
        lines.append((words.verified if known else words.not_verified).format(hash=warning.inputs_hash[:16]))
    return "\n".join(lines)


def _rule(warning: ZoneWarning, inputs: DecisionInputs | None, words: Words) -> str:
    template = words.rules.get(warning.rule, warning.rule)
    if inputs is None:
        return template.format(on="-", on_drone="-", sure="-")
    return template.format(
        on=_percent(inputs.probability_on),
        on_drone=_percent(inputs.probability_on_drone),
        sure=_percent(inputs.probability_sure),
    )


def _numbers(warning: ZoneWarning, inputs: DecisionInputs, words: Words) -> list[str]:
    lines = [words.shelter.format(shelter=words.seconds.format(value=f"{inputs.shelter_s:.0f}"))]
    since = inputs.watched_since_utc_ns
    if since is None:
        lines.append(words.unwatched)
    elif isinstance(since, int):
        lines.append(words.watched.format(since=_clock(since)))
    rockets = [t for t in inputs.threats if t.kind == "rocket"]
    if rockets and warning.rule in ALARM_RULES:
        axis = min(t.semi_major_m for t in rockets)
        lines.append(
            words.axis.format(
                axis=words.metres.format(value=f"{axis:.0f}"),
                wait=words.metres.format(value=f"{inputs.wait_semi_major_m:.0f}"),
            )
        )
    told = sorted(inputs.threats, key=lambda t: -t.probability)[:12]
    if told:
        names = [words.threat.format(event=t.event_id, probability=_percent(t.probability)) for t in told]
        lines.append(words.threats.format(threats=words.separator.join(names)))
    lines.extend(_factors(t, words) for t in told[:FACTORS_TOLD] if t.kind == "drone" or t.exists is not None)
    return lines


def _factors(threat: ThreatNumbers, words: Words) -> str:
    """Tell the factors that make up what one threat means for the zone."""
    template = words.drone_factors if threat.kind == "drone" else words.rocket_factors
    return template.format(
        event=threat.event_id,
        exists=_percent(1.0 if threat.exists is None else threat.exists),
        threat=_percent(1.0 if threat.threat is None else threat.threat),
        reaches=_percent(threat.reaches),
    )


def _clock(utc_ns: int, *, tenths: bool = False) -> str:
    """Give the time of day in UTC."""
    of_day = (utc_ns // 100_000_000) % 864_000
    seconds, tenth = divmod(of_day, 10)
    text = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    return f"{text}.{tenth}" if tenths else text


def _percent(probability: float) -> str:
    value = 100 * probability
    return f"{value:.0f} %" if value >= 10 or value == 0 else f"{value:.1f} %"
