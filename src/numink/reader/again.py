"""A second look at a page: its sheet at another size and leaning, from the ink on to the numbers.

What is plain reads the same both times. Where a line was taken away by a hair's breadth, a mark is nearly a speck, or a
digit might be another or be cut elsewhere, the second look often reads something else: test-time augmentation, of all
stages and not of the network alone.
"""

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from numink.data.digits import Bytes
from numink.reader.candidates import Classify
from numink.reader.ink import find_ink
from numink.reader.numbers import Word, find_numbers
from numink.reader.page import Sheet
from numink.reader.results import Box

DIGIT_PX = 28
"""So high digits are in the second look: enough to read them, and few pixels to work on."""
SMALLEST, LARGEST = 0.3, 1.0
"""By how much the sheet is scaled."""
LEAN = 0.15
"""By how much it is made to lean, sideways for each pixel down."""
OVERLAP = 0.3
"""Of two boxes' union, from which they are of one number,"""
SAME_PLACE = 0.6
"""and from which nothing but that number is there."""
SURER = 3.0
"""So many times as probable as what the first look read is what replaces it."""


def read_twice(words: Sequence[Word], sheet: Sheet, digit_px: float, classify: Classify) -> list[tuple[Word, float]]:
    """The numbers of a sheet, each with the probability that a second look gives to it: 0 if it reads something else.

    Where the second look is much surer of what else it reads, that is the number, and the first look does not support
    it. digit_px: about how high digits are on the sheet.
    """
    if not words:
        return []
    scale = float(np.clip(DIGIT_PX / max(digit_px, 1), SMALLEST, LARGEST))
    leaning = Sheet(leant(sheet.grey, scale), np.eye(3))
    seconds = [_straight(word, scale) for word in find_numbers(find_ink(leaning), classify)[0] if word.digits]
    boxes = np.array([second.box for second in seconds], float).reshape(-1, 4)
    return [_surer(word, seconds, _overlaps(word.box, boxes)) for word in words]


def _surer(word: Word, seconds: Sequence[Word], shares: NDArray[np.float64]) -> tuple[Word, float]:
    """The number, or what the second look reads in its place, and how probable the other look finds it."""
    best = int(shares.argmax()) if len(shares) else 0
    if not len(shares) or shares[best] < OVERLAP:
        return word, 0.0
    second = seconds[best]
    if second.text == word.text:
        return word, _probability(second)
    if shares[best] < SAME_PLACE or _probability(second) * second.cut < SURER * _probability(word) * word.cut:
        return word, 0.0
    boxes = tuple(digit.box for digit in word.digits)
    return replace(second, row=word.row, second=word.text, second_boxes=boxes), 0.0


def _probability(word: Word) -> float:
    """Of all digits together."""
    return float(np.prod([digit.P.max() for digit in word.digits]))


def leant(grey: Bytes, scale: float) -> Bytes:
    """A sheet made smaller, which leans: uint8 (height, width), what lies beside it is paper."""
    scaled = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    height, width = scaled.shape
    size = (width + round(LEAN * height), height)
    made = cv2.warpAffine(scaled, np.array([[1, LEAN, 0], [0, 1, 0]], float), size, borderValue=(255,))
    return np.asarray(made, np.uint8)


def _straight(word: Word, scale: float) -> Word:
    """A number of the leaning sheet where it is on the first one."""
    digits = tuple(replace(digit, box=_back(digit.box, scale)) for digit in word.digits)
    return replace(
        word, box=_back(word.box, scale), digits=digits, signs=tuple(_back(sign, scale) for sign in word.signs)
    )


def _back(box: Box, scale: float) -> Box:
    """The box of its size around the place on the first sheet where the middle of a leaning one is."""
    x, y, width, height = box
    middle = x + width / 2 - LEAN * (y + height / 2)
    left, top, wide, high = (middle - width / 2) / scale, y / scale, width / scale, height / scale
    return max(round(left), 0), round(top), max(round(wide), 1), max(round(high), 1)


def _overlaps(box: Sequence[float], boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    """What a box shares with each of the others, as a part of what both cover."""
    x, y, width, height = box
    left, top, wide, high = boxes.T
    across = np.minimum(x + width, left + wide) - np.maximum(x, left)
    down = np.minimum(y + height, top + high) - np.maximum(y, top)
    shared = across.clip(0) * down.clip(0)
    return np.asarray(shared / np.maximum(width * height + wide * high - shared, 1))
