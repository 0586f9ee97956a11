"""Ink that was cut out wrongly or is no writing: put together, struck out, cut, ruled, spilt.

Images are uint8 (height, width), 0 = paper, 255 = ink, of any size.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from numink.data.digits import Bytes

Floats = NDArray[np.float64]

SEEN = 64
"""Grey from which on a pixel counts as inked."""
SIDE_PX = 44


def cropped(ink: Bytes) -> Bytes:
    """The smallest part of it that holds all ink; one pixel of paper where there is none."""
    rows, columns = (np.flatnonzero((ink >= SEEN).any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return np.zeros((1, 1), np.uint8)
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def beside(images: Sequence[Bytes], gaps_px: Sequence[float], rng: np.random.Generator) -> Bytes:
    """The images from left to right, so far apart, on a line that is not quite straight."""
    inked = [cropped(image) for image in images]
    drops = rng.integers(0, 6, len(inked))
    feet = max(image.shape[0] for image in inked)
    tops = [feet - image.shape[0] + drop for image, drop in zip(inked, drops, strict=True)]
    lefts = [0]
    for image, gap_px in zip(inked, gaps_px, strict=False):
        lefts.append(max(lefts[-1] + image.shape[1] + round(gap_px), 0))
    row: Bytes = np.zeros((feet + 6, max(x + i.shape[1] for x, i in zip(lefts, inked, strict=True))), np.uint8)
    for image, left, top in zip(inked, lefts, tops, strict=True):
        place = row[top : top + image.shape[0], left : left + image.shape[1]]
        np.maximum(place, image, out=place)
    return row


def strike(ink: Bytes, width_px: float, by_one: bool, rng: np.random.Generator) -> Bytes:
    """Ink with lines through all of it: one or two where one will do (`by_one`), else two, a cross or a zigzag."""
    wide = np.pad(ink, 8)
    height, width = wide.shape
    ends = np.array([1.0, width - 2.0])
    kind = rng.integers(2) if by_one else rng.integers(1, 4)
    middle = height * (0.5 + rng.uniform(-0.12, 0.12, 2))
    if kind == 0:  # one line
        way = [np.stack([ends, middle], axis=1)]
    elif kind == 1:  # two, one under the other
        apart = height * rng.uniform(0.07, 0.14)
        way = [np.stack([ends, middle + side * apart], axis=1) for side in (-1, 1)]
    elif kind == 2:  # a cross
        corners = np.array([2.0, height - 3.0])
        way = [np.stack([ends, corners[::side]], axis=1) for side in (1, -1)]
    else:  # a zigzag
        turns = int(rng.integers(5, 10))
        y = np.where(np.arange(turns) % 2, 0.12, 0.88) * height + rng.normal(0, 2, turns)
        way = [np.stack([np.linspace(2, width - 3, turns), y], axis=1)]
    return np.maximum(wide, drawn(wide.shape, way, width_px))


def part(ink: Bytes, which: str, rng: np.random.Generator) -> Bytes:
    """About a third of a digit, its "left", "top" or "bottom", or what lies in its "middle", between top and bottom."""
    inked = cropped(ink)
    share = rng.uniform(0.28, 0.46)
    height, width = inked.shape
    match which:
        case "left":
            return inked[:, : max(2, round(share * width))]
        case "top":
            return inked[: max(2, round(share * height))]
        case "bottom":
            return inked[-max(2, round(share * height)) :]
        case _:
            first, last = rng.uniform([0.2, 0.55], [0.35, 0.7])
            return inked[round(first * height) : round(last * height)]


def ruled(rng: np.random.Generator) -> Bytes:
    """Bars that are no 1, corners, crossings, frames with and without gaps, pieces of squared paper, arcs."""
    width_px = rng.uniform(1.5, 7)
    a, b, c = rng.uniform(4, 16), rng.uniform(28, 40), rng.uniform(16, 28)
    lying = rng.uniform(-4, 4)
    level: dict[str, list[list[tuple[float, float]]]] = {
        "bar": [[(2, c), (42, c + lying)]],
        "slope": [[(2, c + 9), (42, c - 9)]],
        "falling": [[(2, c - 9), (42, c + 9)]],
        "two bars": [[(2, a), (42, a + lying / 2)], [(2, b), (42, b + lying / 2)]],
        "two posts": [[(a, 2), (a, 42)], [(b, 2), (b + lying / 2, 42)]],
        "crossing": [[(2, c), (42, c)], [(44 - c, 2), (44 - c, 42)]],
        "corner": [[(a, 2), (a, 40), (42, 40)]],
        "corner above": [[(a, 42), (a, 4), (42, 4)]],
        "corner right": [[(2, 40), (40, 40), (40, a)]],
        "tee": [[(2, 4), (42, 4)], [(c, 4), (c, 42)]],
        # With a higher post it would be a 1 on its base
        "tee below": [[(2, 40), (42, 40)], [(c, 24), (c, 40)]],
        "tee left": [[(4, 2), (4, 42)], [(4, c), (42, c)]],
        "tee right": [[(40, 2), (40, 42)], [(2, c), (40, c)]],
        "frame": [[(3, a), (41, a), (41, b), (3, b), (3, a)]],
        "high frame": [[(a / 2, 3), (b, 3), (b, 41), (a / 2, 41), (a / 2, 3)]],
        "open above": [[(3, a), (3, b), (41, b), (41, a)]],
        "open below": [[(3, b), (3, a), (41, a), (41, b)]],
        "open right": [[(41, a), (3, a), (3, b), (41, b)]],
        "open left": [[(2, a), (40, a), (40, b), (2, b)]],
        "broken frame": [[(20, 4), (4, 4), (4, 40), (22, 40)], [(30, 40), (40, 40), (40, 4), (32, 4)]],
        "two boxes": [[(2, 12), (42, 12), (42, 32), (2, 32), (2, 12)], [(22, 12), (22, 32)]],
        "squared": [[(2, a), (42, a)], [(2, b), (42, b)], [(a, 2), (a, 42)], [(b, 2), (b, 42)]],
        "comb": [[(2, b), (42, b)], [(3, a), (3, b)], [(22, a), (22, b)], [(41, a), (41, b)]],
    }
    if rng.random() < 0.15:
        turn = np.linspace(0.1, 0.9, 12) * np.pi
        bowed = np.stack([22 - 20 * np.cos(turn), 22 + rng.choice([-1, 1]) * rng.uniform(6, 20) * np.sin(turn)], axis=1)
        return drawn((SIDE_PX, SIDE_PX), [bowed], width_px)
    way = list(level.values())[rng.integers(len(level))]
    tilt = rng.normal(0, 0.03)
    turned = np.array([[np.cos(tilt), np.sin(tilt)], [-np.sin(tilt), np.cos(tilt)]])
    return drawn((SIDE_PX, SIDE_PX), [np.array(one) @ turned for one in way], width_px)


def blot(rng: np.random.Generator) -> Bytes:
    """One to four round spots, that run into one another or do not."""
    y, x = np.mgrid[:SIDE_PX, :SIDE_PX]
    spots = int(rng.choice([1, 1, 2, 3, 4]))
    lies = rng.uniform(14, 30, (spots, 2))
    reach = rng.uniform(2.5, 13, (spots, 1)) * np.stack([np.ones(spots), rng.uniform(0.9, 2.2, spots)], axis=1)
    far = [np.hypot((y - cy) / ry, (x - cx) / rx) for (cy, cx), (ry, rx) in zip(lies, reach, strict=True)]
    ragged = rng.uniform(0, 0.25) * field(SIDE_PX, int(rng.integers(6, 14)), rng)
    soft = rng.uniform(0.1, 0.6)
    coverage = np.clip((1 - np.min(far, axis=0) + ragged) / soft + 0.5, 0, 1)
    return _grey(coverage)


def texture(rng: np.random.Generator) -> Bytes:
    """Smooth noise, as it is or through a threshold, over the whole image or fading towards its border."""
    noise = field(SIDE_PX, int(rng.integers(3, 20)), rng)
    y, x = np.mgrid[-1 : 1 : SIDE_PX * 1j, -1 : 1 : SIDE_PX * 1j]
    noise -= rng.uniform(0, 1.5) * np.hypot(y, x)
    low = np.quantile(noise, rng.uniform(0.3, 0.85))
    coverage = np.clip((noise - low) / rng.choice([0.05, 0.3, 1.5]), 0, 1)
    return _grey(coverage)


def field(side_px: int, cells: int, rng: np.random.Generator) -> Floats:
    """A random field (side_px, side_px) of deviation about 1, smooth over a side's `cells`-th part."""
    ramp = _weights(side_px, cells)
    return ramp @ rng.standard_normal((ramp.shape[1],) * 2) @ ramp.T


def wander(count: int, points: int, knots: int, rng: np.random.Generator) -> Floats:
    """Random ways (count, points) of deviation about 1, smooth over a `knots`-th part of them."""
    ramp = _weights(points, knots)
    return rng.standard_normal((count, ramp.shape[1])) @ ramp.T


def drawn(shape: tuple[int, ...], ways: Sequence[Floats], width_px: float) -> Bytes:
    """Straight lines through the points (k, 2), as x, y, of each of the ways."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    pixels = np.stack([x, y], axis=-1).reshape(-1, 1, 2).astype(float)
    starts, ends = (np.concatenate([way[part] for way in ways]) for part in (slice(None, -1), slice(1, None)))
    steps = ends - starts
    along = ((pixels - starts) * steps).sum(axis=2) / np.maximum((steps**2).sum(axis=1), 1e-9)
    nearest = starts + np.clip(along, 0, 1)[..., None] * steps
    distance = np.sqrt(((pixels - nearest) ** 2).sum(axis=2)).min(axis=1).reshape(shape)
    return _grey(np.clip(width_px / 2 + 0.5 - distance, 0, 1))


def _weights(points: int, knots: int) -> Floats:
    """The matrix (points, knots + 3) of a cubic-like blend between random numbers, each row of length 1."""
    at = np.linspace(0, knots, points)[:, None] - np.arange(-1, knots + 2)
    weights = np.exp(-(at**2))
    normal: Floats = weights / np.linalg.norm(weights, axis=1, keepdims=True)
    return normal


def _grey(coverage: Floats) -> Bytes:
    """Ink from 0..1 in 256 greys."""
    grey: Bytes = np.rint(255 * coverage).astype(np.uint8)
    return grey
