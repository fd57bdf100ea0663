"""What a sensor says of itself against what the site file says of it: the file was written by those who set it up."""

from __future__ import annotations

import math

import msgspec

from marsad.terms import BiasPrior, Geodetic, PoseReport, Sensor

_SIGMAS = 5.0
_SURVEYED_M = 30.0
"""A file and a sensor may put the same mast so far apart (a map's datum, a phone's receiver) before it is said."""
_OPEN = (
    "rate_hz",
    "detection_probability",
    "min_elevation_rad",
    "max_range_m",
    "fov_half_width_azimuth_rad",
    "fov_half_width_elevation_rad",
    "post_burnout_s",
    "false_flashes_per_s",
    "false_plots_per_scan",
    "false_impulses_per_s",
)


def within_site(known: Sensor, stated: Sensor) -> tuple[Sensor, tuple[str, ...]]:
    """Give the sensor as the site file has it, completed by its own words where the file says nothing.

    A connection proves nothing about who speaks, and whoever could move a radar by 50 km, or call it wrong by three
    radians, would silence it.  So place, kind, movement and errors stay those of the file; a file without any bias
    leaves them all open, as each of its zeros may mean "none" or "not said".

    Returns the sensor, and what it says otherwise, in words.
    """
    overruled = []
    off_m = distance_m(known.position, stated.position)
    bias = known.bias_prior
    if not known.is_mobile and off_m > _SIGMAS * math.hypot(bias.east_m, bias.north_m, bias.up_m) + _SURVEYED_M:
        overruled.append(
            f"it says that it stands {off_m:.0f} m from where the site file puts it; the file's place is used"
        )
    if bias not in (BiasPrior(), stated.bias_prior) and _is_blunter(stated.bias_prior, bias):
        overruled.append("it states larger errors than the site file does; the file's are used")
    if stated.is_mobile != known.is_mobile:
        overruled.append(f"the site file says that it {'moves' if known.is_mobile else 'stands still'}; so it is taken")
    left_open = {name: getattr(stated, name) for name in _OPEN if getattr(known, name) is None}
    sensor = msgspec.structs.replace(
        known,
        arrival_utc_ns=stated.arrival_utc_ns,
        bias_prior=stated.bias_prior if bias == BiasPrior() else bias,
        latency_s=known.latency_s or stated.latency_s,
        **left_open,
    )
    return sensor, tuple(overruled)


def why_not_there(known: Sensor, pose: PoseReport) -> str:
    """Say why a sensor of the site file cannot be where a pose puts it; empty if it can."""
    if not known.is_mobile:
        return "the site file says that this sensor stands still"
    if known.roam_m is None:
        return ""
    off_m = distance_m(known.position, pose.position)
    if off_m <= known.roam_m + _SIGMAS * pose.position_sigma_m:
        return ""
    return (
        f"the pose lies {off_m:.0f} m from the place in the site file, which lets this sensor roam {known.roam_m:.0f} m"
    )


def distance_m(first: Geodetic, second: Geodetic) -> float:
    """Give the straight distance of two places, in metres."""
    from marsad.geo.frames import ecef_from_geodetic  # compiled: the sensors' port is to listen before that is loaded

    return math.dist(
        ecef_from_geodetic(first.latitude_rad, first.longitude_rad, first.height_m),
        ecef_from_geodetic(second.latitude_rad, second.longitude_rad, second.height_m),
    )


def _is_blunter(stated: BiasPrior, known: BiasPrior) -> bool:
    return any(getattr(stated, name) > 1.01 * getattr(known, name) for name in BiasPrior.__struct_fields__)
