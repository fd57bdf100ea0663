"""The map of an incident with matplotlib."""

from __future__ import annotations

from typing import TYPE_CHECKING

from marsad.api.page import (
    ALARM,
    FRIEND,
    HEIGHT,
    IMPACT,
    LAUNCH,
    OTHER,
    WIDTH,
    ZONE,
    east_north_m,
    ground_points,
    view_of,
    zone_outline,
)
from marsad.api.points import ellipse_ring

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from marsad.api.incident import Incident


def plot(incident: Incident, ax: Axes | None = None) -> Axes:
    """Draw zones, sensors, tracks and the 95 % ellipses of launches and impacts, in kilometres from the site."""
    if ax is None:
        try:
            from matplotlib import pyplot
        except ImportError:
            raise ImportError("plot needs matplotlib: pip install 'marsad[notebook]'") from None
        ax = pyplot.figure(figsize=(7, 6), layout="constrained").add_subplot()
    alarmed = {one.zone_id for one in incident.said if one.level == "take_shelter"}
    for zone in incident.site.zones:
        colour = ALARM if zone.zone_id in alarmed else ZONE
        _ring(ax, east_north_m(incident, zone_outline(zone)), colour, 0.35 if zone.zone_id in alarmed else 0.12)
    for sensor in incident.site.sensors:
        ((e, n),) = east_north_m(incident, [sensor.position])
        ax.plot(e / 1000, n / 1000, "s", color="#222222", markersize=4)
    for track in incident.tracks.values():
        line = east_north_m(incident, [report.position for report in track.reports if report.range_known])
        if len(line) > 1:
            colour = {"friend": FRIEND, "assumed_friend": FRIEND, "suspect": IMPACT, "hostile": IMPACT}.get(
                track.last.affiliation, OTHER
            )
            ax.plot([e / 1000 for e, _ in line], [n / 1000 for _, n in line], "-", color=colour, linewidth=1)
    for point in ground_points(incident):
        for mode in point.modes:
            _ring(ax, east_north_m(incident, ellipse_ring(mode)), LAUNCH if point.kind == "launch" else IMPACT, 0.3)
    view = view_of(incident)
    east_km, north_km = view.west_m / 1000, view.north_m / 1000
    ax.set_aspect("equal")
    ax.set_xlim(east_km, east_km + WIDTH / view.pixels_per_m / 1000)
    ax.set_ylim(north_km - HEIGHT / view.pixels_per_m / 1000, north_km)
    ax.set_xlabel("east of the site (km)")
    ax.set_ylabel("north of the site (km)")
    ax.set_title(f"{incident.name}: launches and impacts, 95 % ellipses")
    return ax


def _ring(ax: Axes, ring: list[tuple[float, float]], colour: str, alpha: float) -> None:
    east, north = [e / 1000 for e, _ in ring], [n / 1000 for _, n in ring]
    ax.fill(east, north, facecolor=colour, alpha=alpha)
    ax.plot([*east, east[0]], [*north, north[0]], color=colour, linewidth=1)
