"""Make the ground of the sample site: rolling desert with a wadi and a scarp, from a seed.

    python tools/make_gas_plant.py src/marsad/samples/gas-plant/terrain.tif

The place is fictional; the same seed gives the same heights.
"""

from __future__ import annotations

import sys

import numpy as np
import rasterio
from rasterio.transform import Affine

SEED = 20260321
CENTER_DEG = (31.5, 42.5)
STEP_DEG = (0.0009, 0.00105)  # about 100 m both ways at this latitude
NODES = 401
PLAIN_M = 285.0


def rolling(rng: np.random.Generator, relief_m: float, slope: float = 4.2) -> np.ndarray:
    """Give smooth random ground whose power falls with wave number to the given power."""
    k = np.hypot(*np.meshgrid(np.fft.fftfreq(NODES), np.fft.rfftfreq(NODES), indexing="ij"))
    k[0, 0] = np.inf
    power = (k + 0.004) ** (-slope / 2)
    phase = rng.normal(size=k.shape) + 1j * rng.normal(size=k.shape)
    field = np.fft.irfft2(power * phase, s=(NODES, NODES))
    return relief_m * (field - field.mean()) / field.std()


def heights() -> np.ndarray:
    """Give the heights, rows south to north, in metres above the ellipsoid."""
    rng = np.random.default_rng(SEED)
    north, east = np.meshgrid(np.linspace(-20.0, 20.0, NODES), np.linspace(-20.0, 20.0, NODES), indexing="ij")
    ground = PLAIN_M + rolling(rng, 22.0) + 1.2 * (east + north)
    # a scarp beyond the plain in the north-east, wavy, about 60 m high
    edge = (east + north) / np.sqrt(2.0) - 9.5 - 1.1 * np.sin(0.45 * (east - north)) - 0.06 * rolling(rng, 4.0)
    ground += 60.0 / (1.0 + np.exp(-edge / 0.35))
    # a wadi that comes from the north-west and passes the site on its south
    course = north + 3.5 + 0.35 * east + 1.2 * np.sin(0.5 * east + 0.7)
    ground -= 26.0 * np.exp(-((course / 0.55) ** 2))
    # the pad of the plant is levelled
    pad = np.exp(-((np.hypot(east, north) / 1.0) ** 4))
    return ground * (1.0 - pad) + PLAIN_M * pad


def main() -> None:
    """Write the file named on the command line."""
    (path,) = sys.argv[1:]
    south, west = (c - s * (NODES - 1) / 2 for c, s in zip(CENTER_DEG, STEP_DEG, strict=True))
    frame = Affine(STEP_DEG[1], 0, west - STEP_DEG[1] / 2, 0, -STEP_DEG[0], south + STEP_DEG[0] * (NODES - 0.5))
    content = np.round(heights()).astype(np.int16)[::-1]
    with rasterio.open(
        path, "w", driver="GTiff", width=NODES, height=NODES, count=1, dtype="int16", crs="EPSG:4326", transform=frame,
        compress="deflate", predictor=2, zlevel=9,
    ) as target:  # fmt: skip
        target.write(content, 1)


if __name__ == "__main__":
    main()
