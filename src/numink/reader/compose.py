"""Which pieces of ink are the one digit of a picture: the choices, and how likely it is that the rest is none of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from numink.data.digits import Bytes
from numink.reader.shapes import Shape

AT_BORDER, ACROSS, AROUND = 0.3, 0.4, 0.1
"""How much ink that is left out counts: for each border of the picture that it touches (it may be a neighbour's), where
it goes across nearly all of the picture (a ruling), and where it lies around the digit (a box)."""
TORN, LEAST_TORN = 3.0, 0.15
"""How much more the rest of a piece counts of which a part is taken, where it is no less than such a share of it."""
NONE_OF_IT, ALL_OF_IT = 0.5, 0.85
"""The shares of the ink, so counted, up to which a choice is no digit, and from which on nothing speaks against it."""
LINE_SPAN, LINE_BREADTH = 0.8, 0.08
"""A piece of so much of the picture's height, and no more of its width, is a piece of a line rather than a 1."""
SPECK = 0.03
"""What has less of the largest shape's ink is no part of a digit."""
_INKED = 128


def compositions(shapes: Sequence[Shape]) -> Iterator[list[Shape]]:
    """What may be the digit among shapes, the largest first.

    Each of the two largest alone, with its nearest neighbours one after the other, and all.
    """
    sizes = [int((shape.coverage >= _INKED).sum()) for shape in shapes]
    shapes = [shape for shape, size in zip(shapes, sizes, strict=True) if size >= SPECK * max(sizes)]
    seen = set()
    for main in shapes[:2]:
        near = sorted(range(len(shapes)), key=lambda other: _gap(main, shapes[other]))
        for count in range(1, len(near) + 1):
            chosen = tuple(sorted(near[:count]))
            if chosen not in seen:
                seen.add(chosen)
                yield [shapes[n] for n in chosen]


@dataclass(frozen=True, eq=False)
class AllInk:
    """All ink of a picture, and its pieces: labels int32 (height, width), 0 = paper; boxes (pieces, 4)."""

    labels: NDArray[np.int32]
    boxes: NDArray[np.int32]
    areas: NDArray[np.int32]

    @classmethod
    def of(cls, coverage: Bytes) -> "AllInk":
        """The ink, uint8 (height, width), in pieces."""
        _, labels, stats, _ = cv2.connectedComponentsWithStats((coverage >= _INKED).astype(np.uint8), connectivity=8)
        pieces = np.asarray(stats, np.int32)[1:]
        return cls(np.asarray(labels, np.int32), pieces[:, :4], pieces[:, 4])

    def share(self, chosen: Shape) -> float:
        """How much of the ink is explained if this is the digit, 0 to 1; what is likely none of it hardly counts."""
        inked, taken = self._taken(chosen)
        rest = self.areas - taken
        torn = (taken > 0) & (rest > LEAST_TORN * self.areas)
        left = rest * self._counts(chosen) * np.where(torn, TORN, 1)
        return float(inked / max(inked + left.sum(), 1))

    def plausible(self, chosen: Shape) -> float:
        """How likely it is, by its ink alone, that this is all of the digit and nothing else: 0 to 1."""
        height, width = self.labels.shape
        inked, taken = self._taken(chosen)
        made_up = 2 * taken.sum() < inked
        line = chosen.height >= LINE_SPAN * height and chosen.width <= LINE_BREADTH * width
        if line or made_up:
            return 0.0
        return float(np.clip((self.share(chosen) - NONE_OF_IT) / (ALL_OF_IT - NONE_OF_IT), 0, 1))

    def _taken(self, chosen: Shape) -> tuple[int, NDArray[np.int64]]:
        """How many pixels it has, and how many of each piece are among them or next to them."""
        here = np.s_[chosen.y : chosen.bottom, chosen.x : chosen.right]
        inked = (chosen.coverage >= _INKED).astype(np.uint8)
        near = np.asarray(cv2.dilate(inked, np.ones((3, 3), np.uint8)), bool)
        return int(inked.sum()), np.bincount(self.labels[here][near], minlength=1 + len(self.areas))[1:]

    def _counts(self, chosen: Shape) -> NDArray[np.float64]:
        """How much each piece counts where it is left out."""
        height, width = self.labels.shape
        x, y, w, h = self.boxes.T
        borders = (x <= 0) * 1 + (y <= 0) + (x + w >= width) + (y + h >= height)
        across = ((w >= 0.9 * width) & (h <= 0.25 * height)) | ((h >= 0.9 * height) & (w <= 0.25 * width))
        around = (x < chosen.x) & (y < chosen.y) & (x + w > chosen.right) & (y + h > chosen.bottom)
        counts: NDArray[np.float64] = AT_BORDER**borders * np.where(across, ACROSS, 1) * np.where(around, AROUND, 1)
        return counts


def _gap(one: Shape, other: Shape) -> float:
    """How far apart two shapes' boxes are, in pixels; 0 where they overlap."""
    x = max(one.x, other.x) - min(one.right, other.right)
    y = max(one.y, other.y) - min(one.bottom, other.bottom)
    return float(np.hypot(max(x, 0), max(y, 0))) if one is not other else -1.0
