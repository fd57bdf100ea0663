"""The page that shows what a warning threshold costs: one table in English and Arabic, printable, without scripts."""

from __future__ import annotations

import html
from collections.abc import Sequence

from marsad.plan.consequence import Consequence

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
        "intro": "{rockets} simulated rockets of this site's classes, {zones_hit} zones hit among them; scaled to "
        "{per_year:g} rockets a year. The same attacks under every threshold.",
        "columns": (
            "threshold",
            "alarms a year",
            "of these precautionary",
            "zones hit: warned in time",
            "late",
            "missed",
            "people-minutes in shelter a year",
            "median lead, s",
        ),
        "small": "Precautionary: a zone alarmed for a real rocket that did not hit it. Late: fewer seconds than people "
        "there need. Highlighted: the site's present threshold. With few hits the last columns are rough.",
    },
    "ar": {
        "dir": "rtl",
        "title": "ما تكلّفه عتبة الإنذار",
        "intro": "{rockets} صاروخًا محاكًى من أصناف هذا الموقع، أصابت {zones_hit} مناطق؛ محسوبة على أساس {per_year:g} "
        "صاروخًا في السنة. الهجمات نفسها تحت كل عتبة.",
        "columns": (
            "العتبة",
            "إنذارات في السنة",
            "منها احترازية",
            "مناطق أُصيبت: أُنذرت في الوقت",
            "متأخرة",
            "فائتة",
            "دقائق الأشخاص في الملجأ سنويًا",
            "المهلة الوسيطة، ث",
        ),
        "small": "احترازية: منطقة أُنذرت لصاروخ حقيقي لم يصبها. متأخرة: ثوانٍ أقل مما يحتاجه الناس هناك. المظلَّل: عتبة "
        "الموقع الحالية. مع قلة الإصابات تكون الأعمدة الأخيرة تقريبية.",
    },
}


def consequence_page(site_name: str, rows: Sequence[Consequence], per_year: float, present: float) -> str:
    """Write the page."""
    parts = [f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{html.escape(site_name)}</title>']
    parts.append(f"<style>{_STYLE}</style><body><h1>{html.escape(site_name)}</h1>")
    for language, words in _WORDS.items():
        parts.append(f'<section lang="{language}" dir="{words["dir"]}"><h2>{words["title"]}</h2>')
        intro = str(words["intro"]).format(rockets=rows[0].rockets, zones_hit=rows[0].zones_hit, per_year=per_year)
        parts.append(f"<p>{intro}</p><table><thead><tr>")
        parts.extend(f'<th scope="col">{column}</th>' for column in words["columns"])
        parts.append("</tr></thead><tbody>")
        parts.extend(_row(row, present) for row in rows)
        parts.append(f'</tbody></table><p class="small">{words["small"]}</p></section>')
    return "".join(parts) + "</body></html>\n"


def _row(row: Consequence, present: float) -> str:
    lead = "-" if row.lead_median_s is None else f"{row.lead_median_s:.0f}"
    cells = (
        f"{100 * row.probability_on:g} %",
        f"{row.alarms_per_year:.0f}",
        f"{row.precautionary_per_year:.0f}",
        f"{row.in_time}/{row.zones_hit}",
        f"{row.late}",
        f"{row.missed}",
        f"{row.people_minutes_per_year:.0f}",
        lead,
    )
    mark = ' class="now"' if abs(row.probability_on - present) < 1e-9 else ""
    return f"<tr{mark}>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"
