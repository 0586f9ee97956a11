"""Ink by its level alone, in pictures of one digit: nothing is taken for a ruling, nothing for paper's grain."""

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from numink.data.digits import Bytes
from numink.data.normalise import BOX_PX, FAINT
from numink.reader.ink import Ink
from numink.reader.results import Box

LEAST_CONTRAST = 24
"""Levels between paper and ink; below, it is noise."""
SQUARE = 0.9
"""Width by height from which a digit may have been stretched."""
FAR_MORE = 1.5
"""The spread of one colour, against that of all, from which it alone is looked at."""
LARGE_PX = 24
"""The shorter side from which a picture may show more than the digit: paper, dust, a line."""
_DRAWN = 100  # levels from which what is seen is drawn, even if its pixels have nothing to do with each other
_ABOVE_NOISE = 4.0  # deviations of noise, between the extremes of means over nine pixels
_FINER = 8
_FITTED_PX, _FITS = 64, 5
_NOISE = 6.0
"""Levels, of 255, that paper strays."""
LEAST_LIKENESS = 0.2
"""The correlation of neighbouring pixels where something is drawn; that of noise is 0."""


def grey_of(image: Bytes) -> Bytes:
    """Levels of light, uint8 (height, width), of an image (height, width) or (height, width, 3).

    One channel instead of all, where it shows far more: yellow on white is nothing but dark in blue.
    """
    if image.ndim == 2:
        return image
    grey: Bytes = np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8)
    spread = image.reshape(-1, 3).std(axis=0)
    most = int(spread.argmax())
    return np.ascontiguousarray(image[..., most]) if spread[most] > FAR_MORE * grey.std() else grey


def flattened(grey: Bytes) -> Bytes:
    """Ink dark on even paper, which is 255: uint8 (height, width), from levels of either polarity.

    The paper's light is a quadratic in x and y that most pixels lie near: no stroke, however broad, is taken for paper.
    """
    small = cv2.resize(grey, (_FITTED_PX, _FITTED_PX), interpolation=cv2.INTER_AREA).astype(np.float64)
    paper = np.full(small.shape, np.median(small))
    inner = _powers(*small.shape)
    for _ in range(_FITS):
        away = np.abs(small - paper)
        near = away <= max(1.5 * float(np.median(away)), _NOISE)
        terms = 1 if near.mean() < 0.5 else 6  # half a picture is no paper to follow
        known = inner[near][:, :terms]
        paper = inner[..., :terms] @ np.linalg.solve(known.T @ known, known.T @ small[near])
    away = small - paper
    light = float((np.maximum(away - _NOISE, 0) ** 2).sum()), float((np.maximum(-away - _NOISE, 0) ** 2).sum())
    whole = cv2.resize(paper.astype(np.float32), grey.shape[::-1], interpolation=cv2.INTER_LINEAR)
    if light[0] > light[1]:
        grey, whole = 255 - grey, 255 - whole
    return (grey * (255 / np.maximum(whole, 1))).clip(0, 255).round().astype(np.uint8)


def _powers(height: int, width: int) -> NDArray[np.float64]:
    """1, x, y, x squared, x y and y squared of each pixel, x and y from -1 to 1: (height, width, 6)."""
    y, x = np.meshgrid(np.linspace(-1, 1, height), np.linspace(-1, 1, width), indexing="ij")
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=-1)


def contrast(grey: Bytes) -> int:
    """The levels between the lightest and the darkest spot, 0 where all is noise."""
    if min(grey.shape) < LARGE_PX:  # too few pixels to tell noise by its size: by its neighbours
        levels = int(np.ptp(grey))
        return 0 if levels < LEAST_CONTRAST or (levels < _DRAWN and _likeness(grey) < LEAST_LIKENESS) else levels
    fine = cv2.blur(grey, (3, 3)).astype(np.float32)
    light = cv2.GaussianBlur(fine, (0, 0), min(grey.shape) / 6)  # what changes slowly is no contrast
    levels = int(np.ptp(fine - light))
    return 0 if levels < max(LEAST_CONTRAST / 2, _ABOVE_NOISE * _noise(grey)) else levels


def light_on_dark(grey: Bytes) -> Bytes:
    """The levels stretched to 0..255."""
    low, high = int(grey.min()), int(grey.max())
    stretched: Bytes = ((grey.astype(np.float32) - low) * (255 / max(high - low, 1))).round().astype(np.uint8)
    return stretched


def views(coverage: Bytes) -> Iterator[tuple[Bytes, Box]]:
    """Ways to see a digit of few pixels, uint8 (height, width), and its box there; itself where it has enough.

    It is enlarged smoothly, as its strokes were before they were sampled, soft and sharp. One that is as wide as high
    may have been stretched to fill a square: it is made narrower, too.
    """
    x, y, width, height = cv2.boundingRect((coverage > FAINT).astype(np.uint8))
    box, digit = (x, y, width, height), coverage[y : y + height, x : x + width]
    if max(height, width) >= BOX_PX:
        yield digit, box
        return
    size = _FINER * (width + 2), _FINER * (height + 2)
    sharp = cv2.resize(np.pad(digit, 1), size, interpolation=cv2.INTER_CUBIC)
    soft = cv2.GaussianBlur(sharp, (0, 0), 0.35 * _FINER)
    for view in (soft, sharp):
        for breadth in (1.0, 0.62 if width >= SQUARE * height else 0.88):
            narrow = round(size[0] * breadth), size[1]
            yield np.asarray(cv2.resize(view, narrow, interpolation=cv2.INTER_AREA), np.uint8), box


def plain_ink(grey: Bytes) -> Ink:
    """What is dark on a sheet of even light, uint8 (height, width), paper near 255."""
    dark = np.asarray(cv2.GaussianBlur(255 - grey, (3, 3), 0), np.uint8)
    above = dark[dark > max(LEAST_CONTRAST / 2, _ABOVE_NOISE * _noise(grey) / 2)]  # the blur halves the noise
    if not len(above):
        return Ink(np.zeros_like(grey), 1.0)
    full = float(np.quantile(above, 0.8))
    level = full / 2
    mask = (dark > level).astype(np.uint8)
    near = cv2.dilate(mask, np.ones((3, 3), np.uint8))
    coverage = ((dark - 0.6 * level) * (255 / max(full - 0.6 * level, 1))).clip(0, 255).astype(np.uint8)
    return Ink(np.where(near > 0, coverage, 0).astype(np.uint8), 1.0)


def _noise(grey: Bytes) -> float:
    """The standard deviation of noise, by the median of what no plane through neighbours explains (Immerkaer 1996)."""
    mask = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
    return float(np.median(np.abs(cv2.filter2D(grey.astype(np.float32), -1, mask)))) / (6 * 0.6745)


def _likeness(grey: Bytes) -> float:
    """The correlation of each pixel with its neighbour to the right and with the one below."""
    values = grey.astype(np.float64) - grey.mean()
    products = (values[:, 1:] * values[:, :-1]).mean() + (values[1:] * values[:-1]).mean()
    return float(products / (2 * values.var()))
