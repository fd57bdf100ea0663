"""A decision in words, from the numbers that the decision kept."""

from __future__ import annotations

from datetime import UTC, datetime

from marsad.station.wire import Json

_LEVELS = {
    "en": {
        "clear": "clear",
        "watch": "watch",
        "prepare": "prepare",
        "take_shelter": "take shelter",
        "remain": "stay in shelter",
        "all_clear": "all clear",
    },
    "ar": {
        "clear": "آمن",
        "watch": "ترقّب",
        "prepare": "استعداد",
        "take_shelter": "احتموا",
        "remain": "ابقوا في الملجأ",
        "all_clear": "زال الخطر",
    },
}
_HAZARDS = {
    "en": {"rocket": "rocket", "drone": "drone", "unknown": "air threat"},
    "ar": {"rocket": "صاروخ", "drone": "طائرة مسيّرة", "unknown": "تهديد جوي"},
}


def _clock(utc_ms: int) -> str:
    return datetime.fromtimestamp(utc_ms / 1000, tz=UTC).strftime("%H:%M:%S")


def explain(warning: Json, zone_name: str, language: str) -> str:
    """Tell why a zone was told what it was told."""
    level, hazard = _LEVELS[language][warning["level"]], _HAZARDS[language][warning["hazard"]]
    percent, at, events = f"{100 * warning['probability']:.0f}", _clock(warning["issued_utc_ms"]), warning["event_ids"]
    if language == "ar":
        text = f"{zone_name}: «{level}» عند {at} (UTC). الخطر: {hazard}، واحتمال بلوغه المنطقة {percent}٪."
        if "t05_utc_ms" in warning and "t95_utc_ms" in warning:
            text += f" الوقت المتوقع بين {_clock(warning['t05_utc_ms'])} و{_clock(warning['t95_utc_ms'])}."
        text += f" القاعدة: {warning['rule'] or '-'}. الأحداث: {'، '.join(events) or '-'}. المُصدِر: {warning['issuer']}."
    else:
        text = f"{zone_name}: “{level}” at {at} UTC. Hazard: {hazard}; probability of reaching the zone {percent} %."
        if "t05_utc_ms" in warning and "t95_utc_ms" in warning:
            text += f" Expected between {_clock(warning['t05_utc_ms'])} and {_clock(warning['t95_utc_ms'])}."
        text += f" Rule: {warning['rule'] or '-'}. Events: {', '.join(events) or '-'}. Issuer: {warning['issuer']}."
    return f"{text} {warning['note']}".strip()
