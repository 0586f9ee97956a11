"""Pages of handwriting, made from nothing, with the truth about everything on them.

    sheet (paper, print, handwriting)   ->   view (perspective)   ->   photograph (light, lens, sensor, file)

Readers of pages can be built and tested on them.
"""

from collections.abc import Mapping, Sequence
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
from numink.data.strokes.pages.view import Box, View, place_sheet, way_to_an_edge
from numink.data.strokes.pages.wanted import one_line, require_name, require_number
from numink.data.strokes.pages.writing import put, set_number, write_strays
from numink.errors import DataError

MOST_PIXELS = 50_000_000
MOST_SIDE_PX = 65_500  # of a JPEG
MOST_STRAYS = 200
USUAL_STRAYS = 8
SHARED = 0.1  # of the sheets are written on by two
CREASED = 0.2  # of the sheets are folded
DRAWN = 0.3  # of the tables and boxes are drawn by hand
AT_AN_EDGE = 0.25  # of the pages are cut close to their numbers at one side or two
_CLOSE = 0.4  # heights of a digit, at most, between these and the edge


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
    unknown name, for what is out of its range, and for a page too small for its text: it says the smallest size.

    >>> made = page(np.random.default_rng(7), texts=[["12", "-3.5"]], photo=Photo(), height_px=200, width_px=400)
    >>> [(number.text, number.row, [digit.kind for digit in number.digits]) for number in made.numbers]
    [('12', 0, ['1', '2']), ('-3.5', 0, ['3', '5'])]
    >>> made.image.shape
    (200, 400, 3)
    """
    _check(height_px, width_px, photo, strays, {"layout": layout, "paper": paper, "pen": pen})
    spacing = layouts.layout_named(str(rng.choice(list(layouts.LAYOUTS))) if layout is None else layout)
    printed = papers.paper_named(str(rng.choice(list(papers.PAPERS))) if paper is None else paper)
    rows = [["0"]] if texts is None else written.checked_texts(texts)
    layouts.require_room(spacing, rows, height_px, width_px)
    hand = Hand.draw(rng, pen)
    photo = Photo.draw(rng, rng.random()) if photo is None else photo
    view = place_sheet(rng, photo, int(height_px), int(width_px))  # Pillow misreads NumPy's numbers
    if texts is None:
        rows = written.draw_texts(rng, *layouts.room_for(rng, spacing, view.area), ragged=not spacing.aligned)
        rows = layouts.that_fit(spacing, rows, view.area)
    arranged = layouts.lay_out(rng, spacing, rows, view.area)
    digit_px = arranged.digit_px
    hands = [hand, Hand.draw(rng, pen)] if rng.random() < SHARED else [hand]
    writers = [hands[rng.integers(len(hands))] for _ in arranged.cells]
    glyphs = [set_number(rng, who, arranged, cell) for who, cell in zip(writers, arranged.cells, strict=True)]
    if rng.random() < AT_AN_EDGE:
        ink = np.concatenate([glyph.points for word in glyphs for glyph in word])
        way = way_to_an_edge(rng, view, ink, _CLOSE * digit_px)
        arranged, glyphs = arranged.moved(*way), [[glyph.moved(*way) for glyph in word] for word in glyphs]

    sheet = papers.blank(rng, view.sheet_height_px, view.sheet_width_px)
    if rng.random() < CREASED:
        papers.crease(rng, sheet)
    others = printed(rng, sheet, arranged)
    print_layout(rng, sheet, arranged, hand.ruler(digit_px) if rng.random() < DRAWN else Print.draw(rng, digit_px))
    words = [put(sheet, who, word) for who, word in zip(writers, glyphs, strict=True)]
    if strays is None:
        strays = int(rng.integers(min(USUAL_STRAYS, 1 + len(words) // 2) + 1))
    others += write_strays(rng, sheet, hand, arranged, view.area, words, others, strays)
    return Page(
        photo.take(rng, sheet, view),
        tuple(_number(view, cell, word) for cell, word in zip(arranged.cells, words, strict=True)),
        tuple(
            Mark(trace.kind, view.box(seen)) for trace in others if len(seen := trace.points[view.shows(trace.points)])
        ),
    )


def _check(
    height_px: int, width_px: int, photo: Photo | None, strays: int | None, names: Mapping[str, str | None]
) -> None:
    for name, side_px in {"height_px": height_px, "width_px": width_px}.items():
        require_number(f"{name} of a page", side_px, 1, MOST_SIDE_PX, whole=True)
    if height_px * width_px > MOST_PIXELS:
        raise DataError(
            f"expected a page of {MOST_PIXELS:,} pixels at most, came {height_px} x {width_px}: give another size"
        )
    if strays is not None:
        require_number("strays on a page", strays, 0, MOST_STRAYS, whole=True)
    if not isinstance(photo, Photo | None):
        raise DataError(f"expected photo of a page as a Photo, such as Photo(), came {one_line(photo)}")
    for name, value in names.items():
        require_name(f"{name} of a page", value)


def _number(view: View, cell: Cell, word: Sequence[Trace]) -> Number:
    marks = [Mark(trace.kind, view.box(trace.points)) for trace in word]
    box = view.box(np.concatenate([trace.points for trace in word]))
    digits, signs = (tuple(mark for mark in marks if mark.kind.isdigit() is kept) for kept in (True, False))
    return Number(cell.text, cell.row, box, digits, signs)
