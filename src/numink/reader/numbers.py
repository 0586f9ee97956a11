"""From ink to numbers: shapes are cut and joined into digits, digits with their signs into numbers, these into rows."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import exp

import numpy as np

from numink.reader import straight
from numink.reader.boxes import Fields, box_width
from numink.reader.candidates import Candidate, Classify
from numink.reader.clusters import TALLER, Found, Item, find_items
from numink.reader.flags import with_flags
from numink.reader.forms import told_by_forms
from numink.reader.hand import told_by_hand
from numink.reader.ink import Ink
from numink.reader.pen import without_thin_lines
from numink.reader.results import Box
from numink.reader.shapes import Shape, around, find_shapes, join
from numink.reader.words import Group, find_words, is_flat, is_number

__all__ = ["Candidate", "Classify", "Other", "Word", "around", "find_numbers"]

DUST = 0.15
"""Heights of a digit: what is smaller is not worth telling."""
LEFT_OUT = 2.0
"""How much ink that was left out doubts a number, for each height of its longer side."""
LINES = ("1", "7")
"""What lines and corners read as."""
LARGE = 1.5
"""Heights of a digit: what is no digit and as wide or as high is more than one letter."""


@dataclass(frozen=True, eq=False)
class Word:
    """A number as found: its text, its row, its box on the sheet, its digits, and the boxes of its signs and marks.

    cut: how sure it is which ink makes which digit, and which marks are commas, 0 to 1. second: what the next best way
    of cutting the least sure part of it would read there, and its pieces.
    """

    text: str
    row: int
    box: Box
    digits: tuple[Candidate, ...]
    signs: tuple[Box, ...] = ()
    cut: float = 1.0
    second: str = ""
    second_boxes: tuple[Box, ...] = ()


@dataclass(frozen=True, eq=False)
class Other:
    """Ink that is no number, and why."""

    box: Box
    reason: str


def find_numbers(ink: Ink, classify: Classify) -> tuple[list[Word], list[Other]]:
    """Numbers in reading order, and what else there is.

    Rows are lines of writing, counted from 0 among those that have numbers; in a row numbers come from the left. The
    network is asked in a few calls with all candidates of the page.
    """
    least_px = max(0.5 * ink.stroke_px, 0.05 * ink.digit_px)
    found = find_items(find_shapes(ink.coverage, least_px), ink.stroke_px, classify, ink.digit_px)
    found = with_flags(found, classify)
    found, thin = without_thin_lines(replace(found, items=told_by_forms(told_by_hand(found.items))))
    fields = Fields(ink.boxes)
    found = fields.without_rests(found)
    height_px = float(np.median([item.height_px for item in found.items] or [0]))
    written = [item.shape.box for item in found.items]
    box_px = ink.boxes[0][2] if ink.boxes else box_width(ink.rulings, written, height_px)
    uprights = [] if box_px else straight.columns(ink.rulings, written, height_px)
    words: list[Word] = []
    others: list[Other] = []
    used: set[int] = set()
    row = 0
    for line in find_words(found, uprights, fields, box_px, ink.stroke_px):
        before = len(words)
        for group in line:
            used |= {id(item.shape) for item in group}
            box = around([item.shape.box for item in group])
            if _is_struck(group):
                others.append(Other(box, "struck out"))
            elif _may_be_a_line(group, box, ink):
                others.append(Other(box, "line"))
            elif not is_number(group):
                others += [Other(item.shape.box, reason_of(item)) for item in group]
            else:
                words.append(_word(group, row, box))
        row += len(words) > before
    left = [shape for shape in (*found.pluses, *found.bits) if id(shape) not in used]
    others += _told(found, left, height_px) + [Other(shape.box, "thinner than the writing") for shape in thin]
    return [_doubted(word, left, height_px) for word in words], others


def reason_of(item: Item) -> str:
    """Why an item of a group that is no number is none."""
    if item.sign:
        return "sign of no number"
    if item.is_digit:
        return "digit among letters"
    width, height = (side / item.height_px for side in item.shape.box[2:])
    if height > LARGE:
        return "larger than a digit"
    return "several shapes that touch" if width > LARGE else "letter or symbol"


def _is_struck(group: Group) -> bool:
    """Whether a line strikes a number out."""
    several = sum(not item.sign for item in group) > 1  # the bar of a wide 4 runs through all of it
    return several and straight.struck_through(join([item.shape for item in group]), group[-1].height_px)


def _may_be_a_line(group: Group, box: Box, ink: Ink) -> bool:
    """Whether all is ones and sevens, and far higher than digits or runs off the sheet, as lines, boxes and pens do."""
    x, y, width, height = box
    high, wide = ink.coverage.shape
    at_edge = min(x, y, wide - x - width, high - y - height) <= 0
    return (at_edge or height > TALLER * ink.digit_px > 0) and all(item.digit in LINES for item in group)


def _word(group: Group, row: int, box: Box) -> Word:
    """The number of a group."""
    text = "".join(item.sign or item.digit for item in group)
    digits = tuple(item.candidate for item in group if item.candidate is not None)
    marks = [item for item in group if item.sign]
    cut = min(item.cut for item in group if not item.sign) * float(np.prod([mark.cut for mark in marks]))
    doubtful = min((item for item in group if not item.sign), key=lambda item: item.cut)
    signs = tuple(mark.shape.box for mark in marks)
    return Word(text, row, box, digits, signs, cut, doubtful.second, doubtful.second_boxes)


def _doubted(word: Word, left: Sequence[Shape], height_px: float) -> Word:
    """The number, its cut less sure where ink within it or right beside it was left out: it may be part of a digit."""
    x, y, width, height = word.box
    room_px = 0.15 * height_px
    doubt = 0.0
    for shape in left:
        within = x - room_px < shape.middle < x + width + room_px and y < shape.y + shape.height / 2 < y + height
        if within:
            doubt += max(shape.width, shape.height) / height_px
    return replace(word, cut=word.cut * exp(-LEFT_OUT * doubt)) if doubt else word


def _told(found: Found, left: Sequence[Shape], height_px: float) -> list[Other]:
    """The bits and signs that belong to no number, without the dust."""
    others = []
    for shape in left:
        if max(shape.width, shape.height) >= DUST * height_px:
            plus = any(shape is sign for sign in found.pluses)
            reason = "dash or underline" if is_flat(shape, height_px) else "too small"
            others.append(Other(shape.box, "sign of no number" if plus else reason))
    return others
