"""Paper: an instruction sheet for a zone and a two-page card for the operator, in Arabic and English, to print.

Plain HTML with print styles, no scripts, no pictures, so that any browser prints it and a paper copy works when the
power does not.  The words of the sheet are those of the messages: people have read beforehand what they will hear.
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence

from marsad.adapters.cap_texts import LANGUAGES
from marsad.sensing.site import Site
from marsad.terms import Zone
from marsad.terms.text import writable

_STYLE = """
@page{size:A4;margin:14mm}
body{font:13pt/1.45 system-ui,"Noto Sans Arabic","Noto Naskh Arabic",sans-serif;margin:0;color:#000;background:#fff}
section{break-after:page;padding:1rem;box-sizing:border-box}section:last-child{break-after:auto}
h1{font-size:22pt;margin:0 0 .3rem}h2{font-size:15pt;margin:.9rem 0 .2rem}
table{border-collapse:collapse;width:100%}
th,td{border:1.5px solid #000;padding:.3rem .5rem;text-align:start;vertical-align:top}
.card{font-size:11pt;line-height:1.35}.card h1{font-size:18pt}.card h2{font-size:12.5pt;margin:.6rem 0 .1rem}
.big{font-size:30pt;font-weight:700}.small{font-size:10pt}ol{margin:.2rem 0;padding-inline-start:1.4rem}
"""
_ARABIC_DIGITS = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
_SHEET = {
    "en": {
        "title": "When the alarm sounds",
        "time": "You have about {seconds} seconds to reach shelter.",
        "heard": "You hear or read",
        "do": "What you do",
        "shelter": "Nearest shelter: ______________________________",
        "call": "Report injuries and debris: ______________________________",
        "drill": "A drill always begins with the word EXERCISE. A message without it is real.",
        "silence": "Silence is not an all-clear. Stay until the all-clear message is given.",
    },
    "ar": {
        "title": "عند إطلاق الإنذار",
        "time": "لديكم نحو {seconds} ثانية للوصول إلى الملجأ.",
        "heard": "ما تسمعونه أو تقرؤونه",
        "do": "ما تفعلونه",
        "shelter": "أقرب ملجأ: ______________________________",
        "call": "للإبلاغ عن الإصابات والحطام: ______________________________",
        "drill": "يبدأ التمرين دائمًا بكلمة «تمرين». الرسالة التي تخلو منها حقيقية.",
        "silence": "الصمت لا يعني زوال الخطر. ابقوا حتى تصلكم رسالة زوال الخطر.",
    },
}
_LEVELS = ("prepare", "take_shelter", "remain", "all_clear")

_CARD: Mapping[str, Mapping[str, str | Sequence[str]]] = {
    "en": {
        "title": "Operator's card",
        "alarm": "When an alarm comes",
        "alarm_do": (
            "Take shelter yourself if your zone is alarmed. The system has already told people; it waits for no one.",
            "Read the banner: hazard, zones, time as an interval, who was told. Acknowledge.",
            "A channel that is not green did not tell its people: tell them by telephone or radio.",
            "Countdown at zero and no impact heard: the danger stands until the all-clear.",
            "After the impact: zone 'stay'. Do not clear early: another rocket may be on the launcher.",
            "Give launch and impact areas (MGRS) to those on the ground. Nobody goes near an unfired rocket.",
        ),
        "grey": "When the map is grey: NO PICTURE",
        "grey_do": (
            "Nothing is protected. Say so to everyone on duty, by radio.",
            "Look at the sensors' list: which are late or lost; call their keepers.",
            "Restart the station if it does not answer: marsad serve SITE. Standing alarms come back by themselves.",
        ),
        "hand": "By your own hand",
        "hand_do": (
            "You see a launch or hear an impact that the system did not: sound your own zones (one person).",
            "Zones beyond your own: a second person confirms in a session of their own within 60 seconds.",
            "Hold works for drones only, once, for 30 seconds, and not when too little time to shelter is left.",
        ),
        "false": "A false alarm",
        "false_do": (
            "Two persons cancel it together. Do it within 60 seconds of knowing; the words are ready in all languages.",
            "Only named wrongly, or late: one person corrects it (O, Correct). What people are to do stays.",
            "Then write what happened with a note. Ask why: marsad explain ALARM --journal JOURNAL.",
        ),
        "drill": "Drills",
        "drill_do": (
            "Purple, the word EXERCISE, other keys, another process. Announce it to the other shift beforehand.",
            "A real alarm ends the drill by itself: follow the real one.",
        ),
        "end": "End of shift",
        "end_do": (
            "Hand over standing alarms, lost sensors, dead channels, notes. Both sign: __________ / __________",
        ),
    },
    "ar": {
        "title": "بطاقة المشغّل",
        "alarm": "عند وصول إنذار",
        "alarm_do": (
            "احتمِ بنفسك إن شمل الإنذار منطقتك. النظام أبلغ الناس بالفعل ولا ينتظر أحدًا.",
            "اقرأ الشريط: الخطر، المناطق، الوقت كمجال، من أُبلغ. ثم أكّد الاطلاع.",
            "القناة غير الخضراء لم تُبلِّغ أهلها: أبلغهم بالهاتف أو اللاسلكي.",
            "بلغ العدّ الصفر ولم يُسمع سقوط: الخطر قائم حتى زوال الخطر.",
            "بعد السقوط تبقى المنطقة في حالة «ابقوا». لا تُنهِ مبكرًا: قد يكون على القاذف صاروخ آخر.",
            "سلّم منطقتي الإطلاق والسقوط (MGRS) لمن هم على الأرض. لا يقترب أحد من صاروخ لم يُطلَق.",
        ),
        "grey": "عندما تصير الخريطة رمادية: لا صورة",
        "grey_do": (
            "لا شيء محميّ. أبلغ كل من في الخدمة باللاسلكي.",
            "انظر قائمة المستشعرات: أيّها متأخر أو مفقود، واتصل بالمسؤولين عنها.",
            "أعد تشغيل المحطة إن لم تُجب: marsad serve SITE. تعود الإنذارات القائمة من تلقاء نفسها.",
        ),
        "hand": "بيدك أنت",
        "hand_do": (
            "رأيت إطلاقًا أو سمعت سقوطًا لم يره النظام: أطلق إنذار مناطقك (شخص واحد).",
            "لمناطق أبعد من مناطقك: يؤكّد شخص ثانٍ في جلسة خاصة به خلال ٦٠ ثانية.",
            "التعليق للمسيّرات فقط، مرة واحدة، ٣٠ ثانية، ولا يعمل إن لم يبقَ بعده وقت للوصول إلى الملجأ.",
        ),
        "false": "إنذار كاذب",
        "false_do": (
            "يسحبه شخصان معًا خلال ٦٠ ثانية من معرفة ذلك؛ النصوص جاهزة بكل اللغات.",
            "إن أخطأ نوع الخطر أو تأخر فقط: يصحّحه شخص واحد (O، تصحيح). ويبقى ما على الناس فعله كما هو.",
            "ثم دوّن ما حدث في ملاحظة. واسأل عن السبب: marsad explain ALARM --journal JOURNAL.",
        ),
        "drill": "التمارين",
        "drill_do": (
            "بنفسجي، وكلمة «تمرين»، ومفاتيح أخرى، وعملية أخرى. أعلنه للنوبة الأخرى مسبقًا.",
            "الإنذار الحقيقي ينهي التمرين من تلقاء نفسه: اتبع الحقيقي.",
        ),
        "end": "نهاية النوبة",
        "end_do": (
            "سلّم الإنذارات القائمة والمستشعرات المفقودة والقنوات المعطلة والملاحظات. يوقّع الاثنان: ______ / ______",
        ),
    },
}
_TOPICS = ("alarm", "grey", "hand", "false", "drill", "end")


def _page(title: str, sections: Sequence[str]) -> str:
    head = f'<!doctype html><html><head><meta charset="utf-8"><title>{html.escape(title)}</title>'
    return writable(f"{head}<style>{_STYLE}</style></head><body>{''.join(sections)}</body></html>\n")


def _section(language: str, content: str, kind: str = "sheet") -> str:
    direction = "rtl" if language == "ar" else "ltr"
    return f'<section class="{kind}" lang="{language}" dir="{direction}">{content}</section>'


def _digits(number: int, language: str) -> str:
    """Write a number in the digits of the language."""
    return str(number).translate(_ARABIC_DIGITS) if language == "ar" else str(number)


def instruction_sheet(zones: Sequence[Zone]) -> str:
    """Write one page a zone and language: what is heard, what to do, how long people have."""
    sections = []
    for zone in zones:
        for language, texts in LANGUAGES.items():
            words = _SHEET[language]
            name = (zone.name_ar or zone.name) if language == "ar" else zone.name
            rows = "".join(
                f"<tr><td><b>{html.escape(texts.headlines[level].format(zone=name))}</b></td>"
                f"<td>{html.escape(texts.instructions[level])}</td></tr>"
                for level in _LEVELS
            )
            sections.append(
                _section(
                    language,
                    f"<h1>{words['title']}</h1><p class='big'>{html.escape(name)}</p>"
                    f"<p><b>{words['time'].format(seconds=_digits(round(zone.shelter_s), language))}</b></p>"
                    f"<table><tr><th>{words['heard']}</th><th>{words['do']}</th></tr>{rows}</table>"
                    f"<p><b>{words['silence']}</b></p><p>{words['drill']}</p>"
                    f"<p>{words['shelter']}</p><p>{words['call']}</p>",
                )
            )
    return _page(zones[0].name if len(zones) == 1 else "instruction sheets", sections)


def operators_card(site: Site) -> str:
    """Write the operator's card: one page in Arabic, one in English."""
    sections = []
    for language in LANGUAGES:
        words = _CARD[language]
        name = html.escape((site.name_ar or site.name) if language == "ar" else site.name)
        parts = [f"<h1>{words['title']}</h1><p>{name}</p>"]
        for topic in _TOPICS:
            steps = "".join(f"<li>{html.escape(step)}</li>" for step in words[f"{topic}_do"])
            parts.append(f"<h2>{words[topic]}</h2><ol>{steps}</ol>")
        sections.append(_section(language, "".join(parts), "card"))
    return _page(f"{site.name}: operator's card", sections)
