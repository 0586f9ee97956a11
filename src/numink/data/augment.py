"""Augmentation: new images of the same digits, as other hands, pens and cameras would have made them.

A recipe names what is done, with strengths, in order: `augment = ["rotate 10", "shift 2", "elastic 34 4"]`. Each image
draws its own amount, up to the strength, or its own field where it is elastic. Geometric ones that stand side by side
become one resampling (`warp`); the others (`wear`) work on the pixels.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np

from numink.data import reduce, warp, wear
from numink.data.digits import Bytes
from numink.errors import DataError
from numink.schema import shown, unknown

IMAGES_AT_ONCE = 128  # so that the arrays of a chunk stay in the cache


Step = tuple[str, tuple[float, ...]]
"""An augmentation's name, and its strengths."""


@dataclass(frozen=True)
class Strength:
    """A number behind an augmentation's name: what it is, and the least and greatest allowed."""

    what: str
    low: float
    high: float


@dataclass(frozen=True)
class Kind:
    """An augmentation that a recipe can name; `example` has a sensible strength."""

    function: Callable[..., Any]
    strengths: tuple[Strength, ...]
    example: str
    help: str


_MOVES = {
    "shift": Kind(warp.shift, (Strength("pixels", 0, 10),), "shift 2", "moved in both directions"),
    "rotate": Kind(warp.rotate, (Strength("degrees", 0, 90),), "rotate 10", "turned either way"),
    "scale": Kind(warp.scale, (Strength("percent", 0, 50),), "scale 15", "width and height, each larger or smaller"),
    "shear": Kind(warp.shear, (Strength("degrees", 0, 45),), "shear 10", "slanted either way"),
    "elastic": Kind(
        warp.elastic,
        (Strength("alpha", 0, 100), Strength("sigma in pixels", 2, 10)),
        "elastic 34 4",
        "bent by a smooth random field (Simard 2003)",
    ),
}
_REPAINTS = {
    "stroke": Kind(wear.stroke, (Strength("pixels", 0, 1),), "stroke 0.5", "strokes thicker or thinner"),
    "blur": Kind(wear.blur, (Strength("deviation in pixels", 0, 2),), "blur 0.8", "out of focus"),
    "noise": Kind(wear.noise, (Strength("deviation in grey levels", 0, 100),), "noise 15", "a grainy sensor"),
    "contrast": Kind(wear.contrast, (Strength("share", 0, 0.8),), "contrast 0.4", "ink paler, greys darker or paler"),
    "low-resolution": Kind(
        wear.low_resolution,
        (Strength("side in pixels", 7, 28),),
        "low-resolution 14",
        "made of fewer pixels",
    ),
    "reduce": Kind(
        reduce.reduce,
        (Strength("side in pixels", 6, 28),),
        "reduce 8",
        "a third of the images kept in few pixels, as small collections do: grey or two levels, stretched or not",
    ),
    "break": Kind(wear.break_strokes, (Strength("gaps", 0, 5),), "break 1", "gaps across strokes"),
    "erase": Kind(wear.erase, (Strength("share", 0, 1),), "erase 0.7", "a soft patch where the ink fades"),
    "marks": Kind(wear.marks, (Strength("marks", 0, 5),), "marks 1", "rulings and neighbours' strokes at the border"),
}
KINDS = _MOVES | _REPAINTS
"""Every augmentation by the name that a recipe uses."""


@dataclass(frozen=True)
class Augment:
    """A chain of augmentations, made by `parse`.

    Called with images uint8 (n, side, side) and a Generator, it returns new images of the same shape and type, and
    leaves the old ones as they are. The same images and the same generator's state give the same bytes.
    """

    steps: tuple[Step, ...]

    def __call__(self, images: Bytes, rng: np.random.Generator) -> Bytes:
        """New images (n, side, side) uint8 of the same digits; DataError for an array of another kind."""
        if images.dtype != np.uint8 or images.ndim != 3 or images.shape[1] != images.shape[2]:
            raise DataError(f"expected images as uint8 (n, side, side), came {images.dtype} {images.shape}")
        changed = np.empty_like(images)
        for start in range(0, len(images), IMAGES_AT_ONCE):
            piece = slice(start, start + IMAGES_AT_ONCE)
            pixels = images[piece].astype(np.float32)
            for moves, steps in groupby(self.steps, lambda step: step[0] in _MOVES):
                pixels = (_move if moves else _repaint)(pixels, list(steps), rng)
            np.clip(pixels, 0, 255, out=pixels)
            np.rint(pixels, out=changed[piece], casting="unsafe")
        return changed


def parse(words: Sequence[str]) -> Augment:
    """The augmentations that a recipe names.

    Raises DataError, one line, where a name is not known, or its strengths are too many, too few or out of range.

    >>> turned = parse(["rotate 10", "elastic 34 4"])
    >>> turned(np.zeros((3, 28, 28), np.uint8), np.random.default_rng(0)).shape
    (3, 28, 28)
    """
    if isinstance(words, str) or not all(isinstance(word, str) for word in words):
        raise DataError(f'expected a list of augmentations, such as ["rotate 10"], came {shown(words)}')
    return Augment(tuple(_step(word) for word in words))


def _step(word: str) -> Step:
    name, *texts = word.split() or [""]
    if name not in KINDS:
        raise DataError(unknown("augmentation", name[:40], list(KINDS)))
    kind = KINDS[name]
    strengths = [_number(text) for text in texts]
    fit = len(strengths) == len(kind.strengths) and all(
        allowed.low <= number <= allowed.high for number, allowed in zip(strengths, kind.strengths, strict=True)
    )
    if not fit:
        wanted = " and ".join(f"{s.what} from {s.low:g} to {s.high:g}" for s in kind.strengths)
        raise DataError(f'{name} should have {wanted}, as in "{kind.example}", but "{word[:60]}" came')
    return name, tuple(strengths)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")  # which no range holds


def _move(pixels: warp.Floats, steps: list[Step], rng: np.random.Generator) -> warp.Floats:
    """All of these in one resampling; an elastic field moves what the affine maps have found."""
    count, side = pixels.shape[:2]
    maps, numbers, patterns = warp.identities(count), [], []
    for name, strengths in steps:
        if name == "elastic":
            alpha, sigma = strengths
            numbers.append(warp.elastic(count, rng, alpha, sigma, side))
            patterns.append(warp.bumps(side, sigma))
        else:
            maps = warp.chain(maps, KINDS[name].function(count, rng, *strengths))
    coefficients = np.concatenate([maps, *numbers], axis=2).reshape(2 * count, -1)
    coordinates = coefficients @ np.concatenate([warp.plane(side), *patterns])
    return warp.resample(pixels, coordinates.reshape(count, 2, -1))


def _repaint(pixels: warp.Floats, steps: list[Step], rng: np.random.Generator) -> warp.Floats:
    for name, strengths in steps:
        pixels = KINDS[name].function(pixels, rng, *strengths)
    return pixels
