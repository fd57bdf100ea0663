"""Small scenes for the tests of tracking: what moves, and what a radar at the origin sees of it."""

from __future__ import annotations

import math

import numpy as np

from marsad import track

SIGMA = (20.0, 5e-3, 5e-3)
RADAR = track.SensorModel(detection_probability=0.9, clutter_density=4e-5, max_range_m=45_000.0)


def spherical(position: np.ndarray) -> np.ndarray:
    """Range, azimuth clockwise from north, elevation of positions seen from the origin."""
    rho = np.linalg.norm(position, axis=-1)
    return np.stack((rho, np.arctan2(position[..., 0], position[..., 1]), np.arcsin(position[..., 2] / rho)), axis=-1)


def aircraft(rng: np.random.Generator, count: int, scans: int, dt: float = 1.0) -> np.ndarray:
    """Positions (scan x object x 3) of objects that fly straight, then turn."""
    speed, heading = rng.uniform(40, 220, count), rng.uniform(-math.pi, math.pi, count)
    at = np.column_stack((rng.uniform(-15e3, 15e3, (count, 2)), rng.uniform(500, 3000, count)))
    rate = rng.uniform(-0.06, 0.06, count)
    out = np.empty((scans, count, 3))
    for k in range(scans):
        out[k] = at
        heading = heading + np.where(k > scans // 2, rate * dt, 0.0)
        at = at + dt * np.column_stack((speed * np.cos(heading), speed * np.sin(heading), np.zeros(count)))
    return out


def frames_of(
    truth: np.ndarray, rng: np.random.Generator, clutter: int = 5, dt: float = 1.0, pd: float = 0.9
) -> tuple[list[track.Frame], list[np.ndarray]]:
    """What the radar reports: (frames, origin of each detection: object or -1)."""
    frames, origins, number = [], [], 0
    for k, position in enumerate(truth):
        seen = np.flatnonzero(rng.random(len(position)) < pd)
        plots = spherical(position[seen]) + rng.normal(size=(len(seen), 3)) * SIGMA
        false = np.column_stack(
            (
                rng.uniform(300, 30e3, clutter),
                rng.uniform(-math.pi, math.pi, clutter),
                rng.uniform(0.01, 1.2, clutter),
            )
        )
        both = np.concatenate((plots, false))
        ids = np.arange(number, number + len(both))
        number += len(both)
        frames.append(track.plots(k * dt, both, sigma=SIGMA, detection_id=ids))
        origins.append(np.concatenate((seen, np.full(clutter, -1))))
    return frames, origins


def run(frames: list[track.Frame], params: track.Params) -> tuple[track.State, list[track.Info]]:
    """Step through frames one by one."""
    state, infos = track.init(params), []
    for frame in frames:
        state, info = track.step(state, (frame,), params)
        infos.append(info)
    return state, infos
