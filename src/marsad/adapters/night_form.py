"""A night's truth and result files, read for the scorer; both forms are those of ``truth_form`` and ``results``."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from marsad.adapters.errors import BadInputError
from marsad.adapters.json_fields import read_text
from marsad.assess.nights import AlarmWord, Limit, Moment, NightScore, Thing, Told, Word, score_night
from marsad.simulation.compose import DENSE_S
from marsad.terms import Geodetic

USUAL_ALARM_S = 60.0
"""How long a warning stands that does not say."""
SEMI_MAJOR_95 = math.sqrt(5.991)
"""Of a Gaussian's 95 % ellipse, in its larger standard deviation: chi-squared with two degrees of freedom."""
LIKELY_MODE = 0.1
"""A mode above this weight is an answer of its own: a row with two of them has no single error."""
_ONE_LAUNCHER_M = 30.0  # rails of one launcher stand some metres apart, launchers of one attack much farther

_Form = TypeVar("_Form", bound=msgspec.Struct)


class _Place(msgspec.Struct, frozen=True):
    t: float
    lat_deg: float
    lon_deg: float
    h_m: float = 0.0


class _LimitRow(msgspec.Struct, frozen=True):
    elapsed_s: float
    n: float
    launch_cov_en: tuple[float, float, float]
    impact_cov_en: tuple[float, float, float]


class _Limits(msgspec.Struct, frozen=True):
    rows: list[_LimitRow] = []
    lead_s: dict[str, float | None] = {}


class _Bound(msgspec.Struct, frozen=True):
    class_known: _Limits = _Limits()
    class_unknown: _Limits = _Limits()


class _Object(msgspec.Struct, frozen=True):
    id: str
    kind: str
    prior: str = "class_known"
    launch: _Place | None = None
    impact: _Place | None = None
    zones_at_risk: tuple[str, ...] = ()
    traj: list[list[float]] = []
    crlb: _Bound | None = None
    five_detections_in_6_s_t: float | None = None


class _Truth(msgspec.Struct, frozen=True):
    case: str
    objects: list[_Object]
    faults: dict[str, object] = {}
    description: str = ""
    kind: str | None = None


class _Mode(msgspec.Struct, frozen=True):
    weight: float


class _Row(msgspec.Struct, frozen=True):
    event_id: str
    t_issued: float
    t_launch: float = 0.0
    t_impact: float = 0.0
    lat_deg: float | None = None
    lon_deg: float | None = None
    modes: list[_Mode] = []
    cancelled: bool = False


class _Warning(msgspec.Struct, frozen=True):
    zone_id: str
    t_issued: float
    t_expire: float | None = None
    level: str = "shelter"
    cancel: bool = False


class _Fault(msgspec.Struct, frozen=True):
    sensor_id: str


class _Result(msgspec.Struct, frozen=True):
    launches: list[_Row] = []
    impacts: list[_Row] = []
    warnings: list[_Warning] = []
    faults: list[_Fault] = []


def score_files(truth_path: Path, result_path: Path) -> tuple[str, str, NightScore]:
    """Score a result against its truth; give the night's kind and what it was in words, too.

    A result that is not there counts as silence: whoever processed the night has said why.
    """
    truth = _decoded(truth_path, _Truth)
    result = _decoded(result_path, _Result) if result_path.exists() else _Result()
    things = [_thing(one) for one in truth.objects if one.kind in ("rocket", "misfire", "hostile_drone")]
    score = score_night(things, frozenset(truth.faults), _told(result))
    return truth.kind or _kind(truth), truth.description, score


def _decoded(path: Path, form: type[_Form]) -> _Form:
    try:
        return msgspec.json.decode(read_text(path), type=form)
    except msgspec.DecodeError as error:
        raise BadInputError(path, str(error)) from None


def _thing(one: _Object) -> Thing:
    bound = None if one.crlb is None else one.crlb.class_known
    if one.crlb is not None and one.prior == "class_unknown":
        bound = one.crlb.class_unknown
    by_bound = bound is not None and bound.lead_s.get("500") is not None
    return Thing(
        object_id=one.id,
        kind=one.kind,
        begin_s=one.launch.t if one.launch else one.traj[0][0] if one.traj else 0.0,
        launch=_moment(one.launch),
        impact=_moment(one.impact),
        zone_ids=one.zones_at_risk,
        limits=None if bound is None else tuple(_limit(row) for row in bound.rows),
        is_warnable=by_bound if one.kind == "rocket" else one.five_detections_in_6_s_t is not None,
        seen_s=one.five_detections_in_6_s_t,
    )


def _moment(place: _Place | None) -> Moment | None:
    if place is None:
        return None
    return Moment(place.t, Geodetic.from_degrees(place.lat_deg, place.lon_deg, place.h_m))


def _limit(row: _LimitRow) -> Limit:
    east, cross, north = row.launch_cov_en
    largest_m2 = 0.5 * (east + north) + math.hypot(0.5 * (east - north), cross)
    return Limit(
        elapsed_s=row.elapsed_s,
        detections=row.n,
        launch_m2=east + north,
        launch_axis_m=SEMI_MAJOR_95 * math.sqrt(largest_m2),
        impact_m2=row.impact_cov_en[0] + row.impact_cov_en[2],
    )


def _told(result: _Result) -> Told:
    return Told(
        launches=_words(result.launches, "t_launch"),
        impacts=_words(result.impacts, "t_impact"),
        alarms=[_alarm(row) for row in result.warnings if row.level != "watch"],
        accused=frozenset(row.sensor_id for row in result.faults),
    )


def _words(rows: Sequence[_Row], time: str) -> dict[str, list[Word]]:
    words: dict[str, list[Word]] = {}
    for row in sorted(rows, key=lambda row: row.t_issued):
        moment = None
        if not row.cancelled and row.lat_deg is not None and row.lon_deg is not None:
            moment = Moment(getattr(row, time), Geodetic.from_degrees(row.lat_deg, row.lon_deg))
        several = sum(mode.weight > LIKELY_MODE for mode in row.modes) > 1
        words.setdefault(row.event_id, []).append(Word(row.t_issued, moment, several))
    return words


def _alarm(row: _Warning) -> AlarmWord:
    expires_s = row.t_issued + USUAL_ALARM_S if row.t_expire is None else row.t_expire
    return AlarmWord(row.zone_id, row.t_issued, None if row.cancel else expires_s)


def _kind(truth: _Truth) -> str:
    """Give the kind of a night that does not say: a sensor at fault, else the closest rockets of one launcher."""
    if truth.faults or "trouble" in truth.description:
        return "trouble"
    launches = [one.launch for one in truth.objects if one.kind == "rocket" and one.launch]
    gaps_s = [
        abs(a.t - b.t)
        for k, a in enumerate(launches)
        for b in launches[:k]
        if math.dist(_flat_m(a), _flat_m(b)) < _ONE_LAUNCHER_M
    ]
    if not gaps_s:
        return "single" if launches else "none"
    return "dense" if min(gaps_s) < DENSE_S else "salvo"


def _flat_m(place: _Place) -> tuple[float, float]:
    """Give metres north and east on a sphere: good to a part in a hundred, enough to tell launchers apart."""
    metres = 6_371_000.0 * math.pi / 180.0  # a degree
    return metres * place.lat_deg, metres * place.lon_deg * math.cos(math.radians(place.lat_deg))
