"""What came of a night: launches, impacts, tracks and warnings, as they were said and as they ended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from marsad.api.compare import Comparison, compare
from marsad.api.paths import MOST_APART_M, apart_m
from marsad.api.points import Clock, GroundPoint
from marsad.api.table import Table
from marsad.pipeline import Outputs
from marsad.sensing.site import Site
from marsad.simulation.night import Truth
from marsad.terms import (
    ImpactForecast,
    LaunchEstimate,
    Message,
    RejectedInput,
    SensorFault,
    SensorReport,
    TrackReport,
    ZoneWarning,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

UTC = pa.timestamp("us", tz="UTC")


@dataclass(frozen=True, repr=False)
class LaunchHistory:
    """All that was said of one launch; the last word counts."""

    event_id: str
    estimates: tuple[LaunchEstimate, ...]
    forecasts: tuple[ImpactForecast, ...]
    clock: Clock

    @property
    def status(self) -> str:
        """Last status: tentative, confirmed, misfire or cancelled."""
        return self.estimates[-1].status

    @property
    def launch_point(self) -> GroundPoint:
        """Where and when it was launched, by the last estimate that says so."""
        return GroundPoint(
            "launch", self.event_id, next(e.modes for e in reversed(self.estimates) if e.modes), self.clock
        )

    @property
    def impact_point(self) -> GroundPoint:
        """Where and when it lands, by the last forecast that says so.

        Raises
        ------
        LookupError
            When no impact was ever forecast, with the reason.
        """
        for forecast in reversed(self.forecasts):
            if forecast.modes:
                return GroundPoint("impact", self.event_id, forecast.modes, self.clock)
        raise LookupError(f"launch {self.event_id} ({self.status}): no impact was forecast")

    def __repr__(self) -> str:
        return f"<Launch {self.event_id}, {self.status}: {self.launch_point}>"

    @property
    def __geo_interface__(self) -> dict[str, Any]:
        """95 % ellipses of the launch point."""
        return self.launch_point.__geo_interface__


@dataclass(frozen=True, repr=False)
class TrackHistory:
    """All reports of one track, in order."""

    track_id: str
    reports: tuple[TrackReport, ...]
    launch: LaunchHistory | None
    clock: Clock

    @property
    def last(self) -> TrackReport:
        """Last report from when the track was alive."""
        return next((one for one in reversed(self.reports) if one.status != "ended"), self.reports[-1])

    @property
    def status(self) -> str:
        """Status in the end."""
        return self.reports[-1].status

    @property
    def launch_point(self) -> GroundPoint:
        """Where the tracked rocket was launched.

        Raises
        ------
        LookupError
            When the track is not that of a launched rocket.
        """
        if self.launch is None:
            raise LookupError(f"track {self.track_id} is {self.last.object_kind}, not a rocket that was seen launched")
        return self.launch.launch_point

    def __repr__(self) -> str:
        r = self.last
        begin, end = self.clock.show(self.reports[0].time_utc_ns), self.clock.show(r.time_utc_ns)
        sigma = (r.covariance_enu[0] + r.covariance_enu[6]) ** 0.5
        return (
            f"<Track {self.track_id}: {r.affiliation} {r.object_kind} ({r.confidence:.0%}), {self.status}, "
            f"{begin} to {end}, ± {sigma:.0f} m>"
        )

    @property
    def __geo_interface__(self) -> dict[str, Any]:
        """The track as a GeoJSON LineString."""
        line = [[r.position.longitude_deg, r.position.latitude_deg, r.position.height_m] for r in self.reports]
        return {"type": "LineString", "coordinates": line}


@dataclass
class Collector:
    """Gathers what the pipeline says, step by step."""

    site: Site
    name: str
    clock: Clock
    estimates: dict[str, list[LaunchEstimate]] = field(default_factory=dict)
    forecasts: dict[str, list[ImpactForecast]] = field(default_factory=dict)
    reports: dict[str, list[TrackReport]] = field(default_factory=dict)
    said: list[ZoneWarning] = field(default_factory=list)
    faults: list[SensorFault] = field(default_factory=list)
    rejected: list[RejectedInput] = field(default_factory=list)
    became: Counter[str] = field(default_factory=Counter)
    sensors: dict[str, SensorReport] = field(default_factory=dict)
    end_ns: int = 0

    def take(self, message: Message, outputs: Outputs) -> None:
        """Take in one step."""
        self.end_ns = message.arrival_utc_ns
        if isinstance(message, SensorReport):
            self.sensors[message.sensor.sensor_id] = message
        for launch in outputs.launches:
            self.estimates.setdefault(launch.event_id, []).append(launch)
        for impact in outputs.impacts:
            self.forecasts.setdefault(impact.event_id, []).append(impact)
        for report in outputs.tracks:
            self.reports.setdefault(report.track_id, []).append(report)
        self.said += outputs.warnings
        self.faults += outputs.faults
        self.became.update(one.kind for one in outputs.dispositions)
        self.reject(outputs.rejected)

    def reject(self, rejected: Iterable[RejectedInput]) -> None:
        """Keep inputs that could not be used."""
        self.rejected += rejected

    def incident(self) -> Incident:
        """Give what was gathered."""
        launches = {
            event_id: LaunchHistory(event_id, tuple(said), tuple(self.forecasts.get(event_id, ())), self.clock)
            for event_id, said in self.estimates.items()
            if any(one.status in ("confirmed", "misfire") and one.modes for one in said)
        }
        tracks = {
            track_id: TrackHistory(track_id, tuple(said), _launch_of(said, launches), self.clock)
            for track_id, said in self.reports.items()
        }
        return Incident(
            site=self.site,
            name=self.name,
            clock=self.clock,
            duration_s=self.clock.seconds(self.end_ns),
            launches=launches,
            tracks=tracks,
            said=tuple(self.said),
            sensor_faults=tuple(self.faults),
            rejected=tuple(self.rejected),
            dispositions=dict(sorted(self.became.items())),
            sensors=tuple(self.sensors.values()),
        )


def _launch_of(reports: list[TrackReport], launches: dict[str, LaunchHistory]) -> LaunchHistory | None:
    """Give the launch of a track: the one that it names, or for a rocket the one whose forecast path it flew."""
    named = [one.event_id for one in reports if one.event_id]
    if named:
        return launches.get(named[-1])
    if reports[-1].object_kind != "rocket" and all(one.object_kind != "rocket" for one in reports):
        return None
    apart = {event_id: apart_m(reports, one.forecasts) for event_id, one in launches.items()}
    nearest = min(apart, key=lambda event_id: apart[event_id], default=None)
    return launches[nearest] if nearest is not None and apart[nearest] < MOST_APART_M else None


@dataclass(frozen=True, repr=False)
class Incident:
    """A night that was watched to its end.

    ``launches`` (those that were ever more than tentative) by event, ``tracks`` by track; ``warnings`` and ``faults``
    are tables; ``dispositions`` counts what became of the detections.
    """

    site: Site
    name: str
    clock: Clock
    duration_s: float
    launches: dict[str, LaunchHistory]
    tracks: dict[str, TrackHistory]
    said: tuple[ZoneWarning, ...]
    sensor_faults: tuple[SensorFault, ...]
    rejected: tuple[RejectedInput, ...]
    dispositions: dict[str, int]
    sensors: tuple[SensorReport, ...] = ()

    @property
    def warnings(self) -> Table:
        """One row per zone and alarm: first take-shelter, lead time to the impact then expected, end of the alarm."""
        rows: list[dict[str, object]] = []
        standing: dict[str, dict[str, object]] = {}
        names = {zone.zone_id: zone.name for zone in self.site.zones}
        for one in self.said:
            row = standing.get(one.zone_id)
            if one.level in ("take_shelter", "remain") and row is None:
                row = self._alarm(one, names)
                standing[one.zone_id] = row
                rows.append(row)
            elif row is not None and (one.action in ("cancel", "all_clear") or one.level in ("clear", "all_clear")):
                row["end_s"] = self.clock.seconds(one.arrival_utc_ns)
                row["end_utc"] = self.clock.utc(one.arrival_utc_ns)
                row["ended_by"] = one.action
                del standing[one.zone_id]
        schema = {
            "zone_id": pa.string(), "zone": pa.string(), "hazard": pa.string(), "first_alarm_s": pa.float64(),
            "first_alarm_utc": UTC, "probability": pa.float64(), "lead_time_s": pa.float64(), "end_s": pa.float64(),
            "end_utc": UTC, "ended_by": pa.string(), "event_ids": pa.list_(pa.string()),
        }  # fmt: skip
        return Table({name: [row[name] for row in rows] for name in schema}, schema)

    def _alarm(self, one: ZoneWarning, names: dict[str, str]) -> dict[str, object]:
        due = one.impact_q50_utc_ns
        return {
            "zone_id": one.zone_id,
            "zone": names.get(one.zone_id, ""),
            "hazard": one.hazard,
            "first_alarm_s": self.clock.seconds(one.arrival_utc_ns),
            "first_alarm_utc": self.clock.utc(one.arrival_utc_ns),
            "probability": one.probability,
            "lead_time_s": None if due is None else (due - one.arrival_utc_ns) / 1e9,
            "end_s": None,
            "end_utc": None,
            "ended_by": None,
            "event_ids": list(one.event_ids),
        }

    @property
    def faults(self) -> Table:
        """One row per sensor fault that was named."""
        rows = [one for one in self.sensor_faults if not one.cleared]
        schema = {
            "sensor_id": pa.string(), "kind": pa.string(), "named_s": pa.float64(), "magnitude": pa.float64(),
            "unit": pa.string(),
        }  # fmt: skip
        columns: dict[str, list[object]] = {
            "sensor_id": [one.sensor_id for one in rows],
            "kind": [one.kind for one in rows],
            "named_s": [self.clock.seconds(one.arrival_utc_ns) for one in rows],
            "magnitude": [one.magnitude for one in rows],
            "unit": [one.unit for one in rows],
        }
        return Table(columns, schema)

    @property
    def launch_table(self) -> Table:
        """One row per launch: status, place, spread and time of launch and impact."""
        schema = {
            "event_id": pa.string(), "status": pa.string(), "launch_site_id": pa.string(), "latitude_deg": pa.float64(),
            "longitude_deg": pa.float64(), "cep_m": pa.float64(), "launch_s": pa.float64(),
            "impact_latitude_deg": pa.float64(),
            "impact_longitude_deg": pa.float64(), "impact_cep_m": pa.float64(), "impact_s": pa.float64(),
        }  # fmt: skip
        rows: list[list[object]] = []
        for one in self.launches.values():
            point = one.launch_point
            row: list[object] = [one.event_id, one.status, one.estimates[-1].launch_site_id]
            row += [point.position.latitude_deg, point.position.longitude_deg, point.cep_m, point.time_s]
            if any(forecast.modes for forecast in one.forecasts):
                hit = one.impact_point
                row += [hit.position.latitude_deg, hit.position.longitude_deg, hit.cep_m, hit.time_s]
            else:
                row += [None] * 4
            rows.append(row)
        return Table({name: [row[k] for row in rows] for k, name in enumerate(schema)}, schema)

    def compare(self, truth: Truth) -> Comparison:
        """Hold the incident against the truth of a simulated night."""
        return compare(self, truth)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the map with matplotlib (extra ``marsad[notebook]``); gives the axes."""
        from marsad.api.plot import plot

        return plot(self, ax)

    def __repr__(self) -> str:
        alarmed = len({one.zone_id for one in self.said if one.level == "take_shelter"})
        return (
            f"<Incident {self.name}: {self.duration_s:.0f} s, {len(self.launches)} launches, "
            f"{len(self.tracks)} tracks, {alarmed} of {len(self.site.zones)} zones alarmed, "
            f"{len(self.rejected)} inputs rejected>"
        )

    def _repr_html_(self) -> str:
        from marsad.api.page import incident_html

        return incident_html(self)

    @property
    def __geo_interface__(self) -> dict[str, Any]:
        """Launches, impacts and tracks as a GeoJSON FeatureCollection."""
        features = [_feature("launch", one.event_id, one) for one in self.launches.values()]
        features += [
            _feature("impact", one.event_id, one.impact_point)
            for one in self.launches.values()
            if any(forecast.modes for forecast in one.forecasts)
        ]
        features += [_feature("track", one.track_id, one) for one in self.tracks.values()]
        return {"type": "FeatureCollection", "features": features}


def _feature(kind: str, name: str, thing: LaunchHistory | TrackHistory | GroundPoint) -> dict[str, Any]:
    return {"type": "Feature", "properties": {"kind": kind, "id": name}, "geometry": thing.__geo_interface__}
