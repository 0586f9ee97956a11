"""Writing on a sheet: numbers into their cells, lines by hand, and marks that are no numbers where there is room."""

from collections.abc import Sequence

import numpy as np

from numink.data.strokes.pages.hand import Glyph, Hand
from numink.data.strokes.pages.layout import Cell, Layout
from numink.data.strokes.pages.marks import underline
from numink.data.strokes.pages.printing import Sheet, Trace, stamp
from numink.data.strokes.pages.strays import Rectangle, draw_stray, extent, room_for
from numink.data.strokes.pages.view import Box

UNDERLINES = 0.08
"""How many of the strays are lines under a number."""


def set_number(rng: np.random.Generator, hand: Hand, arranged: Layout, cell: Cell) -> list[Glyph]:
    """The characters of a cell's number in their places on the sheet, smaller where they would not fit."""
    digit_px = arranged.digit_px * min(1.0, arranged.character / hand.advance) * rng.uniform(0.94, 1.04)
    padding_px = 0.18 * arranged.digit_px
    room_px = cell.width_px - 2 * padding_px
    glyphs = hand.write(rng, cell.text, digit_px, arranged.box_px)
    if not arranged.box_px and glyphs[-1].ink[1] > room_px:
        glyphs = hand.write(rng, cell.text, digit_px * room_px / glyphs[-1].ink[1])
    if arranged.box_px:
        start_px = arranged.box_px * round(arranged.align * (cell.boxes - len(cell.text)))
    else:
        start_px = padding_px + max(0.0, arranged.align * (room_px - glyphs[-1].ink[1]))
    return [glyph.moved(round(cell.left_px + start_px), round(cell.baseline_px)) for glyph in glyphs]


def underline_number(
    rng: np.random.Generator, sheet: Sheet, hand: Hand, digit_px: float, word: Sequence[Trace]
) -> Trace:
    """Draw a line, or two, under a number that was written."""
    points = np.concatenate([trace.points for trace in word])
    (left_px, _), (right_px, bottom_px) = points.min(axis=0), points.max(axis=0)
    line = hand.drag(rng, underline(rng, (right_px - left_px) / digit_px), digit_px)
    return put(sheet, hand, [line.moved(round(left_px), round(bottom_px))])[0]


def write_strays(
    rng: np.random.Generator,
    sheet: Sheet,
    hand: Hand,
    layout: Layout,
    area: Box,
    words: Sequence[Sequence[Trace]],
    prints: Sequence[Trace],
    count: int,
) -> list[Trace]:
    """Write marks that are no numbers: lines under `words`, and whatever finds room between these and the `prints`."""
    taken = [_around(traces, layout.digit_px) for traces in (*words, *([trace] for trace in prints))]
    strays = []
    for _ in range(count):
        word = words[int(rng.integers(len(words)))]
        if rng.random() < UNDERLINES and not layout.box_px and len(word) < 9:
            strays.append(underline_number(rng, sheet, hand, layout.digit_px, word))
            continue
        kind, glyphs = draw_stray(rng, hand, layout.digit_px)
        left, top, right, bottom = extent(glyphs)
        place = room_for(rng, (right - left, bottom - top), area, taken)
        if place is not None:
            traces = put(sheet, hand, [glyph.moved(round(place[0] - left), round(place[1] - top)) for glyph in glyphs])
            taken.append(_around(traces, layout.digit_px))
            strays.append(Trace(kind, np.concatenate([trace.points for trace in traces])))
    return strays


def put(sheet: Sheet, hand: Hand, glyphs: Sequence[Glyph]) -> list[Trace]:
    """Draw glyphs, in their places on the sheet, in the hand's colour."""
    for glyph in glyphs:
        stamp(sheet, glyph.coverage, glyph.left_px, glyph.top_px, hand.colour)
    return [Trace(glyph.kind, glyph.points) for glyph in glyphs]


def _around(traces: Sequence[Trace], digit_px: float) -> Rectangle:
    """A rectangle round the traces, with a little room on all sides."""
    points = np.concatenate([trace.points for trace in traces])
    room_px = digit_px * np.array([0.8, 0.35])  # a dash right before a number would be its sign
    low, high = points.min(axis=0) - room_px, points.max(axis=0) + room_px
    return (*low.tolist(), *high.tolist())
