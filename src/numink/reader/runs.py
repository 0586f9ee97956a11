"""Straight level pieces in a mask of ink, and which of them lie on one line.

Only level ones: upright ones are the level ones of the sheet turned over its diagonal.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from numink.data.digits import Bytes

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

BLOCK_PX = 8
"""Lines are followed in steps of so many pixels."""

_STEEPEST = 0.07  # of lines on a straightened sheet, against its edges
_ALIKE = 0.55  # of a line's darkness is the next piece's at least, or the other way round
_MOST = 3000  # pieces; a sheet with more has a pattern rather than lines, and the longest are enough


@dataclass(frozen=True, eq=False)
class Runs:
    """Pieces of level lines, each one entry of every array.

    start, stop: where it begins and ends, x in pixels. middle: y in the middle between the two. slope: dy/dx.
    width_px: its mean thickness. dark: its mean darkness. sums: (pieces, blocks), the sum of y over its pixels in each
    block of BLOCK_PX columns, and counts, how many these are.
    """

    start: Floats
    stop: Floats
    middle: Floats
    slope: Floats
    width_px: Floats
    dark: Floats
    sums: Floats
    counts: Floats

    def __len__(self) -> int:
        return len(self.start)

    @property
    def length(self) -> Floats:
        """How long each piece is, in pixels."""
        return self.stop - self.start

    def y(self, x: Floats) -> Floats:
        """The height of each piece's line at x (one x a piece, or broadcast against that)."""
        return self.middle + self.slope * (x - (self.start + self.stop) / 2)


def ridges(dark: Bytes, least: float, widest_px: int) -> Bytes:
    """Where it is darker than above and below, by `least` levels: what is level, and at most `widest_px` thick.

    Strokes that cross a line leave no gap in it that is wider than a line.
    """
    broad = cv2.morphologyEx(dark, cv2.MORPH_OPEN, np.ones((widest_px + 1, 1), np.uint8))
    thin = (cv2.subtract(dark, broad) > least).view(np.uint8)
    whole = cv2.morphologyEx(thin, cv2.MORPH_CLOSE, np.ones((1, widest_px), np.uint8))
    return np.where(dark > least, whole, 0).astype(np.uint8)


def find_runs(mask: Bytes, dark: Bytes, least_px: int, widest_px: float) -> Runs:
    """The level pieces of a mask, uint8 (h, w) of 0 and 1, at least `least_px` long and at most `widest_px` thick."""
    bold = cv2.dilate(mask, np.ones((3, 1), np.uint8))  # a slanting line goes on in the next row
    runs = cv2.morphologyEx(bold, cv2.MORPH_OPEN, np.ones((1, least_px), np.uint8))
    runs = np.where(mask, runs, 0).astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(runs, connectivity=8, ltype=cv2.CV_32S)
    length, area = stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_AREA]
    kept = (length >= 0.8 * least_px) & (area <= widest_px * length)
    kept[0] = False
    if kept.sum() > _MOST:
        kept &= length >= np.sort(length[kept])[-_MOST]
    number = np.cumsum(kept) - 1
    ys, xs = np.nonzero(runs)
    piece = labels[ys, xs]
    inside = kept[piece]
    ys, xs, piece = ys[inside], xs[inside], number[piece[inside]]
    start = stats[kept, cv2.CC_STAT_LEFT].astype(float)
    length, area = length[kept].astype(float), area[kept].astype(float)
    n, blocks = len(start), -(-mask.shape[1] // BLOCK_PX)

    def sums(weights: NDArray[np.generic]) -> Floats:
        return np.bincount(piece, weights, minlength=n).astype(float)

    x = xs - (start + length / 2)[piece]
    mean_x, mean_y = sums(x) / area, sums(ys) / area
    slope = (sums(x * ys) / area - mean_x * mean_y) / np.maximum(sums(x * x) / area - mean_x**2, 1e-6)
    place = piece * blocks + xs // BLOCK_PX
    return Runs(
        start,
        start + length,
        mean_y - slope * mean_x,
        slope,
        (area / length).astype(float),
        sums(dark[ys, xs]) / area,
        np.bincount(place, ys, minlength=n * blocks).reshape(n, blocks).astype(float),
        np.bincount(place, minlength=n * blocks).reshape(n, blocks).astype(float),
    )


def common_slope(runs: Runs, digit_px: float) -> float:
    """The slope of the sheet's level lines: what most of the length has in common."""
    long = runs.length > digit_px
    if not long.any():
        return 0.0
    order = np.argsort(runs.slope[long])
    length = np.cumsum(runs.length[long][order])
    return float(np.clip(runs.slope[long][order][np.searchsorted(length, length[-1] / 2)], -_STEEPEST, _STEEPEST))


def chains(runs: Runs, digit_px: float) -> NDArray[np.intp]:
    """For each piece the number of the line that it lies on: pieces that follow each other in one direction share it.

    A short piece's own slope says little; it takes that of the sheet.
    """
    common = common_slope(runs, digit_px)
    slope = np.where(runs.length > 3 * digit_px, runs.slope, common)
    centre = (runs.start + runs.stop) / 2
    height = (runs.middle - common * centre) / (4 + 2 * np.median(runs.width_px)) if len(runs) else centre
    follower, nearest = np.full(len(runs), -1), np.full(len(runs), np.inf)
    for shift in (0.0, 0.5):  # neighbours in height, in strips that overlap
        strip = np.floor(height + shift)
        order = np.lexsort((centre, strip))
        for step in (1, 2, 3, 4):
            i, j = order[:-step], order[step:]
            i, j = i[strip[i] == strip[j]], j[strip[i] == strip[j]]
            gap = runs.start[j] - runs.stop[i]
            between = (runs.start[j] + runs.stop[i]) / 2
            apart = np.abs(
                runs.middle[i] + slope[i] * (between - centre[i]) - runs.middle[j] - slope[j] * (between - centre[j])
            )
            shorter = np.minimum(runs.length[i], runs.length[j])
            good = apart <= 1 + (runs.width_px[i] + runs.width_px[j]) / 4 + 0.004 * np.abs(gap)
            good &= np.minimum(runs.dark[i], runs.dark[j]) > _ALIKE * np.maximum(runs.dark[i], runs.dark[j])
            good &= (gap > -0.5 * shorter) & (gap < np.maximum(2 * shorter, digit_px)) & (gap < nearest[i])
            nearest[i[good]], follower[i[good]] = gap[good], j[good]
    line = np.arange(len(runs))
    for i in np.argsort(centre, kind="stable"):
        if follower[i] >= 0:
            line[line == line[follower[i]]] = line[i]
    return np.unique(line, return_inverse=True)[1]
