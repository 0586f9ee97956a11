"""Pages of handwriting, made from nothing, with the truth about everything on them.

    sheet (paper, print, handwriting)   ->   view (perspective)   ->   photograph (light, lens, sensor, file)

The reader is built and tested on them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from numink.data.strokes.pages import layout as layouts
from numink.data.strokes.pages import paper as papers
from numink.data.strokes.pages import texts as written
from numink.data.strokes.pages.hand import Hand
from numink.data.strokes.pages.layout import Cell
from numink.data.strokes.pages.photo import Photo
from numink.data.strokes.pages.printing import Print, Trace, print_layout
from numink.data.strokes.pages.view import Box, View, place_sheet
from numink.data.strokes.pages.writing import write_number, write_strays
from numink.errors import DataError

MOST_PIXELS = 50_000_000
MOST_STRAYS = 200
USUAL_STRAYS = 8
SHARED = 0.1  # of the sheets are written on by two
CREASED = 0.2  # of the sheets are folded
DRAWN = 0.3  # of the tables and boxes are drawn by hand


@dataclass(frozen=True)
class Mark:
    """Something on a page and the box round its ink, in pixels of the picture.

    kind: "7" for a digit; minus, plus, point or comma in a number; letter, word, dot, dash, sign, scribble, struck out,
    underline or print elsewhere.
    """

    kind: str
    box: Box


@dataclass(frozen=True)
class Number:
    """A number on a page: its text, the line of writing that it stands in, counted from 0, and its box.

    digits and signs are its characters, each from left to right.
    """

    text: str
    row: int
    box: Box
    digits: tuple[Mark, ...]
    signs: tuple[Mark, ...]


@dataclass(frozen=True, eq=False)
class Page:
    """A picture of a page, uint8 (height, width, 3), red, green and blue, and what is on it.

    numbers: line by line, each from left to right. others: what is no number.
    """

    image: NDArray[np.uint8]
    numbers: tuple[Number, ...]
    others: tuple[Mark, ...]


def page(
    rng: np.random.Generator,
    *,
    texts: Sequence[Sequence[str]] | None = None,
    layout: str | None = None,
    paper: str | None = None,
    pen: str | None = None,
    height_px: int = 1200,
    width_px: int = 1600,
    photo: Photo | None = None,
    strays: int | None = None,
) -> Page:
    """Write a page of numbers and take its picture. What is not given is drawn from `rng`, which decides all.

    texts: rows of numbers, such as [["12", "-3.5"], ["7"]]; "" leaves a place empty. layout: one of LAYOUTS, paper: one
    of PAPERS, pen: one of PENS, each by its name. photo: `Photo()` is a perfect scan, `Photo.draw(rng, 1)` a bad
    picture. strays: how many marks that are no numbers, as far as there is room. Raises DataError, one line, for an
    unknown name, and for a page that is too small for its text: it says the smallest size.

    >>> made = page(np.random.default_rng(7), texts=[["12", "-3.5"]], photo=Photo(), height_px=200, width_px=400)
    >>> [(number.text, number.row, [digit.kind for digit in number.digits]) for number in made.numbers]
    [('12', 0, ['1', '2']), ('-3.5', 0, ['3', '5'])]
    >>> made.image.shape
    (200, 400, 3)
    """
    spacing = layouts.layout_named(layout or str(rng.choice(list(layouts.LAYOUTS))))
    printed = papers.paper_named(paper or str(rng.choice(list(papers.PAPERS))))
    _check(height_px, width_px, strays)
    rows = [["0"]] if texts is None else written.checked_texts(texts)
    layouts.require_room(spacing, rows, height_px, width_px)
    hand = Hand.draw(rng, pen)
    photo = photo or Photo.draw(rng, rng.random())
    view = place_sheet(rng, photo, height_px, width_px)
    if texts is None:
        rows = written.draw_texts(rng, *layouts.room_for(rng, spacing, view.area), ragged=not spacing.aligned)
        rows = layouts.that_fit(spacing, rows, view.area)
    arranged = layouts.lay_out(rng, spacing, rows, view.area)

    sheet = papers.blank(rng, view.sheet_height_px, view.sheet_width_px)
    if rng.random() < CREASED:
        papers.crease(rng, sheet)
    others = printed(rng, sheet, arranged)
    digit_px = arranged.digit_px
    print_layout(rng, sheet, arranged, hand.ruler(digit_px) if rng.random() < DRAWN else Print.draw(rng, digit_px))
    hands = [hand, Hand.draw(rng, pen)] if rng.random() < SHARED else [hand]
    words = [write_number(rng, sheet, hands[rng.integers(len(hands))], arranged, cell) for cell in arranged.cells]
    if strays is None:
        strays = int(rng.integers(min(USUAL_STRAYS, 1 + len(words) // 2) + 1))
    others += write_strays(rng, sheet, hand, arranged, view.area, words, others, strays)
    return Page(
        photo.take(rng, sheet, view),
        tuple(_number(view, cell, word) for cell, word in zip(arranged.cells, words, strict=True)),
        tuple(Mark(trace.kind, view.box(trace.points)) for trace in others),
    )


def _check(height_px: int, width_px: int, strays: int | None) -> None:
    if min(height_px, width_px) < 1 or height_px * width_px > MOST_PIXELS:
        raise DataError(
            f"expected a page of {MOST_PIXELS:,} pixels at most, came {height_px} x {width_px}: give another size"
        )
    if strays is not None and not 0 <= strays <= MOST_STRAYS:
        raise DataError(f"expected 0 to {MOST_STRAYS} strays on a page, came {strays}")


def _number(view: View, cell: Cell, word: Sequence[Trace]) -> Number:
    marks = [Mark(trace.kind, view.box(trace.points)) for trace in word]
    box = view.box(np.concatenate([trace.points for trace in word]))
    digits, signs = (tuple(mark for mark in marks if mark.kind.isdigit() is kept) for kept in (True, False))
    return Number(cell.text, cell.row, box, digits, signs)
