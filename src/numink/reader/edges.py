"""Where a sheet of paper lies on a table: its four edges, of which some may be outside of the picture.

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
_THICKEST = 0.008  # of the longer side: most of writing and ruling is thinner, and no shadow of a sheet
_STEEPEST = 30  # degrees between an edge and the picture's
_STEP = 5.0  # between both sides of an edge, as square roots of levels, of 256
_CANNY = 10, 24  # where an edge goes on and where it begins: the slope of square roots over four pixels
_TABLE = 3.0  # between the paper and the table, as square roots of levels, of 256
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


def find_outline(image: Bytes) -> Outline | None:
    """The outline of the sheet that lies in a picture, uint8 (h, w) or (h, w, 3); None where no edge of one is seen."""
    small, scale = shrunk(image, WORKED_ON_PX)
    size = round(_THICKEST * max(small.shape[:2])) | 1
    closed = cv2.morphologyEx(small.reshape(*small.shape[:2], -1), cv2.MORPH_CLOSE, np.ones((size, size), np.uint8))
    roots = cv2.GaussianBlur(np.sqrt(closed, dtype=np.float32) * 16, (0, 0), 1.0)
    steps = np.asarray(roots, np.float32).reshape(*small.shape[:2], -1)
    edges = _edges(steps)
    across, down = (_lines(edges, steps, vertical) for vertical in (False, True))
    best = _best(across, down, small.shape[1], small.shape[0])
    if best is None or not _is_on_table(steps, best.corners):
        return None
    return Outline((best.corners + 0.5) / scale - 0.5, best.seen)


def _is_on_table(steps: NDArray[np.float32], corners: Points) -> bool:
    """Whether what lies around the corners is of another colour than what lies between them: a stroke is no table."""
    inside = cv2.fillConvexPoly(np.zeros(steps.shape[:2], np.uint8), np.rint(corners).astype(np.int32), 1) > 0
    if inside.all():
        return True
    return bool(np.abs(np.median(steps[inside], axis=0) - np.median(steps[~inside], axis=0)).max() > _TABLE)


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


def _best(across: list[_Line], down: list[_Line], width: int, height: int) -> Outline | None:
    """The quadrilateral with the most of its sides seen; None where its sides are the picture's."""
    best, best_score = None, 0.0
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
            if min(scores) >= 0 and sum(scores) > best_score:
                best_score = sum(scores)
                best = Outline(corners, np.array([not side.border for side in (top, right, bottom, left)]))
    return best


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
    """The length of a side that is seen as an edge, less than 0 where too little of it is."""
    if line.border:
        return 0.0
    first, last = (int(np.clip(round(at / length * _SAMPLES), 0, _SAMPLES)) for at in (start, end))
    part = line.up[first:last]
    if len(part) < _SHORTEST:
        return -1.0
    share = abs(float(part.mean()))
    return share * len(part) / _SAMPLES * length if share > _SUPPORTED else -1.0
