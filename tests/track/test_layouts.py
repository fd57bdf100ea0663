"""The kernels are compiled once: no layout of a caller's arrays makes a station compile them in mid-watch."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from marsad import track
from marsad.track.frames import plots
from marsad.track.oneframe import Kernels, arguments, no_sites, no_tracks
from marsad.track.tables import tables_of
from marsad.track.types import Frame, Params, Picture


def arrays(these: tuple[object, ...]) -> list[np.ndarray]:
    return [one for one in these if isinstance(one, np.ndarray)]


def strided(array: np.ndarray) -> np.ndarray:
    wide = np.zeros((*array.shape[:-1], 2 * array.shape[-1]))
    wide[..., ::2] = array
    return wide[..., ::2]


@pytest.mark.parametrize("layout", [np.asfortranarray, strided])
@pytest.mark.parametrize(
    "frame",
    [
        plots(0.0, [(1000.0, 0.0, 0.1), (2000.0, 1.0, 0.1)], sigma=(10.0, 1e-2, 1e-2)),
        track.bearings(0.0, [[0.1, 0.05], [0.2, 0.05]], sigma=(2e-3, 2e-3), position_enu_m=(0.0, 0.0, 40.0)),
    ],
)
def test_kernels_see_rows_whatever_the_callers_layout(frame: Frame, layout) -> None:
    given = replace(frame, measurement=layout(frame.measurement), covariance=layout(frame.covariance))
    assert not given.measurement.flags.c_contiguous
    tables = tables_of(Params())
    picture = Picture(-math.inf, no_tracks(tables.slots), no_sites(), np.full(1, -math.inf), -math.inf)
    handed: list[np.ndarray] = []
    kernels = Kernels(
        lambda *these: handed.extend(one for one in these if isinstance(one, np.ndarray)), lambda *_: None
    )
    handed += [one for one in arguments(picture, given, tables, kernels) if isinstance(one, np.ndarray)]
    assert all(one.flags.c_contiguous for one in handed)
