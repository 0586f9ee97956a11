"""Which pieces of ink are the one digit of a picture: the choices, and how likely it is that the rest is none of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from numink.data.digits import Bytes
from numink.reader.results import Box
from numink.reader.shapes import Shape

AT_BORDER, ACROSS, AROUND = 0.3, 0.4, 0.1
"""How much ink that is left out counts: for each border of the picture that it touches (it may be a neighbour's), where
it goes across nearly all of the picture (a ruling), and where it lies around the digit (a box)."""
SIDE = 0.1
"""The share of the picture's width, at each side, in which what is thin is a part of a line; twice it, what is long."""
TORN, LEAST_TORN = 3.0, 0.15
"""How much more the rest of a piece counts of which a part is taken, where it is no less than such a share of it."""
NONE_OF_IT, ALL_OF_IT = 0.5, 0.85
"""The shares of the ink, so counted, up to which a choice is no digit, and from which on nothing speaks against it."""
LINE_SPAN, LINE_BREADTH = 0.8, 0.08
"""A piece of so much of the picture's height, and no more of its width, is a piece of a line rather than a 1."""
CHOOSY = 4
"""The power of what a choice explains, by which one is preferred to another."""
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
        return self._weighed(chosen)[0]

    def weight(self, chosen: Shape) -> float:
        """How likely this is the digit among all choices, up to a factor: by what it explains, and where it lies."""
        share, likely = self._weighed(chosen)
        return likely * share**CHOOSY

    def _weighed(self, chosen: Shape) -> tuple[float, float]:
        """The share, and how likely its ink is ink, and of the digit: what is taken of a torn piece is."""
        inked, taken = self._taken(chosen)
        rest, counts = self.areas - taken, self._counts()
        torn = (taken > 0) & (rest > LEAST_TORN * self.areas)
        explained = float(taken @ np.where(torn, 1, counts))
        left = float(rest @ (counts * np.where(torn, TORN, 1) * self._around(chosen)))
        return explained / max(explained + left, 1e-9), explained / max(inked, int(taken.sum()), 1)

    def plausible(self, chosen: Shape) -> float:
        """How likely it is, by its ink alone, that this is all of the digit and nothing else: 0 to 1."""
        height, width = self.labels.shape
        inked, taken = self._taken(chosen)
        made_up = 2 * taken.sum() < inked
        if made_up or line_like(chosen.box, (height, width)):
            return 0.0
        return float(np.clip((self.share(chosen) - NONE_OF_IT) / (ALL_OF_IT - NONE_OF_IT), 0, 1))

    def hollow(self, chosen: Shape) -> bool:
        """Whether it is the outline of what is broad: pieces within its box are for the most part not in it."""
        x, y, w, h = self.boxes.T
        within = (x >= chosen.x - 2) & (y >= chosen.y - 2) & (x + w <= chosen.right + 2) & (y + h <= chosen.bottom + 2)
        inked, taken = self._taken(chosen)
        return bool(self.areas[within].sum() > max(2 * int(taken[within].sum()), inked))

    def _taken(self, chosen: Shape) -> tuple[int, NDArray[np.int64]]:
        """How many pixels it has, and how many of each piece are among them or next to them."""
        here = np.s_[chosen.y : chosen.bottom, chosen.x : chosen.right]
        inked = (chosen.coverage >= _INKED).astype(np.uint8)
        near = np.asarray(cv2.dilate(inked, np.ones((3, 3), np.uint8)), bool)
        return int(inked.sum()), np.bincount(self.labels[here][near], minlength=1 + len(self.areas))[1:]

    def _counts(self) -> NDArray[np.float64]:
        """How likely each piece is a part of the digit, by where it lies in the picture."""
        height, width = self.labels.shape
        x, y, w, h = self.boxes.T
        borders = (x <= 0) * 1 + (y <= 0) + (x + w >= width) + (y + h >= height)
        across = ((w >= 0.9 * width) & (h <= 0.25 * height)) | ((h >= 0.9 * height) & (w <= 0.25 * width))
        counts: NDArray[np.float64] = AT_BORDER**borders * np.where(across, ACROSS, 1)
        return counts

    def _around(self, chosen: Shape) -> NDArray[np.float64]:
        """AROUND for each piece that lies around the digit, 1 for the others."""
        x, y, w, h = self.boxes.T
        around = (x < chosen.x) & (y < chosen.y) & (x + w > chosen.right) & (y + h > chosen.bottom)
        return np.where(around, AROUND, 1.0)


def line_like(box: Box, size: tuple[int, int]) -> bool:
    """Whether a box in a picture (height, width) is that of an upright line across it or along its side, and no 1."""
    x, _, width, height = box
    reach = min(x + width, size[1] - x)
    long, thin = height >= LINE_SPAN * size[0], width <= LINE_BREADTH * size[1]
    return (long and (thin or reach <= 2 * SIDE * size[1])) or (thin and reach <= SIDE * size[1])


def _gap(one: Shape, other: Shape) -> float:
    """How far apart two shapes' boxes are, in pixels; 0 where they overlap."""
    x = max(one.x, other.x) - min(one.right, other.right)
    y = max(one.y, other.y) - min(one.bottom, other.bottom)
    return float(np.hypot(max(x, 0), max(y, 0))) if one is not other else -1.0
