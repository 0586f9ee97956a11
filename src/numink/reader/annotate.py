"""A picture with what was read in it: boxes, readings beside them, and a legend below.

Sure, doubtful and rejected differ in their colours (a blue, a vermilion and a grey, which all common kinds of colour
blindness leave apart), in their lines (drawn, dashed, dotted), and doubtful readings end with a question mark.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from numink.data.digits import Bytes
from numink.files import replacing
from numink.reader.results import Box, Number, PageReading

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

LEGIBLE_PX = 30
"""A picture is enlarged until its usual number is so high: a reading of half that height is legible."""
LARGEST_SCALE, MOST_PIXELS, LONGEST_PX = 12.0, 16_000_000, 60_000
"""Up to these; a side of a JPEG has 65,500 pixels at most."""
SMALLEST_TEXT_PX, LARGEST_TEXT_PX = 14, 80
QUALITY = 88
"""Of the JPEG."""

Rectangle = tuple[float, float, float, float]
"""left, top, right, bottom"""


@dataclass(frozen=True)
class Kind:
    """How one kind of finding is drawn: its colour, and its dashes and gaps in widths of the line."""

    name: str
    colour: str
    dash: int
    gap: int


SURE = Kind("sure", "#0067a8", 1, 0)
DOUBTFUL = Kind("doubtful (?)", "#c8500a", 5, 3)
REJECTED = Kind("no number", "#5f6b7c", 1, 2)


def annotated(image: Bytes, reading: PageReading) -> "Image":
    """The picture, uint8 (height, width) or (height, width, 3), with its numbers framed, and beside them what they were
    read as; below it a legend.

    A small picture is enlarged, so that its readings are legible. What is written covers no number where there is any
    room beside it.
    """
    from PIL import Image, ImageDraw

    given = image.shape[1] / reading.width  # pixels of the image for one of the original
    usual_px = float(np.median([number.box[3] for number in reading.numbers] or [LEGIBLE_PX])) * given
    height, width = image.shape[:2]
    most = min(LARGEST_SCALE, max(1.0, min((MOST_PIXELS / (height * width)) ** 0.5, LONGEST_PX / max(height, width))))
    scale = min(max(1.0, LEGIBLE_PX / usual_px), most)
    picture = Image.fromarray(image).convert("RGB")
    if scale > 1:
        smooth = Image.Resampling.NEAREST if scale > 4 else Image.Resampling.BICUBIC
        picture = picture.resize((round(picture.width * scale), round(picture.height * scale)), smooth)
    text_px = round(min(max(0.42 * usual_px * scale, SMALLEST_TEXT_PX), LARGEST_TEXT_PX))
    drawn = given * scale
    highest = min((number.box[1] for number in reading.numbers), default=reading.height)
    margin_px = round(1.6 * text_px) if highest * drawn < 1.6 * text_px else 0
    canvas = Image.new("RGB", (picture.width, picture.height + margin_px), "white")
    canvas.paste(picture, (0, margin_px))

    def placed(box: Box) -> Rectangle:
        x, y, width, height = (side * drawn for side in box)
        return x, y + margin_px, x + width, y + height + margin_px

    numbers = [placed(number.box) for number in reading.numbers]
    others = [placed(other.box) for other in reading.rejected]
    for place in others:
        _frame(ImageDraw.Draw(canvas), place, REJECTED, text_px)
    for place, number in zip(numbers, reading.numbers, strict=True):
        _frame(ImageDraw.Draw(canvas), place, _kind(number), text_px)
    _write(canvas, reading.numbers, numbers, others, text_px)
    return _with_legend(canvas, reading)


def write_picture(path: Path, picture: "Image") -> None:
    """Write it as a JPEG, whole or not at all."""
    with replacing(path) as file:
        picture.save(file, "JPEG", quality=QUALITY, subsampling=0)


def _kind(number: Number) -> Kind:
    return SURE if number.accepted else DOUBTFUL


def _frame(draw: "ImageDraw", place: Rectangle, kind: Kind, text_px: int) -> None:
    """A frame round a place."""
    width_px = max(2, round(text_px / 9))
    gap = 1.5 * width_px
    left, top, right, bottom = place[0] - gap, place[1] - gap, place[2] + gap, place[3] + gap
    corners = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]
    lines = [line for ends in pairwise(corners) for line in _dashes(*ends, kind, width_px)]
    for colour, more_px in (("white", 2), (kind.colour, 0)):  # white sets them off from any ground
        for line in lines:
            draw.line(line, fill=colour, width=width_px + more_px)


def _dashes(
    start: tuple[float, float], end: tuple[float, float], kind: Kind, width_px: int
) -> Iterator[tuple[float, float, float, float]]:
    (x, y), (to_x, to_y) = start, end
    length = max(abs(to_x - x), abs(to_y - y), 1.0)
    dash = kind.dash * width_px if kind.gap else length
    for place in np.arange(0, length, dash + kind.gap * width_px):
        shares = np.array([place, min(place + dash, length)]) / length
        (left, top), (right, bottom) = [(x + share * (to_x - x), y + share * (to_y - y)) for share in shares]
        yield left, top, right, bottom


def _write(
    canvas: "Image", numbers: Sequence[Number], places: list[Rectangle], others: list[Rectangle], text_px: int
) -> None:
    """What each number was read as, close above it, or beside or below it where that covers less."""
    from PIL import Image, ImageDraw, ImageFont

    font, draw = ImageFont.load_default(text_px), ImageDraw.Draw(canvas)
    taken = np.array(places + others).reshape(-1, 4)
    for number, place in zip(numbers, places, strict=True):
        text = number.text if number.accepted else f"{number.text}?"
        left, top, right, bottom = font.getbbox(text)
        width_px, height_px = round(right - left + text_px / 3), round(bottom - top + text_px / 4)
        rooms = list(_rooms(place, width_px, height_px, text_px / 3.5))
        costs = [cost + _covered(room, taken, canvas.size) for cost, room in rooms]
        _, room = rooms[int(np.argmin(costs))]
        x, y = (
            max(0, min(round(room[0]), canvas.width - width_px)),
            max(0, min(round(room[1]), canvas.height - height_px)),
        )
        plate = (x, y, x + width_px, y + height_px)
        under = canvas.crop(plate)
        canvas.paste(Image.blend(under, Image.new("RGB", under.size, "white"), 0.85), plate)
        draw.text((x + text_px / 6 - left, y + text_px / 8 - top), text, _kind(number).colour, font)
        taken = np.concatenate([taken, [plate]])


def _rooms(place: Rectangle, width_px: int, height_px: int, gap: float) -> Iterator[tuple[float, Rectangle]]:
    """Where a text may stand beside a place, and what that costs, in pixels: below, it seems to belong to the next."""
    left, top, right, bottom = place
    middle_x, middle_y = (left + right - width_px) / 2, (top + bottom - height_px) / 2
    area = width_px * height_px
    for cost, x, y in (
        (0.0, middle_x, top - gap - height_px),
        (0.1, right + gap, middle_y),
        (0.4, left - gap - width_px, middle_y),
        (0.6, middle_x, bottom + gap),
    ):
        yield cost * area, (x, y, x + width_px, y + height_px)


def _covered(room: Rectangle, taken: NDArray[np.float64], size: tuple[int, int]) -> float:
    """How much of what is there a rectangle would cover, and how much of it lies beyond the picture: pixels."""
    left, top, right, bottom = np.concatenate([taken, [(0, 0, *size)]]).T
    wide = np.minimum(right, room[2]) - np.maximum(left, room[0])
    high = np.minimum(bottom, room[3]) - np.maximum(top, room[1])
    shared = wide.clip(0) * high.clip(0)
    return float(shared[:-1].sum() + (room[2] - room[0]) * (room[3] - room[1]) - shared[-1])


def _with_legend(picture: "Image", reading: PageReading) -> "Image":
    """The picture on a strip that says what its frames mean and how many there are of each."""
    from PIL import Image, ImageDraw, ImageFont

    text_px = round(min(max(picture.width / 45, SMALLEST_TEXT_PX), 36))
    font = ImageFont.load_default(text_px)
    sure = sum(number.accepted for number in reading.numbers)
    entries = [(SURE, sure), (DOUBTFUL, len(reading.numbers) - sure), (REJECTED, len(reading.rejected))]
    texts = [(kind, f"{count} {kind.name}") for kind, count in entries if count] or [(SURE, "no numbers")]
    widths = [2.4 * text_px + font.getlength(text) + text_px for _, text in texts]
    stacked = sum(widths) > picture.width
    line_px = round(2.2 * text_px)
    size = max(picture.width, round(max(widths))), picture.height + line_px * (len(texts) if stacked else 1)
    whole = Image.new("RGB", size, "white")
    whole.paste(picture, ((size[0] - picture.width) // 2, 0))
    draw = ImageDraw.Draw(whole)
    x, y = text_px / 2, float(picture.height)
    for (kind, text), width in zip(texts, widths, strict=True):
        _frame(draw, (x + 0.3 * text_px, y + 0.75 * text_px, x + 1.7 * text_px, y + 1.5 * text_px), kind, text_px)
        draw.text((x + 2.4 * text_px, y + line_px / 2), text, kind.colour, font, anchor="lm")
        x, y = (x, y + line_px) if stacked else (x + width, y)
    return whole
