"""What small collections do to a digit: it is cut out, stored in few pixels, and made large again by `normalise`.

All steps are linear along rows and columns, but for a threshold in the middle. So for each image a digit's way is four
small matrices: rows down, columns down, rows up, columns up.
"""

from functools import cache
from math import pi

import numpy as np
from numpy.typing import NDArray

from numink.data.digits import SIDE_PX
from numink.data.normalise import BOX_PX, FAINT

Floats = NDArray[np.float32]

SHARE = 1 / 3
"""Of the images that are changed at all: who learns from coarse ones alone forgets what fine ones look like."""
STRETCHED, TWO_LEVELS, SMOOTH = 0.5, 0.5, 0.7
WIDEST = 2.5
"""So many times wider, at most, a digit becomes where it is made to fill a square: a 1 shall not become a blot."""
BLUR = 0.35
"""The deviation, in cells, of what smooths an image of few pixels."""
STEPS = 32
"""In how many steps to a cell the smooth interpolation is known."""
HALO = 0.4
"""How many cells farther its ink is seen then, on each side."""


def reduce(images: Floats, rng: np.random.Generator, side_px: float) -> Floats:
    """A third of the images as a collection of `side_px` or more, up to the image's own side, would hold them.

    images: float32 (n, side, side), 0 = paper to 255 = ink, written into. The digit's box is averaged into cells, of
    which the longer side has a random number, few being as likely as many; half of them are stretched to fill a square
    more or less, half of them end in ink or paper alone. Then they are scaled and centred as `normalise` does it; most
    are made smooth before, as a reader does with pictures of few pixels.
    """
    chosen = np.flatnonzero(rng.random(len(images), np.float32) < SHARE)
    digits, count, whole_px = images[chosen], len(chosen), images.shape[1]
    starts, lengths = _boxes(digits)
    longer = lengths.max(axis=0)
    cells = np.float32(side_px) * (whole_px / np.float32(side_px)) ** rng.random(count, np.float32)
    stretch = np.where(rng.random(count) < STRETCHED, rng.random(count), 0)
    ratios = np.minimum((lengths / longer) ** (1 - stretch), WIDEST * lengths / longer)
    numbers = np.maximum(np.rint(cells * ratios), 1)

    rows, columns = (_down(*one, whole_px) for one in zip(starts, lengths, numbers, strict=True))
    small = rows @ digits @ columns.transpose(0, 2, 1)
    most = small.max(axis=(1, 2), keepdims=True)
    inked = np.where(small > most * rng.uniform(0.3, 0.6, (count, 1, 1)), most, 0)
    small = np.where(rng.random((count, 1, 1)) < TWO_LEVELS, inked, small).astype(np.float32)

    starts, lengths = _boxes(small)
    smooth = rng.random(count) < SMOOTH
    starts, lengths = starts - HALO * smooth, lengths + 2 * HALO * smooth
    box_px = whole_px * BOX_PX // SIDE_PX
    sizes = np.maximum(np.rint(box_px * lengths / lengths.max(axis=0)), 1)
    profiles = small.sum(axis=2), small.sum(axis=1)
    rows, columns = (_up(*one, smooth, whole_px) for one in zip(profiles, starts, lengths, sizes, strict=True))
    images[chosen] = rows @ small @ columns.transpose(0, 2, 1)
    return images


def _boxes(images: NDArray[np.floating]) -> tuple[Floats, Floats]:
    """Where the ink of each image begins, and how long it is: (2, n) each, rows first; all of an empty image."""
    inked = images > images.max(axis=(1, 2), keepdims=True) / FAINT
    sides = np.stack([inked.any(axis=2), inked.any(axis=1)])
    starts = sides.argmax(axis=2)
    lengths = sides.shape[2] - sides[..., ::-1].argmax(axis=2) - starts
    return starts.astype(np.float32), lengths.astype(np.float32)


def _down(start: Floats, length: Floats, number: Floats, whole_px: int) -> Floats:
    """The matrices (n, whole_px, whole_px) that average `length` pixels from `start` on into `number` cells."""
    cell_px, first, edges = (length / number)[:, None, None], start[:, None, None], np.arange(whole_px + 1)
    cells = edges[:-1, None]
    left = first + cells * cell_px
    covered = np.minimum(left + cell_px, edges[1:]) - np.maximum(left, edges[:-1])
    matrices: Floats = (np.maximum(covered, 0) * (cells < number[:, None, None]) / cell_px).astype(np.float32)
    return matrices


def _up(
    profile: Floats, start: Floats, length: Floats, size_px: Floats, smooth: NDArray[np.bool_], whole_px: int
) -> Floats:
    """The matrices (n, whole_px, whole_px) that scale `length` cells from `start` on to `size_px` pixels.

    Between cells as Pillow's Hamming filter does it, or by `_smoothly`. The pixels lie where their centre of mass comes
    to the middle, but within the border; `profile` (n, whole_px) is the ink of each cell.
    """
    cells = np.arange(whole_px, dtype=np.float32)
    scale = size_px / length
    mass = np.maximum(profile.sum(axis=1), np.float32(1e-6))
    centre = ((profile @ (cells + 0.5)) / mass - start) * scale
    first = np.clip(whole_px // 2 - np.floor(centre), 0, whole_px - size_px)
    place = cells[:, None] + 0.5 - first[:, None, None]
    at = place / scale[:, None, None] + start[:, None, None]
    fine = np.minimum(scale, 1)[:, None, None]
    away = np.abs((cells + 0.5 - at) * fine).astype(np.float32)
    sharp = np.sinc(away) * (0.54 + 0.46 * np.cos(np.float32(pi) * away)) * (away < 1)
    sharp *= (cells >= start[:, None, None]) & (cells < (start + length)[:, None, None])
    total = sharp.sum(axis=2, keepdims=True)
    sharp /= np.where(total == 0, 1, total)
    weights = _smoothly()
    soft = fine * weights.take(np.rint(away * STEPS).astype(np.intp), mode="clip")
    matrices: Floats = np.where(smooth[:, None, None], soft, sharp).astype(np.float32)
    matrices *= (place > 0) & (place < size_px[:, None, None])
    return matrices


@cache
def _smoothly() -> Floats:
    """By how much a cell counts at 0, 1, ... steps' distance: cubic interpolation (Keys 1981, a = -0.75) and a blur."""
    reach = np.arange(-4 * STEPS, 4 * STEPS + 1) / STEPS
    near, a = np.abs(reach), -0.75
    cubic = np.where(
        near <= 1,
        (a + 2) * near**3 - (a + 3) * near**2 + 1,
        np.where(near < 2, a * (near**3 - 5 * near**2 + 8 * near - 4), 0),
    )
    blur = np.exp(-0.5 * (reach / BLUR) ** 2)
    weights = np.convolve(cubic, blur / blur.sum(), "same")
    return weights[reach >= 0].astype(np.float32)
