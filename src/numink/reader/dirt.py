"""What is dark on a sheet and no writing: specks, punch holes, edges of the sheet and of shadows."""

import cv2
import numpy as np

from numink.data.digits import Bytes
from numink.reader.size import stroke_width

Box = tuple[int, int, int, int]
"""x, y, width, height in pixels."""


_SPECK = 0.3  # of a stroke's width: a point of the pen is as wide as its strokes
_RESTS = 0.75  # of its pixels lie where a line was


def without_dirt(coverage: Bytes, near: Bytes) -> tuple[Bytes, list[tuple[str, Box]]]:
    """The coverage without what is no writing, and what that was.

    coverage: uint8 (h, w). near: uint8 (h, w), how wide the lines are that were taken out around there.
    """
    mask = (coverage > 40).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    if count < 2:
        return np.zeros_like(coverage), []
    width, height, area = stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT], stats[:, cv2.CC_STAT_AREA]
    stroke_px = stroke_width(coverage)
    speck = area < max(1.5, _SPECK * stroke_px**2)
    ys, xs = np.nonzero(mask & (near > 0))
    piece = labels[ys, xs]
    line_px = np.zeros(count)
    np.maximum.at(line_px, piece, near[ys, xs])
    rest = np.bincount(piece, minlength=count) >= _RESTS * area
    rest &= np.minimum(width, height) <= 1.2 * line_px + 1
    kinds = {"speck": speck & ~rest, "rest of a line": rest}
    gone = speck | rest
    gone[0] = False
    kept = ~gone
    kept[0] = False
    removed = [
        (kind, (int(stats[n, 0]), int(stats[n, 1]), int(stats[n, 2]), int(stats[n, 3])))
        for kind, those in kinds.items()
        for n in np.flatnonzero(those & gone)
    ]
    around = cv2.dilate(kept[labels].astype(np.uint8), np.ones((3, 3), np.uint8))
    return coverage * around, removed
