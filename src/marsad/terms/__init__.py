"""The vocabulary that every stage speaks: what comes in, what is believed, what is said.

Times are integers of nanoseconds UTC (``*_utc_ns``) or named seconds (``*_s``); angles are radians
inside (degrees only at the edges); positions are geodetic WGS-84 with ellipsoidal heights unless the
name says a frame (``*_enu_m``).  Azimuths run clockwise from true north.
"""

from marsad.terms.estimates import (
    ClassWeight,
    ImpactForecast,
    ImpactOutcome,
    LaunchEstimate,
    LaunchStatus,
    PointMode,
    SensorFault,
    ZoneRisk,
)
from marsad.terms.inputs import (
    Bearing,
    BearingKind,
    CooperativeReport,
    Detection,
    Flash,
    Heartbeat,
    Impulse,
    Message,
    PersonOrder,
    Plot,
    PoseReport,
    SensorReport,
    SensorTrackReport,
    Tick,
    WeatherReport,
)
from marsad.terms.limits import OutOfRangeError, require_in_range
from marsad.terms.places import Corridor, Geodetic, Zone
from marsad.terms.records import Disposition, DispositionKind, Overload, RejectedInput
from marsad.terms.sensors import BiasPrior, Sensor, SensorKind
from marsad.terms.tracks import Affiliation, CorridorForecast, ObjectKind, TrackEnd, TrackReport, TrackStatus
from marsad.terms.warnings import WarningAction, WarningLevel, ZoneWarning
from marsad.terms.watches import Watch, ZoneWatch

__all__ = [
    "Affiliation",
    "Bearing",
    "BearingKind",
    "BiasPrior",
    "ClassWeight",
    "CooperativeReport",
    "Corridor",
    "CorridorForecast",
    "Detection",
    "Disposition",
    "DispositionKind",
    "Flash",
    "Geodetic",
    "Heartbeat",
    "ImpactForecast",
    "ImpactOutcome",
    "Impulse",
    "LaunchEstimate",
    "LaunchStatus",
    "Message",
    "ObjectKind",
    "OutOfRangeError",
    "Overload",
    "PersonOrder",
    "Plot",
    "PointMode",
    "PoseReport",
    "RejectedInput",
    "Sensor",
    "SensorFault",
    "SensorKind",
    "SensorReport",
    "SensorTrackReport",
    "Tick",
    "TrackEnd",
    "TrackReport",
    "TrackStatus",
    "WarningAction",
    "WarningLevel",
    "Watch",
    "WeatherReport",
    "Zone",
    "ZoneRisk",
    "ZoneWarning",
    "ZoneWatch",
    "require_in_range",
]
