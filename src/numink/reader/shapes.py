"""Shapes: pieces of ink, as they hang together on the sheet, joined, or cut."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from numink.data.digits import Bytes
from numink.reader.results import Box

INKED = 48
"""The coverage from which a pixel belongs to a shape."""
DARK = 112
"""The coverage that a shape reaches somewhere: what is paler all over is paper."""
MOST = 4000
"""Shapes that are looked at on one page, the largest first: what is left out is dust."""


@dataclass(frozen=True, eq=False)
class Shape:
    """Ink, and where it lies. coverage: uint8 (height, width), 0 = paper; x, y: its upper left corner on the sheet."""

    x: int
    y: int
    coverage: Bytes

    @property
    def width(self) -> int:
        """In pixels, as all of these."""
        return int(self.coverage.shape[1])

    @property
    def height(self) -> int:
        """From the highest ink to the lowest."""
        return int(self.coverage.shape[0])

    @property
    def middle(self) -> float:
        """Half way from its left to its right."""
        return self.x + self.width / 2

    @property
    def right(self) -> int:
        """The first column right of it."""
        return self.x + self.width

    @property
    def bottom(self) -> int:
        """The first row below it."""
        return self.y + self.height

    @property
    def box(self) -> Box:
        """The smallest box that holds it."""
        return self.x, self.y, self.width, self.height


def find_shapes(coverage: Bytes, least_px: float) -> list[Shape]:
    """What hangs together, corners included, of a sheet's ink, uint8 (height, width); not what is below `least_px`.

    Each is cut out along its box with the soft edges of its strokes, and without what reaches in from its neighbours.
    """
    count, labels, stats, _ = cv2.connectedComponentsWithStats((coverage >= INKED).astype(np.uint8), connectivity=8)
    dark = np.zeros(count, bool)
    dark[np.unique(labels[coverage >= DARK])] = True
    dark[0] = False
    chosen = np.flatnonzero(dark & (stats[:, 2:4].max(axis=1) >= least_px))
    chosen = chosen[np.argsort(-stats[chosen, cv2.CC_STAT_AREA], kind="stable")[:MOST]]
    shapes = []
    for n in chosen:
        x, y, width, height = (int(side) for side in stats[n, :4])
        here = np.s_[y : y + height, x : x + width]
        own = (labels[here] == n) | (labels[here] == 0)
        shapes.append(Shape(x, y, coverage[here] * own))
    return shapes


def join(shapes: Sequence[Shape]) -> Shape:
    """Several as one."""
    if len(shapes) == 1:
        return shapes[0]
    x, y, width, height = around([shape.box for shape in shapes])
    coverage: Bytes = np.zeros((height, width), np.uint8)
    for shape in shapes:
        place = coverage[shape.y - y : shape.bottom - y, shape.x - x : shape.right - x]
        np.maximum(place, shape.coverage, out=place)
    return Shape(x, y, coverage)


def around(boxes: Sequence[Box]) -> Box:
    """The smallest box that holds all of these."""
    x, y = min(b[0] for b in boxes), min(b[1] for b in boxes)
    return x, y, max(b[0] + b[2] for b in boxes) - x, max(b[1] + b[3] for b in boxes) - y


def trimmed(x: int, y: int, coverage: Bytes) -> Shape | None:
    """The ink of a part of the sheet that begins at x, y, in its smallest box; None where there is none."""
    inked = coverage >= INKED
    rows, columns = np.flatnonzero(inked.any(axis=1)), np.flatnonzero(inked.any(axis=0))
    if not len(rows):
        return None
    top, left = int(rows[0]), int(columns[0])
    return Shape(x + left, y + top, coverage[top : int(rows[-1]) + 1, left : int(columns[-1]) + 1])
