"""The words of CAP messages, written beforehand; nothing is translated while people wait."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from marsad.terms.warnings import CORRECTION, UNWATCHED


@dataclass(frozen=True)
class Texts:
    """The words of one language, by level and by hazard."""

    events: dict[str, str]
    headlines: dict[str, str]
    descriptions: dict[str, str]
    instructions: dict[str, str]
    cancelled: str
    cancel_headline: str
    exercise: str
    drill_ended: str
    correction: str = "{headline}"
    corrections: Mapping[str, str] = field(default_factory=dict)
    """By what they are about; a language without them tells the message again, rightly."""
    unwatched: Mapping[str, str] = field(default_factory=dict)
    """Instructions by level where nobody watches and people decide; a language without them gives the level's own."""


ENGLISH = Texts(
    events={"rocket": "Rocket launch", "drone": "Hostile drone approaching", "unknown": "Air threat"},
    headlines={
        "watch": "{zone}: watch. No action needed yet",
        "prepare": "{zone}: be ready to take shelter",
        "take_shelter": "{zone}: TAKE SHELTER NOW",
        "remain": "{zone}: stay in shelter",
        "all_clear": "{zone}: all clear",
        "clear": "{zone}: all clear",
    },
    descriptions={
        "rocket": "A rocket launch has been observed. An impact in this area is possible.",
        "drone": "A drone that is not ours is on its way towards this area.",
        "unknown": "An air threat to this area has been observed.",
    },
    instructions={
        "watch": "Go on, and listen for further messages.",
        "prepare": "Stop dangerous work. Go near to a shelter and be ready.",
        "take_shelter": "Go into the nearest shelter now. No shelter: lie down, cover your head, away from windows.",
        "remain": "Stay in shelter. Do not touch debris. Wait for the all-clear message.",
        "all_clear": "You may leave shelter. Do not touch debris; report it.",
        "clear": "You may leave shelter. Do not touch debris; report it.",
    },
    cancelled="The warning before this one is withdrawn.",
    cancel_headline="{zone}: warning withdrawn",
    exercise="EXERCISE: {headline}",
    drill_ended="{zone}: DRILL ENDED – REAL ALARM. Follow the real alarm.",
    correction="CORRECTION: {headline}",
    corrections={"hazard": "The danger was named wrongly before.", "late": "The warning before this one came late."},
    unwatched={
        "watch": "Nobody can see now whether the danger is over. Listen for further messages; people will tell you.",
        "prepare": "Nobody can see now whether the danger is over. Stay near a shelter; people will tell you.",
        "remain": "Stay in shelter. Nobody can see now whether the danger is over; people will give the all-clear. "
        "Do not touch debris.",
    },
)

ARABIC = Texts(
    events={"rocket": "إطلاق صاروخ", "drone": "طائرة مسيّرة معادية تقترب", "unknown": "تهديد جوي"},
    headlines={
        "watch": "{zone}: ترقّب. لا حاجة إلى إجراء الآن",
        "prepare": "{zone}: استعدوا للاحتماء",
        "take_shelter": "{zone}: احتموا الآن",
        "remain": "{zone}: ابقوا في الملجأ",
        "all_clear": "{zone}: زال الخطر",
        "clear": "{zone}: زال الخطر",
    },
    descriptions={
        "rocket": "رُصد إطلاق صاروخ. سقوطه في هذه المنطقة محتمل.",
        "drone": "طائرة مسيّرة ليست لنا تتجه نحو هذه المنطقة.",
        "unknown": "رُصد تهديد جوي لهذه المنطقة.",
    },
    instructions={
        "watch": "تابعوا عملكم وانتظروا الرسائل التالية.",
        "prepare": "أوقفوا الأعمال الخطرة. اقتربوا من الملجأ وكونوا مستعدين.",
        "take_shelter": "ادخلوا أقرب ملجأ الآن. إن لم يوجد: انبطحوا وغطّوا رؤوسكم بعيدًا عن النوافذ.",
        "remain": "ابقوا في الملجأ. لا تلمسوا الحطام. انتظروا رسالة زوال الخطر.",
        "all_clear": "يمكنكم مغادرة الملجأ. لا تلمسوا الحطام وأبلغوا عنه.",
        "clear": "يمكنكم مغادرة الملجأ. لا تلمسوا الحطام وأبلغوا عنه.",
    },
    cancelled="سُحب التحذير السابق.",
    cancel_headline="{zone}: سُحب التحذير",
    exercise="تمرين: {headline}",
    drill_ended="{zone}: انتهى التمرين – إنذار حقيقي. اتبعوا الإنذار الحقيقي.",
    correction="تصحيح: {headline}",
    corrections={"hazard": "ذُكر نوع الخطر سابقًا على وجه الخطأ.", "late": "جاء التحذير السابق متأخرًا."},
    unwatched={
        "watch": "لا يمكن الآن التأكد من زوال الخطر. انتظروا الرسائل التالية؛ سيُبلغكم المسؤولون.",
        "prepare": "لا يمكن الآن التأكد من زوال الخطر. ابقوا قرب الملجأ؛ سيُبلغكم المسؤولون.",
        "remain": "ابقوا في الملجأ. لا يمكن الآن التأكد من زوال الخطر؛ سيعلن المسؤولون زواله. لا تلمسوا الحطام.",
    },
)

DRILL_ENDED = "drill_ended_real_alarm"
"""Note of the message by which a drill makes way for a real alarm."""

LANGUAGES: dict[str, Texts] = {"ar": ARABIC, "en": ENGLISH}
"""By language tag (RFC 3066), in the order in which the blocks are written."""


def headline_of(texts: Texts, level: str, zone_name: str, *, cancelled: bool, exercise: bool, note: str = "") -> str:
    """Give the headline of a message; ``note`` is the warning's."""
    template = texts.cancel_headline if cancelled else texts.headlines[level]
    headline = template.format(zone=zone_name)
    if note.startswith(CORRECTION):
        headline = texts.correction.format(headline=headline)
    return texts.exercise.format(headline=headline) if exercise else headline


def instruction_of(texts: Texts, level: str, note: str = "") -> str:
    """Give what people are told to do; ``note`` is the warning's."""
    own = texts.instructions[level]
    return texts.unwatched.get(level, own) if note == UNWATCHED else own


def description_of(texts: Texts, hazard: str, note: str = "") -> str:
    """Give the description of a message, behind what was wrong where it is a correction."""
    wrong = texts.corrections.get(note.removeprefix(CORRECTION), "") if note.startswith(CORRECTION) else ""
    return f"{wrong} {texts.descriptions[hazard]}".strip()
