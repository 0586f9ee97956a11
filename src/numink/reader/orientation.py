"""Which way up a page lies: the way in which the network takes most of its shapes for digits.

A digit that lies on its side, or stands on its head, is none, but for a few; and a network that has learned what is no
digit says so. 0 and 8, or 6 and 9, look alike both ways, and tell nothing; nor does 1, which any stroke may be.
"""

import numpy as np
from numpy.typing import NDArray

from numink.data.digits import Bytes
from numink.reader.digit import to_image
from numink.reader.ink import Ink, find_ink
from numink.reader.numbers import Classify
from numink.reader.page import Sheet, find_sheet
from numink.reader.shapes import find_shapes

_SOME = 48  # shapes are enough to tell
_LEAST = 0.5  # of a digit's height: smaller shapes are points and specks
_MOST = 2.0  # of it: larger ones are several digits, or drawings
_SLIMMEST = 0.3  # as wide as high, or the other way round: what is slimmer is a bar, and any bar is a 1 on its side
_FEWEST = 3  # shapes, that tell anything
_READABLE = 0.8  # of the shapes look like digits where the page is the right way up: no other way is tried
_MOSTLY = 0.8  # of the shapes look like digits in the other way, and
_CLEAR = 1.0  # more shapes do than as the page lies: it is turned,
_CLEARER = 2.5  # or so many more, where not most do
_TIMES = 3.0  # as many begin to look like digits as cease to
_APART = 0.25  # shapes more than in the opposite way: else nobody knows which of both it is


def upright(image: Bytes, sheet: Sheet, ink: Ink, classify: Classify) -> tuple[Sheet, Ink]:
    """Sheet and ink of a picture the right way up; as they are, unless its shapes clearly say otherwise.

    image: the picture, uint8 (height, width) or (height, width, 3), whose sheet and ink these are.
    """
    turns = quarter_turns(ink, classify)
    if not turns:
        return sheet, ink
    turned = find_sheet(np.ascontiguousarray(np.rot90(image, turns)))
    sheet = Sheet(turned.grey, _turned_back(turns, *image.shape[:2]) @ turned.to_picture)
    return sheet, find_ink(sheet)


def quarter_turns(ink: Ink, classify: Classify) -> int:
    """How many quarter turns to the left bring the sheet the right way up: 0 to 3."""
    low, high = _LEAST * ink.digit_px, _MOST * ink.digit_px
    shapes = [
        shape
        for shape in find_shapes(ink.coverage, low)
        if max(shape.coverage.shape) <= high and min(shape.coverage.shape) >= _SLIMMEST * max(shape.coverage.shape)
    ]
    if len(shapes) < _FEWEST:
        return 0
    some = [shape.coverage for shape in shapes[:: -(-len(shapes) // _SOME)]]
    digits = [_like_digits(some, 0, classify)]
    if digits[0].mean() > _READABLE:
        return 0
    digits += [_like_digits(some, turns, classify) for turns in (1, 2, 3)]
    sums = [float(each.sum()) for each in digits]
    best = int(np.argmax(sums))
    gain = digits[best] - digits[0]
    more, fewer = float(gain.clip(0).sum()), float((-gain).clip(0).sum())
    clear = more - fewer > (_CLEAR if digits[best].mean() > _MOSTLY else _CLEARER) and more > _TIMES * fewer
    return best if clear and sums[best] - sums[(best + 2) % 4] > _APART else 0


def _like_digits(shapes: list[Bytes], turns: int, classify: Classify) -> NDArray[np.floating]:
    """How much each shape looks like a digit but a 1 after some quarter turns to the left: its probability."""
    images = [to_image(np.ascontiguousarray(np.rot90(shape, turns))) for shape in shapes]
    return np.asarray(np.delete(classify(np.stack(images)), 1, axis=1).max(axis=1))


def _turned_back(turns: int, height: int, width: int) -> NDArray[np.float64]:
    """The map (3, 3) from a picture that was turned to the one of that size that it was turned from."""
    return {
        1: np.array([[0.0, -1, width], [1, 0, 0], [0, 0, 1]]),
        2: np.array([[-1.0, 0, width], [0, -1, height], [0, 0, 1]]),
        3: np.array([[0.0, 1, 0], [-1, 0, height], [0, 0, 1]]),
    }[turns]
