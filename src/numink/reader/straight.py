"""What straight lines say about the numbers of a page: that they are in other columns, or struck out."""

from collections.abc import Sequence

import cv2
import numpy as np

from numink.reader.results import Box
from numink.reader.shapes import INKED, Shape

Line = tuple[float, float, float, float]
"""x1, y1, x2, y2 on the sheet."""

WIDE, LONG = 1.55, 1.65
"""Heights of a digit: columns of a table are wider, boxes for one character and squares narrower; and longer."""
MANY, PITCH, ALIKE = 7, 2.5, 1.1
"""Gaps each way that squared paper has at least, heights of a digit from one to the next, and how alike they are."""
LEVELS, EVERYWHERE = 15, 0.96
"""How many heights are tried for the ends of a line through all of a number, and how much of its way is ink."""


def columns(lines: Sequence[Line], boxes: Sequence[Box], digit_px: float) -> list[Line]:
    """Those of the lines that part columns: upright, with no other near them, and with nothing written across.

    boxes: of what is written. Where much is written across upright lines, they are those of squared paper.
    """
    upright = [line for line in lines if is_upright(line) and abs(line[3] - line[1]) > LONG * digit_px]
    clear = [line for line in upright if not any(crosses(line, box) for box in boxes)]
    if 4 * len(clear) < 3 * len(upright) or are_squares(lines, digit_px):
        return []
    return [line for line in clear if not any(_near(line, other, digit_px) for other in upright if other != line)]


def are_squares(lines: Sequence[Line], digit_px: float) -> bool:
    """Whether lines are those of squared paper: many both ways, as far apart, and no further than a table's columns."""
    pitches = []
    for across, way in ((0, True), (1, False)):
        at = np.sort([(line[across] + line[across + 2]) / 2 for line in lines if is_upright(line) == way])
        steps = np.diff(at)
        if len(steps) < MANY:
            return False
        pitches.append(float(np.median(steps)))
    return max(pitches) < min(PITCH * digit_px, ALIKE * min(pitches))


def is_upright(line: Line) -> bool:
    """Whether a line is more upright than level."""
    return abs(line[3] - line[1]) > abs(line[2] - line[0])


def crosses(line: Line, box: Box) -> bool:
    """Whether an upright line passes through a box, and not only along its edge."""
    x, y, width, height = box
    if not min(line[1::2]) <= y + height / 2 <= max(line[1::2]):
        return False
    return x + 0.15 * width < x_at(line, y + height / 2) < x + 0.85 * width


def _near(one: Line, other: Line, digit_px: float) -> bool:
    """Whether two upright lines stand beside each other, no wider apart than boxes are."""
    (top, bottom), (first, last) = sorted(one[1::2]), sorted(other[1::2])
    if min(bottom, last) - max(top, first) < 0.5 * digit_px:
        return False
    y = (max(top, first) + min(bottom, last)) / 2
    return 0.2 * digit_px < abs(x_at(one, y) - x_at(other, y)) < WIDE * digit_px


def parts(line: Line, one: Box, other: Box) -> bool:
    """Whether an upright line stands between two boxes, the other right of the one."""
    y = (one[1] + other[1]) / 2 + (one[3] + other[3]) / 4
    if not min(line[1::2]) <= y <= max(line[1::2]):
        return False
    return one[0] + one[2] / 2 < x_at(line, y) < other[0] + other[2] / 2


def struck_through(shape: Shape, height_px: float) -> bool:
    """Whether one straight line of ink runs through all of a number, its gaps too, somewhere in its middle."""
    if shape.width < 1.2 * height_px:
        return False
    rows = 2 * LEVELS
    columns_ = min(shape.width, 200)
    ink = cv2.resize(shape.coverage, (columns_, rows), interpolation=cv2.INTER_AREA) >= INKED
    ends = np.arange(round(0.2 * rows), round(0.8 * rows))
    first, last = (end.ravel()[:, None] for end in np.meshgrid(ends, ends))
    way = first + (last - first) * np.linspace(0, 1, columns_)
    return bool(ink[np.round(way).astype(int), np.arange(columns_)].mean(axis=1).max() > EVERYWHERE)


def x_at(line: Line, y: float) -> float:
    """Where an upright line is at that height."""
    x1, y1, x2, y2 = line
    return x1 + (x2 - x1) * (y - y1) / (y2 - y1)
