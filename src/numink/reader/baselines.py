"""Lines of writing on a sheet without ruling: marks of one height, each beside the next (after O'Gorman, 1993).

They are less straight than any ruling, and count for less: what a line tells of its slope grows with its length.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from numink.data.digits import Bytes
from numink.reader.perspective import ASTRAY, Lines
from numink.reader.shrink import shrunk

_WORKED_ON_PX = 800
"""The picture's longer side while its lines are looked for."""
_LARGEST = 1 / 5  # of the longer side: the height of a mark
_SMALLEST_PX = 8
_FAINTEST = 12.0  # levels below its surroundings
_REACH = 3.0  # heights from one mark to the next, at most
_RISE = 0.35  # of that way that the next may stand higher or lower, besides a quarter of its height
_FEWEST = 4  # marks in a line
_FEWEST_LINES = 3  # fewer may rise because their writer's hand did
_WRITING = 0.5  # of the marks stand in lines
_STRAY = 0.18  # heights that a mark stands off its line


def find_baselines(grey: Bytes) -> Lines:
    """Lines of writing that are about level in a grey picture (h, w); each counts by how well it shows its slope."""
    small, scale = shrunk(grey, _WORKED_ON_PX)
    marks = _marks(small)
    lines = [line for chain in _chains(marks) if (line := _line(marks[chain])) is not None]
    if len(lines) < _FEWEST_LINES:
        lines = []
    ends = np.array([end for end, _ in lines]).reshape(-1, 2, 2)
    weight = np.array([weight for _, weight in lines], float)
    return Lines((ends + 0.5) / scale - 0.5, np.zeros(len(lines), bool), weight)


def is_written_around(grey: Bytes, corners: NDArray[np.float64]) -> bool:
    """Whether lines of writing stand in a picture (h, w) outside of these corners (4, 2), clockwise.

    A table's grain has marks, too, and now and then four of them in a line, but most of them are in none.
    """
    small, scale = shrunk(grey, _WORKED_ON_PX)
    marks = _marks(small)
    outline = ((corners + 0.5) * scale - 0.5).astype(np.float32)
    middles = np.column_stack([marks[:, :2].mean(axis=1), marks[:, 2]])
    outside = [cv2.pointPolygonTest(outline, (float(x), float(y)), False) < 0 for x, y in middles]
    around = marks[np.array(outside, bool)]
    return sum(map(len, _chains(around))) > _WRITING * len(around)


def _marks(small: Bytes) -> NDArray[np.float64]:
    """What may be characters, (n, 4): left, right, middle and height."""
    size = round(_LARGEST * max(small.shape) / 3) | 1
    dark = cv2.morphologyEx(small, cv2.MORPH_BLACKHAT, np.ones((size, size), np.uint8))
    level, mask = cv2.threshold(dark, 0, 255, cv2.THRESH_OTSU)
    if level < _FAINTEST:
        mask = (dark > _FAINTEST).astype(np.uint8)
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    left, top, width, height, _ = stats[1:].T.astype(float)
    marks = np.stack([left, left + width, top + height / 2, height], axis=1)
    return np.asarray(marks[(height >= _SMALLEST_PX) & (height <= _LARGEST * max(small.shape)) & (width < 2 * height)])


def _chains(marks: NDArray[np.float64]) -> list[list[int]]:
    """Marks that stand beside each other, from left to right: each is the nearest to the one before it and after it."""
    if not 1 < len(marks) < 2000:
        return []
    left, right, middle, height = marks.T
    gap = left[None] - right[:, None]
    taller, lower = np.maximum(height[:, None], height), np.minimum(height[:, None], height)
    way = (left + right)[None] / 2 - (left + right)[:, None] / 2
    near = (gap > -0.3 * lower) & (way > 0) & (gap < _REACH * taller) & (taller < 2 * lower)
    near &= np.abs(middle[None] - middle[:, None]) < _RISE * way + 0.25 * taller
    distance = np.where(near, way + 2 * np.abs(middle[None] - middle[:, None]), np.inf)
    after, before = distance.argmin(axis=1), distance.argmin(axis=0)
    mutual = np.isfinite(distance.min(axis=1)) & (before[after] == np.arange(len(marks)))
    following = {int(i): int(after[i]) for i in np.flatnonzero(mutual)}
    chains = []
    for start in sorted(set(range(len(marks))) - set(following.values())):
        chain = [start]
        while chain[-1] in following:
            chain.append(following[chain[-1]])
        if len(chain) >= _FEWEST:
            chains.append(chain)
    return chains


def _line(marks: NDArray[np.float64]) -> tuple[NDArray[np.float64], float] | None:
    """Both ends of the line through the marks' middles, and its weight; None where they do not stand in line."""
    x, y, height = (marks[:, 0] + marks[:, 1]) / 2, marks[:, 2], float(np.median(marks[:, 3]))
    slope, at = np.polyfit(x, y, 1)
    if np.std(y - at - slope * x) > _STRAY * height:
        return None
    error = _STRAY * height / (np.std(x) * np.sqrt(len(x)))  # of the slope
    ends = np.array([[x[0], at + slope * x[0]], [x[-1], at + slope * x[-1]]])
    return ends, float(min(1.0, (ASTRAY / error) ** 2))
