"""Words in which a decision is told, written beforehand; one ``Words`` a language."""

from __future__ import annotations

from dataclasses import dataclass

RULES = (
    "rocket_probability",
    "rocket_sure",
    "rocket_time_is_up",
    "drone_probability",
    "manual_alarm",
    "await_better_forecast",
    "held_by_operator",
    "probability_rising",
    "threat_seen",
    "threat_gone",
    "latched",
    "impact_time_passed",
    "hold_time_over",
    "nobody_watches",
    "watched_again",
    "event_taken_back",
    "cancelled_by_person",
    "ordered_by_person",
    "corrected_by_person",
)
"""All rules by which the engine may say something."""


@dataclass(frozen=True)
class Words:
    """Templates of one language.  Fields in braces are filled with numbers already written out."""

    levels: dict[str, str]
    hazards: dict[str, str]
    rules: dict[str, str]
    head: str
    probability: str
    no_probability: str
    times: str
    shelter: str
    watched: str
    unwatched: str
    axis: str
    threat: str
    threats: str
    drone_factors: str
    rocket_factors: str
    automatic: str
    person: str
    still_in_danger: str
    verified: str
    not_verified: str
    exercise: str
    separator: str
    seconds: str
    metres: str


ENGLISH = Words(
    levels={
        "clear": "clear",
        "watch": "watch",
        "prepare": "prepare",
        "take_shelter": "take shelter",
        "remain": "stay in shelter",
        "all_clear": "all clear",
    },
    hazards={"rocket": "rocket", "drone": "drone", "unknown": "air threat"},
    rules={
        "rocket_probability": "Alarmed because the chance of an impact reached the threshold ({on}) and the forecast "
        "was sharp enough that waiting for a better one was not allowed.",
        "rocket_sure": "Alarmed because an impact was nearly certain ({sure} or more), though the forecast was still "
        "wide.",
        "rocket_time_is_up": "Alarmed because the chance of an impact was over the threshold ({on}) and no more time "
        "could be spent on waiting for a better forecast: the way to shelter would no longer have fitted.",
        "drone_probability": "Alarmed because the chance that a drone is there, comes to attack and reaches the zone "
        "reached the threshold for drones ({on_drone}).",
        "manual_alarm": "Alarmed because a person ordered it.",
        "await_better_forecast": "Not alarmed yet: the chance of an impact was over the threshold ({on}), but the "
        "forecast was wide and there was time to wait for a better one.",
        "held_by_operator": "Not alarmed yet: an operator asked for time, and there was time.",
        "probability_rising": "Told to be ready because the chance reached a third of the alarm threshold and there "
        "was time.",
        "threat_seen": "Watched because the chance reached a tenth of the alarm threshold.",
        "threat_gone": "Back to normal because the chance stayed under a tenth of the threshold long enough.",
        "latched": "The level stands although the chance has fallen: it ends by its own rules only.",
        "impact_time_passed": "The last impact reckoned with should be over; people stay, as more may come.",
        "hold_time_over": "All clear because the time to stay was over and nothing more was to come.",
        "nobody_watches": "The time is over, but no live sensor watched the zone, so nothing says that no more comes: "
        "the level stands until a person ends it, or until the zone has been watched again long enough.",
        "watched_again": "The time is over and the zone is watched again, but not yet for as long as people stay: "
        "the level ends by itself when nothing has come in that time.",
        "event_taken_back": "Withdrawn by rule because every event behind the alarm turned out not to be a threat.",
        "cancelled_by_person": "Withdrawn because people declared the alarm false.",
        "ordered_by_person": "All clear because a person ordered it and nothing more was to come.",
        "corrected_by_person": "Told again because a person corrected what had been said.",
    },
    head="{zone}: “{level}” at {at} UTC. Hazard: {hazard}.",
    probability="The chance of something coming down in the zone or its margin was {probability}.",
    no_probability="Nothing more was to come.",
    times="Expected between {q05} and {q95} UTC, the first {left} after this decision.",
    shelter="People there need {shelter} to reach shelter.",
    watched="The zone had been watched without a gap since {since} UTC.",
    unwatched="No live sensor watched the zone for what was behind the alarm.",
    axis="The forecast's 95 % ellipse reached {axis} from its middle; the rule waits above {wait}.",
    threat="{event} ({probability})",
    threats="Behind it: {threats}.",
    drone_factors="{event}: {exists} that it is there, times {threat} that it comes to attack (by how it flies and has "
    "flown), times {reaches} that it then reaches the zone.",
    rocket_factors="{event} is not confirmed: {exists} that it is a launch, times {reaches} that it then comes down in "
    "the zone.",
    automatic="Decided by rule {rule}, without waiting for a person.",
    person="Decided by a person ({rule}).",
    still_in_danger="The impact came later than first shown; the countdown is not put back, the danger stands.",
    verified="The numbers were computed again from the record and have the hash that the decision kept ({hash}).",
    not_verified="The numbers could not be computed again to the same hash ({hash}); what stands here is what the "
    "decision itself kept.",
    exercise="EXERCISE.",
    separator=", ",
    seconds="{value} s",
    metres="{value} m",
)

ARABIC = Words(
    levels={
        "clear": "آمن",
        "watch": "ترقّب",
        "prepare": "استعداد",
        "take_shelter": "احتموا",
        "remain": "ابقوا في الملجأ",
        "all_clear": "زال الخطر",
    },
    hazards={"rocket": "صاروخ", "drone": "طائرة مسيّرة", "unknown": "تهديد جوي"},
    rules={
        "rocket_probability": "أُطلق الإنذار لأن احتمال السقوط بلغ العتبة ({on}) وكان التوقع دقيقًا بما يكفي، "
        "فلم يعد الانتظار مسموحًا.",
        "rocket_sure": "أُطلق الإنذار لأن السقوط كان شبه مؤكد ({sure} أو أكثر) مع أن التوقع كان لا يزال واسعًا.",
        "rocket_time_is_up": "أُطلق الإنذار لأن احتمال السقوط تجاوز العتبة ({on}) ولم يبقَ وقت لانتظار توقع أفضل: "
        "لو انتظرنا لما كفى الوقت للوصول إلى الملجأ.",
        "drone_probability": "أُطلق الإنذار لأن احتمال أن طائرة مسيّرة موجودة وقادمة للهجوم وتصل إلى المنطقة بلغ "
        "عتبة المسيّرات ({on_drone}).",
        "manual_alarm": "أُطلق الإنذار بأمر من شخص.",
        "await_better_forecast": "لم يُطلق الإنذار بعد: تجاوز احتمال السقوط العتبة ({on})، لكن التوقع كان واسعًا "
        "وكان هناك وقت لانتظار توقع أفضل.",
        "held_by_operator": "لم يُطلق الإنذار بعد: طلب المشغّل مهلة، وكان هناك وقت.",
        "probability_rising": "طُلب الاستعداد لأن الاحتمال بلغ ثلث عتبة الإنذار وكان هناك وقت.",
        "threat_seen": "وُضعت المنطقة تحت الترقّب لأن الاحتمال بلغ عُشر عتبة الإنذار.",
        "threat_gone": "عادت الحال إلى طبيعتها لأن الاحتمال بقي دون عُشر العتبة مدة كافية.",
        "latched": "تبقى الحالة قائمة مع أن الاحتمال انخفض: لا تنتهي إلا بقواعدها.",
        "impact_time_passed": "يُفترض أن آخر سقوط محسوب قد انتهى؛ يبقى الناس في الملجأ فقد يأتي المزيد.",
        "hold_time_over": "زال الخطر لأن مدة البقاء انتهت ولم يبقَ ما يُنتظر سقوطه.",
        "nobody_watches": "انتهت المدة، لكن لا مستشعر عاملًا يراقب المنطقة، فلا شيء يدل على أن المزيد لن يأتي: "
        "تبقى الحالة قائمة حتى ينهيها شخص مخوَّل، أو حتى تُراقَب المنطقة من جديد مدة كافية.",
        "watched_again": "انتهت المدة وعادت المنطقة تحت المراقبة، لكن لم تمضِ بعد على مراقبتها مدة البقاء: "
        "تنتهي الحالة من تلقاء نفسها إن لم يأتِ شيء خلال تلك المدة.",
        "event_taken_back": "سُحب الإنذار بحكم القاعدة لأن كل حدث وراءه تبيّن أنه ليس تهديدًا.",
        "cancelled_by_person": "سُحب الإنذار لأن أشخاصًا مخوَّلين أعلنوا أنه كاذب.",
        "ordered_by_person": "زال الخطر بأمر من شخص، ولم يبقَ ما يُنتظر سقوطه.",
        "corrected_by_person": "أُعيد الإبلاغ لأن أشخاصًا مخوَّلين صحّحوا ما قيل سابقًا.",
    },
    head="{zone}: «{level}» عند {at} بالتوقيت العالمي. الخطر: {hazard}.",
    probability="احتمال سقوط شيء في المنطقة أو هامشها {probability}.",
    no_probability="لم يبقَ ما يُنتظر سقوطه.",
    times="المتوقع بين {q05} و{q95} بالتوقيت العالمي، وأوله بعد {left} من هذا القرار.",
    shelter="يحتاج الناس هناك إلى {shelter} للوصول إلى الملجأ.",
    watched="كانت المنطقة مراقَبة دون انقطاع منذ {since} بالتوقيت العالمي.",
    unwatched="لم يكن أي مستشعر عامل يراقب المنطقة تحسّبًا لما وراء الإنذار.",
    axis="امتد قطع التوقع بثقة 95 % إلى {axis} من مركزه؛ وتنتظر القاعدة إن زاد على {wait}.",
    threat="{event} ({probability})",
    threats="وراءه: {threats}.",
    drone_factors="{event}: احتمال وجودها {exists}، مضروبًا في احتمال أنها قادمة للهجوم {threat} (من طريقة طيرانها حتى "
    "الآن)، مضروبًا في احتمال وصولها عندئذ إلى المنطقة {reaches}.",
    rocket_factors="{event} غير مؤكد: احتمال أنه إطلاق {exists}، مضروبًا في احتمال سقوطه عندئذ في المنطقة {reaches}.",
    automatic="اتُّخذ القرار بحكم القاعدة {rule} دون انتظار أي شخص.",
    person="اتّخذ القرار شخص ({rule}).",
    still_in_danger="تأخر السقوط عمّا عُرض أولًا؛ لا يُعاد العدّ التنازلي، والخطر قائم.",
    verified="حُسبت الأرقام من جديد من السجل وطابقت بصمتها البصمة المحفوظة مع القرار ({hash}).",
    not_verified="تعذّر حساب الأرقام من جديد بالبصمة نفسها ({hash})؛ ما يَرِد هنا هو ما حفظه القرار نفسه.",
    exercise="تمرين.",
    separator="، ",
    seconds="{value} ث",
    metres="{value} م",
)

LANGUAGES: dict[str, Words] = {"en": ENGLISH, "ar": ARABIC}
