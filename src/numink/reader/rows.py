"""Lines of writing: which things stand beside each other, however the lines rise, fall or bend."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from numink.reader.results import Box

Floats = NDArray[np.float64]

REACH = 0.6
"""Heights: what is further above or below the other is not beside it."""
FAR = 0.05
"""How much a height of distance along the line counts, against one across it."""


def find_rows(boxes: Sequence[Box], heights: Floats) -> list[list[int]]:
    """The rows from top to bottom, in each the numbers of its boxes from left to right.

    heights: of the digits there, in pixels (n,). Neighbours are linked, the most level and nearest first, and rows
    grow together from them; nothing joins a row that already has something above or below it.
    """
    if not len(boxes):
        return []
    x, y, width, height = np.array(boxes, float).T
    middle = y + height / 2
    sides = np.array([x, x + width, y, y + height])
    rows = [[n] for n in range(len(boxes))]
    row_of = list(range(len(boxes)))
    for one, other in _neighbours(x, x + width, middle, heights):
        here, there = row_of[one], row_of[other]
        if here == there or _stacked(rows[here], rows[there], sides):
            continue
        rows[here] += rows[there]
        for n in rows[there]:
            row_of[n] = here
        rows[there] = []
    found = [sorted(row, key=lambda n: (x[n], y[n])) for row in rows if row]
    return sorted(found, key=lambda row: (float(np.median(middle[row])), x[row[0]]))


def _neighbours(left: Floats, right: Floats, middle: Floats, heights: Floats) -> list[tuple[int, int]]:
    """Pairs that may stand beside each other, those that do so most plainly first."""
    height = np.maximum(heights[:, None], heights)
    across = (left[None, :] - right[:, None]) / height
    down = np.abs(middle[:, None] - middle) / height
    later = left[None, :] > left[:, None]
    cost = down + FAR * np.maximum(across, 0)
    ones, others = np.nonzero(later & (down <= REACH) & (across > -0.6))
    order = np.argsort(cost[ones, others], kind="stable")
    return list(zip(ones[order].tolist(), others[order].tolist(), strict=True))


def _stacked(row: Sequence[int], other: Sequence[int], sides: Floats) -> bool:
    """Whether something of one row lies above or below something of the other. sides: as `find_rows` has them."""
    left, right, top, bottom = sides
    above = _shared(left, right, row, other) > 0.6
    beside = _shared(top, bottom, row, other) > 0.5
    return bool((above & ~beside).any())


def _shared(low: Floats, high: Floats, row: Sequence[int], other: Sequence[int]) -> Floats:
    """How much of the smaller of two things lies beside the other, for each pair of two rows."""
    shared = np.minimum.outer(high[row], high[other]) - np.maximum.outer(low[row], low[other])
    return np.asarray(shared / np.minimum.outer((high - low)[row], (high - low)[other]))


def word_gap(gaps: Sequence[float]) -> float:
    """From which gap on a new number begins, in heights, by all gaps of the page.

    It is where none of them is near, on a scale of ratios, with a leaning towards the usual: most pages have narrow
    gaps within numbers and wide ones between them, but some have only one kind. Where many are narrow and much alike,
    one far beyond them is wide; and where all are wide, they are single digits.
    """
    tried = np.geomspace(*TRIED, 60)
    near = np.array([gap for gap in gaps if 0.2 < gap < 4])
    if not len(near):
        return USUAL_GAP
    distance = np.abs(np.log(tried[:, None] / near)).min(axis=1).clip(max=0.5)
    limit = float(tried[np.argmax(distance - 0.35 * np.abs(np.log(tried / USUAL_GAP)))])
    alike = near[near < TRIED[1] + 1]
    if len(alike) and limit > alike.max() and np.median(alike) > SINGLE:
        return TRIED[0]
    narrow = np.array([gap for gap in gaps if gap < limit])
    if len(narrow) < ENOUGH:
        return limit
    middle = float(np.median(narrow))
    spread = max(1.48 * float(np.median(np.abs(narrow - middle))), 0.06)
    return min(limit, max(middle + 6 * spread, NARROWEST))


USUAL_GAP, NARROWEST = 1.0, 0.7
"""Heights, as `gap_between` measures them: where numbers part, and the least that may part them on an even page."""
USUAL_WIDTH = 0.65
SINGLE = 1.05
"""Heights: the gap of single digits, where a page has no other."""
TRIED = (0.5, 1.7)
ENOUGH = 8


def gap_between(one: Box, other: Box, height_px: float) -> float:
    """How far a box is from the one before it, in heights: the mean of the gap and of the way from middle to middle.

    The latter, less the usual width of a digit, is not wider on either side of a 1; the former not beside a wide 2.
    """
    gap = other[0] - one[0] - one[2]
    pitch = other[0] + other[2] / 2 - one[0] - one[2] / 2
    return (gap + pitch) / (2 * height_px) - USUAL_WIDTH / 2


def gap_of_pitch(pitch_px: float, height_px: float) -> float:
    """What `gap_between` is for digits of usual width whose middles are so far apart."""
    return pitch_px / height_px - USUAL_WIDTH
