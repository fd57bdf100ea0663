"""What the tracks say, summed over their slots: position, velocity, covariance, what kind of motion it is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from marsad.track.types import Family, MotionKind, Params, Tracks


@dataclass(frozen=True)
class Estimate:
    """One row per track: mean and covariance of its mixture, ENU metres and metres per second."""

    position_enu_m: Float[np.ndarray, "track 3"]
    velocity_enu_ms: Float[np.ndarray, "track 3"]
    covariance: Float[np.ndarray, "track 6 6"]
    """Of (position, velocity)."""
    rocket_probability: Float[np.ndarray, " track"]
    """That it moves as a rocket does (burning or ballistic), by the likelihood of the models."""
    ln_drag: Float[np.ndarray, " track"]
    """ln k of the ballistic model, a = -k rho/rho0 |v| v; NaN where the model is ruled out."""


def estimate(tracks: Tracks, params: Params) -> Estimate:
    """Sum up all tracks; rows as in ``tracks`` (select with ``tracks.status >= Status.CONFIRMED``)."""
    used = tracks.weight > 0
    weight = np.where(used, tracks.weight, 0.0)
    mean = np.where(used[:, :, None], tracks.mean, 0.0)[:, :, :6]
    covariance = np.where(used[:, :, None, None], tracks.covariance, 0.0)[:, :, :6, :6]
    total = np.einsum("ts,tsa->ta", weight, mean)
    off = np.where(used[:, :, None], mean - total[:, None, :], 0.0)
    spread = np.einsum("ts,tsab->tab", weight, covariance) + np.einsum("ts,tsa,tsb->tab", weight, off, off)
    rocket = np.zeros(weight.shape[1], dtype=bool)
    rocket[: len(params.models)] = [m.family is Family.ROCKET for m in params.models]
    known = tracks.range_known > 0
    ln_drag = np.full(len(weight), np.nan)
    for slot, model in enumerate(params.models):
        if model.kind is MotionKind.BALLISTIC:
            ln_drag = np.where(known & used[:, slot], np.where(used[:, slot], tracks.mean[:, slot, 6], 0.0), ln_drag)
    return Estimate(total[:, :3], total[:, 3:], spread, np.where(known, weight[:, rocket].sum(axis=1), 0.0), ln_drag)


def position_enu_m(tracks: Tracks) -> Float[np.ndarray, "track 3"]:
    """Mean position of every track, ENU metres."""
    total = np.zeros((len(tracks.weight), 3))
    for slot in range(tracks.weight.shape[1]):
        weight = tracks.weight[:, slot]
        (rows,) = weight.nonzero()
        if len(rows) == len(weight):
            total += weight[:, None] * tracks.mean[:, slot, :3]
        elif len(rows):
            total[rows] += weight[rows, None] * tracks.mean[rows, slot, :3]
    return total
