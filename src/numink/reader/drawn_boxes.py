"""Boxes for one character each, drawn by hand or printed: all of one size, told by their insides and their four sides.

Boxes that no character touches are white and rectangular inside. Where three or more are alike, there are boxes, and
their size is known; then a box is wherever ink runs along all four sides of such a rectangle, whatever is written in
it or across it.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from numink.data.digits import Bytes
from numink.reader.dirt import Box
from numink.reader.rulings import Line
from numink.reader.size import reduced, stroke_width
from numink.reader.strip import Strip

_FEWEST = 3  # boxes of a size, at least
_ALIKE = 0.12  # of their width and height they differ, at most
_FILLED = 0.86  # of the smallest rectangle around it an inside fills: a round 0 fills 0.79
_SMALLEST = 5.0  # strokes' widths a box is wide and high
_LARGEST = 0.25  # of the sheet's longer side
_SLENDER = 0.4  # as wide as high, or as high as wide, at least
_ENOUGH_PX = 40  # the height of a box in the image that boxes are looked for in
_STRAY = 0.07  # of a box's height: a side is no further from its place
_SIDE = 0.75  # of each side is drawn, at least,
_SIDES = 0.88  # and of all four
_BARE = 0.65  # and of them all on no line through the sheet
_STACKED = 0.3  # of boxes that stand right below one, from which on they are cells of a table, or squared paper
_INKED = 100  # of 255: the least that counts as ink
_SECOND = 0.8  # of a second side so near to another one is drawn, at least: a stroke beside it is shorter
_STRAYING = 0.4  # of its darkness a side loses at the end of its reach

Places = NDArray[np.intp]
Singles = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Boxes:
    """Rectangles of one size. corners: (n, 2), x and y of the upper left ones. line_px: how wide their sides are."""

    corners: Places
    width_px: int
    height_px: int
    line_px: float

    @property
    def places(self) -> tuple[Box, ...]:
        """Each as x, y, width, height."""
        return tuple((x, y, self.width_px, self.height_px) for x, y in self.corners.tolist())


def find_boxes(bare: Bytes, all_of_it: Callable[[], Bytes]) -> Boxes | None:
    """The boxes of a sheet, from middle to middle of their sides; None where there are none.

    bare: uint8 (h, w), the coverage, 0 = paper, without the lines that run through all of the sheet: these are no sides
    of boxes. all_of_it: gives it with them, where it is needed, for one side of a box may lie on one.
    """
    line_px = stroke_width(bare)
    size = usual_inside((bare > _INKED).view(np.uint8), line_px)
    if size is None:
        return None
    width_px, height_px = (round(side + line_px) for side in size)
    step = max(1, min(width_px, height_px) // _ENOUGH_PX)
    wide, high = width_px // step, height_px // step
    coverage = all_of_it()
    score, least = _drawn((reduced(coverage, step) > _INKED).view(np.uint8), wide, high)
    score[(least < _SIDE) | (score < _SIDES)] = 0
    score[_drawn((reduced(bare, step) > _INKED).view(np.uint8), wide, high)[0] < _BARE] = 0
    best = cv2.dilate(score, np.ones((high | 1, wide | 1), np.uint8))
    peaks = ((score > 0) & (score >= best - 1e-4)).view(np.uint8)
    count, _, _, centres = cv2.connectedComponentsWithStats(peaks, connectivity=8)
    if count <= _FEWEST:
        return None
    corners = np.round(centres[1:] * step).astype(np.intp)
    below = np.abs(corners[:, None] - corners - (0, height_px)).max(axis=2) < 2 * _STRAY * height_px
    if below.any(axis=0).mean() > _STACKED:
        return None
    return Boxes(corners, width_px, height_px, line_px)


def _drawn(mask: Bytes, wide: int, high: int) -> tuple[Singles, Singles]:
    """How much ink is along the sides of a box whose upper left corner lies at each pixel: of all, of the least."""
    stray = max(1, round(_STRAY * high))
    along = _covered(mask, wide, stray)
    down = np.ascontiguousarray(_covered(np.ascontiguousarray(mask.T), high, stray).T)
    top, bottom = along[:-high, :-wide], along[high:, :-wide]
    left, right = down[:-high, :-wide], down[:-high, wide:]
    least = cv2.min(cv2.min(top, bottom), cv2.min(left, right))
    return np.asarray((top + bottom + left + right) / np.float32(4), np.float32), np.asarray(least, np.float32)


def usual_inside(mask: Bytes, line_px: float) -> tuple[float, float] | None:
    """Width and height of the white rectangles, all about as large, that most are; None where fewer than three are."""
    size = 2 * round(line_px / 2) + 1
    whole = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((size, size), np.uint8))
    contours, nesting = cv2.findContours(whole, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    if not len(contours):
        return None
    sizes = []
    for contour, (*_, outer) in zip(contours, nesting[0], strict=True):
        if outer < 0 or len(contour) < 4:
            continue
        width, height = (side - 2 for side in cv2.boundingRect(contour)[2:])  # it runs along the first pixels of ink
        if min(width, height) < max(_SMALLEST * line_px, _SLENDER * max(width, height)):
            continue
        if max(width, height) > _LARGEST * max(mask.shape):
            continue
        around = cv2.minAreaRect(contour)[1]
        if cv2.contourArea(contour) > _FILLED * around[0] * around[1]:
            sizes.append((width, height))
    if len(sizes) < _FEWEST:
        return None
    sides = np.array(sizes, float)
    alike = (np.abs(np.log(sides[:, None] / sides)) < _ALIKE).all(axis=2)
    most = int(np.argmax(alike.sum(axis=1)))
    if alike[most].sum() < _FEWEST:
        return None
    width, height = np.median(sides[alike[most]], axis=0)
    return float(width), float(height)


def _covered(mask: Bytes, length: int, stray: int) -> Singles:
    """How much ink is along the level line that begins at each pixel, `stray` above or below it at most."""
    near = cv2.dilate(mask, np.ones((2 * stray + 1, 1), np.uint8)).astype(np.float32)
    return np.asarray(cv2.blur(near, (length, 1), anchor=(0, 0), borderType=cv2.BORDER_ISOLATED), np.float32)


def sides_of(boxes: Boxes, dark: Bytes) -> tuple[list[Line], list[Line]]:
    """The level sides of boxes, and the upright ones as level ones of the sheet turned over its diagonal."""
    x, y = boxes.corners.T
    wide, high = boxes.width_px, boxes.height_px
    reach = max(2, round(1.3 * _STRAY * high))
    return (
        _sides(dark, Place(np.tile(x, 2), np.append(y, y + high), wide, reach, boxes.line_px)),
        _sides(dark.T, Place(np.tile(y, 2), np.append(x, x + wide), high, reach, boxes.line_px)),
    )


@dataclass(frozen=True, eq=False)
class Place:
    """Where sides are about: they begin at x = start (n,), at y = at (n,) or up to `reach_px` above or below that."""

    start: Places
    at: Places
    length_px: int
    reach_px: int
    line_px: float

    @property
    def over_px(self) -> int:
        """How much further they go on at both ends."""
        return 1 + round(self.line_px / 2)

    @property
    def columns(self) -> Places:
        """Each x of each side, (n, w)."""
        return self.start[:, None] + np.arange(-self.over_px, self.length_px + self.over_px + 1)

    def chosen(self, some: NDArray[np.bool_]) -> "Place":
        """The places of some of them."""
        return replace(self, start=self.start[some], at=self.at[some])


def _sides(dark: Bytes, place: Place) -> list[Line]:
    """The lines at those places. Boxes side by side may share one, or have two, so near that both are found as one."""
    dark = np.array(dark)
    middle, _ = traced(dark, place)
    starts, ats = (np.abs(here[:, None] - here) for here in (place.start, place.at))
    one, other = np.nonzero((starts < place.reach_px) & (ats < 2 * place.reach_px))
    same = np.zeros(starts.shape, bool)
    same[one, other] = np.abs(middle[one] - middle[other]).mean(axis=1) < place.line_px / 2
    first = same.argmax(axis=1) == np.arange(len(same))
    lines = _lines(place.chosen(first), middle[first], dark.shape[1])
    if first.all():
        return lines
    for line in lines:
        strip = Strip.of(dark, line, place.over_px)
        dark[strip.rows, strip.columns] = 0
    second = place.chosen(~first)
    middle, drawn = traced(dark, second)
    return lines + _lines(second.chosen(drawn > _SECOND), middle[drawn > _SECOND], dark.shape[1])


def _lines(place: Place, middle: Singles, width_px: int) -> list[Line]:
    lines = []
    for x, y in zip(place.columns, middle, strict=True):
        seen = (x >= 0) & (x < width_px)
        lines.append(Line(int(x[seen][0]), y[seen], place.line_px, np.ones(int(seen.sum()), bool), False))
    return lines


def traced(dark: Bytes, place: Place) -> tuple[Singles, Singles]:
    """The darkest ways from the left to the right ends of sides, y (n, w), and how much of each is dark, (n,)."""
    columns, over, reach = place.columns, place.over_px, place.reach_px
    away = np.arange(-reach, reach + 1)
    rows = place.at[:, None] + away
    height, width = dark.shape
    strips = dark[rows.clip(0, height - 1)[:, :, None], columns.clip(0, width - 1)[:, None]].astype(np.float32)
    strips = cv2.blur(strips.reshape(-1, columns.shape[1]), (2 * over + 1, 1)).reshape(strips.shape)
    darkest = strips.max(initial=1)
    ways = darkest_ways(strips - np.abs(away)[:, None] * (_STRAYING * darkest / reach))
    drawn = (np.take_along_axis(strips, ways[:, None], axis=1)[:, 0] > darkest / 3).mean(axis=1)
    middle = cv2.blur((rows[:, :1] + ways).astype(np.float32), (2 * over + 1, 1))
    return np.asarray(middle, np.float32), drawn.astype(np.float32)


def darkest_ways(strips: NDArray[np.float32]) -> Places:
    """The rows (n, w) of the ways through strips (n, k, w) that are darkest in sum, a row up or down at each step."""
    n, k, w = strips.shape
    total, steps = strips[:, :, 0], np.zeros((w, n, k), np.int8)
    for column in range(1, w):
        around = np.pad(total, ((0, 0), (1, 1)), constant_values=-np.inf)
        beside = np.stack([around[:, 1:-1], around[:, :-2], around[:, 2:]])  # straight on where all is alike
        best = beside.argmax(axis=0)
        steps[column] = np.array([0, -1, 1])[best]
        total = np.take_along_axis(beside, best[None], axis=0)[0] + strips[:, :, column]
    ways = np.empty((n, w), np.intp)
    every, row = np.arange(n), total.argmax(axis=1)
    for column in range(w - 1, -1, -1):
        ways[:, column] = row
        row = row + steps[column, every, row]
    return ways
