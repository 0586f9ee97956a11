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

from numink.data.digits import Bytes
from numink.files import replacing
from numink.reader import labels
from numink.reader.labels import Paper, Rectangle
from numink.reader.results import Box, Number, PageReading

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

LEGIBLE_PX, LARGEST_SCALE, LONGEST_PX = 30, 12.0, 3200
"""A picture is enlarged until its usual digit is so high, but no more than so often, and no larger than that."""
SMALLEST_TEXT_PX, TEXT = 14, 0.36
"""The height of a reading: so much of the usual digit's ..."""
SMALL, LARGE = 1 / 100, 1 / 45
"""... but no less and no more than so much of the picture's longer side, which is seen whole on a screen."""
CROWDED, CROWDED_TEXT = 0.08, (1, 0.8, 0.6)
"""Where more of the readings covers what is written they are tried smaller."""
QUALITY = 88
"""Of the JPEG."""


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
    sizes = [max(digit.box[2:]) for number in reading.numbers for digit in number.digits]  # a page may lie on its side
    usual_px = float(np.median(sizes or [LEGIBLE_PX])) * given
    longest = max(image.shape[:2])
    scale = max(1.0, min(LARGEST_SCALE, LONGEST_PX / longest, LEGIBLE_PX / usual_px))
    picture = Image.fromarray(image).convert("RGB")
    if scale > 1:
        smooth = Image.Resampling.NEAREST if scale > 4 else Image.Resampling.BICUBIC
        picture = picture.resize((round(picture.width * scale), round(picture.height * scale)), smooth)
    text_px = _text_px(usual_px * scale, longest * scale)
    drawn = given * scale
    highest = min((number.box[1] for number in reading.numbers), default=reading.height)
    margin_px = round(2 * text_px) if highest * drawn < 2 * text_px else 0
    canvas = Image.new("RGB", (picture.width, picture.height + margin_px), "white")
    canvas.paste(picture, (0, margin_px))

    def placed(box: Box) -> Rectangle:
        x, y, width, height = (side * drawn for side in box)
        return x, y + margin_px, x + width, y + height + margin_px

    numbers = [placed(number.box) for number in reading.numbers]
    others = [placed(other.box) for other in reading.rejected]
    grey = np.pad(np.asarray(picture.convert("L")), ((margin_px, 0), (0, 0)), mode="edge")
    width_px = max(2, round(text_px / 9))
    for place in others:
        _frame(ImageDraw.Draw(canvas), place, REJECTED, max(2, round(0.6 * width_px)))
    for place, number in zip(numbers, reading.numbers, strict=True):
        _frame(ImageDraw.Draw(canvas), place, _kind(number), width_px)
    _write(canvas, reading.numbers, numbers, others, grey, text_px)
    return _with_legend(canvas, reading)


def _text_px(usual_px: float, longest_px: float) -> int:
    """How high readings are written in a picture of this longer side, whose usual digit is so high."""
    wanted = min(max(TEXT * usual_px, SMALL * longest_px), 0.8 * usual_px)
    return round(max(min(wanted, max(LARGE * longest_px, 2 * SMALLEST_TEXT_PX)), SMALLEST_TEXT_PX))


def write_picture(path: Path, picture: "Image") -> None:
    """Write it as a JPEG, whole or not at all."""
    with replacing(path) as file:
        picture.save(file, "JPEG", quality=QUALITY, subsampling=0)


def _kind(number: Number) -> Kind:
    return SURE if number.accepted else DOUBTFUL


def _frame(draw: "ImageDraw", place: Rectangle, kind: Kind, width_px: int) -> None:
    """A frame round a place."""
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
    canvas: "Image",
    numbers: Sequence[Number],
    places: list[Rectangle],
    others: list[Rectangle],
    grey: Bytes,
    largest_px: int,
) -> None:
    """What each number was read as, on the nearest bare paper; a thin line leads to it from farther away.

    Where there is too little paper, they are smaller.
    """
    from PIL import Image, ImageDraw, ImageFont

    draw = ImageDraw.Draw(canvas)
    texts = [number.text if number.accepted else f"{number.text}?" for number in numbers]
    for share in CROWDED_TEXT:
        text_px = max(round(share * largest_px), SMALLEST_TEXT_PX)
        font = ImageFont.load_default(text_px)
        inked = [font.getbbox(text) for text in texts]
        sizes = [(box[2] - box[0] + text_px / 3, box[3] - box[1] + text_px / 4) for box in inked]
        rooms, hidden = labels.placed(places, sizes, others, Paper(grey, places, text_px), canvas.size)
        if hidden < CROWDED:
            break
    for number, place, room in zip(numbers, places, rooms, strict=True):
        line = labels.leader(place, room)
        if line:
            draw.line(line, fill="white", width=3)
            draw.line(line, fill=_kind(number).colour, width=1)
    for number, text, (left, top, _, _), room in zip(numbers, texts, inked, rooms, strict=True):
        plate = (round(room[0]), round(room[1]), round(room[2]), round(room[3]))
        under = canvas.crop(plate)
        canvas.paste(Image.blend(under, Image.new("RGB", under.size, "white"), 0.85), plate)
        draw.text((plate[0] + text_px / 6 - left, plate[1] + text_px / 8 - top), text, _kind(number).colour, font)


def _with_legend(picture: "Image", reading: PageReading) -> "Image":
    """The picture on a strip that says what its frames mean and how many there are of each."""
    from PIL import Image, ImageDraw, ImageFont

    text_px = round(min(max(picture.width / 45, SMALLEST_TEXT_PX), 80))
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
        example = x + 0.3 * text_px, y + 0.75 * text_px, x + 1.7 * text_px, y + 1.5 * text_px
        _frame(draw, example, kind, max(2, round(text_px / 9)))
        draw.text((x + 2.4 * text_px, y + line_px / 2), text, kind.colour, font, anchor="lm")
        x, y = (x, y + line_px) if stacked else (x + width, y)
    return whole
