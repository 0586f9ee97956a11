"""From ink to numbers: shapes are cut and joined into digits, digits with their signs into numbers, these into rows."""

from dataclasses import dataclass

import numpy as np

from numink.reader import straight
from numink.reader.candidates import Candidate, Classify
from numink.reader.clusters import Found, Item, find_items
from numink.reader.ink import Ink
from numink.reader.results import Box
from numink.reader.shapes import around, find_shapes
from numink.reader.words import Group, find_words, is_flat, is_number

__all__ = ["Candidate", "Classify", "Other", "Word", "around", "find_numbers"]

DUST = 0.15
"""Heights of a digit: what is smaller is not worth telling."""
LARGE = 1.5
"""Heights of a digit: what is no digit and as wide or as high is more than one letter."""


@dataclass(frozen=True, eq=False)
class Word:
    """A number as found: its text, its row, its box on the sheet, its digits, and the boxes of its signs and marks.

    cut: how sure it is which ink makes which digit, and which marks are commas, 0 to 1. second: what the next best way
    of cutting would read there.
    """

    text: str
    row: int
    box: Box
    digits: tuple[Candidate, ...]
    signs: tuple[Box, ...] = ()
    cut: float = 1.0
    second: str = ""


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
    found = find_items(find_shapes(ink.coverage, least_px), ink.stroke_px, classify)
    height_px = float(np.median([item.height_px for item in found.items] or [0]))
    uprights = straight.columns(ink.rulings, [item.shape.box for item in found.items], height_px)
    words: list[Word] = []
    others: list[Other] = []
    used: set[int] = set()
    row = 0
    for line in find_words(found, uprights, ink.stroke_px):
        before = len(words)
        for group in line:
            used |= {id(item.shape) for item in group}
            box = around([item.shape.box for item in group])
            if not is_number(group):
                others += [Other(item.shape.box, reason_of(item)) for item in group]
            elif any(straight.strikes_out(ruling, box) for ruling in ink.rulings):
                others.append(Other(box, "struck out"))
            else:
                words.append(_word(group, row, box))
        row += len(words) > before
    return words, others + _left(found, used, height_px)


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


def _word(group: Group, row: int, box: Box) -> Word:
    """The number of a group."""
    text = "".join(item.sign or item.digit for item in group)
    digits = tuple(item.candidate for item in group if item.candidate is not None)
    marks = [item for item in group if item.sign]
    cut = min(item.cut for item in group if not item.sign) * float(np.prod([mark.cut for mark in marks]))
    second = next(item.second for item in group if not item.sign)
    return Word(text, row, box, digits, tuple(mark.shape.box for mark in marks), cut, second)


def _left(found: Found, used: set[int], height_px: float) -> list[Other]:
    """The bits and signs that belong to no number."""
    others = [Other(plus.box, "sign of no number") for plus in found.pluses if id(plus) not in used]
    for bit in found.bits:
        if id(bit) not in used and max(bit.width, bit.height) >= DUST * height_px:
            others.append(Other(bit.box, "dash or underline" if is_flat(bit, height_px) else "too small"))
    return others
