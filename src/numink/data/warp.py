"""Geometric augmentations: any number of them, one resampling.

Every pixel of the new image is looked up somewhere in the old one. Where is a sum of known patterns with random
coefficients: the pixel's own x, y and 1 for an affine map, smooth bumps for an elastic one. So each augmentation
draws a few numbers for each image, and the coordinates of all pixels of a batch are one matrix product.

Coordinates are pixels from the image's centre, x to the right and y down.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from numink.data.digits import Bytes

Floats = NDArray[np.float32]

_WEAKEST = 1e-3  # a bump is left out below this share of the strongest: it would move no pixel by a thousandth


def identities(count: int) -> Floats:
    """Affine maps, float32 (count, 2, 3), that leave everything where it is."""
    return np.tile(np.eye(2, 3, dtype=np.float32), (count, 1, 1))


def shift(count: int, rng: np.random.Generator, pixels: float) -> Floats:
    """Affine maps, float32 (count, 2, 3), that move by up to `pixels` in each direction."""
    maps = identities(count)
    maps[:, :, 2] = _up_to(rng, pixels, (count, 2))
    return maps


def rotate(count: int, rng: np.random.Generator, degrees: float) -> Floats:
    """Affine maps, float32 (count, 2, 3), that turn by up to `degrees` either way."""
    maps = identities(count)
    angle = _up_to(rng, np.radians(degrees), count)
    maps[:, 0, 0] = maps[:, 1, 1] = np.cos(angle)
    maps[:, 1, 0] = np.sin(angle)
    maps[:, 0, 1] = -maps[:, 1, 0]
    return maps


def scale(count: int, rng: np.random.Generator, percent: float) -> Floats:
    """Affine maps, float32 (count, 2, 3), that stretch or shrink width and height, each by up to `percent`."""
    maps = identities(count)
    maps[:, [0, 1], [0, 1]] = np.exp(_up_to(rng, np.log1p(percent / 100), (count, 2)))
    return maps


def shear(count: int, rng: np.random.Generator, degrees: float) -> Floats:
    """Affine maps, float32 (count, 2, 3), that slant upright strokes by up to `degrees` either way."""
    maps = identities(count)
    maps[:, 0, 1] = np.tan(_up_to(rng, np.radians(degrees), count))
    return maps


def elastic(count: int, rng: np.random.Generator, alpha: float, sigma: float, side_px: int) -> Floats:
    """Coefficients, float32 (count, 2, bumps), of a smooth random field: `bumps(side_px, sigma)` gives the patterns.

    Simard, Steinkraus and Platt (2003): a uniform random number from -1 to 1 at each pixel, smoothed by a Gaussian of
    deviation `sigma` px and multiplied by `alpha`; with 34 and 4 a pixel moves by 1.4 px, root mean square.
    """
    # Uniform noise of variance 1/3 becomes normal when it is smoothed, so it may as well be drawn normal.
    numbers = rng.standard_normal((count, 2, len(bumps(side_px, sigma))), np.float32)
    numbers *= np.float32(alpha / np.sqrt(3))
    return numbers


def chain(first: Floats, second: Floats) -> Floats:
    """The affine maps of an image to which `first` was done, and then `second`: float32 (n, 2, 3) each."""
    # A map says where a new pixel comes from, so the last one is asked first.
    maps = first[:, :, :2] @ second
    maps[:, :, 2] += first[:, :, 2]
    return maps


@lru_cache(maxsize=8)
def bumps(side_px: int, sigma: float) -> Floats:
    """The patterns, float32 (bumps, side_px * side_px), of which a field of smoothed white noise is made.

    The noise W smoothed along rows and columns is G W G', and with the singular values of G = U S V' that is
    (U S) (V' W V) (U S)'. V' W V is white noise like W itself, and since a smooth G has few singular values that
    matter, 64 to 100 numbers stand for 784.
    """
    distance = np.arange(side_px)[:, None] - np.arange(side_px)
    taps = np.exp(-0.5 * (np.arange(-4 * sigma, 4 * sigma + 1) / sigma) ** 2).sum()
    U, S, _ = np.linalg.svd(np.exp(-0.5 * (distance / sigma) ** 2) / taps)
    strong = U[:, S[0] * _WEAKEST < S] * S[S[0] * _WEAKEST < S]
    return np.kron(strong, strong).T.astype(np.float32)


@lru_cache(maxsize=8)
def plane(side_px: int) -> Floats:
    """The patterns x, y and 1, float32 (3, side_px * side_px), of which an affine map is made."""
    along = np.arange(side_px, dtype=np.float32) - np.float32((side_px - 1) / 2)
    x, y = np.meshgrid(along, along)
    return np.stack([x.ravel(), y.ravel(), np.ones(side_px * side_px, np.float32)])


def resample(images: NDArray[np.generic] | Bytes, coordinates: Floats) -> Floats:
    """Look every pixel up at its coordinates, between four old ones (bilinear), paper beyond the border.

    images (n, side, side), coordinates float32 (n, 2, side * side) -> float32 (n, side, side).
    """
    count, side = images.shape[:2]
    width = side + 3  # a pixel of paper before, and two behind: one to look up, one as its neighbour
    padded = np.zeros((count, width, width), np.float32)
    padded[:, 1:-2, 1:-2] = images
    flat = padded.reshape(-1)

    place = coordinates + np.float32((side - 1) / 2 + 1)
    np.clip(place, 0, side + 1, out=place)
    corner = place.astype(np.int32)
    place -= corner
    x, y = place[:, 0], place[:, 1]
    index = corner[:, 1] * width + corner[:, 0] + np.arange(0, flat.size, width * width, dtype=np.int32)[:, None]
    index = index.astype(np.intp)  # once, and not in each of the four look-ups

    above, above_right = flat.take(index), flat.take(index + 1)
    index += width
    below, below_right = flat.take(index), flat.take(index + 1)
    above += x * (above_right - above)
    below += x * (below_right - below)
    above += y * (below - above)
    new: Floats = above.reshape(count, side, side)
    return new


def _up_to(rng: np.random.Generator, most: float, shape: int | tuple[int, ...]) -> Floats:
    """Uniform numbers from -most to most."""
    numbers = rng.random(shape, np.float32)
    numbers -= np.float32(0.5)
    numbers *= np.float32(2 * most)
    return numbers
