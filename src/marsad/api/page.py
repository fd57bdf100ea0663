"""An incident as a small still page for notebooks: one SVG map and tables, no script."""

from __future__ import annotations

import html
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from marsad.api.points import GroundPoint, ellipse_ring, semi_axes_m
from marsad.geo.frames import enu_from_geodetic
from marsad.terms import Geodetic, PointMode, Zone

if TYPE_CHECKING:
    from marsad.api.incident import Incident

WIDTH, HEIGHT = 640, 460
LAUNCH, IMPACT, ALARM, ZONE, FRIEND, OTHER = "#d55e00", "#cc79a7", "#d55e00", "#0072b2", "#009e73", "#777777"
"""Okabe, Ito, "Color Universal Design" (2008): told apart by colour-blind readers too."""
_TRACK_POINTS = 200
_LEAST_PIXELS = 5


@dataclass(frozen=True)
class View:
    """Maps metres east and north of the site to pixels, north up, both axes alike."""

    west_m: float
    north_m: float
    pixels_per_m: float

    def xy(self, east_m: float, north_m: float) -> tuple[float, float]:
        """Give pixels right and down."""
        return (east_m - self.west_m) * self.pixels_per_m, (self.north_m - north_m) * self.pixels_per_m


def incident_html(incident: Incident) -> str:
    """Give the page."""
    parts = [f"<p><b>{html.escape(incident.name)}</b> · {html.escape(repr(incident))}</p>", incident_svg(incident)]
    for title, table in (
        ("Launches", incident.launch_table),
        ("Alarms", incident.warnings),
        ("Faults", incident.faults),
    ):
        if len(table):
            parts.append(f"<h4>{title}</h4>{table._repr_html_()}")
    return f"<div>{''.join(parts)}</div>"


def east_north_m(incident: Incident, places: Iterable[Geodetic]) -> list[tuple[float, float]]:
    """Give places as metres east and north of the site's origin."""
    o = incident.site.origin
    return [
        enu_from_geodetic(p.latitude_rad, p.longitude_rad, p.height_m, o.latitude_rad, o.longitude_rad, o.height_m)[:2]
        for p in places
    ]


def zone_outline(zone: Zone) -> list[Geodetic]:
    """Give the corners of a zone, for drawing."""
    if zone.radius_m is None:
        return [Geodetic(latitude_rad=a, longitude_rad=b, height_m=zone.center.height_m) for a, b in zone.polygon_rad]
    angles = [2 * math.pi * k / 36 for k in range(36)]
    north_rad, east_rad = zone.radius_m / 6_371_000.0, zone.radius_m / 6_371_000.0 / math.cos(zone.center.latitude_rad)
    return [
        Geodetic(
            latitude_rad=zone.center.latitude_rad + north_rad * math.cos(a),
            longitude_rad=zone.center.longitude_rad + east_rad * math.sin(a),
            height_m=zone.center.height_m,
        )
        for a in angles
    ]


def ground_points(incident: Incident) -> list[GroundPoint]:
    """Give launch and impact points of all launches that stand."""
    points = []
    for one in incident.launches.values():
        if one.status in ("confirmed", "misfire"):
            points.append(one.launch_point)
            if one.status == "confirmed" and any(forecast.modes for forecast in one.forecasts):
                points.append(one.impact_point)
    return points


def incident_svg(incident: Incident) -> str:
    """Draw the map: zones, sensors, tracks, 95 % ellipses of launches and impacts."""
    view = view_of(incident)
    alarmed = {one.zone_id for one in incident.said if one.level == "take_shelter"}
    shapes = []
    for zone in incident.site.zones:
        colour = ALARM if zone.zone_id in alarmed else ZONE
        title = f"{zone.name}{' (alarmed)' if zone.zone_id in alarmed else ''}"
        ring = east_north_m(incident, zone_outline(zone))
        shapes.append(_polygon(view, ring, colour, title, fill=0.35 if zone.zone_id in alarmed else 0.12))
    shapes += _tracks(incident, view)
    for point in ground_points(incident):
        colour = LAUNCH if point.kind == "launch" else IMPACT
        for mode in point.modes:
            ring = east_north_m(incident, ellipse_ring(mode))
            shapes.append(_polygon(view, ring, colour, repr(point), fill=0.25, dashed=point.kind == "impact"))
            shapes.append(_spread(view, east_north_m(incident, [mode.position])[0], mode, colour))
    for sensor in incident.site.sensors or [report.sensor for report in incident.sensors]:
        x, y = view.xy(*east_north_m(incident, [sensor.position])[0])
        title = html.escape(f"{sensor.sensor_id} ({sensor.kind})")
        shapes.append(
            f'<rect x="{x - 3:.1f}" y="{y - 3:.1f}" width="6" height="6" fill="#222"><title>{title}</title></rect>'
        )
    shapes.append(_scale_bar(view))
    label = html.escape(f"map of {incident.name}: zones, sensors, launch and impact ellipses (95 %)")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'width="{WIDTH}" height="{HEIGHT}" role="img" aria-label="{label}" '
        f'style="background:#f4f2ee;font:11px sans-serif">{"".join(shapes)}</svg>'
    )


def view_of(incident: Incident) -> View:
    """Choose a view that holds zones, sensors, launches and impacts (ellipses up to 30 km)."""
    places = [corner for zone in incident.site.zones for corner in zone_outline(zone)]
    places += [sensor.position for sensor in incident.site.sensors]
    places += [mode.position for point in ground_points(incident) for mode in point.modes]
    flat = [(e, n) for e, n in east_north_m(incident, places) if math.hypot(e, n) < 30_000.0] or [(-1000.0, -1000.0)]
    east, north = [e for e, _ in flat], [n for _, n in flat]
    width, height = max(max(east) - min(east), 2000.0) * 1.15, max(max(north) - min(north), 2000.0) * 1.15
    pixels_per_m = min(WIDTH / width, HEIGHT / height)
    middle_e, middle_n = 0.5 * (max(east) + min(east)), 0.5 * (max(north) + min(north))
    return View(middle_e - 0.5 * WIDTH / pixels_per_m, middle_n + 0.5 * HEIGHT / pixels_per_m, pixels_per_m)


def _polygon(
    view: View, ring: list[tuple[float, float]], colour: str, title: str, *, fill: float, dashed: bool = False
) -> str:
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in (view.xy(e, n) for e, n in ring))
    dash = ' stroke-dasharray="4 2"' if dashed else ""
    return (
        f'<polygon points="{points}" fill="{colour}" fill-opacity="{fill}" stroke="{colour}"{dash}>'
        f"<title>{html.escape(title)}</title></polygon>"
    )


def _spread(view: View, middle: tuple[float, float], mode: PointMode, colour: str) -> str:
    """Ring an ellipse too small to see, and write how small it is."""
    major_m, _, _ = semi_axes_m(mode.covariance_en_m2)
    if major_m * view.pixels_per_m > _LEAST_PIXELS:
        return ""
    x, y = view.xy(*middle)
    text = f"± {major_m:.0f} m"
    return (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{_LEAST_PIXELS}" fill="none" stroke="{colour}" stroke-width="0.7"/>'
        f'<text x="{x + _LEAST_PIXELS + 2:.1f}" y="{y + 3:.1f}" font-size="9" fill="{colour}">{text}</text>'
    )


def _tracks(incident: Incident, view: View) -> list[str]:
    shapes = []
    for track in incident.tracks.values():
        known = [report.position for report in track.reports if report.range_known]
        known = known[:: max(len(known) // _TRACK_POINTS, 1)]
        if len(known) < 2:
            continue
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in (view.xy(e, n) for e, n in east_north_m(incident, known)))
        colour = FRIEND if track.last.affiliation in ("friend", "assumed_friend") else OTHER
        if track.last.affiliation in ("suspect", "hostile"):
            colour = IMPACT
        title = html.escape(repr(track))
        shapes.append(f'<polyline points="{points}" fill="none" stroke="{colour}"><title>{title}</title></polyline>')
    return shapes


def _scale_bar(view: View) -> str:
    metres = 10 ** math.floor(math.log10(0.3 * WIDTH / view.pixels_per_m))
    pixels, name = metres * view.pixels_per_m, f"{metres / 1000:g} km" if metres >= 1000 else f"{metres:g} m"
    y = HEIGHT - 12
    bar = f'<path d="M12 {y}h{pixels:.1f}" stroke="#222" stroke-width="2"/>'
    return f'{bar}<text x="12" y="{y - 5}" fill="#222">{name}</text>'
