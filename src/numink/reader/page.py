"""From a picture to the sheet on it: cut out of the table, straightened, evenly lit, ink dark on light paper."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from numink.data.digits import Bytes
from numink.reader.bands import clearest_band
from numink.reader.baselines import find_baselines
from numink.reader.edges import Outline, find_outline
from numink.reader.light import evened
from numink.reader.perspective import LEANING, Frame, Lines, along_lines, between_corners, through
from numink.reader.straights import find_straights

_DOWN = np.array([False, True, False, True])  # of a sheet's sides: its right and left one
_EDGE = 3.0  # as many lines of its length is an edge of the sheet worth
_LARGE_PX = 250  # the longer side of a picture of a page: in a smaller one, strokes look like edges and ruling
_LEANING_TOLD = 2.0  # degrees: lines of writing are too crooked to tell more
_MOVED = 0.006  # of its longer side: a picture that would move less is left as sharp as it is
_LEFT_OUT = 0.002  # of a sheet's sides, at each of its edges: their shadow, and what the eye cannot place better


@dataclass(frozen=True, eq=False)
class Sheet:
    """A sheet as ink and paper. grey: uint8 (height, width), ink dark on paper near 255.

    to_picture: float64 (3, 3), the homography from pixels of the sheet to pixels of the picture.
    """

    grey: Bytes
    to_picture: NDArray[np.float64]


def find_sheet(image: Bytes) -> Sheet:
    """The sheet of a picture, uint8 (height, width) or (height, width, 3)."""
    grey = clearest_band(image)
    if max(grey.shape) < _LARGE_PX:
        return Sheet(evened(grey), np.eye(3))
    return straightened(grey, _straight(grey, find_outline(image)))


def straightened(grey: Bytes, frame: Frame) -> Sheet:
    """The sheet that lies in the frame; what of it the picture does not show is paper."""
    if np.array_equal(frame.to_picture, np.eye(3)):
        return Sheet(evened(grey), frame.to_picture)
    size, way = (frame.width_px, frame.height_px), cv2.WARP_INVERSE_MAP | cv2.INTER_CUBIC
    flat = cv2.warpPerspective(grey, frame.to_picture, size, flags=way, borderMode=cv2.BORDER_REPLICATE)
    return Sheet(evened(np.asarray(flat, np.uint8), _inside(frame, *grey.shape)), frame.to_picture)


def _inside(frame: Frame, height_px: int, width_px: int) -> Bytes:
    """255 where a picture of that size shows the frame, but for a pixel at its border, and 0 elsewhere."""
    border = np.array([[1, 1], [width_px - 2, 1], [width_px - 2, height_px - 2], [1, height_px - 2]], float)
    corners = through(np.linalg.inv(frame.to_picture), border)
    inside = np.zeros((frame.height_px, frame.width_px), np.uint8)
    return np.asarray(cv2.fillConvexPoly(inside, np.rint(corners).astype(np.int32), 255), np.uint8)


def _straight(grey: Bytes, outline: Outline | None) -> Frame:
    """How the sheet lies: by its four edges, or by those that are seen and by what is straight on it."""
    height, width = grey.shape
    if outline is not None and outline.seen.all():
        return between_corners(_inwards(outline))
    lines, leaning = find_straights(grey), LEANING
    if not len(lines.ends):
        lines, leaning = find_baselines(grey), _LEANING_TOLD
    corners = np.array([[0, 0], [width - 1, 0], [width - 1, height - 1], [0, height - 1]], float)
    if outline is not None:
        corners = _inwards(outline)
        lines = lines.within(corners).joined(Lines(outline.sides(), _DOWN, np.full(4, _EDGE)).chosen(outline.seen))
    laid = along_lines(lines, corners, height, width, leaning)
    own = np.array([[0, 0], [laid.width_px, 0], [laid.width_px, laid.height_px], [0, laid.height_px]], float)
    moved = np.abs(through(laid.to_picture, own) - corners).max()
    as_it_is = outline is None and moved < _MOVED * max(width, height)
    return Frame(np.eye(3), width, height) if as_it_is else laid


def _inwards(outline: Outline) -> NDArray[np.float64]:
    """The corners, moved in from the edges that are seen."""
    corners = outline.corners.copy()
    for side, seen in enumerate(outline.seen):
        if seen:  # each of its ends goes along the side that it shares with a neighbour
            ends = [side, (side + 1) % 4]
            others = [(side - 1) % 4, (side + 2) % 4]
            corners[ends] += _LEFT_OUT * (outline.corners[others] - outline.corners[ends])
    return corners
