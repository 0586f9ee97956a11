"""Curves through control points, as matrices.

A path is linear in its control points: `path = matrix @ points`, with a matrix that depends on the form alone. So a
hundred digits of one form, each with errors of its own, are one matrix product.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats: TypeAlias = NDArray[np.float32]
_Exact: TypeAlias = NDArray[np.float64]

SPACING = 0.022  # between the points of a path, in heights: the finest pen's tips still melt into one line
ROUNDING = 0.07  # how far, in heights, a hasty hand averages the way before and behind it
REPORTS = 0.13  # heights between the places that a mouse reports
NEAR = 0.45  # heights over which a hand's errors are alike
_SHARP_TURN = 0.25  # radians within SPACING: an arc whose radius is a twelfth of the height
_FINE = 64  # steps between two control points in which the length of a curve is measured


@dataclass(frozen=True, eq=False)
class Curves:
    """What of a form is the same for everyone who writes it. C control points, K points of the path.

    points (C, 2): the control points in heights. near (C, C): times independent errors, it gives errors of the same
    size that are alike for neighbours. sharp, smooth, polygon (K, C): times the points, the path as a careful hand
    writes it, as a hasty one does, and as straight lines between what a mouse reports. ends, inner (2 x strokes,): the
    numbers of the first and last control points, and of those beside them. joined (K,): whether the pen stays down
    from a point to the next. end (K,): the distance to the nearer end of the stroke, in heights. bend (K,): 0 where the
    path is straight to 1 where it turns sharply. down (K,): from -1 upwards to 1 downwards.
    """

    points: Floats
    near: Floats
    sharp: Floats
    smooth: Floats
    polygon: Floats
    ends: NDArray[np.intp]
    inner: NDArray[np.intp]
    joined: NDArray[np.bool_]
    end: Floats
    bend: Floats
    down: Floats


class Stroke:
    """One stroke between two lifts of the pen, from its points (C, 2) and the numbers of those that are corners."""

    def __init__(self, points: ArrayLike, corners: Sequence[int]) -> None:
        self.points: _Exact = np.asarray(points, np.float64)
        last = len(self.points) - 1
        spans = pairwise(sorted({0, *corners, last}))
        fine = np.concatenate([*(_spline(self.points, *span) for span in spans), np.eye(last + 1)[last:]])
        steps = np.linalg.norm(np.diff(fine @ self.points, axis=0), axis=1)
        at = np.concatenate([[0], np.cumsum(np.maximum(steps, 1e-9))])  # how far along, for each row of `fine`
        self.at: _Exact = at[::_FINE]
        even = np.linspace(0, at[-1], max(3, round(at[-1] / SPACING) + 1))
        reports = np.linspace(0, at[-1], max(3, round(at[-1] / REPORTS) + 1))
        self.sharp = _interpolated(fine, at, even)
        self.smooth = _averaging(even) @ self.sharp
        self.polygon = _interpolated(_interpolated(fine, at, reports), reports, even)
        self.end: _Exact = np.minimum(even, at[-1] - even)


def joined(strokes: Sequence[Stroke]) -> Curves:
    """The strokes of a form, their matrices along the diagonals of common ones."""
    sizes, lengths = [len(stroke.points) for stroke in strokes], [len(stroke.end) for stroke in strokes]
    after = np.cumsum(sizes)
    first, last = after - sizes, after - 1
    points = np.concatenate([stroke.points for stroke in strokes])
    distances = np.linalg.norm(points[:, None] - points, axis=2)
    for stroke, start, stop in zip(strokes, first, after, strict=True):
        # along the path: the two ends of a 0 do not know each other
        distances[start:stop, start:stop] = stroke.at[:, None] - stroke.at
    near = np.exp(-((distances / NEAR) ** 2))
    pen_down = np.ones(sum(lengths), bool)
    pen_down[np.cumsum(lengths) - 1] = False
    smooth = _diagonal([stroke.smooth for stroke in strokes])
    bend, down = _profile(smooth @ points, pen_down)
    return Curves(
        points=points.astype(np.float32),
        near=(near / np.linalg.norm(near, axis=1, keepdims=True)).astype(np.float32),
        sharp=_diagonal([stroke.sharp for stroke in strokes]),
        smooth=smooth,
        polygon=_diagonal([stroke.polygon for stroke in strokes]),
        ends=np.concatenate([first, last]),
        inner=np.concatenate([first + 1, last - 1]),
        joined=pen_down,
        end=np.concatenate([stroke.end for stroke in strokes]).astype(np.float32),
        bend=bend.astype(np.float32),
        down=down.astype(np.float32),
    )


def _spline(points: _Exact, first: int, last: int) -> _Exact:
    """The matrix (steps, C) of the smooth curve through the points from `first` to `last`, the last one left out.

    It is a Catmull-Rom spline whose parameter grows by the root of the distance, which has no cusps and loops of its
    own (Yuksel, Schaefer and Keyser 2011). Its tangents are those of the parabola through three points; at its ends it
    has no curvature.
    """
    every = np.eye(len(points))[first : last + 1]
    steps = np.linalg.norm(np.diff(points[first : last + 1], axis=0), axis=1)[:, None]
    h = np.sqrt(np.maximum(steps, 1e-3))
    slope = np.diff(every, axis=0) / h
    tangents = np.concatenate([slope[:1], (h[1:] * slope[:-1] + h[:-1] * slope[1:]) / (h[:-1] + h[1:]), slope[-1:]])
    if len(h) > 1:
        tangents[0], tangents[-1] = 1.5 * slope[0] - 0.5 * tangents[1], 1.5 * slope[-1] - 0.5 * tangents[-2]
    t = np.linspace(0, 1, _FINE, endpoint=False)[:, None]
    pieces = [
        (1 + 2 * t) * (1 - t) ** 2 * every[i]
        + t**2 * (3 - 2 * t) * every[i + 1]
        + h[i] * t * (1 - t) * ((1 - t) * tangents[i] - t * tangents[i + 1])
        for i in range(len(h))
    ]
    return np.concatenate(pieces)


def _profile(path: _Exact, pen_down: NDArray[np.bool_]) -> tuple[_Exact, _Exact]:
    """How much the path bends and how much it goes down, at each of its points."""
    steps = np.diff(path, axis=0, append=path[-1:])
    directions = np.arctan2(steps[:, 1], steps[:, 0])
    turns = np.abs((np.diff(directions, prepend=directions[0]) + np.pi) % (2 * np.pi) - np.pi)
    turns[~pen_down] = 0  # the step to the next stroke is none of the pen's
    turns[1:][~pen_down[:-1]] = 0
    return np.minimum(turns / _SHARP_TURN, 1), np.where(pen_down, np.sin(directions), 0)


def _interpolated(rows: _Exact, at: _Exact, where: _Exact) -> _Exact:
    """The rows of a matrix, which stand for the places `at`, interpolated to the places `where`."""
    return np.stack([np.interp(where, at, column) for column in rows.T], axis=1)


def _averaging(at: _Exact) -> _Exact:
    """The matrix that averages a path along itself, near its ends less, so that they stay where they are."""
    reach = np.minimum(ROUNDING, np.minimum(at, at[-1] - at) / 2 + 1e-6)[:, None]
    weights: _Exact = np.exp(-(((at[:, None] - at) / reach) ** 2) / 2)
    weights /= weights.sum(axis=1, keepdims=True)
    return weights


def _diagonal(blocks: Sequence[_Exact]) -> Floats:
    """Blocks along the diagonal of one matrix."""
    matrix = np.zeros(np.sum([block.shape for block in blocks], axis=0), np.float32)
    row = column = 0
    for block in blocks:
        rows, columns = block.shape
        matrix[row : row + rows, column : column + columns] = block
        row, column = row + rows, column + columns
    return matrix
