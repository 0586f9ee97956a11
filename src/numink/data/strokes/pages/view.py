"""Where a sheet of paper lies in a picture of it: the perspective that its pixels and its truth both go through."""

from dataclasses import dataclass
from functools import cached_property
from math import ceil, floor, hypot, radians
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL import Image

    from numink.data.strokes.pages.photo import Photo

Points = NDArray[np.floating[Any]]
Box = tuple[int, int, int, int]
"""x, y, width, height in pixels."""

SMALLEST_SHARE = 0.6
"""The part of the picture's height and width that is left to write on, at least."""

LEAVING = 0.2  # of a sheet's edges lie beyond the picture, where the table is seen at others

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

    def shows(self, points: Points) -> NDArray[np.bool_]:
        """Which pixels of the sheet, by their centres (n, 2), lie whole on it and in the picture."""
        return np.asarray((self._inside(points) >= 0).all(axis=1))

    def room(self, points: Points, direction: Points) -> float:
        """How far pixels, by their centres (n, 2), may move on the sheet before one leaves it or the picture."""
        nearing = -(self._edges[:, :2] @ direction)
        ahead = nearing > 1e-9
        return float((self._inside(points)[:, ahead] / nearing[ahead]).min())

    def _inside(self, points: Points) -> Points:
        """How far pixels are within each edge, (n, 8), in a measure of its own; 0 where they touch it."""
        return np.asarray(points @ self._edges[:, :2].T + self._edges[:, 2])

    @cached_property
    def _edges(self) -> Points:
        """Half a pixel within the edges of picture and sheet, as straight lines on the sheet: (8, 3), homogeneous."""
        seen_x, seen_y, depth = self.to_picture
        x, y, one = np.eye(3)
        edges = []
        for at, unit, length_px in (
            (seen_x, depth, self.width_px),
            (seen_y, depth, self.height_px),
            (x, one, self.sheet_width_px),
            (y, one, self.sheet_height_px),
        ):
            edges += [at - 0.5 * unit, (length_px - 0.5) * unit - at]
        return np.array(edges)

    def look_at(self, sheet: "Image.Image") -> "Image.Image":
        """The sheet as it is seen; what lies beyond its edge is 0."""
        from PIL import Image

        if sheet.size == (self.width_px, self.height_px) and np.allclose(self.to_picture, np.eye(3), rtol=0, atol=1e-9):
            return sheet
        back = np.linalg.inv(self.to_picture)
        return sheet.transform(
            (self.width_px, self.height_px),
            Image.Transform.PERSPECTIVE,
            tuple((back / back[2, 2]).ravel()[:8]),
            Image.Resampling.BICUBIC,
        )


def way_to_an_edge(rng: np.random.Generator, view: View, points: Points, left_px: float) -> tuple[int, int]:
    """How far to move pixels (n, 2) to the right and down, so that they lie at an edge or in a corner of what is seen.

    All stay whole; up to `left_px` of the room between them and the edge are left.
    """
    way = np.zeros(2)
    sides = rng.permutation([0, 1])[: rng.integers(1, 3)]
    for side in sides:
        direction = np.eye(2)[side] * rng.choice([-1, 1])
        way += direction * max(0, floor(view.room(points + way, direction) - rng.uniform(0, left_px)))
    x_px, y_px = way.astype(int).tolist()
    return x_px, y_px


def place_sheet(rng: np.random.Generator, photo: "Photo", height_px: int, width_px: int) -> View:
    """A view of a sheet by the angles of `photo`, as large as the picture allows; margins are drawn from `rng`.

    Without a table the sheet goes on beyond all edges of the picture, with one at times beyond some of them. Angles
    that would leave less than SMALLEST_SHARE of the picture to write on are halved until they do not.
    """
    margins = rng.uniform(0.01, 0.06, (2, 2))  # of the picture: left and right, top and bottom
    border = rng.uniform(0.02, 0.05) if photo.table else 0.0  # of the sheet, around what is written on
    size = np.array([width_px, height_px], float)
    room = size * (1 - margins.sum(axis=1))
    lens, scale = _fitting_lens(photo, size, room, SMALLEST_SHARE / (1 - 2 * border))
    seen = _through(lens, _corners(size)) * scale
    corner = np.round(size * margins[:, 0] + (room - np.ptp(seen, axis=0)) * rng.random(2))  # whole, to stay sharp
    written = size * scale  # the sheet has pixels as large as the picture's
    to_picture = (
        _shift(corner - seen.min(axis=0)) @ np.diag([scale, scale, 1]) @ lens @ np.diag([1 / scale, 1 / scale, 1])
    )
    beyond = _through(np.linalg.inv(to_picture), _corners(size))
    leaving = rng.random((2, 2)) < (LEAVING if photo.table else 1)  # at low, at high; for x, for y
    low = np.where(leaving[0], np.minimum(np.floor(beyond.min(axis=0) + 1e-6), 0), 0)
    high = np.where(leaving[1], np.maximum(np.ceil(beyond.max(axis=0) - 1e-6), written), written)
    left, top = np.ceil(border * written - low).astype(int).tolist()
    right, bottom = np.floor((1 - border) * written - low).astype(int).tolist()
    sheet_width_px, sheet_height_px = np.ceil(high - low).astype(int).tolist()
    area = left, top, right - left, bottom - top
    return View(height_px, width_px, sheet_height_px, sheet_width_px, area, to_picture @ _shift(low))


def _fitting_lens(photo: "Photo", size: Points, room: Points, share: float) -> tuple[Points, float]:
    """What the camera does to a sheet of this size, and by how much that must shrink to fit into the room."""
    angles = np.radians([photo.lean_degrees, photo.pan_degrees, photo.turn_degrees])
    angles[2] *= size.min() / size.max()  # nobody lets a long strip lie askew
    while True:
        lens = _camera(angles, hypot(*size) * _FOCAL_LENGTH) @ _shift(-size / 2)
        scale = float((room / np.ptp(_through(lens, _corners(size)), axis=0)).min())
        if scale >= share or not angles.any():
            return lens, scale
        angles = angles / 2 if np.abs(angles).max() > radians(0.1) else 0 * angles


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


def _corners(size: Points) -> Points:
    width, height = size
    return np.array([[0, 0], [width, 0], [width, height], [0, height]])


def _through(matrix: Points, points: Points) -> Points:
    """Points (n, 2) through a homography."""
    homogeneous = points @ matrix[:, :2].T + matrix[:, 2]
    return np.asarray(homogeneous[:, :2] / homogeneous[:, 2:])
