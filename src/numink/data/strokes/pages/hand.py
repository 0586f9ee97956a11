"""A hand that sets characters side by side: numbers and words, from the shapes of one writer with one pen."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from numink.data.strokes.drawing import draw, drawn
from numink.data.strokes.forms import Form
from numink.data.strokes.pages.fields import Field
from numink.data.strokes.pages.marks import LETTERS, SIGN_NAMES, SIGNS
from numink.data.strokes.pages.printing import Colour, Print, inked, seen_from
from numink.data.strokes.pages.view import Points
from numink.data.strokes.paths import Paths
from numink.data.strokes.pens import pen_named
from numink.data.strokes.writer import Writer, draw_writer

INKS: dict[str, Colour] = {
    "black": (24, 24, 28),
    "blue": (28, 48, 150),
    "blue-black": (30, 34, 80),
    "red": (190, 30, 44),
    "green": (20, 110, 66),
    "violet": (96, 40, 130),
}
_INK_SHARES = (0.36, 0.32, 0.16, 0.06, 0.05, 0.05)
_PENCIL_GREY = (72, 72, 78)
_PEN_SHARES = {"ballpoint": 0.45, "felt pen": 0.25, "pencil": 0.2, "marker": 0.06, "brush": 0.04}


_WIDEST_LINE = 0.13  # in heights: who writes small with a marker, writes what nobody can read


@dataclass(frozen=True, eq=False)
class Glyph:
    """A character as drawn: coverage float32 (h, w), 0 to 1, and where its upper left corner lies.

    Pixels are counted from the start of its word, on the base line. kind: the digit, or what else it is. ink: left
    and right end of what is inked.
    """

    kind: str
    coverage: Field
    left_px: int
    top_px: int
    ink: tuple[int, int]

    @classmethod
    def of(cls, kind: str, coverage: Field, top_px: int) -> "Glyph":
        """A glyph whose ink begins at 0."""
        inked = np.flatnonzero(coverage.max(axis=0) >= seen_from(coverage))
        return cls(kind, coverage, -int(inked[0]), top_px, (0, int(inked[-1] + 1 - inked[0])))

    @property
    def points(self) -> Points:
        """Its inked pixels by their centres, (n, 2) as x, y."""
        return inked(self.coverage, self.left_px, self.top_px)

    def moved(self, x_px: int, y_px: int) -> "Glyph":
        """The same further to the right and down."""
        left, right = self.ink
        return replace(self, left_px=self.left_px + x_px, top_px=self.top_px + y_px, ink=(left + x_px, right + x_px))


@dataclass(frozen=True)
class Hand:
    """How one writer, with one pen, sets characters side by side.

    gap: between two of them, in heights. unsteady: the deviation of gaps and base line, in heights. rising: how far a
    line climbs on its way, as a part of it. touching: how many digits run into the next, 0 to 1.
    """

    writer: Writer
    colour: Colour
    gap: float
    unsteady: float
    rising: float
    touching: float

    @classmethod
    def draw(cls, rng: np.random.Generator, pen: str | None) -> "Hand":
        """A hand at random. DataError, which names the known ones, for an unknown pen."""
        if pen is None:
            pen = str(rng.choice(list(_PEN_SHARES), p=list(_PEN_SHARES.values())))
        colour = _PENCIL_GREY if pen == "pencil" else list(INKS.values())[rng.choice(len(INKS), p=_INK_SHARES)]
        writer = draw_writer(rng, pen_named(pen))
        return cls(
            replace(writer, line=min(writer.line, _WIDEST_LINE)),
            colour,
            gap=rng.uniform(0.1, 0.3),
            unsteady=rng.uniform(0.01, 0.06),
            rising=float(np.clip(rng.normal(0, 0.02), -0.04, 0.04)),
            touching=float(rng.choice([0, 0, 0.03, 0.12])),
        )

    @property
    def advance(self) -> float:
        """About how wide a character is with its gap, in heights."""
        return 0.62 * self.writer.breadth * self.writer.size + 0.8 * abs(self.writer.slant) + self.gap

    def ruler(self, digit_px: float) -> Print:
        """How this hand draws long lines beside digits of that height."""
        return Print(self.colour, 0.8 * self.writer.line * digit_px, self.unsteady * digit_px)

    def shape(self, rng: np.random.Generator, form: Form, kind: str, digit_px: float) -> Glyph:
        """One shape, its ink beginning at 0."""
        writer = self.writer
        if not kind.isdigit():  # nor could be taken for one, whoever writes it
            writer = replace(writer, bends=0.3 * writer.bends, habits=0.3 * writer.habits, care=1.0)
        drawing = draw(form, writer, digit_px, rng)
        return Glyph.of(kind, drawing.coverage, drawing.top_px - round(digit_px))

    def drag(self, rng: np.random.Generator, form: Form, digit_px: float) -> Glyph:
        """One shape of any width, in haste and without the writer's habits, its ink beginning at 0.

        `shape` would bend what is wider than a digit, or longer, out of all recognition.
        """
        curves = form.curves
        points = curves.points + rng.normal(0, 0.02, curves.points.shape)
        x, y = (curves.smooth @ points).astype(np.float32).T[:, None]
        way = Paths(x, y, np.full_like(x, self.writer.line), np.ones_like(x), curves.joined[:-1])
        line = drawn(way, self.writer, digit_px, rng)
        return Glyph.of(form.name, line.coverage, line.top_px - round(digit_px))

    def write(self, rng: np.random.Generator, text: str, digit_px: float, box_px: float = 0.0) -> list[Glyph]:
        """The characters of a number or a word, from left to right; each in the middle of its box, if it has one."""
        glyphs: list[Glyph] = []
        end_px = 0.0
        for i, character in enumerate(text):
            glyph = self.shape(rng, self._form(rng, character), SIGN_NAMES.get(character, character), digit_px)
            width_px = glyph.ink[1]
            gap = max(0.04, rng.normal(self.gap, self.unsteady))
            # Digits alone: a point that runs into one cannot be seen
            if rng.random() < self.touching and glyph.kind.isdigit() and text[max(i - 1, 0)].isdigit():
                gap = -rng.uniform(0, 0.1)
            start_px = (i + 0.5) * box_px - width_px / 2 if box_px else end_px + gap * digit_px * bool(glyphs)
            drop_px = rng.normal(0, self.unsteady) * digit_px - self.rising * start_px
            glyphs.append(glyph.moved(round(start_px), round(drop_px)))
            end_px = glyphs[-1].ink[1]
        return glyphs

    def _form(self, rng: np.random.Generator, character: str) -> Form:
        if character in SIGNS:
            return _preferred(rng, SIGNS[character])
        if character in LETTERS:
            return LETTERS[character]
        return self.writer.form_for(character, rng)


def _preferred(rng: np.random.Generator, forms: Sequence[Form]) -> Form:
    return forms[int(rng.integers(len(forms)))]
