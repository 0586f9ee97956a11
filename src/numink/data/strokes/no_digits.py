"""The source "non-digits": images that show no digit, to be learned from beside digits."""

from typing import TYPE_CHECKING

import numpy as np

from numink.data.digits import MOST_IMAGES, NO_DIGIT, Bytes, Part
from numink.data.normalise import normalise
from numink.data.strokes.others import KINDS
from numink.data.strokes.writer import draw_writer
from numink.errors import DataError

if TYPE_CHECKING:
    from numink.data.download import Progress

_OF_A_WRITER = 20
_BLOCK = 300 * _OF_A_WRITER  # images that have a stream of random numbers of their own
_SEED = int.from_bytes(b"non-digits"[:8])
TRAIN, TEST = 0, 1


def read(count: int, which: int = TRAIN, progress: "Progress | None" = None) -> Part:
    """Draw 0 to 2,000,000 images of what is no digit, each labelled 10; TEST ones are by other writers than TRAIN ones.

    They have gone through `normalise` as what a reader cuts out does. They are the same each time, and fewer of them
    are the first of more. `progress` is told how many are drawn. Raises DataError.
    """
    if not 0 <= count <= MOST_IMAGES:
        raise DataError(f"expected from 0 to {MOST_IMAGES:,} images of non-digits, came {count:,}")
    images: Bytes = np.empty((count, 28, 28), np.uint8)
    for first in range(0, count, _BLOCK):
        here = slice(first, min(first + _BLOCK, count))
        images[here] = _block(which, first // _BLOCK)[: here.stop - first]
        if progress is not None:
            progress("non-digits", here.stop, count)
    return Part(images, np.full(count, NO_DIGIT, np.uint8))


def _block(which: int, block: int) -> Bytes:
    """A block of images, kinds and writers mixed."""
    rng = np.random.default_rng([_SEED, which, block])
    writers = [draw_writer(rng) for _ in range(_BLOCK // _OF_A_WRITER)] * _OF_A_WRITER
    shares = np.array([share for share, _ in KINDS.values()])
    kinds = rng.choice(len(KINDS), _BLOCK, p=shares / shares.sum())
    images: Bytes = np.empty((_BLOCK, 28, 28), np.uint8)
    for kind, (_, draw) in enumerate(KINDS.values()):
        rows = np.flatnonzero(kinds == kind)
        for row, ink in zip(rows, draw([writers[row] for row in rows], rng), strict=True):
            images[row] = normalise(np.ascontiguousarray(ink))
    return images
