"""Boxes for single characters: each holds one, and those that stand side by side hold one number."""

from collections.abc import Sequence

import numpy as np

from numink.reader.clusters import Found, Item
from numink.reader.results import Box
from numink.reader.straight import Line, crosses, is_upright, x_at

SIDE_BY_SIDE = 0.3
"""Widths of a box between two of one number, at most."""
REST, EDGE, NARROW = 0.6, 0.15, 0.3
"""What is lower than REST of what else is in its box, or narrower than NARROW of the box and by its middle within EDGE
of its side, is a rest of the box."""
NARROWEST, WIDEST, SURELY = 0.9, 1.8, 1.7
"""Heights of a digit: boxes are so wide; and up to SURELY no column of a table is as narrow."""
FEWEST = 3
"""Boxes side by side, at least."""
CROSSED = 0.15
"""The part of what is written that upright lines run through, at most: on squared paper it is more."""


class Fields:
    """The boxes of a sheet (x, y, width, height), and which of them are a number's."""

    def __init__(self, boxes: Sequence[Box]) -> None:
        self.boxes = sorted(boxes)
        self.number_of: list[int] = []
        for n, box in enumerate(self.boxes):
            before = (m for m in range(n - 1, -1, -1) if _stands_left(self.boxes[m], box))
            self.number_of.append(next((self.number_of[m] for m in before), n))

    def at(self, box: Box) -> int | None:
        """Which box something stands in by its middle; None outside of all."""
        x, y = box[0] + box[2] / 2, box[1] + box[3] / 2
        for n, (left, top, width, height) in enumerate(self.boxes):
            if left <= x < left + width and top <= y < top + height:
                return n
        return None

    def hold_both(self, one: Box, other: Box) -> bool:
        """Whether two things stand in boxes of one number."""
        here, there = self.at(one), self.at(other)
        return here is not None and there is not None and self.number_of[here] == self.number_of[there]

    def without_rests(self, found: Found) -> Found:
        """What there is on a page; the rests of a box beside what stands in it are bits, and no digits."""
        inside: dict[int, list[Item]] = {}
        for item in found.items:
            if (place := self.at(item.shape.box)) is not None:
                inside.setdefault(place, []).append(item)
        rests = {id(item) for place, items in inside.items() for item in self._rests(place, items)}
        items = [item for item in found.items if id(item) not in rests]
        bits = [item.shape for item in found.items if id(item) in rests]
        return Found(items, found.pluses, found.bits + bits)

    def _rests(self, place: int, items: Sequence[Item]) -> list[Item]:
        """Those of the items in a box that are rests of it, if there is one that is none."""
        left, _, width, _ = self.boxes[place]
        aside = [
            item.shape.width < NARROW * width and abs(item.shape.middle - left - width / 2) > (0.5 - EDGE) * width
            for item in items
        ]
        highest = max((item.shape.height for item, edge in zip(items, aside, strict=True) if not edge), default=None)
        if highest is None:
            return []
        pairs = zip(items, aside, strict=True)
        return [item for item, edge in pairs if edge or item.shape.height < REST * highest]


def _stands_left(one: Box, other: Box) -> bool:
    """Whether one box stands left of another, right beside it."""
    gap = other[0] - one[0] - one[2]
    return abs(gap) < SIDE_BY_SIDE * one[2] and abs(other[1] - one[1]) < 0.5 * one[3]


def box_width(lines: Sequence[Line], boxes: Sequence[Box], digit_px: float) -> float:
    """How wide boxes for single characters are, in pixels, or 0 where there are none. boxes: of what is written.

    Upright lines stand one such width apart, with nothing written across; and rows of boxes have two level lines
    between them, rows of a table one.
    """
    upright = [line for line in lines if is_upright(line)]
    clear = [line for line in upright if not any(crosses(line, box) for box in boxes)]
    crossed = sum(any(crosses(line, box) for line in upright) for box in boxes)
    if len(clear) < FEWEST + 1 or crossed > CROSSED * len(boxes):
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
