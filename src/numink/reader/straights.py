"""What is long and straight on a sheet, ruling, squares, tables and boxes: it shows how the camera looked at it."""

import cv2
import numpy as np
from numpy.typing import NDArray

from numink.data.digits import Bytes
from numink.reader.perspective import Lines
from numink.reader.shrink import shrunk

_WORKED_ON_PX = 800
"""The picture's longer side while its lines are looked for."""
_THICKEST_PX = 7
_FAINTEST = 4.0  # levels below its surroundings
_STEEPEST = 25  # degrees
_MOST = 12  # lines across, and down: more tell no more
_VOTERS = 10_000  # points, about: more find the same lines
_SAME_PX = 6  # or nearer are two lines at both ends of the picture: one of them is enough
_LONGEST_GAP_PX = 30
_SHORTEST = (0.1, 0.2)  # of the picture's longer side, across and down: a 1 may be long, slim and aslant
_SLIMMEST = 40  # times as long as wide, at least: the stroke of a large 1 is less
_FEWEST = 2  # lines across, or down, that are believed
_FILLED = 0.7  # of its length that is seen: digits in a row fill less


def find_straights(grey: Bytes) -> Lines:
    """Long dark lines, about level or about upright, in a grey picture (h, w)."""
    small, scale = shrunk(grey, _WORKED_ON_PX)
    ridge = cv2.morphologyEx(small, cv2.MORPH_BLACKHAT, np.ones((_THICKEST_PX, _THICKEST_PX), np.uint8))
    dark = np.asarray(ridge, np.uint8)
    turned = dark, np.ascontiguousarray(dark.T)
    found = [_across(levels, least * max(dark.shape)) for levels, least in zip(turned, _SHORTEST, strict=True)]
    ends = np.concatenate([found[0], found[1][..., ::-1]])
    length = np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1) / max(small.shape)
    return Lines((ends + 0.5) / scale - 0.5, np.repeat([False, True], [len(part) for part in found]), length)


def _across(dark: Bytes, least_px: float) -> NDArray[np.float64]:
    """Both ends (n, 2, 2) of the lines across that are long enough."""
    width = dark.shape[1]
    level = max(_FAINTEST, float(np.quantile(dark[::4, ::4], 0.8)))
    above, below = np.roll(dark, 1, axis=0), np.roll(dark, -1, axis=0)
    crests = ((dark > level) & (dark >= above) & (dark > below)).astype(np.uint8)
    rows, columns = np.nonzero(crests)
    spread = np.radians(_STEEPEST)
    thinned = max(1, len(rows) // _VOTERS)
    crests[rows[np.arange(len(rows)) % thinned > 0], columns[np.arange(len(rows)) % thinned > 0]] = 0
    lines = cv2.HoughLines(
        crests,
        1,
        np.pi / 720,
        round(0.6 * least_px / thinned),
        min_theta=np.pi / 2 - spread,
        max_theta=np.pi / 2 + spread,
    )
    ends: list[NDArray[np.float64]] = []
    tried = np.zeros((0, 2))  # where they leave the picture, at its left and right
    for rho, theta in lines.reshape(-1, 2)[:300] if lines is not None else ():
        slope = -np.cos(theta) / np.sin(theta)
        leaves = rho / np.sin(theta) + slope * np.array([0, width])
        if (np.abs(tried - leaves).max(axis=1) < _SAME_PX).any():
            continue
        tried = np.vstack([tried, leaves])
        near = np.abs(rows - leaves[0] - slope * columns) < 2
        line = _longest(columns[near], rows[near], least_px)
        if line is not None and _is_slim(line, dark > level):
            ends.append(line)
        if len(ends) == _MOST or len(tried) == 3 * _MOST:
            break
    return np.array(ends if len(ends) >= _FEWEST else []).reshape(-1, 2, 2)


def _is_slim(ends: NDArray[np.float64], dark: NDArray[np.bool_]) -> bool:
    """Whether a line is as slim as only rulers make them, where nothing crosses it."""
    (left, from_row), (right, to_row) = ends
    columns = np.arange(int(left), int(right) + 1)
    rows = np.rint(np.linspace(from_row, to_row, len(columns))).astype(int)
    beside = np.clip(rows + np.arange(-_THICKEST_PX, _THICKEST_PX + 1)[:, None], 0, len(dark) - 1)
    return bool(len(columns) >= _SLIMMEST * max(1.0, float(np.median(dark[beside, columns].sum(axis=0)))))


def _longest(x: NDArray[np.int64], y: NDArray[np.int64], least_px: float) -> NDArray[np.float64] | None:
    """The ends of the line through the longest run of points without a gap; None where it is short or ragged."""
    if not len(x):
        return None
    order = np.argsort(x)
    x, y = x[order], y[order]
    runs = np.split(np.arange(len(x)), np.flatnonzero(np.diff(x) > _LONGEST_GAP_PX) + 1)
    run = max(runs, key=lambda part: int(x[part[-1]] - x[part[0]]))
    x, y = x[run], y[run]
    length = x[-1] - x[0] + 1
    if length < least_px or len(np.unique(x)) < _FILLED * length:
        return None
    slope, at = np.polyfit(x, y, 1)
    return np.array([[x[0], at + slope * x[0]], [x[-1], at + slope * x[-1]]])
