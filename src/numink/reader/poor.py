"""Digits by which a model's confidence is judged: by unseen writers, and as small collections hold them."""

from itertools import product

import cv2
import numpy as np

from numink.data.digits import CLASSES, Bytes, Part
from numink.data.strokes import draw_images, draw_writer

SEED = int.from_bytes(b"calibration")
WAYS = tuple(product((8, 12, 16), (False, True), (False, True)))
"""side_px, stretched and two_levels of each way to reduce an image."""
_DIGITS_A_WRITER = 10


def unseen_strokes(count: int) -> Part:
    """Digits of writers who wrote neither training nor test images of the source strokes: the same ones each time."""
    rng = np.random.default_rng(SEED)
    labels = rng.permutation(count) % CLASSES
    writers = [draw_writer(rng) for _ in range(-(-count // _DIGITS_A_WRITER))]
    images = draw_images(labels.tolist(), [writers[row % len(writers)] for row in range(count)], rng)
    return Part(images, labels.astype(np.uint8))


def reduced(image: Bytes, side_px: int, stretched: bool, two_levels: bool) -> Bytes:
    """A digit, uint8 (28, 28), cut out and brought to a small square that it fills: uint8 (side_px, side_px).

    Where it is not stretched, its longer side fills it. Of two levels, the threshold is the middle.

    >>> bar = np.zeros((28, 28), np.uint8)
    >>> bar[4:24, 12:16] = 200
    >>> (reduced(bar, 8, False, True) > 0).sum(axis=0), (reduced(bar, 8, True, False) == 200).all()
    (array([0, 0, 0, 8, 8, 0, 0, 0]), np.True_)
    """
    x, y, width, height = cv2.boundingRect((image > image.max() // 16).astype(np.uint8))
    digit = image[y : y + height, x : x + width]
    if not stretched:
        side = max(width, height)
        left, top = (side - width) // 2, (side - height) // 2
        digit = np.pad(digit, ((top, side - height - top), (left, side - width - left)))
    small = np.asarray(cv2.resize(digit, (side_px, side_px), interpolation=cv2.INTER_AREA), np.uint8)
    return np.where(small > small.max() // 2, 255, 0).astype(np.uint8) if two_levels else small
