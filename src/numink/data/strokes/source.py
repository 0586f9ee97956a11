"""The source "strokes": a set of digits as large as MNIST, or as wanted, drawn by the pen model in seconds."""

from typing import TYPE_CHECKING

import numpy as np

from numink.data.digits import CLASSES, MOST_IMAGES, Bytes, Part
from numink.data.strokes.drawing import draw_images
from numink.data.strokes.writer import draw_writer
from numink.errors import DataError

if TYPE_CHECKING:
    from numink.data.download import Progress

TRAIN_IMAGES, TEST_IMAGES = 60_000, 10_000

_DIGITS_A_WRITER = 20
_BLOCK = 300 * _DIGITS_A_WRITER  # images that have a stream of random numbers of their own
_SEED = int.from_bytes(b"strokes")
_TRAIN, _TEST = 0, 1


def read(train_images: int = TRAIN_IMAGES, progress: "Progress | None" = None) -> tuple[Part, Part]:
    """Draw the training part, of 0 to 2,000,000 images, and the test part: 10,000 images by other writers.

    They are the same each time, bit for bit on one kind of processor (on another, a few pixels differ by one grey
    level), and fewer training images are the first of more. Each writer writes 20 digits, but fewer in a part that ends
    within a block of 6,000; all digits are about equally frequent. `progress` is told how many images of both parts are
    drawn. Raises DataError.
    """
    if not 0 <= train_images <= MOST_IMAGES:
        raise DataError(f"expected from 0 to {MOST_IMAGES:,} images of strokes, came {train_images:,}")
    total = train_images + TEST_IMAGES

    def part(which: int, count: int, before: int) -> Part:
        images, labels = np.empty((count, 28, 28), np.uint8), np.empty(count, np.uint8)
        for first in range(0, count, _BLOCK):
            here = slice(first, min(first + _BLOCK, count))
            drawn, shown = _block(which, first // _BLOCK, here.stop - first)
            images[here], labels[here] = drawn, shown
            if progress is not None:
                progress("strokes", before + here.stop, total)
        return Part(images, labels)

    return part(_TRAIN, train_images, 0), part(_TEST, TEST_IMAGES, train_images)


def _block(which: int, block: int, count: int) -> tuple[Bytes, Bytes]:
    """The first images and labels of a block, in an order that brings many writers into few images."""
    rng = np.random.default_rng([_SEED, which, block])
    labels = rng.permutation(_BLOCK).astype(np.uint16) % CLASSES
    writers = [draw_writer(rng) for _ in range(_BLOCK // _DIGITS_A_WRITER)]
    images = draw_images(labels.tolist(), writers * _DIGITS_A_WRITER, rng)
    return images[:count], labels[:count].astype(np.uint8)
