"""Who is watched over: for every zone, which dangers some live sensor would see there, and since when."""

from __future__ import annotations

import msgspec

from marsad.terms.warnings import Hazard


class ZoneWatch(msgspec.Struct, frozen=True, kw_only=True):
    """Whether anybody would see a danger come to one zone.

    ``since_utc_ns`` holds the dangers that are watched for now, and since when without a gap; ``possible`` those that
    the site's sensors could watch for there if all of them lived and were well.
    """

    zone_id: str
    since_utc_ns: dict[Hazard, int] = {}
    possible: tuple[Hazard, ...] = ()

    @property
    def lost(self) -> tuple[Hazard, ...]:
        """Dangers that could be watched for and are not."""
        return tuple(hazard for hazard in self.possible if hazard not in self.since_utc_ns)


class Watch(msgspec.Struct, frozen=True, kw_only=True):
    """The watch over all zones as it stands from now on; told whole whenever anything in it changes."""

    arrival_utc_ns: int
    zones: tuple[ZoneWatch, ...]
