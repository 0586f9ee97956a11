"""Cutting ink where digits touch: the ways from its top to its bottom that cross the least ink.

Which cuts are right is not decided here: the classifier weighs the pieces, and all joins of them, in `lattice`.
"""

from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from numink.data.digits import Bytes
from numink.reader.shapes import INKED, Shape, find_shapes, join, trimmed
from numink.reader.signs import upright

ROWS = 40
"""Seams are looked for in a copy of so many rows."""
MOST_CUTS = 7
_ASIDE = 0.3  # what a step aside costs, in pixels of ink: seams are straight where they may be
_PAPER = 0.03
_NEAR = 3  # columns: of two seams that are nearer, the cheaper is kept
_LEAST = 0.06  # of the ink, on either side of a cut

Costs = NDArray[np.float32]


def cut(shape: Shape, most_px: float, slant: float = 0.0) -> list[Shape]:
    """Its pieces from left to right, cut wherever a way through it crosses at most `most_px` of ink; or it alone.

    slant: how far strokes lean to the right on their way up, in heights; ways that lean like them cost least.
    """
    scale = ROWS / shape.height
    columns = max(3, round(shape.width * scale))
    ink: Bytes = cv2.resize(shape.coverage, (columns, ROWS), interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    rows = np.arange(ROWS, dtype=np.float32)
    straight = upright(ink, slant)
    lean = np.float32(slant) * (rows - (ROWS - 1) / 2)  # how far each row moves until strokes are upright
    margin = (straight.shape[1] - columns) / 2
    seams = [seam - lean - margin for seam in _seams(straight.astype(np.float32) / np.float32(255), most_px * scale)]
    if not seams:
        return [shape]
    fine = (np.arange(shape.height) + 0.5) * scale - 0.5
    ways = np.stack([np.interp(fine, rows, seam) for seam in seams]) * shape.width / columns
    side = (np.arange(shape.width) >= ways[:, :, None]).sum(axis=0)
    pieces = [trimmed(shape.x, shape.y, shape.coverage * (side == n)) for n in range(len(seams) + 1)]
    return [piece for piece in pieces if piece is not None]


def cut_across(shape: Shape, most_px: float, least_px: float) -> list[Shape]:
    """Its upper and its lower part, of `least_px` at least, cut where that crosses the least ink; or it alone."""
    turned = Shape(shape.y, shape.x, np.ascontiguousarray(shape.coverage.T))
    pieces = cut(turned, most_px)
    splits = [
        (before.right, pieces[: n + 1], pieces[n + 1 :])
        for n, before in enumerate(pieces[:-1])
        if least_px <= before.right - turned.x <= turned.width - least_px
    ]
    if not splits:
        return [shape]
    middle = turned.x + turned.width / 2
    _, *parts = min(splits, key=lambda split: abs(split[0] - middle))
    joined = (join(part) for part in parts)
    return [Shape(part.y, part.x, np.ascontiguousarray(part.coverage.T)) for part in joined]


def without_underline(shape: Shape, height_px: float, stroke_px: float) -> list[Shape]:
    """What stands on an underline that it touches, piece by piece, and the line; or the shape alone."""
    ink = shape.coverage >= INKED
    across = ink.mean(axis=1)
    low = int(0.5 * len(across))
    full = np.flatnonzero(across[low:] > 0.8) + low
    if not len(full) or np.ptp(full) > max(2.5 * stroke_px, 0.1 * height_px) or full[0] < 0.4 * height_px:
        return [shape]
    pale = np.flatnonzero(across[: full[0]] <= 0.5)
    top, bottom = int(pale[-1]) + 1 if len(pale) else int(full[0]), int(full[-1]) + 1
    if ink[bottom:].sum() > 0.05 * ink.sum():  # the bar of a 4
        return [shape]
    line = trimmed(shape.x, shape.y + top, shape.coverage[top:])
    above = [
        Shape(shape.x + part.x, shape.y + part.y, part.coverage)
        for part in find_shapes(np.ascontiguousarray(shape.coverage[:top]), 0.5 * stroke_px)
    ]
    return [*above, *([line] if line else [])]


def _seams(ink: Costs, most: float) -> list[NDArray[np.float32]]:
    """The columns of each seam, row by row, from left to right: seams that are cheaper than their neighbours."""
    cost = ink + np.float32(_PAPER)
    down, up = _least(cost), _least(cost[::-1])[::-1]
    middle = len(cost) // 2
    through = (down + up - cost)[middle]
    mass = np.cumsum(ink.sum(axis=0)) / max(float(ink.sum()), 1e-6)
    order = [int(x) for x in np.argsort(through, kind="stable") if _LEAST < mass[x] < 1 - _LEAST]
    chosen: list[int] = []
    for x in order:
        cheap = through[x] <= min(most + 1.5 * _PAPER * len(cost), through[max(0, x - 2) : x + 3].min())
        if cheap and all(abs(x - other) >= _NEAR and abs(mass[x] - mass[other]) > _LEAST for other in chosen):
            chosen.append(x)
    return [_seam(down, up, x, middle) for x in sorted(chosen[:MOST_CUTS])]


def _least(cost: Costs) -> Costs:
    """What the cheapest way from the first row to each pixel costs."""
    sums = cost.copy()
    for above, row in pairwise(sums):
        best = above.copy()
        np.minimum(best[1:], above[:-1] + _ASIDE, out=best[1:])
        np.minimum(best[:-1], above[1:] + _ASIDE, out=best[:-1])
        row += best
    return sums


def _seam(down: Costs, up: Costs, x: int, middle: int) -> NDArray[np.float32]:
    """The cheapest way through (middle, x): its column in each row, with half a pixel so that the ink it hits parts."""
    way = np.full(len(down), x, np.float32)
    for rows, sums in ((range(middle - 1, -1, -1), down), (range(middle + 1, len(down)), up)):
        at = x
        for row in rows:
            near = range(max(0, at - 1), min(down.shape[1], at + 2))
            at = min(near, key=lambda other: (sums[row, other] + _ASIDE * (other != at), abs(other - at)))
            way[row] = at
    return way + np.float32(0.5)
