"""A sheet laid straight: the plane map that makes two families of lines, across and down, level and upright.

Lines that are parallel on the sheet meet in one vanishing point of the picture (Hartley and Zisserman, "Multiple View
Geometry", 2nd ed., section 8.6). The map from sheet to picture has the two vanishing points and the picture's middle as
its columns: a step to the right on the sheet leads towards the one, and a step down towards the other.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
Points = NDArray[np.float64]

FOCAL_LENGTH = 1.0
"""Of cameras, in diagonals of their pictures: telephones have 0.6, their second lens 1.2, and many pictures are cut."""
LEANING = 10.0
"""Degrees that a camera usually leans up or down and to the sides."""
_TURNING = 5.0  # degrees that it usually turns
ASTRAY = np.radians(0.7)
"""How far a line of weight 1 strays from its family; one that strays further counts less and less."""


@dataclass(frozen=True, eq=False)
class Frame:
    """A straight sheet. to_picture (3, 3): from its pixels (x, y, 1) to the picture's. Its size in pixels."""

    to_picture: Matrix
    width_px: int
    height_px: int


@dataclass(frozen=True, eq=False)
class Lines:
    """What is straight in a picture and, on its sheet, level or upright. ends: (n, 2, 2), both ends of each as x, y.

    down: bool (n,), whether it is upright. weight: (n,), its part in the decision.
    """

    ends: Points
    down: NDArray[np.bool_]
    weight: Points

    def chosen(self, which: NDArray[np.bool_]) -> "Lines":
        """Some of them."""
        return Lines(self.ends[which], self.down[which], self.weight[which])

    def joined(self, others: "Lines") -> "Lines":
        """These and others."""
        return Lines(
            np.concatenate([self.ends, others.ends]),
            np.concatenate([self.down, others.down]),
            np.concatenate([self.weight, others.weight]),
        )

    def within(self, corners: Points) -> "Lines":
        """Those that lie between corners, clockwise, with both of their ends."""
        sides = np.roll(corners, -1, axis=0) - corners
        away = self.ends[:, :, None] - corners  # (n, 2, corners, 2)
        right_of = sides[:, 0] * away[..., 1] - sides[:, 1] * away[..., 0]
        return self.chosen(np.asarray((right_of >= 0).all(axis=(1, 2))))


def frame(across: Points, down: Points, corners: Points) -> Frame:
    """The sheet between these corners (n, 2) whose lines vanish at `across` and `down`, each (3,) homogeneous.

    In the middle of the corners a pixel of the sheet is as large as one of the picture.
    """
    middle = np.append((corners.min(axis=0) + corners.max(axis=0)) / 2, 1.0)
    columns = [_of_unit_step(point, middle, axis) for axis, point in enumerate((across, down))]
    to_picture = np.stack([*columns, middle], axis=1)
    there = through(np.linalg.inv(to_picture), corners)
    low, high = np.floor(there.min(axis=0) + 1e-6), np.ceil(there.max(axis=0) - 1e-6)
    shift = np.array([[1, 0, low[0]], [0, 1, low[1]], [0, 0, 1.0]])
    width_px, height_px = np.maximum(high - low, 1).astype(int).tolist()
    return Frame(to_picture @ shift, width_px, height_px)


def between_corners(corners: Points) -> Frame:
    """The sheet whose corners (4, 2) these are, from the upper left one clockwise."""
    upper_left, upper_right, lower_right, lower_left = np.column_stack([corners, np.ones(4)])
    across = np.cross(np.cross(upper_left, upper_right), np.cross(lower_left, lower_right))
    down = np.cross(np.cross(upper_left, lower_left), np.cross(upper_right, lower_right))
    return frame(across, down, corners)


def along_lines(lines: Lines, corners: Points, height_px: int, width_px: int, leaning: float = LEANING) -> Frame:
    """The sheet between these corners as the lines say that the camera looked at it, in a picture of that size.

    The camera's three angles are those that fit the lines best (iterated least squares in which stray lines count
    less), or likely ones where no line tells: it leans by `leaning` degrees, up or down and to the sides. A line and
    the camera span a plane, with a normal at right angles to the direction of the line's vanishing point.
    """
    focal_px = FOCAL_LENGTH * float(np.hypot(height_px, width_px))
    camera = np.array([[focal_px, 0, (width_px - 1) / 2], [0, focal_px, (height_px - 1) / 2], [0, 0, 1]])
    ends = np.concatenate([lines.ends, np.ones((len(lines.ends), 2, 1))], axis=2)
    rays = ends @ np.linalg.inv(camera).T
    normals = np.cross(rays[:, 0], rays[:, 1])
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    turned, likely = np.eye(3), np.diag(1 / np.radians([leaning, leaning, _TURNING]) ** 2)
    own = np.where(lines.down[:, None], [[0.0, 1, 0]], [[1.0, 0, 0]])
    for wider in (16, 8, 4, 2, 1, 1, 1, 1):  # at first no line is astray
        missing = np.einsum("ij,ij->i", normals @ turned, own)
        weight = lines.weight / (ASTRAY**2 + lines.weight * (missing / wider) ** 2)
        slope = np.cross(own, normals @ turned)  # of `missing` when the camera turns a little more
        bent = cv2.Rodrigues(turned)[0].ravel()
        step = np.linalg.solve(slope.T * weight @ slope + likely, -(slope.T * weight @ missing) - likely @ bent)
        turned = turned @ cv2.Rodrigues(step)[0]
    across, down = (camera @ turned[:, axis] for axis in (0, 1))
    return frame(across, down, corners)


def through(matrix: NDArray[np.floating], points: Points) -> Points:
    """Points (n, 2) through a homography."""
    mapped = points @ matrix[:, :2].T + matrix[:, 2]
    return np.asarray(mapped[:, :2] / mapped[:, 2:])


def _of_unit_step(point: Points, middle: Points, axis: int) -> Points:
    """The vanishing point scaled so that a step on the sheet is one pixel in the picture's middle, and leads on."""
    step = point[:2] - middle[:2] * point[2]
    return np.asarray(point / (np.hypot(*step) * np.sign(step[axis])))
