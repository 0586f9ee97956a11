"""Where a sheet of paper lies in a picture of it: the perspective that its pixels and its truth both go through."""

from dataclasses import dataclass
from math import ceil, floor, hypot, radians
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL import Image

    from numink.data.strokes.photo import Photo

Points = NDArray[np.floating[Any]]
Box = tuple[int, int, int, int]
"""x, y, width, height in pixels."""

SMALLEST_SHARE = 0.6
"""The part of the picture's height and width that is left to write on, at least."""

_FOCAL_LENGTH = 1.4  # of a telephone's camera, in diagonals of the picture


@dataclass(frozen=True, eq=False)
class View:
    """A flat sheet, with pixels of its own as large as the picture's, and the way from it into the picture.

    area: what may be written on, in pixels of the sheet; all of it is seen.
    to_picture: float64 (3, 3), homogeneous coordinates (x, y, 1) on the sheet to those in the picture.
    """

    height_px: int
    width_px: int
    sheet_height_px: int
    sheet_width_px: int
    area: Box
    to_picture: Points

    def box(self, points: Points) -> Box:
        """The box in the picture around pixels of the sheet, given by their centres (n, 2) as x, y."""
        seen = _through(self.to_picture, points)
        left, top = (floor(low) for low in seen.min(axis=0) - 0.5 + 1e-6)
        right, bottom = (ceil(high) for high in seen.max(axis=0) + 0.5 - 1e-6)
        left, top = max(0, left), max(0, top)
        return left, top, min(self.width_px, right) - left, min(self.height_px, bottom) - top

    def look_at(self, sheet: "Image.Image") -> "Image.Image":
        """The sheet as it is seen; what lies beyond its edge is 0."""
        from PIL import Image

        if np.array_equal(self.to_picture, np.eye(3)) and sheet.size == (self.width_px, self.height_px):
            return sheet
        back = np.linalg.inv(self.to_picture)
        return sheet.transform(
            (self.width_px, self.height_px),
            Image.Transform.PERSPECTIVE,
            tuple((back / back[2, 2]).ravel()[:8]),
            Image.Resampling.BICUBIC,
        )


def place_sheet(rng: np.random.Generator, photo: "Photo", height_px: int, width_px: int) -> View:
    """A view of a sheet by the angles of `photo`, as large as the picture allows.

    Without a table around it the sheet goes on beyond the picture's edges; margins are drawn from `rng`. Angles that
    would leave less than SMALLEST_SHARE of the picture to write on are halved until they do not.
    """
    margins = rng.uniform(0.01, 0.06, (2, 2))  # of the picture: left and right, top and bottom
    border = rng.uniform(0.02, 0.05) if photo.table else 0.0  # of the sheet, around what is written on
    size = np.array([width_px, height_px], float)
    angles = np.radians([photo.lean_degrees, photo.pan_degrees, photo.turn_degrees])
    angles[2] *= size.min() / size.max()  # nobody lets a long strip lie askew
    room = size * (1 - margins.sum(axis=1))
    while True:
        outer = _corners(np.zeros(2), size)
        lens = _camera(angles, hypot(*size) * _FOCAL_LENGTH) @ _shift(-size / 2)
        seen = _through(lens, outer)
        scale = (room / np.ptp(seen, axis=0)).min()
        if scale * (1 - 2 * border) >= SMALLEST_SHARE or not angles.any():
            break
        angles = angles / 2 if np.abs(angles).max() > radians(0.1) else 0 * angles
    slack = room - scale * np.ptp(seen, axis=0)
    corner = np.round(size * margins[:, 0] + slack * rng.random(2))  # whole: a sheet seen straight on stays sharp
    fitted = _shift(corner) @ np.diag([scale, scale, 1]) @ _shift(-seen.min(axis=0)) @ lens
    to_picture = fitted @ np.diag([1 / scale, 1 / scale, 1])  # so that the sheet has pixels as large as the picture's
    written = size * scale
    if photo.table:
        low, high = np.zeros(2), written
        inset = border * written
    else:
        beyond = _through(np.linalg.inv(to_picture), _corners(np.zeros(2), size))
        low, high = np.floor(beyond.min(axis=0)), np.ceil(beyond.max(axis=0))
        inset = np.zeros(2)
    left, top = np.ceil(inset - low)
    right, bottom = np.floor(written - inset - low)
    sheet_width_px, sheet_height_px = np.ceil(high - low).astype(int)
    return View(
        height_px,
        width_px,
        int(sheet_height_px),
        int(sheet_width_px),
        (int(left), int(top), int(right - left), int(bottom - top)),
        to_picture @ _shift(low),
    )


def _camera(angles: Points, focal_px: float) -> Points:
    """The sheet turned about x, y and z, and seen from `focal_px` above its middle."""
    (cx, cy, cz), (sx, sy, sz) = np.cos(angles), np.sin(angles)
    about_x = np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_z = np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]])
    turned = about_x @ about_y @ about_z
    camera = np.eye(3)
    camera[:, :2] = turned[:, :2]
    camera[2] /= (focal_px, focal_px, 1)
    return camera


def _shift(by: Points) -> Points:
    return np.array([[1, 0, by[0]], [0, 1, by[1]], [0, 0, 1.0]])


def _corners(low: Points, high: Points) -> Points:
    return np.array([[low[0], low[1]], [high[0], low[1]], [high[0], high[1]], [low[0], high[1]]])


def _through(matrix: Points, points: Points) -> Points:
    """Points (n, 2) through a homography."""
    homogeneous = points @ matrix[:, :2].T + matrix[:, 2]
    return np.asarray(homogeneous[:, :2] / homogeneous[:, 2:])
