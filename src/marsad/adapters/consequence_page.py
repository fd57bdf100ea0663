"""The page that shows what a warning threshold costs: one table in English and Arabic, printable, without scripts."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from marsad.plan.consequence import Consequence
from marsad.sensing.site import Site

_STYLE = """
body{font:15px/1.5 system-ui,"Noto Sans Arabic",sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem}
table{border-collapse:collapse;width:100%;margin:.6rem 0 2rem}
th,td{border:1px solid #8c959f;padding:.35rem .6rem;text-align:end}
th{background:#eef1f4}tr.now{font-weight:700;background:#fff4cc}p.small{color:#57606a}
"""
_WORDS = {
    "en": {
        "dir": "ltr",
        "title": "What the warning threshold costs",
        "kinds": {"rocket": "Rockets", "drone": "Drones"},
        "intro": "{attacks} simulated, {zones_hit} zones hit among them; scaled to {per_year:g} a year. The same "
        "attacks under every threshold.",
        "columns": (
            "threshold",
            "zones",
            "alarms a year",
            "of these precautionary",
            "zones hit: warned in time",
            "late",
            "missed",
            "people-minutes in shelter a year",
            "median lead, s",
        ),
        "all": "all",
        "small": "Precautionary: a zone alarmed for a real attack that did not hit it. Late: fewer seconds than people "
        "there need. Highlighted: what the site has now; zones with thresholds of their own keep them there. With few "
        "hits the last columns are rough.",
    },
    "ar": {
        "dir": "rtl",
        "title": "ما تكلّفه عتبة الإنذار",
        "kinds": {"rocket": "الصواريخ", "drone": "المسيّرات"},
        "intro": "عدد المحاكى {attacks}، والمناطق المصابة {zones_hit}؛ محسوبة على أساس {per_year:g} في السنة. الهجمات "
        "نفسها تحت كل عتبة.",
        "columns": (
            "العتبة",
            "المناطق",
            "إنذارات في السنة",
            "منها احترازية",
            "مناطق أُصيبت: أُنذرت في الوقت",
            "متأخرة",
            "فائتة",
            "دقائق الأشخاص في الملجأ سنويًا",
            "المهلة الوسيطة، ث",
        ),
        "all": "كلها",
        "small": "احترازية: منطقة أُنذرت لهجوم حقيقي لم يصبها. متأخرة: ثوانٍ أقل مما يحتاجه الناس هناك. المظلَّل: ما لدى "
        "الموقع الآن، وفيه تحتفظ المناطق ذات العتبات الخاصة بعتباتها. مع قلة الإصابات تكون الأعمدة الأخيرة تقريبية.",
    },
}


def consequence_page(site: Site, tables: Sequence[Sequence[Consequence]], per_year: Mapping[str, float]) -> str:
    """Write the page: one table a hazard, in each language."""
    name = html.escape(site.name)
    parts = [f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{name}</title>']
    parts.append(f"<style>{_STYLE}</style><body><h1>{name}</h1>")
    for language, words in _WORDS.items():
        names = {
            zone.zone_id: (zone.name_ar if language == "ar" else "") or zone.name or zone.zone_id for zone in site.zones
        }
        parts.append(f'<section lang="{language}" dir="{words["dir"]}"><h2>{words["title"]}</h2>')
        for rows in tables:
            parts.extend(_table(rows, words, names, per_year[rows[0].hazard]))
        parts.append(f'<p class="small">{words["small"]}</p></section>')
    return "".join(parts) + "</body></html>\n"


def _table(
    rows: Sequence[Consequence], words: Mapping[str, Any], names: Mapping[str, str], per_year: float
) -> Iterator[str]:
    first = rows[0]
    intro = str(words["intro"]).format(attacks=first.attacks, zones_hit=first.zones_hit, per_year=per_year)
    yield f"<h3>{words['kinds'][first.hazard]}</h3><p>{intro}</p><table><thead><tr>"
    yield from (f'<th scope="col">{column}</th>' for column in words["columns"])
    yield "</tr></thead><tbody>"
    yield from (_row(row, words["all"] if row.zone_id is None else names[row.zone_id]) for row in rows)
    yield "</tbody></table>"


def _row(row: Consequence, zone: str) -> str:
    lead = "-" if row.lead_median_s is None else f"{row.lead_median_s:.0f}"
    cells = (
        f"{100 * row.probability_on:g} %",
        html.escape(zone),
        f"{row.alarms_per_year:.0f}",
        f"{row.precautionary_per_year:.0f}",
        f"{row.in_time}/{row.zones_hit}",
        f"{row.late}",
        f"{row.missed}",
        f"{row.people_minutes_per_year:.0f}",
        lead,
    )
    mark = ' class="now"' if row.present else ""
    return f"<tr{mark}>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"
