"""Where a sheet of paper lies on a table, or two: its four edges, of which some may be outside of the picture.

An edge of paper is a long straight step from one colour to another; rulings and writing are ridges, alike on both
sides. Straight edges are found by a Hough transform, and of all quadrilaterals of two lines across and two down, or the
picture's own border in their place, that one is taken whose sides are steps for the greatest length.
"""

from dataclasses import dataclass
from itertools import combinations

import cv2
import numpy as np
from numpy.typing import NDArray

from numink.data.digits import Bytes
from numink.reader.shrink import shrunk

Points = NDArray[np.float64]

WORKED_ON_PX = 400
"""The picture's longer side while its edges are looked for."""
_THICKEST = 0.012  # of the longer side: most of writing and ruling is thinner, and no shadow of a sheet
_STEEPEST = 30  # degrees between an edge and the picture's
_STEP = 5.0  # between both sides of an edge, as square roots of levels, of 256
_CANNY = 10, 24  # where an edge goes on and where it begins: the slope of square roots over four pixels
_TABLE = 3.0  # between the paper and the table, as square roots of levels, of 256
_SHADE = 0.3, 0.92  # of the paper's brightness: in a shadow
_HUE = 1.15  # times darker in one colour than in another: a shadow is no more
_WHOLE = 3  # of its edges are seen: it is a sheet, and no shadow's edge
_SHARED = 0.02  # of a sheet that another lies on, at most
_LINES = 9  # across, and down, at most
_SAMPLES = 160  # along a line, from border to border
_SHORTEST = 32  # of these are an edge, at least
_SUPPORTED = 0.72  # of an edge's length that is seen as one
_SMALLEST = 0.15  # of the picture's area, that a sheet covers


@dataclass(frozen=True, eq=False)
class Outline:
    """A sheet in a picture. corners: (4, 2) as x, y, from the upper left one clockwise.

    seen: bool (4,), whether its upper, right, lower and left side are its own edge, and not the picture's border.
    """

    corners: Points
    seen: NDArray[np.bool_]

    def sides(self) -> Points:
        """Both ends of each side, (4, 2, 2): the upper, right, lower and left one."""
        return np.stack([self.corners, np.roll(self.corners, -1, axis=0)], axis=1)


def find_outlines(image: Bytes) -> list[Outline]:
    """The outline of the sheet that lies in a picture, uint8 (h, w) or (h, w, 3), and of a second one beside it.

    None where no edge of one is seen. One edge or two, with the same colour in a darker light beyond, are a shadow's.
    """
    small, scale = shrunk(image, WORKED_ON_PX)
    size = round(_THICKEST * max(small.shape[:2])) | 1
    closed = cv2.morphologyEx(small.reshape(*small.shape[:2], -1), cv2.MORPH_CLOSE, np.ones((size, size), np.uint8))
    roots = cv2.GaussianBlur(np.sqrt(closed, dtype=np.float32) * 16, (0, 0), 1.0)
    steps = np.asarray(roots, np.float32).reshape(*small.shape[:2], -1)
    edges = _edges(steps)
    across, down = (_lines(edges, steps, vertical) for vertical in (False, True))
    found = _quadrilaterals(across, down, small.shape[1], small.shape[0])
    sheets = _two(steps, found) or [sheet for sheet in found[:1] if _is_on_table(steps, sheet)]
    return [Outline((sheet.corners + 0.5) / scale - 0.5, sheet.seen) for sheet in sheets]


def _two(steps: NDArray[np.float32], found: list[Outline]) -> list[Outline]:
    """The first outline and the next that lies beside it, where both are plain to see; of these, what is no table.

    Both, or one, are lighter than what lies around them; else there is none.
    """
    here = _filled(steps, found[:1])
    for other in found[1:]:
        there = _filled(steps, [other])
        if (
            min(sheet.seen.sum() for sheet in (found[0], other)) < _WHOLE
            or (here & there).sum() > _SHARED * there.sum()
        ):
            continue
        around = ~(here | there)
        if not around.any():
            break
        table = np.median(steps[around], axis=0)
        pairs = ((found[0], here), (other, there))
        return [sheet for sheet, area in pairs if (np.median(steps[area], axis=0) - table).mean() > _TABLE]
    return []


def _is_on_table(steps: NDArray[np.float32], sheet: Outline) -> bool:
    """Whether what lies around a sheet is of another colour: a stroke is no table, nor is paper in a shadow."""
    inside = _filled(steps, [sheet])
    if inside.all():
        return True
    paper, around = np.median(steps[inside], axis=0), np.median(steps[~inside], axis=0)
    if np.abs(paper - around).max() < _TABLE:
        return False
    darker = (np.minimum(paper, around) / np.maximum(np.maximum(paper, around), 1)) ** 2
    shaded = _SHADE[0] < darker.min() and darker.max() < _SHADE[1] and darker.max() < _HUE * darker.min()
    return not (shaded and np.count_nonzero(sheet.seen) < _WHOLE)


def _filled(steps: NDArray[np.float32], sheets: list[Outline]) -> NDArray[np.bool_]:
    """Where a picture shows sheets."""
    inside = np.zeros(steps.shape[:2], np.uint8)
    cv2.fillPoly(inside, [np.rint(sheet.corners).astype(np.int32) for sheet in sheets], 1)
    return inside > 0


@dataclass(frozen=True, eq=False)
class _Line:
    """A line across a picture: place = at + slope * along. up: as `_profile` gives it. border: the picture's own."""

    at: float
    slope: float
    up: NDArray[np.float64]
    border: bool = False


def _edges(steps: NDArray[np.float32]) -> Bytes:
    """Thin edges: the strongest of the colours' gradients decides at each pixel."""
    bands = cv2.split(steps)
    across = np.stack([cv2.Sobel(band, cv2.CV_32F, 1, 0) for band in bands])
    down = np.stack([cv2.Sobel(band, cv2.CV_32F, 0, 1) for band in bands])
    strongest = (across**2 + down**2).argmax(axis=0)[None]
    dx, dy = (np.take_along_axis(way, strongest, 0)[0].astype(np.int16) for way in (across, down))
    return np.asarray(cv2.Canny(dx, dy, *_CANNY, L2gradient=True), np.uint8)


def _lines(edges: Bytes, steps: NDArray[np.float32], vertical: bool) -> list[_Line]:
    """The longest straight edges across the picture, or down it, the border's two among them."""
    if vertical:
        edges, steps = np.ascontiguousarray(edges.T), np.ascontiguousarray(steps.transpose(1, 0, 2))
    height, width = edges.shape
    spread = np.radians(_STEEPEST)
    found = cv2.HoughLines(
        edges, 1, np.pi / 360, max(20, width // 5), min_theta=np.pi / 2 - spread, max_theta=np.pi / 2 + spread
    )
    chosen: list[tuple[float, float]] = [(-0.5, 0.0), (height - 0.5, 0.0)]
    lines = [_Line(at, 0.0, np.zeros(_SAMPLES), True) for at, _ in chosen]
    near = np.asarray(cv2.dilate(edges, np.ones((3, 1), np.uint8)), np.uint8)
    for rho, theta in found.reshape(-1, 2)[:400] if found is not None else ():
        at, slope = rho / np.sin(theta), -np.cos(theta) / np.sin(theta)
        ends = at, at + slope * width
        if any(max(abs(ends[0] - a), abs(ends[1] - a - s * width)) < 4 for a, s in chosen):
            continue
        chosen.append((at, slope))
        up = _profile(near, steps, at, slope)
        if max((up > 0).sum(), (up < 0).sum()) > _SUPPORTED * _SHORTEST:
            lines.append(_Line(at, slope, up))
        if len(lines) == _LINES + 2:
            break
    return lines


def _profile(near: Bytes, steps: NDArray[np.float32], at: float, slope: float) -> NDArray[np.float64]:
    """At each sample along a line: 0 where no edge lies, else how much lighter it is above than below, 1 or -1."""
    height, width = near.shape
    along = np.linspace(0, width - 1, _SAMPLES)
    place = at + slope * along
    columns, rows = np.rint(along).astype(int), np.rint(place).astype(int)
    above, below = (steps[np.clip(rows + by, 0, height - 1), columns].astype(float) for by in (-4, 4))
    difference = above - below
    strength = np.abs(difference).max(axis=1)
    seen = (near[np.clip(rows, 0, height - 1), columns] > 0) & (rows >= 0) & (rows < height) & (strength > _STEP)
    return np.where(seen, np.sign(difference.sum(axis=1)), 0.0)


def _quadrilaterals(across: list[_Line], down: list[_Line], width: int, height: int) -> list[Outline]:
    """The quadrilaterals whose sides are edges, or the picture's own: first those with the most of them seen."""
    found: list[tuple[float, Outline]] = []
    for top, bottom in combinations(sorted(across, key=lambda line: line.at + line.slope * width / 2), 2):
        for left, right in combinations(sorted(down, key=lambda line: line.at + line.slope * height / 2), 2):
            if all(side.border for side in (top, bottom, left, right)):
                continue
            meeting = (top, left), (top, right), (bottom, right), (bottom, left)
            corners = np.array([_meeting(*lines) for lines in meeting])
            if not _is_sheet(corners, width, height):
                continue
            scores = [
                _score(top, corners[0, 0], corners[1, 0], width),
                _score(bottom, corners[3, 0], corners[2, 0], width),
                _score(left, corners[0, 1], corners[3, 1], height),
                _score(right, corners[1, 1], corners[2, 1], height),
            ]
            if min(scores) >= 0:
                seen = np.array([not side.border for side in (top, right, bottom, left)])
                found.append((sum(scores), Outline(corners, seen)))
    return [outline for _, outline in sorted(found, key=lambda one: -one[0])]


def _meeting(across: _Line, down: _Line) -> tuple[float, float]:
    """Where y = a + s x meets x = b + t y."""
    x = (down.at + down.slope * across.at) / (1 - down.slope * across.slope)
    return x, across.at + across.slope * x


def _is_sheet(corners: Points, width: int, height: int) -> bool:
    sides = np.roll(corners, -1, axis=0) - corners
    after = np.roll(sides, -1, axis=0)
    turns = (sides[:, 0] * after[:, 1] - sides[:, 1] * after[:, 0]) / (
        np.linalg.norm(sides, axis=1) * np.linalg.norm(after, axis=1) + 1e-9
    )
    if turns.min() < np.sin(np.radians(60)):
        return False
    outside = 0.15 * np.array([width, height])
    if (corners < -outside).any() or (corners > np.array([width, height]) + outside).any():
        return False
    return bool(cv2.contourArea(corners.astype(np.float32)) >= _SMALLEST * width * height)


def _score(line: _Line, start: float, end: float, length: int) -> float:
    """The length of a side that is seen as an edge, less what is not; below 0 where too little of it is."""
    if line.border:
        return 0.0
    first, last = (int(np.clip(round(at / length * _SAMPLES), 0, _SAMPLES)) for at in (start, end))
    part = line.up[first:last]
    if len(part) < _SHORTEST:
        return -1.0
    share = abs(float(part.mean()))
    return (2 * share - 1) * len(part) / _SAMPLES * length if share > _SUPPORTED else -1.0
