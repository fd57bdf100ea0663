"""The result form that goes with the JSON-lines recordings: every update of every launch, impact and warning.

Rows are said once, when they are issued, and never changed afterwards.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from marsad.pipeline import Outputs
from marsad.terms import (
    ImpactForecast,
    LaunchEstimate,
    PointMode,
    RejectedInput,
    SensorFault,
    TrackReport,
    ZoneWarning,
)

Row = dict[str, object]

SAMPLE_SPACING_NS = 200_000_000
"""Least time between two samples of a track in the file."""
_SHELTER_LEVELS = {"take_shelter", "remain"}
_FRIENDS = {"friend", "assumed_friend"}


def track_kind(report: TrackReport) -> str:
    """Give the one word that the form has for what a track is."""
    if report.object_kind == "rocket":
        return "rocket"
    if report.object_kind in ("own_drone", "balloon"):
        return "own_drone"
    if report.affiliation == "suspect":
        return "suspect"
    if report.affiliation == "hostile":
        return "hostile_drone"
    if report.affiliation in _FRIENDS:
        return "friendly_aircraft"
    return "neutral" if report.affiliation == "neutral" or report.object_kind == "bird" else "unknown"


@dataclass
class ResultRows:
    """Collects the rows of one case."""

    case: str
    launches: list[Row] = field(default_factory=list)
    impacts: list[Row] = field(default_factory=list)
    warnings: list[Row] = field(default_factory=list)
    tracks: list[Row] = field(default_factory=list)
    faults: list[Row] = field(default_factory=list)
    rejected: list[Row] = field(default_factory=list)
    _spoken_of: set[str] = field(default_factory=set)
    """Launches that have a row."""
    _sheltering: set[str] = field(default_factory=set)
    _open_tracks: dict[str, tuple[str, list[list[float]], int]] = field(default_factory=dict)
    _faulty: set[tuple[str, str]] = field(default_factory=set)

    def add(self, outputs: Outputs, issued_s: float) -> None:
        """Take in what one step said."""
        for launch in outputs.launches:
            self._launch(launch, issued_s)
        for impact in outputs.impacts:
            self._impact(impact, issued_s)
        for warning in outputs.warnings:
            self._warning(warning, issued_s)
        for report in outputs.tracks:
            self._track(report)
        for fault in outputs.faults:
            self._fault(fault, issued_s)
        self.add_rejected(outputs.rejected)

    def add_rejected(self, rejected: Iterable[RejectedInput]) -> None:
        """Keep inputs that could not be used."""
        for one in rejected:
            self.rejected.append(
                {
                    "t_arrival": _seconds(one.arrival_utc_ns),
                    "source": one.source,
                    "field": one.field,
                    "reason": one.reason,
                }
            )

    def _launch(self, launch: LaunchEstimate, issued_s: float) -> None:
        event_id = launch.event_id
        if launch.status == "cancelled":
            if event_id in self._spoken_of:
                self.launches.append({"event_id": event_id, "t_issued": _round(issued_s), "cancelled": True})
            return
        if not launch.modes:
            return
        heaviest = launch.modes[0]
        row: Row = {"event_id": event_id, "t_issued": _round(issued_s), "t_launch": _seconds(heaviest.time_utc_ns)}
        self.launches.append(
            row | _place(launch.modes) | {"status": launch.status, "launch_site_id": launch.launch_site_id}
        )
        self._spoken_of.add(event_id)

    def _impact(self, impact: ImpactForecast, issued_s: float) -> None:
        if impact.outcome in ("cancelled", "no_ground_crossing") or not impact.modes:
            if any(row["event_id"] == impact.event_id for row in reversed(self.impacts)):
                self.impacts.append({"event_id": impact.event_id, "t_issued": _round(issued_s), "cancelled": True})
            return
        heaviest = impact.modes[0]
        row: Row = {
            "event_id": impact.event_id,
            "t_issued": _round(issued_s),
            "t_impact": _seconds(heaviest.time_utc_ns),
            "t_impact_sigma_s": _figures(heaviest.time_sigma_s),
        }
        self.impacts.append(row | _place(impact.modes))

    def _warning(self, warning: ZoneWarning, issued_s: float) -> None:
        if warning.exercise:
            return
        zone_id = warning.zone_id
        stands = zone_id in self._sheltering
        row: Row = {"zone_id": zone_id, "t_issued": _round(issued_s)}
        if warning.event_ids:
            row |= {"event_id": warning.event_ids[0], "event_ids": list(warning.event_ids)}
        if warning.action in ("cancel", "all_clear") or warning.level in ("clear", "all_clear"):
            self._sheltering.discard(zone_id)
            self.warnings.append(row | {"level": "shelter" if stands else "watch", "cancel": True})
            return
        sheltering = warning.level in _SHELTER_LEVELS
        if stands and not sheltering:
            self._sheltering.discard(zone_id)
            self.warnings.append(row | {"level": "shelter", "cancel": True})
        elif sheltering:
            self._sheltering.add(zone_id)
        level = "shelter" if sheltering else "watch"
        self.warnings.append(
            row
            | {
                "t_expire": _seconds(warning.expires_utc_ns),
                "level": level,
                "probability": _figures(warning.probability),
            }
        )

    def _track(self, report: TrackReport) -> None:
        """Add a sample; a track that comes to be thought something else goes on as a new row with the same id."""
        if report.status != "confirmed" or not report.range_known:
            return
        kind = track_kind(report)
        held = self._open_tracks.get(report.track_id)
        if held is not None and report.time_utc_ns - held[2] < SAMPLE_SPACING_NS:
            return
        place = report.position
        sample = [
            _seconds(report.time_utc_ns),
            _round(place.latitude_deg, 8),
            _round(place.longitude_deg, 8),
            _round(place.height_m, 2),
        ]
        if held is None or held[0] != kind:
            # the last sample of the row before is the first of this one: no moment of the track is left out
            samples = [held[1][-1]] if held else []
            self.tracks.append({"track_id": report.track_id, "kind": kind, "samples": samples})
        else:
            samples = held[1]
        samples.append(sample)
        self._open_tracks[report.track_id] = (kind, samples, report.time_utc_ns)

    def _fault(self, fault: SensorFault, issued_s: float) -> None:
        key = (fault.sensor_id, fault.kind)
        row: Row = {"sensor_id": fault.sensor_id, "kind": fault.kind, "t_issued": _round(issued_s)}
        if fault.cleared:
            if key in self._faulty:
                self._faulty.discard(key)
                self.faults.append(row | {"cleared": True})
        elif key not in self._faulty:
            self._faulty.add(key)
            self.faults.append(
                row | {"magnitude": _figures(fault.magnitude), "unit": fault.unit, "reasons": list(fault.reasons)}
            )

    def encoded(self, **counts: object) -> bytes:
        """Give the file's bytes: one row a line; ``counts`` are kept under ``input`` beside the rejected inputs."""
        parts = [f'"case": {json.dumps(self.case, ensure_ascii=False)}']
        for name in ("launches", "impacts", "warnings", "tracks", "faults"):
            parts.append(f'"{name}": {_lines(getattr(self, name))}')
        parts.append(f'"input": {json.dumps(counts | {"rejected": self.rejected}, ensure_ascii=False)}')
        return ("{" + ",\n".join(parts) + "}\n").encode()


def _place(modes: Sequence[PointMode]) -> Row:
    """Give the heaviest mode as the row's own point, and all of them where there are several."""
    row = _point(modes[0])
    if len(modes) > 1:
        row["modes"] = [{"weight": _figures(mode.weight)} | _point(mode) for mode in modes]
    return row


def _point(mode: PointMode) -> Row:
    return {
        "lat_deg": _round(mode.position.latitude_deg, 8),
        "lon_deg": _round(mode.position.longitude_deg, 8),
        "cov_en": [_figures(value) for value in mode.covariance_en_m2],
    }


def _lines(rows: list[Row]) -> str:
    return "[" + ",\n".join(json.dumps(row, ensure_ascii=False, allow_nan=False) for row in rows) + "]"


def _seconds(time_ns: int) -> float:
    return _round(time_ns / 1e9)


def _round(value: float, digits: int = 6) -> float:
    return round(float(value), digits)


def _figures(value: float) -> float:
    """Round to seven significant figures."""
    return float(f"{value:.7g}")
