"""One candidate's ink to the 28 x 28 that networks see, its strokes as wide as those of the digits they learnt from."""

import cv2
import numpy as np

from numink.data.digits import Bytes
from numink.data.normalise import BOX_PX, normalise

THINNEST, WIDEST = 1.3, 4.7
"""The width of strokes, in pixels of 28 x 28, that is left as it is: 98 % of MNIST's are within."""
THIN, WIDE = 1.9, 4.0
"""What thinner and wider strokes are brought to."""
LARGE_PX = 160
"""What is larger is shrunk to this before anything else: that is fine enough, and takes less time."""
_FINE = 4  # pixels of the copy that strokes are mended in, for one of 28 x 28


def to_image(coverage: Bytes) -> Bytes:
    """Ink as `numink.data.normalise` takes it, uint8 (height, width), to uint8 (28, 28).

    A hairline in a large photograph would be grey and torn when reduced, a marker's small digit filled: strokes that
    would be thinner than THINNEST or wider than WIDEST are brought to THIN or WIDE first.
    """
    if max(coverage.shape) > LARGE_PX:
        shrink = LARGE_PX / max(coverage.shape)
        size = tuple(max(1, round(side * shrink)) for side in coverage.shape[::-1])
        coverage = cv2.resize(coverage, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    width = stroke_width(coverage)
    if THINNEST <= width <= WIDEST or width == 0:
        return normalise(coverage)
    scale = _FINE * BOX_PX / max(coverage.shape)
    size = tuple(max(1, round(side * scale)) for side in coverage.shape[::-1])
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    wanted = THIN if width < THINNEST else WIDE
    by = round(_FINE * abs(wanted - width)) + 1
    fine = cv2.copyMakeBorder(cv2.resize(coverage, size, interpolation=how), by, by, by, by, cv2.BORDER_CONSTANT)
    round_ = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (by, by))
    mended = cv2.dilate(fine, round_) if wanted > width else cv2.erode(fine, round_)
    most = int(mended.max())
    if most == 0:
        return normalise(coverage)
    return normalise(cv2.convertScaleAbs(mended, alpha=255 / most).astype(np.uint8, copy=False))


def stroke_width(coverage: Bytes) -> float:
    """How wide strokes would be in the 28 x 28, in pixels: twice the ink's area by the length of its outline."""
    inked = (coverage >= max(1, int(coverage.max()) // 2)).astype(np.uint8)
    area = int(np.count_nonzero(inked))
    if area == 0:
        return 0.0
    outlines, _ = cv2.findContours(inked, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    length = sum(cv2.arcLength(outline, True) for outline in outlines)
    _, _, *size = cv2.boundingRect(inked)
    return float(2 * area / max(length, 1.0) * BOX_PX / max(size))
