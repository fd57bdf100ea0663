"""SAPIENT (BSI Flex 335 v2.0) messages to and from the vocabulary; the mapping in full: docs/sapient.md.

Angles may come in degrees or radians, ranges in metres or kilometres, azimuths from true north only, positions as
WGS-84 latitude and longitude with ellipsoidal heights only.  What we write ourselves is in radians and metres, so
that no digit is lost, and carries what the standard has no field for as ``object_info``.
"""

from __future__ import annotations

from marsad.adapters.sapient_form import (
    MAX_FRAME_BYTES,
    SapientError,
    check,
    frame,
    frame_length,
    is_uuid,
    node_id_of,
    parse,
    time_of,
)
from marsad.adapters.sapient_nodes import (
    Node,
    decode_registration,
    encode_sensor,
    encode_weather_node,
    name_of,
    with_sensor,
)
from marsad.adapters.sapient_reading import decode
from marsad.adapters.sapient_writing import encode, error_message, journal_ack, journalled_frames, registration_ack
from marsad.terms import Geodetic

__all__ = [
    "MAX_FRAME_BYTES",
    "NOWHERE",
    "Node",
    "SapientError",
    "check",
    "decode",
    "decode_registration",
    "encode",
    "encode_sensor",
    "encode_weather_node",
    "error_message",
    "frame",
    "frame_length",
    "is_uuid",
    "journal_ack",
    "journalled_frames",
    "name_of",
    "node_id_of",
    "parse",
    "registration_ack",
    "time_of",
    "with_sensor",
]

NOWHERE = Geodetic(latitude_rad=0.0, longitude_rad=0.0)
"""Place of a receiver whose place does not matter: what it passes on says where it is."""
