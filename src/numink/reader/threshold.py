"""Ink from paper by darkness: how noisy the paper is, how dark strokes are at each place, and what lies between."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from numink.data.digits import Bytes
from numink.reader.size import reduced

_LEAST = 14.0  # levels of darkness, of 255, below which nothing is ink
_GREYEST = 40  # levels that paper may be darker than white
_SMALL_PX = 100  # a side below which a picture's noise cannot be told from its strokes
_PARTS = 6  # of a sheet each way, with a noise of their own
_CELL_PX = 8
_PAPER = 0.12  # of the darkest ink nearby: up to there it is paper
_FULL = 0.85  # of the darkest ink nearby: from there on it is all ink
_PALEST = 0.4  # of the darkness of most ink of the sheet: paler ink stays grey


@dataclass(frozen=True, eq=False)
class Levels:
    """What darkness means on a sheet.

    line: from there on it may be a printed line. least: from there on it may be ink. floor: float32 (rows, columns),
    the same in each part of the sheet, for where light was poor paper is noisier.
    """

    line: float
    least: float
    floor: NDArray[np.float32]


def darkness(grey: Bytes) -> Bytes:
    """uint8 (h, w), 0 = paper to 255 = black, without the finest grain where there are pixels enough."""
    dark = cv2.bitwise_not(cv2.GaussianBlur(grey, (3, 3), 0.6) if min(grey.shape) > _SMALL_PX else grey)
    paper = min(_GREYEST, int(np.median(dark[::3, ::3])))
    return np.asarray(cv2.subtract(dark, np.full_like(dark, paper)), np.uint8)


def levels_of(dark: Bytes) -> Levels:
    """The levels of a sheet by the noise of its paper."""
    height, width = dark.shape
    rows, columns = (max(1, min(_PARTS, side // _SMALL_PX)) for side in (height, width))
    noise = np.zeros((rows, columns), np.float32)
    if min(height, width) > _SMALL_PX:
        for row, band in enumerate(np.array_split(dark, rows)):
            for column, part in enumerate(np.array_split(band, columns, axis=1)):
                noise[row, column] = noise_of(part)
    usual = float(np.median(noise))
    floor = np.maximum(_LEAST, 5 * cv2.blur(noise, (3, 3), borderType=cv2.BORDER_REPLICATE))
    return Levels(max(0.7 * _LEAST, 4 * usual), max(_LEAST, 5 * usual), floor)


def noise_of(dark: Bytes) -> float:
    """The deviation of the paper's darkness, from pixels four apart: ink and rulings are few beside paper."""
    some = dark[:: max(1, len(dark) // 100)].astype(np.int16)
    step = float(np.median(np.abs(some[:, 4:] - some[:, :-4])))
    cut_off = (some == 0).mean() > 0.3  # of noise around white only the darker half is left
    return step / (0.4 if cut_off else 0.95)  # the median step of normal noise of deviation 1


def coverage_of(dark: Bytes, levels: Levels, digit_px: float) -> Bytes:
    """Ink by its darkness against the darkest around it, uint8 (h, w): 0 = paper to 255, with grey edges.

    So a pencil's stroke becomes as black as a felt pen's; but what is less dark than four times the least stays grey.
    """
    palest = np.float32(_PALEST / 4 * usual_darkness(dark, levels.least))
    full = fullest(dark, np.maximum(levels.floor, palest), 2 * digit_px)
    above = cv2.subtract(dark, cv2.convertScaleAbs(full, alpha=_PAPER))
    return np.asarray(cv2.divide(above, full, scale=255 / (_FULL - _PAPER)), np.uint8)


def usual_darkness(dark: Bytes, least: float) -> float:
    """The darkness that half of the ink has, dark ink counting more; 0 where nothing is darker than `least`."""
    level = np.arange(256.0)
    weight = np.cumsum(np.bincount(dark[::2, ::2].ravel(), minlength=256) * level**2 * (level > least))
    return float(np.searchsorted(weight, weight[-1] / 2)) if weight[-1] else 0.0


def fullest(dark: Bytes, floor: NDArray[np.float32], reach_px: float) -> Bytes:
    """How dark ink is around each pixel, within about `reach_px`: uint8 (h, w), at least four times the floor."""
    height, width = dark.shape
    step = min(_CELL_PX, max(1, min(height, width) // 8))
    size = max(3, round(2 * reach_px / step) | 1)
    small = reduced(dark, step)
    high, wide = (min(size, 2 * length + 1) for length in small.shape)  # a strip needs no square around it
    cells = cv2.dilate(small, np.ones((high, wide), np.uint8))
    cells = cv2.blur(cells, (wide, high), borderType=cv2.BORDER_REPLICATE)
    least = cv2.resize(4 * floor, cells.shape[::-1], interpolation=cv2.INTER_LINEAR)
    full = cv2.max(cells, least.clip(0, 255).astype(np.uint8))
    return np.asarray(cv2.resize(full, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)
