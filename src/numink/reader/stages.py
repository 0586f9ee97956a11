"""Pictures of the stages that a page passes (picture, sheet, ink, digits), and cuttings of them."""

from base64 import b64encode
from collections.abc import Sequence
from io import BytesIO
from itertools import groupby

import cv2
import numpy as np

from numink.data.digits import Bytes
from numink.reader.numbers import Word
from numink.reader.reader import Steps
from numink.reader.results import Box
from numink.reader.shrink import shrunk

LONGEST_PX = 1000
"""Of a stage's picture; so much can be seen on a screen."""
CUTTING_PX = 300
"""The longer side of a cutting."""
QUALITY = 75
INK, GONE = (28, 35, 48), (200, 80, 10)
SURE, DOUBTFUL, OTHER, ROW = (0, 103, 168), (200, 80, 10), (150, 158, 170), (95, 107, 124)
Colour = tuple[int, int, int]
FAINT = 24
"""Levels; paler than that is paper."""


def jpeg(image: Bytes, quality: int = QUALITY) -> str:
    """A picture, uint8 (height, width) or (height, width, 3), as the address that an <img> takes."""
    from PIL import Image

    file = BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=quality)
    return "data:image/jpeg;base64," + b64encode(file.getvalue()).decode()


def reduced(image: Bytes, longest_px: int = LONGEST_PX) -> Bytes:
    """The picture no larger than that, averaged over areas."""
    return shrunk(image, longest_px)[0]


def picture_with_sheet(steps: Steps) -> Bytes:
    """The picture, with the outline of the sheet that was found on it where this is not all of it."""
    picture = _coloured(reduced(steps.image)).copy()  # to be drawn on
    height, width = steps.sheet.grey.shape
    if np.array_equal(steps.sheet.to_picture, np.eye(3)):
        return picture
    corners = np.array([[0, 0, 1], [width, 0, 1], [width, height, 1], [0, height, 1]]) @ steps.sheet.to_picture.T
    places = corners[:, :2] / corners[:, 2:] * (picture.shape[1] / steps.image.shape[1])
    cv2.polylines(picture, [np.round(places).astype(np.int32)], True, DOUBTFUL, 3, cv2.LINE_AA)
    return picture


def ink_and_gone(grey: Bytes, coverage: Bytes) -> Bytes:
    """A sheet in two colours on white: the ink that was kept, and what was dark beside it and was taken away."""
    kept, dark = coverage / 255.0, 1 - grey / 255.0
    gone = np.where(dark > FAINT / 255, dark - kept, 0).clip(0)
    colours = 255 + kept[..., None] * (np.array(INK) - 255) + ((1 - kept) * gone)[..., None] * (np.array(GONE) - 255)
    return np.asarray(colours.clip(0, 255), np.uint8)


def digits_found(steps: Steps, accepted: Sequence[bool]) -> Bytes:
    """The ink, pale, with a frame round each number, thin ones round its digits and round what was rejected, and a line
    under each row of writing with its number, counted from 1.
    """
    pale = _coloured(255 - reduced(steps.ink.coverage) // 2)
    scale = pale.shape[1] / steps.ink.coverage.shape[1]
    for other in steps.others:
        _frame(pale, other.box, scale, OTHER, 1)
    for row, words in groupby(steps.words, key=lambda word: word.row):
        _underline(pale, [word.box for word in words], scale, str(row + 1))
    for word, sure in zip(steps.words, accepted, strict=True):
        colour = SURE if sure else DOUBTFUL
        for digit in word.digits:
            _frame(pale, digit.box, scale, colour, 1)
        _frame(pale, word.box, scale, colour, 2, 3)
    return pale


def _underline(picture: Bytes, boxes: Sequence[Box], scale: float, name: str) -> None:
    """A line below boxes that stand in a row, from left to right, with its name before it."""
    ends = [(x + at * width, y + height) for x, y, width, height in boxes for at in (0, 1)]
    places = np.round(np.array(ends) * scale + [0, 7]).astype(np.int32)
    cv2.polylines(picture, [places], False, ROW, 1, cv2.LINE_AA)
    start = int(max(places[0, 0] - 10 - 14 * len(name), 0)), int(places[0, 1])
    cv2.putText(picture, name, start, cv2.FONT_HERSHEY_SIMPLEX, 0.7, ROW, 1, cv2.LINE_AA)


def cutting(image: Bytes, box: Box, longest_px: int = CUTTING_PX) -> Bytes:
    """What an image shows in a box and a little around it."""
    left, top, right, bottom = _around(box)
    part = image[max(top, 0) : bottom, max(left, 0) : right]
    return reduced(part if part.size else image[:1, :1], longest_px)


def digits_cut(steps: Steps, word: Word, cuts: Sequence[Box], colour: Colour = SURE) -> Bytes:
    """The ink of a number, and of what was taken away around it, with a frame round each of its pieces."""
    part = ink_and_gone(cutting(steps.sheet.grey, word.box), cutting(steps.ink.coverage, word.box))
    left, top, right, _ = _around(word.box)
    scale = part.shape[1] / max(min(right, steps.ink.coverage.shape[1]) - max(left, 0), 1)
    for x, y, width, height in cuts:
        _frame(part, (x - max(left, 0), y - max(top, 0), width, height), scale, colour, 1)
    return part


def scaled(box: Box, scale: float) -> Box:
    """A box of the original in pixels of an image that has so many for one of the original's."""
    x, y, width, height = (round(side * scale) for side in box)
    return x, y, width, height


def _around(box: Box) -> tuple[int, int, int, int]:
    x, y, width, height = box
    margin = round(0.2 * min(width, height)) + 3
    return x - margin, y - margin, x + width + margin, y + height + margin


def _frame(picture: Bytes, box: Box, scale: float, colour: Colour, width_px: int, room_px: int = 1) -> None:
    x, y, width, height = (side * scale for side in box)
    start, stop = (int(x) - room_px, int(y) - room_px), (int(x + width) + room_px, int(y + height) + room_px)
    cv2.rectangle(picture, start, stop, colour, width_px)


def _coloured(image: Bytes) -> Bytes:
    return image if image.ndim == 3 else np.repeat(image[..., None], 3, axis=2)
