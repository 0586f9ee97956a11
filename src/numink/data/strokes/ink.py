"""From the pen's way to ink on paper.

The pen's tip is a Gaussian, and a line is the sum of its tips along the way. A Gaussian is separable, so this sum is a
matrix product: for a way of K points, ink (height, width) = Gy (height, K) @ Gx (K, width). Across a straight line the
sum is exp(-d^2 / 2 s^2), so where it is above one half, within 1.18 s of the way, lies ink: a line of definite width.
"""

import numpy as np

from numink.data.strokes.curves import Floats
from numink.data.strokes.paths import Paths

HALF = np.float32(np.sqrt(2 * np.log(2)))  # 1.18: half the line's width over the tip's deviation
THINNEST_PX = 1.0  # a line that is thinner is drawn as wide as this, and paler


def lay(paths: Paths, scale: Floats, left: Floats, top: Floats, size_px: tuple[int, int], nib: Floats) -> Floats:
    """The ink of several digits before it meets the paper: float32 (n, height, width), 0.5 at the edges of lines.

    scale (n, 1): pixels in a height. left, top (n, 1): the place of the canvas' upper left corner, in heights.
    size_px: its height and width. nib (n, 1): how much wider than high the pen's tip is.
    """
    height_px, width_px = size_px
    x, y = (paths.x - left) * scale, (paths.y - top) * scale
    deviation = np.maximum(paths.width * scale, THINNEST_PX) / (2 * HALF)
    across, along = deviation * (1 + nib), deviation * (1 - nib)
    tips = np.hypot(np.diff(x) / across[:, 1:], np.diff(y) / along[:, 1:]) * paths.joined  # the way in tips
    weight = np.zeros_like(x)
    weight[:, 1:] += tips
    weight[:, :-1] += tips
    weight *= paths.flow / np.float32(2 * np.sqrt(2 * np.pi))
    columns = _tips(x, across, width_px)
    rows = _tips(y, along, height_px)
    rows *= weight[..., None]
    ink: Floats = rows.transpose(0, 2, 1) @ columns
    return ink


def dry(ink: Floats, line_px: Floats, density: Floats, grain: Floats, rng: np.random.Generator) -> Floats:
    """Ink on paper: `ink` of `lay` to coverage, float32 (n, height, width) from 0 to 1, in place.

    line_px (n, 1): the width of the line. density, grain (n, 1): of the pen.
    """
    edge = np.maximum(line_px * (np.log(2) / HALF**2), 1)[..., None].astype(np.float32)  # one pixel from paper to ink
    dark = density[..., None] + (1 - density[..., None]) * np.clip(5 * ink - 6.5, 0, 1)  # twice over is darker
    dark *= np.minimum(line_px / THINNEST_PX, 1)[..., None]
    grainy = np.flatnonzero(grain[:, 0])
    if len(grainy):
        paper = 1 - grain[grainy][..., None] * rng.random((len(grainy), *ink.shape[1:]), np.float32)
        ink[grainy] *= paper  # ragged edges
        dark[grainy] *= paper
    ink -= 0.5
    ink *= edge
    ink += 0.5
    np.clip(ink, 0, 1, out=ink)
    ink *= dark
    return ink


def _tips(at: Floats, deviation: Floats, length_px: int) -> Floats:
    """exp(-d^2 / 2 s^2) from each of the points (n, K) to each pixel's centre, float32 (n, K, length_px)."""
    tips = np.arange(0.5, length_px, dtype=np.float32) - at[..., None]
    tips *= tips
    tips *= (-0.5 / deviation**2)[..., None]
    np.exp(tips, out=tips)
    return tips
