"""Warnings as Common Alerting Protocol messages.

Source: OASIS CAP 1.2 (1 July 2010).  The event is the launch (or the drone coming), and that was observed; how
probable an impact in the zone is stands as a parameter.  Times are written with ``-00:00``, which CAP 1.2 §3.3.2
asks for and its schema holds (``Z`` is refused).  Polygons are "latitude,longitude" and closed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal

import msgspec
from lxml import etree

from marsad.adapters.cap_texts import DRILL_ENDED, LANGUAGES, Texts, description_of, headline_of
from marsad.adapters.language_packs import LanguagePack
from marsad.terms import Zone, ZoneWarning
from marsad.terms.text import writable

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"
MessageType = Literal["Alert", "Update", "Cancel"]
Status = Literal["Actual", "Exercise", "Test"]
_UNSAFE = re.compile(r"[\s,<&]+")


class Reference(msgspec.Struct, frozen=True, kw_only=True):
    """An earlier message, as later ones name it."""

    sender: str
    identifier: str
    sent: str

    def text(self) -> str:
        """Give ``sender,identifier,sent``."""
        return f"{self.sender},{self.identifier},{self.sent}"


class CapMessage(msgspec.Struct, frozen=True, kw_only=True):
    """What goes into one CAP message: the warning, its zone, and its place in the chain of messages."""

    warning: ZoneWarning
    zone: Zone
    sender: str
    sender_name: str
    identifier: str
    sent_utc_ns: int
    message_type: MessageType
    references: tuple[Reference, ...] = ()

    def reference(self) -> Reference:
        """Give how later messages name this one."""
        return Reference(sender=self.sender, identifier=self.identifier, sent=cap_time(self.sent_utc_ns))


def safe_identifier(text: str) -> str:
    """Give the text without what an identifier or a sender must not hold: spaces, commas, ``<`` and ``&``."""
    return _UNSAFE.sub("-", writable(text))


def cap_time(time_utc_ns: int) -> str:
    """Give a time to the second, as CAP wants it."""
    return datetime.fromtimestamp(time_utc_ns // 1_000_000_000, tz=UTC).strftime("%Y-%m-%dT%H:%M:%S-00:00")


# level -> urgency, severity, response types (CAP 1.2 §3.2.2)
_CODES: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "watch": ("Expected", "Moderate", ("Monitor",)),
    "prepare": ("Expected", "Severe", ("Prepare",)),
    "take_shelter": ("Immediate", "Extreme", ("Shelter",)),
    "remain": ("Immediate", "Extreme", ("Shelter", "Avoid")),
    "all_clear": ("Past", "Minor", ("AllClear",)),
    "clear": ("Past", "Minor", ("AllClear",)),
}


def status_of(warning: ZoneWarning) -> Status:
    """Say whether a warning is meant or an exercise."""
    return "Exercise" if warning.exercise else "Actual"


def encode(message: CapMessage, packs: Sequence[LanguagePack] = ()) -> bytes:
    """Write the message as XML, one information block a language: Arabic, English, then those of the packs."""
    root = etree.Element(f"{{{NAMESPACE}}}alert", nsmap={None: NAMESPACE})
    w = message.warning
    _add(root, "identifier", message.identifier)
    _add(root, "sender", message.sender)
    _add(root, "sent", cap_time(message.sent_utc_ns))
    _add(root, "status", status_of(w))
    _add(root, "msgType", message.message_type)
    _add(root, "scope", "Restricted" if w.level == "watch" else "Public")
    if w.level == "watch":
        _add(root, "restriction", "Operators of the site")
    if w.exercise or w.note:
        _add(root, "note", w.note or "Exercise")
    if message.references:
        _add(root, "references", " ".join(r.text() for r in message.references))
    _add(root, "incidents", safe_identifier(w.incident_id))
    for language, texts in LANGUAGES.items():
        name = (message.zone.name_ar or message.zone.name) if language == "ar" else message.zone.name
        _info(root, message, language, texts, name)
    for pack in packs:
        _info(root, message, pack.language, pack.texts, pack.zone_names.get(w.zone_id, message.zone.name))
    xml: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return xml


def _add(parent: etree._Element, name: str, text: str) -> etree._Element:
    child = etree.SubElement(parent, f"{{{NAMESPACE}}}{name}")
    child.text = writable(text)
    return child


def _info(root: etree._Element, message: CapMessage, language: str, texts: Texts, zone_name: str) -> None:
    w = message.warning
    urgency, severity, responses = _CODES[w.level]
    info = etree.SubElement(root, f"{{{NAMESPACE}}}info")
    _add(info, "language", language)
    _add(info, "category", "Security")
    _add(info, "event", texts.events[w.hazard])
    for response in responses:
        _add(info, "responseType", response)
    _add(info, "urgency", urgency)
    _add(info, "severity", severity)
    _add(info, "certainty", "Possible" if w.level == "watch" else "Observed")
    _add(info, "effective", cap_time(w.arrival_utc_ns))
    if w.impact_q05_utc_ns is not None:
        _add(info, "onset", cap_time(w.impact_q05_utc_ns))
    _add(info, "expires", cap_time(max(w.expires_utc_ns, message.sent_utc_ns)))
    _add(info, "senderName", message.sender_name)
    cancelled = message.message_type == "Cancel"
    headline = headline_of(texts, w.level, zone_name, cancelled=cancelled, exercise=w.exercise, note=w.note)
    _add(info, "headline", texts.drill_ended.format(zone=zone_name) if w.note == DRILL_ENDED else headline)
    _add(info, "description", texts.cancelled if cancelled else description_of(texts, w.hazard, w.note))
    _add(info, "instruction", texts.instructions["all_clear" if cancelled else w.level])
    for name, value in _parameters(w):
        parameter = etree.SubElement(info, f"{{{NAMESPACE}}}parameter")
        _add(parameter, "valueName", name)
        _add(parameter, "value", value)
    _area(info, message.zone, zone_name)


def _parameters(w: ZoneWarning) -> list[tuple[str, str]]:
    """Give what the station knows beyond CAP's own fields."""
    found = [
        ("marsad:warning", w.warning_id),
        ("marsad:level", w.level),
        ("marsad:impactProbability", f"{w.probability:.3f}"),
        ("marsad:issuer", w.issuer),
        ("marsad:rule", w.rule),
    ]
    for name, time_utc_ns in (("q05", w.impact_q05_utc_ns), ("q50", w.impact_q50_utc_ns), ("q95", w.impact_q95_utc_ns)):
        if time_utc_ns is not None:
            found.append((f"marsad:secondsToImpact:{name}", f"{(time_utc_ns - w.arrival_utc_ns) / 1e9:.1f}"))
    if w.inputs_hash:
        found.append(("marsad:evidence", w.inputs_hash))
    return [(name, value) for name, value in found if value]


def _area(info: etree._Element, zone: Zone, name: str) -> None:
    area = etree.SubElement(info, f"{{{NAMESPACE}}}area")
    _add(area, "areaDesc", name)
    if zone.radius_m is not None:
        center = zone.center
        _add(area, "circle", f"{center.latitude_deg:.6f},{center.longitude_deg:.6f} {zone.radius_m / 1000.0:.3f}")
    else:
        corners = [f"{math.degrees(lat):.6f},{math.degrees(lon):.6f}" for lat, lon in zone.polygon_rad]
        if corners[0] != corners[-1]:
            corners.append(corners[0])
        _add(area, "polygon", " ".join(corners))
    geocode = etree.SubElement(area, f"{{{NAMESPACE}}}geocode")
    _add(geocode, "valueName", "marsad:zone")
    _add(geocode, "value", zone.zone_id)
