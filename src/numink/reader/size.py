"""How large writing is: the height of digits and the width of strokes, which all else is measured by."""

import cv2
import numpy as np

from numink.data.digits import Bytes

_ENOUGH = 1_000_000  # pixels that sizes are estimated on
_TALLEST = 0.12  # of the sheet's longer side: what runs on for longer is a line, as a rule
_TALLEST_PX = 150  # but on small pictures a digit may be as high


def digit_height(dark: Bytes, least: float) -> float:
    """About how high digits are, in pixels: the height of what half of the ink belongs to.

    dark: uint8 (h, w). Only the darker ink counts, and long straight lines do not.
    """
    step = max(1, round((dark.size / _ENOUGH) ** 0.5))
    small = cv2.dilate(dark, np.ones((step, step), np.uint8), anchor=(0, 0))[::step, ::step]
    inked = small[small > least]
    if not len(inked):
        return float(dark.shape[0])
    mask = (small > max(least, 0.45 * float(np.quantile(inked, 0.9)))).astype(np.uint8)
    side = max(small.shape)
    longest = round(max(_TALLEST * side, min(0.9 * side, _TALLEST_PX)))
    lines = np.zeros_like(mask)
    for size in ((1, longest), (longest, 1)):
        lines |= cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones(size, np.uint8))
    count, _, stats, _ = cv2.connectedComponentsWithStats(mask & ~lines, connectivity=8)
    height, area = stats[1:, cv2.CC_STAT_HEIGHT], stats[1:, cv2.CC_STAT_AREA]
    wide = stats[1:, cv2.CC_STAT_WIDTH] > 4 * height
    height, area = height[~wide], area[~wide]
    if not len(height):
        return float(dark.shape[0])
    order = np.argsort(height)
    below = np.cumsum(area[order])
    return float(height[order][np.searchsorted(below, below[-1] / 2)] * step)


def stroke_width(coverage: Bytes) -> float:
    """How wide strokes are, in pixels: twice the distance from their middles to paper, where most of the ink is."""
    inside = (coverage >= 128).astype(np.uint8)
    distance = cv2.distanceTransform(cv2.copyMakeBorder(inside, 1, 1, 1, 1, cv2.BORDER_CONSTANT), cv2.DIST_L2, 3)
    ridge = distance[(distance > 0) & (distance >= cv2.dilate(distance, np.ones((3, 3), np.uint8)))]
    if not len(ridge):
        return 1.0
    order = np.sort(ridge)
    return float(2 * order[np.searchsorted(np.cumsum(order), order.sum() / 2)])
