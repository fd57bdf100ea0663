"""The test of a channel, in the form of each kind of channel: marked as a test in all of them, an alarm in none.

A test is about no zone and tells nobody to do anything.  Source of the marks: OASIS CAP 1.2 §3.2.1 (status ``Test``:
"technical testing only, all recipients disregard") and §3.2.2 (response type ``None``).
"""

from __future__ import annotations

import msgspec
from lxml import etree

from marsad.adapters.cap import NAMESPACE, cap_time, safe_identifier
from marsad.adapters.cot import POINT, cot_time
from marsad.terms import Geodetic
from marsad.terms.text import writable

STANDS_NS = 60_000_000_000
"""How long a test is shown where something stands until it is stale."""
HEADLINES = {"ar": "تجربة: لا خطر", "en": "TEST: no danger"}
WORDS = {
    "ar": "هذه تجربة لقناة الإنذار. لا خطر، ولا حاجة إلى أي إجراء.",
    "en": "This is a test of the warning channel. There is no danger and nothing to do.",
}
EVENTS = {"ar": "تجربة قناة الإنذار", "en": "Test of the warning channel"}


class ChannelTest(msgspec.Struct, frozen=True, kw_only=True):
    """One test of one channel; ``xml`` is its CAP message, signed where the station signs."""

    test_id: str
    sender: str
    sender_name: str
    sent_utc_ns: int
    place: Geodetic
    xml: bytes = b""

    @property
    def identifier(self) -> str:
        """Give the name under which the CAP message is known."""
        return safe_identifier(f"{self.sender}.{self.test_id}")


def spoken(language: str) -> str:
    """Give what is said of a test in a language."""
    return f"{HEADLINES[language]}. {WORDS[language]}"


def encode_cap(test: ChannelTest) -> bytes:
    """Write the test as CAP: status ``Test``, to the site's own people, with nothing to do."""
    root = etree.Element(f"{{{NAMESPACE}}}alert", nsmap={None: NAMESPACE})
    fields = {
        "identifier": test.identifier,
        "sender": safe_identifier(test.sender),
        "sent": cap_time(test.sent_utc_ns),
        "status": "Test",
        "msgType": "Alert",
        "scope": "Restricted",
        "restriction": "Operators of the site",
        "note": "Test",
    }
    _add_all(root, fields)
    for language, headline in HEADLINES.items():
        info = etree.SubElement(root, f"{{{NAMESPACE}}}info")
        _add_all(
            info,
            {
                "language": language,
                "category": "Other",
                "event": EVENTS[language],
                "responseType": "None",
                "urgency": "Unknown",
                "severity": "Unknown",
                "certainty": "Unknown",
                "effective": cap_time(test.sent_utc_ns),
                "expires": cap_time(test.sent_utc_ns + STANDS_NS),
                "senderName": test.sender_name,
                "headline": headline,
                "description": WORDS[language],
            },
        )
    xml: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return xml


def encode_cot(test: ChannelTest, sender: str) -> bytes:
    """Write the test as a map point of Cursor on Target, which sounds nothing and is stale in a minute."""
    event = etree.Element("event", version="2.0", uid=writable(f"{sender}.{test.test_id}"), type=POINT, how="m-g")
    for name in ("time", "start"):
        event.set(name, cot_time(test.sent_utc_ns))
    event.set("stale", cot_time(test.sent_utc_ns + STANDS_NS))
    place = test.place
    where = {"lat": f"{place.latitude_deg:.7f}", "lon": f"{place.longitude_deg:.7f}", "hae": f"{place.height_m:.1f}"}
    etree.SubElement(event, "point", where | {"ce": "9999999", "le": "9999999"})
    detail = etree.SubElement(event, "detail")
    etree.SubElement(detail, "contact", callsign=writable(f"TEST {test.sender_name}"))
    etree.SubElement(detail, "remarks").text = " / ".join(spoken(language) for language in HEADLINES)
    etree.SubElement(detail, "marsad", test=test.test_id, status="Test")
    content: bytes = etree.tostring(event, xml_declaration=True, encoding="UTF-8", standalone=True)
    return content


def _add_all(parent: etree._Element, fields: dict[str, str]) -> None:
    for name, text in fields.items():
        etree.SubElement(parent, f"{{{NAMESPACE}}}{name}").text = writable(text)
