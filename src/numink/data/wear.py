"""Wear: what pens, paper and cameras do to a digit, as augmentations that repaint pixels where they are.

Every function takes a batch, float32 (n, side, side), 0 = paper to 255 = ink, writes into it and returns it. Each
image draws its own amount, uniform from none to the strength that is given; what becomes of it depends on the
generator and on that image alone, never on the others in the batch. Noise puts pixels beyond
0..255: the chain in `augment` clips them, once, when it rounds to uint8.
"""

from collections.abc import Iterator
from functools import cache
from math import ceil, pi

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Indices = NDArray[np.intp]

INK = 255
RULINGS = 0.3  # the share of marks that are rulings


def stroke(images: Floats, rng: np.random.Generator, strength: float) -> Floats:
    """Thicker or thinner strokes, by up to `strength`; 1 is a ring of one whole pixel put on or taken off.

    Thicker adds a share of the ring by which the image's grey dilation outgrows it, thinner takes away a share of the
    ring by which the dilation of its erosion outgrows the erosion (both by a pixel and its four neighbours). What is
    too thin for an erosion to leave anything of it, such as a line of one or two pixels, has no such ring: it stays,
    and no digit can vanish, though with the whole ring off one in sixteen of MNIST's shows a gap of a pixel.
    """
    amounts = _between(rng, len(images), -strength, strength)
    core = images.copy()
    thinner = np.flatnonzero(amounts < 0)
    core[thinner] = _of_neighbours(np.minimum, images[thinner])
    ring = _of_neighbours(np.maximum, core)
    ring -= core
    ring *= amounts
    images += ring
    return images


def blur(images: Floats, rng: np.random.Generator, deviation_px: float) -> Floats:
    """A Gaussian blur, of a deviation of up to `deviation_px`."""
    side_px = np.arange(images.shape[1], dtype=np.float32)
    distance_px = side_px[:, None] - side_px
    # 0.1 px changes no pixel, and 0 would divide by zero
    deviations_px = np.maximum(_between(rng, len(images), 0, deviation_px), np.float32(0.1))
    weights = -0.5 * distance_px**2 / deviations_px**2
    np.maximum(weights, -30, out=weights)  # numbers below float32's normal ones are slow to multiply
    np.exp(weights, out=weights)
    weights /= weights.sum(axis=2, keepdims=True)
    return _both_ways(weights, images)


def noise(images: Floats, rng: np.random.Generator, deviation: float) -> Floats:
    """Gaussian noise at each pixel, of a deviation of up to `deviation` grey levels."""
    amounts = _between(rng, len(images), 0, deviation)
    grain = rng.standard_normal(images.shape, np.float32)
    grain *= amounts
    images += grain
    return images


def contrast(images: Floats, rng: np.random.Generator, share: float) -> Floats:
    """Ink paler by up to `share`, after a tone curve that bends by up to `share` either way.

    With v from 0, paper, to 1, ink, the curve is v + c v (1 - v), c from -share to share: like a gamma it leaves
    paper and ink as they are and makes the greys between them darker or paler, at a fifth of the price of a power.
    """
    bend = _between(rng, len(images), -share, share)
    left = 1 - _between(rng, len(images), 0, share)
    factor = images * (-bend * left / INK)
    factor += (1 + bend) * left
    images *= factor
    return images


def low_resolution(images: Floats, rng: np.random.Generator, side_px: float) -> Floats:
    """Down to a side between `side_px`, 1 at least, and the image's own, by areas, and up again, bilinear."""
    whole_px = images.shape[1]
    sides_px = _between(rng, len(images), side_px, whole_px + 1).astype(np.intp).ravel()
    np.minimum(sides_px, whole_px, out=sides_px)  # a number just below the upper end may have been rounded to it
    return _both_ways(_coarsenings(whole_px)[sides_px - 1], images)


def break_strokes(images: Floats, rng: np.random.Generator, count: float) -> Floats:
    """Up to `count` gaps across a stroke, wedges of 0.5 to 2 px, where a pen skipped or a threshold cut."""
    for chosen in _rounds(rng, len(images), count):
        inked = images[chosen]
        y, x = _offsets(inked, *_ink_points(inked, rng))
        angle = _stroke_angles(inked, y, x) + _between(rng, len(inked), -pi / 8, pi / 8)
        along, across = _turned(y, x, angle)
        width_px = _between(rng, len(inked), -0.25, 0.25) * across
        width_px += _between(rng, len(inked), 0.5, 2)
        gap = _band(along, width_px)
        gap *= _band(across, 6)  # through a stroke, but not to the other side of a loop
        gap *= inked
        images[chosen] -= gap
    return images


def erase(images: Floats, rng: np.random.Generator, share: float) -> Floats:
    """One soft round patch, of a deviation of 1.5 to 4 px, where up to `share` of the ink fades.

    Its middle is a point of the ink, so that no patch is spent on bare paper.
    """
    y, x = _offsets(images, *_ink_points(images, rng))
    steepness = -0.5 / _between(rng, len(images), 1.5, 4) ** 2
    faded = images * (_between(rng, len(images), 0, share) * np.exp(steepness * y**2))
    faded *= np.exp(steepness * x**2)
    images -= faded
    return images


def marks(images: Floats, rng: np.random.Generator, count: float) -> Floats:
    """Up to `count` stray marks at the border: rulings beside an edge, and ends of a neighbour's strokes across it.

    They are 1 to 3 px wide, of any ink that can be seen, and keep to the outermost 7 px, of which the digits of MNIST
    leave the first four free: none crosses the middle.
    """
    side_px = images.shape[1]
    for chosen in _rounds(rng, len(images), count):
        n = len(chosen)
        ruled = rng.random((n, 1, 1), np.float32) < RULINGS
        # In the frame of the edge: x is the depth within the image, y runs along the edge
        depth_px = np.where(ruled, _between(rng, n, 0, 3), -1)
        length_px = np.where(ruled, 2 * side_px, _between(rng, n, 2, 6))
        turn = _between(rng, n, -1, 1)
        angle = np.where(ruled, pi / 2 + turn / 20, turn)
        edge = rng.integers(4, size=n)
        y, x = _edge_frames(side_px)[:, edge]
        along, across = _turned(y - _between(rng, n, 0, side_px - 1), x - depth_px, angle)
        across += np.where(ruled, 0, _between(rng, n, -0.05, 0.05)) * along**2
        mark = _band(across, _between(rng, n, 1, 3))
        mark *= _band(along, 2 * length_px)
        mark *= _between(rng, n, 80, INK)
        images[chosen] = np.maximum(images[chosen], mark)
    return images


def _between(rng: np.random.Generator, count: int, low: float, high: float) -> Floats:
    """One uniform number for each image: float32 (count, 1, 1)."""
    numbers = rng.random((count, 1, 1), np.float32)
    numbers *= np.float32(high - low)
    numbers += np.float32(low)
    return numbers


def _rounds(rng: np.random.Generator, images: int, count: float) -> Iterator[Indices]:
    """For the first, the second ... of up to `count` things, the images that have so many."""
    counts = np.floor(rng.random(images, np.float32) * np.float32(count + 1))
    for number in range(ceil(count)):
        yield np.flatnonzero(counts > number)


def _of_neighbours(pick: np.ufunc, images: Floats) -> Floats:
    """The least or the greatest (`pick`: np.minimum, np.maximum) of each pixel and its four neighbours."""
    picked = images.copy()
    for axis in (1, 2):
        before, after = np.moveaxis(images, axis, 1), np.moveaxis(picked, axis, 1)
        pick(after[:, 1:], before[:, :-1], out=after[:, 1:])
        pick(after[:, :-1], before[:, 1:], out=after[:, :-1])
    return picked


def _both_ways(matrices: Floats, images: Floats) -> Floats:
    """Each image between its matrix and the transpose of that: rows and columns are treated alike."""
    return np.matmul(matrices @ images, matrices.transpose(0, 2, 1), out=images)


@cache
def _coarsenings(whole_px: int) -> Floats:
    """For each length from 1 to `whole_px`, the matrix that brings a line of pixels down to it and up again."""
    edges = np.arange(whole_px + 1)
    matrices = np.empty((whole_px, whole_px, whole_px), np.float32)
    for side_px, matrix in enumerate(matrices, 1):
        cell_px = whole_px / side_px
        cells = np.arange(side_px)
        starts = cells[:, None] * cell_px
        covered = np.minimum(starts + cell_px, edges[1:]) - np.maximum(starts, edges[:-1])
        down = np.maximum(covered, 0) / cell_px
        place = np.clip((edges[:-1, None] + 0.5) / cell_px - 0.5, 0, side_px - 1)
        up = np.maximum(1 - np.abs(place - cells), 0)
        np.matmul(up, down, out=matrix, casting="same_kind")
    return matrices


def _ink_points(images: Floats, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Row and column, float32 (n, 1, 1), of a random pixel of each image, the likelier the more ink it has."""
    count, side_px = images.shape[:2]
    sums = np.cumsum(images.reshape(count, side_px * side_px), axis=1)
    found = (sums > sums[:, -1:] * rng.random((count, 1), np.float32)).argmax(axis=1)
    row, column = np.divmod(found.astype(np.float32), np.float32(side_px))
    return row[:, None, None], column[:, None, None]


def _offsets(images: Floats, row: Floats, column: Floats) -> tuple[Floats, Floats]:
    """How far each pixel lies below and to the right of a point: (n, side, 1) and (n, 1, side)."""
    pixels = np.arange(images.shape[1], dtype=np.float32)
    return pixels[:, None] - row, pixels - column


def _turned(y: Floats, x: Floats, angle: Floats) -> tuple[Floats, Floats]:
    """Coordinates (n, side, side) along and across a direction, `angle` being measured from x towards y."""
    cosine, sine = np.cos(angle), np.sin(angle)
    return x * cosine + y * sine, y * cosine - x * sine


def _band(distance_px: Floats, width_px: Floats | float) -> Floats:
    """1 within a band around distance 0, 0 beyond it, and a slope of one pixel at its edges."""
    band = np.abs(distance_px)
    np.subtract(np.float32(0.5) + width_px / np.float32(2), band, out=band)
    return np.clip(band, 0, 1, out=band)


def _stroke_angles(images: Floats, y: Floats, x: Floats) -> Floats:
    """The direction of the ink around the point where y = x = 0: the principal axis of its second moments."""
    rows, columns = (np.exp(-0.125 * line**2) for line in (y, x))
    down = np.concatenate([rows, rows * y, rows * y**2], axis=2).transpose(0, 2, 1)
    right = np.concatenate([columns, columns * x, columns * x**2], axis=1).transpose(0, 2, 1)
    # M[a, b] is the sum of ink y^a x^b in a window of a deviation of 2 px
    M = (down @ images @ right).transpose(1, 2, 0)
    yy = M[0, 0] * M[2, 0] - M[1, 0] ** 2
    xx = M[0, 0] * M[0, 2] - M[0, 1] ** 2
    xy = M[0, 0] * M[1, 1] - M[1, 0] * M[0, 1]
    angles: Floats = np.arctan2(2 * xy, xx - yy) / 2
    return angles[:, None, None]


@cache
def _edge_frames(side_px: int) -> Floats:
    """The pixels' coordinates (2, 4, side, side) as seen from each of the four edges: y along it, x inwards from it."""
    y, x = np.mgrid[:side_px, :side_px].astype(np.float32)
    return np.array([[y, x, y, x], [x, y, side_px - 1 - x, side_px - 1 - y]])
