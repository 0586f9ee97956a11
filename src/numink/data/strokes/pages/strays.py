"""What stands on a page and is no number: letters, dots, dashes, ticks, scribbles and numbers that were struck out."""

from collections.abc import Callable

import numpy as np

from numink.data.strokes.pages import marks
from numink.data.strokes.pages.hand import Glyph, Hand
from numink.data.strokes.pages.texts import draw_text
from numink.data.strokes.pages.view import Box

Rectangle = tuple[float, float, float, float]
"""Left, top, right, bottom, in pixels of the sheet."""

_TRIES = 40


def letter(rng: np.random.Generator, hand: Hand, digit_px: float) -> list[Glyph]:
    """A single letter."""
    return hand.write(rng, str(rng.choice(list(marks.LETTERS))), digit_px)


def word(rng: np.random.Generator, hand: Hand, digit_px: float) -> list[Glyph]:
    """A unit, or a name."""
    return hand.write(rng, str(rng.choice(marks.WORDS)), digit_px)


def dot(rng: np.random.Generator, hand: Hand, digit_px: float) -> list[Glyph]:
    """A point of the pen, or a speck."""
    return hand.write(rng, ".", digit_px)


def dash(rng: np.random.Generator, hand: Hand, digit_px: float) -> list[Glyph]:
    """A dash, as in an empty field."""
    return hand.write(rng, "-", digit_px)


def sign(rng: np.random.Generator, hand: Hand, digit_px: float) -> list[Glyph]:
    """A tick, a cross or an arrow."""
    form = (marks.tick, marks.cross, marks.arrow)[rng.integers(3)]()
    return [hand.drag(rng, form, digit_px)]


def scribble(rng: np.random.Generator, hand: Hand, digit_px: float) -> list[Glyph]:
    """The pen to and fro."""
    return [hand.drag(rng, marks.scribble(rng), digit_px)]


def struck_out(rng: np.random.Generator, hand: Hand, digit_px: float) -> list[Glyph]:
    """A number with lines through it: to be read by nobody."""
    glyphs = hand.write(rng, draw_text(rng, "mixed", ".")[:6], digit_px)
    width = glyphs[-1].ink[1] / digit_px
    strike = hand.drag(rng, marks.strike(rng, width), digit_px)
    return [*glyphs, strike.moved(round(width * digit_px / 2 - strike.ink[1] / 2), 0)]


STRAYS: dict[str, tuple[float, Callable[[np.random.Generator, Hand, float], list[Glyph]]]] = {
    "letter": (0.16, letter),
    "word": (0.2, word),
    "dot": (0.12, dot),
    "dash": (0.1, dash),
    "sign": (0.14, sign),
    "scribble": (0.12, scribble),
    "struck out": (0.16, struck_out),
}
"""How often each kind occurs, and how it is drawn."""


def draw_stray(rng: np.random.Generator, hand: Hand, digit_px: float) -> tuple[str, list[Glyph]]:
    """A stray mark at random: its kind, and its glyphs from the start of a base line."""
    kinds = list(STRAYS)
    kind = kinds[rng.choice(len(kinds), p=[share for share, _ in STRAYS.values()])]
    return kind, STRAYS[kind][1](rng, hand, digit_px)


def extent(glyphs: list[Glyph]) -> Rectangle:
    """The rectangle round the drawings."""
    return (
        min(glyph.left_px for glyph in glyphs),
        min(glyph.top_px for glyph in glyphs),
        max(glyph.left_px + glyph.coverage.shape[1] for glyph in glyphs),
        max(glyph.top_px + glyph.coverage.shape[0] for glyph in glyphs),
    )


def room_for(
    rng: np.random.Generator, size: tuple[float, float], area: Box, taken: list[Rectangle]
) -> tuple[int, int] | None:
    """A place at random (left, top) where something of this width and height touches nothing, or None."""
    width, height = size
    left, top = area[:2]
    right, bottom = left + area[2], top + area[3]
    if width > right - left or height > bottom - top:
        return None
    for _ in range(_TRIES):
        x, y = int(rng.uniform(left, right - width)), int(rng.uniform(top, bottom - height))
        if not any(x < r and l < x + width and y < b and t < y + height for l, t, r, b in taken):  # noqa: E741
            return x, y
    return None
