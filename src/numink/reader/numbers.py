"""From ink to numbers: shapes are cut and joined into digits, digits with their signs into numbers, these into rows."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from numink.reader import rows, signs, straight
from numink.reader.candidates import Candidate, Classify
from numink.reader.clusters import Found, Item, find_items
from numink.reader.ink import Ink
from numink.reader.results import Box
from numink.reader.shapes import Shape, around, find_shapes
from numink.reader.straight import Line

__all__ = ["Candidate", "Classify", "Other", "Word", "around", "find_numbers"]


LEAST_IN_COMPANY = 0.2
"""The largest probability from which a shape between sure digits is one: half of what it takes alone."""


@dataclass(frozen=True, eq=False)
class Word:
    """A number as found: its text, its row, its box on the sheet, its digits, and the boxes of its signs and marks.

    cut: how sure it is which ink makes which digit, 0 to 1. second: what the next best way of cutting reads.
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
    """Numbers in reading order, and what else there is."""
    found = find_items(find_shapes(ink.coverage, 0.5 * ink.stroke_px), ink.stroke_px, classify)
    height_px = float(np.median([item.height_px for item in found.items] or [0]))
    lines = straight.columns(ink.rulings, [item.shape.box for item in found.items], height_px)
    words, others = words_of(found, lines, ink.stroke_px)
    struck = {id(word) for word in words if any(straight.strikes_out(line, word.box) for line in ink.rulings)}
    others += [Other(word.box, "struck out") for word in words if id(word) in struck]
    return [word for word in words if id(word) not in struck], others


def words_of(page: Found, uprights: Sequence[Line], stroke_px: float) -> tuple[list[Word], list[Other]]:
    """Numbers from what stands in lines."""
    items, bits = page.items, page.bits
    heights = np.array([item.height_px for item in items])
    lines = []
    used: set[int] = set()
    for line in rows.find_rows([item.shape.box for item in items], heights):
        tokens = with_marks([items[n] for n in line], bits, stroke_px)
        lines.append(tokens)
    pairs = [(a, b) for line in lines for a, b in pairwise(line)]
    limit = rows.word_gap([gap(a, b) for a, b in pairs if a.is_digit and b.is_digit])
    marks = [token.shape for line in lines for token in line if token.is_sign]
    chances = signs.comma_chances(
        [(token.shape.height - stroke_px) / token.height_px for line in lines for token in line if token.is_sign]
    )
    commas = {id(mark): chance for mark, chance in zip(marks, chances, strict=True)}
    words: list[Word] = []
    others: list[Other] = []
    row = 0
    for tokens in lines:
        groups = [[tokens[0]]]
        for a, b in pairwise(tokens):
            if gap(a, b) >= limit or any(straight.parts(line, a.shape.box, b.shape.box) for line in uprights):
                groups.append([])
            groups[-1].append(b)
        found = []
        for group in (within for group in groups if (within := without_ends(group))):
            sign = sign_before(group, page, limit, stroke_px)
            used |= {id(token.shape) for token in (*sign, *group)}
            found += word_of(sign, group, commas, others)
        words += [replace(word, row=row) for word in found]
        row += bool(found)
    others += [Other(bit.box, "too small") for bit in (*page.pluses, *bits) if id(bit) not in used]
    return words, others


def with_marks(line: list[Item], bits: Sequence[Shape], stroke_px: float) -> list[Item]:
    """The line with the decimal marks between its digits."""
    tokens = line[:1]
    for one, other in pairwise(line):
        if not (one.is_sign or other.is_sign):
            middle = one.shape.x + 0.5 * one.shape.width, other.shape.x + 0.5 * other.shape.width
            for bit in bits:
                if middle[0] < bit.x + bit.width / 2 < middle[1] and signs.is_mark(
                    bit, one.shape, other.shape, one.height_px
                ):
                    tokens.append(Item(bit, None, one.height_px))
                    break
        tokens.append(other)
    return tokens


def gap(one: Item, other: Item) -> float:
    """The gap between neighbours, in heights."""
    return rows.gap_between(one.shape.box, other.shape.box, one.height_px)


def without_ends(group: list[Item]) -> list[Item]:
    """A group without the marks before its first digit and after its last."""
    whole = [n for n, item in enumerate(group) if not item.is_sign]
    return group[whole[0] : whole[-1] + 1] if whole else []


def sign_before(group: list[Item], page: Found, limit: float, stroke_px: float) -> list[Item]:
    """The sign right before a number, or none."""
    first = group[0]
    minuses = [bit for bit in page.bits if signs.is_minus(bit, first.height_px, stroke_px)]
    for sign, shapes in (("+", page.pluses), ("-", minuses)):
        for shape in shapes:
            near = rows.gap_between(shape.box, first.shape.box, first.height_px) < limit
            if shape.x < first.shape.x and near and signs.is_before(shape, first.shape.box):
                return [Item(shape, None, first.height_px, second=sign)]
    return []


def is_number(group: Sequence[Item]) -> bool:
    """Whether all of a group are digits: surely, or by the company that they keep.

    A digit that nobody can read makes its number doubtful, not a word; as many letters as digits are none.
    """
    unsure = [item.candidate.confidence for item in group if item.candidate is not None and not item.is_digit]
    sure = sum(item.is_digit for item in group)
    return 2 * len(unsure) <= sure or (len(unsure) <= sure and min(unsure) > LEAST_IN_COMPANY)


def word_of(sign: list[Item], group: list[Item], commas: dict[int, float], others: list[Other]) -> list[Word]:
    """The number of a group of items, if it is one."""
    if not is_number(group):
        others += [Other(item.shape.box, "letter or symbol") for item in (*sign, *group)]
        return []
    text = "".join(item.second for item in sign)
    cut = min(item.cut for item in group)
    for item in group:
        if item.candidate is None:
            comma = commas[id(item.shape)]
            text += "," if comma > 0.5 else "."
            cut *= max(comma, 1 - comma)
        else:
            text += item.candidate.digit
    digits = tuple(item.candidate for item in group if item.candidate is not None)
    box = around([item.shape.box for item in (*sign, *group)])
    marks = tuple(item.shape.box for item in (*sign, *group) if item.is_sign or item in sign)
    return [Word(text, 0, box, digits, marks, cut=cut, second=group[0].second)]
