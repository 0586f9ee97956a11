"""Lines of writing to words: signs and decimal marks are put among the digits, and lines part where gaps are wide."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from numink.reader import rows, signs, straight
from numink.reader.boxes import Fields
from numink.reader.clusters import Found, Item
from numink.reader.shapes import Shape
from numink.reader.straight import Line

Group = list[Item]
"""Neighbours that belong together: a plus or minus perhaps, then digits, marks between them, and what is neither."""


MARKED = re.compile(r"[+-]?0{1,3}(?P<mark>[.,])000(?:(?P=mark)000)*(?:[.,]0+)?")
"""A number with several marks, such as 1,250,000.00; each digit is a 0."""
FARTHEST = 2.5
"""Heights of a digit: over a wider gap nothing is one number, unless it stands in boxes."""


SIGN = 1.5
"""Heights of a digit, or widths of a box, from where a sign may begin to where its number does."""
CLEAR = 0.15
"""Heights of a digit: what is nearer to the digit before it is a part of that, such as the flag of a 5, and no sign."""


def find_words(
    page: Found, uprights: Sequence[Line], fields: Fields, box_px: float, stroke_px: float
) -> list[list[Group]]:
    """For each line of writing, from the top, its groups from left to right.

    uprights: the lines between columns, which no word crosses. fields: boxes for single characters; what stands in
    neighbouring ones is one number. box_px: how wide they are, which may be known where they are not; 0 without any.
    Decimal marks are told by all of the page: their items say "." or ",", and `cut` how sure that is.
    """
    heights = np.array([item.height_px for item in page.items])
    found = rows.find_rows([item.shape.box for item in page.items], heights)
    lines = [with_signs([page.items[n] for n in line], page, fields, box_px, stroke_px) for line in found]
    marks = [item for line in lines for item in line if item.sign == "."]
    told = iter(signs.comma_chances([item.comma for item in marks]))
    lines = [[_told(item, next(told)) if item.sign == "." else item for item in line] for line in lines]
    limit = rows.word_gap([gap(a, b) for line in lines for a, b in pairwise(line) if a.is_digit and b.is_digit])
    if box_px:
        limit = max(limit, rows.gap_of_pitch(1.4 * box_px, float(np.median(heights))))
    parted = (
        [part for one in groups(line, uprights, fields, limit) for part in one_number_each(one)] for line in lines
    )
    return [[group for group in map(trimmed, line) if group] for line in parted]


def with_signs(line: Sequence[Item], page: Found, fields: Fields, box_px: float, stroke_px: float) -> list[Item]:
    """The line with the decimal marks between its items, and with each plus and minus before the item it stands at."""
    tokens: list[Item] = []
    taken = {fields.at(item.shape.box) for item in line}
    for before, item in pairwise([None, *line]):
        assert item is not None
        bits = page.between(before, item, max(SIGN * item.height_px, SIGN * box_px))
        bits = [bit for bit in bits if (place := fields.at(bit.box)) is None or place not in taken]
        if before is not None and (gap(before, item) < FARTHEST or fields.hold_both(before.shape.box, item.shape.box)):
            marks = [bit for bit in bits if signs.is_mark(bit, before.shape, item.shape, before.height_px)]
            if marks:
                comma = signs.comma_logit(marks[0], before.shape, item.shape, before.height_px, stroke_px)
                tokens.append(Item(marks[0], None, item.height_px, sign=".", comma=comma))
                bits = [bit for bit in bits if bit is not marks[0]]
        free = -np.inf if before is None else before.shape.right + CLEAR * item.height_px
        for bit in bits:
            plus = bit in page.pluses
            here = bit.x > free and signs.is_before(bit, item.shape.box)
            if here and (plus or signs.is_minus(bit, item.height_px, stroke_px)):
                tokens.append(Item(bit, None, item.height_px, sign="+" if plus else "-"))
                break
        tokens.append(item)
    return tokens


def groups(line: Sequence[Item], uprights: Sequence[Line], fields: Fields, limit: float) -> Iterator[Group]:
    """The parts of a line between wide gaps, columns, and before plus and minus."""
    group = list(line[:1])
    for one, other in pairwise(line):
        places = one.shape.box, other.shape.box
        if None in map(fields.at, places):
            parted = gap(one, other) >= limit or any(straight.parts(upright, *places) for upright in uprights)
        else:
            parted = not fields.hold_both(*places)
        if parted or other.sign in ("+", "-"):
            yield group
            group = []
        group.append(other)
    yield group


def one_number_each(group: Group) -> list[Group]:
    """A group, parted at its widest gaps until none of its parts has more decimal marks than a number may have."""
    text = "".join(item.sign or "0" for item in group)
    apart = [n for n in range(1, len(group)) if not (group[n - 1].sign or group[n].sign)]
    if sum(mark in ".," for mark in text) < 2 or MARKED.fullmatch(text) or not apart:
        return [group]
    widest = max(apart, key=lambda n: gap(group[n - 1], group[n]))
    return one_number_each(group[:widest]) + one_number_each(group[widest:])


def trimmed(group: Group) -> Group:
    """A group from its first digit, with the sign right before it, to its last."""
    whole = [n for n, item in enumerate(group) if not item.sign]
    if not whole:
        return []
    signed = whole[0] > 0 and group[whole[0] - 1].sign in ("+", "-")
    return group[whole[0] - signed : whole[-1] + 1]


def gap(one: Item, other: Item) -> float:
    """The gap between neighbours, in heights of a digit."""
    return rows.gap_between(one.shape.box, other.shape.box, one.height_px)


def _told(mark: Item, comma: float) -> Item:
    """A decimal mark that is a comma with this chance."""
    return replace(mark, sign="," if comma > 0.5 else ".", cut=max(comma, 1 - comma))


def is_number(group: Sequence[Item]) -> bool:
    """Whether all of a group are digits: surely, or by the company that they keep.

    A digit that nobody can read makes its number doubtful, not a word; as many letters as digits are no number.
    """
    unsure = [item.candidate.confidence for item in group if item.candidate is not None and not item.is_digit]
    sure = sum(item.is_digit for item in group)
    return 2 * len(unsure) <= sure or (len(unsure) <= sure and min(unsure) > LEAST_IN_COMPANY)


LEAST_IN_COMPANY = 0.2
"""The largest probability from which a shape among as many sure digits is one."""


def is_flat(shape: Shape, height_px: float) -> bool:
    """Whether a shape is a level line, such as a dash or an underline."""
    return shape.width > 3 * shape.height and shape.width > 0.3 * height_px
