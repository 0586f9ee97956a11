"""From a sheet to the ink on it: what was written, without rulings, boxes, specks and shadows.

darkness  ->  levels (threshold)  ->  straight lines (rulings), taken out (mend)  ->  ink, and what is none (dirt)
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from numink.data.digits import Bytes
from numink.reader.dirt import Box, without_dirt
from numink.reader.drawn_boxes import find_boxes, sides_of
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
_THROUGH = 0.5  # of a sheet's side runs a line that is no side of a box,
_UNBROKEN = 0.95  # and so much of its way it is there
_CROSSING = 3  # lines each way that make a table


@dataclass(frozen=True, eq=False)
class Ink:
    """The ink of a sheet.

    coverage: uint8 (height, width), 0 = paper to 255 = ink, with the grey edges of strokes. stroke_px: how wide strokes
    are. digit_px: about how high digits are; both are 0 where there is no ink. rulings: the straight lines that were
    taken away, x1, y1, x2, y2, in pixels of the sheet. removed: what else was taken for no writing, and its box. boxes:
    those for one character each, all of one size.
    """

    coverage: Bytes
    stroke_px: float
    digit_px: float = 0.0
    rulings: tuple[Place, ...] = ()
    removed: tuple[tuple[str, Box], ...] = ()
    boxes: tuple[Box, ...] = ()

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
    through, level, upright = _parted(level, upright, dark.shape)
    bare = Bare(dark).without(*through, levels.least, digit_px)
    boxes = find_boxes(coverage_of(bare.dark, levels, digit_px), lambda: coverage_of(dark, levels, digit_px))
    if boxes is not None:
        bare = bare.without(*sides_of(boxes, dark), levels.least, digit_px)
        digit_px = digit_height(bare.dark, levels.least)
        level, upright = find_lines(bare.dark, levels.line, digit_px)
    clean = bare.without(level, upright, levels.least, digit_px)
    without_boxes_px = digit_height(clean.dark, levels.least)
    if without_boxes_px < _SMALLER * digit_px:  # the boxes had been taken for the writing
        digit_px = without_boxes_px
        clean = bare.without(*find_lines(bare.dark, levels.line, digit_px), levels.least, digit_px)
    coverage = coverage_of(clean.dark, levels, digit_px)
    stroke_px = stroke_width(coverage)
    coverage, removed = without_dirt(coverage, clean.near, stroke_px, digit_px)
    if not coverage.any():
        return Ink(coverage, 0.0, 0.0, (), tuple(removed))
    return Ink(coverage, stroke_px, digit_px, clean.lines, tuple(removed), () if boxes is None else boxes.places)


@dataclass(frozen=True, eq=False)
class Bare:
    """A sheet's darkness, uint8 (h, w), after lines were taken out of it; near: uint8 (h, w), where these lay."""

    dark: Bytes
    near: Bytes | None = None
    lines: tuple[Place, ...] = ()

    def without(self, level: Sequence[Line], upright: Sequence[Line], least: float, digit_px: float) -> "Bare":
        """The same without more lines."""
        if not level and not upright:
            return self
        dark, near, gone = without_lines(self.dark, level, upright, least, digit_px)
        lines = [_ends(line) for line, taken in zip(level, gone, strict=True) if taken]
        lines += [_turned(_ends(line)) for line in upright]
        near = near if self.near is None else np.asarray(cv2.max(near, self.near), np.uint8)
        return Bare(dark, near, self.lines + tuple(lines))


def _parted(
    level: Sequence[Line], upright: Sequence[Line], shape: tuple[int, ...]
) -> tuple[tuple[list[Line], list[Line]], list[Line], list[Line]]:
    """The lines that run through most of a sheet without a gap, level and upright; and the others."""
    through, rest = [], []
    for lines, side_px in ((level, shape[1]), (upright, shape[0])):
        on = [line.stop - line.start > _THROUGH * side_px and line.drawn.mean() > _UNBROKEN for line in lines]
        through.append([line for line, is_on in zip(lines, on, strict=True) if is_on])
        rest.append([line for line, is_on in zip(lines, on, strict=True) if not is_on])
    return (through[0], through[1]), rest[0], rest[1]


def _turned(place: Place) -> Place:
    x1, y1, x2, y2 = place
    return y1, x1, y2, x2


def _ends(line: Line) -> Place:
    return line.start, float(line.middle[0]), line.stop, float(line.middle[-1])
