"""Smooth random fields: what is uneven in paper, light and sensors."""

import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float32]


def smooth_noise(rng: np.random.Generator, height_px: int, width_px: int, cell_px: float, long: float = 1) -> Field:
    """Noise whose grains are about `cell_px` high and `long` times as wide: float32 (height_px, width_px).

    Mean 0, deviation somewhat below 1. A coarse grid of normal numbers is scaled up, so that a page of any size
    costs little.
    """
    rows = max(2, round(height_px / cell_px))
    columns = max(2, round(width_px / (cell_px * long)))
    return enlarged(rng.standard_normal((rows, columns), np.float32), height_px, width_px)


def enlarged(coarse: Field, height_px: int, width_px: int) -> Field:
    """The field scaled by cubic interpolation: float32 (rows, columns) -> (height_px, width_px)."""
    from PIL import Image

    fine = Image.fromarray(coarse).resize((width_px, height_px), Image.Resampling.BICUBIC)
    return np.array(fine)
