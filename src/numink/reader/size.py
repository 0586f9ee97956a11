"""How large writing is: the height of digits and the width of strokes, which all else is measured by."""

import cv2
import numpy as np
from numpy.typing import NDArray

from numink.data.digits import Bytes

_ENOUGH = 1_000_000  # pixels that sizes are estimated on
_TALLEST = 0.12  # of the sheet's longer side: what runs on for longer is a line, as a rule
_THICKEST_PX = 13  # of such lines
_REST, _REST_PX = 0.2, 6  # of the sheet's longer side, and pixels: no digit is as low
_TALLEST_PX = 150  # but on small pictures a digit may be as high


def digit_height(dark: Bytes, least: float) -> float:
    """About how high digits are, in pixels: the height of what half of the ink belongs to.

    dark: uint8 (h, w). Only the darker ink counts, and long straight lines do not.
    """
    step = max(1, round((dark.size / _ENOUGH) ** 0.5))
    small = reduced(dark, step)
    darkest = float(small.max(initial=0))
    if darkest <= least:
        return float(dark.shape[0])
    usual = float(np.quantile(small, 0.998))
    mask = (small > max(least, 0.3 * darkest, 0.4 * usual)).view(np.uint8)
    side = max(small.shape)
    longest = round(max(_TALLEST * side, min(0.9 * side, _TALLEST_PX)))
    lines = np.zeros_like(mask)
    for along, across in (((1, longest), (5, 1)), ((longest, 1), (1, 5))):
        bold = cv2.dilate(mask, np.ones(across, np.uint8))  # a slanting line goes on in the next row
        lines |= np.asarray(cv2.morphologyEx(bold, cv2.MORPH_OPEN, np.ones(along, np.uint8)), np.uint8)
    rest = cv2.morphologyEx(mask & ~lines, cv2.MORPH_CLOSE, np.ones((_THICKEST_PX, _THICKEST_PX), np.uint8))
    rest = np.where(mask, rest, 0).astype(np.uint8)  # strokes go on where lines crossed them
    _, _, stats, _ = cv2.connectedComponentsWithStats(rest, connectivity=8)
    height, area = stats[1:, cv2.CC_STAT_HEIGHT], stats[1:, cv2.CC_STAT_AREA]
    wide = stats[1:, cv2.CC_STAT_WIDTH] > 4 * height
    rests = height * step < min(_REST_PX, _REST * side * step)  # where lines crossed
    height, area = height[~wide & ~rests], area[~wide & ~rests]
    if not len(height):
        return float(dark.shape[0])
    order = np.argsort(height)
    below = np.cumsum(area[order])
    return float(height[order][np.searchsorted(below, below[-1] / 2)] * step)


def stroke_width(coverage: Bytes) -> float:
    """How wide strokes are, in pixels: twice the distance from their middles to paper, where most of the ink is."""
    stripes = max(1, coverage.size // _ENOUGH)  # of a large sheet some stripes are enough
    rows = np.linspace(0, len(coverage), 8 * stripes + 1 if stripes > 1 else 2).astype(int)
    inside = [
        (coverage[top:bottom] >= 128).astype(np.uint8) for top, bottom in zip(rows[::2], rows[1::2], strict=False)
    ]
    ridges = [_ridge(part) for part in inside if part.any() and not part.all()]
    ridge = np.sort(np.concatenate(ridges)) if ridges else np.zeros(0)
    if not len(ridge):
        return 1.0
    return float(2 * ridge[np.searchsorted(np.cumsum(ridge), ridge.sum() / 2)])


def _ridge(inside: Bytes) -> NDArray[np.float32]:
    """The distances to paper along the middles of strokes, in a mask of 0 and 1."""
    distance = np.asarray(cv2.distanceTransform(inside, cv2.DIST_L2, 3), np.float32)
    return distance[(distance > 0) & (distance >= cv2.dilate(distance, np.ones((3, 3), np.uint8)))]


def reduced(image: Bytes, step: int) -> Bytes:
    """The largest of each step x step pixels: uint8 (ceil(h / step), ceil(w / step)); nothing thin is lost."""
    if step == 1:
        return image
    return np.ascontiguousarray(cv2.dilate(image, np.ones((step, step), np.uint8), anchor=(0, 0))[::step, ::step])
