"""Smaller copies, on which whatever is large in a picture is found sooner, and the way back."""

import cv2
import numpy as np

from numink.data.digits import Bytes


def shrunk(image: Bytes, longer_px: int) -> tuple[Bytes, float]:
    """A copy whose longer side has at most so many pixels, each the mean of what it stands for, and its scale, 0 to 1.

    uint8 (h, w) or (h, w, 3) stays what it is.
    """
    height, width = image.shape[:2]
    scale = min(1.0, longer_px / max(height, width))
    if scale == 1:
        return image, 1.0
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8), scale


def resized(levels: Bytes, shape: tuple[int, ...]) -> Bytes:
    """Levels that change slowly, uint8 (h, w), at another size: height and width."""
    return np.asarray(cv2.resize(levels, shape[::-1], interpolation=cv2.INTER_LINEAR), np.uint8)
