"""Parameters as the kernels take them: named tuples of arrays and numbers."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from marsad.track.types import MotionKind, Params

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]


class Tables(NamedTuple):
    """``Params`` as arrays; one row per model, one row per sensor."""

    kind: I64
    family: I64
    noise: F64
    """Horizontal, vertical, extra; per model."""
    prior: F64
    sojourn_s: F64
    start: F64
    """Horizontal speed sigma, vertical speed sigma, vertical speed mean, extra mean, extra variance; per model."""
    sensor: F64
    """Detection probability, clutter density, birth density, range from, to, elevation from, to, shadow; per sensor."""
    launch: F64
    """The fields of ``LaunchPrior`` in their order."""
    gate: float
    confirm: float
    confirm_hits: int
    confirm_hits_launched: int
    delete: float
    keep: float
    existence_max: float
    survival_s: float
    coast_max_s: float
    tentative_max_s: float
    ground_up_m: float
    range_from_m: float
    range_to_m: float
    max_tracks: int
    range_bins: int
    slots: int


def tables_of(params: Params) -> Tables:
    """Turn parameters into what the kernels take."""
    models, sensors, launch = params.models, params.sensors, params.launch
    turn = next((m.extra_sigma for m in models if m.kind is MotionKind.COORDINATED_TURN), 0.0)
    return Tables(
        kind=np.array([m.kind for m in models], dtype=np.int64),
        family=np.array([m.family for m in models], dtype=np.int64),
        noise=np.array([(m.noise_horizontal, m.noise_vertical, m.noise_extra) for m in models], dtype=np.float64),
        prior=np.array([m.prior for m in models], dtype=np.float64) / sum(m.prior for m in models),
        sojourn_s=np.array([m.sojourn_s for m in models], dtype=np.float64),
        start=np.array(
            [
                (
                    m.speed_horizontal_sigma_ms,
                    m.speed_vertical_sigma_ms,
                    m.speed_vertical_mean_ms,
                    m.extra_mean,
                    (m.extra_sigma if m.extra_sigma or m.family else turn) ** 2,
                )
                for m in models
            ],
            dtype=np.float64,
        ),
        sensor=np.array(
            [
                (
                    s.detection_probability,
                    s.clutter_density,
                    0.1 * s.clutter_density if s.birth_density is None else s.birth_density,
                    s.min_range_m,
                    s.max_range_m,
                    s.min_elevation_rad,
                    s.max_elevation_rad,
                    s.shadow_rad,
                )
                for s in sensors
            ],
            dtype=np.float64,
        ),
        launch=np.array(
            [
                launch.speed_mean_ms,
                launch.speed_sigma_ms,
                launch.elevation_mean_rad,
                launch.elevation_sigma_rad,
                launch.drag_ln_mean,
                launch.drag_ln_sigma,
                launch.rate_hz,
                launch.active_s,
                launch.site_sigma_m,
            ],
            dtype=np.float64,
        ),
        gate=params.gate_chi2,
        confirm=params.confirm_existence,
        confirm_hits=params.confirm_hits,
        confirm_hits_launched=max(params.confirm_hits, params.confirm_hits_launched),
        delete=params.delete_existence,
        keep=params.keep_existence,
        existence_max=params.max_existence,
        survival_s=params.survival_s,
        coast_max_s=params.coast_max_s,
        tentative_max_s=params.tentative_max_s,
        ground_up_m=params.ground_up_m,
        range_from_m=params.min_range_m,
        range_to_m=params.max_range_m,
        max_tracks=params.max_tracks,
        range_bins=params.range_bins,
        slots=max(len(models), params.range_bins),
    )
