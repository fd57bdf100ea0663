"""How good was it: GOSPA, OSPA(2), SIAP, identity switches, NEES and NIS; and whole nights."""

from __future__ import annotations

from marsad.assess.consistency import Band, band, nees
from marsad.assess.histories import Histories, histories
from marsad.assess.nights import NightScore, Told, score_night, table, total
from marsad.assess.picture import Siap, identity_switches, mean_gospa, nearest_truth, siap
from marsad.assess.sets import Gospa, gospa, ospa, ospa2

__all__ = [
    "Band",
    "Gospa",
    "Histories",
    "NightScore",
    "Siap",
    "Told",
    "band",
    "gospa",
    "histories",
    "identity_switches",
    "mean_gospa",
    "nearest_truth",
    "nees",
    "ospa",
    "ospa2",
    "score_night",
    "siap",
    "table",
    "total",
]
