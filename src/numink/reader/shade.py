"""What is dark and wider than strokes: sharp shadows, a hand's or a telephone's, and things that lie on the sheet.

A closing (a dilation, then an erosion; Serra 1982) fills strokes with the brightness around them, and leaves what is
wider as it is, edges and all: so it is the paper's brightness right up to the edge of a shadow.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from numink.data.digits import Bytes
from numink.reader.shrink import resized, shrunk

Levels = NDArray[np.float32]

_WORKED_ON_PX = 800
"""The sheet's longer side while shades are looked for."""
_WIDER = 4.5  # times the width of strokes
_LIGHTEST = 0.92  # of the paper's brightness: a shade
_DARKEST = 0.3  # of it: darker than shadows are ink, or things
_INK = 0.4  # of the darkest ink: as dark are strokes
_FAINTEST = 20.0  # levels of 255 below paper, at least
_LONG, _THING = 0.08, 0.2  # of the longer side: no digit's stroke is as wide and as long


def shades(grey: Bytes, paper: Bytes) -> Levels | None:
    """How bright paper is in its shades, as a part of that around them, on a smaller copy; None where there are none.

    grey: the sheet. paper: its paper's brightness, on a smaller copy or as large.
    """
    small, _ = shrunk(grey, _WORKED_ON_PX)
    level = resized(paper, small.shape)
    size = round(_WIDER * _stroke_width(255 - np.asarray(cv2.divide(small, level, scale=255), np.uint8))) | 1
    square = np.ones((size, size), np.uint8)
    closed = cv2.morphologyEx(cv2.blur(small, (3, 3)), cv2.MORPH_CLOSE, square)
    part = np.asarray(cv2.divide(closed, level, scale=1, dtype=cv2.CV_32F), np.float32)
    part /= max(float(np.median(part)), 1e-6)  # a closing is as bright as the brightest grain
    shade = _large(part < _LIGHTEST, part > _DARKEST)
    if not shade.any():
        return None
    return np.where(cv2.dilate(shade, square) > 0, np.clip(part, 0, 1), 1).astype(np.float32)


def _large(dark: NDArray[np.bool_], light: NDArray[np.bool_]) -> Bytes:
    """1 where shades are: pieces of what is dark that are long or come from the border; as dark as ink, very long."""
    shade = np.zeros(dark.shape, np.uint8)
    height, width = dark.shape
    for mask, least in ((dark & light, _LONG), (dark & ~light, _THING)):
        _, pieces, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
        left, top, wide, high = stats[:, : cv2.CC_STAT_AREA].T
        at_border = (left == 0) | (top == 0) | (left + wide == width) | (top + high == height)
        large = (np.maximum(wide, high) >= least * max(height, width)) | at_border
        large[0] = False
        shade |= large[pieces].astype(np.uint8)
    return shade


def _stroke_width(dark: Bytes) -> float:
    """How wide most strokes are, in pixels: twice the usual distance from their middles to paper."""
    mask = (dark > max(_FAINTEST, _INK * float(np.quantile(dark[::2, ::2], 0.99)))).view(np.uint8)
    distance = np.asarray(cv2.distanceTransform(mask, cv2.DIST_L2, 3), np.float32)
    ridge = distance[(distance > 0) & (distance >= cv2.dilate(distance, np.ones((3, 3), np.uint8)))]
    return 2 * float(np.median(ridge)) if len(ridge) else 2.0
