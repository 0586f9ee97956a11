"""Ink from paper by darkness: how noisy the paper is, how dark strokes are at each place, and what lies between."""

from dataclasses import dataclass

import cv2
import numpy as np

from numink.data.digits import Bytes

LEAST = 14
"""Levels of darkness, of 255, below which nothing is ink."""

_CELL_PX = 8
_REACH = 0.25  # of the darkest ink nearby: what is lighter is the edge of a stroke, show-through or a ruling's rest
_SEED = 0.4  # of the darkest ink nearby: a piece of ink is that dark somewhere
_FULL = 0.85  # of the darkest ink nearby: as dark as that is all ink


@dataclass(frozen=True, eq=False)
class Levels:
    """What darkness means on a sheet: noise, the deviation of the paper; from `line` on there may be a printed line,
    from `least` on there may be ink.
    """

    noise: float
    line: float
    least: float


def darkness(grey: Bytes) -> Bytes:
    """uint8 (h, w), 0 = paper to 255 = black, without the finest grain where there are pixels enough."""
    dark = cv2.bitwise_not(cv2.GaussianBlur(grey, (3, 3), 0.6) if min(grey.shape) > 100 else grey)
    return cv2.subtract(dark, min(40, float(np.median(dark[::3, ::3]))))


def levels_of(dark: Bytes) -> Levels:
    """The levels of a sheet."""
    noise = noise_of(dark)
    return Levels(noise, max(0.7 * LEAST, 4 * noise), max(float(LEAST), 5 * noise))


def noise_of(dark: Bytes) -> float:
    """The deviation of the paper's darkness, from pixels four apart: ink and rulings are few beside paper."""
    if min(dark.shape) <= 64:
        return 0.0
    rows = dark[:: max(1, dark.shape[0] // 400)].astype(np.int16)
    steps = np.sort(np.abs(rows[:, 4:] - rows[:, :-4]), axis=None)
    return float(np.mean(steps[: len(steps) // 2])) * 2.2


def coverage_of(dark: Bytes, levels: Levels, digit_px: float) -> Bytes:
    """Ink by its darkness against the darkest around it, uint8 (h, w): 0 = paper to 255, with grey edges.

    A piece of ink is dark enough somewhere; from there it reaches as far as it is darker than paper.
    """
    full = fullest(dark, levels.least, 2 * digit_px)
    weak = cv2.compare(dark, cv2.max(cv2.convertScaleAbs(full, alpha=_REACH), int(levels.least)), cv2.CMP_GT)
    seeds = cv2.compare(dark, cv2.max(cv2.convertScaleAbs(full, alpha=_SEED), int(1.6 * levels.least)), cv2.CMP_GT)
    _, labels = cv2.connectedComponents(weak, connectivity=8)
    seeded = np.zeros(labels.max() + 1, bool)
    seeded[labels[seeds > 0]] = True
    seeded[0] = False
    ink = cv2.dilate(seeded[labels].astype(np.uint8), np.ones((3, 3), np.uint8))  # with its grey edge
    low, high = 0.12 * full.astype(np.float32), _FULL * full.astype(np.float32)
    coverage = (dark - low) * (255 / np.maximum(high - low, 1))
    return np.asarray(coverage.clip(0, 255) * ink).astype(np.uint8)


def fullest(dark: Bytes, least: float, reach_px: float) -> Bytes:
    """How dark ink is around each pixel, within about `reach_px`: uint8 (h, w), at least `least`."""
    height, width = dark.shape
    step = min(_CELL_PX, max(1, min(height, width) // 8))
    cells = cv2.dilate(dark, np.ones((step, step), np.uint8), anchor=(0, 0))[::step, ::step]
    size = max(3, round(2 * reach_px / step) | 1)
    full = cv2.blur(cv2.dilate(cells, np.ones((size, size), np.uint8)), (size, size), borderType=cv2.BORDER_REPLICATE)
    return cv2.resize(cv2.max(full, int(np.ceil(least))), (width, height), interpolation=cv2.INTER_LINEAR)
