"""From a picture to the sheet on it: cut out of the table, straightened, evenly lit, ink dark on light paper."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from numink.data.digits import Bytes
from numink.reader.bands import clearest_band
from numink.reader.baselines import find_baselines, is_written_around
from numink.reader.edges import Outline, find_outlines
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

    @property
    def turned(self) -> int:
        """By how many degrees the picture was turned to the left to be the right way up: 0, 90, 180 or 270."""
        start, end = through(self.to_picture, np.array([[0.0, 0], [1, 0]]))
        return round(float(np.degrees(np.arctan2(*(end - start)[::-1]))) / 90) % 4 * 90


def find_sheet(image: Bytes) -> Sheet:
    """The sheet of a picture, uint8 (height, width) or (height, width, 3)."""
    grey = clearest_band(image)
    if max(grey.shape) < _LARGE_PX:
        return Sheet(evened(grey), np.eye(3))
    outlines = find_outlines(image)
    return straightened(grey, _straight(grey, outlines), outlines if len(outlines) > 1 else ())


def straightened(grey: Bytes, frame: Frame, sheets: Sequence[Outline] = ()) -> Sheet:
    """The sheet that lies in the frame; what of it the picture does not show, or is on none of its sheets, is paper."""
    if np.array_equal(frame.to_picture, np.eye(3)):
        return Sheet(evened(grey), frame.to_picture)
    size, way = (frame.width_px, frame.height_px), cv2.WARP_INVERSE_MAP | cv2.INTER_CUBIC
    warped = cv2.warpPerspective(grey, frame.to_picture, size, flags=way, borderMode=cv2.BORDER_REPLICATE)
    flat, inside = np.asarray(warped, np.uint8), _inside(frame, grey.shape, sheets)
    if sheets:
        flat[inside == 0] = np.median(flat[inside > 0])  # or the table between them would be their paper
    return Sheet(evened(flat, inside), frame.to_picture)


def _inside(frame: Frame, shape: tuple[int, ...], sheets: Sequence[Outline]) -> Bytes:
    """255 where a picture of this height and width shows the frame, but for its border, and 0 elsewhere.

    Where there are sheets in it, only these.
    """
    height_px, width_px = shape
    border = np.array([[1, 1], [width_px - 2, 1], [width_px - 2, height_px - 2], [1, height_px - 2]], float)
    inside = _filled(frame, [border])
    return inside & _filled(frame, list(map(_inwards, sheets))) if sheets else inside


def _filled(frame: Frame, areas: Sequence[NDArray[np.float64]]) -> Bytes:
    """255 in areas of the picture, each between its corners (n, 2), and 0 elsewhere."""
    filled = np.zeros((frame.height_px, frame.width_px), np.uint8)
    for corners in areas:
        there = through(np.linalg.inv(frame.to_picture), corners)
        cv2.fillConvexPoly(filled, np.rint(there).astype(np.int32), 255)
    return filled


def _straight(grey: Bytes, outlines: Sequence[Outline]) -> Frame:
    """How the sheet lies: by its four edges, or by those that are seen and by what is straight on it.

    Two sheets are one, together with what lies around them; so is a sheet around which there is writing, too.
    """
    height, width = grey.shape
    alone = len(outlines) == 1 and not is_written_around(grey, outlines[0].corners)
    if alone and outlines[0].seen.all():
        return between_corners(_inwards(outlines[0]))
    lines, leaning = find_straights(grey), LEANING
    if not len(lines.ends):
        lines, leaning = find_baselines(grey), _LEANING_TOLD
    corners = np.array([[0, 0], [width - 1, 0], [width - 1, height - 1], [0, height - 1]], float)
    if alone:
        corners = _inwards(outlines[0])
        lines = lines.within(corners)
    for outline in outlines:
        lines = lines.joined(Lines(outline.sides(), _DOWN, np.full(4, _EDGE)).chosen(outline.seen))
    laid = along_lines(lines, corners, height, width, leaning)
    own = np.array([[0, 0], [laid.width_px, 0], [laid.width_px, laid.height_px], [0, laid.height_px]], float)
    moved = np.abs(through(laid.to_picture, own) - corners).max()
    as_it_is = not outlines and moved < _MOVED * max(width, height)
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
