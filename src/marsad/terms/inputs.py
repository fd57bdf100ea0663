"""Everything that can arrive at a node, in one tagged union: ``Message``.

``time_utc_ns`` is the sensor's own stamp (true time plus its clock error); ``arrival_utc_ns`` is when it reached
the node, and alone orders messages.  Angles are in the geodetic ENU frame at the sensor's own position.
"""

from __future__ import annotations

import math
from typing import Literal

import msgspec

from marsad.terms.places import Geodetic
from marsad.terms.sensors import Sensor

BearingKind = Literal["plume", "hot", "object"]
"""plume: burning motor; hot: body after burnout; object: slow picture of an air vehicle."""


def _require_finite(owner: object, *names: str) -> None:
    for name in names:
        if not math.isfinite(getattr(owner, name)):
            raise ValueError(f"{type(owner).__name__}.{name} must be finite, got {getattr(owner, name)!r}")


def _require_covariance2(owner: object, covariance: tuple[float, float, float]) -> None:
    a, b, c = covariance
    if not (math.isfinite(a + b + c) and a > 0 and c > 0 and a * c > b * b):
        raise ValueError(f"{type(owner).__name__}.covariance must be positive definite, got {covariance!r}")


class _Stamped(msgspec.Struct, frozen=True, kw_only=True):
    """Fields of everything a sensor sends; not used by itself."""

    sensor_id: str
    time_utc_ns: int
    arrival_utc_ns: int


class PoseReport(_Stamped, frozen=True, kw_only=True, tag="pose"):
    """Where a moving sensor says it is; ``position_sigma_m`` is its constant error, averaging does not remove it."""

    position: Geodetic
    position_sigma_m: float = 0.0
    boresight_azimuth_rad: float | None = None
    boresight_elevation_rad: float | None = None


class Heartbeat(_Stamped, frozen=True, kw_only=True, tag="heartbeat"):
    """A sensor says it is alive."""


class Flash(_Stamped, frozen=True, kw_only=True, tag="flash"):
    """A sudden flash: launch, impact or clutter.  Direction at ``time_utc_ns``; onset measured independently."""

    detection_id: str
    azimuth_rad: float
    elevation_rad: float
    covariance_rad2: tuple[float, float, float]
    onset_utc_ns: int
    onset_sigma_s: float

    def __post_init__(self) -> None:
        _require_finite(self, "azimuth_rad", "elevation_rad")
        _require_covariance2(self, self.covariance_rad2)
        if not self.onset_sigma_s > 0:
            raise ValueError(f"Flash.onset_sigma_s must be positive, got {self.onset_sigma_s!r}")


class Bearing(_Stamped, frozen=True, kw_only=True, tag="bearing"):
    """A direction (azimuth, elevation) to something seen in one frame; covariance [az, az·el, el]."""

    detection_id: str
    kind: BearingKind
    azimuth_rad: float
    elevation_rad: float
    covariance_rad2: tuple[float, float, float]

    def __post_init__(self) -> None:
        _require_finite(self, "azimuth_rad", "elevation_rad")
        _require_covariance2(self, self.covariance_rad2)


class Plot(_Stamped, frozen=True, kw_only=True, tag="plot"):
    """A radar plot (range, azimuth, elevation); covariance upper triangle [rr, ra, re, aa, ae, ee]."""

    detection_id: str
    range_m: float
    azimuth_rad: float
    elevation_rad: float
    covariance: tuple[float, float, float, float, float, float]

    def __post_init__(self) -> None:
        _require_finite(self, "range_m", "azimuth_rad", "elevation_rad")
        if not self.range_m > 0:
            raise ValueError(f"Plot.range_m must be positive, got {self.range_m!r}")
        rr, ra, re, aa, ae, ee = self.covariance
        minor = rr * aa - ra * ra
        determinant = rr * (aa * ee - ae * ae) - ra * (ra * ee - ae * re) + re * (ra * ae - aa * re)
        if not (rr > 0 and minor > 0 and determinant > 0):
            raise ValueError(f"Plot.covariance must be positive definite, got {self.covariance!r}")


class Impulse(_Stamped, frozen=True, kw_only=True, tag="impulse"):
    """A bang heard by an array: ``time_utc_ns`` is when the sound arrived at the array."""

    detection_id: str
    azimuth_rad: float
    azimuth_sigma_rad: float
    time_sigma_s: float

    def __post_init__(self) -> None:
        _require_finite(self, "azimuth_rad")
        if not (self.azimuth_sigma_rad > 0 and self.time_sigma_s > 0):
            raise ValueError("Impulse.azimuth_sigma_rad and time_sigma_s must be positive")


class CooperativeReport(_Stamped, frozen=True, kw_only=True, tag="cooperative"):
    """An aircraft says where it is (ADS-B, Remote ID, own fleet); a claim, not a measurement of ours.

    ``sensor_id`` is the receiver (may be empty); ``transponder_id`` the claimed identity.
    """

    transponder_id: str
    position: Geodetic
    velocity_enu_ms: tuple[float, float, float] | None = None
    position_sigma_m: float = 30.0
    source: Literal["adsb", "remote_id", "own_fleet", "unspecified"] = "unspecified"


class SensorTrackReport(_Stamped, frozen=True, kw_only=True, tag="sensor_track"):
    """A track from a sensor that delivers only tracks; ENU at ``position``; fused by covariance intersection.

    ``covariance_enu`` is the upper triangle, row by row, of the 6×6 (position, velocity) covariance.
    """

    detection_id: str
    position: Geodetic
    velocity_enu_ms: tuple[float, float, float]
    covariance_enu: tuple[float, ...]


class WeatherReport(msgspec.Struct, frozen=True, kw_only=True, tag="weather"):
    """Forecast wind at a reference height, with the profile w(h) = w_ref · (1 + h_agl / 100 m)^0.15, and ISA air."""

    arrival_utc_ns: int
    wind_east_ms: float
    wind_north_ms: float
    wind_sigma_ms: float
    profile_ground_m: float | None = None
    """Ellipsoidal height from which h_agl of the wind profile counts; None: the ground at the site."""
    sound_speed_relative_sigma: float = 0.005


class SensorReport(msgspec.Struct, frozen=True, kw_only=True, tag="sensor"):
    """A sensor describes itself."""

    arrival_utc_ns: int
    sensor: Sensor


Correction = Literal["hazard", "late"]
"""What a correction is about: the hazard was named wrongly; the warning came late."""


class PersonOrder(msgspec.Struct, frozen=True, kw_only=True, tag="order"):
    """What a person ordered about warnings, after the shell has checked who may order it.

    alarm: sound it; hold: wait with a drone alarm; cancel: take an alarm back as false; all_clear: end the stay;
    correct: say again, rightly, what was said wrongly (``correction``), with ``hazard`` as the right one.
    """

    arrival_utc_ns: int
    order_id: str
    what: Literal["alarm", "hold", "cancel", "all_clear", "correct"]
    zone_ids: tuple[str, ...]
    operator_ids: tuple[str, ...]
    hazard: Literal["rocket", "drone", "unknown"] = "unknown"
    note: str = ""
    correction: Correction = "hazard"


class Tick(msgspec.Struct, frozen=True, kw_only=True, tag="tick"):
    """Nothing arrived, but time went on."""

    arrival_utc_ns: int


Detection = Flash | Bearing | Plot | Impulse
Message = (
    SensorReport
    | WeatherReport
    | PoseReport
    | Heartbeat
    | Flash
    | Bearing
    | Plot
    | Impulse
    | CooperativeReport
    | SensorTrackReport
    | PersonOrder
    | Tick
)
