"""Boxes for single characters: how wide they are, where a page has them."""

from collections.abc import Sequence

import numpy as np

from numink.reader.results import Box
from numink.reader.straight import Line, crosses, is_upright, x_at

NARROWEST, WIDEST, SURELY = 0.9, 2.2, 1.7
"""Heights of a digit: boxes are so wide; and up to SURELY no column of a table is as narrow."""
FEWEST = 3
"""Boxes side by side, at least."""


def box_width(lines: Sequence[Line], boxes: Sequence[Box], digit_px: float) -> float:
    """How wide boxes for single characters are, in pixels, or 0 where there are none. boxes: of what is written.

    Upright lines stand one such width apart, with nothing written across; and rows of boxes have two level lines
    between them, rows of a table one.
    """
    upright = [line for line in lines if is_upright(line)]
    clear = [line for line in upright if not any(crosses(line, box) for box in boxes)]
    if not boxes or len(clear) < FEWEST + 1 or 4 * len(clear) < 3 * len(upright):
        return 0.0
    widths = []
    for _, top, _, height in boxes:
        y = top + height / 2
        places = np.sort([x_at(line, y) for line in clear if min(line[1::2]) <= y <= max(line[1::2])])
        steps = np.diff(places) / digit_px
        widths += steps[(steps > NARROWEST) & (steps < WIDEST)].tolist()
    if len(widths) < FEWEST:
        return 0.0
    width = float(np.median(widths))
    level = [line for line in lines if not is_upright(line)]
    between = [n for box in boxes if (n := _lines_below(box, boxes, level, digit_px)) is not None]
    doubled = float(np.median(between)) >= 2 if between else width < SURELY
    return width * digit_px if doubled else 0.0


def _lines_below(box: Box, boxes: Sequence[Box], level: Sequence[Line], digit_px: float) -> int | None:
    """How many level lines there are between something and what stands below it; None where nothing does."""
    x, y, width, height = box
    middle, foot = x + width / 2, y + 0.6 * height
    tops = [other[1] + 0.4 * other[3] for other in boxes if abs(other[0] + other[2] / 2 - middle) < 0.7 * digit_px]
    below = [top for top in tops if foot < top < foot + 4 * digit_px]
    if not below:
        return None
    reach = (line for line in level if line[0] <= middle <= line[2])
    heights = sorted(float(np.interp(middle, line[::2], line[1::2])) for line in reach)
    return sum(foot < at < min(below) for at in heights)
