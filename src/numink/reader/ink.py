"""From a sheet to the ink on it: what was written, without rulings, boxes, specks and shadows.

darkness  ->  levels (threshold)  ->  straight lines (rulings), taken out (mend)  ->  ink, and what is none (dirt)
"""

from dataclasses import dataclass

import numpy as np

from numink.data.digits import Bytes
from numink.reader.dirt import Box, without_dirt
from numink.reader.mend import without_lines
from numink.reader.page import Sheet
from numink.reader.rulings import Line, find_lines
from numink.reader.size import digit_height, stroke_width
from numink.reader.threshold import coverage_of, darkness, levels_of

Place = tuple[float, float, float, float]
"""x1, y1, x2, y2 in pixels."""

_SMALLER = 0.85  # of the first guess, to look for lines once more with the right one
_APART = 0.3  # heights of a digit that two lines of a table are apart, at least
_ROW = 1.45  # heights of a digit that a table's row is high, at least
_CROSSING = 3  # lines each way that make a table


@dataclass(frozen=True, eq=False)
class Ink:
    """The ink of a sheet.

    coverage: uint8 (height, width), 0 = paper to 255 = ink, with the grey edges of strokes. stroke_px: how wide strokes
    are. digit_px: about how high digits are; both are 0 where there is no ink. rulings: the straight lines that were
    taken away, x1, y1, x2, y2, in pixels of the sheet. removed: what else was taken for no writing, and its box.
    """

    coverage: Bytes
    stroke_px: float
    digit_px: float = 0.0
    rulings: tuple[Place, ...] = ()
    removed: tuple[tuple[str, Box], ...] = ()

    @property
    def grid(self) -> tuple[tuple[float, ...], tuple[float, ...]] | None:
        """Where upright and where level lines stand, x and y in pixels of the sheet; None where they are no table.

        A table has lines both ways, three or more, each over half of the table at least, and rows with room for
        digits: on squared paper they have not.
        """
        lines = np.array(self.rulings).reshape(-1, 4)
        level = np.ptp(lines[:, [0, 2]], axis=1) > np.ptp(lines[:, [1, 3]], axis=1)
        sides = []
        for places, along, across in ((lines[~level], 1, 0), (lines[level], 0, 1)):
            reach = np.abs(places[:, along + 2] - places[:, along])
            long = places[reach >= 0.5 * reach.max(initial=0)]
            at = np.sort((long[:, across] + long[:, across + 2]) / 2)
            new = np.diff(at, prepend=-np.inf) > _APART * self.digit_px
            sides.append(tuple(at[new].tolist()))
        roomy = min(map(len, sides)) >= _CROSSING and np.median(np.diff(sides[1])) > _ROW * self.digit_px
        return (sides[0], sides[1]) if roomy else None


def find_ink(sheet: Sheet) -> Ink:
    """Tell ink from paper, and from all that is neither."""
    dark = darkness(sheet.grey)
    levels = levels_of(dark)
    digit_px = digit_height(dark, levels.least)
    level, upright = find_lines(dark, levels.line, digit_px)
    clean, near, gone = without_lines(dark, level, upright, levels.least, digit_px)
    without_boxes_px = digit_height(clean, levels.least)
    if without_boxes_px < _SMALLER * digit_px:  # the boxes had been taken for the writing
        digit_px = without_boxes_px
        level, upright = find_lines(dark, levels.line, digit_px)
        clean, near, gone = without_lines(dark, level, upright, levels.least, digit_px)
    coverage = coverage_of(clean, levels, digit_px)
    stroke_px = stroke_width(coverage)
    coverage, removed = without_dirt(coverage, near, stroke_px, digit_px)
    if not coverage.any():
        return Ink(coverage, 0.0, 0.0, (), tuple(removed))
    rulings = [_ends(line) for line, taken in zip(level, gone, strict=True) if taken]
    rulings += [(y1, x1, y2, x2) for x1, y1, x2, y2 in map(_ends, upright)]
    return Ink(coverage, stroke_px, digit_px, tuple(rulings), tuple(removed))


def _ends(line: Line) -> Place:
    return line.start, float(line.middle[0]), line.stop, float(line.middle[-1])
