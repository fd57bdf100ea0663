"""The blind zone as the console hears it (docs/console-protocol.md)."""

from __future__ import annotations

import math

from marsad.plan.blind import BlindParams, blind_zones, outlines
from marsad.sensing.site import Site
from marsad.station.wire import Json


def blind(site: Site, params: BlindParams | None = None) -> Json:
    """Give from how near a rocket leaves which zone no time, and the lines within which it does."""
    reckoned = params or BlindParams()
    zones = blind_zones(site, reckoned)
    drawn = outlines(site, zones)
    return {
        "detection_s": reckoned.detection_s,
        "decision_s": reckoned.decision_s,
        "notify_s": site.policy.notify_s,
        "zones": [
            {
                "zone_id": one.zone_id,
                "needed_s": one.needed_s,
                "distance_m": round(one.distance_m, 1),
                "rocket_class": one.rocket_class,
                "elevation": math.degrees(one.elevation_rad),
            }
            for one in zones
        ],
        **{
            name: [[[round(math.degrees(lat), 6), round(math.degrees(lon), 6)] for lat, lon in line] for line in lines]
            for name, lines in (("some", drawn.some), ("every", drawn.every))
        },
    }
