"""Warnings as Cursor on Target events, which TAK clients and servers read.

An alarm is an emergency event (type ``b-a-o-tbl``) at the zone's middle with its words as remarks, stale when the alarm
expires; its end is the same uid with type ``b-a-o-can``.  Lower levels are map points that sound nothing
(``b-m-p-s-m``).  Heights are above the WGS-84 ellipsoid (``hae``); 9999999 means unknown, as the schema has it.
Source: MITRE, "Cursor-on-Target Message Router User's Guide" (MP090284), section 2; event types as in the TAK
clients' public table of types.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime

from lxml import etree

from marsad.adapters.cap_texts import LANGUAGES, headline_of
from marsad.terms import Zone, ZoneWarning
from marsad.terms.text import writable

ALARM, ALARM_ENDS, POINT = "b-a-o-tbl", "b-a-o-can", "b-m-p-s-m"
_UNKNOWN = "9999999"


def cot_time(utc_ns: int) -> str:
    """Give a time as CoT writes it: UTC with milliseconds and Z."""
    whole, part = divmod(utc_ns // 1_000_000, 1000)
    return f"{datetime.fromtimestamp(whole, tz=UTC):%Y-%m-%dT%H:%M:%S}.{part:03d}Z"


def encode(warning: ZoneWarning, zone: Zone, sender: str, sent_utc_ns: int) -> bytes:
    """Write the event that tells TAK users of a warning."""
    alarmed = warning.level in ("take_shelter", "remain")
    ended = warning.level in ("all_clear", "clear")
    kind = ALARM if alarmed else ALARM_ENDS if ended else POINT
    zone_name = writable(zone.name)
    event = etree.Element("event", version="2.0", uid=writable(f"{sender}.{warning.warning_id}"), type=kind, how="m-g")
    event.set("time", cot_time(sent_utc_ns))
    event.set("start", cot_time(warning.arrival_utc_ns))
    event.set("stale", cot_time(max(warning.expires_utc_ns, sent_utc_ns + 1_000_000_000)))
    etree.SubElement(
        event,
        "point",
        lat=f"{zone.center.latitude_deg:.7f}",
        lon=f"{zone.center.longitude_deg:.7f}",
        hae=f"{zone.center.height_m:.1f}",
        ce=f"{_reach_m(zone):.0f}",
        le=_UNKNOWN,
    )
    detail = etree.SubElement(event, "detail")
    words = [
        headline_of(
            texts,
            warning.level,
            (zone.name_ar or zone.name) if language == "ar" else zone.name,
            cancelled=warning.action == "cancel",
            exercise=warning.exercise,
            note=warning.note,
        )
        for language, texts in LANGUAGES.items()
    ]
    etree.SubElement(detail, "contact", callsign=("EXERCISE " if warning.exercise else "") + zone_name)
    if alarmed:
        emergency = etree.SubElement(detail, "emergency", type="911 Alert")
        emergency.text = zone_name
    elif ended:
        emergency = etree.SubElement(detail, "emergency", cancel="true")
        emergency.text = zone_name
    etree.SubElement(detail, "remarks").text = writable(" / ".join(words))
    marsad = etree.SubElement(detail, "marsad", level=warning.level, hazard=warning.hazard)
    marsad.set("warning", writable(warning.warning_id))
    marsad.set("probability", f"{warning.probability:.3f}")
    marsad.set("status", "Exercise" if warning.exercise else "Actual")
    content: bytes = etree.tostring(event, xml_declaration=True, encoding="UTF-8", standalone=True)
    return content


def ping(sender: str, now_utc_ns: int) -> bytes:
    """Write the event by which a client asks whether the server lives (``t-x-c-t``, answered by ``t-x-c-t-r``)."""
    event = etree.Element("event", version="2.0", uid=writable(f"{sender}-ping"), type="t-x-c-t", how="m-g")
    for name in ("time", "start"):
        event.set(name, cot_time(now_utc_ns))
    event.set("stale", cot_time(now_utc_ns + 20_000_000_000))
    etree.SubElement(event, "point", lat="0.0", lon="0.0", hae="0.0", ce=_UNKNOWN, le=_UNKNOWN)
    etree.SubElement(event, "detail")
    content: bytes = etree.tostring(event, xml_declaration=True, encoding="UTF-8", standalone=True)
    return content


def _reach_m(zone: Zone) -> float:
    """Give the radius of the circle about the zone's middle that holds it."""
    if zone.radius_m is not None:
        return zone.radius_m
    metre_per_rad = 6_371_000.0
    across = math.cos(zone.center.latitude_rad)
    return max(
        math.hypot(lat - zone.center.latitude_rad, (lon - zone.center.longitude_rad) * across) * metre_per_rad
        for lat, lon in zone.polygon_rad
    )
