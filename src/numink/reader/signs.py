"""Signs and decimal marks: small ink beside digits, told by its size and its place relative to them."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from numink.data.digits import Bytes
from numink.reader.results import Box
from numink.reader.shapes import INKED, Shape


def is_before(shape: Shape, digit: Box) -> bool:
    """Whether a shape stands left of a digit and half way up, as its sign would."""
    x, y, width, height = digit
    return (
        shape.right < x + max(0.2 * width, 0.12 * height) and 0.2 <= (shape.y + shape.height / 2 - y) / height <= 0.95
    )


def is_minus(shape: Shape, height_px: float, stroke_px: float) -> bool:
    """A short stroke, level or nearly so."""
    long = 0.13 * height_px <= shape.width <= LONGEST_MINUS * height_px
    thick_px = np.count_nonzero(shape.coverage >= INKED) / np.hypot(shape.width, shape.height)
    thin = thick_px <= max(0.5 * shape.width, 1.6 * stroke_px)
    return long and shape.width > 1.3 * shape.height and bool(thin)


LONGEST_MINUS = 1.25
"""Heights of a digit."""


def is_plus(shape: Shape, height_px: float, slant: float) -> bool:
    """Two bars that cross near their middles, and little ink in the corners between them.

    slant: how far writing leans to the right, in heights.
    """
    if not (0.3 <= shape.height / height_px <= 0.8 and 0.3 <= shape.width / height_px <= 1.1):
        return False
    ink = upright(shape.coverage, slant) >= INKED
    ink = ink[:, np.flatnonzero(ink.any(axis=0))]
    if not 0.5 <= ink.shape[1] / ink.shape[0] <= 2.0:
        return False
    level, along = _bar(ink)
    stands, along_that = _bar(ink.T)
    beside = ink & ~along & ~along_that.T
    return level and stands and bool(beside.sum() < 0.14 * ink.sum()) and not _has_hole(ink)


def _has_hole(ink: NDArray[np.bool_]) -> bool:
    """Whether ink goes all the way round some paper, as in a 4."""
    _, contours = cv2.findContours(ink.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    return contours is not None and bool((contours[0, :, 3] >= 0).any())


def _bar(ink: NDArray[np.bool_]) -> tuple[bool, NDArray[np.bool_]]:
    """Whether a level bar runs across the middle of all the ink, and the part of the ink that lies along it."""
    half = max(1, round(0.14 * max(ink.shape)))
    sums = np.convolve(ink.mean(axis=1), np.ones(2 * half + 1))[half : half + len(ink)]
    row = int(np.argmax(sums))
    band = np.zeros_like(ink)
    band[max(0, row - half) : row + half + 1] = True
    return 0.25 < row / len(ink) < 0.75 and bool((ink & band).any(axis=0).mean() > 0.9), band


def upright(coverage: Bytes, slant: float) -> Bytes:
    """Ink whose strokes lean to the right by `slant` heights, sheared until they do not."""
    height, width = coverage.shape
    margin = int(np.ceil(abs(slant) * height / 2))
    shear = np.array([[1, slant, margin - slant * (height - 1) / 2], [0, 1, 0]])
    return cv2.warpAffine(coverage, shear, (width + 2 * margin, height)).astype(np.uint8, copy=False)


def is_mark(shape: Shape, before: Shape, after: Shape, height_px: float) -> bool:
    """Whether it is a decimal mark between two digits: small, on their base line, and between their feet.

    A speck below a digit, such as the end of a broken 1, is none.
    """
    base = (before.bottom + after.bottom) / 2
    top, bottom = (shape.y - base) / height_px, (shape.bottom - base) / height_px
    small = max(shape.width, shape.height) <= 0.55 * height_px
    middle = shape.x + shape.width / 2
    between = _foot(before)[1] - 0.05 * height_px < middle < _foot(after)[0] + 0.1 * height_px
    flat = shape.width > max(2.2 * shape.height, 0.2 * height_px)
    return small and between and not flat and top > -0.5 and -0.35 < bottom < 0.55


def _foot(digit: Shape) -> tuple[int, int]:
    """Where the lowest third of a digit's ink begins and ends, from left to right."""
    columns = np.flatnonzero((digit.coverage[-max(1, digit.height // 3) :] >= INKED).any(axis=0))
    return digit.x + int(columns[0]), digit.x + int(columns[-1]) + 1


def comma_logit(shape: Shape, before: Shape, after: Shape, height_px: float, stroke_px: float) -> float:
    """How much a decimal mark by itself looks like a comma: the logarithm of the odds.

    Commas are longer than points, narrow, reach below the base line, and lean to the right on their way up. Fitted to
    the marks of a hundred pages of `numink.data.strokes`.
    """
    length, width = (shape.height - stroke_px) / height_px, (shape.width - stroke_px) / height_px
    below = (shape.bottom - (before.bottom + after.bottom) / 2) / height_px
    moments = cv2.moments(shape.coverage)
    spread = float(np.sqrt(moments["mu20"] * moments["mu02"]))
    lean = -moments["mu11"] / spread if spread > 0 else 0.0
    return 26 * length + 7 * below + 6.5 * lean - 20 * width - 2.8


def comma_chances(logits: Sequence[float]) -> list[float]:
    """How likely each decimal mark of a page is a comma and no point, 0 to 1, by all marks of the page.

    People write one kind of mark on one page: what is in between is most likely what the others are. But a mark that
    is plainly another kind, as in 1,250.00, is that.
    """
    own = np.array(logits, float)
    others = own.sum() - own
    together = own + np.clip(0.5 * others, -MOST_BY_OTHERS, MOST_BY_OTHERS)
    return [float(chance) for chance in 1 / (1 + np.exp(-together.clip(-30, 30)))]


MOST_BY_OTHERS = 3.0
