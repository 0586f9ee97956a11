"""From a recipe's word (unit, standard, raw) to what is done to each pixel."""

import numpy as np

from numink.data.digits import Part
from numink.nn.layers import Pixels

IMAGES_AT_ONCE = 1000  # bincount makes 8 bytes of each pixel


def pixels_for(scale: str, train: Part) -> Pixels:
    """How `scale` turns the pixels of the training images into numbers.

    "unit": to 0..1. "raw": left at 0..255. "standard": to mean 0 and deviation 1 over all pixels of all images, so
    that ink and paper keep their places, which a scale for each pixel would not.
    """
    if scale == "raw":
        return Pixels(1.0)
    if scale == "unit":
        return Pixels()
    counts = np.zeros(256)
    for start in range(0, len(train), IMAGES_AT_ONCE):
        counts += np.bincount(train.images[start : start + IMAGES_AT_ONCE].ravel(), minlength=256)
    values, share = np.arange(256), counts / counts.sum()
    mean = float(values @ share)
    deviation = float(np.sqrt((values - mean) ** 2 @ share)) or 1.0
    return Pixels(1 / deviation, -mean / deviation)
