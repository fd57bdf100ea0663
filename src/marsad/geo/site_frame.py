"""The site's flat frame: from sensors' own directions to the site's axes and back to geodetic."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from marsad.geo import enu_axes, enu_from_geodetic, geodetic_from_enu
from marsad.terms import Geodetic


@dataclass(frozen=True)
class SiteFrame:
    """East, north, up at the site's origin; ``axes`` are its rows in ECEF."""

    origin: Geodetic
    axes: Float[np.ndarray, "3 3"]


def site_frame(origin: Geodetic) -> SiteFrame:
    """Make the frame of a site."""
    return SiteFrame(origin=origin, axes=enu_axes(origin.latitude_rad, origin.longitude_rad))


def enu_of(frame: SiteFrame, place: Geodetic) -> Float[np.ndarray, "3"]:
    """East, north, up in metres of a geodetic point."""
    o = frame.origin
    return np.array(
        enu_from_geodetic(
            place.latitude_rad, place.longitude_rad, place.height_m, o.latitude_rad, o.longitude_rad, o.height_m
        )
    )


def geodetic_of(frame: SiteFrame, enu_m: Float[np.ndarray, "3"]) -> Geodetic:
    """Geodetic point of site coordinates."""
    o = frame.origin
    latitude, longitude, height = geodetic_from_enu(
        float(enu_m[0]), float(enu_m[1]), float(enu_m[2]), o.latitude_rad, o.longitude_rad, o.height_m
    )
    return Geodetic(latitude_rad=latitude, longitude_rad=longitude, height_m=height)


def axes_at(frame: SiteFrame, place: Geodetic) -> Float[np.ndarray, "3 3"]:
    """Rotation from the ENU axes at ``place`` to the site's axes."""
    return frame.axes @ enu_axes(place.latitude_rad, place.longitude_rad).T


def direction(azimuth_rad: float, elevation_rad: float) -> Float[np.ndarray, "3"]:
    """Unit vector east, north, up."""
    c = np.cos(elevation_rad)
    return np.array([np.sin(azimuth_rad) * c, np.cos(azimuth_rad) * c, np.sin(elevation_rad)])


def angles(vector: Float[np.ndarray, "3"]) -> tuple[float, float]:
    """Azimuth (clockwise from north, in [0, 2π)) and elevation of a vector."""
    return (
        float(np.arctan2(vector[0], vector[1]) % (2.0 * np.pi)),
        float(np.arctan2(vector[2], np.hypot(vector[0], vector[1]))),
    )
